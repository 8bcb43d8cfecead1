"""`bin/bench storm`: all sockets lose the server at once, and come back with missed entries when it does."""

import argparse
import json
import subprocess

from loadtests.compare.goals import Found, at_most
from loadtests.compare.rounds import act, act_command, raise_file_limit
from loadtests.compare.servers import ROOT, Fuuro, Unable, free_port, house

SOCKETS, LONG, ENTRIES = 1_000, 5_000, 20
BACK_SECONDS = 10.0
PATIENCE_SECONDS = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--long", action="store_true", help=f"{LONG:,} sockets instead of {SOCKETS:,}")


def run(arguments: argparse.Namespace) -> Found:
    sockets = LONG if arguments.long else SOCKETS
    raise_file_limit(sockets)
    with house() as place:
        fuuro, port = Fuuro(place), free_port()
        fuuro.seed(sockets // 2)
        with fuuro.running(port) as at:
            act("fill", fuuro, at, sockets // 2, entries=ENTRIES)
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
    after = [at - again.opened_at for at in back["back_at"]]
    print(f"{len(after):,} sockets, {ENTRIES} missed entries each; s after the server listened again:")
    print(
        f"half {after[len(after) // 2]:.1f}, nine of ten {after[len(after) * 9 // 10]:.1f}, all {after[-1]:.1f}; at most {back['most_tries']} tries"
    )
    goals = [at_most(f"{len(after):,} sockets back with {ENTRIES} missed entries each", BACK_SECONDS, after[-1], "s")]
    return Found(goals, {"sockets": len(after), "all_s": after[-1], "half_s": after[len(after) // 2]})
