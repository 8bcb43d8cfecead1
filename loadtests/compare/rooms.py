"""`bin/bench rooms`: one room with as many messages in flight as a socket may have, and a thousand rooms with one each."""

import argparse
import statistics

from loadtests.compare.goals import Found, at_most
from loadtests.compare.rounds import Load, median, raise_file_limit, take_turns
from loadtests.compare.servers import Fuuro, house
from loadtests.compare.tables import print_table
from server.protocol import limits

ROOMS = 1_000
APART = 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secs", type=float, default=4.0, help="seconds counted of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each, in turns (3)")


def run(arguments: argparse.Namespace) -> Found:
    """The cost of a message is the processor time that it takes from the server's process and from PostgreSQL's. The two loads take turns, and
    neighbouring rounds are compared: what else the machine does meets both."""
    raise_file_limit(2 * ROOMS)
    one, many = Load(1, limits.COMMANDS_IN_FLIGHT), Load(ROOMS, 1)
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(ROOMS)
        rounds = [each for _ in range(arguments.rounds) for each in take_turns([fuuro], [one, many], 1, arguments.secs)]
    rows = []
    for load in (one, many):
        speed, server, postgres = (
            median(rounds, load.name, fuuro.name, figure) for figure in ("per_second", "server_us", "postgres_us")
        )
        rows.append([load.name, f"{speed:,.0f}", f"{server:.0f}", f"{postgres:.0f}"])
    print_table(
        ["rooms × in flight", "messages/s", "server's processor time a message, µs", "PostgreSQL's"],
        rows,
        right=(1, 2, 3),
    )
    cost = {load.name: [r.server_us + r.postgres_us for r in rounds if r.load == load.name] for load in (one, many)}
    turns = [quiet / busy for busy, quiet in zip(cost[one.name], cost[many.name], strict=True)]
    print("a message in a thousand rooms costs so many times one in a busy room, turn by turn:")
    print(", ".join(f"{turn:.2f}" for turn in turns))
    middle = statistics.median(turns)
    apart = max(middle, 1 / middle)
    goals = [at_most("one room and a thousand, cost of a message", APART, apart, "× apart")]
    return Found(goals, {"rounds": rounds})
