"""The command line: serve, work, migrate, seed, cast-code, operator, docs, deliveries, audit. Results on stdout, everything else on stderr."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from server.kernel import settings as environment
from server.kernel.migrations import DatabaseNotReady
from server.kernel.places import EmbeddedFailed
from server.kernel.settings import Settings, WrongSetting
from server.kernel.stopping import ServingFailed, Stop


def main() -> None:
    arguments = _parser().parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # what is left over goes nowhere, and needs no traceback
        sys.exit(128 + signal.SIGPIPE)
    except (WrongSetting, DatabaseNotReady, EmbeddedFailed, ServingFailed) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fuuro", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Callable[[argparse.Namespace], None], help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help)
        command.set_defaults(run=run)
        return command

    add("serve", _serve, "sockets, HTTP and worker, as FUURO_ROLES says")
    add("work", _serve_worker, "the worker alone")
    add("migrate", _migrate, "brings the database to the state of this version")
    seed = add(
        "seed", _seed, "makes cast-guest pairs with a room each, for load tests; with --demo, a house to look at"
    )
    seed.add_argument("--pairs", type=_count)
    seed.add_argument("--tokens", type=Path, help="one JSON line a pair is written here")
    seed.add_argument(
        "--demo", action="store_true", help="casts with profiles, plans, shifts, conversations and evenings"
    )
    seed.add_argument(
        "--casts", type=_count, default=40, help="how many casts the demo has; 40 of them are spoken with"
    )
    seed.add_argument(
        "--portraits", type=_whole, default=40, help="how many of those are drawn; each takes a second or two"
    )
    seed.add_argument("--seed", type=int, default=1, help="the same number makes the same house")
    operator = add("operator", _operator, "makes an operator, who signs in by a text as everybody")
    operator.add_argument("--phone", required=True, help="their number, like +81 90 1234 5678")
    operator.add_argument("--name", default="Operator", help="what they are called")
    codes = add("cast-code", _cast_code, "prints a one-time code with which a cast registers")
    codes.add_argument("--count", type=_count, default=1, help="how many, one a line")
    docs = add("docs", _docs, "writes the generated documents")
    docs.add_argument("--into", type=Path, default=Path("docs"))
    deliveries = add("deliveries", _deliveries, "lists dead letters; with --replay, sends one again")
    deliveries.add_argument("--replay", metavar="SOURCE:HANDLER:ID", help="as the list shows it")
    add(
        "audit",
        _audit,
        "recomputes from source rows what the house shows, and prints the drift; exit code 1 where there is any",
    )
    return parser


def _count(text: str) -> int:
    """For argparse, which makes a sentence of it."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)


def _whole(text: str) -> int:
    return 0 if text == "0" else _count(text)


def _serve(_: argparse.Namespace) -> None:
    from server import serve

    serve.serve(environment.from_environment())


def _serve_worker(_: argparse.Namespace) -> None:
    import msgspec

    from server import serve

    serve.serve(msgspec.structs.replace(environment.from_environment(), roles=frozenset({"worker"})))


def _migrate(_: argparse.Namespace) -> None:
    from server import tools

    _with_database(tools.migrate, as_it_is=True)


def _seed(arguments: argparse.Namespace) -> None:
    from server import tools

    if arguments.demo:
        from server.demo import house

        _with_database(
            lambda settings, conninfo: house.furnish(
                settings, conninfo, arguments.seed, arguments.casts, arguments.portraits
            )
        )
        return
    if arguments.pairs is None or arguments.tokens is None:
        sys.exit("seed takes --pairs with --tokens, or --demo.")
    _with_database(lambda settings, conninfo: tools.seed(settings, conninfo, arguments.pairs, arguments.tokens))


def _cast_code(arguments: argparse.Namespace) -> None:
    from server import tools

    _with_database(lambda settings, conninfo: tools.cast_codes(settings, conninfo, arguments.count))


def _operator(arguments: argparse.Namespace) -> None:
    from server import tools

    _with_database(lambda settings, conninfo: tools.operator(settings, conninfo, arguments.phone, arguments.name))


def _docs(arguments: argparse.Namespace) -> None:
    from server import documents

    for path in documents.write(arguments.into):
        print(path)


def _deliveries(arguments: argparse.Namespace) -> None:
    from server import tools

    _with_database(lambda settings, conninfo: tools.deliveries(settings, conninfo, arguments.replay), as_it_is=True)


def _audit(_: argparse.Namespace) -> None:
    from server import audit

    _with_database(audit.audit, as_it_is=True)


def _with_database(run: Callable[[Settings, str], Coroutine[Any, Any, None]], *, as_it_is: bool = False) -> None:
    """`run` against the configured database, or the embedded one, started for it if nobody has; prepared for this version, unless it is
    wanted `as_it_is`."""
    from server.serve import database, prepare

    settings = environment.from_environment()
    stop = Stop()
    stop.listen()
    with database(settings, stop) as (conninfo, embedded):
        if not as_it_is:
            uvloop.run(prepare(settings, conninfo, embedded))
        uvloop.run(run(settings, conninfo))


if __name__ == "__main__":
    main()
