"""AMF0, the notation of FLV's script data (Adobe, "Action Message Format -- AMF 0"): properties with their places."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from labelkit.errors import BrokenFile, LimitExceeded

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED, _REFERENCE = 0, 1, 2, 3, 5, 6, 7
_ECMA_ARRAY, _STRICT_ARRAY, _DATE, _LONG_STRING, _XML, _TYPED = 8, 10, 11, 12, 15, 16
_FIXED = {_NUMBER: 8, _BOOLEAN: 1, _NULL: 0, _UNDEFINED: 0, _REFERENCE: 2, _DATE: 10}
_END = b"\0\0\x09"
_MAX_DEPTH = 16
_MAX_VALUES = 1_000_000


class Value(NamedTuple):
    """One value: its path of property names, its type, its first byte (the type's) and the byte behind it.

    ``named`` is where its name starts, for properties of objects; numbers of strict arrays have the array's path.
    """

    path: tuple[str, ...]
    type: int
    start: int
    stop: int
    named: int

    @property
    def is_number(self) -> bool:
        """Whether eight bytes of a floating-point number follow the type."""
        return self.type == _NUMBER


@dataclass(frozen=True, slots=True)
class Script:
    """A parsed script.

    Attributes:
        name: what it is called, ``onMetaData``.
        values: every value in it, those inside others first.
        end: where a new property goes.
        counted: where its number of properties stands, -1 in an object, which states none.
    """

    name: bytes
    values: tuple[Value, ...]
    end: int
    counted: int


def parse(data: bytes) -> Script | None:
    """The script of a tag's data: a name, then an object or array of properties; None if it is anything else.

    Raises:
        BrokenFile: a value runs over the end.
        LimitExceeded: too deep or too many values.
    """
    if data[:1] != bytes([_STRING]):
        return None
    reader = _Reader(data)
    stop = reader.behind_text(1, 2)
    name = data[3:stop]
    if stop >= len(data) or data[stop] not in (_OBJECT, _ECMA_ARRAY):
        return None
    count = stop + 1 if data[stop] == _ECMA_ARRAY else -1
    values = list(reader.value((), stop, 0, -1))
    return Script(name, tuple(values[:-1]), values[-1].stop - len(_END), count)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _MAX_VALUES

    def behind_text(self, at: int, width: int) -> int:
        """The byte behind a text with its length in front."""
        return self._within(self._within(at + width) + int.from_bytes(self._data[at : at + width], "big"))

    def _within(self, at: int) -> int:
        if at > len(self._data):
            raise _broken()
        return at

    def value(self, path: tuple[str, ...], at: int, depth: int, named: int) -> Iterator[Value]:
        """The values inside the one at ``at``, then itself."""
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            raise LimitExceeded(
                f"script data deeper than {_MAX_DEPTH} or of more than {_MAX_VALUES} values", remedy="inspect the file"
            )
        self._within(at + 1)
        kind, stop = self._data[at], at + 1
        if kind in _FIXED:
            stop = self._within(stop + _FIXED[kind])
        elif kind in (_STRING, _LONG_STRING, _XML):
            stop = self.behind_text(stop, 2 if kind == _STRING else 4)
        elif kind == _STRICT_ARRAY:
            count, stop = int.from_bytes(self._data[stop : stop + 4], "big"), self._within(stop + 4)
            for _ in range(count):
                for inner in self.value(path, stop, depth + 1, -1):
                    yield inner
                    stop = inner.stop
        elif kind in (_OBJECT, _ECMA_ARRAY, _TYPED):
            stop = (
                stop
                if kind == _OBJECT
                else self._within(stop + 4)
                if kind == _ECMA_ARRAY
                else self.behind_text(stop, 2)
            )
            while self._data[stop : stop + 3] != _END:
                start, stop = stop, self.behind_text(stop, 2)
                name = self._data[start + 2 : stop].decode("utf-8", "replace")
                for inner in self.value((*path, name), stop, depth + 1, start):
                    yield inner
                    stop = inner.stop
            stop += len(_END)
        else:
            raise _broken()
        yield Value(path, kind, at, stop, named)


def _broken() -> BrokenFile:
    return BrokenFile("the script data is damaged", place="FLV onMetaData", remedy="remux the file")


def text(data: bytes, value: Value) -> bytes | None:
    """A string's bytes; None for other values."""
    if value.type == _STRING:
        return data[value.start + 3 : value.stop]
    return data[value.start + 5 : value.stop] if value.type in (_LONG_STRING, _XML) else None


def pack(name: bytes, value: bytes) -> bytes:
    """A property with a string."""
    return struct.pack(">H", len(name)) + name + pack_text(value)


def pack_text(value: bytes) -> bytes:
    """A string value, long where it must be."""
    if len(value) <= 0xFFFF:
        return bytes([_STRING]) + struct.pack(">H", len(value)) + value
    return bytes([_LONG_STRING]) + struct.pack(">I", len(value)) + value


def pack_script(name: bytes, properties: bytes, count: int) -> bytes:
    """A script of a name and an array of properties."""
    return pack_text(name) + bytes([_ECMA_ARRAY]) + struct.pack(">I", count) + properties + _END
