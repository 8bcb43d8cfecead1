"""The command line of bin/bench."""

import argparse
import signal
import sys
from pathlib import Path

from loadtests.compare import chat
from loadtests.compare.servers import Unable


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Fuuro beside others, measured in the same run.")
    parser.add_argument("what", nargs="?", choices=["chat"], default="chat", help="chat: messages in a closed loop")
    parser.add_argument("--long", action="store_true", help="500 pairs with four in flight too")
    parser.add_argument("--pairs", type=int, help="one load of so many pairs, instead of those with a goal")
    parser.add_argument("--depth", type=int, help="messages in flight of each pair of that load (1)")
    parser.add_argument("--secs", type=float, default=4.0, help="seconds counted of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each load and server, alternating (3)")
    parser.add_argument("--only", choices=["fuuro"], help="this server alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures of every round are written here")
    arguments = parser.parse_args()
    if arguments.secs <= 0 or arguments.rounds < 1:
        parser.error("--secs and --rounds must be above zero")
    if any(number is not None and number < 1 for number in (arguments.pairs, arguments.depth)):
        parser.error("--pairs and --depth must be above zero")
    if arguments.long and (arguments.pairs or arguments.depth):
        parser.error("--long is for the loads with a goal; give --pairs and --depth without it")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended then, too
    try:
        chat.run(arguments)
    except Unable as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
