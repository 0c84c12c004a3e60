"""PNG and APNG: chunks of length, type, data and CRC-32 (W3C PNG, third edition, section 5).

XMP lives in an uncompressed ``iTXt`` chunk with the keyword ``XML:com.adobe.xmp`` (section 11.3.3.4 and TC260-PG-20259A
clause 6). Annex B's alternative, a ``tEXt`` chunk with the keyword ``AIGC``, is read but not written.
"""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from labelkit.errors import BrokenFile, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, MAX_UNITS, Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers import _exif

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = b"XML:com.adobe.xmp"
# ImageMagick before 7.1 and old tools keep profiles as hexadecimal text under these keywords.
_RAW_PROFILE = b"Raw profile type "
# The identifier of JPEG's XMP segment, which a raw profile of type APP1 starts with.
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
# All text chunks of one file together; a bomb has many of them.
_MAX_INFLATED_BYTES = 2 * MAX_PAYLOAD_BYTES
_TEXT = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_METADATA = _TEXT | {b"eXIf", b"caBX"}
# Chunks that only describe the coded picture; a graft takes them from the newly encoded file.
_CODED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT", b"sBIT", b"bKGD", b"hIST"})
# Of these, the ones that stay true as long as samples keep their meaning.
_SAMPLE_CHUNKS = frozenset({b"sBIT", b"bKGD"})
_PALETTE = 3


class _Chunk(NamedTuple):
    """One chunk; a tuple because a film has a hundred thousand of them."""

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
        coded, budget = False, _MAX_INFLATED_BYTES
        for chunk in _chunks(data):
            coded = coded or chunk.type == b"IDAT"
            for unit in _units(data, chunk) if chunk.type in _METADATA else ():
                budget -= len(unit.data) if "compressed" in unit.notes else 0
                if budget < 0:
                    raise LimitExceeded(
                        f"text chunks inflate to more than {_MAX_INFLATED_BYTES} bytes", place=unit.place
                    )
                yield replace(unit, notes=(*unit.notes, "after-image-data")) if coded else unit

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        homes = [u for u in self.read(data) if u.home]
        edits = _replace(data, {u: new for u, new in others.items() if not u.home})
        edits += [Edit(u.start, u.stop) for u in homes[1:]]
        home = homes[0] if homes else None
        if home is None or "after-image-data" in home.notes:
            at = next(c.start for c in _chunks(data) if c.type == b"IDAT")
            edits += [Edit(home.start, home.stop)] if home else []
            edits.append(Edit(at, at, _xmp_chunk(payload)))
        elif home.data != payload or home.notes:
            edits.append(Edit(home.start, home.stop, _xmp_chunk(payload)))
        return edits

    def graft(self, data: Buffer, encoded: bytes) -> Sequence[Edit]:
        new = {c: encoded[c.start : c.stop] for c in _chunks(encoded) if c.type in _CODED}
        header, *rest = new.values()
        added = {c.type for c in new}
        same = header[16:18] == bytes(data[24:26]) and header[17] != _PALETTE
        kept = _SAMPLE_CHUNKS - added if same else frozenset()
        # Colour chunks must stand before PLTE and those before IDAT, so everything new goes where the first IDAT was.
        edits, placed = [], False
        for chunk in _chunks(data):
            if chunk.type == b"IHDR":
                edits.append(Edit(chunk.start, chunk.stop, header))
            elif chunk.type in _CODED - kept:
                first = chunk.type == b"IDAT" and not placed
                edits.append(Edit(chunk.start, chunk.stop, b"".join(rest) if first else b""))
                placed = placed or first
        return edits


def _chunks(data: Buffer) -> Iterator[_Chunk]:
    """Walk the file from signature to IEND.

    Raises:
        BrokenFile: truncated, not starting with IHDR, or without IDAT.
    """
    if bytes(data[:8]) != SIGNATURE:
        raise BrokenFile("the PNG signature is damaged", place="byte 0", remedy="restore the file from its source")
    at, seen_data, header = 8, False, struct.Struct(">I4s").unpack_from
    for number in range(MAX_UNITS):
        if at + 12 > len(data):
            raise _truncated(at)
        length, kind = header(data, at)
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
    bounded(chunk.stop - chunk.start - 12, chunk.place, "metadata chunk")
    body = bytes(data[chunk.body])
    (checksum,) = struct.unpack_from(">I", data, chunk.stop - 4)
    notes = () if binascii.crc32(chunk.type + body) == checksum else ("bad-checksum",)
    if chunk.type == b"eXIf":
        found = _exif.units(body, chunk.start + 8, "PNG eXIf")
    elif chunk.type == b"caBX":
        found = iter((Unit(Kind.C2PA, chunk.place, body, chunk.start, chunk.stop, "caBX"),))
    else:
        found = _text_units(chunk, body)
    for unit in found:
        yield replace(unit, notes=(*unit.notes, *notes))


