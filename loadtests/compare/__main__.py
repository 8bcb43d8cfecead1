"""The command line of bin/bench."""

import argparse
import json
import signal
import sys
from pathlib import Path
from types import ModuleType
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


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bin/bench", description="Fuuro measured, beside others in the same run: all of it, or one measure."
    )
    parser.add_argument("--long", action="store_true", help="all of it, with the long forms and all peers")
    measures = parser.add_subparsers(dest="measure", metavar="measure")
    for name, module in MEASURES.items():
        one = measures.add_parser(name, help=_about(module))
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


def _about(module: ModuleType) -> str:
    """What its docstring says behind its name."""
    return " ".join((module.__doc__ or "").split()).partition(": ")[2].rstrip(".")


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
    report.write(measured, long)


if __name__ == "__main__":
    main()
