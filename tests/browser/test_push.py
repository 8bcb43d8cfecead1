"""From the seal to the locked screen and back: the client subscribes, the server encrypts, a push service decrypts, the
service worker shows it, a tap opens the room, and the other side learns that it was shown."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Visitor, at_the_database, moment
from tests.browser.pushes import CLICKED, push_service, shown_of, subscribes_with
from tests.tools.clones import open_house, rows
from tests.tools.house import House
from tests.tools.push_service import PushService

pytestmark = pytest.mark.slow
ENDPOINTS = "select endpoint from message.subscriptions"


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service() as one:
        yield one


@pytest.fixture(scope="module")
def house(cluster: str, template: str, service: PushService) -> Iterator[House]:
    """One that knows our push service."""
    with open_house(cluster, template, FUURO_PUSH_HOSTS=service.host) as one:
        yield one


@pytest.mark.covers("push.subscribe", "POST /api/push/displayed", "seal.delivery")
def test_a_seal_reaches_the_locked_screen_and_its_tap_opens_the_room(
    browser: Browser, house: House, service: PushService
) -> None:
    cast = Visitor.arrive(browser, house, "cast", "紗夜", permissions=["notifications"])
    guest = Visitor.arrive(browser, house, "guest", "健一")
    hers = cast.page
    subscribes_with(hers, service)
    hers.goto("/settings")
    hers.get_by_test_id("push").click()
    expect(hers.get_by_test_id("push")).to_be_hidden()

    cast.give("profile.save", published=True)
    begin = moment(house)
    cast.give("schedule.add", starts_at=begin.isoformat(), ends_at=(begin + timedelta(hours=8)).isoformat())
    draft = cast.invites(guest, cast.plan(notice_minutes=0)["id"], begin + timedelta(minutes=30))
    room = guest.give("room.open", with_=cast.id)["room"]
    guest.page.goto(f"/rooms/{room}")
    guest.pledges(draft)
    for _ in range(200):
        seals = [push for push in service.pushes if json.loads(push.plaintext)["type"] == "seal"]
        if seals:
            break
        hers.wait_for_timeout(100)
    assert service.complaints == []
    (seal,) = seals
    assert "健一" not in seal.plaintext.decode()

    (worker,) = hers.context.service_workers
    worker.evaluate("() => { navigator.setAppBadge = async (count) => { self.badge = count; }; }")
    assert shown_of(hers, house, seal.plaintext.decode()) == ["新しいお知らせがあります", "", f"/rooms/{room}"]
    expect(guest.page.get_by_test_id("delivery")).to_have_text("お相手の端末に表示されました")
    assert worker.evaluate("self.badge") == 1, "the seal is all that she has not seen"
    assert worker.evaluate(CLICKED) == 0
    hers.wait_for_url(f"**/rooms/{room}")
    assert guest.faults + cast.faults == []


def test_a_subscription_that_the_server_lost_is_told_again_at_the_next_start(
    browser: Browser, house: House, service: PushService
) -> None:
    guest = Visitor.arrive(browser, house, "guest", "修", permissions=["notifications"])
    page = guest.page
    subscribes_with(page, service)
    page.goto("/settings")
    page.get_by_test_id("push").click()
    expect(page.get_by_test_id("push")).to_be_hidden()
    kept = page.evaluate("JSON.parse(localStorage.getItem('edge.subscription')).endpoint")
    guest.give("push.unsubscribe", endpoint=kept)
    assert (kept,) not in at_the_database(lambda: rows(house, ENDPOINTS))
    with page.expect_event("websocket"):
        page.reload()
    for _ in range(100):
        if (kept,) in at_the_database(lambda: rows(house, ENDPOINTS)):
            break
        page.wait_for_timeout(100)
    assert (kept,) in at_the_database(lambda: rows(house, ENDPOINTS))
    assert guest.faults == []


def test_notifications_are_offered_after_the_first_words_and_asked_for_by_a_tap(
    browser: Browser, house: House, service: PushService
) -> None:
    cast = Visitor.arrive(browser, house, "cast", "澪")
    guest = Visitor.arrive(browser, house, "guest", "修", permissions=["notifications"])
    page = guest.page
    subscribes_with(page, service)

    def subscribed() -> int:
        query = "select count(*) from message.subscriptions where account = %s"
        ((count,),) = at_the_database(lambda: rows(house, query, guest.id))
        return int(count)

    page.goto("/rooms")
    expect(page.get_by_test_id("rooms").locator(".empty")).to_be_visible()
    room = guest.give("room.open", with_=cast.id)["room"]
    expect(page.get_by_test_id("room")).to_be_visible()
    expect(page.get_by_test_id("push-offer")).to_have_count(0)
    guest.give("message.send", room=room, body="こんばんは")
    cast.give("message.send", room=room, body="いらっしゃいませ")
    expect(page.get_by_test_id("push-offer")).to_be_visible()
    assert subscribed() == 0
    page.get_by_test_id("push-offer").click()
    expect(page.get_by_test_id("push-offer")).to_have_count(0)
    assert subscribed() == 1
    page.reload()
    expect(page.get_by_test_id("room")).to_be_visible()
    expect(page.get_by_test_id("push-offer")).to_have_count(0)
    assert guest.faults == []
