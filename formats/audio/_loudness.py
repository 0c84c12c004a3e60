"""Loudness of a programme after ITU-R BS.1770-4 and EBU R 128, and where it pauses.

The two filters of the K weighting are applied as one impulse response by overlapping Fourier transforms, which needs
numpy only; their responses die out within 50 ms, what is cut off lies 120 dB down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._pcm import Samples

Floats = NDArray[np.floating[Any]]

#: Blocks of 400 ms that overlap by 75 % are built from steps of this length (BS.1770-4 annex 1).
STEP_SECONDS = 0.1
_STEPS_PER_BLOCK = 4
#: Absolute gate in LUFS, and relative gate in LU below the loudness of what passes it.
_ABSOLUTE, _RELATIVE = -70.0, -10.0
#: Loudness of a mean square of 1 is -0.691 LUFS, so that 0 dBFS at 997 Hz in one channel reads -3.01.
_OFFSET = -0.691
#: What is taken as loudness of silence.
SILENT = -70.0
_RESPONSE_SECONDS = 0.1
#: Shelf of 4 dB for the head, and a high-pass: analogue prototypes whose bilinear transforms at 48 kHz are the
#: coefficients of BS.1770-4 tables 1 and 2; the exponent joins the shelf's two gains.
_SHELF_HZ, _SHELF_DB, _SHELF_Q, _SHELF_POWER = (
    1681.974450955533,
    3.999843853973347,
    0.7071752369554196,
    0.4996667741545416,
)
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773


def _biquads(rate: int) -> tuple[tuple[float, ...], ...]:
    """Numerator and denominator of both filters, five numbers each: b0 b1 b2 a1 a2."""
    k, high = math.tan(math.pi * _SHELF_HZ / rate), 10 ** (_SHELF_DB / 20)
    band, norm = high**_SHELF_POWER, 1 + k / _SHELF_Q + k * k
    shelf = (
        (high + band * k / _SHELF_Q + k * k) / norm, 2 * (k * k - high) / norm,
        (high - band * k / _SHELF_Q + k * k) / norm, 2 * (k * k - 1) / norm, (1 - k / _SHELF_Q + k * k) / norm,
    )  # fmt: skip
    k = math.tan(math.pi * _PASS_HZ / rate)
    norm = 1 + k / _PASS_Q + k * k
    return shelf, (1.0, -2.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / _PASS_Q + k * k) / norm)


@lru_cache(maxsize=8)
def response(rate: int) -> Floats:
    """The impulse response of the K weighting."""
    signal = np.zeros(round(_RESPONSE_SECONDS * rate))
    signal[0] = 1.0
    for b0, b1, b2, a1, a2 in _biquads(rate):
        x1 = x2 = y1 = y2 = 0.0
        for i, x in enumerate(signal.tolist()):
            y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
            x1, x2, y1, y2 = x, x1, y, y1
            signal[i] = y
    return signal


def weight_at(hertz: float, rate: int) -> float:
    """The gain of the K weighting at a frequency, in dB."""
    turn = np.exp(-2j * np.pi * hertz / rate * np.arange(round(_RESPONSE_SECONDS * rate)))
    return float(20 * np.log10(abs(np.dot(response(rate), turn))))


def channel_weights(layout: str, channels: int) -> Floats:
    """1 for the front, 1.41 for surround channels, 0 for the low-frequency one (BS.1770-4 table 3)."""
    weights = np.ones(channels)
    if layout.startswith(("5.1", "5.0")) and channels >= 5:
        weights[-2:] = 1.41
        if layout.startswith("5.1") and channels == 6:
            weights[3] = 0.0
    return weights


@dataclass
class Meter:
    """Takes a programme in pieces and knows energy and peak of every 100 ms.

    Attributes:
        rate: frames a second.
        weights: of the channels.
        frames: how many have been taken.
    """

    rate: int
    weights: Floats
    frames: int = 0
    _energies: list[Floats] = field(default_factory=list)
    _peaks: list[Floats] = field(default_factory=list)
    _rest: Floats | None = None
    _past: Floats | None = None

    @property
    def step(self) -> int:
        """Frames in 100 ms."""
        return round(STEP_SECONDS * self.rate)

    def take(self, piece: Samples) -> None:
        """Measure the next frames."""
        self.frames += len(piece)
        whole = np.nan_to_num(piece) if self._rest is None else np.concatenate([self._rest, np.nan_to_num(piece)])
        count = len(whole) // self.step * self.step
        self._rest = whole[count:]
        if count:
            self._measure(whole[:count])

    def _measure(self, whole: Floats) -> None:
        kernel = response(self.rate)
        past = np.zeros((len(kernel) - 1, whole.shape[1])) if self._past is None else self._past
        joined = np.concatenate([past, whole])
        self._past = joined[len(joined) - len(past) :]
        filtered = _filtered(joined, kernel)[len(past) :]
        squares = (filtered**2) @ self.weights
        self._energies.append(squares.reshape(-1, self.step).mean(axis=1))
        self._peaks.append(np.abs(whole).max(axis=1).reshape(-1, self.step).max(axis=1))

    def survey(self) -> Survey:
        """What was measured; a last piece of less than 100 ms counts as silence after it."""
        if self._rest is not None and len(self._rest):
            padding = np.zeros((self.step - len(self._rest), self._rest.shape[1]))
            whole, self._rest = np.concatenate([self._rest, padding]), None
            self._measure(whole)
        empty = np.zeros(0)
        return Survey(
            self.rate, self.frames, np.concatenate([empty, *self._energies]), np.concatenate([empty, *self._peaks])
        )


def _filtered(joined: Floats, kernel: Floats) -> Floats:
    size = 1 << (len(joined) + len(kernel) - 2).bit_length()
    spectrum = np.fft.rfft(kernel, size)[:, None] * np.fft.rfft(joined, size, axis=0)
    result: Floats = np.fft.irfft(spectrum, size, axis=0)[: len(joined)]
    return result


@dataclass(frozen=True, slots=True)
class Survey:
    """A programme in steps of 100 ms.

    Attributes:
        rate: frames a second.
        frames: length.
        energies: K-weighted mean square per step, channels added.
        peaks: largest sample of any channel per step.
    """

    rate: int
    frames: int
    energies: Floats
    peaks: Floats

    @property
    def loudness(self) -> float:
        """Integrated loudness in LUFS, with both gates; ``SILENT`` when nothing passes them."""
        return gated(self.energies)

    def between(self, start: float, stop: float) -> float:
        """Loudness from one second to another, ungated, in LUFS."""
        first, last = round(start / STEP_SECONDS), round(stop / STEP_SECONDS)
        part = self.energies[max(first, 0) : max(last, first + 1, 1)]
        return _lufs(float(part.mean())) if len(part) else SILENT

    def pause(self, around: float, within: float) -> float:
        """The middle of the quietest 300 ms at most ``within`` seconds from a second; nearer ones win among equals."""
        smooth = np.convolve(self.energies, np.ones(3) / 3, "same")
        first, last = round((around - within) / STEP_SECONDS), round((around + within) / STEP_SECONDS)
        first, last = max(1, first), min(len(smooth) - 1, last)
        if last <= first:
            return min(max(around, 0.0), self.frames / self.rate)
        places = np.arange(first, last)
        far = np.abs((places + 0.5) * STEP_SECONDS - around) / max(within, STEP_SECONDS)
        # Going to the rim must be worth 6 dB; below -60 LUFS everything is a pause.
        cost = 10 * np.log10(np.maximum(smooth[places], 1e-6)) + 6 * far
        return float((places[int(np.argmin(cost))] + 0.5) * STEP_SECONDS)


def _lufs(energy: float) -> float:
    return max(SILENT, _OFFSET + 10 * math.log10(energy)) if energy > 0 else SILENT


def gated(energies: Floats) -> float:
    """Integrated loudness of steps of 100 ms (BS.1770-4 annex 1); shorter programmes than a block count as one."""
    if len(energies) < _STEPS_PER_BLOCK:
        return _lufs(float(energies.mean())) if len(energies) else SILENT
    blocks = np.convolve(energies, np.ones(_STEPS_PER_BLOCK) / _STEPS_PER_BLOCK, "valid")
    loud = blocks[blocks > 10 ** ((_ABSOLUTE - _OFFSET) / 10)]
    if not len(loud):
        return SILENT
    gate = 10 ** ((_lufs(float(loud.mean())) + _RELATIVE - _OFFSET) / 10)
    return _lufs(float(loud[loud > gate].mean()))


def measure(pieces: Iterable[Samples], rate: int, layout: str, channels: int) -> Survey:
    """Survey a whole programme."""
    meter = Meter(rate, channel_weights(layout, channels))
    for piece in pieces:
        meter.take(piece)
    return meter.survey()
