"""`bin/bench booking`: an invitation on its way to a seal, and a hundred rivals for one slot."""

import argparse
import statistics
from typing import Any

from loadtests.compare.goals import Found, at_most
from loadtests.compare.rounds import act, raise_file_limit
from loadtests.compare.servers import Fuuro, house
from loadtests.compare.tables import print_table

PAIRS, RATE, RIVALS = 200, 200, 100
PLEDGE_MS, SEAL_MS, SETTLED_MS = 15.0, 30.0, 200.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secs", type=float, default=8.0, help="seconds of each round in which flows begin (8)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of flows, each with couples of its own (5)")
    parser.add_argument("--rate", type=int, default=RATE, help=f"flows a second ({RATE})")


def run(arguments: argparse.Namespace) -> Found:
    raise_file_limit(2 * PAIRS)
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(PAIRS * arguments.rounds + RIVALS)
        with fuuro.running() as at:
            rounds = [
                act("booking", fuuro, at, PAIRS, first=PAIRS * n, secs=arguments.secs, rate=arguments.rate)
                for n in range(arguments.rounds)
            ]
            rivals = act("rivals", fuuro, at, RIVALS, first=PAIRS * arguments.rounds)
    flows = {
        "rounds": rounds,
        "steps": {step: _over([one["steps"][step] for one in rounds]) for step in rounds[0]["steps"]},
        "per_second": statistics.median(one["per_second"] for one in rounds),
        "refused": [code for one in rounds for code in one["refused"]],
    }
    rows = [
        [step, *(f"{q[key]:.1f}" for key in ("p50_ms", "p99_ms", "worst_ms")), f"{q['count']:,}"]
        for step, q in flows["steps"].items()
    ]
    print(f"{arguments.rate} flows a second, {flows['per_second']:.0f} ended a second; the hold is taken out")
    print_table(["from asking to the answer", "p50 ms", "p99 ms", "worst ms", "times"], rows, right=(1, 2, 3, 4))
    print(f"p50 and p99 are the medians of {arguments.rounds} rounds; the p99s of each:")
    for step in ("pledge", "seal"):
        print(step, *(f"{one['steps'][step]['p99_ms']:.1f}" for one in rounds), "ms")
    print(f"refused: {len(flows['refused'])} {', '.join(sorted(set(flows['refused'])))}")
    settled = statistics.median(rivals["settled_ms"])
    print(f"{RIVALS} rivals for one slot: one won each time, the others got {', '.join(rivals['refused'])}")
    goals = [
        at_most(
            f"pledge to its answer, p99 at {arguments.rate}/s (median of {arguments.rounds})",
            PLEDGE_MS,
            flows["steps"]["pledge"]["p99_ms"],
            "ms",
        ),
        at_most(
            f"pledge to the seal on the other socket, p99 at {arguments.rate}/s (median of {arguments.rounds})",
            SEAL_MS,
            flows["steps"]["seal"]["p99_ms"],
            "ms",
        ),
        at_most(
            f"{RIVALS} rivals for one slot settled (median of {len(rivals['settled_ms'])})", SETTLED_MS, settled, "ms"
        ),
    ]
    return Found(goals, {"flows": flows, "rivals": rivals})


def _over(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """Of one step: p50 and p99 as the rounds have them at the median, the worst of all, how many in all."""
    return {
        "p50_ms": statistics.median(one["p50_ms"] for one in rounds),
        "p99_ms": statistics.median(one["p99_ms"] for one in rounds),
        "worst_ms": max(one["worst_ms"] for one in rounds),
        "count": sum(one["count"] for one in rounds),
    }
