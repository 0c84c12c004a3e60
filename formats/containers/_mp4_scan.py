"""Where MP4, M4A, 3GP and QuickTime files keep metadata: user data, key lists, iTunes items, XMP and C2PA boxes.

ISO/IEC 14496-12 section 8.10 and 8.11, Apple's QuickTime File Format ("Metadata", "User data atoms"), 3GPP TS 26.244,
XMP Specification Part 3. The audio and video guides want the key AIGC of the namespace mdta in ``moov.udta.meta``;
every other place is read as well.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_PAYLOAD_BYTES, MAX_UNITS, Buffer, Kind, Unit
from labelkit.formats.containers import _bmff
from labelkit.formats.containers._bmff import Box, Cursor, broken, children, fourcc
from labelkit.formats.containers._homes import KEY, MAX_TEXT_BYTES

XMP_USER = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_USER = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
MDTA = b"mdta"
#: Value types of ``data`` boxes (QuickTime File Format, "Well-known types").
UTF8, _UTF16 = 1, 2
_TEXT_TYPES = (0, UTF8, _UTF16, 4, 5)
# User data that holds structure or pictures, no text.
_NO_TEXT = frozenset({b"meta", b"free", b"skip", b"hnti", b"hinf", b"thmb", b"cvru", b"XMP_", b"tsel", b"strk"})
# Assets of 3GPP TS 26.244 section 8: version and flags, a language, text.
_ASSETS = frozenset({b"titl", b"auth", b"dscp", b"perf", b"gnre", b"cprt", b"albm", b"coll"})


@dataclass(frozen=True, slots=True)
class Meta:
    """A metadata list.

    Attributes:
        box: ``meta``.
        parents: the boxes around it, innermost first.
        keys: its ``keys`` box, with :attr:`names`, or None in iTunes' lists.
        names: start and stop of every entry in ``keys``, namespace and name.
        list: its ``ilst`` box, or None.
        items: the boxes in ``ilst``.
    """

    box: Box
    parents: tuple[Box, ...]
    handler: bytes
    keys: Box | None = None
    names: tuple[tuple[int, int, bytes, bytes], ...] = ()
    list: Box | None = None
    items: tuple[Box, ...] = ()

    @property
    def main(self) -> bool:
        """Whether this is a list of the guide: in ``moov.udta``, with keys of the namespace mdta."""
        return self.handler == MDTA and [p.type for p in self.parents] == [b"udta", b"moov"]


@dataclass(frozen=True, slots=True)
class Found:
    """A unit, the box that goes when it goes, the boxes around that, and the list it belongs to."""

    unit: Unit
    box: Box
    parents: tuple[Box, ...]
    meta: Meta | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a walk through the file gave."""

    top: tuple[Box, ...]
    moov: Box
    udta: Box | None
    metas: tuple[Meta, ...]
    found: tuple[Found, ...]


def scan(data: Buffer, name: str) -> Scan:
    """Walk the whole file.

    Raises:
        BrokenFile, LimitExceeded: as :func:`_bmff.tree`; or there is no ``moov``.
    """
    top: list[Box] = []
    metas: list[Meta] = []
    found: list[Found] = []
    moov = udta = None
    for box, parents, part in walk(data, name):
        found += part
        if not parents:
            top.append(box)
            moov = moov or (box if box.type == b"moov" else None)
        if box.type == b"udta" and [p.type for p in parents] == [b"moov"]:
            udta = udta or box
        if box.type == b"meta" and (meta := _meta(data, box, parents)) is not None:
            metas.append(meta)
    if moov is None:
        raise BrokenFile("there is no moov box", place=f"{name}, byte {len(data)}", remedy="copy the file again")
    return Scan(tuple(top), moov, udta, tuple(metas), tuple(found))


def walk(data: Buffer, name: str) -> Iterator[tuple[Box, tuple[Box, ...], list[Found]]]:
    """Every box of the file with the boxes around it and the units it holds, in file order.

    Raises:
        BrokenFile, LimitExceeded: as :func:`_bmff.tree`.
    """
    for box, parents in _bmff.tree(data):
        if box.open and parents:
            raise broken("only a box of the file itself may leave its size open", box.place)
        inside = bool(parents) and parents[0].type == b"udta"
        if box.type == b"uuid":
            part = list(_user_box(data, box, parents, name))
        elif box.type == b"meta":
            meta = _meta(data, box, parents)
            part = list(_listed(data, meta, name)) if meta else []
        elif inside and box.type == b"XMP_":
            part = _one(Kind.XMP, "XMP_", data, box, parents, name, box.body)
        elif inside and box.type not in _NO_TEXT and box.stop - box.body <= MAX_TEXT_BYTES:
            part = list(_user_text(data, box, parents, name))
        else:
            part = []
        yield box, parents, part


def _path(box: Box, parents: tuple[Box, ...]) -> str:
    return ".".join(fourcc(b.type) for b in (*reversed(parents), box))


