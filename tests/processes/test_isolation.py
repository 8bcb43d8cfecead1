"""What one part suffers stays its own: portfolio's tables are locked, the gateway is gone, Redis dies and comes back empty."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from tests.flow.conftest import Pair
from tests.flow.test_evening import tomorrow, works_tomorrow
from tests.processes.conftest import Street, a_pair, elsewhere
from tests.processes.test_roles import pledged, seal
from tests.tools.house import Person, until
from tests.tools.redis import RedisServer
from tests.trust.people import SCORES, evening

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def availability(pair: Pair) -> str:
    start = datetime.fromisoformat(tomorrow(0))
    days = httpx.QueryParams({"from": start.isoformat(), "to": (start + timedelta(days=1)).isoformat()})
    return f"/api/casts/{pair.cast.id}/availability?plan={pair.plan}&{days}"


async def reads(person: Person, *paths: str) -> list[Any]:
    """What each of them answers with 200."""
    answers = [await person.http.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}, [(a.url.path, a.text) for a in answers]
    return [answer.json() for answer in answers]


@pytest.mark.covers("GET /api/casts", "GET /api/casts/{id}/availability", "GET /api/reservations", "review.write")
async def test_without_the_gateway_all_that_is_read_and_given_by_http_goes_on(street: Street) -> None:
    web = await street.open(FUURO_ROLES="web")
    gateway = await street.open(FUURO_ROLES="gateway")
    await street.open(FUURO_ROLES="worker")
    async with a_pair(web) as pair, elsewhere(pair.guest, gateway) as guest_there:
        await works_tomorrow(pair)
        await pair.cast.command("profile.save", headline="夜の紗夜", tags=[], published=True)
        async with guest_there.socket() as guest:
            said = await guest.ask("message.send", room=pair.room, body="今夜は?")
            gateway.kill()
        over = await evening(web, pair.cast.id, pair.guest.id, pair.room, "completed", 1)
        found, profile, free, booked, entries = await reads(
            pair.guest,
            "/api/casts?q=紗夜",
            f"/api/casts/{pair.cast.id}",
            availability(pair),
            "/api/reservations",
            f"/api/rooms/{pair.room}/entries",
        )
        assert [one["account"]["id"] for one in found["items"]] == [pair.cast.id]
        assert profile["headline"] == "夜の紗夜"
        assert free["slots"] != []
        assert [one["id"] for one in booked["items"]] == [over]
        assert [one["seq"] for one in entries["entries"]] == [said["seq"]]
        for person, words in ((pair.guest, {"scores": SCORES, "comment": "また"}), (pair.cast, {"comment": "ぜひ"})):
            answer = await person.command("review.write", reservation=over, **words)
            assert answer["status_code"] == 200, answer
        (reviews,) = await reads(pair.guest, f"/api/casts/{pair.cast.id}/reviews")
        assert [one["comment"] for one in reviews["items"]] == ["また"]
        assert (await pair.cast.command("room.read", room=pair.room, seq=said["seq"]))["status_code"] == 200
        (rooms,) = await reads(pair.guest, "/api/rooms")
        assert rooms["items"][0]["their_read"] == said["seq"], "the receipt"
        assert (await pair.guest.command("message.send", room=pair.room, body="いますか"))["status_code"] == 200


async def test_with_portfolios_tables_locked_chat_and_pledges_go_on(street: Street, conninfo: str) -> None:
    house = await street.open()
    async with a_pair(house) as pair, pair.cast.socket() as cast, pair.guest.socket() as guest:
        await works_tomorrow(pair)
        with psycopg.connect(conninfo) as holder:
            tables = holder.execute("select tablename from pg_tables where schemaname = 'portfolio'").fetchall()
            assert tables
            for (table,) in tables:
                holder.execute(
                    sql.SQL("lock table {} in access exclusive mode").format(sql.Identifier("portfolio", table))
                )
            said = await guest.ask("message.send", room=pair.room, body="今夜は?")
            assert (await cast.next("room.entry", kind="text"))["entry"]["seq"] == said["seq"]
            await seal(cast, await pledged(pair, 0))
            async with pair.guest.socket() as again:
                assert [card["room"] for card in again.opened["rooms"]] == [pair.room]
            await seal(guest, await pledged(pair, 1))
            holder.rollback()


@pytest.mark.covers("status.changed")
async def test_while_redis_is_gone_and_when_it_comes_back_empty_reads_go_on_and_status_is_right(
    street: Street, redis: RedisServer
) -> None:
    left, right = await street.open(), await street.open()
    async with a_pair(left) as pair, elsewhere(pair.guest, right) as guest_there:
        await works_tomorrow(pair)
        await pair.cast.command("profile.save", headline="夜の紗夜", tags=[], published=True)
        seen = ("/api/casts?q=紗夜", f"/api/casts/{pair.cast.id}", availability(pair), "/api/rooms")

        async def shown(online: bool, tonight: bool) -> bool:
            _, profile, _, _ = await reads(guest_there, *seen)
            status = profile["status"]
            return bool((status["online"], status["tonight"]) == (online, tonight))

        for fate in (redis.kill, redis.start, redis.flush):
            async with pair.cast.socket() as cast:
                await asyncio.to_thread(fate)
                await until(lambda: shown(True, False))
                await cast.ask("status.set", tonight=True)
                await until(lambda: shown(True, True))
                await cast.ask("status.set", tonight=False)
            await until(lambda: shown(False, False))
