"""Find spoken labels that we know, by the shape of their spectrum in time.

A template is the level of 24 bands every 10 ms, less the mean of all bands, since rising and falling together is what
all speech does. It is compared with every stretch of the sound at several rates of speech, and at several speeds of
playing; each band is taken about its own mean, so that telephones and equalisers do not matter. Unknown spoken labels
need speech recognition and are not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._prompts import PROMPTS, speech_rate
from labelkit.formats.audio._tones import HOP_SECONDS, Block, Floats, analysed

Complex = NDArray[np.complexfloating[Any, Any]]

#: Bands of equal width in mel, within what a telephone passes.
BANDS, _LOW_HZ, _HIGH_HZ = 24, 200.0, 3600.0
#: How much faster the label may be spoken than its template, at the same pitch, and how much faster it may be played.
RATES = (0.88, 0.92, 0.96, 1.0, 1.04, 1.08, 1.12)
SPEEDS = (0.9, 0.95, 1.05, 1.1)
#: Bands quieter than this share of the block's mean are not told apart: silence has no shape.
_FLOOR_SHARE = 3e-4
#: Likeness from which a label counts as found; see docs/tables/explicit_audio.md for what else reaches how far.
FOUND = 0.4
#: Templates longer than this are compared in their first part only.
_MAX_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Template:
    """A spoken label as it is looked for.

    Attributes:
        text: what it says.
        shapes: rate -> columns x bands, dB about the means of the bands.
        seconds: length from its first to its last sound.
        speech: characters a minute, 0 when unknown.
    """

    text: str
    shapes: tuple[tuple[float, Floats], ...]
    seconds: float
    speech: float

    @property
    def columns(self) -> int:
        """Length of the longest shape."""
        return max(len(shape) for _, shape in self.shapes)

    @classmethod
    def of(cls, samples: NDArray[np.float32], rate: int, text: str) -> Template:
        """The template of a recording, silence around it left out."""
        loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
        voice = samples[loud[0] : loud[-1] + 1]
        shape = _shape(voice, rate)
        shapes = [(faster, _at_rate(shape, faster)) for faster in RATES]
        # A sound that is played faster is one recorded at a lower rate, up to the bands it is taken in.
        shapes += [(faster, _centred(_shape(voice, round(rate * faster)))) for faster in SPEEDS]
        return cls(text, tuple(shapes), len(voice) / rate, speech_rate(text, samples, rate))


def _shape(voice: NDArray[np.float32], rate: int) -> Floats:
    silence = np.zeros(rate // 50, np.float32)
    padded = np.concatenate([silence, voice, silence])
    return bands_of(analysed(padded, rate))[: round(_MAX_SECONDS / HOP_SECONDS)]


def _centred(shape: Floats) -> Floats:
    centred: Floats = shape - shape.mean(axis=0)
    return centred


@lru_cache(maxsize=1)
def shipped() -> tuple[Template, ...]:
    """The templates of the labels that ship."""
    return tuple(Template.of(*prompt.samples(), prompt.text) for prompt in PROMPTS.values())


@dataclass(frozen=True, slots=True)
class Spoken:
    """A spoken label that was found: seconds, likeness 0 to 1, and how much faster than its template."""

    template: Template
    start: float
    stop: float
    score: float
    rate: float


def bands_of(block: Block) -> Floats:
    """dB of every band over the mean of all, columns x ``BANDS``."""
    spread = _mel(block.power.shape[1], block.band_hz)
    energy = block.power @ spread
    floor = max(float(energy.mean()) * _FLOOR_SHARE, 1e-12)
    decibels = 10 * np.log10(energy + floor)
    over: Floats = decibels - decibels.mean(axis=1, keepdims=True)
    return over


@lru_cache(maxsize=8)
def _mel(count: int, band_hz: float) -> Floats:
    """Triangles that gather narrow bands into wide ones."""
    low, high = (1127 * np.log1p(hertz / 700) for hertz in (_LOW_HZ, _HIGH_HZ))
    edges = 700 * np.expm1(np.linspace(low, high, BANDS + 2) / 1127)
    hertz = np.arange(count)[:, None] * band_hz
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    scaled: Floats = (weights / np.maximum(weights.sum(axis=0), 1e-9)).astype(np.float32)
    return scaled


def best(block: Block, templates: Sequence[Template]) -> Iterator[Spoken]:
    """For each template where it fits the block best, found or not."""
    shape = bands_of(block)
    size = 1 << (len(shape) + max((t.columns for t in templates), default=1)).bit_length()
    spectrum = np.fft.rfft(shape - shape.mean(axis=0), size, axis=0)
    sums = _Windows(shape - shape.mean(axis=0))
    for template in templates:
        yield from _summits(block, template, spectrum, sums, size)


class _Windows:
    """Energy of any stretch about the means of its bands."""

    def __init__(self, shape: Floats) -> None:
        zero = np.zeros((1, shape.shape[1]))
        self.count = len(shape)
        self._sums = np.concatenate([zero, np.cumsum(shape, axis=0, dtype=np.float64)])
        self._squares = np.concatenate([[0.0], np.cumsum((shape.astype(np.float64) ** 2).sum(axis=1))])

    def energy(self, length: int) -> Floats:
        """For every start of a stretch of so many columns."""
        square = self._squares[length:] - self._squares[:-length]
        mean = (self._sums[length:] - self._sums[:-length]) / length
        energy: Floats = np.maximum(square - length * (mean**2).sum(axis=1), 1e-9)
        return energy


def _summits(block: Block, template: Template, spectrum: Complex, sums: _Windows, size: int) -> Iterator[Spoken]:
    """Likeness at every column and rate; its summits, a template's length apart."""
    likeness, rates = _likeness(template, spectrum, sums, size)
    reach = template.columns
    while len(likeness):
        at = int(np.argmax(likeness))
        if likeness[at] <= 0:
            return
        start, rate = block.start + at * HOP_SECONDS + 0.02, template.shapes[rates[at]][0]
        yield Spoken(template, start, start + template.seconds / rate, float(likeness[at]), rate)
        if likeness[at] < FOUND:
            return
        likeness[max(0, at - reach) : at + reach] = 0


