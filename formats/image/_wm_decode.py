"""Reading the payload once the geometry is known: host rejection, folding onto one tile, weights, decoding.

Nothing here looks at the keyed signs before the last step, so the bound of :mod:`labelkit.watermark.decision` holds for
whatever geometry and weights are tried: the statistic is a sum over single DFT coordinates, each with its own
independent keyed sign, divided by the root of the sum of their squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from labelkit.formats.image._wm_frame import Map, compose, inverse, resize, resizing
from labelkit.formats.image._wm_pattern import (
    CODE,
    MAX_FREQUENCY,
    MIN_FREQUENCY,
    PERIOD,
    SLOPE,
    TILE,
    Float,
    Plan,
    half_plane,
    template,
)
from labelkit.watermark.decision import statistic
from labelkit.watermark.keys import Key

#: Bands of the host rejection: standard deviations in canonical pixels, window of the local variance relative to each
#: band's wider filter, floor of the variance (grey levels squared), and limit of the sum.
_BANDS = (0.7, 1.4, 2.8)
_WINDOW, _VARIANCE_FLOOR, _LIMIT = 1.2, 0.2, 3.5
#: What each set of weights supposes: a low-pass that begins to bite at this frequency (cycles per canonical pixel), and
#: how far received power tells noise (1: all of it) from what the low-pass took from host and mark alike (0.5).
PROFILES = ((np.inf, 1.0), (0.3, 0.8), (0.22, 0.8), (0.17, 0.65))
#: Bins of received power, radial and angular, that the weights are taken from.
_RADIAL, _ANGULAR = 16, 6
#: A canonical picture with a shorter side (pixels) or a larger area than this is a wrong geometry.
_MIN_SIDE, MAX_AREA = 16, 1 << 21
#: Side of the blocks in which the template is listened for, and the distance over which that is smoothed, frame units.
BLOCK, _HEARING = 32, 64.0
#: Neighbouring frequencies that a template line is compared with, and the most that one line may count for.
_BETWEEN, _LINE_CAP = 25, 3.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A decoded payload and how strongly it stands out.

    Attributes:
        payload: 64-bit number.
        z: normalised correlation over the finest independent signs.
    """

    payload: int
    z: float


def prefilter(grey: Float, bands: tuple[float, ...] = _BANDS) -> Float:
    """What the host adds to the mark, brought down to nearly unit noise: locally normalised band-pass pictures."""
    total, wide = np.zeros_like(grey), grey
    band, power = np.empty_like(grey), np.empty_like(grey)
    for sigma in bands:
        narrow, wide = wide, _blurred(grey, sigma)
        np.subtract(narrow, wide, out=band)
        np.multiply(band, band, out=power)
        power = _blurred(power, _WINDOW * sigma)
        power += _VARIANCE_FLOOR
        band /= cv2.sqrt(power, power)
        total += band
    return np.clip(total, -_LIMIT, _LIMIT, out=total)


def _blurred(values: Float, sigma: float) -> Float:
    """A Gaussian window of three standard deviations each way; OpenCV's own choice of four costs a third more."""
    side = 2 * int(np.ceil(3 * sigma)) + 1
    return np.asarray(cv2.GaussianBlur(values, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101))


class Canonical:
    """A grey picture that is wanted, filtered, at many canonical scales; the last few are kept.

    Attributes:
        grey: height x width, 0 to 255.
    """

    def __init__(self, grey: Float) -> None:
        self.grey = grey
        self._filtered: dict[tuple[int, int], Float] = {}

    def filtered(self, to_frame: Map) -> tuple[Float, Map] | None:
        """The filtered picture with one pixel per frame unit, and what is left of the map; None if absurdly large."""
        height, width = self.grey.shape
        sx, sy = np.hypot(to_frame[0, :2], to_frame[1, :2])
        if min(height * sy, width * sx) < _MIN_SIDE or height * sy * width * sx > MAX_AREA:
            return None
        shape = (round(height * sy), round(width * sx))
        if shape not in self._filtered:
            if len(self._filtered) > 4:
                self._filtered.pop(next(iter(self._filtered)))
            self._filtered[shape] = prefilter(resize(self.grey, shape))
        return self._filtered[shape], compose(to_frame, inverse(resizing(self.grey.shape, shape)))


@dataclass(frozen=True, slots=True)
class Frame:
    """A filtered picture in the frame of a key.

    Attributes:
        values: rows v, columns u, whole tiles; 0 outside the picture.
        low: frame coordinates (u, v) of the first value, whole tiles.
        z: how far the template stands out of the whole picture, in standard deviations; negative in a negative.
    """

    values: Float
    low: tuple[int, int]
    z: float


def framed(filtered: Float, to_frame: Map, plan: Plan) -> Frame:
    """A filtered picture seen in the frame of a key."""
    height, width = filtered.shape
    corners = to_frame[:, :2] @ np.array([[0, width, 0, width], [0, 0, height, height]]) + to_frame[:, 2:]
    low = np.floor(corners.min(axis=1) / TILE).astype(int) * TILE
    size = np.ceil((corners.max(axis=1) - low) / TILE).astype(int) * TILE
    moved = to_frame - np.array([[0, 0, low[0]], [0, 0, low[1]]])
    values = np.asarray(cv2.warpAffine(filtered, moved, (int(size[0]), int(size[1])), flags=cv2.INTER_CUBIC))
    first = int(low[0]), int(low[1])
    return Frame(values, first, heard(values, first, plan))


