"""The command line of bin/bench."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from loadtests.compare import booking, catchup, chat, growth, idle, latency, limits, report, rooms, storm, two, whole
from loadtests.compare.goals import Found, print_goals
from loadtests.compare.servers import Unable
from loadtests.search import measure as search

MEASURES: dict[str, Any] = {
    "chat": chat,
    "latency": latency,
    "booking": booking,
    "idle": idle,
    "storm": storm,
    "catchup": catchup,
    "two": two,
    "rooms": rooms,
    "growth": growth,
    "search": search,
    "limits": limits,
}
HELP = {
    "chat": "messages in a closed loop, beside other servers",
    "latency": "messages at a fixed rate (open loop), beside Socket.IO + pg",
    "booking": "invitation, press, pledge, seal; a hundred rivals for one slot",
    "idle": "memory and CPU of signed-in sockets that say nothing",
    "storm": "all sockets lose the server and resume with missed entries",
    "catchup": "a long log over the wire",
    "two": "what a second process between sender and receiver adds",
    "rooms": "one busy room beside a thousand quiet ones",
    "growth": "a message in a house of many rooms with a long past, beside a small one",
    "search": "what tags mean, questions among many casts, kept answers beside a static route",
    "limits": "what the machine allows: batched inserts, an echo, a relay without a database, Fuuro without the durable write",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bin/bench", description="Fuuro measured, beside others in the same run: all of it, or one measure."
    )
    parser.add_argument("--long", action="store_true", help="all of it, with the long forms and all peers")
    measures = parser.add_subparsers(dest="measure", metavar="measure")
    for name, module in MEASURES.items():
        one = measures.add_parser(name, help=HELP[name])
        module.add_arguments(one)
        one.add_argument("--json", type=Path, metavar="FILE", help="the figures are written here")
    arguments = parser.parse_args()
    for name in ("secs", "rounds", "pairs", "depth"):
        if (number := getattr(arguments, name, None)) is not None and number <= 0:
            parser.error(f"--{name} must be above zero")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended then, too
    try:
        if arguments.measure is None:
            _whole(parser, arguments.long)
        else:
            _one(MEASURES[arguments.measure].run(arguments), arguments)
    except Unable as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _one(found: Found, arguments: argparse.Namespace) -> None:
    print_goals(found.goals)
    if arguments.json:
        data = msgspec.to_builtins({"measure": arguments.measure, **found.figures, "goals": found.goals})
        arguments.json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def _whole(parser: argparse.ArgumentParser, long: bool) -> None:
    measured = whole.run(MEASURES, parser, long)
    print(f"\n## Every goal\n\n{whole.goals_table(measured)}\n")
    for line in whole.profiles(measured):
        print(f"the serving process's time in {line}")
    report.write(measured)


if __name__ == "__main__":
    main()
