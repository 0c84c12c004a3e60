"""A newly coded sound in its old file: tags, covers and whatever else stands around the samples stay byte for byte."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from labelkit.errors import BrokenFile
from labelkit.formats.audio._kinds import after_id3, tail_tags
from labelkit.formats.base import MAX_UNITS, Buffer

Pieces = Iterator[memoryview]


def graft(tags: str, old: Buffer, new: Buffer) -> Pieces:
    """The pieces of the file that has the sound of ``new`` and everything else of ``old``.

    Args:
        tags: as :class:`labelkit.formats.audio._kinds.Kind` says.
        old: the source.
        new: a file of the same format, just coded, without tags.
    """
    return _WAYS[tags](old, new)


def _outside(old: Buffer, new: Buffer) -> Pieces:
    """MP3, AAC, AC-3, TTA, WavPack: tags stand before and behind the stream."""
    head, tail = after_id3(old), tail_tags(old, after_id3(old))
    yield memoryview(old)[:head]
    yield memoryview(new)[after_id3(new) : tail_tags(new, after_id3(new))]
    yield memoryview(old)[tail:]


# --- FLAC (RFC 9639) -------------------------------------------------------------------------------------------------

_STREAMINFO, _SEEKTABLE = 0, 3


def _flac_blocks(data: Buffer) -> tuple[list[tuple[int, int, int]], int]:
    """Type, first and last byte of every metadata block, and where the frames begin."""
    at = after_id3(data) + 4
    blocks = []
    for _ in range(MAX_UNITS):
        head = bytes(data[at : at + 4])
        if len(head) < 4:
            break
        size = int.from_bytes(head[1:], "big")
        blocks.append((head[0] & 0x7F, at, at + 4 + size))
        at += 4 + size
        if head[0] & 0x80:
            return blocks, at
    raise BrokenFile("the metadata blocks do not end", place="FLAC", remedy="restore the file from its source")


def _flac(old: Buffer, new: Buffer) -> Pieces:
    """New STREAMINFO and frames; the seek table, whose points no longer fit, is left out."""
    kept, _ = _flac_blocks(old)
    fresh, frames = _flac_blocks(new)
    blocks = [bytes(new[start:stop]) for kind, start, stop in fresh if kind == _STREAMINFO]
    blocks += [bytes(old[start:stop]) for kind, start, stop in kept if kind not in (_STREAMINFO, _SEEKTABLE)]
    yield memoryview(old)[: after_id3(old) + 4]
    for number, block in enumerate(blocks):
        last = 0x80 if number == len(blocks) - 1 else 0
        yield memoryview(bytes([block[0] & 0x7F | last]) + block[1:])
    yield memoryview(new)[frames:]


# --- Ogg (RFC 3533) --------------------------------------------------------------------------------------------------

#: Start of the comment header, by codec.
_COMMENT_HEADERS = (b"OpusTags", b"\x03vorbis")
_MAX_HEADER_PAGES = 4096


def _ogg_headers(data: Buffer, wanted: int) -> tuple[list[bytes], int, bytes, int]:
    """The first packets of a stream, the byte behind their pages, the stream's serial number and the pages."""
    at, packets, open_packet, pages = 0, [], b"", 0
    serial = bytes(data[14:18])
    for _ in range(_MAX_HEADER_PAGES):
        head = bytes(data[at : at + 27])
        if len(head) < 27 or head[:4] != b"OggS":
            break
        lacing = bytes(data[at + 27 : at + 27 + head[26]])
        body = at + 27 + len(lacing)
        for value in lacing:
            open_packet += bytes(data[body : body + value])
            body += value
            if value < 255:
                packets.append(open_packet)
                open_packet = b""
        at, pages = body, pages + 1
        if len(packets) >= wanted:
            return packets, at, serial, pages
    raise BrokenFile("the headers do not end", place="Ogg", remedy="restore the file from its source")


def _ogg(old: Buffer, new: Buffer) -> Pieces:
    """New identification, set-up and sound; the old comment header."""
    wanted = 2 if b"OpusHead" in bytes(new[:64]) else 3
    before, *_ = _ogg_headers(old, wanted)
    fresh, behind, serial, pages = _ogg_headers(new, wanted)
    if not before[1].startswith(_COMMENT_HEADERS):
        raise BrokenFile("the comment header is missing", place="Ogg", remedy="restore the file from its source")
    first = _page([_with_input_rate(before[0], fresh[0])], serial, 0, first=True)
    yield memoryview(first)
    rest = _paged([before[1], *fresh[2:]], serial)
    for page in rest:
        yield memoryview(page)
    yield from _renumbered(new, behind, 1 + len(rest) - pages)


