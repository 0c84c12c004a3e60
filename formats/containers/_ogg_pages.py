"""Ogg pages (RFC 3533): walked by their headers, cut into packets, made anew with number and checksum."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import Buffer

CAPTURE = b"OggS"
HEADER_BYTES = 27
CONTINUED, FIRST, LAST = 1, 2, 4
#: No packet ends on the page.
NO_GRANULE = (1 << 64) - 1
_MAX_SEGMENTS = 255
# Pages are walked by their headers alone, 1 to 2 microseconds each. A day of speech in one-second pages has 86,400.
_MAX_PAGES = 1_000_000
# zlib's CRC-32 has the same polynomial with the bits of every byte, and of the result, in reverse.
_REVERSED = bytes(int(f"{n:08b}"[::-1], 2) for n in range(256))


class Page(NamedTuple):
    """One page of the file."""

    start: int
    body: int
    stop: int
    flags: int
    granule: int
    serial: int
    number: int

    def lacing(self, data: Buffer) -> bytes:
        """The lengths of its segments."""
        return bytes(data[self.start + HEADER_BYTES : self.body])


def pages(data: Buffer, start: int = 0) -> Iterator[Page]:
    """Every page from ``start`` on. What stands behind the last one and holds no page is left out.

    Raises:
        BrokenFile: the file ends inside a page, or something stands between two pages.
        LimitExceeded: more than 1,000,000 pages.
    """
    at, end, fields = start, len(data), struct.Struct("<4xBBQII4xB").unpack_from
    for _ in range(_MAX_PAGES):
        if data[at : at + 4] != CAPTURE:
            if at == start or data.find(CAPTURE, at) >= 0 or CAPTURE.startswith(bytes(data[at : at + 4]) or b"?"):
                raise _broken("no page starts here", at)
            return
        if at + HEADER_BYTES > end:
            raise _broken("the file ends inside a page", at)
        version, flags, granule, serial, number, segments = fields(data, at)
        body = at + HEADER_BYTES + segments
        stop = body + sum(data[at + HEADER_BYTES : body])
        if version:
            raise _broken(f"pages of version {version} are unknown", at)
        if stop > end:
            raise _broken("the file ends inside a page", at)
        yield Page(at, body, stop, flags, granule, serial, number)
        at = stop
        if at == end:
            return
    raise LimitExceeded(f"more than {_MAX_PAGES} pages", place=f"Ogg, byte {at}", remedy="inspect the file")


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"Ogg, byte {at}", remedy="copy the file again")


def packets(data: Buffer, run: Sequence[Page]) -> tuple[list[bytes], bool]:
    """The packets that lie in the pages of one stream, and whether the last one is complete."""
    found: list[bytes] = []
    pieces: list[bytes] = []
    ended = True
    for page in run:
        at = page.body
        for length in page.lacing(data):
            pieces.append(bytes(data[at : at + length]))
            at += length
            ended = length < 255
            if ended:
                found.append(b"".join(pieces))
                pieces = []
    return (found, True) if ended else ([*found, b"".join(pieces)], False)


def packed(whole: Sequence[bytes], run: Sequence[Page]) -> list[bytes]:
    """New pages for complete packets, in place of the pages ``run``: as many as those where that is possible.

    Numbers count from the first old page; the last page keeps granule position and end flag of the last old one.
    """
    lacing = b"".join(_laced(len(packet)) for packet in whole)
    body = b"".join(whole)
    number = max(min(len(run), len(lacing)), -(-len(lacing) // _MAX_SEGMENTS))
    share, rest = divmod(len(lacing), number)
    made, first, at = [], 0, 0
    for index in range(number):
        segments = lacing[first : first + share + (index < rest)]
        flags = CONTINUED if first and lacing[first - 1] == 255 else 0
        granule = NO_GRANULE if min(segments) == 255 else 0
        if index == number - 1:
            flags, granule = flags | run[-1].flags & LAST, run[-1].granule
        made.append(
            _page(flags, granule, run[0].serial, run[0].number + index, segments, body[at : at + sum(segments)])
        )
        first, at = first + len(segments), at + sum(segments)
    return made


def _laced(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes([size % 255])


def _page(flags: int, granule: int, serial: int, number: int, lacing: bytes, body: bytes) -> bytes:
    head = CAPTURE + struct.pack("<BBQII4xB", 0, flags, granule, serial, number & 0xFFFFFFFF, len(lacing)) + lacing
    return with_checksum(head + body)


def with_checksum(page: bytes) -> bytes:
    """A whole page with its checksum put right."""
    blank = page[:22] + bytes(4) + page[26:]
    return page[:22] + struct.pack("<I", checksum(blank)) + page[26:]


def checksum(data: bytes) -> int:
    """The CRC of RFC 3533 section 6: polynomial 0x04C11DB7, nothing in front, nothing behind."""
    reversed_ = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reversed_:032b}"[::-1], 2)


def is_sound(data: Buffer, page: Page) -> bool:
    """Whether the page's checksum fits."""
    raw = bytes(data[page.start : page.stop])
    return with_checksum(raw) == raw


def renumbered(data: Buffer, page: Page, more: int) -> tuple[int, int, bytes]:
    """Start, stop and new content of the fields that change when ``more`` pages were put in front of this one."""
    raw = bytes(data[page.start : page.stop])
    number = struct.pack("<I", (page.number + more) & 0xFFFFFFFF)
    made = with_checksum(raw[:18] + number + raw[22:])
    return page.start + 18, page.start + 26, made[18:26]
