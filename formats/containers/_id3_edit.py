"""Changing an ID3v2 tag: frames are replaced where they stand; padding gives way, so that nothing behind it moves."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer, Edit, Kind, Unit, bounded
from labelkit.formats.containers._homes import KEY, Plan, fixed
from labelkit.formats.containers._id3 import (
    COMPRESSED_22,
    EXTENDED,
    FOOTER,
    HEADER_BYTES,
    UNSYNCHRONISED,
    Frame,
    Tag,
    parse,
    syncsafe,
    to_syncsafe,
    unsynchronised,
)
from labelkit.formats.containers._id3_units import units

# Room for a second label and for what players add, so that they need not shift the audio (our choice).
_PADDING_BYTES = 1024
_PIECE_BYTES = 65_536
# Frame names of 2.2 -> 2.3 (2.3.0 sections 4.1 to 4.28).
_NAMES_22 = """
    BUF:RBUF CNT:PCNT COM:COMM CRA:AENC ETC:ETCO GEO:GEOB IPL:IPLS MCI:MCDI MLL:MLLT PIC:APIC POP:POPM REV:RVRB
    SLT:SYLT STC:SYTC TAL:TALB TBP:TBPM TCM:TCOM TCO:TCON TCP:TCMP TCR:TCOP TDA:TDAT TDY:TDLY TEN:TENC TFT:TFLT
    TIM:TIME TKE:TKEY TLA:TLAN TLE:TLEN TMT:TMED TOA:TOPE TOF:TOFN TOL:TOLY TOR:TORY TOT:TOAL TP1:TPE1 TP2:TPE2
    TP3:TPE3 TP4:TPE4 TPA:TPOS TPB:TPUB TRC:TSRC TRD:TRDA TRK:TRCK TS2:TSO2 TSA:TSOA TSC:TSOC TSI:TSIZ TSP:TSOP
    TSS:TSSE TST:TSOT TT1:TIT1 TT2:TIT2 TT3:TIT3 TXT:TEXT TXX:TXXX TYE:TYER UFI:UFID ULT:USLT WAF:WOAF WAR:WOAR
    WAS:WOAS WCM:WCOM WCP:WCOP WPB:WPUB WXX:WXXX PCS:PCST TCT:TCAT TDR:TDRL TDS:TDES TID:TGID WFD:WFED MVN:MVNM
    MVI:MVIN GP1:GRP1
