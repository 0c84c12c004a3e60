"""MPEG transport and program streams: recognised; they have no natural place for the label.

TC260-PG-20257A sends formats it does not name to XMP, which has no home here (ISO/IEC 13818-1). Remuxing keeps every
packet: ``ffmpeg -i a.ts -c copy a.mp4``.
"""

from __future__ import annotations

from labelkit.formats.containers._bare import Bare

_SYNC = 0x47
# Packets of 188 bytes; Blu-ray's and AVCHD's have a 4-byte time stamp in front.
_PACKETS = ((188, 0), (192, 4))
_CHECKED_PACKETS = 5
_PACK_START = b"\x00\x00\x01\xba"


class Ts(Bare):
    """MPEG-2 transport streams."""

    name = "MPEG-TS"
    instead = "MP4 or MKV"

    def score(self, head: bytes) -> int:
        for size, first in _PACKETS:
            places = range(first, len(head), size)[:_CHECKED_PACKETS]
            if len(places) == _CHECKED_PACKETS and all(head[at] == _SYNC for at in places):
                return 90
        return 0


class Ps(Bare):
    """MPEG-1 and MPEG-2 program streams."""

    name = "MPEG-PS"
    instead = "MP4 or MKV"

    def score(self, head: bytes) -> int:
        # Behind the pack start code: '01' in MPEG-2, '0010' in MPEG-1.
        return 95 if head[:4] == _PACK_START and len(head) > 4 and head[4] >> 4 in (2, 4, 5, 6, 7) else 0
