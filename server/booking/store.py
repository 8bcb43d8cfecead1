"""Booking's queries, typed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import asdict
from psycopg.types.json import Jsonb

from server.booking.model import State, Whole
from server.kernel import queries
from server.kernel.connection import Soon
from server.kernel.work import Work
from server.protocol.values import Account, FrozenPlan, Reservation, ReservationStatus, Wait

SQL = queries.load("booking")


class Hold(Struct, frozen=True):
    """A draft to be written; spans are half-open, `blocked` with the plan's buffers."""

    id: UUID
    cast_id: UUID
    guest_id: UUID
    room: UUID
    plan: FrozenPlan
    starts_at: datetime
    ends_at: datetime
    blocked_from: datetime
    blocked_to: datetime
    chain: UUID
    replaces: UUID | None
    expires_at: datetime
    cancel_until: datetime
    hold_ms: int


class Step(Struct, frozen=True):
    """What happened to a reservation, by whom (None: by time, or the house) and why."""

    version: int
    status: ReservationStatus
    by: UUID | None
    reason: str | None
    at: datetime


class Due(Struct, frozen=True):
    id: UUID
    cast_id: UUID


class _WholeRow(State, frozen=True):
    document: dict[str, Any]
    absent: bool

    def whole(self) -> Whole:
        return Whole(**(asdict(self) | {"document": msgspec.convert(self.document, Reservation)}))


class _Id(Struct, frozen=True):
    id: UUID


class _Cast(Struct, frozen=True):
    cast_id: UUID


def lapsed(work: Work, cast: UUID) -> Soon[list[UUID]]:
    """Drafts whose time is over. With the calendar's lock held."""
    return work.soon(SQL.lapsed, lambda answer: [row.id for row in answer.rows(_Id)], cast_id=cast)


def expire(work: Work, reservation: UUID) -> None:
    """A lapsed draft gives its time back."""
    work.later(SQL.expire, reservation=reservation)


def write_hold(work: Work, hold: Hold, now: datetime) -> None:
    """The draft and the first of its steps, unless the guest is there no more."""
    values: dict[str, Any] = {name: getattr(hold, name) for name in hold.__struct_fields__}
    work.later(SQL.hold, **(values | {"plan": Jsonb(msgspec.to_builtins(hold.plan)), "now": now}))


async def cast_for_house(work: Work, reservation: UUID) -> UUID | None:
    """Whose time it is, for operators alone: no question of party."""
    cast: UUID | None = await work.value(SQL.cast_for_house, reservation=reservation)
    return cast


async def lock(work: Work, reservation: UUID, account: UUID) -> State | None:
    """Waits for the reservation, then reads it and the clock: a statement of its own, which sees what was committed meanwhile. None where
    `account` is no party."""
    work.later(SQL.lock, reservation=reservation, account=account)
    return await state_for(work, reservation, account)


async def state_for(work: Work, reservation: UUID, account: UUID) -> State | None:
    """As it stands now, without a wait. None where `account` is no party."""
    return await work.one(SQL.state_for, State, reservation=reservation, account=account)


async def lock_whole(work: Work, reservation: UUID, account: UUID) -> Whole | None:
    """The same, with what both sides see of it, and whether both are there."""
    work.later(SQL.lock, reservation=reservation, account=account)
    row = await work.one(SQL.whole_for, _WholeRow, reservation=reservation, account=account)
    return None if row is None else row.whole()


async def state(work: Work, reservation: UUID) -> State:
    found = await work.one(SQL.state, State, reservation=reservation)
    assert found is not None
    return found


def step(work: Work, after: Reservation, by: UUID | None, reason: str | None, at: datetime) -> None:
    """Writes a reservation as its step leaves it, and the record of the step. With the reservation locked."""
    ended = after.ended
    work.later(
        SQL.step,
        reservation=after.id,
        version=after.version,
        status=after.status,
        by=by,
        reason=reason,
        at=at,
        confirmed_at=after.confirmed_at,
        ended_by=ended and ended.by,
        ended_reason=ended and ended.reason,
        ended_late=ended is not None and ended.late,
        ended_at=ended and ended.at,
    )


