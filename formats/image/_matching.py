"""Weighted normalised cross-correlation of label templates with a picture, coarse over all of it, then fine in places.

The score is the correlation coefficient of ink coverage and grey value under the template's weights: 1 for ink of one
grey on a ground of one other grey, whichever is the brighter, 0 for no relation. The sign tells bright ink from dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit.formats.image._probes import COARSE, FINE, Floats, Template, templates

Complex: TypeAlias = NDArray[np.complexfloating[Any, Any]]

#: Rows and columns of the pieces that are transformed at once; the templates' transforms are kept for this size.
TILE = (128, 256)
_FINE_TILE = (64, 256)
#: Grey-value variance below which a patch is flat and correlates with nothing.
FLAT = 6.0
#: Longest shortest side that is looked at; at it, 3 % of ink height are 29 pixels.
WORKING_SIDE = 960
_PAD_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where part of a label may stand.

    Attributes:
        text: the part.
        x, y: pen start on the baseline, in pixels of the picture.
        em: size in pixels of the picture.
        score: signed correlation; positive for bright ink.
    """

    text: str
    x: float
    y: float
    em: float
    score: float

    @property
    def polarity(self) -> int:
        """1 for bright ink on a darker ground, -1 for dark ink."""
        return 1 if self.score > 0 else -1


class _Span:
    """Samples along one axis: ``count`` of ``step`` source pixels from ``origin``, and which of them lie inside."""

    def __init__(self, origin: float, step: float, count: int, room: int) -> None:
        self.origin, self.step = origin, step
        self.start = min(count, max(0, int(np.ceil(-origin / step))))
        self.stop = max(0, min(count, int((room - origin) / step)))

    def edge(self, index: int) -> float:
        """Where a sample begins in the source."""
        return max(0.0, self.origin + index * self.step)


