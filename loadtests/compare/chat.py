"""`bin/bench chat`: messages per second in the closed loop, beside other servers."""

import argparse
import statistics

from loadtests.compare import peers
from loadtests.compare.goals import Found, Goal, at_least
from loadtests.compare.rounds import Load, Round, median, raise_file_limit, ratios, take_turns
from loadtests.compare.servers import Fuuro, Server, house
from loadtests.compare.tables import table

GOALS: dict[tuple[str, str], float] = {
    ("64 × 1", "Socket.IO + pg"): 1.6,
    ("64 × 4", "Socket.IO + pg"): 2.8,
    ("500 × 1", "Socket.IO + pg"): 2.3,
    ("500 × 4", "Socket.IO + pg"): 3.0,
    ("64 × 4", "Django Channels"): 25.0,
}
"""(load, beside whom): how many times as many messages a second."""
LOADS = (Load(64, 1), Load(64, 4), Load(500, 1), Load(500, 4))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--peers", default="socketio", help=f"of {', '.join(peers.NAMES)}, by commas; all; or none")
    parser.add_argument("--pairs", type=int, help="one load of so many pairs, instead of those with a goal")
    parser.add_argument("--depth", type=int, help="messages in flight of each pair of that load (1)")
    parser.add_argument("--secs", type=float, default=4.0, help="seconds counted of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each load and server, alternating (3)")


def run(arguments: argparse.Namespace) -> Found:
    """Prints the tables. Raises Unable; Fuuro losing or refusing a message makes the run fail, a peer that does is left out."""
    loads = LOADS
    if arguments.pairs or arguments.depth:
        loads = (Load(arguments.pairs or 64, arguments.depth or 1),)
    most = max(load.pairs for load in loads)
    raise_file_limit(2 * most)
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(most)
        servers: list[Server] = [fuuro, *peers.chosen(arguments.peers, place, fuuro.tokens)]
        print(f"PostgreSQL: {', '.join(f'{name} {value}' for name, value in sorted(place.durability().items()))}")
        rounds = take_turns(servers, loads, arguments.rounds, arguments.secs)
    print(rounds_table(rounds))
    print("client CPU: of one core; near 100% the client is what is measured")
    goals = goals_of(rounds)
    return Found(goals, {"rounds": rounds, "secs": arguments.secs})


def rounds_table(rounds: list[Round]) -> str:
    """Medians over the rounds; the ratio is the median of the ratios of neighbouring rounds, which stand beside it."""
    loads, names = (list(dict.fromkeys(getattr(r, part) for r in rounds)) for part in ("load", "server"))
    heads = ["load", "server", "messages/s", "p50 ms", "p99 ms", "client CPU", "Fuuro is", "rounds"]
    rows = []
    measured = {(r.load, r.server) for r in rounds}
    for load in loads:
        for name in [name for name in names if (load, name) in measured]:
            times = each = ""
            if name != names[0]:
                found = ratios(rounds, load, names[0], name)
                times, each = f"{statistics.median(found):.2f} ×", ", ".join(f"{r:.2f}" for r in found)
            speed, p50, p99, cpu = (
                median(rounds, load, name, figure) for figure in ("per_second", "p50_ms", "p99_ms", "client_cpu")
            )
            rows.append([load, name, f"{speed:,.0f}", f"{p50:.2f}", f"{p99:.2f}", f"{cpu:.0%}", times, each])
    return table(heads, rows, right=(2, 3, 4, 5, 6))


def goals_of(rounds: list[Round]) -> list[Goal]:
    """Of the loads that were measured; a peer that was not there leaves its goal open."""
    measured = {(r.load, r.server) for r in rounds}
    goals = []
    for (load, peer), wanted in GOALS.items():
        if (load, Fuuro.name) in measured:
            found = ratios(rounds, load, Fuuro.name, peer) if (load, peer) in measured else []
            goals.append(at_least(f"chat {load}", wanted, statistics.median(found) if found else None, f"× {peer}"))
    return goals
