"""One coroutine per command of Portfolio."""

from functools import partial

from msgspec import UNSET

from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.portfolio import documents, store
from server.portfolio.jobs import tell_status
from server.portfolio.ports import Notify, Profiles
from server.protocol import commands as c
from server.protocol.domain_events import PortraitChanged
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.results import Done, StatusNow
from server.protocol.values import CastProfile


def handlers(profiles: Profiles, notify: Notify) -> Handlers:
    return {
        c.SaveProfile: partial(save_profile, profiles),
        c.SetStatus: partial(set_status, notify),
        c.AddFollow: add_follow,
        c.RemoveFollow: remove_follow,
    }


async def save_profile(profiles: Profiles, work: Work, command: c.SaveProfile) -> CastProfile:
    await work.allow(command)
    cast = work.caller.account
    if command.tags is not None:
        known = await store.tags_named(work, command.tags)
        if unknown := [tag for tag in command.tags if tag not in known]:
            raise invalid("tags", f"There is no tag {unknown[0]!r}: see GET /api/tags.")
    if command.photos is not None:
        own = await store.own_photos(work, cast, command.photos)
        if any(photo not in own for photo in command.photos):
            raise Refusal("not_found", "A photo of these is not there: upload it first.", field="photos")
    other_portrait = await store.save_profile(
        work,
        cast,
        headline=command.headline,
        about=command.about,
        tags=command.tags,
        photos=command.photos,
        with_area=command.area is not UNSET,
        area=None if command.area is UNSET else command.area,
        published=command.published,
    )
    await documents.write(work, [cast])
    work.outdate(cast)
    profile = (await profiles(work, cast, [cast]))[0]
    if other_portrait:
        work.emit(PortraitChanged(cast, next(iter(profile.photos), None)))
    return profile


async def set_status(notify: Notify, work: Work, command: c.SetStatus) -> StatusNow:
    """Followers who asked for it get a notification when a cast is in tonight: once a night."""
    await work.allow(command)
    cast = work.caller.account
    before = await store.set_status(work, cast, command.tonight, command.invisible)
    status = await store.status(work, cast)
    if status.tonight and before != status.tonight_until:
        for follower in await store.followers(work, cast):
            if follower.push:
                await notify(work, follower.guest, cast)
    await tell_status(work)
    work.outdate(cast)
    return StatusNow(status)


async def add_follow(work: Work, command: c.AddFollow) -> Done:
    if not await store.is_open_to(work, command.cast, work.caller.account):
        raise not_found("cast")
    await work.allow(command)
    await store.follow(work, work.caller.account, command.cast, command.push)
    work.outdate(viewers=(work.caller.account,))
    return Done()


async def remove_follow(work: Work, command: c.RemoveFollow) -> Done:
    if not await store.is_cast(work, command.cast):
        raise not_found("cast")
    await work.allow(command)
    await store.unfollow(work, work.caller.account, command.cast)
    work.outdate(viewers=(work.caller.account,))
    return Done()
