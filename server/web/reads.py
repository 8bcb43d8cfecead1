"""A read is a GET. Lists page by an opaque cursor, entries by `seq`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import Parameter

from server.booking import store as bookings
from server.identity import store as accounts
from server.kernel.work import Caller, Work
from server.message import reads as log
from server.message import store as rooms
from server.offer import store as offers
from server.portfolio import store as casts
from server.protocol import limits
from server.protocol.commands import RoomHistory, RoomSince
from server.protocol.errors import invalid, not_found
from server.protocol.values import CastProfile, Settings, Status
from server.web.house import House, uuid

PAGE = 50
From = Annotated[str | None, Parameter(query="from")]


@get("/api/me")
async def me(caller: Caller, house: House) -> dict[str, Any]:
    """Who one is, and one's settings."""

    async def run(work: Work) -> dict[str, Any]:
        account = await accounts.account(work, caller.account)
        kept = await accounts.settings(work, caller.account)
        if account is None or kept is None:
            raise not_found()
        return {"account": account, "settings": Settings(private_receipts=kept.private_receipts)}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/rooms")
async def my_rooms(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """Rooms by their last change, the newest first."""
    before = None if cursor is None else _place(cursor)

    async def run(work: Work) -> dict[str, Any]:
        cards, place = await rooms.cards(work, caller.account, PAGE, before)
        return {"items": cards, "next": None if place is None else _cursor([place[0].isoformat(), str(place[1])])}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/rooms/{id:str}/entries")
async def entries(
    caller: Caller, house: House, id: str, before: int | None = None, after: int | None = None, limit: int | None = None
) -> Any:
    """With `after` the log as written; else the newest folded page before `before`."""
    room = uuid(id)
    most = limits.HISTORY_ENTRIES if after is None else limits.PAGE_ENTRIES
    if limit is not None and not 1 <= limit <= most:
        raise invalid("limit", f"Between 1 and {most}.")
    if (after is not None and after < 0) or (before is not None and before < 1):
        raise invalid("after" if after is not None else "before", "Must be a place in the room.")
    if after is not None:
        since = RoomSince(room=room, after=after, limit=limit or most)
        return await house.read(caller, lambda work: log.since(work, since))
    history = RoomHistory(room=room, before=before, limit=limit or PAGE)
    return await house.read(caller, lambda work: log.history(work, history))


@get("/api/reservations")
async def reservations(
    caller: Caller, house: House, status: str | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """One's reservations, the newest first; `status` may name several, separated by commas."""
    before = None if cursor is None else _id(cursor)
    statuses = None if status is None else status.split(",")

    async def run(work: Work) -> dict[str, Any]:
        found = await bookings.reservations(work, caller.account, statuses, before, PAGE)
        return {"items": found, "next": _cursor([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/reservations/{id:str}")
async def reservation(caller: Caller, house: House, id: str) -> Any:
    """One of one's reservations."""
    found = await house.read(caller, lambda work: bookings.reservation_for(work, uuid(id), caller.account))
    if found is None:
        raise not_found()
    return found


@get("/api/plans")
async def plans(caller: Caller, house: House) -> dict[str, Any]:
    """A cast's own plans, archived ones too."""
    found = await house.read(caller, lambda work: offers.plans(work, caller.account, archived=True))
    return {"items": found, "next": None}


@get("/api/schedule")
async def schedule(caller: Caller, house: House) -> dict[str, Any]:
    """A cast's own shifts, from yesterday on."""
    found = await house.read(caller, lambda work: offers.shifts(work, caller.account))
    return {"shifts": found, "rules": []}


@get("/api/casts")
async def list_casts(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """The casts of the house, in no order of merit."""
    after = None if cursor is None else _id(cursor)

    async def run(work: Work) -> dict[str, Any]:
        found = await casts.casts(work, after, PAGE)
        items = [await _profile(work, caller, cast.id) for cast in found]
        return {"items": items, "next": _cursor([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/casts/{id:str}")
async def one_cast(caller: Caller, house: House, id: str) -> CastProfile:
    """A cast, with her plans."""
    return await house.read(caller, lambda work: _profile(work, caller, uuid(id)))  # type: ignore[no-any-return]


async def _profile(work: Work, caller: Caller, id: UUID) -> CastProfile:
    account = await casts.cast(work, id)
    if account is None:
        raise not_found()
    return CastProfile(
        account=account,
        headline="",
        about="",
        tags=[],
        photos=[],
        area=None,
        published=True,
        status=Status(online=False, tonight=False, tonight_until=None),
        radar=None,
        plans=await offers.plans(work, id, archived=False),
        following=await casts.following(work, caller.account, id),
    )


@get("/api/casts/{id:str}/availability")
async def availability(
    caller: Caller, house: House, id: str, plan: str, from_: From = None, to: str | None = None
) -> dict[str, Any]:
    """Spans in which a start of `plan` is possible; by default the next week."""
    cast = uuid(id)

    async def run(work: Work) -> dict[str, Any]:
        found = await offers.plan(work, cast, uuid(plan))
        if found is None:
            raise not_found("plan")
        now = await work.moment()
        earliest = now + timedelta(minutes=found.notice_minutes)
        begin = max(earliest, _instant(from_, "from") if from_ else earliest)
        end = _instant(to, "to") if to else begin + timedelta(days=7)
        if end <= begin:
            return {"slots": []}
        if end - begin > timedelta(days=limits.AVAILABILITY_DAYS):
            raise invalid("to", f"At most {limits.AVAILABILITY_DAYS} days at once.")
        return {"slots": await offers.slots(work, cast, found, begin, end)}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/push/key")
async def push_key(house: House) -> dict[str, str]:
    """What `PushManager.subscribe` takes as applicationServerKey."""
    return {"key": house.push_key}


def _instant(text: str, field: str) -> datetime:
    try:
        found = msgspec.convert(text.replace(" ", "+"), datetime)
    except msgspec.ValidationError:
        raise invalid(field, "A time looks like 2026-11-23T12:00:00Z.") from None
    if found.tzinfo is None or not 2000 <= found.year <= 2999:
        raise invalid(field, "A time needs its zone: 2026-11-23T12:00:00Z.")
    return found.astimezone(UTC)


def _cursor(parts: list[str]) -> str:
    return urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def _parts(cursor: str, count: int) -> list[str]:
    try:
        parts = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str])
    except (ValueError, msgspec.DecodeError):
        parts = []
    if len(parts) != count:
        raise invalid("cursor", "This is no cursor of ours: begin without one.")
    return parts


def _id(cursor: str) -> UUID:
    try:
        return UUID(_parts(cursor, 1)[0])
    except ValueError:
        raise invalid("cursor", "This is no cursor of ours: begin without one.") from None


def _place(cursor: str) -> tuple[datetime, UUID]:
    at, id = _parts(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(id)
    except ValueError:
        raise invalid("cursor", "This is no cursor of ours: begin without one.") from None


HANDLERS = [
    me,
    my_rooms,
    entries,
    reservations,
    reservation,
    plans,
    schedule,
    list_casts,
    one_cast,
    availability,
    push_key,
]
