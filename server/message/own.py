"""What an account has said and set in Message, for its own archive."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from server.kernel import queries
from server.kernel.work import Work

SQL = queries.load("message")


class OwnWords(Struct, frozen=True):
    room: UUID
    seq: int
    at: datetime
    kind: str
    body: str | None
    more: dict[str, Any] | None
    edited_at: datetime | None


class Block(Struct, frozen=True):
    account: UUID
    at: datetime


async def words(work: Work, account: UUID) -> list[OwnWords]:
    """What the account wrote anywhere, as it reads now."""
    return await work.all(SQL.own_words, OwnWords, account=account)


async def blocks(work: Work, account: UUID) -> list[Block]:
    """Whom it has blocked."""
    return await work.all(SQL.blocks_by, Block, account=account)
