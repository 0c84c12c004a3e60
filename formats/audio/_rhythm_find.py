"""Find the rhythm short long, short short, whoever made it: any tone of 300 to 3000 Hz, any unit of 70 to 300 ms.

The standard shows no numbers, so tone, unit, the ratio of long to short and the gap between the letters are searched
for. First every band is asked where it holds a steady tone with silence on both sides: that may be the long one. Then
the rest of the pattern is laid around it, and its measures are refined. What counts is that all four tones have one
frequency and one level, that they are flat, that the band is silent between them, and that little else in the spectrum
goes on and off with them. The last tells a signal from notes of music and from speech, whose harmonics come together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio._pcm import Samples
from labelkit.formats.audio._tones import HOP_SECONDS, WINDOW_SECONDS, Block, Floats, blocks

Whole = NDArray[np.integer[Any]]

#: Length of the short tone in columns, a little wider than 70 to 300 ms so that speed changes stay inside.
_UNITS = (6.3, 33.0)
#: Long over short: three in Morse; from two on it is heard as long (the standard gives no number: UNCERTAIN).
_RATIOS = (2.0, 2.3, 2.6, 2.9, 3.2, 3.6)
#: Gap between the two letters in units: one where all gaps are equal, three in Morse.
_LETTER_GAPS = (1.0, 2.0, 3.0)
#: A candidate for the long tone stands out from its surroundings and from its own silence by so many dB.
_DASH_PEAK, _DASH_CONTRAST = 5.0, 4.0
#: Lengths tried for the long tone grow by this factor.
_DASH_STEP = 1.1
#: Columns next to an edge hold half a window of the other side and are not looked at.
_EDGE_ON, _EDGE_OFF = 1.6, 1.8
#: Candidates of one block whose measures are refined.
_REFINED = 8


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rhythm with its measures.

    Attributes:
        start, stop: in seconds.
        tone: in Hz.
        unit: length of the short tone in seconds.
        ratio: long over short, as the tones really last.
        evenness: the longest of the three short tones over the shortest.
        letter_gap: in units.
        contrast: level of the tones over the loudest of the three gaps, dB.
        guard: level of the tones over the quietest moment right before and after, the lesser of both, dB: a tone that
            goes on there makes another rhythm.
        spread: between the levels of the four tones, dB.
        flatness: standard deviation of the level while a tone sounds, dB.
        peak: of the faintest tone over the bands around it, dB.
        purity: share of what goes on and off with the rhythm that lies at its frequency, 0 to 1.
        harmonic: loudest band at 1/2, 3/2, 2 or 3 times the frequency that goes on and off with it, dB over the tone.
    """

    start: float
    stop: float
    tone: float
    unit: float
    ratio: float
    evenness: float
    letter_gap: float
    contrast: float
    guard: float
    spread: float
    flatness: float
    peak: float
    purity: float
    harmonic: float

    @property
    def doubt(self) -> float:
        """How uneven it is, times how impure: one of both may be bad.

        Rooms make tones uneven and codecs do a little, other sounds make them impure; only in speech they are both.
        """
        uneven = self.spread / 2.5 + self.flatness / 2
        impure = (1 - self.purity) / 0.4 + max(0.0, (self.harmonic + 20) / 12)
        return uneven * impure

    @property
    def score(self) -> float:
        """0 to 1: how well its measures fit together; found from ``FOUND`` on."""
        parts = [_ramp(getattr(self, name), *ends) for name, ends in _MARKS.items()]
        return float(np.prod(parts) ** 0.25)


#: Measure -> the value that counts nothing and the one that counts fully. From the tuning set of the benchmark.
_MARKS: dict[str, tuple[float, float]] = {
    "tone": (280.0, 290.0),
    "ratio": (1.4, 1.8),
    "evenness": (2.4, 1.8),
    "contrast": (3.0, 8.0),
    "guard": (1.0, 6.0),
    "spread": (5.0, 3.5),
    "flatness": (4.0, 3.0),
    "peak": (1.0, 5.0),
    "purity": (0.2, 0.4),
    "harmonic": (-2.0, -5.0),
    "doubt": (0.9, 0.55),
}
#: Score from which a pattern counts as found.
FOUND = 0.8


