"""Cut paper: shapes with soft shadows, and the curves they are cut along. Coordinates: 0…1 across, 0…4/3 down."""

from collections.abc import Sequence
from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Sheet:
    """Cut-outs laid one upon another, each with a soft shadow. Coordinates: 0…1 across, 0…4/3 down."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.unit = image.width

    def lay(self, shape: Sequence[Point], colour: Colour, shadow: float = 0.35, opacity: float = 1.0) -> None:
        """A piece of paper; only its own part of the sheet is worked on, which is what makes drawing quick."""
        corner, mask = self._cut(shape)
        self._paste(mask, corner, colour, shadow, opacity)

    def lay_both(self, shape: Sequence[Point], within: Sequence[Point], colour: Colour, opacity: float) -> None:
        """What `shape` and `within` share, without a shadow."""
        (x, y), mask = self._cut(within)
        other = Image.new("L", mask.size)
        ImageDraw.Draw(other).polygon([(a * self.unit - x, b * self.unit - y) for a, b in shape], fill=255)
        self._paste(Image.composite(mask, Image.new("L", mask.size), other), (x, y), colour, 0.0, opacity)

    def disc(
        self, x: float, y: float, radius: float, colour: Colour, shadow: float = 0.0, opacity: float = 1.0
    ) -> None:
        self.lay(ellipse(x, y, radius, radius), colour, shadow, opacity)

    def stroke(self, points: Sequence[Point], width: float, colour: Colour, opacity: float = 1.0) -> None:
        thick = max(1, round(width * self.unit))
        (x, y), mask = self._frame(points, thick)
        draw = ImageDraw.Draw(mask)
        scaled = [(a * self.unit - x, b * self.unit - y) for a, b in points]
        draw.line(scaled, fill=255, width=thick, joint="curve")
        for a, b in (scaled[0], scaled[-1]):
            draw.ellipse((a - thick / 2, b - thick / 2, a + thick / 2, b + thick / 2), fill=255)
        self._paste(mask, (x, y), colour, 0.0, opacity)

    def _cut(self, shape: Sequence[Point]) -> tuple[tuple[int, int], Image.Image]:
        (x, y), mask = self._frame(shape, self.unit // 20)
        ImageDraw.Draw(mask).polygon([(a * self.unit - x, b * self.unit - y) for a, b in shape], fill=255)
        return (x, y), mask

    def _frame(self, points: Sequence[Point], margin: int) -> tuple[tuple[int, int], Image.Image]:
        """An empty mask around `points`, and where its corner lies on the sheet."""
        across, down = [x for x, _ in points], [y for _, y in points]
        x, y = int(min(across) * self.unit) - margin, int(min(down) * self.unit) - margin
        size = int(max(across) * self.unit) + margin - x, int(max(down) * self.unit) + margin - y
        return (x, y), Image.new("L", size)

    def _paste(self, mask: Image.Image, corner: tuple[int, int], colour: Colour, shadow: float, opacity: float) -> None:
        if shadow:
            eighth = (mask.width // 8 + 1, mask.height // 8 + 1)
            soft = mask.resize(eighth).filter(ImageFilter.GaussianBlur(6)).resize(mask.size)
            below = (corner[0], corner[1] + self.unit // 130)
            self._through(soft.point([int(v * shadow) for v in range(256)]), below, (8, 6, 10))
        if opacity < 1.0:
            mask = mask.point([int(v * opacity) for v in range(256)])
        self._through(mask, corner, colour)

    def _through(self, mask: Image.Image, corner: tuple[int, int], colour: Colour) -> None:
        self.image.paste(Image.new("RGB", mask.size, colour), corner, mask)


def ellipse(x: float, y: float, across: float, down: float, tilt: float = 0.0) -> list[Point]:
    turns = [2 * pi * step / 180 for step in range(180)]
    return [
        (x + across * cos(t) * cos(tilt) - down * sin(t) * sin(tilt), y + across * cos(t) * sin(tilt) + down * sin(t) * cos(tilt))
        for t in turns
    ]  # fmt: skip


def curve(points: Sequence[Point], *, closed: bool = False, steps: int = 24) -> list[Point]:
    """A smooth line (Catmull–Rom) through `points`."""
    ring = [points[-1], *points, points[0], points[1]] if closed else [points[0], *points, points[-1]]
    found: list[Point] = []
    for a, b, c, d in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        for step in range(steps):
            t = step / steps
            found.append((_between(a[0], b[0], c[0], d[0], t), _between(a[1], b[1], c[1], d[1], t)))
    return found if closed else [*found, points[-1]]


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def mirrored(points: Sequence[Point], axis: float = 0.5) -> list[Point]:
    return [(2 * axis - x, y) for x, y in points]
