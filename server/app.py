"""The composition root: settings → database → hub → contexts → Litestar. The only place that knows everybody."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.types import ASGIApp

from server import booking, identity, message, offer, portfolio, trust
from server.gateway import socket
from server.gateway.gateway import Gateway
from server.gateway.hub import Hub
from server.gateway.relay import Relay
from server.identity.budgets import Budgets
from server.kernel import letters, queries
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.dispatch import Dispatcher
from server.kernel.kept import Kept
from server.kernel.objects import Objects
from server.kernel.reactions import Reactions
from server.kernel.settings import Settings
from server.kernel.stopping import Stop
from server.kernel.tokens import Tokens
from server.kernel.wake import Wake
from server.kernel.work import Consumers, Work
from server.offer.handlers import Schedule
from server.protocol import limits
from server.web import auth, commands, heads, pages, photos, problems, reads
from server.web.house import House, caller
from server.web.profiles import profiles
from server.worker.effects import drop_photo_job, push_job, text_job
from server.worker.loop import Job, Worker
from server.worker.push import PushSender, VapidKey
from server.worker.sms import SmsSender

log = logging.getLogger("fuuro")
SQL = queries.load("kernel")
SCHEDULE = Schedule()
REACTIONS: dict[str, Reactions] = {
    "identity": identity.REACTIONS,
    "message": message.REACTIONS,
    "booking": booking.reactions(SCHEDULE),
    "trust": trust.REACTIONS,
    "portfolio": portfolio.REACTIONS,
}
CONSUMERS: Consumers = {
    kind.__struct_config__.tag: [name for name, reactions in REACTIONS.items() if kind in reactions]
    for reactions in REACTIONS.values()
    for kind in reactions
}


DATABASE_SECONDS = 1.8
"""s of the stop's budget that tasks and connections leave to PostgreSQL, which ends last."""
CLOSE_SECONDS = 0.5
"""s for the pool's own tasks; one of them may be in the middle of connecting, and nobody waits for that connection."""


JOB_KINDS = frozenset({message.PUSH, identity.SEND_TEXT, portfolio.DROP_PHOTO})
"""Effects outside that some worker runs; texts only where a provider is configured."""


