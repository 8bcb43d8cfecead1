"""`bin/load`: an evening on a house of its own, and afterwards the proof that nothing of it was lost.

A temporary PostgreSQL, `python -m server serve` with raised limits, locust without a window, then the checker and `server audit`. The
house's clock, which the database alone keeps, jumps once by JUMP_HOURS, so that guests are due while people are out."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from loadtests import checker
from loadtests.compare.servers import ROOT, Fuuro, Running, Unable, house

JUMP_AT = 0.55
"""part of the evening after which the clock jumps."""
JUMP_HOURS = 4
CLOCK = Path(__file__).with_name("clock.sql")
SPARE = 4
"""pairs a worker beyond its share, since locust does not divide people evenly."""
GRACE_SECONDS = 60
"""s beyond the evening in which locust has to come to an end."""
OUTBOX_SECONDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bin/load", description="A Friday evening with locust, and a checker behind it."
    )
    parser.add_argument("--minutes", type=float, default=3.0, help="from 18:30 to the last train (3)")
    parser.add_argument("--users", type=int, default=80, help="people at the height of the evening (80)")
    parser.add_argument("--workers", type=int, default=1, help="locust worker processes (1: none but itself)")
    parser.add_argument(
        "--report", type=Path, metavar="FOLDER", help="for the HTML report and the journals (a temporary one)"
    )
    arguments = parser.parse_args()
    if arguments.minutes <= 0 or arguments.users < 4 or arguments.workers < 1:
        parser.error("--minutes must be above zero, --users at least 4, --workers at least 1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended then, too
    folder = arguments.report or Path(tempfile.mkdtemp(prefix="fuuro-load-"))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("journal-*.jsonl"):
        old.unlink()
    try:
        sys.exit(run(arguments.minutes * 60, arguments.users, arguments.workers, folder))
    except Unable as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def run(seconds: float, users: int, workers: int, folder: Path) -> int:
    """0 where the evening went well and the checker and the audit found nothing; prints what was found."""
    with house() as place:
        fuuro = Fuuro(place)
        with psycopg.connect(fuuro.conninfo) as connection:
            connection.execute(CLOCK.read_bytes())
        fuuro.seed(users + SPARE * workers)
        with fuuro.running() as at:
            played = _play(fuuro, at, seconds, users, workers, folder)
            _settle(fuuro.conninfo)
            faults, counts = checker.check(fuuro.conninfo, folder)
            drift = fuuro.audit()
    print(f"Report: {folder / 'report.html'}")
    print("Acknowledged: " + ", ".join(f"{name} {n:,}" for name, n in sorted(counts.items()) if "." in name))
    print(f"Entries seen: {counts['saw']:,}; refused: {counts['refused']:,}")
    print(
        "\n".join(faults) if faults else "Checker: nothing lost, doubled, reordered or overlapped; one seal a pledge."
    )
    print(f"Audit: {drift}" if drift else "Audit: no difference.")
    if played:
        print(f"locust ended with {played}: see the report for what failed.")
    return 1 if faults or drift or played else 0


def _play(fuuro: Fuuro, at: Running, seconds: float, users: int, workers: int, folder: Path) -> int:
    """locust's exit code; 1 where a request failed."""
    command = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--headless", "--only-summary"]
    command += ["--host", f"http://127.0.0.1:{at.port}", "--users", str(users), "--html", str(folder / "report.html")]
    command += [
        "--stop-timeout",
        "20",
        "--tokens",
        str(fuuro.tokens),
        "--journals",
        str(folder),
        "--evening",
        str(seconds),
    ]
    command += ["--sharing", str(workers), *(["--processes", str(workers)] if workers > 1 else [])]
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "GEVENT_RESOLVER": "block"}
    # block: addresses of loopback need no threads, which a worker made by fork would wait for in vain
    with (folder / "locust.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        _wait(process, folder, seconds, fuuro.conninfo)
    except subprocess.TimeoutExpired:
        raise Unable(f"locust did not end in time; its words are in {folder / 'locust.log'}.") from None
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    return process.returncode


def _wait(process: "subprocess.Popen[bytes]", folder: Path, seconds: float, conninfo: str) -> None:
    """Until locust has ended; moves the house's clock on the way, counted from the first line of a journal."""
    deadline = time.monotonic() + GRACE_SECONDS
    while not list(folder.glob("journal-*.jsonl")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Unable(f"locust did not begin:\n{(folder / 'locust.log').read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)
    try:
        process.wait(JUMP_AT * seconds)
    except subprocess.TimeoutExpired:
        with psycopg.connect(conninfo) as connection:
            connection.execute("update kernel.test_clock set shift = shift + make_interval(hours => %s)", [JUMP_HOURS])
    process.wait((1 - JUMP_AT) * seconds + GRACE_SECONDS)


def _settle(conninfo: str) -> None:
    """Until the outbox is empty, or OUTBOX_SECONDS have passed: then the checker says so."""
    deadline = time.monotonic() + OUTBOX_SECONDS
    with psycopg.connect(conninfo, autocommit=True) as connection:
        waiting = checker.statements()["waiting"]
        while time.monotonic() < deadline:
            row = connection.execute(waiting).fetchone()
            if row is not None and row[0] == 0:
                return
            time.sleep(0.2)


if __name__ == "__main__":
    main()
