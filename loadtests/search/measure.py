"""`bin/bench search`: what tags mean, how long a question takes among many casts, and what keeping answers gives."""

import argparse
import asyncio
import json
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
from msgspec import Struct

from loadtests.compare.goals import Found, at_least, at_most
from loadtests.compare.peers import UVICORN
from loadtests.compare.servers import ROOT, Fuuro, House, Unable, free_port, house, process
from loadtests.compare.tables import print_table
from loadtests.search import meaning, wire
from loadtests.search.wire import Line
from server.demo.people import AREAS

SIZES = (1_000, 10_000, 50_000)
P99_MS = 25.0
STATIC_RATIO = 0.7
UVICORN_PEER = ROOT / "loadtests" / "compare" / "uvicorn_peer.py"
LINES = 16
KEPT_ROUNDS = 5
WORDS = ("静か", "ワイン", "音楽", "旅", "映画", "笑", "jazz", "quiet", "sake", "cinema")
ENLIVEN = """
update portfolio.profiles set tonight_until = now() + interval '6 hours' where hashtext(cast_id::text) % 10 = 0;
insert into kernel.presence (account, process, until)
  select cast_id, '00000000-0000-0000-0000-000000000000', now() + interval '1 hour' from portfolio.profiles where hashtext(cast_id::text) % 10 = 1;
"""
"""In a house where nobody is: a tenth of the casts is in tonight, another tenth is online."""
SETTLE = ("vacuum (analyze)", "checkpoint")
"""Puts away what furnishing left behind, as it is in a house that has stood for a day."""


class Timed(Struct):
    """Of one kind of question; `found` by the first of them."""

    casts: int
    filter: str
    found: int
    p50_ms: float
    p99_ms: float


class Reads(Struct):
    """Answers a second, in one round."""

    profile: float
    static_profile: float
    search: float
    static_search: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--casts", type=int, nargs="+", default=SIZES, help="houses of so many casts (1000 10000 50000)"
    )
    parser.add_argument("--questions", type=int, default=200, help="questions of each kind in a round (200)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all kinds (3)")
    parser.add_argument("--secs", type=float, default=3.0, help="seconds of each round of kept answers (3)")


def run(arguments: argparse.Namespace) -> Found:
    hits = {count: meaning.rankings(count) for count in meaning.COUNTS}
    rows = [[f"{n:,}", name, f"{hit:.3f}", share] for n, each in hits.items() for name, hit, share in each]
    print_table(["casts", "ranking", "hit@10 of the hidden tag", "ten nearest who bear it"], rows, right=(0,))
    timed: list[Timed] = []
    reads: list[Reads] = []
    with house() as place:
        for count in sorted(arguments.casts):
            with _Furnished.open(place, count) as furnished:
                timed += asyncio.run(furnished.questions(arguments.questions, arguments.rounds))
                if count == max(arguments.casts):
                    reads = asyncio.run(furnished.kept(arguments.secs))
    print()
    rows = [[f"{t.casts:,}", t.filter, f"{t.found:,}", f"{t.p50_ms:.1f}", f"{t.p99_ms:.1f}"] for t in timed]
    print_table(["casts", "filter", "found", "p50 ms", "p99 ms"], rows, right=(0, 2, 3, 4))
    print()
    rows = [[f"{getattr(r, kind):,.0f}" for kind in Reads.__struct_fields__] for r in reads]
    heads = [
        "kept profiles/s",
        "the same bytes from a static route",
        "kept searches/s",
        "the same bytes from a static route",
    ]
    print_table(heads, rows, right=(0, 1, 2, 3))
    most = max(arguments.casts)
    slowest = max((t for t in timed if t.casts == most), key=lambda t: t.p99_ms)
    goals = [
        at_most(
            f"search among {most:,} casts, the slowest ({slowest.filter}), p99 (median of {arguments.rounds})",
            P99_MS,
            slowest.p99_ms,
            "ms",
        ),
        *(
            at_least(
                f"kept {kind} answers beside a static route",
                STATIC_RATIO,
                statistics.median(getattr(r, kind) / getattr(r, f"static_{kind}") for r in reads),
                "×",
            )
            for kind in ("profile", "search")
        ),
    ]
    return Found(goals, {"hits": hits, "timed": timed, "reads": reads})