def write_step(
    work: Work, id: UUID, version: int, status: ReservationStatus, by: UUID | None, reason: str | None, at: datetime
) -> None:
    work.later(SQL.write_step, reservation=id, version=version, status=status, by=by, reason=reason, at=at)


class Finger(Struct, frozen=True):
    """On a draft, by the database's clock after the wait for it: since when, or when it was lifted."""

    cast_id: UUID
    hold_ms: int
    at: datetime


async def press(work: Work, reservation: UUID, guest: UUID) -> Finger | None:
    """The guest's finger is on it now. None where it is no draft of theirs, or one that has lapsed."""
    return await work.one(SQL.press, Finger, reservation=reservation, guest=guest)


async def release(work: Work, reservation: UUID, guest: UUID) -> Finger | None:
    """None where there was no finger of theirs to lift."""
    return await work.one(SQL.release, Finger, reservation=reservation, guest=guest)


def reservation(work: Work, id: UUID) -> Soon[Reservation]:
    return work.soon(SQL.document, lambda answer: msgspec.convert(answer.value(), Reservation), reservation=id)


def held(work: Work, id: UUID) -> Soon[Reservation | None]:
    """What `write_hold` wrote, if it did."""
    return work.soon(SQL.document, lambda answer: msgspec.convert(answer.value(), Reservation | None), reservation=id)


async def reservation_for(work: Work, id: UUID, account: UUID) -> Reservation | None:
    document = await work.value(SQL.document_for, reservation=id, account=account)
    return None if document is None else msgspec.convert(document, Reservation)


class _Document(Struct, frozen=True):
    document: dict[str, Any]


async def reservations(
    work: Work, account: UUID, statuses: Sequence[str] | None, before: UUID | None, limit: int
) -> list[Reservation]:
    rows = await work.all(
        SQL.documents,
        _Document,
        account=account,
        statuses=None if statuses is None else list(statuses),
        before=before,
        limit=limit,
    )
    return [msgspec.convert(row.document, Reservation) for row in rows]


async def drafts_between(work: Work, cast: UUID, guest: UUID) -> list[UUID]:
    return [row.id for row in await work.all(SQL.drafts_between, _Id, cast_id=cast, guest_id=guest)]


async def standing_between(work: Work, cast: UUID, guest: UUID) -> list[Reservation]:
    """What is confirmed or arrived, by its start."""
    rows = await work.all(SQL.standing_between, _Document, cast_id=cast, guest_id=guest)
    return [msgspec.convert(row.document, Reservation) for row in rows]


async def disputes(work: Work, after: UUID | None, limit: int) -> list[Reservation]:
    """Disputed ones of everybody: for operators alone."""
    rows = await work.all(SQL.disputes, _Document, after=after, limit=limit)
    return [msgspec.convert(row.document, Reservation) for row in rows]


async def steps(work: Work, id: UUID) -> list[Step]:
    """From the first on."""
    return await work.all(SQL.steps, Step, reservation=id)


async def lapsed_casts(work: Work) -> list[UUID]:
    return [row.cast_id for row in await work.all(SQL.lapsed_casts, _Cast)]


async def ahead(work: Work, account: UUID) -> list[Due]:
    """Drafts and confirmed ones of either role that have not begun."""
    return await work.all(SQL.ahead, Due, account=account)


async def over(work: Work) -> list[Due]:
    return await work.all(SQL.over, Due)


# ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class _WaitRow(Struct, frozen=True):
    waitlist: UUID
    plan: UUID
    from_: datetime
    to: datetime
    reservation: UUID | None
    cast: dict[str, Any]
    guest: dict[str, Any]
    place: int


class InLine(Struct, frozen=True):
    """Somebody who waits and holds nothing yet."""

    id: UUID
    guest_id: UUID
    plan: UUID
    from_: datetime
    to: datetime


async def add_wait(work: Work, cast: UUID, guest: UUID, plan: UUID, from_: datetime, to: datetime) -> UUID:
    id: UUID = await work.value(SQL.add_wait, cast_id=cast, guest_id=guest, plan=plan, from_=from_, to=to)
    return id


