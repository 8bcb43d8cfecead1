"""Rooms and what is said in them: chat, invitations as messages, seals, unread, push triggers. Promises dense order and one entry a key."""

from server.message.handlers import handlers
from server.message.jobs import PUSH, SendPush, push_what_waits
from server.message.reactions import REACTIONS

__all__ = ["PUSH", "REACTIONS", "SendPush", "handlers", "push_what_waits"]
