"""Searching for the template under any affine map: one family of lines at a time, then pairs of families.

Each family is found by two numbers (direction and scale of its wave vector) and one more (offset along it, which also
gives direction and mirror image), so that turns, mirrors, changed proportions and shear cost nothing extra. Power maps
say where to look; sums with the lines' phases say what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.image._wm_frame import Map
from labelkit.formats.image._wm_pattern import FIRST_LINE, PERIOD, Float, Plan
from labelkit.formats.image._wm_spectrum import Complex, Index, Spectrum, family_map, vectors

#: Length of the offset transform: at least the span of the line indices, and few enough samples to be fast.
_OFFSETS = 256
#: Best cells of the joint power map (of a full-size transform) whose phases are looked at, from the first round to the
#: last: most marks are among the first, and each round only looks at the cells that are new.
CELLS = (2000, 6000, 14_000)
#: Share of them whose second family is looked at, too: those whose first one stands out most.
_PROMISING = 0.4
#: Of each family alone, for changed proportions: cells looked at, and kept.
_SINGLE_CELLS, _SINGLES = 3000, 24
#: Changed proportions: furthest from right angles (cosine), and largest ratio of the scales (logarithm).
_SKEW, _RATIO = 0.42, 0.6
#: Cells per block, so that the offset transforms stay in the cache.
_BLOCK = 2048


@dataclass(frozen=True, slots=True)
class Lines:
    """Families of lines at n wave vectors.

    Attributes:
        vector: n x 2, cycles per pixel and line index; it points along the frame's axis.
        z: how far the sum with the lines' phases stands out, in standard deviations of one real sample.
        offset: frame coordinate of the picture's centre, canonical units.
    """

    vector: NDArray[np.float64]
    z: Float
    offset: Float

    def take(self, chosen: Index) -> Lines:
        """Some of them."""
        return Lines(self.vector[chosen], self.z[chosen], self.offset[chosen])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible geometry.

    Attributes:
        to_frame: map from the searched picture to the frame.
        score: sum of both families' squared z.
        weaker: the smaller of the two.
    """

    to_frame: Map
    score: float
    weaker: float


def coherent(spectrum: Spectrum, vector: NDArray[np.float64], plan: Plan, axis: int) -> Lines:
    """Add up a family's lines with their phases at wave vectors (n x 2), for the best offset and either direction."""
    parts = [_block(spectrum, vector[at : at + _BLOCK], plan, axis) for at in range(0, len(vector), _BLOCK)]
    if not parts:
        return Lines(vector, np.zeros(0, np.float32), np.zeros(0, np.float32))
    return Lines(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("vector", "z", "offset")))


