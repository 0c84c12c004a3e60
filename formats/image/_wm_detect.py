"""Finding the watermark: first where an untouched or merely resized picture has it, then anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.image._wm_decode import PROFILES, Canonical, Frame, Reading, fold, framed, read, weighed
from labelkit.formats.image._wm_frame import Map, canonical_shape, compose, reduced, resize, resizing, turned
from labelkit.formats.image._wm_pattern import CANONICAL, Float, Plan, plan
from labelkit.formats.image._wm_search import ALL_CELLS, FIRST_CELLS, Candidate, Search, alike, best, refined
from labelkit.formats.image._wm_spectrum import WORK_SIDE, Spectrum, spectrum
from labelkit.formats.image._wm_track import tracked
from labelkit.watermark import decision
from labelkit.watermark.keys import Key

#: Bound of the chance that one detection, with all its keys, reports a mark where there is none.
FALSE_ALARM = 1e-8
#: Geometries decoded per key at most: two known ones, and candidates of the search.
_KNOWN, _SEARCHED = 2, 8
#: Decodings per key at most, candidates as they are and tracked; the bound counts them whether they happen or not.
TRIES = (_KNOWN + 2 * _SEARCHED) * len(PROFILES)
#: Template strength, standard deviations, below which a geometry is not decoded.
_HEARD = 3.0
#: What a candidate's score must exceed in the quick rounds and in the thorough one, where noise reaches about 60.
_STRONG, _WEAK = 75.0, 50.0
#: Candidates refined per round.
_REFINED = 24
#: Short side below which nothing is searched for, pixels.
_MIN_SEARCHED = 64


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
    """The first mark that the geometric search finds."""
    small = min(1.0, WORK_SIDE / max(grey.shape))
    shape = (round(grey.shape[0] * small), round(grey.shape[1] * small))
    to_work, seen = resizing(grey.shape, shape), spectrum(resize(grey, shape))
    for key in keys:
        decoded: list[Candidate] = []
        for candidate in _promising(seen, plan(key)):
            if any(alike(candidate.to_frame, other.to_frame) for other in decoded) or len(decoded) >= _SEARCHED:
                continue
            decoded.append(candidate)
            if found := attempts.candidate(key, compose(candidate.to_frame, to_work)):
                return found
    return None


def _promising(seen: Spectrum, chosen: Plan) -> Iterator[Candidate]:
    """Candidates from the quick round, then with changed proportions, then from the thorough round."""
    search = Search(seen, chosen)
    rounds: tuple[tuple[Callable[[], list[Candidate]], float], ...] = (
        (lambda: [*search.similar(FIRST_CELLS), *search.upright()], _STRONG),
        (search.deformed, _STRONG),
        (lambda: search.similar(ALL_CELLS), _WEAK),
    )
    so_far: list[Candidate] = []
    for look, least in rounds:
        so_far = best([*so_far, *look()], _REFINED)
        for candidate in refined(seen, chosen, so_far):
            if candidate.score > least:
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
        """The mark under a known map; where the template is not heard it may have been filtered out, so one try."""
        filtered = self.picture.filtered(to_frame)
        if filtered is None:
            return None
        frame = framed(*filtered, plan(key))
        profiles = len(PROFILES) if abs(frame.z) > _HEARD else 1
        return self._found(key, to_frame, self._read(key, frame, frame.values, profiles))

    def candidate(self, key: Key, to_frame: Map) -> Found | None:
        """The mark under a map that the search came up with, if the template is heard: as it is, then tracked."""
        filtered = self.picture.filtered(to_frame)
        if filtered is None:
            return None
        frame = framed(*filtered, plan(key))
        if abs(frame.z) < _HEARD:
            return None
        if found := self._found(key, to_frame, self._read(key, frame, frame.values, len(PROFILES))):
            return found
        frame = tracked(frame, *filtered, plan(key))
        return self._found(key, to_frame, self._read(key, frame, weighed(frame, key), len(PROFILES)))

    def _read(self, key: Key, frame: Frame, values: Float, profiles: int) -> Reading | None:
        return read(fold(values) * np.sign(frame.z), plan(key), self._enough, profiles)

    def _found(self, key: Key, to_frame: Map, reading: Reading | None) -> Found | None:
        if reading is None:
            return None
        return Found(key, reading, compose(to_frame, self.shrink), decision.p_value(reading.z, self._tries))
