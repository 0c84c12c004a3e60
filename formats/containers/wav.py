"""WAV, RF64 and BW64: RIFF forms of type WAVE (Microsoft, Multimedia Programming Interface 1.0; EBU Tech 3306).

The label is a chunk ``AIGC`` of the form itself (TC260-PG-202510A, whose place among the chunks is free): behind the
last chunk, or before ``data`` where a stream never told how long that is. LIST/INFO, ID3, XMP and broadcast chunks are
read too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.errors import BrokenFile
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers import _id3_edit, _riff
from labelkit.formats.containers._homes import KEY, MAX_TEXT_BYTES, Plan, fixed, plan
from labelkit.formats.containers._riff import Chunk, Form

_HOME = KEY.encode()
_ID3 = (b"id3 ", b"ID3 ")
# XMP Specification Part 3 (WAV); C2PA A.3.3; text that broadcasters keep: EBU Tech 3285, iXML, ITU-R BS.2088.
_KINDS = {b"_PMX": Kind.XMP, b"C2PA": Kind.C2PA, b"bext": Kind.TEXT, b"iXML": Kind.TEXT, b"axml": Kind.TEXT}
# Samples and how they are meant; nothing of it is metadata, and data may be hours long.
_SIGNAL = frozenset({b"fmt ", b"data", b"fact", b"ds64", b"JUNK", b"PAD ", b"FLLR", b"cue ", b"smpl", b"PEAK", b"slnt"})
# Sizes that a writer leaves behind when it cannot seek back to the header.
_UNTOLD = (0xFFFFFFFF, 0x7FFFFFFF)
# SoX writes sizes from here on into both headers when it writes to a pipe.
_PIPED = 0x7FFFF000


@dataclass(frozen=True, slots=True)
class _Wave:
    """A walked file: the form, its chunks, and whether the last one is a stream's ``data`` of untold length."""

    form: Form
    chunks: tuple[Chunk, ...]
    untold: bool = False


class Wav(Container):
    """WAV files of any size."""

    name = "WAV"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        return 100 if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE" else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        outer = _form(data)
        for chunk in _chunks(data, outer):
            yield from _units(data, chunk)
        yield from _trailer(data, outer)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        wave = _walk(data)
        todo = plan(self.read(data), payload, others)
        edits = [e for chunk in wave.chunks for e in _changes(data, chunk, todo)]
        if todo.new is not None:
            edits.append(_insertion(wave, _riff.pack(_HOME, todo.new)))
        trailer = [Edit(u.start, u.stop, new or b"") for u, new in todo.changed.items() if u.key == "trailer"]
        return [*(edits if wave.untold else _riff.resized(data, wave.form, edits)), *trailer]


def _form(data: Buffer) -> Form:
    outer = _riff.form(data, "WAV")
    if outer.type != b"WAVE":
        raise BrokenFile("the RIFF form is not WAVE", place="byte 8", remedy="restore the file from its source")
    return outer


def _walk(data: Buffer) -> _Wave:
    """Form and chunks of the whole file."""
    outer = _form(data)
    found = tuple(_chunks(data, outer))
    last = found[-1] if found else None
    return _Wave(outer, found, last is not None and _is_untold(data, outer, last.start))


def _is_untold(data: Buffer, outer: Form, at: int) -> bool:
    """Whether a ``data`` chunk at this byte runs to the end of the file because nobody wrote its size."""
    if outer.id != b"RIFF" or bytes(data[at : at + 4]) != b"data":
        return False
    (size,) = struct.unpack_from("<I", data, at + 4)
    return size in _UNTOLD or (size >= _PIPED and outer.stop - 8 >= _PIPED and at + 8 + size > len(data))


