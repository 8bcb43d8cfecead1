"""`bin/bench idle`: what sockets that are signed in and say nothing cost."""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from loadtests.compare import peers
from loadtests.compare.goals import Found, Goal, at_most
from loadtests.compare.rounds import client, raise_file_limit
from loadtests.compare.servers import ROOT, Fuuro, Server, Unable, house
from loadtests.compare.tables import print_table

SOCKETS = 2_000
LONG = 10_000
WARM = 100
"""sockets opened before memory is looked at, so that what the first ones load is not counted."""
WATCHED_SECONDS = 10.0
KIB_EACH = 30.0
CPU_PERCENT = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--long", action="store_true", help=f"{LONG:,} sockets instead of {SOCKETS:,}")
    parser.add_argument("--peers", default="socketio", help=f"of {', '.join(peers.NAMES)}, by commas; all; or none")


def run(arguments: argparse.Namespace) -> Found:
    sockets = LONG if arguments.long else SOCKETS
    raise_file_limit(sockets + WARM)
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed((sockets + WARM) // 2)
        found = {
            server.name: _measure(server, sockets)
            for server in [fuuro, *peers.chosen(arguments.peers, place, fuuro.tokens)]
        }
    rows = [[name, f"{kib:.1f}", f"{cpu:.1f} %"] for name, (kib, cpu) in found.items()]
    print_table(["server", "KiB a socket", f"of a core, {sockets:,} sockets idle"], rows, right=(1, 2))
    kib, cpu = found[Fuuro.name]
    goals: list[Goal] = [
        at_most(f"memory of a signed-in socket, {sockets:,} open", KIB_EACH, kib, "KiB"),
        at_most(f"{sockets:,} idle sockets", CPU_PERCENT, cpu, "% of a core"),
    ]
    return Found(goals, {"sockets": sockets, "found": found})


def _measure(server: Server, sockets: int) -> tuple[float, float]:
    """KiB by which a fresh server grows a socket, and the percent of a core it takes while they say nothing."""
    with server.running() as at:
        warm = client("idle", server, at, WARM // 2)
        many = [*client("idle", server, at, sockets // 2), "--first", str(WARM // 2)]
        with _open(warm, server.name):
            before = at.resident_bytes()
            with _open(many, server.name) as opened:
                grown = (at.resident_bytes() - before) / opened / 1024
                used, begun = at.cpu_seconds(), time.monotonic()
                time.sleep(WATCHED_SECONDS)
                return grown, 100 * (at.cpu_seconds() - used) / (time.monotonic() - begun)


@contextmanager
def _open(command: list[str], server: str) -> Iterator[int]:
    """A client process that holds its sockets for as long as the block lasts; the block gets their number."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise Unable(f"The idle sockets could not sign in at {server}.")
        yield int(json.loads(line)["sockets"])
    finally:
        process.terminate()
        process.communicate()
