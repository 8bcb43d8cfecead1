"""The operator's reads: reports, disputes, dead letters, the audit log; and what settles them."""

from typing import Any

import psycopg
import pytest

from server.web.paging import cursor_of
from tests.tools.clones import rows
from tests.tools.house import House, Person, until
from tests.trust.people import SCORES, Pair

pytestmark = pytest.mark.anyio


async def read(person: Person, name: str, **params: Any) -> list[dict[str, Any]]:
    answer = await person.http.get(f"/api/operator/{name}", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def newest(operator: Person) -> dict[str, Any]:
    return (await read(operator, "audit"))[0]


@pytest.mark.covers("report.settle", "report.settled", "GET /api/operator/reports", "GET /api/operator/audit")
async def test_who_filed_a_report_hears_its_outcome_and_nobody_the_note(pair: Pair, operator: Person) -> None:
    async with pair.guest.socket() as guest:
        filed = (
            await guest.ask("report.file", subject={"kind": "account", "account": pair.cast.id}, reason="しつこい")
        )["report"]
        (found,) = [r for r in await read(operator, "reports", status="open") if r["id"] == filed["id"]]
        assert (found["by"]["id"], found["about"]["id"], found["reason"]) == (pair.guest.id, pair.cast.id, "しつこい")
        assert found["evidence"]["display_name"] == found["about"]["display_name"]
        settled = await operator.command("report.settle", report=filed["id"], outcome="dismissed", note="初回")
        told = await guest.next("report.settled")
        assert told["report"] == settled["result"]["report"]
        assert (told["report"]["status"], told["report"]["outcome"]) == ("settled", "dismissed")
        assert "初回" not in str(told)
    assert (await pair.guest.http.get("/api/reports")).json()["items"] == [told["report"]]
    assert filed["id"] not in [r["id"] for r in await read(operator, "reports", status="open")]
    again = await operator.command("report.settle", report=filed["id"], outcome="upheld")
    assert again["code"] == "wrong_state"
    deed = await newest(operator)
    assert (deed["action"], deed["subject"], deed["by"]["id"]) == ("report.settle", filed["id"], operator.id)
    assert deed["details"] == {"outcome": "dismissed", "note": "初回"}
    assert (await operator.command("report.settle", report=pair.room, outcome="upheld"))["code"] == "not_found"
    assert (await operator.http.get("/api/operator/reports", params={"status": "lost"})).status_code == 400


async def test_an_upheld_review_leaves_the_profile_and_the_radar(pair: Pair, operator: Person) -> None:
    reviews = []
    for days in (1, 2, 3):
        evening = await pair.evening(days_ago=days)
        said = await pair.guest.command("review.write", reservation=evening, scores=SCORES, comment="嘘")
        reviews.append(said["result"]["review"]["id"])
        await pair.cast.command("review.write", reservation=evening)
    profile = f"/api/casts/{pair.cast.id}"

    async def radar() -> Any:
        return (await pair.guest.http.get(profile)).json()["radar"]

    await until(radar)
    filed = await pair.cast.command("report.file", subject={"kind": "review", "review": reviews[0]}, reason="嘘")
    async with pair.cast.socket() as cast:
        await operator.command("report.settle", report=filed["result"]["report"]["id"], outcome="upheld")
        assert (await cast.next("radar.updated"))["radar"] is None, "two are too few to show"
    assert await radar() is None
    listed = (await pair.guest.http.get(f"{profile}/reviews")).json()["items"]
    assert {r["id"] for r in listed} == set(reviews[1:])


@pytest.mark.covers("GET /api/operator/disputes")
async def test_disputes_show_both_sides(pair: Pair, operator: Person) -> None:
    evening = await pair.evening("disputed")
    await rows(
        pair.house,
        "update booking.steps set by = %s, reason = '店の前にいました' where reservation = %s and version = 3",
        pair.guest.id,
        evening,
    )
    (found,) = [d for d in await read(operator, "disputes") if d["reservation"]["id"] == evening]
    assert found["reservation"]["guest"]["id"] == pair.guest.id
    last = found["steps"][-1]
    assert (last["status"], last["by"], last["reason"]) == ("disputed", pair.guest.id, "店の前にいました")


@pytest.mark.covers("dispute.settle")
@pytest.mark.parametrize(("outcome", "counted"), [("upheld", 1), ("cleared", 0)])
async def test_a_dispute_is_settled_once_and_both_sides_are_told(
    pair: Pair, house: House, operator: Person, outcome: str, counted: int
) -> None:
    evening = await pair.evening("disputed")
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        said = await operator.command(
            "dispute.settle", reservation=evening, outcome=outcome, note="店の記録を確認しました"
        )
        assert (said["result"]["reservation"]["status"], said["result"]["reservation"]["version"]) == (outcome, 4)
        for side in (cast, guest):
            assert (await side.next("reservation.changed", id=evening))["reservation"]["status"] == outcome
            notice = (await side.next("room.entry", kind="notice"))["entry"]
            assert (notice["status"], notice["reason"], notice["by"]) == (outcome, "店の記録を確認しました", None)
    assert evening not in [d["reservation"]["id"] for d in await read(operator, "disputes")]
    assert (await pair.cast.http.get(f"/api/guests/{pair.guest.id}")).json()["no_shows"] == counted
    deed = await newest(operator)
    assert (deed["action"], deed["subject"], deed["details"]["outcome"]) == ("dispute.settle", evening, outcome)
    again = await operator.command("dispute.settle", reservation=evening, outcome="upheld")
    assert (again["code"], again["version"]) == ("wrong_state", 4)


@pytest.mark.parametrize("status", ["confirmed", "no_show", "completed", "cancelled"])
async def test_only_what_is_disputed_can_be_settled(pair: Pair, operator: Person, status: str) -> None:
    evening = await pair.evening(status)
    answer = await operator.command("dispute.settle", reservation=evening, outcome="cleared")
    assert (answer["code"], answer["version"]) == ("wrong_state", 3)
    assert (await operator.command("dispute.settle", reservation=pair.room, outcome="cleared"))["code"] == "not_found"


@pytest.mark.covers("delivery.replay", "GET /api/operator/deliveries")
async def test_a_dead_letter_is_seen_and_sent_again(house: House, operator: Person) -> None:
    ((id,),) = await rows(
        house,
        "insert into kernel.jobs (kind, payload, attempts, dead_at, error) values ('letter.lost', '{}', 12, now(), 'no such town') returning id",
    )
    (letter,) = [x for x in await read(operator, "deliveries") if x["handler"] == "letter.lost"]
    assert (letter["source"], letter["id"], letter["attempts"], letter["error"]) == ("job", id, 12, "no such town")
    place = {"source": "job", "handler": "letter.lost", "id": id}
    assert (await operator.command("delivery.replay", **place))["result"] == {}
    assert await rows(house, "select dead_at, attempts from kernel.jobs where id = %s", id) == [(None, 0)]
    deed = await newest(operator)
    assert (deed["action"], deed["subject"]) == ("delivery.replay", f"job:letter.lost:{id}")
    assert (await operator.command("delivery.replay", **place))["code"] == "not_found"
    assert (await operator.command("delivery.replay", **place | {"source": "bird"}))["code"] == "invalid"


async def test_dead_letters_come_in_pages(house: House, operator: Person) -> None:
    await rows(
        house,
        "insert into kernel.jobs (kind, payload, dead_at) select 'letter.many', '{}', kernel.moment() - make_interval(mins => n / 10)"
        " from generate_series(1, 120) n",
    )
    seen: list[tuple[str, int]] = []
    cursor: str | None = None
    while True:
        params = {} if cursor is None else {"cursor": cursor}
        page = (await operator.http.get("/api/operator/deliveries", params=params)).json()
        seen += [(x["handler"], x["id"]) for x in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len([s for s in seen if s[0] == "letter.many"]) == 120
    assert len(set(seen)) == len(seen)
    await rows(house, "delete from kernel.jobs where kind = 'letter.many'")
    for wrong in ("x", cursor_of(["2026-11-23", "job", "1", "\0"]), cursor_of(["2026-11-23", "job", "9" * 19, "x"])):
        assert (await operator.http.get("/api/operator/deliveries", params={"cursor": wrong})).status_code == 400


@pytest.mark.parametrize(
    "change", ["update kernel.audit set by = null", "delete from kernel.audit", "truncate kernel.audit"]
)
async def test_nobody_changes_the_audit_log(house: House, operator: Person, change: str) -> None:
    await operator.command("cast_code.mint")
    before = await rows(house, "select * from kernel.audit order by id")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        await rows(house, change)
    assert await rows(house, "select * from kernel.audit order by id") == before


async def test_sign_ins_and_deeds_stand_in_it_without_numbers(pair: Pair, house: House, operator: Person) -> None:
    guest = await Person(house).register("guest", "健")
    await operator.command("account.age_checked", account=guest.id)
    await operator.command("account.suspend", account=guest.id, reason="試し")
    done = [(d["action"], d["by"] and d["by"]["id"], d["subject"]) for d in await read(operator, "audit")]
    mine = [(action, by) for action, by, subject in done if guest.id in (by, subject)]
    assert mine == [
        ("account.suspend", operator.id),
        ("account.age_checked", operator.id),
        ("auth.registered", guest.id),
    ]
    whole = str(await rows(house, "select * from kernel.audit"))
    assert "+81" not in whole
    assert "健" not in whole
    first = (await operator.http.get("/api/operator/audit")).json()
    assert [d["id"] for d in first["items"]] == sorted((d["id"] for d in first["items"]), reverse=True)


async def test_the_audit_log_comes_in_pages(house: House, operator: Person) -> None:
    await rows(house, "insert into kernel.audit (action) select 'test' from generate_series(1, 60)")
    first = (await operator.http.get("/api/operator/audit")).json()
    second = (await operator.http.get("/api/operator/audit", params={"cursor": first["next"]})).json()
    ids = [d["id"] for d in first["items"] + second["items"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(first["items"]) == 50


async def test_a_repeated_settlement_is_one_deed(pair: Pair, house: House, operator: Person) -> None:
    subject = {"kind": "account", "account": pair.cast.id}
    id = (await pair.guest.command("report.file", subject=subject, reason="?"))["result"]["report"]["id"]
    key = "0198a000-0000-7000-8000-000000000001"
    first = await operator.command("report.settle", key=key, report=id, outcome="upheld")
    assert await operator.command("report.settle", key=key, report=id, outcome="upheld") == first
    assert len(await rows(house, "select 1 from kernel.audit where subject = %s", id)) == 1
