"""The first photo of a cast's profile is her face wherever she is named: rooms, reservations, waiting lists, her own account."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from server.audit import drift
from server.kernel.work import Work
from server.portfolio import own_photo, sweep_photos
from server.protocol import commands as c
from server.protocol import limits
from tests.booking.conftest import evening, stage
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock
from tests.flow.conftest import Pair
from tests.message.test_photos import taken_in
from tests.portfolio.pictures import upload
from tests.tools.house import Person, until

__all__ = ["evening", "stage"]
pytestmark = pytest.mark.anyio


def hours(ahead: int) -> str:
    return (datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=ahead)).isoformat()


async def shown(viewer: Person, cast: Person) -> Any:
    """The id of her photo on the card of the room, None where there is none."""
    (card,) = (await viewer.http.get("/api/rooms")).json()["items"]
    assert card["with"]["id"] == cast.id
    return card["with"].get("photo", {}).get("id")


async def test_a_new_face_is_told_to_those_who_talk_with_her_and_is_in_every_account(pair: Pair) -> None:
    first, second = await upload(pair.cast), await upload(pair.cast)
    async with pair.guest.socket() as guest:
        assert "photo" not in guest.opened["rooms"][0]["with"]
        for photos, face in (([first, second], first), ([second, first], second)):
            await pair.cast.command("profile.save", photos=[photo["id"] for photo in photos])
            told = await guest.next("room.changed")
            assert told["card"]["with"] == {"id": pair.cast.id, "role": "cast", "display_name": "紗夜", "photo": face}
        await pair.cast.command("profile.save", photos=[second["id"]], headline="第二の写真だけ")
        await pair.cast.command("schedule.add", starts_at=hours(20), ends_at=hours(30))
        sent = await pair.cast.command("invitation.send", room=pair.room, plan=pair.plan, starts_at=hours(21))
        assert sent["result"]["reservation"]["cast"]["photo"] == second
        assert "photo" not in sent["result"]["reservation"]["guest"]
        said = await guest.next("room.entry", kind="invitation")
        assert said["entry"]["reservation"]["cast"]["photo"] == second
        assert guest.heard("room.changed") == [], "a face that stays is not told again"
    async with pair.guest.socket() as guest:
        assert guest.opened["rooms"][0]["with"]["photo"] == second
    me = (await pair.cast.http.get("/api/me")).json()["account"]
    assert me["photo"] == second
    (reservation,) = (await pair.guest.http.get("/api/reservations")).json()["items"]
    assert reservation["cast"]["photo"] == second
    async with pair.guest.socket() as guest:
        await pair.cast.command("profile.save", photos=[])
        assert "photo" not in (await guest.next("room.changed"))["card"]["with"]
    assert await shown(pair.guest, pair.cast) is None


async def test_whoever_is_blocked_sees_the_face_no_more(pair: Pair) -> None:
    photo = await upload(pair.cast)
    await pair.cast.command("profile.save", photos=[photo["id"]])
    await until(lambda: shown(pair.guest, pair.cast))
    await pair.cast.command("block.add", account=pair.guest.id)
    assert await shown(pair.guest, pair.cast) is None
    await pair.cast.command("block.remove", account=pair.guest.id)
    assert await shown(pair.guest, pair.cast) == photo["id"]


async def test_a_face_that_is_still_shown_is_not_swept_away(stage: Stage, evening: Evening, clock: Clock) -> None:
    """Between the saving of a profile and its telling the old photo is the one that rooms show."""
    old, new = await taken_in(stage, evening.cast), await taken_in(stage, evening.cast)
    await stage.run(evening.cast, c.SaveProfile(photos=[old]))
    await stage.deliver()
    await clock.shift(limits.PHOTO_UNUSED_DAYS * 86_400 + 1)
    await stage.run(evening.cast, c.SaveProfile(photos=[new]))
    assert await stage.worker.transact(sweep_photos) == 0
    await stage.deliver()
    assert await stage.worker.transact(sweep_photos) == 1
    assert await drift(stage.server.database.conninfo) == []


async def test_a_reported_face_stays_as_evidence_and_a_gone_one_is_left_out(
    stage: Stage, evening: Evening, clock: Clock
) -> None:
    cast, guest = evening.cast, evening.guest
    face = await taken_in(stage, cast)
    await stage.run(cast, c.SaveProfile(photos=[face]))
    await stage.deliver()
    report = c.FileReport(subject=c.ReportedAccount(account=cast.account), reason="not her")
    await stage.run(guest, report)
    await clock.shift(limits.PHOTO_UNUSED_DAYS * 86_400 + 1)
    await stage.run(cast, c.SaveProfile(photos=[]))
    await stage.deliver()
    assert await stage.worker.transact(sweep_photos) == 0

    async def there(work: Work) -> bool:
        return await own_photo(work, cast.account, UUID(str(face))) is not None

    assert await stage.worker.transact(there)
    gone = Jsonb({"id": "00000000-0000-4000-8000-000000000000", "sizes": {}})
    await stage.rows("update identity.accounts set photo = %s where id = %s returning id", gone, cast.account)
    await stage.run(guest, report)
    evidence = await stage.rows("select evidence from trust.reports order by id")
    assert ["photo" in kept for (kept,) in evidence] == [True, False]