def _block(spectrum: Spectrum, vector: NDArray[np.float64], plan: Plan, axis: int) -> Lines:
    lines = plan.lines[axis]
    values, valid = _lookup(spectrum, vector, lines)
    turned = np.exp(-1j * plan.phases[axis]).astype(np.complex64)
    rows = np.zeros((2, len(vector), _OFFSETS), np.complex64)
    rows[0, :, lines - FIRST_LINE] = (values * turned).T
    rows[1, :, lines - FIRST_LINE] = (values.conj() * turned).T
    peaks = np.fft.fft(rows, axis=2)
    power = peaks.real**2 + peaks.imag**2
    power = power.transpose(1, 0, 2).reshape(len(vector), -1)
    best = power.argmax(axis=1)
    z = np.sqrt(power[np.arange(len(vector)), best] * 2 / np.maximum(valid, 4))
    sign = 1 - 2 * (best // _OFFSETS)
    return Lines(vector * sign[:, None], z, (best % _OFFSETS * (PERIOD / _OFFSETS)).astype(np.float32))


def _lookup(spectrum: Spectrum, vector: NDArray[np.float64], lines: Index) -> tuple[Complex, Float]:
    """The values nearest to each multiple (n x lines), 0 beyond the Nyquist frequency, and how many are not."""
    bins = np.rint(vector[:, :, None] * (lines * spectrum.size)).astype(np.int64)
    inside = (np.abs(bins) < spectrum.size // 2).all(axis=1)
    mask = spectrum.size - 1
    values = spectrum.values[bins[:, 1] & mask, bins[:, 0] & mask]
    return np.where(inside, values, np.complex64(0)), inside.sum(axis=1).astype(np.float32)


class Search:
    """The candidates of one key in one spectrum.

    Attributes:
        spectrum: the picture's.
        plan: the key's.
    """

    def __init__(self, spectrum: Spectrum, plan: Plan) -> None:
        self.spectrum, self.plan = spectrum, plan
        self._maps = [family_map(spectrum, lines) for lines in plan.lines]
        # The v family of a similar picture lies a quarter turn from the u family.
        quarter = len(self._maps[0]) // 2
        self._joint = (self._maps[0] + np.roll(self._maps[1], -quarter, axis=0)).ravel()
        self._looked, self._found = np.zeros(self._joint.size, bool), list[Candidate]()

    @property
    def _scales(self) -> int:
        return int(self._maps[0].shape[1])

    def _share(self, cells: int) -> int:
        """As many of the cells as of the full-size transform's; a smaller one has larger cells."""
        return min(cells * self.spectrum.size**2 // 1024**2, self._joint.size)

    def similar(self, cells: int) -> list[Candidate]:
        """The best candidates among turned, scaled and mirrored pictures, from the best cells of the joint map."""
        count = self._share(cells)
        best = np.argpartition(self._joint, -count)[-count:]
        new = best[~self._looked[best]]
        self._looked[new] = True
        self._found = sorted([*self._found, *self._pairs(new)], key=lambda found: -found.score)[:_KEPT]
        return self._found

    def upright(self) -> list[Candidate]:
        """The best candidates among pictures turned by nothing or by right angles, mirrored or not, at any scale."""
        rows, step = len(self._maps[0]), self.spectrum.step[0]
        angle = np.deg2rad(self.plan.angle)
        near = np.rint(np.array([angle, -angle, angle + np.pi / 2, np.pi / 2 - angle]) / step).astype(int)
        cells = ((near % rows)[:, None] * self._scales + np.arange(self._scales)).ravel()
        return self._pairs(cells[self._joint[cells] > 0])

    def _pairs(self, cells: Index) -> list[Candidate]:
        u = vectors(self.spectrum, cells, self._scales)
        first = coherent(self.spectrum, u, self.plan, 0)
        promising = np.argsort(-first.z)[: max(_KEPT, round(_PROMISING * len(cells)))]
        first, u = first.take(promising), u[promising]
        second = coherent(self.spectrum, np.stack([-u[:, 1], u[:, 0]], axis=1), self.plan, 1)
        best = np.argsort(-(first.z**2 + second.z**2))[:_KEPT]
        return list(_candidates(first.take(best), second.take(best), self.spectrum.centre))

    def deformed(self) -> list[Candidate]:
        """The best candidates among pictures whose proportions changed or that were sheared."""
        first, second = self._singles(0), self._singles(1)
        i, j = (index.ravel() for index in np.indices((len(first.z), len(second.z))))
        a, b = first.vector[i], second.vector[j]
        lengths = np.hypot(*a.T), np.hypot(*b.T)
        skew = np.abs((a * b).sum(axis=1)) / (lengths[0] * lengths[1])
        fits = np.flatnonzero((skew < _SKEW) & (np.abs(np.log(lengths[0] / lengths[1])) < _RATIO))
        score = first.z[i] ** 2 + second.z[j] ** 2
        best = fits[np.argsort(-score[fits])][:_KEPT]
        return list(_candidates(first.take(i[best]), second.take(j[best]), self.spectrum.centre))

    def _singles(self, axis: int) -> Lines:
        power = self._maps[axis].ravel()
        count = self._share(_SINGLE_CELLS)
        cells = np.argpartition(power, -count)[-count:]
        lines = coherent(self.spectrum, vectors(self.spectrum, cells, self._scales), self.plan, axis)
        return lines.take(_distinct(lines, np.argsort(-lines.z), _SINGLES))


#: Candidates a round hands on.
_KEPT = 24
#: Wave vectors closer than this, relative to their length, are one family.
_SAME = 0.01
#: Refinement: half range of the first and second level relative to the wave vector's length, and grid points a side.
_LEVELS, _GRID = (0.0045, 0.0015), 5


def _distinct(lines: Lines, order: Index, count: int) -> Index:
    """The first ``count`` of ``order`` that are not near an earlier one."""
    kept: list[int] = []
    vectors = lines.vector
    for index in order[: 20 * count]:
        length = np.hypot(*vectors[index])
        if all(np.hypot(*(vectors[index] - vectors[k])) > _SAME * length for k in kept):
            kept.append(int(index))
            if len(kept) == count:
                break
    return np.array(kept, np.int64)


def _candidates(first: Lines, second: Lines, centre: tuple[float, float]) -> Iterator[Candidate]:
    for n in range(len(first.z)):
        rows = []
        for lines in (first, second):
            k = PERIOD * lines.vector[n]
            rows.append([k[0], k[1], float(lines.offset[n]) - k @ centre])
        powers = float(first.z[n]) ** 2, float(second.z[n]) ** 2
        yield Candidate(np.array(rows), sum(powers), min(powers))


def refined(spectrum: Spectrum, plan: Plan, candidates: list[Candidate]) -> list[Candidate]:
    """The candidates moved to the nearest maximum, best first; those that end up together only once."""
    if not candidates:
        return []
    maps = np.array([c.to_frame for c in candidates])
    families = [_climb(spectrum, plan, axis, maps[:, axis, :2] / PERIOD) for axis in (0, 1)]
    moved = list(_candidates(families[0], families[1], spectrum.centre))
    kept: list[Candidate] = []
    for candidate in sorted(moved, key=lambda c: -c.score):
        if not any(alike(candidate.to_frame, other.to_frame) for other in kept):
            kept.append(candidate)
    return kept


def alike(one: Map, other: Map) -> bool:
    """Whether two maps turn and scale the same way; where they put the picture is not compared."""
    return float(np.abs(one[:, :2] - other[:, :2]).max()) < 2 * _SAME * float(np.abs(one[:, :2]).max())


def _climb(spectrum: Spectrum, plan: Plan, axis: int, vector: NDArray[np.float64]) -> Lines:
    """The best wave vectors near ``vector`` (n x 2) and their offsets, on two grids, each finer than the last."""
    steps = np.linspace(-1, 1, _GRID)
    grid = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    lines = Lines(vector, np.zeros(len(vector), np.float32), np.zeros(len(vector), np.float32))
    for level in _LEVELS:
        along = lines.vector[:, None, :] * level
        across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
        tried = lines.vector[:, None, :] + along * grid[:, :1] + across * grid[:, 1:]
        lines = _best_of(spectrum, tried, plan, axis)
    return lines


def _best_of(spectrum: Spectrum, tried: NDArray[np.float64], plan: Plan, axis: int) -> Lines:
    """Of each row of wave vectors (n x tried x 2) the one that adds up best, exact to a fraction of a unit."""
    count, many, _ = tried.shape
    lines = plan.lines[axis]
    values, valid = _interpolated(spectrum, tried.reshape(-1, 2), lines)
    rows = np.zeros((count * many, PERIOD), np.complex64)
    rows[:, lines] = values * np.exp(-1j * plan.phases[axis]).astype(np.complex64)
    # The real part, of either polarity, since an inverted picture keeps its mark.
    sums = np.abs(np.fft.fft(rows, axis=1).real)
    peak = sums.argmax(axis=1)
    everyone = np.arange(count * many)
    z = (sums[everyone, peak] / np.sqrt(np.maximum(valid, 4) / 2)).reshape(count, many)
    best = z.argmax(axis=1)
    chosen = np.arange(count) * many + best
    left, middle, right = (sums[chosen, (peak[chosen] + d) % PERIOD] for d in (-1, 0, 1))
    shift = (right - left) / (2 * np.maximum(2 * middle - left - right, 1e-6))
    offset = peak[chosen] + np.clip(shift, -0.5, 0.5)
    return Lines(tried.reshape(-1, 2)[chosen], z[np.arange(count), best], offset.astype(np.float32))


def _interpolated(spectrum: Spectrum, vector: NDArray[np.float64], lines: Index) -> tuple[Complex, Float]:
    """As :func:`_lookup`, between the bins: the picture is centred, so that phases change slowly."""
    at = vector[:, :, None] * (lines * spectrum.size)
    low = np.floor(at).astype(np.int64)
    part = (at - low).astype(np.float32)
    inside = (np.abs(at) < spectrum.size / 2 - 1).all(axis=1)
    mask = spectrum.size - 1
    x, y = low[:, 0] & mask, low[:, 1] & mask
    right, down = (x + 1) & mask, (y + 1) & mask
    fx, fy = part[:, 0], part[:, 1]
    v = spectrum.values
    upper, lower = v[y, x] * (1 - fx) + v[y, right] * fx, v[down, x] * (1 - fx) + v[down, right] * fx
    return np.where(inside, upper * (1 - fy) + lower * fy, np.complex64(0)), inside.sum(axis=1).astype(np.float32)
