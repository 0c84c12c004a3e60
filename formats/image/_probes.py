"""Templates of label words for correlation, in units of the font's em, and the wordings they are parts of.

A template has two parts: how much of each pixel is ink, and how much each pixel counts. What counts is the ink and a
narrow ring around it, because there a label looks the same whether it stands on a plate, in an outline or on the
picture; farther out anything may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFont

from labelkit.errors import MissingGlyph
from labelkit.formats.image._drawing import INK, font_for, full_width, sized
from labelkit.wording import WORDINGS

Floats = NDArray[np.float32]

#: Width of the ring around the ink that counts, in em; the outlines of common renderers are at least as wide.
RING_EM = 0.07
#: Em sizes in pixels of the coarse and the fine comparison.
COARSE, FINE = 12, 28
#: Templates are drawn this many times larger and averaged down, which keeps their geometry exact.
_OVERSAMPLING = 8
#: Room above and below the baseline, in em.
_ROOM_ABOVE, _ROOM_BELOW = 1.1, 0.4

#: What every wording of the Chinese grammar contains; any of them is enough to notice a label.
CORES = ("AI生成", "AI合成", "人工智能")


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """Part of a text as it looks at one em size.

    Attributes:
        left, top: where the arrays begin, in pixels from the pen's start on the baseline.
        signal: weight times zero-mean, unit-variance ink; its sum of products with a picture is the covariance.
        weight: how much each pixel counts; sums to 1.
        coverage: how much of each pixel is ink, 0 to 1.
    """

    left: int
    top: int
    signal: Floats
    weight: Floats
    coverage: Floats


def templates(text: str, em: int) -> Template:
    """The template of ``text`` at ``em`` pixels, in the shipped font or the first one that has its characters.

    Raises:
        MissingGlyph: no font at hand can draw it.
    """
    return _template(text, em, font_for(text))


@lru_cache(maxsize=512)
def _template(text: str, em: int, font: str) -> Template:
    k = _OVERSAMPLING
    face = _face(font).font_variant(size=em * k)
    left, room = round(em * 0.25), round(em * 0.25)
    width = left + int(np.ceil(face.getlength(text) / k)) + room
    above, below = round(em * _ROOM_ABOVE), round(em * _ROOM_BELOW)
    canvas = Image.new("L", (width * k, (above + below) * k))
    core, (dx, dy) = face.getmask2(text, mode="L", anchor="ls")
    ink = Image.frombytes("L", core.size, bytes(core))
    canvas.paste(ink, (left * k + dx, above * k + dy))
    coverage = _averaged(np.asarray(canvas), k)
    near = _averaged(_dilated(np.asarray(canvas), max(1, round(RING_EM * em * k))), k)
    return _cut(coverage, near, left, above)


def _averaged(fine: NDArray[np.uint8], k: int) -> Floats:
    height, width = fine.shape
    mean: Floats = fine.reshape(height // k, k, width // k, k).mean(axis=(1, 3), dtype=np.float32)
    return mean / np.float32(255)


def _dilated(mask: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Grown by ``radius`` in every direction (square), by doubling steps."""
    for axis in (0, 1):
        done = 0
        while done < radius:
            step = min(max(1, done), radius - done)
            mask = np.maximum(mask, np.maximum(_shifted(mask, step, axis), _shifted(mask, -step, axis)))
            done += step
    return mask


def _shifted(mask: NDArray[np.uint8], step: int, axis: int) -> NDArray[np.uint8]:
    out = np.zeros_like(mask)
    to, source = [slice(None)] * 2, [slice(None)] * 2
    to[axis], source[axis] = (
        (slice(step, None), slice(None, -step)) if step > 0 else (slice(None, step), slice(-step, None))
    )
    out[tuple(to)] = mask[tuple(source)]
    return out


def _cut(coverage: Floats, near: Floats, left: int, above: int) -> Template:
    rows, columns = np.flatnonzero(near.max(axis=1) > 0.25), np.flatnonzero(near.max(axis=0) > 0.25)
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    coverage, weight = coverage[window], near[window]
    weight = weight / weight.sum()
    signal = coverage - (weight * coverage).sum()
    signal = signal / np.sqrt((weight * signal * signal).sum())
    return Template(
        int(columns[0]) - left, int(rows[0]) - above, (weight * signal).astype(np.float32), weight, coverage
    )


@cache
def _face(font: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font, 400, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def advance(text: str) -> float:
    """Width of a text to where the next character's pen starts, in em."""
    return _face(font_for(text)).getlength(text) / 400 if text else 0.0


@lru_cache(maxsize=1024)
def lowest(text: str) -> float:
    """Ink height of the lowest full-width glyph of a text in em: what the renderer's sizes are about."""
    glyphs = full_width(text)
    font = font_for(glyphs)
    size, rows = sized(glyphs, 400.0, font)
    return rows / size


@lru_cache(maxsize=1024)
def ink_span(glyph: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a character's ink in em, from the pen's start on the baseline, y downwards."""
    core, (left, top) = _face(font_for(glyph)).getmask2(glyph, mode="L", anchor="ls")
    ink = np.frombuffer(bytes(core), np.uint8).reshape(core.size[::-1]) >= INK
    columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    if not len(rows):
        return 0.0, 0.0, 0.0, 0.0
    edges = left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1
    return float(edges[0]) / 400, float(edges[1]) / 400, float(edges[2]) / 400, float(edges[3]) / 400


@cache
def wordings() -> tuple[str, ...]:
    """Every wording that is looked for without being told, all of the grammar's that the fonts at hand can draw."""
    known = dict.fromkeys((*(t for group in WORDINGS.values() for t in group), *_COMMON))
    return tuple(text for text in known if drawable(text))


#: Common in pictures, beyond what the renderer offers itself.
_COMMON = (
    *(
        "本图由AI生成",
        "此图由AI生成",
        "图由AI生成",
        "由AI合成",
        "AI生成合成",
        "由AI生成合成",
        "由人工智能合成",
        "由人工智能生成合成",
    ),
    *(
        "图片由人工智能生成",
        "本图由人工智能生成",
        "内容由人工智能生成",
        "AI生成 · AI-generated",
        "本图像由AI生成",
        "AI生成图像",
        "豆包AI生成",
    ),
    *("千问AI生成", "人工智能生成内容", "人工智能生成图片", "AI合成图片", "本图由AI合成", "内容由AI合成"),
)


@cache
def denials() -> tuple[str, ...]:
    """What makes a label say the opposite when it stands directly before it."""
    return tuple(words for words in _DENIALS if drawable(words))


_DENIALS = ("非", "无", "無", "不是", "没有", "未经", "未使用", "非由", "不含", "未用")


@lru_cache(maxsize=256)
def drawable(text: str) -> bool:
    """Whether the fonts at hand have every character."""
    try:
        font_for(text)
    except MissingGlyph:
        return False
    return True
