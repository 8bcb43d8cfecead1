"""A real chromium against a real house. Screenshots go to `.screenshots/`, which is not kept."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.tools.house import ROOT, House, Person

PICTURES = ROOT / ".screenshots"
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with its module: while it runs, Playwright keeps an event loop on this thread, and no other may run there."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        one = playwright.chromium.launch(executable_path=program, args=flags)
        yield one
        one.close()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="fuuro-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o711)
        one = House(Path(folder) / "data")
        one.start()
        try:
            yield one
        finally:
            one.stop()


def person(browser: Browser, house: House, **look: object) -> Page:
    """A browser of one's own, on a phone unless said otherwise."""
    options: dict[str, object] = {
        "viewport": {"width": 390, "height": 844},
        "locale": "ja-JP",
        "timezone_id": "Asia/Tokyo",
        "color_scheme": "dark",
        "base_url": house.url,
    }
    return browser.new_context(**(options | look)).new_page()  # type: ignore[arg-type]


def sign_up(page: Page, house: House, role: str, name: str) -> str:
    """Through the door, as a person; the phone number."""
    phone = f"090{next(Person.numbers)}"
    page.goto("/")
    page.get_by_test_id("phone").fill(phone)
    page.get_by_test_id("submit").click()
    page.get_by_test_id("code").fill(code_for(page, phone))
    page.get_by_test_id("submit").click()
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("birth").fill("1992-03-04")
    page.get_by_test_id("role").select_option(role)
    if role == "cast":
        page.get_by_test_id("cast-code").fill(house.run("cast-code"))
    page.get_by_test_id("submit").click()
    page.wait_for_url("**/rooms")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return phone


def code_for(page: Page, phone: str) -> str:
    page.get_by_test_id("code").wait_for()
    items = page.request.get("/dev/inbox.json").json()["items"]
    text = next(i["text"] for i in items if i["to"] == "+81" + phone[1:])
    found = re.search(r"\d{6}", text)
    assert found is not None
    return found[0]


def until_true(page: Page, condition: str) -> None:
    """Waits in the page. Playwright's own way evaluates text there each time it looks again, which our policy forbids."""
    page.evaluate(
        f"async () => {{ while (!({condition})) await new Promise((frame) => requestAnimationFrame(frame)); }}"
    )


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
