"""A picture's whitened spectrum, its log-polar map, and where in it a family of template lines may lie.

A family's lines stand at multiples of one wave vector k (cycles per pixel and line index), whatever affine map the
picture went through. ``Family maps`` add up the power at all multiples for every direction and length of k.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from labelkit.formats.image._wm_decode import MAX_AREA, prefilter
from labelkit.formats.image._wm_pattern import PERIOD, Float

Complex = NDArray[np.complex64]
Index = NDArray[np.int64]

#: Longest side of the picture that is searched, in pixels, and of the one that a half-size transform is enough for.
WORK_SIDE, _SMALL_SIDE = 640, 320
#: Bands of the prefilter, wider than in decoding since the scale is not known.
_BANDS = (0.9, 1.8, 3.6, 7.2)
#: Share of each side that is faded out.
_TAPER = 0.12
#: Whitening window (bins of the full-size transform), and caps relative to the local mean: of the power that enters the
#: mean, of the power that is mapped, of the amplitude that is added coherently.
_WHITEN, _MEAN_CAP, _POWER_CAP, _AMPLITUDE_CAP = 33, 6.0, 7.0, 3.0
#: Log-polar grid at transform size 1024: directions over half a turn, logarithmic radial step, lowest frequency (cycles
#: per pixel), and the running mean that removes radial streaks.
_DIRECTIONS, _STEP, _LOWEST, _STREAK = 720, 0.004, 8 / 1024, 101
#: Pixels per canonical unit that are searched; the smallest also follows from the largest canonical picture.
_SCALES = (0.14, 5.0)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A whitened transform.

    Attributes:
        values: size x size, origin of the picture at its centre, frequency zero at index 0, mean power near 1.
        centre: the picture's centre in its own pixels (x, y).
        power: log-polar map of the power minus 1: directions x logarithmic frequencies.
        step: grid step in radians of direction (pi / directions) and in log frequency.
        least: smallest number of pixels per canonical unit that makes sense.
    """

    values: Complex
    centre: tuple[float, float]
    power: Float
    step: tuple[float, float]
    least: float

    @property
    def size(self) -> int:
        """Transform size in bins."""
        return len(self.values)


def spectrum(picture: Float) -> Spectrum:
    """The spectrum of a grey picture (height x width, long side at most ``WORK_SIDE``)."""
    height, width = picture.shape
    size = 1024 if max(height, width) > _SMALL_SIDE else 512
    filtered = prefilter(picture, _BANDS)
    filtered *= np.outer(_fade(height), _fade(width))
    values = _whitened(_transform(filtered, size))
    least = max(_SCALES[0], float(np.sqrt(height * width / MAX_AREA)))
    return Spectrum(values, (width // 2, height // 2), _log_polar(values), _steps(size), least)


def _steps(size: int) -> tuple[float, float]:
    return np.pi / (_DIRECTIONS * size // 1024), _STEP * 1024 / size


def _fade(length: int) -> Float:
    """1 inside, falling to 0 over ``_TAPER`` at either end."""
    edge = (np.minimum(np.arange(length), np.arange(length)[::-1]) + 0.5) / (_TAPER * length)
    return (0.5 - 0.5 * np.cos(np.pi * np.minimum(edge, 1))).astype(np.float32)


def _transform(picture: Float, size: int) -> Complex:
    height, width = picture.shape
    cy, cx = height // 2, width // 2
    padded = np.zeros((size, size), np.float32)
    padded[: height - cy, : width - cx] = picture[cy:, cx:]
    padded[: height - cy, size - cx :] = picture[cy:, :cx]
    padded[size - cy :, : width - cx] = picture[:cy, cx:]
    padded[size - cy :, size - cx :] = picture[:cy, :cx]
    interleaved = np.asarray(cv2.dft(padded, flags=cv2.DFT_COMPLEX_OUTPUT))
    return np.asarray(interleaved.view(np.complex64)[..., 0])


def _whitened(values: Complex) -> Complex:
    size = len(values)
    window = _WHITEN * size // 1024 | 1
    power = values.real**2 + values.imag**2
    mean = _wrapped_mean(power, window)
    mean = _wrapped_mean(np.minimum(power, _MEAN_CAP * mean), window)
    amplitude = np.sqrt(power / np.maximum(mean, 1e-12))
    return np.asarray(values * (np.minimum(amplitude, _AMPLITUDE_CAP) / np.sqrt(np.maximum(power, 1e-12))))


def _wrapped_mean(power: Float, window: int) -> Float:
    margin = window // 2
    wrapped = cv2.copyMakeBorder(power, margin, margin, margin, margin, cv2.BORDER_WRAP)
    return cv2.blur(wrapped, (window, window))[margin:-margin, margin:-margin]


@lru_cache(maxsize=2)
def _polar_grid(size: int) -> tuple[Float, Float]:
    """Bins (x, y) of the log-polar grid."""
    direction, step = _steps(size)
    angles = np.arange(_DIRECTIONS * size // 1024) * direction
    radii = _LOWEST * size * np.exp(np.arange(int(np.log(0.5 / _LOWEST) / step)) * step)
    x, y = np.outer(np.cos(angles), radii), np.outer(np.sin(angles), radii)
    return x.astype(np.float32), y.astype(np.float32)


def _log_polar(values: Complex) -> Float:
    power = np.minimum(values.real**2 + values.imag**2, _POWER_CAP)
    x, y = _polar_grid(len(values))
    polar = cv2.remap(power, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    streak = cv2.blur(polar, (_STREAK * len(values) // 1024 | 1, 1))
    return polar / np.maximum(streak, 0.1) - 1


def family_map(spectrum: Spectrum, lines: Index) -> Float:
    """How much power stands at the multiples ``lines``: directions x scales, about 1 standard deviation of noise."""
    power, step = spectrum.power, spectrum.step[1]
    directions, radii = power.shape
    count = int(np.log(_SCALES[1] / spectrum.least) / step)
    first = np.rint(np.log(lines / (PERIOD * spectrum.least * _LOWEST)) / step).astype(int)
    # Column first - q holds the line at scale q: reversed, every line is a plain slice.
    backwards = np.zeros((directions, radii + 2 * count), np.float32)
    backwards[:, count : count + radii] = power[:, ::-1]
    total, valid = np.zeros((directions, count), np.float32), np.zeros(count, np.float32)
    for at in first:
        start = count + radii - 1 - at
        if start + count <= 0 or start < 0:
            continue
        total += backwards[:, start : start + count]
        inside = at - np.arange(count)
        valid += (inside >= 0) & (inside < radii)
    return total / np.sqrt(np.maximum(valid, 4))


def vectors(spectrum: Spectrum, cells: Index, scales: int) -> NDArray[np.float64]:
    """Wave vectors (n x 2: x, y; cycles per pixel and line index) of flat indices into a family map."""
    step = spectrum.step
    angle, scale = cells // scales * step[0], spectrum.least * np.exp(cells % scales * step[1])
    return np.asarray(np.stack([np.cos(angle), np.sin(angle)], axis=1) / (PERIOD * scale)[:, None])
