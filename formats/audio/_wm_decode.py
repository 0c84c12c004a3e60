"""The payload of an aligned stretch: cells weighted by what the pilot says of their kind, folded and decoded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._wm_pattern import BANDS, CODE, PERIOD, Float, Plan
from labelkit.watermark.coding import PAYLOAD_BITS
from labelkit.watermark.decision import statistic

#: Kinds of cells: groups of bands and quantiles of the neighbourhood's level.
_BAND_KINDS, _LEVEL_KINDS = 4, 4
#: No kind counts for less than this share of what all together would.
_LEAST = 0.15
#: Words that a decoding may choose from.
_LIST = 25
#: Decodings of one alignment: with the pilot's weights and without.
DECODINGS = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """A decoded payload.

    Attributes:
        payload: 64-bit number.
        z: normalised correlation of its codeword with the data cells.
    """

    payload: int
    z: float

    @property
    def chance(self) -> float:
        """Bound of the chance that one alignment of unmarked sound decodes to anything this good."""
        by_list = _LIST * 2.0**-CODE.check_bits
        exponent = PAYLOAD_BITS * math.log(2) - self.z * self.z / 2
        return DECODINGS * min(by_list, math.exp(min(0.0, exponent)))


def read(cells: Float, near: Float, phase: NDArray[np.int64], plan: Plan) -> Reading | None:
    """Decode aligned cells.

    Args:
        cells: slots x BANDS.
        near: mean power around each of them.
        phase: the pattern slot of each row.
        plan: the key's.
    """
    for weights in (_trained(cells, near, plan.pilot_sign[phase]), None):
        fold = fold_aligned(cells if weights is None else cells * weights, phase)
        if reading := decode(fold, plan):
            return reading
    return None


def fold_aligned(cells: Float, phase: NDArray[np.int64]) -> Float:
    """Aligned cells added up by pattern slot: PERIOD x BANDS."""
    total = np.zeros((PERIOD, BANDS), np.float32)
    np.add.at(total, phase, cells)
    return total


def decode(fold: Float, plan: Plan) -> Reading | None:
    """Decode cells that lie at the pattern's own slots."""
    soft = plan.soft(fold)
    word = CODE.decode(soft, _LIST - 1)
    if word is None:
        return None
    data = fold * np.abs(plan.data_sign)
    return Reading(word.payload, statistic(word.coded, soft, float(np.vdot(data, data))))


def _trained(cells: Float, near: Float, pilot_sign: Float) -> Float:
    """A weight per cell: the mean response of pilot cells of its kind over the mean square of all of that kind."""
    kind = _kinds(near)
    count = _BAND_KINDS * _LEVEL_KINDS
    response = _summed(kind, cells * pilot_sign, count)
    pilots = _summed(kind, np.abs(pilot_sign), count)
    square = _summed(kind, cells * cells, count) / _summed(kind, np.ones_like(cells), count)
    typical = float(square.mean()) + 1e-12
    mean = _smooth(response) / _smooth(pilots)
    overall = max(0.0, float(response.sum() / pilots.sum()))
    square = _smooth(square)
    mean = np.maximum(mean, _LEAST * overall * np.minimum(1, square / typical) + 1e-9)
    return (mean / (square + 1e-6 * typical)).ravel()[kind].astype(np.float32)


def _kinds(near: Float) -> NDArray[np.int64]:
    edges = np.quantile(near, np.arange(1, _LEVEL_KINDS) / _LEVEL_KINDS)
    level = np.searchsorted(edges, near)
    return np.asarray(level * _BAND_KINDS + np.arange(BANDS) * _BAND_KINDS // BANDS)


def _summed(kind: NDArray[np.int64], values: Float, count: int) -> NDArray[np.float64]:
    sums = np.bincount(kind.ravel(), values.ravel(), count) + 1e-9
    return np.asarray(sums.reshape(_LEVEL_KINDS, _BAND_KINDS))


def _smooth(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Neighbouring kinds resemble each other: 1-2-1 in both directions."""
    for axis in (0, 1):
        edge = np.pad(table, [(1, 1) if n == axis else (0, 0) for n in (0, 1)], mode="edge")
        size = table.shape[axis]
        table = (edge.take(range(size), axis) + 2 * table + edge.take(range(2, size + 2), axis)) / 4
    return table
