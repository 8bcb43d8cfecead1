"""`bin/bench two`: what it adds that sender and receiver are on two serving processes, which tell each other by hints."""

import argparse
import statistics
from contextlib import ExitStack

from loadtests.compare.goals import Found, at_most
from loadtests.compare.redis_server import redis
from loadtests.compare.rounds import ask_client, client, raise_file_limit
from loadtests.compare.servers import Fuuro, house
from loadtests.compare.tables import print_table

PAIRS, RATE = 100, 1_000
ADDED_MS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secs", type=float, default=5.0, help="seconds counted of each round (5)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds each way, alternating (3)")


def run(arguments: argparse.Namespace) -> Found:
    raise_file_limit(2 * PAIRS)
    apart: list[dict[str, float]] = []
    together: list[dict[str, float]] = []
    with house() as place, ExitStack() as running:
        fuuro = Fuuro(place)
        fuuro.seed(PAIRS)
        url = running.enter_context(redis(place.folder))
        one, other = (running.enter_context(fuuro.running(REDIS_URL=url)) for _ in range(2))
        for _ in range(arguments.rounds):
            for found, listen in ((together, one), (apart, other)):
                command = [*client("open", fuuro, one, PAIRS), "--rate", str(RATE), "--secs", str(arguments.secs)]
                found.append(ask_client([*command, "--listen-port", str(listen.port)], arguments.secs + 60, "Fuuro"))
    rows = [
        [name, *(f"{_median(found, key):.2f}" for key in ("p50_ms", "p99_ms"))]
        for name, found in (("the same process", together), ("another process", apart))
    ]
    print_table([f"the receiver is on ({RATE:,} messages/s)", "p50 ms", "p99 ms"], rows, right=(1, 2))
    added = [a["p50_ms"] - t["p50_ms"] for a, t in zip(apart, together, strict=True)]
    goals = [
        at_most(f"latency that a second process adds, p50 at {RATE:,}/s", ADDED_MS, statistics.median(added), "ms")
    ]
    return Found(goals, {"together": together, "apart": apart})


def _median(found: list[dict[str, float]], key: str) -> float:
    return statistics.median(one[key] for one in found)
