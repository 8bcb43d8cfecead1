"""What Message erases with an account: devices, receipts, pictures, and the name in what others were once answered. The conversation stays theirs."""

from uuid import UUID

import msgspec
from msgspec import Struct

from server.kernel import queries
from server.kernel.work import Work
from server.message import model
from server.protocol.domain_events import AccountErased

SQL = queries.load("message")


class Answer(Struct, frozen=True):
    """What somebody was answered, to be given again for the same key."""

    account: UUID
    key: UUID
    result: bytes


async def forget_account(work: Work, event: AccountErased) -> None:
    for statement in (SQL.forget_subscriptions, SQL.forget_due, SQL.forget_receipts, SQL.forget_photos):
        await work.execute(statement, account=event.account)
    for answer in await work.all(SQL.answers_naming, Answer, account=event.account):
        said = model.nameless(msgspec.json.decode(bytes(answer.result)), str(event.account))
        await work.execute(SQL.rewrite_answer, account=answer.account, key=answer.key, result=msgspec.json.encode(said))
