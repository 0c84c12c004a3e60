"""Where the pattern lies: correlation of cells with the pilot, over a whole stretch and followed from block to block.

Nothing here reads the signs of the data cells, which is what the bound in docs/watermark-audio.md rests on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._wm_pattern import PERIOD, Float, Plan

#: Shifts by less than a slot that are looked at; with PERIOD they make the offsets.
LANES = 4
OFFSETS = LANES * PERIOD
#: Slots of a block that is followed (0.32 s).
BLOCK = 32
#: What the path may do from one block to the next and what that costs, in standard deviations of a block's score:
#: drift by one offset, jump by up to so many (25 ms), start anywhere.
_DRIFT_COST, _REACH, _JUMP_COST, _RESTART_COST = 0.4, 10, 1.5, 4.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """A supposed place of the pattern.

    Attributes:
        offsets: per block of BLOCK slots, four times the slot plus the lane at which pattern slot 0 lies, modulo the
            period.
        z: normalised correlation with the pilot at one offset throughout; 0 for a followed path, which has no bound.
    """

    offsets: NDArray[np.int64]
    z: float

    @property
    def straight(self) -> bool:
        """The same offset all along."""
        return bool((self.offsets == self.offsets[0]).all())

    @property
    def tempo(self) -> float:
        """How much faster the sound plays than was supposed, by the path's drift and small jumps."""
        steps = (np.diff(self.offsets) + OFFSETS // 2) % OFFSETS - OFFSETS // 2
        steps = steps[np.abs(steps) <= _REACH]
        return 1 / (1 + float(steps.mean()) / (LANES * BLOCK)) if len(steps) else 1.0


def folded(cells: Float, first: int) -> Float:
    """Cells (slots x LANES x BANDS) that begin at slot ``first``, added up by phase: LANES x PERIOD x BANDS."""
    lead = first % PERIOD
    total = np.zeros((PERIOD, *cells.shape[1:]), np.float32)
    at = -lead
    while at < len(cells):
        part = cells[max(at, 0) : at + PERIOD]
        start = max(at, 0) - at
        total[start : start + len(part)] += part
        at += PERIOD
    return total.transpose(1, 0, 2)


def correlation(fold: Float, pattern: Float) -> Float:
    """Sum of fold times pattern at every offset: OFFSETS values, lane fastest."""
    spectrum = np.fft.rfft(fold, axis=1)
    spectrum *= np.conj(np.fft.rfft(pattern, axis=0))
    return np.asarray(np.fft.irfft(spectrum.sum(axis=2), PERIOD, axis=1).T.ravel(), np.float32)


def scores(fold: Float, signs: Float, mask: Float) -> Float:
    """The normalised correlation at every offset.

    Args:
        fold: LANES x PERIOD x BANDS.
        signs: the signs that are looked for, 0 where there is none.
        mask: 1 where there is one.
    """
    energy = correlation(fold * fold, mask)
    # the transform leaves a rounding error of the largest values where there is nothing
    spread = np.sqrt(np.maximum(energy, energy.max(initial=0) * 1e-4 + 1e-12))
    return np.asarray(correlation(fold, signs) / spread, np.float32)


def straight(fold: Float, plan: Plan, blocks: int, count: int) -> list[Alignment]:
    """The ``count`` best single offsets, none next to another."""
    z = scores(fold, plan.pilot_sign, plan.pilot)
    found: list[Alignment] = []
    left = z.copy()
    for _ in range(count):
        best = int(left.argmax())
        found.append(Alignment(np.full(blocks, best), float(z[best])))
        left[(best + np.arange(-2, 3)) % OFFSETS] = -np.inf
    return found


def followed(cells: Float, first: int, signs: Float) -> tuple[Alignment, Float]:
    """The best path of offsets through the blocks by dynamic programming, and the score of each block along it.

    Dropouts and insertions of some milliseconds move the pattern for good; a small error of tempo moves it slowly.
    """
    local = _block_scores(cells, first, signs)
    best, came = local[0], np.zeros(local.shape, np.int64)
    places = np.arange(OFFSETS)
    for number in range(1, len(local)):
        top = int(best.argmax())
        reached, origin = best, places
        for cost, moves in ((_DRIFT_COST, (-1, 1)), (_JUMP_COST, (*range(-_REACH, -1), *range(2, _REACH + 1)))):
            for move in moves:
                moved = np.roll(best, move) - cost
                better = moved > reached
                reached, origin = np.where(better, moved, reached), np.where(better, (places - move) % OFFSETS, origin)
        restart = best[top] - _RESTART_COST > reached
        came[number] = np.where(restart, top, origin)
        best = local[number] + np.where(restart, best[top] - _RESTART_COST, reached)
    path = [int(best.argmax())]
    for number in range(len(local) - 1, 0, -1):
        path.append(int(came[number, path[-1]]))
    offsets = np.array(path[::-1])
    return Alignment(offsets, 0.0), local[np.arange(len(local)), offsets]


def _block_scores(cells: Float, first: int, signs: Float) -> Float:
    """Correlation of each block with the signs, in standard deviations of chance: blocks x OFFSETS."""
    pilot = np.conj(np.fft.rfft(signs, axis=0))[:, None, :]
    rows = []
    share = float(np.abs(signs).mean())
    for start in range(0, len(cells), BLOCK):
        block = cells[start : start + BLOCK]
        phase = (first + start) % PERIOD
        spectrum = np.fft.rfft(block, PERIOD, axis=0) * pilot
        row = np.fft.irfft(spectrum.sum(axis=2), PERIOD, axis=0)
        energy = float(np.vdot(block, block)) / LANES * share
        rows.append(np.roll(row, phase, axis=0).ravel() / np.sqrt(energy + 1e-12))
    return np.array(rows, np.float32)


def aligned(cells: Float, first: int, offsets: NDArray[np.int64]) -> tuple[Float, NDArray[np.int64]]:
    """The cells of the lanes that the offsets name (slots x BANDS), and the pattern slot of each."""
    slots = np.arange(len(cells))
    offset = offsets[slots // BLOCK]
    phase = (first + slots - offset // LANES) % PERIOD
    return cells[slots, offset % LANES], phase
