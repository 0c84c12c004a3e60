"""What is measured in a cell of the time-frequency plane; embedder and detector share it.

The level of a band in a frame, in dB, less what its neighbours in time and frequency would have it be: most of the
host goes away, a keyed gain stays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._wm_pattern import BAND_BINS, BANDS, FIRST_BIN, FRAME

Float = NDArray[np.float32]

#: Neighbourhood of the floor, in slots and bands on either side, and the floor's share of its mean power (-28 dB) and
#: of the whole stretch's (-50 dB): silence and deep valleys count for nothing.
_NEAR_SLOTS, _NEAR_BANDS = 3, 8
_LOCAL_FLOOR, _GLOBAL_FLOOR = 10**-2.8, 10**-5.0
#: Neighbourhood of the whitening.
_WHITE_SLOTS, _WHITE_BANDS = 1, 2
#: The level that a band exceeds all but this share of the time is taken for its noise, percent.
_NOISE_PERCENT = 10
#: Deviations beyond this are outliers, dB.
_CLIP = 6.0

WINDOW = np.hanning(FRAME + 1)[:FRAME].astype(np.float32)


def powers(samples: Float, starts: NDArray[np.int64] | int, count: int = 0) -> Float:
    """Band powers (frames x BANDS) of frames of core-rate samples.

    Args:
        samples: one channel.
        starts: first sample of every frame, or the hop of ``count`` frames from the beginning on.
        count: see ``starts``.
    """
    windows = np.lib.stride_tricks.sliding_window_view(samples, FRAME)
    frames = windows[: starts * count : starts] if isinstance(starts, int) else windows[starts]
    spectrum = np.fft.rfft(frames * WINDOW)[:, FIRST_BIN : FIRST_BIN + BAND_BINS * BANDS]
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power.reshape(len(frames), BANDS, BAND_BINS).sum(axis=2), np.float32)


def local_mean(power: Float) -> Float:
    """Mean power of the neighbourhood; slots x lanes x BANDS, as all arrays of this module."""
    return _box(_box(power, _NEAR_SLOTS, 0), _NEAR_BANDS, 2)


def measure(power: Float, overall: float | None = None) -> tuple[Float, Float]:
    """Weight (0 to 1) and deviation (dB) of each cell.

    Args:
        power: slots x lanes x BANDS, where a lane is a shift by less than a slot.
        overall: mean power of the whole sound; None takes that of ``power``.
    """
    overall = float(power.mean()) if overall is None else overall
    near = local_mean(power)
    least = overall * _GLOBAL_FLOOR + 1e-20
    floor = near * _LOCAL_FLOOR + least
    level = (10 / np.log(10)) * np.log(power + floor)
    weight = power / (power + 4 * floor) * (near / (near + 10 * least))
    deviation = level - _box(_box(level, _WHITE_SLOTS, 0), _WHITE_BANDS, 2)
    return np.asarray(weight, np.float32), np.asarray(np.clip(deviation, -_CLIP, _CLIP), np.float32)


def unsteady(near: Float) -> Float:
    """A second weight (0 to 1): how far the neighbourhood is above the band's steady noise, for noisy copies."""
    noise = np.percentile(near, _NOISE_PERCENT, axis=(0, 1), keepdims=True).astype(np.float32)
    return np.asarray(np.maximum(0, 1 - noise / (near + 1e-20)), np.float32)


def _box(values: Float, reach: int, axis: int) -> Float:
    """Mean over ``reach`` neighbours on both sides along an axis, fewer at the ends."""
    size = values.shape[axis]
    sums = np.cumsum(values, axis=axis, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(sums.take([0], axis)), sums], axis)
    low, high = np.maximum(np.arange(size) - reach, 0), np.minimum(np.arange(size) + reach + 1, size)
    shape = [1, 1, 1]
    shape[axis] = size
    means = (sums.take(high, axis) - sums.take(low, axis)) / (high - low).reshape(shape)
    return np.asarray(means, np.float32)