def _ramp(value: float, none: float, full: float) -> float:
    return min(1.0, max(0.0, (value - none) / (full - none)))


def find(pieces: Iterable[Samples], rate: int) -> list[Pattern]:
    """Every rhythm in a sound, in order of time."""
    return merged(pattern for block in blocks(pieces, rate) for pattern in best(block) if pattern.score >= FOUND)


def merged(patterns: Iterable[Pattern]) -> list[Pattern]:
    """One pattern where several overlap: the one with the highest score."""
    kept: list[Pattern] = []
    for pattern in sorted(patterns, key=lambda p: -p.score):
        if all(pattern.start >= other.stop or pattern.stop <= other.start for other in kept):
            kept.append(pattern)
    return sorted(kept, key=lambda p: p.start)


def best(block: Block) -> Iterator[Pattern]:
    """The most promising patterns of a block, refined and measured, found or not."""
    if len(block.level) < 4 * _UNITS[0]:
        return
    sums = _Sums.of(block)
    for row in _thinned(_laid(_dashes(sums), sums)):
        pattern = _measured(block, row.band, _refined(block.level[:, row.band], row))
        if pattern:
            yield pattern


# --- where the long tone may be --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sums:
    """Running sums along time, so that the mean of any stretch is one difference."""

    level: Floats
    peak: Floats
    length: int

    @classmethod
    def of(cls, block: Block) -> _Sums:
        zero = np.zeros((1, block.level.shape[1]))
        return cls(
            np.concatenate([zero, np.cumsum(block.level, axis=0, dtype=np.float64)]),
            np.concatenate([zero, np.cumsum(block.peak, axis=0, dtype=np.float64)]),
            len(block.level),
        )


Dashes = tuple[Whole, Whole, Floats]


def _dashes(sums: _Sums) -> Dashes:
    """Column, band and length of everything that may be the long tone."""
    columns, bands, lengths = [], [], []
    wanted = _RATIOS[0] * _UNITS[0]
    while wanted <= 3.3 * _UNITS[1]:
        length = round(wanted)
        found = _dashes_of(sums, length)
        columns.append(found[0])
        bands.append(found[1])
        lengths.append(np.full(len(found[0]), float(length)))
        wanted *= _DASH_STEP
    return np.concatenate(columns), np.concatenate(bands), np.concatenate(lengths)


def _dashes_of(sums: _Sums, length: int) -> tuple[Whole, Whole]:
    gap = max(2, int(length / 3.6) - 4)
    first, last = gap + 4, sums.length - length - gap - 4
    if last <= first:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    peak = sums.peak[first + length - 2 : last + length - 2] - sums.peak[first + 2 : last + 2]
    at, band = np.nonzero(peak > _DASH_PEAK * (length - 4))
    at = at + first
    level = sums.level
    on = (level[at + length - 2, band] - level[at + 2, band]) / (length - 4)
    before = (level[at - 2, band] - level[at - 2 - gap, band]) / gap
    after = (level[at + length + 2 + gap, band] - level[at + length + 2, band]) / gap
    contrast = on - np.maximum(before, after)
    keep = contrast > _DASH_CONTRAST
    return _summits(at[keep], band[keep], contrast[keep], sums)


def _summits(at: Whole, band: Whole, contrast: Floats, sums: _Sums) -> tuple[Whole, Whole]:
    """Those with no better neighbour in time or frequency."""
    field = np.full((sums.length + 2, sums.level.shape[1] + 2), -1.0, np.float32)
    field[at + 1, band + 1] = contrast
    own = field[at + 1, band + 1]
    top = np.ones(len(at), bool)
    for step in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        top &= own >= field[at + 1 + step[0], band + 1 + step[1]]
    return at[top], band[top]


