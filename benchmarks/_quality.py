"""How much a mark changed a picture, and how sure a measured rate is."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

#: A place is flat if the luma in its 9 x 9 window has a standard deviation below this, grey levels: rounding and gentle
#: gradients only, no grain.
FLAT_BELOW = 0.5
#: Pictures with a smaller share of flat places say nothing about them.
MIN_FLAT_SHARE = 0.01
#: SSIMULACRA2 is slow in Python; it looks at a window of this side, at 1:1.
_WINDOW = 768


@dataclass(frozen=True, slots=True)
class Quality:
    """Distance between a picture and its marked copy.

    Attributes:
        psnr: dB over R, G and B.
        ssim: mean structural similarity of the luma, Gaussian window of 1.5 px.
        ssimulacra2: 100 is identical, 90 visually lossless at 1:1; NaN where the package is not there.
        flat_rms: RMS of the difference over R, G, B where the original is flat, grey levels; NaN if hardly any is.
        flat_weave: the same without the difference's mean over 33 pixels, since smooth offsets do not show.
    """

    psnr: float
    ssim: float
    ssimulacra2: float
    flat_rms: float
    flat_weave: float


def quality(original: Pixels, marked: Pixels) -> Quality:
    """Measure all of it."""
    return Quality(
        psnr(original, marked), ssim(original, marked), ssimulacra2(original, marked), *flat_rms(original, marked)
    )


def psnr(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio, dB."""
    return float(cv2.PSNR(a, b))


def ssim(a: Pixels, b: Pixels) -> float:
    """Wang et al. 2004 on BT.601 luma."""
    x, y = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (a, b))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = _window(x), _window(y)
    vx, vy, cov = _window(x * x) - mx * mx, _window(y * y) - my * my, _window(x * y) - mx * my
    local = (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(np.mean(local[5:-5, 5:-5]))  # windows that are whole


def _window(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.GaussianBlur(x, (11, 11), 1.5)


def ssimulacra2(a: Pixels, b: Pixels) -> float:
    """Of the central window."""
    try:
        from ssimulacra2 import compute_ssimulacra2
    except ImportError:
        return math.nan
    top, left = (max(0, (n - _WINDOW) // 2) for n in a.shape[:2])
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("a.png", "b.png")]
        for path, picture in zip(paths, (a, b), strict=True):
            Image.fromarray(picture[top : top + _WINDOW, left : left + _WINDOW]).save(path, compress_level=1)
        return float(compute_ssimulacra2(*map(str, paths)))


def flat_rms(original: Pixels, marked: Pixels) -> tuple[float, float]:
    """RMS change where the original is flat, as it is and without its mean over 33 x 33 pixels."""
    luma = cv2.cvtColor(original, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = cv2.blur(luma, (9, 9))
    flat = cv2.blur(luma * luma, (9, 9)) - mean * mean < FLAT_BELOW**2
    if flat.mean() < MIN_FLAT_SHARE:
        return math.nan, math.nan
    difference = marked.astype(np.float32) - original
    woven = difference - cv2.blur(difference, (33, 33))
    return float(np.sqrt(np.mean(difference[flat] ** 2))), float(np.sqrt(np.mean(woven[flat] ** 2)))


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a rate after Wilson 1927; (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    rate, spread = hits / trials, z * z / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(rate * (1 - rate) / trials + spread / 4 / trials)
    return max(0.0, centre - half), min(1.0, centre + half)
