"""Looking for a cast: words, tags, Tonight while one looks, her page, a free time asked for, and the profile that she wrote herself."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.people import Visitor
from tests.tools.house import House

pytestmark = pytest.mark.slow


def names(page: Page) -> Locator:
    """Of the casts that are shown."""
    return page.locator("[data-testid=cast] h2")


def works_tomorrow(cast: Visitor, hours: float = 6) -> datetime:
    """From 20:00 in the house on."""
    begin = (datetime.now(UTC) + timedelta(days=1)).replace(hour=11, minute=0, second=0, microsecond=0)
    cast.give("schedule.add", starts_at=begin.isoformat(), ends_at=(begin + timedelta(hours=hours)).isoformat())
    return begin


def test_a_cast_writes_her_page_and_a_guest_finds_it_by_words_and_tags(browser: Browser, house: House) -> None:
    cast, other = (Visitor.arrive(browser, house, "cast", name) for name in ("紗夜", "美月"))
    guest = Visitor.arrive(browser, house, "guest", "健一")
    cast.plan()
    other.plan(price={"amount": 40000, "currency": "JPY"})
    works_tomorrow(cast)
    other.give("profile.save", published=True, headline="静かな夜に。", tags=["champagne"])

    page = cast.page
    page.goto("/profile")
    page.get_by_test_id("profile-headline").fill("古い映画と、いい氷。")
    page.get_by_test_id("profile-about").fill("話したい日も、黙っていたい日も、どうぞ。")
    page.get_by_test_id("profile-area").fill("銀座")
    for category, tag in (("会話", "deep-talk"), ("お酒", "champagne")):
        page.locator("summary", has_text=category).click()
        page.locator(f"[data-tag={tag}]").click()
    picture = io.BytesIO()
    Image.new("RGB", (600, 800), (90, 40, 60)).save(picture, "PNG")
    page.get_by_test_id("photo-file").set_input_files(
        {"name": "p.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    expect(page.locator("[data-testid=photos] img")).to_have_count(1)
    page.get_by_test_id("profile-published").check()
    page.get_by_test_id("profile-save").click()
    expect(page.get_by_text("保存しました")).to_be_visible()

    look = guest.page
    look.goto("/casts")
    expect(look.get_by_test_id("cast")).to_have_count(2)
    look.get_by_test_id("search").fill("古い映画")
    expect(names(look)).to_have_text(["紗夜"])
    look.get_by_test_id("search").fill("")
    expect(look.get_by_test_id("cast")).to_have_count(2)

    look.get_by_test_id("filter").click()
    look.locator("summary", has_text="お酒").click()
    look.locator("[data-tag=champagne]").click()
    look.locator("summary", has_text="会話").click()
    look.locator("[data-tag=deep-talk]").click(click_count=1)
    look.locator("[data-tag=deep-talk]").click()
    expect(look.locator("[data-tag=deep-talk]")).to_have_attribute("data-state", "unwanted")
    look.get_by_test_id("filter-done").click()
    expect(names(look)).to_have_text(["美月"])
    look.reload()
    expect(look.get_by_test_id("cast")).to_have_count(1)

    look.get_by_test_id("filter").click()
    look.get_by_test_id("filter-clear").click()
    look.get_by_test_id("filter").click()
    look.get_by_test_id("filter-price").select_option("20000")
    look.get_by_test_id("filter-area").fill("銀座")
    look.get_by_test_id("filter-night").select_option(index=2)
    look.get_by_test_id("filter-done").click()
    expect(look).to_have_url(re.compile("price=20000"))
    expect(look.locator(".casts")).not_to_have_attribute("aria-busy", "true")
    expect(names(look).filter(has_text="美月")).to_have_count(0)
    assert cast.faults + guest.faults == []


def test_who_works_tonight_is_seen_while_one_looks(browser: Browser, house: House) -> None:
    cast, guest = Visitor.arrive(browser, house, "cast", "凛"), Visitor.arrive(browser, house, "guest", "亮")
    cast.give("profile.save", published=True)
    guest.give("follow.add", cast=cast.id)
    guest.page.goto("/casts?status=tonight")
    expect(guest.page.get_by_text("条件に合うキャストは見つかりませんでした")).to_be_visible()
    cast.give("status.set", tonight=True)
    expect(guest.page.locator(f"[data-cast='{cast.id}'][data-tonight=true]")).to_be_visible()
    cast.give("status.set", tonight=False)
    expect(guest.page.locator(f"[data-cast='{cast.id}']")).to_have_count(0)
    assert guest.faults == []


def test_a_free_time_is_tapped_and_the_wish_stands_in_the_conversation(browser: Browser, house: House) -> None:
    cast, guest = Visitor.arrive(browser, house, "cast", "澪"), Visitor.arrive(browser, house, "guest", "修")
    cast.give("profile.save", published=True, tags=["deep-talk"])
    plan = cast.plan(waitlist=True)
    begin = works_tomorrow(cast, hours=1.5)
    page = guest.page
    page.goto(f"/casts/{cast.id}")
    expect(page.get_by_test_id("plan-card").locator(".price")).to_have_text("￥18,000")
    expect(page.get_by_text("レビューが3件集まると表示されます")).to_be_visible()
    page.get_by_test_id("follow").click()
    expect(page.get_by_test_id("follow")).to_have_attribute("aria-pressed", "true")
    time = page.get_by_test_id("free-time").first
    label, night = time.inner_text(), page.locator("free-times h3").first.inner_text()
    time.click()
    expect(page.get_by_test_id("ask-time")).to_have_value(label)
    page.get_by_test_id("ask-send").click()
    page.wait_for_url("**/rooms/*")
    expect(page.locator("[data-testid=entry][data-kind=request]")).to_contain_text(label)
    page.goto(f"/casts/{cast.id}")
    page.get_by_test_id("wait").click()
    page.get_by_test_id("wait-night").select_option(label=night)
    page.get_by_test_id("wait-send").click()
    expect(page.get_by_role("dialog").get_by_text("この時間は空いています")).to_be_visible()
    other = Visitor.arrive(browser, house, "guest", "正人")
    room = other.give("room.open", with_=cast.id)["room"]
    cast.give("invitation.send", room=room, plan=plan["id"], starts_at=begin.isoformat())
    page.get_by_test_id("wait-send").click()
    expect(page.get_by_text("キャンセル待ちに入りました(1番目)")).to_be_visible()
    assert len(guest.read("/api/waitlist")["items"]) == 1
    assert guest.faults == []


def test_going_back_finds_the_casts_where_one_left_them(browser: Browser, house: House) -> None:
    for name in ("葵", "楓", "椿", "桜", "梅", "桃"):
        Visitor.arrive(browser, house, "cast", name).give("profile.save", published=True)
    look = Visitor.arrive(browser, house, "guest", "健一").page
    look.set_viewport_size({"width": 390, "height": 500})
    look.goto("/casts")
    last = look.get_by_test_id("cast").nth(5)
    last.scroll_into_view_if_needed()
    top = look.locator("main").evaluate("(stage) => stage.scrollTop")
    assert top > 0
    last.click()
    look.get_by_test_id("talk").wait_for()
    look.go_back()
    expect(look.get_by_test_id("cast").nth(5)).to_be_in_viewport()
    assert abs(look.locator("main").evaluate("(stage) => stage.scrollTop") - top) < 2

    look.get_by_test_id("status-tonight").click()
    expect(look.get_by_test_id("cast")).to_have_count(0)
    look.get_by_test_id("nav-casts").click()
    expect(look.get_by_test_id("cast").nth(5)).to_be_visible()
