"""The coded side of a GIF: frames with their rectangles, tables, timing and indices (CompuServe, GIF89a, 1990)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer

Indices = NDArray[np.uint8]

_HEADER_BYTES = 13
#: Disposal methods (section 23): restore to background, restore to previous.
CLEAR, REVERT = 2, 3


@dataclass(frozen=True, slots=True)
class Piece:
    """One image with its graphic control extension.

    Attributes:
        start, stop: its bytes in the file, from the control extension (if there is one) to the last sub-block.
        box: left, top, right, bottom on the canvas.
        control: the four bytes of the control extension, ``b""`` without one.
        table: local colour table, n x 3 as bytes, or ``b""``.
        interlaced: rows come in four passes.
        coded: minimum code size and sub-blocks.
    """

    start: int
    stop: int
    box: tuple[int, int, int, int]
    control: bytes
    table: bytes
    interlaced: bool
    coded: bytes

    @property
    def disposal(self) -> int:
        """What happens to the rectangle before the next piece."""
        return self.control[0] >> 2 & 7 if self.control else 0

    @property
    def clear(self) -> int | None:
        """The transparent index, if there is one."""
        return self.control[3] if self.control and self.control[0] & 1 else None

    def with_clear(self, index: int) -> Piece:
        """The same with a transparent index."""
        control = self.control or b"\0\0\0\0"
        return replace(self, control=bytes([control[0] | 1, control[1], control[2], index]))


@dataclass(frozen=True, slots=True)
class Layout:
    """A GIF file taken apart: canvas size, global colour table, and its pieces in order."""

    size: tuple[int, int]
    table: bytes
    pieces: tuple[Piece, ...]


def layout(data: Buffer) -> Layout:
    """Take a file apart.

    Raises:
        BrokenFile: truncated.
    """
    try:
        width, height, packed = struct.unpack_from("<HHB", data, 6)
        table = _table(data, _HEADER_BYTES, packed)
        return Layout((width, height), table, tuple(_pieces(data, _HEADER_BYTES + len(table))))
    except (struct.error, IndexError) as error:
        raise BrokenFile("the file ends inside a block", place="GIF", remedy="copy the file again") from error


def _table(data: Buffer, at: int, packed: int) -> bytes:
    return bytes(data[at : at + (3 << (packed & 7) + 1)]) if packed & 0x80 else b""


def _pieces(data: Buffer, at: int) -> Iterator[Piece]:
    control, control_at = b"", -1
    while at < len(data) and data[at] != 0x3B:
        if data[at] == 0x2C:
            piece = _piece(data, at, control)
            yield piece if control_at < 0 else replace(piece, start=control_at)
            at, control, control_at = piece.stop, b"", -1
        elif data[at] == 0x21:
            if data[at + 1] == 0xF9 and data[at + 2] >= 4:
                control, control_at = bytes(data[at + 3 : at + 7]), at
            elif data[at + 1] == 0x01:  # plain text uses up the control extension
                control, control_at = b"", -1
            at = _skip(data, at + 2)
        else:
            at += 1


def _piece(data: Buffer, at: int, control: bytes) -> Piece:
    left, top, width, height, packed = struct.unpack_from("<HHHHB", data, at + 1)
    table = _table(data, at + 10, packed)
    body = at + 10 + len(table)
    stop = _skip(data, body + 1)
    box = left, top, left + width, top + height
    return Piece(at, stop, box, control, table, bool(packed & 0x40), bytes(data[body:stop]))


def _skip(data: Buffer, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


_GREYS = bytes(value for grey in range(256) for value in (grey, grey, grey))


def indices(piece: Piece) -> Indices:
    """The palette indices of a piece, height x width. The unpacking is Pillow's, given a file with one grey frame."""
    left, top, right, bottom = piece.box
    size = struct.pack("<HH", right - left, bottom - top)
    head = b"GIF89a" + size + b"\xf7\0\0" + _GREYS
    descriptor = b",\0\0\0\0" + size + (b"\x40" if piece.interlaced else b"\0")
    image = Image.open(io.BytesIO(head + descriptor + piece.coded + b";"), formats=("GIF",))
    return np.array(image)


def packed(piece: Piece, pixels: Indices) -> bytes:
    """A piece as bytes, with these indices; the inverse of reading it, never interlaced."""
    colours = max(len(piece.table) // 3, int(pixels.max()) + 1)
    bits = max(2, (colours - 1).bit_length())
    image, out = Image.fromarray(pixels), io.BytesIO()
    image.encoderconfig = (bits, 0)
    ImageFile._save(image, out, [ImageFile._Tile("gif", (0, 0, *image.size), 0, "L")])
    control = b"!\xf9\x04" + piece.control + b"\0" if piece.control else b""
    left, top, right, bottom = piece.box
    table, size = padded(piece.table) if piece.table else (b"", 0)
    flags = 0x80 | size if piece.table else 0
    descriptor = struct.pack("<BHHHHB", 0x2C, left, top, right - left, bottom - top, flags)
    return control + descriptor + table + bytes([bits]) + out.getvalue() + b"\0"


def padded(table: bytes) -> tuple[bytes, int]:
    """A colour table filled up to a power of two entries, and the size field that says so."""
    entries = max(2, len(table) // 3)
    size = (entries - 1).bit_length() - 1
    return table.ljust(3 << size + 1, b"\0"), size


def with_global_table(data: Buffer, table: bytes) -> bytes:
    """Header and screen descriptor with another global colour table."""
    full, size = padded(table)
    packed_fields = data[10] & 0x78 | 0x80 | size
    return bytes(data[:10]) + bytes([packed_fields]) + bytes(data[11:13]) + full
