"""Photos: upright, in three widths, with nothing in them but the picture; and everything that is no photo."""

import io
import struct
import zlib

import pytest
from PIL import Image

from server.portfolio.images import picture
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.flow.conftest import Pair
from tests.portfolio.pictures import drawn, upload
from tests.tools.house import Person

pytestmark = pytest.mark.anyio
WIDTHS = ("320", "720", "1080")


async def loaded(person: Person, address: str) -> Image.Image:
    answer = await person.http.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in answer.headers["cache-control"]
    return Image.open(io.BytesIO(answer.content))


@pytest.mark.covers("POST /api/photos")
async def test_a_photo_comes_in_three_widths_under_addresses_nobody_can_guess(pair: Pair) -> None:
    photo = await upload(pair.cast, drawn(2_000, 3_000))
    assert photo["sizes"].keys() == set(WIDTHS)
    for width in WIDTHS:
        assert photo["id"] not in photo["sizes"][width]
        image = await loaded(pair.guest, photo["sizes"][width])
        assert image.size == (int(width), int(width) * 3 // 2)
    other = await upload(pair.cast, drawn(2_000, 3_000))
    assert not set(other["sizes"].values()) & set(photo["sizes"].values())


def test_a_small_picture_is_not_blown_up() -> None:
    made = picture(drawn(400, 600))
    assert (made.width, made.height) == (400, 600)
    assert Image.open(io.BytesIO(made.webp[320])).size == (320, 480)


@pytest.mark.parametrize(("orientation", "left"), [(1, "red"), (2, "blue"), (3, "blue"), (6, None), (8, None)])
def test_the_camera_s_orientation_is_applied_and_forgotten(orientation: int, left: str | None) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.open(io.BytesIO(picture(drawn(exif=exif)).webp[320])).convert("RGB")
    upright = orientation in (1, 2, 3)
    assert (image.height > image.width) is upright
    if left is not None:
        red, _, blue = image.getpixel((5, image.height // 2))  # type: ignore[misc]
        assert (red > blue) is (left == "red")


def test_nothing_of_where_and_with_what_it_was_taken_is_left() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A maker of telephones"
    exif.get_ifd(0x8825)[2] = (35.0, 41.0, 22.0)
    data = drawn(exif=exif, comment=b"at home", icc_profile=b"\0" * 200, xmp=b"<x:xmpmeta>here</x:xmpmeta>")
    for file in picture(data).webp.values():
        image = Image.open(io.BytesIO(file))
        assert not image.getexif()
        assert not {"exif", "icc_profile", "xmp", "comment"} & image.info.keys()
        assert not any(mark in file for mark in (b"EXIF", b"XMP ", b"ICCP", b"A maker", b"at home", b"here"))


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("WEBP", "RGB"), ("JPEG", "CMYK")]
)
def test_every_kind_that_telephones_make_is_taken(kind: str, mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (200, 300)).save(file, kind)
    assert picture(file.getvalue()).height == 300


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 900 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


BROKEN_EXIF = b"Exif\0\0II*\0" + struct.pack("<IHHHIIHHIII", 8, 2, 0x0112, 3, 1, 6, 0x0102, 4, 1, 70_000, 0)
"""To be turned, and with a number that its tag has no space for."""
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><script>alert(1)</script></svg>'
NO_PHOTOS = {
    "nothing": (b"", "invalid"),
    "text": (b"hello", "invalid"),
    "SVG": (SVG, "invalid"),
    "HTML": (b"<!doctype html><title>x</title>", "invalid"),
    "a GIF": (drawn(200, 200, "GIF", "P"), "invalid"),
    "a BMP": (drawn(200, 200, "BMP"), "invalid"),
    "a TIFF": (drawn(200, 200, "TIFF"), "invalid"),
    "a JPEG cut in the middle": (drawn()[:2_000], "invalid"),
    "a PNG cut in the middle": (drawn(kind="PNG")[:200], "invalid"),
    "the head of a JPEG with HTML behind it": (b"\xff\xd8\xff\xe0<html>", "invalid"),
    "a picture of one pixel": (drawn(1, 1), "invalid"),
    "a picture taller than WebP": (drawn(600, 17_000, "PNG"), "invalid"),
    "a JPEG with a broken EXIF tag": (drawn(exif=BROKEN_EXIF), "invalid"),
    "a bomb": (bomb(), "too_large"),
    "more pixels than allowed": (drawn(9_000, 6_000, "PNG", "1"), "too_large"),
    "more bytes than allowed": (b"\xff\xd8" + b"\0" * limits.PHOTO_BYTES, "too_large"),
}


@pytest.mark.parametrize("kind", NO_PHOTOS)
def test_what_is_no_photo_is_refused(kind: str) -> None:
    data, code = NO_PHOTOS[kind]
    with pytest.raises(Refusal, match=code):
        picture(data)


@pytest.mark.parametrize("kind", ["SVG", "a bomb", "a JPEG cut in the middle"])
async def test_a_refused_file_is_answered_with_a_problem(pair: Pair, kind: str) -> None:
    data, code = NO_PHOTOS[kind]
    answer = await pair.cast.http.post("/api/photos", files={"photo": ("portrait.jpg", data, "image/jpeg")})
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"
    await upload(pair.cast)


async def test_an_upload_that_is_too_large_is_refused_and_the_house_carries_on(pair: Pair) -> None:
    data = b"\xff\xd8" + b"\0" * (limits.PHOTO_BYTES + 200_000)
    answer = await pair.cast.http.post("/api/photos", files={"photo": ("p.jpg", data, "image/jpeg")})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    await upload(pair.cast)


async def test_an_upload_needs_one_file_and_a_token(pair: Pair) -> None:
    two = [("a", ("a.jpg", drawn(), "image/jpeg")), ("b", ("b.jpg", drawn(), "image/jpeg"))]
    for answer in (
        await pair.cast.http.post("/api/photos", files=two),
        await pair.cast.http.post("/api/photos", data={"photo": "words"}),
        await pair.cast.http.post("/api/photos"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    answer = await pair.cast.http.post("/api/photos", files=two[:1], headers={"authorization": "Bearer a.b.c"})
    assert answer.status_code == 401


def form(*parts: bytes) -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


WORDS = b'content-disposition: form-data; name="words"\r\n'
BROKEN = {
    "words that are no UTF-8": form(WORDS + b"\r\n\xff"),
    "words of no alphabet": form(WORDS + b"content-type: text/plain; charset=klingon\r\n\r\nx"),
    "a header that is no UTF-8": form(b'content-disposition: form-data; name="\xff"\r\n\r\nx'),
    "too many parts": form(*[WORDS + b"\r\nx"] * 1_001),
    "a part without a name": form(b"\r\nx"),
    "no end": form(WORDS + b"\r\nx")[:-10],
    "no form": b"hello",
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_form_that_cannot_be_read_is_refused_as_an_upload(pair: Pair, fault: str) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await pair.cast.http.post("/api/photos", content=BROKEN[fault], headers=headers)
    said = answer.json()
    assert (answer.status_code, said["code"], said["field"]) == (400, "invalid", "photo")
    assert "file" in said["title"]


@pytest.mark.parametrize(
    "name", ["x", "..%2fsecret_key", "a" * 24 + "-321.webp", "a" * 24 + "-320.webp", "a" * 24 + ".webp"]
)
async def test_an_address_that_was_never_given_shows_nothing(pair: Pair, name: str) -> None:
    assert (await pair.guest.http.get(f"/photos/{name}")).status_code == 404
