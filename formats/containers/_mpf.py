"""Multi-Picture Format: the index that says where further pictures lie behind a JPEG's first (CIPA DC-007 section 5).

Offsets in the index count from the index's own TIFF header and the first picture's size is listed, so both change when
bytes are put in. Phones rely on it for depth maps, HDR gain maps and previews.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress

from labelkit.errors import InputError
from labelkit.formats.base import Buffer, Edit
from labelkit.formats.containers._ifd import Walker, header

#: What an APP2 segment with the index starts with.
IDENTIFIER = b"MPF\0"
_MP_ENTRY_TAG = 0xB002
_ENTRY_BYTES = 16


def follow(data: Buffer, start: int, stop: int, edits: Sequence[Edit]) -> list[Edit]:
    """The edit, if one is needed, that keeps an index true after ``edits``.

    Args:
        data: the whole file.
        start, stop: the index, from its TIFF header (behind ``MPF`` and the zero byte) to the segment's end.
        edits: what is about to change, all of it inside the first picture.
    """
    with suppress(InputError):  # a damaged index leads nowhere before the change and after it
        index = bytes(data[start:stop])
        layout, at = header(index)
        table = Walker(index, layout, lenient=True).ifd(at).find(_MP_ENTRY_TAG)
        if table is None or table.type != 7:
            return []
        old = index[table.start : table.stop - (table.stop - table.start) % _ENTRY_BYTES]
        form = layout.order + "IIIHH"
        new = b"".join(struct.pack(form, *_moved(entry, start, edits)) for entry in struct.iter_unpack(form, old))
        if new != old:
            return [Edit(start + table.start, start + table.start + len(new), new)]
    return []


def _moved(entry: tuple[int, ...], start: int, edits: Sequence[Edit]) -> tuple[int, ...]:
    """One entry (attribute, size, offset, two dependent pictures) after the edits; offset 0 is the first picture."""
    attribute, size, offset, *dependent = entry
    if offset:
        offset += _shift(edits, start + offset) - _shift(edits, start)
    else:
        size += _shift(edits, None)
    # A 32-bit field that would overflow was nonsense before.
    return (attribute, size & 0xFFFFFFFF, offset & 0xFFFFFFFF, *dependent)


def _shift(edits: Sequence[Edit], at: int | None) -> int:
    """By how much the byte at ``at`` moves; None: the very end."""
    return sum(len(e.data) - (e.stop - e.start) for e in edits if at is None or e.stop <= at)
