"""Oneself: quiet hours and receipts, other devices, the number, everything about oneself as a file, and the end."""

import io
import re
import zipfile
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import person
from tests.browser.people import Visitor, later, moment
from tests.tools.clones import open_house
from tests.tools.house import House, Person

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(cluster: str, template: str) -> Iterator[House]:
    """One whose clock can be moved."""
    with open_house(cluster, template) as one:
        yield one


def text_to(page: Page, phone: str) -> str:
    items = page.request.get("/dev/inbox.json").json()["items"]
    return next(str(i["text"]) for i in items if i["to"] == "+81" + phone[1:])


def test_what_was_set_meanwhile_is_not_undone_by_an_earlier_answer(browser: Browser, house: House) -> None:
    guest = Visitor.arrive(browser, house, "guest", "健一")
    page, held = guest.page, deque[Route]()
    page.goto("/settings")
    expect(page.get_by_test_id("quiet")).to_be_enabled()
    page.route("**/api/commands", lambda route: held.append(route))
    with page.expect_request("**/api/commands"):
        page.get_by_test_id("quiet").check()
    page.get_by_test_id("receipts").uncheck()
    with page.expect_request("**/api/commands"):
        held.popleft().continue_()
    expect(page.locator("#told")).to_be_visible()
    assert not page.get_by_test_id("receipts").is_checked(), "the first answer does not know of it"
    with page.expect_response("**/api/commands"):
        held.popleft().continue_()
    expect(page.get_by_test_id("receipts")).not_to_be_checked()
    said = guest.read("/api/me")["settings"]
    assert (said["quiet_from"], said["private_receipts"]) == ("03:00", True)
    assert guest.faults == []


def test_what_is_set_here_is_set_on_every_device(browser: Browser, house: House) -> None:
    guest = Visitor.arrive(browser, house, "guest", "健一")
    second = person(browser, house)
    second.context.add_cookies(
        guest.page.context.cookies()
    )  # the same session as another browser would be: shares the account
    page = guest.page
    page.goto("/settings")
    page.get_by_test_id("quiet").check()
    page.get_by_test_id("quiet-from").fill("02:00")
    page.get_by_test_id("receipts").uncheck()
    expect(page.locator("#told")).to_be_visible()
    second.goto("/settings")
    expect(second.get_by_test_id("quiet")).to_be_checked()
    expect(second.get_by_test_id("quiet-from")).to_have_value("02:00")
    expect(second.get_by_test_id("receipts")).not_to_be_checked()
    second.get_by_test_id("quiet").click()  # what it then shows is what the house says
    expect(second.get_by_test_id("quiet")).not_to_be_checked()
    expect(page.get_by_test_id("quiet")).not_to_be_checked()
    said = guest.read("/api/me")["settings"]
    assert (said["quiet_from"], said["private_receipts"]) == (None, True)
    page.get_by_test_id("theme-light").click()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(246, 241, 231)"
    page.get_by_test_id("language-en").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert guest.read("/api/me")["settings"]["language"] == "en"
    assert guest.faults == []


def test_another_device_is_ended_from_here(browser: Browser, house: House) -> None:
    guest = Visitor.arrive(browser, house, "guest", "亮")
    other = person(browser, house)
    later(house, 1 / 1440)  # a number is sent one code in half a minute
    said = other.request.post("/api/auth/otp", data={"phone": guest.phone}).json()
    code = re.findall(r"\d{6}", text_to(other, guest.phone))[0]
    other.request.post("/api/auth/verify", data={"challenge": said["challenge"], "code": code, "device": "古い端末"})
    other.goto("/rooms")
    expect(other.get_by_test_id("nav-rooms")).to_be_visible()
    page = guest.page
    page.goto("/settings")
    page.get_by_test_id("device").filter(has_text="古い端末").get_by_test_id("device-end").click()
    expect(page.get_by_test_id("device")).to_have_count(1)
    expect(other.get_by_test_id("phone")).to_be_visible()
    assert guest.faults == []


