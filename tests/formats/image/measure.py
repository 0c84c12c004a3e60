"""Measure a visible label from two pictures, without and with it. Shares nothing with the code that draws labels.

What changed between the pictures is the label. Its ink is the brightest or the darkest part of what changed; the gaps
between inked columns separate the glyphs; the pixels two steps away from ink are what a reader sees it against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """Heights in pixels per full-width glyph, their least share of the shortest side, and the least contrast."""

    heights: tuple[int, ...]
    ratio: float
    contrast: float
    box: tuple[int, int, int, int]


def luminance(rgb: np.ndarray) -> np.ndarray:
    """WCAG relative luminance."""
    c = rgb[..., :3].astype(np.float64) / 255
    c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return c @ np.array([0.2126, 0.7152, 0.0722])


def measure(
    before: np.ndarray, after: np.ndarray, text: str, box: tuple[int, int, int, int], noise: int = 8
) -> Measured:
    """Measure the label ``text`` that is said to have its ink in ``box``; lossy codecs need more ``noise``."""
    left, top, right, bottom = box
    height, width = after.shape[:2]
    pad = max(6, (bottom - top) // 3)
    window = slice(max(0, top - pad), min(height, bottom + pad)), slice(max(0, left - pad), min(width, right + pad))
    level = luminance(after[window])
    changed = (np.abs(after[window].astype(int) - before[window].astype(int)) > noise).any(axis=2)
    # Corners of a plate may be as bright as ink: what is read as ink lies where the label says its ink is.
    said = np.zeros(changed.shape, bool)
    offset = window[1].start, window[0].start
    rows = slice(max(0, top - 2 - offset[1]), bottom + 2 - offset[1])
    said[rows, max(0, left - 2 - offset[0]) : right + 2 - offset[0]] = True
    found = [m for m in (_reading(level, changed, said, text, bright) for bright in (True, False)) if m is not None]
    # Of the two readings the ink is the one that fills that box and does not go on outside it, as an outline does.
    heights, contrast, inner, _ = min(found, key=lambda m: m[3] + _distance(m[2], offset, box))
    real = tuple(v + offset[i % 2] for i, v in enumerate(inner))
    return Measured(heights, min(heights) / min(after.shape[:2]), contrast, real)  # type: ignore[arg-type]


def _distance(inner, offset, box) -> float:
    return sum(abs(v + offset[i % 2] - box[i]) for i, v in enumerate(inner))


def _reading(level: np.ndarray, changed: np.ndarray, said: np.ndarray, text: str, bright: bool):
    """Heights of the full-width glyphs, contrast and box, if the ink is bright (or dark)."""
    extreme = level >= 0.72 if bright else level <= 0.03
    # Ink that happens to have the colour that was there before has not changed, but lies among what has.
    # What is as bright (or dark) and reaches the unchanged picture is the picture, or the soft end of an outline.
    inside = _filled(changed)
    core = extreme & inside & ~_reached(extreme & ~inside, extreme)
    stray, core = int((core & ~said).sum()), core & said
    if core.sum() < 12:
        return None
    ink_level = float(np.median(level[core]))
    far = _grown(core, 4) & ~_grown(core, 1) & inside & ~extreme
    ground = float(np.median(level[far])) if far.any() else 1.0 - ink_level
    # sRGB mixes in values, not in light: half coverage is half way between the two as values.
    middle = _value_middle(ink_level, ground)
    ink = (level >= middle if bright else level <= middle) & inside & _grown(core, 2) & said
    glyphs = _glyphs(ink, text)
    if glyphs is None:
        return None
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = int(columns[0]), int(rows[0]), int(columns[-1] + 1), int(rows[-1] + 1)
    wide = [g for g, c in zip(glyphs, text.replace(" ", ""), strict=True) if ord(c) >= 0x2E80]
    heights = tuple(_rows(ink[:, a:b]) for a, b in wide)
    contrast = min(_contrast(level, ink, core, a, b) for a, b in glyphs)
    # Ink changes the picture nearly everywhere; the ground between the glyphs may not.
    return heights, contrast, box, stray + 10 * float((~changed)[core].mean())


def _value_middle(a: float, b: float) -> float:
    value = (_encode(a) + _encode(b)) / 2
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encode(linear: float) -> float:
    return linear * 12.92 if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def _glyphs(ink: np.ndarray, text: str) -> list[tuple[int, int]] | None:
    """Column ranges of the glyphs: the widest gaps between inked columns separate them."""
    count = len(text.replace(" ", ""))
    inked = ink.any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inked.astype(int), [0]])))
    runs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    while len(runs) > count:
        gaps = [runs[i + 1][0] - runs[i][1] for i in range(len(runs) - 1)]
        at = int(np.argmin(gaps))
        runs[at : at + 2] = [(runs[at][0], runs[at + 1][1])]
    while 0 < len(runs) < count:  # glyphs that touch: part the widest where it has least ink
        at = max(range(len(runs)), key=lambda i: runs[i][1] - runs[i][0])
        left, right = runs[at]
        third = max(1, (right - left) // 3)
        if right - left < 4:
            return None
        cut = left + third + int(ink[:, left + third : right - third].sum(axis=0).argmin())
        runs[at : at + 1] = [(left, cut), (cut, right)]
    return runs or None


def _rows(part: np.ndarray) -> int:
    rows = np.flatnonzero(part.any(axis=1))
    return int(rows[-1] - rows[0] + 1)


def _contrast(level: np.ndarray, ink: np.ndarray, core: np.ndarray, left: int, right: int) -> float:
    """Of one glyph: its ink's median against the worst twentieth of the pixels next to ink.

    The eight neighbours of an ink pixel are left out: anti-aliasing mixes ink into them.
    """
    part = slice(max(0, left - 2), right + 2)
    rim = _grown(ink, 1) | _grown(np.pad(ink, 1)[:, 2:] | np.pad(ink, 1)[:, :-2], 1)[1:-1]
    steps = max(2, round(0.06 * _rows(ink[:, left:right])))
    near = (_grown(ink, steps) & ~rim)[:, part]
    glyph = level[:, left:right][core[:, left:right]]
    inked = float(np.median(glyph)) if glyph.size else float(np.median(level[:, left:right][ink[:, left:right]]))
    around = level[:, part][near]
    ratios = (np.maximum(around, inked) + 0.05) / (np.minimum(around, inked) + 0.05)
    return float(np.quantile(ratios, 0.05)) if ratios.size else 0.0


def _filled(changed: np.ndarray) -> np.ndarray:
    """Pixels with changed ones on all four sides."""
    across = np.maximum.accumulate(changed, axis=1) & np.maximum.accumulate(changed[:, ::-1], axis=1)[:, ::-1]
    down = np.maximum.accumulate(changed, axis=0) & np.maximum.accumulate(changed[::-1], axis=0)[::-1]
    return across & down


def _reached(start: np.ndarray, within: np.ndarray) -> np.ndarray:
    """What can be reached from a start through neighbours inside a mask."""
    found = start & within
    while True:
        wider = _grown(found, 1) & within
        if wider.sum() == found.sum():
            return found
        found = wider


def _grown(mask: np.ndarray, steps: int) -> np.ndarray:
    """Dilated by a diamond of this many steps."""
    out = mask.copy()
    for _ in range(steps):
        wider = out.copy()
        wider[1:] |= out[:-1]
        wider[:-1] |= out[1:]
        wider[:, 1:] |= out[:, :-1]
        wider[:, :-1] |= out[:, 1:]
        out = wider
    return out
