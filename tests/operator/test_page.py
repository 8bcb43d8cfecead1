"""The operator's page in a real browser: what waits for a decision is seen, and decided."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import browser, person, picture
from tests.tools.clones import rows
from tests.tools.house import House, Person
from tests.trust.people import pairs

__all__ = ["browser"]
pytestmark = pytest.mark.slow
PHONE = f"+8170{next(Person.numbers)}"


async def prepare(house: House) -> str:
    """A report, a dispute and a dead letter; the id of the guest."""
    async with pairs(house, 1) as (pair,):
        said = await pair.guest.command("message.send", room=pair.room, body="住所を教えて")
        subject = {"kind": "entry", "room": pair.room, "seq": said["result"]["seq"]}
        await pair.cast.command("report.file", subject=subject, reason="しつこい", note="三度目です")
        evening = await pair.evening("disputed")
        await rows(
            house,
            "update booking.steps set by = %s, reason = '店の前にいました' where reservation = %s and version = 3",
            pair.guest.id,
            evening,
        )
        await rows(
            house,
            "insert into kernel.jobs (kind, payload, attempts, dead_at, error) values ('push.send', '{}', 12, now(), '410 Gone')",
        )
        return pair.guest.id


@pytest.fixture
def desk(browser: Browser, house: House) -> Iterator[Page]:
    house.run("operator", "--phone", PHONE, "--name", "番台")
    page = person(browser, house, viewport={"width": 1100, "height": 900})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto("/operator")
    page.get_by_test_id("phone").fill(PHONE)
    page.get_by_test_id("submit").click()
    page.get_by_test_id("code").wait_for()
    items = page.request.get("/dev/inbox.json").json()["items"]
    text = next(i["text"] for i in items if i["to"] == PHONE)
    page.get_by_test_id("code").fill(re.findall(r"\d{6}", text)[0])
    page.get_by_test_id("submit").click()
    page.locator("nav").wait_for()
    yield page
    assert faults == []
    page.context.close()


def section(page: Page, name: str) -> None:
    page.locator(f"nav a[href='#{name}']").click()
    expect(page.locator(f"nav a[href='#{name}']")).to_have_attribute("aria-current", "page")


def test_everything_that_waits_is_seen_and_decided(house: House, desk: Page) -> None:
    with ThreadPoolExecutor(1) as elsewhere:
        guest = elsewhere.submit(lambda: asyncio.run(prepare(house))).result()
    desk.reload()
    report = desk.get_by_test_id("report")
    expect(report).to_contain_text("住所を教えて")
    expect(report).to_contain_text("三度目です")
    picture(desk, "operator-reports")
    report.locator("textarea").fill("警告した")
    report.get_by_role("button", name="認める").click()
    expect(report).to_have_text("済みました。")

    section(desk, "disputes")
    expect(desk.get_by_test_id("dispute")).to_contain_text("店の前にいました")
    picture(desk, "operator-disputes")
    desk.get_by_test_id("dispute").locator("textarea").fill("記録を確認しました")
    desk.get_by_role("button", name="無断キャンセルを取り消す").click()
    expect(desk.get_by_test_id("dispute")).to_have_text("済みました。")

    section(desk, "deliveries")
    expect(desk.get_by_test_id("letter")).to_contain_text("410 Gone")
    desk.get_by_role("button", name="もう一度送る").click()
    expect(desk.get_by_test_id("letter")).to_have_text("済みました。")

    section(desk, "codes")
    desk.get_by_role("button", name="コードを作る").click()
    expect(desk.get_by_test_id("minted")).to_have_text(re.compile(r"^[A-Z2-9]{4}(-[A-Z2-9]{4}){2}$"))

    desk.goto(f"/operator#accounts/{guest}")
    account = desk.get_by_test_id("account")
    expect(account).to_contain_text("年齢未確認")
    account.get_by_role("button", name="年齢を確認した").click()
    expect(account.get_by_role("button", name="年齢を確認した")).to_have_count(0)
    account.locator("summary").click()
    account.locator("[name=reason]").fill("通報")
    picture(desk, "operator-account")
    account.get_by_role("button", name="停止する").click()
    expect(account.locator(".mark")).to_have_text("停止中")
    account.get_by_role("button", name="停止を解く").click()
    expect(account.locator(".mark")).to_have_count(0)

    section(desk, "audit")
    for deed in (
        "account.restore",
        "account.suspend",
        "account.age_checked",
        "cast_code.mint",
        "delivery.replay",
        "report.settle",
        "auth.signed_in",
    ):
        expect(desk.get_by_role("cell", name=deed, exact=True).first).to_be_visible()
    picture(desk, "operator-audit")


def test_it_holds_on_a_phone(house: House, browser: Browser) -> None:
    page = person(browser, house)
    page.goto("/operator")
    page.get_by_test_id("phone").wait_for()
    picture(page, "operator-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()
