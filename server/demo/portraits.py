"""Abstract portraits for the demo: paper cut-outs, 3:4, drawn from a seed. Nobody's likeness; two seeds give two people."""

from collections.abc import Sequence
from io import BytesIO
from math import cos, pi, sin
from random import Random
from typing import Final

import numpy as np
from msgspec import Struct
from PIL import Image

from server.demo.paper import Colour, Point, Sheet, curve, ellipse, mirrored

WIDTH: Final = 1080
HEIGHT: Final = 1440
SCALE: Final = 2
"""drawn so much larger, then shrunk: Pillow's edges are jagged otherwise."""
WAX: Final = (164, 38, 44)


class Palette(Struct, frozen=True):
    """Night above and below, the moon behind, paper for skin, ink for hair, cloth, and a thin bright line."""

    above: Colour
    below: Colour
    moon: Colour
    skin: Colour
    shade: Colour
    hair: Colour
    cloth: Colour
    line: Colour


PALETTES: Final = (
    Palette((24, 26, 44), (58, 54, 84), (226, 190, 120), (238, 220, 198), (206, 172, 148), (20, 18, 28), (122, 52, 62), (226, 190, 120)),
    Palette((16, 38, 42), (44, 82, 78), (236, 214, 170), (232, 206, 178), (196, 156, 130), (28, 22, 22), (214, 186, 140), (240, 226, 196)),
    Palette((52, 26, 38), (118, 58, 66), (240, 178, 138), (242, 222, 206), (212, 170, 156), (30, 18, 24), (40, 42, 68), (246, 214, 180)),
    Palette((232, 222, 204), (206, 190, 166), (186, 74, 62), (246, 234, 218), (216, 186, 164), (34, 30, 30), (48, 62, 84), (134, 102, 24)),
    Palette((30, 34, 30), (84, 88, 66), (208, 206, 160), (226, 196, 166), (186, 146, 120), (48, 32, 24), (168, 88, 56), (224, 212, 168)),
    Palette((36, 30, 58), (104, 84, 134), (238, 204, 214), (240, 222, 212), (208, 176, 176), (26, 22, 40), (72, 110, 116), (244, 216, 222)),
    Palette((20, 30, 52), (64, 98, 132), (242, 232, 208), (234, 210, 186), (198, 164, 142), (62, 36, 28), (236, 228, 212), (242, 216, 150)),
    Palette((40, 24, 20), (112, 62, 38), (232, 168, 84), (230, 202, 172), (192, 148, 118), (24, 16, 16), (58, 76, 60), (238, 192, 118)),
    Palette((214, 208, 208), (160, 164, 178), (246, 240, 226), (240, 222, 204), (206, 178, 162), (54, 40, 40), (110, 40, 58), (90, 82, 110)),
)  # fmt: skip


def portrait(seed: str) -> bytes:
    """A PNG of 1080 × 1440, the same for the same seed."""
    chance = Random(f"portrait {seed}")
    palette = chance.choice(PALETTES)
    canvas = _night(palette, chance)
    sheet = Sheet(canvas)
    _moon(sheet, palette, chance)
    chance.choice((_rain, _hills, _stars, _waves, _branches, _reeds))(sheet, palette, chance)
    _person(sheet, palette, chance)
    _seal(sheet, chance)
    finished = _paper(sheet.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS), chance)
    file = BytesIO()
    finished.save(file, "PNG", compress_level=3)
    return file.getvalue()


# ── what is behind ──────────────────────────────────────────────────────────────────────────────────────────────────
def _night(palette: Palette, chance: Random) -> Image.Image:
    rows = np.linspace(0, 1, HEIGHT * SCALE)[:, None] ** chance.uniform(0.8, 1.5)
    colours = np.array(palette.above) * (1 - rows) + np.array(palette.below) * rows
    return Image.fromarray(np.repeat(colours[:, None, :].astype(np.uint8), WIDTH * SCALE, axis=1))


def _moon(sheet: Sheet, palette: Palette, chance: Random) -> None:
    x, y = chance.choice((0.5, 0.5, 0.3, 0.7)) + chance.uniform(-0.05, 0.05), chance.uniform(0.42, 0.56)
    radius = chance.uniform(0.3, 0.39)
    sheet.disc(x, y, radius * 1.16, palette.moon, opacity=0.10)
    sheet.disc(x, y, radius * 1.07, palette.moon, opacity=0.14)
    sheet.disc(x, y, radius, palette.moon, shadow=0.2)
    if chance.random() < 0.35:
        dark = ellipse(x + radius * 0.34, y - radius * 0.2, radius * 0.86, radius * 0.86)
        sheet.lay_both(dark, ellipse(x, y, radius, radius), palette.below, 0.75)


