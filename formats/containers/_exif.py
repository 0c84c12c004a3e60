"""EXIF blocks as PNG, JPEG, WebP and HEIF hold them: a TIFF structure whose text tags may carry a label.

CIPA DC-008 (Exif 3.0) section 4.6; XP tags are Microsoft's. A damaged block never makes a picture unreadable: what can
be read is given, and one empty unit with the note ``"exif-damaged"`` says that there may have been more.
"""

from __future__ import annotations

from collections.abc import Iterator

from labelkit.errors import InputError, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Kind, Unit, bounded
from labelkit.formats.containers._ifd import Entry, Ifd, Walker, broken, header

EXIF_IFD = 0x8769
XMP_TAG = 700
#: Tags with free text. They are looked for in every directory, as writers put them in the wrong one.
TEXT_TAGS = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x011D: "PageName",
    0x0131: "Software",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    0x9286: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA420: "ImageUniqueID",
    0xA430: "CameraOwnerName",
    0xA433: "LensMake",
    0xA434: "LensModel",
    0xA436: "ImageTitle",
    0xA437: "Photographer",
    0xA438: "ImageEditor",
    0xA439: "CameraFirmware",
    0xA43A: "RAWDevelopingSoftware",
    0xA43B: "ImageEditingSoftware",
    0xA43C: "MetadataEditingSoftware",
}
# Field types text is stored in: BYTE, ASCII, UNDEFINED, UTF-8 (Exif 3.0).
_TEXT_TYPES = frozenset({1, 2, 7, 129})
# The character code in front of UserComment (CIPA DC-008 table "Character Codes").
_ASCII_CODE = b"ASCII\0\0\0"


def units(exif: bytes, base: int, place: str) -> Iterator[Unit]:
    """The text tags and the XMP packet of an EXIF block.

    Args:
        exif: the TIFF structure, from ``II`` or ``MM`` on; JPEG's ``Exif`` identifier in front is passed over.
        base: the byte of the file where ``exif`` starts.
        place: the segment or chunk that holds it, for people.

    Yields:
        ``Kind.EXIF`` units keyed by tag name and ``Kind.XMP`` for tag 700, whose start and stop are the bytes of the
        value alone. Data is as stored, but without the zero bytes that end ASCII; UserComment keeps its 8-byte
        character code. At most ``MAX_PAYLOAD_BYTES`` in all.
    """
    if exif[:6] == b"Exif\0\0":  # JPEG's identifier, which some writers carry into PNG and WebP
        exif, base = exif[6:], base + 6
    try:
        layout, at = header(exif)
    except InputError as error:
        yield _damaged(error.message, base, place)
        return
    walker = Walker(exif, layout, lenient=True)
    yield from _lenient(_walk(exif, walker, at, base, place), walker, base, place)


def directory_units(data: Buffer, walker: Walker, at: int, place: str) -> Iterator[Unit]:
    """As :func:`units`, for one directory of a TIFF file, whose walker is lenient."""
    yield from _lenient(_one(data, walker, at, place), walker, 0, place)


def _one(data: Buffer, walker: Walker, at: int, place: str) -> Iterator[Unit]:
    yield from text_units(data, walker.ifd(at), 0, place)


def _lenient(found: Iterator[Unit], walker: Walker, base: int, place: str) -> Iterator[Unit]:
    """The units within a budget, and an empty one for what was damaged."""
    budget, walker.damage = MAX_PAYLOAD_BYTES, ""
    try:
        for unit in found:
            budget -= len(unit.data)
            if budget < 0:
                raise broken("the values overlap", unit.start)
            yield unit
    except InputError as error:
        walker.damage = error.message
    if walker.damage:
        yield _damaged(walker.damage, base, place)


def _damaged(what: str, base: int, place: str) -> Unit:
    return Unit(Kind.EXIF, f"{place}: {what}", b"", base, base, notes=("exif-damaged",))


def _walk(data: Buffer, walker: Walker, at: int, base: int, place: str) -> Iterator[Unit]:
    """This directory, the Exif directory it points to, and the thumbnail's.

    Only the first has a successor: what stands behind the others is garbage in many files.
    """
    first = walker.ifd(at)
    yield from text_units(data, first, base, place)
    pointer = first.find(EXIF_IFD)
    exif = walker.integers(pointer)[:1] if pointer else ()
    for below in (*exif, first.next):
        if below:
            yield from text_units(data, walker.ifd(below), base, place)


def text_units(data: Buffer, directory: Ifd, base: int, place: str) -> Iterator[Unit]:
    """The text tags and the XMP packet of one directory, each tag once, in stored order."""
    seen = set()
    for entry in directory.entries:
        name = "XMP" if entry.tag == XMP_TAG else TEXT_TAGS.get(entry.tag)
        if name and entry.type in _TEXT_TYPES and entry.tag not in seen and entry.count:
            seen.add(entry.tag)
            yield _unit(data, entry, base, f"{place}, {name}, byte {base + entry.start}", name)


def _unit(data: Buffer, entry: Entry, base: int, place: str, name: str) -> Unit:
    value = bytes(data[entry.start : bounded(entry.stop - entry.start, place, "value") + entry.start])
    if entry.tag == XMP_TAG:
        return Unit(Kind.XMP, place, value, base + entry.start, base + entry.stop)
    text = value.rstrip(b"\0") if entry.type in (2, 129) else value
    return Unit(Kind.EXIF, place, text, base + entry.start, base + entry.stop, name)


def blank(unit: Unit) -> bytes:
    """What to write over a value so that it says nothing, at the same length."""
    size = unit.stop - unit.start
    if unit.key == "UserComment" and size >= len(_ASCII_CODE):
        return _ASCII_CODE.ljust(size, b"\0")
    return bytes(size)


def fill(unit: Unit, payload: bytes | None) -> bytes:
    """What to write over a value: ``payload`` padded with zero bytes to the same length, or :func:`blank` for None.

    Raises:
        UnsupportedOperation: ``payload`` is longer than the old value; EXIF blocks are never rebuilt.
    """
    if payload is None:
        return blank(unit)
    size = unit.stop - unit.start
    if len(payload) > size:
        raise UnsupportedOperation(
            f"{len(payload)} bytes do not fit into an EXIF value of {size}", place=unit.place, remedy="blank it instead"
        )
    return payload.ljust(size, b"\0")
