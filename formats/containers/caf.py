"""Core Audio Format: chunks with 64-bit sizes (Apple, "Core Audio Format Specification 1.0").

TC260-PG-202510A does not name it; the key AIGC of its ``info`` chunk, where all its texts are, is our choice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_PAYLOAD_BYTES, MAX_UNITS, Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers._homes import KEY, Plan, fixed, plan

_FILE_HEADER_BYTES, _HEADER_BYTES = 8, 12
_OPEN = -1
# What describes the sound; pakt is a table of packet sizes.
_SIGNAL = frozenset({b"desc", b"data", b"pakt", b"kuki", b"chan", b"free", b"mark", b"regn", b"ovvw", b"peak"})


@dataclass(frozen=True, slots=True)
class _Chunk:
    type: bytes
    start: int
    stop: int
    open: bool = False

    @property
    def body(self) -> int:
        """Where its data starts."""
        return self.start + _HEADER_BYTES


class Caf(Container):
    """CAF files."""

    name = "CAF"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        return 100 if head[:4] == b"caff" and head[8:12] == b"desc" else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        for chunk in _chunks(data):
            yield from _units(data, chunk)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        chunks, edits, new = list(_chunks(data)), [], todo.new
        for chunk in chunks:
            part = Plan(todo.within(chunk.start, chunk.stop), new if chunk.type == b"info" else None)
            if not part.idle:
                edits += _changes(data, chunk, part)
                new = None if part.new is not None else new
        if new is not None:
            # Nothing may stand behind a data chunk that does not say how long it is.
            at = chunks[-1].start if chunks[-1].open else chunks[-1].stop
            edits.append(Edit(at, at, _packed(b"info", struct.pack(">I", 1) + _text(new))))
        return edits


def _chunks(data: Buffer) -> Iterator[_Chunk]:
    """The chunks of the file.

    Raises:
        BrokenFile: no CAF file, truncated, or without sound.
        LimitExceeded: too many.
    """
    if data[:4] != b"caff" or len(data) < _FILE_HEADER_BYTES:
        raise _broken("the CAF header is damaged", 0)
    at, known = _FILE_HEADER_BYTES, set()
    for _ in range(MAX_UNITS):
        if at == len(data):
            break
        if at + _HEADER_BYTES > len(data):
            raise _broken("the file ends inside a chunk", at)
        kind, size = struct.unpack_from(">4sq", data, at)
        stop = len(data) if size == _OPEN and kind == b"data" else at + _HEADER_BYTES + size
        if stop > len(data) or stop < at + _HEADER_BYTES:
            raise _broken("the file ends inside a chunk", at)
        known.add(kind)
        yield _Chunk(kind, at, stop, size == _OPEN)
        at = stop
    else:
        raise LimitExceeded(f"more than {MAX_UNITS} chunks", remedy="inspect the file")
    if not known >= {b"desc", b"data"}:
        raise _broken("there is no sound", at)


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"CAF, byte {at}", remedy="copy the file again")


def _units(data: Buffer, chunk: _Chunk) -> Iterator[Unit]:
    name = chunk.type.decode("latin-1").strip()
    place = f"CAF {name}, byte {chunk.start}"
    if chunk.type == b"info":
        for start, middle, stop in _texts(data, chunk):
            key = bytes(data[start:middle]).decode("utf-8", "replace")
            value = bytes(data[middle + 1 : stop - 1])
            home = key == KEY
            kind = Kind.FIELD if home else Kind.TAG
            yield Unit(kind, f"CAF info {key[:80]}, byte {start}", value, start, stop, key, home)
    elif chunk.type not in _SIGNAL and chunk.stop - chunk.start <= MAX_PAYLOAD_BYTES:
        yield Unit(Kind.SEGMENT, place, bytes(data[chunk.body : chunk.stop]), chunk.start, chunk.stop, name)


def _texts(data: Buffer, chunk: _Chunk) -> Iterator[tuple[int, int, int]]:
    """Start of a key, the zero byte behind it, and the byte behind the value's zero byte."""
    bounded(chunk.stop - chunk.body, f"CAF info, byte {chunk.start}")
    if chunk.body + 4 > chunk.stop:
        raise _broken("the info chunk is damaged", chunk.start)
    (count,) = struct.unpack_from(">I", data, chunk.body)
    at = chunk.body + 4
    for _ in range(min(count, MAX_UNITS)):
        middle = data.find(b"\0", at, chunk.stop)
        end = data.find(b"\0", middle + 1, chunk.stop) if middle >= 0 else -1
        if end < 0:
            raise _broken("the info chunk is damaged", at)
        yield at, middle, end + 1
        at = end + 1


def _changes(data: Buffer, chunk: _Chunk, part: Plan) -> list[Edit]:
    """The edits inside one chunk."""
    if chunk.type != b"info":
        (new,) = part.changed.values()
        return [Edit(chunk.start, chunk.stop, b"" if new is None else _packed(chunk.type, new))]
    (count,) = struct.unpack_from(">I", data, chunk.body)
    edits = []
    for unit, new in part.changed.items():
        if new is not None and not unit.home:
            raise fixed(unit)
        count -= new is None
        edits.append(Edit(unit.start, unit.stop, b"" if new is None else _text(new)))
    if part.new is not None:
        at = max((stop for _, _, stop in _texts(data, chunk)), default=chunk.body + 4)
        count += 1
        edits.append(Edit(at, at, _text(part.new)))
    grown = sum(len(e.data) - (e.stop - e.start) for e in edits)
    size = struct.pack(">qI", chunk.stop - chunk.body + grown, count)
    return [*edits, Edit(chunk.start + 4, chunk.body + 4, size)]


def _text(value: bytes) -> bytes:
    return KEY.encode() + b"\0" + value.rstrip(b"\0") + b"\0"


def _packed(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">4sq", kind, len(body)) + body
