"""What the people of a load test read by GET, typed by `server.protocol`."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Struct

from server.protocol.values import CastProfile, Plan, Reservation, Slot

T = TypeVar("T")


class Casts(Struct):
    items: list[CastProfile]
    next: str | None


class Plans(Struct):
    items: list[Plan]


class Reservations(Struct):
    items: list[Reservation]
    next: str | None


class Slots(Struct):
    slots: list[Slot]


class Reads:
    """`get` takes a path and the name under which it is counted, and gives the body, or None where that failed."""

    def __init__(self, get: Callable[[str, str], bytes | None]) -> None:
        self._get = get

    def casts(self, **wish: str) -> list[CastProfile]:
        query = f"?{urlencode(wish)}" if wish else ""
        name = "/api/casts" + "".join(f" {key}" for key in wish)
        found = self._read(f"/api/casts{query}", name, Casts)
        return found.items if found else []

    def profile(self, cast: UUID) -> CastProfile | None:
        return self._read(f"/api/casts/{cast}", "/api/casts/{id}", CastProfile)

    def slots(self, cast: UUID, plan: UUID, begin: datetime, end: datetime) -> list[Slot]:
        query = urlencode({"plan": plan, "from": begin.isoformat(), "to": end.isoformat()})
        found = self._read(f"/api/casts/{cast}/availability?{query}", "/api/casts/{id}/availability", Slots)
        return found.slots if found else []

    def plans(self) -> list[Plan]:
        found = self._read("/api/plans", "/api/plans", Plans)
        return found.items if found else []

    def reservations(self, status: str) -> list[Reservation]:
        found = self._read(f"/api/reservations?status={status}", "/api/reservations", Reservations)
        return found.items if found else []

    def _read(self, path: str, name: str, kind: type[T]) -> T | None:
        data = self._get(path, name)
        return None if data is None else msgspec.json.decode(data, type=kind)