class _Furnished:
    """A house of `count` casts that serves: `blocker` has blocked somebody, so that nothing is kept for them, `guest` nobody."""

    def __init__(self, place: House, count: int, port: int, blocker: str, guest: str) -> None:
        self._place, self._count, self._port = place, count, port
        self._blocker, self._guest = blocker, guest

    @classmethod
    @contextmanager
    def open(cls, place: House, count: int) -> "Iterator[_Furnished]":
        fuuro = Fuuro(place, f"bench_search_{count}")
        print(f"furnishing a house of {count:,} casts ...", file=sys.stderr)
        fuuro.furnish(count)
        fuuro.seed(2)
        with psycopg.connect(fuuro.conninfo, autocommit=True) as connection:
            for statement in (ENLIVEN, *SETTLE):
                connection.execute(statement)
        (first, second) = [json.loads(line) for line in fuuro.tokens.read_text().splitlines()]
        with fuuro.running(FUURO_ROLES="gateway,web") as at:
            made = cls(place, count, at.port, first["guest"]["token"], second["guest"]["token"])
            asyncio.run(made._block(second["cast"]["id"]))
            yield made

    async def _block(self, cast: str) -> None:
        body = json.dumps({"type": "block.add", "account": cast}).encode()
        head = (
            f"POST /api/commands HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {self._blocker}\r\n"
            f"idempotency-key: {uuid4()}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        line = await Line.open(self._port)
        answer = await line.get(head.encode() + body)
        line.close()
        if answer.status != 200:
            raise Unable(f"block.add was refused: {answer.body!r}")

    async def questions(self, count: int, rounds: int) -> list[Timed]:
        """In each round the kinds take turns, question by question, so that what else the machine does meets all of them; p99 is that of the
        rounds at the median. All have been asked before, so that nothing is asked for the first time since the server began."""
        kinds = await self._kinds(count)
        counts = [await self._all(asked[0]) for asked in kinds.values()]
        turns = [
            wire.request(_path(one), self._blocker) for asked in zip(*kinds.values(), strict=True) for one in asked
        ]
        answers: list[list[wire.Answer]] = [await wire.one_by_one(self._port, turns) for _ in range(rounds)]
        found = []
        for n, name in enumerate(kinds):
            asked = [one[n :: len(kinds)] for one in answers]
            if wrong := [answer.body for one in asked for answer in one if answer.status != 200]:
                raise Unable(f"A search by {name} was refused: {wrong[0][:300]!r}")
            times = [sorted(answer.ms for answer in one) for one in asked]
            p50 = statistics.median(each[len(each) // 2] for each in times)
            p99 = statistics.median(each[min(len(each) - 1, round(0.99 * len(each)))] for each in times)
            found.append(Timed(self._count, name, counts[n], p50, p99))
        return found

    async def _kinds(self, count: int) -> dict[str, list[dict[str, Any]]]:
        chance = Random(5)
        answer = await self._ask("/api/tags", self._guest)
        tags = [tag["id"] for tag in answer["items"]]
        night = datetime.now(ZoneInfo("Asia/Tokyo")).replace(hour=21, minute=0, second=0, microsecond=0)

        def free() -> dict[str, str]:
            begin = night + timedelta(days=chance.randint(1, 5), minutes=30 * chance.randint(0, 6))
            return {"from": begin.isoformat(), "to": (begin + timedelta(hours=2)).isoformat()}

        def together() -> dict[str, Any]:
            return {
                "tags": chance.choice(tags),
                "not_tags": chance.choice(tags),
                "price_max": chance.randint(17, 30) * 1_000,
                "area": chance.choice(AREAS),
            } | free()

        return {
            "none": [{}] * count,
            "a tag": [{"tags": chance.choice(tags)} for _ in range(count)],
            "three tags": [{"tags": ",".join(chance.sample(tags, 3))} for _ in range(count)],
            "not a tag": [{"not_tags": chance.choice(tags)} for _ in range(count)],
            "a word": [{"q": chance.choice(WORDS)} for _ in range(count)],
            "a tag's name": [{"q": chance.choice(answer["items"])["ja"]} for _ in range(count)],
            "tonight": [{"status": "tonight"}] * count,
            "online": [{"status": "online"}] * count,
            "an area": [{"area": chance.choice(AREAS)} for _ in range(count)],
            "a price": [{"price_max": chance.randint(9, 30) * 1_000} for _ in range(count)],
            "free then": [free() for _ in range(count)],
            "all but status": [together() for _ in range(count)],
            "all": [together() | {"status": "tonight"} for _ in range(count)],
        }

    async def _all(self, asked: dict[str, Any]) -> int:
        """How many a question finds in all, counted up to three thousand."""
        count, cursor = 0, None
        for _ in range(100):
            answer = await self._ask(_path(asked | ({"cursor": cursor} if cursor else {})), self._guest)
            count, cursor = count + len(answer["items"]), answer["next"]
            if cursor is None:
                break
        return count

    async def _ask(self, path: str, token: str) -> Any:
        (answer,) = await wire.one_by_one(self._port, [wire.request(path, token)])
        return json.loads(answer.body)

    async def kept(self, secs: float) -> list[Reads]:
        """Profiles and searches that have been asked for before, in turns with routes that answer the same bytes from memory."""
        profiles = [
            f"/api/casts/{one['account']['id']}" for one in (await self._ask("/api/casts", self._guest))["items"]
        ]
        searches = [_path({"area": area}) for area in AREAS]
        folder = self._place.folder / "answers"
        folder.mkdir()
        for name, path in (("profile", profiles[0]), ("search", searches[0])):
            (answer,) = await wire.one_by_one(self._port, [wire.request(path, self._guest)])
            (folder / name).write_bytes(answer.body)
        port, found = free_port(), []
        command = [sys.executable, str(UVICORN_PEER), "app:app", "--port", str(port), *UVICORN]
        log, here = self._place.folder / "static.log", Path(__file__).parent / "static_peer"
        with process(command, os.environ | {"ANSWERS": str(folder)}, here, log, "open"):
            turns = [(self._port, profiles), (port, ["/profile"]), (self._port, searches), (port, ["/search"])]
            for _ in range(KEPT_ROUNDS):
                found.append(Reads(*[await self._rate(at, paths, secs) for at, paths in turns]))
        return found

    async def _rate(self, port: int, paths: Sequence[str], secs: float) -> float:
        requests = [wire.request(path, self._guest) for path in paths]
        await wire.one_by_one(port, requests)
        return await wire.as_many_as_can_be(port, requests, LINES, secs)


def _path(asked: dict[str, Any]) -> str:
    return "/api/casts" + (f"?{urlencode(asked)}" if asked else "")
