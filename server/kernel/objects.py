"""Files that are not rows: by name, written once, in a folder or in an S3-compatible store, through obstore."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

T = TypeVar("T")


class ObjectsUnavailable(Exception):
    """The store did not answer, or refused; what it said."""


class Objects:
    """`url`: `file:///folder`, made when it is missing, or `s3://bucket/prefix` with the usual AWS variables for keys, region and
    endpoint. Calls run in threads: obstore's own asynchronous ones may abort an interpreter that ends right after them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: ObjectStore | None = None

    def look(self) -> None:
        """Raises ObjectsUnavailable where it is a folder that cannot be written; another store is not asked. Blocks."""
        if (folder := _folder(self._url)) is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise ObjectsUnavailable(str(error)) from error

    async def put(self, files: Mapping[str, bytes]) -> None:
        """Writes all of `files`. Raises ObjectsUnavailable; then some of them may be there."""
        for name, data in files.items():
            await self._call(obstore.put, name, data)

    async def get(self, name: str) -> bytes | None:
        """None where there is no such file. Raises ObjectsUnavailable."""
        try:
            return await self._call(_read, name)
        except FileNotFoundError:
            return None

    async def delete(self, names: Sequence[str]) -> None:
        """Afterwards none of `names` is there, whether it was before or not. Raises ObjectsUnavailable."""
        for name in names:
            try:
                await self._call(obstore.delete, name)
            except FileNotFoundError:
                continue

    async def _call(self, action: Callable[..., T], *arguments: object) -> T:
        try:
            return await asyncio.to_thread(self._act, action, *arguments)
        except FileNotFoundError:
            raise
        except (BaseError, OSError, ValueError) as error:
            raise ObjectsUnavailable(str(error).splitlines()[0]) from error

    def _act(self, action: Callable[..., T], *arguments: object) -> T:
        if self._store is None:
            self._store = _open(self._url)
        return action(self._store, *arguments)


def _open(url: str) -> ObjectStore:
    if (folder := _folder(url)) is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(folder)
    return from_url(url)


def _folder(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _read(store: ObjectStore, name: str) -> bytes:
    return bytes(obstore.get(store, name).bytes())
