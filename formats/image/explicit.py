"""The label people see on a picture: put it there, find it, confirm it (GB 45438-2025 5.2).

:func:`put` draws words with both elements at an edge or corner, on every frame, so that the ink of a full-width glyph
has at least 5 % of the shortest side and stands out at 4.5:1 or more from the pixels around it. Both are measured on
the pixels after drawing, and a label that does not hold is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit import wording
from labelkit.config import ExplicitConfig
from labelkit.errors import ConfigError, ExplicitLabelError, InputError
from labelkit.formats.image import _palette
from labelkit.formats.image._bgr import Bgr
from labelkit.formats.image._confirming import confirm
from labelkit.formats.image._contrast import BGR_LEVELS, LEAST, Levels, luminance, ratio, surroundings
from labelkit.formats.image._dressing import choices, stamp
from labelkit.formats.image._frames import RETURNS, TURNS, Box, Picture, Pixels, decoding, viewable, white_of
from labelkit.formats.image._lettering import Window, window
from labelkit.formats.image._placing import FLOOR, Fit, Spot, fit, quietest, spots
from labelkit.formats.image._stamp import Stamp, paint
from labelkit.record import ExplicitMark

__all__ = ["confirm", "find", "put"]


def find(picture: Picture) -> list[ExplicitMark]:
    """Every visible label in a picture, measured; see :func:`labelkit.formats.image._finding.find`."""
    from labelkit.formats.image import _finding

    return _finding.find(picture)


#: Logos above this are scaled down while opening; more would only be thrown away.
_LOGO_SIDE = 4096


def put(picture: Picture, settings: ExplicitConfig) -> ExplicitMark:
    """Draw the visible label on all frames of a picture.

    Args:
        picture: changed in place.
        settings: text, style, position, height, font and logo.

    Returns:
        The label as measured on the drawn pixels, in display orientation: box, height and place of the first frame,
        the least ratio and contrast of all.

    Raises:
        ExplicitLabelError: the text lacks an element, does not fit, or cannot be made to stand out.
        MissingGlyph: no font at hand has a character of the text.
        ConfigError: a setting is not one.
    """
    text = wording.check(settings.text, required=settings.require_elements)
    _check_height(settings)
    logo = _logo(settings.logo) if settings.logo else None
    sizes = {picture.size_of(index) for index in range(len(picture.frames))}
    plans = {size: _plan(picture, size, text, settings, logo) for size in sizes}
    drawn = [_draw(picture, group, *plans[size], settings.style, logo) for size, group in _groups(picture)]
    first, count = drawn[0], len(picture.frames)
    least, contrast = min(d.ratio for d in drawn), min(d.contrast for d in drawn)
    return ExplicitMark(text, first.box, first.glyph_height, least, contrast, first.position, 1.0, (count, count))


def _check_height(settings: ExplicitConfig) -> None:
    if not FLOOR <= settings.height <= 0.5:
        raise ConfigError(
            f"a height of {settings.height:g} is outside 0.05 to 0.5 of the shortest side",
            place="explicit.height",
            remedy="GB 45438-2025 5.2 asks for at least 0.05; 0.055 is usual",
        )


def _groups(picture: Picture) -> list[tuple[tuple[int, int], list[int]]]:
    """Frames by size: an animation is one group, pages of a document may be several."""
    groups: dict[tuple[int, int], list[int]] = {}
    for index in range(len(picture.frames)):
        groups.setdefault(picture.size_of(index), []).append(index)
    return list(groups.items())


def _plan(
    picture: Picture, size: tuple[int, int], text: str, settings: ExplicitConfig, logo: Image.Image | None
) -> tuple[Fit, Spot]:
    fitted = fit(size, text, settings, logo.width / logo.height if logo else 0.0)
    frames = [f for i, f in enumerate(picture.frames) if picture.size_of(i) == size]
    group = picture if len(frames) == len(picture.frames) else Picture(frames, orientation=picture.orientation)
    return fitted, quietest(group, spots(size, fitted, settings))


def _draw(
    picture: Picture, group: list[int], fitted: Fit, spot: Spot, style: str, logo: Image.Image | None
) -> ExplicitMark:
    """Try ever stronger ways to set the label off until the contrast holds in every frame."""
    size = picture.size_of(group[0])
    seen = window(fitted.letters, spot.ink[:2], size)
    ground = _ground(picture, group, seen)
    around = surroundings(ground.low, ground.high, seen.cells)
    hard = picture.format == "gif" or any(_mode(picture, index) in _HARD for index in group)
    best = 0.0
    dresses = list(dict.fromkeys(choices(style, around, ground.clear, hard)))
    for dress in dresses:
        made = stamp(dress, fitted, spot, size, logo)
        made = _palette.hardened(made) if hard else made
        tried = _try(picture, group, made, seen.box)
        contrast, height = _measured(picture, tried, seen, fitted)
        enough = LEAST if dress is dresses[-1] else LEAST * _RESERVE
        if contrast >= enough and height >= FLOOR * min(size):
            _keep(picture, tried)
            return ExplicitMark(fitted.letters.text, spot.ink, height, height / min(size), contrast, spot.name, 1.0)
        best = max(best, contrast)
    if _widened(picture, group):
        return _draw(picture, group, fitted, spot, style, logo)
    raise ExplicitLabelError(
        f"the label reaches a contrast of {best:.1f}:1 only, less than {LEAST}:1",
        place=spot.name,
        remedy="choose another position, or style plate",
    )


#: What a gentle way to set the label off must reach beyond the rule, while there is a stronger one.
_RESERVE = 1.15
#: Modes in which a pixel is ink or is not.
_HARD = ("1", "P", "PA")


def _mode(picture: Picture, index: int) -> str:
    pixels = picture.frames[index].pixels
    return pixels.mode if isinstance(pixels, Image.Image) else ""


def _widened(picture: Picture, group: list[int]) -> bool:
    """Give up a palette that is full of other colours: the same pixels in true colour. GIF has nothing wider."""
    modes = {_mode(picture, index) for index in group}
    if picture.format == "gif" or not modes & {"P", "PA"}:
        return False
    for index in group:
        pixels = picture.frames[index].pixels
        assert isinstance(pixels, Image.Image)
        clear = pixels.mode == "PA" or "transparency" in pixels.info
        picture.frames[index].pixels = pixels.convert("RGBA" if clear else "RGB")
    return True


@dataclass(frozen=True, slots=True)
class _Ground:
    """What lies next to the ink in all frames: luminance bounds per pixel, and whether any of it is transparent."""

    low: Levels
    high: Levels
    clear: bool


def _ground(picture: Picture, group: list[int], seen: Window) -> _Ground:
    low, high, clear = _levels(_part(picture, group[0], seen.box), seen.ring)
    for index in group[1:]:
        dark, bright, transparent = _levels(_part(picture, index, seen.box), seen.ring)
        low, high, clear = np.minimum(low, dark), np.maximum(high, bright), clear or transparent
    return _Ground(low, high, clear)


def _part(picture: Picture, index: int, box: Box) -> Image.Image | Bgr:
    """A part of a frame to measure, in display orientation."""
    pixels = picture.frames[index].pixels
    return pixels.part(box) if isinstance(pixels, Bgr) else picture.view(index, box)


def _levels(shown: Image.Image | Bgr, places: NDArray[np.intp]) -> tuple[Levels, Levels, bool]:
    """Luminance of some pixels over a black and over a white backdrop, and whether any pixel is transparent."""
    if not isinstance(shown, Image.Image):
        level = shown.summed(places, BGR_LEVELS)
        return level, level, False
    if shown.mode in ("L", "RGB"):
        level = luminance(shown, places)
        return level, level, False
    alpha = shown.getchannel(shown.getbands()[-1])
    base = shown.convert("L" if shown.mode == "LA" else "RGB")
    if alpha.getextrema()[0] == 255:
        level = luminance(base, places)
        return level, level, False
    dark, bright = Image.new(base.mode, base.size, 0), Image.new(base.mode, base.size, "white")
    dark.paste(base, (0, 0), alpha)
    bright.paste(base, (0, 0), alpha)
    return luminance(dark, places), luminance(bright, places), True


@dataclass(frozen=True, slots=True)
class _Try:
    """A stamp drawn on copies of the regions it touches; nothing is in the picture until it is kept."""

    stamp: Stamp
    area: Box
    regions: dict[int, Pixels]


def _try(picture: Picture, group: list[int], made: Stamp, least: Box) -> _Try:
    box = made.box
    area = min(box[0], least[0]), min(box[1], least[1]), max(box[2], least[2]), max(box[3], least[3])
    over = _spread(made, area)
    return _Try(made, area, {index: _painted(picture, index, over) for index in group})


@lru_cache(maxsize=8)
def _spread(made: Stamp, area: Box) -> Stamp:
    """The stamp enlarged to an area by pixels it does not cover."""
    left, top, right, bottom = made.box
    if area == made.box:
        return made
    by = ((top - area[1], area[3] - bottom), (left - area[0], area[2] - right))
    colour = np.pad(made.colour, by + ((0, 0),) * (made.colour.ndim - 2))
    return Stamp(area[0], area[1], colour, np.pad(made.cover, by))


def _painted(picture: Picture, index: int, over: Stamp) -> Pixels:
    region, whole = picture.region(index, over.box), picture.frames[index].pixels
    returns = RETURNS.get(picture.orientation)
    if not isinstance(whole, Image.Image) or whole.mode not in ("P", "I", "F"):
        return _as_pixels(paint(region, over, returns))
    assert isinstance(region, Image.Image)
    if whole.mode != "P":
        return _as_pixels(paint(region, over, returns, white_of(whole)))
    need = _palette.wanted(over)
    indices = _palette.fit_image(whole, need)
    region.putpalette(whole.getpalette("RGB") or [], "RGB")
    return _palette.paint_indices(region, over, _palette.index_stamp(over, need, indices), returns)


def _as_pixels(painted: Any) -> Pixels:
    pixels: Pixels = painted
    return pixels


def _keep(picture: Picture, tried: _Try) -> None:
    for index, region in tried.regions.items():
        picture.put_back(index, tried.area, region)
    picture.stamps.append(tried.stamp)


def _measured(picture: Picture, tried: _Try, seen: Window, fitted: Fit) -> tuple[float, int]:
    """Least contrast and least glyph height over the frames, measured on the drawn pixels."""
    turn, area, box = TURNS.get(picture.orientation), tried.area, seen.box
    inside = box[0] - area[0], box[1] - area[1], box[2] - area[0], box[3] - area[1]
    contrasts, heights = [], []
    for index, region in tried.regions.items():
        if isinstance(region, Bgr):
            contrast, lost = _measure(region if area == box else region.part(inside), seen)
        else:
            shown = viewable(region, picture.frames[index].pixels)
            shown = shown.transpose(turn) if turn is not None else shown
            contrast, lost = _measure(shown if area == box else shown.crop(inside), seen)
        contrasts.append(contrast)
        heights.append(max(0, fitted.letters.ink - lost))
    return min(contrasts), min(heights)


def _measure(shown: Image.Image | Bgr, seen: Window) -> tuple[float, int]:
    """Contrast of the ink against the worst of its neighbours, and how many rows of ink do not stand out from them."""
    low, high, _ = _levels(shown, seen.places)
    ring, core = slice(seen.parts[0]), slice(*seen.parts)
    dark = low[ring]
    around = surroundings(dark, dark if high is low else high[ring], seen.cells)
    middle = (seen.parts[1] - seen.parts[0]) // 2
    inks = low[core]
    inks.partition(middle)  # in place: their order matters no more
    ink = float(inks[middle])
    worst = around.high if ratio(ink, around.high) < ratio(ink, around.low) else around.low
    between = ((ink + 0.05) * (worst + 0.05)) ** 0.5 - 0.05
    drawn = low[seen.parts[1] :]
    if ink > worst:
        lost = np.maximum.reduceat(drawn, seen.rows) <= between
    else:
        lost = np.minimum.reduceat(drawn, seen.rows) >= between
    return ratio(ink, worst), int(np.count_nonzero(lost))


@lru_cache(maxsize=4)
def _logo(path: str) -> Image.Image:
    """The logo as RGBA.

    Raises:
        ConfigError: it is not a picture.
    """
    try:
        with decoding("logo"), Image.open(path) as image:
            image.draft("RGB", (_LOGO_SIDE, _LOGO_SIDE))
            logo = image.convert("RGBA")
    except (InputError, OSError) as error:
        raise ConfigError(
            f"the logo cannot be used: {error}", file=path, place="explicit.logo", remedy="name a PNG or JPEG file"
        ) from error
    logo.thumbnail((_LOGO_SIDE, _LOGO_SIDE))
    return logo
