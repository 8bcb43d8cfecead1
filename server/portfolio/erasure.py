"""What Portfolio erases with an account."""

from server.kernel.work import Work
from server.portfolio import store
from server.protocol.domain_events import AccountErased


async def forget_account(work: Work, event: AccountErased, event_id: int) -> None:
    """Whom they followed, and who followed them."""
    await store.forget_follows(work, event.account)


REACTIONS = {AccountErased: forget_account}
