"""How large and how clear a label that was found really is, measured on the picture's own pixels.

Where the characters stand is known from the comparison with templates; their height is not taken from it but from the
rows in which ink begins and ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit.formats.image._drawing import full_width
from labelkit.formats.image._matching import Candidate
from labelkit.formats.image._probes import Floats, Template, ink_span, lowest, templates
from labelkit.formats.image._reading import Glyph, Reading

#: Em size of the templates that are laid over the picture's pixels.
_EXACT = 96
#: Largest part of a glyph's ink height by which rows and template may disagree.
_AGREEMENT = 0.08
#: Squared colour distance of ink and ground below which rows cannot be told.
_FAINT = 300.0
#: How far from the ink its ground is looked for, in em; at least one pixel.
_GROUND_EM = 0.045


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured.

    Attributes:
        height: ink height of the lowest full-width glyph, in pixels, to a fraction.
        contrast: WCAG 2.2 contrast ratio of the ink to what surrounds it, of the worst character.
        box: left, top, right, bottom of the ink.
        rows: whether ``height`` comes from rows of ink; otherwise from the template's size.
    """

    height: float
    contrast: float
    box: tuple[int, int, int, int]
    rows: bool


@dataclass(frozen=True, slots=True)
class _Cell:
    """One character's pixels, its ink and ground colour, and how much of each pixel the template says is ink."""

    char: str
    left: int
    top: int
    colours: Floats
    coverage: Floats
    ink: Floats
    ground: Floats


def measured(image: Image.Image, reading: Reading) -> Measured:
    """Measure a label that was read.

    Args:
        image: mode RGB or L, the whole picture in display orientation.
        reading: what was read where, in the picture's pixels.
    """
    place = reading.place
    cells = [cell for g in reading.glyphs if g.weight >= 0.4 and (cell := _cell(image, place, g))]
    height, by_rows = _height(cells, reading)
    contrast = min((_contrast(cell.ink, cell.ground) for cell in cells), default=1.0)
    return Measured(height, contrast, ink_box(reading, image.size), by_rows)


def _cell(image: Image.Image, place: Candidate, glyph: Glyph) -> _Cell | None:
    """The pixels of one character with a margin; None when it lies outside of the picture."""
    char, span, em = glyph.char, ink_span(glyph.char), place.em
    x, y = place.x + (glyph.pen + glyph.dx) * em, place.y + (glyph.row + glyph.dy) * em
    margin = max(2.0, 0.16 * em)
    left, top = max(0, int(x + span[0] * em - margin)), max(0, int(y + span[1] * em - margin))
    right = min(image.width, int(np.ceil(x + span[2] * em + margin)))
    bottom = min(image.height, int(np.ceil(y + span[3] * em + margin)))
    if right - left < 3 or bottom - top < 3:
        return None
    colours = np.asarray(image.crop((left, top, right, bottom)).convert("RGB"), np.float32)
    template = templates(char, _EXACT)
    box = left - x, top - y, right - x, bottom - y
    coverage = _laid(template, template.coverage, box, em, (right - left, bottom - top))
    near = _grown(coverage, max(1, round(_GROUND_EM * em)))
    ink, ground = _ink_and_ground(colours, coverage, near)
    return _Cell(char, left, top, colours, coverage, ink, ground)


def _laid(
    template: Template, plane: Floats, box: tuple[float, float, float, float], em: float, size: tuple[int, int]
) -> Floats:
    """A plane of the template as seen by the picture's pixels in ``box`` (pixels from the pen's start)."""
    zoom = _EXACT / em
    pad = int(0.4 * _EXACT) + 4
    padded = Image.fromarray(np.pad(plane, pad))
    left, top = box[0] * zoom - template.left + pad, box[1] * zoom - template.top + pad
    right, bottom = box[2] * zoom - template.left + pad, box[3] * zoom - template.top + pad
    limited = max(0.0, left), max(0.0, top), min(float(padded.width), right), min(float(padded.height), bottom)
    return np.asarray(padded.resize(size, Image.Resampling.BOX, box=limited), np.float32)


def _grown(coverage: Floats, radius: int) -> NDArray[np.bool_]:
    """Pixels within ``radius`` of ink, ink included."""
    out = coverage > 0.04
    for axis in (0, 1):
        parts = [out]
        for step in range(1, radius + 1):
            parts += [np.roll(out, step, axis), np.roll(out, -step, axis)]
        out = np.logical_or.reduce(parts)
    return out


