"""`bin/bench catchup`: a long log over the wire, page by page, to one guest and to several at once."""

import argparse
import statistics

from loadtests.compare.goals import Found, at_least
from loadtests.compare.rounds import act
from loadtests.compare.servers import Fuuro, house
from loadtests.compare.tables import print_table

ENTRIES = 10_000
GUESTS = 8
PER_SECOND = 100_000.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=5, help="times each (5)")


def run(arguments: argparse.Namespace) -> Found:
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(GUESTS)
        with fuuro.running() as at:
            act("fill", fuuro, at, GUESTS, entries=ENTRIES)
            found = {
                guests: [
                    act("catchup", fuuro, at, guests, entries=ENTRIES)["entries_per_second"]
                    for _ in range(arguments.rounds)
                ]
                for guests in (1, GUESTS)
            }
    rows = [
        [f"{guests}", f"{statistics.median(each):,.0f}", ", ".join(f"{one:,.0f}" for one in each)]
        for guests, each in found.items()
    ]
    print_table([f"guests at once, {ENTRIES:,} entries each", "entries/s", "rounds"], rows, right=(1,))
    best = max(statistics.median(each) for each in found.values())
    goals = [at_least(f"catch-up of {ENTRIES:,} entries", PER_SECOND, best, "entries/s")]
    return Found(goals, {"found": found})
