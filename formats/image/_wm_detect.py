"""Finding the watermark: first where an untouched or merely resized picture has it, then anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from labelkit.formats.image._wm_decode import PROFILES, Canonical, Reading, fold, read
from labelkit.formats.image._wm_frame import Map, canonical_shape, compose, reduced, resizing, turned
from labelkit.formats.image._wm_pattern import CANONICAL, plan
from labelkit.watermark import decision
from labelkit.watermark.keys import Key

#: Bound of the chance that one detection, with all its keys, reports a mark where there is none.
FALSE_ALARM = 1e-8
#: Geometries decoded per key at most: two known ones, and candidates of the search.
_KNOWN, _SEARCHED = 2, 13
#: Decodings per key at most; the false-alarm bound counts them all whether they happen or not.
TRIES = (_KNOWN + _SEARCHED) * len(PROFILES)


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
    height, width = array.shape[:2]
    grey, shrink = reduced(array, canonical_shape(height, width))
    picture = Canonical(grey)
    for key in keys:
        for to_frame in _known(grey.shape, plan(key).angle):
            if found := _decoded(picture, key, to_frame, shrink, len(keys)):
                return found
    return None


def _known(shape: tuple[int, ...], degrees: float) -> Iterator[Map]:
    """Where the mark is unless the picture was cropped or turned: as it is, and as if reduced below 512 pixels."""
    height, width = shape
    own = canonical_shape(height, width)
    yield compose(turned(*own, degrees), resizing(shape, own))
    if min(height, width) < CANONICAL:
        scale = CANONICAL / min(height, width)
        full = (height * scale, width * scale)
        yield compose(turned(*full, degrees), resizing(shape, full))


def _decoded(picture: Canonical, key: Key, to_frame: Map, shrink: Map, keys: int) -> Found | None:
    """The mark under one map from the reduced picture to the frame, if it passes the decision."""
    tries = TRIES * keys
    filtered = picture.filtered(to_frame)
    reading = filtered and read(fold(*filtered), plan(key), decision.threshold(FALSE_ALARM, tries))
    if not reading:
        return None
    return Found(key, reading, compose(to_frame, shrink), decision.p_value(reading.z, tries))
