"""The quality a lossy WebP was coded with, read from the quantiser in its VP8 frame header (RFC 6386)."""

from __future__ import annotations

from labelkit.formats.base import Buffer

#: Finest and coarsest quantiser index (RFC 6386, 9.6).
_INDICES = 127
#: What is assumed when the header cannot be read.
UNKNOWN = 90
_SEGMENTS = 4
_CORRECTION = 5


class _Bits:
    """The boolean entropy decoder with even odds, which is all that the fields read here use (RFC 6386, 7.3)."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 2
        self.value = int.from_bytes(data[:2].ljust(2, b"\0"), "big")
        self.range, self.shifted = 255, 0

    def flag(self) -> int:
        split = 1 + ((self.range - 1) * 128 >> 8)
        bit = int(self.value >= split << 8)
        if bit:
            self.value -= split << 8
        self.range = self.range - split if bit else split
        while self.range < 128:
            self.value, self.range = self.value << 1, self.range << 1
            self.shifted += 1
            if self.shifted == 8:
                self.shifted = 0
                self.value |= self.data[self.at] if self.at < len(self.data) else 0
                self.at += 1
        return bit

    def number(self, bits: int) -> int:
        value = 0
        for _ in range(bits):
            value = value << 1 | self.flag()
        return value

    def signed(self, bits: int) -> int:
        """An optional number with a sign: 0 when its flag is not set."""
        if not self.flag():
            return 0
        value = self.number(bits)
        return -value if self.flag() else value


def quality(data: Buffer) -> int:
    """Quality 1 to 100 in libwebp's scale, of the first lossy frame in a file."""
    at = data.find(b"VP8 ", 12)
    frame = bytes(data[at + 8 : at + 8 + 256]) if at >= 0 else b""
    if len(frame) < 16 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return UNKNOWN
    return _quality_of(_quantiser(_Bits(frame[10:])))


def _quantiser(bits: _Bits) -> float:
    """The mean quantiser index of the segments (RFC 6386, 9.2 to 9.6 and 19.2)."""
    bits.number(2)  # colour space, clamping
    levels, absolute = _segment_levels(bits) if bits.flag() else ([], 0)
    bits.number(10)  # loop filter type, level, sharpness
    if bits.flag() and bits.flag():
        for _ in range(8):
            bits.signed(6)
    bits.number(2)  # partitions
    base = bits.number(7)
    if not levels:
        return base
    return sum(levels) / _SEGMENTS + (0 if absolute else base)


def _segment_levels(bits: _Bits) -> tuple[list[int], int]:
    has_map, has_data = bits.flag(), bits.flag()
    levels, absolute = [], 0
    if has_data:
        absolute = bits.flag()
        levels = [bits.signed(7) for _ in range(_SEGMENTS)]
        for _ in range(_SEGMENTS):
            bits.signed(6)
    if has_map:
        for _ in range(3):
            if bits.flag():
                bits.number(8)
    return levels, absolute


def _quality_of(index: float) -> int:
    """The inverse of how libwebp turns quality into a quantiser: a cube root with a knee at 75.

    Segments are coarser than the base on the whole, by up to five points; the estimate errs on the better side.
    """
    linear = (1 - min(index, _INDICES) / _INDICES) ** 3
    share = linear * 1.5 if linear < 0.5 else (linear + 1) / 2
    return max(1, min(100, round(share * 100) + (_CORRECTION if share < 0.8 else 0)))
