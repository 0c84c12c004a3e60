"""Where a label goes: what fits into the picture, and which edge or corner has the quietest background."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labelkit.config import ExplicitConfig
from labelkit.errors import ConfigError, ExplicitLabelError
from labelkit.formats.image._bgr import Bgr
from labelkit.formats.image._frames import Box, Picture
from labelkit.formats.image._lettering import Lettering, wrapped

#: GB 45438-2025 5.2: text height as a share of the shortest side.
FLOOR = 0.05
#: Below so many rows Chinese characters cannot be told apart; 12 is asked for, 10 is the least.
LEGIBLE, LEAST_LEGIBLE = 12, 10
#: Distance from the edge, padding of plate and strip, and the gap after a logo, as shares of the ink height.
MARGIN, PAD_X, PAD_Y, LOGO_GAP = 0.55, 0.5, 0.34, 0.35
STYLES = ("corner", "plate", "strip")
#: Place -> handicap: among equally quiet places the bottom right corner wins, where people look for it.
PLACES = {
    "bottom-right": 0.0,
    "bottom-left": 1.5,
    "top-right": 2.0,
    "top-left": 2.5,
    "bottom": 3.0,
    "top": 4.0,
    "right": 7.0,
    "left": 7.5,
}
#: Backgrounds are judged on about so many samples across and down.
_SAMPLES = (56, 16)
#: Frames of an animation that are looked at to find a place.
_LOOKS = 12


@dataclass(frozen=True, slots=True)
class Fit:
    """A text that fits, and the space it takes.

    Attributes:
        letters: the text as it will be drawn.
        pad_x, pad_y: from ink to the edge of plate or strip, 0 for plain text.
        margin: from the outer box to the picture's edge.
        logo: width of logo and gap in pixels, left of the ink.
    """

    letters: Lettering
    pad_x: int
    pad_y: int
    margin: int
    logo: int

    @property
    def outer(self) -> tuple[int, int]:
        """Width and height with padding and logo."""
        width, height = self.letters.size
        return width + self.logo + 2 * self.pad_x, height + 2 * self.pad_y


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the outer box and the ink lie, in display orientation."""

    name: str
    outer: Box
    ink: Box


@lru_cache(maxsize=32)
def fit(size: tuple[int, int], text: str, settings: ExplicitConfig, logo_shape: float = 0.0) -> Fit:
    """The label at the size asked for, or the largest legal one that fits.

    Args:
        size: width and height of the picture, the smallest frame if they differ.
        text: what to draw.
        settings: style, height and font.
        logo_shape: width / height of the logo, 0 for none.

    Raises:
        ExplicitLabelError: not even the smallest legal size fits.
    """
    shortest = min(size)
    floor = max(math.ceil(FLOOR * shortest), LEAST_LEGIBLE)
    ink = max(math.ceil(settings.height * shortest - 1e-9), LEGIBLE, floor)
    while True:
        for tight in (False, True):
            found = _fit_at(size, text, settings, ink, logo_shape, tight)
            if found is not None:
                return found
        if ink <= floor:
            raise _too_small(size, text, floor)
        ink = max(floor, int(ink * 0.94))


def _too_small(size: tuple[int, int], text: str, floor: int) -> ExplicitLabelError:
    return ExplicitLabelError(
        f"{text!r} does not fit into {size[0]} x {size[1]} pixels at {floor} pixels, the least height "
        "that GB 45438-2025 5.2 and legibility allow",
        remedy="use a shorter text such as AI生成, or a larger picture",
    )


def _fit_at(
    size: tuple[int, int], text: str, settings: ExplicitConfig, ink: int, logo_shape: float, tight: bool
) -> Fit | None:
    boxed = settings.style != "corner"
    margin = 1 if tight else max(2, round(MARGIN * ink))
    if settings.style == "strip":
        margin = 0
    elif boxed and not tight:
        margin = max(2, round(0.75 * margin))
    pad_x = (2 if tight else max(3, round(PAD_X * ink))) if boxed else 0
    pad_y = (2 if tight else max(2, round(PAD_Y * ink))) if boxed else 0
    logo = round(logo_shape * ink + LOGO_GAP * ink) if logo_shape else 0
    room = size[0] - 2 * (margin + pad_x) - logo
    letters = wrapped(text, ink, settings.font, room) if room > ink else None
    if letters is None or letters.size[1] + 2 * (margin + pad_y) > size[1]:
        return None
    return Fit(letters, pad_x, pad_y, margin, logo)


