"""Finding marks in a sound: windows of 10 s, hop 5 s, each aligned and decoded; then where they begin and end."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from labelkit.formats.audio import _wm_align as align
from labelkit.formats.audio._wm_align import BLOCK, LANES, OFFSETS, Alignment
from labelkit.formats.audio._wm_cells import local_mean, measure, powers, unsteady
from labelkit.formats.audio._wm_decode import Reading, decode, read
from labelkit.formats.audio._wm_pattern import (
    BANDS,
    CORE_RATE,
    FRAME,
    PERIOD,
    SLOT,
    Float,
    Plan,
    plan,
    target,
)
from labelkit.watermark.keys import Key

#: Slots of half a window (5.12 s); a whole number of periods and blocks.
HALF = 2 * PERIOD
#: Less than this is no half of its own (0.64 s).
_LEAST_SLOTS = 64
#: Halves that stay in memory for the second pass (two minutes).
_KEPT = 24
#: Single offsets that are tried, and what makes them worth decoding.
_TRIED, _WORTH = 2, 4.0
#: A followed path is worth decoding from this score per root of blocks.
_PATH_WORTH = 3.0
#: Ways to weigh cells when aligning: all, or only what stands out of steady noise.
_PROFILES = 2
#: A window's pilot is noted from this z.
_PRESENT = 5.0
#: A block belongs to the mark if it and so many on either side correlate so well with the known pattern, on average.
_MARKED, _NEIGHBOURS = 3.0, 2
#: Blocks of a gap that is filled (2 s) and of a stretch that is none (1 s), unless there is no other.
_GAP, _SHORT = 6, 4
#: Another window carries a known payload if the whole pattern stands out so far.
_KNOWN = 8.0
#: ... and the pilot's third of it should not stand out more than by this factor less.
_EXPLAINS = 1.25


@dataclass(frozen=True, slots=True)
class Scale:
    """How a sound plays beside the one that was marked.

    Attributes:
        time: above 1 it plays faster.
        pitch: above 1 it is higher.
    """

    time: float = 1.0
    pitch: float = 1.0


@dataclass(frozen=True, slots=True)
class Half:
    """What is measured in 5 s of sound; arrays are slots x LANES x BANDS.

    Attributes:
        first: slot it begins at.
        cells: weighted deviations.
        gate: the weight that noisy copies want on top.
        near: mean power around each cell.
    """

    first: int
    cells: Float
    gate: Float
    near: Float


class Sound:
    """A sound with a scale undone, as halves of windows; it may be gone through several times.

    Attributes:
        scale: how it plays beside what was marked.
        seconds_per_slot: of the sound as it plays.
    """

    def __init__(self, cores: Callable[[], Iterable[Float]], scale: Scale) -> None:
        """``cores`` begins the stream of core-rate samples, the pitch undone, anew at every call."""
        self.scale = scale
        self._cores = cores
        self._hop = SLOT / LANES * scale.pitch / scale.time
        self.seconds_per_slot = self._hop * LANES / CORE_RATE / scale.pitch
        self._kept: list[Half] = []
        self._complete = False

    def halves(self) -> Iterator[Half]:
        """All of them, in order. A sound up to two minutes is measured once and kept."""
        if self._complete:
            yield from self._kept
            return
        self._kept = []
        number = 0
        for number, half in enumerate(self._measured(), start=1):
            if number <= _KEPT:
                self._kept.append(half)
            yield half
        self._complete = number <= _KEPT

    def _measured(self) -> Iterator[Half]:
        held, first, shift = np.zeros(FRAME // 2, np.float32), 0, 0
        for chunk in self._cores():
            held = np.concatenate([held, chunk])
            while self._start(first + HALF + _LEAST_SLOTS) + FRAME - shift <= len(held):
                yield self._half(held, first, HALF, shift)
                first += HALF
                held, shift = held[self._start(first) - shift :], self._start(first)
        held = np.concatenate([held, np.zeros(FRAME // 2, np.float32)])
        slots = int((len(held) - FRAME) / (self._hop * LANES)) + 1
        if len(held) >= FRAME and (slots >= _LEAST_SLOTS or first == 0):
            held = np.concatenate([held, np.zeros(FRAME, np.float32)])  # for the last slot's later lanes
            yield self._half(held, first, slots, shift)

    def _start(self, slot: int) -> int:
        return round(slot * LANES * self._hop)

    def _half(self, held: Float, first: int, slots: int, shift: int) -> Half:
        starts = np.round(np.arange(first * LANES, (first + slots) * LANES) * self._hop).astype(np.int64) - shift
        power = powers(held, starts).reshape(slots, LANES, BANDS)
        weight, deviation = measure(power)
        near = local_mean(power)
        return Half(first, weight * deviation, unsteady(near), near)


def _joined(one: Half, other: Half) -> Half:
    return Half(
        one.first,
        np.concatenate([one.cells, other.cells]),
        np.concatenate([one.gate, other.gate]),
        np.concatenate([one.near, other.near]),
    )


def windows(halves: Iterable[Half]) -> Iterator[Half]:
    """Each two neighbouring halves, or the only one."""
    before, alone = None, True
    for half in halves:
        if before is not None:
            alone = False
            yield _joined(before, half)
        before = half
    if before is not None and alone:
        yield before


@dataclass
class Heard:
    """What one key has in a sound.

    Attributes:
        best: the best z of any single offset.
        windows: how many were listened to, the sum of all counted too.
        present: first and last slot of windows in which the pilot stands out, and their z.
        chances: of each payload, the bound of a false alarm in one window.
        readings: of each payload, the best reading.
        tempos: of each payload, how much faster that part plays than the scale has it.
    """

    best: float = 0.0
    windows: int = 0
    present: list[tuple[int, int, float]] = field(default_factory=list)
    chances: dict[int, float] = field(default_factory=dict)
    readings: dict[int, Reading] = field(default_factory=dict)
    tempos: dict[int, float] = field(default_factory=dict)

    def pilot(self, z: float, first: int, stop: int) -> None:
        """Count a window and its best z."""
        self.windows += 1
        self.best = max(self.best, z)
        if z >= _PRESENT:
            self.present.append((first, stop, z))

    def add(self, reading: Reading, alignment: Alignment) -> None:
        """Count a reading at an alignment."""
        # a followed path is one of astronomically many: only the data count
        by_pilot = pilot_chance(alignment.z) if alignment.z else 1.0
        chance, payload = product(by_pilot, reading.chance), reading.payload
        if chance < self.chances.get(payload, 2.0):
            self.chances[payload], self.readings[payload] = chance, reading
            self.tempos[payload] = alignment.tempo


class Listener:
    """One key listening to a sound, window by window.

    Attributes:
        key, plan: whose.
        heard: the result.
    """

    def __init__(self, key: Key) -> None:
        self.key = key
        self.plan: Plan = plan(key)
        self.heard = Heard()
        self._total = np.zeros((_PROFILES, LANES, PERIOD, BANDS), np.float32)

    def window(self, window: Half) -> None:
        """Align and decode."""
        blocks = -(-len(window.cells) // BLOCK)
        ways = (window.cells, window.cells * window.gate)
        folds = [align.folded(way, window.first) for way in ways]
        candidates = [align.straight(fold, self.plan, blocks, _TRIED) for fold in folds]
        best = int(np.argmax([tried[0].z for tried in candidates]))
        self.heard.pilot(candidates[best][0].z, window.first, window.first + len(window.cells))
        if self._known(folds[best], candidates[best][0].z):
            return
        for candidate in sorted(candidates[0] + candidates[1], key=lambda c: -c.z)[:_TRIED]:
            if candidate.z >= _WORTH and self._read(window, candidate):
                return
        path, along = align.followed(ways[best], window.first, self.plan.pilot_sign)
        if not path.straight and float(along.sum()) >= _PATH_WORTH * math.sqrt(blocks):
            self._read(window, path)

    def add(self, half: Half) -> None:
        """Count a half into the sum of all, while nothing was read."""
        if self.heard.readings:
            return
        for number, way in enumerate((half.cells, half.cells * half.gate)):
            self._total[number] += align.folded(way, half.first)

    def finish(self) -> None:
        """Decode the sum over all windows, if none of them gave anything."""
        for fold in self._total:
            if self.heard.readings:
                return
            for candidate in align.straight(fold, self.plan, 1, _TRIED):
                slot, lane = divmod(int(candidate.offsets[0]), LANES)
                reading = decode(np.roll(fold[lane], -slot, axis=0), self.plan) if candidate.z >= _WORTH else None
                if reading:
                    self.heard.add(reading, candidate)
        self.heard.windows += 1

    def _read(self, window: Half, candidate: Alignment) -> bool:
        cells, phase = align.aligned(window.cells, window.first, candidate.offsets)
        near, _ = align.aligned(window.near, window.first, candidate.offsets)
        reading = read(cells, near, phase, self.plan)
        if reading:
            self.heard.add(reading, candidate)
        return reading is not None

    def _known(self, fold: Float, pilot: float) -> bool:
        """This window carries a payload that another one gave already, and that explains the pilot that is heard."""
        patterns = (target(self.plan, payload) for payload in self.heard.readings)
        z = max((align.scores(fold, pattern, np.ones_like(pattern)).max() for pattern in patterns), default=0.0)
        return bool(z >= max(_KNOWN, _EXPLAINS * pilot))


def pilot_chance(z: float) -> float:
    """Bound of the chance that the pilot reaches ``z`` at some offset of one window of unmarked sound."""
    return min(1.0, _PROFILES * OFFSETS * math.exp(-z * z / 2))


def product(one: float, other: float) -> float:
    """The chance that two independent chances multiply to as little as these."""
    # a bound never becomes zero, only smaller than a float can say
    both = max(one * other, sys.float_info.min)
    return both * (1 - math.log(both))


def listen(sound: Sound, keys: Sequence[Key]) -> list[Listener]:
    """All keys, through the whole sound, which is measured once."""
    listeners = [Listener(key) for key in keys]

    def counted() -> Iterator[Half]:
        for half in sound.halves():
            for listener in listeners:
                listener.add(half)
            yield half

    for window in windows(counted()):
        for listener in listeners:
            listener.window(window)
    if all(listener.heard.windows > 1 and not listener.heard.readings for listener in listeners):
        for listener in listeners:
            listener.finish()
    return listeners


def spans(sound: Sound, plan_: Plan, payload: int, alone: bool) -> list[tuple[float, float]]:
    """From when to when the mark of a payload is heard, in seconds of the sound as it plays.

    Unless it is the key's only one, the pilot says nothing: all of a key's marks share it.
    """
    pattern = target(plan_, payload) * (1 if alone else 1 - plan_.pilot)
    scores, length = [], 0
    for half in sound.halves():
        scores.append(align.followed(half.cells, half.first, pattern)[1])
        length = half.first + len(half.cells)
    marked = _marked(np.concatenate(scores) if scores else np.zeros(0, np.float32))
    second = sound.seconds_per_slot
    return [(float(start * BLOCK * second), float(min(stop * BLOCK, length) * second)) for start, stop in marked]


def _marked(scores: Float) -> list[tuple[int, int]]:
    """First and last block of every stretch whose blocks correlate well, short gaps filled and short stretches left."""
    if not len(scores):
        return []
    width = min(len(scores), 2 * _NEIGHBOURS + 1)
    smooth = np.convolve(scores, np.ones(width), "same") / np.convolve(np.ones(len(scores)), np.ones(width), "same")
    edges = np.flatnonzero(np.diff(np.concatenate([[False], smooth >= _MARKED, [False]]).astype(int))).tolist()
    joined: list[tuple[int, int]] = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if joined and start - joined[-1][1] <= _GAP:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return [one for one in joined if one[1] - one[0] >= _SHORT] or joined
