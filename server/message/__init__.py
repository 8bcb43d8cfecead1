"""Rooms and what is said in them: chat, invitations as messages, seals, unread, push triggers. Promises dense order and one entry a key."""

from server.message.handlers import handlers, invite
from server.message.jobs import (
    PUSH,
    SendPush,
    forget_pushes,
    push_what_waits,
    push_what_was_quiet,
    remind,
    tell_tonight,
)
from server.message.reactions import REACTIONS
from server.message.search import index_at_leisure, index_words

__all__ = [
    "PUSH",
    "REACTIONS",
    "SendPush",
    "forget_pushes",
    "handlers",
    "index_at_leisure",
    "index_words",
    "invite",
    "push_what_waits",
    "push_what_was_quiet",
    "remind",
    "tell_tonight",
]