@lru_cache(maxsize=32)
def spots(size: tuple[int, int], fitted: Fit, settings: ExplicitConfig) -> tuple[Spot, ...]:
    """The places the setting allows: one, or all that ``auto`` chooses from.

    Raises:
        ConfigError: an unknown position or style.
    """
    if settings.style not in STYLES:
        raise ConfigError(
            f"no style is called {settings.style!r}", place="explicit.style", remedy=f"use {', '.join(STYLES)}"
        )
    if settings.position not in ("auto", *PLACES):
        known = ", ".join(("auto", *PLACES))
        raise ConfigError(
            f"no position is called {settings.position!r}", place="explicit.position", remedy=f"use {known}"
        )
    names = list(PLACES) if settings.position == "auto" else [settings.position]
    if settings.style == "strip":
        names = ["bottom", "top"] if settings.position == "auto" else names
        return tuple(_band(size, fitted, name) for name in names)
    return tuple(_spot(size, fitted, name) for name in names)


def _spot(size: tuple[int, int], fitted: Fit, name: str) -> Spot:
    (width, height), (wide, high) = size, fitted.outer
    left = _along(name, "left", "right", width, wide, fitted.margin)
    top = _along(name, "top", "bottom", height, high, fitted.margin)
    return _at(name, fitted, (left, top, left + wide, top + high), left + fitted.pad_x + fitted.logo)


def _along(name: str, first: str, last: str, room: int, need: int, margin: int) -> int:
    if first in name:
        return margin
    return room - need - margin if last in name else (room - need) // 2


def _band(size: tuple[int, int], fitted: Fit, name: str) -> Spot:
    """A strip along the whole upper or lower edge; ``left`` and ``right`` only place the text in it."""
    (width, height), (wide, high) = size, fitted.outer
    top = 0 if "top" in name else height - high
    inset = _along(name, "left", "right", width, wide, 0)
    return _at(name, fitted, (0, top, width, top + high), inset + fitted.pad_x + fitted.logo)


def _at(name: str, fitted: Fit, outer: Box, left: int) -> Spot:
    top = outer[1] + fitted.pad_y
    return Spot(name, outer, (left, top, left + fitted.letters.size[0], top + fitted.letters.size[1]))


def quietest(picture: Picture, candidates: Sequence[Spot]) -> Spot:
    """The candidate whose background changes least, over all frames that are looked at."""
    if len(candidates) == 1:
        return candidates[0]
    step = max(1, math.ceil(len(picture.frames) / _LOOKS))
    noise = np.zeros(len(candidates))
    for index in range(0, len(picture.frames), step):
        noise = np.maximum(noise, unrest(picture, index, tuple(spot.outer for spot in candidates)))
    noise += [PLACES[spot.name] for spot in candidates]
    return candidates[int(noise.argmin())]


def unrest(picture: Picture, index: int, boxes: tuple[Box, ...]) -> NDArray[np.float32]:
    """How much the background changes from sample to sample in boxes of one size, in grey levels.

    Text and texture score high, which keeps labels off other labels.
    """
    left, top, right, bottom = boxes[0]
    samples = min(_SAMPLES[0], right - left), min(_SAMPLES[1], bottom - top)
    grey = _grey(picture, index, boxes, samples).astype(np.float32)
    flat = grey.reshape(len(boxes), -1)
    noise: NDArray[np.float32] = _mean(np.abs(grey[:, :, 1:] - grey[:, :, :-1]))
    noise += _mean(np.abs(grey[:, 1:] - grey[:, :-1]))
    noise += np.float32(0.3) * np.sqrt(np.maximum(0, _mean(flat * flat) - _mean(flat) ** 2))
    return noise


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Per box."""
    flat = values.reshape(len(values), -1)
    total: NDArray[np.float32] = np.add.reduce(flat, axis=1)
    total /= flat.shape[1]
    return total


def _grey(picture: Picture, index: int, boxes: tuple[Box, ...], samples: tuple[int, int]) -> NDArray[np.uint8]:
    """Boxes x samples down x samples across."""
    pixels = picture.frames[index].pixels
    if isinstance(pixels, Bgr):
        return pixels.grey(boxes, samples)
    views = [picture.view(index, box, samples) for box in boxes]
    return np.stack([np.asarray(view if view.mode == "L" else view.convert("L")) for view in views])
