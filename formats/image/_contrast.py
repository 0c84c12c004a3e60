"""Contrast as WCAG 2.2 defines it, of ink against the pixels that really lie around it.

An average hides the one bright cloud that swallows a glyph, so the neighbourhood of the ink is cut into cells about a
glyph wide, and every cell has to hold on its own.
"""

from __future__ import annotations

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
#: Cells with fewer neighbours of ink than this are judged with the rest.
_FEW = 12

Levels = NDArray[np.float32]
Flags = NDArray[np.bool_]


def _linear() -> Levels:
    value = np.arange(256) / 255
    linear: Levels = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return linear


#: sRGB value -> linear light (IEC 61966-2-1), and its share per channel (WCAG 2.2, relative luminance).
LINEAR = _linear()
_RED, _GREEN, _BLUE = LINEAR * np.float32(0.2126), LINEAR * np.float32(0.7152), LINEAR * np.float32(0.0722)


def luminance(shown: Image.Image) -> Levels:
    """Relative luminance, 0 to 1, of an image of mode L or RGB."""
    pixels = np.asarray(shown)
    if pixels.ndim == 2:
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


def surroundings(low: Levels, high: Levels, ring: Flags, cell: tuple[int, int]) -> Surroundings:
    """What lies around the ink.

    Args:
        low, high: luminance per pixel, its least and greatest over frames or backdrops.
        ring: pixels next to ink.
        cell: height and width of a cell in pixels.
    """
    least, most = 1.0, 0.0
    for top in range(0, ring.shape[0], cell[0]):
        for left in range(0, ring.shape[1], cell[1]):
            part = slice(top, top + cell[0]), slice(left, left + cell[1])
            near = ring[part]
            if np.count_nonzero(near) < _FEW:
                continue
            least = min(least, _quantile(low[part][near], OUTLIERS))
            most = max(most, _quantile(high[part][near], 1 - OUTLIERS))
    if most < least:  # a text so small that no cell counts
        least, most = (float(low[ring].min()), float(high[ring].max())) if ring.any() else (0.0, 1.0)
    return Surroundings(least, most)


def _quantile(values: Levels, share: float) -> float:
    rank = int(share * (len(values) - 1) + (0.999 if share > 0.5 else 0))
    return float(np.partition(values, rank)[rank])
