"""People who are already signed in: what a journey needs before it begins is given to the house directly."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Self
from uuid import uuid4

from playwright.sync_api import Browser, Page

from tests.browser.conftest import person
from tests.tools.clones import rows, shift
from tests.tools.house import House, Person

CORE = """async () => {
  const names = ['api', 'session'];
  const [api, session] = await Promise.all(names.map((name) => import(`/js/${name}.js`)));
  window.core = { ...api, ...session };
}"""
"""What the page itself works with, as `core`."""


class Visitor:
    """A page whose cookies know an account, and the same account's commands and reads."""

    def __init__(self, page: Page, house: House) -> None:
        self.page = page
        self.token = ""
        self.id = ""
        self.phone = ""
        self.house = house
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "console", lambda said: self.faults.append(said.text) if "Content Security Policy" in said.text else None
        )

    @classmethod
    def arrive(cls, browser: Browser, house: House, role: str, name: str, **look: object) -> Self:
        """A new account of `role`, signed in; its page is still empty."""
        one = cls(person(browser, house, **look), house)
        phone = one.phone = f"090{next(Person.numbers)}"
        said = one._ask("/api/auth/otp", {"phone": phone})
        items = one.page.request.get("/dev/inbox.json").json()["items"]
        text = next(i["text"] for i in items if i["to"] == "+81" + phone[1:])
        code = re.findall(r"\d{6}", text)[0]
        proven = one._ask("/api/auth/verify", {"challenge": said["challenge"], "code": code})
        form = {
            "registration_token": proven["registration_token"],
            "display_name": name,
            "birth_date": "1992-03-04",
            "role": role,
        }
        done = one._ask("/api/auth/register", form | ({"cast_code": house.cast_code()} if role == "cast" else {}))
        one.token, one.id = done["access_token"], done["account"]["id"]
        return one

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.page.request.post(path, data=body)
        assert answer.ok, answer.text()
        return answer.json()

    def give(self, type: str, **fields: Any) -> Any:
        """A command's result."""
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": str(uuid4())}
        body = {"type": type, **{name.rstrip("_"): value for name, value in fields.items()}}
        answer = self.page.request.post("/api/commands", data=body, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()["result"]

    def read(self, path: str) -> Any:
        answer = self.page.request.get(path, headers={"authorization": f"Bearer {self.token}"})
        assert answer.ok, answer.text()
        return answer.json()

    def plan(self, **changes: Any) -> Any:
        """A plan of 90 minutes for 18,000 yen."""
        usual = {
            "name": "ゆったり90分",
            "minutes": 90,
            "price": {"amount": 18000, "currency": "JPY"},
            "terms": "総額です。延長はトークでご相談ください。",
        }
        return self.give("plan.save", **(usual | changes))

    def invites(self, guest: "Visitor", plan: str, starts_at: datetime) -> Any:
        """A draft to `guest`, in the room of the two."""
        room = guest.give("room.open", with_=self.id)["room"]
        sent = self.give("invitation.send", room=room, plan=plan, starts_at=starts_at.isoformat())
        return sent["reservation"]

    def pledges(self, reservation: Any) -> Any:
        """Presses, holds for as long as it takes, pledges."""
        held = self.give("reservation.press", reservation=reservation["id"])
        self.page.wait_for_timeout(held["hold_ms"] + 100)  # the seal is really held: this is what the house checks
        terms = reservation["plan"]["terms_version"]
        return self.give("reservation.pledge", reservation=reservation["id"], terms_version=terms)["reservation"]


def at_the_database(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """On a thread of its own: Playwright's event loop has this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


def later(house: House, days: float) -> None:
    at_the_database(lambda: shift(house, days))


def moment(house: House) -> datetime:
    """Now, by the clock of the house; to the minute."""
    ((at,),) = at_the_database(lambda: rows(house, "select kernel.moment()"))
    return at.replace(second=0, microsecond=0)  # type: ignore[no-any-return]


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
