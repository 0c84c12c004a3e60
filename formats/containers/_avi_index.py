"""What points at coded data in AVI files: ``idx1`` and the OpenDML indexes (Matrox, "OpenDML AVI File Format
Extensions" 1.02, section 3).

``idx1`` counts from the word ``movi``, in some writers' files from the start of the file; OpenDML counts from there
always.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Edit
from labelkit.formats.containers import _riff
from labelkit.formats.containers._riff import Chunk

_ENTRY_BYTES = 16
# Index headers: longs per entry, sub type, type, number of entries, chunk id; then the base offset or reserved fields.
_FIELDS_BYTES, _BASE_BYTES = 24, 12
_OF_INDEXES, _OF_CHUNKS = 0, 1


def moved(data: Buffer, chunks: list[Chunk], at: int, more: int) -> Iterator[Edit]:
    """The edits of every offset to bytes from ``at`` on, which move by ``more``.

    Args:
        data: the whole file.
        chunks: the chunks of the first form.
        at: where something was inserted, in front of ``movi``.
        more: by how many bytes what follows moves.

    Raises:
        BrokenFile: an offset leads out of the file, or beyond 4 GiB where it has 32 bits.
    """
    movi = next(c for c in chunks if _is_list(data, c, b"movi"))
    for chunk in chunks:
        if chunk.id == b"idx1":
            yield from _old_index(data, chunk, movi, more)
        elif _is_list(data, chunk, b"hdrl"):
            for stream in _riff.chunks(data, chunk.body.start + 4, chunk.body.stop, "AVI"):
                if _is_list(data, stream, b"strl"):
                    yield from _stream(data, stream, at, more)


def _is_list(data: Buffer, chunk: Chunk, kind: bytes) -> bool:
    return chunk.id == b"LIST" and data[chunk.body.start : chunk.body.start + 4] == kind


def _old_index(data: Buffer, index: Chunk, movi: Chunk, more: int) -> Iterator[Edit]:
    count = index.size // _ENTRY_BYTES
    if not count or struct.unpack_from("<I", data, index.body.start + 8)[0] < movi.body.start:
        return  # counts from movi, and moves with it
    entries = bytearray(data[index.body.start : index.body.start + count * _ENTRY_BYTES])
    for place in range(8, len(entries), _ENTRY_BYTES):
        offset = struct.unpack_from("<I", entries, place)[0] + more
        if not 0 <= offset <= 0xFFFFFFFF:
            raise _broken(index.start)
        struct.pack_into("<I", entries, place, offset)
    yield Edit(index.body.start, index.body.start + len(entries), bytes(entries))


def _stream(data: Buffer, stream: Chunk, at: int, more: int) -> Iterator[Edit]:
    for chunk in _riff.chunks(data, stream.body.start + 4, stream.body.stop, "AVI"):
        if chunk.id != b"indx" or chunk.size < _FIELDS_BYTES:
            continue
        kind, count = data[chunk.body.start + 3], struct.unpack_from("<I", data, chunk.body.start + 4)[0]
        if kind == _OF_CHUNKS:
            yield from _shifted(data, chunk.body.start + _BASE_BYTES, at, more)
        elif kind == _OF_INDEXES:
            for number in range(min(count, (chunk.size - _FIELDS_BYTES) // _ENTRY_BYTES)):
                place = chunk.body.start + _FIELDS_BYTES + number * _ENTRY_BYTES
                inner = struct.unpack_from("<Q", data, place)[0]
                if inner + _riff.HEADER_BYTES + _FIELDS_BYTES > len(data):
                    raise _broken(place)
                yield from _shifted(data, place, at, more)
                yield from _shifted(data, inner + _riff.HEADER_BYTES + _BASE_BYTES, at, more)


def _shifted(data: Buffer, place: int, at: int, more: int) -> Iterator[Edit]:
    (offset,) = struct.unpack_from("<Q", data, place)
    if offset >= at:
        if not 0 <= offset + more < 1 << 64:
            raise _broken(place)
        yield Edit(place, place + 8, struct.pack("<Q", offset + more))


def _broken(at: int) -> BrokenFile:
    return BrokenFile("an index leads out of the file", place=f"AVI, byte {at}", remedy="remux the file")
