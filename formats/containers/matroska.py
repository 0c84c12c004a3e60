"""Matroska and WebM (RFC 9559): the label is ``Segment.Tags.Tag.SimpleTag`` with the name AIGC (TC260-PG-20257A 6.1).

The audio guide does not name Matroska; the same place is our choice there. New tags go in front of the first cluster,
where players that cannot seek find them; free space in front of the clusters gives way, so that these seldom move.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _ebml, _mkv_positions, _mkv_tags
from labelkit.formats.containers._bmff_splice import Change
from labelkit.formats.containers._ebml import MAX_ELEMENTS, Element, broken
from labelkit.formats.containers._homes import MAX_TEXT_BYTES, Plan, plan
from labelkit.formats.containers._mkv_positions import CLUSTER, CUES, SEEK_HEAD

_EBML, _SEGMENT, _DOC_TYPE = 0x1A45DFA3, 0x18538067, 0x4282
_INFO, _TRACKS, _ATTACHMENTS, _CHAPTERS = 0x1549A966, 0x1654AE6B, 0x1941A469, 0x1043A770
_TITLE = 0x7BA9
_LEVEL1 = frozenset({SEEK_HEAD, CUES, CLUSTER, _INFO, _TRACKS, _ATTACHMENTS, _CHAPTERS, _mkv_tags.TAGS})
_UNSURE = 50
# CodecID elements of tracks: V_MPEG4/ISO/AVC, A_OPUS, ...
_CODEC = re.compile(rb"\x86[\x81-\xbf]([AV])_")


@dataclass(frozen=True, slots=True)
class _File:
    """The segment and its children; further segments are left alone."""

    segment: Element
    level1: tuple[Element, ...]


class Mkv(Container):
    """Films, and everything whose head does not say that it is sound alone."""

    name = "Matroska"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        sound, sure = _looks(head)
        return 10 if sound else sure

    def read(self, data: Buffer) -> Iterator[Unit]:
        segment = _segment(data)
        tracks = False
        for found in _level1(data, segment):
            tracks = tracks or found.id == _TRACKS
            if found.id == _mkv_tags.TAGS:
                yield from _mkv_tags.units(data, found, self.name)
            elif found.id == _INFO:
                yield from _titles(data, found, self.name)
        if not tracks:
            raise broken("there are no tracks", segment.start)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        segment = _segment(data)
        file = _File(segment, tuple(_level1(data, segment)))
        changes = [*_tag_changes(data, file, todo), *_title_changes(data, file, todo), *_unsummed(file)]
        return _mkv_positions.mended(data, segment, file.level1, [*changes, *_absorbed(file, changes)])


class Mka(Mkv):
    """Sound alone."""

    def score(self, head: bytes) -> int:
        sound, sure = _looks(head)
        return sure if sound else min(sure, _UNSURE)


def _looks(head: bytes) -> tuple[bool, int]:
    """Whether it is sound alone, as far as the head tells, and how sure we are that it is Matroska."""
    if head[:4] != _EBML.to_bytes(4, "big"):
        return False, 0
    kinds = {match[1] for match in _CODEC.finditer(head)}
    if b"V" in kinds:
        return False, 100
    return (True, 95) if kinds else (False, _UNSURE)


def _segment(data: Buffer) -> Element:
    """The first segment.

    Raises:
        BrokenFile: no EBML header, another type of document, or no segment.
    """
    header = _ebml.element(data, 0, len(data))
    if header.id != _EBML or header.unknown:
        raise broken("the EBML header is damaged", 0)
    kinds = [e for e in _ebml.elements(data, header.body, header.stop) if e.id == _DOC_TYPE]
    if not kinds or bytes(data[kinds[0].body : kinds[0].stop]).rstrip(b"\0") not in (b"matroska", b"webm"):
        raise broken("the EBML document is neither Matroska nor WebM", header.start)
    for found in _ebml.elements(data, header.stop, len(data)):
        if found.id == _SEGMENT:
            return found
    raise broken("there is no segment", header.stop)


def _level1(data: Buffer, segment: Element) -> Iterator[Element]:
    """The segment's children. One of unknown size ends where the next of them starts."""
    at = segment.body
    for _ in range(MAX_ELEMENTS):
        if at >= segment.stop:
            return
        found = _ebml.element(data, at, segment.stop)
        if found.unknown:
            if found.id != CLUSTER:
                raise broken("only clusters may have an unknown size", at)
            found = found._replace(stop=_cluster_stop(data, found, segment.stop))
        if found.id in (_EBML, _SEGMENT):
            return  # another document follows a segment of unknown size
        yield found
        at = found.stop


def _cluster_stop(data: Buffer, cluster: Element, stop: int) -> int:
    for child in _ebml.elements(data, cluster.body, stop):
        if child.id in _LEVEL1 or child.id in (_EBML, _SEGMENT):
            return child.start
    return stop


def _titles(data: Buffer, info: Element, name: str) -> Iterator[Unit]:
    for child in _ebml.elements(data, info.body, info.stop):
        if child.id == _TITLE and child.size <= MAX_TEXT_BYTES:
            text = bytes(data[child.body : child.stop]).rstrip(b"\0")
            yield Unit(Kind.TAG, f"{name} Info.Title, byte {child.start}", text, child.start, child.stop, "Title")


def _title_changes(data: Buffer, file: _File, todo: Plan) -> Iterator[Change]:
    """A title that held a label becomes an empty one of the same length."""
    for info in file.level1:
        mine = todo.within(info.start, info.stop) if info.id == _INFO else {}
        if mine:
            gone = {unit.start for unit in mine}
            children = [
                _ebml.void(child.stop - child.start)
                if child.start in gone and child.id == _TITLE
                else bytes(data[child.start : child.stop])
                for child in _ebml.elements(data, info.body, info.stop)
            ]
            yield Change(info.start, info.stop, _ebml.pack(_INFO, _ebml.summed(children), info.size_bytes))


def _unsummed(file: _File) -> list[Change]:
    """A checksum over the whole segment, which no muxer we know writes, becomes free space."""
    first = file.level1[0]
    return [Change(first.start, first.stop, _ebml.void(first.stop - first.start))] if first.id == _ebml.CRC else []


def _tag_changes(data: Buffer, file: _File, todo: Plan) -> Iterator[Change]:
    """Tags made anew; the label joins the first ones, or gets its own in front of the clusters."""
    new = todo.new
    for tags in file.level1:
        if tags.id != _mkv_tags.TAGS:
            continue
        part = Plan(todo.within(tags.start, tags.stop), new)
        if part.idle:
            continue
        new = None
        made = _mkv_tags.rewritten(data, tags, part) or _ebml.void(tags.stop - tags.start)
        yield Change(tags.start, tags.stop, made)
    if new is not None:
        first = next((e.start for e in file.level1 if e.id == CLUSTER), file.segment.stop)
        yield Change(first, first, _mkv_tags.new(new))


def _absorbed(file: _File, changes: Sequence[Change]) -> list[Change]:
    """Free space in front of the first cluster that takes up what changes there add."""
    first = next((e.start for e in file.level1 if e.id == CLUSTER), file.segment.stop)
    more = sum(c.growth for c in changes if c.stop <= first)
    if more <= 0:
        return []
    for found in file.level1:
        left = found.stop - found.start - more
        if found.id == _ebml.VOID and found.stop <= first and (left == 0 or left >= 2):
            return [Change(found.start, found.stop, _ebml.void(left) if left else b"")]
    return []
