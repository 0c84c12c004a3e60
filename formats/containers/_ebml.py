"""EBML, the frame of Matroska and WebM: elements of id, size and data, both numbers of variable length (RFC 8794)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import Buffer

VOID, CRC = 0xEC, 0xBF
_MAX_ID_BYTES, _MAX_SIZE_BYTES = 4, 8
#: Elements side by side in one file; ten hours of film in one-second clusters have 36,000.
MAX_ELEMENTS = 1_000_000
_CRC_BYTES = 4


class Element(NamedTuple):
    """One element: ``start`` is its id, ``body`` its data; ``unknown`` when its size was left open."""

    id: int
    start: int
    body: int
    stop: int
    size_bytes: int
    unknown: bool = False

    @property
    def size(self) -> int:
        """Bytes of data."""
        return self.stop - self.body

    @property
    def place(self) -> str:
        """For people."""
        return f"element 0x{self.id:X}, byte {self.start}"


def broken(message: str, at: int) -> BrokenFile:
    """The error of a file whose elements contradict each other."""
    return BrokenFile(message, place=f"Matroska, byte {at}", remedy="copy the file again")


def element(data: Buffer, at: int, stop: int) -> Element:
    """The element that starts at ``at``; one of unknown size reaches to ``stop``.

    Raises:
        BrokenFile: it is no element, or larger than what holds it.
    """
    id_bytes = _width(data, at, stop, _MAX_ID_BYTES)
    size_at = at + id_bytes
    size_bytes = _width(data, size_at, stop, _MAX_SIZE_BYTES)
    raw = int.from_bytes(data[size_at : size_at + size_bytes], "big")
    mask = (1 << 7 * size_bytes) - 1
    body, size = size_at + size_bytes, raw & mask
    unknown = size == mask
    if not unknown and body + size > stop:
        what = "the file ends inside an element" if stop == len(data) else "an element is larger than what holds it"
        raise broken(what, at)
    kind = int.from_bytes(data[at:size_at], "big")
    return Element(kind, at, body, stop if unknown else body + size, size_bytes, unknown)


def _width(data: Buffer, at: int, stop: int, most: int) -> int:
    """Bytes of a number of variable length, told by the zero bits in front (RFC 8794 section 4)."""
    if at >= stop:
        raise broken("the file ends inside an element", at)
    width = 9 - data[at].bit_length()
    if width > most:
        raise broken("no element starts here", at)
    if at + width > stop:
        raise broken("the file ends inside an element", at)
    return width


def elements(data: Buffer, start: int, stop: int) -> Iterator[Element]:
    """The elements side by side in ``data[start:stop]``. Whoever asks ends the walk at one of unknown size.

    Raises:
        BrokenFile: as :func:`element`.
        LimitExceeded: too many.
    """
    at = start
    for _ in range(MAX_ELEMENTS):
        if at >= stop:
            return
        found = element(data, at, stop)
        yield found
        at = found.stop
    raise LimitExceeded(f"more than {MAX_ELEMENTS} elements", place=f"Matroska, byte {at}", remedy="inspect the file")


def uint(data: Buffer, found: Element) -> int:
    """An unsigned integer."""
    return int.from_bytes(data[found.body : min(found.stop, found.body + 8)], "big")


def pack_size(size: int, least: int = 1) -> bytes:
    """A size in at least so many bytes, never the reserved value for an unknown one."""
    width = max(least, 1)
    while size >= (1 << 7 * width) - 1:
        width += 1
    return (size | 1 << 7 * width).to_bytes(width, "big")


def pack(kind: int, body: bytes, least: int = 1) -> bytes:
    """An element whose size takes at least so many bytes."""
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + pack_size(len(body), least) + body


def pack_uint(kind: int, value: int, least: int) -> bytes:
    """An unsigned integer of at least so many bytes."""
    width = max(least, (value.bit_length() + 7) // 8, 1)
    return pack(kind, value.to_bytes(width, "big"))


def void(size: int) -> bytes:
    """Free space of so many bytes in all, at least 2."""
    width = 1 if size < 129 else 8
    return bytes([VOID]) + pack_size(size - 1 - width, width) + bytes(size - 1 - width)


def summed(children: Sequence[bytes]) -> bytes:
    """The content of a master element; a CRC-32 in front is renewed (RFC 8794 section 11.3.1)."""
    if children and children[0][:1] == bytes([CRC]):
        rest = b"".join(children[1:])
        return pack(CRC, zlib.crc32(rest).to_bytes(_CRC_BYTES, "little")) + rest
    return b"".join(children)
