"""The gatekeeper: accounts, numbers, codes, sessions. Promises that a leak here does not reach the others."""

from server.identity.jobs import SendText
from server.identity.service import Identity

__all__ = ["Identity", "SendText"]
