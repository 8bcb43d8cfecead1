"""Pictures for tests, made on the spot."""

import io
from typing import Any

from PIL import Image

from tests.tools.house import Person


def drawn(width: int = 900, height: int = 1_200, kind: str = "JPEG", mode: str = "RGB", **options: Any) -> bytes:
    """A picture that is red on the left and blue on the right."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    image = image.convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


async def upload(person: Person, data: bytes | None = None) -> dict[str, Any]:
    answer = await person.http.post("/api/photos", files={"photo": ("p.jpg", data or drawn(), "image/jpeg")})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["photo"])
