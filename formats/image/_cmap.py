"""Which characters a font can draw: the ``cmap`` table of an OpenType font (OpenType 1.9, cmap, formats 4 and 12).

Rendering a missing character draws the font's box without complaint, so the question is asked of the font's own table.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

from labelkit.errors import ConfigError

#: Fonts above this are refused: the largest font collections in use have about 200 MB.
MAX_FONT_BYTES = 512 * 1024 * 1024
# Sub-tables by how much they cover: full Unicode first (cmap, "Windows platform" and "Unicode platform").
_PREFERRED = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))


@cache
def covered(path: str) -> frozenset[int]:
    """The code points that the first font in a TrueType, OpenType or collection file maps to a glyph.

    Raises:
        ConfigError: there is no such file, or it is not a font with a Unicode cmap.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FONT_BYTES)
        return frozenset(_code_points(data, _cmap_offset(data)))
    except OSError as error:
        raise _bad(path, f"the font cannot be read: {error.strerror}") from error
    except (struct.error, StopIteration, ValueError) as error:
        raise _bad(path, "this is not a TrueType or OpenType font with a Unicode table") from error


def _bad(path: str, message: str) -> ConfigError:
    return ConfigError(message, file=str(Path(path)), place="explicit.font", remedy="name a .ttf, .otf or .ttc file")


def _cmap_offset(data: bytes) -> int:
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    count = struct.unpack_from(">H", data, start + 4)[0]
    tables = (struct.unpack_from(">4sIII", data, start + 12 + 16 * i) for i in range(count))
    return int(next(offset for tag, _, offset, _ in tables if tag == b"cmap"))


def _code_points(data: bytes, cmap: int) -> set[int]:
    count = struct.unpack_from(">H", data, cmap + 2)[0]
    records = [struct.unpack_from(">HHI", data, cmap + 4 + 8 * i) for i in range(count)]
    by_encoding = {(platform, encoding): cmap + offset for platform, encoding, offset in records}
    for wanted in _PREFERRED:
        if wanted in by_encoding:
            at = by_encoding[wanted]
            form = struct.unpack_from(">H", data, at)[0]
            if form in (4, 12):
                return _format_12(data, at) if form == 12 else _format_4(data, at)
    raise ValueError("no Unicode sub-table of format 4 or 12")


def _format_12(data: bytes, at: int) -> set[int]:
    count = struct.unpack_from(">I", data, at + 12)[0]
    found: set[int] = set()
    for first, last, glyph in struct.iter_unpack(">III", data[at + 16 : at + 16 + 12 * min(count, 0x110000)]):
        if not first <= last <= 0x10FFFF or len(found) > 0x110000:
            raise ValueError("a range that is not one")
        found.update(range(first + (glyph == 0), last + 1))
    return found


def _format_4(data: bytes, at: int) -> set[int]:
    segments = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends = struct.unpack_from(f">{segments}H", data, at + 14)
    starts = struct.unpack_from(f">{segments}H", data, at + 16 + 2 * segments)
    deltas = struct.unpack_from(f">{segments}H", data, at + 16 + 4 * segments)
    offset_at = at + 16 + 6 * segments
    offsets = struct.unpack_from(f">{segments}H", data, offset_at)
    found: set[int] = set()
    for i, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(first, last + 1):
            glyph = code
            if offset:
                glyph = struct.unpack_from(">H", data, offset_at + 2 * i + offset + 2 * (code - first))[0]
            if (glyph and (glyph + delta) & 0xFFFF) or (not offset and (glyph + delta) & 0xFFFF):
                found.add(code)
    return found - {0xFFFF}
