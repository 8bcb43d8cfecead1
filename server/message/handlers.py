"""One coroutine per command of Message."""

from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from server.kernel.dispatch import Handlers
from server.kernel.work import Appended, Work
from server.message import blocks, delivery, pushes, reads, store
from server.message.ports import CheckSubscription, Holds, Part, Photos
from server.message.store import Draft, Room
from server.protocol import commands as c
from server.protocol import limits, results
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.events import RoomChanged, RoomOpened, RoomRead, RoomTyping
from server.protocol.values import Entry, Reservation, RoomCard


def handlers(holds: Holds, part: Part, photos: Photos, check_subscription: CheckSubscription) -> Handlers:
    return {
        c.OpenRoom: open_room,
        c.ReadRoom: read_room,
        c.ReceiveInRoom: receive_in_room,
        c.TypeInRoom: type_in_room,
        c.MuteRoom: mute_room,
        c.RoomHistory: reads.history,
        c.RoomSince: reads.since,
        c.SendMessage: partial(send_message, photos),
        c.EditMessage: edit_message,
        c.DeleteMessage: delete_message,
        c.AskInvitation: ask_invitation,
        c.SendInvitation: partial(send_invitation, holds),
        c.AddBlock: partial(blocks.add_block, part),
        c.RemoveBlock: blocks.remove_block,
        c.SubscribePush: partial(subscribe_push, check_subscription),
        c.UnsubscribePush: unsubscribe_push,
    }


async def open_room(work: Work, command: c.OpenRoom) -> RoomCard:
    me = work.caller
    other = await store.account(work, command.with_)
    pair = None if other is None else blocks.pair_of(me, other)
    if other is None or pair is None:
        raise not_found("with")
    cast, guest = pair
    known = await store.room_of_pair(work, cast, guest)
    if known is not None:
        return await store.card(work, known, me.account)
    if me.role == "cast" and not await store.follows(work, guest, cast):
        raise Refusal("forbidden", "You can open a conversation only with a guest who follows you.", field="with")
    if await store.is_absent(work, other.id):
        raise not_found("with")
    await store.lock_pair(work, cast, guest)
    if await store.is_blocked(work, cast, guest):
        raise Refusal("blocked", field="with")
    room, new = await store.make_room(work, cast, guest)
    mine = await store.card(work, room, me.account)
    if new:
        work.tell(RoomOpened(mine), me.account)
        work.tell(RoomOpened(await store.card(work, room, other.id)), other.id)
    return mine


async def read_room(work: Work, command: c.ReadRoom) -> results.Read:
    room = await party_room(work, command.room)
    if command.seq > room.head:
        raise invalid("seq", f"The room has only {room.head} entries.")
    me = work.caller.account
    raised = await store.read(work, room.id, me, command.seq)
    told = RoomRead(room.id, me, raised.read)
    work.tell(told, me)
    if not room.blocked and not await store.private_receipts(work, me):
        work.tell(told, room.other(me))
    await delivery.tell(work, raised, "reached")
    return results.Read(raised.read)


async def receive_in_room(work: Work, command: c.ReceiveInRoom) -> results.Done:
    room = await party_room(work, command.room)
    if command.seq > room.head:
        raise invalid("seq", f"The room has only {room.head} entries.")
    await delivery.tell(work, await store.receive(work, room.id, work.caller.account, command.seq), "reached")
    return results.Done()


async def type_in_room(work: Work, command: c.TypeInRoom) -> results.Done:
    room = await party_room(work, command.room)
    me = work.caller.account
    until = await work.moment() + timedelta(seconds=limits.TYPING_SECONDS) if command.typing else None
    if not room.blocked:
        work.tell(RoomTyping(room.id, me, until), room.other(me))
    return results.Done()


async def mute_room(work: Work, command: c.MuteRoom) -> results.Done:
    room = await party_room(work, command.room)
    me = work.caller.account
    await store.mute(work, room.id, me, command.until)
    work.tell(RoomChanged(await store.card(work, room.id, me)), me)
    return results.Done()


async def send_message(photos: Photos, work: Work, command: c.SendMessage) -> results.Appended:
    """A single message, outside the writer: by `POST /api/commands`, or with a photo. Raises `not_found` for a photo that is not the
    sender's own."""
    me = work.caller.account
    draft = message_draft(me, work.key, command)
    room = await party_room(work, command.room)
    if command.photo is None:
        return await _append(work, room, draft)
    photo = await photos(work, me, command.photo)
    if photo is None:
        raise not_found("photo")
    more = {"photo": msgspec.to_builtins(photo)} | dict(draft.more or {})
    return await _append(work, room, replace(draft, kind="photo", more=more))


def message_draft(by: UUID, key: UUID | None, command: c.SendMessage) -> Draft:
    """The entry that the words of `command` make."""
    more = None if command.reply_to is None else {"reply_to": command.reply_to}
    return Draft(command.room, by, key, "text", command.body, more=more)


async def edit_message(work: Work, command: c.EditMessage) -> results.Appended:
    return await _amend(work, command, "edit", command.body)


async def delete_message(work: Work, command: c.DeleteMessage) -> results.Appended:
    return await _amend(work, command, "delete", None)


