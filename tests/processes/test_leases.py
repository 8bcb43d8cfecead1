"""A worker that is gone, or as good as gone, in the middle of an effect outside: another one does it after the lease, and the late one is fenced."""

import asyncio
import signal
from typing import Any

import httpx
import psycopg
import pytest

from server.protocol import limits
from tests.conftest import Clock
from tests.processes.conftest import Street
from tests.tools.house import House, until
from tests.tools.http_service import Answer, Request
from tests.tools.sms_provider import SmsProvider, fault

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
PHONE = "+819011112222"


class Hesitant(SmsProvider):
    """Answers a request when the test says so, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: asyncio.Queue[tuple[Request, asyncio.Future[Answer | None]]] = asyncio.Queue()

    async def handle(self, request: Request) -> Answer:
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._asked.put_nowait((request, answer))
        return await answer or await super().handle(request)

    async def next(self) -> "asyncio.Future[Answer | None]":
        """The next request's answer: set it; None is the good one."""
        return (await asyncio.wait_for(self._asked.get(), 30))[1]

    def quiet(self) -> bool:
        return self._asked.empty()


def jobs(conninfo: str) -> list[tuple[Any, ...]]:
    """Attempts, whether leased, and the last error of each."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        query = b"select attempts, coalesce(leased_until > kernel.moment(), false), error from kernel.jobs order by id"
        return connection.execute(query).fetchall()


async def asks_for_a_code(house: House) -> None:
    async with httpx.AsyncClient(base_url=house.url) as http:
        assert (await http.post("/api/auth/otp", json={"phone": PHONE})).status_code == 202


async def test_a_text_of_a_killed_worker_is_sent_by_another_after_its_lease(
    street: Street, conninfo: str, clock: Clock
) -> None:
    async with Hesitant() as provider:
        web = await street.open(FUURO_ROLES="web", FUURO_SMS_URL=provider.url)
        doomed = await street.open(FUURO_ROLES="worker", FUURO_SMS_URL=provider.url)
        await asks_for_a_code(web)
        await provider.next()
        doomed.kill()
        await street.open(FUURO_ROLES="worker", FUURO_SMS_URL=provider.url)
        assert jobs(conninfo) == [(1, True, None)]
        assert provider.quiet(), "the lease holds"
        await clock.shift(limits.LEASE_SECONDS + 1)
        (await provider.next()).set_result(None)
        await until(lambda: jobs(conninfo) == [])
        assert provider.quiet()
        assert [text.to for text in provider.texts] == [PHONE], "once"


async def test_a_worker_that_comes_back_late_changes_nothing(street: Street, conninfo: str, clock: Clock) -> None:
    """Its process was stopped, as by a machine that was put to sleep; its answer was a failure, and another one is at it."""
    async with Hesitant() as provider:
        web = await street.open(FUURO_ROLES="web", FUURO_SMS_URL=provider.url)
        sleeper = await street.open(FUURO_ROLES="worker", FUURO_SMS_URL=provider.url)
        await asks_for_a_code(web)
        late = await provider.next()
        assert sleeper.process is not None
        sleeper.process.send_signal(signal.SIGSTOP)
        await street.open(FUURO_ROLES="worker", FUURO_SMS_URL=provider.url)
        await clock.shift(limits.LEASE_SECONDS + 1)
        second = await provider.next()
        late.set_result(fault(400, 21211, "not a valid phone number"))
        sleeper.process.send_signal(signal.SIGCONT)
        await until(lambda: "21211" in sleeper.log.read_text())
        assert jobs(conninfo) == [(2, True, None)], "neither dead nor put off: it is in other hands"
        second.set_result(None)
        await until(lambda: jobs(conninfo) == [])
        assert [text.to for text in provider.texts] == [PHONE]


async def test_a_text_that_the_provider_puts_off_is_tried_again_and_one_it_refuses_is_a_dead_letter(
    street: Street, conninfo: str, clock: Clock
) -> None:
    async with Hesitant() as provider:
        web = await street.open(FUURO_ROLES="web", FUURO_SMS_URL=provider.url)
        worker = await street.open(FUURO_ROLES="worker", FUURO_SMS_URL=provider.url)
        await asks_for_a_code(web)
        (await provider.next()).set_result(fault(503, 20503, "Service unavailable"))
        await until(lambda: "20503" in str(jobs(conninfo)))
        await clock.shift(5)
        (await provider.next()).set_result(None)
        await until(lambda: jobs(conninfo) == [])
        assert [text.to for text in provider.texts] == [PHONE]
        await clock.shift(limits.CODE_RESEND_SECONDS + 1)
        await asks_for_a_code(web)
        (await provider.next()).set_result(fault(400, 21610, "unsubscribed"))
        listed = await until(lambda: worker.run("deliveries"))
        assert "sms.send" in listed and "21610" in listed
        assert PHONE not in listed + worker.log.read_text() + web.log.read_text(), "no number where people read"
