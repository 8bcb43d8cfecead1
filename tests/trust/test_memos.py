"""Memos: for the eyes of one cast, sealed under a key of hers, gone with it. The card of a guest bears them."""

from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from server.kernel.crypto import DataKey, Keyring
from tests.tools.clones import rows
from tests.tools.house import House
from tests.trust.people import Pair, pairs

pytestmark = pytest.mark.anyio

BODY = "ハイボール、氷なし。奥様の話はしない。"


async def memo_of(pair: Pair) -> object:
    return (await pair.cast.http.get(f"/api/guests/{pair.guest.id}")).json()["memo"]


@pytest.mark.covers("memo.save", "memo.erase")
async def test_a_memo_is_written_changed_and_erased(pair: Pair) -> None:
    async with pair.cast.socket() as cast:
        saved = await cast.ask("memo.save", guest=pair.guest.id, body=f"  {BODY} ")
        assert (saved["guest"], saved["body"]) == (pair.guest.id, BODY)
        assert await memo_of(pair) == saved
        changed = await cast.ask("memo.save", guest=pair.guest.id, body="水割り")
        assert await memo_of(pair) == changed
        assert await cast.ask("memo.erase", guest=pair.guest.id) == {}
        assert await memo_of(pair) is None
        assert await cast.ask("memo.erase", guest=pair.guest.id) == {}


async def test_no_table_holds_its_words(pair: Pair) -> None:
    await pair.cast.command("memo.save", guest=pair.guest.id, body=BODY)
    tables = await rows(
        pair.house,
        "select format('%%I.%%I', table_schema, table_name) from information_schema.tables where table_type = 'BASE TABLE'",
    )
    holding = [
        table
        for (table,) in tables
        if await rows(
            pair.house,
            f"select 1 from {table} t where t::text like %s or t::text like %s",
            "%奥様の話%",
            f"%{BODY.encode()[:12].hex()}%",
        )
    ]
    assert len(tables) > 20
    assert holding == []


async def test_the_same_key_gives_the_first_answer_again_with_its_words(pair: Pair) -> None:
    key = str(uuid4())
    first = await pair.cast.command("memo.save", key=key, guest=pair.guest.id, body=BODY)
    await pair.cast.command("memo.save", guest=pair.guest.id, body="later")
    assert await pair.cast.command("memo.save", key=key, guest=pair.guest.id, body=BODY) == first
    assert (await pair.cast.command("memo.save", key=key, guest=pair.guest.id, body="other"))["code"] == "key_reused"
    assert (await pair.cast.http.get(f"/api/guests/{pair.guest.id}")).json()["memo"]["body"] == "later"


async def test_without_her_key_nothing_opens_and_the_last_memo_takes_it_along(pair: Pair) -> None:
    await pair.cast.command("memo.save", guest=pair.guest.id, body=BODY)
    ((wrapped, sealed),) = await rows(
        pair.house,
        "select k.wrapped, m.sealed from trust.keys k join trust.memos m using (cast_id) where cast_id = %s",
        pair.cast.id,
    )
    secret = Keyring((await kept_secret(pair.house)).encode())
    place = UUID(pair.cast.id).bytes + UUID(pair.guest.id).bytes
    key = DataKey.unwrap(secret, "memo key", wrapped)
    assert key.unseal(sealed, place).decode() == BODY
    for other in (DataKey.new(), DataKey(secret.key("memo key"))):
        with pytest.raises(ValueError):
            other.unseal(sealed, place)
    with pytest.raises(ValueError):
        key.unseal(sealed, place[::-1])
    await pair.cast.command("memo.erase", guest=pair.guest.id)
    assert await rows(pair.house, "select 1 from trust.keys where cast_id = %s", pair.cast.id) == []


async def kept_secret(house: House) -> str:
    return (Path(house.env["FUURO_DATA"]) / "secret_key").read_text()


async def test_a_memo_cannot_outlive_its_key(pair: Pair) -> None:
    await pair.cast.command("memo.save", guest=pair.guest.id, body=BODY)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        await rows(pair.house, "delete from trust.keys where cast_id = %s", pair.cast.id)


async def test_strangers_and_guests_neither_write_nor_read(pair: Pair, house: House) -> None:
    async with pairs(house, 1) as (stranger,):
        await pair.cast.command("memo.save", guest=pair.guest.id, body=BODY)
        told = [
            (await stranger.cast.command("memo.save", guest=pair.guest.id, body="?"))["code"],
            (await stranger.cast.command("memo.erase", guest=pair.guest.id))["code"],
            (await stranger.cast.command("memo.save", guest=str(uuid4()), body="?"))["code"],
            (await stranger.cast.command("memo.save", guest=stranger.cast.id, body="?"))["code"],
            (await pair.guest.command("memo.save", guest=stranger.guest.id, body="?"))["code"],
            (await pair.guest.command("memo.save", guest=pair.guest.id, body="?"))["code"],
        ]
        assert told == ["not_found", "not_found", "not_found", "not_found", "not_found", "forbidden"]
        for person in (stranger.cast, stranger.guest, pair.guest):
            assert (await person.http.get(f"/api/guests/{pair.guest.id}")).status_code == 404
    assert (await pair.cast.http.get(f"/api/guests/{pair.guest.id}")).json()["memo"]["body"] == BODY


async def test_another_cast_who_knows_the_guest_sees_no_memo_but_her_own(pair: Pair, house: House) -> None:
    async with pairs(house, 1) as (other,):
        await pair.cast.command("memo.save", guest=pair.guest.id, body=BODY)
        await pair.guest.command("room.open", **{"with": other.cast.id})
        assert (await other.cast.http.get(f"/api/guests/{pair.guest.id}")).json()["memo"] is None


async def test_its_length_is_judged_and_never_cut(pair: Pair) -> None:
    longest = await pair.cast.command("memo.save", guest=pair.guest.id, body="あ" * 4000)
    assert len(longest["result"]["body"]) == 4000
    for body in ("あ" * 4001, "   ", "a\0b"):
        refused = await pair.cast.command("memo.save", guest=pair.guest.id, body=body)
        assert (refused["code"], refused["field"]) == ("invalid", "body")
