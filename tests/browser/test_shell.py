"""The client's files, looked at without a browser: their weight, their words, their policy."""

import hashlib
import json
import re
from pathlib import Path

from server.web.pages import HEADERS
from tests.tools.house import ROOT

STATIC = ROOT / "static"
FIRST_LOAD_LIMIT = 150 * 1024  # bytes of our own code, uncompressed
SPOKEN = re.compile(r"""\bt\(\s*["']([a-z_]+(?:\.[a-z_0-9]+)*)["']""")
WORDLIKE = re.compile(r"""["']([a-z_]+\.[a-z_0-9]+)["']""")
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+\.js)["']""")
AT_ONCE = re.compile(r"""(?:from|import)\s*["'](\.[^"']+\.js)["']""")
PAGE = re.compile(r"""\(\) => (?:(later|talk)\(\(\) => )?import\(["'](\.[^"']+\.js)["']\)""")
BROUGHT = {"later": ["pages"], "talk": ["room", "letter"], "": []}
"""The sheets that a page brings."""
LINKED = re.compile(r"""<link rel="(?:stylesheet|manifest)" href="/([^"]+)">""")


def words(language: str) -> dict[str, str]:
    """Those of the first load, and those of pages; none is in both."""
    first, later = (
        json.loads((STATIC / "i18n" / f"{name}.json").read_text("utf-8")) for name in (language, f"pages.{language}")
    )
    assert not first.keys() & later.keys()
    return {**first, **later}


def scripts() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((STATIC / "js").rglob("*.js")))


def first_load() -> tuple[set[Path], dict[str, tuple[str, set[Path]]]]:
    """What is fetched whatever the page. And each page: with what it comes (`BROUGHT`), and its modules;
    beside a conversation stands the list of all."""
    frame = STATIC / "js" / "elements" / "fuuro-app.js"
    pages = {name: (how, (frame.parent / name).resolve()) for how, name in PAGE.findall(frame.read_text("utf-8"))}
    assert {"./sign-in.js", "./room-view.js", "./room-list.js", "./cast-page.js"} <= pages.keys()
    assert (pages["./cast-page.js"][0], pages["./room-view.js"][0]) == ("later", "talk")
    always = loaded_from(STATIC / "js" / "app.js", AT_ONCE) | loaded_from(frame, AT_ONCE)
    listed = pages["./room-list.js"][1]
    beside = {"./room-list.js", "./room-view.js"}
    return always, {
        name: (how, {module, listed} if name in beside else {module}) for name, (how, module) in pages.items()
    }


def test_the_first_load_of_the_heaviest_page_weighs_less_than_it_may() -> None:
    """The page, its styles, the frame with every module that it needs, the list beside every page, the heaviest page with all that it
    brings, the longer of the two languages, and the service worker. What is fetched when somebody asks for it is not of the first load."""
    always, pages = first_load()
    always |= {STATIC / "index.html", STATIC / "service-worker.js"}
    always |= {STATIC / name for name in LINKED.findall((STATIC / "index.html").read_text("utf-8"))}

    def weight(files: set[Path], *spoken: str) -> int:
        return sum(path.stat().st_size for path in files) + sum(
            max((STATIC / "i18n" / f"{name}{language}.json").stat().st_size for language in ("ja", "en"))
            for name in spoken
        )

    weights = {}
    for name, (how, modules) in pages.items():
        files = always.union(*(loaded_from(module, AT_ONCE) for module in modules))
        files |= {STATIC / "css" / f"{sheet}.css" for sheet in BROUGHT[how]}
        weights[name] = weight(files, "", "pages.") if how == "later" else weight(files, "")
    assert min(weights.values()) > 0
    assert {name: weight for name, weight in weights.items() if weight >= FIRST_LOAD_LIMIT} == {}


def test_what_the_first_load_says_is_among_its_words() -> None:
    found, pages = first_load()
    for how, modules in pages.values():
        if how != "later":
            found = found.union(*(loaded_from(module, AT_ONCE) for module in modules))
    text = "\n".join(module.read_text("utf-8") for module in found)
    first = json.loads((STATIC / "i18n" / "ja.json").read_text("utf-8"))
    spoken = set(SPOKEN.findall(text)) | {name for name in WORDLIKE.findall(text) if name in words("ja")}
    assert "entry.pending" in spoken
    assert sorted(spoken - first.keys()) == []


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


def test_the_version_of_the_shell_is_that_of_its_files() -> None:
    """A browser that has the shell asks for nothing of it until the worker's own text changes."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file() and path.suffix != ".md" and path.name != "service-worker.js" and "operator" not in path.name:
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    line = f'const VERSION = "{digest.hexdigest()[:12]}";'
    assert line in (STATIC / "service-worker.js").read_text("utf-8"), f"Write {line} into static/service-worker.js"
