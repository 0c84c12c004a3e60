"""RIFF, the frame of WebP, WAV and AVI: chunks of FourCC, little-endian size, data, and a pad byte after odd data.

AIFF's older chunks differ only in the byte order of their sizes, ``">"`` (EA IFF 85).

Multimedia Programming Interface and Data Specifications 1.0 (1991), chapter 2; RFC 9649 section 2.3. Files beyond 4 GiB
are RF64 or BW64 (EBU Tech 3306, ITU-R BS.2088): 32-bit sizes of 0xFFFFFFFF stand for those of the chunk ``ds64``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from labelkit.errors import BrokenFile, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import MAX_UNITS, Buffer, Edit

#: FourCC and 32-bit size in front of every chunk's data.
HEADER_BYTES = 8
#: Form header: FourCC, size, form type.
FORM_HEADER_BYTES = 12
_LONG = 0xFFFFFFFF
# ds64 starts right after the form header; its data begins with the 64-bit form size (EBU Tech 3306 section 3).
_DS64_DATA = FORM_HEADER_BYTES + HEADER_BYTES


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: ``start`` is its FourCC, ``stop`` the next chunk (its pad byte included, where there is one)."""

    id: bytes
    start: int
    size: int
    stop: int

    @property
    def body(self) -> slice:
        """The data, without header and pad byte."""
        return slice(self.start + HEADER_BYTES, self.start + HEADER_BYTES + self.size)

    @property
    def unpadded(self) -> bool:
        """Whether its data is odd and the pad byte was left out."""
        return (self.stop - self.start) % 2 == 1

    @property
    def name(self) -> str:
        """The FourCC for people."""
        return self.id.decode("latin-1").strip()


@dataclass(frozen=True, slots=True)
class Form:
    """The outermost chunk: ``id`` is RIFF, RF64 or BW64, ``type`` what is inside, ``stop`` its first byte after."""

    id: bytes
    type: bytes
    stop: int
    long_sizes: Mapping[bytes, int] = field(default_factory=dict)


def form(data: Buffer, name: str) -> Form:
    """The form a file starts with; bytes after its stop are no part of it. The stop of a truncated file lies outside.

    Args:
        data: the whole file.
        name: the format for people, used in errors.

    Raises:
        BrokenFile: no RIFF header.
    """
    if len(data) < FORM_HEADER_BYTES or data[:4] not in (b"RIFF", b"RF64", b"BW64"):
        raise BrokenFile(f"the {name} header is damaged", place="byte 0", remedy="restore the file from its source")
    kind, size, inner = struct.unpack_from("<4sI4s", data)
    long_sizes: dict[bytes, int] = {}
    if kind != b"RIFF" and size == _LONG:
        size, long_sizes = _ds64(data, name)
    return Form(kind, inner, HEADER_BYTES + size, long_sizes)


def _ds64(data: Buffer, name: str) -> tuple[int, dict[bytes, int]]:
    """Form size, and 64-bit sizes by FourCC: the data chunk's, then those of the table."""
    if len(data) < _DS64_DATA + 28 or data[12:16] != b"ds64":
        raise BrokenFile("the chunk ds64 is missing", place=f"{name}, byte 12", remedy="copy the file again")
    form_size, data_size, _, count = struct.unpack_from("<QQQI", data, _DS64_DATA)
    room = (min(len(data), _DS64_DATA + struct.unpack_from("<I", data, 16)[0]) - _DS64_DATA - 28) // 12
    table = (struct.unpack_from("<4sQ", data, _DS64_DATA + 28 + 12 * i) for i in range(min(count, max(room, 0))))
    return form_size, {b"data": data_size, **dict(table)}


