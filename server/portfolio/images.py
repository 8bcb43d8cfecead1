"""A picture as it was uploaded, made into what the house shows: upright, in three widths, with nothing in it but the picture."""

import io
import struct
from typing import Final

from msgspec import Struct
from PIL import Image, ImageOps, UnidentifiedImageError

from server.portfolio.model import WIDTHS
from server.protocol import limits
from server.protocol.errors import Refusal, invalid

FORMATS: Final = ("JPEG", "PNG", "WEBP")
"""What telephones and browsers make; known by their bytes, whatever the name says."""
LEAST_PIXELS = 64
"""pixels each way; less is a mistake, not a portrait."""
MOST_HIGH = 16_383
"""pixels of what is shown: WebP has no more."""
QUALITY = 82

UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, struct.error)
"""What Pillow raises for bytes that are not what they say."""

Image.MAX_IMAGE_PIXELS = None  # Pillow would only warn up to twice its bound; ours is judged below, by the header alone


class Picture(Struct, frozen=True):
    """`webp`: width → file. `width` and `height` are those of the largest."""

    width: int
    height: int
    webp: dict[int, bytes]


def picture(data: bytes) -> Picture:
    """Takes up to a second of a core and 200 MB. Raises `too_large` by bytes or by pixels, before anything is decoded, and `invalid`
    for what is no photo."""
    if len(data) > limits.PHOTO_BYTES:
        raise Refusal("too_large", f"A photo has at most {limits.PHOTO_BYTES // 2**20} MiB.", field="photo")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(opened)
            opened.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
            upright = _plain(ImageOps.exif_transpose(opened))
    except UNREADABLE:
        raise invalid("photo", "This is no photo that can be read whole: send a JPEG, PNG or WebP.") from None
    if upright.height * min(1, WIDTHS[-1] / upright.width) > MOST_HIGH:
        raise invalid("photo", "A photo is not that tall: cut it.")
    sizes = {width: _scaled(upright, width) for width in WIDTHS}
    largest = sizes[WIDTHS[-1]]
    return Picture(*largest.size, {width: _webp(image) for width, image in sizes.items()})


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > limits.PHOTO_PIXELS:
        raise Refusal("too_large", f"A photo has at most {limits.PHOTO_PIXELS // 10**6} million pixels.", field="photo")
    if min(width, height) < LEAST_PIXELS:
        raise invalid("photo", f"A photo is at least {LEAST_PIXELS} pixels wide and high.")


def _plain(image: Image.Image) -> Image.Image:
    """Colours alone: no palette, no profile, no text chunk survives; what is see-through lies on white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGB", layered.size, "white")
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    return image.convert("RGB")


def _scaled(image: Image.Image, width: int) -> Image.Image:
    """At most `width` across; a small picture is not blown up."""
    if image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)


def _webp(image: Image.Image) -> bytes:
    file = io.BytesIO()
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    bare.save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()