def _ink_and_ground(colours: Floats, coverage: Floats, near: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean colours of the ink's core, extrapolated where strokes are thin, and of what is next to ink."""
    around = near & (coverage < 0.04)
    if not around.any():
        around = coverage <= coverage.min() + 0.01
    ground = colours[around].mean(axis=0)
    core = coverage >= min(0.9, float(np.quantile(coverage, 0.93)))
    share = float(coverage[core].mean())
    ink = ground + (colours[core].mean(axis=0) - ground) / max(share, 0.35)
    return np.clip(ink, 0, 255), ground


def _contrast(ink: Floats, ground: Floats) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours."""
    one, other = _luminance(ink), _luminance(ground)
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(colour: Floats) -> float:
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _height(cells: Sequence[_Cell], reading: Reading) -> tuple[float, bool]:
    """Ink height of the lowest full-width glyph, and whether rows of ink tell it (else the template's size does)."""
    em = reading.place.em
    nominal = lowest(reading.text) * em
    rows = {cell.char: (height, _tall(cell.char) * em) for cell in cells if (height := _rows(cell, em)) is not None}
    if len(rows) < 2:
        return nominal, False
    typical = nominal * float(np.median([height / expected for height, expected in rows.values()]))
    if abs(typical - nominal) > max(1.0, _AGREEMENT * nominal):
        return nominal, False
    own = min(rows.values(), key=lambda pair: pair[1])
    close = abs(own[1] - nominal) < 0.5 and abs(own[0] - typical) <= max(1.0, 0.03 * typical)
    return (own[0] if close else typical), True


def _tall(char: str) -> float:
    span = ink_span(char)
    return span[3] - span[1]


def _rows(cell: _Cell, em: float) -> float | None:
    """Rows of ink of a full-width character whose upper and lower edge are clear.

    To a fraction, but not less than the number of rows at least half ink, the measure that labels are drawn by.
    """
    if cell.char not in full_width(cell.char):
        return None
    axis = cell.ink - cell.ground
    power = float(axis @ axis)
    rows = np.flatnonzero(cell.coverage.max(axis=1) > 0.3)
    if power < _FAINT or not len(rows):
        return None
    amount = ((cell.colours - cell.ground) @ axis / power).astype(np.float32)
    upper = _edge(amount, cell.coverage, int(rows[0]), em)
    lower = _edge(amount[::-1], cell.coverage[::-1], len(amount) - 1 - int(rows[-1]), em)
    if upper is None or lower is None:
        return None
    return max(len(amount) - upper[1] - lower[1], float(len(amount) - upper[0] - lower[0]))


def _edge(amount: Floats, coverage: Floats, expected: int, em: float) -> tuple[int, float] | None:
    """The first row of ink and where in it ink begins, near the row where it should; None when it is not clear.

    Only the strokes that reach this edge are looked at, so that the background beside them does not matter.
    """
    reach = max(2, round(0.06 * em))
    strokes = coverage[expected : expected + max(2, round(0.07 * em))].max(axis=0) > 0.5
    if not strokes.any():
        return None
    profile = amount[:, strokes].max(axis=1)
    plateau = float(profile[max(0, expected - 1) : expected + reach + 1].max())
    level = 0.5 * min(1.0, plateau)
    first = max(0, expected - reach)
    if plateau < 0.35 or profile[first : max(first + 1, expected - 1)].max() >= 0.7 * level:
        return None
    for row in range(first + 1, min(len(profile), expected + reach + 1)):
        if profile[row] >= level:
            before, here = float(profile[row - 1]), float(profile[row])
            return row, row - 0.5 + (level - before) / max(here - before, 1e-6)
    return None


def ink_box(reading: Reading, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Ink box of the whole text, inside the picture."""
    place = reading.place
    spans = [(g, ink_span(g.char)) for g in reading.glyphs]
    left = min(g.pen + s[0] for g, s in spans) * place.em + place.x
    right = max(g.pen + s[2] for g, s in spans) * place.em + place.x
    top = min(g.row + s[1] for g, s in spans) * place.em + place.y
    bottom = max(g.row + s[3] for g, s in spans) * place.em + place.y
    return (
        max(0, round(left)), max(0, round(top)), min(size[0], round(right)), min(size[1], round(bottom))
    )  # fmt: skip
