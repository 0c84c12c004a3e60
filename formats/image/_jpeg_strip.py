"""A few rows of a JPEG without decoding the rest, where restart markers stand at the ends of rows.

Restart markers reset the entropy coder (ITU-T T.81 E.1.4, F.1.1.5), so the coded rows between two of them are a picture
of their own once the frame header says so. Pictures we code anew get a marker after every row of blocks, a few bytes
each, so that reading the label back costs its rows only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from labelkit.formats.base import Buffer

_SOF0, _DRI, _SOS = 0xC0, 0xDD, 0xDA
_MAX_SEGMENTS = 10_000


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a strip needs to know of the whole.

    Attributes:
        frame: byte of the SOF0 marker.
        scan: first byte of coded data.
        row_height: pixels per row of coded blocks.
        height: of the picture.
    """

    frame: int
    scan: int
    row_height: int
    height: int


def strip(data: Buffer, top: int, bottom: int) -> tuple[bytes, int] | None:
    """A JPEG of the rows ``top`` to ``bottom`` (widened to whole rows of blocks), and the first row it really has.

    None when the picture is not baseline with one restart interval per row of blocks.
    """
    layout = _layout(data)
    if layout is None:
        return None
    first, last = top // layout.row_height, min(-(-bottom // layout.row_height), -(-layout.height // layout.row_height))
    cuts = _cuts(data, layout.scan, last)
    if cuts is None:
        return None
    rows = [data[cuts[n] : cuts[n + 1] - 2] for n in range(first, last)]
    start = first * layout.row_height
    height = struct.pack(">H", min(layout.height, last * layout.row_height) - start)
    header = data[: layout.frame + 5] + height + data[layout.frame + 7 : layout.scan]
    marked = [row + bytes((0xFF, 0xD0 + n % 8)) for n, row in enumerate(rows[:-1])]
    return b"".join([header, *marked, rows[-1], b"\xff\xd9"]), start


def _cuts(data: Buffer, scan: int, rows: int) -> list[int] | None:
    """Where each of the first ``rows`` rows starts, and where the last of them ends (behind its marker)."""
    cuts = [scan]
    for number in range(rows):
        # markers count 0 to 7; FF is never followed by D0-D7 inside coded data
        at = data.find(bytes((0xFF, 0xD0 + number % 8)), cuts[-1])
        if at < 0:
            at = data.rfind(b"\xff\xd9")
            if number != rows - 1 or at < cuts[-1]:
                return None
        cuts.append(at + 2)
    return cuts


def _layout(data: Buffer) -> _Layout | None:
    at, frame, interval = 2, 0, 0
    for _ in range(_MAX_SEGMENTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            return None
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if marker == _SOF0:
            frame = at
        elif marker == _DRI:
            interval = struct.unpack_from(">H", data, at + 4)[0]
        elif marker == _SOS:
            return _checked(data, frame, interval, at + 2 + length)
        at += 2 + length
    return None


def _checked(data: Buffer, frame: int, interval: int, scan: int) -> _Layout | None:
    if not frame or not interval:
        return None
    height, width, components = struct.unpack_from(">HHB", data, frame + 5)
    factors = [data[frame + 11 + 3 * n] for n in range(components)]
    wide, high = max(f >> 4 for f in factors), max(f & 15 for f in factors)
    if components == 1:
        wide = high = 1
    return _Layout(frame, scan, 8 * high, height) if interval == -(-width // (8 * wide)) else None
