"""Putting metadata into HEIF and AVIF files (ISO/IEC 23008-12, 14496-12).

A packet that fits stays where it is; a longer one goes to the end of the file, and its old bytes are blanked. Sizes
and offsets follow through ``_bmff_splice.py``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from labelkit.errors import LimitExceeded
from labelkit.formats.base import Edit
from labelkit.formats.containers import _exif
from labelkit.formats.containers._bmff import MAX_SHORT_SIZE, Box, broken, make
from labelkit.formats.containers._bmff_splice import Change, Moves, absorb, append_point, closing, growth, splice
from labelkit.formats.containers._heif_items import Meta, added, lone_item, new_id, pieces
from labelkit.formats.containers._heif_locations import IN_FILE, IN_IDAT, Extent, Location, Locations
from labelkit.formats.containers._heif_scan import XMP_UUID, Found, Scan

_ITEM_NAME = b"XMP"
_HEADER_BYTES = 8


class Plan:
    """Collects what shall change in a scanned file; :meth:`edits` works out the rest."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._end = append_point(scan.top)
        idats = [m.parts[b"idat"] for m in scan.metas if b"idat" in m.parts]
        data_boxes = [*idats, *(b for b in scan.top if b.type in (b"mdat", b"imda"))]
        self._rooms = sorted((b.body, b.stop) for b in data_boxes)
        self._changes: list[Change] = []
        self._appended: list[bytes] = []
        # By number of the meta box in the file and of the item.
        self._lengths: dict[tuple[int, int], int] = {}
        self._fresh: dict[tuple[int, int], Extent] = {}
        # A meta box to be made: the track and the boxes around it, and the one item's place.
        self._new_meta: tuple[tuple[Box, ...], Location] | None = None

    def put_home(self, payload: bytes) -> None:
        """Make the home hold ``payload``, wherever that is."""
        home = self._scan.home
        if home is not None:
            self.put(home, payload)
        elif (meta := self._scan.pictures) is not None:
            number = new_id(self._scan.data, meta)
            self._changes += added(self._scan.data, meta, number, _ITEM_NAME)
            extent = self._append(payload)
            self._fresh[self._key(meta, number)] = extent
            self._share_with_track(extent)
        else:
            self._appended.append(make(b"uuid", XMP_UUID + payload))

    def _share_with_track(self, extent: Extent) -> None:
        """Let the picture track of an animation name the packet too: players read the track and not the items."""
        track = next(iter(_picture_tracks(self._scan)), None)
        if track is None:
            return
        meta = next((m for m in self._scan.metas if m.parents[:1] == track[:1]), None)
        if meta is None:
            self._new_meta = (track, Location(1, IN_FILE, 0, 0, (extent,), fresh=True))
        elif meta.handler == b"pict" and not any(f.meta is meta and f.is_xmp_item for f in self._scan.found):
            number = new_id(self._scan.data, meta)
            self._changes += added(self._scan.data, meta, number, _ITEM_NAME)
            self._fresh[self._key(meta, number)] = extent

    def put(self, found: Found, payload: bytes | None) -> None:
        """Replace what one unit holds, or blank it for None."""
        if found.inner is not None:
            if not self._is_data(found):
                raise broken("the item lies over the structure of the file", found.unit.place)
            self._changes += _overwrite(found.pieces, found.inner.start, _exif.fill(found.inner, payload))
        elif found.box is not None:
            self._changes += _reboxed(self._scan, found.box, found.parents, payload)
        else:
            self._put_item(found, payload)

    def _put_item(self, found: Found, payload: bytes | None) -> None:
        room = sum(map(len, found.pieces))
        new = b" " * room if payload is None else payload
        same = [f for f in self._scan.found if f.is_xmp_item and f.pieces == found.pieces and f.pieces] or [found]
        recoded = [c for f in same for c in _plain(f, payload)]
        if found.unit.data == new and not recoded:
            return
        self._changes += recoded
        alone = self._is_data(found) and not self._shared(same)
        if alone and (len(new) == room or (len(new) < room and len(found.pieces) == 1)):
            self._changes += _overwrite(found.pieces, 0, new.ljust(room))
            self._note_length(same, len(new), room)
        elif alone and (last := self._tail(found, len(new) - room)):
            piece = found.pieces[0]
            self._changes.append(Change(piece.start, piece.stop, new, (last,)))
            self._note_length(same, len(new), room)
        else:
            self._changes += _overwrite(found.pieces, 0, b" " * room) if alone else []
            extent = self._append(new)
            self._fresh |= {self._key(f.meta, f.item.id): extent for f in same if f.meta and f.item}

    def _note_length(self, same: Sequence[Found], length: int, old: int) -> None:
        if length != old:
            self._lengths |= {self._key(f.meta, f.item.id): length for f in same if f.meta and f.item}

    def _key(self, meta: Meta, item: int) -> tuple[int, int]:
        return meta.box.start, item

    def _append(self, payload: bytes) -> Extent:
        at = sum(map(len, self._appended)) + _HEADER_BYTES
        self._appended.append(make(b"mdat", payload))
        return Extent(0, at, len(payload))

    def _tail(self, found: Found, more: int) -> Box | None:
        """The last media data box, if the item ends it and can grow there without moving anything."""
        last = next((b for b in self._scan.top if b.stop == self._end and b.type == b"mdat"), None)
        location = found.meta.location(found.item.id) if found.meta and found.item else None
        if last is None or location is None or location.method != IN_FILE or len(found.pieces) != 1:
            return None
        roomy = last.long or last.open or last.size + more <= MAX_SHORT_SIZE
        return last if roomy and found.pieces[0].stop == last.stop and not self._appended else None

    def _is_data(self, found: Found) -> bool:
        """Whether all its bytes are where data belongs, and not boxes or the fields of boxes."""
        return all(self._rooms and self._room(p)[0] <= p.start and p.stop <= self._room(p)[1] for p in found.pieces)

    def _room(self, piece: range) -> tuple[int, int]:
        """Start and stop of the last data box that begins before a piece."""
        return self._rooms[max(0, bisect_right(self._rooms, (piece.start, piece.stop)) - 1)]

    def _shared(self, same: Sequence[Found]) -> bool:
        """Whether items other than these use any of their bytes."""
        mine = {self._key(f.meta, f.item.id) for f in same if f.meta and f.item}
        used = sorted((p.start, p.stop) for p in self._other_pieces(mine))
        wanted = sorted((p.start, p.stop) for p in same[0].pieces)
        number, reach = 0, 0
        for start, stop in wanted:
            while number < len(used) and used[number][0] < stop:
                reach = max(reach, used[number][1])
                number += 1
            if reach > start:
                return True
        return False

    def _other_pieces(self, mine: set[tuple[int, int]]) -> Iterator[range]:
        for meta in self._scan.metas:
            for location in meta.locations.entries:
                here = location.method in (IN_FILE, IN_IDAT) and location.reference in meta.locations.own
                if here and self._key(meta, location.item) not in mine:
                    yield from pieces(self._scan.data, meta, location)

    def edits(self) -> list[Edit]:
        """The edits that do it all; none when nothing changes.

        Raises:
            LimitExceeded: an offset or a size would not fit its field.
        """
        for wide in (False, True):
            try:
                return self._edits(wide)
            except OverflowError:
                continue
        raise LimitExceeded("an item location does not fit its field", remedy="re-export the picture")

    def _edits(self, wide: bool) -> list[Edit]:
        data, changes = self._scan.data, list(self._changes)
        # First the lengths of everything, with item locations as they were; then where everything is.
        drafts = list(self._locations(Moves([]), 0, wide))
        everything = [*changes, *drafts]
        free = self._from_free_space(everything)
        closed = self._closed(everything)
        fixed = [*free, *closed]
        moves = Moves([*everything, *fixed])
        before = sum(len(c.data) for c in everything if c.start == c.stop == self._end)
        final = list(self._locations(moves, moves.before(self._end) + before, wide))
        tail = [Change(self._end, self._end, b"".join(self._appended))] if self._appended else []
        return splice(data, [*changes, *final, *fixed, *tail], self._scan.boxes)

    def _locations(self, moves: Moves, fresh: int, wide: bool) -> Iterator[Change]:
        """The location boxes of all meta boxes."""
        size = len(self._scan.data) + sum(len(c.data) for c in self._changes) + sum(map(len, self._appended)) + 0x10000
        for meta in self._scan.metas:
            entries = tuple(self._entries(meta))
            box = meta.parts.get(b"iloc")
            if box is None and not entries:
                continue
            table = replace(meta.locations, entries=entries)
            start, stop = (box.start, box.stop) if box else (meta.box.stop, meta.box.stop)
            coded = (table.widened(size) if wide else table).encode(moves, fresh)
            yield Change(start, stop, coded, meta.around)
        if self._new_meta:
            track, location = self._new_meta
            table = Locations(entries=(location,))
            coded = (table.widened(size) if wide else table).encode(moves, fresh)
            yield Change(track[0].stop, track[0].stop, lone_item(coded, _ITEM_NAME), track)

    def _entries(self, meta: Meta) -> Iterator[Location]:
        known = set()
        for location in meta.locations.entries:
            key = self._key(meta, location.item)
            known.add(key)
            if key in self._fresh:
                yield Location(location.item, IN_FILE, 0, 0, (self._fresh[key],), fresh=True)
            elif key in self._lengths:
                yield replace(location, extents=(replace(location.extents[0], length=self._lengths[key]),))
            else:
                yield location
        for key, extent in self._fresh.items():
            if key not in known and key[0] == meta.box.start:
                yield Location(key[1], IN_FILE, 0, 0, (extent,), fresh=True)

    def _from_free_space(self, changes: Sequence[Change]) -> list[Change]:
        meta = self._scan.pictures
        more = growth(changes).get(meta.box, 0) if meta else 0
        taken = absorb(self._scan.top, meta.box, more) if meta else None
        return [taken] if taken else []

    def _closed(self, changes: Sequence[Change]) -> list[Change]:
        """An open last box gets its size when something is put behind it."""
        last = self._scan.top[-1]
        if not self._appended or not last.open or last.stop != self._end:
            return []
        return [closing(last, growth(changes).get(last, 0))]


