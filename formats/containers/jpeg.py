"""JPEG: segments of marker, length and body, then entropy-coded scans (ITU-T T.81 annex B).

XMP lives in an APP1 segment with its own identifier (XMP specification part 3, 1.1.3, and TC260-PG-20259A clause 6);
what does not fit into one segment lives in ExtendedXMP segments. Annex B's alternative, EXIF UserComment, is read and
can be blanked but is not written.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from labelkit.errors import InputError, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers import _exif, _mpf
from labelkit.formats.containers._jpeg_segments import (
    APP0,
    APP1,
    APP2,
    APP11,
    APP14,
    COM,
    EOI,
    SOF,
    SOS,
    Segment,
    segments,
)

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
EXIF = (b"Exif\0",)
# A further EXIF segment counts only with a TIFF header; without one it continues the first and is left alone.
_MORE_EXIF = (b"Exif\0\0II", b"Exif\0\0MM")
# Segments of which several may hold one thing.
_SPREAD = (APP1, APP11)
JFIF = (b"JFIF\0", b"JFXX\0")
ADOBE = b"Adobe"
#: Largest main packet (XMP specification part 3, table 6).
MAX_PACKET_BYTES = 65_502
# Bytes of ExtendedXMP in one segment, as the specification suggests (part 3, 1.1.3.1).
_EXTENDED_PART_BYTES = 65_400
# Behind the identifier: GUID in 32 digits, full length, offset of this part.
_EXTENDED_HEAD = struct.Struct(">32sII")
# In APP11: "JP", box instance, packet number, then the box's own length and type, repeated in every segment (T.86).
_JUMBF_HEAD = struct.Struct(">2sHII4s")
# Type of the description box of a C2PA manifest store (C2PA specification, "Embedding manifests into JPEG").
_C2PA_TYPE = bytes.fromhex("63327061 0011 0010 8000 00AA00389B71")
# How much of what follows the picture is given; its directory, if any, stands at the end.
_TRAILER_BYTES = 1024 * 1024


class Jpeg(Container):
    """JPEG files, baseline to progressive, with whatever phones put behind the picture."""

    name = "JPEG"

    def score(self, head: bytes) -> int:
        return 100 if head.startswith(b"\xff\xd8\xff") else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        found: list[Segment] = []
        try:
            for segment in segments(data):
                found.append(segment)
        except InputError:
            yield from _units(data, found)
            raise
        yield from _units(data, found)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        found = list(segments(data))
        home = next((u for u in _units(data, found) if u.home), None)
        edits = []
        for unit, new in others.items():
            if not unit.home:
                payload = _rename_extended(data, payload, unit, new)
                edits += _replace(data, found, unit, new)
        if home is None:
            at = _place(data, found)
            edits.insert(0, Edit(at, at, _packet(payload)))
        elif home.data != payload:
            edits.append(Edit(home.start, home.stop, _packet(payload)))
        return _indexed(data, found, _changes(data, edits))

    def first_edit(self, data: Buffer, payload: bytes) -> Sequence[Edit]:
        at = _place(data, segments(data))
        return [Edit(at, at, _packet(payload))]

    def graft(self, data: Buffer, encoded: bytes) -> Sequence[Edit]:
        old, new = list(segments(data, exact=True)), list(segments(encoded, exact=True))
        scan = next(s.start for s in old if s.marker == SOS)
        edits = [Edit(s.start, s.stop) for s in old if s.coded and s.stop <= scan]
        edits += _colour(data, old, encoded, new)
        # What stood between the scans goes in front of them; the new picture may have other scans.
        late = b"".join(data[s.start : s.stop] for s in old if not s.coded and s.start > scan)
        coded = b"".join(encoded[s.start : s.stop] for s in new if s.coded)
        return _indexed(data, old, [*edits, Edit(scan, old[-1].stop, late + coded)])


def _units(data: Buffer, found: Sequence[Segment]) -> Iterator[Unit]:
    """The metadata of the segments in file order; what is spread over several stands where its first part is."""
    parts = [s for s in found if s.marker in _SPREAD]
    joined = {**_joined(data, parts, _guid, _extended), **_joined(data, parts, _instance, _manifest)}
    packets = blocks = 0
    for segment in found:
        marker = segment.marker
        if marker < APP0 and marker != EOI:
            continue
        if segment.start in joined:
            unit = joined[segment.start]
            yield from (unit,) if unit else ()
        elif marker == APP1 and segment.starts(data, XMP):
            yield _main(data, segment, first=not packets)
            packets += 1
        elif marker == APP1 and segment.starts(data, *(_MORE_EXIF if blocks else EXIF)):
            base = segment.start + 10
            yield from _exif.units(bytes(data[base : segment.stop]), base, "JPEG APP1 Exif")
            blocks += 1
        elif not segment.coded and not _is_index(data, segment):
            yield _private(data, segment)
        elif marker == EOI and segment.stop < len(data):
            yield _trailer(data, segment.stop)


def _main(data: Buffer, segment: Segment, *, first: bool) -> Unit:
    packet = bytes(data[segment.start + 4 + len(XMP) : segment.stop])
    notes = () if first else ("second-packet",)
    place = f"JPEG APP1 XMP, byte {segment.start}"
    return Unit(Kind.XMP, place, packet, segment.start, segment.stop, home=first, notes=notes)


def _private(data: Buffer, segment: Segment) -> Unit:
    comment = segment.marker == COM
    place = f"JPEG {segment.name}, byte {segment.start}"
    return Unit(
        Kind.COMMENT if comment else Kind.SEGMENT,
        place,
        bytes(data[segment.body]),
        segment.start,
        segment.stop,
        "" if comment else segment.name,
    )


def _trailer(data: Buffer, at: int) -> Unit:
    """What follows the picture: further pictures, films, makers' directories. Of a long one the end is given."""
    tail = bytes(data[max(at, len(data) - _TRAILER_BYTES) :])
    return Unit(Kind.SEGMENT, f"JPEG trailer, byte {at}", tail, at, len(data), "trailer")


