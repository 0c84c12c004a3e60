"""FLAC: metadata blocks, then frames (RFC 9639). The label is the Vorbis comment ``AIGC=`` (TC260-PG-202510A).

The padding block gives way, so that usually nothing moves; the seek table counts from the first frame and stays. The
frames are not walked: a file that was cut off in its sound is not noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _id3, _id3_edit, _tails, _vorbis_comment
from labelkit.formats.containers._homes import Plan, plan
from labelkit.formats.containers._id3 import Tag
from labelkit.formats.containers._id3_first import HIDDEN
from labelkit.formats.containers._tails import Tail
from labelkit.formats.containers._vorbis_comment import Comments, Span

_SIGNATURE = b"fLaC"
_HEADER_BYTES = 4
_STREAMINFO, _PADDING, _APPLICATION, _COMMENT = 0, 1, 2, 4
_LAST = 0x80
#: Lengths have 24 bits (RFC 9639 section 8.1).
_MAX_BLOCK_BYTES = (1 << 24) - 1
# Files have about five blocks; pictures are the only ones that repeat.
_MAX_BLOCKS = 65_536
# Room for a second label and for what players add (our choice).
_ROOM_BYTES = 1024
_VENDOR = b"LabelKit"


@dataclass(frozen=True, slots=True)
class _Block:
    """One metadata block, its header included."""

    type: int
    start: int
    stop: int
    last: bool

    @property
    def size(self) -> int:
        """Bytes behind the header."""
        return self.stop - self.start - _HEADER_BYTES


@dataclass(frozen=True, slots=True)
class _Parts:
    front: tuple[Tag, ...]
    blocks: tuple[_Block, ...]
    tails: tuple[Tail, ...]


class Flac(Container):
    """Native FLAC files."""

    name = "FLAC"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        at = 0
        while size := _id3.size_at(head, at):
            at += size
        if at and at + 4 > len(head):
            return HIDDEN
        return 100 if head[at : at + 4] == _SIGNATURE else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        front = tuple(_id3_edit.tags(data, 0, len(data)))
        yield from _id3_edit.all_units(front, self.name, main=False)
        stop = front[-1].stop if front else 0
        for block in _blocks(data, stop):
            stop = block.stop
            yield from _units(data, block)
        _check_frame(data, stop)
        yield from _tails.units(data, _tails.tails(data, stop), self.name)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        parts = _parts(data)
        edits = _tails.edits(parts.tails, todo, self.name)
        for tag in parts.front:
            edits += _id3_edit.edits(tag, Plan(todo.within(tag.start, tag.stop), None), self.name)
        return [*edits, *_block_edits(data, parts.blocks, todo)]


def _parts(data: Buffer) -> _Parts:
    front = tuple(_id3_edit.tags(data, 0, len(data)))
    blocks = tuple(_blocks(data, front[-1].stop if front else 0))
    return _Parts(front, blocks, _tails.tails(data, blocks[-1].stop))


def _blocks(data: Buffer, start: int) -> Iterator[_Block]:
    """The metadata blocks.

    Raises:
        BrokenFile: no FLAC, truncated, or STREAMINFO not in front.
        LimitExceeded: too many.
    """
    if data[start : start + 4] != _SIGNATURE:
        raise _broken("the FLAC signature is damaged", start)
    at = start + 4
    for number in range(_MAX_BLOCKS):
        if at + _HEADER_BYTES > len(data):
            raise _broken("the file ends inside a block", at)
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        block = _Block(data[at] & 0x7F, at, at + _HEADER_BYTES + size, bool(data[at] & _LAST))
        if block.stop > len(data):
            raise _broken("the file ends inside a block", at)
        if (number == 0) != (block.type == _STREAMINFO):
            raise _broken("STREAMINFO must be the first block, once", at)
        yield block
        at = block.stop
        if block.last:
            return
    raise LimitExceeded(f"more than {_MAX_BLOCKS} blocks", place=f"FLAC, byte {at}", remedy="inspect the file")


def _broken(message: str, at: int) -> BrokenFile:
    return BrokenFile(message, place=f"FLAC, byte {at}", remedy="copy the file again")


def _check_frame(data: Buffer, at: int) -> None:
    """The first frame's sync code, 15 bits (RFC 9639 section 9.1); a stream without samples has none."""
    if at != len(data) and bytes(data[at : at + 2]) not in (b"\xff\xf8", b"\xff\xf9"):
        raise _broken("no frame follows the metadata", at)


