"""Which coroutine runs which command of Trust; one module a noun."""

from functools import partial

from server.kernel.crypto import Keyring
from server.kernel.dispatch import Handlers
from server.protocol import commands as c
from server.trust import memos, reports, reviews


def handlers(keyring: Keyring) -> Handlers:
    return {
        c.WriteReview: reviews.write,
        c.SaveMemo: partial(memos.save, keyring),
        c.EraseMemo: memos.erase,
        c.FileReport: reports.file,
        c.SettleReport: reports.settle,
    }
