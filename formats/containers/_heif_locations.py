"""Where the items of a ``meta`` box are: the ``iloc`` box, read and written (ISO/IEC 14496-12 8.11.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from labelkit.errors import LimitExceeded
from labelkit.formats.base import Buffer
from labelkit.formats.containers._bmff import Box, Cursor, broken, make_full
from labelkit.formats.containers._bmff_splice import Moves

#: Items in one file, and extents of all items; the largest tiled pictures have some thousands.
MAX_ITEMS = 100_000
# Construction methods (8.11.3.3): offsets count from the file, from the idat box, or from another item.
IN_FILE, IN_IDAT, IN_ITEM = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Extent:
    """One piece of an item: number of the referred item (``IN_ITEM`` only), offset after the base, length."""

    index: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Location:
    """Where an item's bytes are. A ``fresh`` one counts from what is about to be appended to the file."""

    item: int
    method: int
    reference: int
    base: int
    extents: tuple[Extent, ...]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Locations:
    """An ``iloc`` box (8.11.3): field widths in bytes and the entries. ``tail`` is whatever stood behind them."""

    version: int = 1
    flags: int = 0
    offset_width: int = 4
    length_width: int = 4
    base_width: int = 0
    index_width: int = 0
    entries: tuple[Location, ...] = ()
    own: frozenset[int] = frozenset({0})
    tail: bytes = b""

    def widened(self, file_size: int) -> Locations:
        """The same with fields that hold every offset in a file of this size."""
        width = 4 if file_size <= 0xFFFFFFFF else 8
        return replace(
            self,
            offset_width=max(self.offset_width, width),
            length_width=max(self.length_width, 4),
            base_width=max(self.base_width, width) if self.base_width else 0,
        )

    def encode(self, moves: Moves, fresh: int) -> bytes:
        """The box after ``moves``, fresh locations counting from byte ``fresh`` of the new file.

        Raises:
            OverflowError: a number does not fit its field; widen them.
        """
        version = 2 if any(loc.item > 0xFFFF for loc in self.entries) else self.version
        widths = bytes(
            [self.offset_width << 4 | self.length_width, self.base_width << 4 | (self.index_width if version else 0)]
        )
        count = len(self.entries).to_bytes(4 if version == 2 else 2, "big")
        coded = [self._entry(version, *self._moved(loc, moves, fresh)) for loc in self.entries]
        return make_full(b"iloc", version, self.flags, b"".join([widths, count, *coded, self.tail]))

    def _moved(self, loc: Location, moves: Moves, fresh: int) -> tuple[Location, int]:
        """The location and its base in the new file."""
        if loc.fresh:
            at = fresh + loc.extents[0].offset
            base = 0 if at < 1 << (8 * self.offset_width) else at
            return replace(loc, extents=(replace(loc.extents[0], offset=at - base),)), base
        if loc.method != IN_FILE or loc.reference not in self.own:
            return loc, loc.base
        base = moves.after(loc.base) if loc.base else 0
        extents = tuple(replace(e, offset=moves.after(loc.base + e.offset) - base) for e in loc.extents)
        return replace(loc, extents=extents), base

    def _entry(self, version: int, loc: Location, base: int) -> bytes:
        parts = [loc.item.to_bytes(4 if version == 2 else 2, "big")]
        parts += [loc.method.to_bytes(2, "big")] if version else []
        parts += [loc.reference.to_bytes(2, "big"), base.to_bytes(self.base_width, "big")]
        parts += [len(loc.extents).to_bytes(2, "big")]
        for extent in loc.extents:
            parts += [extent.index.to_bytes(self.index_width, "big")] if version else []
            parts += [extent.offset.to_bytes(self.offset_width, "big")]
            parts += [extent.length.to_bytes(self.length_width, "big")]
        return b"".join(parts)


def locations(data: Buffer, box: Box, own: frozenset[int]) -> Locations:
    """Read an ``iloc`` box; ``own`` are the data references that mean this file.

    Raises:
        BrokenFile: truncated or of an unknown version.
        LimitExceeded: more than ``MAX_ITEMS`` entries or extents.
    """
    cursor = Cursor(data, box)
    version, flags = cursor.uint(1), cursor.uint(3)
    if version > 2:
        raise broken(f"version {version} of iloc is not known", box.place)
    sizes, bases = cursor.take(2)
    blank = Locations(version, flags, sizes >> 4, sizes & 15, bases >> 4, bases & 15 if version else 0, own=own)
    if max(blank.offset_width, blank.length_width, blank.base_width, blank.index_width) > 8:
        raise broken("a field of more than 8 bytes", box.place)
    count = cursor.count(4 if version == 2 else 2, 6, MAX_ITEMS)
    entries, extents = [], 0
    for _ in range(count):
        entries.append(_location(cursor, blank))
        extents += len(entries[-1].extents)
        if extents > MAX_ITEMS:
            raise LimitExceeded(f"more than {MAX_ITEMS} extents", place=box.place, remedy="inspect the file")
    return replace(blank, entries=tuple(entries), tail=cursor.take(cursor.left))


def _location(cursor: Cursor, widths: Locations) -> Location:
    item = cursor.uint(4 if widths.version == 2 else 2)
    method = cursor.uint(2) & 15 if widths.version else IN_FILE
    reference = cursor.uint(2)
    base = cursor.uint(widths.base_width)
    size = (widths.index_width, widths.offset_width, widths.length_width)
    # Extents of no bytes all mean the same place; a count of 65,535 of them is an attack.
    count = cursor.count(2, sum(size), MAX_ITEMS if sum(size) else 1)
    extents = tuple(Extent(*(cursor.uint(w) for w in size)) for _ in range(count))
    return Location(item, method, reference, base, extents)