def _likeness(template: Template, spectrum: Complex, sums: _Windows, size: int) -> tuple[Floats, NDArray[np.int64]]:
    """The best of all rates for every column, and which rate it was."""
    best_of, chosen = np.zeros(sums.count), np.zeros(sums.count, np.int64)
    for number, (_, shape) in enumerate(template.shapes):
        if len(shape) >= sums.count:
            continue
        own = np.fft.rfft(shape[::-1], size, axis=0)
        product = np.fft.irfft((spectrum * own).sum(axis=1), size)[len(shape) - 1 : sums.count]
        value = product / np.sqrt(sums.energy(len(shape)) * float((shape**2).sum()))
        better = value > best_of[: len(value)]
        best_of[: len(value)][better] = value[better]
        chosen[: len(value)][better] = number
    return best_of, chosen


def _at_rate(shape: Floats, rate: float) -> Floats:
    """The template spoken faster, about the means of its bands."""
    count = round(len(shape) / rate)
    places = np.linspace(0, len(shape) - 1, count)
    low = np.minimum(places.astype(np.int64), len(shape) - 2)
    part = (places - low)[:, None]
    faster = shape[low] * (1 - part) + shape[low + 1] * part
    return _centred(faster)


def merged(found: Iterable[Spoken]) -> list[Spoken]:
    """One where several overlap: the likest."""
    kept: list[Spoken] = []
    for spoken in sorted(found, key=lambda s: -s.score):
        if all(spoken.start >= other.stop or spoken.stop <= other.start for other in kept):
            kept.append(spoken)
    return sorted(kept, key=lambda s: s.start)
