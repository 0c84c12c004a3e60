"""The audio mark's pattern: which cell of the time-frequency plane carries which bit, under which keyed sign.

The plane has slots of 10 ms and 56 bands of 100 Hz from 900 Hz, at a core rate of 16 kHz; the pattern repeats every 256
slots (2.56 s). A keyed third of each slot's bands is pilot (known signs, for finding the pattern), the rest is dealt to
the 352 coded bits so that any second holds an equal share of each bit, spread over all bands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labelkit.watermark.coding import Code
from labelkit.watermark.keys import Key, permutation, signs, words

Float = NDArray[np.float32]

#: Sampling rate of everything, Hz.
CORE_RATE = 16_000
#: Samples of a frame (20 ms, Hann) and of a slot (10 ms).
FRAME, SLOT = 320, 160
#: First band's lower edge in FFT bins of 50 Hz, bins of a band, number of bands: 900 to 6,500 Hz.
FIRST_BIN, BAND_BINS, BANDS = 18, 2, 56
#: Slots after which the pattern repeats.
PERIOD = 256
#: Pilot bands in every slot.
PILOTS = 19
#: By how many ranks the dealing moves on from one round of the coded bits to the next: near the golden section of 352.
_TURN = 217
CODE = Code(24)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a key decides; arrays are PERIOD x BANDS.

    Attributes:
        pilot: 1 for pilot cells, 0 for data cells.
        pilot_sign: keyed signs of the pilot cells, 0 elsewhere.
        data_sign: keyed signs of the data cells, 0 elsewhere; derived apart from all the rest.
        bit: the coded bit of each data cell; 0 for pilot cells, where ``data_sign`` is 0.
    """

    pilot: Float
    pilot_sign: Float
    data_sign: Float
    bit: NDArray[np.int64]

    def soft(self, fold: Float) -> Float:
        """One soft value per coded bit from cells folded onto the period."""
        weights = (fold * self.data_sign).ravel()
        return np.bincount(self.bit.ravel(), weights, CODE.length).astype(np.float32)


@lru_cache(maxsize=256)
def plan(key: Key) -> Plan:
    """The plan of a key; cached, since making one costs some milliseconds."""
    cells = PERIOD * BANDS
    order = words(key, "audio pilot", cells).reshape(PERIOD, BANDS).argsort(axis=1, kind="stable")
    pilot = np.zeros((PERIOD, BANDS), np.float32)
    np.put_along_axis(pilot, order[:, :PILOTS], 1, axis=1)
    pilot_sign = signs(key, "audio pilot signs", cells).reshape(PERIOD, BANDS) * pilot
    data_sign = signs(key, "audio signs", cells).reshape(PERIOD, BANDS) * (1 - pilot)
    return Plan(pilot, pilot_sign, data_sign, _dealt(key, pilot))


def _dealt(key: Key, pilot: Float) -> NDArray[np.int64]:
    """The coded bit of each data cell: rounds of 352 cells in order of time, each round sorted by band."""
    slots, bands = np.nonzero(pilot == 0)
    order = permutation(key, "audio bits", CODE.length)
    bit = np.zeros((PERIOD, BANDS), np.int64)
    for number, start in enumerate(range(0, len(slots), CODE.length)):
        chosen = np.arange(start, min(start + CODE.length, len(slots)))
        ranked = chosen[np.argsort(bands[chosen], kind="stable")]
        bit[slots[ranked], bands[ranked]] = order[(np.arange(len(ranked)) + number * _TURN) % CODE.length]
    return bit


def target(plan_: Plan, payload: int) -> Float:
    """The sign that each cell of a marked sound leans to: -1 or +1, PERIOD x BANDS."""
    return plan_.pilot_sign + plan_.data_sign * CODE.encode(payload)[plan_.bit]