async def _amend(work: Work, command: c.EditMessage | c.DeleteMessage, kind: str, body: str | None) -> results.Appended:
    """Appends first, under the room's lock, so that a repetition finds its first answer; then judges what is new."""
    me = work.caller.account
    draft = Draft(command.room, me, work.key, kind, body, target=command.seq)
    (written,) = await store.append(work.connection, [draft])
    refuse(written.verdict)
    if written.verdict == "d":
        return results.Appended(written.seq, written.at)
    target = await store.entry(work, command.room, command.seq)
    if target is None or target.seq == written.seq:
        raise not_found("seq")
    if target.by != me:
        raise Refusal("forbidden", "Only one's own messages can be changed.")
    if target.kind not in ("text", "photo"):
        raise Refusal("wrong_state", "Only texts and photos can be changed.")
    if target.deleted:
        raise Refusal("wrong_state", "This message has been deleted.")
    if not target.young:
        raise Refusal("too_late", f"A message can be changed for {limits.EDIT_HOURS} hours.")
    if kind == "delete":
        await store.scrub(work, command.room, command.seq)
    _announce(work, await party_room(work, command.room), draft.entry(written))
    return results.Appended(written.seq, written.at)


async def ask_invitation(work: Work, command: c.AskInvitation) -> results.Appended:
    room = await party_room(work, command.room)
    await work.allow(command)
    _check_open(room)
    if command.plan is not None and not await store.has_plan(work, room.cast_id, command.plan):
        raise not_found("plan")
    if command.starts_at is not None and command.starts_at <= await work.moment():
        raise invalid("starts_at", "The time lies in the past.")
    said = {"plan": command.plan, "starts_at": command.starts_at, "note": command.note}
    return await _append(work, room, Draft(room.id, work.caller.account, work.key, "request", more=_some(said)))


async def send_invitation(holds: Holds, work: Work, command: c.SendInvitation) -> results.InvitationSent:
    me = work.caller.account
    holding = holds(
        work,
        cast=me,
        plan=command.plan,
        starts_at=command.starts_at,
        valid_s=command.valid_s,
        replaces=command.replaces,
    )
    room = await party_room(work, command.room)
    await work.allow(command)
    _check_open(room)
    id, held = await holding(guest=room.guest_id, room=room.id)
    draft = Draft(
        room.id,
        me,
        work.key,
        "invitation",
        reservation=id,
        more=_some({"replaces": command.replaces}),
    )
    done = await _append(work, room, draft, held)
    return results.InvitationSent(done.seq, done.at, await held)


async def invite(
    holds: Holds, work: Work, *, cast: UUID, guest: UUID, plan: UUID, starts_at: datetime, valid_s: int, key: UUID
) -> UUID:
    """An invitation in the cast's name, for who waited in line; the reservation that it holds. Raises `blocked`, and what holding raises."""
    room_id, is_new = await store.make_room(work, cast, guest)
    (room,) = await store.rooms_by_id(work, [room_id])
    _check_open(room)
    if is_new:
        for account in (cast, guest):
            work.tell(RoomOpened(await store.card(work, room_id, account)), account)
    holding = holds(work, cast=cast, plan=plan, starts_at=starts_at, valid_s=valid_s, replaces=None)
    id, held = await holding(guest=guest, room=room_id)
    await _append(work, room, Draft(room_id, cast, key, "invitation", reservation=id), held)
    return id


async def subscribe_push(check: CheckSubscription, work: Work, command: c.SubscribePush) -> results.Done:
    check(command.endpoint, command.keys.p256dh, command.keys.auth)
    subscription = pushes.Subscription(command.endpoint, command.keys.p256dh, command.keys.auth)
    await pushes.subscribe(work, work.caller.account, work.caller.session, subscription)
    return results.Done()


async def unsubscribe_push(work: Work, command: c.UnsubscribePush) -> results.Done:
    await pushes.unsubscribe(work, work.caller.account, command.endpoint)
    return results.Done()


async def party_room(work: Work, id: UUID) -> Room:
    """The room, for one of its two members. Raises `not_found` for everybody else."""
    room = await store.room(work, id, work.caller.account)
    if room is None:
        raise not_found("room")
    return room


def _check_open(room: Room) -> None:
    """Before anything is looked at for the two; message.append asks again, under the room's lock."""
    if room.blocked:
        raise Refusal("blocked")


def refuse(verdict: store.Verdict) -> None:
    """Raises what an unwritten draft means."""
    if verdict == "x":
        raise not_found("room")
    if verdict == "k":
        raise Refusal("key_reused", field="key")
    if verdict == "b":
        raise Refusal("blocked")
    if verdict == "r":
        raise invalid("reply_to", "There is no such entry to reply to.")


async def _append(
    work: Work, room: Room, draft: Draft, reservation: Awaitable[Reservation] | None = None
) -> results.Appended:
    (written,) = await store.append(work.connection, [draft])
    refuse(written.verdict)
    if written.verdict == "f":
        _announce(work, room, draft.entry(written, UNSET if reservation is None else await reservation))
    return results.Appended(written.seq, written.at)


def _announce(work: Work, room: Room, entry: Entry) -> None:
    work.news.append(Appended(room.id, room.cast_id, room.guest_id, entry))


def _some(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """What of `said` was said, as JSON has it."""
    kept: dict[str, Any] = msgspec.to_builtins({name: value for name, value in said.items() if value is not None})
    return kept or None
