"""`bin/bench rooms`: one room with as many messages in flight as a socket may have, and a thousand rooms with one each."""

import argparse

from loadtests.compare.goals import Found, at_most, print_table
from loadtests.compare.rounds import Load, median, raise_file_limit, take_turns
from loadtests.compare.servers import Fuuro, house
from server.protocol import limits

ROOMS = 1_000
APART = 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secs", type=float, default=4.0, help="seconds counted of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (3)")


def run(arguments: argparse.Namespace) -> Found:
    raise_file_limit(2 * ROOMS)
    one, many = Load(1, limits.COMMANDS_IN_FLIGHT), Load(ROOMS, 1)
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(ROOMS)
        rounds = take_turns([fuuro], [one, many], arguments.rounds, arguments.secs)
    cost = {load.name: median(rounds, load.name, fuuro.name, "server_us") for load in (one, many)}
    speed = {load.name: median(rounds, load.name, fuuro.name, "per_second") for load in (one, many)}
    print_table(
        ["rooms × in flight", "messages/s", "processor time of the server a message, µs"],
        [[name, f"{speed[name]:,.0f}", f"{cost[name]:.0f}"] for name in cost],
        right=(1, 2),
    )
    apart = max(cost.values()) / min(cost.values())
    goals = [at_most("one room and a thousand, cost of a message", APART, apart, "× apart")]
    return Found(goals, {"rounds": rounds})
