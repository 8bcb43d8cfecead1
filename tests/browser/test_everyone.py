"""For everyone: axe finds nothing on any page, at night and by day; long lists scroll; nothing is wider than a small phone."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import person
from tests.browser.people import Visitor
from tests.tools.house import House

pytestmark = pytest.mark.slow
SMALL = {"width": 360, "height": 640}


class Scene:
    """A cast and a guest with a conversation, a pledge, a draft, and somebody who waits."""

    def __init__(self, browser: Browser, house: House) -> None:
        self.cast = Visitor.arrive(browser, house, "cast", "紗夜", viewport=SMALL, reduced_motion="reduce")
        self.guest = Visitor.arrive(browser, house, "guest", "健一", viewport=SMALL, reduced_motion="reduce")
        cast, guest = self.cast, self.guest
        cast.give(
            "profile.save",
            published=True,
            headline="静かな席と、いい氷。",
            about="どうぞ。",
            area="銀座",
            tags=["deep-talk"],
        )
        plan = cast.plan(waitlist=True)["id"]
        begin = (datetime.now(UTC) + timedelta(days=1)).replace(hour=11, minute=0, second=0, microsecond=0)
        cast.give("schedule.add", starts_at=begin.isoformat(), ends_at=(begin + timedelta(hours=6)).isoformat())
        guest.give("follow.add", cast=cast.id)
        self.room = guest.give("room.open", with_=cast.id)["room"]
        asked = guest.give("message.send", room=self.room, body="今夜は、いらっしゃいますか。")
        cast.give("message.send", room=self.room, body="お待ちしております。", reply_to=asked["seq"])
        guest.pledges(cast.invites(guest, plan, begin))
        cast.invites(guest, plan, begin + timedelta(hours=3))
        guest.give("invitation.ask", room=self.room, plan=plan, note="窓側の席で")
        cast.give("memo.save", guest=guest.id, body="ハイボール、薄め。")


@pytest.fixture(scope="module")
def scene(browser: Browser, house: House) -> Scene:
    return Scene(browser, house)


def paths(scene: Scene) -> list[tuple[Visitor, str, str]]:
    """Who, where, and what is there once the page is."""
    room, cast, guest = f"/rooms/{scene.room}", f"/casts/{scene.cast.id}", f"/guests/{scene.guest.id}"
    return [
        (scene.guest, "/rooms", "[data-testid=room]"),
        (scene.guest, room, "[data-testid=seal]"),
        (scene.guest, "/casts", "[data-testid=cast]"),
        (scene.guest, cast, "[data-testid=free-time]"),
        (scene.guest, "/reservations", "[data-testid=reservation]"),
        (scene.guest, "/settings", "[data-testid=device]"),
        (scene.cast, room, "[data-testid=seal]"),
        (scene.cast, "/tonight", "[data-testid=tonight]:enabled"),
        (scene.cast, "/reservations", "[data-testid=reservation]"),
        (scene.cast, "/work", "[data-testid=shift]"),
        (scene.cast, "/profile", "[data-testid=tag]"),
        (scene.cast, guest, "[data-testid=memo]"),
    ]


SETTLED = """async () => {
  for (let frames = 0; frames < 2; frames += 1) await new Promise((frame) => requestAnimationFrame(frame));
  await Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished));
}"""
"""Colours that are still on their way are nobody's."""


def faults_of(page: Page) -> list[str]:
    page.evaluate(SETTLED)
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"]]


def none(faults: dict[str, list[str]]) -> None:
    said = [f"{place} {fault}" for place, found in faults.items() for fault in found]
    assert not said, "\n".join(said)


def test_axe_finds_nothing_on_any_page_at_night_and_by_day(browser: Browser, house: House, scene: Scene) -> None:
    faults: dict[str, list[str]] = {}
    door = person(browser, house, reduced_motion="reduce")
    door.goto("/")
    door.get_by_test_id("phone").wait_for()
    places = [(door, "/sign-in", "[data-testid=phone]")] + [
        (who.page, path, there) for who, path, there in paths(scene)
    ]
    for page, path, there in places:
        page.goto(path)
        page.locator(there).first.wait_for(state="attached")
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            faults[f"{path} {scheme}"] = faults_of(page)
    none(faults)


DIALOGS = [
    ("guest", "/casts", "filter", "[data-testid=filter-done]"),
    ("guest", "room", "ask", "[data-testid=ask-send]"),
    ("guest", "room", "two-steps", "[data-testid=step-1]"),
    ("guest", "room", "room-menu", "[data-testid=block]"),
    ("cast", "room", "invite", "[data-testid=slot]"),
    ("cast", "/work", "plan-edit", "[data-testid=plan-save]"),
    ("cast", "/work", "shift", "[data-testid=edit-save]"),
    ("cast", "/rooms", "room-search", "[data-testid=search-words]"),
]


def test_axe_finds_nothing_in_dialogs_and_escape_leaves_them(scene: Scene) -> None:
    faults: dict[str, list[str]] = {}
    for role, path, button, inside in DIALOGS:
        page = (scene.guest if role == "guest" else scene.cast).page
        page.goto(f"/rooms/{scene.room}" if path == "room" else path)
        page.get_by_test_id(button).last.click()
        page.locator(inside).first.wait_for()
        faults[f"{path} {button}"] = faults_of(page)
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    none(faults)


