"""AU, also called SND: a header of six numbers, an annotation, samples (Sun Microsystems, ``audio.h``).

TC260-PG-202510A does not name it; a line ``AIGC=`` of the annotation is our choice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers._homes import KEY, fixed, plan

_HEADER_BYTES = 24
_UNTOLD = 0xFFFFFFFF
_SIGN = KEY.encode() + b"="
# "The information field is at least 4 bytes"; readers want the samples on a multiple of 8.
_ALIGNMENT = 8


class Au(Container):
    """AU files."""

    name = "AU"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        if head[:4] != b".snd" or len(head) < _HEADER_BYTES:
            return 0
        offset, _, _, _, channels = struct.unpack_from(">IIIII", head, 4)
        return 95 if offset >= _HEADER_BYTES and 0 < channels < 256 else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        at, offset = _HEADER_BYTES, _offset(data)
        for line in _lines(data, offset):
            key, sign, value = line.partition(b"=")
            home = bool(sign) and key == KEY.encode()
            name = key.decode("latin-1") if sign and len(key) <= 80 else "annotation"
            text = value if sign and name != "annotation" else line
            if text:
                kind = Kind.FIELD if home else Kind.TAG
                yield Unit(kind, f"AU {name}, byte {at}", text, at, at + len(line), name, home)
            at += len(line) + 1

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        offset, at, lines = _offset(data), _HEADER_BYTES, []
        changes = {unit.start: (unit, new) for unit, new in todo.changed.items()}
        for line in _lines(data, offset):
            unit, new = changes.get(at, (None, line))
            if unit is not None and new is not None and not unit.home:
                raise fixed(unit)
            if new is not None:
                lines.append(new if unit is None else _SIGN + new)
            at += len(line) + 1
        if todo.new is not None:
            lines = [line for line in lines if line] + [_SIGN + todo.new]
        text = b"\n".join(lines) + b"\0"
        text += bytes(-(_HEADER_BYTES + len(text)) % _ALIGNMENT)
        return [Edit(4, 8, struct.pack(">I", _HEADER_BYTES + len(text))), Edit(_HEADER_BYTES, offset, text)]


def _offset(data: Buffer) -> int:
    """Where the samples start.

    Raises:
        BrokenFile: no AU file, or truncated.
    """
    if data[:4] != b".snd" or len(data) < _HEADER_BYTES:
        raise _broken("the AU header is damaged", 0)
    offset: int
    offset, size = struct.unpack_from(">II", data, 4)
    if offset < _HEADER_BYTES or offset > len(data):
        raise _broken("the AU header is damaged", 4)
    if size != _UNTOLD and offset + size > len(data):
        raise _broken("the file ends inside its sound", offset)
    bounded(offset, "AU annotation")
    return offset


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"AU, byte {at}", remedy="copy the file again")


def _lines(data: Buffer, offset: int) -> list[bytes]:
    return bytes(data[_HEADER_BYTES:offset]).rstrip(b"\0").split(b"\n")
