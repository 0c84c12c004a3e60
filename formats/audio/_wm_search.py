"""Finding a mark in a sound that plays faster, slower, higher or lower than it was marked.

Some seconds are looked at under many hypotheses. Their power map is made once, finely; a hypothesis only picks other
frames from it (tempo) and other band edges (pitch).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio import _wm_align as align
from labelkit.formats.audio._wm_cells import WINDOW, measure
from labelkit.formats.audio._wm_detect import Scale
from labelkit.formats.audio._wm_pattern import (
    BAND_BINS,
    BANDS,
    CORE_RATE,
    FIRST_BIN,
    FRAME,
    PERIOD,
    PILOTS,
    SLOT,
    Float,
    Plan,
)

#: Seconds that are looked at.
SECONDS = 7.0
#: Lanes of the search, frames of the fine map per slot, and the padding that makes its bins half as wide.
_LANES, _FINE, _PADDING = 2, 4, 2
#: Blocks that are aligned apart and added up along a slope: what the grid of tempos is too coarse for.
_BLOCKS = 4
SLOPES = (-1, 0, 1)
#: Steps and reach of the hypotheses: tempo and speed in 0.6 %, pitch in 1 %.
_STEP, _REACH = 0.006, 19
_PITCH_STEP, _PITCH_REACH = 0.01, 13
#: How many hypotheses are looked at closely.
CLOSER = 3


@dataclass(frozen=True, slots=True)
class Guess:
    """A hypothesis and how it fared.

    Attributes:
        scale: the hypothesis.
        score: correlation with the pilot in standard deviations, roughly; for ranking only.
    """

    scale: Scale
    score: float


def hypotheses() -> list[Scale]:
    """Speed, tempo and pitch, outwards from 1."""
    rows: list[tuple[float, Scale]] = []
    for n in range(-_REACH, _REACH + 1):
        factor = (1 + _STEP) ** n
        rows += [(abs(n) * _STEP, Scale(factor, 1.0)), (abs(n) * _STEP, Scale(factor, factor))]
    for n in range(-_PITCH_REACH, _PITCH_REACH + 1):
        rows.append((abs(n) * _PITCH_STEP, Scale(1.0, (1 + _PITCH_STEP) ** n)))
    rows = [row for row in rows if row[1] != Scale()]
    return [scale for _, scale in sorted(rows, key=lambda row: row[0])]


class Excerpt:
    """The loudest seconds of a sound, as a fine power map that hypotheses pick from."""

    def __init__(self, core: Float) -> None:
        part = loudest(core, int(SECONDS * CORE_RATE))
        hop = SLOT // _FINE
        windows = np.lib.stride_tricks.sliding_window_view(part, FRAME)[::hop]
        spectrum = np.fft.rfft(windows * WINDOW, FRAME * _PADDING)
        power = spectrum.real**2 + spectrum.imag**2
        # summed up over frequency, so that any band's power is a difference of two places
        self._sums = np.concatenate([np.zeros((len(power), 1), np.float32), np.cumsum(power, axis=1)], axis=1)

    def cells(self, scale: Scale) -> Float:
        """The weighted deviations (slots x lanes x BANDS) of the sound with a scale undone."""
        edges = (FIRST_BIN - 0.5 + BAND_BINS * np.arange(BANDS + 1)) * _PADDING * scale.pitch + 0.5
        edges = np.minimum(edges, self._sums.shape[1] - 2)
        low = edges.astype(np.int64)
        share = (edges - low).astype(np.float32)
        slots = int(len(self._sums) * scale.time / _FINE) - 1
        frames = np.round(np.arange(slots * _LANES) * (_FINE / _LANES / scale.time)).astype(np.int64)
        rows = self._sums[frames]
        at = rows[:, low] * (1 - share) + rows[:, low + 1] * share
        power = np.maximum(np.diff(at, axis=1), 0).reshape(slots, _LANES, BANDS)
        weight, deviation = measure(power)
        return weight * deviation


def loudest(core: Float, size: int) -> Float:
    """The stretch of a size whose power above some hundred hertz is largest."""
    if len(core) <= size:
        return core
    step = CORE_RATE // 2
    energy = np.array([float(np.vdot(block, block)) for block in np.array_split(np.diff(core), len(core) // step)])
    energy = np.sqrt(energy)  # one bang does not make a stretch
    many = min(len(energy), size // step)
    first = int(np.argmax(np.convolve(energy, np.ones(many), "valid"))) * step
    return core[first : first + size]


def search(excerpt: Excerpt, plans: Sequence[Plan]) -> list[list[Guess]]:
    """For each key the best few hypotheses, best first."""
    pilots = [np.conj(np.fft.rfft(plan.pilot_sign, axis=0))[:, None, :] for plan in plans]
    guesses: list[list[Guess]] = [[] for _ in plans]
    for scale in hypotheses():
        cells = excerpt.cells(scale)
        for pilot, of_key in zip(pilots, guesses, strict=True):
            of_key.append(_try(cells, scale, pilot))
    return [sorted(of_key, key=lambda guess: -guess.score)[:CLOSER] for of_key in guesses]


def _try(cells: Float, scale: Scale, pilot: NDArray[np.complex64]) -> Guess:
    size = -(-len(cells) // _BLOCKS)
    rows = []
    for start in range(0, len(cells), size):
        spectrum = np.fft.rfft(align.folded(cells[start : start + size], start), axis=1).transpose(1, 0, 2) * pilot
        rows.append(np.fft.irfft(spectrum.sum(axis=2), PERIOD, axis=0).ravel())
    energy = float(np.vdot(cells, cells)) / _LANES * (PILOTS / BANDS)
    best, slope = max(
        (float(np.sum([np.roll(row, -slope * n) for n, row in enumerate(rows)], axis=0).max()), slope)
        for slope in SLOPES
    )
    # one offset more per block: so much slower
    drift = slope / (_LANES * size)
    return Guess(Scale(scale.time / (1 + drift), scale.pitch), best / math.sqrt(energy + 1e-12))
