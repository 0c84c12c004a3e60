"""Finding metadata in HEIF and AVIF files: items, ``uuid`` boxes, user data (ISO/IEC 23008-12, 14496-12)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from labelkit.errors import BrokenFile, InputError, LimitExceeded
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Kind, Unit, bounded
from labelkit.formats.containers import _exif
from labelkit.formats.containers._bmff import Box, broken, tree
from labelkit.formats.containers._heif_items import XMP_TYPE, Item, Meta, check, parse, spans

#: XMP specification part 3, section 1.2.7.1 (MPEG-4), used in HEIF too by some editors.
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
#: C2PA specification, "Embedding manifests into BMFF-based assets".
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
# Items with metadata in one file; phones write three or four.
_MAX_METADATA = 256
# Pieces of one such item.
_MAX_PIECES = 256
# What all of them may hold together.
_MAX_TOTAL_BYTES = 2 * MAX_PAYLOAD_BYTES


@dataclass(frozen=True, slots=True)
class Found:
    """A unit and where its bytes come from: an item of a ``meta`` box, or a box of its own.

    Attributes:
        unit: what the reader gets.
        pieces: the bytes of the file that hold the whole item.
        inner: an EXIF value's place counted from the start of its item.
        alias: another ``meta`` names the same bytes; they are reported once.
    """

    unit: Unit
    pieces: tuple[range, ...] = ()
    meta: Meta | None = None
    item: Item | None = None
    inner: Unit | None = None
    box: Box | None = None
    parents: tuple[Box, ...] = ()
    alias: bool = False

    @property
    def is_xmp_item(self) -> bool:
        """The whole item is an XMP packet (not one inside EXIF)."""
        return self.item is not None and self.inner is None


@dataclass(slots=True)
class Scan:
    """All that was found in a file, up to ``error`` if there is one."""

    data: Buffer
    name: str
    top: list[Box] = field(default_factory=list)
    boxes: list[tuple[Box, tuple[Box, ...]]] = field(default_factory=list)
    metas: list[Meta] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    error: InputError | None = None
    budget: int = _MAX_TOTAL_BYTES
    items: int = 0
    exif: set[tuple[range, ...]] = field(default_factory=set)

    @property
    def pictures(self) -> Meta | None:
        """The file's own ``meta`` box with the pictures (ISO/IEC 23008-12 section 6.2: handler ``pict``)."""
        return next((m for m in self.metas if not m.parents and m.handler == b"pict"), None)

    @property
    def home(self) -> Found | None:
        """The home unit."""
        return next((f for f in self.found if f.unit.home), None)

    def units(self) -> Iterator[Unit]:
        """What a reader gets: each packet once, none that was blanked."""
        for found in sorted(self.found, key=lambda f: f.unit.start):
            blank = found.unit.kind is Kind.XMP and not found.unit.home and not found.unit.data.strip()
            if not found.alias and not blank:
                yield found.unit


def scan(data: Buffer, name: str) -> Scan:
    """Walk a file; a defect ends the walk and is kept in ``error``."""
    result = Scan(data, name)
    try:
        _walk(result)
    except (BrokenFile, LimitExceeded) as error:
        result.error = error
    _settle(result)
    return result


def _walk(result: Scan) -> None:
    for box, parents in tree(result.data):
        result.boxes.append((box, parents))
        if not parents:
            if not result.top and box.type != b"ftyp":
                raise broken("the file does not begin with ftyp", box.place)
            result.top.append(box)
        if box.type == b"meta":
            _meta(result, box, parents)
        elif box.type in (b"uuid", b"XMP_"):
            _boxed(result, box, parents)
    if not {b"meta", b"moov", b"mini"} & {box.type for box in result.top}:
        raise broken("there is neither a meta nor a moov box", f"byte {len(result.data)}")


def _boxed(result: Scan, box: Box, parents: tuple[Box, ...]) -> None:
    """A box that is metadata as a whole."""
    place = f"{result.name} {box.type.decode()} box, byte {box.start}"
    if box.user == C2PA_UUID:
        body = bytes(result.data[box.body : min(box.stop, box.body + MAX_PAYLOAD_BYTES)])
        unit = Unit(Kind.C2PA, place, body, box.start, box.stop, "uuid")
    elif box.user == XMP_UUID or (box.type == b"XMP_" and parents and parents[0].type == b"udta"):
        _spend(result, box.stop - box.body, place)
        unit = Unit(Kind.XMP, place, bytes(result.data[box.body : box.stop]), box.start, box.stop, box.type.decode())
    else:
        return
    result.found.append(Found(unit, box=box, parents=parents))


def _spend(result: Scan, size: int, place: str) -> None:
    bounded(size, place)
    result.budget -= size
    if result.budget < 0:
        raise LimitExceeded(f"more than {_MAX_TOTAL_BYTES} bytes of metadata", place=place, remedy="inspect the file")