def _rain(sheet: Sheet, palette: Palette, chance: Random) -> None:
    for _ in range(70):
        x, y, length = chance.uniform(-0.1, 1.05), chance.uniform(-0.1, 1.2), chance.uniform(0.05, 0.2)
        sheet.stroke([(x, y), (x + length * 0.16, y + length)], 0.0016, palette.line, chance.uniform(0.15, 0.45))


def _hills(sheet: Sheet, palette: Palette, chance: Random) -> None:
    for place in range(3):
        y = 0.78 + 0.13 * place
        ridge = curve(
            [(-0.1, y + 0.1), *((0.14 * n, y + chance.uniform(-0.09, 0.07)) for n in range(1, 7)), (1.1, y + 0.05)]
        )
        share = 0.30 + 0.22 * place
        colour = tuple(round(a * share + b * (1 - share)) for a, b in zip(palette.above, palette.below, strict=True))
        sheet.lay([*ridge, (1.1, 1.4), (-0.1, 1.4)], (colour[0], colour[1], colour[2]), shadow=0.25)


def _stars(sheet: Sheet, palette: Palette, chance: Random) -> None:
    for _ in range(60):
        sheet.disc(
            chance.random(),
            chance.uniform(0, 1.0),
            chance.uniform(0.001, 0.0035),
            palette.line,
            opacity=chance.uniform(0.4, 1.0),
        )
    for _ in range(4):
        x, y, arm = chance.random(), chance.uniform(0.04, 0.6), chance.uniform(0.012, 0.026)
        sheet.stroke([(x - arm, y), (x + arm, y)], 0.0015, palette.line)
        sheet.stroke([(x, y - arm * 1.5), (x, y + arm * 1.5)], 0.0015, palette.line)


def _waves(sheet: Sheet, palette: Palette, chance: Random) -> None:
    radius = 0.085
    for row in range(7):
        for column in range(-1, 8):
            x, y = (column + (row % 2) / 2) * radius * 2, 0.94 + row * radius * 0.5
            for ring, opacity in ((1.0, 1.0), (0.74, 1.0), (0.48, 1.0)):
                sheet.disc(x, y, radius * ring, palette.below, opacity=opacity)
                sheet.stroke(ellipse(x, y, radius * ring, radius * ring)[90:], 0.0022, palette.line, 0.55)


def _branches(sheet: Sheet, palette: Palette, chance: Random) -> None:
    side = chance.choice((0, 1))
    for _ in range(3):
        x, y = -0.05, chance.uniform(0.02, 0.5)
        points = [(x, y)]
        for _ in range(5):
            x, y = x + chance.uniform(0.06, 0.11), y + chance.uniform(-0.05, 0.04)
            points.append((x, y))
        line = curve(points) if side == 0 else mirrored(curve(points))
        sheet.stroke(line, 0.006, palette.hair, 0.85)
        for bx, by in line[20::9]:
            for _ in range(chance.choice((0, 1, 2))):
                sheet.disc(
                    bx + chance.uniform(-0.02, 0.02),
                    by + chance.uniform(-0.02, 0.02),
                    chance.uniform(0.005, 0.012),
                    palette.line,
                    opacity=0.9,
                )


def _reeds(sheet: Sheet, palette: Palette, chance: Random) -> None:
    for _ in range(26):
        x = chance.random()
        lean, height = chance.uniform(-0.12, 0.12), chance.uniform(0.3, 0.75)
        stem = curve([(x, 1.36), (x + lean * 0.3, 1.36 - height * 0.5), (x + lean, 1.36 - height)])
        sheet.stroke(stem, 0.0028, palette.line, chance.uniform(0.25, 0.6))
        sheet.lay(ellipse(stem[-1][0], stem[-1][1], 0.006, 0.03, lean * 2), palette.line, shadow=0, opacity=0.7)