def _picture_tracks(scan: Scan) -> Iterator[tuple[Box, ...]]:
    """The ``trak`` boxes of pictures, each with the boxes around it (ISO/IEC 23008-12 section 7.2)."""
    for box, parents in scan.boxes:
        inside = box.type == b"hdlr" and [p.type for p in parents[:2]] == [b"mdia", b"trak"]
        if inside and scan.data[box.body + 8 : box.body + 12] == b"pict":
            yield parents[1:]


def _plain(found: Found, payload: bytes | None) -> Iterator[Change]:
    """Drop the mark that an item is encoded or protected; what is written is neither."""
    item, meta = found.item, found.meta
    # A blanked item stays protected, lest nothing becomes the packet of the picture.
    if item and meta and (payload is not None if item.protected else item.encoding):
        yield Change(item.box.start, item.box.stop, item.plain, (meta.parts[b"iinf"], *meta.around))


def _overwrite(places: Sequence[range], at: int, data: bytes) -> Iterator[Change]:
    """Write over an item's bytes from its byte ``at`` on, across its pieces."""
    for piece in places:
        target = piece[at : at + len(data)]
        if target:
            yield Change(target.start, target.stop, data[: len(target)])
            data = data[len(target) :]
        at = max(0, at - len(piece))


def _reboxed(scan: Scan, box: Box, parents: tuple[Box, ...], payload: bytes | None) -> Iterator[Change]:
    """Another body for a box, or free space of the same size."""
    if payload is not None:
        if scan.data[box.body : box.stop] != payload:
            yield Change(box.body, box.stop, payload, (box, *parents))
        return
    begin = box.body - len(box.user)
    yield Change(box.start + 4, box.start + 8, b"free")
    yield Change(begin, box.stop, bytes(box.stop - begin))
