"""Which coroutine runs which command of Trust; one module a noun."""

from functools import partial

from server.kernel.crypto import Keyring
from server.kernel.dispatch import Handlers
from server.protocol import commands as c
from server.trust import memos, reports, reviews
from server.trust.ports import Photos


def handlers(keyring: Keyring, photos: Photos) -> Handlers:
    return {
        c.WriteReview: reviews.write,
        c.SaveMemo: partial(memos.save, keyring),
        c.EraseMemo: memos.erase,
        c.FileReport: partial(reports.file, photos),
        c.SettleReport: reports.settle,
    }