# ── who is in front ─────────────────────────────────────────────────────────────────────────────────────────────────
def _person(sheet: Sheet, palette: Palette, chance: Random) -> None:
    """Built facing us, then looking aside a little: the features move, the head doesn't."""
    look = chance.uniform(-0.028, 0.028)
    style = chance.choice(("bob", "long", "short", "bun", "wave", "tail", "crop"))
    _hair_behind(sheet, palette, style)
    sheet.lay(
        curve([(0.445, 0.70), (0.44, 0.84), (0.36, 0.93), (0.5, 1.1), (0.64, 0.93), (0.56, 0.84), (0.555, 0.70)]),
        palette.shade,
        shadow=0.2,
    )
    _cloth(sheet, palette, chance)
    face = curve(
        [
            (0.5, 0.335),
            (0.385, 0.40),
            (0.362, 0.54),
            (0.405, 0.68),
            (0.5, 0.775),
            (0.595, 0.68),
            (0.638, 0.54),
            (0.615, 0.40),
        ],
        closed=True,
    )
    sheet.lay(face, palette.skin, shadow=0.4)
    _half_shade(sheet, palette, face, look)
    _features(sheet, palette, chance, look)
    _hair_before(sheet, palette, style, chance)
    if chance.random() < 0.55:
        for x in (0.362, 0.638):
            sheet.disc(x, 0.645, chance.choice((0.009, 0.012)), palette.line, shadow=0.3)


def _half_shade(sheet: Sheet, palette: Palette, face: Sequence[Point], look: float) -> None:
    """The side that the moon does not reach."""
    brow, nose, mouth = (0.515 + look, 0.47), (0.535 + look * 2, 0.61), (0.508 + look, 0.65)
    edge = curve([(0.5 + look, 0.32), brow, (0.492 + look * 2, 0.535), nose, mouth, (0.516 + look, 0.70), (0.5, 0.79)])
    far = 1.0 if look <= 0 else 0.0
    sheet.lay_both([*edge, (far, 0.79), (far, 0.32)], face, palette.shade, 0.8)


def _features(sheet: Sheet, palette: Palette, chance: Random, look: float) -> None:
    down = chance.uniform(0.008, 0.016)
    for side in (-1, 1):
        x = 0.5 + side * 0.066 + look * 1.6
        lid = curve([(x - 0.036, 0.553), (x, 0.553 + down * 1.6), (x + 0.036, 0.553)])
        sheet.stroke(lid, 0.0055, palette.hair)
        outer = x + side * 0.036
        sheet.stroke([(outer, 0.553), (outer + side * 0.012, 0.548)], 0.0045, palette.hair)
        sheet.stroke(
            curve([(x - 0.038, 0.497), (x + side * 0.006, 0.484), (x + 0.038, 0.497)]), 0.0048, palette.hair, 0.75
        )
    mouth = 0.5 + look * 1.4
    upper = [
        (mouth - 0.036, 0.688),
        (mouth - 0.012, 0.677),
        (mouth, 0.682),
        (mouth + 0.012, 0.677),
        (mouth + 0.036, 0.688),
    ]
    sheet.lay(
        [*curve(upper), *curve([(mouth + 0.036, 0.688), (mouth, 0.708), (mouth - 0.036, 0.688)])], WAX, shadow=0.0
    )


def _cloth(sheet: Sheet, palette: Palette, chance: Random) -> None:
    shoulders = curve([(0.40, 0.885), (0.30, 0.935), (0.15, 0.985), (0.055, 1.10), (0.0, 1.4)])
    kind = chance.choice(("kimono", "suit", "round", "boat", "high"))
    if kind in ("kimono", "suit"):
        body = [*shoulders[::-1], (0.5, 1.15 if kind == "suit" else 1.12), *mirrored(shoulders)]
        sheet.lay(body, palette.cloth)
        if kind == "kimono":
            lapel, colour = [(0.405, 0.875), (0.385, 0.895), (0.52, 1.2), (0.56, 1.2)], palette.line
        else:
            lapel, colour = [(0.40, 0.885), (0.335, 0.925), (0.375, 0.985), (0.345, 1.0), (0.5, 1.25)], palette.hair
        sheet.lay(lapel, colour, shadow=0.3)
        sheet.lay(mirrored(lapel), colour, shadow=0.3)
        return
    deep = {"round": 1.0, "boat": 0.93, "high": 0.86}[kind]
    edge = {"round": (0.375, 0.9), "boat": (0.27, 0.94), "high": (0.43, 0.80)}[kind]
    collar = curve([edge, (0.44, deep - 0.012), (0.5, deep), (0.56, deep - 0.012), (1 - edge[0], edge[1])])
    outer = curve([edge, (0.30, 0.94), (0.15, 0.985), (0.055, 1.10), (0.0, 1.4)])
    sheet.lay([*outer[::-1], *collar, *mirrored(outer)], palette.cloth)
    if chance.random() < 0.6:
        sheet.stroke([(x, y + 0.014) for x, y in collar], 0.0035, palette.line, 0.9)


