"""Whole profiles, put together from the three contexts that know a cast: Portfolio, Offer and Trust."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from server.kernel.work import Work
from server.offer import store as offers
from server.portfolio import store as casts
from server.portfolio.search import Term
from server.protocol.values import CastProfile
from server.trust import store as trust


async def profiles(
    work: Work, viewer: UUID, ids: Sequence[UUID], terms: Mapping[str, Term] | None = None
) -> list[CastProfile]:
    """Those of `ids` who are there for `viewer`, in the order given. Who has all tags already gives them as `terms`."""
    radars, plans = trust.radars(work, ids), offers.plans_of(work, ids)
    followed, sheets = casts.followed_among(work, viewer, ids), await casts.sheets(work, ids, viewer)
    if terms is None:
        tags = await casts.tags_named(work, [tag for sheet in sheets for tag in sheet.tags])
    else:
        tags = {id: term.tag() for id, term in terms.items()}
    shown, offered, mine = await radars, await plans, await followed
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
            radar=shown.get(sheet.account.id),
            plans=offered.get(sheet.account.id, []),
            following=sheet.account.id in mine,
        )
        for sheet in sheets
    ]
