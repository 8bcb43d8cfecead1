"""`bin/bench rooms`: one room with as many messages in flight as a socket may have, and a thousand rooms with one each."""

import argparse

from loadtests.compare.goals import Found, at_most
from loadtests.compare.rounds import Load, median, raise_file_limit, take_turns
from loadtests.compare.servers import Fuuro, house
from loadtests.compare.tables import print_table
from server.protocol import limits

ROOMS = 1_000
APART = 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secs", type=float, default=4.0, help="seconds counted of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (3)")


def run(arguments: argparse.Namespace) -> Found:
    """The cost of a message is the processor time that it takes from the server's process and from PostgreSQL's."""
    raise_file_limit(2 * ROOMS)
    one, many = Load(1, limits.COMMANDS_IN_FLIGHT), Load(ROOMS, 1)
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(ROOMS)
        rounds = take_turns([fuuro], [one, many], arguments.rounds, arguments.secs)
    server, postgres = (
        {load.name: median(rounds, load.name, fuuro.name, figure) for load in (one, many)}
        for figure in ("server_us", "postgres_us")
    )
    cost = {name: server[name] + postgres[name] for name in server}
    speed = {load.name: median(rounds, load.name, fuuro.name, "per_second") for load in (one, many)}
    print_table(
        ["rooms × in flight", "messages/s", "server's processor time a message, µs", "PostgreSQL's"],
        [[name, f"{speed[name]:,.0f}", f"{server[name]:.0f}", f"{postgres[name]:.0f}"] for name in cost],
        right=(1, 2, 3),
    )
    apart = max(cost.values()) / min(cost.values())
    goals = [at_most("one room and a thousand, cost of a message", APART, apart, "× apart")]
    return Found(goals, {"rounds": rounds})
