"""Changing an ISO base media file: box sizes and file offsets follow what moves (ISO/IEC 14496-12).

Boxes point at coded data by its byte in the file, so whatever is put in front of that data has to be added to them.
Give :func:`splice` the changes with the boxes around each, and it answers with edits that also mend every size and
offset. Item locations (``iloc``) are the one exception: their width may have to grow, so ``_heif_items.py`` does them.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from labelkit.errors import LimitExceeded
from labelkit.formats.base import Buffer, Edit
from labelkit.formats.containers._bmff import MAX_SHORT_SIZE, Box, Cursor, broken

# Boxes that a reader may look for from the end of the file: fragment index (ISO/IEC 14496-12 8.8.11), phone makers'
# trailers, motion photo films. Nothing is put behind them. Everything else is listed here.
_MOVABLE = frozenset(
    {b"ftyp", b"styp", b"pdin", b"meta", b"moov", b"moof", b"mdat", b"imda", b"free", b"skip", b"wide", b"uuid"}
    | {b"sidx", b"ssix", b"prft", b"emsg", b"mini"}
)


# Chunks of one track; ten hours of sound with every packet a chunk of its own have 1.7 million.
_MAX_OFFSETS = 2_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """Replace ``[start:stop]`` by ``data``, inside ``parents`` (innermost first), whose sizes follow."""

    start: int
    stop: int
    data: bytes
    parents: tuple[Box, ...] = ()

    @property
    def growth(self) -> int:
        """By how many bytes the file gets longer."""
        return len(self.data) - (self.stop - self.start)


class Moves:
    """Where every byte of the old file is after some changes."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._changes = sorted(changes, key=lambda c: (c.start, c.stop))
        self._starts = [c.start for c in self._changes]
        self._sums = [0]
        for change in self._changes:
            self._sums.append(self._sums[-1] + change.growth)

    def after(self, at: int) -> int:
        """The new place of old byte ``at``; what is inserted there comes before it."""
        number = bisect_right(self._starts, at)
        last = self._changes[number - 1] if number else None
        if last is None or last.stop <= at:
            return at + self._sums[number]
        return last.start + self._sums[number - 1] + min(at - last.start, len(last.data))

    def all_after(self, places: Sequence[int]) -> Sequence[int]:
        """:meth:`after` for many places; quick where nothing changes between them."""
        first, last = (min(places), max(places)) if places else (0, 0)
        if bisect_right(self._starts, first) == bisect_right(self._starts, last):
            number = bisect_right(self._starts, first)
            if not number or self._changes[number - 1].stop <= first:
                more = self._sums[number]
                return [place + more for place in places]
        return [self.after(place) for place in places]

    def before(self, at: int) -> int:
        """The new place of what is inserted at old byte ``at``."""
        number = bisect_left(self._starts, at)
        return at + self._sums[number]


def growth(changes: Iterable[Change]) -> dict[Box, int]:
    """By how many bytes each box gets longer."""
    total: dict[Box, int] = {}
    for change in changes:
        for box in change.parents:
            total[box] = total.get(box, 0) + change.growth
    return total


def splice(data: Buffer, changes: Sequence[Change], tables: Iterable[tuple[Box, tuple[Box, ...]]]) -> list[Edit]:
    """The edits that make ``changes``, mend the sizes around them and move every offset in ``tables``.

    Args:
        data: the whole file.
        changes: not overlapping; they must not touch size fields or offset tables.
        tables: boxes of the file as :func:`_bmff.tree` gives them, at least those that hold offsets.

    Raises:
        BrokenFile: the changes overlap, because the file says that one thing lies over another.
        LimitExceeded: a size or an offset does not fit its field any more (over 4 GiB in a 32-bit field).
    """
    moves = Moves(changes)
    # What is put at the end of a box must come before what is put behind the box.
    changes = sorted(changes, key=lambda c: (c.start, c.stop, -len(c.parents)))
    edits = [Edit(c.start, c.stop, c.data) for c in changes if c.growth or data[c.start : c.stop] != c.data]
    edits += [e for box, more in growth(changes).items() if more and not box.open for e in [_resize(box, more)]]
    if any(c.growth for c in changes):
        edits += [e for box, parents in tables for e in _moved(data, box, parents, moves)]
    return list(_checked(_joined(edits)))


def _checked(edits: Iterable[Edit]) -> Iterator[Edit]:
    at = 0
    for edit in edits:
        if edit.start < at:
            raise broken("two parts of the file lie over each other", f"byte {edit.start}")
        at = edit.stop
        yield edit


