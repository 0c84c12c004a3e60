"""A few rows of a JPEG without decoding the rest, where restart markers stand at the ends of rows.

Restart markers reset the entropy coder (ITU-T T.81 E.1.4, F.1.1.5), so the coded rows between two of them are a picture
of their own once the frame header says so. Pictures we code anew get a marker after every row of blocks, a few bytes
each, so that reading the label back costs its rows only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from labelkit.formats.base import Buffer

_SOF0, _DRI, _SOS = 0xFFC0, 0xFFDD, 0xFFDA
# Marker, length, and the first two bytes behind them.
_SEGMENT = struct.Struct(">HHH")
_MAX_SEGMENTS = 10_000
# The second bytes of restart markers, which are counted round and round.
_COUNT = bytes(range(0xD0, 0xD8))


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

    @property
    def rows(self) -> int:
        """Rows of coded blocks."""
        return -(-self.height // self.row_height)


def strip(data: Buffer, top: int, bottom: int, *, nothing_follows: bool = False) -> tuple[bytes, int] | None:
    """A JPEG of the rows ``top`` to ``bottom`` (widened to whole rows of blocks), and the first row it really has.

    None when the picture is not baseline with one restart interval per row of blocks.

    Args:
        data: the whole file.
        top, bottom: rows of pixels.
        nothing_follows: take it that nothing follows the picture, so that its lower rows are found from the end. Where
            another JPEG follows, these may be rows of that one.
    """
    layout = _layout(data)
    if layout is None or layout.scan >= len(data):
        return None
    first, last = top // layout.row_height, min(-(-bottom // layout.row_height), layout.rows)
    rows = _late_rows(data, layout, first, last) if nothing_follows else []
    rows = rows or _rows(data, layout, layout.scan, first, last)
    if not rows:
        return None
    start = first * layout.row_height
    height = struct.pack(">H", min(layout.height, last * layout.row_height) - start)
    header = data[: layout.frame + 5] + height + data[layout.frame + 7 : layout.scan]
    marked = [row + bytes((0xFF, 0xD0 + n % 8)) for n, row in enumerate(rows[:-1])]
    return b"".join([header, *marked, rows[-1], b"\xff\xd9"]), start


def _late_rows(data: Buffer, layout: _Layout, first: int, last: int) -> list[bytes]:
    """Rows near the end, where most labels stand, without a search through all that comes before."""
    if 2 * first < layout.rows:
        return []
    share = (len(data) - layout.scan) * (layout.rows - first + 1) // layout.rows
    return _rows(data, layout, max(layout.scan, len(data) - 2 * share), first, last)


def _rows(data: Buffer, layout: _Layout, at: int, first: int, last: int) -> list[bytes]:
    """The coded data of the rows ``first`` to ``last``, found by the markers behind byte ``at``; empty without them."""
    coded = np.frombuffer(data, np.uint8, offset=at)
    marked = np.flatnonzero(coded[:-1] == 0xFF)
    behind = coded[marked + 1]
    # Inside coded data FF is never followed by D0 to D7, which are the markers, counted 0 to 7, nor by D9, the end.
    telling = np.flatnonzero((behind & 0xF8 == 0xD0) | (behind == 0xD9))
    codes, ends = behind[telling].tobytes(), marked[telling].tolist()
    count = codes.find(0xD9) + 1
    before = layout.rows - count  # rows that end in front of the first marker
    known = before if at == layout.scan else before + 1
    if not count or first < known or (at == layout.scan and before) or first >= last:
        return []
    turn = before % 8
    if codes[: count - 1] != (_COUNT * (count // 8 + 2))[turn : turn + count - 1]:
        return []
    cuts = [at + end for end in ([-2] if first == before else []) + ends[max(0, first - before - 1) : last - before]]
    return [data[start + 2 : end] for start, end in pairwise(cuts)]


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
    whole = height > 0 and interval == -(-width // (8 * wide))
    return _Layout(frame, scan, 8 * high, height) if whole else None
