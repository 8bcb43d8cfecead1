"""The key of a command: one intent has one effect and one answer, whoever repeats it, and however the house has changed since."""

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest

from server.kernel import audit
from server.kernel.crypto import Keyring
from server.kernel.database import POOL, Database
from server.kernel.dispatch import Dispatcher, Handler, Outcome
from server.kernel.turns import MOST
from server.kernel.work import Caller, Work
from server.protocol.commands import ArchivePlan, Command, PledgeReservation
from server.protocol.errors import Refusal
from server.protocol.results import Done

pytestmark = pytest.mark.anyio
ME = Caller(uuid4(), "cast", uuid4())
GUEST = Caller(uuid4(), "guest", uuid4())


async def nobody_is_barred(work: Work) -> str | None:
    return None


def dispatcher(database: Database, handler: Handler, pledge: Handler | None = None) -> Dispatcher:
    keyring = Keyring(b"a secret of thirty-two characters")
    handlers: dict[type[Command], Handler] = {ArchivePlan: handler}
    if pledge is not None:
        handlers[PledgeReservation] = pledge
    return Dispatcher(database, handlers, {}, keyring, nobody_is_barred)


async def deeds(database: Database) -> int:
    async with database.connection() as connection:
        return len(await audit.deeds(Work(connection, {}), None, 100))


async def does(work: Work, command: ArchivePlan) -> Done:
    await audit.record(work, "plan.archive", command.plan)
    return Done()


async def refuses(work: Work, command: ArchivePlan) -> Done:
    raise Refusal("too_late")


async def does_and_refuses(work: Work, command: ArchivePlan) -> Done:
    await does(work, command)
    raise Refusal("too_late")


async def breaks(work: Work, command: ArchivePlan) -> Done:
    await work.value(b"select 1 / 0")
    return Done()


@pytest.mark.parametrize("handler", [does, refuses, does_and_refuses, breaks])
async def test_a_repetition_gets_the_first_answer_whatever_would_be_said_now(
    database: Database, handler: Handler
) -> None:
    key, command = uuid4(), ArchivePlan(plan=uuid4())
    first = await dispatcher(database, does).run(ME, command, key)
    again = await dispatcher(database, handler).run(ME, command, key)
    assert (again.result, again.news) == (first.result, [])
    assert await deeds(database) == 1
    with pytest.raises(Refusal, match="key_reused"):
        await dispatcher(database, handler).run(ME, ArchivePlan(plan=uuid4()), key)
    assert await deeds(database) == 1


@pytest.mark.parametrize("handler", [refuses, does_and_refuses])
async def test_a_refusal_leaves_the_key_free(database: Database, handler: Handler) -> None:
    key, command = uuid4(), ArchivePlan(plan=uuid4())
    with pytest.raises(Refusal, match="too_late"):
        await dispatcher(database, handler).run(ME, command, key)
    assert await deeds(database) == 0
    await dispatcher(database, does).run(ME, command, key)
    assert await deeds(database) == 1


async def test_who_repeats_while_the_first_is_under_way_waits_for_its_answer(database: Database) -> None:
    key, command = uuid4(), ArchivePlan(plan=uuid4())
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(work: Work, command: ArchivePlan) -> Done:
        await does(work, command)
        begun.set()
        await go_on.wait()
        return Done()

    def run(handler: Handler) -> asyncio.Task[Outcome]:
        return asyncio.create_task(dispatcher(database, handler).run(ME, command, key))

    first = run(slowly)
    await begun.wait()
    others = [run(handler) for handler in (does, refuses, does)]
    await _wait_for_a_lock(database, len(others))
    go_on.set()
    answers = await asyncio.gather(first, *others)
    assert {answer.result for answer in answers} == {answers[0].result}
    assert await deeds(database) == 1


async def test_who_repeats_what_is_then_undone_does_it(database: Database) -> None:
    key, command = uuid4(), ArchivePlan(plan=uuid4())
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def changes_its_mind(work: Work, command: ArchivePlan) -> Done:
        await does(work, command)
        begun.set()
        await go_on.wait()
        raise Refusal("too_late")

    first = asyncio.create_task(dispatcher(database, changes_its_mind).run(ME, command, key))
    await begun.wait()
    second = asyncio.create_task(dispatcher(database, does).run(ME, command, key))
    await _wait_for_a_lock(database, 1)
    go_on.set()
    with pytest.raises(Refusal, match="too_late"):
        await first
    await second
    assert await deeds(database) == 1


async def test_a_pledge_waits_for_nobody(conninfo: str) -> None:
    database, go_on = Database(conninfo), asyncio.Event()
    begun = 0

    async def slowly(work: Work, command: ArchivePlan) -> Done:
        nonlocal begun
        begun += 1
        await go_on.wait()
        return Done()

    async def pledges(work: Work, command: PledgeReservation) -> Done:
        await audit.record(work, "reservation.pledge", command.reservation)
        return Done()

    both = dispatcher(database, slowly, pledges)
    await database.open()
    try:
        others = [asyncio.create_task(both.run(ME, ArchivePlan(plan=uuid4()), uuid4())) for _ in range(2 * POOL)]
        await asyncio.sleep(0)
        await both.run(GUEST, PledgeReservation(reservation=uuid4(), terms_version=1), uuid4())
        assert await deeds(database) == 1
        assert 0 < begun <= MOST
        go_on.set()
        await asyncio.gather(*others)
        assert begun == len(others)
    finally:
        await database.close()


async def _wait_for_a_lock(database: Database, count: int) -> None:
    """Until so many wait for somebody else's transaction."""
    waiting = b"select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    async with database.connection() as connection:
        while (await connection.ask(waiting, {})).value() < count:
            pass


async def test_two_may_use_the_same_key(database: Database) -> None:
    key = uuid4()
    for caller in (ME, Caller(uuid4(), "cast", uuid4())):
        await dispatcher(database, does).run(caller, ArchivePlan(plan=uuid4()), key)
    assert await deeds(database) == 2


async def test_another_constraint_is_no_repetition(database: Database) -> None:
    async def twice(work: Work, command: ArchivePlan) -> UUID:
        for _ in range(2):
            await work.execute(b"insert into kernel.migrations (name, digest) values ('twice', '')")
        raise AssertionError("both were written")

    with pytest.raises(Refusal, match="internal") as told:
        await dispatcher(database, twice).run(ME, ArchivePlan(plan=uuid4()), uuid4())
    assert isinstance(told.value.__cause__, psycopg.errors.UniqueViolation)
