"""Who is notified when: quiet hours across midnight, mute, language; and how far a seal has come."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from server.kernel.work import Caller, Told
from server.message import forget_pushes, push_what_waits, push_what_was_quiet
from server.message.delivery import displayed
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.events import SealDelivery
from tests.booking.stage import Evening, Stage, open_stage
from tests.conftest import Clock
from tests.flow.conftest import Pair, make_pair
from tests.tools.clones import open_house
from tests.tools.house import Person, Socket, until
from tests.tools.push_service import Push, PushService, Subscribed

pytestmark = pytest.mark.anyio
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as opened:
        yield opened


@pytest.fixture
async def stage(conninfo: str, service: PushService) -> AsyncIterator[Stage]:
    async with open_stage(conninfo, frozenset({service.host})) as opened:
        yield opened


@pytest.fixture
async def evening(stage: Stage) -> Evening:
    return await Evening.begin(stage)


async def subscribe(stage: Stage, service: PushService, to: Caller) -> Subscribed:
    subscription = service.subscribe()
    await stage.run(to, c.SubscribePush(endpoint=subscription.endpoint, keys=keys(subscription)))
    return subscription


def keys(subscription: Subscribed) -> c.PushKeys:
    return c.PushKeys(p256dh=subscription.p256dh, auth=subscription.auth)


async def at(stage: Stage, clock: Clock, hour: int, minute: int = 0) -> None:
    """Moves the clock on to the next time that it is so late in Tokyo, and half a minute."""
    now = (await stage.now()).astimezone(TOKYO)
    then = now.replace(hour=hour, minute=minute, second=30, microsecond=0)
    await clock.shift((then - now + timedelta(days=then <= now)).total_seconds())


async def say(stage: Stage, by: Caller, evening: Evening) -> int:
    return int((await stage.run(by, c.SendMessage(room=evening.room, body="今夜は?")))["seq"])


async def look(stage: Stage) -> None:
    """What the schedule does about pushes, once, and then what the queue does."""
    await stage.worker.transact(push_what_waits)
    await stage.worker.transact(push_what_was_quiet)
    while await stage.push():
        pass


def said(push: Push) -> dict[str, Any]:
    return dict(json.loads(push.plaintext))


@pytest.mark.parametrize(("hour", "minute", "quiet"), [(21, 59, 0), (22, 0, 1), (3, 0, 1), (6, 59, 1), (7, 0, 0)])
async def test_quiet_hours_cross_midnight(
    stage: Stage, evening: Evening, service: PushService, clock: Clock, hour: int, minute: int, quiet: int
) -> None:
    await subscribe(stage, service, evening.guest)
    await stage.run(evening.guest, c.SaveSettings(quiet_from="22:00", quiet_to="07:00"))
    await at(stage, clock, hour, minute)
    await say(stage, evening.cast, evening)
    await look(stage)
    assert len(service.pushes) == 1 - quiet
    await at(stage, clock, 7)
    await look(stage)
    assert len(service.pushes) == 1, "what waited comes when the hours are over, once"
    await look(stage)
    assert len(service.pushes) == 1


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (10, 30), (23, 59)])
async def test_it_is_quiet_from_the_one_hour_until_the_other(
    stage: Stage, clock: Clock, hour: int, minute: int
) -> None:
    """The rule in SQL for all pairs of half hours, against minutes walked through one by one."""
    await at(stage, clock, hour, minute)
    now = hour * 60 + minute
    found = await stage.rows(
        "select b, e, kernel.is_quiet(time '00:00' + make_interval(mins => b), time '00:00' + make_interval(mins => e)) "
        "from generate_series(0, 1439, 30) b, generate_series(0, 1439, 30) e where b <> e"
    )
    assert len(found) == 48 * 47
    assert [(b, e) for b, e, quiet in found if quiet != (now in walked(b, e))] == []


def walked(begin: int, end: int) -> set[int]:
    minutes = set()
    while begin != end:
        minutes.add(begin)
        begin = (begin + 1) % 1_440
    return minutes


async def test_what_waited_of_a_room_is_one_push_of_the_most_important_kind(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.cast)
    await stage.run(evening.cast, c.SaveSettings(quiet_from="22:00", quiet_to="07:00"))
    id = await evening.invite(valid_s=86_400)
    await at(stage, clock, 23)
    await evening.pledge(id, clock)
    await stage.deliver()
    await look(stage)
    last = await say(stage, evening.guest, evening)
    await look(stage)
    assert service.pushes == []
    await at(stage, clock, 7, 1)
    await look(stage)
    (push,) = service.pushes
    assert (said(push)["type"], said(push)["seq"]) == ("seal", last)


async def test_what_was_read_meanwhile_is_no_news_in_the_morning(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.guest)
    await stage.run(evening.guest, c.SaveSettings(quiet_from="22:00", quiet_to="07:00"))
    await at(stage, clock, 23)
    seq = await say(stage, evening.cast, evening)
    await look(stage)
    await stage.run(evening.guest, c.ReadRoom(room=evening.room, seq=seq))
    await at(stage, clock, 7, 1)
    await look(stage)
    assert service.pushes == []


async def test_who_ends_their_quiet_hours_early_hears_at_once(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.guest)
    await stage.run(evening.guest, c.SaveSettings(quiet_from="22:00", quiet_to="07:00"))
    await at(stage, clock, 23)
    await say(stage, evening.cast, evening)
    await look(stage)
    await stage.run(evening.guest, c.SaveSettings(quiet_from=None, quiet_to=None))
    await look(stage)
    assert len(service.pushes) == 1


async def test_a_muted_or_a_blocked_room_is_silent_for_seals_too(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.cast)
    await stage.run(evening.cast, c.MuteRoom(room=evening.room, until=datetime(2999, 1, 1, tzinfo=UTC)))
    await evening.pledge(await evening.invite(), clock)
    await stage.deliver()
    await look(stage)
    assert service.pushes == []
    await stage.run(evening.cast, c.MuteRoom(room=evening.room, until=None))
    await evening.pledge(await evening.invite(200), clock)
    await stage.run(evening.guest, c.AddBlock(account=evening.cast.account))
    await stage.deliver()
    await look(stage)
    assert service.pushes == []


async def test_a_push_speaks_the_language_of_its_reader(stage: Stage, evening: Evening, service: PushService) -> None:
    await subscribe(stage, service, evening.guest)
    await stage.run(evening.guest, c.SaveSettings(language="en"))
    await say(stage, evening.cast, evening)
    await look(stage)
    (push,) = service.pushes
    notification = said(push)["notification"]
    assert (notification["title"], notification["lang"]) == ("There is something new for you", "en")


async def test_the_badge_is_what_all_cards_together_have_unread_but_for_blocked_rooms(
    stage: Stage, evening: Evening, service: PushService
) -> None:
    await subscribe(stage, service, evening.guest)
    for n, words in enumerate((2, 1, 3)):
        cast = await stage.account("cast", f"凛{n}")
        room = await stage.talk(cast, evening.guest)
        for _ in range(words):
            await stage.run(cast, c.SendMessage(room=room, body="今夜は?"))
        if n == 2:
            await stage.run(evening.guest, c.AddBlock(account=cast.account))
    await say(stage, evening.cast, evening)
    await look(stage)
    assert [said(push)["app_badge"] for push in service.pushes] == [4] * 3, "one push a room, each with the whole"


# ── how far a seal has come ─────────────────────────────────────────────────────────────────────────────────────────


async def sealed(stage: Stage, evening: Evening, clock: Clock, minutes: float = 0) -> int:
    await evening.pledge(await evening.invite(minutes), clock)
    await stage.deliver()
    last = (await stage.log(evening.room))[-1]
    assert last.kind == "seal"
    return last.seq


async def delivery(stage: Stage, evening: Evening, seq: int) -> dict[str, str]:
    """Cast and guest."""
    entry = (await stage.log(evening.room))[seq - 1]
    assert isinstance(entry.delivery, dict)
    named = {evening.cast.account: "cast", evening.guest.account: "guest"}
    return {named[account]: state for account, state in entry.delivery.items()}


async def told(stage: Stage, by: Caller, command: Any) -> list[tuple[int, str]]:
    outcome = await stage.server.dispatcher.run(by, command, uuid4())
    events = [n.event for n in outcome.news if isinstance(n, Told)]
    return [(e.seq, e.state) for e in events if isinstance(e, SealDelivery) and e.by == by.account]


async def test_a_seal_is_stored_then_reaches_a_device_then_is_shown(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.cast)
    seq = await sealed(stage, evening, clock)
    assert await delivery(stage, evening, seq) == {"cast": "stored", "guest": "stored"}
    assert await told(stage, evening.guest, c.ReceiveInRoom(room=evening.room, seq=seq - 1)) == []
    assert await told(stage, evening.guest, c.ReceiveInRoom(room=evening.room, seq=seq)) == [(seq, "reached")]
    assert await told(stage, evening.guest, c.ReceiveInRoom(room=evening.room, seq=seq)) == []
    assert await told(stage, evening.guest, c.ReadRoom(room=evening.room, seq=seq)) == [], "it had reached them before"
    assert await delivery(stage, evening, seq) == {"cast": "stored", "guest": "reached"}
    await look(stage)
    (push,) = service.pushes
    house = stage.server._house()
    await house.write(lambda work: displayed(work, said(push)["receipt"]))
    assert await delivery(stage, evening, seq) == {"cast": "displayed", "guest": "reached"}
    assert await told(stage, evening.cast, c.ReadRoom(room=evening.room, seq=seq)) == [], "more was known already"


async def test_what_is_read_has_reached_a_device(stage: Stage, evening: Evening, clock: Clock) -> None:
    first, second = await sealed(stage, evening, clock), await sealed(stage, evening, clock, 200)
    assert await told(stage, evening.guest, c.ReadRoom(room=evening.room, seq=second)) == [
        (first, "reached"),
        (second, "reached"),
    ]


async def test_of_a_blocked_room_nobody_is_told(stage: Stage, evening: Evening, clock: Clock) -> None:
    seq = await sealed(stage, evening, clock)
    await stage.run(evening.cast, c.AddBlock(account=evening.guest.account))
    assert await told(stage, evening.guest, c.ReceiveInRoom(room=evening.room, seq=seq)) == []
    entry = (await stage.log(evening.room))[seq - 1]
    assert not isinstance(entry.delivery, dict)


async def test_a_reminder_can_ask_whether_anything_reached_a_device(
    stage: Stage, evening: Evening, clock: Clock
) -> None:
    seq = await say(stage, evening.cast, evening)

    async def reached(since: datetime) -> bool:
        query = "select message.public_reached(%s, %s)"
        return bool((await stage.rows(query, evening.guest.account, since))[0][0])

    before = await stage.now()
    assert not await reached(before)
    await stage.run(evening.guest, c.ReceiveInRoom(room=evening.room, seq=seq))
    assert await reached(before)
    assert not await reached(await stage.now())
    await stage.rows(
        "insert into kernel.presence values (%s, %s, kernel.moment() + interval '1 minute')",
        evening.guest.account,
        uuid4(),
    )
    assert await reached(await stage.now()), "a socket is open"
    await clock.shift(61)
    assert not await reached(await stage.now())


async def test_receipts_are_forgotten_when_no_device_can_bring_them_any_more(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.guest)
    await say(stage, evening.cast, evening)
    await look(stage)
    assert await stage.worker.transact(forget_pushes) == 0
    await clock.shift(limits.RECEIPT_DAYS * 86_400)
    assert await stage.worker.transact(forget_pushes) == 1


@pytest.mark.covers("POST /api/push/displayed", "seal.delivery", "room.received", "push.subscribe")
async def test_on_the_wire_a_shown_push_moves_the_seal_for_both(
    service: PushService, cluster: str, template: str
) -> None:
    with open_house(cluster, template, FUURO_PUSH_HOSTS=service.host) as house:
        pair = await make_pair(house)
        subscription = service.subscribe()
        assert (await pair.cast.command("push.subscribe", **subscription.as_json()))["result"] == {}
        async with pair.guest.socket() as guest:
            seq = await sealed_on_the_wire(pair, guest)
            assert await guest.ask("room.received", room=pair.room, seq=seq) == {}
            reached = await guest.next("seal.delivery")
            assert reached == {
                "type": "seal.delivery",
                "room": pair.room,
                "seq": seq,
                "by": pair.guest.id,
                "state": "reached",
            }
            pushes = await service.received(1)
            receipt = next(said(p)["receipt"] for p in pushes if said(p)["type"] == "seal")
            async with httpx.AsyncClient(base_url=house.url) as worker:
                for _ in range(2):
                    shown = await worker.post("/api/push/displayed", json={"receipt": receipt})
                    assert (shown.status_code, shown.content) == (204, b"")
            shown_there = await guest.next("seal.delivery")
            assert (shown_there["by"], shown_there["state"]) == (pair.cast.id, "displayed")
            (entry,) = (await guest.ask("room.since", room=pair.room, after=seq - 1))["entries"]
            assert entry["delivery"] == {pair.cast.id: "displayed", pair.guest.id: "reached"}


async def sealed_on_the_wire(pair: Pair, guest: Socket) -> int:
    """Invites, presses, holds, pledges; where the seal stands."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    await pair.cast.command(
        "schedule.add", starts_at=start.isoformat(), ends_at=(start + timedelta(hours=6)).isoformat()
    )
    sent = await pair.cast.command("invitation.send", room=pair.room, plan=pair.plan, starts_at=start.isoformat())
    reservation = sent["result"]["reservation"]["id"]
    await guest.ask("reservation.press", reservation=reservation)

    async def pledged() -> bool:
        answer = await guest.frame("reservation.pledge", reservation=reservation, terms_version=1)
        return "result" in answer

    await until(pledged)
    return int((await guest.next("room.entry", kind="seal"))["entry"]["seq"])


@pytest.mark.covers("POST /api/push/displayed", "room.mute", "room.changed", "room.received")
async def test_what_is_no_receipt_and_no_place_is_refused(pair: Pair) -> None:
    async with httpx.AsyncClient(base_url=pair.cast.house.url) as worker:
        unknown = await worker.post("/api/push/displayed", json={"receipt": str(uuid4())})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
        wrong = await worker.post("/api/push/displayed", json={"receipt": "none"})
        assert (wrong.status_code, wrong.json()["field"]) == (400, "receipt")
    assert (await pair.guest.command("room.received", room=pair.room, seq=0))["result"] == {}
    assert (await pair.guest.command("room.received", room=pair.room, seq=1))["code"] == "invalid"
    stranger = await Person(pair.cast.house).register("guest", "涼")
    assert (await stranger.command("room.received", room=pair.room, seq=0))["code"] == "not_found"
    async with pair.guest.socket() as guest, pair.guest.socket() as second:
        assert await guest.ask("room.mute", room=pair.room, until="2999-01-01T00:00:00Z") == {}
        assert (await second.next("room.changed"))["card"]["muted_until"] == "2999-01-01T00:00:00Z"