# --- the rest of the pattern around it -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A pattern laid around a long tone, in columns."""

    worth: float
    start: float
    band: int
    unit: float
    ratio: float
    gap: float

    @property
    def edges(self) -> tuple[float, ...]:
        """Beginning and end of the four tones."""
        return tuple(_edges(self.start, self.unit, self.ratio, self.gap))


def _edges(start: Any, unit: Any, ratio: Any, gap: Any) -> list[Any]:
    long = start + 2 * unit
    third = long + (ratio + gap) * unit
    return [start, start + unit, long, long + ratio * unit, third, third + unit, third + 2 * unit, third + 3 * unit]


def _laid(dashes: Dashes, sums: _Sums) -> Iterator[_Row]:
    """The best way to lay a pattern around each long tone, most promising first."""
    worth = np.full(len(dashes[0]), -1e9)
    chosen = np.zeros((4, len(worth)))
    for ratio in _RATIOS:
        fits = _first_letter(dashes, ratio, sums)
        at, band, length = dashes[0][fits], dashes[1][fits], dashes[2][fits]
        unit = length / ratio
        for gap in _LETTER_GAPS:
            start = at - 2 * unit
            value = _worth(_edges(start, unit, ratio, gap), band, unit, sums)
            better = value > worth[fits]
            rows = np.stack([start, unit, np.full(len(at), ratio), np.full(len(at), gap)])
            worth[fits[better]], chosen[:, fits[better]] = value[better], rows[:, better]
    for index in np.argsort(-worth):
        if worth[index] < 0:
            return
        first, length_of_unit, longer, between = (float(value) for value in chosen[:, index])
        yield _Row(float(worth[index]), first, int(dashes[1][index]), length_of_unit, longer, between)


#: What the short tone before the long one may be louder or softer, and how far the gap between them lies below: less
#: strict than :data:`_MARKS`, since the edges are rough.
_LETTER_SPREAD, _LETTER_CONTRAST = 6.0, 1.0


def _first_letter(dashes: Dashes, ratio: float, sums: _Sums) -> Whole:
    """Which long tones have a short one before them; nine in ten have not, and need no further look."""
    at, band, length = dashes[0].astype(np.float64), dashes[1], dashes[2]
    unit = length / ratio
    trim, hush = np.minimum(_EDGE_ON, 0.2 * unit), np.where(unit > 8, 2.0, 1.6)
    long = _mean(sums.level, at + trim, at + length - trim, band)
    short = _mean(sums.level, at - 2 * unit + trim, at - unit - trim, band)
    gap = _mean(sums.level, at - unit + hush, at - hush, band)
    right = (unit >= _UNITS[0]) & (unit <= _UNITS[1]) & (np.abs(long - short) <= _LETTER_SPREAD)
    return np.flatnonzero(right & (np.minimum(long, short) - gap >= _LETTER_CONTRAST))


def _worth(edges: list[Any], band: Whole, unit: Floats, sums: _Sums) -> Floats:
    """Contrast and peak minus the spread, all in dB; far below zero where the pattern leaves the block."""
    trim = np.minimum(_EDGE_ON, 0.2 * unit)
    tones = [_mean(sums.level, edges[i] + trim, edges[i + 1] - trim, band) for i in (0, 2, 4, 6)]
    peaks = [_mean(sums.peak, edges[i] + trim, edges[i + 1] - trim, band) for i in (0, 2, 4, 6)]
    hush = np.where(unit > 8, 2.0, 1.6)
    gaps = [_mean(sums.level, edges[i] + hush, edges[i + 1] - hush, band) for i in (1, 3, 5)]
    around = np.minimum(
        _mean(sums.level, edges[0] - unit + hush, edges[0] - hush, band, outside=-100.0),
        _mean(sums.level, edges[7] + hush, edges[7] + unit - hush, band, outside=-100.0),
    )
    level = np.stack(tones)
    mean = (level.sum(axis=0) + 2 * level[1]) / 6
    contrast = mean - np.maximum(np.max(gaps, axis=0), around)
    worth = np.minimum(contrast, 25) - 2 * np.ptp(level, axis=0) + 0.5 * np.minimum(np.min(peaks, axis=0), 16)
    inside = (edges[0] > -2) & (edges[7] < sums.length + 2) & (unit >= _UNITS[0]) & (unit <= _UNITS[1])
    result: Floats = np.where(inside, worth, -1e9)
    return result