def _meta(result: Scan, box: Box, parents: tuple[Box, ...]) -> None:
    """The items of a meta box; one that cannot be read does not hide the others."""
    meta = parse(result.data, box, parents)
    result.metas.append(meta)
    defect: InputError | None = None
    for item in meta.items:
        if item.type == b"Exif" or (item.type == b"mime" and item.content_type == XMP_TYPE):
            try:
                _item(result, meta, item)
            except InputError as error:
                defect = defect or error
    check(result.data, meta)
    if defect:
        raise defect


def _item(result: Scan, meta: Meta, item: Item) -> None:
    result.items += 1
    pieces = spans(result.data, meta, item.id)
    if result.items > _MAX_METADATA or len(pieces) > _MAX_PIECES:
        raise LimitExceeded(
            f"more than {_MAX_METADATA} metadata items or pieces", place=item.box.place, remedy="inspect the file"
        )
    location = meta.location(item.id)
    if location is None or location.reference not in meta.locations.own:
        return
    start = pieces[0].start if pieces else item.box.start
    place = f"{result.name} {'Exif' if item.type == b'Exif' else 'XMP'} item {item.id}, byte {start}"
    _spend(result, sum(map(len, pieces)), place)
    raw = b"".join(bytes(result.data[p.start : p.stop]) for p in pieces)
    if item.type == b"Exif":
        if pieces in result.exif:
            return  # an animation's track names the same bytes again
        result.exif.add(pieces)
        result.found += _exif_units(meta, item, pieces, raw, place)
        return
    text, notes = _decoded(result, item, raw, place)
    if len(pieces) > 1:
        notes = (*notes, "multi-extent")
    unit = Unit(Kind.XMP, place, text, start, pieces[0].stop if pieces else start, XMP_TYPE.decode(), notes=notes)
    result.found.append(Found(unit, pieces, meta, item))


def _decoded(result: Scan, item: Item, raw: bytes, place: str) -> tuple[bytes, tuple[str, ...]]:
    if item.protected:
        return raw, ("encrypted",)
    if not item.encoding:
        return raw, ()
    text = _inflate(raw, place)
    if text is None:
        return raw, ("encoded",)
    _spend(result, len(text), place)
    return text, ("compressed",)


def _inflate(packed: bytes, place: str) -> bytes | None:
    """Undo any of zlib, gzip and bare deflate, whatever the item calls it; None when it is none of them."""
    for window in (47, -15):
        try:
            text = zlib.decompressobj(window).decompress(packed, MAX_PAYLOAD_BYTES + 1)
        except zlib.error:
            continue
        bounded(len(text), place, "inflated text")
        return text
    return None


def _exif_units(meta: Meta, item: Item, pieces: tuple[range, ...], raw: bytes, place: str) -> Iterator[Found]:
    # ISO/IEC 23008-12 A.2.1: four bytes tell how many more precede the TIFF header.
    at = 4 + int.from_bytes(raw[:4], "big")
    at += 6 if raw[at : at + 6] == b"Exif\0\0" else 0
    at = min(at, len(raw))
    for inner in _exif.units(raw[at:], at, place):
        start, stop = _outer(pieces, inner.start), _outer(pieces, max(inner.start, inner.stop - 1))
        unit = replace(inner, start=start, stop=stop + (inner.stop > inner.start))
        yield Found(unit, pieces, meta, item, inner)


def _outer(pieces: tuple[range, ...], at: int) -> int:
    """The byte of the file that is byte ``at`` of an item."""
    for piece in pieces:
        if at < len(piece):
            return piece[at]
        at -= len(piece)
    return pieces[-1].stop if pieces else 0


def _settle(result: Scan) -> None:
    """Choose the home and fold items that share their bytes."""
    chosen = _home(result)
    found, seen = [], set()
    for candidate in sorted(result.found, key=lambda f: f is not chosen):
        shared = candidate.is_xmp_item and bool(candidate.pieces) and candidate.pieces in seen
        seen |= {candidate.pieces} if candidate.is_xmp_item else set()
        home = candidate is chosen
        found.append(replace(candidate, unit=replace(candidate.unit, home=home), alias=shared))
    result.found = found


def _home(result: Scan) -> Found | None:
    """The packet that describes the primary item, or the only one that says nothing about what it describes."""
    meta = result.pictures
    if meta is None:
        # Image sequences without a picture item: the place MP4 gives XMP.
        return next((f for f in result.found if f.unit.kind is Kind.XMP and f.box in result.top), None)
    own = [f for f in result.found if f.meta is meta and f.is_xmp_item and f.item and not f.item.protected]
    described = [(f, meta.described_by(f.item.id)) for f in own if f.item]
    first = next((f for f, targets in described if meta.primary in targets), None)
    general = [f for f, targets in described if not targets]
    # An only packet that describes another picture (a depth or gain map) is not about this one.
    return first or (general[0] if general and (len(general) == 1 or not meta.primary) else None)
