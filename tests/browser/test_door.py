"""The door: how far one has come is not lost by a reload, another language or a look back."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import code_for, person
from tests.tools.house import House, Person

pytestmark = pytest.mark.slow


def test_a_reload_and_another_language_find_one_where_one_was(browser: Browser, house: House) -> None:
    page = person(browser, house)
    phone = f"090{next(Person.numbers)}"
    page.goto("/")
    page.get_by_test_id("phone").fill(phone)
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("code")).to_be_visible()
    page.reload()
    page.get_by_test_id("other-number").click()
    expect(page.get_by_test_id("phone")).to_have_value(phone)
    page.get_by_test_id("have-code").click()
    page.get_by_test_id("code").fill(code_for(page, phone))
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("name")).to_be_visible()
    page.get_by_text("English").click()
    expect(page.locator("form").get_by_text("Name", exact=True)).to_be_visible()
    page.get_by_test_id("name").fill("Ken")
    page.get_by_test_id("birth").fill("1992-03-04")
    page.get_by_test_id("submit").click()
    page.wait_for_url("**/rooms")
    assert page.evaluate("sessionStorage.length") == 0
