"""What the street does to an app: tunnels, dead connections, a wrong clock, a newer version, a tap on a notification."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, WebSocketRoute, expect

from tests.browser.conftest import person, until_true
from tests.browser.people import CORE, Visitor, opened, together, write
from tests.tools.house import ROOT, House

pytestmark = pytest.mark.slow
TASK = """new Promise((done) => {
  const channel = new MessageChannel();
  channel.port1.onmessage = done;
  channel.port2.postMessage(null);
})"""
"""The page's next task; no timer, which may stand still."""


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


def test_the_operators_page_is_not_the_clients(browser: Browser, house: House) -> None:
    page = person(browser, house)
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.get_by_test_id("phone").wait_for()
    page.goto("/operator")
    expect(page).to_have_title("番台 – Fuuro")


def test_a_room_beyond_the_latest_comes_with_what_is_said_there(browser: Browser, house: House) -> None:
    cast, guest, room = together(browser, house, "紗夜", "健一")
    for number in range(3):
        guest.give("message.send", room=room, body=f"{number}通目です。")
    page = cast.page
    asked: list[str] = []

    def many(route: WebSocketRoute) -> None:
        """As if a hundred others were later."""
        house_side = route.connect_to_server()

        def up(message: str | bytes) -> None:
            asked.append(str(message))
            house_side.send(message)

        def down(message: str | bytes) -> None:
            said = json.loads(message)
            if "epoch" in (said.get("result") or {}):
                said["result"]["rooms"] = []
            route.send(json.dumps(said))

        route.on_message(up)
        house_side.on_message(down)

    page.route_web_socket("**/ws", many)
    page.goto("/settings")
    page.evaluate(CORE)
    until_true(page, "core.socket.state === 'open'")
    guest.give("message.send", room=room, body="お久しぶりです。")
    until_true(page, f"core.store.rooms.get('{room}')?.last.body === 'お久しぶりです。'")
    guest.give("message.send", room=room, body="いかがお過ごしですか。")
    until_true(page, f"core.store.rooms.get('{room}').last.body === 'いかがお過ごしですか。'")
    assert page.evaluate(f"core.store.rooms.get('{room}').unread") == 5
    assert len([frame for frame in asked if "room.since" in frame]) < 3
    assert cast.faults == []


def test_what_ended_while_nobody_listened_has_ended_here_too(browser: Browser, house: House) -> None:
    cast, guest, room = together(browser, house, "美月", "亮")
    begin = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    cast.give("schedule.add", starts_at=begin.isoformat(), ends_at=(begin + timedelta(hours=6)).isoformat())
    sealed = guest.pledges(cast.invites(guest, cast.plan(cancel_minutes=0)["id"], begin + timedelta(hours=1)))
    guest.give("message.send", room=room, body="楽しみにしています。")

    def in_two_pages(route: Route) -> None:
        whole, _, cursor = route.request.url.partition("&cursor=")
        if cursor:
            route.fulfill(response=route.fetch(url=whole))
        else:
            route.fulfill(json={"items": [], "next": "all of them"})

    page = cast.page
    page.route("**/api/reservations?status=*", in_two_pages)
    page.goto("/rooms")
    page.evaluate(CORE)
    status = f"core.store.reservations.get('{sealed['id']}')?.status"
    until_true(page, f"{status} === 'confirmed'")
    page.evaluate("core.socket.stop()")
    guest.give("reservation.cancel", reservation=sealed["id"], reason="急用です。")
    guest.give("message.send", room=room, body="ごめんなさい。")
    page.evaluate("core.socket.start()")
    until_true(page, f"{status} === 'cancelled'")
    assert cast.faults == []


def test_a_network_that_comes_back_ends_an_attempt_that_hangs_in_the_old_one(browser: Browser, house: House) -> None:
    page = Visitor.arrive(browser, house, "guest", "千歳").page
    page.goto("/rooms")
    page.evaluate(CORE)
    until_true(page, "core.socket.state === 'open'")
    swallowed: list[Route] = []
    page.route("**/api/auth/refresh", lambda route: route.continue_() if swallowed else swallowed.append(route))
    with page.expect_request("**/api/auth/refresh"):
        page.evaluate("core.forget(); core.socket.stop(); core.socket.start()")
    page.evaluate("dispatchEvent(new Event('online'))")
    until_true(page, "core.socket.state === 'open'")


def test_what_goes_into_a_dead_connection_goes_again_soon(browser: Browser, house: House) -> None:
    cast, guest, room = together(browser, house, "澪", "修")
    dead: list[Any] = []

    def tunnel(route: WebSocketRoute) -> None:
        """The first connection swallows every message, and whatever comes after it."""
        house_side = route.connect_to_server()

        def up(message: str | bytes) -> None:
            if "message.send" in str(message) and not dead:
                dead.append(route)
            if route not in dead:
                house_side.send(message)

        route.on_message(up)

    guest.page.route_web_socket("**/ws", tunnel)
    page = opened(guest.page, room)
    page.evaluate(CORE)
    until_true(page, "core.socket.state === 'open'")
    write(page, "聞こえますか。")
    expect(page.locator("[data-state=sent]", has_text="聞こえますか。")).to_be_visible()
    assert dead
    assert [entry["body"] for entry in cast.read(f"/api/rooms/{room}/entries")["entries"]] == ["聞こえますか。"]