def _joined(
    data: Buffer,
    found: Sequence[Segment],
    key: Callable[[Buffer, Segment], bytes | int | None],
    join: Callable[[Buffer, list[Segment]], Unit | None],
) -> dict[int, Unit | None]:
    """Units made of several segments, by the start of the first; None by the starts of the others.

    ``key`` says which segments belong together; ``join`` may answer None to leave them as they are.
    """
    groups: dict[bytes | int, list[Segment]] = {}
    for segment in found:
        name = key(data, segment)
        if name is not None:
            groups.setdefault(name, []).append(segment)
    units: dict[int, Unit | None] = {}
    for parts in groups.values():
        unit = join(data, parts)
        if unit:
            units |= {part.start: None for part in parts} | {parts[0].start: unit}
    return units


def _guid(data: Buffer, segment: Segment) -> bytes | None:
    """The GUID of a part of ExtendedXMP; None for another segment."""
    at = segment.start + 4 + len(EXTENDED_XMP)
    if segment.marker != APP1 or not segment.starts(data, EXTENDED_XMP) or segment.stop < at + _EXTENDED_HEAD.size:
        return None
    return bytes(data[at : at + 32])


def _extended(data: Buffer, parts: list[Segment]) -> Unit:
    """ExtendedXMP put together from its parts in any order; incomplete or altered, it has a bad checksum."""
    place = f"JPEG APP1 ExtendedXMP, byte {parts[0].start}"
    bounded(sum(p.stop - p.start for p in parts), place, "ExtendedXMP")
    at = 4 + len(EXTENDED_XMP)
    pieces = []
    for part in parts:
        guid, length, offset = _EXTENDED_HEAD.unpack_from(data, part.start + at)
        pieces.append((offset, length, bytes(data[part.start + at + _EXTENDED_HEAD.size : part.stop])))
    packet = b"".join(piece for _, _, piece in sorted(pieces))
    whole = all(length == len(packet) for _, length, _ in pieces) and _digest(packet) == guid.upper()
    notes = ("extended",) if whole else ("extended", "bad-checksum")
    return Unit(Kind.XMP, place, packet, parts[0].start, parts[-1].stop, "extended", notes=notes)


