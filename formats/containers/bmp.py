"""BMP: recognised and checked, so that the answer is clear; it has no place for metadata (Windows GDI, BITMAPINFO)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Container, Edit, Unit, no_home

_FILE_HEADER_BYTES = 14
_CORE_HEADER_BYTES = 12
# BITMAPCOREHEADER, OS22X (short and full), BITMAPINFOHEADER and Adobe's longer two, V4, V5.
_DIB_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_BITS = (1, 2, 4, 8, 16, 24, 32)
# biCompression whose rows have a fixed length: BI_RGB, BI_BITFIELDS, BI_ALPHABITFIELDS.
_FIXED_ROWS = (0, 3, 6)


class Bmp(Container):
    """Windows and OS/2 bitmaps."""

    name = "BMP"

    def score(self, head: bytes) -> int:
        if head[:2] != b"BM":
            return 0
        if len(head) < _FILE_HEADER_BYTES + 4:
            return 10
        return 90 if struct.unpack_from("<I", head, _FILE_HEADER_BYTES)[0] in _DIB_HEADERS else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        stop = _picture_stop(data)
        if stop > len(data):
            raise BrokenFile(
                "the file ends inside the picture", place=f"BMP, byte {len(data)}", remedy="copy the file again"
            )
        yield from ()

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        for _ in self.read(data):
            pass
        raise no_home(self.name, "PNG")


def _picture_stop(data: Buffer) -> int:
    """The first byte behind the picture.

    Raises:
        BrokenFile: a header is truncated, unknown or contradicts itself.
    """
    if len(data) < _FILE_HEADER_BYTES + 4 or data[:2] != b"BM":
        raise _damaged("the file header is damaged", 0)
    offset: int
    size: int
    offset, size = struct.unpack_from("<II", data, 10)
    if size not in _DIB_HEADERS or _FILE_HEADER_BYTES + size > len(data):
        raise _damaged("the bitmap header is damaged", _FILE_HEADER_BYTES)
    width, height, bits, compression, stored = _shape(data, size)
    if not width or not height or width < 0 or offset < _FILE_HEADER_BYTES + size:
        raise _damaged("size or offset of the picture are impossible", _FILE_HEADER_BYTES)
    if compression not in _FIXED_ROWS:
        return offset + stored
    if bits not in _BITS:
        raise _damaged(f"{bits} bits per pixel are impossible", _FILE_HEADER_BYTES + 14)
    return offset + (width * bits + 31) // 32 * 4 * abs(height)


def _shape(data: Buffer, size: int) -> tuple[int, int, int, int, int]:
    """Width, height (negative: top row first), bits per pixel, compression and stored bytes."""
    if size == _CORE_HEADER_BYTES:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        return width, height, bits, 0, 0
    width, height, _, bits = struct.unpack_from("<iiHH", data, 18)
    compression, stored = struct.unpack_from("<II", data, 30) if size >= 40 else (0, 0)
    return width, height, bits, compression, stored


def _damaged(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"BMP, byte {at}", remedy="restore the file from its source")
