"""Boxes of the ISO base media file format, as HEIF, AVIF, MP4 and QuickTime hold them (ISO/IEC 14496-12 section 4.2).

Only structure lives here: walking boxes, reading their fields, and making new ones. ``_bmff_splice.py`` changes a file
and moves the offsets that depend on it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_UNITS, Buffer

#: Boxes in one file, all levels together; an hour of film in one-second fragments has about 40,000.
MAX_BOXES = 200_000
#: Boxes inside boxes; ``moov.trak.mdia.minf.stbl.stsd`` is as deep as files go.
MAX_DEPTH = 12
#: Largest box whose size fits the short field.
MAX_SHORT_SIZE = 0xFFFFFFFF
#: Boxes whose body is nothing but boxes, apart from ``meta``, whose header varies.
CONTAINERS = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"mvex", b"moof", b"traf", b"mfra"}
)


@dataclass(frozen=True, slots=True)
class Box:
    """One box: where it starts, where its body starts, where it stops.

    Attributes:
        type: the four-character code.
        start, body, stop: bytes of the file; ``body`` follows the header and, in a ``uuid`` box, the user type.
        user: the 16 bytes of a ``uuid`` box's user type, else empty.
        open: the size field is 0, the box runs to the end of the file.
    """

    type: bytes
    start: int
    body: int
    stop: int
    user: bytes = b""
    open: bool = False

    @property
    def size(self) -> int:
        """Bytes from header to end."""
        return self.stop - self.start

    @property
    def long(self) -> bool:
        """The size stands in the 64-bit field."""
        return self.body - len(self.user) - self.start == 16

    @property
    def place(self) -> str:
        """For people: ``"box meta, byte 28"``."""
        return f"box {fourcc(self.type)}, byte {self.start}"


def fourcc(code: bytes) -> str:
    """A four-character code as text, in hexadecimal where it is not printable."""
    text = code.decode("latin-1")
    return text if text.isprintable() else "0x" + code.hex()


def broken(message: str, place: str) -> BrokenFile:
    """The error of a file whose boxes contradict each other."""
    return BrokenFile(message, place=place, remedy="copy the file again or re-export it")


def boxes(data: Buffer, start: int = 0, stop: int | None = None) -> Iterator[Box]:
    """The boxes side by side in ``data[start:stop]``, which they must fill exactly.

    Raises:
        BrokenFile: a box is shorter than its header or ends behind ``stop``.
        LimitExceeded: more than ``MAX_BOXES``.
    """
    end = len(data) if stop is None else stop
    at = start
    for _ in range(MAX_BOXES):
        if at == end:
            return
        box = _box_at(data, at, end)
        yield box
        at = box.stop
    raise LimitExceeded(f"more than {MAX_BOXES} boxes", place=f"byte {at}", remedy="inspect the file")


def _box_at(data: Buffer, at: int, end: int) -> Box:
    if at + 8 > end:
        raise _truncated(at)
    size, kind = struct.unpack_from(">I4s", data, at)
    body = at + 8
    if size == 1:
        if at + 16 > end:
            raise _truncated(at)
        (size,) = struct.unpack_from(">Q", data, body)
        body = at + 16
    is_open = size == 0 and body == at + 8
    # An open box ends with the file; inside a closed parent it would run over the parent's end.
    stop = at + size if not is_open else len(data)
    user = b""
    if kind == b"uuid":
        user = bytes(data[body : body + 16])
        body += 16
    if stop > end or (is_open and stop != end):
        raise broken(f"box {fourcc(kind)} of {stop - at} bytes ends behind what holds it", f"byte {at}")
    if body > stop:
        raise broken(f"box {fourcc(kind)} of {size} bytes is shorter than its header", f"byte {at}")
    return Box(kind, at, body, stop, user, is_open)


def _truncated(at: int) -> BrokenFile:
    return broken("the file ends inside a box", f"byte {at}")


def tree(data: Buffer) -> Iterator[tuple[Box, tuple[Box, ...]]]:
    """Every box of the file with the boxes around it, innermost first; parents come before their children.

    Goes into ``CONTAINERS``; what ``meta`` and sample tables hold is left to who asks for it.

    Raises:
        BrokenFile, LimitExceeded: as :func:`boxes`, or nested deeper than ``MAX_DEPTH``.
    """
    count = 0
    waiting: list[tuple[Iterator[Box], tuple[Box, ...]]] = [(boxes(data), ())]
    while waiting:
        level, parents = waiting[-1]
        box = next(level, None)
        if box is None:
            waiting.pop()
            continue
        count += 1
        if count > MAX_BOXES or len(parents) > MAX_DEPTH:
            raise LimitExceeded(
                f"more than {MAX_BOXES} boxes or {MAX_DEPTH} levels", place=box.place, remedy="inspect the file"
            )
        yield box, parents
        if box.type in CONTAINERS:
            waiting.append((children(data, box), (box, *parents)))


def children(data: Buffer, box: Box) -> Iterator[Box]:
    """The boxes inside a container or ``meta`` box."""
    start, stop = box.body, box.stop
    if box.type == b"meta" and bytes(data[start + 4 : start + 8]) != b"hdlr":
        # A full box in ISO files; QuickTime's has no version and flags, and begins with hdlr at once.
        start += 4
        if start > stop:
            raise broken("the box is too short", box.place)
    if box.type == b"udta" and stop - start >= 4 and bytes(data[stop - 4 : stop]) == bytes(4):
        # QuickTime File Format, "User Data Atoms": a list may end with four zero bytes.
        stop -= 4 if _ends_with_zero(data, start, stop) else 0
    return boxes(data, start, stop)


def _ends_with_zero(data: Buffer, start: int, stop: int) -> bool:
    """Whether four bytes are left behind the last whole box."""
    at = start
    for _ in range(MAX_BOXES):
        if at >= stop - 4:
            break
        (size,) = struct.unpack_from(">I", data, at)
        at += max(size, 8)
    return at == stop - 4


class Cursor:
    """Reads the big-endian fields of one box, never past its end."""

    __slots__ = ("_data", "at", "place", "stop")

    def __init__(self, data: Buffer, box: Box) -> None:
        self._data = data
        self.at = box.body
        self.stop = box.stop
        self.place = box.place

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return self.stop - self.at

    def uint(self, width: int) -> int:
        """An unsigned integer of ``width`` bytes; a field of no bytes is 0."""
        return int.from_bytes(self.take(width), "big")

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        if size > self.left:
            raise broken("a field runs over the end of the box", f"{self.place}, field at byte {self.at}")
        self.at += size
        return bytes(self._data[self.at - size : self.at])

    def text(self) -> bytes:
        """Bytes up to a zero byte, which is eaten; a missing one is forgiven at the end of the box."""
        end = self._data.find(b"\0", self.at, self.stop)
        text = self.take((end if end >= 0 else self.stop) - self.at)
        self.at = min(self.at + 1, self.stop)
        return text

    def count(self, width: int, entry_bytes: int, limit: int = MAX_UNITS) -> int:
        """A number of entries that is possible: as many as fit the rest of the box, at most ``limit``."""
        number = self.uint(width)
        if number * entry_bytes > self.left:
            raise broken(f"{number} entries do not fit the box", self.place)
        if number > limit:
            raise LimitExceeded(
                f"{number} entries, at most {limit} are read", place=self.place, remedy="inspect the file"
            )
        return number


def version_and_flags(data: Buffer, box: Box) -> tuple[int, int]:
    """The two fields that open a full box's body (ISO/IEC 14496-12 section 4.2.2)."""
    cursor = Cursor(data, box)
    return cursor.uint(1), cursor.uint(3)


def make(kind: bytes, body: bytes) -> bytes:
    """A box with a 32-bit size."""
    return struct.pack(">I4s", len(body) + 8, kind) + body


def make_full(kind: bytes, version: int, flags: int, body: bytes) -> bytes:
    """A full box."""
    return make(kind, bytes([version]) + flags.to_bytes(3, "big") + body)
