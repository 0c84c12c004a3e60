"""WavPack: blocks with their length in front, then APEv2 (wavpack.com, "WavPack 4 and 5 binary file/block format").

TC260-PG-202510A does not name it, and it has no place for XMP; the item AIGC of its tag is our choice.
"""

from __future__ import annotations

import struct

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_UNITS, Buffer
from labelkit.formats.containers._ape_last import ApeLast

_HEADER_BYTES = 32
# The length in a block's header does not count the first 8 bytes.
_UNCOUNTED_BYTES = 8


class WavPack(ApeLast):
    """WavPack files."""

    name = "WavPack"
    sign = b"wvpk"

    def sound(self, data: Buffer, start: int) -> int:
        at = start
        for _ in range(MAX_UNITS):
            if data[at : at + 4] != self.sign:
                break
            if at + _HEADER_BYTES > len(data):
                raise _broken("the file ends inside a block", at)
            (size,) = struct.unpack_from("<I", data, at + 4)
            stop = at + _UNCOUNTED_BYTES + size
            if size < _HEADER_BYTES - _UNCOUNTED_BYTES or stop > len(data):
                raise _broken("the file ends inside a block", at)
            at = stop
        else:
            raise LimitExceeded(f"more than {MAX_UNITS} blocks", place=f"WavPack, byte {at}", remedy="inspect the file")
        if at == start:
            raise _broken("there is no WavPack block", at)
        if at < len(data) and self.sign.startswith(bytes(data[at : at + 4])):
            raise _broken("the file ends inside a block", at)
        return at


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"WavPack, byte {at}", remedy="copy the file again")