def chunks(
    data: Buffer, start: int, stop: int, name: str, long_sizes: Mapping[bytes, int] | None = None, order: str = "<"
) -> Iterator[Chunk]:
    """The chunks between two bytes of the file, in order.

    A pad byte that a writer left out is noticed where the bytes make sense only without it; a single zero byte after
    the last chunk is ignored.

    Raises:
        BrokenFile: a chunk is larger than what is left, or the file ends before ``stop``.
        LimitExceeded: more than ``MAX_UNITS`` chunks.
    """
    at, limit = start, min(stop, len(data))
    for _ in range(MAX_UNITS):
        if at >= stop or (stop - at == 1 and data[at : at + 1] == b"\0"):
            return
        end = at + HEADER_BYTES
        if end > limit:
            raise _overrun(data, end, name, at)
        kind, size = struct.unpack_from(f"{order}4sI", data, at)
        if size == _LONG and long_sizes:
            size = long_sizes.get(kind, size)
        end += size
        if end > limit:
            raise _overrun(data, end, name, at)
        chunk = Chunk(kind, at, size, _next(data, end, limit, order) if size % 2 else end)
        yield chunk
        at = chunk.stop
    raise LimitExceeded(f"more than {MAX_UNITS} chunks", remedy="inspect the file")


def _overrun(data: Buffer, end: int, name: str, at: int) -> BrokenFile:
    what = "the file ends inside a chunk" if end > len(data) else "a chunk is larger than what holds it"
    return BrokenFile(what, place=f"{name} chunk, byte {at}", remedy="copy the file again")


def _next(data: Buffer, at: int, stop: int, order: str) -> int:
    """Where the next chunk starts after odd data that ends at ``at``."""
    if at >= stop:
        return at
    if data[at] == 0 or _plausible(data, at + 1, stop, order) or not _plausible(data, at, stop, order):
        return at + 1
    return at


def _plausible(data: Buffer, at: int, stop: int, order: str) -> bool:
    """Whether a chunk with a printable FourCC that fits starts here."""
    if at + HEADER_BYTES > stop:
        return at == stop
    kind, size = struct.unpack_from(f"{order}4sI", data, at)
    return all(0x20 <= c < 0x7F for c in kind) and at + HEADER_BYTES + size <= stop


def pack(kind: bytes, body: bytes, order: str = "<") -> bytes:
    """A chunk with header and, after odd data, a pad byte."""
    return struct.pack(f"{order}4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)


def insertion(after: Chunk, new: bytes) -> Edit:
    """Put chunks behind one that may lack its pad byte."""
    return Edit(after.stop, after.stop, b"\0" * after.unpadded + new)


def within(outer: Chunk, edits: Sequence[Edit], order: str = "<") -> list[Edit]:
    """``edits`` inside a chunk's data and, if they change its length, the corrections of its size and pad byte."""
    grown = sum(len(e.data) - (e.stop - e.start) for e in edits)
    if not grown:
        return list(edits)
    at, size = outer.start + 4, outer.size + grown
    pad = outer.body.stop
    return [*edits, Edit(at, at + 4, struct.pack(f"{order}I", size)), Edit(pad, outer.stop, b"\0" * (size % 2))]


def resized(data: Buffer, outer: Form, edits: Sequence[Edit]) -> list[Edit]:
    """``edits`` and, if they change the length of the form, the correction of its size.

    Raises:
        UnsupportedOperation: a plain RIFF form would exceed 4 GiB.
    """
    grown = sum(len(e.data) - (e.stop - e.start) for e in edits)
    if not grown:
        return list(edits)
    size = outer.stop - HEADER_BYTES + grown
    if outer.id != b"RIFF" and data[4:8] == b"\xff\xff\xff\xff":
        return [*edits, Edit(_DS64_DATA, _DS64_DATA + 8, struct.pack("<Q", size))]
    if size >= _LONG:
        raise UnsupportedOperation(
            "the file would exceed 4 GiB", place="RIFF size, byte 4", remedy="use a smaller file"
        )
    return [*edits, Edit(4, 8, struct.pack("<I", size))]