def _text_units(chunk: _Chunk, body: bytes) -> Iterator[Unit]:
    keyword, _, rest = body.partition(b"\0")
    text, notes = _text(chunk, rest)
    key = keyword.decode("latin-1")
    place = f"PNG {chunk.type.decode()} {key}, byte {chunk.start}"
    if keyword == XMP_KEYWORD:
        yield Unit(Kind.XMP, place, text, chunk.start, chunk.stop, key, chunk.type == b"iTXt", notes)
    elif keyword.startswith(_RAW_PROFILE):
        yield from _profile_units(chunk, key, place, _unhex(text), (*notes, "raw-profile"))
    else:
        yield Unit(Kind.TEXT, place, text, chunk.start, chunk.stop, key, notes=notes)


def _profile_units(chunk: _Chunk, key: str, place: str, profile: bytes, notes: tuple[str, ...]) -> Iterator[Unit]:
    """What a raw profile holds. Its units occupy the whole chunk; EXIF values are named as in an eXIf chunk."""
    if profile.startswith(_JPEG_XMP) or key.endswith(" xmp"):
        packet = profile.removeprefix(_JPEG_XMP)
        yield Unit(Kind.XMP, place, packet, chunk.start, chunk.stop, key, notes=notes)
    elif profile.startswith(b"Exif\0\0"):
        for unit in _exif.units(profile, 0, place):
            yield replace(unit, start=chunk.start, stop=chunk.stop, notes=(*unit.notes, *notes))
    else:
        yield Unit(Kind.SEGMENT, place, profile, chunk.start, chunk.stop, key, notes=notes)


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


def _replace(data: Buffer, others: Mapping[Unit, bytes | None]) -> list[Edit]:
    """Put other payloads into units that are not the home, or take them out."""
    edits = {}
    values: dict[_Chunk, dict[Unit, bytes | None]] = {}
    chunks = [c for c in _chunks(data) if c.type in _METADATA] if others else []
    for unit, new in others.items():
        chunk = next(c for c in chunks if c.start <= unit.start < c.stop)
        if unit.kind is Kind.EXIF or unit.start != chunk.start:
            values.setdefault(chunk, {})[unit] = new
        else:
            edits[chunk] = b"" if new is None else _chunk(*_body(chunk, unit, new))
    edits |= {chunk: _filled(data, chunk, inside) for chunk, inside in values.items()}
    return [Edit(c.start, c.stop, raw) for c, raw in edits.items() if raw != data[c.start : c.stop]]


def _body(chunk: _Chunk, unit: Unit, new: bytes) -> tuple[bytes, bytes]:
    """Type and body of a chunk with another payload; compressed text becomes plain."""
    if unit.kind is Kind.C2PA:
        return chunk.type, new
    if "raw-profile" in unit.notes:
        raise UnsupportedOperation("a raw profile cannot be replaced", place=unit.place, remedy="take it out instead")
    middle = b"\0\0\0\0\0" if chunk.type == b"iTXt" else b"\0"
    return b"tEXt" if chunk.type == b"zTXt" else chunk.type, unit.key.encode("latin-1") + middle + new


def _filled(data: Buffer, chunk: _Chunk, values: Mapping[Unit, bytes | None]) -> bytes:
    """An EXIF chunk or raw profile with some values filled anew."""
    if chunk.type != b"eXIf":
        return _filled_profile(chunk, bytes(data[chunk.body]), values)
    body = bytearray(data[chunk.body])
    for unit, new in values.items():
        body[unit.start - chunk.start - 8 : unit.stop - chunk.start - 8] = _exif.fill(unit, new)
    return _chunk(chunk.type, bytes(body))


def _filled_profile(chunk: _Chunk, body: bytes, values: Mapping[Unit, bytes | None]) -> bytes:
    keyword, _, rest = body.partition(b"\0")
    text, _ = _text(chunk, rest)
    wanted = {(unit.key, unit.data): new for unit, new in values.items()}
    profile = bytearray(_unhex(text))
    for unit in list(_exif.units(bytes(profile), 0, chunk.place)):
        if (unit.key, unit.data) in wanted:
            profile[unit.start : unit.stop] = _exif.fill(unit, wanted[unit.key, unit.data])
    name = keyword.removeprefix(_RAW_PROFILE)
    digits = b"\n".join(profile[at : at + 36].hex().encode() for at in range(0, len(profile), 36))
    return _chunk(b"tEXt", keyword + b"\0\n" + name + b"\n%8d\n" % len(profile) + digits + b"\n")


def _xmp_chunk(packet: bytes) -> bytes:
    # keyword, compression flag 0, method 0, empty language tag, empty translated keyword, text (UTF-8)
    return _chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + packet)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", binascii.crc32(kind + body))