def _chunks(data: Buffer, outer: Form) -> Iterator[Chunk]:
    """The chunks, the last one shortened to the file where a stream left it open.

    Raises:
        BrokenFile: truncated, or without ``fmt`` in front of ``data``.
    """
    known: set[bytes] = set()
    at = _riff.FORM_HEADER_BYTES
    stop = outer.stop
    if outer.id == b"RIFF" and outer.stop - 8 in _UNTOLD:
        stop = len(data)
    try:
        for chunk in _riff.chunks(data, at, stop, "WAV", outer.long_sizes):
            known.add(chunk.id)
            yield chunk
            at = chunk.stop
    except BrokenFile:
        if at + 8 > len(data) or not _is_untold(data, outer, at):
            raise
        known.add(b"data")
        yield Chunk(b"data", at, len(data) - at - 8, len(data))
    if not known >= {b"fmt ", b"data"}:
        missing = "data" if b"fmt " in known else "fmt"
        raise BrokenFile(f"there is no chunk {missing}", place=f"WAV, byte {at}", remedy="copy the file again")


def _place(chunk: Chunk) -> str:
    return f"WAV {chunk.name}, byte {chunk.start}"


def _units(data: Buffer, chunk: Chunk) -> Iterator[Unit]:
    notes: tuple[str, ...] = ("odd-length",) if chunk.unpadded else ()
    name = chunk.id.decode("latin-1")
    if chunk.id in _SIGNAL:
        return
    if chunk.id.upper() == _HOME:
        bounded(chunk.size, _place(chunk))
        main = chunk.id == _HOME
        kind = Kind.FIELD if main else Kind.TAG
        yield Unit(kind, _place(chunk), data[chunk.body], chunk.start, chunk.stop, name, main, notes)
    elif chunk.id == b"LIST":
        yield from _list_units(data, chunk)
    elif chunk.id in _ID3:
        tags = list(_id3_edit.tags(data, chunk.body.start, chunk.body.stop))
        yield from _id3_edit.all_units(tags, _place(chunk), main=False)
    elif chunk.size <= MAX_PAYLOAD_BYTES:
        kind = _KINDS.get(chunk.id, Kind.SEGMENT)
        yield Unit(kind, _place(chunk), data[chunk.body], chunk.start, chunk.stop, name.strip(), notes=notes)


def _list_units(data: Buffer, outer: Chunk) -> Iterator[Unit]:
    if bytes(data[outer.body][:4]) != b"INFO" or outer.size > MAX_PAYLOAD_BYTES:
        return
    for chunk in _riff.chunks(data, outer.body.start + 4, outer.body.stop, "WAV INFO"):
        key = chunk.id.decode("latin-1")
        place = f"WAV LIST/INFO {chunk.name}, byte {chunk.start}"
        if chunk.size <= MAX_TEXT_BYTES:
            text = bytes(data[chunk.body])
            text = text[:-1] if text.endswith(b"\0") else text  # ZSTR, as the INFO list defines it
            yield Unit(Kind.TAG, place, text, chunk.start, chunk.stop, key)


def _trailer(data: Buffer, outer: Form) -> Iterator[Unit]:
    """What stands behind the form: writers that append without mending its size put metadata there."""
    if outer.stop < len(data):
        rest = data[outer.stop : outer.stop + MAX_PAYLOAD_BYTES]
        place = f"WAV trailer, byte {outer.stop}"
        yield Unit(Kind.SEGMENT, place, rest, outer.stop, len(data), "trailer", notes=("after-end",))


def _changes(data: Buffer, chunk: Chunk, todo: Plan) -> list[Edit]:
    """The edits inside one chunk."""
    mine = todo.within(chunk.start, chunk.stop)
    if not mine:
        return []
    if chunk.id == b"LIST":
        return _riff.within(chunk, [_list_edit(u, new) for u, new in mine.items()])
    if chunk.id in _ID3:
        part = Plan(mine, None)
        tags = _id3_edit.tags(data, chunk.body.start, chunk.body.stop)
        return _riff.within(chunk, [e for tag in tags for e in _id3_edit.edits(tag, part, _place(chunk))])
    return [Edit(u.start, u.stop, b"" if new is None else _riff.pack(chunk.id, new)) for u, new in mine.items()]


def _list_edit(unit: Unit, new: bytes | None) -> Edit:
    if new is not None:
        raise fixed(unit)
    return Edit(unit.start, unit.stop)


def _insertion(wave: _Wave, new: bytes) -> Edit:
    if wave.untold:
        at = wave.chunks[-1].start
        return Edit(at, at, new)
    return _riff.insertion(wave.chunks[-1], new)
