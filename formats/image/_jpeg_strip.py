"""A few rows of a JPEG without decoding the rest, where restart markers stand at the ends of rows.

Restart markers reset the entropy coder (ITU-T T.81 E.1.4, F.1.1.5), so the coded rows between two of them are a picture
of their own once the frame header says so. Pictures we code anew get a marker after every row of blocks, a few bytes
each, so that reading the label back costs its rows only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from labelkit.formats.base import Buffer

_SOF0, _DRI, _SOS = 0xFFC0, 0xFFDD, 0xFFDA
# Marker, length, and the first two bytes behind them.
_SEGMENT = struct.Struct(">HHH")
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
    if rows < 1 or scan >= len(data):
        return None
    coded = np.frombuffer(data, np.uint8, offset=scan)
    marked = np.flatnonzero(coded[:-1] == 0xFF)
    codes = coded[marked + 1]
    # Inside coded data FF is never followed by D0 to D7, which are the markers, counted 0 to 7, nor by D9, the end.
    ends = marked[(codes & 0xF8) == 0xD0][:rows]
    if len(ends) < rows:
        end = marked[codes == 0xD9][:1]
        ends = np.concatenate([ends[ends < end[0]], end]) if len(end) else ends
    numbers = coded[ends[: rows - 1] + 1]
    if len(ends) < rows or not np.array_equal(numbers, 0xD0 + np.arange(rows - 1) % 8):
        return None
    return [scan, *(ends + (scan + 2)).tolist()]


def _layout(data: Buffer) -> _Layout | None:
    at, frame, interval, end = 2, 0, 0, len(data) - 6
    for _ in range(_MAX_SEGMENTS):
        if at > end:
            break
        marker, length, value = _SEGMENT.unpack_from(data, at)
        if marker < 0xFF00:
            break
        if marker == _SOF0:
            frame = at
        elif marker == _DRI:
            interval = value
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