def test_the_number_changes_the_archive_comes_and_the_account_ends(browser: Browser, house: House) -> None:
    guest = Visitor.arrive(browser, house, "guest", "修")
    page = guest.page
    page.goto("/settings")
    new = f"090{next(Person.numbers)}"
    page.get_by_test_id("phone-change").click()
    page.get_by_test_id("new-phone").fill(new)
    page.get_by_test_id("new-phone-send").click()
    page.get_by_test_id("new-code").wait_for()
    page.get_by_test_id("new-code").fill(re.findall(r"\d{6}", text_to(page, new))[0])
    page.get_by_test_id("new-code-send").click()
    expect(page.get_by_text(f"下4桁 {new[-4:]} への変更を受け付けました")).to_be_visible()
    page.get_by_test_id("phone-keep").click()
    expect(page.get_by_test_id("phone-change")).to_be_visible()
    assert guest.read("/api/me")["phone"]["change"] is None

    with page.expect_download() as coming:
        page.get_by_test_id("export").click()
    with zipfile.ZipFile(io.BytesIO(coming.value.path().read_bytes())) as archive:
        assert archive.namelist()

    page.get_by_test_id("account-end").click()
    page.get_by_test_id("end-sure").check()
    page.get_by_test_id("end-yes").click()
    expect(page.get_by_test_id("phone")).to_be_visible()
    expect(page.get_by_text("それまではサインインで元に戻せます")).to_be_visible()
    assert page.request.post("/api/auth/refresh").status == 401
    assert guest.faults == []


def test_whom_one_has_blocked_is_listed_without_a_room_too_and_let_back(browser: Browser, house: House) -> None:
    guest = Visitor.arrive(browser, house, "guest", "拓海")
    cast = Visitor.arrive(browser, house, "cast", "花蓮")
    guest.give("block.add", account=cast.id)
    page = guest.page
    page.goto("/settings")
    expect(page.get_by_test_id("blocked")).to_contain_text("花蓮")
    page.get_by_test_id("unblock").click()
    expect(page.get_by_test_id("blocked")).not_to_contain_text("花蓮")
    assert guest.read("/api/blocks")["items"] == []
    cast.give("block.add", account=guest.id)
    page.reload()
    expect(page.get_by_test_id("blocked").locator("li.muted")).to_be_visible()
    assert guest.faults == cast.faults == []


def test_who_hides_sees_so_on_every_device_and_after_a_reload(browser: Browser, house: House) -> None:
    cast = Visitor.arrive(browser, house, "cast", "澪")
    page = cast.page
    page.goto("/tonight")
    hidden = page.get_by_test_id("invisible")
    expect(hidden).to_be_enabled()
    expect(hidden).not_to_be_checked()
    hidden.check()
    expect(page.get_by_test_id("tonight")).to_be_enabled()  # it is not while the house is being told
    assert cast.read("/api/status")["invisible"] is True
    second = person(browser, house)
    second.context.add_cookies(page.context.cookies())
    second.goto("/tonight")
    expect(second.get_by_test_id("invisible")).to_be_checked()
    second.get_by_test_id("invisible").uncheck()
    expect(second.get_by_test_id("tonight")).to_be_enabled()
    assert cast.read("/api/status")["invisible"] is False
    page.context.add_cookies(second.context.cookies())  # it turned there; the one before is good for 30 s only
    page.reload()
    expect(page.get_by_test_id("invisible")).to_be_enabled()
    expect(page.get_by_test_id("invisible")).not_to_be_checked()
    assert cast.faults == []


def test_nights_are_told_by_the_clock_of_the_house_wherever_it_stands(
    browser: Browser, cluster: str, template: str
) -> None:
    """A phone in Tokyo, a house in Paris: 21:00 is 21:00 in Paris to both."""
    with open_house(cluster, template, FUURO_TIME_ZONE="Europe/Paris") as abroad:
        cast = Visitor.arrive(browser, abroad, "cast", "Léa")
        guest = Visitor.arrive(browser, abroad, "guest", "健一")
        paris = ZoneInfo("Europe/Paris")
        start = (moment(abroad).astimezone(paris) + timedelta(days=1)).replace(hour=21, minute=0)
        cast.give("schedule.add", starts_at=start.isoformat(), ends_at=(start + timedelta(hours=5)).isoformat())
        cast.invites(guest, cast.plan()["id"], start)
        page = guest.page
        for _ in range(2):
            page.goto("/rooms")
            page.get_by_test_id("room").first.click()
            expect(page.locator("invitation-card")).to_contain_text("21:00 – 22:30")
            assert page.evaluate("localStorage.getItem('fuuro.zone')") == "Europe/Paris"
        assert guest.faults == []
