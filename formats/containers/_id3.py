"""ID3v2 tags of versions 2.2, 2.3 and 2.4: read, and edited frame by frame (id3.org, "ID3 tag version 2.4.0 - Main
Structure", 2.3.0 and 2.2.0).

Frames keep their bytes: pictures are not even read. Only tags that are unsynchronised as a whole, carry a checksum or
are of version 2.2 are made anew, the last as 2.3, because TC260-PG-202510A names 2.3 and 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_UNITS, Buffer, bounded

HEADER_BYTES = 10
UNSYNCHRONISED, EXTENDED, FOOTER = 0x80, 0x40, 0x10
# Version 2.2 uses the bit of the extended header for a compression that was never defined.
COMPRESSED_22 = 0x40
_FRAME_HEADER_BYTES = {2: 6, 3: 10, 4: 10}
_ID_BYTES = {2: 3, 3: 4, 4: 4}
_ID_CHARACTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
#: Largest tag: 28 bits of size (2.4 section 3.1).
MAX_TAG_BYTES = (1 << 28) - 1


class Frame(NamedTuple):
    """One frame: bytes of :attr:`Tag.data`; ``body`` follows the frame's header."""

    id: bytes
    start: int
    body: int
    stop: int
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag.

    Attributes:
        start, stop: its bytes in the file, header and footer included.
        data: what the frames' offsets count in: the file, or a resynchronised copy of the tag.
        version: 2, 3 or 4.
        flags: of the header.
        frames: in order.
        base: where the tag starts in ``data``.
        first: where the first frame starts in ``data``, behind an extended header.
        padding: where padding starts in ``data``.
        end: where padding ends in ``data``.
    """

    start: int
    stop: int
    data: Buffer
    version: int
    flags: int
    frames: tuple[Frame, ...]
    base: int
    first: int
    padding: int
    end: int

    @property
    def copied(self) -> bool:
        """Whether ``data`` is a resynchronised copy."""
        return bool(self.flags & UNSYNCHRONISED) and self.version < 4


def syncsafe(value: bytes) -> int:
    """Four bytes of which seven bits each count."""
    return value[0] << 21 | value[1] << 14 | value[2] << 7 | value[3]


def to_syncsafe(value: int) -> bytes:
    """The four bytes of a size.

    Raises:
        LimitExceeded: more than 28 bits.
    """
    if value > MAX_TAG_BYTES:
        raise LimitExceeded(f"an ID3 tag of {value} bytes; it holds at most {MAX_TAG_BYTES}", remedy="shorten the tag")
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def is_tag(head: bytes) -> bool:
    """Whether a header starts here."""
    return (
        len(head) >= HEADER_BYTES
        and head[:3] == b"ID3"
        and head[3] in _ID_BYTES
        and head[4] != 0xFF
        and all(b < 0x80 for b in head[6:10])
    )


def size_at(data: Buffer, at: int) -> int:
    """Bytes of the tag that starts at ``at``, 0 if none does."""
    head = bytes(data[at : at + HEADER_BYTES])
    if not is_tag(head):
        return 0
    footer = HEADER_BYTES if head[3] == 4 and head[5] & FOOTER else 0
    return HEADER_BYTES + syncsafe(head[6:10]) + footer


def parse(data: Buffer, start: int, stop: int) -> Tag | None:
    """The tag that starts at ``start``, or None.

    Args:
        data: the whole file.
        start, stop: where the tag may lie.

    Raises:
        BrokenFile: the tag ends behind ``stop``, or its extended header does not fit.
        LimitExceeded: too many frames, or a tag that has to be copied is too large.
    """
    size = size_at(data, start)
    if not size:
        return None
    if start + size > stop:
        raise BrokenFile("the file ends inside the ID3 tag", place=f"ID3, byte {start}", remedy="copy the file again")
    version, flags = data[start + 3], data[start + 5]
    footer = HEADER_BYTES if version == 4 and flags & FOOTER else 0
    source, base, end = data, start, start + size - footer
    if flags & UNSYNCHRONISED and version < 4:
        bounded(size, f"ID3, byte {start}", "unsynchronised tag")
        source, base = resynchronised(bytes(data[start:end])), 0
        end = len(source)
    first = base + HEADER_BYTES + _extended_bytes(source, base, end, version, flags)
    if version == 2 and flags & COMPRESSED_22:
        frames: tuple[Frame, ...] = ()
        padding = end  # "the tag should be ignored": no frame is found and none is overwritten
    else:
        frames = tuple(_frames(source, first, end, version))
        padding = frames[-1].stop if frames else first
    return Tag(start, start + size, source, version, flags, frames, base, first, padding, end)


def resynchronised(data: bytes) -> bytes:
    """Without the zero bytes that unsynchronisation put behind 0xFF (2.3 section 5)."""
    return data.replace(b"\xff\x00", b"\xff")


def unsynchronised(data: bytes) -> bytes:
    """With a zero byte where a decoder could see a false sync: behind 0xFF before 0x00 and 0xE0 or more."""
    made, at = bytearray(), 0
    while (found := data.find(b"\xff", at)) >= 0:
        made += data[at : found + 1]
        at = found + 1
        if at == len(data) or data[at] == 0 or data[at] >= 0xE0:
            made.append(0)
    return bytes(made + data[at:])


def _extended_bytes(data: Buffer, base: int, end: int, version: int, flags: int) -> int:
    """Size of the extended header: it counts itself in 2.4 (section 3.2) and not in 2.3 (3.2)."""
    if version == 2 or not flags & EXTENDED:
        return 0
    at = base + HEADER_BYTES
    raw = bytes(data[at : at + 4])
    if len(raw) < 4:
        raise _extended_broken(at)
    size = syncsafe(raw) if version == 4 else int.from_bytes(raw, "big") + 4
    if not 6 <= size <= end - at:
        raise _extended_broken(at)
    return size


def _extended_broken(at: int) -> BrokenFile:
    return BrokenFile(
        "the extended header of the ID3 tag is damaged", place=f"ID3, byte {at}", remedy="save the tag again"
    )


def _frames(data: Buffer, start: int, end: int, version: int) -> Iterator[Frame]:
    """Frames up to padding. What is no frame any more is treated as padding, as players do."""
    header, at = _FRAME_HEADER_BYTES[version], start
    for _ in range(MAX_UNITS):
        if not _frame_starts(data, at, end, version):
            return
        size = _frame_size(data, at, end, version)
        stop = at + header + size
        if stop > end:
            return
        flags = int.from_bytes(data[at + 8 : at + 10], "big") if version > 2 else 0
        yield Frame(bytes(data[at : at + _ID_BYTES[version]]), at, at + header, stop, flags)
        at = stop
    raise LimitExceeded(f"more than {MAX_UNITS} frames", place=f"ID3, byte {at}", remedy="inspect the file")


def _frame_starts(data: Buffer, at: int, end: int, version: int) -> bool:
    if at + _FRAME_HEADER_BYTES[version] > end:
        return False
    return _ID_CHARACTERS.issuperset(data[at : at + _ID_BYTES[version]])


def _frame_size(data: Buffer, at: int, end: int, version: int) -> int:
    if version == 2:
        return int.from_bytes(data[at + 3 : at + 6], "big")
    raw = bytes(data[at + 4 : at + 8])
    plain = int.from_bytes(raw, "big")
    if version == 3:
        return plain
    if any(b >= 0x80 for b in raw):
        return plain
    size = syncsafe(raw)
    # Early iTunes wrote plain sizes into 2.4 tags; what follows tells.
    if size != plain and not _goes_on(data, at + 10 + size, end) and _goes_on(data, at + 10 + plain, end):
        return plain
    return size


def _goes_on(data: Buffer, at: int, end: int) -> bool:
    if at >= end:
        return at == end
    return data[at] == 0 or _frame_starts(data, at, end, 4)
