"""Documentation that cannot rot: generated pages are fresh, named files exist, every command and setting is spoken of."""

import inspect
import re
from pathlib import Path

import pytest

from server import documents
from server.kernel import settings
from server.protocol.frames import COMMANDS
from server.protocol.results import RESULT
from tests.tools import coverage
from tests.tools.house import ROOT

PAGES = ["README.md", "ARCHITECTURE.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", ["protocol.md", "asyncapi.json", "openapi.json"])
def test_a_generated_document_is_fresh(name: str, tmp_path: Path) -> None:
    documents.write(tmp_path)
    fresh = (tmp_path / name).read_text("utf-8")
    assert (ROOT / "docs" / name).read_text("utf-8") == fresh, "run bin/docs and commit what it writes"


def test_every_command_has_an_answer() -> None:
    assert {COMMANDS[tag] for tag in COMMANDS} == set(RESULT)


def test_every_command_says_what_it_is() -> None:
    assert [tag for tag, command in COMMANDS.items() if not vars(command).get("__doc__")] == []


def test_every_trimmed_text_has_its_limit_in_the_page() -> None:
    calls = {
        tag: inspect.getsource(c.__post_init__).count("trimmed(")
        for tag, c in COMMANDS.items()
        if hasattr(c, "__post_init__")
    }
    assert {tag: len(documents.trimmed(COMMANDS[tag])) for tag in calls} == calls


def test_every_thing_that_the_page_names_is_described() -> None:
    text = documents.protocol()
    named = {
        name
        for cell in re.findall(r"^\| `\w+`\?? \| ([^|]*) \|$", text, re.M)
        for name in re.findall(r"\b[A-Z]\w+", cell)
    }
    assert named - set(re.findall(r"^### (\w+)$", text, re.M)) == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = re.findall(r"`((?:server|sql|static|tests|bin|docs|loadtests|requirements)/[\w./-]*)`", text)
    named += re.findall(r"`(\w+\.(?:toml|yaml|md))`", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    linked = [link for link in re.findall(r"\]\(([\w./-]+)\)", text) if not ((ROOT / page).parent / link).exists()]
    assert missing + linked == []


def test_every_aspect_that_a_page_names_is_a_file_of_some_context() -> None:
    bare = {name for page in PAGES for name in re.findall(r"`(\w+\.py)`", (ROOT / page).read_text("utf-8"))}
    assert bare - {path.name for path in (ROOT / "server").rglob("*.py")} == set()


def test_the_readme_knows_every_setting() -> None:
    read = set(re.findall(r'"((?:FUURO_|DATABASE_|REDIS_)\w+)"', inspect.getsource(settings)))
    readme = (ROOT / "README.md").read_text("utf-8")
    assert {name for name in read if f"`{name}`" not in readme} == set()


def test_every_item_of_the_contract_has_a_test_that_sees_it() -> None:
    tests = coverage.covered()
    items = {item for group in coverage.ITEMS.values() for item in group}
    assert items - tests.keys() == set(), "write one, and mark it with @pytest.mark.covers"
    assert tests.keys() - items == set(), "a mark names what is not in the contract"


def test_the_page_of_coverage_is_fresh() -> None:
    assert coverage.PAGE.read_text("utf-8") == coverage.page(), "run bin/docs"
