"""TIFF's skeleton: byte order, directories (IFDs) and their entries, classic and BigTIFF.

TIFF 6.0 section 2 and the BigTIFF design of libtiff. EXIF blocks (CIPA DC-008) have the same skeleton, so ``tiff.py``
and ``_exif.py`` share this module. Everything here checks a declared number against the real size before using it.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import Buffer

#: Entries looked at in one file, over all directories: a thousand pages with a hundred tags each stay below.
MAX_NUMBERS = 150_000
#: Bytes of one element of each field type (TIFF 6.0 section 2; 13 and 16-18 BigTIFF and supplements; 129 EXIF 3.0).
TYPE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
    129: 1,
}
#: ``array`` letters of the types that count or point.
_INTEGER = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Byte order (``"<"`` or ``">"``) and whether offsets have 8 bytes (BigTIFF)."""

    order: str
    big: bool

    @property
    def word(self) -> int:
        """Bytes of an offset, and of a value that fits into its entry."""
        return 8 if self.big else 4

    @property
    def count_bytes(self) -> int:
        """Bytes of the entry count in front of a directory."""
        return 8 if self.big else 2

    @property
    def entry_bytes(self) -> int:
        """Bytes of one entry."""
        return 20 if self.big else 12

    def pack_count(self, value: int) -> bytes:
        """The entry count of a directory."""
        return struct.pack(self.order + ("Q" if self.big else "H"), value)

    def pack_offset(self, value: int) -> bytes:
        """An offset."""
        return struct.pack(self.order + ("Q" if self.big else "I"), value)

    def pack_entry(self, tag: int, type: int, count: int, value: bytes) -> bytes:
        """An entry whose value field (an offset, or the value itself) is ``value``, padded with zero bytes."""
        return struct.pack(self.order + ("HHQ8s" if self.big else "HHI4s"), tag, type, count, value)


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag of a directory.

    Attributes:
        tag, type, count: as stored.
        at: byte of the entry.
        start, stop: the bytes of its value, inside the entry when it is small.
    """

    tag: int
    type: int
    count: int
    at: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Ifd:
    """One directory: its byte, its entries in stored order, where the next one is (0: none), and its own end."""

    at: int
    entries: tuple[Entry, ...]
    next: int
    stop: int

    def find(self, tag: int) -> Entry | None:
        """The first entry with this tag."""
        return next((e for e in self.entries if e.tag == tag), None)


def header(data: Buffer) -> tuple[Layout, int]:
    """Byte order and the offset of the first directory.

    Raises:
        BrokenFile: not a TIFF header, or cut off inside it.
    """
    head = bytes(data[:16])
    order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
    if not order or len(head) < 8:
        raise broken("the TIFF header is damaged or cut off", 0)
    (magic,) = struct.unpack_from(order + "H", head, 2)
    if magic == 42:
        return Layout(order, False), struct.unpack_from(order + "I", head, 4)[0]
    if magic != 43 or len(head) < 16 or struct.unpack_from(order + "HH", head, 4) != (8, 0):
        raise broken("the TIFF header is damaged or cut off", 0)
    return Layout(order, True), struct.unpack_from(order + "Q", head, 8)[0]


class Walker:
    """Reads directories of one file, each at most once, within :data:`MAX_NUMBERS`.

    Args:
        data: the TIFF structure, from its header on.
        layout: what :func:`header` said.
        lenient: leave out what lies outside the file and remember it in ``damage``, instead of raising.
    """

    def __init__(self, data: Buffer, layout: Layout, *, lenient: bool = False) -> None:
        self.data = data
        self.layout = layout
        self.lenient = lenient
        self.damage = ""
        self._seen: set[int] = set()
        self._numbers = 0

    def ifd(self, at: int) -> Ifd:
        """The directory at this offset.

        Raises:
            BrokenFile: outside the file or visited before; unless lenient, cut off or with a value outside the file.
            LimitExceeded: more than :data:`MAX_NUMBERS` of them in all.
        """
        layout, size = self.layout, len(self.data)
        if at in self._seen:
            raise broken("the directories run in a circle", at)
        self._seen.add(at)
        if not 8 <= at <= size - layout.count_bytes:
            raise broken("a directory lies outside the file", at)
        (count,) = struct.unpack_from(layout.order + ("Q" if layout.big else "H"), self.data, at)
        first = at + layout.count_bytes
        if first + count * layout.entry_bytes + layout.word > size:
            self._complain("the file ends inside a directory", at)
            count = max(0, size - first - layout.word) // layout.entry_bytes
        self._count(count + 1, at)  # a directory without entries costs time, too
        stop = first + count * layout.entry_bytes
        return Ifd(at, tuple(self._read(first, stop)), self._next(stop), stop + layout.word)

    def visited(self, at: int) -> bool:
        """Whether this directory was read before."""
        return at in self._seen

    def _count(self, numbers: int, at: int) -> None:
        self._numbers += numbers
        if self._numbers > MAX_NUMBERS:
            raise LimitExceeded(
                f"more than {MAX_NUMBERS} tags and offsets", place=f"TIFF, byte {at}", remedy="inspect the file"
            )

    def _next(self, at: int) -> int:
        if at + self.layout.word > len(self.data):
            return 0
        (following,) = struct.unpack_from(self.layout.order + ("Q" if self.layout.big else "I"), self.data, at)
        return int(following)

    def _read(self, first: int, stop: int) -> Iterator[Entry]:
        layout, size = self.layout, len(self.data)
        form = struct.Struct(layout.order + ("HHQQ" if layout.big else "HHII"))
        at = first
        for tag, kind, count, value in form.iter_unpack(self.data[first:stop]):
            length = TYPE_BYTES.get(kind, 0) * count
            start = value if length > layout.word else at + layout.entry_bytes - layout.word
            if start + length <= size:
                yield Entry(tag, kind, count, at, start, start + length)
            else:
                self._complain(f"the value of tag {tag} lies outside the file", at)
            at += layout.entry_bytes

    def _complain(self, what: str, at: int) -> None:
        if not self.lenient:
            raise broken(what, at)
        self.damage = self.damage or what

    def integers(self, entry: Entry) -> Sequence[int]:
        """The values of an entry of an integer type (offsets, counts); none for another type."""
        letter = _INTEGER.get(entry.type)
        if not letter:
            return ()
        self._count(entry.count // 16, entry.at)  # unpacking is so much faster than reading entries
        values = array(letter, bytes(self.data[entry.start : entry.stop]))
        if (self.layout.order == "<") != (sys.byteorder == "little"):
            values.byteswap()
        return values


def broken(what: str, at: int) -> BrokenFile:
    """The error of a damaged directory at this byte."""
    return BrokenFile(what, place=f"TIFF, byte {at}", remedy="copy the file again, or re-export the picture")
