"""Two serving processes over one PostgreSQL and one Redis: whoever sits at one hears what happens at the other."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.kernel import kept
from tests.flow.test_evening import held, tomorrow, works_tomorrow
from tests.processes.conftest import Street, a_pair, elsewhere
from tests.tools.house import until
from tests.tools.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.covers("room.typing", "room.read", "reservation.changed")
async def test_what_happens_at_one_is_heard_at_the_other(street: Street) -> None:
    left, right = await street.open(), await street.open()
    async with a_pair(left) as pair, elsewhere(pair.guest, right) as guest_there:
        await works_tomorrow(pair)
        async with pair.cast.socket() as cast, guest_there.socket() as guest:
            said = await guest.ask("message.send", room=pair.room, body="今夜は?")
            heard = await cast.next("room.entry", kind="text")
            assert (heard["entry"]["seq"], heard["entry"]["body"]) == (said["seq"], "今夜は?")

            await cast.ask("room.typing", room=pair.room, typing=True)
            assert (await guest.next("room.typing"))["by"] == pair.cast.id
            await cast.ask("room.read", room=pair.room, seq=1)
            assert (await guest.next("room.read"))["seq"] == 1

            invited = await cast.ask("invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(12))
            card = (await guest.next("room.entry", kind="invitation"))["entry"]["reservation"]
            assert card == invited["reservation"]
            pressed = await guest.ask("reservation.press", reservation=card["id"])
            assert (await cast.next("reservation.pressing", pressed=True))["reservation"] == card["id"]
            await held(pressed["hold_ms"])
            await guest.ask("reservation.pledge", reservation=card["id"], terms_version=1)
            assert (await cast.next("reservation.changed", status="confirmed"))["reservation"]["id"] == card["id"]
            for side in (cast, guest):
                assert (await side.next("room.entry", kind="seal"))["entry"]["seq"] == 3


async def test_more_than_a_hint_can_bear_arrives_whole_and_in_order_too(street: Street) -> None:
    """Short words ride along, a rush of long ones is read: both by whoever sits elsewhere."""
    left, right = await street.open(), await street.open()
    async with (
        a_pair(left) as pair,
        elsewhere(pair.guest, right) as guest_there,
        pair.cast.socket() as cast,
        guest_there.socket() as guest,
    ):
        bodies = [f"{number} " + "長い夜 " * (1 if number % 3 else 300) for number in range(60)]
        said = await asyncio.gather(
            *(cast.ask("message.send", room=pair.room, body=body) for body in bodies),
            *(guest.ask("message.send", room=pair.room, body=body) for body in bodies),
        )
        for side, mine in ((cast, said[:60]), (guest, said[60:])):
            heard = [(await side.next("room.entry"))["entry"]["seq"] for _ in bodies]
            assert sorted(heard + [one["seq"] for one in mine]) == list(range(1, 121))
            assert heard == sorted(heard)


@pytest.mark.covers("room.opened")
async def test_a_room_opened_at_one_appears_at_the_other(street: Street) -> None:
    left, right = await street.open(), await street.open()
    async with a_pair(left) as pair, a_pair(right) as others, pair.cast.socket() as cast:
        opened = await others.guest.command("room.open", **{"with": pair.cast.id})
        card = (await cast.next("room.opened"))["card"]
        assert card["room"] == opened["result"]["room"]
        assert card["with"]["id"] == others.guest.id


async def test_what_one_keeps_of_a_profile_the_other_outdates(street: Street) -> None:
    """By a hint, long before it would be read anew by itself."""
    left, right = await street.open(), await street.open()
    async with a_pair(left) as pair, elsewhere(pair.guest, right) as guest_there:
        path = f"/api/casts/{pair.cast.id}"
        for headline in ("静かな夜", "にぎやかな夜"):
            await guest_there.http.get(path)
            await pair.cast.command("profile.save", headline=headline)

            async def shown(headline: str = headline) -> bool:
                return bool((await guest_there.http.get(path)).json()["headline"] == headline)

            await until(shown, kept.SECONDS / 2)
        await pair.cast.command("block.add", account=pair.guest.id)

        async def hidden() -> bool:
            return (await guest_there.http.get(path)).status_code == 404

        await until(hidden, kept.SECONDS / 2)


@pytest.mark.parametrize("killed", [0, 1], ids=["the sender's", "the receiver's"])
async def test_either_may_be_killed_and_nothing_is_lost_or_doubled(street: Street, killed: int) -> None:
    houses = [await street.open(), await street.open()]
    survivor = houses[1 - killed]
    async with a_pair(houses[0]) as pair, elsewhere(pair.cast, houses[1]) as cast_there:
        async with pair.guest.socket() as guest, cast_there.socket() as cast:
            epoch = guest.opened["epoch"]
            for n in range(1, 6):
                await guest.ask("message.send", room=pair.room, body=f"{n}")
                assert (await cast.next("room.entry"))["entry"]["seq"] == n
            houses[killed].kill()
        async with elsewhere(pair.guest, survivor) as guest_here, elsewhere(pair.cast, survivor) as cast_here:
            async with guest_here.socket() as guest:
                for n in range(6, 9):
                    assert (await guest.ask("message.send", room=pair.room, body=f"{n}"))["seq"] == n
            async with cast_here.socket(epoch=epoch, rooms={pair.room: 5}) as cast:
                missed = cast.opened["missed"][pair.room]
                assert [entry["body"] for entry in missed["entries"]] == ["6", "7", "8"]
                assert (missed["more"], missed["reset"]) == (False, False)
                await asyncio.to_thread(houses[killed].start)
                async with elsewhere(pair.guest, houses[killed]) as guest_back, guest_back.socket() as guest:
                    assert (await guest.ask("message.send", room=pair.room, body="9"))["seq"] == 9
                    assert (await cast.next("room.entry"))["entry"]["body"] == "9"


async def test_a_session_ended_at_one_loses_its_sockets_at_the_other(street: Street) -> None:
    left, right = await street.open(), await street.open()
    async with a_pair(left) as pair, elsewhere(pair.guest, right) as guest_there, guest_there.socket() as guest:
        assert (await pair.guest.http.post("/api/auth/logout")).status_code == 204
        assert (await guest.closed())[0] == 4502


async def test_without_redis_all_that_is_durable_goes_on(street: Street, redis: RedisServer) -> None:
    left, right = await street.open(), await street.open()
    async with a_pair(left) as pair, elsewhere(pair.guest, right) as guest_there:
        await works_tomorrow(pair)
        redis.flush()
        async with pair.cast.socket() as cast, guest_there.socket() as guest:
            for n, fate in enumerate((redis.kill, redis.start)):
                fate()
                said = await guest.ask("message.send", room=pair.room, body=f"{n}")
                assert (await cast.next("room.entry", kind="text"))["entry"]["seq"] == said["seq"]
                at = datetime.fromisoformat(tomorrow(9)) + timedelta(hours=2 * n)
                invited = await cast.ask(
                    "invitation.send", room=pair.room, plan=pair.plan, starts_at=at.astimezone(UTC).isoformat()
                )
                pressed = await guest.ask("reservation.press", reservation=invited["reservation"]["id"])
                await held(pressed["hold_ms"])
                await guest.ask("reservation.pledge", reservation=invited["reservation"]["id"], terms_version=1)
                await cast.next("room.entry", kind="seal")
                asked = await pair.cast.http.post("/api/auth/otp", json={"phone": f"+81901111222{n}"})
                assert asked.status_code == 202, asked.text
