"""How long to wait, as a stranger says it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from server.protocol.limits import BACKOFF_SECONDS
from server.worker.outcomes import excerpt, seconds_to_wait

NOW = datetime(2030, 3, 1, 12, 0, tzinfo=UTC)


def test_a_number_is_seconds() -> None:
    assert seconds_to_wait("120", NOW) == 120
    assert seconds_to_wait(" 0 ", NOW) == 0


def test_a_date_is_counted_from_now() -> None:
    assert seconds_to_wait("Fri, 01 Mar 2030 12:01:30 GMT", NOW) == 90
    assert seconds_to_wait("Fri, 01 Mar 2030 13:01:30 +0100", NOW) == 90


def test_a_date_without_a_zone_is_in_universal_time() -> None:
    assert seconds_to_wait("Fri, 01 Mar 2030 12:01:30 -0000", NOW) == 90


def test_a_date_gone_by_is_now() -> None:
    assert seconds_to_wait("Fri, 01 Mar 2019 12:01:30 GMT", NOW) == 0


def test_a_year_is_capped() -> None:
    assert seconds_to_wait("99999999999999999", NOW) == BACKOFF_SECONDS
    assert seconds_to_wait(format_datetime(NOW + timedelta(days=365), usegmt=True), NOW) == BACKOFF_SECONDS


def test_nothing_or_nonsense_leaves_it_to_the_back_off() -> None:
    for value in (None, "", "-5", "1.5", "1e3", "soon", "٣", "Fri, 99 Mar 2030 12:01:30 GMT", "9" * 4000):
        assert seconds_to_wait(value, NOW) is None, value


@given(st.text())
def test_no_header_breaks_it(value: str) -> None:
    seconds = seconds_to_wait(value, NOW)
    assert seconds is None or 0 <= seconds <= BACKOFF_SECONDS


@given(st.binary(max_size=2_000))
def test_what_a_stranger_says_fits_on_one_line(body: bytes) -> None:
    said = excerpt(body)
    assert len(said) <= 200
    assert said.isprintable()
