"""WebP, still and animated: a RIFF form of type ``WEBP`` (RFC 9649).

XMP lives in the chunk ``XMP `` behind the picture, announced by a bit of the ``VP8X`` header (section 2.7). A simple
file (section 2.5 and 2.6) has no such header; it gets one, with the canvas size of its bitstream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from labelkit.errors import BrokenFile
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit, apply, bounded
from labelkit.formats.containers import _exif, _riff
from labelkit.formats.containers._riff import Chunk

XMP = b"XMP "
# FourCC that some writers give by mistake; readers know it, so it is read and put right.
_XMP_ZERO = b"XMP\0"
# Bits of the VP8X flags (RFC 9649 section 2.7.1.1).
_ICC, _ALPHA, _EXIF, _XMP, _ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
_FLAG_OF = {b"ICCP": _ICC, b"ALPH": _ALPHA, b"EXIF": _EXIF, XMP: _XMP}
_IMAGE = (b"VP8 ", b"VP8L", b"ANMF")
#: Chunks that only describe the coded picture; a graft takes them from the newly encoded file.
_CODED = frozenset({*_IMAGE, b"ALPH", b"ANIM"})
_VP8X_BYTES = 10
# Position, size, duration and flags in front of a frame's own chunks (section 2.7.1.1, figure 9).
_FRAME_HEADER_BYTES = 16
# JPEG's identifier, which some writers keep in front of the TIFF structure.
_JPEG_EXIF = b"Exif\0\0"


class Webp(Container):
    """WebP files: lossy, lossless, with alpha, animated."""

    name = "WebP"

    def score(self, head: bytes) -> int:
        return 100 if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        for chunk in _chunks(data):
            yield from _units(data, chunk)
        yield from _trailer(data)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        for _ in self.read(data):  # the whole structure, frames included, must be sound before it is touched
            pass
        chunks = list(_chunks(data))
        edits = [e for chunk in chunks for e in _others(data, chunk, others)]
        homes = [c for c in chunks if c.id in (XMP, _XMP_ZERO)]
        new = _riff.pack(XMP, payload)
        if not homes:
            edits.append(_riff.insertion(_last(chunks), new))
        elif data[homes[0].start : homes[0].stop] != new:
            edits.append(Edit(homes[0].start, homes[0].stop, new))
        edits += [Edit(c.start, c.stop) for c in homes[1:]]
        edits += _announce(data, chunks)
        return [*_riff.resized(data, _riff.form(data, self.name), edits), *_behind(data, others)]

    def graft(self, data: Buffer, encoded: bytes) -> Sequence[Edit]:
        old, new = list(_chunks(data)), list(_chunks(encoded))
        coded = b"".join(_riff.pack(c.id, encoded[c.body]) for c in new if c.id in _CODED)
        kept = [c for c in old if c.id not in _CODED and c.id != b"VP8X"]
        header = _header(encoded, new, kept)
        edits = []
        for chunk in old:
            if chunk.id in _CODED:
                edits.append(Edit(chunk.start, chunk.stop, coded))
                coded = b""
            elif chunk.id == b"VP8X":
                edits.append(Edit(chunk.start, chunk.stop, header))
                header = b""
        if header and (kept or new[0].id == b"VP8X"):
            edits.append(Edit(_riff.FORM_HEADER_BYTES, _riff.FORM_HEADER_BYTES, header))
        return _riff.resized(data, _riff.form(data, self.name), edits)


def _chunks(data: Buffer) -> Iterator[Chunk]:
    """The chunks of the file.

    Raises:
        BrokenFile: not a WebP form, truncated, VP8X short or not in front, or without a picture.
    """
    outer = _riff.form(data, "WebP")
    if outer.type != b"WEBP":
        raise BrokenFile("the RIFF form is not WebP", place="byte 8", remedy="restore the file from its source")
    picture = False
    for chunk in _riff.chunks(data, _riff.FORM_HEADER_BYTES, outer.stop, "WebP"):
        if chunk.id == b"VP8X" and (chunk.start != _riff.FORM_HEADER_BYTES or chunk.size < _VP8X_BYTES):
            raise _damaged("the VP8X header is too short or not in front", chunk)
        picture = picture or chunk.id in _IMAGE
        yield chunk
    if not picture:
        raise BrokenFile("there is no picture", place=f"WebP, byte {outer.stop}", remedy="re-export the picture")


def _damaged(message: str, chunk: Chunk) -> BrokenFile:
    return BrokenFile(message, place=_place(chunk), remedy="re-export the picture")


def _place(chunk: Chunk) -> str:
    return f"WebP {chunk.name}, byte {chunk.start}"


def _units(data: Buffer, chunk: Chunk) -> Iterator[Unit]:
    notes: tuple[str, ...] = ("odd-length",) if chunk.unpadded else ()
    if chunk.id in (XMP, _XMP_ZERO):
        bounded(chunk.size, _place(chunk))
        notes += ("bad-fourcc",) if chunk.id == _XMP_ZERO else ()
        yield Unit(Kind.XMP, _place(chunk), data[chunk.body], chunk.start, chunk.stop, home=True, notes=notes)
    elif chunk.id == b"EXIF":
        yield from _exif_units(data, chunk)
    elif chunk.id == b"ANMF":
        for inner in _inside(data, chunk):
            yield from (replace(u, home=False, notes=(*u.notes, "in-frame")) for u in _units(data, inner))
    elif chunk.id not in (b"VP8X", b"ICCP", *_CODED):
        kind = Kind.C2PA if chunk.id == b"C2PA" else Kind.SEGMENT
        body = data[chunk.start + 8 : chunk.start + 8 + min(chunk.size, MAX_PAYLOAD_BYTES)]
        yield Unit(kind, _place(chunk), body, chunk.start, chunk.stop, chunk.id.decode("latin-1"), notes=notes)


def _exif_units(data: Buffer, chunk: Chunk) -> Iterator[Unit]:
    bounded(chunk.size, _place(chunk))
    exif, base = data[chunk.body], chunk.start + 8
    if exif.startswith(_JPEG_EXIF):
        exif, base = exif[len(_JPEG_EXIF) :], base + len(_JPEG_EXIF)
    return _exif.units(exif, base, _place(chunk))


def _inside(data: Buffer, frame: Chunk) -> Iterator[Chunk]:
    """The chunks of one frame of an animation."""
    body = frame.body
    if frame.size < _FRAME_HEADER_BYTES:
        raise _damaged("the frame is too short", frame)
    for chunk in _riff.chunks(data, body.start + _FRAME_HEADER_BYTES, body.stop, "WebP ANMF"):
        if chunk.id == b"ANMF":
            raise _damaged("a frame holds a frame", chunk)
        yield chunk


def _trailer(data: Buffer) -> Iterator[Unit]:
    """What stands behind the form; readers ignore it (RFC 9649 section 2.4)."""
    start = _riff.form(data, "WebP").stop
    if start < len(data):
        rest = data[start : start + MAX_PAYLOAD_BYTES]
        yield Unit(Kind.SEGMENT, f"WebP trailer, byte {start}", rest, start, len(data), "trailer", notes=("after-end",))


def _last(chunks: Sequence[Chunk]) -> Chunk:
    """The chunk XMP goes behind: picture or EXIF, in front of unknown ones (RFC 9649 section 2.7)."""
    return next(c for c in reversed(chunks) if c.id in (*_IMAGE, b"EXIF"))


def _announce(data: Buffer, chunks: Sequence[Chunk]) -> list[Edit]:
    """The edit that sets the XMP bit of VP8X, or puts a VP8X header in front of a simple file."""
    if chunks[0].id != b"VP8X":
        at = _riff.FORM_HEADER_BYTES
        return [Edit(at, at, _header(data, chunks, chunks, _XMP))]
    at = chunks[0].body.start
    return [] if data[at] & _XMP else [Edit(at, at + 1, bytes([data[at] | _XMP]))]


def _header(coded: Buffer, chunks: Sequence[Chunk], kept: Sequence[Chunk], extra: int = 0) -> bytes:
    """A VP8X chunk for the picture of ``coded`` (whose chunks these are) and the metadata chunks ``kept``."""
    flags = extra
    for chunk in kept:
        flags |= _FLAG_OF.get(chunk.id, 0)
    if chunks[0].id == b"VP8X":
        flags |= coded[chunks[0].body.start] & (_ALPHA | _ANIMATION)
        canvas = coded[chunks[0].body][4:10]
    else:
        width, height, alpha = _canvas(coded, next(c for c in chunks if c.id in _IMAGE))
        flags |= _ALPHA * alpha
        canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return _riff.pack(b"VP8X", bytes([flags, 0, 0, 0]) + canvas)


def _canvas(data: Buffer, chunk: Chunk) -> tuple[int, int, bool]:
    """Width and height in pixels and use of alpha, from the header of a bitstream.

    RFC 6386 section 9.1 for VP8 (14 bits each, the upper 2 scale), RFC 9649 section 3.4 for VP8L.
    """
    head = bytes(data[chunk.body][:10])
    if chunk.id == b"VP8 " and len(head) == 10 and not head[0] & 1 and head[3:6] == b"\x9d\x01\x2a":
        width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", head, 6))
        if width and height:
            return width, height, False
    if chunk.id == b"VP8L" and len(head) >= 5 and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    raise _damaged("the bitstream header is damaged", chunk)


def _others(data: Buffer, chunk: Chunk, others: Mapping[Unit, bytes | None]) -> list[Edit]:
    """The edits for units inside one chunk that are not the home."""
    mine = {u: new for u, new in others.items() if not u.home and chunk.start <= u.start and u.stop <= chunk.stop}
    if chunk.id == b"EXIF":
        return [Edit(u.start, u.stop, _exif.fill(u, new)) for u, new in mine.items()]
    if chunk.id == b"ANMF" and mine:
        return [_reframed(data, chunk, mine)]
    return [Edit(u.start, u.stop, b"" if new is None else _riff.pack(chunk.id, new)) for u, new in mine.items()]


def _reframed(data: Buffer, frame: Chunk, others: Mapping[Unit, bytes | None]) -> Edit:
    """One frame with some of its inner chunks replaced, its size put right."""
    body = frame.body
    edits = [e for inner in _inside(data, frame) for e in _others(data, inner, others)]
    moved = [Edit(e.start - body.start, e.stop - body.start, e.data) for e in edits]
    return Edit(frame.start, frame.stop, _riff.pack(b"ANMF", b"".join(apply(data[body], moved))))


def _behind(data: Buffer, others: Mapping[Unit, bytes | None]) -> list[Edit]:
    """What stands behind the form, replaced as asked; it does not count for the form's size."""
    return [
        Edit(u.start, u.stop, new or b"") for u, new in others.items() if u.key == "trailer" and u.stop == len(data)
    ]
