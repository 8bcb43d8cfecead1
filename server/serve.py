"""A serving process from start to end: database, migrations, the one-process lock, uvicorn, and down again within 5 s."""

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import psycopg
import uvicorn
import uvloop

from server.app import Server
from server.gateway.wire import Wire
from server.kernel import belonging, migrations
from server.kernel.connection import Connection
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.embedded import EmbeddedPostgres
from server.kernel.objects import ObjectsUnavailable
from server.kernel.places import EmbeddedFailed
from server.kernel.settings import Settings, WrongSetting
from server.kernel.stopping import Asked, ServingFailed, Stop
from server.protocol import limits

log = logging.getLogger("fuuro")
ALONE_LOCK = 7_316_002
"""The advisory lock that a serving process without Redis holds: there must not be a second one."""
ALONE_SECONDS = 5
"""s to wait for it: the predecessor may be on its way out."""
GARBAGE = (20_000, 20, 20)
"""Thresholds of the garbage collector: what a message makes is gone by counting, so it need not look after every 700 objects."""
AFTER_SOCKETS_SECONDS = 2.8
"""s of the stop's budget that sockets and requests leave to what ends after them: tasks, connections, PostgreSQL."""
LAST_SECONDS = 0.3
"""s of it that PostgreSQL leaves for the interpreter to end in."""


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or Ctrl-C. Raises ServingFailed where it ends by itself, because a part of it has."""
    stop = Stop()
    stop.listen()
    with suppress(Asked), database(settings, stop) as (conninfo, embedded):
        if embedded is not None:
            uvloop.run(migrations.migrate(conninfo))
        uvloop.run(_check(settings, conninfo))
        uvloop.run(_serve(settings, conninfo, embedded, stop))
    if stop.failed:
        raise ServingFailed("A part of Fuuro died, and the rest ended with it; what happened is told above.")


async def prepare(settings: Settings, conninfo: str, embedded: EmbeddedPostgres | None) -> None:
    """For commands that write: a database that others use stays at the version they know, one of our own is brought to this one.
    Raises DatabaseNotReady."""
    if embedded is not None and embedded.launched:
        await migrations.migrate(conninfo)
    await _check(settings, conninfo)


async def _check(settings: Settings, conninfo: str) -> None:
    await migrations.check(conninfo)
    await belonging.claim(conninfo, Keyring(settings.secret_key))


@contextmanager
def database(settings: Settings, stop: Stop) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    """The configured database, or the embedded one for as long as the block lasts."""
    if settings.database_url is not None:
        yield settings.database_url, None
        return
    embedded = EmbeddedPostgres(settings.data)
    stop.last = embedded.kill
    try:
        yield embedded.start(), embedded
    finally:
        stop.begin()
        embedded.stop(stop.left(LAST_SECONDS))


async def _serve(settings: Settings, conninfo: str, embedded: EmbeddedPostgres | None, stop: Stop) -> None:
    server = Server(settings, conninfo, stop)
    await _look_around(settings, server)
    config = uvicorn.Config(
        server.asgi(),
        interface="asgi3",
        host=settings.host,
        port=settings.port,
        ws=Wire,
        ws_max_size=limits.FRAME_BYTES,
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.proxies),
        backlog=4096,
    )
    runner = Runner(config, stop)
    serving = asyncio.create_task(_guarded(runner, settings, server, embedded, stop))
    stop.serving(lambda: runner.end(serving))
    try:
        await serving
    except asyncio.CancelledError:
        if not stop.asked:
            raise
    if not (runner.started or stop.asked):
        raise ServingFailed("Fuuro could not start serving; what stood in the way is told above.")


async def _look_around(settings: Settings, server: Server) -> None:
    """What is outside the database, before anybody needs it: photos that could never be kept are a wrong setting, a Redis that is
    away and codes that nobody will get are told of. Raises WrongSetting."""
    if settings.sms_url is None and not settings.at_home and settings.roles & {"web", "worker"}:
        log.warning("FUURO_SMS_URL is not set, and this house is open to others: nobody from outside gets a code")
    if settings.roles & {"web", "worker"}:
        try:
            server.objects.look()
        except ObjectsUnavailable as error:
            raise WrongSetting(f"Photos cannot be kept where FUURO_PHOTOS_URL or FUURO_DATA says: {error}.") from None
    if "web" in settings.roles:
        await server.budgets.look()


async def _guarded(
    runner: "Runner", settings: Settings, server: Server, embedded: EmbeddedPostgres | None, stop: Stop
) -> None:
    async with alone(settings, server.database, stop):
        watch = asyncio.create_task(_keep_alive(embedded)) if embedded is not None else None
        try:
            await runner.serve()
        finally:
            if watch is not None:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)


class Runner(uvicorn.Server):
    """uvicorn, but it says on stdout when it listens, leaves signals to `stop`, and keeps to its budget."""

    def __init__(self, config: uvicorn.Config, stop: Stop) -> None:
        super().__init__(config)
        self._stop = stop

    def end(self, serving: "asyncio.Task[None]") -> None:
        """What a signal calls for: in the middle of the start there is nothing to wind down yet."""
        if self.started:
            self.should_exit = True
        else:
            serving.get_loop().call_soon_threadsafe(serving.cancel)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            if self.lifespan.should_exit:
                raise
            raise ServingFailed(
                f"Fuuro cannot listen where FUURO_HOST and FUURO_PORT say, {self._address}; the reason is told above."
            ) from None
        if self.started:
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GARBAGE)
            print(f"Fuuro is open at http://{self._address}", file=sys.stdout, flush=True)

    @property
    def _address(self) -> str:
        host = self.config.host
        return f"[{host}]:{self.config.port}" if ":" in host else f"{host}:{self.config.port}"

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stop.begin()
        self.config.timeout_graceful_shutdown = self._stop.left(AFTER_SOCKETS_SECONDS)  # type: ignore[assignment]
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def alone(settings: Settings, pool: Database, stop: Stop) -> AsyncIterator[None]:
    """Without Redis, holds the lock against a second serving process; raises WrongSetting when one is there, and ends this process
    when one comes while the lock's connection is lost."""
    if settings.redis_url is not None:
        yield
        return
    holder = asyncio.create_task(_hold_lock(pool, first := asyncio.get_running_loop().create_future(), stop))
    try:
        await first
        yield
    finally:
        holder.cancel()
        await asyncio.gather(holder, return_exceptions=True)


