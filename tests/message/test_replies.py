"""What one can reply to."""

import pytest

from server.protocol import commands as c
from tests.booking.stage import Evening, Stage

pytestmark = pytest.mark.anyio


async def test_one_replies_to_what_can_be_seen(stage: Stage, evening: Evening) -> None:
    seq = (await stage.run(evening.cast, c.SendMessage(room=evening.room, body="今夜は?")))["seq"]
    edit = (await stage.run(evening.cast, c.EditMessage(room=evening.room, seq=seq, body="なおす")))["seq"]
    reply = c.SendMessage(room=evening.room, body="はい", reply_to=seq)
    assert await stage.said(evening.guest, reply) == "ok"
    for nothing in (edit, edit + 5):
        refused = c.SendMessage(room=evening.room, body="はい", reply_to=nothing)
        assert await stage.said(evening.guest, refused) == "invalid"
