"""True Audio: a header, a table of frame lengths and the frames (tausoft.org, "TTA1 file format").

TC260-PG-202510A does not name it. An ID3v2 tag in front, which its reference tools write, is our choice.
"""

from __future__ import annotations

import struct

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_UNITS, Buffer
from labelkit.formats.containers._id3_first import Id3First

_HEADER_BYTES = 22
_CHECKSUM_BYTES = 4


class Tta(Id3First):
    """TTA1 files."""

    name = "TTA"

    def starts(self, head: bytes) -> int:
        return 100 if head[:4] == b"TTA1" else 0

    def sound(self, data: Buffer, start: int) -> int:
        table = start + _HEADER_BYTES
        if data[start : start + 4] != b"TTA1" or table > len(data):
            raise _broken("the TTA header is damaged", start)
        hertz, samples = struct.unpack_from("<II", data, start + 10)
        # One frame lasts 256/245 s.
        length = 256 * hertz // 245
        if not length:
            raise _broken("the TTA header is damaged", start)
        count = -(-samples // length)
        frames = table + 4 * count + _CHECKSUM_BYTES
        if count > MAX_UNITS:
            raise LimitExceeded(f"more than {MAX_UNITS} frames", place=f"TTA, byte {table}", remedy="inspect the file")
        if frames > len(data):
            raise _broken("the file ends inside its seek table", table)
        stop: int = frames + sum(struct.unpack_from(f"<{count}I", data, table))
        if stop > len(data):
            raise _broken("the file ends inside its sound", frames)
        return stop


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"TTA, byte {at}", remedy="copy the file again")
