"""Putting the mark in: samples come as a stream and go as a stream, and what is held is some tens of seconds.

The mark is made at the core rate from the mean of all channels, brought to the sound's own rate and added to every
channel alike, so that it survives a down-mix and the loss of a channel, and nothing above 6.5 kHz changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._wm_gains import CONTEXT, Cells, difference, gains, quiet_moments
from labelkit.formats.audio._wm_pattern import BANDS, CORE_RATE, FRAME, PERIOD, SLOT, Float, plan
from labelkit.formats.audio._wm_resample import Resampler
from labelkit.watermark.keys import Key

Samples = NDArray[Any]

#: Slots that are worked on at once.
_UNIT = 4 * PERIOD


class Marker:
    """A stream of core-rate samples, given back as the stream of what is to be added to them."""

    def __init__(self, payload: int, key: Key, strength: float) -> None:
        self._cells = Cells.of(plan(key), payload)
        self._strength = strength
        # slot 0 is centred on sample 0
        self._held = np.zeros(CONTEXT * SLOT + FRAME // 2, np.float32)
        self._before = np.zeros((CONTEXT, BANDS), np.float32)
        self._first = self._received = self._given = 0

    def push(self, samples: Float) -> Float:
        """Take samples; what is ready comes back."""
        self._received += len(samples)
        self._held = np.concatenate([self._held, samples])
        ready = [np.zeros(0, np.float32)]
        while len(self._held) >= (_UNIT + 2 * CONTEXT) * SLOT + FRAME:
            ready.append(self._unit(_UNIT))
        return np.concatenate(ready)

    def flush(self) -> Float:
        """The rest, after the last samples."""
        left = self._received - self._given
        if left <= 0:
            return np.zeros(0, np.float32)
        count = -(-left // SLOT) + 2
        missing = (count + 2 * CONTEXT) * SLOT + FRAME - len(self._held)
        self._held = np.concatenate([self._held, np.zeros(max(0, missing), np.float32)])
        return self._unit(count)[:left]

    def _unit(self, count: int) -> Float:
        """Settle the gains of so many slots; what is given back ends a slot before the last gain's frame."""
        core = self._held[: (count + 2 * CONTEXT) * SLOT + FRAME]
        gain = gains(core, self._first, count, self._cells, self._strength, self._before)
        after = np.zeros((CONTEXT, BANDS), np.float32)
        added = difference(core, np.concatenate([self._before, gain, after])) * quiet_moments(core)
        start = CONTEXT * SLOT + (-SLOT if self._first else FRAME // 2)
        settled = added[start : (CONTEXT + count - 1) * SLOT]
        self._before, self._held = gain[-CONTEXT:], self._held[count * SLOT :]
        self._first += count
        self._given += len(settled)
        return settled


def mark(chunks: Iterable[Samples], rate: int, payload: int, key: Key, strength: float) -> Iterator[Samples]:
    """Chunks of checked samples (frames x channels) with the mark; see :func:`watermark.mark_stream`."""
    to_core, marker, back = Resampler(rate, CORE_RATE), Marker(payload, key, strength), Resampler(CORE_RATE, rate)
    waiting: list[Samples] = []
    for chunk in chunks:
        waiting.append(chunk)
        yield from _add(waiting, back.push(marker.push(to_core.push(mono(chunk)))))
    rest = marker.push(to_core.flush())
    last = [back.push(rest), back.push(marker.flush()), back.flush()]
    yield from _add(waiting, np.concatenate(last))


def mono(samples: Samples) -> Float:
    """The mean of all channels, full scale at 1."""
    mean = samples.astype(np.float32).mean(axis=1) if samples.shape[1] > 1 else samples[:, 0].astype(np.float32)
    return mean if samples.dtype.kind == "f" else mean * np.float32(1 / full_scale(samples.dtype))


def full_scale(kind: np.dtype[Any]) -> float:
    """What stands for 1.0 in samples of a type."""
    return 1.0 if kind.kind == "f" else float(-int(np.iinfo(kind).min))


def _add(waiting: list[Samples], added: Float) -> Iterator[Samples]:
    """Samples whose mark is known; the others wait. ``waiting`` is changed."""
    while waiting and len(added):
        chunk, part = waiting[0], added[: len(waiting[0])]
        yield _sum(chunk[: len(part)], part)
        added = added[len(part) :]
        if len(part) == len(chunk):
            waiting.pop(0)
        else:
            waiting[0] = chunk[len(part) :]


def _sum(samples: Samples, added: Float) -> Samples:
    """Both together, in the samples' own type; whole numbers are rounded and kept in range."""
    if samples.dtype.kind == "f":
        return np.asarray(samples + added[:, None], samples.dtype)
    limits = np.iinfo(samples.dtype)
    total = samples + np.rint(added.astype(np.float64) * full_scale(samples.dtype))[:, None]
    return np.asarray(np.clip(total, limits.min, limits.max), samples.dtype)
