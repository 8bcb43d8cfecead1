"""The gatekeeper: accounts, numbers, codes, sessions. Promises that a leak here does not reach the others."""

from server.identity.handlers import HANDLERS
from server.identity.jobs import SEND_TEXT, SendText
from server.identity.operators import handlers as operator_handlers
from server.identity.reactions import REACTIONS
from server.identity.service import Identity
from server.identity.standing import gate

__all__ = ["HANDLERS", "REACTIONS", "SEND_TEXT", "Identity", "SendText", "gate", "operator_handlers"]
