"""Servers that take turns under the same load, round by round, so that what else the machine does meets all of them."""

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from typing import Any

from msgspec import Struct

from loadtests.compare.servers import ROOT, Fuuro, Running, Server, Unable, postmaster

ACT_SECONDS = 180.0
LOAD_SECONDS = 60.0
"""s that signing in and warming up may take beside the counted ones."""


class Load(Struct, frozen=True):
    """`kind` of `loadtests.compare.load`; closed loops have `in_flight` messages a pair, open ones `rate` a second in all."""

    pairs: int
    in_flight: int = 1
    kind: str = "loop"
    rate: int = 0

    @property
    def name(self) -> str:
        return f"{self.rate:,}/s over {self.pairs}" if self.rate else f"{self.pairs:,} × {self.in_flight}"


class Round(Struct):
    """Latencies run from writing a message (open loop: from when it was due) until the other member has it."""

    load: str
    server: str
    per_second: float
    p50_ms: float
    p99_ms: float
    client_cpu: float
    server_us: float
    """processor time of the server's own process for a message, µs; PostgreSQL's is not in it."""
    postgres_us: float
    """that of PostgreSQL's processes."""


def take_turns(
    servers: Sequence[Server], loads: Sequence[Load], rounds: int, secs: float, more: Sequence[str] = ()
) -> list[Round]:
    """All servers run throughout, but for those that are started afresh. Raises Unable where Fuuro, or the first of them, loses or refuses a
    message; another one that does is left out of that load, with what it failed of."""
    with ExitStack() as open_ones:
        running = {s.name: nullcontext(open_ones.enter_context(s.running())) for s in servers if not s.fresh}
        taken: list[Round] = []
        for load in loads:
            able, found = list(servers), []
            for _ in range(rounds):
                for server in tuple(able):
                    try:
                        with running.get(server.name) or server.running() as at:
                            found.append(_one(load, server, at, secs, more))
                    except Unable as error:
                        if server is servers[0] or isinstance(server, Fuuro):
                            raise
                        print(f"{load.name} without {server.name}: {error}", file=sys.stderr)
                        able.remove(server)
            taken += [one for one in found if one.server in {server.name for server in able}]
        return taken


def _one(load: Load, server: Server, at: Running, secs: float, more: Sequence[str]) -> Round:
    options = ["--in-flight", str(load.in_flight), "--rate", str(load.rate), "--secs", str(secs), *more]
    result = ask_client([*client(load.kind, server, at, load.pairs), *options], secs + LOAD_SECONDS, server.name)
    if result["failures"] or result["p50_ms"] is None:
        said = result["first_failure"] or "no message arrived"
        raise Unable(f"{server.name} failed {result['failures']} times in {load.name}: {said}")
    round = Round(
        load.name,
        server.name,
        *(result[k] for k in ("per_second", "p50_ms", "p99_ms", "client_cpu", "server_us", "postgres_us")),
    )
    print(f"{load.name}, {server.name}: {round.per_second:,.0f} messages/s, p99 {round.p99_ms:.1f} ms", file=sys.stderr)
    return round


def ask_client(command: Sequence[str], seconds: float, name: str) -> dict[str, Any]:
    """The one JSON line of a client process. Raises Unable."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Unable(f"The load on {name} did not end in {seconds:.0f} s.") from None
    if done.returncode:
        raise Unable(f"The load on {name} failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def client(kind: str, server: Server, at: Running, pairs: int) -> list[str]:
    where = ["--port", str(at.port), "--pid", str(at.pid), "--tokens", str(server.tokens), "--pairs", str(pairs)]
    where += ["--postmaster", str(postmaster(server.tokens.parent))]
    return [sys.executable, "-m", "loadtests.compare.load", kind, server.dialect, *where]


def act(kind: str, server: Server, at: Running, pairs: int, **options: float) -> dict[str, Any]:
    """What an act of `loadtests.compare.acts` found. Raises Unable."""
    return ask_client(act_command(kind, server, at, pairs, **options), ACT_SECONDS, server.name)


def act_command(kind: str, server: Server, at: Running, pairs: int, **options: float) -> list[str]:
    where = ["--port", str(at.port), "--tokens", str(server.tokens), "--pairs", str(pairs)]
    more = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-m", "loadtests.compare.acts", kind, *where, *more]


def median(rounds: Sequence[Round], load: str, server: str, figure: str) -> float:
    return statistics.median(getattr(r, figure) for r in rounds if (r.load, r.server) == (load, server))


def ratios(rounds: Sequence[Round], load: str, ours: str, theirs: str, figure: str = "per_second") -> list[float]:
    """Of neighbouring rounds."""
    of = {name: [getattr(r, figure) for r in rounds if (r.load, r.server) == (load, name)] for name in (ours, theirs)}
    return [mine / other for mine, other in zip(of[ours], of[theirs], strict=True)]


def raise_file_limit(sockets: int) -> None:
    """The servers and clients inherit it. Raises Unable."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = sockets + 200
    if hard not in (-1, resource.RLIM_INFINITY) and hard < needed:
        raise Unable(f"{needed:,} open files are needed and {hard:,} allowed: raise `ulimit -n`.")
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
