"""Every state of a reservation against every command: what follows, what is refused, and by which name."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from server import booking
from server.app import CONSUMERS
from server.kernel.work import Work
from server.offer.handlers import Schedule
from server.protocol import commands as c
from server.protocol.commands import Command
from server.protocol.errors import Refusal
from tests.booking.stage import HELD, Evening, Stage, pledge
from tests.conftest import Clock

pytestmark = pytest.mark.anyio

DAY = 24 * 3600.0
ENDS = {
    "withdraw": "withdrawn",
    "decline": "declined",
    "pledge": "confirmed",
    "cancel": "cancelled",
    "leave": "cancelled",
}
"""The status that a command leads to; press, release and replace are no steps of the reservation itself."""
DRAFT = {
    "withdraw": "ok",
    "decline": "ok",
    "press": "ok",
    "release": "ok",
    "pledge": "ok",
    "cancel": "wrong_state",
    "leave": "wrong_state",
    "replace": "wrong_state",
}
LAPSED = dict.fromkeys(DRAFT, "hold_expired") | {"release": "ok", "replace": "wrong_state"}
OVER = dict.fromkeys(DRAFT, "wrong_state") | {"release": "ok"}
MATRIX = {
    "draft": DRAFT,
    "lapsed": LAPSED,
    "expired": LAPSED,
    "confirmed": OVER | {"cancel": "ok", "leave": "ok", "replace": "ok"},
    **dict.fromkeys(
        ("declined", "withdrawn", "cancelled", "completed", "arrived", "no_show", "disputed", "upheld", "cleared"), OVER
    ),
}
"""`cancel` is the cast's, `leave` the guest's; `lapsed` is a draft past its time that nobody has swept."""


@pytest.mark.parametrize("state", MATRIX)
async def test_what_can_follow(stage: Stage, clock: Clock, state: str) -> None:
    for name, expected in MATRIX[state].items():
        evening = await Evening.begin(stage)
        id = await brought(evening, clock, state)
        if (state, name) == ("draft", "pledge"):
            await evening.press(id)
            await clock.shift(HELD)
        before = await stage.reservation(id)
        caller, command = given(evening, id, name)
        said, version = "ok", None
        try:
            await stage.run(caller, command)
        except Refusal as refusal:
            said, version = refusal.code, refusal.version
        assert said == expected, (state, name)
        after = await stage.reservation(id)
        if said == "ok" and name in ENDS:
            assert (after.status, after.version) == (ENDS[name], before.version + 1)
        else:
            assert after == before, "a refusal, a press and a release change nothing that is seen"
        if said == "wrong_state":
            assert version == before.version


@pytest.mark.parametrize("state", MATRIX)
async def test_every_step_is_recorded_and_told_once(stage: Stage, clock: Clock, state: str) -> None:
    evening = await Evening.begin(stage)
    id = await brought(evening, clock, state)
    recorded = await stage.rows("select version, status from booking.steps where reservation = %s order by version", id)
    told = await stage.rows(
        "select (payload ->> 'version')::int, payload ->> 'status' from kernel.events where key = %s order by id",
        str(id),
    )
    reached = {"lapsed": "draft"}.get(state, state)
    if reached not in BY_HAND:
        assert recorded[-1][1] == reached
    assert [v for v, _ in recorded] == list(range(1, len(recorded) + 1))
    assert told == recorded[1:], "the draft is told by its invitation, each step after it by an event"


async def test_who_is_no_party_learns_nothing_and_the_wrong_party_is_forbidden(stage: Stage, clock: Clock) -> None:
    evening = await Evening.begin(stage)
    strangers = [await stage.account("cast"), await stage.account("guest")]
    id = await evening.invite()
    for name in ("withdraw", "decline", "press", "release", "pledge", "cancel"):
        caller, command = given(evening, id, name)
        assert [await stage.said(s, command) for s in strangers] == ["not_found"] * 2, name
        assert await stage.said(caller, given(evening, uuid4(), name)[1]) == "not_found"
        other = evening.guest if caller == evening.cast else evening.cast
        if name != "cancel":
            assert await stage.said(other, command) == "forbidden", name


async def test_a_draft_is_its_cast_s_and_guest_s_until_its_end_and_no_longer(stage: Stage, clock: Clock) -> None:
    evening = await Evening.begin(stage)
    id = await evening.invite(valid_s=900)
    left = (await stage.reservation(id)).expires_at - await stage.now()
    await clock.shift(left.total_seconds() + 0.001)
    assert await stage.said(evening.cast, c.WithdrawInvitation(reservation=id)) == "hold_expired"
    written = await stage.rows("select status from booking.reservations where id = %s", id)
    assert written == [("draft",)], "nobody has swept, and nobody needed to"


async def brought(evening: Evening, clock: Clock, state: str) -> UUID:
    """A reservation in this state, by the way it is reached."""
    id = await evening.invite(valid_s=900)
    if state != "draft":
        await WAYS.get(state, by_hand(state))(evening, clock, id)
    return id


async def lapsed(evening: Evening, clock: Clock, id: UUID) -> None:
    await clock.shift(901)


async def expired(evening: Evening, clock: Clock, id: UUID) -> None:
    await lapsed(evening, clock, id)
    await evening.stage.tidy()


async def declined(evening: Evening, clock: Clock, id: UUID) -> None:
    await evening.stage.run(evening.guest, c.DeclineInvitation(reservation=id))


async def withdrawn(evening: Evening, clock: Clock, id: UUID) -> None:
    await evening.stage.run(evening.cast, c.WithdrawInvitation(reservation=id))


async def confirmed(evening: Evening, clock: Clock, id: UUID) -> None:
    await evening.pledge(id, clock)


async def was_cancelled(evening: Evening, clock: Clock, id: UUID) -> None:
    await confirmed(evening, clock, id)
    await evening.stage.run(evening.guest, c.CancelReservation(reservation=id))


async def completed(evening: Evening, clock: Clock, id: UUID) -> None:
    await confirmed(evening, clock, id)
    await clock.shift(5 * DAY)
    await evening.stage.tidy()


Way = Callable[[Evening, Clock, UUID], Awaitable[None]]
WAYS: dict[str, Way] = {
    "lapsed": lapsed,
    "expired": expired,
    "declined": declined,
    "withdrawn": withdrawn,
    "confirmed": confirmed,
    "cancelled": was_cancelled,
    "completed": completed,
}
BY_HAND = MATRIX.keys() - WAYS.keys() - {"draft"}
"""States that no command of this version leads to yet, but the database knows."""


def by_hand(state: str) -> Way:
    async def way(evening: Evening, clock: Clock, id: UUID) -> None:
        await confirmed(evening, clock, id)
        await evening.stage.rows("update booking.reservations set status = %s where id = %s", state, id)

    return way


def given(evening: Evening, id: UUID, name: str) -> tuple[object, Command]:
    match name:
        case "withdraw":
            return evening.cast, c.WithdrawInvitation(reservation=id)
        case "decline":
            return evening.guest, c.DeclineInvitation(reservation=id)
        case "press":
            return evening.guest, c.PressReservation(reservation=id)
        case "release":
            return evening.guest, c.ReleaseReservation(reservation=id)
        case "pledge":
            return evening.guest, pledge(id)
        case "cancel":
            return evening.cast, c.CancelReservation(reservation=id, late=True)
        case "leave":
            return evening.guest, c.CancelReservation(reservation=id, late=True)
        case _:
            free = timedelta(minutes=200)
            return evening.cast, evening.invitation(0, starts_at=evening.start + free, replaces=id)


async def test_a_deposit_that_is_due_keeps_the_pledge_from_counting(stage: Stage, clock: Clock) -> None:
    """What a provider behind the port would say: the hold and the press stay as they are."""
    evening = await Evening.begin(stage)
    id = await evening.invite()
    await evening.press(id)
    await clock.shift(HELD)
    asked = []

    async def payment(work: Work, reservation: UUID) -> None:
        asked.append(reservation)
        if len(asked) == 1:
            raise Refusal("wrong_state", "A deposit is due first.")

    handler = booking.handlers(Schedule(), payment)[c.PledgeReservation]

    async def pledged() -> str:
        async with stage.work() as work:
            one = Work(work.connection, CONSUMERS, evening.guest)
            try:
                return str((await handler(one, pledge(id))).reservation.status)  # type: ignore[attr-defined]
            except Refusal as refusal:
                return refusal.message

    assert await pledged() == "A deposit is due first."
    assert (await stage.reservation(id)).status == "draft"
    assert await pledged() == "confirmed"
    assert asked == [id, id]
