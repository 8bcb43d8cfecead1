"""An evening as it goes on after the seal: the board, lateness, arrival, completion, both reviews, the memo, and a no-show with both sides heard."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Visitor, later, moment
from tests.tools.clones import open_house
from tests.tools.house import House

pytestmark = pytest.mark.slow
MINUTE = 1 / 1440  # of a day


@pytest.fixture(scope="module")
def house(cluster: str, template: str) -> Iterator[House]:
    """One whose clock can be moved."""
    with open_house(cluster, template) as one:
        yield one


def couple(browser: Browser, house: House, cast: str, guest: str) -> tuple[Visitor, Visitor, datetime, str]:
    """The two, five minutes from now, and a plan; she works for eight hours from now on."""
    her, him = Visitor.arrive(browser, house, "cast", cast), Visitor.arrive(browser, house, "guest", guest)
    her.give("profile.save", published=True)
    begin = moment(house)
    her.give("schedule.add", starts_at=begin.isoformat(), ends_at=(begin + timedelta(hours=8)).isoformat())
    return her, him, begin + timedelta(minutes=5), her.plan(notice_minutes=0)["id"]


def test_from_the_board_to_both_reviews(browser: Browser, house: House) -> None:
    cast, guest, start, plan = couple(browser, house, "紗夜", "健一")
    draft = cast.invites(guest, plan, start)
    board, his = cast.page, guest.page
    board.goto("/tonight")
    expect(board.get_by_test_id("board-waiting")).to_contain_text("健一")
    board.get_by_test_id("tonight").click()
    expect(board.get_by_test_id("tonight")).to_have_attribute("aria-checked", "true")
    guest.pledges(draft)
    expect(board.get_by_test_id("board-pledged")).to_contain_text("健一")
    expect(board.get_by_test_id("board-waiting")).to_be_hidden()

    his.goto("/reservations")
    mine = his.locator(f"[data-reservation='{draft['id']}']")
    expect(mine).to_have_attribute("data-status", "confirmed")
    mine.get_by_test_id("act-late").click()
    his.get_by_test_id("late-10").click()
    expect(his.get_by_text("トークでお伝えしました")).to_be_visible()
    expect(board.get_by_test_id("board-unread")).to_contain_text("10分ほど遅れます")

    later(house, 16 * MINUTE)
    board.reload()
    expect(board.get_by_test_id("board-late")).to_contain_text(re.compile("1[1-5]分経過"))
    board.get_by_test_id("board-late").get_by_test_id("act-arrive").click()
    expect(board.get_by_test_id("board-here")).to_contain_text("健一")
    expect(mine).to_have_attribute("data-status", "arrived")
    board.get_by_test_id("board-here").get_by_test_id("act-complete").click()
    expect(board.get_by_test_id("board-done")).to_contain_text("ご利用済み")

    his.get_by_test_id("past").click()
    mine.get_by_test_id("act-review").click()
    for axis, n in (("conversation", 5), ("attentiveness", 4), ("style", 5), ("punctuality", 3), ("reunion", 5)):
        his.get_by_test_id(f"score-{axis}-{n}").check()
    his.get_by_test_id("review-comment").fill("静かで、よい夜でした。")
    his.get_by_test_id("review-send").click()
    expect(mine.get_by_test_id("act-review")).to_have_count(0)

    board.goto(f"/guests/{guest.id}")
    expect(board.get_by_test_id("guest-visits")).to_have_text("1")
    board.get_by_test_id("memo").fill("ハイボール、薄め。映画の話。")
    board.get_by_test_id("memo-save").click()
    expect(board.get_by_text("保存しました")).to_be_visible()
    board.get_by_test_id("act-review").click()
    board.get_by_test_id("review-comment").fill("穏やかな方でした。")
    board.get_by_test_id("review-send").click()
    expect(board.get_by_test_id("act-review")).to_have_count(0)
    board.reload()
    expect(board.get_by_test_id("memo")).to_have_value("ハイボール、薄め。映画の話。")
    his.goto(f"/casts/{cast.id}")
    expect(his.get_by_test_id("review")).to_contain_text("静かで、よい夜でした。")
    assert cast.faults + guest.faults == []


def test_a_no_show_is_marked_put_right_marked_again_and_disputed(browser: Browser, house: House) -> None:
    cast, guest, start, plan = couple(browser, house, "凛", "亮")
    draft = guest.pledges(cast.invites(guest, plan, start))
    later(house, 21 * MINUTE)
    board = cast.page
    board.goto("/tonight")
    board.get_by_test_id("act-no_show").click()
    expect(board.get_by_test_id("board-done")).to_contain_text("無断キャンセル")
    board.locator("#told button").click()
    expect(board.get_by_test_id("board-here")).to_contain_text("亮")
    board.get_by_test_id("board-here").get_by_test_id("act-no_show").click()
    expect(board.get_by_test_id("board-done")).to_contain_text("無断キャンセル")

    his = guest.page
    his.goto("/reservations")
    his.get_by_test_id("past").click()
    mine = his.locator(f"[data-reservation='{draft['id']}']")
    mine.get_by_test_id("act-dispute").click()
    his.get_by_test_id("dispute-note").fill("お店の前で待っていました。")
    his.get_by_test_id("dispute-send").click()
    expect(mine).to_have_attribute("data-status", "disputed")
    expect(board.get_by_test_id("board-done")).to_contain_text("確認中")
    assert cast.faults + guest.faults == []


def test_a_guest_cancels_waits_and_sees_it_all_in_a_calendar(browser: Browser, house: House) -> None:
    cast, guest, start, plan = couple(browser, house, "澪", "修")
    draft = guest.pledges(cast.invites(guest, plan, start + timedelta(hours=5)))
    his = guest.page
    his.goto("/reservations")
    his.get_by_test_id("calendar-link").click()
    address = his.get_by_test_id("calendar-url").input_value()
    assert "BEGIN:VEVENT" in his.request.get(address).text()
    mine = his.locator(f"[data-reservation='{draft['id']}']")
    mine.get_by_test_id("act-cancel").click()
    his.get_by_test_id("cancel-reason").fill("体調がすぐれません")
    his.get_by_test_id("cancel-yes").click()
    expect(mine).to_have_count(0)
    his.get_by_test_id("past").click()
    expect(mine).to_contain_text("体調がすぐれません")
    his.get_by_test_id("calendar-revoke").click()
    expect(his.get_by_test_id("calendar-url")).to_have_count(0)
    assert his.request.get(address).status == 404
    assert guest.faults == []
