"""Small HEIF and AVIF files in every layout the standard allows, around a coded picture from a real file.

::

    real = Picture.of(avif_bytes)                       # coded item, properties and brands of a real file
    data = build(real, Layout(order=("ftyp", "mdat", "meta"), version=2, offset_width=8), xmp=b"<x:xmpmeta/>")

The result opens in the same programs as the real file, so a wrong offset shows as a picture that does not decode.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box with a 32-bit size."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full(kind: bytes, version: int, *parts: bytes, flags: int = 0) -> bytes:
    """A full box."""
    return box(kind, bytes([version]), flags.to_bytes(3, "big"), *parts)


def parts(data: bytes, start: int = 0, stop: int | None = None) -> list[tuple[bytes, int, int]]:
    """Type, body and stop of the boxes side by side, as a reader that shares no code with the package sees them."""
    found, at, end = [], start, len(data) if stop is None else stop
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1:
            size, body = struct.unpack_from(">Q", data, at + 8)[0], at + 16
        size = size or end - at
        found.append((kind, body, at + size))
        at += size
    return found


@dataclass(frozen=True, slots=True)
class Picture:
    """The coded picture of a real file: ``ftyp`` and ``iprp`` boxes as they are, the item's type and bytes."""

    ftyp: bytes
    properties: bytes
    type: bytes
    coded: bytes

    @classmethod
    def of(cls, data: bytes) -> Picture:
        """Take it from a file with one picture item, number 1, in one extent."""
        top = {kind: (body, stop) for kind, body, stop in parts(data)}
        meta = {kind: (body, stop) for kind, body, stop in parts(data, top[b"meta"][0] + 4, top[b"meta"][1])}
        item = data.index(b"infe", meta[b"iinf"][0])
        iprp, mdat = meta[b"iprp"], top[b"mdat"]
        return cls(
            data[top[b"ftyp"][0] - 8 : top[b"ftyp"][1]],
            data[iprp[0] - 8 : iprp[1]],
            data[item + 12 : item + 16],
            data[mdat[0] : mdat[1]],
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """How the file is put together.

    Attributes:
        order: top-level boxes; ``"ftyp"``, ``"meta"``, ``"mdat"``, or the bytes of any other box.
        version: of ``iloc``.
        offset_width, length_width, base_width, index_width: bytes of its fields.
        base: ``"none"``, ``"mdat"`` (base is where the data starts) or ``"item"`` (base is where the item starts).
        picture, packet: construction method of the coded picture and of the XMP item: 0 file, 1 ``idat``, 2 item.
        extents: into how many pieces, with filler between, each item in the file is cut.
        mdat: ``"short"``, ``"long"`` (64-bit size) or ``"open"`` (size 0, must be last).
        xmp_id: number of the XMP item.
        describes: item the XMP item describes, 0 for no reference at all.
        extra: boxes put at the end of ``meta``.
    """

    order: tuple[str | bytes, ...] = ("ftyp", "meta", "mdat")
    version: int = 1
    offset_width: int = 4
    length_width: int = 4
    base_width: int = 0
    index_width: int = 0
    base: str = "none"
    picture: int = 0
    packet: int = 0
    extents: int = 1
    mdat: str = "short"
    xmp_id: int = 2
    describes: int = 1
    extra: bytes = b""


# What stands before the packet in an item that a packet of construction method 2 is cut out of.
_BEFORE = b"before"


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    type: bytes
    tail: bytes
    data: bytes
    method: int


def build(
    picture: Picture, layout: Layout, xmp: bytes | None = None, encoding: bytes = b"", exif: bytes | None = None
) -> bytes:
    """A file in this layout, with an XMP item when ``xmp`` and an Exif item when ``exif`` (its payload) is given."""
    items = [_Item(1, picture.type, b"", picture.coded, layout.picture)]
    if xmp is not None:
        tail = b"application/rdf+xml\0" + (encoding + b"\0" if encoding else b"")
        items.append(_Item(layout.xmp_id, b"mime", tail, xmp, layout.packet))
        if layout.packet == 2:
            items.append(_Item(layout.xmp_id + 1, b"blob", b"", _BEFORE + xmp, 0))
    if exif is not None:
        items.append(_Item(layout.xmp_id + 2, b"Exif", b"", exif, 0))
    chunks = [c for item in items if item.method == 0 for c in _chunks(item.data, layout.extents)]
    mdat = _mdat(b"..".join(chunks) if chunks else b"", layout.mdat)
    at = 0
    for _ in range(2):  # the second pass knows how long meta is
        meta = _meta(picture, layout, items, at)
        named = {"ftyp": picture.ftyp, "meta": meta, "mdat": mdat}
        pieces = [named[name] if isinstance(name, str) else name for name in layout.order]
        if "mdat" in layout.order:
            number = layout.order.index("mdat")
            at = sum(map(len, pieces[:number])) + (16 if layout.mdat == "long" else 8)
    return b"".join(pieces)


def _chunks(data: bytes, number: int) -> list[bytes]:
    step = max(1, -(-len(data) // number))
    return [data[at : at + step] for at in range(0, len(data), step)]


def _mdat(body: bytes, form: str) -> bytes:
    if form == "long":
        return struct.pack(">I4sQ", 1, b"mdat", len(body) + 16) + body
    return struct.pack(">I4s", 0 if form == "open" else len(body) + 8, b"mdat") + body


def _meta(picture: Picture, layout: Layout, items: list[_Item], at: int) -> bytes:
    idat = b"".join(item.data for item in items if item.method == 1)
    xmp = [item for item in items if item.type == b"mime"]
    made = [
        full(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
        full(b"pitm", 0, b"\0\1"),
        _iloc(layout, items, at),
        full(b"iinf", 0, len(items).to_bytes(2, "big"), *(_infe(item) for item in items)),
        _iref(layout, xmp),
        picture.properties,
        box(b"idat", idat) if idat else b"",
        layout.extra,
    ]
    return full(b"meta", 0, *made)


def _infe(item: _Item) -> bytes:
    wide = item.number > 0xFFFF
    number = item.number.to_bytes(4 if wide else 2, "big")
    return full(b"infe", 3 if wide else 2, number, b"\0\0", item.type, b"\0", item.tail)


def _iref(layout: Layout, xmp: list[_Item]) -> bytes:
    width = 4 if layout.xmp_id > 0xFFFF else 2
    made = []
    for kind, target in ((b"cdsc", layout.describes), (b"iloc", layout.xmp_id + 1 if layout.packet == 2 else 0)):
        if xmp and target:
            made.append(box(kind, xmp[0].number.to_bytes(width, "big"), b"\0\1", target.to_bytes(width, "big")))
    return full(b"iref", int(width == 4), *made) if made else b""


def _iloc(layout: Layout, items: list[_Item], at: int) -> bytes:
    wide = layout.version == 2
    widths = (layout.offset_width, layout.length_width, layout.base_width, layout.index_width)
    made = [bytes([widths[0] << 4 | widths[1], widths[2] << 4 | widths[3]])]
    made.append(len(items).to_bytes(4 if wide else 2, "big"))
    in_idat, in_file = 0, at
    for item in items:
        if item.method == 1:
            extents, in_idat = [(in_idat, len(item.data))], in_idat + len(item.data)
        elif item.method == 2:
            extents = [(len(_BEFORE), len(item.data))]
        else:
            extents, in_file = _places(item, layout, in_file)
        base = {"none": 0, "mdat": at, "item": extents[0][0]}[layout.base] if item.method == 0 else 0
        made.append(item.number.to_bytes(4 if wide else 2, "big"))
        made.append(item.method.to_bytes(2, "big") if layout.version else b"")
        made += [b"\0\0", base.to_bytes(layout.base_width, "big"), len(extents).to_bytes(2, "big")]
        for start, length in extents:
            made.append((1).to_bytes(layout.index_width, "big") if layout.version and layout.index_width else b"")
            made.append((start - base).to_bytes(layout.offset_width, "big"))
            made.append(length.to_bytes(layout.length_width, "big") if layout.length_width else b"")
    return full(b"iloc", layout.version, *made)


def _places(item: _Item, layout: Layout, at: int) -> tuple[list[tuple[int, int]], int]:
    extents = []
    for chunk in _chunks(item.data, layout.extents):
        extents.append((at, len(chunk)))
        at += len(chunk) + 2
    return extents, at


def with_brands(picture: Picture, major: bytes, *compatible: bytes) -> Picture:
    """The same picture under other brands."""
    return replace(picture, ftyp=box(b"ftyp", major, bytes(4), *compatible))