def _digest(packet: bytes) -> bytes:
    return hashlib.md5(packet, usedforsecurity=False).hexdigest().upper().encode()


def _instance(data: Buffer, segment: Segment) -> int | None:
    """The box instance number of a part of a JUMBF box; None for another segment."""
    if segment.marker != APP11 or segment.stop < segment.start + 4 + _JUMBF_HEAD.size:
        return None
    common, instance, _, _, kind = _JUMBF_HEAD.unpack_from(data, segment.start + 4)
    return instance if common == b"JP" and kind == b"jumb" else None


def _manifest(data: Buffer, parts: list[Segment]) -> Unit | None:
    """A C2PA manifest store put together from its parts; None for another JUMBF box."""
    order = sorted(parts, key=lambda part: _JUMBF_HEAD.unpack_from(data, part.start + 4)[2])
    skip = 24 if _JUMBF_HEAD.unpack_from(data, parts[0].start + 4)[3] == 1 else 16  # an 8-byte length follows
    first, size, rest = order[0], 0, []
    for part in order[1:]:
        size += part.stop - part.start
        if size <= MAX_PAYLOAD_BYTES:
            rest.append(bytes(data[part.start + 4 + skip : part.stop]))
    store = b"".join([bytes(data[first.start + 12 : first.stop]), *rest])
    if _C2PA_TYPE not in store[:48]:
        return None
    return Unit(Kind.C2PA, f"JPEG APP11 JUMBF, byte {parts[0].start}", store, parts[0].start, parts[-1].stop, "APP11")


def _place(data: Buffer, found: Iterable[Segment]) -> int:
    """Where a new XMP segment goes: behind JFIF and EXIF, which must come first in their files, else behind SOI."""
    at = 2
    for segment in found:
        if segment.coded:
            break
        jfif = segment.marker == APP0 and segment.starts(data, *JFIF)
        if jfif or (segment.marker == APP1 and segment.starts(data, *EXIF)):
            at = segment.stop
    return at


def _replace(data: Buffer, found: Sequence[Segment], unit: Unit, new: bytes | None) -> list[Edit]:
    """Put another payload into a unit that is not the home, or take it out."""
    if unit.key == "extended":
        return _replace_extended(data, found, unit, new)
    if unit.kind is Kind.C2PA and new is None:
        instance = next(_instance(data, s) for s in found if s.start == unit.start)
        return [Edit(s.start, s.stop) for s in found if _instance(data, s) == instance]
    if unit.kind is Kind.C2PA or unit.key == "trailer":
        raise UnsupportedOperation("this cannot be replaced in a JPEG file", place=unit.place)
    segment = next((s for s in found if s.start == unit.start), None)
    if segment is None:
        return [Edit(unit.start, unit.stop, _exif.fill(unit, new))]
    if new is None:
        return [Edit(unit.start, unit.stop)]
    return [Edit(unit.start, unit.stop, _segment(segment.marker, (XMP if unit.kind is Kind.XMP else b"") + new))]


def _replace_extended(data: Buffer, found: Sequence[Segment], unit: Unit, new: bytes | None) -> list[Edit]:
    """All segments of one ExtendedXMP out, those of the new one in where the first stood."""
    if new == unit.data and "bad-checksum" not in unit.notes:
        return []
    guid = next(_guid(data, s) for s in found if s.start == unit.start)
    out = [Edit(s.start, s.stop) for s in found if _guid(data, s) == guid]
    return out if new is None else [Edit(out[0].start, out[0].stop, _extended_segments(new)), *out[1:]]


def _extended_segments(packet: bytes) -> bytes:
    bounded(len(packet), "JPEG ExtendedXMP")
    guid, size = _digest(packet), len(packet)
    return b"".join(
        _segment(
            APP1,
            EXTENDED_XMP + _EXTENDED_HEAD.pack(guid, size, offset) + packet[offset : offset + _EXTENDED_PART_BYTES],
        )
        for offset in range(0, size, _EXTENDED_PART_BYTES)
    )


