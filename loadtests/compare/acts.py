"""Clients of the measures that are no chat, each in a process of its own: one JSON line on stdout is the result."""

import argparse
import asyncio
import gc
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop

from loadtests.compare.phone import Phone, Refused, leave, quantiles

AT_ONCE = 16
SLOT = timedelta(minutes=60)
SIGN_IN_SECONDS = 30.0
WARM_SECONDS = 2.0
"""s of flows before those that are counted: connections, caches and prepared statements are warm then, and what furnishing left to the
worker is done."""
STEPS = ("invitation", "press", "pledge", "seal")
Pair = dict[str, Any]
Took = dict[str, list[float]]
"""Step → how long each time, s."""


async def booking(arguments: argparse.Namespace, pairs: list[Pair]) -> dict[str, Any]:
    """So many flows a second, each an invitation, a press, a pledge and the seal on the cast's socket; what the hold takes is taken out."""
    houses = [_Couple(arguments.port, pair) for pair in pairs]
    await _all(house.open() for house in houses)
    warm, counted = round(arguments.rate * WARM_SECONDS), round(arguments.rate * arguments.secs)
    took: dict[str, list[float]] = {step: [] for step in STEPS}
    flows, begun = [], time.perf_counter()
    for number in range(warm + counted):
        due = begun + number / arguments.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        house = houses[number % len(houses)]
        flows.append(asyncio.create_task(house.try_flow(took if number >= warm else {step: [] for step in STEPS})))
    refused = [code for code in await asyncio.gather(*flows) if code is not None]
    spent = time.perf_counter() - begun - WARM_SECONDS - max(house.hold for house in houses)
    return {
        "steps": {step: quantiles(each) for step, each in took.items()},
        "per_second": (counted - len(refused)) / spent,
        "refused": refused,
    }


class _Couple:
    """A cast with a plan and free nights, and her guest."""

    def __init__(self, port: int, pair: Pair) -> None:
        self._port, self._pair = port, pair
        self._slot = 0
        self.hold = 0.0  # s, of its last flow
        self._sealed: dict[str, asyncio.Future[float]] = {}

    async def open(self) -> None:
        self._cast, opened = await Phone.open(self._port, self._pair["cast"]["token"], self._heard)
        self._guest, _ = await Phone.open(self._port, self._pair["guest"]["token"])
        now = datetime.fromisoformat(opened["server_time"]).replace(minute=0, second=0, microsecond=0)
        self._start = now + timedelta(hours=26)
        price = {"amount": 18_000, "currency": "JPY"}
        plan = await self._cast.ask("plan.save", name="45分", minutes=45, price=price, terms="総額。")
        self._plan = plan["id"]
        for day in range(4):
            begin = self._start + timedelta(days=day)
            await self._cast.ask("schedule.add", starts_at=_text(begin), ends_at=_text(begin + timedelta(days=1)))

    async def try_flow(self, took: Took) -> str | None:
        """The code of a refusal (`unavailable`, when it is beyond the server's strength): counted, not hidden."""
        try:
            await self.flow(took)
        except Refused as refusal:
            return str(refusal.args[0])
        return None

    async def flow(self, took: Took) -> None:
        starts_at, self._slot = self._start + self._slot * SLOT, self._slot + 1
        invitation = {"room": self._pair["room"], "plan": self._plan, "starts_at": _text(starts_at)}
        sent = await _timed(took["invitation"], self._cast.ask("invitation.send", **invitation))
        id = sent["reservation"]["id"]
        pressed = await _timed(took["press"], self._guest.ask("reservation.press", reservation=id))
        self.hold = pressed["hold_ms"] / 1000 + 0.01
        await asyncio.sleep(self.hold)
        self._sealed[id] = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        await _timed(took["pledge"], self._guest.ask("reservation.pledge", reservation=id, terms_version=1))
        took["seal"].append(await asyncio.wait_for(self._sealed[id], 30) - begun)

    def _heard(self, event: dict[str, Any]) -> None:
        if event["type"] == "room.entry" and event["entry"]["kind"] == "seal":
            self._sealed[event["entry"]["reservation"]["id"]].set_result(time.perf_counter())


async def _timed(times: list[float], asking: Awaitable[Any]) -> Any:
    begun = time.perf_counter()
    answer = await asking
    times.append(time.perf_counter() - begun)
    return answer


async def rivals(arguments: argparse.Namespace, pairs: list[Pair]) -> dict[str, Any]:
    """One cast invites all guests for the same slot at the same moment, over two sockets; again with another slot for each round."""
    cast = pairs[0]["cast"]
    couple = _Couple(arguments.port, pairs[0])
    await couple.open()
    phones = [(await Phone.open(arguments.port, cast["token"]))[0] for _ in range(2)]
    rooms: list[str] = []
    for pair in pairs:
        guest, _ = await Phone.open(arguments.port, pair["guest"]["token"])
        rooms.append((await guest.ask("room.open", **{"with": cast["id"]}))["room"])
        guest.close()
    settled, refused = [], set()
    for round in range(arguments.rounds):
        command = {"plan": couple._plan, "starts_at": _text(couple._start + round * SLOT)}
        begun = time.perf_counter()
        asking = [phones[n % 2].ask("invitation.send", room=room, **command) for n, room in enumerate(rooms)]
        answers = await asyncio.gather(*asking, return_exceptions=True)
        settled.append(time.perf_counter() - begun)
        refused |= {a.args[0] for a in answers if isinstance(a, Refused)}
        won = [a for a in answers if isinstance(a, dict)]
        if len(won) != 1 or any(isinstance(a, Exception) and not isinstance(a, Refused) for a in answers):
            raise SystemExit(f"{len(won)} of {len(rooms)} rivals won, and {refused} was said")
    return {"rivals": len(rooms), "settled_ms": [1000 * s for s in settled], "refused": sorted(refused)}


