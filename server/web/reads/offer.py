"""Plans, shifts, and what is free."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import get
from litestar.params import Parameter

from server.kernel.work import Caller, Work
from server.message import store as rooms
from server.offer import store as offers
from server.protocol import limits
from server.protocol.errors import invalid, not_found
from server.web.house import House, uuid
from server.web.paging import instant

From = Annotated[str | None, Parameter(query="from")]


@get("/api/plans")
async def plans(caller: Caller, house: House) -> dict[str, Any]:
    """A cast's own plans, archived ones too."""
    found = await house.read(caller, lambda work: offers.plans(work, caller.account, archived=True))
    return {"items": found, "next": None}


@get("/api/schedule")
async def schedule(caller: Caller, house: House) -> dict[str, Any]:
    """A cast's own shifts, from yesterday on, and the rules that made some of them."""

    async def run(work: Work) -> dict[str, Any]:
        return {
            "shifts": await offers.shifts(work, caller.account),
            "rules": await offers.rules(work, caller.account),
        }

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/casts/{id:str}/availability")
async def availability(
    caller: Caller, house: House, id: str, plan: str, from_: From = None, to: str | None = None
) -> dict[str, Any]:
    """Spans in which a start of `plan` is possible; by default the next week."""
    cast = uuid(id)

    async def run(work: Work) -> dict[str, Any]:
        hidden = await rooms.is_blocked(work, caller.account, cast) or await rooms.is_absent(work, cast)
        if hidden and cast != caller.account:
            raise not_found()
        found = await offers.plan(work, cast, uuid(plan))
        if found is None:
            raise not_found("plan")
        now = await work.moment()
        earliest = now + timedelta(minutes=found.notice_minutes)
        begin = max(earliest, instant(from_, "from") if from_ else earliest)
        end = instant(to, "to") if to else begin + timedelta(days=7)
        if end <= begin:
            return {"slots": []}
        if end - begin > timedelta(days=limits.AVAILABILITY_DAYS):
            raise invalid("to", f"At most {limits.AVAILABILITY_DAYS} days at once.")
        return {"slots": await offers.slots(work, cast, found, begin, end)}

    return await house.read(caller, run)  # type: ignore[no-any-return]


HANDLERS = [plans, schedule, availability]
