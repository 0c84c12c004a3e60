"""Vorbis comments, the tags of FLAC and Ogg: a vendor, a count and ``KEY=value`` texts with 32-bit lengths in front.

Xiph.org, "Ogg Vorbis I format specification: comment field and header specification". Keys are the same in any case;
the audio guide spells ours AIGC, so another spelling is read as a deviation.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_UNITS, Kind, Unit
from labelkit.formats.containers._homes import KEY, MAX_TEXT_BYTES, Plan, fixed

# Pictures in Base64; megabytes of them, and no text.
_PICTURES = frozenset({b"METADATA_BLOCK_PICTURE", b"COVERART"})


@dataclass(frozen=True, slots=True)
class Comments:
    """A parsed block.

    Attributes:
        body: the bytes that hold it.
        vendor: where the number of comments starts, behind the vendor's name.
        entries: start and stop of every comment's text in ``body``.
        stop: the first byte behind the last comment.
    """

    body: bytes
    vendor: int
    entries: tuple[tuple[int, int], ...]
    stop: int


def parse(body: bytes, start: int, place: str) -> Comments:
    """The comments that begin at ``body[start]``.

    Raises:
        BrokenFile: a length runs over the end.
        LimitExceeded: more than ``MAX_UNITS`` comments.
    """
    vendor = _behind(body, start, place)
    if vendor + 4 > len(body):
        raise _broken(place)
    (count,) = struct.unpack_from("<I", body, vendor)
    if count > MAX_UNITS:
        raise LimitExceeded(f"more than {MAX_UNITS} comments", place=place, remedy="inspect the file")
    entries, at = [], vendor + 4
    for _ in range(count):
        stop = _behind(body, at, place)
        entries.append((at + 4, stop))
        at = stop
    return Comments(body, vendor, tuple(entries), at)


def _behind(body: bytes, at: int, place: str) -> int:
    """The byte behind a text with its length in front."""
    if at + 4 > len(body):
        raise _broken(place)
    stop: int = at + 4 + struct.unpack_from("<I", body, at)[0]
    if stop > len(body):
        raise _broken(place)
    return stop


def _broken(place: str) -> BrokenFile:
    return BrokenFile("the comments are damaged", place=place, remedy="copy the file again")


@dataclass(frozen=True, slots=True)
class Span:
    """Where a block lies in the file: each comment by itself, or all in the same pages.

    Attributes:
        start, stop: of the block.
        name: for places, ``"FLAC comment"``.
        apart: whether ``body`` is one piece of the file, so that each comment has its own bytes there.
        notes: on every unit.
    """

    start: int
    stop: int
    name: str
    apart: bool = True
    notes: tuple[str, ...] = ()


def units(comments: Comments, span: Span) -> Iterator[tuple[Unit, int]]:
    """Every comment that is text, with its number."""
    for number, (start, stop) in enumerate(comments.entries):
        key, sign, value = comments.body[start:stop].partition(b"=")
        if not sign:
            key, value = b"", key
        if key.upper() in _PICTURES or len(value) > MAX_TEXT_BYTES:
            continue
        name = key.decode("latin-1")
        where = f"byte {span.start + start}" if span.apart else f"number {number + 1}, byte {span.start}"
        bounds = (span.start + start - 4, span.start + stop) if span.apart else (span.start, span.stop)
        home = name == KEY
        kind = Kind.FIELD if home else Kind.TAG
        yield Unit(kind, f"{span.name} {name[:80]}, {where}", value, *bounds, name, home, span.notes), number


def rewritten(comments: Comments, span: Span, plan: Plan) -> bytes:
    """``body`` with the changes of ``plan``, a new home last; what stands behind the comments stays."""
    numbers = {number: unit for unit, number in units(comments, span) if unit in plan.changed}
    kept: list[bytes] = []
    for number, (start, stop) in enumerate(comments.entries):
        if number not in numbers:
            kept.append(comments.body[start:stop])
        elif (new := _changed(numbers[number], plan.changed)) is not None:
            kept.append(new)
    if plan.new is not None:
        kept.append(_text(plan.new))
    texts = b"".join(struct.pack("<I", len(text)) + text for text in kept)
    return comments.body[: comments.vendor] + struct.pack("<I", len(kept)) + texts + comments.body[comments.stop :]


def _changed(unit: Unit, changes: Mapping[Unit, bytes | None]) -> bytes | None:
    new = changes[unit]
    if new is not None and not unit.home:
        raise fixed(unit)
    return None if new is None else _text(new)


def _text(value: bytes) -> bytes:
    return KEY.encode() + b"=" + value