def test_a_disk_that_went_away_is_opened_again(browser: Browser, house: House) -> None:
    _, guest, room = together(browser, house, "蛍", "亮")
    page = opened(guest.page, room)
    page.evaluate(CORE)
    page.evaluate("core.socket.stop()")
    tools = page.context.new_cdp_session(page)
    tools.send("Storage.clearDataForOrigin", {"origin": house.url, "storageTypes": "indexeddb"})
    write(page, "消えません。")
    expect(page.locator("[data-state=pending]")).to_have_count(1)
    until_true(page, "(await indexedDB.databases()).length === 1")
    page.reload()
    expect(page.locator("[data-state=sent]", has_text="消えません。")).to_be_visible()
    assert guest.faults == []


@pytest.mark.parametrize(
    "broken",
    [
        "IDBFactory.prototype.open = () => ({})",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
    ids=["no answer", "no room"],
)
def test_a_browser_that_keeps_nothing_still_talks(browser: Browser, house: House, broken: str) -> None:
    _, guest, room = together(browser, house, "雫", "健一")
    guest.page.add_init_script(broken)
    page = opened(guest.page, room)
    write(page, "こんばんは。")
    expect(page.locator("[data-state=sent]", has_text="こんばんは。")).to_be_visible()
    assert guest.faults == []


def test_a_phone_whose_clock_is_wrong_writes_today(browser: Browser, house: House) -> None:
    _, guest, room = together(browser, house, "光", "修")
    guest.give("message.send", room=room, body="今日です。")
    page = guest.page
    page.add_init_script("Date.now = ((now) => () => now() - 2 * 86400e3)(Date.now.bind(Date))")
    page.goto(f"/rooms/{room}")
    expect(page.locator("[data-testid=entry]", has_text="今日です。")).to_be_visible()
    page.evaluate(CORE)
    page.evaluate("core.socket.stop()")
    write(page, "これも今日です。")
    expect(page.locator("[data-state=pending]")).to_have_count(1)
    expect(page.locator(".log .day")).to_have_count(1)


def test_what_was_changed_after_a_lost_answer_is_another_command(browser: Browser, house: House) -> None:
    cast, guest, _ = together(browser, house, "桜", "拓也")
    page = cast.page
    page.goto("/rooms")
    page.evaluate(CORE)
    keys: list[str] = []

    def lossy(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) < 3:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/commands", lossy)
    for body in ("薄め。", "薄め。", "濃いめ。"):
        command = {"type": "memo.save", "guest": guest.id, "body": body}
        page.evaluate("(command) => core.command(command, 'a form').catch(() => {})", command)
    assert keys[0] == keys[1] != keys[2]
    assert cast.read(f"/api/guests/{guest.id}")["memo"]["body"] == "濃いめ。"


def test_a_house_that_has_too_much_to_do_is_asked_ever_less_often(browser: Browser, house: House) -> None:
    _, guest, room = together(browser, house, "雅", "誠")
    other = guest.give("room.open", with_=Visitor.arrive(browser, house, "cast", "蘭").id)["room"]
    refused: list[str] = []

    def busy(route: WebSocketRoute) -> None:
        house_side = route.connect_to_server()

        def up(message: str | bytes) -> None:
            said = json.loads(message)
            if said["command"]["type"] != "message.send":
                house_side.send(message)
                return
            refused.append(said["key"])
            error = {"code": "rate_limited", "temporary": True, "retry_after": 1}
            route.send(json.dumps({"id": said["id"], "error": error}))

        route.on_message(up)

    page = guest.page
    page.route_web_socket("**/ws", busy)
    page.clock.install()
    opened(page, room)
    page.evaluate(CORE)
    until_true(page, "core.socket.state === 'open'")
    for place in (room, other):
        page.evaluate("(room) => core.outbox.send({ type: 'message.send', room, body: 'もしもし。' })", place)
    for _ in range(30):
        page.clock.run_for(1_000)
        page.evaluate(TASK)
    assert 4 <= len(refused) <= 20
    assert len(set(refused)) == 2


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
        other = page.context.new_page()
        other.goto("/settings")
        other.evaluate("window.old = true")
        page.evaluate(CORE)
        page.evaluate("core.socket.dispatchEvent(new Event('restart'))")  # a house that begins anew may be a newer one
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(".banner")).to_contain_text("新しい版があります")
        expect(page.get_by_test_id("leave")).to_have_text("サインアウト")  # all of one version, until it is asked for
        page.locator(".banner button").click()
        expect(page.get_by_test_id("leave")).to_have_text("おいとまする")
        expect(other.locator(".banner")).to_contain_text("新しい版があります")
        other.locator(".banner button").click()
        until_true(other, "window.old === undefined")
        assert guest.faults == []
        page.context.close()
    finally:
        house.stop()
