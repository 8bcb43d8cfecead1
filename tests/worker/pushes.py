"""A push as the tests send it: who signs it, to whom, and what it says."""

import json

from server.worker.outcomes import Outcome
from server.worker.push import PushSender, Target
from tests.tools.push_service import Subscribed

SUBJECT = "mailto:operator@example.org"
TAKEN = Outcome("accepted", status=201)
PAYLOAD = json.dumps({"type": "room.entry", "room": "0198", "seq": 7}).encode()


async def push(sender: PushSender, to: Subscribed, payload: bytes = PAYLOAD, ttl: int = 60) -> Outcome:
    return await sender.send(as_stored(to), payload, ttl=ttl, urgency="normal", topic=None)


def as_stored(to: Subscribed) -> Target:
    return Target(to.endpoint, to.p256dh, to.auth)
