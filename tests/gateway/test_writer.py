"""The writer and the hub, on a PostgreSQL that is busy, silent or gone: every message is answered, and whoever is connected hears it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from server.gateway import hub as hubs
from server.gateway import writer as writers
from server.gateway.hub import Hub
from server.gateway.writer import Item, Writer
from server.kernel.database import Database
from server.kernel.work import Told
from server.message.store import Draft, Written
from server.protocol.errors import Refusal
from server.protocol.events import RoomOpened
from server.protocol.values import Account, RoomCard
from tests.gateway.ears import Ear, running
from tests.tools.house import until
from tests.tools.proxy import Proxy

pytestmark = pytest.mark.anyio


class Room(Struct, frozen=True):
    id: UUID
    cast: UUID
    guest: UUID


class Speaker:
    """Says things in a room, and keeps the answers."""

    def __init__(self, writer: Writer, room: Room) -> None:
        self.writer, self.room = writer, room
        self.answers: list[Written | Refusal] = []

    def say(self, key: UUID | None = None) -> None:
        draft = Draft(self.room.id, self.room.guest, key or uuid4(), "text", "今夜は?")
        self.writer.submit(Item(draft, lambda _, answer: self.answers.append(answer)))

    async def answered(self, count: int) -> list[int | str]:
        """The seqs, and the codes of refusals, once there are so many."""
        await until(lambda: len(self.answers) >= count)
        return [answer.code if isinstance(answer, Refusal) else answer.seq for answer in self.answers]


async def room(database: Database) -> Room:
    async with database.connection() as connection:
        ids = []
        for role in ("cast", "guest"):
            account = b"insert into identity.accounts (role, display_name) values (%s, 'x') returning id"
            ids.append((await (await connection.execute(account, [role])).fetchall())[0][0])
        made = b"insert into message.rooms (cast_id, guest_id) values (%s, %s) returning id"
        return Room((await (await connection.execute(made, ids)).fetchall())[0][0], *ids)


async def test_the_first_word_in_a_room_is_answered_while_no_connection_is_left_and_heard_when_one_is(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hubs, "RETRY_SECONDS", 0.0)
    there, hub = await room(database), Hub(database, 1.0)
    writer, cast = Writer(database, hub, None), Ear(hub, there.cast)
    guest = Speaker(writer, there)
    async with running(writer.run(), hub.fill_gaps()):
        async with AsyncExitStack() as taken:
            for _ in range(6):
                await taken.enter_async_context(database.connection())
            monkeypatch.setattr(database._pool, "timeout", 0.05)
            guest.say()
            assert await guest.answered(1) == [1]
            await until(lambda: "gaps in 1 rooms" in caplog.text)
            guest.say()
            assert await guest.answered(2) == [1, 2]
        await until(lambda: cast.seqs() == [1, 2])
        guest.say()
        await until(lambda: cast.seqs() == [1, 2, 3])


async def test_who_has_no_snapshot_yet_misses_nothing_of_a_room_that_nobody_knew(database: Database) -> None:
    there, hub = await room(database), Hub(database, 1.0)
    writer, cast = Writer(database, hub, None), Ear(hub, there.cast, opened=False)
    guest = Speaker(writer, there)
    async with running(writer.run(), hub.fill_gaps()):
        guest.say()
        await until(lambda: cast.connection.heard == {there.id})
        cast.opened()
        await until(lambda: cast.seqs() == [1])


async def test_whom_a_room_has_is_known_from_its_opening_on(database: Database) -> None:
    there, hub = await room(database), Hub(database, 1.0)
    hub.publish([Told((there.guest,), opened(there))])
    assert hub.members(there.id) == (there.cast, there.guest)


async def test_an_entry_that_cannot_be_shown_to_others_ends_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, hub = await room(database), Hub(database, 1.0)
    writer, cast = Writer(database, hub, None), Ear(hub, there.cast)
    hub.know(there.id, there.cast, there.guest)
    guest = Speaker(writer, there)
    async with running(writer.run(), hub.fill_gaps()):
        with monkeypatch.context() as broken:
            broken.setattr(writers, "entry_frame", lambda _: 1 / 0)
            guest.say()
            assert await guest.answered(1) == [1]
        await until(lambda: cast.seqs() == [1])


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuuro-p") as name:
        os.chmod(name, 0o711)
        yield Path(name)


async def test_a_postgres_that_says_nothing_is_unavailable_and_the_same_key_tells_what_it_wrote(
    conninfo: str, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Proxy(folder, Path(str(conninfo_to_dict(conninfo)["host"]))) as way:
        database = Database(make_conninfo(conninfo, host=str(folder)), size=2)
        await database.open()
        try:
            there, hub = await room(database), Hub(database, 1.0)
            writer, key = Writer(database, hub, None), uuid4()
            guest = Speaker(writer, there)
            async with running(writer.run()):
                guest.say()
                assert await guest.answered(1) == [1]
                way.freeze()
                monkeypatch.setattr(writers, "FLUSH_SECONDS", 0.2)
                guest.say(key)
                assert await guest.answered(2) == [1, "unavailable"]
                assert "messages cannot be written just now" in caplog.text
                assert writer.refused == 1
                way.thaw()
                monkeypatch.setattr(writers, "FLUSH_SECONDS", 20.0)

                async def passes() -> bool:
                    count = len(guest.answers)
                    guest.say(key)
                    return (await guest.answered(count + 1))[-1] != "unavailable"

                await until(passes)
                guest.say(key)
                guest.say()
                assert (await guest.answered(len(guest.answers) + 2))[-3:] == [2, 2, 3]
        finally:
            await database.close()


def opened(there: Room) -> RoomOpened:
    """As the guest is told."""
    with_ = Account(there.cast, "cast", "紗夜")
    return RoomOpened(
        RoomCard(
            room=there.id,
            with_=with_,
            head=0,
            read=0,
            their_read=0,
            unread=0,
            last=None,
            muted_until=None,
            blocked=False,
        )
    )
