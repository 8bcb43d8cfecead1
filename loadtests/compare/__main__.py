"""The command line of bin/bench."""

import argparse
import signal
import sys
from pathlib import Path

from loadtests.compare import booking, catchup, chat, idle, latency, limits, rooms, storm, two
from loadtests.compare.servers import Unable
from loadtests.search import measure as search

MEASURES = {
    "chat": (chat, "messages in a closed loop, beside other servers"),
    "latency": (latency, "messages at a fixed rate (open loop), beside Socket.IO + pg"),
    "booking": (booking, "invitation, press, pledge, seal; a hundred rivals for one slot"),
    "idle": (idle, "memory and CPU of signed-in sockets that say nothing"),
    "storm": (storm, "all sockets lose the server and resume with missed entries"),
    "catchup": (catchup, "a long log over the wire"),
    "two": (two, "what a second process between sender and receiver adds"),
    "rooms": (rooms, "one busy room beside a thousand quiet ones"),
    "search": (search, "what tags mean, questions among many casts, kept answers beside a static route"),
    "limits": (
        limits,
        "what the machine allows: batched inserts, an echo, a relay without a database, Fuuro without the durable write",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Fuuro measured, beside others in the same run.")
    measures = parser.add_subparsers(required=True, metavar="measure")
    for name, (module, help) in MEASURES.items():
        one = measures.add_parser(name, help=help)
        module.add_arguments(one)
        one.add_argument("--json", type=Path, metavar="FILE", help="the figures are written here")
        one.set_defaults(run=module.run)
    arguments = parser.parse_args(sys.argv[1:] or ["chat"])
    for name in ("secs", "rounds", "pairs", "depth"):
        if (number := getattr(arguments, name, None)) is not None and number <= 0:
            parser.error(f"--{name} must be above zero")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended then, too
    try:
        arguments.run(arguments)
    except Unable as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
