"""Text as a mask of ink, sized by the ink itself.

A font's size says little about how tall its glyphs are: at 100 pixels the ink of 生 has about 90 rows, that of 一 about
8. GB 45438-2025 5.2 asks for a *text height* of at least 5 % of the shortest side; read most strictly that is the ink
of a full-width glyph, so sizes here are rows of ink, counted in what was rendered.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageFont

from labelkit.errors import ConfigError, MissingGlyph
from labelkit.formats.image._cmap import covered

Mask = NDArray[np.uint8]

SHIPPED_FONT = str(Path(__file__).parent / "fonts" / "LabelKitSans-Regular.otf")
#: A pixel is ink when at least half of it is covered.
INK = 128
#: Stands in for the full-width glyph when a text has none: a square one that fills its box.
REFERENCE = "国"
#: Space between lines of text, as a share of the ink height.
LINE_GAP = 0.32
#: Below this font size text is drawn so many times larger, thickened by one of those fine pixels on each side, and
#: averaged down: thin strokes of small text would never be fully covered, and anti-aliasing would eat their contrast.
SMALL, FINER = 44.0, 4
#: Blocks whose characters need no shaping; elsewhere the order and form of letters depend on their neighbours.
_SIMPLE = (
    range(0x0590),
    range(0x1E00, 0x2700),
    range(0x2E80, 0xA000),
    range(0xAC00, 0xD7B0),
    range(0xF900, 0xFB00),
    range(0xFE30, 0xFFF0),
    range(0x20000, 0x40000),
)
_FLAT = "一二三丶丿ー工"  # full-width characters whose ink is no measure of the text's height


def text_mask(text: str, ink_height_px: float, font: str = "") -> Mask:
    """The text, one or several lines, as coverage 0 to 255, cropped to its ink.

    Args:
        text: what to draw; ``\\n`` starts a new line.
        ink_height_px: rows of ink that the *lowest* full-width glyph of the text has at least; without such a glyph,
            that 国 would have in this font.
        font: path of a font; empty for the shipped one, or the ``fonts`` extra when that lacks a character.

    Returns:
        uint8 array, height x width, read-only because it is shared.

    Raises:
        MissingGlyph: no font at hand has a character of the text.
        ConfigError: ``font`` is not a font.
    """
    return _mask(text, float(ink_height_px), font_for(text, font))


def full_width(text: str) -> str:
    """The Chinese, Japanese and Korean characters of a text whose ink tells its height; 国 when there is none."""
    wide = [c for c in dict.fromkeys(text) if _is_cjk(ord(c)) and c not in _FLAT]
    return "".join(wide) or REFERENCE


def _is_cjk(code: int) -> bool:
    return (
        0x3400 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7A3 or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF
    )


def font_for(text: str, font: str = "") -> str:
    """Path of the first font that has every character of the text: the one given, the shipped one, the extra's.

    Raises:
        MissingGlyph: none has; names the characters.
        ConfigError: ``font`` is not a font.
    """
    wanted = {ord(c) for c in text if not c.isspace()}
    candidates = [font, SHIPPED_FONT] if font else [SHIPPED_FONT]
    for path in candidates:
        if wanted <= covered(path):
            return path
    extra = _extra_font()
    if extra and wanted <= covered(extra):
        return extra
    raise _missing(wanted - covered(candidates[0]), font, bool(extra))


@cache
def _extra_font() -> str:
    try:
        import pylopdf_fonts_zh_cn
    except ImportError:
        return ""
    return str(pylopdf_fonts_zh_cn.sans_path())


def _missing(codes: set[int], font: str, has_extra: bool) -> MissingGlyph:
    named = ", ".join(f"{chr(c)} (U+{c:04X})" for c in sorted(codes)[:8])
    more = f" and {len(codes) - 8} more" if len(codes) > 8 else ""
    remedy = "set explicit.font to a font that has them"
    if not has_extra:
        remedy += ', or install the extra for Chinese: pip install "labelkit-aigc[fonts]"'
    return MissingGlyph(f"{font or 'the shipped font'} cannot draw {named}{more}", place="text", remedy=remedy)


@lru_cache(maxsize=64)
def _mask(text: str, ink: float, font: str) -> Mask:
    size, _ = sized(text, ink, font)
    lines = [_line(line, font, size, _shaped(text)) for line in text.split("\n")]
    return _cropped(_stacked(lines, round(ink * LINE_GAP)))


@lru_cache(maxsize=64)
def sized(text: str, ink: float, font: str) -> tuple[float, int]:
    """The smallest font size where every full-width glyph has ``ink`` rows, and how many rows the lowest has."""
    glyphs = full_width(text)
    glyphs = glyphs if {ord(c) for c in glyphs} <= covered(font) else _stand_in(font)
    size = ink / _share(glyphs, font)
    for _ in range(64):
        rows = min(ink_rows(_line(c, font, size, False)) for c in glyphs)
        if rows >= ink:
            return size, rows
        size += max(0.25, (ink - rows) * 0.6)
    raise ConfigError("the font's glyphs have no ink", file=font, place="explicit.font", remedy="name another font")


def advance(text: str, ink: float, font: str) -> float:
    """Width of a line of text in pixels, at the size that :func:`sized` finds for it."""
    size, _ = sized(text, ink, font)
    return float(_face(font, size, _shaped(text)).getlength(text))


def _stand_in(font: str) -> str:
    """What to measure in a font without 国: the tallest capitals it has."""
    return "H" if ord("H") in covered(font) else chr(min(c for c in covered(font) if c > 0x20))


@cache
def _share(glyphs: str, font: str) -> float:
    """Ink height of the lowest glyph per pixel of font size, rounded up so that the first try is not too big."""
    return max(1, min(ink_rows(_line(c, font, 200.0, False)) for c in glyphs) + 1) / 200


@lru_cache(maxsize=64)
def _face(path: str, size: float, shaped: bool) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
    try:
        return ImageFont.truetype(path, size, layout_engine=engine)
    except OSError as error:
        raise ConfigError(f"the font cannot be used: {error}", file=path, place="explicit.font") from error


def _shaped(text: str) -> bool:
    return any(not any(ord(c) in block for block in _SIMPLE) for c in text)


def ink_rows(mask: Mask) -> int:
    """Rows from the first to the last with ink."""
    rows = np.flatnonzero((mask >= INK).any(axis=1))
    return int(rows[-1] - rows[0] + 1) if len(rows) else 0


def _line(text: str, font: str, size: float, shaped: bool) -> Mask:
    """One line on a canvas as high as the font's lines, so that equal letters have equal rows in every text."""
    finer = FINER if size < SMALL else 1
    face = _face(font, size * finer, shaped)
    ascent, descent = face.getmetrics()
    core, (_, top) = face.getmask2(text or " ", mode="L")
    height = -(-(ascent + descent + abs(top)) // finer) * finer
    canvas = np.zeros((height, -(-(core.size[0] + 2) // finer) * finer), np.uint8)
    ink = _coverage(core)[: height - max(0, top)]
    canvas[max(0, top) : max(0, top) + ink.shape[0], 1 : 1 + ink.shape[1]] = ink
    if finer == 1:
        return canvas
    return np.asarray(Image.fromarray(canvas).filter(ImageFilter.MaxFilter(3)).reduce(finer))


def _coverage(core: Any) -> Mask:
    width, height = core.size
    return np.frombuffer(bytes(core), np.uint8).reshape(height, width)


def _stacked(lines: list[Mask], gap: int) -> Mask:
    """Lines under each other, left-aligned, ``gap`` rows between the ink of one and the ink of the next."""
    if len(lines) == 1:
        return lines[0]
    tight = [_rows_cropped(line) for line in lines]
    width = max(line.shape[1] for line in tight)
    height = sum(line.shape[0] for line in tight) + gap * (len(tight) - 1)
    out, at = np.zeros((height, width), np.uint8), 0
    for line in tight:
        out[at : at + line.shape[0], : line.shape[1]] = line
        at += line.shape[0] + gap
    return out


def _rows_cropped(mask: Mask) -> Mask:
    rows = np.flatnonzero(mask.any(axis=1))
    return mask[rows[0] : rows[-1] + 1] if len(rows) else mask[:1]


def _cropped(mask: Mask) -> Mask:
    """Without empty rows and columns around the ink."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows):
        mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    out = np.ascontiguousarray(mask)
    out.flags.writeable = False
    return out
