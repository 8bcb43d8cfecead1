"""`bin/bench`: every measure, one after the other; a table with every goal, what explains those that do not hold, and the documents that say so."""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from loadtests.compare import pace
from loadtests.compare.goals import Found, Goal
from loadtests.compare.servers import Fuuro, Unable
from loadtests.compare.tables import table

QUICK: dict[str, list[str]] = {
    "chat": ["--peers", "socketio,channels", "--rounds", "3", "--secs", "3"],
    "latency": ["--rounds", "5", "--secs", "4"],
    "booking": ["--rounds", "5", "--secs", "4"],
    "idle": [],
    "storm": [],
    "catchup": ["--rounds", "3"],
    "two": ["--rounds", "3", "--secs", "3"],
    "rooms": ["--rounds", "5", "--secs", "3"],
    "growth": [],
    "search": ["--casts", "10000", "--secs", "2"],
    "limits": ["--rounds", "4", "--secs", "3"],
}
LONG: dict[str, list[str]] = QUICK | {
    "chat": ["--peers", "all", "--rounds", "5", "--secs", "3"],
    "idle": ["--long"],
    "storm": ["--long"],
    "growth": ["--long"],
    "search": [],
    "limits": ["--rounds", "7", "--secs", "3"],
}
PROFILED: dict[str, list[str]] = {
    "chat": ["--peers", "none", "--rounds", "1", "--secs", "2"],
    "latency": ["--peers", "none", "--rounds", "1", "--secs", "3"],
    "booking": ["--rounds", "1", "--secs", "4"],
    "idle": ["--peers", "none"],
    "storm": ["--rounds", "1"],
    "catchup": ["--rounds", "2"],
    "two": ["--rounds", "1", "--secs", "3"],
    "rooms": ["--rounds", "1", "--secs", "3"],
    "growth": ["--rounds", "1", "--secs", "2"],
    "search": ["--casts", "10000", "--rounds", "1", "--secs", "0.1"],
    "limits": ["--rounds", "1", "--secs", "2"],
}
"""What is run once more, under the profiler, where a goal does not hold."""
TOP = 6


class Measured(Struct):
    """One measure of a run: `why` it could not be made, or what was found and, where a goal does not hold, whose code the time went to
    (shares of its processor time). `lap_ms`: how long the machine took meanwhile for the same small work."""

    command: str
    found: Found | None = None
    why: str = ""
    profile: dict[str, float] = {}
    lap_ms: float | None = None


def run(measures: Mapping[str, Any], parser: argparse.ArgumentParser, long: bool) -> dict[str, Measured]:
    """In the order of `QUICK`. One that is unable does not end the others."""
    measured: dict[str, Measured] = {}
    spans: dict[str, tuple[float, float]] = {}
    with pace.running() as laps:
        for name, options in (LONG if long else QUICK).items():
            one = measured[name] = Measured(" ".join(["bin/bench", name, *options]))
            print(f"\n## {one.command}\n", flush=True)
            begun = time.monotonic()
            try:
                one.found = measures[name].run(parser.parse_args([name, *options]))
            except Unable as error:
                one.why = str(error).partition("\n")[0]
                print(error)
            spans[name] = begun, time.monotonic()
        found = laps()
    for name, span in spans.items():
        measured[name].lap_ms = pace.lap_ms(found, *span)
    for name, one in measured.items():
        if one.found is not None and any(goal.verdict == "DOES NOT HOLD" for goal in one.found.goals):
            print(f"\n## {name}, under the profiler\n", flush=True)
            one.profile = _profile(measures[name], parser.parse_args([name, *PROFILED[name]]))
    return measured


def _profile(measure: Any, arguments: argparse.Namespace) -> dict[str, float]:
    """Package → its share; nothing where it could not be run again."""
    plain = Fuuro.program
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder) / "counts.json"
        os.environ["BENCH_PROFILE"] = str(counted)
        Fuuro.program = ("-m", "loadtests.compare.profiled")
        try:
            measure.run(arguments)
            counts: dict[str, int] = json.loads(counted.read_text())
        except (Unable, OSError) as error:
            print(error)
            return {}
        finally:
            Fuuro.program = plain
            del os.environ["BENCH_PROFILE"]
    return {name: n / sum(counts.values()) for name, n in sorted(counts.items(), key=lambda one: -one[1])[:TOP]}


def goals(measured: Mapping[str, Measured]) -> list[tuple[Goal, Measured]]:
    return [(goal, one) for one in measured.values() if one.found is not None for goal in one.found.goals]


def goals_table(measured: Mapping[str, Measured]) -> str:
    rows = [[g.work, g.wanted, g.measured, g.verdict, _lap(one), f"`{one.command}`"] for g, one in goals(measured)]
    rows += [
        [name, "", "", f"not measured: {one.why}", _lap(one), f"`{one.command}`"]
        for name, one in measured.items()
        if one.why
    ]
    return table(["work", "goal", "measured", "", "machine", "command"], rows)


def _lap(one: Measured) -> str:
    return "" if one.lap_ms is None else f"{one.lap_ms:.2f} ms"


def profiles(measured: Mapping[str, Measured]) -> list[str]:
    """A sentence for each measure with a goal that does not hold."""
    return [
        f"{name}: {', '.join(f'{package} {share:.0%}' for package, share in one.profile.items())}"
        for name, one in measured.items()
        if one.profile
    ]