class Server:
    """Everything of one process, wired; what of it runs is said by the roles."""

    def __init__(self, settings: Settings, conninfo: str, stop: Stop | None = None) -> None:
        self.settings = settings
        self.stop = stop or Stop()
        self.database = Database(conninfo)
        self.keyring = Keyring(settings.secret_key)
        self.tokens = Tokens(self.keyring)
        self.wake = Wake()
        schedule = SCHEDULE
        holds = partial(booking.hold, schedule)
        self.vapid = VapidKey(self.keyring)
        self.push = PushSender(self.vapid, settings.push_subject, settings.push_hosts)
        self.objects = Objects(settings.photos_url or (settings.data / "photos").absolute().as_uri())
        self.sms = SmsSender(settings.sms_url) if settings.sms_url else None
        handlers = {
            **message.handlers(
                holds, partial(booking.part, schedule), portfolio.own_photo, self.push.check_subscription
            ),
            **booking.handlers(schedule, booking.nothing_due),
            **booking.waitlist.handlers(schedule, portfolio.is_open_to),
            **booking.feeds.HANDLERS,
            **booking.house_handlers(schedule),
            **offer.HANDLERS,
            **portfolio.handlers(profiles, message.tell_tonight),
            **trust.handlers(self.keyring, portfolio.own_photo),
            **identity.HANDLERS,
            **identity.operator_handlers(self.keyring),
            **letters.HANDLERS,
        }
        self.dispatcher = Dispatcher(
            self.database, handlers, CONSUMERS, self.keyring, identity.gate(settings.age_check)
        )
        self.hub = Hub(self.database, settings.limits)
        self.kept = Kept()
        self.relay = Relay(self.database, self.hub, self.kept, self.wake, alone=settings.redis_url is None)
        self.gateway = Gateway(settings, self.database, self.tokens, self.dispatcher, self.hub, self.relay)
        self.budgets = Budgets(settings.redis_url, settings.limits)
        self.identity = identity.Identity(
            self.database,
            self.keyring,
            self.tokens,
            self.budgets,
            CONSUMERS,
            self.relay.publish,
            development=settings.development_inbox,
            time_zone=settings.time_zone,
        )
        self._schedule = schedule
        self._invite = partial(message.invite, holds)

    def worker(self) -> Worker:
        jobs: dict[str, Job] = {message.PUSH: push_job(self.push, self.database)}
        jobs[portfolio.DROP_PHOTO] = drop_photo_job(self.objects)
        if self.sms is not None:
            jobs[identity.SEND_TEXT] = text_job(self.sms, self.keyring)
        return Worker(
            self.database,
            CONSUMERS,
            self.relay.publish,
            self.wake,
            REACTIONS,
            jobs,
            [
                *((2.0, partial(job, self._schedule)) for job in booking.JOBS),
                (2.0, partial(booking.waitlist.serve, self._invite, self._schedule)),
                (10.0, partial(booking.reminders.remind, message.remind)),
                (10.0, partial(booking.reminders.text_who_did_not_hear, self.identity.remind)),
                (1.0, message.push_what_waits),
                (5.0, message.push_what_was_quiet),
                (5.0, message.index_at_leisure),
                (3600.0, message.forget_pushes),
                (30.0, self.identity.phones.apply_due),
                (60.0, self.identity.ends.erase_due),
                *((2.0, job) for job in trust.JOBS),
                (1.0, portfolio.tell_status),
                (3600.0, portfolio.sweep_photos),
                (1.0, offer.tell_changes),
                *portfolio.SEARCH_JOBS,
                (3600.0, forget),
            ],
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Whatever the roles ask for, until the block ends. A task that dies ends the process with it, loudly."""
        await self.database.open()
        await self._keep_time_zone()
        coroutines = self.gateway.coroutines() if "gateway" in self.settings.roles else self.relay.tasks()
        if "worker" in self.settings.roles:
            coroutines += self.worker().coroutines()
        tasks = [asyncio.create_task(_supervised(c, self.stop)) for c in coroutines]
        try:
            yield
        finally:
            await self._end(tasks)

    async def _end(self, tasks: list["asyncio.Task[None]"]) -> None:
        """Everything ends at once, and in time: a task that waits for a silent PostgreSQL is left behind, and what it was in the
        middle of is undone there or sent again by its client."""
        for task in tasks:
            task.cancel()
        left = self.stop.left(DATABASE_SECONDS)
        await asyncio.wait([*tasks, *(asyncio.create_task(end) for end in self._outside())], timeout=left)
        await self.database.close(min(left, CLOSE_SECONDS))

    def _outside(self) -> list[Coroutine[Any, Any, None]]:
        return [self.push.close(), *([self.sms.close()] if self.sms is not None else [])]

    async def _keep_time_zone(self) -> None:
        """What SQL takes for the house's time of day."""
        async with self.database.connection() as connection:
            await Work(connection, CONSUMERS).execute(SQL.keep_time_zone, name=self.settings.time_zone.key)

    def app(self) -> Litestar:
        """What this process answers by HTTP."""
        handlers: list[Any] = [pages.live, pages.ready, pages.metrics]
        if "web" in self.settings.roles:
            handlers += [
                auth.AuthController,
                auth.inbox,
                auth.inbox_page,
                commands.command,
                *photos.HANDLERS,
                *reads.HANDLERS,
                pages.page,
            ]
        if "gateway" in self.settings.roles:
            handlers.append(socket.no_upgrade)

        @asynccontextmanager
        async def lifespan(_: Litestar) -> AsyncIterator[None]:
            async with self.running():
                yield

        return Litestar(
            handlers,
            lifespan=[lifespan],
            dependencies={
                "house": Provide(self._house, sync_to_thread=False, use_cache=True),
                "caller": Provide(caller, sync_to_thread=False),
            },
            exception_handlers=problems.HANDLERS,
            middleware=[problems.cut_short],
            request_max_body_size=2 * limits.FRAME_BYTES,
            openapi_config=OpenAPIConfig(title="Fuuro", version="1", path="/schema"),
            signature_types=[House],
        )

    def asgi(self) -> ASGIApp:
        """The same as it is served: sockets go to the gateway."""
        app = heads.as_get(self.app())
        return socket.past(app, self.gateway) if "gateway" in self.settings.roles else app

    def _house(self) -> House:
        return House(
            settings=self.settings,
            database=self.database,
            tokens=self.tokens,
            identity=self.identity,
            dispatcher=self.dispatcher,
            publish=self.relay.publish,
            count=self.gateway.rates.command,
            count_photo=self.gateway.rates.photo,
            push_key=self.vapid.public,
            keyring=self.keyring,
            objects=self.objects,
            kept=self.kept,
            gauges=self._gauges,
        )

    def _gauges(self) -> dict[str, float]:
        writer = self.gateway.writer
        return {
            "fuuro_sockets": len(self.hub),
            "fuuro_flushes_total": writer.flushes,
            "fuuro_messages_total": writer.written,
            "fuuro_messages_refused_total": writer.refused,
        }


async def forget(work: Work) -> int:
    """Events that everybody has been told of, after a week."""
    return await work.execute(SQL.forget_events)


async def _supervised(coroutine: Any, stop: Stop) -> None:
    try:
        await coroutine
    except asyncio.CancelledError:
        raise
    except BaseException:
        log.critical("a part of the server died; ending, so that it is started whole", exc_info=True)
        stop.fail()
