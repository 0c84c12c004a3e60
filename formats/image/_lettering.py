"""A text at a size, with what its neighbourhood looks like: ink, the ring around it, and the halo of an outline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from labelkit.formats.image._drawing import INK, LINE_GAP, Mask, advance, font_for, sized, text_mask

#: Width of the ring in which contrast is judged, and blur of the outline, as shares of the ink height.
RING = 0.06
BLUR = 0.055
LEAST_BLUR = 1.2
#: The outline is the blurred ink times this: solid next to the ink, soft outside.
GAIN = 9
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
        cell: height and width of the cells in which contrast is judged.
    """

    text: str
    ink: int
    mask: Mask
    pad: int
    ring: NDArray[np.bool_]
    halo: Mask
    cell: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the ink."""
        return self.mask.shape[1], self.mask.shape[0]

    @property
    def padded(self) -> Mask:
        """The mask with ``pad`` empty pixels on each side."""
        return np.pad(self.mask, self.pad)


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
    grown = np.asarray(padded.filter(ImageFilter.MaxFilter(2 * near + 1)))
    # The anti-aliased rim belongs to neither: it is a mixture of ink and ground wherever it stands.
    ring = (grown >= INK) & (np.asarray(padded) < 16)
    soft = np.asarray(padded.filter(ImageFilter.GaussianBlur(blur)), np.uint16)
    halo = np.minimum(soft * GAIN, 255).astype(np.uint8)
    halo.flags.writeable = False
    return Lettering(text, rows, mask, pad, ring, halo, (round(ink * (1 + LINE_GAP)), ink))


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
