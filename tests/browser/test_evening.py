"""An evening in two browsers: sign-in, chat, invitation, the long press, the seal on both sides, and a server that is killed in between."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import person, picture, sign_up, until_true
from tests.browser.pushes import shown_of
from tests.tools.house import House

pytestmark = pytest.mark.slow


WATCH_WARMTH = """() => {
  const disc = document.querySelector('.wax');
  const seen = [];
  new MutationObserver(() => { if (seen.at(-1) !== disc.dataset.warm) seen.push(disc.dataset.warm); window.warmed = seen.join(' '); })
    .observe(disc, { attributes: true, attributeFilter: ['data-warm'] });
}"""
"""Notes on the cast's side when the disc warms and when it sets again."""


def prepare(cast: Page) -> None:
    """A plan, and a shift tomorrow that crosses midnight."""
    cast.goto("/work")
    cast.get_by_test_id("plan-name").fill("ゆったり90分")
    cast.get_by_test_id("plan-terms").fill("総額です。延長はトークでご相談ください。")
    cast.get_by_test_id("plan-save").click()
    expect(cast.get_by_role("heading", name="ゆったり90分")).to_be_visible()
    tomorrow = (datetime.now(UTC) + timedelta(days=1, hours=9)).strftime("%Y-%m-%d")
    cast.get_by_test_id("shift-date").fill(tomorrow)
    cast.get_by_test_id("shift-to").fill("25:30")
    cast.get_by_test_id("shift-add").click()
    expect(cast.locator('[data-testid="shift"][data-from="20:00"][data-to="25:30"]')).to_be_visible()


def meet(cast: Page, guest: Page, name: str) -> None:
    guest.goto("/casts")
    guest.get_by_test_id("cast").filter(has_text=name).click()
    guest.get_by_test_id("talk").click()
    guest.wait_for_url("**/rooms/*")
    cast.goto("/rooms")
    cast.get_by_test_id("room").first.click()


def say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("send").click()


def hold(page: Page, ms: int) -> None:
    box = page.get_by_test_id("seal").last.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(ms)  # the finger is really held: this is what is tested


def test_an_evening_from_the_door_to_the_seal(browser: Browser, house: House) -> None:
    cast, guest = person(browser, house), person(browser, house)
    errors: list[str] = []
    for page in (cast, guest):
        page.on("pageerror", lambda error: errors.append(str(error)))
    guest.goto("/")
    expect(guest.get_by_test_id("phone")).to_be_visible()
    picture(guest, "sign-in-phone-dark")
    sign_up(cast, house, "cast", "紗夜")
    sign_up(guest, house, "guest", "健一")
    prepare(cast)
    picture(cast, "work-phone-dark")
    meet(cast, guest, "紗夜")

    say(guest, "今夜は、いらっしゃいますか。")
    expect(cast.locator('[data-testid="entry"]', has_text="いらっしゃいますか")).to_be_visible()
    say(cast, "はい、お待ちしております。招待状をお送りしますね。")
    expect(guest.locator('[data-testid="entry"]', has_text="お待ちしております")).to_be_visible()
    expect(guest.locator('[data-testid="entry"][data-state="sent"]', has_text="いらっしゃいますか")).to_be_visible()

    cast.get_by_test_id("invite").click()
    cast.get_by_test_id("slot").nth(2).click()
    picture(cast, "invite-phone-dark")
    cast.get_by_test_id("invite-send").click()
    letter = guest.locator('[data-testid="invitation"]')
    expect(letter).to_have_attribute("data-status", "draft")
    expect(letter.locator(".countdown")).to_contain_text("お返事の期限まで")
    picture(guest, "letter-phone-dark")

    expect(cast.locator(".wax")).to_be_visible()
    cast.evaluate(WATCH_WARMTH)
    hold(guest, 200)
    guest.mouse.up()
    expect(guest.get_by_text("途中で指が離れました")).to_be_visible()
    until_true(cast, "window.warmed === 'true false'")

    hold(guest, 700)
    picture(cast, "melting-phone-dark")
    guest.wait_for_timeout(1_200)
    guest.mouse.up()
    for page in (guest, cast):
        expect(page.locator('[data-testid="invitation"]')).to_have_attribute("data-status", "confirmed")
        expect(page.locator('[data-testid="entry"][data-kind="seal"]')).to_have_count(1)
    picture(guest, "sealed-phone-dark")
    picture(cast, "sealed-cast-phone-dark")

    house.kill()
    say(guest, "楽しみにしています。")
    expect(guest.locator('[data-testid="entry"][data-state="pending"]')).to_have_count(1)
    house.start()
    expect(guest.locator('[data-testid="entry"][data-state="pending"]')).to_have_count(0, timeout=40_000)
    expect(cast.locator('[data-testid="entry"]', has_text="楽しみにしています。")).to_have_count(1, timeout=40_000)
    for page in (guest, cast):
        page.reload()
        expect(page.locator('[data-testid="invitation"]')).to_have_attribute("data-status", "confirmed")
        expect(page.locator('[data-testid="entry"]', has_text="楽しみにしています。")).to_have_count(1)
        expect(page.locator('[data-testid="entry"][data-kind="seal"]')).to_have_count(1)
    assert errors == []

    for name, size in (("phone", {"width": 390, "height": 844}), ("desktop", {"width": 1440, "height": 900})):
        for scheme in ("dark", "light"):
            guest.set_viewport_size(size)  # type: ignore[arg-type]
            guest.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for page_name, path in (
                ("room", guest.url),
                ("rooms", "/rooms"),
                ("casts", "/casts"),
                ("settings", "/settings"),
            ):
                here = guest.url
                guest.goto(path)
                guest.wait_for_load_state("networkidle")
                picture(guest, f"{page_name}-{name}-{scheme}")
                guest.goto(here)


def test_a_message_written_without_a_connection_goes_out_once_after_a_reload(browser: Browser, house: House) -> None:
    cast, guest = person(browser, house), person(browser, house)
    sign_up(cast, house, "cast", "美月")
    sign_up(guest, house, "guest", "亮")
    meet(cast, guest, "美月")
    house.kill()
    say(guest, "トンネルの中です。")
    expect(guest.locator('[data-testid="entry"][data-state="pending"]')).to_have_count(1)
    guest.reload()
    expect(guest.locator('[data-testid="entry"]', has_text="トンネルの中です。")).to_have_count(1)
    house.start()
    expect(guest.locator('[data-testid="entry"][data-state="sent"]', has_text="トンネル")).to_have_count(
        1, timeout=40_000
    )
    expect(cast.locator('[data-testid="entry"]', has_text="トンネルの中です。")).to_have_count(1, timeout=40_000)


def test_a_push_is_shown_without_a_name_and_a_tap_opens_the_room(browser: Browser, house: House) -> None:
    cast = person(browser, house, permissions=["notifications"])
    sign_up(cast, house, "cast", "凛")
    told = '{"web_push":8030,"notification":{"title":"新しいお知らせがあります","navigate":"/rooms/x"},"type":"seal","room":"x"}'
    shown = shown_of(cast, house, told)
    assert shown == ["新しいお知らせがあります", "", "/rooms/x"]
    (worker,) = cast.context.service_workers
    heard = "registration.getNotifications().then(([one]) => one.renotify)"
    assert worker.evaluate(heard), "one that takes the place of an older one is heard too"
