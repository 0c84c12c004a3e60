"""The gains that carry the mark: a few dB per cell, set by listening to the marked sound as the detector would.

Cells that carry the same coded bit within one period form a group. Where the host happens to agree with the mark a
group needs little, where it disagrees more: gains grow until every group reads what it should.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._wm_cells import WINDOW, local_mean, measure, powers
from labelkit.formats.audio._wm_pattern import (
    BAND_BINS,
    BANDS,
    CODE,
    FIRST_BIN,
    FRAME,
    PERIOD,
    SLOT,
    Float,
    Plan,
    target,
)

#: Slots of context that the gains of a stretch are judged in, on either side.
CONTEXT = 8
#: Samples between synthesis frames, and what Hann times Hann adds up to at that hop.
_HOP, _OVERLAP = 80, 1.5
#: Pilot cells form so many groups per period, so that any third of a second holds a full-strength pilot.
_PILOT_GROUPS = 8
_GROUPS = CODE.length + _PILOT_GROUPS
#: What a group should read, dB, and the most that its gain may be, for data and pilot.
_DATA_AIM, _PILOT_AIM = 0.85, 0.78
_DATA_MOST, _PILOT_MOST = 8.0, 4.0
#: Passes of the loop and share of what is missing that each adds; groups hardly heard at all are left alone.
_PASSES, _RATE, _UNHEARD = 4, 0.9, 0.3
#: Where the gains at their aim would have less than this share of the sound's energy (-35 dB; they end 7 dB higher),
#: they may grow with this power of what is missing, at most by this factor.
_SHARE, _ALLOWED, _ALLOWED_MOST = 10**-3.5, 0.25, 1.6
#: A sound whose level falls only so far below its median in a tenth of the time (dB) has no pauses, and may be marked
#: so much stronger.
_FALLS, _DENSE = (8.0, 12.0), (1.35, 1.0)
#: Samples on either side of a moment, and how far its level may be below its frame's before the gain is held back.
_MOMENT, _AHEAD = 24, 3.0
#: Factors of the gain by the cell's level over its neighbourhood (dB), upwards and downwards: half its way back to the
#: neighbourhood's level, but a raised valley is heard sooner than a deepened one.
_LEVELS = (-12.0, -8.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0, 12.0)
_UPWARDS = (2.0, 2.0, 2.0, 1.58, 1.26, 1.0, 0.79, 0.63, 0.4, 0.4)
_DOWNWARDS = (3.5, 2.51, 2.0, 1.58, 1.26, 1.0, 0.79, 0.63, 0.4, 0.3)
#: And by band: more where hearing resolves less.
_BAND_PLACES, _BAND_FACTORS = (0, 16, 56), (0.7, 1.0, 1.2)


@dataclass(frozen=True, slots=True)
class Cells:
    """Who is who among the cells; arrays are PERIOD x BANDS.

    Attributes:
        sign: which way each leans.
        group: which group of the period each belongs to; pilot groups come last.
    """

    sign: Float
    group: NDArray[np.int64]

    @classmethod
    def of(cls, plan: Plan, payload: int) -> Cells:
        """The cells of a key's plan that carry a payload."""
        eighth = np.arange(PERIOD)[:, None] * _PILOT_GROUPS // PERIOD
        return cls(target(plan, payload), np.where(plan.pilot > 0, CODE.length + eighth, plan.bit))


