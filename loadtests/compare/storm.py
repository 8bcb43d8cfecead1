"""`bin/bench storm`: all sockets lose the server at once, and come back with missed entries when it does."""

import argparse
import json
import statistics
import subprocess
from typing import Any

from loadtests.compare.goals import Found, at_most
from loadtests.compare.rounds import act, act_command, raise_file_limit
from loadtests.compare.servers import ROOT, Fuuro, Unable, free_port, house
from loadtests.compare.tables import print_table

SOCKETS, LONG, ENTRIES = 1_000, 5_000, 20
BACK_SECONDS = 10.0
PATIENCE_SECONDS = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--long", action="store_true", help=f"{LONG:,} sockets instead of {SOCKETS:,}")
    parser.add_argument("--rounds", type=int, default=3, help="times that the server is lost (3)")


def run(arguments: argparse.Namespace) -> Found:
    sockets = LONG if arguments.long else SOCKETS
    raise_file_limit(sockets)
    with house() as place:
        fuuro, port = Fuuro(place), free_port()
        fuuro.seed(sockets // 2)
        with fuuro.running(port) as at:
            act("fill", fuuro, at, sockets // 2, entries=ENTRIES)
        storms = [_storm(fuuro, port, sockets) for _ in range(arguments.rounds)]
    print(f"{sockets:,} sockets, {ENTRIES} missed entries each; s after the server listened again:")
    heads = ["half", "nine of ten", "all", "tries of one at most"]
    rows = [
        [*(f"{storm[key]:.1f}" for key in ("half_s", "nine_tenths_s", "all_s")), str(storm["tries"])]
        for storm in storms
    ]
    print_table(heads, rows, right=(0, 1, 2, 3))
    all_s = statistics.median(storm["all_s"] for storm in storms)
    work = f"{sockets:,} sockets back with {ENTRIES} missed entries each (median of {len(storms)})"
    return Found([at_most(work, BACK_SECONDS, all_s, "s")], {"sockets": sockets, "all_s": all_s, "storms": storms})


def _storm(fuuro: Fuuro, port: int, sockets: int) -> dict[str, Any]:
    """One loss, and the return from it: when half, nine of ten and all were back, s after the server listened again. Raises Unable, also
    where somebody is not back after two minutes."""
    with fuuro.running(port) as at:
        command = act_command("storm", fuuro, at, sockets // 2, entries=ENTRIES)
        clients = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert clients.stdout is not None
        if not clients.stdout.readline():
            raise Unable("The sockets could not sign in.")
    try:
        with fuuro.running(port) as again:
            said, _ = clients.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        raise Unable(f"Not all were back after {PATIENCE_SECONDS} s.") from None
    finally:
        clients.kill()
        clients.wait()
    back = json.loads(said)
    after = [one - again.opened_at for one in back["back_at"]]
    return {
        "half_s": after[len(after) // 2],
        "nine_tenths_s": after[len(after) * 9 // 10],
        "all_s": after[-1],
        "tries": back["most_tries"],
    }
