"""Attacks that move pixels: scaling, cropping, turning, bending, losing lines."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks._attack_pixels import Pixels, Rng


def scale(x: Pixels, factor_x: float, factor_y: float | None = None) -> Pixels:
    """Area average when reducing, bicubic when enlarging."""
    factor_y = factor_x if factor_y is None else factor_y
    size = (max(1, round(x.shape[1] * factor_x)), max(1, round(x.shape[0] * factor_y)))
    return cv2.resize(x, size, interpolation=cv2.INTER_AREA if min(factor_x, factor_y) < 1 else cv2.INTER_CUBIC)


def resize(x: Pixels, rng: Rng, *, factor: float) -> Pixels:
    return scale(x, factor)


def resize_and_back(x: Pixels, rng: Rng, *, factor: float) -> Pixels:
    return cv2.resize(scale(x, factor), x.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def aspect(x: Pixels, rng: Rng, *, factor: float) -> Pixels:
    return scale(x, factor, 1.0)


def crop(x: Pixels, rng: Rng, *, share: float) -> Pixels:
    """A window with ``share`` of the area and the picture's own format, at a random place."""
    side = share**0.5
    height, width = round(x.shape[0] * side), round(x.shape[1] * side)
    top, left = int(rng.integers(x.shape[0] - height + 1)), int(rng.integers(x.shape[1] - width + 1))
    return x[top : top + height, left : left + width].copy()


def crop_squeezed(x: Pixels, rng: Rng, *, share: float, side: int) -> Pixels:
    return cv2.resize(crop(x, rng, share=share), (side, side), interpolation=cv2.INTER_AREA)


def rotate(x: Pixels, rng: Rng, *, degrees: float | None = None, keep: str = "all") -> Pixels:
    """Turn about the centre.

    Args:
        x: picture.
        rng: chooses the angle when ``degrees`` is None.
        degrees: counter-clockwise.
        keep: "all" enlarges the canvas (black corners), "inside" crops to the largest window without corners,
            "canvas" keeps the size and loses the picture's corners.
    """
    angle = float(rng.uniform(-180, 180)) if degrees is None else degrees
    height, width = x.shape[:2]
    c, s = abs(np.cos(np.deg2rad(angle))), abs(np.sin(np.deg2rad(angle)))
    size = (round(width * c + height * s), round(width * s + height * c)) if keep == "all" else (width, height)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(x, matrix, size, flags=cv2.INTER_CUBIC)
    return _inside(turned, c, s) if keep == "inside" else turned


def _inside(turned: Pixels, c: float, s: float) -> Pixels:
    """The largest upright window of the same format that a turned picture fills; only for small angles."""
    height, width = turned.shape[:2]
    factor = min(width / (width * c + height * s), height / (width * s + height * c))
    h, w = int(height * factor) - 4, int(width * factor) - 4  # the cubic kernel reaches two pixels into the corners
    top, left = (height - h) // 2, (width - w) // 2
    return turned[top : top + h, left : left + w].copy()


def turn(x: Pixels, rng: Rng, *, quarters: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(x, quarters))


def flip(x: Pixels, rng: Rng, *, axis: int) -> Pixels:
    return np.ascontiguousarray(np.flip(x, axis))


def shear(x: Pixels, rng: Rng, *, degrees: float) -> Pixels:
    slope = np.tan(np.deg2rad(degrees))
    width = round(x.shape[1] + slope * x.shape[0])
    return cv2.warpAffine(x, np.array([[1, slope, 0], [0, 1, 0]]), (width, x.shape[0]), flags=cv2.INTER_CUBIC)


def perspective(x: Pixels, rng: Rng, *, share: float) -> Pixels:
    """The corners move inwards by up to ``share`` of each side and are pulled back to the frame, as from a camera."""
    height, width = x.shape[:2]
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * rng.uniform(0, share, (4, 2)) * (width, height)
    matrix = cv2.getPerspectiveTransform((frame + inwards).astype(np.float32), frame)
    return cv2.warpPerspective(x, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def elastic(x: Pixels, rng: Rng, *, amplitude: float = 0.004, wavelength: float = 0.1) -> Pixels:
    """A smooth random bend; both numbers are shares of the short side (RMS shift, Gaussian width)."""
    height, width = x.shape[:2]
    short = min(height, width)
    coarse = 8  # the field is smooth, so an eighth of the resolution is enough
    shape = (-(-height // coarse), -(-width // coarse))
    fields = []
    for _ in range(2):
        field = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), wavelength * short / coarse)
        fields.append(cv2.resize(field / field.std() * amplitude * short, (width, height)))
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(x, across + fields[0], down + fields[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)


def drop_lines(x: Pixels, rng: Rng, *, count: int) -> Pixels:
    """Rows and columns cut out at random."""
    rows = np.delete(x, rng.choice(x.shape[0], count, replace=False), axis=0)
    return np.ascontiguousarray(np.delete(rows, rng.choice(x.shape[1], count, replace=False), axis=1))


def shift(x: Pixels, rng: Rng, *, share: float) -> Pixels:
    """Moved right and down by up to ``share`` of each side; what comes in is black."""
    dy, dx = (int(rng.uniform(0.2, 1) * share * n) for n in x.shape[:2])
    out = np.zeros_like(x)
    out[dy:, dx:] = x[: x.shape[0] - dy, : x.shape[1] - dx]
    return out
