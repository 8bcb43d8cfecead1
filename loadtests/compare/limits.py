"""`bin/bench limits`: what the machine and the libraries allow, to measure Fuuro by: batches from C, an echo, a relay that keeps nothing, and
Fuuro itself without its durable write."""

import argparse
import os
import re
import statistics
import subprocess

from psycopg.conninfo import conninfo_to_dict

from loadtests.compare import peers
from loadtests.compare.chat import LOADS, rounds_table
from loadtests.compare.goals import Found, at_least
from loadtests.compare.rounds import Load, raise_file_limit, ratios, take_turns
from loadtests.compare.servers import ROOT, Fuuro, House, Unable, house
from loadtests.compare.tables import print_table
from server.kernel.embedded import PROGRAMS

BATCHES = (1, 16, 128, 512)
CLIENTS = 2
DURABLE_RATIO = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secs", type=float, default=4.0, help="seconds counted of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (3)")


def run(arguments: argparse.Namespace) -> Found:
    most = max(load.pairs for load in LOADS)
    raise_file_limit(2 * most)
    with house() as place:
        fuuro = Fuuro(place)
        fuuro.seed(most)
        batches = {rows: _pgbench(place, rows, arguments.secs) for rows in BATCHES}
        relay = peers.Python("relay in memory", "memory_peer", place, fuuro.tokens)
        forgetful = Fuuro.without_durable_write(place)
        forgetful.seed(most)
        rounds = take_turns([fuuro, forgetful, relay], LOADS, arguments.rounds, arguments.secs)
        echoes = take_turns([relay], [Load(64, 4, kind="echo")], arguments.rounds, arguments.secs)
    print_table(
        [f"rows in one insert (pgbench, {CLIENTS} clients)", "rows/s"],
        [[f"{rows}", f"{speed:,.0f}"] for rows, speed in batches.items()],
        right=(0, 1),
    )
    print()
    print(rounds_table(rounds))
    print()
    print(f"echo through uvicorn, 64 × 4: {sorted(e.per_second for e in echoes)[len(echoes) // 2]:,.0f} messages/s")
    goals = [
        at_least(
            f"chat {load.name}",
            DURABLE_RATIO,
            statistics.median(ratios(rounds, load.name, fuuro.name, forgetful.name)),
            f"× {forgetful.name}",
        )
        for load in LOADS
    ]
    return Found(goals, {"batches": batches, "rounds": rounds, "echoes": echoes})


def _pgbench(place: House, rows: int, secs: float) -> float:
    """Rows a second that C writes into the peers' table in batches of `rows`. Raises Unable."""
    conninfo = conninfo_to_dict(place.database(f"bench_rows_{rows}"))
    env = os.environ | {
        "PGHOST": str(conninfo["host"]),
        "PGUSER": str(conninfo["user"]),
        "PGPORT": str(conninfo["port"]),
    }
    env["PGDATABASE"] = f"bench_rows_{rows}"
    script = place.folder / f"rows-{rows}.sql"
    schema = ROOT / "loadtests" / "compare" / "socketio" / "schema.sql"
    script.write_text(
        "insert into line (room, author, body) "
        f"select 'a room', 'cast', 'a chat message of the usual length' from generate_series(1, {rows});\n"
    )
    for command in (
        [str(PROGRAMS / "psql"), "-q", "-f", str(schema)],
        [
            str(PROGRAMS / "pgbench"),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(CLIENTS),
            "-T",
            str(max(1, round(secs))),
            "-f",
            str(script),
        ],
    ):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=secs + 60)
        if done.returncode:
            raise Unable(f"{os.path.basename(command[0])} failed:\n{done.stderr[-1000:]}")
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found is not None
    return rows * float(found[1])
