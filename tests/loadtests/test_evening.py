"""A short evening with few people through locust, as `bin/load` runs it: the house, the people and the checker together."""

from collections import Counter
from pathlib import Path

import pytest

from loadtests import evening
from loadtests import journal as j
from loadtests.friday import CURVE, out


@pytest.mark.slow
def test_a_short_evening_with_two_workers_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = evening.run(seconds=24, users=24, workers=2, folder=tmp_path)
    said = capsys.readouterr().out
    assert ended == 0, said + (tmp_path / "locust.log").read_text()[-3000:]
    assert "nothing lost" in said
    assert (tmp_path / "report.html").stat().st_size > 0
    assert len(list(tmp_path.glob("journal-*.jsonl"))) == 2
    done = Counter(r.command for r in j.read(tmp_path) if isinstance(r, j.Acknowledged))
    assert {"message.send", "invitation.send", "reservation.pledge", "room.open"} <= done.keys()


def test_the_curve_is_an_evening() -> None:
    assert [out(gone) for gone, _ in CURVE] == pytest.approx([part for _, part in CURVE])
    assert out(0.25) == pytest.approx(0.725)
    assert out(1.01) == 0
