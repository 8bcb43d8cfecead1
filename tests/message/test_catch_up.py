"""Days away: a client comes back to ten thousand entries; and what is too much at once of one command."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.message import model
from server.protocol import limits
from server.protocol.frames import COMMANDS
from server.protocol.values import Entry
from tests.flow.conftest import Pair, make_pair
from tests.tools.clones import open_house
from tests.tools.house import House, Person

pytestmark = pytest.mark.anyio
ENTRIES = 10_000


@pytest.mark.covers("session.open", "room.since", "message.send")
async def test_ten_thousand_entries_are_caught_up_with_page_by_page_once_and_in_order(pair: Pair) -> None:
    async with pair.cast.socket() as cast:
        for start in range(0, ENTRIES, 500):
            await asyncio.gather(
                *(cast.ask("message.send", room=pair.room, body=f"{n}") for n in range(start, start + 500))
            )
        async with pair.guest.socket(rooms={pair.room: 3}) as guest:
            missed = guest.opened["missed"][pair.room]
            assert (missed["more"], missed["reset"], len(missed["entries"])) == (True, False, limits.PAGE_ENTRIES)
            assert guest.opened["rooms"][0]["unread"] == ENTRIES
            entries, pages = missed["entries"], 1
            while missed["more"]:
                if pages == 5:
                    await cast.ask("message.send", room=pair.room, body="while they page")
                missed = await guest.ask("room.since", room=pair.room, after=entries[-1]["seq"])
                assert not missed["reset"] and len(missed["entries"]) <= limits.PAGE_ENTRIES
                entries, pages = entries + missed["entries"], pages + 1
            live = (await guest.next("room.entry"))["entry"]["seq"]
            assert live == ENTRIES + 1, "and what came meanwhile comes live too: the client knows it by its seq"
    assert [e["seq"] for e in entries] == list(range(4, ENTRIES + 2))
    assert sorted(int(e["body"]) for e in entries[:-1]) == sorted(set(range(ENTRIES)) - {0, 1, 2})


@pytest.fixture(scope="module")
def strict_house(cluster: str, template: str) -> Iterator[House]:
    """One whose limits are the real ones."""
    with open_house(cluster, template, FUURO_LIMITS="1") as house:
        yield house


@pytest.fixture
async def strangers(strict_house: House) -> AsyncIterator[Pair]:
    made = await make_pair(strict_house)
    yield made
    await made.cast.http.aclose()
    await made.guest.http.aclose()


async def test_a_command_has_a_rate_of_its_own_and_says_which(strangers: Pair) -> None:
    async with strangers.guest.socket() as guest, strangers.cast.socket() as cast:
        said = [await guest.frame("invitation.ask", room=strangers.room, note=f"{n}時に") for n in range(11)]
        assert ["result" in s for s in said] == [True] * limits.EACH["invitation.ask"].burst + [False]
        error = said[-1]["error"]
        assert (error["code"], error["temporary"]) == ("rate_limited", True)
        assert "invitation.ask" in error["message"] and 0 < error["retry_after"] <= 20
        by_http = await strangers.guest.command("invitation.ask", room=strangers.room, note="もう一度")
        assert (by_http["status_code"], by_http["code"]) == (429, "rate_limited")
        assert await guest.ask("room.mute", room=strangers.room, until=None) == {}, "others go on"
        assert "seq" in await guest.ask("message.send", room=strangers.room, body="話せます")
        log = await cast.ask("room.since", room=strangers.room, after=0)
        assert sum(e["kind"] == "request" for e in log["entries"]) == 10


async def test_one_account_s_rate_is_not_another_s(strangers: Pair) -> None:
    for _ in range(limits.EACH["settings.save"].burst):
        assert (await strangers.guest.command("settings.save"))["status_code"] == 200
    assert (await strangers.guest.command("settings.save"))["code"] == "rate_limited"
    other = await Person(strangers.guest.house).register("guest", "涼")
    assert (await other.command("settings.save"))["status_code"] == 200


def test_every_rate_is_that_of_a_command() -> None:
    assert set(limits.EACH) <= set(COMMANDS)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=model.SHORT)))
def test_a_short_text_never_takes_more_bytes_than_a_page_reckons_with(bodies: list[str]) -> None:
    at = datetime(2026, 11, 23, 23, 59, 59, 999_999, tzinfo=UTC)
    for body in bodies:
        entry = Entry(uuid4(), 2**53, at, uuid4(), "text", uuid4(), body, reply_to=2**53)
        assert len(msgspec.json.encode(entry)) <= model.TEXT_BYTES + model.CHARACTER_BYTES * len(body)
