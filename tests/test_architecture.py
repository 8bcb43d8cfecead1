"""The walls that import-linter does not see: schemas in SQL, psycopg, and who handles what."""

import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from server.kernel.settings import ROLES, Settings
from server.protocol.commands import OpenSession, PingSession, RefreshSession
from server.protocol.frames import COMMANDS
from tests.tools.house import ROOT

CONTEXTS = ["identity", "portfolio", "offer", "message", "booking", "trust"]
SQL = [p for folder in ("queries", "routines") for p in sorted((ROOT / "sql" / folder).glob("*.sql"))]


@pytest.mark.parametrize("path", SQL, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_sql_names_no_other_contexts_schema_but_for_its_public_views(path: Path) -> None:
    text = re.sub(r"--.*", "", path.read_text("utf-8"))
    own = path.stem.partition("_")[0]
    found = re.findall(rf"\b({'|'.join(CONTEXTS)})\.(\w+)", text)
    foreign = [f"{schema}.{name}" for schema, name in found if schema != own and not name.startswith("public_")]
    assert foreign == []


def test_psycopg_appears_only_in_the_kernel_and_in_stores() -> None:
    allowed = {"server/serve.py"}
    users = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "server").rglob("*.py")
        if re.search(r"^\s*(?:import|from) psycopg", path.read_text("utf-8"), re.M)
    }
    outside = {u for u in users if not u.startswith("server/kernel/") and not u.endswith("/store.py")}
    assert outside <= allowed, "go through server/kernel/failures.py or a store"


def test_every_limit_is_used() -> None:
    names = re.findall(r"^([A-Z_]+) =", (ROOT / "server/protocol/limits.py").read_text("utf-8"), re.M)
    code = "\n".join(p.read_text("utf-8") for p in (ROOT / "server").rglob("*.py") if p.name != "limits.py")
    assert [name for name in names if not re.search(rf"\blimits\.{name}\b", code)] == []


def test_every_command_has_exactly_one_handler() -> None:
    from server.app import Server

    nowhere = Settings(
        None, None, "127.0.0.1", 8000, Path(), bytes(32), ZoneInfo("UTC"), frozenset(), None, 1.0, ROLES, frozenset(),
        "mailto:operator@example.org", False,
    )  # fmt: skip
    handled = set(Server(msgspec.structs.replace(nowhere), "").dispatcher._handlers)
    assert set(COMMANDS.values()) - handled == {OpenSession, RefreshSession, PingSession}


def test_no_command_has_two_handlers() -> None:
    from server import booking, identity, message, offer, portfolio, trust
    from server.kernel import letters

    nobody: Any = None
    tables = [
        message.handlers(nobody, nobody, nobody, nobody),
        booking.handlers(nobody, nobody),
        booking.house_handlers(nobody),
        offer.HANDLERS,
        portfolio.handlers(nobody, nobody),
        trust.handlers(nobody, nobody),
        identity.HANDLERS,
        identity.operator_handlers(nobody),
        letters.HANDLERS,
    ]
    handled = [command for table in tables for command in table]
    assert len(handled) == len(set(handled))
