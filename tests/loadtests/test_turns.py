"""Servers take turns at a load; one that fails at it costs the others nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests.compare import rounds
from loadtests.compare.rounds import Load, Round, take_turns
from loadtests.compare.servers import Running, Unable


class Named:
    """A server by its name alone: here nobody puts a load on it."""

    dialect = "fuuro"
    fresh = False
    tokens = Path("tokens")

    def __init__(self, name: str) -> None:
        self.name = name

    @contextmanager
    def running(self) -> Iterator[Running]:
        yield Running(self.name, 1, os.getpid())


def failing(monkeypatch: pytest.MonkeyPatch, name: str, load: str, after: int) -> None:
    """The server of that name fails at that load, after so many rounds that went well."""
    done: list[str] = []

    def one(of: Load, server: Named, *_: object) -> Round:
        if (server.name, of.name) == (name, load) and done.count(name) == after:
            raise Unable(f"{name} lost a message")
        done.append(server.name)
        return Round(of.name, server.name, 100.0, 1.0, 1.0, 0.1, 50.0, 40.0)

    monkeypatch.setattr(rounds, "_one", one)


def test_a_peer_that_fails_at_a_load_is_left_out_of_it_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, "peer", "64 × 1", after=1)
    taken = take_turns([Named("ours"), Named("peer")], [Load(64, 1), Load(64, 4)], 3, 1.0)
    assert [(r.load, r.server) for r in taken] == [("64 × 1", "ours")] * 3 + [
        ("64 × 4", "ours"),
        ("64 × 4", "peer"),
    ] * 3
    assert "64 × 1 without peer: peer lost a message" in capsys.readouterr().err


def test_the_one_that_is_measured_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "ours", "64 × 1", after=0)
    with pytest.raises(Unable, match="ours lost a message"):
        take_turns([Named("ours"), Named("peer")], [Load(64, 1)], 3, 1.0)
