"""Invitations as people write and answer them: the night's notation, a wish filled in, a booking that is moved, a finger that thinks better of it, a no."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.people import Visitor
from tests.tools.house import House

pytestmark = pytest.mark.slow
OUTSIDE_PX = 160  # from the disc's middle: well beside it


def couple(browser: Browser, house: House) -> tuple[Visitor, Visitor, str, str, datetime]:
    """The two, their room, a plan, and tomorrow's 20:00 in the house, from when she works until 26:00."""
    cast, guest = Visitor.arrive(browser, house, "cast", "紗夜"), Visitor.arrive(browser, house, "guest", "健一")
    begin = (datetime.now(UTC) + timedelta(days=1)).replace(hour=11, minute=0, second=0, microsecond=0)
    cast.give("schedule.add", starts_at=begin.isoformat(), ends_at=(begin + timedelta(hours=6)).isoformat())
    return cast, guest, guest.give("room.open", with_=cast.id)["room"], cast.plan()["id"], begin


def visit(room: str, *people: Visitor) -> None:
    for one in people:
        one.page.goto(f"/rooms/{room}")
        expect(one.page.get_by_test_id("composer")).to_be_visible()


def letters(page: Page, status: str) -> Locator:
    return page.locator(f'[data-testid="invitation"][data-status="{status}"]')


def when(reservation: dict[str, str]) -> datetime:
    return datetime.fromisoformat(reservation["starts_at"])


def test_one_oclock_of_a_night_is_of_that_night(browser: Browser, house: House) -> None:
    cast, guest, room, _, begin = couple(browser, house)
    visit(room, cast, guest)
    hers = cast.page
    hers.get_by_test_id("invite").click()
    hers.get_by_test_id("slot").first.wait_for()
    hers.get_by_test_id("invite-time").fill("１：００")
    expect(hers.locator("dialog [role=status]")).to_contain_text("25:00 – 26:30")
    hers.get_by_test_id("invite-time").fill("00:30")
    expect(hers.locator("dialog [role=status]")).to_contain_text("24:30 – 26:00")
    hers.get_by_test_id("invite-send").click()
    expect(letters(guest.page, "draft")).to_contain_text("24:30 – 26:00")
    [draft] = cast.read("/api/reservations?status=draft")["items"]
    assert when(draft) == begin + timedelta(hours=4, minutes=30)
    hers.get_by_test_id("invite").click()
    hers.get_by_test_id("invite-time").fill("31:00")
    expect(hers.get_by_test_id("invite-send")).to_be_disabled()
    assert cast.faults + guest.faults == []


def test_a_wish_is_filled_in_and_a_booking_is_moved(browser: Browser, house: House) -> None:
    cast, guest, room, plan, begin = couple(browser, house)
    other = cast.plan(name="ゆっくり120分", minutes=120)["id"]
    guest.give("invitation.ask", room=room, plan=other, starts_at=(begin + timedelta(hours=1)).isoformat())
    visit(room, cast, guest)
    hers, his = cast.page, guest.page
    for page in (hers, his):
        expect(page.locator(".request")).to_contain_text("ゆっくり120分")
    hers.get_by_test_id("invite").click()
    expect(hers.get_by_test_id("invite-time")).to_have_value("21:00")
    expect(hers.get_by_test_id("plan")).to_have_value(other)
    hers.get_by_test_id("invite-send").click()
    expect(letters(his, "draft")).to_contain_text("まで")
    [draft] = cast.read("/api/reservations?status=draft")["items"]
    assert (draft["plan"]["id"], when(draft)) == (other, begin + timedelta(hours=1))
    guest.pledges(draft)

    letters(hers, "confirmed").get_by_test_id("move").click()
    expect(hers.locator("dialog")).to_contain_text("21:00 – 23:00 のご予約と入れ替わります")
    hers.get_by_test_id("invite-time").fill("22:00")
    hers.get_by_test_id("invite-send").click()
    expect(letters(his, "draft")).to_contain_text("21:00 – 23:00 のご予約と入れ替わります")
    expect(letters(his, "confirmed")).to_have_count(1)
    [moved] = cast.read("/api/reservations?status=draft")["items"]
    assert moved["replaces"] == draft["id"]
    guest.pledges(moved)
    for page in (hers, his):
        expect(letters(page, "confirmed")).to_contain_text("22:00 – 24:00")
        expect(letters(page, "confirmed")).to_have_count(1)
        expect(letters(page, "cancelled")).to_have_count(1)
    assert plan != other
    assert cast.faults + guest.faults == []


def test_an_invitation_to_who_is_gone_holds_nothing_and_says_so(browser: Browser, house: House) -> None:
    cast, guest, room, _, _ = couple(browser, house)
    ended = guest.page.request.delete("/api/me", headers={"authorization": f"Bearer {guest.token}"})
    assert ended.ok, ended.text()
    visit(room, cast)
    hers = cast.page
    hers.get_by_test_id("invite").click()
    hers.get_by_test_id("slot").first.click()
    hers.get_by_test_id("invite-send").click()
    expect(hers.locator("dialog [role=alert]")).to_contain_text("この方には、いま招待状をお送りできません")
    expect(hers.get_by_test_id("invite-send")).to_be_enabled()
    assert cast.read("/api/reservations")["items"] == []
    assert cast.faults == []


def test_a_finger_that_slides_off_lets_go_and_a_no_is_asked_once_more(browser: Browser, house: House) -> None:
    cast, guest, room, plan, begin = couple(browser, house)
    draft = cast.invites(guest, plan, begin)
    visit(room, guest)
    his = guest.page
    box = his.get_by_test_id("seal").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    his.mouse.move(x, y)
    his.mouse.down()
    expect(his.get_by_test_id("seal")).to_have_attribute("data-warm", "true")
    his.mouse.move(x, y - OUTSIDE_PX, steps=4)
    expect(his.get_by_test_id("seal")).to_have_attribute("data-warm", "false")
    expect(his.get_by_text("途中で指が離れました")).to_be_visible()
    his.mouse.up()

    his.get_by_test_id("decline").click()
    his.locator("dialog .quiet").click()
    assert guest.read(f"/api/reservations/{draft['id']}")["status"] == "draft"
    his.get_by_test_id("decline").click()
    his.get_by_test_id("decline-yes").click()
    expect(letters(his, "declined")).to_have_count(1)
    assert guest.faults == []