def _mean(sums: Floats, start: Floats, stop: Floats, band: Whole, outside: float | None = None) -> Floats:
    last = len(sums) - 1
    a, b = np.rint(start).astype(np.int64), np.rint(stop).astype(np.int64)
    b = np.maximum(b, a + 2)
    inside = (a >= 0) & (b <= last)
    a = np.clip(a, 0, last - 1)
    b = np.maximum(np.clip(b, 1, last), a + 1)
    mean: Floats = (sums[b, band] - sums[a, band]) / (b - a)
    return mean if outside is None else np.where(inside, mean, outside)


def _thinned(rows: Iterator[_Row]) -> list[_Row]:
    """The first few that are not neighbours of better ones."""
    kept: list[_Row] = []
    for row in rows:
        if all(abs(row.start - k.start) > 12 or abs(row.band - k.band) > 2 for k in kept):
            kept.append(row)
        if len(kept) == _REFINED:
            break
    return kept


# --- its measures ----------------------------------------------------------------------------------------------------

#: Two rounds of small steps: start in columns, unit as a share, ratio, letter gap.
_ROUNDS = (1.0, 0.4)


def _refined(level: Floats, row: _Row) -> _Row:
    """The pattern nearby whose tones are flattest and whose silences are deepest."""
    sums, squares = (np.concatenate([[0.0], np.cumsum(level.astype(np.float64) ** power)]) for power in (1, 2))
    best = row
    worth = -1e9
    for scale in _ROUNDS:
        start = best.start + np.arange(-3, 4) * 0.7 * scale
        unit = best.unit * (1 + np.arange(-4, 5) * 0.025 * scale)
        ratio = np.clip(best.ratio + np.arange(-4, 5) * 0.12 * scale, 1.8, 3.9)
        gap = np.clip(best.gap + np.arange(-4, 5) * 0.15 * scale, 0.7, 3.6)
        grid = [axis.ravel() for axis in np.meshgrid(start, unit, ratio, gap, indexing="ij")]
        value = _fit(sums, squares, grid)
        top = int(np.argmax(value))
        if value[top] > worth:
            worth = float(value[top])
            best = _Row(worth, *(grid[0][top],), row.band, grid[1][top], grid[2][top], grid[3][top])
    return best


def _fit(sums: Floats, squares: Floats, grid: list[Floats]) -> Floats:
    edges, unit = _edges(*grid), grid[1]
    on = [_stretch(sums, squares, edges[i] + 1.2, edges[i + 1] - 1.2) for i in (0, 2, 4, 6)]
    bounds = [edges[0] - unit, *edges, edges[7] + unit]
    off = [_stretch(sums, squares, bounds[i] + 1.6, bounds[i + 1] - 1.6) for i in (0, 2, 4, 6, 8)]
    count, total, square = (sum(part[i] for part in on) for i in range(3))
    mean = total / count
    deviation = np.sqrt(np.maximum(square / count - mean**2, 0))
    silence = sum(part[1] for part in off) / sum(part[0] for part in off)
    fit: Floats = np.minimum(mean - silence, 25) - 2 * deviation + 0.02 * count
    return fit


def _stretch(sums: Floats, squares: Floats, start: Floats, stop: Floats) -> tuple[Whole, Floats, Floats]:
    """Columns, sum and sum of squares."""
    last = len(sums) - 1
    a = np.clip(np.rint(start).astype(np.int64), 0, last - 1)
    b = np.maximum(np.clip(np.rint(stop).astype(np.int64), 1, last), a + 1)
    return b - a, sums[b] - sums[a], squares[b] - squares[a]


