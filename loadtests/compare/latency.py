"""`bin/bench latency`: an open loop. So many messages a second are due, whatever comes back; who falls behind shows it."""

import argparse
import statistics

from loadtests.compare import peers
from loadtests.compare.chat import rounds_table
from loadtests.compare.goals import Found, Goal, at_most
from loadtests.compare.rounds import Load, raise_file_limit, ratios, take_turns
from loadtests.compare.servers import Fuuro, Server, house

PAIRS = 200
GOALS = ((2_000, "p50_ms", 1.6), (2_000, "p99_ms", 1.0), (8_000, "p99_ms", 0.5))
"""messages a second, which latency, at most so many times Socket.IO's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--peers", default="socketio", help=f"of {', '.join(peers.NAMES)}, by commas; all; or none")
    parser.add_argument("--secs", type=float, default=5.0, help="seconds counted of each round (5)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each rate and server, alternating (3)")


def run(arguments: argparse.Namespace) -> Found:
    raise_file_limit(2 * PAIRS)
    loads = [Load(PAIRS, kind="open", rate=rate) for rate in sorted({rate for rate, _, _ in GOALS})]
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(PAIRS)
        servers: list[Server] = [fuuro, *peers.chosen(arguments.peers, place, fuuro.tokens)]
        rounds = take_turns(servers, loads, arguments.rounds, arguments.secs)
    print(rounds_table(rounds))
    goals: list[Goal] = []
    beside = "Socket.IO + pg"
    for rate, figure, most in GOALS:
        if any(r.server == beside for r in rounds):
            load = Load(PAIRS, kind="open", rate=rate).name
            times = statistics.median(ratios(rounds, load, Fuuro.name, beside, figure))
            goals.append(at_most(f"{figure.removesuffix('_ms')} at {rate:,} messages/s", most, times, f"× {beside}"))
    return Found(goals, {"rounds": rounds, "secs": arguments.secs})
