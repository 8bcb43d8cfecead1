"""The load, in a process of its own: `loop` (closed loop of pairs), `open` (open loop: so many a second, whatever comes back), `echo` (a
closed loop of sockets with themselves) or `idle` (signed-in sockets that say nothing).

Closed loop: each pair has so many messages in flight, and its sender writes the next one when the other member has received one.
A message counts when the other member has it; its latency runs from writing to that moment, in the open loop from when it was due: a server
(or a client) that falls behind cannot hide it by being asked less. One JSON line on stdout is the result.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from loadtests.compare.cpu import cpu_seconds, family_seconds
from loadtests.compare.dialects import DIALECTS, Dialect, Refused

TEXT = "a chat message of the usual length, written at @"
"""What every line begins with; nanoseconds and another @ follow."""
WARM_SECONDS = 1.0
"""s of load before counting: connections to the database, caches and code paths are warm then."""
SIGN_IN_SECONDS = 20
SIGN_INS_AT_ONCE = 16


class Tally:
    """What was received while the measurement ran."""

    def __init__(self) -> None:
        self.running = False
        self.failures: list[str] = []
        self.waits: list[int] = []
        """ns from writing a line to the other member's having it."""


class Member(WSListener):
    """One socket. A listener counts lines, and prompts the next of its `partner`, if it has one."""

    def __init__(
        self, dialect: Dialect, pair: dict, tally: Tally, partner: "Member | None" = None, listens: bool = False
    ) -> None:
        self.dialect, self.pair, self.tally, self.partner = dialect, pair, tally, partner
        self.listens = listens or partner is not None
        self.inside: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if not self.inside.done():
            self.inside.set_exception(Refused("the server closed the socket before the sign-in"))
        elif self.tally.running:
            self.tally.failures.append("the server closed a socket")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        text = frame.get_payload_as_utf8_text()
        try:
            if (reply := self.dialect.reply(text)) is not None:
                transport.send(WSMsgType.TEXT, reply)
            elif not self.inside.done():
                if self.dialect.welcomed(text):
                    self.inside.set_result(None)
            elif self.dialect.shows_line(text) and self.listens:
                self._receive(text)
        except Refused as refusal:
            if self.inside.done():
                self.tally.failures.append(str(refusal))
            else:
                self.inside.set_exception(refusal)

    def speak(self, due_ns: int | None = None) -> None:
        body = f"{TEXT}{due_ns or time.perf_counter_ns()}@"
        self.transport.send(WSMsgType.TEXT, self.dialect.line(self.pair, body))

    def _receive(self, text: str) -> None:
        start = text.find(TEXT)
        if start < 0:
            return
        start += len(TEXT)
        if self.tally.running:
            self.tally.waits.append(time.perf_counter_ns() - int(text[start : text.index("@", start)]))
        if self.partner is not None:
            self.partner.speak()


async def loop(arguments: argparse.Namespace, pairs: list[dict], tally: Tally) -> dict:
    make = DIALECTS[arguments.dialect]
    speakers = [Member(make(), pair, tally) for pair in pairs]
    listeners = [Member(make(), pair, tally, speaker) for pair, speaker in zip(pairs, speakers, strict=True)]
    await _sign_in(arguments.port, [(m, "cast") for m in speakers])
    await _sign_in(arguments.listen_port or arguments.port, [(m, "guest") for m in listeners])
    return await _closed(arguments, speakers, tally)


async def echo(arguments: argparse.Namespace, pairs: list[dict], tally: Tally) -> dict:
    speakers = [Member(DIALECTS[arguments.dialect](), pair, tally) for pair in pairs]
    for speaker in speakers:
        speaker.partner, speaker.listens = speaker, True
    await _sign_in(arguments.port, [(m, "cast") for m in speakers])
    return await _closed(arguments, speakers, tally)


async def _closed(arguments: argparse.Namespace, speakers: list[Member], tally: Tally) -> dict:
    for speaker in speakers:
        for _ in range(arguments.in_flight):
            speaker.speak()
    await asyncio.sleep(WARM_SECONDS)
    return await _counted(arguments, tally)


async def open_loop(arguments: argparse.Namespace, pairs: list[dict], tally: Tally) -> dict:
    make = DIALECTS[arguments.dialect]
    speakers = [Member(make(), pair, tally) for pair in pairs]
    listeners = [Member(make(), pair, tally, listens=True) for pair in pairs]
    await _sign_in(arguments.port, [(m, "cast") for m in speakers])
    await _sign_in(arguments.listen_port or arguments.port, [(m, "guest") for m in listeners])
    speaking = asyncio.create_task(_speak_evenly(speakers, arguments.rate))
    await asyncio.sleep(WARM_SECONDS)
    try:
        return await _counted(arguments, tally)
    finally:
        speaking.cancel()