"""


def user_text(version: int, value: bytes) -> bytes:
    """A ``TXXX`` frame with the description AIGC.

    ASCII is written as Latin-1 in 2.3; other text as UTF-8 in 2.4 and as UTF-16 in 2.3, which knows no UTF-8.
    """
    if version == 4:
        return _frame(4, b"TXXX", b"\x03" + KEY.encode() + b"\0" + value)
    if value.isascii():
        return _frame(3, b"TXXX", b"\0" + KEY.encode() + b"\0" + value)
    wide = [text.encode("utf-16") for text in (KEY, value.decode("utf-8", "replace"))]
    return _frame(3, b"TXXX", b"\x01" + wide[0] + b"\0\0" + wide[1])


def _frame(version: int, name: bytes, body: bytes, flags: int = 0) -> bytes:
    size = to_syncsafe(len(body)) if version == 4 else struct.pack(">I", len(body))
    return name + size + struct.pack(">H", flags) + body


def new_tag(value: bytes) -> bytes:
    """A tag of version 2.4 with a label and some padding."""
    frame = user_text(4, value)
    return b"ID3\x04\0\0" + to_syncsafe(len(frame) + _PADDING_BYTES) + frame + bytes(_PADDING_BYTES)


def edits(tag: Tag, plan: Plan, name: str) -> list[Edit]:
    """The edits that carry out the part of ``plan`` that concerns this tag; its new home, if any, goes into it.

    Args:
        tag: as parsed.
        plan: only units of this tag may be among the changed ones; see :meth:`Plan.within`.
        name: of the file format, as given to :func:`units`.
    """
    frames = dict(units(tag, name)) | dict(units(tag, name, main=False))
    mine = {frames[u]: _encoded(tag, u, frames[u], new) for u, new in plan.changed.items() if u in frames}
    added = user_text(max(tag.version, 3), plan.new) if plan.new is not None else b""
    if not mine and not added:
        return []
    if tag.version == 2 and tag.flags & COMPRESSED_22:
        raise UnsupportedOperation(
            "the ID3v2.2 tag is compressed in a way that was never defined",
            place=f"ID3, byte {tag.start}",
            remedy="remove or save the tag again first",
        )
    if tag.version > 2 and not tag.copied and not _has_checksum(tag):
        return _in_place(tag, mine, added)
    bounded(tag.stop - tag.start, f"ID3, byte {tag.start}", "ID3 tag")
    return [Edit(tag.start, tag.stop, _made_anew(tag, mine, added))]


def _encoded(tag: Tag, unit: Unit, frame: Frame, new: bytes | None) -> bytes:
    if new is None:
        return b""
    if unit.home:
        return user_text(max(tag.version, 3), new)
    if unit.kind is Kind.XMP and tag.version > 2:
        return _frame(tag.version, frame.id, unit.key.encode("latin-1") + b"\0" + new)
    raise fixed(unit)


def _in_place(tag: Tag, changed: Mapping[Frame, bytes], added: bytes) -> list[Edit]:
    """Edits in the file itself."""
    made = [Edit(frame.start, frame.stop, new) for frame, new in changed.items()]
    grown = sum(len(e.data) - (e.stop - e.start) for e in made) + len(added)
    zeros = _zeros(tag)
    remains = tag.padding + zeros < tag.end
    # What is no frame may stand in the padding. It stays, with a zero byte in front that ends the last frame.
    spare = zeros - remains
    footer = tag.flags & FOOTER and tag.version == 4 and not remains
    if 0 <= grown <= spare or (grown < 0 and not footer):
        # Padding takes or gives what is needed; the tag keeps its size.
        made.append(Edit(tag.padding, tag.padding + max(grown, 0), added + bytes(max(-grown, 0))))
        return [e for e in made if e.start != e.stop or e.data]
    room = 0 if footer else _PADDING_BYTES
    made.append(Edit(tag.padding, tag.padding + zeros, added + bytes(room)))
    total = to_syncsafe(tag.end - tag.base - HEADER_BYTES + grown - zeros + room)
    made.append(Edit(tag.start + 6, tag.start + 10, total))
    if tag.stop - tag.start > tag.end - tag.base:
        made.append(Edit(tag.stop - 4, tag.stop, total))
    return made


def _zeros(tag: Tag) -> int:
    """Zero bytes at the start of the padding."""
    at = tag.padding
    while at < tag.end:
        piece = bytes(tag.data[at : min(at + _PIECE_BYTES, tag.end)])
        left = len(piece.lstrip(b"\0"))
        at += len(piece) - left
        if left:
            break
    return at - tag.padding


def _has_checksum(tag: Tag) -> bool:
    return bool(_checksum(tag.data, tag.base, tag.version, tag.flags))


def _checksum(data: Buffer | bytearray, base: int, version: int, flags: int) -> slice | None:
    """Where the checksum of the extended header stands (2.3 section 3.2, 2.4 section 3.2)."""
    at = base + HEADER_BYTES
    if version == 2 or not flags & EXTENDED:
        return None
    if version == 3:
        return slice(at + 10, at + 14) if data[at + 4] & 0x80 and data[at + 3] >= 10 else None
    size, bits = syncsafe(bytes(data[at : at + 4])), data[at + 5]
    # Flag data in order: update (length 0), checksum (length 5).
    start = at + 6 + (1 if bits & 0x40 else 0) + 1
    return slice(start, start + 5) if bits & 0x20 and start + 5 <= at + size else None


def _made_anew(tag: Tag, changed: Mapping[Frame, bytes], added: bytes) -> bytes:
    """The whole tag written again: as 2.3 if it was 2.2, with a new checksum, unsynchronised if it was."""
    pieces = [changed[f] if f in changed else _kept(tag, f) for f in tag.frames]
    extended = bytes(tag.data[tag.base + HEADER_BYTES : tag.first])
    content = b"".join([*pieces, added])
    footer = tag.flags & FOOTER and tag.version == 4
    body = extended + content + bytes(0 if footer else max(_PADDING_BYTES, tag.end - tag.padding - len(added)))
    version = max(tag.version, 3)
    flags = tag.flags & UNSYNCHRONISED if tag.version == 2 else tag.flags
    made = bytearray(b"ID3" + bytes([version, 0, flags]) + bytes(4) + body)
    if (where := _checksum(made, 0, version, flags)) is not None:
        _sum_up(made, where, version, len(extended), content)
    body = bytes(made[HEADER_BYTES:])
    if version == 3 and flags & UNSYNCHRONISED:
        body = unsynchronised(body)
    header = bytes(made[:6]) + to_syncsafe(len(body))
    return header + body + (b"3DI" + header[3:] if footer else b"")


def _sum_up(made: bytearray, where: slice, version: int, extended: int, content: bytes) -> None:
    """Write the checksum: of the frames in 2.3, of everything behind the extended header in 2.4 (35 bits)."""
    if version == 3:
        struct.pack_into(">I", made, HEADER_BYTES + 6, len(made) - HEADER_BYTES - extended - len(content))
        made[where] = struct.pack(">I", zlib.crc32(content))
    else:
        total = zlib.crc32(made[HEADER_BYTES + extended :])
        made[where] = bytes(total >> shift & 0x7F for shift in (28, 21, 14, 7, 0))


def _kept(tag: Tag, frame: Frame) -> bytes:
    """A frame as it is, or the same as a frame of 2.3."""
    raw = bytes(tag.data[frame.start : frame.stop])
    if tag.version != 2:
        return raw
    name = dict(pair.split(":") for pair in _NAMES_22.split()).get(frame.id.decode())
    if name is None:
        raise UnsupportedOperation(
            f"the frame {frame.id.decode()} of an ID3v2.2 tag has no place in ID3v2.3",
            place=f"ID3, byte {tag.start}",
            remedy="save the tag as ID3v2.3 or 2.4 first",
        )
    body = raw[6:]
    if frame.id == b"PIC":
        body = _picture(body)
    return _frame(3, name.encode(), body)


def _picture(body: bytes) -> bytes:
    """PIC names the format in three letters, APIC by its media type (2.3.0 section 4.15)."""
    names = {b"JPG": b"image/jpeg", b"PNG": b"image/png", b"-->": b"-->"}
    return body[:1] + names.get(body[1:4], b"image/" + body[1:4].lower()) + b"\0" + body[4:]


def tags(data: Buffer, start: int, stop: int) -> Iterator[Tag]:
    """The tags that follow one another from ``start``; usually one."""
    at = start
    while (tag := parse(data, at, stop)) is not None:
        yield tag
        at = tag.stop


def all_units(found: Sequence[Tag], name: str, *, main: bool = True) -> Iterator[Unit]:
    """The units of several tags in order."""
    for tag in found:
        yield from (unit for unit, _ in units(tag, name, main=main))
