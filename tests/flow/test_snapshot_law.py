"""Old snapshot + its events == new snapshot, after every command of the contract; and a read that changed was announced to those who may have it open."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from server.protocol.commands import AnyCommand, SessionCommand
from tests.flow.conftest import Pair
from tests.operator.conftest import signed_in
from tests.portfolio.pictures import upload
from tests.tools.clones import audited_house, rows, shift
from tests.tools.house import House, Person, Socket, until
from tests.trust.people import SCORES

pytestmark = pytest.mark.anyio
UNREAD = {"text", "photo", "request", "invitation", "seal"}
Card = dict[str, Any]


class View:
    """What a client of `person` knows: its first snapshot, and events applied to it in the order in which they came."""

    def __init__(self, person: Person, socket: Socket, guest_sees: Pair) -> None:
        self.person, self.socket, self.pair = person, socket, guest_sees
        self.settings = socket.opened["settings"]
        self.cards: dict[str, Card] = {card["room"]: card for card in socket.opened["rooms"]}
        self.entries: dict[str, dict[int, Card]] = {room: {} for room in self.cards}
        self.heard: set[str] = set()
        self.read: dict[str, Any] = {}

    def drain(self) -> None:
        while not self.socket.events.empty():
            event = self.socket.events.get_nowait()
            self.heard.add(event["type"])
            getattr(self, "on_" + event["type"].replace(".", "_"), lambda _: None)(event)

    def on_room_opened(self, event: Card) -> None:
        self.cards[event["card"]["room"]] = event["card"]
        self.entries[event["card"]["room"]] = {}

    def on_room_changed(self, event: Card) -> None:
        self.cards[event["card"]["room"]] = event["card"]

    def on_settings_changed(self, event: Card) -> None:
        self.settings = event["settings"]

    def on_room_entry(self, event: Card) -> None:
        entry = event["entry"]
        log = self.entries[entry["room"]]
        assert entry["seq"] == max(log, default=0) + 1, "dense, in order, once"
        log[entry["seq"]] = entry
        if entry["kind"] == "invitation":
            self.heard.add("reservation.changed")  # a new one comes with its entry
        target = log.get(entry.get("target", 0))
        if entry["kind"] == "edit" and target is not None:
            target |= {"body": entry["body"], "edited_at": entry["at"]}
        if entry["kind"] == "delete" and target is not None:
            for field in ("body", "edited_at", "photo"):
                target.pop(field, None)
            target["deleted"] = True
        self._derive(entry["room"])

    def on_room_read(self, event: Card) -> None:
        mine = event["by"] == self.person.id
        self.cards[event["room"]]["read" if mine else "their_read"] = event["seq"]
        self._derive(event["room"])

    def on_seal_delivery(self, event: Card) -> None:
        self.entries[event["room"]][event["seq"]]["delivery"][event["by"]] = event["state"]
        self._derive(event["room"])

    def on_reservation_changed(self, event: Card) -> None:
        found = event["reservation"]
        for entry in self.entries[found["room"]].values():
            if entry.get("reservation", {}).get("id") == found["id"]:
                entry["reservation"] = found
        self._derive(found["room"])

    def _derive(self, room: str) -> None:
        card, log = self.cards[room], self.entries[room]
        shown = [seq for seq, entry in log.items() if entry["kind"] not in ("edit", "delete")]
        unread = [e for s, e in log.items() if s > card["read"] and e["by"] != self.person.id and e["kind"] in UNREAD]
        card["head"] = max(log, default=0)
        card["last"] = log[max(shown)] if shown else None
        card["unread"] = 0 if card["blocked"] else len([e for e in unread if not e.get("deleted")])

    async def holds(self) -> None:
        """Waits for the events that are still on their way; then nothing may differ from a snapshot taken now."""
        found: dict[str, Any] = {}

        async def same() -> bool:
            self.drain()
            async with self.person.socket() as fresh:
                found.update({"settings": fresh.opened["settings"]} | {c["room"]: c for c in fresh.opened["rooms"]})
            self.drain()
            return found == {"settings": self.settings} | self.cards

        try:
            await until(same)
        except AssertionError:
            for name, known in ({"settings": self.settings} | self.cards).items():
                assert known == found.get(name), name

    async def announced(self) -> None:
        """Each read that is another than before was announced by its event. What the house does by itself (a night ends, somebody is gone)
        may be told of while it is read: an event that no read explains yet is kept for the next."""
        self.drain()
        told, self.heard = self.heard, set()
        before, self.read = self.read, await self.reads()
        changed = {event for event, said in self.read.items() if event in before and before[event] != said}

        def all_heard() -> bool:
            self.drain()
            return changed <= told | self.heard

        try:
            await until(all_heard)
        except AssertionError:
            assert changed <= told | self.heard
        self.heard -= changed

    async def reads(self) -> dict[str, Any]:
        """The event that announces it → what is read."""
        cast, plan = self.pair.cast.id, self.pair.plan
        profile = await self._get(f"/api/casts/{cast}")
        near = {"plan": plan, **self.near}
        said = {
            "reservation.changed": await self._get("/api/reservations"),
            "report.settled": [r for r in (await self._get("/api/reports"))["items"] if r["settled_at"] is not None],
        }
        if "account" not in profile:
            return said  # she is not there for who is blocked, and their card has said so
        free = await self._get(f"/api/casts/{cast}/availability", near)
        return said | {
            "status.changed": profile["status"],
            "radar.updated": profile["radar"],
            "availability.changed": [profile["plans"], free],
        }

    near: dict[str, str]

    async def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        return (await self.person.http.get(path, params=params)).json()


@pytest.fixture(scope="module")
def house(cluster: str, template: str) -> Iterator[House]:
    """One whose clock the test moves."""
    with audited_house(cluster, template) as one:
        yield one


class Story:
    """An evening and what follows, each command of the contract at least once; after each of them the law must hold."""

    def __init__(self, house: House, pair: Pair, operator: Person, third: Person, views: list[View]) -> None:
        self.house, self.cast, self.guest, self.room, self.plan = house, pair.cast, pair.guest, pair.room, pair.plan
        self.operator, self.third, self.views = operator, third, views
        self.given: set[str] = set()

    async def give(self, person: Person, type: str, **fields: Any) -> Any:
        if type in ("room.history", "room.since"):
            return await self._ask(person, type, **fields)
        answer = await person.command(type, **fields)
        assert answer["status_code"] == 200, (type, answer)
        self.given.add(type)
        for view in self.views:
            try:
                await view.holds()
                await view.announced()
            except AssertionError as error:
                raise AssertionError(f"after {type}, {view.person.account['role']}: {error}") from error
        return answer["result"]

    async def _ask(self, person: Person, type: str, **fields: Any) -> Any:
        """What only sockets ask."""
        async with person.socket() as socket:
            self.given.add(type)
            return await socket.ask(type, **fields)

    async def now(self) -> datetime:
        ((now,),) = await rows(self.house, "select kernel.moment()")
        return now  # type: ignore[no-any-return]

    async def in_an_hour(self) -> datetime:
        """A start, and from now on the availability that is looked at: what is past changes by itself."""
        start = (await self.now()).replace(second=0, microsecond=0) + timedelta(hours=1)
        for view in self.views:
            view.near = {"from": start.isoformat(), "to": (start + timedelta(days=2)).isoformat()}
            view.read = await view.reads()
        return start

    async def invite(self, at: datetime, **fields: Any) -> str:
        said = {"room": self.room, "plan": self.plan, "starts_at": at.isoformat()} | fields
        return str((await self.give(self.cast, "invitation.send", **said))["reservation"]["id"])

    async def pledge(self, guest: Person, reservation: str) -> None:
        await self.give(guest, "reservation.press", reservation=reservation)
        await shift(self.house, 1.3 / 86_400)
        await self.give(guest, "reservation.pledge", reservation=reservation, terms_version=1)

    async def talk(self) -> None:
        cast, guest, room = self.cast, self.guest, {"room": self.room}
        await self.give(guest, "follow.add", cast=cast.id)
        await self.give(guest, "room.open", **{"with": cast.id})
        for word in ("いち", "に", "さん"):
            said = await self.give(guest, "message.send", **room, body=word)
        await self.give(cast, "message.send", **room, body="はい", reply_to=said["seq"])
        await self.give(guest, "message.edit", **room, seq=said["seq"], body="三")
        await self.give(guest, "message.delete", **room, seq=said["seq"] - 1)
        await self.give(cast, "room.read", **room, seq=2)
        await self.give(cast, "room.received", **room, seq=3)
        await self.give(cast, "room.typing", **room, typing=True)
        await self.give(cast, "room.mute", **room, until="2999-01-01T00:00:00Z")
        await self.give(guest, "room.history", **room, limit=10)
        await self.give(guest, "room.since", **room, after=0, limit=10)
        await self.give(guest, "settings.save", private_receipts=True, quiet_from="23:00", quiet_to="06:00")
        await self.give(guest, "room.read", **room, seq=4)
        await self.give(guest, "settings.save", private_receipts=False)
        photo = await upload(cast)
        await self.give(cast, "message.send", **room, photo=photo["id"])
        await self.give(cast, "profile.save", headline="夜の紗夜", tags=[], published=True)
        await self.give(cast, "status.set", tonight=True)
        await self.give(cast, "calendar.link")
        await self.give(cast, "calendar.revoke")

    async def an_evening(self, start: datetime) -> str:
        cast, guest = self.cast, self.guest
        shown = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=4)).isoformat()}
        await self.give(cast, "schedule.add", **shown)
        await self.give(cast, "schedule.rule", weekday=2, **{"from": "20:00", "to": "29:00"})
        plan = {"minutes": 60, "price": {"amount": 9000, "currency": "JPY"}, "terms": "総額。"}
        other = (await self.give(cast, "plan.save", name="60分", **plan, waitlist=True))["id"]
        await self.give(guest, "invitation.ask", room=self.room, plan=self.plan, note="今夜は?")
        await self.give(cast, "invitation.withdraw", reservation=await self.invite(start))
        await self.give(guest, "invitation.decline", reservation=await self.invite(start))
        held = await self.invite(start)
        await self.give(guest, "reservation.press", reservation=held)
        await self.give(guest, "reservation.release", reservation=held)
        await self.pledge(guest, held)
        moved = await self.invite(start + timedelta(minutes=30), replaces=held)
        await self.pledge(guest, moved)
        span = {"from": start.isoformat(), "to": (start + timedelta(minutes=40)).isoformat()}
        place = await self.give(self.third, "waitlist.join", cast=cast.id, plan=other, **span)
        await self.give(self.third, "waitlist.leave", waitlist=place["waitlist"])
        late = await self.invite(start + timedelta(minutes=130))
        await self.pledge(guest, late)
        await self.give(guest, "reservation.cancel", reservation=late, reason="急用です", late=True)
        gone = {"starts_at": (start + timedelta(minutes=150)).isoformat(), "ends_at": shown["ends_at"]}
        await self.give(cast, "schedule.remove", **gone)
        await self.give(cast, "plan.archive", plan=other)
        return moved

    async def what_follows(self, reservation: str) -> None:
        cast, guest = self.cast, self.guest
        await self.give(cast, "reservation.arrive", reservation=reservation)
        await self.give(cast, "reservation.no_show", reservation=reservation)
        await self.give(guest, "reservation.dispute", reservation=reservation, note="行きました")
        settled = {"reservation": reservation, "outcome": "cleared", "note": "記録による"}
        await self.give(self.operator, "dispute.settle", **settled)
        start = await self.in_an_hour()
        ends = (start + timedelta(hours=4)).isoformat()
        await self.give(cast, "schedule.add", starts_at=start.isoformat(), ends_at=ends)
        next_one = await self.invite(start)
        await self.pledge(guest, next_one)
        await shift(self.house, 2 / 24)
        await self.in_an_hour()
        await self.give(cast, "reservation.complete", reservation=next_one)
        await self.give(guest, "review.write", reservation=next_one, scores=SCORES, comment="また")
        await self.give(cast, "review.write", reservation=next_one, comment="またどうぞ")
        await self.give(cast, "memo.save", guest=guest.id, body="辛口")
        await self.give(cast, "memo.erase", guest=guest.id)
        keys = {"p256dh": (await guest.http.get("/api/push/key")).json()["key"], "auth": "AAAAAAAAAAAAAAAAAAAAAA"}
        endpoint = "https://fcm.googleapis.com/fcm/send/abc"
        await self.give(guest, "push.subscribe", endpoint=endpoint, keys=keys)
        await self.give(guest, "push.unsubscribe", endpoint=endpoint)

    async def the_house(self) -> None:
        cast, guest, third, operator = self.cast, self.guest, self.third, self.operator
        subject = {"kind": "account", "account": cast.id}
        report = (await self.give(guest, "report.file", subject=subject, reason="rude"))["report"]
        await self.give(operator, "report.settle", report=report["id"], outcome="dismissed", note="記録なし")
        start = await self.in_an_hour()
        ends = (start + timedelta(hours=2)).isoformat()
        await self.give(cast, "schedule.add", starts_at=start.isoformat(), ends_at=ends)
        await self.give(third, "follow.add", cast=cast.id)
        room = (await self.give(third, "room.open", **{"with": cast.id}))["room"]
        await self.pledge(third, await self.invite(start, room=room))
        await self.give(operator, "account.suspend", account=third.id, reason="調査")
        await self.give(operator, "account.restore", account=third.id)
        await self.give(operator, "account.age_checked", account=third.id)
        await self.give(operator, "cast_code.mint")
        lost = "insert into kernel.jobs (kind, payload, dead_at) values ('letter.lost', '{}', now()) returning id"
        ((id,),) = await rows(self.house, lost)
        await self.give(operator, "delivery.replay", source="job", handler="letter.lost", id=id)
        await rows(self.house, "delete from kernel.jobs where id = %s returning id", id)
        await self.invite(start)
        await self.give(guest, "block.add", account=cast.id)
        await self.give(guest, "block.remove", account=cast.id)
        await self.give(guest, "follow.remove", cast=cast.id)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_after_every_command_the_events_say_what_a_snapshot_says(house: House, pair: Pair) -> None:
    operator, third = await signed_in(house), await Person(house).register("guest", "誠")
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        views = [View(pair.cast, cast, pair), View(pair.guest, guest, pair)]
        story = Story(house, pair, operator, third, views)
        start = await story.in_an_hour()
        await story.talk()
        moved = await story.an_evening(start)
        ((seconds,),) = await rows(house, "select extract(epoch from %s - kernel.moment())", start + timedelta(hours=1))
        await shift(house, float(seconds) / 86_400)
        await story.what_follows(moved)
        await story.the_house()
    await operator.http.aclose()
    await third.http.aclose()
    every = {kind.__struct_config__.tag for kind in get_args(AnyCommand)}
    of_sockets = {kind.__struct_config__.tag for kind in get_args(SessionCommand)}
    assert story.given == every - of_sockets