def heard(values: Float, low: tuple[int, int], plan: Plan) -> float:
    """How far the template stands out of values that begin at ``low`` in the frame, in standard deviations."""
    return sum(_heard(values.sum(axis=axis), low[axis], plan, axis) for axis in (0, 1)) / float(np.sqrt(2))


def _heard(marginal: Float, low: int, plan: Plan, axis: int) -> float:
    """How far one family of template lines stands out of the frequencies between them, in standard deviations."""
    whole = np.zeros(-(-len(marginal) // PERIOD) * PERIOD)
    whole[: len(marginal)] = marginal
    folded = np.roll(whole.reshape(-1, PERIOD).sum(axis=0), low)
    spectrum = np.fft.rfft(folded)
    lines, between = plan.lines[axis], np.ones(len(spectrum), bool)
    between[lines] = False
    power, window = np.abs(spectrum) ** 2 * between, np.ones(_BETWEEN)
    noise = np.convolve(power, window, "same") / np.maximum(np.convolve(between, window, "same"), 1)
    clear = spectrum[lines] * np.exp(-1j * plan.phases[axis]) / np.sqrt(np.maximum(noise[lines], 1e-12))
    limited = clear / np.maximum(np.abs(clear) / _LINE_CAP, 1)
    return float(limited.real.sum() / np.sqrt(len(lines) / 2))


def weighed(frame: Frame, key: Key) -> Float:
    """The frame's values weighed by how well the template is heard around each place.

    Foreign areas and overlays fall out; all of it is known from the template alone.
    """
    rows, columns = frame.values.shape
    agreement = cv2.resize(
        frame.values * _template(key, frame), (columns // BLOCK, rows // BLOCK), interpolation=cv2.INTER_AREA
    )
    agreement = cv2.GaussianBlur(agreement, (0, 0), _HEARING / BLOCK, borderType=cv2.BORDER_CONSTANT)
    weight = np.maximum(agreement * np.sign(frame.z), 0)
    return np.asarray(frame.values * cv2.resize(weight, (columns, rows), interpolation=cv2.INTER_LINEAR))


def _template(key: Key, frame: Frame) -> Float:
    """The template where the frame's values are."""
    rows, columns = frame.values.shape
    first = np.roll(template(key), (-frame.low[1], -frame.low[0]), axis=(0, 1))
    return np.tile(first, (-(-rows // PERIOD), -(-columns // PERIOD)))[:rows, :columns]


def fold(values: Float) -> Float:
    """All periods of the tile added up, TILE x TILE."""
    rows, columns = values.shape[0] // TILE, values.shape[1] // TILE
    return np.asarray(values.reshape(rows, TILE, columns, TILE).sum(axis=(0, 2)))


@lru_cache(maxsize=1)
def _bins() -> tuple[NDArray[np.int64], Float]:
    """The power bin of each tile coefficient, and the expected amplitudes (profiles x coefficients)."""
    rows, columns, frequency = half_plane()
    radial = (frequency - MIN_FREQUENCY) / (MAX_FREQUENCY - MIN_FREQUENCY) * _RADIAL
    angle = np.arctan2(np.where(rows > TILE // 2, rows - TILE, rows), columns)
    angular = (angle / np.pi + 0.5) * _ANGULAR
    profiles = np.array([frequency**-SLOPE * np.exp(-((frequency / limit) ** 4)) for limit, _ in PROFILES])
    index = np.clip(radial.astype(int), 0, _RADIAL - 1) * _ANGULAR + np.clip(angular.astype(int), 0, _ANGULAR - 1)
    return index, profiles.astype(np.float32)


def read(folded: Float, plan: Plan, enough: float, count: int = len(PROFILES)) -> Reading | None:
    """The payload in a folded tile, from the first of ``count`` amplitude profiles that gives a right CRC and z."""
    spectrum = np.fft.rfft2(folded)[plan.rows, plan.columns]
    index, profiles = _bins()
    counts = np.bincount(index, minlength=_RADIAL * _ANGULAR)
    power = np.bincount(index, np.abs(spectrum) ** 2, _RADIAL * _ANGULAR) / np.maximum(counts, 1)
    power /= max(float(power.max()), 1e-12)
    received = spectrum.astype(np.complex64)
    for profile, (_, trust) in zip(profiles[:count], PROFILES, strict=False):
        weights = profile / np.maximum(power, 1e-12)[index] ** trust
        reading = _decoded((received * weights.astype(np.float32)).view(np.float32), plan, enough)
        if reading:
            return reading
    return None


def _decoded(weighted: Float, plan: Plan, enough: float) -> Reading | None:
    """Decode one row of weighted coordinates."""
    energy = float(weighted @ weighted)
    if not energy > 0:
        return None
    soft = np.bincount(plan.bit, weighted * plan.sign, CODE.length).astype(np.float32) / np.float32(np.sqrt(energy))
    word = CODE.decode(soft, least=enough)
    return Reading(word.payload, statistic(word.coded, soft, 1.0)) if word else None
