"""The demo's portraits as photos of its casts: drawn in processes of their own, kept in the store like whatever people upload."""

import asyncio
import secrets
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final
from uuid import UUID

from server.demo import portraits
from server.kernel.objects import Objects
from server.kernel.work import Work
from server.portfolio import images
from server.portfolio import store as casts

PAINTERS: Final = 2
"""processes; a portrait takes about a second of a core."""


async def hang(objects: Objects, work: Work, owners: Sequence[tuple[str, UUID]]) -> dict[UUID, UUID]:
    """Draws one portrait for each (seed, owner) and keeps it; owner → photo. Files of a hanging that fails are taken down again."""
    files: list[str] = []
    found: dict[UUID, UUID] = {}
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(PAINTERS, mp_context=get_context("spawn")) as painters:
        drawn = [loop.run_in_executor(painters, _picture, seed) for seed, _ in owners]
        try:
            for (_, owner), coming in zip(owners, drawn, strict=True):
                picture, name = await coming, secrets.token_urlsafe(18)
                webp = {f"{name}-{width}.webp": data for width, data in picture.webp.items()}
                files += webp
                await objects.put(webp)
                found[owner] = await casts.add_photo(work, owner, name, picture.width, picture.height)
        except BaseException:
            painters.shutdown(wait=False, cancel_futures=True)
            await objects.delete(files)
            raise
    return found


def _picture(seed: str) -> images.Picture:
    return images.picture(portraits.portrait(seed))
