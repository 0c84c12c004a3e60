"""Monkey's Audio: a descriptor that says how long every part is, then APEv2 (Monkey's Audio SDK, ``APE_DESCRIPTOR``).

TC260-PG-202510A does not name it, and it has no place for XMP; the item AIGC of its tag is our choice.
"""

from __future__ import annotations

import struct

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer
from labelkit.formats.containers._ape_last import ApeLast

# Descriptors came with version 3.98; older files do not say how long they are.
_FIRST_DESCRIBED = 3980
_DESCRIPTOR_BYTES = 52


class Monkey(ApeLast):
    """Monkey's Audio files."""

    name = "Monkey's Audio"
    sign = b"MAC "

    def sound(self, data: Buffer, start: int) -> int:
        if data[start : start + 4] != self.sign or start + 6 > len(data):
            raise _broken("the header is damaged", start)
        (version,) = struct.unpack_from("<H", data, start + 4)
        if version < _FIRST_DESCRIBED:
            return start + 6
        if start + _DESCRIPTOR_BYTES > len(data):
            raise _broken("the header is damaged", start)
        parts = struct.unpack_from("<IIIIIII", data, start + 8)
        low, high = parts[4:6]
        stop: int = start + sum(parts[:4]) + (high << 32 | low) + parts[6]
        if stop > len(data):
            raise _broken("the file ends inside its sound", start)
        return stop


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"Monkey's Audio, byte {at}", remedy="copy the file again")
