"""The old tags at the end of sound files: ID3v1, Lyrics3, APEv2 and ID3v2 with a footer. Read, and left alone.

They stand behind the sound in any order that taggers came in; each is found by its last bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labelkit.formats.base import Buffer, Edit, Kind, Unit
from labelkit.formats.containers import _ape, _id3, _id3_edit
from labelkit.formats.containers._ape import ApeTag
from labelkit.formats.containers._homes import MAX_TEXT_BYTES, Plan
from labelkit.formats.containers._id3 import Tag

ID3V1_BYTES = 128
_LYRICS_END = b"LYRICS200"
_LYRICS_START = b"LYRICSBEGIN"
# More than any tagger leaves; ends the search in made-up files.
_MAX_TAILS = 8


@dataclass(frozen=True, slots=True)
class Block:
    """A tail that is one lump: an ID3v1 or Lyrics3 tag."""

    name: str
    start: int
    stop: int


Tail = ApeTag | Tag | Block


def tails(data: Buffer, floor: int) -> tuple[Tail, ...]:
    """The tags at the end of the file that start at ``floor`` or behind it, last one first.

    Raises:
        BrokenFile, LimitExceeded: a tag is damaged or too large.
    """
    found: list[Tail] = []
    stop = len(data)
    while len(found) < _MAX_TAILS and (tail := _tail(data, floor, stop)) is not None:
        found.append(tail)
        stop = tail.start
    return tuple(found)


def _tail(data: Buffer, floor: int, stop: int) -> Tail | None:
    at = stop - ID3V1_BYTES
    if at >= floor and data[at : at + 3] == b"TAG":
        return Block("ID3v1", at, stop)
    if (ape := _ape.parse(data, stop, floor)) is not None:
        return ape
    return _lyrics(data, floor, stop) or _appended_id3(data, floor, stop)


def _lyrics(data: Buffer, floor: int, stop: int) -> Block | None:
    """Lyrics3 v2: six digits of size in front of the end mark (id3.org, "Lyrics3 v2.00")."""
    digits = bytes(data[max(stop - 15, 0) : max(stop - 9, 0)])
    if data[max(stop - 9, 0) : stop] != _LYRICS_END or not digits.isdigit():
        return None
    start = stop - 15 - int(digits)
    return Block("Lyrics3", start, stop) if start >= floor and data[start : start + 11] == _LYRICS_START else None


def _appended_id3(data: Buffer, floor: int, stop: int) -> Tag | None:
    """A tag with a footer (ID3v2.4 section 3.4)."""
    footer = bytes(data[max(stop - 10, 0) : stop])
    if not footer.startswith(b"3DI") or not _id3.is_tag(b"ID3" + footer[3:]):
        return None
    start = stop - 20 - _id3.syncsafe(footer[6:10])
    tag = _id3.parse(data, start, stop) if start >= floor else None
    return tag if tag and tag.stop == stop else None


def units(data: Buffer, found: Sequence[Tail], name: str, *, ape_home: bool = False) -> Iterator[Unit]:
    """What the tails hold, in file order."""
    for tail in reversed(found):
        if isinstance(tail, ApeTag):
            yield from _ape.units(data, tail, name, main=ape_home)
        elif isinstance(tail, Tag):
            yield from _id3_edit.all_units([tail], f"{name} tail", main=False)
        else:
            body = bytes(data[tail.start : tail.start + min(tail.stop - tail.start, MAX_TEXT_BYTES)])
            place = f"{name} {tail.name}, byte {tail.start}"
            yield Unit(Kind.SEGMENT, place, body, tail.start, tail.stop, tail.name)


def edits(found: Sequence[Tail], plan: Plan, name: str) -> list[Edit]:
    """The edits for units in the tails; nothing is added to them."""
    made: list[Edit] = []
    for tail in found:
        part = Plan(plan.within(tail.start, tail.stop), None)
        if part.idle:
            continue
        if isinstance(tail, ApeTag):
            made += _ape.edits(tail, part)
        elif isinstance(tail, Tag):
            made += _id3_edit.edits(tail, part, f"{name} tail")
        else:
            made += [Edit(u.start, u.stop, new or b"") for u, new in part.changed.items()]
    return made
