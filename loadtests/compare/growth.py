"""`bin/bench growth`: what a message costs in a house of many rooms with a long past, beside a small one."""

import argparse
import statistics
import sys
from pathlib import Path

import psycopg

from loadtests.compare.goals import Found, at_most
from loadtests.compare.rounds import Load, median, raise_file_limit, take_turns
from loadtests.compare.servers import Fuuro, House, house
from loadtests.compare.tables import print_table

PAIRS = 100
"""who speak, in both houses."""
SMALL, GROWN, LONG = (100, 50_000), (10_000, 1_000_000), (100_000, 10_000_000)
"""rooms and entries."""
LOADS = (Load(PAIRS, 1), Load(PAIRS, 4))
TIMES = 2.0
FILL = (Path(__file__).parent / "growth.sql").read_text()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--long",
        action="store_true",
        help=f"{LONG[0]:,} rooms and {LONG[1]:,} entries instead of {GROWN[0]:,} and {GROWN[1]:,}",
    )
    parser.add_argument("--secs", type=float, default=3.0, help="seconds counted of each round (3)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each load and house, alternating (3)")


def run(arguments: argparse.Namespace) -> Found:
    """The cost of a message is the processor time that it takes from the server's process and from PostgreSQL's."""
    raise_file_limit(2 * PAIRS)
    size = LONG if arguments.long else GROWN
    with house() as place:
        houses = [_furnished(place, *SMALL), _furnished(place, *size)]
        rounds = take_turns(houses, LOADS, arguments.rounds, arguments.secs)
    small, grown = (one.name for one in houses)
    cost = {
        (load.name, name): median(rounds, load.name, name, "server_us") + median(rounds, load.name, name, "postgres_us")
        for load in LOADS
        for name in (small, grown)
    }
    speed = {key: median(rounds, *key, "per_second") for key in cost}
    rows = [[load, name, f"{speed[load, name]:,.0f}", f"{cost[load, name]:.0f}"] for load, name in cost]
    print_table(["pairs × in flight", "house", "messages/s", "processor time a message, µs"], rows, right=(2, 3))
    times = statistics.mean(cost[load.name, grown] / cost[load.name, small] for load in LOADS)
    work = f"cost of a message among {size[0]:,} rooms and {size[1]:,} entries"
    return Found([at_most(work, TIMES, times, f"× among {SMALL[0]} and {SMALL[1]:,}")], {"rounds": rounds})


def _furnished(place: House, rooms: int, entries: int) -> Fuuro:
    fuuro = Fuuro(place, f"bench_growth_{rooms}")
    fuuro.name = f"{rooms:,} rooms, {entries:,} entries"
    fuuro.seed(PAIRS)
    print(f"furnishing {fuuro.name} ...", file=sys.stderr)
    with psycopg.connect(fuuro.conninfo, autocommit=True) as connection:
        for statement in FILL.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode(), {"rooms": rooms, "entries": entries})
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    return fuuro
