"""One coroutine per command of Portfolio."""

from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.portfolio import store
from server.protocol import commands as c
from server.protocol.errors import not_found
from server.protocol.results import Done


async def add_follow(work: Work, command: c.AddFollow) -> Done:
    if not await store.is_open_to(work, command.cast, work.caller.account):
        raise not_found("cast")
    work.allow(command)
    await store.follow(work, work.caller.account, command.cast, command.push)
    return Done()


async def remove_follow(work: Work, command: c.RemoveFollow) -> Done:
    if not await store.is_cast(work, command.cast):
        raise not_found("cast")
    work.allow(command)
    await store.unfollow(work, work.caller.account, command.cast)
    return Done()


HANDLERS: Handlers = {c.AddFollow: add_follow, c.RemoveFollow: remove_follow}
