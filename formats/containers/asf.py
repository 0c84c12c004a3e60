"""WMA and WMV: the Advanced Systems Format (Microsoft, ASF specification 01.20.05).

TC260-PG-202510A and 20257A send formats they do not name to XMP without saying where. We put the packet where the XMP
Specification Part 3 does: into an object of its own, behind the data and before the indexes. Attributes are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers import _asf_objects
from labelkit.formats.containers._asf_objects import Object, broken
from labelkit.formats.containers._homes import Plan, fixed, plan

_UNSURE = 50


class Wmv(Container):
    """Films, and everything whose head does not say that it is sound alone."""

    name = "WMV"

    def score(self, head: bytes) -> int:
        sound, sure = _looks(head)
        return 10 if sound else sure

    def read(self, data: Buffer) -> Iterator[Unit]:
        for found in _top(data):
            if found.guid == _asf_objects.HEADER:
                for inner in _asf_objects.header_objects(data, found):
                    yield from (attribute.unit for attribute in _asf_objects.attributes(data, inner))
            elif found.guid == _asf_objects.XMP:
                bounded(found.stop - found.start, found.place)
                packet = bytes(data[found.body : found.stop])
                yield Unit(
                    Kind.XMP, f"{self.name} XMP, byte {found.start}", packet, found.start, found.stop, "XMP", True
                )

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        top = list(_top(data))
        edits = [_packet_edit(u, new) for u, new in todo.changed.items() if u.kind is Kind.XMP]
        if todo.new is not None:
            at = next(found.stop for found in top if found.guid == _asf_objects.DATA)
            edits.append(Edit(at, at, _asf_objects.packet(todo.new)))
        return [*edits, *_header_edit(data, top[0], todo, sum(len(e.data) - (e.stop - e.start) for e in edits))]


class Wma(Wmv):
    """Sound alone."""

    name = "WMA"

    def score(self, head: bytes) -> int:
        sound, sure = _looks(head)
        return sure if sound else min(sure, _UNSURE)


def _looks(head: bytes) -> tuple[bool, int]:
    """Whether it is sound alone, as far as the head tells, and how sure we are that it is ASF."""
    if head[:16] != _asf_objects.HEADER:
        return False, 0
    if _asf_objects.VIDEO in head:
        return False, 100
    return (True, 95) if _asf_objects.AUDIO in head else (False, _UNSURE)


def _top(data: Buffer) -> Iterator[Object]:
    """The objects of the file.

    Raises:
        BrokenFile: no ASF file, truncated, or without data.
    """
    known: list[bytes] = []
    for found in _asf_objects.objects(data, 0, len(data)):
        if not known and found.guid != _asf_objects.HEADER:
            raise broken("the ASF header is damaged", 0)
        known.append(found.guid)
        yield found
    if _asf_objects.DATA not in known:
        raise broken("there is no data object", len(data))


def _packet_edit(unit: Unit, new: bytes | None) -> Edit:
    return Edit(unit.start, unit.stop, b"" if new is None else _asf_objects.packet(new))


def _header_edit(data: Buffer, header: Object, todo: Plan, grown: int) -> Iterator[Edit]:
    """The header without the attributes that go, and with the file's new size."""
    gone = {u: new for u, new in todo.changed.items() if u.kind is not Kind.XMP}
    for unit, new in gone.items():
        if new is not None:
            raise fixed(unit)
    if not gone and not grown:
        return
    bounded(header.stop - header.start, header.place, "header")
    units = frozenset(gone)
    shrunk = len(_asf_objects.rebuilt(data, header, units, 0)) - (header.stop - header.start)
    made = _asf_objects.rebuilt(data, header, units, len(data) + grown + shrunk)
    if made != data[header.start : header.stop]:
        yield Edit(header.start, header.stop, made)
