"""A photo that nothing shows leaves after a week, files and all; whatever shows it keeps it, also in the very moment."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from server.kernel.objects import Objects
from server.portfolio import own_photo, sweep_photos
from server.portfolio.model import files
from server.protocol import commands as c
from server.protocol import limits
from server.worker.effects import drop_photo_job
from server.worker.loop import Done
from tests.booking.conftest import evening, stage
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock
from tests.message.test_photos import show, taken_in

__all__ = ["evening", "stage"]
pytestmark = pytest.mark.anyio
WEEK = limits.PHOTO_UNUSED_DAYS * 86_400


async def kept(stage: Stage) -> set[UUID]:
    return {id for (id,) in await stage.rows("select id from portfolio.photos")}


async def sweep(stage: Stage) -> int:
    return await stage.worker.transact(sweep_photos)


async def test_what_is_shown_stays_and_what_is_shown_no_more_goes(stage: Stage, evening: Evening, clock: Clock) -> None:
    cast, guest = evening.cast, evening.guest
    names = ("profile", "sent", "deleted", "evidence", "replaced", "never")
    photos = {name: await taken_in(stage, cast) for name in names}
    await stage.run(cast, c.SaveProfile(photos=[photos["replaced"]]))
    await stage.run(cast, c.SaveProfile(photos=[photos["profile"]]))
    await show(stage, cast, evening, photos["sent"])
    for name in ("deleted", "evidence"):
        seq = await show(stage, cast, evening, photos[name])
        if name == "evidence":
            subject = c.ReportedEntry(room=evening.room, seq=seq)
            await stage.run(guest, c.FileReport(subject=subject, reason="rude"))
        await stage.run(cast, c.DeleteMessage(room=evening.room, seq=seq))
    assert await sweep(stage) == 0, "nothing is old enough"
    await clock.shift(WEEK + 1)
    young = await taken_in(stage, cast)
    await stage.rows("update portfolio.photos set at = kernel.moment() where id = %s returning id", young)
    assert await sweep(stage) == 3
    assert await kept(stage) == {photos["profile"], photos["sent"], photos["evidence"], young}
    jobs = await stage.rows("select kind from kernel.jobs")
    assert jobs == [("portfolio.drop_photo",)] * 3
    assert await sweep(stage) == 0
    said = await stage.said(cast, c.SendMessage(room=evening.room, photo=photos["never"]))
    assert said == "not_found"


async def test_a_photo_that_is_being_sent_is_not_swept_away(stage: Stage, evening: Evening, clock: Clock) -> None:
    """Either the message bears a photo that is there, or it is refused: never one whose photo is gone."""
    photos = [await taken_in(stage, evening.cast) for _ in range(24)]
    await clock.shift(WEEK + 1)
    sends = [stage.said(evening.cast, c.SendMessage(room=evening.room, photo=photo)) for photo in photos]
    answers = await asyncio.gather(*sends[:12], sweep(stage), sweep(stage), *sends[12:])
    answers = [answer for answer in answers if isinstance(answer, str)]
    shown = {entry.photo.id for entry in await stage.log(evening.room)}
    assert set(answers) <= {"ok", "not_found"}
    assert len(shown) == answers.count("ok")
    assert shown <= await kept(stage)


async def test_a_sender_who_holds_it_is_waited_for(stage: Stage, evening: Evening, clock: Clock) -> None:
    photo = await taken_in(stage, evening.cast)
    await clock.shift(WEEK + 1)
    async with stage.work() as work:
        assert await own_photo(work, evening.cast.account, photo) is not None
        assert await sweep(stage) == 0
    assert await sweep(stage) == 1


async def test_the_files_leave_the_store_and_gone_is_gone(tmp_path: Path) -> None:
    objects = Objects(tmp_path.as_uri())
    await objects.put(dict.fromkeys(files("leaving") + files("staying"), b"..."))
    drop = drop_photo_job(objects)
    for _ in range(2):
        assert await drop({"name": "leaving"}) == Done()
    left = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()}
    assert left == set(files("staying"))
