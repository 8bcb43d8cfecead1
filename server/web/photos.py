"""Photos: taken in, and shown by addresses that nobody can guess."""

import asyncio
import logging
import re
import secrets
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from server.kernel.objects import ObjectsUnavailable
from server.kernel.work import Caller, Work
from server.portfolio import images, model, store
from server.protocol import limits
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.values import Photo
from server.web.house import House

log = logging.getLogger("fuuro.photos")
NAME = re.compile(r"[A-Za-z0-9_-]{24}-(320|720|1080)\.webp")
ENVELOPE_BYTES = 64 * 1024
"""bytes of a multipart body beside its file."""
HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
at_work = asyncio.Semaphore(limits.PHOTO_WORKERS)


@post("/api/photos", status_code=200, request_max_body_size=limits.PHOTO_BYTES + ENVELOPE_BYTES)
async def upload(request: Request[Any, Any, Any], caller: Caller, house: House) -> dict[str, Photo]:
    """One file, as multipart. It becomes one's own photo: for `profile.save` or `message.send`."""
    if not await house.identity.live(caller):
        raise Refusal("unauthenticated")
    house.count_photo(caller)
    data = await _file(request)
    async with at_work:
        picture = await asyncio.to_thread(images.picture, data)
    name = secrets.token_urlsafe(18)
    files = {f"{name}-{width}.webp": webp for width, webp in picture.webp.items()}
    try:
        await house.objects.put(files)
        id = await house.read(caller, lambda work: _keep(work, house.settings.limits, name, picture))
    except ObjectsUnavailable as error:
        log.error("a photo could not be kept: %s", error)
        raise Refusal("unavailable", retry_after=5) from error
    except Refusal:
        await house.objects.delete(list(files))
        raise
    return {"photo": model.photo(id, name)}


async def _file(request: Request[Any, Any, Any]) -> bytes:
    """Raises `invalid` for what is no such form: broken, of too many parts, with words in no known alphabet."""
    try:
        form = await request.form()
    except RequestEntityTooLarge:
        raise
    except (ClientException, LookupError, ValueError):
        raise _no_file() from None
    uploads = [value for value in form.values() if isinstance(value, UploadFile)]
    if len(uploads) != 1:
        raise _no_file()
    return await uploads[0].read()


def _no_file() -> Refusal:
    return invalid("photo", "Send one file, as multipart/form-data.")


async def _keep(work: Work, factor: float, name: str, picture: images.Picture) -> UUID:
    owner = work.caller.account
    most = max(1, round(limits.PHOTOS_PER_ACCOUNT * factor))
    if await store.count_photos(work, owner) >= most:
        raise Refusal("too_large", f"An account keeps at most {most} photos.")
    return await store.add_photo(work, owner, name, picture.width, picture.height)


@get("/photos/{name:str}", include_in_schema=False)
async def show(house: House, name: str) -> Response[bytes]:
    """A photo in one of its widths. It never changes, so it may be kept for ever."""
    if NAME.fullmatch(name) is None:
        raise not_found()
    try:
        data = await house.objects.get(name)
    except ObjectsUnavailable as error:
        raise Refusal("unavailable", retry_after=5) from error
    if data is None:
        raise not_found()
    return Response(data, media_type="image/webp", headers=HEADERS)


HANDLERS = [upload, show]