def _hair_behind(sheet: Sheet, palette: Palette, style: str) -> None:
    shapes: dict[str, list[Point]] = {
        "bob": [(0.5, 0.255), (0.34, 0.32), (0.29, 0.52), (0.295, 0.735), (0.40, 0.765), (0.5, 0.74)],
        "long": [(0.5, 0.25), (0.335, 0.31), (0.285, 0.54), (0.265, 0.84), (0.235, 1.13), (0.34, 1.16), (0.5, 0.95)],
        "wave": [
            (0.5, 0.25),
            (0.33, 0.30),
            (0.285, 0.47),
            (0.25, 0.60),
            (0.285, 0.73),
            (0.225, 0.86),
            (0.265, 1.0),
            (0.38, 0.98),
            (0.5, 0.85),
        ],
        "short": [(0.5, 0.265), (0.365, 0.31), (0.325, 0.46), (0.335, 0.60), (0.42, 0.64), (0.5, 0.62)],
        "crop": [(0.5, 0.275), (0.385, 0.31), (0.345, 0.43), (0.35, 0.53), (0.42, 0.56), (0.5, 0.55)],
    }
    if style in ("bun", "tail"):
        if style == "bun":
            sheet.lay(ellipse(0.5, 0.235, 0.082, 0.07), palette.hair)
        else:
            sheet.lay(
                curve(
                    [(0.60, 0.30), (0.72, 0.36), (0.755, 0.55), (0.72, 0.80), (0.655, 0.98), (0.665, 0.7), (0.62, 0.5)],
                    closed=True,
                ),
                palette.hair,
            )
        shape = shapes["crop"]
    else:
        shape = shapes[style]
    left = curve(shape)
    sheet.lay([*left, *mirrored(left)[::-1]], palette.hair)


def _hair_before(sheet: Sheet, palette: Palette, style: str, chance: Random) -> None:
    """The fringe: swept to a side, straight, or parted."""
    fringe = (
        chance.choice(("swept", "straight", "parted"))
        if style not in ("bun", "crop")
        else chance.choice(("swept", "parted"))
    )
    top: list[Point] = [
        (0.345, 0.56),
        (0.335, 0.43),
        (0.39, 0.31),
        (0.5, 0.268),
        (0.61, 0.31),
        (0.665, 0.43),
        (0.655, 0.56),
    ]
    under: dict[str, list[Point]] = {
        "swept": [(0.655, 0.56), (0.628, 0.45), (0.56, 0.385), (0.46, 0.445), (0.385, 0.47), (0.345, 0.56)],
        "straight": [
            (0.655, 0.56),
            (0.625, 0.475),
            (0.56, 0.462),
            (0.5, 0.458),
            (0.44, 0.462),
            (0.375, 0.475),
            (0.345, 0.56),
        ],
        "parted": [
            (0.655, 0.56),
            (0.615, 0.45),
            (0.545, 0.375),
            (0.5, 0.335),
            (0.455, 0.375),
            (0.385, 0.45),
            (0.345, 0.56),
        ],
    }
    shape = [*curve(top), *curve(under[fringe])]
    if fringe == "swept" and chance.random() < 0.5:
        shape = mirrored(shape)
    sheet.lay(shape, palette.hair, shadow=0.3)
    shine = curve([(0.40, 0.375), (0.46, 0.325), (0.54, 0.315)])
    sheet.stroke(shine, 0.006, palette.line, 0.35)


def _seal(sheet: Sheet, chance: Random) -> None:
    """One drop of wax, below on the right or left: the only red that every portrait has."""
    x, y = chance.choice((0.1, 0.9)), 1.235
    rim = [
        (x + (0.043 + 0.004 * sin(5 * t + x)) * cos(t), y + (0.043 + 0.004 * cos(3 * t)) * sin(t))
        for t in (2 * pi * n / 120 for n in range(120))
    ]
    sheet.lay(rim, WAX, shadow=0.5)
    sheet.stroke(ellipse(x, y, 0.028, 0.028), 0.0035, (196, 78, 78))
    sheet.stroke([(x - 0.011, y + 0.012), (x, y - 0.014), (x + 0.011, y + 0.012)], 0.0035, (239, 232, 218))


def _paper(image: Image.Image, chance: Random) -> Image.Image:
    """Grain and a slightly darker edge, so that it looks laid, not rendered."""
    noise = np.random.default_rng(chance.getrandbits(63))
    pixels = np.asarray(image, dtype=np.float32)
    grain = noise.normal(0, 3.2, (HEIGHT, WIDTH, 1)).astype(np.float32)
    across, down = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    edge = 1 - 0.16 * np.clip((across**2 + down**2) - 0.75, 0, 1)[..., None]
    return Image.fromarray(np.clip(pixels * edge + grain, 0, 255).astype(np.uint8))
