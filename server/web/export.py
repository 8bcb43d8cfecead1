"""Everything that the house has of an account, as one archive: a zip of JSON files, made for the account itself alone."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from server.booking import store as bookings
from server.identity import store as accounts
from server.kernel.work import Caller, Work
from server.message import own
from server.message import store as rooms
from server.offer import store as offers
from server.portfolio import sharing
from server.portfolio import store as casts
from server.protocol import limits
from server.trust import memos
from server.trust import store as trust
from server.web.house import House

PAGE = 200


async def archive(house: House, caller: Caller) -> bytes:
    """The zip. Names in it are those of the reads."""
    files = await house.read(caller, lambda work: _everything(house, work, caller.account))
    return await asyncio.to_thread(_zipped, files)


async def _everything(house: House, work: Work, me: UUID) -> dict[str, Any]:
    """File → what is in it; all as of one transaction."""
    number = await accounts.sealed_number(work, me)
    return {
        "account": {
            "account": await accounts.account(work, me),
            "birth_date": await accounts.birth_date(work, me),
            "phone": None if number is None else house.identity.number(number),
            "settings": await accounts.settings(work, me),
        },
        "devices": await accounts.devices(work, me),
        "sign_ins": await accounts.history(work, me),
        "rooms": (await rooms.cards(work, me, limits.EXPORT_ROWS))[0],
        "messages": await own.words(work, me),
        "blocks": await own.blocks(work, me),
        "waits": [w for w in await bookings.waits(work, me) if w.guest.id == me],
        "calendar": {"linked_at": await bookings.feed_since(work, me)},
        "reservations": await _all(lambda last: bookings.reservations(work, me, None, last, PAGE)),
        "reviews": await _all(lambda last: trust.my_reviews(work, me, last, PAGE)),
        "reports": await _all(lambda last: trust.my_reports(work, me, last, PAGE)),
        "memos": await memos.memos(house.keyring, work, me),
        "profile": next(iter(await casts.sheets(work, [me], me)), None),
        "photos": await sharing.photos_of(work, me),
        "follows": await casts.followed_by(work, me),
        "plans": await offers.plans(work, me, archived=True),
        "shifts": await offers.shifts(work, me),
        "rules": await offers.rules(work, me),
    }


async def _all(page: Any) -> list[Any]:
    """Every page of what is read by id, the newest first."""
    found: list[Any] = []
    while more := await page(found[-1].id if found else None):
        found += more
    return found


def _zipped(files: Mapping[str, Any]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, said in files.items():
            packed.writestr(f"{name}.json", msgspec.json.format(msgspec.json.encode(said), indent=1))
    return into.getvalue()
