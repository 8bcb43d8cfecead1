"""`bin/bench booking`: an invitation on its way to a seal, and a hundred rivals for one slot."""

import argparse
import statistics

from loadtests.compare.goals import Found, at_most
from loadtests.compare.rounds import act, raise_file_limit
from loadtests.compare.servers import Fuuro, house
from loadtests.compare.tables import print_table

PAIRS, RATE, RIVALS = 200, 200, 100
PLEDGE_MS, SEAL_MS, SETTLED_MS = 15.0, 30.0, 200.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secs", type=float, default=8.0, help="seconds in which flows begin (8)")
    parser.add_argument("--rate", type=int, default=RATE, help=f"flows a second ({RATE})")


def run(arguments: argparse.Namespace) -> Found:
    raise_file_limit(2 * PAIRS)
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(PAIRS + RIVALS)
        with fuuro.running() as at:
            flows = act("booking", fuuro, at, PAIRS, secs=arguments.secs, rate=arguments.rate)
            rivals = act("rivals", fuuro, at, RIVALS, first=PAIRS)
    rows = [
        [step, *(f"{q[key]:.1f}" for key in ("p50_ms", "p99_ms", "worst_ms")), f"{q['count']:,}"]
        for step, q in flows["steps"].items()
    ]
    print(f"{arguments.rate} flows a second, {flows['per_second']:.0f} ended a second; the hold is taken out")
    print_table(["from asking to the answer", "p50 ms", "p99 ms", "worst ms", "times"], rows, right=(1, 2, 3, 4))
    print(f"refused: {len(flows['refused'])} {', '.join(sorted(set(flows['refused'])))}")
    settled = statistics.median(rivals["settled_ms"])
    print(f"{RIVALS} rivals for one slot: one won each time, the others got {', '.join(rivals['refused'])}")
    goals = [
        at_most(
            f"pledge to its answer, p99 at {arguments.rate}/s", PLEDGE_MS, flows["steps"]["pledge"]["p99_ms"], "ms"
        ),
        at_most(
            f"pledge to the seal on the other socket, p99 at {arguments.rate}/s",
            SEAL_MS,
            flows["steps"]["seal"]["p99_ms"],
            "ms",
        ),
        at_most(
            f"{RIVALS} rivals for one slot settled (median of {len(rivals['settled_ms'])})", SETTLED_MS, settled, "ms"
        ),
    ]
    return Found(goals, {"flows": flows, "rivals": rivals})
