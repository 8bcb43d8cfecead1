"""On the home screen: the browser finds nothing that forbids it, and each platform is told its own way."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Visitor
from tests.tools.house import House

pytestmark = pytest.mark.slow


def test_manifest_and_service_worker_are_valid_for_installation(browser: Browser, house: House) -> None:
    page = Visitor.arrive(browser, house, "guest", "健一").page
    page.goto("/settings")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tools = page.context.new_cdp_session(page)
    manifest = tools.send("Page.getAppManifest")
    assert manifest["url"] == f"{house.url}/manifest.webmanifest"
    assert manifest["errors"] == []
    found = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # a context of Playwright is a private window, which installs nothing, whatever the page is like
    assert [e["errorId"] for e in found if e["errorId"] != "in-incognito"] == []


def test_the_check_for_installation_can_fail(browser: Browser, house: House) -> None:
    page = Visitor.arrive(browser, house, "guest", "修", service_workers="block").page
    bare = '{"name": "Fuuro", "start_url": "/", "display": "standalone", "icons": []}'
    page.route(
        "**/manifest.webmanifest", lambda route: route.fulfill(body=bare, content_type="application/manifest+json")
    )
    page.goto("/settings")
    found = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert "manifest-missing-suitable-icon" in [e["errorId"] for e in found]


@pytest.mark.parametrize(
    ("agent", "first"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/18.4 Mobile/15E148 Safari/604.1",
            "Safari の共有ボタン",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile"
            " Safari/537.36",
            "ブラウザのメニュー(点が三つ)",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "アドレスバーの右端",
        ),
    ],
    ids=["ios", "android", "desktop"],
)
def test_each_platform_is_told_its_own_way(browser: Browser, house: House, agent: str, first: str) -> None:
    guest = Visitor.arrive(browser, house, "guest", "亮", user_agent=agent)
    guest.page.goto("/settings")
    steps = guest.page.get_by_test_id("install").locator("li")
    expect(steps).to_have_count(3)
    expect(steps.first).to_contain_text(first)
    assert guest.faults == []


def test_a_browser_that_can_ask_is_let_ask_by_a_tap_and_not_before(browser: Browser, house: House) -> None:
    guest = Visitor.arrive(browser, house, "guest", "恵")
    page = guest.page
    page.goto("/settings")
    expect(page.get_by_test_id("install").locator("li")).to_have_count(3)
    kept = page.evaluate("""() => {
      const event = new Event('beforeinstallprompt', { cancelable: true });
      event.prompt = async () => { window.asked = (window.asked ?? 0) + 1; };
      event.userChoice = Promise.resolve({ outcome: 'accepted' });
      return !dispatchEvent(event);
    }""")
    assert kept  # the browser's own bar does not come
    assert page.evaluate("window.asked") is None
    page.get_by_test_id("install-now").click()
    expect(page.get_by_test_id("install")).to_have_count(0)
    assert page.evaluate("window.asked") == 1
    assert guest.faults == []
