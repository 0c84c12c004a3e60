"""Finding the watermark: first where an untouched or merely resized picture has it, then anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.image._wm_decode import PROFILES, Canonical, Reading, fold, framed, read, weighed
from labelkit.formats.image._wm_frame import Map, canonical_shape, compose, reduced, resize, resizing, turned
from labelkit.formats.image._wm_pattern import CANONICAL, Float, Plan, plan
from labelkit.formats.image._wm_search import CELLS, Candidate, Search, alike, refined
from labelkit.formats.image._wm_spectrum import WORK_SIDE, Spectrum, spectrum
from labelkit.formats.image._wm_track import tracked
from labelkit.watermark import decision
from labelkit.watermark.keys import Key

#: Bound of the chance that one detection, with all its keys, reports a mark where there is none.
FALSE_ALARM = 1e-8
#: Where windows begin, relative to height and width.
_WINDOWS = ((0.25, 0.25), (0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5))
#: Geometries decoded per key at most: known ones, candidates in the whole picture, candidates in each window.
_KNOWN, _IN_WHOLE, _IN_WINDOW = 2, 8, 2
#: Decodings per key at most, candidates as they are and tracked; the bound counts them whether they happen or not.
TRIES = (_KNOWN + 2 * (_IN_WHOLE + _IN_WINDOW * len(_WINDOWS))) * len(PROFILES)
#: Template strength, standard deviations, below which a geometry is not decoded, and not tracked.
_HEARD, _FOLLOWED = 3.0, 4.0
#: What a candidate's score must exceed in the quick rounds, in the thorough one, where noise reaches about 60, and
#: among the few upright geometries, where it reaches about 40.
_STRONG, _WEAK, _UPRIGHT = 75.0, 50.0, 38.0
#: Part of that which the weaker family of lines must reach: one found at the right place says nothing about the other.
_WEAKER = 0.24
#: Short side below which nothing is searched for, pixels.
_MIN_SEARCHED = 64
#: In a picture whose proportions changed, cells with one family right and the other in the noise stand out by far. They
#: wait until the round that looks for both apart has had its turn: the least share of the weaker one until then.
_BALANCED = 0.2


@dataclass(frozen=True, slots=True)
class Round:
    """One way of looking.

    Attributes:
        look: what gives candidates.
        least: score that they must exceed.
        most: how many of them are decoded.
        balance: least share of the weaker family in the score.
    """

    look: Callable[[Search], list[Candidate]]
    least: float
    most: int
    balance: float = 0.0

    def likely(self, candidate: Candidate) -> bool:
        """Whether a candidate is worth decoding."""
        weaker = max(_WEAKER * self.least, self.balance * candidate.score)
        return candidate.score > self.least and candidate.weaker > weaker


_WHOLE = (
    Round(lambda search: search.similar(CELLS[0]), _STRONG, 4, _BALANCED),
    Round(Search.deformed, _STRONG, 5),
    Round(Search.upright, _UPRIGHT, 3),
    Round(lambda search: search.similar(CELLS[1]), _STRONG, 4),
    Round(lambda search: search.similar(CELLS[2]), _WEAK, 8),
)
_WINDOW = (Round(lambda search: [*search.similar(CELLS[0]), *search.deformed()], _WEAK, _IN_WINDOW),)


@dataclass(frozen=True, slots=True)
class View:
    """Something to search in.

    Attributes:
        seen: its spectrum.
        to_view: map from the reduced picture to it.
        rounds: how to search.
        most: how many geometries may be decoded per key.
    """

    seen: Spectrum
    to_view: Map
    rounds: tuple[Round, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Found:
    """A mark.

    Attributes:
        key: whose it is.
        reading: payload and statistic.
        to_frame: map from the full picture to the key's frame.
        p_value: bound of the chance of a false alarm as strong as this in the whole detection.
    """

    key: Key
    reading: Reading
    to_frame: Map
    p_value: float


def find(array: NDArray[Any], keys: Sequence[Key], deep: bool) -> Found | None:
    """The first mark of any key; see :func:`labelkit.formats.image.watermark.detect`."""
    grey, shrink = reduced(array, canonical_shape(*array.shape[:2]))
    attempts = Attempts(Canonical(grey), shrink, len(keys))
    for key in keys:
        for to_frame in _known(grey.shape, plan(key).angle):
            if found := attempts.known(key, to_frame):
                return found
    return _searched(grey, keys, attempts) if deep and min(grey.shape) >= _MIN_SEARCHED else None


def _searched(grey: Float, keys: Sequence[Key], attempts: Attempts) -> Found | None:
    """The first mark that the geometric search finds, in the whole picture or in windows of it."""
    decoded: dict[Key, list[Map]] = {key: [] for key in keys}
    for view in _views(grey):
        for key in keys:
            for candidate in islice(_promising(view, plan(key), decoded[key]), view.most):
                decoded[key].append(candidate.to_frame)
                if found := attempts.candidate(key, compose(candidate.to_frame, view.to_view)):
                    return found
    return None


def _views(grey: Float) -> Iterator[View]:
    """First the whole, then half-size windows, where a bent picture is nearly straight and a pasted one alone."""
    small = min(1.0, WORK_SIDE / max(grey.shape))
    height, width = round(grey.shape[0] * small), round(grey.shape[1] * small)
    work, to_work = resize(grey, (height, width)), resizing(grey.shape, (height, width))
    whole = spectrum(work)
    if not whole.values.any():
        return
    yield View(whole, to_work, _WHOLE, _IN_WHOLE)
    if min(height, width) < 2 * _MIN_SEARCHED:
        return
    for y, x in _WINDOWS:
        top, left = int(y * height), int(x * width)
        window = work[top : top + height // 2, left : left + width // 2]
        shift = np.array([[1.0, 0, -left], [0, 1, -top]])
        yield View(spectrum(window), compose(shift, to_work), _WINDOW, _IN_WINDOW)


def _promising(view: View, chosen: Plan, decoded: Sequence[Map]) -> Iterator[Candidate]:
    """The candidates of each round that stand out, and that do not turn and scale as one decoded before."""
    search = Search(view.seen, chosen)
    for one in view.rounds:
        # Several cells lead to the same maximum, so some more are refined than wanted.
        cells = sorted(one.look(search), key=lambda candidate: -candidate.score)[: 4 * one.most]
        for candidate in refined(view.seen, chosen, cells)[: one.most]:
            if one.likely(candidate) and not any(alike(candidate.to_frame, other) for other in decoded):
                yield candidate


def _known(shape: tuple[int, ...], degrees: float) -> Iterator[Map]:
    """Where the mark is unless the picture was cropped or turned: as it is, and as if reduced below 512 pixels."""
    height, width = shape
    own = canonical_shape(height, width)
    yield compose(turned(*own, degrees), resizing(shape, own))
    if min(height, width) < CANONICAL:
        scale = CANONICAL / min(height, width)
        full = (height * scale, width * scale)
        yield compose(turned(*full, degrees), resizing(shape, full))


class Attempts:
    """Decodings of one picture.

    Attributes:
        picture: the reduced picture.
        shrink: map from the full picture to it.
        keys: how many keys are tried in all.
    """

    def __init__(self, picture: Canonical, shrink: Map, keys: int) -> None:
        self.picture, self.shrink = picture, shrink
        self._tries = TRIES * keys
        self._enough = decision.threshold(FALSE_ALARM, self._tries)

    def known(self, key: Key, to_frame: Map) -> Found | None:
        """The mark under a known map; where the template is not heard it may have been filtered out: one try then."""
        filtered = self.picture.filtered(to_frame)
        if filtered is None:
            return None
        frame = framed(*filtered, plan(key))
        if abs(frame.z) < _HEARD:
            return self._found(key, to_frame, self._read(key, 1.0, frame.values, 1))
        return self._found(key, to_frame, self._read(key, frame.z, frame.values, len(PROFILES)))

    def candidate(self, key: Key, to_frame: Map) -> Found | None:
        """The mark under a map that the search came up with, if the template is heard: as it is, then tracked."""
        filtered = self.picture.filtered(to_frame)
        if filtered is None:
            return None
        frame = framed(*filtered, plan(key))
        if abs(frame.z) < _HEARD:
            return None
        if found := self._found(key, to_frame, self._read(key, frame.z, frame.values, len(PROFILES))):
            return found
        if abs(frame.z) < _FOLLOWED:
            return None
        frame = tracked(frame, *filtered, plan(key))
        return self._found(key, to_frame, self._read(key, frame.z, weighed(frame, key), len(PROFILES)))

    def _read(self, key: Key, polarity: float, values: Float, profiles: int) -> Reading | None:
        return read(fold(values) * np.sign(polarity), plan(key), self._enough, profiles)

    def _found(self, key: Key, to_frame: Map, reading: Reading | None) -> Found | None:
        if reading is None:
            return None
        return Found(key, reading, compose(to_frame, self.shrink), decision.p_value(reading.z, self._tries))
