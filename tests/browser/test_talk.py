"""What else a conversation can do: pictures, answers, corrections, what reached whom, search, peace and quiet, a block; and the nights drawn by hand."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import Visitor
from tests.tools.house import House

pytestmark = pytest.mark.slow


def say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("send").click()
    expect(page.locator('[data-testid=entry][data-state="sent"]', has_text=text)).to_be_visible()


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), (40, 60, 90)).save(file, "JPEG")
    return file.getvalue()


def test_pictures_answers_corrections_and_search(browser: Browser, house: House) -> None:
    cast, guest = Visitor.arrive(browser, house, "cast", "紗夜"), Visitor.arrive(browser, house, "guest", "健一")
    room = guest.give("room.open", with_=cast.id)["room"]
    hers, his = cast.page, guest.page
    for page in (hers, his):
        page.goto(f"/rooms/{room}")
        page.locator(".log .empty").wait_for()
    say(his, "黒ビールはありますか。")
    expect(
        hers.locator("[data-testid=entry]", has_text="黒ビール")
    ).to_be_visible()  # both are connected: nobody keeps what is typed
    hers.get_by_test_id("composer").press_sequentially("こ")
    expect(his.locator(".typing[data-on]")).to_be_visible()
    hers.get_by_test_id("composer").fill("")
    hers.get_by_test_id("photo-file").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    for page in (hers, his):
        expect(page.locator("[data-testid=entry] img.photo")).to_have_js_property("complete", True)
        expect(page.locator("[data-testid=entry][data-state=sent] img.photo")).to_have_count(1)

    asked = hers.locator("[data-testid=entry]", has_text="黒ビール")
    asked.hover()
    asked.get_by_test_id("more").click()
    hers.get_by_test_id("entry-reply").click()
    say(hers, "ございますよ。")
    expect(his.locator("[data-testid=entry] .quote")).to_have_text("黒ビールはありますか。")
    mine = his.locator("[data-testid=entry]", has_text="黒ビール").first
    mine.hover()
    mine.get_by_test_id("more").click()
    his.get_by_test_id("entry-edit").click()
    his.get_by_test_id("edit-body").fill("白ビールはありますか。")
    his.get_by_test_id("change").click()
    expect(hers.locator("[data-testid=entry]", has_text="白ビール").first).to_contain_text("編集済み")

    for number in range(60):  # so that what is searched is further back than a first page
        guest.give("message.send", room=room, body=f"{number}行目")
    hers.goto("/rooms")
    hers.get_by_test_id("room-search").click()
    hers.get_by_test_id("search-words").fill("白ビール")
    hers.get_by_test_id("found").first.click()
    expect(hers.locator(".sought", has_text="白ビール")).to_be_in_viewport()

    gone = his.locator("[data-testid=entry]", has_text="59行目")
    gone.hover()
    gone.get_by_test_id("more").click()
    his.get_by_test_id("entry-delete").click()
    his.get_by_test_id("change").click()
    expect(hers.locator(".log").get_by_text("メッセージは取り消されました")).to_have_count(1)
    assert cast.faults + guest.faults == []


COUNT = """async () => {
  const { store } = await import('/js/session.js');
  Object.assign(window, { shown: 0, told: [], store });
  store.addEventListener('change', ({ detail }) => window.told.push(detail && [...detail]));
  const { show } = customElements.get('room-entry').prototype;
  customElements.get('room-entry').prototype.show = function count(...all) { window.shown += 1; show.apply(this, all); };
}"""
DRAWN = """(room) => {
  window.shown = 0;
  store.dispatchEvent(new CustomEvent('change', { detail: new Set([room]) }));
  return window.shown;
}"""
"""How many entries a change of `room` draws anew."""


def test_what_is_said_elsewhere_does_not_draw_the_open_conversation_anew(browser: Browser, house: House) -> None:
    cast = Visitor.arrive(browser, house, "cast", "澪")
    here, elsewhere = (Visitor.arrive(browser, house, "guest", name) for name in ("健一", "修"))
    room, other = (guest.give("room.open", with_=cast.id)["room"] for guest in (here, elsewhere))
    page = cast.page
    page.set_viewport_size({"width": 1200, "height": 800})  # the list stands beside the conversation
    page.goto(f"/rooms/{room}")
    here.give("message.send", room=room, body="ここです。")
    expect(page.locator("[data-testid=entry]", has_text="ここです。")).to_be_visible()
    expect(page.locator(f"[data-testid=room][data-room='{room}']")).not_to_have_attribute(
        "data-unread", re.compile(".")
    )
    page.evaluate(COUNT)
    elsewhere.give("message.send", room=other, body="よそです。")
    expect(page.locator(f"[data-testid=room][data-room='{other}']")).to_contain_text("よそです。")
    assert [other] in page.evaluate("window.told")
    assert page.evaluate(DRAWN, other) == 0
    assert page.evaluate(DRAWN, room) > 0
    assert cast.faults == []


def test_a_block_is_two_taps_and_one_takes_it_back(browser: Browser, house: House) -> None:
    cast, guest = Visitor.arrive(browser, house, "cast", "凛"), Visitor.arrive(browser, house, "guest", "亮")
    room = guest.give("room.open", with_=cast.id)["room"]
    guest.give("message.send", room=room, body="住所を教えて")
    hers, his = cast.page, guest.page
    for page in (hers, his):
        page.goto(f"/rooms/{room}")
        expect(page.locator("[data-testid=entry]", has_text="住所")).to_be_visible()
    said = hers.locator("[data-testid=entry]", has_text="住所")
    said.hover()
    said.get_by_test_id("more").click()
    hers.get_by_test_id("entry-report").click()
    hers.get_by_test_id("report-private").check()
    hers.get_by_test_id("report-send").click()
    expect(hers.get_by_text("運営に届きました")).to_be_visible()
    assert cast.read("/api/reports")["items"][0]["reason"] == "個人情報を聞かれた・書かれた"

    hers.get_by_test_id("room-menu").click()
    hers.get_by_test_id("block").click()
    for page in (hers, his):
        expect(page.get_by_test_id("composer")).to_be_hidden()
        expect(page.locator(".shut")).to_be_visible()
    hers.locator("#told button").click()
    for page in (hers, his):
        expect(page.get_by_test_id("composer")).to_be_visible()
    hers.get_by_test_id("room-menu").click()
    hers.get_by_test_id("mute").click()
    expect(hers.locator(".under")).to_contain_text("通知オフ")
    assert cast.read("/api/rooms")["items"][0]["muted_until"] is not None
    assert cast.faults + guest.faults == []


def test_how_far_a_seal_has_come_is_seen(browser: Browser, house: House) -> None:
    cast, guest = Visitor.arrive(browser, house, "cast", "澪"), Visitor.arrive(browser, house, "guest", "修")
    begin = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    cast.give("schedule.add", starts_at=begin.isoformat(), ends_at=(begin + timedelta(hours=3)).isoformat())
    sealed = guest.pledges(cast.invites(guest, cast.plan()["id"], begin))
    guest.page.goto(f"/rooms/{sealed['room']}")
    expect(guest.page.locator("[data-kind=seal]")).to_be_visible()
    expect(guest.page.get_by_test_id("delivery")).to_have_count(0)
    cast.page.goto("/rooms")
    cast.page.get_by_test_id("room").click()
    expect(guest.page.get_by_test_id("delivery")).to_have_text("お相手の端末に届きました")
    assert cast.faults + guest.faults == []


def test_a_shift_is_drawn_pulled_by_keys_and_taken_away(browser: Browser, house: House) -> None:
    cast = Visitor.arrive(browser, house, "cast", "千歳")
    page = cast.page
    page.goto("/work")
    track = page.get_by_test_id("track").nth(2)
    box = track.bounding_box()
    assert box is not None

    def x(hour: float) -> float:
        return float(box["x"] + box["width"] * (hour - 17) / 13) + 1

    y = box["y"] + box["height"] / 2
    page.mouse.move(x(20), y)
    page.mouse.down()
    page.mouse.move(x(23), y, steps=4)
    page.mouse.move(x(26), y, steps=4)
    page.mouse.up()
    shift = track.get_by_test_id("shift")
    expect(shift).to_have_attribute("data-from", "20:00")
    expect(shift).to_have_attribute("data-to", "26:00")

    page.mouse.move(x(26) - 6, y)
    page.mouse.down()
    page.mouse.move(x(27.5), y, steps=6)
    page.mouse.up()
    expect(shift).to_have_attribute("data-to", "27:30")
    shift.focus()
    page.keyboard.press("ArrowRight")
    expect(shift).to_have_attribute("data-to", "28:00")
    page.keyboard.press("Shift+ArrowRight")
    expect(shift).to_have_attribute("data-from", "20:30")
    (kept,) = cast.read("/api/schedule")["shifts"]
    assert datetime.fromisoformat(kept["ends_at"]) - datetime.fromisoformat(kept["starts_at"]) == timedelta(hours=7.5)
    page.keyboard.press("Delete")
    expect(shift).to_have_count(0)
    assert cast.read("/api/schedule")["shifts"] == []

    page.get_by_test_id("rule-edit-4").click()
    page.get_by_test_id("rule-to").fill("26:00")
    page.get_by_test_id("rule-save").click()
    expect(page.get_by_test_id("rule-4")).to_contain_text("20:00–26:00")
    expect(page.get_by_test_id("shift").first).to_have_attribute("data-to", "26:00")
    page.get_by_test_id("rule-edit-4").click()
    page.get_by_test_id("rule-end").click()
    expect(page.get_by_test_id("rule-4")).to_contain_text("お休み")
    assert cast.faults == []


def test_what_was_begun_outlives_a_reload_and_a_dialog_goes_with_its_page(browser: Browser, house: House) -> None:
    cast, guest = Visitor.arrive(browser, house, "cast", "澪"), Visitor.arrive(browser, house, "guest", "修")
    room = guest.give("room.open", with_=cast.id)["room"]
    for n in range(40):
        cast.give("message.send", room=room, body=f"{n}行目です。")
    his = guest.page
    his.goto("/rooms")
    his.get_by_test_id("room").click()
    expect(his.locator("[data-testid=entry]", has_text="39行目")).to_be_in_viewport()
    his.get_by_test_id("composer").fill("まだ途中の")
    his.reload()
    expect(his.get_by_test_id("composer")).to_have_value("まだ途中の")

    his.locator(".scroll").evaluate("(log) => { log.scrollTop = 0; }")
    expect(his.locator("[data-testid=entry]", has_text="39行目")).not_to_be_in_viewport()
    say(his, "書き終えました。")
    expect(his.locator("[data-testid=entry]", has_text="書き終えました。")).to_be_in_viewport()
    his.reload()
    expect(his.get_by_test_id("composer")).to_have_value("")
    assert his.locator(".unread-line").count() == 0

    his.get_by_test_id("room-menu").click()
    expect(his.locator("dialog[open]")).to_be_visible()
    his.go_back()
    expect(his.get_by_test_id("rooms")).to_be_visible()
    expect(his.locator("dialog[open]")).to_have_count(0)
    assert guest.faults == []