def _one(
    kind: Kind, key: str, data: Buffer, box: Box, parents: tuple[Box, ...], name: str, start: int, stop: int = 0
) -> list[Found]:
    """The unit of a box whose payload is ``data[start:stop]``, by default up to its end."""
    if box.stop - start > MAX_PAYLOAD_BYTES:
        return []
    body = bytes(data[start : stop or box.stop])
    place = f"{name} {_path(box, parents)}, byte {box.start}"
    return [Found(Unit(kind, place, body, box.start, box.stop, key), box, parents)]


def _user_box(data: Buffer, box: Box, parents: tuple[Box, ...], name: str) -> Iterator[Found]:
    if box.user == XMP_USER:
        yield from _one(Kind.XMP, "uuid", data, box, parents, name, box.body)
    elif box.user == C2PA_USER:
        yield from _one(Kind.C2PA, "uuid", data, box, parents, name, box.body)
    elif box.size <= MAX_TEXT_BYTES:
        yield from _one(Kind.SEGMENT, box.user.hex(), data, box, parents, name, box.body)


def _user_text(data: Buffer, box: Box, parents: tuple[Box, ...], name: str) -> Iterator[Found]:
    """User data as text: QuickTime's international text, 3GPP's assets, or the box's bare content."""
    start, stop = box.body, box.stop
    head = bytes(data[start : start + 4])
    if box.type[:1] == b"\xa9" and stop - start >= 4:
        stop = min(stop, start + 4 + int.from_bytes(head[:2], "big"))
        start += 4
    elif box.type in _ASSETS and stop - start >= 6:
        start += 6
    elif head == bytes(4):
        start += 4  # a full box
    yield from _one(Kind.TAG, fourcc(box.type), data, box, parents, name, start, max(start, stop))


def _meta(data: Buffer, box: Box, parents: tuple[Box, ...]) -> Meta | None:
    """A list of keys or iTunes items; None for the ``meta`` box of pictures."""
    inner = {b.type: b for b in children(data, box)}
    if b"hdlr" not in inner:
        return None
    handler = bytes(data[inner[b"hdlr"].body + 8 : min(inner[b"hdlr"].body + 12, inner[b"hdlr"].stop)])
    if handler not in (MDTA, b"mdir"):
        return None
    keys, items = inner.get(b"keys"), inner.get(b"ilst")
    names = tuple(_names(data, keys)) if keys else ()
    return Meta(
        box, parents, handler, keys, names, items, tuple(_bmff.boxes(data, items.body, items.stop)) if items else ()
    )


def _names(data: Buffer, keys: Box) -> Iterator[tuple[int, int, bytes, bytes]]:
    """The entries of a ``keys`` box: size, namespace, name."""
    cursor = Cursor(data, keys)
    cursor.take(4)
    for _ in range(cursor.count(4, 8)):
        start, size = cursor.at, cursor.uint(4)
        if size < 8:
            raise broken("a key is shorter than its header", keys.place)
        namespace, key = cursor.take(4), cursor.take(size - 8)
        yield start, cursor.at, namespace, key


def _listed(data: Buffer, meta: Meta, name: str) -> Iterator[Found]:
    """The texts of a list."""
    around = (meta.list, meta.box, *meta.parents) if meta.list else ()
    count = 0
    for item in meta.items:
        texts = list(_bmff.boxes(data, item.body, item.stop))
        count += len(texts)
        if count > MAX_UNITS:
            raise LimitExceeded(f"more than {MAX_UNITS} items", place=item.place, remedy="inspect the file")
        key, home = _key(data, meta, item, texts)
        values = [box for box in texts if box.type == b"data"]
        for box in values:
            unit = _value(data, box, key, home, f"{name} {_path(meta.box, meta.parents)} {key}, byte {box.start}")
            if unit is not None:
                alone = len(values) == 1
                yield Found(unit, item if alone else box, around if alone else (item, *around), meta)


def _key(data: Buffer, meta: Meta, item: Box, texts: list[Box]) -> tuple[str, bool]:
    """An item's name, and whether it is the label's home."""
    if meta.keys is not None:
        number = int.from_bytes(item.type, "big")
        if 1 <= number <= len(meta.names):
            _, _, namespace, key = meta.names[number - 1]
            return key.decode("utf-8", "replace"), meta.main and namespace == MDTA and key == KEY.encode()
    if item.type == b"----":
        names = [bytes(data[b.body + 4 : b.stop]) for b in texts if b.type == b"name" and b.size <= MAX_TEXT_BYTES]
        return (names[0].decode("utf-8", "replace") if names else "----"), False
    return fourcc(item.type), False


def _value(data: Buffer, box: Box, key: str, home: bool, place: str) -> Unit | None:
    """The text of a ``data`` box: type, locale, value."""
    size = box.stop - box.body - 8
    if size < 0 or size > MAX_TEXT_BYTES:
        return None
    (kind,) = struct.unpack_from(">I", data, box.body)
    if kind not in _TEXT_TYPES:
        return None
    value = bytes(data[box.body + 8 : box.stop])
    if kind in (_UTF16, 5):
        value = value.decode("utf-16-be", "replace").encode()
    notes = () if kind == UTF8 or not home else ("not-utf-8",)
    return Unit(Kind.FIELD if home else Kind.TAG, place, value, box.start, box.stop, key, home, notes)
