"""Putting the watermark into a picture: pattern and mask at canonical size, enlarged and added strip by strip."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from labelkit.formats.image._wm_frame import Map, canonical_shape, reduced, resize, turned
from labelkit.formats.image._wm_mask import amplitude
from labelkit.formats.image._wm_pattern import PERIOD, Float, plan, torus
from labelkit.watermark.keys import Key

#: Weights of the residual in R, G, B: unit mean square, +1.2 dB of luma at equal RGB error, nearly all there is.
_CHANNELS = (0.85, 1.45, 0.42)
#: Rows and pixels per strip: temporary memory stays at some tens of megabytes whatever the picture's size.
_STRIP_ROWS, _STRIP_PIXELS = 128, 1 << 19
#: How far a turned block of one period reaches beyond the torus: up to sqrt(2) periods from anywhere in the first.
_REACH = 736


def mark(array: NDArray[Any], payload: int, key: Key, strength: float, alpha: NDArray[Any] | None) -> NDArray[Any]:
    """A copy of a checked picture that carries ``payload``; see :func:`labelkit.formats.image.watermark.embed`."""
    height, width = array.shape[:2]
    shape = canonical_shape(height, width)
    luma = resize(reduced(array, shape)[0], shape)
    residual = amplitude(luma, strength, min(height, width) / min(shape)) * _pattern(shape, payload, key)
    widened = cv2.resize(residual, (width, shape[0]), interpolation=cv2.INTER_CUBIC) if shape[1] != width else residual
    marked = array.copy()
    rows = max(1, min(_STRIP_ROWS, _STRIP_PIXELS // width))
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        strip = _heightened(widened, height, top, bottom)
        _add(marked[top:bottom], strip, None if alpha is None else alpha[top:bottom])
    return marked


def _pattern(shape: tuple[int, ...], payload: int, key: Key) -> Float:
    """The torus turned by the key's angle about the picture's centre, at canonical size.

    Block by block out of a torus that was continued by hand: OpenCV 5 wraps once at most in cubic interpolation and
    smears the border over the rest of a wide picture.
    """
    height, width = shape[:2]
    to_frame = turned(height, width, plan(key).angle)
    continued = cv2.copyMakeBorder(torus(key, payload), 0, _REACH, 0, _REACH, cv2.BORDER_WRAP)
    pattern = np.empty((height, width), np.float32)
    for top in range(0, height, PERIOD):
        for left in range(0, width, PERIOD):
            block = pattern[top : top + PERIOD, left : left + PERIOD]
            cv2.warpAffine(
                continued, _within(to_frame, left, top, block.shape), block.shape[::-1], dst=block,
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            )  # fmt: skip
    return pattern


def _within(to_frame: Map, left: int, top: int, shape: tuple[int, ...]) -> Map:
    """The map of a block at (left, top), moved by whole periods to where the torus begins."""
    moved = to_frame.copy()
    moved[:, 2] += to_frame[:, :2] @ (left, top)
    lowest = moved[:, 2] + np.minimum(moved[:, :2] * (shape[1], shape[0]), 0).sum(axis=1)
    moved[:, 2] -= np.floor((lowest - 2) / PERIOD) * PERIOD
    return moved


def _heightened(widened: Float, height: int, top: int, bottom: int) -> Float:
    """Rows ``top`` to ``bottom`` of the residual stretched to ``height``: four-tap cubic interpolation as a product."""
    lines = len(widened)
    if lines == height:
        return widened[top:bottom]
    at = (np.arange(top, bottom) + 0.5) * (lines / height) - 0.5
    first = np.floor(at).astype(int) - 1
    taps = first[:, None] + np.arange(4)
    low, high = max(0, int(first[0])), min(lines, int(first[-1]) + 4)
    weights = np.zeros((len(at), high - low), np.float32)
    np.add.at(weights, (np.arange(len(at))[:, None], np.clip(taps, 0, lines - 1) - low), _cubic(at[:, None] - taps))
    return weights @ widened[low:high]


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' kernel with a = -0.75, the one OpenCV's cubic resizing uses."""
    x = np.abs(distance)
    near = (1.25 * x - 2.25) * x * x + 1
    far = ((-0.75 * x + 3.75) * x - 6) * x + 3
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def _add(strip: NDArray[Any], residual: Float, alpha: NDArray[Any] | None) -> None:
    """Add the residual to a strip in place, rounded and kept in range; alpha stays, transparent pixels too."""
    depth = cv2.CV_16U if strip.dtype == np.uint16 else cv2.CV_8U
    if strip.dtype == np.uint16:
        residual = residual * np.float32(257)
    if alpha is not None:
        residual = np.where(alpha > 0, residual, np.float32(0))
    if strip.ndim == 2:
        strip[:] = cv2.add(strip, residual, dtype=depth)
        return
    # Plane by plane is half the time of one call for interleaved colours.
    planes = list(cv2.split(strip))
    for n, weight in enumerate(_CHANNELS):
        planes[n] = cv2.add(planes[n], residual * np.float32(weight), dtype=depth)
    cv2.merge(planes, strip)
