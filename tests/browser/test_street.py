"""What the street does to an app: tunnels, two tabs, a phone that is given away, a newer version, a tap on a notification."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import until_true
from tests.browser.people import Visitor
from tests.tools.house import ROOT, House

pytestmark = pytest.mark.slow
CACHED = """async () => {
  const caught = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
  return caught.flat().map((request) => request.url);
}"""


def together(browser: Browser, house: House, cast: str, guest: str) -> tuple[Visitor, Visitor, str]:
    hers, his = Visitor.arrive(browser, house, "cast", cast), Visitor.arrive(browser, house, "guest", guest)
    return hers, his, his.give("room.open", with_=hers.id)["room"]


def opened(page: Page, room: str) -> Page:
    page.goto(f"/rooms/{room}")
    page.locator(".log .empty").wait_for()
    return page


def write(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("send").click()


def test_two_tabs_have_one_outbox_and_the_one_that_stays_sends_for_both(browser: Browser, house: House) -> None:
    cast, guest, room = together(browser, house, "紗夜", "健一")
    first = opened(guest.page, room)
    second = opened(guest.page.context.new_page(), room)
    house.kill()
    write(first, "一通目です。")
    write(second, "二通目です。")
    for page in (first, second):
        expect(page.locator("[data-state=pending]")).to_have_count(2)
    first.close()
    house.start()
    expect(second.locator("[data-state=sent]", has_text="通目です。")).to_have_count(2, timeout=40_000)
    bodies = [entry.get("body") for entry in cast.read(f"/api/rooms/{room}/entries")["entries"]]
    assert bodies == ["一通目です。", "二通目です。"]
    assert guest.faults == []


def test_a_lost_connection_is_spoken_of_only_after_five_seconds(browser: Browser, house: House) -> None:
    _, guest, room = together(browser, house, "美月", "亮")
    guest.page.clock.install()
    page = opened(guest.page, room)
    house.kill()
    write(page, "圏外です。")
    expect(page.locator("[data-state=pending]")).to_have_count(1)
    page.clock.run_for(4_000)
    expect(page.locator(".banner")).to_be_hidden()
    page.clock.run_for(2_000)
    expect(page.locator(".banner")).to_contain_text("再接続しています")
    house.start()
    page.clock.resume()
    expect(page.locator(".banner")).to_be_hidden(timeout=40_000)
    expect(page.locator("[data-state=sent]", has_text="圏外です。")).to_have_count(1)


def test_who_signs_out_without_a_connection_leaves_nothing_behind_and_is_not_let_in_again(
    browser: Browser, house: House
) -> None:
    _, guest, room = together(browser, house, "凛", "修")
    guest.give("message.send", room=room, body="秘密の話")
    page = guest.page
    page.goto(f"/rooms/{room}")
    expect(page.locator("[data-testid=entry]", has_text="秘密の話")).to_be_visible()
    page.goto("/settings")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.get_by_test_id("leave").wait_for()
    house.kill()
    page.get_by_test_id("leave").click()
    expect(page.get_by_test_id("phone")).to_be_visible()
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    cached = page.evaluate(CACHED)
    assert any("/js/app.js" in url for url in cached)
    assert [url for url in cached if "/api/" in url or "/photos/" in url] == []
    assert page.evaluate("Object.keys(localStorage).filter((key) => key === 'fuuro.me').length") == 0
    page.reload()
    expect(page.get_by_test_id("phone")).to_be_visible()
    house.start()
    page.reload()
    expect(page.get_by_test_id("phone")).to_be_visible()
    until_true(page, "localStorage.getItem('fuuro.owed') === null")
    assert page.request.post("/api/auth/refresh").status == 401


def test_a_tap_on_a_notification_goes_to_the_window_that_shows_the_room(browser: Browser, house: House) -> None:
    cast, guest, room = together(browser, house, "澪", "正人")
    other = Visitor.arrive(browser, house, "guest", "拓也")
    elsewhere = other.give("room.open", with_=cast.id)["room"]
    page = cast.page
    page.goto("/rooms")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    there = page.context.new_page()
    there.goto("/rooms")
    there.locator(f"[data-room='{room}']").click()
    there.wait_for_url(f"**/rooms/{room}")
    (worker,) = page.context.service_workers
    worker.evaluate("path => open(path)", f"/rooms/{room}")
    there.close()
    been = page.evaluate("history.length")
    worker.evaluate("path => open(path)", f"/rooms/{elsewhere}")
    page.wait_for_url(f"**/rooms/{elsewhere}")
    assert page.evaluate("history.length") == been + 1  # the first tap was not its business
    assert guest.faults + cast.faults == []


def test_a_newer_version_asks_and_comes_with_a_tap(browser: Browser, tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    for name in ("server", "sql", "static"):
        shutil.copytree(ROOT / name, tmp_path / "house" / name, ignore=shutil.ignore_patterns("__pycache__"))
    house = House(tmp_path / "data")
    house.folder = tmp_path / "house"
    try:
        guest = Visitor.arrive(browser, house.start(), "guest", "恵")
        page = guest.page
        page.goto("/settings")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.get_by_test_id("leave").wait_for()
        expect(page.locator(".banner")).to_be_hidden()
        static = house.folder / "static"
        worker = static / "service-worker.js"
        worker.write_text(worker.read_text("utf-8").replace('const VERSION = "', 'const VERSION = "x'), "utf-8")
        words = static / "i18n" / "pages.ja.json"
        words.write_text(words.read_text("utf-8").replace("サインアウト", "おいとまする"), "utf-8")
        page.reload()
        expect(page.locator(".banner")).to_contain_text("新しい版があります")
        expect(page.get_by_test_id("leave")).to_have_text("サインアウト")  # all of one version, until it is asked for
        page.locator(".banner button").click()
        expect(page.get_by_test_id("leave")).to_have_text("おいとまする")
        assert guest.faults == []
        page.context.close()
    finally:
        house.stop()
