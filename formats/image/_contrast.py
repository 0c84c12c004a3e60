"""Contrast as WCAG 2.2 defines it, of ink against the pixels that really lie around it.

An average hides the one bright cloud that swallows a glyph, so the neighbourhood of the ink is cut into cells about a
glyph wide, and every cell has to hold on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: WCAG 2.2, 1.4.3 (AA).
LEAST = 4.5
#: Plain text is accepted, and outlines and plates are made, with room for what a lossy codec takes away.
PLAIN = 5.5
MADE = 8.0
#: Share of pixels in a cell that may be worse: noise and single bright pixels do not make a glyph illegible.
OUTLIERS = 0.03
Levels = NDArray[np.float32]
Places = NDArray[np.intp]


def _linear() -> Levels:
    value = np.arange(256) / 255
    linear: Levels = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return linear


#: sRGB value -> linear light (IEC 61966-2-1), and its share per channel (WCAG 2.2, relative luminance).
LINEAR = _linear()
_RED, _GREEN, _BLUE = LINEAR * np.float32(0.2126), LINEAR * np.float32(0.7152), LINEAR * np.float32(0.0722)


#: The same for blue, green, red and nothing.
BGR_LEVELS: Levels = np.stack([_BLUE, _GREEN, _RED, np.zeros_like(_RED)], axis=1)


def luminance(shown: Image.Image, places: Places | None = None) -> Levels:
    """Relative luminance, 0 to 1, of an image of mode L or RGB; of all pixels, or of those with these flat indices."""
    pixels = np.asarray(shown)
    if places is not None:
        pixels = np.take(pixels.reshape(-1, *pixels.shape[2:]), places, axis=0)
    if shown.mode == "L":
        return np.take(LINEAR, pixels)
    level: Levels = np.take(_RED, pixels[..., 0])
    level += np.take(_GREEN, pixels[..., 1])
    level += np.take(_BLUE, pixels[..., 2])
    return level


def ratio(a: float, b: float) -> float:
    """WCAG contrast ratio of two luminances, 1 to 21."""
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def grey_of(level: float) -> int:
    """The sRGB grey, 0 to 255, nearest to a luminance."""
    return int(np.abs(LINEAR - level).argmin())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The darkest and brightest luminance around the ink, outliers of every cell left out."""

    low: float
    high: float

    @property
    def white(self) -> float:
        """Contrast of white ink."""
        return ratio(1.0, self.high)

    @property
    def black(self) -> float:
        """Contrast of black ink."""
        return ratio(0.0, self.low)


#: Steps of luminance in which pixels are counted; the rounding is to the worse side.
_STEPS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of pixels next to ink.

    Attributes:
        offsets: per pixel, number of its cell times the number of steps.
        sizes: pixels in each cell.
        spared: how many of them may be worse.
    """

    offsets: Places
    sizes: Places
    spared: Places

    @classmethod
    def of(cls, splits: Sequence[int]) -> Cells:
        """Cells of pixels that are sorted by cell; where each starts, and the end of the last."""
        edges = np.asarray(splits, np.intp)
        sizes = edges[1:] - edges[:-1]
        numbers = np.repeat(np.arange(len(sizes)), sizes)
        return cls(numbers * _STEPS, sizes, (OUTLIERS * np.maximum(0, sizes - 1)).astype(np.intp))


def surroundings(low: Levels, high: Levels, cells: Cells) -> Surroundings:
    """What lies around the ink.

    Args:
        low, high: luminance of the pixels next to ink; least and greatest over frames or backdrops.
        cells: which cell each of them is in.
    """
    below = _counted(low, cells)
    above = below if high is low else _counted(high, cells)
    # The first step at which more pixels are counted than may be left out, from the dark and from the bright end.
    dark = (below > cells.spared[:, None]).argmax(axis=1).min()
    bright = (above >= (cells.sizes - cells.spared)[:, None]).argmax(axis=1).max()
    return Surroundings(float(dark / _STEPS), float(min(1.0, (bright + 1) / _STEPS)))


def _counted(level: Levels, cells: Cells) -> NDArray[np.intp]:
    """Per cell, how many pixels are at most as bright as each step."""
    steps = (level * _STEPS).astype(np.intp)
    np.minimum(steps, _STEPS - 1, out=steps)
    counts = np.bincount(steps + cells.offsets, minlength=len(cells.sizes) * _STEPS)
    return counts.reshape(-1, _STEPS).cumsum(axis=1)
