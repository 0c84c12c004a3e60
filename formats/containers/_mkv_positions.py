"""Positions inside Matroska files: what the seek head and the cues say follows when something moves (RFC 9559).

Positions count from the first byte of the segment's data. They are written in as few bytes as they need, so moving one
may lengthen its element and move the rest again; that is repeated until nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from labelkit.errors import LimitExceeded
from labelkit.formats.base import Buffer, Edit, bounded
from labelkit.formats.containers import _ebml
from labelkit.formats.containers._bmff_splice import Change, Moves
from labelkit.formats.containers._ebml import Element

SEEK_HEAD, CUES, CLUSTER = 0x114D9B74, 0x1C53BB6B, 0x1F43B675
_SEEK, _SEEK_POSITION = 0x4DBB, 0x53AC
_CUE_POINT, _CUE_POSITIONS, _CUE_CLUSTER = 0xBB, 0xB7, 0xF1
_CUE_CODEC_STATE = 0xEA
_POSITION = 0xA7
_MASTERS = frozenset({SEEK_HEAD, CUES, _SEEK, _CUE_POINT, _CUE_POSITIONS})
_PLACES = frozenset({_SEEK_POSITION, _CUE_CLUSTER, _CUE_CODEC_STATE})
_MAX_ROUNDS = 8
# A cluster's position stands among its first few elements.
_CLUSTER_HEAD_ELEMENTS = 4


def mended(data: Buffer, segment: Element, level1: Sequence[Element], changes: Sequence[Change]) -> list[Edit]:
    """``changes`` and everything that depends on them.

    Args:
        data: the whole file.
        segment: the Segment element.
        level1: its children.
        changes: of whole children; not of the seek head or cues.

    Raises:
        LimitExceeded: seek head or cues are too large to be made anew.
    """
    if not any(change.growth for change in changes):
        return [Edit(c.start, c.stop, c.data) for c in changes]
    taken = {change.start for change in changes if change.stop > change.start}
    indexes = [e for e in level1 if e.id in (SEEK_HEAD, CUES) and e.start not in taken]
    for index in indexes:
        bounded(index.size, index.place, "index")
    made = {index: bytes(data[index.start : index.stop]) for index in indexes}
    for _ in range(_MAX_ROUNDS):
        moves = Moves([*changes, *(Change(i.start, i.stop, new) for i, new in made.items())])
        again = {index: _rebuilt(data, index, _moved(segment, moves)) for index in indexes}
        if all(len(again[index]) == len(made[index]) for index in indexes):
            break
        made = again
    else:
        raise LimitExceeded("the index does not settle", place=segment.place, remedy="remux the file")
    everything = [*changes, *(Change(i.start, i.stop, new) for i, new in again.items())]
    edits = [Edit(c.start, c.stop, c.data) for c in everything if data[c.start : c.stop] != c.data]
    edits += _cluster_positions(data, level1, moves)
    return [*edits, *_segment_size(data, segment, sum(c.growth for c in everything))]


def _moved(segment: Element, moves: Moves) -> Callable[[int], int]:
    return lambda position: moves.after(segment.body + position) - segment.body


def _rebuilt(data: Buffer, found: Element, moved: Callable[[int], int]) -> bytes:
    """A seek head or cues with every position moved."""
    if found.id in _PLACES:
        return _ebml.pack_uint(found.id, moved(_ebml.uint(data, found)), found.size)
    if found.id not in _MASTERS:
        return bytes(data[found.start : found.stop])
    children = [_rebuilt(data, child, moved) for child in _ebml.elements(data, found.body, found.stop)]
    return _ebml.pack(found.id, _ebml.summed(children), found.size_bytes)


def _cluster_positions(data: Buffer, level1: Sequence[Element], moves: Moves) -> Iterator[Edit]:
    """A cluster may repeat its own position; where the cluster moved, free space takes the element's place."""
    for cluster in level1:
        if cluster.id != CLUSTER or moves.after(cluster.start) == cluster.start:
            continue
        for number, child in enumerate(_ebml.elements(data, cluster.body, cluster.stop)):
            if child.id == _POSITION:
                yield Edit(child.start, child.stop, _ebml.void(child.stop - child.start))
            if number >= _CLUSTER_HEAD_ELEMENTS:
                break


def _segment_size(data: Buffer, segment: Element, more: int) -> Iterator[Edit]:
    if segment.unknown or not more:
        return
    size = _ebml.pack_size(segment.size + more, segment.size_bytes)
    yield Edit(segment.body - segment.size_bytes, segment.body, size)