async def _hold_lock(pool: Database, first: "asyncio.Future[None]", stop: Stop) -> None:
    """Takes the lock, and takes it again when the connection that held it is lost; where another has it by then, it is that one's turn."""
    while True:
        try:
            connection = await pool.connect()
            async with connection:
                await _take(connection)
                if not first.done():
                    first.set_result(None)
                while True:
                    await asyncio.sleep(5)
                    await connection.execute(b"select 1")
        except psycopg.errors.LockNotAvailable:
            if first.done():
                log.critical(
                    "another Fuuro serves from this database by now: ending, so that two don't without REDIS_URL"
                )
                stop.fail()
                return
            first.set_exception(
                WrongSetting(
                    "Another Fuuro serves from this database. Several processes need REDIS_URL, for limits that hold for all."
                )
            )
            return
        except psycopg.Error as error:
            if not first.done():
                first.set_exception(error)
                return
            await asyncio.sleep(0.5)


async def _take(connection: Connection) -> None:
    await connection.execute(f"set lock_timeout = '{ALONE_SECONDS}s'".encode())
    await connection.execute(b"select pg_advisory_lock(%s)", [ALONE_LOCK])


async def _keep_alive(embedded: EmbeddedPostgres) -> None:
    """The embedded PostgreSQL is our charge: when it is killed, it is started again."""
    while True:
        await asyncio.sleep(0.3)
        if not embedded.alive():
            log.warning("the embedded PostgreSQL has gone: starting it again")
            try:
                await asyncio.to_thread(embedded.start)
            except (EmbeddedFailed, psycopg.Error) as error:
                log.error("%s", error)
