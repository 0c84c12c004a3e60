"""AIFF and AIFF-C: big-endian chunks in a FORM (Apple, Audio Interchange File Format 1.3 and AIFF-C draft 1991).

TC260-PG-202510A sends formats it does not name to XMP (Annex F) without saying where. We put the packet where the XMP
Specification Part 3 does: into a chunk ``APPL`` of the application ``XMP ``. ID3 and text chunks are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _id3_edit, _riff
from labelkit.formats.containers._homes import Plan, plan
from labelkit.formats.containers._riff import FORM_HEADER_BYTES, HEADER_BYTES, Chunk

_BIG = ">"
_XMP = b"XMP "
_ID3 = (b"ID3 ", b"id3 ")
_TEXTS = (b"NAME", b"AUTH", b"(c) ", b"ANNO", b"COMT")
# What describes the sound; nothing of it is metadata.
_SIGNAL = frozenset({b"COMM", b"SSND", b"FVER", b"MARK", b"INST", b"MIDI", b"AESD", b"SAXL"})
_MAX_SIZE = 0xFFFFFFFF


class Aiff(Container):
    """AIFF and AIFF-C files."""

    name = "AIFF"

    def score(self, head: bytes) -> int:
        return 100 if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC") else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        for chunk in _chunks(data):
            yield from _units(data, chunk)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        chunks = list(_chunks(data))
        todo = plan(self.read(data), payload, others)
        edits = [e for chunk in chunks for e in _changes(data, chunk, todo)]
        if todo.new is not None:
            edits.append(_riff.insertion(chunks[-1], _riff.pack(b"APPL", _XMP + todo.new, _BIG)))
        return _resized(data, edits)


def _chunks(data: Buffer) -> Iterator[Chunk]:
    """The chunks of the form.

    Raises:
        BrokenFile: no AIFF header, truncated, or without ``COMM``.
    """
    if len(data) < FORM_HEADER_BYTES or data[:4] != b"FORM" or data[8:12] not in (b"AIFF", b"AIFC"):
        raise BrokenFile("the AIFF header is damaged", place="byte 0", remedy="restore the file from its source")
    common, stop = False, HEADER_BYTES + _form_size(data)
    for chunk in _riff.chunks(data, FORM_HEADER_BYTES, stop, "AIFF", order=_BIG):
        common = common or chunk.id == b"COMM"
        yield chunk
    if not common:
        raise BrokenFile("there is no chunk COMM", place=f"AIFF, byte {stop}", remedy="copy the file again")


def _form_size(data: Buffer) -> int:
    size: int = struct.unpack_from(">I", data, 4)[0]
    return size


def _units(data: Buffer, chunk: Chunk) -> Iterator[Unit]:
    if chunk.id in _SIGNAL or chunk.size > MAX_PAYLOAD_BYTES:
        return
    place = f"AIFF {chunk.name}, byte {chunk.start}"
    key, body = chunk.id.decode("latin-1").strip(), bytes(data[chunk.body])
    notes: tuple[str, ...] = ("odd-length",) if chunk.unpadded else ()
    if chunk.id in _ID3:
        tags = list(_id3_edit.tags(data, chunk.body.start, chunk.body.stop))
        yield from _id3_edit.all_units(tags, place, main=False)
    elif chunk.id == b"APPL" and body.startswith(_XMP):
        yield Unit(Kind.XMP, place, body[4:], chunk.start, chunk.stop, "XMP", True, notes)
    elif chunk.id in _TEXTS:
        yield Unit(Kind.TEXT, place, body, chunk.start, chunk.stop, key, notes=notes)
    else:
        kind = Kind.C2PA if chunk.id == b"C2PA" else Kind.SEGMENT
        yield Unit(kind, place, body, chunk.start, chunk.stop, key, notes=notes)


def _changes(data: Buffer, chunk: Chunk, todo: Plan) -> list[Edit]:
    mine = todo.within(chunk.start, chunk.stop)
    if not mine:
        return []
    if chunk.id in _ID3:
        place = f"AIFF {chunk.name}, byte {chunk.start}"
        tags = _id3_edit.tags(data, chunk.body.start, chunk.body.stop)
        made = [e for tag in tags for e in _id3_edit.edits(tag, Plan(mine, None), place)]
        return _riff.within(chunk, made, _BIG)
    return [Edit(u.start, u.stop, b"" if new is None else _packed(chunk, u, new)) for u, new in mine.items()]


def _packed(chunk: Chunk, unit: Unit, new: bytes) -> bytes:
    return _riff.pack(chunk.id, (_XMP if unit.kind is Kind.XMP else b"") + new, _BIG)


def _resized(data: Buffer, edits: Sequence[Edit]) -> list[Edit]:
    """``edits`` and the correction of the form's size."""
    grown = sum(len(e.data) - (e.stop - e.start) for e in edits)
    size = _form_size(data) + grown
    if size > _MAX_SIZE:
        raise UnsupportedOperation(
            "the file would exceed 4 GiB", place="FORM size, byte 4", remedy="convert it to WAV (RF64)"
        )
    return [*edits, Edit(4, 8, struct.pack(">I", size))] if grown else list(edits)
