"""One coroutine per command of Identity."""

from server.identity import model, store
from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol.domain_events import ReceiptsChanged
from server.protocol.errors import not_found
from server.protocol.events import SettingsChanged
from server.protocol.results import SettingsSaved


async def save_settings(work: Work, command: c.SaveSettings) -> SettingsSaved:
    me = work.caller.account
    await work.allow(command)
    before = await store.locked_settings(work, me)
    if before is None:
        raise not_found()
    after = model.settings_after(before, command)
    if after != before:
        await store.save_settings(work, me, after)
        work.tell(SettingsChanged(after), me)
    if after.private_receipts != before.private_receipts:
        work.emit(ReceiptsChanged(me, after.private_receipts))
    return SettingsSaved(after)


HANDLERS: Handlers = {c.SaveSettings: save_settings}
