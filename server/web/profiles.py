"""Whole profiles, put together from the three contexts that know a cast: Portfolio, Offer and Trust."""

from collections.abc import Sequence
from uuid import UUID

from server.kernel.work import Work
from server.offer import store as offers
from server.portfolio import store as casts
from server.protocol.values import CastProfile
from server.trust import store as trust


async def profiles(work: Work, viewer: UUID, ids: Sequence[UUID]) -> list[CastProfile]:
    """Those of `ids` who are there for `viewer`, in the order given."""
    sheets = await casts.sheets(work, ids, viewer)
    there = [sheet.account.id for sheet in sheets]
    tags = await casts.tags_named(work, [tag for sheet in sheets for tag in sheet.tags])
    radars = await trust.radars(work, there)
    plans = await offers.plans_of(work, there)
    followed = await casts.followed_among(work, viewer, there)
    return [
        CastProfile(
            account=sheet.account,
            headline=sheet.headline,
            about=sheet.about,
            tags=[tags[tag] for tag in sheet.tags if tag in tags],
            photos=sheet.photos,
            area=sheet.area,
            published=sheet.published,
            status=sheet.status,
            radar=radars.get(sheet.account.id),
            plans=plans.get(sheet.account.id, []),
            following=sheet.account.id in followed,
        )
        for sheet in sheets
    ]
