"""From letters and background to a stamp: ink colour, and outline, plate or strip where the contrast asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from labelkit.formats.image._contrast import MADE, PLAIN, Surroundings, grey_of
from labelkit.formats.image._lettering import Lettering
from labelkit.formats.image._placing import Fit, Spot
from labelkit.formats.image._stamp import Stamp

#: Plates and strips are this grey, and at least this opaque.
PLATE_GREY = 22
PLATE_COVER, STRIP_COVER, HALO_COVER = 0.55, 0.62, 0.5
#: Corner radius of a plate as a share of its height.
RADIUS = 0.24
#: Luminance from which a background counts as light.
_LIGHT = 0.2
#: Opacity is rounded up to this, so that equal labels on similar pictures share one stamp.
_STEP = 0.05

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Dress:
    """How the letters are set off.

    Attributes:
        ink: grey of the letters, 0 or 255.
        ground: ``"plain"``, ``"outline"``, ``"plate"`` or ``"strip"``.
        cover: opacity of outline, plate or strip, 0 to 1.
    """

    ink: int
    ground: str
    cover: float = 0.0


def choices(style: str, around: Surroundings, clear: bool, hard: bool) -> list[Dress]:
    """Ways to set the label off, the gentlest first; each is tried until the contrast holds.

    Args:
        style: ``"corner"``, ``"plate"`` or ``"strip"``.
        around: the background next to the ink.
        clear: the background is partly transparent, so what shows through it is not known.
        hard: the picture has a palette or two colours, so that half-covered pixels cannot be drawn.
    """
    solid = clear or hard
    if style in ("plate", "strip"):
        least = PLATE_COVER if style == "plate" else STRIP_COVER
        cover = 1.0 if solid else _darkening(around.high, PLATE_GREY, least)
        return [Dress(255, style, cover), Dress(255, style, 1.0)]
    made = [] if clear else [_outlined(around, hard)]
    if not solid and max(around.white, around.black) >= PLAIN:
        made.insert(0, Dress(255 if around.white >= min(around.black, MADE) else 0, "plain"))
    return [*made, Dress(made[-1].ink, "outline", 1.0) if made else Dress(255, "plate", 1.0), Dress(255, "plate", 1.0)]


def _outlined(around: Surroundings, hard: bool) -> Dress:
    # Dark letters in a light outline look right on light pictures only.
    white = around.low < _LIGHT
    if hard:
        return Dress(255 if white else 0, "outline", 1.0)
    cover = _darkening(around.high, 0, HALO_COVER) if white else _lightening(around.low, HALO_COVER)
    return Dress(255 if white else 0, "outline", cover)


def _darkening(brightest: float, grey: int, least: float) -> float:
    """How opaque a dark ground must be so that white ink stands out from the brightest pixel."""
    limit, worst = grey_of(1.05 / MADE - 0.05), grey_of(brightest)
    return _stepped(max(least, (worst - limit) / max(1, worst - grey)))


def _lightening(darkest: float, least: float) -> float:
    limit, worst = grey_of(MADE * 0.05 - 0.05), grey_of(darkest)
    return _stepped(max(least, (limit - worst) / max(1, 255 - worst)))


def _stepped(cover: float) -> float:
    return float(min(1.0, np.ceil(cover / _STEP - 1e-6) * _STEP))


def stamp(dress: Dress, fitted: Fit, spot: Spot, size: tuple[int, int], logo: Image.Image | None) -> Stamp:
    """The label as it goes over a picture of ``size``, clipped to it."""
    placed = _placed(dress, fitted, spot, size)
    return placed if logo is None else _with_logo(placed, logo, fitted, spot, size)


@lru_cache(maxsize=8)
def _placed(dress: Dress, fitted: Fit, spot: Spot, size: tuple[int, int]) -> Stamp:
    letters = fitted.letters
    if dress.ground in ("plain", "outline"):
        made = _bare(letters, dress)
        left, top = spot.ink[0] - letters.pad, spot.ink[1] - letters.pad
    else:
        box = _plate_box(dress, spot, letters, size, fitted)
        inset = spot.ink[0] - box[0], spot.ink[1] - box[1]
        made = _boxed(letters, dress, (box[2] - box[0], box[3] - box[1]), inset)
        left, top = box[:2]
    return _clipped(Stamp(left, top, *made), size)


def _plate_box(
    dress: Dress, spot: Spot, letters: Lettering, size: tuple[int, int], fitted: Fit
) -> tuple[int, int, int, int]:
    """The outer box; a plate behind what was planned as plain text grows around its ink as far as the picture goes."""
    if fitted.pad_x or dress.ground == "strip":
        return spot.outer
    pad_x, pad_y = max(2, round(0.4 * letters.ink)), max(2, round(0.28 * letters.ink))
    left, top, right, bottom = spot.ink
    left -= fitted.logo
    return max(0, left - pad_x), max(0, top - pad_y), min(size[0], right + pad_x), min(size[1], bottom + pad_y)


@lru_cache(maxsize=32)
def _bare(letters: Lettering, dress: Dress) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Letters, with an outline in the opposite colour if there is one."""
    ink = letters.padded
    if dress.ground == "plain":
        return np.full(ink.shape, dress.ink, np.uint8), ink
    halo = letters.halo.astype(np.float32) / 255 * dress.cover
    return _merged(ink, dress.ink, halo, 255 - dress.ink)


