"""Each role a process of its own: one may be gone, the others go on, and what waited is done once."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import InvalidStatus

from server.serve import ALONE_LOCK
from tests.flow.conftest import Pair
from tests.flow.test_evening import held, tomorrow, works_tomorrow
from tests.processes.conftest import SECRET, Street, a_pair, elsewhere
from tests.tools.house import SECONDS, House, Socket, until

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def rows(conninfo: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def waiting(conninfo: str) -> int:
    return int(rows(conninfo, "select count(*) from kernel.deliveries where consumer = 'message'")[0][0])


def seals(conninfo: str) -> list[str]:
    found = rows(conninfo, "select reservation::text from message.entries where kind = 'seal' order by seq")
    return [reservation for (reservation,) in found]


async def pledged(pair: Pair, slot: int) -> str:
    """A reservation from invitation to pledge, by HTTP alone."""
    at = (datetime.fromisoformat(tomorrow(9)) + timedelta(hours=2 * slot)).isoformat()
    sent = await pair.cast.command("invitation.send", room=pair.room, plan=pair.plan, starts_at=at)
    assert sent["status_code"] == 200, sent
    id = str(sent["result"]["reservation"]["id"])
    pressed = await pair.guest.command("reservation.press", reservation=id)
    await held(pressed["result"]["hold_ms"])
    said = await pair.guest.command("reservation.pledge", reservation=id, terms_version=1)
    assert said["result"]["reservation"]["status"] == "confirmed"
    return id


async def seal(socket: Socket, reservation: str) -> None:
    while (await socket.next("room.entry", kind="seal"))["entry"]["reservation"]["id"] != reservation:
        pass


async def test_without_the_gateway_reads_answer_and_back_again_each_seal_is_there_once(
    street: Street, conninfo: str
) -> None:
    web = await street.open(FUURO_ROLES="web")
    gateway = await street.open(FUURO_ROLES="gateway")
    worker = await street.open(FUURO_ROLES="worker")
    async with a_pair(web) as pair:
        await works_tomorrow(pair)
        async with elsewhere(pair.cast, gateway) as cast_there, cast_there.socket() as cast:
            epoch = cast.opened["epoch"]
            first = await pledged(pair, 0)
            await seal(cast, first)
            gateway.kill()
        for path in (
            "/api/rooms",
            f"/api/rooms/{pair.room}/entries",
            "/api/reservations",
            f"/api/casts/{pair.cast.id}",
            "/api/plans",
        ):
            assert (await pair.guest.http.get(path)).status_code == 200, path
        worker.kill()
        second = await pledged(pair, 1)
        assert waiting(conninfo) == 1, "the event waits in the outbox"
        assert seals(conninfo) == [first]
        await asyncio.to_thread(gateway.start)
        await asyncio.to_thread(worker.start)
        async with (
            elsewhere(pair.cast, gateway) as cast_there,
            cast_there.socket(epoch=epoch, rooms={pair.room: 0}) as cast,
        ):
            entries = cast.opened["missed"][pair.room]["entries"]
            if second not in [e["reservation"]["id"] for e in entries if e["kind"] == "seal"]:
                await seal(cast, second)
        await until(lambda: waiting(conninfo) == 0)
        assert seals(conninfo) == [first, second]


async def test_without_a_worker_chat_and_pledges_go_on_and_nothing_is_skipped_later(
    street: Street, conninfo: str
) -> None:
    web = await street.open(FUURO_ROLES="web")
    gateway = await street.open(FUURO_ROLES="gateway")
    worker = await street.open(FUURO_ROLES="worker")
    async with a_pair(web) as pair, elsewhere(pair.guest, gateway) as guest_there:
        await works_tomorrow(pair)
        worker.kill()
        async with guest_there.socket() as guest:
            said = await guest.ask("message.send", room=pair.room, body="今夜は?")
            assert said["seq"] == 1
            confirmed = [await pledged(pair, slot) for slot in range(3)]
            assert waiting(conninfo) == 3
            assert seals(conninfo) == []
            await street.open(FUURO_ROLES="worker")
            await asyncio.to_thread(worker.start)
            heard = [(await guest.next("room.entry", kind="seal"))["entry"]["reservation"]["id"] for _ in confirmed]
        await until(lambda: waiting(conninfo) == 0)
        assert sorted(heard) == sorted(seals(conninfo)) == sorted(confirmed), (
            "each once; two workers keep no order between them"
        )


async def test_a_process_serves_what_its_role_says_and_nothing_else(street: Street) -> None:
    web, gateway = await street.open(FUURO_ROLES="web"), await street.open(FUURO_ROLES="gateway")
    async with a_pair(web) as pair, elsewhere(pair.cast, gateway) as cast_there:
        assert (await cast_there.http.get("/api/rooms")).status_code == 404
        for house in (web, gateway):
            assert (await pair.cast.http.get(f"{house.url}/health/ready")).status_code == 200
        async with cast_there.socket() as cast:
            assert cast.opened["account"]["id"] == pair.cast.id
        with pytest.raises(InvalidStatus):
            async with pair.cast.socket():
                pass


async def test_the_worker_alone_is_a_command_of_its_own(street: Street, conninfo: str, folder: Path) -> None:
    web = await street.open(FUURO_ROLES="web")
    async with a_pair(web) as pair:
        await works_tomorrow(pair)
        reservation = await pledged(pair, 0)
        worker = House(folder / "work", **street.env)
        street.houses.append(worker)
        await asyncio.to_thread(worker.start, "work")
        await until(lambda: seals(conninfo) == [reservation])


async def test_a_device_signed_out_at_one_loses_its_sockets_at_the_other(street: Street) -> None:
    left, right = await street.open(), await street.open()
    async with a_pair(left) as pair, elsewhere(pair.guest, right) as guest_there, guest_there.socket() as guest:
        (device,) = (await pair.guest.http.get("/api/auth/devices")).json()["items"]
        assert (await pair.guest.http.delete(f"/api/auth/devices/{device['id']}")).status_code == 204
        assert (await guest.closed())[0] == 4502


async def test_a_second_process_without_redis_is_refused_with_a_sentence(conninfo: str, folder: Path) -> None:
    env = {"DATABASE_URL": conninfo, "FUURO_SECRET_KEY": SECRET}
    first = await asyncio.to_thread(House(folder / "a", **env).start)
    code, said = await asyncio.to_thread(House(folder / "b", **env).refuses)
    assert code == 1
    assert said.strip().split("\n")[-1] == (
        "Another Fuuro serves from this database. Several processes need REDIS_URL, for limits that hold for all."
    )
    assert "Traceback" not in said
    first.kill()
    assert await asyncio.to_thread(House(folder / "b", **env).start().stop) == 0, "its place is free"


async def test_who_loses_its_place_to_another_ends_and_says_so(conninfo: str, folder: Path) -> None:
    """Its lock is gone with the connection that held it, and somebody else is quicker: two must not serve without Redis."""
    house = await asyncio.to_thread(House(folder / "data", DATABASE_URL=conninfo, FUURO_SECRET_KEY=SECRET).start)
    holders = b"""select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
        where d.datname = current_database() and l.locktype = 'advisory' and l.granted and l.objid = %s"""
    with psycopg.connect(conninfo, autocommit=True) as other:
        assert other.execute(holders, [ALONE_LOCK]).fetchall() == [(True,)]
        other.execute(b"select pg_advisory_lock(%s)", [ALONE_LOCK])
        assert house.process is not None
        assert await asyncio.to_thread(house.process.wait, SECONDS) == 1
    said = house.log.read_text()
    assert "another Fuuro serves from this database by now" in said
    assert said.strip().split("\n")[-1] == (
        "A part of Fuuro died, and the rest ended with it; what happened is told above."
    )
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FUURO_ROLES", "gateway,barkeeper"),
        ("FUURO_ROLES", ","),
        ("FUURO_PORT", "eighty"),
        ("FUURO_PORT", "70000"),
        ("FUURO_LIMITS", "0"),
        ("FUURO_LIMITS", "nan"),
        ("FUURO_TIME_ZONE", "Asia/Atlantis"),
        ("FUURO_ORIGINS", "fuuro.example"),
        ("FUURO_PHOTOS_URL", "file:///proc/fuuro"),
        ("FUURO_SECRET_KEY", "short"),
        ("FUURO_SMS_URL", "ftp://provider.example"),
        ("FUURO_PUSH_HOSTS", "push.example.org"),
        ("REDIS_URL", "http://redis"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("FUURO_DATA", "/proc/fuuro"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence_that_names_it(folder: Path, name: str, value: str) -> None:
    code, said = House(folder / "data", **{name: value}).refuses()
    assert code == 1
    assert name in said.strip().split("\n")[-1]
    assert "Traceback" not in said


def test_a_wrong_database_url_is_not_repeated_with_its_password(folder: Path) -> None:
    _, said = House(folder / "data", DATABASE_URL="mysql://fuuro:verysecret@somewhere").refuses()
    assert "DATABASE_URL" in said
    assert "verysecret" not in said


@pytest.mark.parametrize(("proxies", "status"), [("127.0.0.1", 404), ("10.0.0.0/8", 200)])
async def test_whose_word_for_an_address_is_taken_is_a_setting(
    folder: Path, conninfo: str, proxies: str, status: int
) -> None:
    """The inbox is for this machine alone: it tells whom a request is taken to come from."""
    env = {"DATABASE_URL": conninfo, "FUURO_PROXIES": proxies}
    house = await asyncio.to_thread(House(folder / "data", **env).start)
    async with httpx.AsyncClient(base_url=house.url, headers={"x-forwarded-for": "203.0.113.7"}) as client:
        assert (await client.get("/dev/inbox")).status_code == status
    assert await asyncio.to_thread(house.stop) == 0


async def test_a_port_that_is_taken_is_named(folder: Path, conninfo: str) -> None:
    first = await asyncio.to_thread(House(folder / "a", DATABASE_URL=conninfo, FUURO_ROLES="web").start)
    second = House(folder / "b", FUURO_PORT=str(first.port))
    code, said = await asyncio.to_thread(second.refuses)
    assert code != 0
    assert f"address ('127.0.0.1', {first.port}): address already in use" in said
    assert "FUURO_PORT" in said.strip().split("\n")[-1]
    assert "Traceback" not in said
    assert await asyncio.to_thread(first.stop) == 0
