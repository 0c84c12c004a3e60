"""Sony Wave64: WAV with GUIDs for names and 64-bit sizes (Sony Pictures Digital, "Wave64 file format").

TC260-PG-202510A names WAV only; the same chunk ``AIGC`` under Wave64's spelling of WAV names is our choice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_PAYLOAD_BYTES, MAX_UNITS, Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers._homes import KEY, plan

_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
# Names of WAV chunks are these 12 bytes behind the FourCC.
_WAVE_NAME = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_HOME = KEY.encode() + _WAVE_NAME
_HEADER_BYTES, _FILE_HEADER_BYTES, _ALIGNMENT = 24, 40, 8
_SIGNAL = frozenset({b"fmt ", b"data", b"fact", b"junk"})


@dataclass(frozen=True, slots=True)
class _Chunk:
    """``stop`` is the byte behind the data, ``end`` the next chunk."""

    name: bytes
    start: int
    stop: int
    end: int

    @property
    def body(self) -> int:
        """Where its data starts."""
        return self.start + _HEADER_BYTES


class W64(Container):
    """Wave64 files."""

    name = "Wave64"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        return 100 if head[:16] == _RIFF and head[24:40] == b"wave" + _WAVE_NAME else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        for chunk in _chunks(data):
            code = chunk.name[:4]
            if code in _SIGNAL or chunk.stop - chunk.start > MAX_PAYLOAD_BYTES:
                continue
            key = code.decode("latin-1").strip()
            home = chunk.name == _HOME
            kind = Kind.FIELD if home else Kind.TAG if key.upper() == KEY else Kind.SEGMENT
            body = bytes(data[chunk.body : chunk.stop])
            yield Unit(kind, f"Wave64 {key}, byte {chunk.start}", body, chunk.start, chunk.end, key, home)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        edits = [
            Edit(u.start, u.stop, b"" if new is None else _packed(bytes(data[u.start : u.start + 16]), new))
            for u, new in todo.changed.items()
        ]
        end = max(chunk.end for chunk in _chunks(data))
        if todo.new is not None:
            edits.append(Edit(end, end, bytes(-end % _ALIGNMENT) + _packed(_HOME, todo.new)))
        grown = sum(len(e.data) - (e.stop - e.start) for e in edits)
        (size,) = struct.unpack_from("<Q", data, 16)
        return [*edits, Edit(16, 24, struct.pack("<Q", size + grown))] if grown else edits


def _chunks(data: Buffer) -> Iterator[_Chunk]:
    """The chunks of the file.

    Raises:
        BrokenFile: no Wave64 file, truncated, or without sound.
        LimitExceeded: too many.
    """
    if data[:16] != _RIFF or data[24:40] != b"wave" + _WAVE_NAME:
        raise _broken("the Wave64 header is damaged", 0)
    (total,) = struct.unpack_from("<Q", data, 16)
    at, stop, known = _FILE_HEADER_BYTES, min(total, len(data)), set()
    for _ in range(MAX_UNITS):
        if at >= stop:
            break
        if at + _HEADER_BYTES > stop:
            raise _broken("the file ends inside a chunk", at)
        (size,) = struct.unpack_from("<Q", data, at + 16)
        if size < _HEADER_BYTES or at + size > stop:
            raise _broken("the file ends inside a chunk", at)
        end = min(at + size + -size % _ALIGNMENT, len(data))
        chunk = _Chunk(bytes(data[at : at + 16]), at, at + size, end)
        known.add(chunk.name[:4])
        yield chunk
        at = end
    else:
        raise LimitExceeded(f"more than {MAX_UNITS} chunks", remedy="inspect the file")
    if total > len(data) or not known >= {b"fmt ", b"data"}:
        raise _broken("there is no sound" if total <= len(data) else "the file ends inside a chunk", at)


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"Wave64, byte {at}", remedy="copy the file again")


def _packed(name: bytes, body: bytes) -> bytes:
    size = bounded(len(body), "Wave64") + _HEADER_BYTES
    return name + struct.pack("<Q", size) + body + bytes(-size % _ALIGNMENT)