def gains(core: Float, first: int, count: int, cells: Cells, strength: float, before: Float) -> Float:
    """The gains of ``count`` slots from slot ``first`` on: slots x BANDS, dB.

    Args:
        core: samples from the frame of slot ``first - CONTEXT`` to that of slot ``first + count + CONTEXT``.
        first, count: slots.
        cells: the pattern.
        strength: 1 is the design.
        before: the gains of the CONTEXT slots before.
    """
    inner, total = slice(CONTEXT, -CONTEXT), count + 2 * CONTEXT
    slots = first + np.arange(count)
    sign, power = cells.sign[slots % PERIOD], powers(core, np.arange(total) * SLOT)
    shape, quiet = _shape(power[inner], sign), quiet_moments(core)
    shaped, strength = sign * shape, strength * _allowance(core, power[inner] * shape * shape) * _density(power[inner])
    group = cells.group[slots % PERIOD] + ((slots - first) // PERIOD * _GROUPS)[:, None]
    groups = _GROUPS * (1 + (count - 1) // PERIOD)
    is_pilot = np.arange(groups) % _GROUPS >= CODE.length
    aim = np.where(is_pilot, _PILOT_AIM, _DATA_AIM) * strength
    most = np.where(is_pilot, _PILOT_MOST, _DATA_MOST) * strength
    amount, overall = aim.copy(), float(power.mean())
    gain = np.concatenate([before, np.zeros((count + CONTEXT, BANDS), np.float32)])
    for _ in range(_PASSES):
        gain[inner] = amount[group] * shaped
        marked = powers(core + difference(core, gain) * quiet, np.arange(total) * SLOT)
        weight, deviation = (one[inner, 0] for one in measure(marked[:, None], overall))
        heard = np.bincount(group.ravel(), weight.ravel(), groups)
        reads = np.bincount(group.ravel(), (weight * sign * deviation).ravel(), groups) / (heard + _UNHEARD)
        amount = np.clip(amount + _RATE * (aim - reads), 0, most)
    return np.asarray(amount[group] * shaped, np.float32)


def _shape(power: Float, sign: Float) -> Float:
    """A factor for each cell (slots x BANDS): where a gain is heard least."""
    near = local_mean(power[:, None])[:, 0]
    above = 10 * np.log10((power + 1e-20) / (near + 1e-20))
    by_level = np.where(sign > 0, np.interp(above, _LEVELS, _UPWARDS), np.interp(above, _LEVELS, _DOWNWARDS))
    return np.asarray(by_level * np.interp(np.arange(BANDS), _BAND_PLACES, _BAND_FACTORS), np.float32)


def _allowance(core: Float, spent: Float) -> float:
    """How much stronger a sound may be marked whose energy lies where no gain is put.

    Args:
        core: the stretch.
        spent: power times the square of the gain's shape, slots x BANDS.
    """
    # one-sided spectrum: half the frame times the windowed samples' energy
    whole = float(np.vdot(core, core)) / len(core) * float(WINDOW @ WINDOW) * FRAME / 2 + 1e-20
    share = float(spent.sum(axis=1).mean()) * (_DATA_AIM * np.log(10) / 20) ** 2 / whole + 1e-12
    return float(np.clip((_SHARE / share) ** _ALLOWED, 1.0, _ALLOWED_MOST))


def _density(power: Float) -> float:
    """How much stronger a sound without pauses may be marked: it hides more, and codecs take more from it."""
    level = 10 * np.log10(power.sum(axis=1) + 1e-12)
    fall = float(np.percentile(level, 50) - np.percentile(level, 10))
    return float(np.interp(fall, _FALLS, _DENSE))


def quiet_moments(core: Float) -> Float:
    """A factor for each sample that keeps a frame's gain from sounding before and after what it belongs to.

    Where a word begins within a frame, the gain would echo into the silence before it.
    """
    sharp = np.diff(core, prepend=core[:1])  # the bands of the mark, not the hum below
    short, long = (_rms(sharp, reach) for reach in (_MOMENT, FRAME // 2))
    return np.asarray(np.minimum(1, _AHEAD * short / long), np.float32)


def _rms(samples: Float, reach: int) -> NDArray[np.float64]:
    """Root mean square over so many samples on either side."""
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    place = np.arange(len(samples))
    low, high = np.maximum(place - reach, 0), np.minimum(place + reach + 1, len(samples))
    return np.asarray(np.sqrt(np.maximum(sums[high] - sums[low], 0) / (high - low)) + 1e-9)


def difference(core: Float, gain: Float) -> Float:
    """What gains (slots x BANDS, dB) add to the samples that begin with the first slot's frame."""
    count = 2 * len(gain) - 1
    frames = np.lib.stride_tricks.sliding_window_view(core, FRAME)[: _HOP * count : _HOP]
    between = np.empty((count, BANDS), np.float32)
    between[::2] = gain
    between[1::2] = (gain[1:] + gain[:-1]) / 2
    factor = np.repeat(np.exp(between * np.float32(np.log(10) / 20)) - 1, BAND_BINS, axis=1)
    spectrum = np.zeros((count, FRAME // 2 + 1), np.complex64)
    inner = slice(FIRST_BIN, FIRST_BIN + BAND_BINS * BANDS)
    spectrum[:, inner] = np.fft.rfft(frames * WINDOW)[:, inner] * factor
    pieces = np.fft.irfft(spectrum, FRAME) * (WINDOW / np.float32(_OVERLAP))
    added = np.zeros((len(core) // _HOP + FRAME // _HOP, _HOP), np.float32)
    for quarter in range(FRAME // _HOP):
        added[quarter : quarter + count] += pieces[:, quarter * _HOP : (quarter + 1) * _HOP]
    return added.ravel()[: len(core)]