def _units(data: Buffer, block: _Block) -> Iterator[Unit]:
    if block.type == _COMMENT:
        for unit, _ in _vorbis_comment.units(_comments(data, block), _span(block)):
            yield unit
    elif block.type == _APPLICATION and block.size <= MAX_PAYLOAD_BYTES:
        body = bytes(data[block.start + _HEADER_BYTES : block.stop])
        name = body[:4].decode("latin-1")
        place = f"FLAC APPLICATION {name}, byte {block.start}"
        yield Unit(Kind.SEGMENT, place, body[4:], block.start, block.stop, name)


def _comments(data: Buffer, block: _Block) -> Comments:
    body = bytes(data[block.start : block.stop])
    return _vorbis_comment.parse(body, _HEADER_BYTES, f"FLAC comment, byte {block.start}")


def _span(block: _Block) -> Span:
    return Span(block.start, block.stop, "FLAC comment")


def _block_edits(data: Buffer, blocks: Sequence[_Block], todo: Plan) -> list[Edit]:
    """The edits of the metadata blocks; padding takes or gives what they grow or shrink."""
    edits, new = [], todo.new
    for block in blocks:
        part = Plan(todo.within(block.start, block.stop), new if block.type == _COMMENT else None)
        if part.idle:
            continue
        if block.type == _COMMENT:
            body = _vorbis_comment.rewritten(_comments(data, block), _span(block), part)
            edits.append(Edit(block.start, block.stop, _packed(_COMMENT, body[_HEADER_BYTES:], block.last)))
            new = None
        else:
            edits += [_application(data, block, replacement) for replacement in part.changed.values()]
    made = [] if new is None else [_first_comments(new)]
    return _padded(data, blocks, edits, made)


def _application(data: Buffer, block: _Block, new: bytes | None) -> Edit:
    """An application's block with another content, or turned into padding."""
    if new is None:
        return Edit(block.start, block.stop, _packed(_PADDING, bytes(block.size), block.last))
    name = bytes(data[block.start + _HEADER_BYTES : block.start + _HEADER_BYTES + 4])
    return Edit(block.start, block.stop, _packed(_APPLICATION, name + new, block.last))


def _first_comments(value: bytes) -> bytes:
    """A comment block for a file that has none."""
    nothing = len(_VENDOR).to_bytes(4, "little") + _VENDOR + bytes(4)
    comments = _vorbis_comment.parse(nothing, 0, "FLAC")
    return _packed(_COMMENT, _vorbis_comment.rewritten(comments, Span(0, 0, "FLAC comment"), Plan({}, value)))


def _packed(kind: int, body: bytes, last: bool = False) -> bytes:
    if len(body) > _MAX_BLOCK_BYTES:
        raise LimitExceeded(
            f"a block of {len(body)} bytes, at most {_MAX_BLOCK_BYTES} fit", place="FLAC", remedy="shorten the tags"
        )
    return bytes([kind | (_LAST if last else 0)]) + len(body).to_bytes(3, "big") + body


def _padded(data: Buffer, blocks: Sequence[_Block], edits: list[Edit], made: list[bytes]) -> list[Edit]:
    """``edits`` and the blocks ``made`` behind STREAMINFO, with a padding block that keeps the frames in place."""
    grown = sum(len(e.data) - (e.stop - e.start) for e in edits) + sum(map(len, made))
    padding = next((b for b in blocks if b.type == _PADDING), None)
    if grown and padding is not None:
        left = padding.size - grown
        size = left if 0 <= left <= _MAX_BLOCK_BYTES else _ROOM_BYTES
        edits.append(Edit(padding.start, padding.stop, _packed(_PADDING, bytes(size), padding.last)))
    elif grown > 0:
        made.append(_packed(_PADDING, bytes(_ROOM_BYTES)))
    if made:
        edits += _behind_streaminfo(blocks[0], made)
    return edits


def _behind_streaminfo(first: _Block, made: list[bytes]) -> list[Edit]:
    if not first.last:
        return [Edit(first.stop, first.stop, b"".join(made))]
    made[-1] = bytes([made[-1][0] | _LAST]) + made[-1][1:]
    return [Edit(first.start, first.start + 1, bytes([_STREAMINFO])), Edit(first.stop, first.stop, b"".join(made))]
