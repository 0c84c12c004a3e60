"""JPEG's skeleton: markers, segments, entropy-coded scans (ITU-T T.81 annex B)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import Buffer
from labelkit.formats.containers import _mpf

#: Depth maps in ExtendedXMP take a few hundred, scans of a progressive picture some dozens.
MAX_SEGMENTS = 100_000
SOI, EOI, SOS, COM, APP0, APP1, APP2, APP11, APP14, APP15 = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xE1, 0xE2, 0xEB, 0xEE, 0xEF
SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Baseline and extended sequential: one scan with all components is the whole picture.
_SEQUENTIAL = (0xC0, 0xC1)
# TEM, restart markers and EOI have no length (T.81 B.1.1.3).
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD8), EOI))
#: Marker and length of a segment, and the markers (with their FF) of which no more than the length matters to the walk.
_MARKED = struct.Struct(">HH")
_PLAIN = frozenset(0xFF00 | code for code in {*range(0xC0, 0xFF)} - {*_STANDALONE, *_SEQUENTIAL, SOI, SOS, APP2})
# Decoders skip garbage between segments; a few cameras leave some.
_MAX_GARBAGE_BYTES = 4096
_NEXT = re.compile(rb"\xff[^\x00\xff]", re.DOTALL)
# In coded data FF is followed by 00, a restart marker or a fill byte (T.81 B.1.1.5); anything else ends it.
_END_OF_SCAN = re.compile(rb"\xff[^\x00-\x7f\xd0-\xd7\xff]", re.DOTALL)


class Segment(NamedTuple):
    """A marker with its segment; that of SOS includes the coded data behind it."""

    marker: int
    start: int
    stop: int

    @property
    def body(self) -> slice:
        """The bytes behind marker and length."""
        return slice(self.start + 4, self.stop)

    @property
    def name(self) -> str:
        """``"APP9"``, ``"COM"`` ..."""
        return "COM" if self.marker == COM else f"APP{self.marker - APP0}"

    @property
    def coded(self) -> bool:
        """Whether it belongs to the coded picture: tables, frame, scans."""
        return not APP0 <= self.marker <= APP15 and self.marker != COM

    def starts(self, data: Buffer, *identifiers: bytes) -> bool:
        """Whether the body starts with one of these."""
        return bytes(data[self.start + 4 : min(self.stop, self.start + 44)]).startswith(identifiers)


def segments(data: Buffer, *, exact: bool = False) -> Iterator[Segment]:
    """Walk from behind SOI to EOI, which comes last.

    Args:
        data: the file.
        exact: look for the first EOI even where the last bytes of the file prove that there is one.

    Raises:
        BrokenFile: truncated, or without a picture.
        LimitExceeded: more than ``MAX_SEGMENTS`` segments.
    """
    if bytes(data[:2]) != b"\xff\xd8":
        raise BrokenFile("the JPEG signature is damaged", place="byte 0", remedy="restore the file from its source")
    at, scans, components, size = 2, 0, -1, len(data)
    last = size - 3  # from here on there is no room for marker and length
    for _ in range(MAX_SEGMENTS):
        if at < last:
            code, length = _MARKED.unpack_from(data, at)
            stop = at + 2 + length
            if code in _PLAIN and length > 1 and stop <= size:
                yield Segment(code & 0xFF, at, stop)
                at = stop
                continue
        segment = _segment(data, *_next_marker(data, at))
        marker = segment.marker
        if marker in _SEQUENTIAL and not exact:
            components = data[segment.start + 9] if segment.stop > segment.start + 9 else -1
        elif marker == SOS:
            scans += 1
            alone = segment.stop > segment.start + 4 and data[segment.start + 4] == components
            segment = Segment(SOS, segment.start, _scan_stop(data, segment.stop, alone))
        elif marker == EOI and not scans:
            raise _broken("there is no picture in it", at, "re-export the picture")
        elif marker == APP2 and segment.starts(data, _mpf.IDENTIFIER):
            exact, components = True, -1
        yield segment
        if marker == EOI:
            return
        at = segment.stop
    raise LimitExceeded(f"more than {MAX_SEGMENTS} segments", remedy="inspect the file")


def _next_marker(data: Buffer, at: int) -> tuple[int, int]:
    """The byte and the code of the next marker, behind fill bytes and a little garbage."""
    found = _NEXT.search(data, at, at + _MAX_GARBAGE_BYTES)
    if found:
        return found.start(), data[found.start() + 1]
    if at + _MAX_GARBAGE_BYTES < len(data):
        raise _broken("there is no marker where one must be", at, "re-export the picture")
    raise _truncated(at)


def _segment(data: Buffer, at: int, marker: int) -> Segment:
    if marker in _STANDALONE:
        return Segment(marker, at, at + 2)
    if marker == SOI:
        raise _broken("a second picture starts inside the first", at, "re-export the picture")
    if at + 4 > len(data):
        raise _truncated(at)
    (length,) = struct.unpack_from(">H", data, at + 2)
    if length < 2 or at + 2 + length > len(data):
        raise _truncated(at)
    return Segment(marker, at, at + 2 + int(length))


def _scan_stop(data: Buffer, at: int, alone: bool) -> int:
    """Where the coded data that starts here ends.

    Coded data never holds FF D9. So when one scan has the whole picture (``alone``) and the file ends in EOI, the
    picture is complete, and megabytes need not be searched: nothing that matters follows, unless a Multi-Picture
    index says so, and then they are searched.
    """
    if alone and len(data) >= at + 2 and bytes(data[-2:]) == b"\xff\xd9":
        return len(data) - 2
    found = _END_OF_SCAN.search(data, at)
    if not found:
        raise _truncated(at)
    return found.start()


def _broken(what: str, at: int, remedy: str) -> BrokenFile:
    return BrokenFile(what, place=f"JPEG, byte {at}", remedy=remedy)


def _truncated(at: int) -> BrokenFile:
    return _broken("the file ends before its picture does", at, "copy the file again")
