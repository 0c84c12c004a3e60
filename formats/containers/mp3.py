"""MP3, MP2 and MP1: a bare stream of MPEG audio frames (ISO/IEC 11172-3, 13818-3) with ID3 tags around it.

The label is the ID3v2 frame ``TXXX`` with the description AIGC (TC260-PG-202510A). The stream itself is not walked: an
hour has 140,000 frames, and none of them holds metadata. So a file that was cut off in its sound is not noticed.
"""

from __future__ import annotations

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer
from labelkit.formats.containers._id3_first import Id3First

# kbit/s by bit rate index (ISO/IEC 11172-3 2.4.2.3, 13818-3 2.4.2.3), by (MPEG-1?, layer).
_RATES_1 = {
    1: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_LOW_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_2 = {1: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256), 2: _LOW_RATES, 3: _LOW_RATES}
_HERTZ = (44100, 48000, 32000)
_MPEG_1, _RESERVED = 3, 1
# Between tag and stream: taggers that count wrong leave zeros, cutters half a frame.
_SEARCHED_BYTES = 128 * 1024


class Mp3(Id3First):
    """MPEG audio of all layers."""

    name = "MP3"

    def starts(self, head: bytes) -> int:
        first = frame_bytes(head[:4])
        if not first:
            return 0
        second = frame_bytes(head[first : first + 4])
        if len(head) > first + 4:
            return 90 if second and _same(head, head[first:]) else 0
        return 40

    def sound(self, data: Buffer, start: int) -> int:
        if data[start : start + 4] in (b"fLaC", b"OggS", b"TTA1", b"RIFF"):
            raise BrokenFile(
                f"behind the ID3 tag stands {bytes(data[start : start + 4]).decode()}, no MPEG audio",
                place=f"MP3, byte {start}",
                remedy="give the file the extension of its content",
            )
        at, stop = start, min(len(data), start + _SEARCHED_BYTES)
        while (at := data.find(b"\xff", at, stop)) >= 0:
            size = frame_bytes(bytes(data[at : at + 4]))
            if size and _goes_on(data, at, size):
                return at + size
            at += 1
        raise BrokenFile("there is no MPEG audio", place=f"MP3, byte {start}", remedy="copy the file again")


def _goes_on(data: Buffer, at: int, size: int) -> bool:
    """Whether the frame is followed by one of its kind, or is the last."""
    after = bytes(data[at + size : at + size + 4])
    if at + size >= len(data):
        return at + size == len(data)
    return (bool(frame_bytes(after)) and _same(bytes(data[at : at + 4]), after)) or after[:3] in (b"TAG", b"APE")


def _same(one: bytes, other: bytes) -> bool:
    """Whether two headers agree in version, layer and sampling frequency."""
    return one[1] & 0xFE == other[1] & 0xFE and one[2] & 0x0C == other[2] & 0x0C


def frame_bytes(header: bytes) -> int:
    """Length of the frame that a header starts, 0 if it is none or free format, which states no length."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    index, frequency, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == _RESERVED or layer == 4 or index in (0, 15) or frequency == 3:
        return 0
    rate = (_RATES_1 if version == _MPEG_1 else _RATES_2)[layer][index] * 1000
    hertz = _HERTZ[frequency] >> {3: 0, 2: 1, 0: 2}[version]
    if layer == 1:
        return (12 * rate // hertz + padding) * 4
    return (72 if layer == 3 and version != _MPEG_1 else 144) * rate // hertz + padding
