"""FLV: a header and tags (Adobe, "Flash Video File Format Specification" 10.1, annex E).

The label is the string AIGC of the script ``onMetaData`` (TC260-PG-20257A 6.1). Byte positions that the script lists
(``filesize``, ``keyframes.filepositions``) follow what moves. The tags behind it are not walked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers import _amf0
from labelkit.formats.containers._amf0 import Script, Value
from labelkit.formats.containers._homes import KEY, MAX_TEXT_BYTES, Plan, fixed, plan

_HEADER_BYTES, _TAG_HEADER_BYTES, _TRAILER_BYTES = 9, 11, 4
_AUDIO, _VIDEO, _SCRIPT = 8, 9, 18
_ON_META_DATA = b"onMetaData"
_MAX_TAG_BYTES = (1 << 24) - 1
# Scripts stand in front; between them at most the decoders' set-up.
_SEARCHED_TAGS = 64
_FILE_SIZE, _DATA_SIZE, _LAST = "filesize", "datasize", "lastkeyframelocation"
_POSITIONS = ("keyframes", "filepositions")


@dataclass(frozen=True, slots=True)
class _Tag:
    """One script tag: its first byte, its data, and the byte behind the length that follows it."""

    start: int
    body: int
    stop: int
    data: bytes
    script: Script

    @property
    def end(self) -> int:
        """Behind the 32-bit length of the tag before."""
        return self.stop + _TRAILER_BYTES


class Flv(Container):
    """Flash films."""

    name = "FLV"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        if head[:3] != b"FLV" or len(head) < _HEADER_BYTES:
            return 0
        return 100 if head[3] == 1 and struct.unpack_from(">I", head, 5)[0] == _HEADER_BYTES else 60

    def read(self, data: Buffer) -> Iterator[Unit]:
        for tag in _scripts(data):
            yield from (unit for _, unit in _texts(tag))

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        tags = list(_scripts(data))
        first = next((tag for tag in tags if tag.script.name == _ON_META_DATA), None)
        changes = {tag.start: _changes(tag, todo, todo.new if tag is first else None) for tag in tags}
        more = sum(_growth(edits) for edits in changes.values())
        if first is None and todo.new is not None:
            made = _script_tag(_amf0.pack_script(_ON_META_DATA, _amf0.pack(KEY.encode(), todo.new), 1))
            at = _first_tag(data)
            return [Edit(at, at, made), *(e for tag in tags for e in _moved(tag, len(made), len(data)))]
        edits = [e for tag in tags for e in (*changes[tag.start], *_resized(tag, _growth(changes[tag.start])))]
        return [*edits, *(e for tag in tags for e in _moved(tag, more, len(data)) if not _covered(e, edits))]


def _growth(edits: Sequence[Edit]) -> int:
    return sum(len(e.data) - (e.stop - e.start) for e in edits)


def _covered(edit: Edit, edits: Sequence[Edit]) -> bool:
    """Whether a number stands inside something that is taken out."""
    return any(e.start <= edit.start < e.stop for e in edits)


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"FLV, byte {at}", remedy="copy the file again")


def _first_tag(data: Buffer) -> int:
    """Where the tags start."""
    if data[:3] != b"FLV" or len(data) < _HEADER_BYTES:
        raise _broken("the FLV header is damaged", 0)
    at: int = struct.unpack_from(">I", data, 5)[0] + _TRAILER_BYTES
    if at < _HEADER_BYTES + _TRAILER_BYTES or at > len(data):
        raise _broken("the FLV header is damaged", 5)
    return at


def _scripts(data: Buffer) -> Iterator[_Tag]:
    """The script tags among the first 64 tags.

    Raises:
        BrokenFile: no FLV file, truncated in its first tags, or without any.
    """
    at = _first_tag(data)
    for number in range(_SEARCHED_TAGS):
        if at >= len(data) and number:
            return
        if at + _TAG_HEADER_BYTES > len(data):
            raise _broken("the file ends inside a tag", at)
        kind, size = data[at] & 0x1F, int.from_bytes(data[at + 1 : at + 4], "big")
        body, stop = at + _TAG_HEADER_BYTES, at + _TAG_HEADER_BYTES + size
        if kind not in (_AUDIO, _VIDEO, _SCRIPT):
            raise _broken("no tag starts here", at)
        if stop + _TRAILER_BYTES > len(data):
            raise _broken("the file ends inside a tag", at)
        if kind == _SCRIPT:
            bounded(size, f"FLV script, byte {at}", "script tag")
            raw = bytes(data[body:stop])
            if (script := _amf0.parse(raw)) is not None:
                yield _Tag(at, body, stop, raw, script)
        at = stop + _TRAILER_BYTES


def _texts(tag: _Tag) -> Iterator[tuple[Value, Unit]]:
    """The strings of a script."""
    main = tag.script.name == _ON_META_DATA
    for value in tag.script.values:
        text = _amf0.text(tag.data, value)
        if text is None or value.named < 0 or len(text) > MAX_TEXT_BYTES:
            continue
        key, start, stop = value.path[-1], tag.body + value.named, tag.body + value.stop
        home = main and value.path == (KEY,)
        place = f"FLV {tag.script.name.decode('latin-1')[:40]}.{'.'.join(value.path)[:80]}, byte {start}"
        yield value, Unit(Kind.FIELD if home else Kind.TAG, place, text, start, stop, key, home)


def _changes(tag: _Tag, todo: Plan, new: bytes | None) -> list[Edit]:
    """Properties replaced, taken out and added, and their number."""
    mine = {unit: value for value, unit in _texts(tag) if unit in todo.changed}
    edits, count = [], 0
    for unit, value in mine.items():
        wanted = todo.changed[unit]
        if wanted is not None and not unit.home:
            raise fixed(unit)
        count -= wanted is None and len(value.path) == 1
        edits.append(Edit(unit.start, unit.stop, b"" if wanted is None else _amf0.pack(KEY.encode(), wanted)))
    if new is not None:
        count += 1
        edits.append(Edit(tag.body + tag.script.end, tag.body + tag.script.end, _amf0.pack(KEY.encode(), new)))
    if count and tag.script.counted >= 0:
        at = tag.body + tag.script.counted
        before = int.from_bytes(tag.data[tag.script.counted : tag.script.counted + 4], "big")
        edits.append(Edit(at, at + 4, struct.pack(">I", max(before + count, 0) & 0xFFFFFFFF)))
    return edits


def _resized(tag: _Tag, more: int) -> Iterator[Edit]:
    """The tag's length, in front of it and behind it."""
    size = tag.stop - tag.body + more
    if size > _MAX_TAG_BYTES:
        raise _broken("the script would be too long", tag.start)
    if more:
        yield Edit(tag.start + 1, tag.start + 4, size.to_bytes(3, "big"))
        yield Edit(tag.stop, tag.end, struct.pack(">I", size + _TAG_HEADER_BYTES))


def _script_tag(script: bytes) -> bytes:
    if len(script) > _MAX_TAG_BYTES:
        raise _broken("the script would be too long", 0)
    head = bytes([_SCRIPT]) + len(script).to_bytes(3, "big") + bytes(7)
    return head + script + struct.pack(">I", len(script) + _TAG_HEADER_BYTES)


def _moved(tag: _Tag, more: int, file_bytes: int) -> Iterator[Edit]:
    """Numbers of a script that are byte positions or sizes."""
    if not more:
        return
    for value in tag.script.values:
        is_size = value.path in ((_FILE_SIZE,), (_DATA_SIZE,))
        if not value.is_number or not (is_size or value.path in (_POSITIONS, (_LAST,))):
            continue
        (number,) = struct.unpack_from(">d", tag.data, value.start + 1)
        if is_size or tag.stop <= number <= file_bytes:
            at = tag.body + value.start + 1
            yield Edit(at, at + 8, struct.pack(">d", number + more))
