"""What a whole run of `bin/bench` writes: its figures, its charts, and the part of docs/benchmarks.md between two marks."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from loadtests.compare.charts import bars, glance
from loadtests.compare.chat import rounds_table
from loadtests.compare.pace import QUIET_MS
from loadtests.compare.rounds import Round, median
from loadtests.compare.servers import ROOT
from loadtests.compare.whole import Measured, goals, goals_table, profiles
from server.kernel.embedded import PROGRAMS

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- written by bin/bench: begin -->", "<!-- written by bin/bench: end -->"
Groups = dict[str, dict[str, float]]


def write(measured: Mapping[str, Measured], long: bool, page: Path = PAGE) -> None:
    """Replaces what the run before wrote; charts of measures that this run could not make stay."""
    folder = page.with_suffix("")
    folder.mkdir(exist_ok=True)
    where, day = machine(), f"{datetime.now(UTC):%Y-%m-%d}"
    results = msgspec.to_builtins({"machine": where, "day": day, "measures": measured}, str_keys=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    for name, drawing in charts(measured).items():
        (folder / f"{name}.svg").write_text(drawing)
    page.write_text(replaced(page.read_text(), section(measured, long, where, day)))


def replaced(text: str, section: str) -> str:
    """`text` with `section` between the marks. Raises ValueError where they are missing."""
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"There is no place for figures: {BEGIN} and {END} are missing.")
    return f"{before}{BEGIN}\n{section}\n{END}{after}"


def section(measured: Mapping[str, Measured], long: bool, machine: str, day: str) -> str:
    all_goals = [goal for goal, _ in goals(measured)]
    parts = [
        f"Written on {day} by `bin/bench{' --long' if long else ''}` on {machine}. {sum(g.holds for g in all_goals)} of {len(all_goals)} goals hold.",
        "![Every goal at a glance](benchmarks/goals.svg)",
        goals_table(measured),
        "Under `machine`: how long its processors took meanwhile for the same small work, at the median. "
        f"One of 2.8 GHz that nobody else uses takes {QUIET_MS} ms.",
    ]
    if explained := profiles(measured):
        parts.append(
            "Where a goal does not hold, whose code the serving process's time went into (sampled in a run of its own; what C does is counted for its caller):"
        )
        parts.append("\n".join(f"- {line}" for line in explained))
    found = {name: one.found.figures for name, one in measured.items() if one.found is not None}
    for name in charts(measured):
        if name != "goals":
            parts.append(f"![{TITLES[name]}](benchmarks/{name}.svg)")
        if name in ("chat", "latency"):
            parts.append(rounds_table(found[name]["rounds"]))
    return "\n\n".join(parts)


# ── charts ──────────────────────────────────────────────────────────────────────────────────────────────────────────
TITLES = {
    "chat": "Durable messages in the closed loop, pairs × in flight",
    "latency": "p99 of a message's way at a fixed rate",
    "booking": "From asking to the answer: invitation, press, pledge, seal",
    "idle": "Memory of an idle signed-in socket",
    "search": "A question among all casts",
}


def charts(measured: Mapping[str, Measured]) -> dict[str, str]:
    """Name → drawing, of what was measured."""
    found = {name: one.found.figures for name, one in measured.items() if one.found is not None}
    drawn = {"goals": glance("Every goal", [goal for goal, _ in goals(measured)])}
    if "chat" in found:
        drawn["chat"] = bars(TITLES["chat"], "messages a second", of_rounds(found["chat"]["rounds"], "per_second"))
    if "latency" in found:
        drawn["latency"] = bars(
            TITLES["latency"], "ms", of_rounds(found["latency"]["rounds"], "p99_ms"), logarithmic=True
        )
    if "booking" in found:
        steps = found["booking"]["flows"]["steps"]
        groups = {step: {"p50": each["p50_ms"], "p99": each["p99_ms"]} for step, each in steps.items()}
        drawn["booking"] = bars(TITLES["booking"], "ms", groups, logarithmic=True)
    if "idle" in found:
        drawn["idle"] = bars(
            TITLES["idle"], "KiB", {"": {name: kib for name, (kib, _) in found["idle"]["found"].items()}}
        )
    if "search" in found:
        timed = found["search"]["timed"]
        most = max(one.casts for one in timed)
        groups = {one.filter: {"p50": one.p50_ms, "p99": one.p99_ms} for one in timed if one.casts == most}
        drawn["search"] = bars(TITLES["search"], f"ms, {most:,} casts", groups)
    return drawn


def of_rounds(rounds: list[Round], figure: str) -> Groups:
    """Medians: load → server."""
    groups: Groups = {}
    for one in rounds:
        groups.setdefault(one.load, {})[one.server] = median(rounds, one.load, one.server, figure)
    return groups


# ── the machine ─────────────────────────────────────────────────────────────────────────────────────────────────────
def machine() -> str:
    """In general terms."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{os.cpu_count()} shared cores ({platform.machine()})",
        f"{gigabytes:.0f} GB",
        _version("PostgreSQL", [str(PROGRAMS / "postgres"), "--version"]),
        f"Python {platform.python_version()}",
    ]
    if shutil.which("node"):
        parts.append(_version("Node", ["node", "--version"]))
    return ", ".join(parts)


def _version(name: str, command: list[str]) -> str:
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return f"{name} {said[-1].lstrip('v')}"
