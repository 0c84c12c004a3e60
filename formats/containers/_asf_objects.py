"""Objects of ASF files (Microsoft, "Advanced Systems Format Specification" 01.20.05): a GUID, a 64-bit size, data."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_UNITS, Buffer, Edit, Kind, Unit, apply, bounded
from labelkit.formats.containers._homes import MAX_TEXT_BYTES

HEADER_BYTES = 24
_HEAD_FIELDS_BYTES = 6
# File Properties: the file's size, behind its id (section 3.2).
_FILE_SIZE = HEADER_BYTES + 16
# Header Extension: two reserved fields and the size of its objects.
_EXTENSION_FIELDS_BYTES = 22


def _guid(text: str) -> bytes:
    return UUID(text).bytes_le


HEADER = _guid("75B22630-668E-11CF-A6D9-00AA0062CE6C")
DATA = _guid("75B22636-668E-11CF-A6D9-00AA0062CE6C")
XMP = _guid("BE7ACFCB-97A9-42E8-9C71-999491E3AFAC")
FILE_PROPERTIES = _guid("8CABDCA1-A947-11CF-8EE4-00C00C205365")
VIDEO = _guid("BC19EFC0-5B4D-11CF-A8FD-00805F5C442B")
AUDIO = _guid("F8699E40-5B4D-11CF-A8FD-00805F5C442B")
_EXTENSION = _guid("5FBF03B5-A92E-11CF-8EE3-00C00C205365")
_DESCRIPTION = _guid("75B22633-668E-11CF-A6D9-00AA0062CE6C")
_EXTENDED = _guid("D2D0A440-E307-11D2-97F0-00A0C95EA850")
_METADATA = (_guid("C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA"), _guid("44231C94-9498-49D1-A141-1D134E457054"))
_DESCRIPTION_FIELDS = ("Title", "Author", "Copyright", "Description", "Rating")
_TEXT_TYPE = 0


@dataclass(frozen=True, slots=True)
class Object:
    """One object and its bytes in the file."""

    guid: bytes
    start: int
    stop: int

    @property
    def body(self) -> int:
        """Where its data starts."""
        return self.start + HEADER_BYTES

    @property
    def place(self) -> str:
        """For people."""
        return f"ASF object, byte {self.start}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A text of the header; ``counted`` ones are cut out, the five of the content description are emptied."""

    unit: Unit
    counted: bool


def broken(message: str, at: int) -> BrokenFile:
    """The error of a file whose objects contradict each other."""
    return BrokenFile(message, place=f"ASF, byte {at}", remedy="copy the file again")


def objects(data: Buffer, start: int, stop: int) -> Iterator[Object]:
    """The objects side by side in ``data[start:stop]``.

    Raises:
        BrokenFile: one is larger than what holds it.
        LimitExceeded: more than ``MAX_UNITS``.
    """
    at = start
    for _ in range(MAX_UNITS):
        if at == stop:
            return
        if at + HEADER_BYTES > stop:
            raise broken("the file ends inside an object", at)
        (size,) = struct.unpack_from("<Q", data, at + 16)
        if size < HEADER_BYTES or at + size > stop:
            raise broken("the file ends inside an object", at)
        yield Object(bytes(data[at : at + 16]), at, at + size)
        at += size
    raise LimitExceeded(f"more than {MAX_UNITS} objects", place=f"ASF, byte {at}", remedy="inspect the file")


def header_objects(data: Buffer, header: Object) -> Iterator[Object]:
    """The objects of the header and of its extension."""
    if header.body + _HEAD_FIELDS_BYTES > header.stop:
        raise broken("the ASF header is damaged", header.start)
    for found in objects(data, header.body + _HEAD_FIELDS_BYTES, header.stop):
        yield found
        if found.guid == _EXTENSION:
            start = found.body + _EXTENSION_FIELDS_BYTES
            if start > found.stop:
                raise broken("the ASF header is damaged", found.start)
            yield from objects(data, start, found.stop)


def attributes(data: Buffer, found: Object) -> Iterator[Attribute]:
    """The texts of one object of the header."""
    if found.guid == _DESCRIPTION:
        yield from _description(data, found)
    elif found.guid == _EXTENDED or found.guid in _METADATA:
        bounded(found.stop - found.start, found.place)
        yield from _counted(data, found)


def _description(data: Buffer, found: Object) -> Iterator[Attribute]:
    at = found.body + 10
    if at > found.stop:
        raise broken("the content description is damaged", found.start)
    for name, size in zip(_DESCRIPTION_FIELDS, struct.unpack_from("<5H", data, found.body), strict=True):
        if at + size > found.stop:
            raise broken("the content description is damaged", found.start)
        if size:
            yield Attribute(_unit(data, name, at, at, at + size), False)
        at += size


