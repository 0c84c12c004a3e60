"""AVI, OpenDML files beyond 1 GiB included: RIFF forms of type AVI (Microsoft, AVI RIFF File Reference).

The label is a chunk ``AIGC`` of the list ``INFO`` (TC260-PG-20257A 6.1), kept in front of ``movi``, where players stop
looking. Free space there gives way, so that coded data seldom move.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.errors import BrokenFile
from labelkit.formats.base import MAX_PAYLOAD_BYTES, MAX_UNITS, Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _avi_index, _riff
from labelkit.formats.containers._homes import KEY, MAX_TEXT_BYTES, Plan, fixed, plan
from labelkit.formats.containers._riff import FORM_HEADER_BYTES, HEADER_BYTES, Chunk, Form

_HOME = KEY.encode()
_KINDS = {b"_PMX": Kind.XMP, b"C2PA": Kind.C2PA}
_SIGNAL = frozenset({b"idx1", b"JUNK", b"PAD "})


@dataclass(frozen=True, slots=True)
class _File:
    form: Form
    chunks: list[Chunk]
    movi: Chunk


class Avi(Container):
    """AVI films."""

    name = "AVI"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        return 100 if head[:4] == b"RIFF" and head[8:12] == b"AVI " else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        for chunk in _chunks(data):
            yield from _units(data, chunk)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        chunks = list(_chunks(data))
        file = _File(_riff.form(data, self.name), chunks, next(c for c in chunks if _list_of(data, c) == b"movi"))
        edits = _changes(data, file, todo)
        edits += _absorbed(data, file, edits)
        more = sum(_growth(e) for e in edits if e.stop <= file.movi.start)
        mended = _avi_index.moved(data, chunks, file.movi.start, more) if more else ()
        return _riff.resized(data, file.form, [*edits, *mended])


def _growth(edit: Edit) -> int:
    return len(edit.data) - (edit.stop - edit.start)


def _chunks(data: Buffer) -> Iterator[Chunk]:
    """The chunks of the first form; the forms AVIX behind it hold nothing but coded data.

    Raises:
        BrokenFile: no AVI form, truncated, or without header list or ``movi``.
    """
    outer = _riff.form(data, "AVI")
    if outer.type != b"AVI ":
        raise BrokenFile("the RIFF form is not AVI", place="byte 8", remedy="restore the file from its source")
    lists: set[bytes] = set()
    for chunk in _riff.chunks(data, FORM_HEADER_BYTES, outer.stop, "AVI"):
        lists.add(_list_of(data, chunk))
        yield chunk
    if not lists >= {b"hdrl", b"movi"}:
        raise BrokenFile("there is no film", place=f"AVI, byte {outer.stop}", remedy="copy the file again")
    _check_extensions(data, outer.stop)


def _check_extensions(data: Buffer, at: int) -> None:
    for _ in range(MAX_UNITS):
        if data[at : at + 4] != b"RIFF" or data[at + 8 : at + 12] != b"AVIX":
            return
        at += HEADER_BYTES + struct.unpack_from("<I", data, at + 4)[0]
        if at > len(data):
            raise BrokenFile("the file ends inside a chunk", place=f"AVI, byte {at}", remedy="copy the file again")


def _list_of(data: Buffer, chunk: Chunk) -> bytes:
    """The type of a list, b"" for a plain chunk."""
    start = chunk.body.start
    return bytes(data[start : start + min(4, chunk.size)]) if chunk.id == b"LIST" else b""


def _units(data: Buffer, chunk: Chunk) -> Iterator[Unit]:
    if _list_of(data, chunk) == b"INFO" and chunk.size <= MAX_PAYLOAD_BYTES:
        for text in _riff.chunks(data, chunk.body.start + 4, chunk.body.stop, "AVI INFO"):
            if text.size <= MAX_TEXT_BYTES:
                yield _text(data, text)
    elif chunk.id != b"LIST" and chunk.id not in _SIGNAL and chunk.size <= MAX_PAYLOAD_BYTES:
        name = chunk.id.decode("latin-1").strip()
        kind = _KINDS.get(chunk.id, Kind.TAG if name.upper() == KEY else Kind.SEGMENT)
        place = f"AVI {name}, byte {chunk.start}"
        yield Unit(kind, place, bytes(data[chunk.body]), chunk.start, chunk.stop, name)


def _text(data: Buffer, chunk: Chunk) -> Unit:
    """A text of INFO, without the zero byte that ends it."""
    key, value = chunk.id.decode("latin-1"), bytes(data[chunk.body])
    value = value[:-1] if value.endswith(b"\0") else value
    home = chunk.id == _HOME
    place = f"AVI LIST/INFO {chunk.name}, byte {chunk.start}"
    return Unit(Kind.FIELD if home else Kind.TAG, place, value, chunk.start, chunk.stop, key, home)


def _packed(value: bytes) -> bytes:
    return _riff.pack(_HOME, value + b"\0")


def _changes(data: Buffer, file: _File, todo: Plan) -> list[Edit]:
    """Texts and chunks changed; the label joins the first INFO list in front of ``movi``, or a new one."""
    edits, new = [], todo.new
    for chunk in file.chunks:
        inner = [_change(u, value) for u, value in todo.within(chunk.start, chunk.stop).items()]
        if _list_of(data, chunk) != b"INFO":
            edits += inner
            continue
        if new is not None and chunk.start < file.movi.start:
            inner.append(_added(data, chunk, _packed(new)))
            new = None
        edits += _riff.within(chunk, inner)
    if new is not None:
        at = file.movi.start
        edits.append(Edit(at, at, _riff.pack(b"LIST", b"INFO" + _packed(new))))
    return edits


def _change(unit: Unit, new: bytes | None) -> Edit:
    if new is None:
        return Edit(unit.start, unit.stop)
    if unit.home:
        return Edit(unit.start, unit.stop, _packed(new))
    if unit.kind is Kind.XMP:
        return Edit(unit.start, unit.stop, _riff.pack(b"_PMX", new))
    raise fixed(unit)


def _added(data: Buffer, info: Chunk, new: bytes) -> Edit:
    """A text at the end of a list, behind one that may lack its pad byte."""
    texts = list(_riff.chunks(data, info.body.start + 4, info.body.stop, "AVI INFO"))
    return _riff.insertion(texts[-1], new) if texts else Edit(info.body.stop, info.body.stop, new)


def _absorbed(data: Buffer, file: _File, edits: Sequence[Edit]) -> list[Edit]:
    """A JUNK chunk in front of ``movi`` that takes up what the edits there add."""
    more = sum(_growth(e) for e in edits if e.stop <= file.movi.start)
    for chunk in file.chunks if more > 0 else ():
        left = chunk.stop - chunk.start - more
        if chunk.id == b"JUNK" and chunk.stop <= file.movi.start and (left == 0 or left >= HEADER_BYTES):
            head = struct.pack("<4sI", b"JUNK", left - HEADER_BYTES) if left else b""
            return [Edit(chunk.start, chunk.start + more + len(head), head)]
    return []