class Canvas:
    """A grey picture at several resolutions, with a margin so that places at its edge can be compared too."""

    def __init__(self, grey: Image.Image) -> None:
        self.width, self.height = grey.size
        short = min(grey.size)
        step = max(1, short // WORKING_SIDE)
        small = grey.reduce(step) if step > 1 else grey
        self.pad = int(_PAD_SHARE * min(small.size)) + 8
        plane = np.pad(np.asarray(small), self.pad, mode="edge")
        self._octaves = [Image.fromarray(plane)]
        self._scale = small.width / self.width, small.height / self.height
        while min(self._octaves[-1].size) > 128:
            self._octaves.append(self._octaves[-1].reduce(2))

    def crop(self, left: float, top: float, width: float, height: float, size: tuple[int, int]) -> Floats:
        """A rectangle in picture coordinates, resampled to ``size`` (width, height).

        Beyond the margin the outermost pixels repeat.
        """
        sx, sy = self._scale
        level = max(0, min(len(self._octaves) - 1, int(np.log2(max(1.0, width * sx / size[0])))))
        image, unit = self._octaves[level], 1 << level
        # An octave has ceil(n / 2) pixels of exactly twice the size, so coordinates halve.
        x = _Span((left * sx + self.pad) / unit, width * sx / unit / size[0], size[0], image.width)
        y = _Span((top * sy + self.pad) / unit, height * sy / unit / size[1], size[1], image.height)
        if x.stop <= x.start or y.stop <= y.start:
            return np.zeros((size[1], size[0]), np.float32)
        smooth = Image.Resampling.BILINEAR if x.step > 1 else Image.Resampling.BICUBIC
        box = x.edge(x.start), y.edge(y.start), x.edge(x.stop), y.edge(y.stop)
        part = np.asarray(image.resize((x.stop - x.start, y.stop - y.start), smooth, box=box), np.float32)
        if part.shape == (size[1], size[0]):
            return part
        return np.pad(part, ((y.start, size[1] - y.stop), (x.start, size[0] - x.stop)), mode="edge")

    def window(self, left: int, top: int, right: int, bottom: int, em: float) -> Floats:
        """Part of the picture at the resolution where ``em`` pixels of the picture become :data:`COARSE`."""
        zoom = COARSE / em
        size = max(1, round((right - left) * zoom)), max(1, round((bottom - top) * zoom))
        return self.crop(left, top, right - left, bottom - top, size)


@lru_cache(maxsize=64)
def _transforms(text: str, em: int, tile: tuple[int, int]) -> tuple[Template, Complex, Complex]:
    template = templates(text, em)
    signal = np.conj(np.fft.rfft2(template.signal, tile))
    weight = np.conj(np.fft.rfft2(template.weight, tile))
    return template, signal, weight


def _scores(
    spectra: tuple[Complex, Complex], transforms: tuple[Template, Complex, Complex], tile: tuple[int, int]
) -> Floats:
    """Correlation at every shift of one template over a stack of tiles."""
    template, signal, weight = transforms
    plain, square = spectra
    height, width = template.signal.shape
    room = np.s_[..., : tile[0] - height + 1, : tile[1] - width + 1]
    covariance = np.fft.irfft2(plain * signal, tile)[room]
    mean = np.fft.irfft2(plain * weight, tile)[room]
    power = np.fft.irfft2(square * weight, tile)[room]
    power -= mean * mean
    np.maximum(power, FLAT, out=power)
    np.sqrt(power, out=power)
    covariance /= power
    return covariance.astype(np.float32, copy=False)


def _spectra(tiles: Floats) -> tuple[Complex, Complex]:
    return np.fft.rfft2(tiles), np.fft.rfft2(tiles * tiles)


@dataclass(frozen=True, slots=True)
class Peak:
    """A maximum of the correlation: index of the text, column, row, signed score."""

    probe: int
    x: int
    y: int
    score: float


def scan(plane: Floats, texts: Sequence[str], least: float, most: int) -> list[Peak]:
    """The strongest places of each text in a plane at coarse resolution, by falling strength."""
    known = [_transforms(text, COARSE, TILE) for text in texts]
    reach = max(t.signal.shape[0] for t, _, _ in known), max(t.signal.shape[1] for t, _, _ in known)
    step = TILE[0] - reach[0] + 1, TILE[1] - reach[1] + 1
    if plane.shape[0] < reach[0] or plane.shape[1] < reach[1]:
        plane = np.pad(plane, [(0, max(0, r - n)) for r, n in zip(reach, plane.shape, strict=True)], mode="edge")
    tiles, origins = _tiles(plane - np.float32(128), step)
    spectra = _spectra(tiles)
    found: list[Peak] = []
    for index, transforms in enumerate(known):
        scores = _scores(spectra, transforms, TILE)[:, : step[0], : step[1]]
        found += _peaks(scores, origins, index, least, most)
    return sorted(found, key=lambda p: -abs(p.score))[:most]


def _tiles(plane: Floats, step: tuple[int, int]) -> tuple[Floats, list[tuple[int, int]]]:
    height, width = plane.shape
    origins = [(y, x) for y in range(0, height, step[0]) for x in range(0, width, step[1])]
    tiles = np.zeros((len(origins), *TILE), np.float32)
    for tile, (y, x) in zip(tiles, origins, strict=True):
        part = plane[y : y + TILE[0], x : x + TILE[1]]
        tile[: part.shape[0], : part.shape[1]] = part
    return tiles, origins


def _peaks(scores: Floats, origins: list[tuple[int, int]], index: int, least: float, most: int) -> list[Peak]:
    """Local maxima of the absolute score, at most ``most`` per tile stack, thinned to one per glyph's width."""
    strength = np.abs(scores)
    places = np.flatnonzero(strength > least)
    if not len(places):
        return []
    places = places[np.argsort(strength.ravel()[places])[::-1][: 40 * most]]
    kept: list[Peak] = []
    for place in places:
        tile, rest = divmod(int(place), strength.shape[1] * strength.shape[2])
        y, x = divmod(rest, strength.shape[2])
        top, left = origins[tile]
        if all(abs(k.x - left - x) > COARSE // 3 or abs(k.y - top - y) > COARSE // 3 for k in kept):
            kept.append(Peak(index, left + x, top + y, float(scores[tile, y, x])))
            if len(kept) == most:
                break
    return kept


def refined(canvas: Canvas, rough: Candidate, zooms: Sequence[float]) -> Candidate:
    """The same place compared at twice the resolution, over several sizes and all shifts nearby."""
    transforms = _transforms(rough.text, FINE, _FINE_TILE)
    template = transforms[0]
    height, width = template.signal.shape
    if width > _FINE_TILE[1] - 8 or height > _FINE_TILE[0] - 8:
        return rough
    slack = min(FINE // 2, (_FINE_TILE[0] - height) // 2, (_FINE_TILE[1] - width) // 2)
    tiles = np.zeros((len(zooms), *_FINE_TILE), np.float32)
    for tile, zoom in zip(tiles, zooms, strict=True):
        tile[: height + 2 * slack, : width + 2 * slack] = _around(canvas, rough, template, rough.em * zoom, slack)
    scores = _scores(_spectra(tiles), transforms, _FINE_TILE)[:, : 2 * slack + 1, : 2 * slack + 1] * rough.polarity
    best, y, x = (int(v) for v in np.unravel_index(int(np.argmax(scores)), scores.shape))
    em = rough.em * zooms[best]
    dx, dy = _vertex(scores[best], y, x)
    return replace(
        rough,
        em=em,
        x=_aligned(rough.x, rough.em, em, template.left, template.signal.shape[1]) + (dx - slack) * em / FINE,
        y=_aligned(rough.y, rough.em, em, template.top, template.signal.shape[0]) + (dy - slack) * em / FINE,
        score=float(scores[best, y, x]) * rough.polarity,
    )


def beside(canvas: Canvas, place: Candidate, text: str, lines: int) -> Candidate:
    """The best place of ``text`` in the same size and ink on the next line (``lines`` 1) or the one before (-1)."""
    transforms = _transforms(text, FINE, _FINE_TILE)
    template, unit = transforms[0], place.em / FINE
    # Line pitches from 1.0 to 1.7 em; lines that begin up to 1.5 em farther left, or far to the right.
    nearest = 1.0 if lines > 0 else -1.7
    left, top = place.x - 1.5 * place.em, place.y + nearest * place.em + template.top * unit
    height = min(_FINE_TILE[0], template.signal.shape[0] + round(0.7 * FINE))
    width = _FINE_TILE[1]
    tile = np.zeros((1, *_FINE_TILE), np.float32)
    tile[0, :height] = canvas.crop(left, top, width * unit, height * unit, (width, height)) - np.float32(128)
    room = height - template.signal.shape[0] + 1, width - template.signal.shape[1] + 1
    scores = _scores(_spectra(tile), transforms, _FINE_TILE)[0, : room[0], : room[1]] * place.polarity
    y, x = (int(v) for v in np.unravel_index(int(np.argmax(scores)), scores.shape))
    return Candidate(
        text,
        left + (x - template.left) * unit,
        top + (y - template.top) * unit,
        place.em,
        float(scores[y, x]) * place.polarity,
    )


def _around(canvas: Canvas, rough: Candidate, template: Template, em: float, slack: int) -> Floats:
    """The neighbourhood of a candidate at fine resolution if its em were ``em``, about the same centre."""
    height, width = template.signal.shape
    unit = em / FINE
    left = _aligned(rough.x, rough.em, em, template.left, width) + (template.left - slack) * unit
    top = _aligned(rough.y, rough.em, em, template.top, height) + (template.top - slack) * unit
    size = width + 2 * slack, height + 2 * slack
    return canvas.crop(left, top, size[0] * unit, size[1] * unit, size) - np.float32(128)


def _aligned(start: float, em: float, new: float, offset: int, length: int) -> float:
    """Where the pen starts at another em size when the template's centre stays."""
    return start + (offset + length / 2) * (em - new) / FINE


def _vertex(scores: Floats, y: int, x: int) -> tuple[float, float]:
    """Sub-pixel place of a maximum, by a parabola through its neighbours."""
    return parabola(scores[y], x), parabola(scores[:, x], y)


def parabola(line: Floats, at: int) -> float:
    """Where the maximum of a line of samples really lies that has its largest sample at ``at``."""
    if not 0 < at < len(line) - 1:
        return float(at)
    before, here, after = float(line[at - 1]), float(line[at]), float(line[at + 1])
    bend = before - 2 * here + after
    return at + (0.0 if bend >= -1e-9 else max(-0.5, min(0.5, 0.5 * (before - after) / bend)))
