"""Whose the house is on one device: several tabs, somebody else who comes in, a phone that is given away."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import person, sign_up, until_true
from tests.browser.people import CORE, Visitor, opened, together, write
from tests.tools.house import House

pytestmark = pytest.mark.slow
CACHED = """async () => {
  const caught = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
  return caught.flat().map((request) => request.url);
}"""


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


def test_who_signs_out_without_a_connection_leaves_nothing_behind_and_is_not_let_in_again(
    browser: Browser, house: House
) -> None:
    _, guest, room = together(browser, house, "凛", "修")
    guest.give("message.send", room=room, body="秘密の話")
    page = guest.page
    page.goto(f"/rooms/{room}")
    expect(page.locator("[data-testid=entry]", has_text="秘密の話")).to_be_visible()
    page.goto("/settings")
    until_true(page, "navigator.serviceWorker.controller !== null")  # only then the door comes without the network
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


def of_disk(page: Page, account: str) -> list[str]:
    """The last words of each room that this device keeps of `account`."""
    return page.evaluate(
        """(name) => new Promise((done) => {
          const opening = indexedDB.open(name);
          opening.onsuccess = () => {
            const asking = opening.result.transaction('kept').objectStore('kept').get('state');
            asking.onsuccess = () => { opening.result.close(); done((asking.result?.rooms ?? []).map((card) => card.last?.body)); };
          };
        })""",
        f"fuuro-{account}",
    )  # type: ignore[no-any-return]


def test_tabs_go_with_whoever_has_come_in_and_nothing_of_one_is_kept_with_the_other(
    browser: Browser, house: House
) -> None:
    cast, first, hers = together(browser, house, "凛", "修")
    second = Visitor.arrive(browser, house, "guest", "正人")
    other = second.give("room.open", with_=cast.id)["room"]
    first.give("message.send", room=hers, body="一人目の話")
    second.give("message.send", room=other, body="二人目の話")
    page = first.page
    page.goto("/rooms")
    expect(page.get_by_text("一人目の話")).to_be_visible()
    page.evaluate(CORE)
    page.context.add_cookies(second.page.context.cookies())  # type: ignore[arg-type]
    page.evaluate("core.forget(); core.socket.stop(); core.socket.start()")
    expect(page.get_by_text("二人目の話")).to_be_visible()
    expect(page.get_by_text("一人目の話")).to_have_count(0)
    page.evaluate(CORE)
    until_true(page, "core.socket.state === 'open'")
    assert "二人目の話" not in of_disk(page, first.id)
    assert first.faults == []


def test_a_tab_at_the_door_comes_in_with_another(browser: Browser, house: House) -> None:
    page = person(browser, house)
    door = page.context.new_page()
    door.goto("/")
    door.get_by_test_id("phone").wait_for()
    sign_up(page, house, "guest", "拓也")
    door.wait_for_url("**/rooms")


def test_a_sign_out_that_is_owed_is_not_the_next_persons(browser: Browser, house: House) -> None:
    guest = Visitor.arrive(browser, house, "guest", "誠")
    page = guest.page
    page.goto("/sign-in")
    page.evaluate(CORE)
    until_true(page, "core.socket.state === 'open'")  # the cookie turns no more while the page goes
    page.evaluate("localStorage.setItem('fuuro.owed', '1')")
    account = {"id": guest.id, "role": "guest", "display_name": "誠"}
    page.evaluate(
        "(answer) => core.enter(answer)", {"access_token": guest.token, "expires_in": 600, "account": account}
    )
    page.reload()
    page.evaluate(CORE)
    until_true(page, "core.socket.state === 'open'")
    assert page.request.post("/api/auth/refresh").ok


def test_a_house_that_cannot_say_who_one_is_shows_no_door(browser: Browser, house: House) -> None:
    page = Visitor.arrive(browser, house, "guest", "恵").page
    busy = '{"code": "unavailable"}'
    page.route("**/api/me", lambda route: route.fulfill(status=503, body=busy, content_type="application/problem+json"))
    page.goto("/rooms")
    expect(page.get_by_role("alert")).to_contain_text("何も失われていません")
    expect(page.get_by_test_id("phone")).to_have_count(0)
    page.unroute("**/api/me")
    page.get_by_role("alert").get_by_role("button").click()
    expect(page.get_by_test_id("rooms")).to_be_visible()