@lru_cache(maxsize=32)
def _boxed(
    letters: Lettering, dress: Dress, size: tuple[int, int], inset: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Letters on a plate or strip of ``size``, their ink starting at ``inset``."""
    width, height = size
    ink = np.zeros((height, width), np.uint8)
    mask = letters.mask
    ink[inset[1] : inset[1] + mask.shape[0], inset[0] : inset[0] + mask.shape[1]] = mask
    # Round corners must not cut into the neighbourhood of a glyph where the picture leaves little room around it.
    room = min(*inset, width - inset[0] - mask.shape[1], height - inset[1] - mask.shape[0])
    radius = 0 if dress.ground == "strip" else round(min(RADIUS * height, RADIUS * 2.2 * letters.ink, 1.6 * (room - 1)))
    shape = _rounded(width, height, radius) if radius > 0 else np.ones((height, width), np.float32)
    return _merged(ink, dress.ink, shape * np.float32(dress.cover), PLATE_GREY)


def _merged(
    ink: NDArray[np.uint8], ink_grey: int, ground: Values, ground_grey: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Ink over ground as one layer of grey and coverage (Porter-Duff over)."""
    share = ink.astype(np.float32) / 255
    below = ground * (1 - share)
    cover = share + below
    grey = (share * ink_grey + below * ground_grey) / np.maximum(cover, 1e-6)
    return np.rint(grey).astype(np.uint8), np.rint(cover * 255).astype(np.uint8)


def _rounded(width: int, height: int, radius: int) -> Values:
    """Coverage of a rectangle with round corners, anti-aliased by drawing it four times as large."""
    large = Image.new("L", (4 * width, 4 * height), 0)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, 4 * width - 1, 4 * height - 1), 4 * radius, fill=255)
    return np.asarray(large.reduce(4), np.float32) / 255


def _clipped(made: Stamp, size: tuple[int, int]) -> Stamp:
    left, top, right, bottom = made.box
    if left >= 0 and top >= 0 and right <= size[0] and bottom <= size[1]:
        return made
    part = slice(max(0, -top), size[1] - top), slice(max(0, -left), size[0] - left)
    return Stamp(max(0, left), max(0, top), made.colour[part], made.cover[part])


def _with_logo(made: Stamp, logo: Image.Image, fitted: Fit, spot: Spot, size: tuple[int, int]) -> Stamp:
    """The logo left of the first line, as tall as its glyphs, over the stamp."""
    high = fitted.letters.ink
    scaled = logo.resize((max(1, round(logo.width * high / logo.height)), high), Image.Resampling.LANCZOS)
    at = spot.ink[0] - fitted.logo, spot.ink[1] + max(0, (_first_line(fitted) - high) // 2)
    left, top = min(made.left, at[0]), min(made.top, at[1])
    right, bottom = made.box[2], max(made.box[3], at[1] + high)
    canvas = Image.new("RGBA", (right - left, bottom - top))
    label = Image.fromarray(made.colour).convert("RGB")
    label.putalpha(Image.fromarray(made.cover))
    canvas.paste(label, (made.left - left, made.top - top))
    canvas.alpha_composite(scaled, (at[0] - left, at[1] - top))
    pixels = np.asarray(canvas)
    return _clipped(Stamp(left, top, pixels[..., :3], pixels[..., 3]), size)


def _first_line(fitted: Fit) -> int:
    lines = fitted.letters.text.count("\n") + 1
    return fitted.letters.size[1] // lines if lines == 1 else fitted.letters.ink
