"""An array on its way to a JPEG file: held as blue, green, red, the order in which OpenCV codes, and never as an image.

The copy that keeps the caller's array untouched is the only one, and OpenCV calls the same library as Pillow with the
same settings: the same pixels in four fifths of the time. Without OpenCV, whose usual wheel needs libraries that
servers and containers often lack, arrays become Pillow images.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes: TypeAlias = NDArray[np.uint8]
Reals: TypeAlias = NDArray[np.float32]
Box: TypeAlias = tuple[int, int, int, int]

#: Longest side that libjpeg codes (JPEG_MAX_DIMENSION), and the side of a coded block at 4:2:0, in pixels.
_MAX_SIDE, _BLOCK = 65_500, 16


@cache
def _opencv() -> Any:
    """The module, or None."""
    try:
        import cv2
    except ImportError:
        return None
    return cv2


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What goes over pixels: its colours, how much of them is seen, from 0 to 1, and how much of what is below."""

    colour: Bytes
    share: Reals
    rest: Reals

    @classmethod
    def of(cls, colour: Bytes, cover: Bytes) -> Layer:
        """Of a stamp's colour (grey, or red, green, blue) and coverage."""
        bands = np.stack([colour] * 3, axis=-1) if colour.ndim == 2 else colour[..., ::-1]
        share = cover.astype(np.float32) / np.float32(255)
        return cls(np.ascontiguousarray(bands), share, np.float32(1) - share)


@dataclass(frozen=True, slots=True, eq=False)
class Bgr:
    """Pixels of a picture or a part of one: (height, width, 3) of blue, green, red."""

    samples: Bytes

    @classmethod
    def taken(cls, samples: NDArray[Any]) -> Bgr | None:
        """A copy of (height, width, 3) of uint8 in red, green, blue; None for anything else, or without OpenCV."""
        if samples.dtype != np.uint8 or samples.shape[2:] != (3,) or max(samples.shape) > _MAX_SIDE:
            return None
        opencv = _opencv()
        if opencv is None:
            return None
        # As one row: OpenCV wakes further threads for several, which costs a service more than it gains.
        made: Bytes = opencv.cvtColor(samples.reshape(1, -1, 3), opencv.COLOR_RGB2BGR)
        return cls(made.reshape(samples.shape))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.samples.shape[1], self.samples.shape[0]

    def part(self, box: Box) -> Bgr:
        """A copy of what lies in a box."""
        return Bgr(self.samples[box[1] : box[3], box[0] : box[2]].copy())

    def put(self, box: Box, part: Bgr) -> None:
        """Store what :meth:`part` gave, changed."""
        self.samples[box[1] : box[3], box[0] : box[2]] = part.samples

    def image(self) -> Image.Image:
        """The same pixels as a Pillow image of its own."""
        return Image.frombytes("RGB", self.size, self.samples.tobytes(), "raw", "BGR")

    def under(self, layer: Layer) -> Bgr:
        """With a layer of the same size over it; what that does not cover keeps its exact values."""
        return Bgr(_opencv().blendLinear(layer.colour, self.samples, layer.share, layer.rest))

    def grey(self, boxes: tuple[Box, ...], size: tuple[int, int]) -> Bytes:
        """Every box sampled ``size`` times across and down (nearest neighbour): boxes x down x across."""
        picked = self.samples.reshape(-1, 3).take(_places(boxes, size, self.samples.shape[1]), axis=0)
        made: Bytes = _opencv().cvtColor(picked[None], _opencv().COLOR_BGR2GRAY)
        return made.reshape(len(boxes), size[1], size[0])

    def summed(self, places: NDArray[np.intp], table: Reals) -> Reals:
        """``table[value, channel]`` summed over the channels of the pixels with these flat indices.

        Args:
            places: flat indices of pixels.
            table: 256 x 4, for blue, green, red and a channel of zeros.
        """
        opencv = _opencv()
        pixels = opencv.cvtColor(self.samples, opencv.COLOR_BGR2BGRA).view(np.uint32)  # four bytes move as one
        picked = pixels.take(places).view(np.uint8).reshape(1, -1, 4)
        made: Reals = opencv.LUT(picked, table[None]).reshape(-1, 4) @ _ONES
        return made

    def encoded(self, quality: int) -> bytes:
        """As JPEG, with a restart marker behind every row of blocks.

        Raises:
            OSError: OpenCV cannot code it.
        """
        opencv = _opencv()
        per_row = -(-self.samples.shape[1] // _BLOCK)
        settings = (opencv.IMWRITE_JPEG_QUALITY, quality, opencv.IMWRITE_JPEG_RST_INTERVAL, per_row)
        fine, coded = opencv.imencode(".jpg", self.samples, settings)
        if not fine:
            raise OSError("OpenCV cannot code this picture")
        return bytes(coded)


_ONES = np.ones(4, np.float32)


@lru_cache(maxsize=16)
def _places(boxes: tuple[Box, ...], size: tuple[int, int], width: int) -> NDArray[np.intp]:
    """Flat indices of the samples in a picture of this width."""
    left, top, right, bottom = (np.array(side)[:, None] for side in zip(*boxes, strict=True))
    down = top + (np.arange(size[1]) * 2 + 1) * (bottom - top) // (2 * size[1])
    across = left + (np.arange(size[0]) * 2 + 1) * (right - left) // (2 * size[0])
    places: NDArray[np.intp] = down[:, :, None] * width + across[:, None, :]
    return places.ravel()


def grey_of(coded: bytes, reduction: int) -> Bytes | None:
    """A JPEG in grey, reduced by 1, 2, 4 or 8; None where OpenCV is not in use already, or cannot decode it."""
    opencv = _opencv() if "cv2" in sys.modules else None
    if opencv is None:
        return None
    flags = opencv.IMREAD_GRAYSCALE if reduction == 1 else getattr(opencv, f"IMREAD_REDUCED_GRAYSCALE_{reduction}")
    made: Bytes | None = opencv.imdecode(np.frombuffer(coded, np.uint8), flags | opencv.IMREAD_IGNORE_ORIENTATION)
    return made
