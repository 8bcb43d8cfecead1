"""Rooms against a naive model: words, edits, deletions, reading, blocks and repetitions in any order, on devices that come and go."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec import UNSET, Struct

from server.kernel.work import Appended, Caller, Work
from server.message import index_words, reads, search
from server.message import store as rooms
from server.protocol import commands as c
from server.protocol.commands import Command
from server.protocol.errors import Refusal
from server.protocol.values import Entry
from tests.booking.stage import Stage, open_stage

WHO = st.sampled_from(["cast", "guest"])
BODY = st.sampled_from(["秋葉原で", "新宿で", "Moon", "ｍｏｏｎ", "はい"])
PLACE = st.integers(0, 8)
UNREAD = {"text", "photo", "request", "invitation", "seal"}


class Line(Struct):
    """An entry as the model has it. `body` is as written; `now` as it reads after edits."""

    seq: int
    by: str
    kind: str
    body: str | None
    now: str | None
    key: UUID
    target: int | None = None
    reply_to: int | None = None
    deleted: bool = False
    edited: bool = False


class Device:
    """A client that keeps what it heard: live while it is on, and by resuming when it comes back."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.on = False
        self.cursor = 0
        self.seen: list[int] = []

    def hear(self, seqs: list[int]) -> None:
        for seq in seqs:
            assert seq == self.cursor + 1, "every entry once, in order, without a hole"
            self.seen.append(seq)
            self.cursor = seq


