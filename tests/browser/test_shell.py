"""The client's files, looked at without a browser: their weight, their words, their policy."""

import json
import re
from pathlib import Path

from server.web.pages import HEADERS
from tests.tools.house import ROOT

STATIC = ROOT / "static"
FIRST_LOAD_LIMIT = 150 * 1024  # bytes of our own code, uncompressed
SPOKEN = re.compile(r"""\bt\(\s*["']([a-z_]+(?:\.[a-z_0-9]+)*)["']""")
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+\.js)["']""")
AT_ONCE = re.compile(r"""(?:from|import)\s*["'](\.[^"']+\.js)["']""")
LATER = re.compile(r"""import\(\s*["'](\.[^"']+\.js)["']""")
LINKED = re.compile(r"""<link rel="(?:stylesheet|manifest)" href="/([^"]+)">""")


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / "i18n" / f"{language}.json").read_text("utf-8"))
    return found


def scripts() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((STATIC / "js").rglob("*.js")))


def test_the_first_load_of_the_heaviest_page_weighs_less_than_it_may() -> None:
    """The page, its styles, the frame with every module that it needs, the list beside every page, the heaviest page, the longer of the
    two languages, and the service worker. What a page fetches later, when it is asked to, is not of the first load."""
    frame = STATIC / "js" / "elements" / "fuuro-app.js"
    always = loaded_from(STATIC / "js" / "app.js", AT_ONCE) | loaded_from(frame, AT_ONCE)
    pages = {name: (frame.parent / name).resolve() for name in LATER.findall(frame.read_text("utf-8"))}
    assert {"./sign-in.js", "./room-view.js", "./room-list.js"} <= pages.keys()
    always |= loaded_from(pages["./room-list.js"], AT_ONCE)
    files = {STATIC / "index.html", STATIC / "service-worker.js"}
    files |= {STATIC / name for name in LINKED.findall((STATIC / "index.html").read_text("utf-8"))}
    spoken = max((STATIC / "i18n" / f"{language}.json").stat().st_size for language in ("ja", "en"))
    weights = {
        name: spoken + sum(path.stat().st_size for path in files | always | loaded_from(page, AT_ONCE))
        for name, page in pages.items()
    }
    assert min(weights.values()) > 0
    assert {name: weight for name, weight in weights.items() if weight >= FIRST_LOAD_LIMIT} == {}


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    japanese, english = words("ja"), words("en")
    assert japanese.keys() == english.keys()
    for key, text in japanese.items():
        assert text.strip() and english[key].strip(), key
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


def test_every_word_that_is_spoken_by_its_key_exists() -> None:
    spoken = set(SPOKEN.findall(scripts()))
    assert spoken
    assert spoken <= words("ja").keys()


def test_no_html_is_made_from_strings() -> None:
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", scripts())


def test_the_policy_allows_no_inline_script_and_asks_for_trusted_types() -> None:
    policy = HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy


def test_the_page_itself_has_no_inline_script_or_style() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def loaded_from(entry: Path, imported: re.Pattern[str] = IMPORTED) -> set[Path]:
    """The module and all that it imports, however deep."""
    found, waiting = {entry}, [entry]
    while waiting:
        module = waiting.pop()
        for name in imported.findall(module.read_text("utf-8")):
            other = (module.parent / name).resolve()
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def test_the_service_worker_keeps_every_module_that_the_client_loads() -> None:
    """The operator's page has an entry of its own, and is not for the street."""
    worker = (STATIC / "service-worker.js").read_text("utf-8")
    names = {path.stem for path in loaded_from(STATIC / "js" / "app.js")}
    assert {"app", "socket", "fuuro-app", "wax-seal"} <= names
    assert sorted(name for name in names if f'"{name}"' not in worker) == []
