"""Who waits for a time that is taken is offered what becomes free: in order, one at a time, in the cast's name."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from server.booking import steps, store
from server.booking.ports import Invite, IsOpenTo, Schedule
from server.kernel import failures
from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.results import Done, Waiting


def handlers(schedule: Schedule, is_open_to: IsOpenTo) -> Handlers:
    return {c.JoinWaitlist: partial(join, schedule, is_open_to), c.LeaveWaitlist: leave}


async def join(schedule: Schedule, is_open_to: IsOpenTo, work: Work, command: c.JoinWaitlist) -> Waiting:
    """Raises `wrong_state` for a plan without a waitlist and for what is free, `already_exists` for what one waits for already."""
    cast, me = command.cast, work.caller.account
    schedule.lock(work, cast)
    if not await is_open_to(work, cast, me):
        raise not_found("cast")
    await work.allow(command)
    plan = await schedule.plan(work, cast, command.plan)
    if plan is None:
        raise not_found("plan")
    if plan.archived or not plan.waitlist:
        raise Refusal("wrong_state", "There is no waiting for this plan.", field="plan")
    now = await work.moment()
    if not now < command.to <= now + timedelta(days=limits.HORIZON_DAYS):
        raise invalid("to", f"Must lie ahead, by {limits.HORIZON_DAYS} days at most.")
    if await store.waits_already(work, cast, me, plan.id, command.from_, command.to):
        raise Refusal("already_exists", "You wait for this already.")
    await steps.expire_lapsed(schedule, work, cast)
    if await schedule.first_start(work, cast, plan.id, command.from_, command.to) is not None:
        raise Refusal("wrong_state", "There is a free time: ask for an invitation.", field="from")
    if await store.wait_count(work, me) >= limits.WAITS_PER_GUEST:
        raise invalid("from", f"At most {limits.WAITS_PER_GUEST} at once: leave another first.")
    id = await store.add_wait(work, cast, me, plan.id, command.from_, command.to)
    (wait,) = await store.waits(work, me, id)
    return Waiting(id, wait.place)


async def leave(work: Work, command: c.LeaveWaitlist) -> Done:
    if not await store.drop_wait(work, command.waitlist, work.caller.account):
        raise not_found("waitlist")
    return Done()


async def serve(invite: Invite, schedule: Schedule, work: Work) -> int:
    """Holds what has become free for the next in line, for one cast; how many were served. A hold that ends, ends that waiting too,
    and what it held goes to the next. Nobody's time is locked who has nothing to give."""
    await store.drop_void_waits(work)
    cast = await store.next_to_serve(work)
    if cast is None:
        return 0
    schedule.lock(work, cast)
    await steps.expire_lapsed(schedule, work, cast)
    count = 0
    for wait in await store.line(work, cast):
        start = await schedule.first_start(work, cast, wait.plan, wait.from_, wait.to)
        if start is not None:
            count += await _offer(invite, work, cast, wait, start)
    return count


async def _offer(invite: Invite, work: Work, cast: UUID, wait: store.InLine, start: datetime) -> bool:
    """Whoever cannot be invited (blocked, or a rule that the free time does not know) leaves the line: nobody behind them waits for that."""
    valid_s = limits.WAITED_SECONDS
    try:
        async with work.attempt():
            reservation = await invite(
                work, cast=cast, guest=wait.guest_id, plan=wait.plan, starts_at=start, valid_s=valid_s, key=wait.id
            )
            await store.serve_wait(work, wait.id, reservation)
    except (Refusal, failures.ANY) as error:
        refusal = error if isinstance(error, Refusal) else failures.refusal(error)
        if refusal is None or refusal.code == "unavailable":
            raise
        await store.drop_wait(work, wait.id, wait.guest_id)
        return False
    return True
