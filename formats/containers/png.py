"""PNG and APNG: chunks of length, type, data and CRC-32 (W3C PNG, third edition, section 5).

XMP lives in an uncompressed ``iTXt`` chunk with the keyword ``XML:com.adobe.xmp`` (section 11.3.3.4 and TC260-PG-20259A
clause 6). Annex B's alternative, a ``tEXt`` chunk with the keyword ``AIGC``, is read but not written.
"""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_PAYLOAD_BYTES, MAX_UNITS, Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers import _exif

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = b"XML:com.adobe.xmp"
# ImageMagick before 7.1 and old tools keep profiles as hexadecimal text under these keywords.
_RAW_PROFILE = b"Raw profile type "
# Chunks that only describe the coded picture; a graft takes them from the newly encoded file.
_CODED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT", b"sBIT", b"bKGD", b"hIST"})


@dataclass(frozen=True, slots=True)
class _Chunk:
    type: bytes
    start: int
    stop: int

    @property
    def body(self) -> slice:
        return slice(self.start + 8, self.stop - 4)

    @property
    def place(self) -> str:
        return f"PNG {self.type.decode('latin-1')}, byte {self.start}"


class Png(Container):
    """PNG and APNG files."""

    name = "PNG"

    def score(self, head: bytes) -> int:
        return 100 if head.startswith(SIGNATURE) else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        coded = False
        for chunk in _chunks(data):
            coded = coded or chunk.type == b"IDAT"
            for unit in _units(data, chunk):
                yield replace(unit, notes=(*unit.notes, "after-image-data")) if coded else unit

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        units = list(self.read(data))
        homes = [u for u in units if u.home]
        edits = [e for u, new in others.items() if not u.home for e in _replace(data, u, new)]
        if not homes:
            at = next(c.start for c in _chunks(data) if c.type == b"IDAT")
            return [*edits, Edit(at, at, _xmp_chunk(payload))]
        edits += [Edit(u.start, u.stop) for u in homes[1:]]
        if homes[0].data != payload or homes[0].notes:
            edits.append(Edit(homes[0].start, homes[0].stop, _xmp_chunk(payload)))
        return edits

    def graft(self, data: Buffer, encoded: bytes) -> Sequence[Edit]:
        new = [encoded[c.start : c.stop] for c in _chunks(encoded) if c.type in _CODED]
        first_idat = next(i for i, raw in enumerate(new) if raw[4:8] == b"IDAT")
        # Colour chunks must stand before PLTE, so the new header goes in two parts around what is kept.
        header, rest = new[:1], new[1:]
        edits, placed = [], False
        for chunk in _chunks(data):
            if chunk.type == b"IHDR":
                edits.append(Edit(chunk.start, chunk.stop, b"".join(header)))
            elif chunk.type in _CODED:
                # Everything coded goes where the first PLTE or coded chunk stood, in the order the encoder gave it.
                first = not placed and chunk.type in (b"PLTE", b"IDAT", b"acTL", b"fcTL")
                edits.append(Edit(chunk.start, chunk.stop, b"".join(rest) if first else b""))
                placed = placed or first
        if first_idat < 1 or not placed:
            raise BrokenFile("the encoded picture has no IDAT before its end", remedy="please report this file")
        return edits


def _chunks(data: Buffer) -> Iterator[_Chunk]:
    """Walk the file from signature to IEND.

    Raises:
        BrokenFile: truncated, not starting with IHDR, or without IDAT.
    """
    if bytes(data[:8]) != SIGNATURE:
        raise BrokenFile("the PNG signature is damaged", place="byte 0", remedy="restore the file from its source")
    at, seen_data = 8, False
    for number in range(MAX_UNITS):
        if at + 12 > len(data):
            raise _truncated(at)
        length, kind = struct.unpack_from(">I4s", data, at)
        if length > 0x7FFFFFFF or at + 12 + length > len(data):
            raise _truncated(at)
        if (number == 0) != (kind == b"IHDR"):
            raise BrokenFile("IHDR must be the first chunk, once", place=f"byte {at}", remedy="re-export the picture")
        seen_data = seen_data or kind == b"IDAT"
        if kind == b"IEND" and not seen_data:
            raise BrokenFile("there is no IDAT chunk", place=f"byte {at}", remedy="re-export the picture")
        yield _Chunk(kind, at, at + 12 + length)
        if kind == b"IEND":
            return
        at += 12 + length
    raise LimitExceeded(f"more than {MAX_UNITS} chunks", remedy="inspect the file")