WIDER = """() => [...document.querySelectorAll('body *')].filter((node) => {
  const box = node.getBoundingClientRect();
  if (box.width === 0 || box.right <= innerWidth + 1) return false;
  const clips = (up) => /auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX);
  for (let up = node.parentElement; up && up !== document.documentElement; up = up.parentElement) if (clips(up)) return false;
  return true;
}).map((node) => node.outerHTML.slice(0, 120))"""
SMALL_TARGETS = """() => [...document.querySelectorAll('main button, main a.button, house-nav a, .composer button')].filter((node) => {
  const box = node.getBoundingClientRect();
  return box.width > 0 && (box.height < 24 || box.width < 24) && !node.closest('.track') && getComputedStyle(node).clipPath === 'none';
}).map((node) => node.outerHTML.slice(0, 120))"""


def test_nothing_is_wider_than_a_small_phone_nor_too_small_for_a_thumb(scene: Scene) -> None:
    faults: dict[str, list[str]] = {}
    for who, path, there in paths(scene):
        who.page.goto(path)
        who.page.locator(there).first.wait_for(state="attached")
        faults[path] = who.page.evaluate(WIDER) + who.page.evaluate(SMALL_TARGETS)
        if who.page.evaluate("document.documentElement.scrollWidth") > SMALL["width"]:
            faults[path].append("scrolls sideways")
    none(faults)
    assert scene.cast.faults + scene.guest.faults == []


MANY_ROOMS = """async () => {
  const { store } = await import('/js/session.js');
  const [one] = store.rooms.values();
  const at = (i) => new Date(Date.now() - (i + 1) * 60000).toISOString();
  store.deal(Array.from({ length: 10000 }, (_, i) => {
    const last = { ...one.last, at: at(i), kind: 'text', body: `${i}行目` };
    return { ...one, room: `many-${i}`, with: { ...one.with, display_name: `お客様${i}` }, last };
  }));
}"""
MANY_ENTRIES = """async (room) => { // up to the one that there is, so that the next is the house's next
  const { store } = await import('/js/session.js');
  const log = store.logs.get(room);
  const at = new Date(Date.now() - 86400000).toISOString();
  const by = (i) => (i % 2 ? store.me.id : 'x');
  const text = (i) => ({ room, seq: i - 9998, at, by: by(i), kind: 'text', key: `k${i}`, body: `${i}行目` });
  const entries = Array.from({ length: 10000 }, (_, i) => text(i));
  log.place({ entries, head: 1, more: false }, true);
  store.change(room, {});
}"""
TOUCHED = """(root) => {
  window.touched = 0;
  const count = new MutationObserver((all) => { window.touched += all.length; });
  count.observe(document.querySelector(root), { childList: true, subtree: true, characterData: true });
}"""

IN_SIGHT = """async (node) => {
  const look = () => new Promise((tell) => {
    const observer = new IntersectionObserver(([seen]) => { observer.disconnect(); tell(seen.isIntersecting); });
    observer.observe(node);
  });
  for (let frames = 0; frames < 300; frames++) if (await look()) return true;
  return false;
}"""


def in_sight(line: Locator) -> bool:
    """Whether it is there and in sight, within 300 frames. `expect` would describe the page after each look that is too early, and of ten
    thousand lines that are not drawn that takes minutes, which no timeout ends."""
    return bool(line.evaluate(IN_SIGHT))


@pytest.mark.timeout(300)
def test_ten_thousand_rooms_and_entries_scroll(browser: Browser, house: House) -> None:
    cast, guest = Visitor.arrive(browser, house, "cast", "千歳"), Visitor.arrive(browser, house, "guest", "誠")
    room = guest.give("room.open", with_=cast.id)["room"]
    page = cast.page
    page.goto("/rooms")
    page.get_by_test_id("room").wait_for()
    page.evaluate(MANY_ROOMS)
    expect(page.get_by_test_id("room")).to_have_count(10_001)
    rows = page.locator(".rooms > li").filter(has=page.get_by_test_id("room"))
    assert rows.last.evaluate("node => getComputedStyle(node).contentVisibility") == "auto"
    page.evaluate(TOUCHED, ".rooms")
    guest.give("message.send", room=room, body="ここにいます。")
    page.get_by_test_id("room").first.filter(has_text="ここにいます。").wait_for()
    assert page.evaluate("window.touched") < 50  # one row has changed and moved, and no other was made anew
    page.get_by_test_id("room").last.scroll_into_view_if_needed()
    assert in_sight(page.get_by_test_id("room").last)
    expect(page.get_by_test_id("room").last).to_contain_text("9999行目")

    page.goto(f"/rooms/{room}")
    expect(page.locator("[data-testid=entry]")).to_have_count(1)
    page.evaluate(MANY_ENTRIES, room)
    expect(page.locator("[data-testid=entry]")).to_have_count(10_000)
    assert in_sight(page.locator("[data-testid=entry]", has_text="9999行目"))
    page.evaluate(TOUCHED, ".log")
    page.get_by_test_id("composer").fill("まだ書けます。")
    page.get_by_test_id("send").click()
    written = page.locator("[data-testid=entry][data-seq='2']", has_text="まだ書けます。")
    assert in_sight(written)  # and not only sent
    assert page.evaluate("window.touched") < 50
    page.locator("[data-testid=entry]").first.scroll_into_view_if_needed()
    assert in_sight(page.locator("[data-testid=entry]").first)
    assert cast.faults == []
