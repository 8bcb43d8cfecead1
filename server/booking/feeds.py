"""One's reservations for calendar apps: an address that is the key, and a feed without names (RFC 5545)."""

import hashlib
import secrets
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from server.booking import store
from server.booking.store import Fed
from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol.results import CalendarLinked, Done

TITLE = "ご予約"


async def link(work: Work, command: c.LinkCalendar) -> CalendarLinked:
    token = secrets.token_urlsafe(32)
    await store.link_feed(work, work.caller.account, _hash(token))
    return CalendarLinked(f"/api/calendar/{token}.ics")


async def revoke(work: Work, command: c.RevokeCalendar) -> Done:
    await store.drop_feed(work, work.caller.account)
    return Done()


async def account_of(work: Work, token: str) -> UUID | None:
    """Whose feed it is."""
    return await store.fed_account(work, _hash(token))


async def feed(work: Work, account: UUID, zone: ZoneInfo) -> bytes:
    """The feed of `account`, times in `zone`: only the house's own word and the plan, for calendars are shown to others."""
    calendar = Calendar()
    calendar.add("prodid", "-//Fuuro//Reservations//JA")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", TITLE)
    now = await work.moment()
    for one in await store.fed(work, account):
        calendar.add_component(_event(one, zone, now))
    calendar.add_missing_timezones()
    text: bytes = calendar.to_ical()
    return text


def _event(one: Fed, zone: ZoneInfo, now: object) -> Event:
    """`UID` never changes, `SEQUENCE` rises with every step: calendars replace what they have."""
    event = Event()
    event.add("uid", f"{one.id}@fuuro")
    event.add("sequence", one.version)
    event.add("dtstamp", now)
    event.add("dtstart", one.starts_at.astimezone(zone))
    event.add("dtend", one.ends_at.astimezone(zone))
    event.add("summary", f"{TITLE}: {one.plan}")
    event.add("status", "CANCELLED" if one.status == "cancelled" else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


HANDLERS: Handlers = {c.LinkCalendar: link, c.RevokeCalendar: revoke}