def _counted(data: Buffer, found: Object) -> Iterator[Attribute]:
    """Extended content description (3.11), metadata (4.7) and metadata library (4.8)."""
    at = found.body + 2
    if at > found.stop:
        raise broken("the attributes are damaged", found.start)
    (count,) = struct.unpack_from("<H", data, found.body)
    for _ in range(count):
        start = at
        name, kind, value, at = (_extended if found.guid == _EXTENDED else _metadata)(data, at, found.stop)
        if kind == _TEXT_TYPE and at - value <= MAX_TEXT_BYTES:
            yield Attribute(_unit(data, name, value, start, at), True)


def _extended(data: Buffer, at: int, stop: int) -> tuple[str, int, int, int]:
    """Name, type, start of the value, stop."""
    size = _field(data, "<H", at, stop)
    name, middle = at + 2, at + 2 + size
    kind, length = _field(data, "<H", middle, stop), _field(data, "<H", middle + 2, stop)
    end = _within(middle + 4 + length, stop)
    return _text(bytes(data[name:middle])), kind, middle + 4, end


def _metadata(data: Buffer, at: int, stop: int) -> tuple[str, int, int, int]:
    size = _field(data, "<H", at + 4, stop)
    kind, length = _field(data, "<H", at + 6, stop), _field(data, "<I", at + 8, stop)
    name, middle = at + 12, at + 12 + size
    end = _within(middle + length, stop)
    return _text(bytes(data[name:middle])), kind, middle, end


def _field(data: Buffer, layout: str, at: int, stop: int) -> int:
    _within(at + struct.calcsize(layout), stop)
    value: int = struct.unpack_from(layout, data, at)[0]
    return value


def _within(at: int, stop: int) -> int:
    if at > stop:
        raise broken("the attributes are damaged", at)
    return at


def _text(raw: bytes) -> str:
    return raw.decode("utf-16-le", "replace").rstrip("\0")


def _unit(data: Buffer, name: str, value: int, start: int, stop: int) -> Unit:
    text = _text(bytes(data[value:stop])).encode("utf-8", "replace")
    return Unit(Kind.TAG, f"ASF {name[:80]}, byte {start}", text, start, stop, name)


def rebuilt(data: Buffer, header: Object, gone: frozenset[Unit], file_bytes: int) -> bytes:
    """The header without the attributes ``gone``, stating that the file has so many bytes."""
    children = objects(data, header.body + _HEAD_FIELDS_BYTES, header.stop)
    parts = [_remade(data, child, gone, file_bytes) for child in children]
    return _packed(HEADER, bytes(data[header.body : header.body + _HEAD_FIELDS_BYTES]) + b"".join(parts))


def _remade(data: Buffer, found: Object, gone: frozenset[Unit], file_bytes: int) -> bytes:
    raw = bytes(data[found.start : found.stop])
    if found.guid == FILE_PROPERTIES and len(raw) >= _FILE_SIZE + 8:
        return raw[:_FILE_SIZE] + struct.pack("<Q", file_bytes) + raw[_FILE_SIZE + 8 :]
    if found.guid == _EXTENSION:
        start = found.body + _EXTENSION_FIELDS_BYTES
        inner = b"".join(_remade(data, child, gone, file_bytes) for child in objects(data, start, found.stop))
        return _packed(found.guid, bytes(data[found.body : start - 4]) + struct.pack("<I", len(inner)) + inner)
    mine = [a for a in attributes(data, found) if a.unit in gone]
    return _without(data, found, mine) if mine else raw


def _without(data: Buffer, found: Object, gone: list[Attribute]) -> bytes:
    """One object of texts without some of them."""
    cuts = [Edit(a.unit.start, a.unit.stop) for a in gone]
    if gone[0].counted:
        (count,) = struct.unpack_from("<H", data, found.body)
        cuts.append(Edit(found.body, found.body + 2, struct.pack("<H", count - len(gone))))
    else:
        lengths = (found.body + 2 * _DESCRIPTION_FIELDS.index(a.unit.key) for a in gone)
        cuts += [Edit(at, at + 2, bytes(2)) for at in lengths]
    moved = [Edit(e.start - found.body, e.stop - found.body, e.data) for e in cuts]
    return _packed(found.guid, b"".join(apply(bytes(data[found.body : found.stop]), moved)))


def _packed(guid: bytes, body: bytes) -> bytes:
    return guid + struct.pack("<Q", len(body) + HEADER_BYTES) + body


def packet(payload: bytes) -> bytes:
    """A top-level object with an XMP packet."""
    return _packed(XMP, payload)