def _measured(block: Block, band: int, row: _Row) -> Pattern | None:
    """The measures of a pattern; None when a part of it lies outside the block."""
    edges, count = row.edges, len(block.level)
    tones = [_inside(edges[i], edges[i + 1], _EDGE_ON, count) for i in (0, 2, 4, 6)]
    gaps = [_inside(edges[i], edges[i + 1], _EDGE_OFF, count) for i in (1, 3, 5)]
    guards = [
        _inside(edges[0] - row.unit - _EDGE_OFF, edges[0], _EDGE_OFF, count),
        _inside(edges[7], edges[7] + row.unit + _EDGE_OFF, _EDGE_OFF, count),
    ]
    if not all(len(part) for part in (*tones, *gaps)):
        return None
    level, peak = block.level[:, band], block.peak[:, band]
    loud = [float(level[part].mean()) for part in tones]
    mean = (sum(loud) + 2 * loud[1]) / 6
    quiet = max(float(np.median(level[part])) for part in gaps)
    around = max(float(level[part].min()) if len(part) else -100.0 for part in guards)
    lengths = [_length(level, tone, mean - min(_HALF_DB, max(mean - quiet, 1) / 2)) for tone in tones]
    shorts = [lengths[0], *lengths[2:]]
    on, off = np.concatenate(tones), np.concatenate(gaps + guards)
    purity, harmonic = _company(block, band, on, off)
    second = block.start + WINDOW_SECONDS / 2
    return Pattern(
        float(second + edges[0] * HOP_SECONDS), float(second + edges[7] * HOP_SECONDS), _hertz(block, band, on),
        float(row.unit * HOP_SECONDS), 3 * lengths[1] / sum(shorts), max(shorts) / min(shorts), float(row.gap),
        mean - quiet, mean - around, max(loud) - min(loud), float(level[on].std()),
        min(float(peak[part].mean()) for part in tones), purity, harmonic,
    )  # fmt: skip


#: A tone lasts while its level is at most so far below its mean, where the silence is deep enough.
_HALF_DB = 6.0


def _length(level: Floats, tone: Whole, least: float) -> int:
    """How many columns around the middle of a tone in a row are louder than ``least``."""
    below = np.flatnonzero(level < least)
    middle = int(tone[len(tone) // 2])
    at = int(np.searchsorted(below, middle))
    first = int(below[at - 1]) if at else -1
    last = int(below[at]) if at < len(below) else len(level)
    return max(1, last - first - 1)


def _inside(start: float, stop: float, trim: float, count: int) -> Whole:
    """Columns of a stretch without its edges; none when it lies outside."""
    first, last = round(start + trim), max(round(stop - trim), round(start + trim) + 1)
    return np.arange(max(first, 0), max(min(last, count), 0))


def _company(block: Block, band: int, on: Whole, off: Whole) -> tuple[float, float]:
    """Purity, and the loudest harmonic in dB over the tone, of the spectrum that goes on and off."""
    centre = block.first + band
    change = block.power[on].mean(axis=0) - block.power[off].mean(axis=0)
    tone = float(change[centre - 2 : centre + 3].sum())
    if tone <= 0:
        return 0.0, 0.0
    rising = np.maximum(change, 0)
    low = int(150 / block.band_hz)
    others = float(rising[low:].sum() - rising[max(low, centre - 3) : centre + 4].sum())
    places = [round(centre * factor) for factor in (0.5, 1.5, 2, 3)]
    harmonics = [float(rising[p - 1 : p + 2].sum()) for p in places if low <= p < len(change) - 2]
    return tone / (tone + max(others, 0)), float(10 * np.log10(max(*harmonics, 0.0, 1e-6 * tone) / tone))


def _hertz(block: Block, band: int, on: Whole) -> float:
    """Frequency of the tone, between bands: the centre of gravity of three."""
    centre = block.first + band
    power = block.power[on][:, centre - 1 : centre + 2].mean(axis=0)
    return float(block.band_hz * (centre + np.dot((-1, 0, 1), power) / max(float(power.sum()), 1e-20)))