def _with_input_rate(old: bytes, new: bytes) -> bytes:
    """OpusHead keeps the rate of the original recording (RFC 7845 5.1), which is for information only."""
    return new[:12] + old[12:16] + new[16:] if new.startswith(b"OpusHead") and len(old) >= 16 else new


def _page(segments: list[bytes], serial: bytes, number: int, *, first: bool = False) -> bytes:
    lacing = b"".join(_lacing(packet) for packet in segments)
    return _sealed(2 if first else 0, 0, serial, number, lacing, b"".join(segments))


def _lacing(packet: bytes) -> bytes:
    return b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])


def _sealed(flags: int, granule: int, serial: bytes, number: int, lacing: bytes, body: bytes) -> bytes:
    head = b"OggS\0" + bytes([flags]) + struct.pack("<q", granule) + serial + struct.pack("<I", number)
    page = head + b"\0\0\0\0" + bytes([len(lacing)]) + lacing + body
    return page[:22] + struct.pack("<I", _crc(page)) + page[26:]


def _paged(packets: list[bytes], serial: bytes) -> list[bytes]:
    """Header packets in as few pages as they need, the next stream data on a page of its own."""
    lacing = b"".join(_lacing(packet) for packet in packets)
    body = b"".join(packets)
    pages: list[bytes] = []
    at, continued = 0, False
    for start in range(0, len(lacing), 255):
        values = lacing[start : start + 255]
        size = sum(values)
        ends = any(value < 255 for value in values)
        pages.append(_sealed(int(continued), 0 if ends else -1, serial, 1 + len(pages), values, body[at : at + size]))
        at += size
        continued = values[-1] == 255
    return pages


def _renumbered(new: Buffer, at: int, by: int) -> Pieces:
    """The pages of sound, with sequence numbers that follow the headers'."""
    if by == 0:
        yield memoryview(new)[at:]
        return
    while at < len(new):
        head = bytes(new[at : at + 27])
        lacing = bytes(new[at + 27 : at + 27 + head[26]])
        stop = at + 27 + len(lacing) + sum(lacing)
        number = struct.unpack_from("<I", head, 18)[0] + by
        page = head[:18] + struct.pack("<I", number) + b"\0\0\0\0" + bytes(new[at + 26 : stop])
        yield memoryview(page[:22] + struct.pack("<I", _crc(page)) + page[26:])
        at = stop


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _crc(page: bytes) -> int:
    """CRC-32 of RFC 3533 appendix A: polynomial 0x04C11DB7, neither reflected nor inverted.

    zlib's is the same with bits in mirror order and both inversions, which starting from all ones undoes.
    """
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


# --- MP4 (ISO/IEC 14496-12) ------------------------------------------------------------------------------------------

#: Delay, padding and length in iTunes' own atom: they are those of the old coding.
_SMPB = re.compile(rb" [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{16}")


def _boxes(data: Buffer, start: int, stop: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Type, start, start of the content, stop."""
    at = start
    for _ in range(MAX_UNITS):
        if at + 8 > stop:
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1 and at + 16 <= stop:
            size, body = struct.unpack_from(">Q", data, body)[0], at + 16
        end = stop if size == 0 else at + size
        if not body <= end <= stop:
            return
        yield kind, at, body, end
        at = end


def _mp4(old: Buffer, new: Buffer) -> Pieces:
    """New tracks; the old ``udta`` and ``meta`` of the movie, where titles, covers and labels stand."""
    movie = next((box for box in _boxes(new, 0, len(new)) if box[0] == b"moov"), None)
    before = next((box for box in _boxes(old, 0, len(old)) if box[0] == b"moov"), None)
    if movie is None or before is None or movie[3] != len(new):
        raise BrokenFile("the movie box is missing", place="MP4", remedy="restore the file from its source")
    kept = [_without_stale(bytes(old[a:b])) for kind, a, _, b in _boxes(old, before[2], before[3]) if kind in _CARRIED]
    inside = [bytes(new[a:b]) for kind, a, _, b in _boxes(new, movie[2], movie[3]) if kind not in _CARRIED]
    body = b"".join(inside + kept)
    yield memoryview(new)[: movie[1]]
    yield memoryview(struct.pack(">I4s", 8 + len(body), b"moov") + body)
    for kind, start, _, stop in _boxes(old, 0, len(old)):
        if kind in (b"uuid", b"meta"):
            yield memoryview(old)[start:stop]


_CARRIED = (b"udta", b"meta")


def _without_stale(box: bytes) -> bytes:
    """The same box with iTunSMPB saying nothing: all zeros, so that players believe the edit list."""
    at = box.find(b"iTunSMPB")
    if at < 0:
        return box
    zeros = b" 00000000 00000000 00000000 0000000000000000"
    return box[:at] + _SMPB.sub(zeros, box[at:], count=1)


_WAYS = {"outside": _outside, "flac": _flac, "ogg": _ogg, "mp4": _mp4}
