"""`bin/bench chat`: messages per second in the closed loop, and memory per idle socket, beside Socket.IO + pg."""

import argparse
import json
import resource
import statistics
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from loadtests.compare.servers import ROOT, Fuuro, Running, SocketIO, Unable, house, install_socketio

LOADS = ((64, 1), (64, 4), (500, 1))
"""(pairs, messages in flight of each) with a goal: at least as fast as Socket.IO + pg."""
LONG = ((500, 4),)
GOAL = 1.0
IDLE_SOCKETS = 2_000
WARM_SOCKETS = 100
"""sockets opened before memory is looked at, so that what the first ones load is not counted."""
FILES = 8_192
"""open files wanted: 2,100 sockets on either side, and room; more where more pairs are asked for."""
LOAD_SECONDS = 60.0
"""s that signing in and warming up may take beside the counted ones."""


@dataclass
class Round:
    load: str
    server: str
    per_second: float
    p50_ms: float
    p99_ms: float
    client_cpu: float


def run(arguments: argparse.Namespace) -> None:
    """Prints the tables. Raises Unable; a server that loses or refuses a message makes the run fail."""
    loads = _loads(arguments)
    most_pairs = max(pairs for pairs, _ in loads)
    _raise_file_limit(2 * most_pairs)
    missing = "Fuuro alone, as asked." if arguments.only else install_socketio()
    with house() as place:
        fuuro = Fuuro(place)
        servers: list[Fuuro | SocketIO] = [fuuro] if missing else [fuuro, SocketIO(place)]
        tokens = place.folder / "tokens.jsonl"
        fuuro.seed(max(most_pairs, (IDLE_SOCKETS + WARM_SOCKETS) // 2), tokens)
        print(f"PostgreSQL: {', '.join(f'{name} {value}' for name, value in sorted(place.durability().items()))}")
        if missing:
            print(missing)
        memory = {server.name: _idle_bytes(server, tokens) for server in servers}
        rounds = _rounds(arguments, servers, loads, tokens)
    _print_table(rounds, loads, [server.name for server in servers])
    print("client CPU: of one core; near 100% the client is what is measured")
    print()
    for name, used in memory.items():
        print(f"Memory per idle {'signed-in ' if name == 'Fuuro' else ''}socket, {name}: {used / 1024:.1f} KiB")
    if arguments.json:
        figures = {"rounds": [asdict(r) for r in rounds], "bytes_per_idle_socket": memory, "secs": arguments.secs}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _loads(arguments: argparse.Namespace) -> tuple[tuple[int, int], ...]:
    if arguments.pairs or arguments.depth:
        return ((arguments.pairs or 64, arguments.depth or 1),)
    return LOADS + (LONG if arguments.long else ())


def _rounds(
    arguments: argparse.Namespace,
    servers: list[Fuuro | SocketIO],
    loads: tuple[tuple[int, int], ...],
    tokens: Path,
) -> list[Round]:
    """Both servers run throughout, and take turns: what else the machine does meets both."""
    with ExitStack() as open_ones:
        running = [(server, open_ones.enter_context(server.running())) for server in servers]
        return _take_turns(arguments, running, loads, tokens)


def _take_turns(
    arguments: argparse.Namespace,
    running: list[tuple[Fuuro | SocketIO, Running]],
    loads: tuple[tuple[int, int], ...],
    tokens: Path,
) -> list[Round]:
    rounds = []
    for pairs, in_flight in loads:
        for number in range(1, arguments.rounds + 1):
            for server, at in running:
                options = ["--in-flight", str(in_flight), "--secs", str(arguments.secs)]
                command = [*_client("loop", server, at, tokens, pairs), *options]
                try:
                    done = subprocess.run(
                        command,
                        cwd=ROOT,
                        capture_output=True,
                        text=True,
                        check=False,
                        timeout=arguments.secs + LOAD_SECONDS,
                    )
                except subprocess.TimeoutExpired:
                    raise Unable(f"The load on {server.name} did not end in time: {pairs} × {in_flight}.") from None
                if done.returncode:
                    raise Unable(f"The load on {server.name} failed:\n{done.stderr[-2000:]}")
                result = json.loads(done.stdout)
                if result["failures"] or result["p50_ms"] is None:
                    said = result["first_failure"] or "no message arrived"
                    raise Unable(f"{server.name} failed {result['failures']} times in {pairs} × {in_flight}: {said}")
                figures = {name: result[name] for name in ("per_second", "p50_ms", "p99_ms", "client_cpu")}
                rounds.append(Round(f"{pairs} × {in_flight}", server.name, **figures))
                print(
                    f"{pairs} × {in_flight}, round {number}, {server.name}: {result['per_second']:,.0f} messages/s",
                    file=sys.stderr,
                )
    return rounds


def _print_table(rounds: list[Round], loads: tuple[tuple[int, int], ...], names: list[str]) -> None:
    """Medians over the rounds; the ratio is the median of the ratios of neighbouring rounds, which stand beside it."""
    heads = ["pairs × in flight", "server", "messages/s", "p50 ms", "p99 ms", "client CPU", "ratio", "rounds", "goal"]
    rows = []
    for pairs, in_flight in loads:
        load = f"{pairs} × {in_flight}"
        of = {name: [r for r in rounds if (r.load, r.server) == (load, name)] for name in names}
        for name in names:
            ratio = each = goal = ""
            if name == names[0] and len(names) > 1:
                turns = zip(of[name], of[names[1]], strict=True)
                ratios = [ours.per_second / theirs.per_second for ours, theirs in turns]
                times = statistics.median(ratios)
                ratio, each = f"{times:.2f}", ", ".join(f"{r:.2f}" for r in ratios)
                if (pairs, in_flight) in LOADS:
                    goal = f"≥ {GOAL:.1f} {'holds' if times >= GOAL else 'FAILS'}"
            keys = ("per_second", "p50_ms", "p99_ms", "client_cpu")
            speed, p50, p99, client = (statistics.median(getattr(r, key) for r in of[name]) for key in keys)
            rows.append([load, name, f"{speed:,.0f}", f"{p50:.2f}", f"{p99:.2f}", f"{client:.0%}", ratio, each, goal])
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    for row in [heads, ["-" * width for width in widths], *rows]:
        cells = [
            c.ljust(w) if i in (0, 1, 7, 8) else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"| {' | '.join(cells)} |")


def _idle_bytes(server: Fuuro | SocketIO, tokens: Path) -> float:
    """Bytes by which a fresh server grows for each of IDLE_SOCKETS sockets that are signed in and say nothing."""
    with server.running() as at:
        warm = _client("idle", server, at, tokens, WARM_SOCKETS // 2)
        many = [*_client("idle", server, at, tokens, IDLE_SOCKETS // 2), "--first", str(WARM_SOCKETS // 2)]
        with _Idle(warm, server.name):
            before = at.resident_bytes()
            with _Idle(many, server.name) as sockets:
                return (at.resident_bytes() - before) / sockets


class _Idle:
    """A client process that holds its sockets for as long as the block lasts; the block gets their number."""

    def __init__(self, command: list[str], server: str) -> None:
        self._command, self._server = command, server

    def __enter__(self) -> int:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise Unable(f"The idle sockets could not sign in at {self._server}.")
        return int(json.loads(line)["sockets"])

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


def _client(kind: str, server: Fuuro | SocketIO, at: Running, tokens: Path, pairs: int) -> list[str]:
    where = ["--port", str(at.port), "--tokens", str(tokens), "--pairs", str(pairs)]
    return [sys.executable, "-m", "loadtests.compare.load", kind, server.dialect, *where]


def _raise_file_limit(sockets: int) -> None:
    """The servers and clients inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = max(sockets, IDLE_SOCKETS + WARM_SOCKETS) + 100
    wanted = max(FILES, needed) if hard == resource.RLIM_INFINITY else min(max(FILES, needed), hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if wanted < needed:
        raise Unable(f"{wanted} open files are allowed and {needed} are needed: raise the hard limit (`ulimit -Hn`).")
