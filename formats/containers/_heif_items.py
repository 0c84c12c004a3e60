"""The items of a ``meta`` box: what they are, where their bytes are, what refers to what (ISO/IEC 14496-12 8.11).

Read with :func:`parse`; :func:`added` makes the pieces of a changed box.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labelkit.errors import LimitExceeded
from labelkit.formats.base import Buffer
from labelkit.formats.containers._bmff import Box, Cursor, boxes, broken, children, make, make_full, version_and_flags
from labelkit.formats.containers._bmff_splice import Change
from labelkit.formats.containers._heif_locations import (
    IN_FILE,
    IN_IDAT,
    IN_ITEM,
    MAX_ITEMS,
    Extent,
    Location,
    Locations,
    locations,
)

XMP_TYPE = b"application/rdf+xml"
# Pieces of one item that is cut out of other items; no writer is known to make more than one.
_MAX_PIECES = 64


@dataclass(frozen=True, slots=True)
class Item:
    """An ``infe`` entry (8.11.6)."""

    id: int
    type: bytes
    box: Box
    name: bytes = b""
    content_type: bytes = b""
    encoding: bytes = b""
    protected: bool = False

    @property
    def plain(self) -> bytes:
        """The entry with the same name and type, but neither encoded nor protected."""
        return entry(self.id, self.name, self.content_type)


@dataclass(frozen=True, slots=True)
class Reference:
    """One box of ``iref`` (8.11.12)."""

    type: bytes
    source: int
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Meta:
    """A ``meta`` box with items. ``parents`` are the boxes around it, innermost first."""

    box: Box
    parents: tuple[Box, ...]
    parts: dict[bytes, Box]
    handler: bytes
    primary: int
    items: tuple[Item, ...]
    locations: Locations
    references: tuple[Reference, ...]

    @property
    def around(self) -> tuple[Box, ...]:
        """The boxes that grow when a part of this box does."""
        return (self.box, *self.parents)

    def described_by(self, item: int) -> frozenset[int]:
        """The items this one describes (``cdsc``)."""
        return frozenset(t for r in self.references if r.type == b"cdsc" and r.source == item for t in r.targets)

    def location(self, item: int) -> Location | None:
        """Where an item is, None if ``iloc`` does not say."""
        return next((loc for loc in self.locations.entries if loc.item == item), None)


def parse(data: Buffer, box: Box, parents: tuple[Box, ...]) -> Meta:
    """Read a ``meta`` box.

    Raises:
        BrokenFile: a part occurs twice, is truncated or miscounts.
        LimitExceeded: more than ``MAX_ITEMS`` items or extents.
    """
    parts: dict[bytes, Box] = {}
    for part in children(data, box):
        if part.type in parts and part.type in (b"iinf", b"iloc", b"iref", b"idat", b"pitm", b"hdlr", b"dinf"):
            raise broken(f"{part.type.decode()} occurs twice in meta", part.place)
        parts.setdefault(part.type, part)
    items = tuple(_items(data, parts[b"iinf"])) if b"iinf" in parts else ()
    references = tuple(_references(data, parts[b"iref"])) if b"iref" in parts else ()
    own = frozenset({0, *(_own_references(data, parts[b"dinf"]) if b"dinf" in parts else ())})
    table = locations(data, parts[b"iloc"], own) if b"iloc" in parts else Locations(own=own)
    primary = _primary(data, parts[b"pitm"]) if b"pitm" in parts else 0
    handler = _handler(data, parts[b"hdlr"]) if b"hdlr" in parts else b""
    return Meta(box, parents, parts, handler, primary, items, table, references)


def _handler(data: Buffer, box: Box) -> bytes:
    cursor = Cursor(data, box)
    cursor.take(8)
    return cursor.take(4)


def _primary(data: Buffer, box: Box) -> int:
    cursor = Cursor(data, box)
    version = cursor.uint(1)
    cursor.take(3)
    return cursor.uint(4 if version else 2)


def _own_references(data: Buffer, dinf: Box) -> Iterator[int]:
    """Numbers of the data references that mean this very file (8.7.2: flag 1)."""
    for dref in boxes(data, dinf.body, dinf.stop):
        if dref.type == b"dref":
            version_and_flags(data, dref)
            for number, part in enumerate(boxes(data, dref.body + 8, dref.stop), 1):
                if version_and_flags(data, part)[1] & 1:
                    yield number


def _items(data: Buffer, box: Box) -> Iterator[Item]:
    cursor = Cursor(data, box)
    version = cursor.uint(1)
    cursor.take(3)
    count = cursor.count(4 if version else 2, 12, MAX_ITEMS)
    found = 0
    for part in boxes(data, cursor.at, box.stop):
        found += 1
        if part.type != b"infe":
            raise broken("something else stands among the items", part.place)
        if found > count:
            break
        yield _item(data, part)
    if found != count:
        raise broken(f"{count} items are announced, {found} are there", box.place)


def _item(data: Buffer, box: Box) -> Item:
    cursor = Cursor(data, box)
    version = cursor.uint(1)
    cursor.take(3)
    number = cursor.uint(4 if version >= 3 else 2)
    protected = cursor.uint(2) != 0
    # Versions 0 and 1 have no type; all their items are MIME items.
    kind = cursor.take(4) if version >= 2 else b"mime"
    name = cursor.text()
    if kind != b"mime":
        return Item(number, kind, box, name, protected=protected)
    return Item(number, kind, box, name, cursor.text(), cursor.text(), protected)


def _references(data: Buffer, box: Box) -> Iterator[Reference]:
    width = 4 if version_and_flags(data, box)[0] else 2
    for part in boxes(data, box.body + 4, box.stop):
        cursor = Cursor(data, part)
        source = cursor.uint(width)
        yield Reference(part.type, source, tuple(cursor.uint(width) for _ in range(cursor.count(2, width))))


def check(data: Buffer, meta: Meta) -> None:
    """Every extent lies inside the file or ``idat``, in a way we know.

    Raises:
        BrokenFile: one does not.
    """
    for loc in meta.locations.entries:
        if loc.method > IN_ITEM:
            # Its offsets could not be moved with what they point at.
            raise broken(f"construction method {loc.method} is not known", f"item {loc.item}")
        if loc.method in (IN_FILE, IN_IDAT) and loc.reference in meta.locations.own:
            for _ in pieces(data, meta, loc):
                pass


def pieces(data: Buffer, meta: Meta, loc: Location) -> Iterator[range]:
    """The bytes of the file that an item in the file or in ``idat`` consists of."""
    start, stop = 0, len(data)
    if loc.method == IN_IDAT:
        idat = meta.parts.get(b"idat")
        if idat is None:
            raise broken(f"item {loc.item} is said to be in idat, which is missing", meta.box.place)
        start, stop = idat.body, idat.stop
    for extent in loc.extents:
        at = start + loc.base + extent.offset
        # No length means all there is (8.11.3.3); of a file that cannot be meant, it would contain itself.
        length = extent.length or (max(0, stop - at) if loc.method == IN_IDAT else 0)
        if at + length > stop:
            raise broken(f"item {loc.item} runs over the end", f"bytes {at} to {at + length} of {stop}")
        yield range(at, at + length)


def spans(data: Buffer, meta: Meta, item: int, depth: int = 0) -> tuple[range, ...]:
    """The bytes of the file that an item consists of, in order; none if they are in another file.

    Raises:
        BrokenFile: they lie outside.
        LimitExceeded: items made of items made of items.
    """
    loc = meta.location(item)
    if loc is None or loc.reference not in meta.locations.own:
        return ()
    if loc.method in (IN_FILE, IN_IDAT):
        return tuple(r for r in pieces(data, meta, loc) if r)
    if depth or len(loc.extents) > _MAX_PIECES:
        raise LimitExceeded("too many items made of other items", place=f"item {item}", remedy="inspect the file")
    sources = [t for r in meta.references if r.type == b"iloc" and r.source == item for t in r.targets]
    return tuple(r for extent in loc.extents for r in _cut(data, meta, loc, extent, sources, depth))


def _cut(data: Buffer, meta: Meta, loc: Location, extent: Extent, sources: list[int], depth: int) -> Iterator[range]:
    """A piece of another item."""
    number = (extent.index or 1) - 1
    if number >= len(sources):
        raise broken("the item it is made of is missing", f"item {loc.item}")
    whole = spans(data, meta, sources[number], depth + 1)
    if len(whole) > _MAX_PIECES:
        raise LimitExceeded("too many items made of other items", place=f"item {loc.item}", remedy="inspect the file")
    skip = loc.base + extent.offset
    left = extent.length or sum(map(len, whole))
    for piece in whole:
        part = piece[min(skip, len(piece)) :][:left]
        skip -= min(skip, len(piece))
        left -= len(part)
        if part:
            yield part


def entry(number: int, name: bytes, content_type: bytes = XMP_TYPE) -> bytes:
    """An ``infe`` box for a MIME item (8.11.6.2), version 3 where the number needs it."""
    wide = number > 0xFFFF
    body = number.to_bytes(4 if wide else 2, "big") + b"\0\0mime" + name + b"\0" + content_type + b"\0"
    return make_full(b"infe", 3 if wide else 2, 0, body)


def new_id(data: Buffer, meta: Meta) -> int:
    """A number no item and no entity group has."""
    used = {meta.primary, *(i.id for i in meta.items), *(loc.item for loc in meta.locations.entries)}
    used |= {n for r in meta.references for n in (r.source, *r.targets)}
    if b"grpl" in meta.parts:
        group = meta.parts[b"grpl"]
        used |= {Cursor(data, b).uint(8) & 0xFFFFFFFF for b in boxes(data, group.body, group.stop)}
    number = max(used) + 1
    if number == 0x10000 or number > 0xFFFFFFFF:
        # Many readers know 16-bit numbers only: take a gap before needing more.
        return next((n for n in range(1, 0x10000) if n not in used), number)
    return number


def added(data: Buffer, meta: Meta, number: int, name: bytes) -> Iterator[Change]:
    """What makes an XMP item that describes the primary item, apart from its location."""
    yield from _one_more(data, meta, entry(number, name))
    if meta.primary:
        yield from _describe(data, meta, Reference(b"cdsc", number, (meta.primary,)))


def lone_item(location: bytes, name: bytes) -> bytes:
    """A ``meta`` box for pictures that holds one XMP item, number 1, located by the ``iloc`` box given."""
    handler = make_full(b"hdlr", 0, 0, bytes(4) + b"pict" + bytes(13))
    return make_full(b"meta", 0, 0, handler + location + make_full(b"iinf", 0, 0, b"\0\1" + entry(1, name)))


def _one_more(data: Buffer, meta: Meta, infe: bytes) -> Iterator[Change]:
    """Append to ``iinf``, or make one."""
    box = meta.parts.get(b"iinf")
    if box is None:
        yield Change(meta.box.stop, meta.box.stop, make_full(b"iinf", 0, 0, b"\0\1" + infe), meta.around)
        return
    version, flags = version_and_flags(data, box)
    count = len(meta.items) + 1
    width = 4 if version or count > 0xFFFF else 2
    head = bytes([version or width == 4]) + flags.to_bytes(3, "big") + count.to_bytes(width, "big")
    yield Change(box.body, box.body + (8 if version else 6), head, (box, *meta.around))
    yield Change(box.stop, box.stop, infe, (box, *meta.around))


def _describe(data: Buffer, meta: Meta, reference: Reference) -> Iterator[Change]:
    """Append to ``iref``, or make one."""
    wide = max(reference.source, *reference.targets) > 0xFFFF
    box = meta.parts.get(b"iref")
    if box is None:
        data_box = make_full(b"iref", int(wide), 0, _reference(reference, wide))
        yield Change(meta.box.stop, meta.box.stop, data_box, meta.around)
        return
    version, flags = version_and_flags(data, box)
    if wide and not version:
        body = b"".join(_reference(r, True) for r in (*meta.references, reference))
        yield Change(box.body, box.stop, b"\1" + flags.to_bytes(3, "big") + body, (box, *meta.around))
        return
    yield Change(box.stop, box.stop, _reference(reference, bool(version)), (box, *meta.around))


def _reference(reference: Reference, wide: bool) -> bytes:
    width = 4 if wide else 2
    numbers: Iterable[bytes] = (n.to_bytes(width, "big") for n in (reference.source, *reference.targets))
    source, *targets = numbers
    return make(reference.type, source + len(targets).to_bytes(2, "big") + b"".join(targets))
