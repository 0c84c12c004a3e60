"""Label record <-> payload bytes. Knows what a label looks like, never where a container keeps its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labelkit.carriers._decode import Text, decode, decode_exif
from labelkit.carriers.aigc import Form, Reading, read_decoded
from labelkit.carriers.deviations import STORED, deviation
from labelkit.errors import LabelKitError
from labelkit.formats.base import Kind, Unit
from labelkit.record import GB_SCHEMA, Deviation, Mark

# Every label has one of these letters sequences in it, whatever its encoding; without them nothing is parsed.
_SIGNS = (b"aigc", b"produce")
_SOURCE_TYPE = b"digitalsourcetype"


@dataclass(frozen=True, slots=True)
class Guide:
    """Where the practice guide for a format wants the label.

    Attributes:
        home: ``Kind.XMP``, or ``Kind.FIELD`` for a field of its own.
        place: the same for people.
        clause: the guide and its clause.
    """

    home: Kind = Kind.XMP
    place: str = "XMP, TC260:AIGC"
    clause: str = "TC260-PG-20259A 6, Annex B"


#: The guide for pictures.
PICTURES = Guide()


def read(unit: Unit, guide: Guide = PICTURES) -> list[Mark]:
    """Every metadata label in a unit, with its place and everything that is not as the standard asks.

    Never raises for what the unit holds; a field that must be a label and is none gives an empty mark with the
    deviation ``label-unreadable``.
    """
    if unit.kind is Kind.C2PA or not _may_hold_label(unit):
        return []
    if unit.kind is Kind.XMP and b"<" in unit.data:
        return _read_xmp(unit, guide)
    keyed = unit.key.lower() == "aigc" or unit.kind is Kind.FIELD
    text = _decoded(unit)
    readings = read_decoded(text.text, text.deviations, keyed=keyed, form=_form(unit, guide))
    main = unit.kind is Kind.FIELD and unit.home
    return [_mark(unit, r, unit.place, _place(unit, r, guide), main) for r in readings]


def source_types(unit: Unit) -> list[str]:
    """The IPTC source types of an XMP unit, as they stand; empty for any other unit."""
    if unit.kind is not Kind.XMP or _SOURCE_TYPE not in unit.data.replace(b"\0", b"").lower():
        return []
    from labelkit.carriers import xmp

    try:
        return xmp.source_types(unit.data)
    except LabelKitError:
        return []


def _may_hold_label(unit: Unit) -> bool:
    if unit.key and "aigc" in unit.key.lower():
        return True
    flat = unit.data.replace(b"\0", b"").lower()
    return any(sign in flat for sign in _SIGNS)


def _read_xmp(unit: Unit, guide: Guide) -> list[Mark]:
    from labelkit.carriers import xmp

    try:
        sites = xmp.read(unit.data)
    except LabelKitError:
        return []
    marks = []
    for site in sites:
        main = site.guide and unit.home
        place = [] if unit.home else [_elsewhere(unit, guide)]
        if not site.reading.wrapped and not site.guide and "aigc" not in site.name.lower():
            place.append(deviation("keyword-missing"))
        marks.append(_mark(unit, site.reading, f"{unit.place}, {site.name}", place, main))
    return marks


def _decoded(unit: Unit) -> Text:
    return decode_exif(unit.data, unit.key) if unit.kind is Kind.EXIF else decode(unit.data)


def _form(unit: Unit, guide: Guide) -> Form:
    if _in_annex_b(unit, guide):
        return Form.WRAPPED
    return Form.BARE if unit.kind is Kind.FIELD else Form.ANY


def _in_annex_b(unit: Unit, guide: Guide) -> bool:
    """EXIF UserComment and PNG text with the keyword AIGC (TC260-PG-20259A Annex B)."""
    return guide is PICTURES and (unit.kind, unit.key) in ((Kind.EXIF, "UserComment"), (Kind.TEXT, "AIGC"))


def _elsewhere(unit: Unit, guide: Guide) -> Deviation:
    if unit.kind is Kind.XMP and guide.home is Kind.XMP:
        return deviation("place-not-in-guide", "this is not the file's main XMP packet", guide.clause)
    return deviation("place-not-in-guide", f"found in {unit.place}; the guide asks for {guide.place}", guide.clause)


def _place(unit: Unit, reading: Reading, guide: Guide) -> Iterator[Deviation]:
    key = unit.key.lower()
    if not (unit.kind is Kind.FIELD and unit.home) and not _in_annex_b(unit, guide):
        yield _elsewhere(unit, guide)
    if reading.schema == GB_SCHEMA and not reading.wrapped and "aigc" not in key and unit.kind is not Kind.FIELD:
        yield deviation("keyword-missing")
    if "aigc" in key and "AIGC" not in unit.key:
        yield deviation("keyword-case", f"the keyword is {unit.key}")


def _mark(unit: Unit, reading: Reading, place: str, odd: Iterator[Deviation] | list[Deviation], main: bool) -> Mark:
    stored = [deviation(STORED.get(note, "stored-oddly"), f"{unit.place}: {note}") for note in unit.notes]
    found = dict.fromkeys((*odd, *stored, *reading.deviations))
    return Mark(place, reading.label, tuple(found), reading.raw, reading.schema, main)
