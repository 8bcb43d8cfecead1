"""Reports: filed by who can see the thing, with what it was at that moment."""

from typing import Any
from uuid import uuid4

import pytest

from tests.tools.clones import rows
from tests.tools.house import House
from tests.trust.people import SCORES, Pair, pairs

pytestmark = pytest.mark.anyio


async def evidence(pair: Pair, answer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Whom the report is about, and what was kept."""
    id = answer["result"]["report"]["id"]
    ((about, kept),) = await rows(pair.house, "select about::text, evidence from trust.reports where id = %s", id)
    return about, kept


@pytest.mark.covers("report.file")
async def test_an_entry_is_kept_as_it_was_whatever_its_writer_does_then(pair: Pair) -> None:
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        said = await cast.ask("message.send", room=pair.room, body="もう来ないで")
        await cast.ask("message.edit", room=pair.room, seq=said["seq"], body="また来てね")
        subject = {"kind": "entry", "room": pair.room, "seq": said["seq"]}
        filed = await guest.ask("report.file", subject=subject, reason="暴言", note="消されるかもしれません")
        await cast.ask("message.delete", room=pair.room, seq=said["seq"])
    report = filed["report"]
    assert (report["status"], report["outcome"], report["subject"], report["reason"]) == ("open", None, subject, "暴言")
    about, kept = await evidence(pair, {"result": filed})
    assert about == pair.cast.id
    assert (kept["body"], [edit["body"] for edit in kept["edits"]]) == ("もう来ないで", ["また来てね"])
    mine = (await pair.guest.http.get("/api/reports")).json()
    assert mine == {"items": [report], "next": None}
    assert (await pair.cast.http.get("/api/reports")).json()["items"] == [], "who is reported hears nothing"


async def test_the_note_of_a_request_is_evidence_too(pair: Pair) -> None:
    asked = (await pair.guest.command("invitation.ask", room=pair.room, note="家まで行く"))["result"]
    subject = {"kind": "entry", "room": pair.room, "seq": asked["seq"]}
    about, kept = await evidence(pair, await pair.cast.command("report.file", subject=subject, reason="怖い"))
    assert (about, kept["kind"], kept["more"]) == (pair.guest.id, "request", {"note": "家まで行く"})


async def test_an_account_and_a_review_can_be_reported(pair: Pair) -> None:
    about, kept = await evidence(
        pair,
        await pair.cast.command("report.file", subject={"kind": "account", "account": pair.guest.id}, reason="名前"),
    )
    assert (about, kept["display_name"].split()[0]) == (pair.guest.id, "ゲスト")
    evening = await pair.evening()
    review = (await pair.guest.command("review.write", reservation=evening, scores=SCORES, comment="嘘"))["result"][
        "review"
    ]
    subject = {"kind": "review", "review": review["id"]}
    assert (await pair.cast.command("report.file", subject=subject, reason="嘘"))["code"] == "not_found"
    await pair.cast.command("review.write", reservation=evening)
    about, kept = await evidence(pair, await pair.cast.command("report.file", subject=subject, reason="嘘"))
    assert (about, kept["comment"], kept["scores"]) == (pair.guest.id, "嘘", SCORES)


async def test_who_is_not_party_learns_nothing(pair: Pair, house: House) -> None:
    said = await pair.cast.command("message.send", room=pair.room, body="二人だけの話")
    seq = said["result"]["seq"]
    async with pairs(house, 1) as (stranger,):
        for person, subject in [
            (stranger.guest, {"kind": "entry", "room": pair.room, "seq": seq}),
            (stranger.cast, {"kind": "account", "account": pair.guest.id}),
            (stranger.guest, {"kind": "account", "account": pair.guest.id}),
            (stranger.guest, {"kind": "account", "account": str(uuid4())}),
            (stranger.guest, {"kind": "review", "review": str(uuid4())}),
            (pair.guest, {"kind": "entry", "room": pair.room, "seq": seq + 9}),
        ]:
            assert (await person.command("report.file", subject=subject, reason="?"))["code"] == "not_found"
    assert await rows(house, "select 1 from trust.reports where reason = '?'") == []


async def test_ones_own_and_the_houses_words_cannot_be_reported(pair: Pair) -> None:
    said = (await pair.cast.command("message.send", room=pair.room, body="私"))["result"]
    for subject, field in [
        ({"kind": "entry", "room": pair.room, "seq": said["seq"]}, "subject"),
        ({"kind": "account", "account": pair.cast.id}, "subject"),
        ({"kind": "weather"}, "subject"),
        ({"kind": "entry", "room": pair.room}, "seq"),
    ]:
        answer = await pair.cast.command("report.file", subject=subject, reason="?")
        assert (answer["code"], answer["field"]) == ("invalid", field)


async def test_the_same_key_files_once(pair: Pair) -> None:
    key, subject = str(uuid4()), {"kind": "account", "account": pair.cast.id}
    first = await pair.guest.command("report.file", key=key, subject=subject, reason="一度だけ")
    assert await pair.guest.command("report.file", key=key, subject=subject, reason="一度だけ") == first
    assert len((await pair.guest.http.get("/api/reports")).json()["items"]) == 1
