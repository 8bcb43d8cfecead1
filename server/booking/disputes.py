"""How the house settles a no-show that the guest disputes: it is upheld, or the guest is cleared. Both sides are told, with the reason."""

from functools import partial

from server.booking import model, steps, store
from server.booking.ports import Schedule
from server.kernel import audit
from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol.errors import not_found
from server.protocol.results import ReservationNow


def house_handlers(schedule: Schedule) -> Handlers:
    return {c.SettleDispute: partial(settle, schedule)}


async def settle(schedule: Schedule, work: Work, command: c.SettleDispute) -> ReservationNow:
    """Raises `not_found`, and `wrong_state` for what is not disputed, or not any more. Who marked the no-show, and when, stays."""
    await work.allow(command)
    cast = await store.cast_for_house(work, command.reservation)
    if cast is None:
        raise not_found("reservation")
    state = await store.lock_whole(work, command.reservation, cast)
    assert state is not None
    model.check_step(state, command.outcome)
    by = work.caller.account
    after = steps.step(schedule, work, state, command.outcome, by, command.note)
    await audit.record(work, "dispute.settle", state.id, by, outcome=command.outcome, note=command.note)
    return ReservationNow(after)
