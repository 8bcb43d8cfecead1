"""Pictures of every page, made in a furnished house: for looking at, and three of them for the README."""

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from msgspec import Struct
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, sync_playwright

from server.demo import portraits
from tests.tools.house import ROOT, House

INTO = ROOT / ".screenshots"
README = ROOT / "docs" / "images"
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
THEMES = ("dark", "light")
LANGUAGES = ("ja", "en")
CASTS = 30
"""that get a portrait, and of whom the busiest is looked at."""


class Shot(Struct):
    """A page: who sees it, where, and what is done there before the picture."""

    name: str
    who: str
    path: str
    act: Callable[[Page], object] | None = None
    at_once: bool = False
    """A moment that does not last: the seal would be pledged."""


def tap(*testids: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for testid in testids:
            page.get_by_test_id(testid).last.click()

    return act


def down(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.scroll_into_view_if_needed()


def press(page: Page) -> None:
    """A finger on the seal."""
    seal = page.get_by_test_id("seal").last
    seal.scroll_into_view_if_needed()
    box = seal.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(200)  # this much of the hold is what the picture shows


SHOTS = [
    Shot("door", "nobody", "/"),
    Shot("rooms", "guest", "/rooms"),
    Shot("room-letter", "guest", "/rooms/{invited}"),
    Shot("room-melting", "guest", "/rooms/{invited}", press, at_once=True),
    Shot("room-sealed", "guest", "/rooms/{sealed}"),
    Shot("two-steps", "guest", "/rooms/{invited}", tap("two-steps")),
    Shot("room-menu", "guest", "/rooms/{sealed}", tap("room-menu")),
    Shot("ask", "guest", "/rooms/{sealed}", tap("ask")),
    Shot("casts", "guest", "/casts"),
    Shot("filter", "guest", "/casts", tap("filter")),
    Shot("cast", "guest", "/casts/{cast}"),
    Shot("cast-times", "guest", "/casts/{cast}", down("free-times")),
    Shot("cast-voices", "guest", "/casts/{cast}", down("review-list")),
    Shot("reservations", "guest", "/reservations"),
    Shot("reservations-past", "guest", "/reservations", tap("past")),
    Shot("settings", "guest", "/settings"),
    Shot("cast-rooms", "cast", "/rooms"),
    Shot("invite", "cast", "/rooms/{hers}", tap("invite")),
    Shot("tonight", "cast", "/tonight"),
    Shot("work", "cast", "/work"),
    Shot("rules", "cast", "/work", down("[data-testid=rules]")),
    Shot("profile", "cast", "/profile"),
    Shot("guest-card", "cast", "/guests/{guest}"),
    Shot("cast-settings", "cast", "/settings"),
]
SHOWN = {"room-melting": "seal", "cast": "cast", "work": "nights"}
"""On a phone, at night, in Japanese: what the README shows, and under which name."""


def only_looking(here: WebSocketRoute) -> None:
    """A slow camera must not pledge: everything passes but that."""
    there = here.connect_to_server()
    here.on_message(lambda said: None if "reservation.pledge" in str(said) else there.send(said))


class Resident:
    """Somebody of the demo, signed in by HTTP; `state` lets browsers in."""

    def __init__(self, browser: Browser, house: House, phone: str) -> None:
        self.context = browser.new_context(base_url=house.url)
        ask = self.context.request
        said = ask.post("/api/auth/otp", data={"phone": phone}).json()
        texts = ask.get("/dev/inbox.json").json()["items"]
        code = re.findall(r"\d{6}", next(t["text"] for t in texts if t["to"] == "+81" + phone[1:]))[0]
        done = ask.post("/api/auth/verify", data={"challenge": said["challenge"], "code": code}).json()
        self.id: str = done["account"]["id"]
        self.bearer = {"authorization": f"Bearer {done['access_token']}"}

    def read(self, path: str) -> Any:
        return self.context.request.get(path, headers=self.bearer).json()

    def give(self, type: str, **fields: object) -> Any:
        answer = self.context.request.post("/api/commands", data={"type": type, **fields}, headers=self.bearer)
        return answer.json()["result"]

    def upload(self, name: str, data: bytes) -> str:
        file = {"photo": {"name": name, "mimeType": "image/png", "buffer": data}}
        answer = self.context.request.post("/api/photos", multipart=file, headers=self.bearer)  # type: ignore[arg-type]
        return str(answer.json()["photo"]["id"])


class Scene:
    """Who is looked at: the first guest, and the busiest of the first casts; all of these get portraits."""

    def __init__(self, browser: Browser, house: House) -> None:
        casts = [Resident(browser, house, f"0901000{1000 + n}") for n in range(1, CASTS + 1)]
        for n, cast in enumerate(casts):
            if not cast.read(f"/api/casts/{cast.id}")["photos"]:
                photos = [
                    cast.upload(f"{i}.png", portraits.portrait(f"{n} {i}")) for i in range(2 if n % 3 == 0 else 1)
                ]
                cast.give("profile.save", photos=photos)
            if n % 3 == 0:
                cast.give("status.set", tonight=True)
        guest = Resident(browser, house, "09020001001")
        self.people = {
            "guest": guest,
            "cast": max(casts, key=lambda cast: len(cast.read("/api/reservations")["items"])),
        }
        mine = guest.read("/api/reservations")["items"]
        hers = self.people["cast"].read("/api/reservations")["items"]
        seen = {r["cast"]["id"] for r in mine}
        self.places = {
            "invited": next(r["room"] for r in mine if r["status"] == "draft"),
            "sealed": next(r["room"] for r in mine if r["status"] == "confirmed"),
            "cast": next((c.id for c in casts if c.id in seen), casts[0].id),
            "hers": hers[0]["room"],
            "guest": hers[0]["guest"]["id"],
        }

    @contextmanager
    def look(self, browser: Browser, house: House, who: str, size: str, theme: str, language: str) -> Iterator[Page]:
        width, height = SIZES[size]
        context = self._context(browser, house, who, viewport={"width": width, "height": height}, color_scheme=theme)
        context.add_init_script(f"localStorage.setItem('fuuro.language', '{language}')")
        context.route_web_socket(re.compile(r"/ws$"), only_looking)
        try:
            yield context.new_page()
        finally:
            context.close()

    def _context(self, browser: Browser, house: House, who: str, **look: Any) -> BrowserContext:
        usual = {"locale": "ja-JP", "timezone_id": "Asia/Tokyo", "base_url": house.url, "service_workers": "block"}
        state = {} if who == "nobody" else {"storage_state": self.people[who].context.storage_state()}
        return browser.new_context(**(usual | look | state))


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/screenshots")
    parser.add_argument("--only", nargs="*", help="names of pages")
    parser.add_argument("--look", nargs="*", help="such as phone-dark-ja")
    parser.add_argument("--readme", action="store_true", help="also the three of the README, into docs/images")
    asked = parser.parse_args()
    program = shutil.which("chromium")
    if program is None:
        sys.exit("chromium is not installed: apt install chromium")
    INTO.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuuro-", ignore_cleanup_errors=True) as folder, sync_playwright() as tools:
        os.chmod(folder, 0o711)
        house = House(Path(folder) / "data")
        house.run("seed", "--demo", "--casts", "60")
        browser = tools.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            scene = Scene(browser, house.start())
            for look in product(SIZES, THEMES, LANGUAGES):
                if not asked.look or "-".join(look) in asked.look:
                    take(browser, house, scene, look, asked.only)
        finally:
            browser.close()
            house.stop()
    if asked.readme:
        for name, told in SHOWN.items():
            with Image.open(INTO / f"{name}-phone-dark-ja.png") as picture:
                picture.save(README / f"{told}.webp", quality=80)


def take(browser: Browser, house: House, scene: Scene, look: tuple[str, str, str], only: list[str] | None) -> None:
    """Every page in one look; the cookie that was used is the next look's."""
    for who in ("nobody", "guest", "cast"):
        shots = [shot for shot in SHOTS if shot.who == who and (not only or shot.name in only)]
        if not shots:
            continue
        with scene.look(browser, house, who, *look) as page:
            for shot in shots:
                page.goto(shot.path.format(**scene.places))
                page.wait_for_load_state("networkidle")
                if shot.act is not None:
                    shot.act(page)
                if not shot.at_once:
                    page.wait_for_load_state("networkidle")
                    page.evaluate("document.fonts.ready.then(() => new Promise((shown) => setTimeout(shown, 400)))")
                page.screenshot(path=INTO / f"{shot.name}-{'-'.join(look)}.png")
                page.mouse.up()
            if who != "nobody":
                kept = page.context.storage_state()["cookies"]
                scene.people[who].context.add_cookies(kept)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
