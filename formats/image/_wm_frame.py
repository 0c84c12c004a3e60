"""Affine maps between a picture and the watermark's frame, and the pictures at the sizes the watermark works at.

Maps are 2 x 3 matrices on pixel centres: (x, y) of the picture to (u, v) of the frame, whose unit is a canonical pixel.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from labelkit.formats.image._wm_pattern import CANONICAL, Float

Map = NDArray[np.float64]

#: Pixels of a strip: pictures are reduced by a whole factor strip by strip first, which keeps memory flat.
_STRIP_PIXELS = 1 << 22
#: Fully transparent pixels have no colour of their own; this stands in, so that they add no edge.
_NEUTRAL = 128.0


def compose(outer: Map, inner: Map) -> Map:
    """The map that applies ``inner`` first."""
    return np.hstack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2:] + outer[:, 2:]])


def inverse(forward: Map) -> Map:
    """The map back.

    Raises:
        numpy.linalg.LinAlgError: it is singular.
    """
    back = np.linalg.inv(forward[:, :2])
    return np.hstack([back, -back @ forward[:, 2:]])


def resizing(old: tuple[float, ...], new: tuple[float, ...]) -> Map:
    """The map of pixel centres when a picture of ``old`` height x width is resized to ``new``."""
    sy, sx = new[0] / old[0], new[1] / old[1]
    return np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5]])


def canonical_shape(height: int, width: int) -> tuple[int, int]:
    """The size at which a picture is marked: short side ``CANONICAL``, or its own if that is less."""
    scale = max(1.0, min(height, width) / CANONICAL)
    return round(height / scale), round(width / scale)


def turned(height: float, width: float, degrees: float) -> Map:
    """From a canonical picture to the frame: a turn by ``degrees`` about the picture's centre."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turn = np.array([[c, s], [-s, c]])
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    return np.hstack([turn, -(turn @ centre)[:, None]])


def resize(grey: Float, shape: tuple[int, int]) -> Float:
    """A grey picture at another size: area averages when it shrinks, cubic when it grows."""
    if grey.shape == shape:
        return grey
    shrinks = shape[0] * shape[1] < grey.shape[0] * grey.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(grey, (shape[1], shape[0]), interpolation=method)


def grey_of(array: NDArray[Any]) -> Float:
    """BT.601 luma of rows of a picture, 0 to 255 whatever its depth; transparent pixels count as mid grey."""
    colour = array if array.ndim == 2 else array[..., :3]
    grey = colour if colour.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY)
    luma = grey.astype(np.float32)
    if array.dtype == np.uint16:
        luma *= 1 / 257
    if array.ndim == 3 and array.shape[2] == 4:
        luma[array[..., 3] == 0] = _NEUTRAL
    return luma


def reduced(array: NDArray[Any], shape: tuple[int, int]) -> tuple[Float, Map]:
    """A grey picture no smaller than ``shape`` (height, width), and the map from the full picture to it.

    Whole factors only; a remainder of less than one output pixel is cut off at the right and the bottom.
    """
    height, width = array.shape[:2]
    factor = max(1, int(min(height / shape[0], width / shape[1])))
    if factor == 1:
        return grey_of(array), np.eye(2, 3)
    rows = max(1, _STRIP_PIXELS // (width * factor)) * factor
    strips = [_shrunk(array[top : top + rows], factor) for top in range(0, height // factor * factor, rows)]
    return np.concatenate(strips), np.array([[1 / factor, 0, 0.5 / factor - 0.5], [0, 1 / factor, 0.5 / factor - 0.5]])


def _shrunk(strip: NDArray[Any], factor: int) -> Float:
    rows, columns = strip.shape[0] // factor, strip.shape[1] // factor
    grey = grey_of(strip[: rows * factor, : columns * factor])
    return cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA)
