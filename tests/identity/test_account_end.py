"""The end of an account: signed out at once, restored in its grace, then no trace of number and name; and the archive of oneself."""

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.app import REACTIONS, Server
from server.kernel import settings
from server.kernel.database import Database
from server.protocol import limits
from tests.conftest import Clock

pytestmark = pytest.mark.anyio
NUMBER = "+818055512345"
NAME = "猪苗代みずほ"
GRACE = limits.ACCOUNT_GRACE_DAYS * 86_400
COLUMNS = """
select table_schema, table_name from information_schema.tables
where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1, 2"""


class Town:
    """A whole server in this process on a clock that shifts, its worker, and people in it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.worker = server.worker()
        self.transport = httpx.ASGITransport(server.app())  # type: ignore[arg-type]

    async def work_off(self) -> None:
        """What schedule and outbox have to do just now."""
        await self.worker.transact(self.server.identity.ends.erase_due)
        while sum([await self.worker.deliver(c, list(range(limits.SHARDS))) for c in REACTIONS]):
            pass

    async def holding(self, needle: str) -> list[str]:
        """The tables in which `needle` stands anywhere, in clear or as bytes."""
        found = []
        async with self.server.database.connection() as connection:
            for schema, table in await (await connection.execute(COLUMNS.encode())).fetchall():
                query = (
                    f"select count(*) from {schema}.{table} t "
                    "where position(%(text)s in t::text) > 0 or position(%(hex)s in t::text) > 0"
                ).encode()
                values = {"text": needle, "hex": needle.encode().hex()}
                row = await (await connection.execute(query, values)).fetchone()
                if row is not None and row[0]:
                    found.append(f"{schema}.{table}")
        return found

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.server.database.connection() as connection:
            return await (await connection.execute(query.encode(), values)).fetchall()


class Citizen:
    def __init__(self, town: Town) -> None:
        self.http = httpx.AsyncClient(transport=town.transport, base_url="https://localhost")
        self.town = town
        self.id = ""

    async def prove(self, phone: str) -> dict[str, Any]:
        challenge = (await self.http.post("/api/auth/otp", json={"phone": phone})).json()["challenge"]
        text = (await self.http.get("/dev/inbox.json")).json()["items"][0]["text"]
        code = re.findall(r"\d{6}", text)[0]
        said = (await self.http.post("/api/auth/verify", json={"challenge": challenge, "code": code})).json()
        if said["status"] == "signed_in":
            self.http.headers["authorization"] = f"Bearer {said['access_token']}"
        return dict(said)

    async def register(self, phone: str, name: str, role: str = "guest", birth: str = "1990-04-01") -> "Citizen":
        form = {
            "registration_token": (await self.prove(phone))["registration_token"],
            "display_name": name,
            "birth_date": birth,
            "role": role,
            "device": f"{name}の電話",
        }
        if role == "cast":
            form["cast_code"] = await self.town.server.identity.mint_cast_code()
        said = (await self.http.post("/api/auth/register", json=form)).json()
        self.http.headers["authorization"] = f"Bearer {said['access_token']}"
        self.id = said["account"]["id"]
        return self

    async def command(self, type: str, **fields: Any) -> dict[str, Any]:
        answer = await self.http.post(
            "/api/commands", json={"type": type, **fields}, headers={"idempotency-key": str(uuid4())}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["result"])


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    env = {"FUURO_SECRET_KEY": "k" * 32, "FUURO_ROLES": "web", "FUURO_LIMITS": "1000"}
    server = Server(settings.from_environment(env), database.conninfo)
    async with server.running():
        yield Town(server)


class Talk:
    """A guest who leaves and a cast who stays, with everything between them that a name could stand in."""

    def __init__(self, town: Town, guest: Citizen, cast: Citizen, room: str) -> None:
        self.town, self.guest, self.cast, self.room = town, guest, cast, room


@pytest.fixture
async def talk(town: Town, clock: Clock) -> Talk:
    guest = await Citizen(town).register(NUMBER, NAME)
    cast = await Citizen(town).register("+819055512346", "紗夜", "cast")
    await guest.command("follow.add", cast=cast.id)
    room = (await guest.command("room.open", **{"with": cast.id}))["room"]
    await cast.command("room.open", **{"with": guest.id})
    await guest.command("message.send", room=room, body="こんばんは")
    start = datetime.fromisoformat((await town.rows("select date_trunc('hour', kernel.moment())"))[0][0].isoformat())
    begin, end = start + timedelta(hours=30), start + timedelta(hours=40)
    await cast.command("schedule.add", starts_at=begin.isoformat(), ends_at=end.isoformat())
    price = {"amount": 18000, "currency": "JPY"}
    plan = await cast.command("plan.save", name="90分", minutes=90, price=price, terms="総額。", waitlist=True)
    sent = await cast.command("invitation.send", room=room, plan=plan["id"], starts_at=begin.isoformat())
    until = (begin + timedelta(hours=1)).isoformat()
    await guest.command("waitlist.join", cast=cast.id, plan=plan["id"], **{"from": begin.isoformat(), "to": until})
    await guest.command("calendar.link")
    await guest.command("invitation.decline", reservation=sent["reservation"]["id"])
    await cast.command("memo.save", guest=guest.id, body="氷なしのハイボール")
    await cast.command("report.file", subject={"kind": "account", "account": guest.id}, reason="しつこい")
    await clock.shift(limits.CODE_RESEND_SECONDS)
    asked = (await guest.http.post("/api/auth/phone", json={"phone": "+818055512399"})).json()
    code = re.findall(r"\d{6}", (await guest.http.get("/dev/inbox.json")).json()["items"][0]["text"])[0]
    await guest.http.post("/api/auth/phone/verify", json={"challenge": asked["challenge"], "code": code})
    await guest.http.delete("/api/auth/phone")
    await town.work_off()
    return Talk(town, guest, cast, room)


async def leave(talk: Talk) -> httpx.Response:
    return await talk.guest.http.delete("/api/me")


@pytest.mark.covers("DELETE /api/me")
async def test_whoever_leaves_is_signed_out_everywhere_at_once(talk: Talk) -> None:
    left = await leave(talk)
    assert left.status_code == 202
    at = datetime.fromisoformat(left.json()["effective_at"])
    now = (await talk.town.rows("select kernel.moment()"))[0][0]
    assert timedelta(days=limits.ACCOUNT_GRACE_DAYS - 1) < at - now <= timedelta(days=limits.ACCOUNT_GRACE_DAYS)
    refreshed = await talk.guest.http.post("/api/auth/refresh")
    assert refreshed.status_code == 401
    again = await leave(talk)
    assert (again.status_code, again.json()["code"]) == (401, "unauthenticated")
    sent = await talk.guest.http.post("/api/commands", json={"type": "settings.save"})
    assert sent.json()["code"] == "unauthenticated"


async def test_signing_in_during_the_grace_takes_it_back(talk: Talk, clock: Clock) -> None:
    await leave(talk)
    await clock.shift(GRACE - 3_600)
    await talk.town.work_off()
    assert (await talk.guest.prove(NUMBER))["account"]["display_name"] == NAME
    await clock.shift(7_200)
    await talk.town.work_off()
    assert (await talk.guest.http.get("/api/me")).json()["account"]["display_name"] == NAME
    assert len((await talk.guest.http.get("/api/rooms")).json()["items"]) == 1


async def test_after_the_grace_no_table_holds_the_number_or_the_name(talk: Talk, clock: Clock) -> None:
    assert set(await talk.town.holding(NAME)) >= {"identity.accounts", "identity.sessions", "kernel.commands"}
    assert await talk.town.holding(NUMBER) == ["identity.inbox"], "in clear it stands only in the development inbox"
    lookup = talk.town.server.keyring.mac("number", NUMBER.encode()).hex()
    assert set(await talk.town.holding(f"\\x{lookup}")) >= {"identity.phones", "identity.challenges"}
    await leave(talk)
    await clock.shift(GRACE)
    await talk.town.work_off()
    for needle in (NAME, NUMBER, NUMBER.removeprefix("+81"), f"\\x{lookup}", "氷なしのハイボール"):
        assert await talk.town.holding(needle) == []
    assert await talk.town.rows("select * from trust.memos") == [] == await talk.town.rows("select * from trust.keys")
    assert await talk.town.rows("select * from portfolio.follows") == []
    assert (
        await talk.town.rows("select * from booking.waits") == [] == await talk.town.rows("select * from booking.feeds")
    )
    assert await talk.town.rows("select * from identity.phone_changes") == []
    kept = "select display_name, birth_date, role from identity.accounts where erased_at is not null"
    assert await talk.town.rows(kept) == [("", None, "guest")]
    assert await talk.town.rows("select error from kernel.deliveries") == []


async def test_the_other_side_keeps_the_conversation_with_a_stub_without_a_name(talk: Talk, clock: Clock) -> None:
    await leave(talk)
    await clock.shift(GRACE)
    await talk.town.work_off()
    (card,) = (await talk.cast.http.get("/api/rooms")).json()["items"]
    assert card["with"] == {"id": talk.guest.id, "role": "guest", "display_name": ""}
    said = (await talk.cast.http.get(f"/api/rooms/{talk.room}/entries")).json()["entries"]
    assert [e.get("body", e["kind"]) for e in said] == ["こんばんは", "invitation", "notice"]
    (reservation,) = (await talk.cast.http.get("/api/reservations")).json()["items"]
    assert reservation["guest"]["display_name"] == ""


async def test_the_number_is_new_again_at_once_though_no_worker_ran(talk: Talk, clock: Clock) -> None:
    await leave(talk)
    await clock.shift(GRACE)
    again = await talk.guest.prove(NUMBER)
    assert again["status"] == "registration"


async def test_a_text_that_never_went_out_is_erased_too(database: Database, clock: Clock) -> None:
    provider = "http://sid:token@127.0.0.1:9/Messages.json?from=%2B15005550006"
    env = {"FUURO_SECRET_KEY": "k" * 32, "FUURO_ROLES": "web", "FUURO_SMS_URL": provider}
    server = Server(settings.from_environment(env), database.conninfo)
    async with server.running():
        town = Town(server)
        await server.identity.otp(NUMBER, "192.0.2.1")
        await server.identity.otp("+819055512346", "192.0.2.2")
        await town.rows("with a as (insert into identity.accounts (role, display_name, ends_at) values ('guest', 'x', now()) "
            "returning id) insert into identity.phones select a.id, c.lookup, c.sealed, '2345' from a, identity.challenges c "
            "where c.lookup = %(lookup)s returning account", lookup=server.keyring.mac("number", NUMBER.encode()))  # fmt: skip
        await town.work_off()
        assert await town.rows("select count(*) from kernel.jobs where kind = 'sms.send'") == [(1,)]


async def test_a_confirmed_reservation_must_be_cancelled_first(talk: Talk) -> None:
    query = "update booking.reservations set status = %(to)s returning 1"
    await talk.town.rows(query, to="confirmed")
    refused = await leave(talk)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    await talk.town.rows(query, to="cancelled")
    assert (await leave(talk)).status_code == 202


async def test_nobody_begins_anything_with_who_is_leaving(talk: Talk) -> None:
    other = await Citizen(talk.town).register("+817055512347", "涼")
    await talk.cast.http.delete("/api/me")
    assert (await other.http.get(f"/api/casts/{talk.cast.id}")).status_code == 404
    opened = await other.http.post("/api/commands", json={"type": "room.open", "with": talk.cast.id})
    assert opened.json()["code"] == "not_found"
    assert len((await talk.guest.http.get("/api/rooms")).json()["items"]) == 1


@pytest.mark.covers("GET /api/me/export")
async def test_the_archive_holds_everything_about_oneself_and_nothing_of_others_words(talk: Talk) -> None:
    await talk.cast.command("message.send", room=talk.room, body="いらっしゃい")
    await talk.cast.command("profile.save", headline="夜の紗夜", about="静かに飲みたい方へ。")
    answer = await talk.guest.http.get("/api/me/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    files = {name.removesuffix(".json"): json.loads(packed.read(name)) for name in packed.namelist()}
    assert files["account"]["phone"] == NUMBER
    assert files["account"]["birth_date"] == "1990-04-01"
    assert files["account"]["account"]["display_name"] == NAME
    assert [m["body"] for m in files["messages"] if m["kind"] == "text"] == ["こんばんは"]
    assert [r["status"] for r in files["reservations"]] == ["declined"]
    assert [f["cast"] for f in files["follows"]] == [talk.cast.id]
    assert [w["cast"]["id"] for w in files["waits"]] == [talk.cast.id]
    assert files["calendar"]["linked_at"] is not None and files["profile"] is None
    assert [d["name"] for d in files["devices"]] == [f"{NAME}の電話"]
    assert {"registered", "phone_change_asked"} <= {e["event"] for e in files["sign_ins"]}
    hers = await talk.cast.http.get("/api/me/export")
    packed = zipfile.ZipFile(io.BytesIO(hers.content))
    assert [m["body"] for m in json.loads(packed.read("memos.json"))] == ["氷なしのハイボール"]
    assert json.loads(packed.read("profile.json"))["headline"] == "夜の紗夜"
    assert json.loads(packed.read("calendar.json")) == {"linked_at": None} and packed.read("waits.json") == b"[]"
    await talk.guest.command("block.add", account=talk.cast.id)
    again = zipfile.ZipFile(io.BytesIO((await talk.guest.http.get("/api/me/export")).content))
    assert [b["account"] for b in json.loads(again.read("blocks.json"))] == [talk.cast.id]
    assert NUMBER not in b"".join(packed.read(n) for n in packed.namelist()).decode()
    assert (await Citizen(talk.town).http.get("/api/me/export")).status_code == 401
    assert (await talk.cast.http.post("/api/auth/logout")).status_code == 204
    ended = await talk.cast.http.get("/api/me/export")
    assert (ended.status_code, ended.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(("days", "twenty"), [(0, True), (1, False)])
async def test_who_is_twenty_is_known_by_the_day(town: Town, days: int, twenty: bool) -> None:
    today = (await town.rows("select (kernel.moment() at time zone 'Asia/Tokyo')::date"))[0][0]
    birth = today.replace(year=today.year - 20, day=min(today.day, 28)) + timedelta(days=days)
    person = await Citizen(town).register("+818055512377", "葵", birth=birth.isoformat())
    expected = twenty or today.day > 28
    assert (await person.http.get("/api/me")).json()["twenty"] is expected