async def _speak_evenly(speakers: list[Member], rate: int) -> None:
    """Each line when it is due, in turn around the speakers; what is late is written at once, with the time it was due."""
    begun, said, gap = time.perf_counter_ns(), 0, 1_000_000_000 / rate
    while True:
        now = time.perf_counter_ns()
        while (due := begun + round(said * gap)) <= now:
            speakers[said % len(speakers)].speak(due)
            said += 1
        await asyncio.sleep(0.001)


async def _counted(arguments: argparse.Namespace, tally: Tally) -> dict:
    begun, used = time.perf_counter(), time.process_time()
    theirs, database = cpu_seconds(arguments.pid), family_seconds(arguments.postmaster)
    tally.running = True
    await asyncio.sleep(arguments.secs)
    tally.running, seconds = False, time.perf_counter() - begun
    theirs, database = cpu_seconds(arguments.pid) - theirs, family_seconds(arguments.postmaster) - database
    waits = sorted(tally.waits)
    return {
        "per_second": len(waits) / seconds,
        "p50_ms": _quantile(waits, 0.50),
        "p99_ms": _quantile(waits, 0.99),
        "client_cpu": (time.process_time() - used) / seconds,
        "server_us": 1_000_000 * theirs / max(1, len(waits)),
        "postgres_us": 1_000_000 * database / max(1, len(waits)),
        "failures": len(tally.failures),
        "first_failure": tally.failures[0][:300] if tally.failures else None,
    }


async def idle(arguments: argparse.Namespace, pairs: list[dict], tally: Tally) -> dict:
    """Opens both members' sockets of each pair, prints `{"sockets": n}`, and keeps them until stdin ends."""
    make = DIALECTS[arguments.dialect]
    members = [(Member(make(), pair, tally), member) for pair in pairs for member in ("cast", "guest")]
    await _sign_in(arguments.port, members)
    print(json.dumps({"sockets": len(members)}), flush=True)
    tally.running = True
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    return {"failures": len(tally.failures)}


async def _sign_in(port: int, members: list[tuple[Member, str]]) -> None:
    turn = asyncio.Semaphore(SIGN_INS_AT_ONCE)

    async def one(member: Member, name: str) -> None:
        async with turn, asyncio.timeout(SIGN_IN_SECONDS):
            dialect = member.dialect
            await ws_connect(lambda: member, dialect.url(port, member.pair, name), extra_headers=dialect.headers)
            if (hello := dialect.hello(member.pair, name)) is not None:
                member.transport.send(WSMsgType.TEXT, hello)
            await member.inside

    async with asyncio.TaskGroup() as group:
        for member, name in members:
            group.create_task(one(member, name))


def _quantile(sorted_ns: list[int], part: float) -> float | None:
    """In ms; None of nothing."""
    return sorted_ns[min(len(sorted_ns) - 1, int(len(sorted_ns) * part))] / 1e6 if sorted_ns else None


KINDS = {"loop": loop, "open": open_loop, "echo": echo, "idle": idle}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("dialect", choices=list(DIALECTS))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True, help="the server's process, whose processor time is counted")
    parser.add_argument(
        "--postmaster", type=int, required=True, help="PostgreSQL's first process, with whose children it is the same"
    )
    parser.add_argument("--tokens", type=Path, required=True, help="what `server seed` wrote")
    parser.add_argument("--first", type=int, default=0, help="the first line of it to use")
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--in-flight", type=int, default=1)
    parser.add_argument("--rate", type=int, default=0, help="messages a second in all, in the open loop")
    parser.add_argument("--listen-port", type=int, help="where the guests connect, if elsewhere")
    parser.add_argument("--secs", type=float, default=4.0)
    arguments = parser.parse_args()
    lines = arguments.tokens.read_text().splitlines()[arguments.first : arguments.first + arguments.pairs]
    work = KINDS[arguments.kind]

    async def run() -> None:
        print(json.dumps(await work(arguments, [json.loads(line) for line in lines], Tally())), flush=True)
        os._exit(0)  # a thousand closing handshakes would only delay the next round

    uvloop.run(run())


if __name__ == "__main__":
    main()
