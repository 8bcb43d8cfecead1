"""Looking for a cast: hard filters, words, and what is near to a wish."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.params import Parameter
from litestar.types import ASGIApp

from server.kernel.work import Caller, Work
from server.portfolio import search, text
from server.portfolio.search import Criteria, Place
from server.protocol import limits
from server.protocol.errors import invalid
from server.web.answers import Answer
from server.web.house import House
from server.web.paging import bad_cursor, cursor_of, instant, parts
from server.web.shown import Shown, vocabulary

From = Annotated[str | None, Parameter(query="from")]
DAY_BEGINS = timedelta(hours=6)
"""after midnight begins the business day, and with it the neutral order is shuffled anew."""
BIGGEST = 2**63


@get("/api/casts")
async def list_casts(
    request: Request[Any, Any, Any],
    caller: Caller,
    house: House,
    tags: str | None = None,
    not_tags: str | None = None,
    q: str | None = None,
    status: str | None = None,
    area: str | None = None,
    from_: From = None,
    to: str | None = None,
    price_max: int | None = None,
    cursor: str | None = None,
) -> ASGIApp:
    """The published casts for whom every filter holds. `tags` (all of them) and `not_tags` (none of them) separated by commas; every word of `q` is found in
    her texts or tags; `from` and `to`: a start is possible then, as her availability shows it, with a plan within `price_max` (yen) where both are asked for.
    Near ones to a wish come first, by what tags mean; without a wish the order is shuffled daily. Never by success."""
    filters = (tags, not_tags, q, status, area, from_, to, price_max)
    shown = Shown(house.kept, caller.account)
    question = (*filters, cursor)
    kept = shown.page(question)
    if kept is not None:
        return kept.to(request, "private, no-cache")
    if price_max is not None and not 0 <= price_max <= limits.PRICE:
        raise invalid("price_max", f"Between 0 and {limits.PRICE} yen.")
    asked = _digest(filters)
    after = None if cursor is None else _place_in(cursor, asked)
    words = () if q is None else tuple(text.words(q))

    async def run(work: Work) -> Answer:
        clock = work.moment()
        terms, now = await vocabulary(house.kept, work), await clock
        wanted = search.known(_listed(tags, "tags"), terms, "tags")
        begin, end = _span(from_, to, now)
        criteria = Criteria(
            tags=wanted,
            not_tags=search.known(_listed(not_tags, "not_tags"), terms, "not_tags"),
            words=words,
            status=_status(status),
            area=_area(area),
            from_=begin,
            to=end,
            price_max=price_max,
            wish=search.wished(wanted, words, terms),
        )
        day = (now.astimezone(house.settings.time_zone) - DAY_BEGINS).toordinal()
        found, place = await search.page(work, caller.account, criteria, after, day, limits.SEARCH_PAGE)
        following = None if place is None else _cursor(place, asked)
        return await shown.read_page(work, question if begin is None else None, found, following, terms)

    answer: Answer = await house.read(caller, run)
    return answer.to(request, "private, no-cache")


def _listed(text: str | None, field: str) -> list[str]:
    if text is None:
        return []
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise invalid(field, "Tags, separated by commas.")
    return names


def _status(said: str | None) -> Literal["online", "tonight"] | None:
    match said:
        case None | "online" | "tonight":
            return said
    raise invalid("status", "online or tonight.")


def _area(said: str | None) -> str | None:
    if said is None:
        return None
    if not said.strip() or "\0" in said or len(said) > limits.SEARCH_CHARACTERS:
        raise invalid("area", "The name of an area.")
    return text.fold(said.strip())


def _span(begin: str | None, end: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Where only one end is said, the span begins now, or lasts a week."""
    if begin is None and end is None:
        return None, None
    first = now if begin is None else instant(begin, "from")
    last = first + timedelta(days=7) if end is None else instant(end, "to")
    if last < first:
        raise invalid("to", "Must not be before `from`, nor past.")
    if last - first > timedelta(days=limits.AVAILABILITY_DAYS):
        raise invalid("to", f"At most {limits.AVAILABILITY_DAYS} days at once.")
    return first, last


def _digest(asked: Sequence[object]) -> str:
    """A cursor of one question is none of another."""
    return hashlib.blake2b(msgspec.json.encode(asked), digest_size=6).hexdigest()


def _cursor(place: Place, asked: str) -> str:
    version = "" if place.version is None else str(place.version)
    return cursor_of([asked, version, str(place.seed), str(place.score), str(place.shuffle), str(place.cast_id)])


def _place_in(cursor: str, asked: str) -> Place:
    of, version, seed, score, shuffle, id = parts(cursor, 6)
    try:
        place = Place(int(version) if version else None, int(seed), int(score), int(shuffle), UUID(id))
    except ValueError:
        raise bad_cursor() from None
    numbers = (place.version or 0, place.seed, place.shuffle)
    if of != asked or not 0 <= place.score <= 1_000_000 or not all(-BIGGEST <= n < BIGGEST for n in numbers):
        raise bad_cursor()
    return place


HANDLERS = [list_casts]