def _joined(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Insertions at one place become one edit, in the order they were asked for."""
    ordered = sorted(edits, key=lambda e: (e.start, e.stop))
    for (start, stop), group in groupby(ordered, key=lambda e: (e.start, e.stop)):
        if start == stop:
            yield Edit(start, stop, b"".join(e.data for e in group))
        else:
            yield from group


def _resize(box: Box, more: int) -> Edit:
    size = box.size + more
    if box.long:
        return Edit(box.start + 8, box.start + 16, struct.pack(">Q", size))
    if size > MAX_SHORT_SIZE:
        raise LimitExceeded("the box would need a longer size field", place=box.place, remedy="re-export the file")
    return Edit(box.start, box.start + 4, struct.pack(">I", size))


def closing(box: Box, more: int = 0) -> Change:
    """Give an open box (size 0) its real size, so that something can follow it."""
    size = box.size + more
    if size <= MAX_SHORT_SIZE:
        return Change(box.start, box.start + 4, struct.pack(">I", size))
    return Change(box.start, box.start + 8, struct.pack(">I4sQ", 1, box.type, size + 8))


def append_point(top: Sequence[Box]) -> int:
    """The byte where a new top-level box goes: the end of the file, or before boxes that want to stay last."""
    number = len(top)
    while number and top[number - 1].type not in _MOVABLE:
        number -= 1
    return top[number - 1].stop if number else 0


def absorb(top: Sequence[Box], box: Box, more: int) -> Change | None:
    """Take ``more`` bytes from the free space behind ``box``, so that nothing after it moves; None if there is none."""
    after = next((b for b in top if b.start == box.stop), None)
    if after is None or after.type not in (b"free", b"skip") or after.open or after.long or more <= 0:
        return None
    left = after.size - more
    if left == 0:
        return Change(after.start, after.stop, b"")
    if left < 8:
        return None
    return Change(after.start, after.start + more + 8, struct.pack(">I4s", left, after.type))


def _moved(data: Buffer, box: Box, parents: tuple[Box, ...], moves: Moves) -> Iterator[Edit]:
    """The edits of one box that holds file offsets."""
    mend = _TABLES.get(box.type)
    if mend is None:
        return
    try:
        for edit in mend(Cursor(data, box), box, parents, moves):
            if bytes(data[edit.start : edit.stop]) != edit.data:
                yield edit
    except OverflowError as error:
        raise LimitExceeded(
            "an offset does not fit its field any more", place=box.place, remedy="re-export the file"
        ) from error


def _list(cursor: Cursor, width: int, moves: Moves) -> Iterator[Edit]:
    """A count and that many offsets, rewritten in one piece."""
    number = cursor.count(4, width, _MAX_OFFSETS)
    start, layout = cursor.at, struct.Struct(f">{number}{'Q' if width == 8 else 'I'}")
    try:
        yield Edit(start, start + layout.size, layout.pack(*moves.all_after(layout.unpack(cursor.take(layout.size)))))
    except struct.error as error:
        raise OverflowError from error


def _chunks(cursor: Cursor, box: Box, parents: tuple[Box, ...], moves: Moves) -> Iterator[Edit]:
    """stco and co64 (8.7.5)."""
    cursor.take(4)
    yield from _list(cursor, 8 if box.type == b"co64" else 4, moves)


def _auxiliary(cursor: Cursor, box: Box, parents: tuple[Box, ...], moves: Moves) -> Iterator[Edit]:
    """saio (8.7.9); in a fragment its offsets count from the fragment and move with it."""
    if any(p.type == b"traf" for p in parents):
        return
    version, flags = cursor.uint(1), cursor.uint(3)
    cursor.take(8 if flags & 1 else 0)
    yield from _list(cursor, 8 if version else 4, moves)


def _fragment(cursor: Cursor, box: Box, parents: tuple[Box, ...], moves: Moves) -> Iterator[Edit]:
    """tfhd (8.8.7): only an explicit base data offset is a file offset."""
    flags = cursor.uint(4) & 0xFFFFFF
    cursor.take(4)
    if flags & 1:
        yield Edit(cursor.at, cursor.at + 8, moves.after(cursor.uint(8)).to_bytes(8, "big"))


def _random_access(cursor: Cursor, box: Box, parents: tuple[Box, ...], moves: Moves) -> Iterator[Edit]:
    """tfra (8.8.10): per entry a time, a moof offset and three numbers of 1 to 4 bytes."""
    width = 8 if cursor.uint(1) else 4
    cursor.take(3 + 4)
    sizes = cursor.uint(4)
    numbers = sum(((sizes >> shift) & 3) + 1 for shift in (0, 2, 4))
    number = cursor.count(4, 2 * width + numbers)
    start, parts = cursor.at, []
    for _ in range(number):
        time = cursor.take(width)
        parts += [time, moves.after(cursor.uint(width)).to_bytes(width, "big"), cursor.take(numbers)]
    yield Edit(start, cursor.at, b"".join(parts))


def _segments(cursor: Cursor, box: Box, parents: tuple[Box, ...], moves: Moves) -> Iterator[Edit]:
    """sidx (8.16.3): the first offset counts from the end of the box, a segment's length from the one before it.

    What is inserted between two segments belongs to the later one, what is inserted behind the last to none.
    """
    width = 8 if cursor.uint(1) else 4
    cursor.take(3 + 8 + width)
    at = box.stop + cursor.uint(width)
    begin = moves.after(at)
    yield Edit(cursor.at - width, cursor.at, (begin - moves.before(box.stop)).to_bytes(width, "big"))
    cursor.take(2)
    for _ in range(cursor.count(2, 12)):
        field = cursor.uint(4)
        at += field & 0x7FFFFFFF
        end = moves.before(at)
        # The top bit tells whether the segment is media or another index.
        length = (end - begin).to_bytes(4, "big")
        if length[0] & 0x80:
            raise OverflowError
        yield Edit(cursor.at - 4, cursor.at, bytes([length[0] | (field >> 24 & 0x80)]) + length[1:])
        begin = end
        cursor.take(8)


_TABLES = {
    b"stco": _chunks,
    b"co64": _chunks,
    b"saio": _auxiliary,
    b"tfhd": _fragment,
    b"tfra": _random_access,
    b"sidx": _segments,
}
