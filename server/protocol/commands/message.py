"""Commands on rooms and on what is said in them, and on who is notified."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from server.protocol import limits
from server.protocol.commands.base import Command, EntrySeq, Instant, Seq, instant, trimmed


class OpenRoom(Command, tag="room.open"):
    """The one conversation with someone; made where there is none. A cast may open one only to a follower."""

    with_: UUID = field(name="with")


class RoomHistory(Command, tag="room.history"):
    """The newest page before `before`, folded: edited texts as they are now."""

    reads = True
    socket_only = True
    lane = "room"
    room: UUID
    before: EntrySeq | None = None
    limit: Annotated[int, Meta(ge=1, le=limits.HISTORY_ENTRIES)] = 50


class RoomSince(Command, tag="room.since"):
    """The log after `after`, as it was written."""

    reads = True
    socket_only = True
    lane = "room"
    room: UUID
    after: Seq
    limit: Annotated[int, Meta(ge=1, le=limits.PAGE_ENTRIES)] = limits.PAGE_ENTRIES


class ReadRoom(Command, tag="room.read"):
    """Everything up to `seq` has been seen; only ever rises."""

    lane = "room"
    room: UUID
    seq: Seq


class ReceiveInRoom(Command, tag="room.received"):
    """This device has everything up to `seq`, seen or not; only ever rises. Owed for seals alone: it moves their `delivery`."""

    lane = "room"
    room: UUID
    seq: Seq


class TypeInRoom(Command, tag="room.typing"):
    """Ephemeral: expires by itself after 6 s."""

    lane = "room"
    room: UUID
    typing: bool


class MuteRoom(Command, tag="room.mute"):
    """No push from this room until then; None ends it."""

    lane = "room"
    room: UUID
    until: Instant | None

    def __post_init__(self) -> None:
        if self.until is not None:
            self.until = instant(self.until, "until")


class SendMessage(Command, tag="message.send"):
    """A text, a photo, or a photo with a text."""

    keyed = True
    lane = "room"
    room: UUID
    body: str | None = None
    photo: UUID | None = None
    reply_to: EntrySeq | None = None

    def __post_init__(self) -> None:
        if self.body is not None:
            self.body = trimmed(self.body, "body", limits.BODY_CHARACTERS)
        elif self.photo is None:
            raise ValueError("body: a message needs a body or a photo")


class EditMessage(Command, tag="message.edit"):
    """A new body for one's own text or photo, within 24 hours."""

    keyed = True
    lane = "room"
    room: UUID
    seq: EntrySeq
    body: str

    def __post_init__(self) -> None:
        self.body = trimmed(self.body, "body", limits.BODY_CHARACTERS)


class DeleteMessage(Command, tag="message.delete"):
    """One's own text or photo leaves the conversation, within 24 hours; its place in the log stays."""

    keyed = True
    lane = "room"
    room: UUID
    seq: EntrySeq


class PushKeys(Struct, forbid_unknown_fields=True, frozen=True):
    """`PushSubscription.getKey()` of the browser, base64url: a P-256 point, and 16 bytes."""

    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=40)]


class SubscribePush(Command, tag="push.subscribe"):
    """An endpoint belongs to its last subscriber's session."""

    endpoint: Annotated[str, Meta(max_length=limits.ENDPOINT_CHARACTERS)]
    keys: PushKeys


class UnsubscribePush(Command, tag="push.unsubscribe"):
    """This endpoint gets no more pushes; one's own alone."""

    endpoint: Annotated[str, Meta(max_length=limits.ENDPOINT_CHARACTERS)]


class AddBlock(Command, tag="block.add"):
    """Neither sees or hears of the other from now on; both keep the history. Drafts between the two end, what is confirmed stands."""

    account: UUID


class RemoveBlock(Command, tag="block.remove"):
    """Takes one's own block back; the other's stands."""

    account: UUID


MessageCommand = (
    OpenRoom
    | RoomHistory
    | RoomSince
    | ReadRoom
    | ReceiveInRoom
    | TypeInRoom
    | MuteRoom
    | SendMessage
    | EditMessage
    | DeleteMessage
    | SubscribePush
    | UnsubscribePush
    | AddBlock
    | RemoveBlock
)
