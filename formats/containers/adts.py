"""Bare AAC in ADTS frames (ISO/IEC 14496-3 1.A.3.2), which have no place for metadata.

TC260-PG-202510A does not name it. An ID3v2 tag in front, which players and streaming servers use, is our choice.
"""

from __future__ import annotations

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer
from labelkit.formats.containers._id3_first import Id3First

_HEADER_BYTES = 7
# Sampling frequency indices 13 to 15 are reserved or escape (14496-3 table 1.18).
_FREQUENCIES = 13


class Adts(Id3First):
    """Raw AAC streams."""

    name = "AAC (ADTS)"

    def starts(self, head: bytes) -> int:
        first = _frame_bytes(head[:_HEADER_BYTES])
        if not first:
            return 0
        if len(head) >= first + _HEADER_BYTES:
            return 95 if _frame_bytes(head[first : first + _HEADER_BYTES]) else 0
        return 45

    def sound(self, data: Buffer, start: int) -> int:
        size = _frame_bytes(bytes(data[start : start + _HEADER_BYTES]))
        if not size or start + size > len(data):
            raise BrokenFile("there is no ADTS frame", place=f"AAC, byte {start}", remedy="copy the file again")
        return start + size


def _frame_bytes(header: bytes) -> int:
    """Length of the frame that a header starts, 0 if it is none."""
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return 0
    if header[2] >> 2 & 15 >= _FREQUENCIES:
        return 0
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > _HEADER_BYTES else 0
