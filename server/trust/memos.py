"""A cast's own notes on her guests: sealed under a key of hers, opened for her alone, gone for good with the key."""

from uuid import UUID

from server.kernel.crypto import DataKey, Keyring
from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol.errors import not_found
from server.protocol.results import Done
from server.protocol.values import Memo
from server.trust import store

PURPOSE = "memo key"


async def save(keyring: Keyring, work: Work, command: c.SaveMemo) -> Memo:
    """Raises `not_found` for a guest whom the cast doesn't know."""
    cast, guest = await _pair(work, command)
    key = await _key(keyring, work, cast)
    sealed = key.seal(command.body.encode(), _place(cast, guest))
    return Memo(guest, command.body, await store.save_memo(work, cast, guest, sealed))


async def erase(work: Work, command: c.EraseMemo) -> Done:
    """The last memo takes the key with it."""
    cast, guest = await _pair(work, command)
    await store.erase_memo(work, cast, guest)
    return Done()


async def memo(keyring: Keyring, work: Work, cast: UUID, guest: UUID) -> Memo | None:
    """The memo of `cast` on `guest`; for the eyes of `cast` alone."""
    found = await store.memos(work, cast, guest)
    return _opened(keyring, cast, found[0]) if found else None


async def memos(keyring: Keyring, work: Work, cast: UUID) -> list[Memo]:
    """All memos of `cast`, for her own archive."""
    return [_opened(keyring, cast, one) for one in await store.memos(work, cast, None)]


async def _pair(work: Work, command: c.SaveMemo | c.EraseMemo) -> tuple[UUID, UUID]:
    me = work.caller.account
    if me != command.guest and not await store.knows(work, me, command.guest):
        raise not_found("guest")
    await work.allow(command)
    if me == command.guest:
        raise not_found("guest")
    return me, command.guest


async def _key(keyring: Keyring, work: Work, cast: UUID) -> DataKey:
    wrapped = await store.wrapped_key(work, cast)
    if wrapped is None:
        await store.keep_key(work, cast, DataKey.new().wrapped(keyring, PURPOSE))
        wrapped = await store.wrapped_key(work, cast)
    assert wrapped is not None
    return DataKey.unwrap(keyring, PURPOSE, wrapped)


def _opened(keyring: Keyring, cast: UUID, kept: store.KeptMemo) -> Memo:
    key = DataKey.unwrap(keyring, PURPOSE, bytes(kept.wrapped))
    return Memo(kept.guest, key.unseal(bytes(kept.sealed), _place(cast, kept.guest)).decode(), kept.updated_at)


def _place(cast: UUID, guest: UUID) -> bytes:
    return cast.bytes + guest.bytes
