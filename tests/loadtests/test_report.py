"""A whole run: one measure that cannot be made does not end the others, and the page says what was found."""

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loadtests.compare import report, whole
from loadtests.compare.goals import Found, at_least, at_most
from loadtests.compare.rounds import Round
from loadtests.compare.servers import Fuuro, Unable

ROUNDS = [
    Round("64 × 1", server, speed, 1.0, 2.0, 0.1, 50.0, 40.0)
    for server, speed in (("Fuuro", 300.0), ("Socket.IO + pg", 100.0))
]
CHAT = Found([at_least("chat 64 × 1", 2, 3, "× Socket.IO + pg"), at_most("far off", 1, 8, "ms")], {"rounds": ROUNDS})


def measure(run: Any) -> Any:
    return SimpleNamespace(run=run)


def parser(names: list[str]) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    measures = made.add_subparsers()
    for name in names:
        one = measures.add_parser(name)
        for option in ("--rounds", "--secs", "--peers"):
            one.add_argument(option)
    return made


def unable(_: argparse.Namespace) -> Found:
    raise Unable("Node is not installed.\nand more")


def test_what_cannot_be_measured_is_said_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "QUICK", {"latency": [], "chat": ["--rounds", "3"]})
    monkeypatch.setattr(whole, "PROFILED", {"latency": [], "chat": []})
    measured = whole.run(
        {"latency": measure(unable), "chat": measure(lambda _: CHAT)}, parser(["latency", "chat"]), False
    )
    lines = whole.goals_table(measured).splitlines()
    assert len(lines) == 5
    assert "machine" in lines[0]
    assert "≥ 2 × Socket.IO + pg" in lines[2] and "| holds" in lines[2] and "`bin/bench chat --rounds 3`" in lines[2]
    assert "DOES NOT HOLD" in lines[3]
    assert "not measured: Node is not installed." in lines[4]


def test_what_does_not_hold_is_run_again_under_the_profiler(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = []

    def run(arguments: argparse.Namespace) -> Found:
        programs.append(Fuuro.program)
        if arguments.rounds == "1":
            Path(whole.os.environ["BENCH_PROFILE"]).write_text('{"psycopg": 30, "server.booking": 10}')
        return CHAT

    monkeypatch.setattr(whole, "QUICK", {"chat": []})
    monkeypatch.setattr(whole, "PROFILED", {"chat": ["--rounds", "1"]})
    measured = whole.run({"chat": measure(run)}, parser(["chat"]), False)
    assert programs == [("-m", "server"), ("-m", "loadtests.compare.profiled")]
    assert Fuuro.program == ("-m", "server")
    assert whole.profiles(measured) == ["chat: psycopg 75%, server.booking 25%"]


def test_whatever_has_a_goal_can_be_run_again_under_the_profiler() -> None:
    assert whole.PROFILED.keys() == whole.QUICK.keys() == whole.LONG.keys()


def test_the_page_gets_the_new_figures_in_the_place_of_the_old_ones(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"before\n\n{report.BEGIN}\nyesterday\n{report.END}\n\nafter\n")
    measured = {"chat": whole.Measured("bin/bench chat", CHAT, profile={"psycopg": 0.5})}
    report.write(measured, False, page)
    first = page.read_text()
    assert "yesterday" not in first and first.startswith("before\n") and first.endswith("\n\nafter\n")
    for part in ("1 of 2 goals hold", "3.00 ×", "- chat: psycopg 50%", "benchmarks/chat.svg", "benchmarks/goals.svg"):
        assert part in first
    assert {path.name for path in (tmp_path / "benchmarks").iterdir()} == {"results.json", "chat.svg", "goals.svg"}
    report.write(measured, False, page)
    assert page.read_text() == first, "a second time changes nothing"


def test_a_page_without_a_place_for_figures_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no place for figures"):
        report.replaced("nothing here", "figures")


def test_the_machine_is_named_in_general_terms() -> None:
    assert "cores" in report.machine()
    assert whole.os.uname().nodename not in report.machine()
