"""A text at a size, with what its neighbourhood looks like: ink, the ring around it, and the halo of an outline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from labelkit.formats.image._contrast import Cells
from labelkit.formats.image._drawing import INK, LINE_GAP, Mask, advance, font_for, sized, text_mask

#: Width of the ring in which contrast is judged, and blur of the outline, as shares of the ink height.
RING = 0.06
BLUR = 0.055
LEAST_BLUR = 1.3
#: The outline is the blurred ink times this: solid next to the ink, soft outside.
GAIN = 18
#: Words that are not broken across lines while there is another way.
_WHOLE = "生成合成|人工智能|生成|合成|仅供参考"
_TOKEN = re.compile(rf"{_WHOLE}|[A-Za-z0-9À-ɏА-яЁё'’.+&_-]+|\s+|.", re.DOTALL)
_CLOSING = "，。、；：！？）】」』》,.;:!?)]%·"


@dataclass(frozen=True, slots=True, eq=False)
class Lettering:
    """A text as it will be drawn.

    Attributes:
        text: with line breaks.
        ink: rows of ink of its lowest full-width glyph.
        mask: coverage, cropped to the ink.
        pad: pixels added on each side in ``ring`` and ``halo``.
        ring: pixels next to ink, not ink themselves.
        halo: coverage of the outline.
    """

    text: str
    ink: int
    mask: Mask
    pad: int
    ring: NDArray[np.bool_]
    halo: Mask

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the ink."""
        return self.mask.shape[1], self.mask.shape[0]

    @property
    def padded(self) -> Mask:
        """The mask with ``pad`` empty pixels on each side."""
        return np.pad(self.mask, self.pad)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The ink with the ring around it, as far as it lies inside the picture; pixels as flat indices into ``box``.

    Attributes:
        box: left, top, right, bottom in display orientation.
        places: three kinds of pixels, one behind the other: those of the ring next to ink, cell by cell, a cell being
            about as large as a glyph; those as fully covered as any; and those at least half covered.
        parts: where in ``places`` the second and the third kind start.
        cells: which pixels of the ring are in which cell.
        rows: where in the third kind each row starts.
    """

    box: tuple[int, int, int, int]
    places: NDArray[np.intp]
    parts: tuple[int, int]
    cells: Cells
    rows: NDArray[np.intp]

    @property
    def ring(self) -> NDArray[np.intp]:
        """The first kind of pixels."""
        return self.places[: self.parts[0]]


#: Cells with fewer pixels next to ink than this are judged together with their neighbours.
_FEW = 24
_SAMPLES = 3_000
# For the middle of what all are nearly equal.
_FEW_SAMPLES = 500


@lru_cache(maxsize=64)
def window(letters: Lettering, at: tuple[int, int], size: tuple[int, int]) -> Window:
    """The window of letters whose ink starts at a point of a picture of ``size``."""
    left, top = at[0] - letters.pad, at[1] - letters.pad
    height, width = letters.ring.shape
    box = max(0, left), max(0, top), min(size[0], left + width), min(size[1], top + height)
    part = slice(box[1] - top, box[3] - top), slice(box[0] - left, box[2] - left)
    ring, mask = letters.ring[part], letters.padded[part]
    places, splits = _by_cell(_thinned(ring), round(letters.ink * (1 + LINE_GAP)), letters.ink)
    ink = np.flatnonzero(_thinned(mask >= INK))
    core = np.flatnonzero(_thinned(mask >= max(INK, int(mask.max()) - 24), _FEW_SAMPLES))
    parts = len(places), len(places) + len(core)
    rows = np.flatnonzero(np.diff(ink // mask.shape[1], prepend=-1))
    return Window(box, np.concatenate([places, core, ink]), parts, Cells.of(splits), rows)


def _thinned(flags: NDArray[np.bool_], samples: int = _SAMPLES) -> NDArray[np.bool_]:
    """At most about so many of the pixels, evenly picked; large labels need not be measured to the last pixel."""
    step = int(np.count_nonzero(flags)) // samples
    if step < 2:
        return flags
    out = np.zeros(flags.size, np.bool_)
    out[np.flatnonzero(flags)[::step]] = True
    return out.reshape(flags.shape)


def _by_cell(ring: NDArray[np.bool_], high: int, wide: int) -> tuple[NDArray[np.intp], tuple[int, ...]]:
    """Indices of the ring's pixels sorted by cell, and where each cell starts."""
    places = np.flatnonzero(ring)
    down, across = places // ring.shape[1] // high, places % ring.shape[1] // wide
    cells = down * (ring.shape[1] // wide + 1) + across
    order = np.argsort(cells, kind="stable")
    starts = np.flatnonzero(np.diff(cells[order], prepend=-1))
    kept = [0]
    for start in starts[1:]:
        if start - kept[-1] >= _FEW and len(places) - start >= _FEW:
            kept.append(int(start))
    return places[order], (*kept, len(places))


@lru_cache(maxsize=32)
def lettering(text: str, ink: int, font: str) -> Lettering:
    """The text with glyphs of at least ``ink`` rows.

    Raises:
        MissingGlyph, ConfigError: as :func:`~labelkit.formats.image._drawing.text_mask`.
    """
    mask = text_mask(text, ink, font)
    _, rows = sized(text, float(ink), font_for(text, font))
    near, blur = max(2, round(RING * ink)), max(LEAST_BLUR, BLUR * ink)
    pad = max(near, round(2.4 * blur) + 1)
    padded = Image.fromarray(np.pad(mask, pad))
    coverage = np.asarray(padded)
    # The anti-aliased rim belongs to neither: it is a mixture of ink and ground wherever it stands.
    ring = _grown(coverage >= INK, near) & (coverage < 16)
    soft = np.asarray(padded.filter(ImageFilter.GaussianBlur(blur)), np.uint16)
    halo = np.minimum(soft * GAIN, 255).astype(np.uint8)
    halo.flags.writeable = False
    return Lettering(text, rows, mask, pad, ring, halo)


def _grown(ink: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """All pixels within a distance of ink; the array must have that much empty space around the ink."""
    height, width = ink.shape
    out = ink.copy()
    for down in range(-radius, radius + 1):
        reach = int((radius * radius - down * down) ** 0.5)
        sums = np.cumsum(np.pad(ink, ((0, 0), (reach + 1, reach))), axis=1, dtype=np.int32)
        wide = sums[:, 2 * reach + 1 :] > sums[:, :width]
        top, bottom = max(0, down), min(height, height + down)
        out[top:bottom] |= wide[top - down : bottom - down]
    return out


def wrapped(text: str, ink: int, font: str, width: int) -> Lettering | None:
    """The text in as few lines as fit into ``width`` pixels, evenly filled; None when one word is wider."""
    one_line = lettering(" ".join(text.split()), ink, font)
    if one_line.size[0] <= width:
        return one_line
    for tokens in (_tokens(text), list(" ".join(text.split()))):
        widths = [advance(token, float(ink), font_for(token, font)) for token in tokens]
        for count in range(2, len(tokens) + 1):
            lines = _even_lines(tokens, widths, count)
            made = lettering("\n".join(lines), ink, font)
            if made.size[0] <= width:
                return made
    return None


def _tokens(text: str) -> list[str]:
    """Words, full-width characters and spaces; closing punctuation stays with what it closes."""
    tokens: list[str] = []
    for token in _TOKEN.findall(" ".join(text.split())):
        if tokens and token in _CLOSING:
            tokens[-1] += token
        else:
            tokens.append(token)
    return tokens


def _even_lines(tokens: list[str], widths: list[float], count: int) -> list[str]:
    """At most ``count`` lines whose longest is as short as possible."""
    low, high = max(widths), sum(widths)
    while high - low > 1:
        middle = (low + high) / 2
        low, high = (low, middle) if len(_filled(tokens, widths, middle)) <= count else (middle, high)
    return _filled(tokens, widths, high)


def _filled(tokens: list[str], widths: list[float], limit: float) -> list[str]:
    lines, line, used = [], "", 0.0
    for token, width in zip(tokens, widths, strict=True):
        if line.strip() and used + width > limit:
            lines.append(line.strip())
            line, used = "", 0.0
        line, used = line + token, used + width
    return [*lines, line.strip()] if line.strip() else lines
