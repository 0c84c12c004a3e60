"""TIFF and BigTIFF: directories of tags anywhere in the file, chained page by page (TIFF 6.0, BigTIFF).

XMP is tag 700, field type 7, of the first directory (TC260-PG-20259A clause 6). Nothing is moved, as other tags point
at fixed bytes: what does not fit where it stood goes to the end of the file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import add

from labelkit.errors import LimitExceeded, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _exif
from labelkit.formats.containers._ifd import Entry, Ifd, Layout, Walker, broken, header

SUB_IFDS = 330
_UNDEFINED = 7
# The count in front of a classic directory has 16 bits.
_MAX_TAGS = 0xFFFF
# Offsets and byte counts of the coded picture: strips, tiles, and a thumbnail's JPEG stream.
_PICTURE = ((273, 279), (324, 325), (513, 514))
# Other applications' metadata: IPTC-IIM and Photoshop's image resources.
_SEGMENTS = {33723: "IPTC", 34377: "Photoshop"}
# C2PA manifest store (C2PA specification, "Embedding manifests into TIFF").
_C2PA = 0xCD41
# Pages may share values, but together they are never much larger than what is read of one.
_MAX_TOTAL_BYTES = 4 * MAX_PAYLOAD_BYTES


class Tiff(Container):
    """TIFF files, classic and BigTIFF, both byte orders, any number of pages."""

    name = "TIFF"

    def score(self, head: bytes) -> int:
        # Raw formats of cameras look the same, so others may be surer.
        return 60 if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        layout, first = header(data)
        exif, budget = Walker(data, layout, lenient=True), _MAX_TOTAL_BYTES
        for number, page in enumerate(_pages(data, layout, first)):
            for unit in _units(data, page.directory, exif, f"TIFF IFD{number}", first=not number):
                budget -= len(unit.data)
                if budget < 0:
                    raise LimitExceeded(f"more than {_MAX_TOTAL_BYTES} bytes of metadata", place=unit.place)
                yield unit

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        layout, first = header(data)
        if len(payload) <= layout.word:
            raise UnsupportedOperation("this is too short for an XMP packet", remedy="pass a whole packet")
        pages = list(_pages(data, layout, first))
        entry = pages[0].directory.find(_exif.XMP_TAG)
        edits = [Edit(u.start, u.stop, _exif.fill(u, new)) for u, new in others.items() if not u.home]
        if entry is None:
            edits += _added(data, layout, pages[0].directory, payload, edits)
        else:
            edits += _replaced(data, layout, entry, payload, last=_is_last(data, pages, entry))
        # Two tags may share one value, and a value may be blank already.
        return list(dict.fromkeys(e for e in edits if bytes(data[e.start : e.stop]) != e.data))


@dataclass(frozen=True, slots=True)
class _Page:
    """A directory and the byte behind its coded picture."""

    directory: Ifd
    picture_stop: int


def _pages(data: Buffer, layout: Layout, first: int) -> Iterator[_Page]:
    """The pages in order, then their subordinate directories, each checked to have its picture inside the file.

    Raises:
        BrokenFile: truncated, circular, or pointing outside the file.
        LimitExceeded: more tags than any real file has.
    """
    if not first:
        raise broken("there is no page in it", 0)
    walker, waiting, below = Walker(data, layout), deque([first]), False
    while waiting:
        at = waiting.popleft()
        # Pages must not run in a circle; a subordinate directory may well be listed and linked.
        while at and not (below and walker.visited(at)):
            directory = walker.ifd(at)
            yield _Page(directory, _picture_stop(walker, directory))
            subordinate = directory.find(SUB_IFDS)
            waiting += [a for a in walker.integers(subordinate) if a] if subordinate else []
            at = directory.next
        below = True


def _picture_stop(walker: Walker, directory: Ifd) -> int:
    tags, last = {entry.tag: entry for entry in directory.entries}, 0
    for offsets, counts in _PICTURE:
        if offsets in tags:
            starts = walker.integers(tags[offsets])
            sizes = walker.integers(tags[counts]) if counts in tags else ()
            stop = max(max(starts, default=0), max(map(add, starts, sizes), default=0))
            if stop > len(walker.data):
                raise broken("coded picture data lies outside the file", tags[offsets].at)
            last = max(last, stop)
    return last


def _units(data: Buffer, directory: Ifd, exif: Walker, place: str, *, first: bool) -> Iterator[Unit]:
    """The metadata of one page; a damaged Exif directory below it is a note, not an error."""
    for unit in _exif.text_units(data, directory, 0, place):
        yield replace(unit, home=True) if first and unit.kind is Kind.XMP else unit
    for entry in directory.entries:
        if entry.tag in _SEGMENTS:
            yield _segment(data, entry, Kind.SEGMENT, place, _SEGMENTS[entry.tag])
        elif entry.tag == _C2PA:
            yield _segment(data, entry, Kind.C2PA, place, "C2PA")
        elif entry.tag == _exif.EXIF_IFD:
            pointer = next(iter(exif.integers(entry)), 0)
            if pointer and not exif.visited(pointer):
                yield from _exif.directory_units(data, exif, pointer, f"{place} Exif")


def _segment(data: Buffer, entry: Entry, kind: Kind, place: str, key: str) -> Unit:
    value = bytes(data[entry.start : min(entry.stop, entry.start + MAX_PAYLOAD_BYTES)])
    return Unit(kind, f"{place} {key}, byte {entry.start}", value, entry.start, entry.stop, key)


def _is_last(data: Buffer, pages: Sequence[_Page], entry: Entry) -> bool:
    """Whether the value ends the file and nothing else reaches into it."""
    others = [e.stop for page in pages for e in page.directory.entries if e != entry]
    rest = max(*others, *(p.directory.stop for p in pages), *(p.picture_stop for p in pages))
    return entry.stop == len(data) and entry.start % 2 == 0 and rest <= entry.start


def _replaced(data: Buffer, layout: Layout, entry: Entry, payload: bytes, *, last: bool) -> list[Edit]:
    """Other contents for the tag: where they stand if the length is the same or nothing follows, else at the end.

    What ends the file is ours from an earlier run, most likely; appending would let it grow with every label.
    """
    start, stop, pad = entry.start, entry.stop, b""
    if stop - start != len(payload) and not last:
        start = stop = len(data)
        pad = bytes(start % 2)
    record = _entry(layout, payload, start + len(pad))
    return [Edit(start, stop, pad + payload), Edit(entry.at, entry.at + layout.entry_bytes, record)]


def _entry(layout: Layout, payload: bytes, at: int) -> bytes:
    """Tag 700 for a packet that stands at this byte.

    Raises:
        UnsupportedOperation: classic TIFF cannot point there.
    """
    if not layout.big and at + len(payload) > 0xFFFFFFFF:
        raise UnsupportedOperation("a classic TIFF file ends at 4 GiB", remedy="convert it to BigTIFF")
    return layout.pack_entry(_exif.XMP_TAG, _UNDEFINED, len(payload), layout.pack_offset(at))


def _added(data: Buffer, layout: Layout, directory: Ifd, payload: bytes, inside: Sequence[Edit]) -> list[Edit]:
    """The tag put into a copy of the first directory at the end of the file; the old one is left behind, unused.

    ``inside`` are the edits of the same run: those of values that stand in the directory itself go into the copy, too.
    """
    if len(directory.entries) >= _MAX_TAGS:
        raise LimitExceeded(f"{_MAX_TAGS} tags in a page leave no room for another", remedy="inspect the file")
    pad = len(data) % 2
    at = len(data) + pad
    first = directory.at + layout.count_bytes
    entries = bytearray(data[first : directory.stop])
    for edit in inside:
        if first <= edit.start and edit.stop <= directory.stop:
            entries[edit.start - first : edit.stop - first] = edit.data
    split = next((e.at for e in directory.entries if e.tag > _exif.XMP_TAG), directory.stop - layout.word) - first
    size = directory.stop - directory.at + layout.entry_bytes
    packet = at + size + size % 2
    made = b"".join(
        (
            bytes(pad),
            layout.pack_count(len(directory.entries) + 1),
            entries[:split],
            _entry(layout, payload, packet),
            entries[split:],
            bytes(size % 2),
            payload,
        )
    )
    pointer = 8 if layout.big else 4
    return [Edit(len(data), len(data), made), Edit(pointer, pointer + layout.word, layout.pack_offset(at))]