async def fill(arguments: argparse.Namespace, pairs: list[Pair]) -> dict[str, Any]:
    """So many messages into each pair's room, thirty in flight each."""
    turn = asyncio.Semaphore(64)

    async def one(pair: Pair) -> None:
        async with turn:
            phone, _ = await Phone.open(arguments.port, pair["cast"]["token"])
            for start in range(0, arguments.entries, 30):
                numbers = range(start, min(arguments.entries, start + 30))
                said = [phone.ask("message.send", room=pair["room"], body=f"今夜は静かです {n}") for n in numbers]
                await asyncio.gather(*said)
            phone.close()

    await asyncio.gather(*(one(pair) for pair in pairs))
    return {"entries": arguments.entries * len(pairs)}


async def catchup(arguments: argparse.Namespace, pairs: list[Pair]) -> dict[str, Any]:
    """Each guest comes back with a cursor of 0 and pages on until everything is there; all of them at once."""
    took = await asyncio.gather(*(_catch_up(arguments.port, pair, arguments.entries) for pair in pairs))
    begun, ended = min(b for b, _ in took), max(e for _, e in took)
    return {"entries_per_second": arguments.entries * len(pairs) / (ended - begun), "seconds": ended - begun}


async def _catch_up(port: int, pair: Pair, entries: int) -> tuple[float, float]:
    room = pair["room"]
    begun = time.perf_counter()
    phone, opened = await Phone.open(port, pair["guest"]["token"], rooms={room: 0})
    page, at = opened["missed"][room], 0
    while True:
        for entry in page["entries"]:
            if entry["seq"] != at + 1:
                raise SystemExit(f"entry {entry['seq']} came after {at}")
            at += 1
        if not page["more"]:
            break
        page = await phone.ask("room.since", room=room, after=at)
    if at != entries:
        raise SystemExit(f"{at} entries came of {entries}")
    return begun, time.perf_counter()


async def storm(arguments: argparse.Namespace, pairs: list[Pair]) -> dict[str, Any]:
    """Holds all sockets, says so, and when the server has gone brings each back with back-off and jitter, as the contract says, until it has
    what it missed. Then says when the last was there, by the machine's clock."""
    people = [(pair["room"], pair[member]["token"]) for pair in pairs for member in ("cast", "guest")]
    phones = await _all(Phone.open(arguments.port, token) for _, token in people)
    print(json.dumps({"sockets": len(phones)}), flush=True)

    async def one(room: str, token: str, phone: Phone) -> tuple[float, int]:
        await phone.closed.wait()
        tries, pause = 0, 0.25
        while True:
            await asyncio.sleep(random.uniform(0, pause))
            tries, pause = tries + 1, min(2 * pause, 4.0)
            try:
                async with asyncio.timeout(SIGN_IN_SECONDS):
                    _, opened = await Phone.open(arguments.port, token, rooms={room: 0})
            except Exception:  # whatever a server that starts or ends says: try again
                continue
            missed = opened["missed"][room]
            if len(missed["entries"]) != arguments.entries or missed["more"] or missed["reset"]:
                raise SystemExit(f"{len(missed['entries'])} entries came of {arguments.entries}")
            return time.time(), tries

    back = await asyncio.gather(*(one(*person, phone) for person, (phone, _) in zip(people, phones, strict=True)))
    return {"back_at": sorted(at for at, _ in back), "most_tries": max(tries for _, tries in back)}


async def _all(openings: Iterable[Awaitable[Any]]) -> list[Any]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(opening: Awaitable[Any]) -> Any:
        async with turn:
            return await opening

    return await asyncio.gather(*(one(opening) for opening in openings))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


KINDS: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
    act.__name__: act for act in (booking, rivals, fill, catchup, storm)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tokens", type=Path, required=True, help="what `server seed` wrote")
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--first", type=int, default=0, help="the first line of it to use")
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--secs", type=float, default=5.0)
    arguments = parser.parse_args()
    lines = arguments.tokens.read_text().splitlines()[arguments.first : arguments.first + arguments.pairs]
    gc.disable()  # looking through thousands of phones for garbage would take the cores of the server that is measured

    async def run() -> None:
        print(json.dumps(await KINDS[arguments.kind](arguments, [json.loads(line) for line in lines])), flush=True)
        leave()

    uvloop.run(run())


if __name__ == "__main__":
    main()