async def waits_already(work: Work, cast: UUID, guest: UUID, plan: UUID, from_: datetime, to: datetime) -> bool:
    found = await work.value(SQL.wait_of, cast_id=cast, guest_id=guest, plan=plan, from_=from_, to=to)
    return found is not None


async def wait_count(work: Work, guest: UUID) -> int:
    """Of a guest who begins to wait nowhere else meanwhile."""
    work.later(SQL.lock_waits, guest_id=guest)
    return int(await work.value(SQL.wait_count, guest_id=guest))


async def waits(work: Work, account: UUID, wait: UUID | None = None) -> list[Wait]:
    """What a guest waits for, or who waits for a cast; of these only `wait`, where it is given."""
    return [
        Wait(
            waitlist=row.waitlist,
            cast=msgspec.convert(row.cast, Account),
            guest=msgspec.convert(row.guest, Account),
            plan=row.plan,
            from_=row.from_,
            to=row.to,
            place=row.place,
            reservation=row.reservation,
        )
        for row in await work.all(SQL.waits, _WaitRow, account=account, wait=wait)
    ]


async def drop_wait(work: Work, wait: UUID, guest: UUID) -> bool:
    """Whether there was one."""
    return await work.execute(SQL.drop_wait, wait=wait, guest_id=guest) > 0


async def drop_waits_between(work: Work, cast: UUID, guest: UUID) -> None:
    await work.execute(SQL.drop_waits_between, cast_id=cast, guest_id=guest)


async def forget_waits(work: Work, account: UUID) -> None:
    """Of either role."""
    await work.execute(SQL.forget_waits, account=account)


async def drop_void_waits(work: Work) -> int:
    """Those that can lead to nothing any more."""
    return await work.execute(SQL.drop_void_waits)


async def next_to_serve(work: Work) -> UUID | None:
    """A cast who has time that somebody waits for."""
    cast: UUID | None = await work.value(SQL.next_to_serve)
    return cast


async def line(work: Work, cast: UUID) -> list[InLine]:
    """Those who wait for a cast, the first first."""
    return await work.all(SQL.line, InLine, cast_id=cast)


async def serve_wait(work: Work, wait: UUID, reservation: UUID) -> None:
    await work.execute(SQL.serve_wait, wait=wait, reservation=reservation)


# ── feeds ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class Fed(Struct, frozen=True):
    """A reservation as a calendar shows it."""

    id: UUID
    version: int
    status: ReservationStatus
    starts_at: datetime
    ends_at: datetime
    plan: str
    confirmed_at: datetime


async def link_feed(work: Work, account: UUID, token: bytes) -> None:
    await work.execute(SQL.link_feed, account=account, token=token)


async def drop_feed(work: Work, account: UUID) -> None:
    await work.execute(SQL.drop_feed, account=account)


async def feed_since(work: Work, account: UUID) -> datetime | None:
    """When the address of the account's calendar was made; None where there is none."""
    at: datetime | None = await work.value(SQL.feed_since, account=account)
    return at


async def fed_account(work: Work, token: bytes) -> UUID | None:
    account: UUID | None = await work.value(SQL.fed_account, token=token)
    return account


async def fed(work: Work, account: UUID) -> list[Fed]:
    return await work.all(SQL.fed, Fed, account=account)


# ── reminders ───────────────────────────────────────────────────────────────────────────────────────────────────────
class Reminder(Struct, frozen=True):
    reservation: UUID
    kind: str


class Unheard(Struct, frozen=True):
    id: UUID
    guest: UUID
    starts_at: datetime


async def take_reminders(work: Work) -> list[Reminder]:
    """What is due now; it counts as done when this commits."""
    return await work.all(SQL.take_reminders, Reminder)


async def take_unheard(work: Work, seconds: float) -> list[Unheard]:
    """Of which no device of the guest has heard for so long; each once."""
    return await work.all(SQL.take_unheard, Unheard, seconds=seconds)
