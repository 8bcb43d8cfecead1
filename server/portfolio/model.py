"""Rules of Portfolio: pure."""

from uuid import UUID

from server.protocol.values import Photo

WIDTHS = (320, 720, 1080)
"""pixels across; a thumb's card, a phone, a desktop."""


def photo(id: UUID, name: str) -> Photo:
    """A photo with its addresses; they are made of its random name, never of its id."""
    return Photo(id, {str(width): f"/photos/{name}-{width}.webp" for width in WIDTHS})


def files(name: str) -> list[str]:
    """What the photo `name` consists of in the store."""
    return [f"{name}-{width}.webp" for width in WIDTHS]
