"""The jobs that reach outside: a push, a text."""

from typing import Any

import msgspec

from server.identity.jobs import SendText
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.objects import Objects, ObjectsUnavailable
from server.kernel.work import Work
from server.message import pushes
from server.message.jobs import SendPush
from server.portfolio.jobs import DropPhoto
from server.portfolio.model import files
from server.worker.loop import Again, Done, Hopeless, Job, Verdict
from server.worker.push import PushSender, Target, Urgency
from server.worker.sms import SmsSender

TTL_SECONDS = 24 * 3_600


def push_job(sender: PushSender, database: Database) -> Job:
    async def run(payload: dict[str, Any]) -> Verdict:
        job = msgspec.convert(payload, SendPush)
        target = Target(job.endpoint, job.p256dh, job.auth)
        urgency: Urgency = "high" if job.kind == "seal" else "normal"
        outcome = await sender.send(target, job.body(), ttl=TTL_SECONDS, urgency=urgency, topic=job.topic)
        match outcome.kind:
            case "accepted":
                return Done()
            case "gone":
                async with database.connection() as connection:
                    await pushes.prune(Work(connection, {}), job.endpoint)
                return Done()
            case "retry":
                return Again(f"push: {outcome.detail}", outcome.retry_after)
            case _:
                return Hopeless(f"push: {outcome.detail}")

    return run


def drop_photo_job(objects: Objects) -> Job:
    async def run(payload: dict[str, Any]) -> Verdict:
        try:
            await objects.delete(files(msgspec.convert(payload, DropPhoto).name))
        except ObjectsUnavailable as error:
            return Again(f"photo: {error}")
        return Done()

    return run


def text_job(sender: SmsSender, keyring: Keyring) -> Job:
    async def run(payload: dict[str, Any]) -> Verdict:
        to, text = msgspec.convert(payload, SendText).opened(keyring)
        outcome = await sender.send(to, text)
        match outcome.kind:
            case "accepted":
                return Done()
            case "retry":
                return Again(f"text: {outcome.detail}", outcome.retry_after)
            case _:
                return Hopeless(f"text: {outcome.detail}")

    return run
