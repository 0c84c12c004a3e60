"""How loud each narrow band of a sound is, every 10 ms, and how far it stands out from the bands around it.

The spectrum is taken at the sound's own rate with windows of equal duration, so that nothing needs to be resampled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._pcm import Samples

Floats = NDArray[np.floating[Any]]

#: A column every 10 ms, of 32 ms of sound: bands of 31 Hz.
HOP_SECONDS, WINDOW_SECONDS = 0.010, 0.032
#: Bands in which tones are looked for, and up to which their harmonics are, in Hz.
LOW_HZ, HIGH_HZ, TOP_HZ = 250.0, 3200.0, 6500.0
#: Blocks that are analysed at once, and how much of the block before is analysed again: longer than any pattern.
BLOCK_SECONDS, OVERLAP_SECONDS = 60.0, 6.0
_FLOOR = 1e-10
#: The surroundings of a band: bands 3 to 12 below and above.
_NEAR, _FAR = 3, 13
#: Three bands hold more than one: 10 lg 3.
_THREE_BANDS_DB = 4.77


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of sound.

    Attributes:
        start: its first second.
        power: columns x bands, of a sine of amplitude 1: 1.
        level: columns x bands from ``first``: dB of three neighbouring bands together.
        peak: the same shape: dB above the louder side of the surroundings.
        first: the band that ``level`` begins with.
        band_hz: width of a band.
    """

    start: float
    power: Floats
    level: Floats
    peak: Floats
    first: int
    band_hz: float


def mono(piece: Samples) -> Floats:
    """All channels as one; what is no number is silence."""
    mixed: Floats = np.nan_to_num(piece.mean(axis=1, dtype=np.float32) if piece.ndim > 1 else piece)
    return mixed.astype(np.float32, copy=False)


def blocks(pieces: Iterable[Samples], rate: int) -> Iterator[Block]:
    """The sound in overlapping blocks; one shorter than 300 ms gives none."""
    size, step = round(BLOCK_SECONDS * rate), round((BLOCK_SECONDS - OVERLAP_SECONDS) * rate)
    held: list[Floats] = []
    count, at = 0, 0
    for piece in pieces:
        held.append(mono(piece))
        count += len(piece)
        while count >= size:
            joined = np.concatenate(held)
            yield analysed(joined[:size], rate, at / rate)
            held, count, at = [joined[step:]], count - step, at + step
    if count > 0.3 * rate and (at == 0 or count > OVERLAP_SECONDS * rate):
        yield analysed(np.concatenate(held), rate, at / rate)


def analysed(samples: Floats, rate: int, start: float = 0.0) -> Block:
    """One block."""
    length = window_length(rate)
    power = spectrogram(samples, rate, length)
    band = rate / length
    first, last = round(LOW_HZ / band), min(int(HIGH_HZ / band) + 2, power.shape[1] - _FAR)
    three = power[:, first - 1 : last - 1] + power[:, first:last] + power[:, first + 1 : last + 1]
    level = 10 * np.log10(three + _FLOOR)
    return Block(start, power, level, level - _surroundings(power, first, last) - _THREE_BANDS_DB, first, band)


def window_length(rate: int) -> int:
    """A length near 32 ms that has only small factors, since those transform fast."""
    wanted = WINDOW_SECONDS * rate
    near = [n for n in range(int(wanted * 0.985), int(wanted * 1.02) + 2) if _smooth(n)]
    return min(near or [round(wanted)], key=lambda n: abs(n - wanted))


def _smooth(number: int) -> bool:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number == 1


def spectrogram(samples: Floats, rate: int, length: int) -> Floats:
    """Power of columns x bands up to ``TOP_HZ``."""
    window = np.hanning(length + 2)[1:-1].astype(np.float32)
    window *= 2 / window.sum()
    count = max(0, int((len(samples) - length) / (HOP_SECONDS * rate)) + 1)
    starts = np.round(np.arange(count) * HOP_SECONDS * rate).astype(np.int64)
    bands = min(length // 2, int(TOP_HZ * length / rate))
    power = np.empty((count, bands), np.float32)
    for at in range(0, count, 1024):
        places = starts[at : at + 1024, None] + np.arange(length)
        power[at : at + 1024] = np.abs(np.fft.rfft(samples[places] * window, axis=1)[:, :bands]) ** 2
    return power


def _surroundings(power: Floats, first: int, last: int) -> Floats:
    """dB of the louder side, each the mean of its bands in dB, which one loud neighbour does not raise much."""
    decibels = 10 * np.log10(power + _FLOOR / 3)
    sums = np.concatenate(
        [np.zeros((len(power), 1), np.float32), np.cumsum(decibels, axis=1, dtype=np.float32)], axis=1
    )
    bands = np.arange(first, last)
    low, below = np.maximum(bands - _FAR + 1, 1), bands - _NEAR + 1
    left = (sums[:, below] - sums[:, low]) / (below - low)
    right = (sums[:, bands + _FAR] - sums[:, bands + _NEAR]) / (_FAR - _NEAR)
    louder: Floats = np.maximum(left, right)
    return louder