def _truncated(at: int) -> BrokenFile:
    return BrokenFile("the file ends inside a chunk", place=f"PNG chunk, byte {at}", remedy="copy the file again")


def _units(data: Buffer, chunk: _Chunk) -> Iterator[Unit]:
    if chunk.type in (b"tEXt", b"zTXt", b"iTXt"):
        yield _text_unit(chunk, bytes(data[chunk.body]))
    elif chunk.type == b"eXIf":
        yield from _exif.units(bytes(data[chunk.body]), chunk.start + 8, chunk.place)
    elif chunk.type == b"caBX":
        yield Unit(Kind.C2PA, chunk.place, bytes(data[chunk.body][:MAX_PAYLOAD_BYTES]), chunk.start, chunk.stop)


def _text_unit(chunk: _Chunk, body: bytes) -> Unit:
    bounded(len(body), chunk.place, "text chunk")
    keyword, _, rest = body.partition(b"\0")
    text, notes = _text(chunk, rest)
    key = keyword.decode("latin-1")
    place = f"PNG {chunk.type.decode()} {key}, byte {chunk.start}"
    if keyword == XMP_KEYWORD:
        home = chunk.type == b"iTXt"
        return Unit(Kind.XMP, place, text, chunk.start, chunk.stop, key, home, notes)
    if keyword == _RAW_PROFILE + b"xmp":
        return Unit(Kind.XMP, place, _unhex(text), chunk.start, chunk.stop, key, notes=(*notes, "raw-profile"))
    return Unit(Kind.TEXT, place, text, chunk.start, chunk.stop, key, notes=notes)


def _text(chunk: _Chunk, rest: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The text after the keyword's zero byte, inflated where needed, and how it was stored."""
    if chunk.type == b"tEXt":
        return rest, ()
    if chunk.type == b"zTXt":
        return _inflate(rest[1:], chunk.place), ("compressed",)
    if len(rest) < 4:
        raise BrokenFile("an iTXt chunk is too short", place=chunk.place, remedy="re-export the picture")
    parts = rest[2:].split(b"\0", 2)
    text = parts[2] if len(parts) == 3 else b""
    return (_inflate(text, chunk.place), ("compressed",)) if rest[0] else (text, ())


def _inflate(packed: bytes, place: str) -> bytes:
    """Decompress, refusing bombs: at most ``MAX_PAYLOAD_BYTES`` come out."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(packed, MAX_PAYLOAD_BYTES + 1)
    except zlib.error as error:
        raise BrokenFile(f"compressed text does not inflate: {error}", place=place) from error
    bounded(len(text), place, "inflated text")
    return text


def _unhex(text: bytes) -> bytes:
    """A raw profile: newline, name, newline, length, newline, hexadecimal digits in lines."""
    lines = text.strip().split(b"\n", 2)
    try:
        return bytes.fromhex(lines[2].decode("ascii")) if len(lines) == 3 else b""
    except ValueError:
        return b""


def _replace(data: Buffer, unit: Unit, payload: bytes | None) -> list[Edit]:
    """Put another payload into a unit that is not the home, or take it out."""
    if unit.kind is Kind.EXIF:
        return _blank_exif(data, unit)
    if payload is None:
        return [Edit(unit.start, unit.stop)]
    kind = bytes(data[unit.start + 4 : unit.start + 8])
    middle = b"\0\0\0\0\0" if kind == b"iTXt" else b"\0"
    return [Edit(unit.start, unit.stop, _chunk(kind if kind != b"zTXt" else b"tEXt", unit.key.encode("latin-1") + middle + payload))]


def _blank_exif(data: Buffer, unit: Unit) -> list[Edit]:
    """Blank one EXIF value; its chunk keeps its length and gets a new CRC."""
    chunk = next(c for c in _chunks(data) if c.start <= unit.start < c.stop)
    body = bytearray(data[chunk.body])
    inner = slice(unit.start - chunk.body.start, unit.stop - chunk.body.start)
    body[inner] = _exif.blank(unit)
    return [Edit(chunk.start, chunk.stop, _chunk(chunk.type, bytes(body)))]


def _xmp_chunk(packet: bytes) -> bytes:
    # keyword, compression flag 0, method 0, empty language tag, empty translated keyword, text (UTF-8)
    return _chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + packet)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", binascii.crc32(kind + body))