class RoomMachine(RuleBasedStateMachine):
    """`stage` and `runner` are those of the test; each run has people and a room of its own."""

    stage: Stage
    runner: asyncio.Runner

    def do(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    @initialize(words=st.lists(st.tuples(WHO, BODY), min_size=2, max_size=4))
    def begin(self, words: list[tuple[str, str]]) -> None:
        async def people() -> tuple[Caller, Caller, UUID]:
            cast, guest = await self.stage.account("cast"), await self.stage.account("guest", "健")
            return cast, guest, await self.stage.talk(cast, guest)

        cast, guest, self.room = self.do(people())
        self.people: dict[str, Caller] = {"cast": cast, "guest": guest}
        self.lines: list[Line] = []
        self.read = {"cast": 0, "guest": 0}
        self.private = {"cast": False, "guest": False}
        self.blocks: set[str] = set()
        self.devices = [Device(owner) for owner in ("cast", "cast", "guest", "guest")]
        self.flush_of_the_writer(words)

    # ── what people do ──────────────────────────────────────────────────────────────────────────────────────────────
    def give(self, who: str, command: Command, key: UUID | None = None) -> Any:
        """The result's code or its fields; what was appended goes to the devices that are on."""
        try:
            outcome = self.do(self.stage.server.dispatcher.run(self.people[who], command, key or uuid4()))
        except Refusal as refusal:
            return refusal.code
        appended = [n.entry.seq for n in outcome.news if isinstance(n, Appended)]
        for device in self.devices:
            if device.on:
                device.hear(appended)
        return outcome

    def write(self, line: Line) -> None:
        self.lines.append(line)

    @rule(who=WHO, body=BODY, reply=st.none() | PLACE)
    def send(self, who: str, body: str, reply: int | None) -> None:
        key, head = uuid4(), len(self.lines)
        answer = self.give(who, c.SendMessage(room=self.room, body=body, reply_to=reply or None), key)
        if self.blocks:
            assert answer == "blocked"
        elif reply and not self.can_reply(reply):
            assert answer == "invalid"
        else:
            assert answer.seq == head + 1
            self.write(Line(head + 1, who, "text", body, body, key, reply_to=reply or None))

    def can_reply(self, seq: int) -> bool:
        return seq <= len(self.lines) and self.lines[seq - 1].kind == "text"

    @rule(bodies=st.lists(st.tuples(WHO, BODY), min_size=1, max_size=4))
    def flush_of_the_writer(self, bodies: list[tuple[str, str]]) -> None:
        """Several at once, as the gateway's writer has them."""
        drafts = [rooms.Draft(self.room, self.people[who].account, uuid4(), "text", body) for who, body in bodies]

        async def append() -> list[rooms.Written]:
            async with self.stage.work() as work:
                return await rooms.append(work.connection, drafts)

        written = self.do(append())
        assert [w.verdict for w in written] == ["b" if self.blocks else "f"] * len(drafts)
        if self.blocks:
            return
        for (who, body), draft, place in zip(bodies, drafts, written, strict=True):
            assert place.seq == len(self.lines) + 1 and draft.key is not None
            self.write(Line(place.seq, who, "text", body, body, draft.key))
        for device in self.devices:
            if device.on:
                device.hear([w.seq for w in written])

    @precondition(lambda self: self.lines)
    @rule(data=st.data(), other=st.booleans())
    def send_again_with_the_same_key(self, data: st.DataObject, other: bool) -> None:
        line = data.draw(st.sampled_from([x for x in self.lines if x.kind == "text"] or self.lines))
        if line.kind != "text" or line.deleted:
            return
        body = "ちがう" if other else line.body
        answer = self.give(line.by, c.SendMessage(room=self.room, body=body, reply_to=line.reply_to), line.key)
        if other:
            assert answer == "key_reused"
        else:
            assert answer.seq == line.seq, "the first answer, also in a blocked room"

    def some_place(self, who: str, data: st.DataObject) -> int:
        """Mostly one where there are words of one's own."""
        own = [x.seq for x in self.lines if x.by == who and x.kind == "text"]
        return int(data.draw(st.sampled_from(own) | st.sampled_from(own) | PLACE if own else PLACE)) or 1

    @rule(who=WHO, data=st.data(), body=BODY)
    def edit(self, who: str, data: st.DataObject, body: str) -> None:
        key, head, seq = uuid4(), len(self.lines), self.some_place(who, data)
        answer = self.give(who, c.EditMessage(room=self.room, seq=seq, body=body), key)
        refused = "blocked" if self.blocks else self.why_not(who, seq)
        if refused:
            assert answer == refused
            return
        assert answer.seq == head + 1
        self.write(Line(head + 1, who, "edit", body, None, key, target=seq))
        self.lines[seq - 1].now, self.lines[seq - 1].edited = body, True

    @rule(who=WHO, data=st.data())
    def delete(self, who: str, data: st.DataObject) -> None:
        key, head, seq = uuid4(), len(self.lines), self.some_place(who, data)
        answer = self.give(who, c.DeleteMessage(room=self.room, seq=seq), key)
        refused = self.why_not(who, seq)
        if refused:
            assert answer == refused
            return
        assert answer.seq == head + 1
        self.write(Line(head + 1, who, "delete", None, None, key, target=seq))
        for line in self.lines:
            if line.seq == seq or (line.target == seq and line.kind == "edit"):
                line.body, line.now, line.deleted = None, None, True

    def why_not(self, who: str, seq: int) -> str | None:
        if seq > len(self.lines):
            return "not_found"
        line = self.lines[seq - 1]
        if line.by != who:
            return "forbidden"
        return "wrong_state" if line.kind != "text" or line.deleted else None

    @rule(who=WHO, seq=PLACE)
    def read_up_to(self, who: str, seq: int) -> None:
        answer = self.give(who, c.ReadRoom(room=self.room, seq=seq))
        if seq > len(self.lines):
            assert answer == "invalid"
        else:
            self.read[who] = max(self.read[who], seq)

    @rule(who=WHO, set_it=st.sampled_from([False, False, True]))
    def block(self, who: str, set_it: bool) -> None:
        other = self.people["guest" if who == "cast" else "cast"].account
        self.give(who, c.AddBlock(account=other) if set_it else c.RemoveBlock(account=other))
        (self.blocks.add if set_it else self.blocks.discard)(who)

    @rule(who=WHO, private=st.booleans())
    def keep_receipts(self, who: str, private: bool) -> None:
        self.give(who, c.SaveSettings(private_receipts=private))
        self.private[who] = private

    @rule()
    def index(self) -> None:
        self.do(self.stage.worker.transact(index_words))

    # ── devices ─────────────────────────────────────────────────────────────────────────────────────────────────────
    @rule(number=st.integers(0, 3))
    def switch(self, number: int) -> None:
        """Off: it misses what comes. On: its snapshot brings what it missed, page by page, and the stream goes on from there."""
        device = self.devices[number]
        if device.on:
            device.on = False
            return

        async def resume() -> list[int]:
            async with self.stage.work() as work:
                asked = Work(work.connection, {}, self.people[device.owner])
                found = await reads.snapshot(
                    reads.ask_snapshot(asked, asked.caller.account, {self.room: device.cursor}), same_epoch=True
                )
                missed = found.missed[self.room]
                assert not missed.reset
                seqs = [e.seq for e in missed.entries]
                while missed.more:
                    missed = await reads.since(asked, c.RoomSince(room=self.room, after=seqs[-1], limit=3))
                    seqs += [e.seq for e in missed.entries]
                return seqs

        device.hear(self.do(resume()))
        device.on = True

    @rule(number=st.integers(0, 3), after=PLACE)
    def page_by_page(self, number: int, after: int) -> None:
        """`room.since` from anywhere, in pages of two."""
        owner = self.people[self.devices[number].owner]

        async def pages() -> list[int] | None:
            async with self.stage.work() as work:
                asked, seqs, more = Work(work.connection, {}, owner), [after], True
                while more:
                    page = await reads.since(asked, c.RoomSince(room=self.room, after=seqs[-1], limit=2))
                    if page.reset:
                        return None
                    seqs += [e.seq for e in page.entries]
                    more = page.more
                return seqs[1:]

        expected = list(range(after + 1, len(self.lines) + 1)) if after <= len(self.lines) else None
        assert self.do(pages()) == expected

    # ── what must hold ──────────────────────────────────────────────────────────────────────────────────────────────
    @invariant()
    def the_log_is_as_it_was_written(self) -> None:
        if not hasattr(self, "room"):
            return
        log: list[Entry] = self.do(self.stage.log(self.room))
        written = [(e.seq, e.kind, said(e.body), said(e.target), said(e.deleted) or False, said(e.key)) for e in log]
        assert written == [(x.seq, x.kind, x.body, x.target, x.deleted, x.key) for x in self.lines]
        for device in self.devices:
            assert device.seen == list(range(1, device.cursor + 1))
            assert not device.on or device.cursor == len(self.lines)

    @invariant()
    def the_history_reads_as_folded(self) -> None:
        if not hasattr(self, "room"):
            return

        async def folded() -> list[Entry]:
            async with self.stage.work() as work:
                return await rooms.history(work, self.room, 10_000, 10_000)

        found = [(e.seq, said(e.body), said(e.edited_at) is not None) for e in self.do(folded())]
        texts = [x for x in self.lines if x.kind == "text"]
        assert found == [(x.seq, x.now, x.edited and not x.deleted) for x in texts]

    @invariant()
    def both_cards_say_what_is_so(self) -> None:
        if not hasattr(self, "room"):
            return

        async def cards() -> dict[str, Any]:
            async with self.stage.work() as work:
                return {who: await rooms.card(work, self.room, p.account) for who, p in self.people.items()}

        for who, card in self.do(cards()).items():
            other = "guest" if who == "cast" else "cast"
            after = [x for x in self.lines if x.seq > self.read[who] and x.by != who]
            unread = [x for x in after if x.kind in UNREAD and not x.deleted]
            hidden = self.private[other] or bool(self.blocks)
            assert (card.head, card.read, card.blocked) == (len(self.lines), self.read[who], bool(self.blocks))
            assert card.unread == (0 if self.blocks else len(unread))
            assert card.their_read == (None if hidden else self.read[other])

    @invariant()
    def what_reads_so_is_found(self) -> None:
        if not hasattr(self, "room"):
            return

        async def find(text: str) -> list[int]:
            async with self.stage.work() as work:
                asked = Work(work.connection, {}, self.people["guest"])
                return [e.seq for e in await search.find(asked, text, self.room, None, 1_000)]

        for text, bodies in {"で": {"秋葉原で", "新宿で"}, "oo": {"Moon", "ｍｏｏｎ"}}.items():
            assert sorted(self.do(find(text))) == [x.seq for x in self.lines if x.now in bodies]


def said(value: Any) -> Any:
    return None if value is UNSET else value


def test_rooms_do_what_a_naive_model_does(conninfo: str, runner: asyncio.Runner) -> None:
    opened = open_stage(conninfo)
    RoomMachine.stage, RoomMachine.runner = runner.run(opened.__aenter__()), runner
    try:
        run_state_machine_as_test(
            RoomMachine,
            settings=settings(
                max_examples=20,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        runner.run(opened.__aexit__(None, None, None))