def _rename_extended(data: Buffer, payload: bytes, unit: Unit, new: bytes | None) -> bytes:
    """The main packet naming the ExtendedXMP by its new digest, which is its GUID (XMP part 3, 1.1.3.1).

    Where ExtendedXMP is taken out, the name stays: readers pass over a name without segments.
    """
    if unit.key != "extended" or new is None:
        return payload
    at = unit.start + 4 + len(EXTENDED_XMP)
    return payload.replace(bytes(data[at : at + 32]), _digest(new))


def _packet(payload: bytes) -> bytes:
    """The APP1 segment of a main packet.

    Raises:
        LimitExceeded: it does not fit into one segment. Splitting it takes a look into the XML, which is not a
            container's business.
    """
    if len(payload) > MAX_PACKET_BYTES:
        raise LimitExceeded(
            f"an XMP packet of {len(payload)} bytes; a JPEG file holds at most {MAX_PACKET_BYTES} in one",
            remedy="shorten the padding or other properties of the packet, or convert to PNG",
        )
    return _segment(APP1, XMP + payload)


def _segment(marker: int, body: bytes) -> bytes:
    if len(body) > 0xFFFF - 2:
        raise LimitExceeded(f"{len(body)} bytes do not fit into one JPEG segment", remedy="shorten them")
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _changes(data: Buffer, edits: Sequence[Edit]) -> list[Edit]:
    """The edits that change something, each once (two EXIF tags may share one value)."""
    return list(dict.fromkeys(e for e in edits if bytes(data[e.start : e.stop]) != e.data))


def _indexed(data: Buffer, found: Sequence[Segment], edits: list[Edit]) -> list[Edit]:
    """The edits, and those that keep a Multi-Picture index true after them."""
    gone = {e.start for e in edits if not e.data}
    tables = [s for s in found if s.marker == APP2 and _is_index(data, s) and s.start not in gone]
    return [*edits, *(e for s in tables for e in _mpf.follow(data, s.start + 8, s.stop, edits))]


def _colour(data: Buffer, old: Sequence[Segment], encoded: bytes, new: Sequence[Segment]) -> list[Edit]:
    """The edits after which JFIF and Adobe segments describe the colours of the new picture.

    Decoders take YCbCr from JFIF, the transform from Adobe, and without both YCbCr unless the components are called
    R, G, B. So Adobe follows the encoder; JFIF stays with its resolution where both have it, and is added only where
    the guess would be wrong.
    """
    mine = [s for s in old if _is_adobe(data, s) or _is_jfif(data, s)]
    jfif = [encoded[s.start : s.stop] for s in new if _is_jfif(encoded, s)]
    adobe = [encoded[s.start : s.stop] for s in new if _is_adobe(encoded, s)]
    edits = [Edit(s.start, s.stop) for s in mine if _is_adobe(data, s) or not jfif]
    has_jfif = any(_is_jfif(data, s) for s in mine)
    if jfif and not has_jfif and _called_rgb(encoded, new):
        edits.insert(0, Edit(2, 2, jfif[0]))
    if adobe:
        scan = next(s.start for s in old if s.coded)
        edits.append(Edit(scan, scan, adobe[0]))
    return edits


def _is_index(data: Buffer, segment: Segment) -> bool:
    """Whether it is a Multi-Picture index: structure rather than metadata."""
    return segment.marker == APP2 and segment.starts(data, _mpf.IDENTIFIER)


def _is_jfif(data: Buffer, segment: Segment) -> bool:
    return segment.marker == APP0 and segment.starts(data, *JFIF)


def _is_adobe(data: Buffer, segment: Segment) -> bool:
    return segment.marker == APP14 and segment.starts(data, ADOBE)


def _called_rgb(data: bytes, found: Sequence[Segment]) -> bool:
    frame = next((s for s in found if s.marker in SOF), None)
    return frame is not None and data[frame.start + 10 : frame.stop : 3] == b"RGB"
