"""Reading a candidate character by character: which wording stands there, and how well every part of it fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from labelkit.formats.image._matching import FLAT, Candidate, Canvas, parabola
from labelkit.formats.image._probes import FINE, Floats, advance, templates

#: Pixels at fine resolution by which a character may stand off its place: other fonts space differently.
SLACK = 3
#: A character with a lower score speaks against a wording, with a higher one for it.
NEUTRAL = 0.38
#: Em by which lines of one label may be out of line.
_ALIGNED = 0.25
#: Compared together: alone, each is too simple to tell from a stroke.
LETTERS = "AI"
_PARTS = re.compile(r"AI|\S")


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character, or the letters AI, as found.

    Attributes:
        char: which.
        pen: where its pen starts, in em right of the text's start.
        row: its baseline, in em below the text's first baseline.
        score: correlation with the candidate's polarity, -1 to 1.
        dx, dy: how far it stands off its place, in em.
    """

    char: str
    pen: float
    row: float
    score: float
    dx: float
    dy: float

    @property
    def weight(self) -> float:
        """How much its score says: a Chinese character has many strokes, a letter few, a dot none to speak of."""
        if self.char == LETTERS:
            return 1.0
        if not self.char.isalnum():
            return 0.1
        return 1.0 if ord(self.char) >= 0x2E80 else 0.4


@dataclass(frozen=True, slots=True)
class Reading:
    """A wording at a place, character by character.

    Attributes:
        text: the wording; ``\\n`` between lines.
        place: its pen start, em and polarity.
        glyphs: its characters without spaces.
    """

    text: str
    place: Candidate
    glyphs: tuple[Glyph, ...]

    @property
    def support(self) -> float:
        """How much the characters together speak for this wording; longer wordings that fit gain."""
        return sum((g.score - NEUTRAL) * g.weight for g in self.glyphs)

    @property
    def score(self) -> float:
        """Mean correlation of the characters, 0 to 1."""
        total = sum(g.weight for g in self.glyphs)
        return max(0.0, min(1.0, sum(g.score * g.weight for g in self.glyphs) / total))

    @property
    def weakest(self) -> float:
        """The lowest score of a full-width character or of the letters AI."""
        return min(self._full, default=self.score)

    @property
    def median(self) -> float:
        """The median score of its full-width characters; of all there is when it has none."""
        chinese = [g.score for g in self.glyphs if g.weight == 1.0 and g.char != LETTERS]
        return float(np.median(chinese)) if chinese else self.score

    @property
    def letters(self) -> float | None:
        """The lowest score of the letters AI, None where there are none."""
        return min((g.score for g in self.glyphs if g.char == LETTERS), default=None)

    @property
    def _full(self) -> list[float]:
        return [g.score for g in self.glyphs if g.weight == 1.0]


@lru_cache(maxsize=1024)
def parts(text: str) -> tuple[tuple[str, float], ...]:
    """The characters of a line that are compared, with their pens in em."""
    return tuple((found.group(), advance(text[: found.start()])) for found in _PARTS.finditer(text))


class Reader:
    """Compares characters with the picture around one candidate, each only once."""

    def __init__(self, canvas: Canvas, place: Candidate) -> None:
        self._canvas, self._place = canvas, place
        self._seen: dict[tuple[str, int], Glyph] = {}

    def read(self, text: str, core: str) -> Reading:
        """The line ``text``, whose part ``core`` stands where the candidate is."""
        shift = advance(text[: text.index(core)])
        glyphs = tuple(replace(self._glyph(char, pen - shift), pen=pen) for char, pen in parts(text))
        return Reading(text, replace(self._place, text=text, x=self._place.x - shift * self._place.em), glyphs)

    def _glyph(self, char: str, pen: float) -> Glyph:
        key = char, round(pen * FINE)
        if key not in self._seen:
            self._seen[key] = compared(self._canvas, self._place, char, pen)
        return self._seen[key]


def compared(canvas: Canvas, place: Candidate, char: str, pen: float) -> Glyph:
    """One character, ``pen`` em right of the candidate's pen start, at the best shift within :data:`SLACK`."""
    template = templates(char, FINE)
    height, width = template.signal.shape
    unit = place.em / FINE
    size = width + 2 * SLACK, height + 2 * SLACK
    left = place.x + pen * place.em + (template.left - SLACK) * unit
    top = place.y + (template.top - SLACK) * unit
    patch = canvas.crop(left, top, size[0] * unit, size[1] * unit, size) - np.float32(128)
    scores = correlated(patch, template.signal, template.weight) * place.polarity
    y, x = (int(v) for v in np.unravel_index(int(np.argmax(scores)), scores.shape))
    dx, dy = parabola(scores[y], x) - SLACK, parabola(scores[:, x], y) - SLACK
    return Glyph(char, pen, 0.0, float(scores[y, x]), dx / FINE, dy / FINE)


def correlated(patch: Floats, signal: Floats, weight: Floats) -> Floats:
    """Correlation at every shift at which the template lies inside the patch."""
    windows = np.lib.stride_tricks.sliding_window_view(patch, signal.shape)
    count = windows.shape[:2]
    flat = windows.reshape(count[0] * count[1], -1)
    covariance, mean = flat @ signal.ravel(), flat @ weight.ravel()
    power = (flat * flat) @ weight.ravel() - mean * mean
    scores = covariance / np.sqrt(np.maximum(power, FLAT))
    return scores.reshape(count).astype(np.float32, copy=False)


def settled(reading: Reading) -> Reading:
    """The same with em, pen start and baseline corrected by where the characters really stand (least squares)."""
    weights = np.array([g.weight * max(0.0, g.score) for g in reading.glyphs])
    pens = np.array([g.pen + advance(g.char) / 2 for g in reading.glyphs])
    dx, dy = np.array([g.dx for g in reading.glyphs]), np.array([g.dy for g in reading.glyphs])
    total = float(weights.sum())
    if total <= 0:
        return reading
    mean = float((weights * pens).sum()) / total
    spread = float((weights * (pens - mean) ** 2).sum())
    slope = float((weights * (pens - mean) * dx).sum()) / spread if spread > 0.1 else 0.0
    slope = max(-0.06, min(0.06, slope))
    right, down = float((weights * dx).sum()) / total - slope * mean, float((weights * dy).sum()) / total
    place = reading.place
    moved = replace(place, em=place.em * (1 + slope), x=place.x + right * place.em, y=place.y + down * place.em)
    glyphs = tuple(replace(g, dx=g.dx - right - slope * g.pen, dy=g.dy - down) for g in reading.glyphs)
    return Reading(reading.text, moved, glyphs)


def best(canvas: Canvas, place: Candidate, texts: Sequence[str]) -> Reading:
    """The wording of ``texts`` that fits a candidate best; the candidate's own text when none contains it."""
    reader = Reader(canvas, place)
    return max(_readings(reader, place.text, texts), key=lambda r: r.support)


def _readings(reader: Reader, core: str, texts: Sequence[str]) -> Iterator[Reading]:
    yield reader.read(core, core)
    lines = dict.fromkeys(line for text in texts for line in text.split("\n") if core in line)
    for line in lines:
        yield reader.read(line, core)


def aligned(first: Reading, second: Reading) -> bool:
    """Whether two lines begin, or have their middle, or end at the same place across."""
    em = first.place.em
    a, b = (r.place.x for r in (first, second))
    c, d = a + advance(first.text) * em, b + advance(second.text) * second.place.em
    return min(abs(a - b), abs(a + c - b - d) / 2, abs(c - d)) <= _ALIGNED * em


def joined(first: Reading, second: Reading) -> Reading:
    """Two lines as one reading: ``second`` stands below ``first``."""
    a, b = first.place, second.place
    across, down = (b.x - a.x) / a.em, (b.y - a.y) / a.em
    zoom = b.em / a.em
    below = tuple(
        replace(g, pen=across + g.pen * zoom, row=down, dx=g.dx * zoom, dy=g.dy * zoom) for g in second.glyphs
    )
    return Reading(f"{first.text}\n{second.text}", a, first.glyphs + below)
