"""Labels among the properties of an XMP packet: which properties make one up, what it says, what is odd about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from labelkit.carriers._fields import field_of, known_fields, read_fields
from labelkit.carriers._syntax import unescape
from labelkit.carriers._xmp_scan import IPTC_EXT, TC260, Property, Scan
from labelkit.carriers.aigc import RAW_CHARACTERS, Form, Reading, read_text
from labelkit.carriers.deviations import deviation
from labelkit.record import AigcLabel, Deviation

# List items of one property, and properties of a broken packet, that are looked at.
_MAX_VALUES = 16
_MAX_FALLBACK = 8

_ANY_NAME = r"[\w.-]{0,64}"
# These two start with a literal colon, so that the text is searched at the speed of a substring; the prefix is looked
# up backwards.
_LOOSE_ATTRIBUTE = re.compile(r""":(AIGC)\s{0,64}=\s{0,64}(?:"([^"<]*)"|'([^'<]*)')""", re.IGNORECASE)
_LOOSE_ELEMENT = re.compile(rf"<((?:{_ANY_NAME}:)?AIGC)(?:\s[^<>]{{0,1000}})?>", re.IGNORECASE)
_LOOSE_FIELD = re.compile(
    r""":(Label|ContentProducer|ProduceID|ReservedCode[12]|ContentPropagator|PropagateID)"""
    r"""\s{0,64}=\s{0,64}(?:"([^"<]*)"|'([^'<]*)')"""
)
_PREFIX = re.compile(rf"{_ANY_NAME}\Z")
_LOOSE_SOURCE = re.compile(r"DigitalSourceType(?:>|\s*=\s*[\"'])\s*([^\s<\"']{1,400})")


@dataclass(frozen=True, slots=True)
class Site:
    """A label in a packet.

    Attributes:
        name: the property as it is spelt, ``"TC260:AIGC"``.
        reading: what it says; the deviations include those of its place in XMP.
        parts: the properties to take out when the label goes.
        guide: it is the property that the guide names, of the file itself.
    """

    name: str
    reading: Reading
    parts: tuple[Property, ...] = ()
    guide: bool = False


def labels(scan: Scan) -> list[Site]:
    """Every label among the properties found, in document order."""
    owned: dict[int, list[Property]] = {}
    for p in scan.properties:
        if p.owner and field_of(p.local):
            owned.setdefault(id(p.owner), []).append(p)
    whole = [p for p in scan.properties if p.local.lower() == "aigc"]
    found = [site for p in whole for site in _whole(p, owned.get(id(p), []))]
    found += _apart(scan)
    return sorted(found, key=lambda site: site.parts[0].start)


def _whole(prop: Property, fields: list[Property]) -> Iterator[Site]:
    """The label in one property AIGC: simple text, list items, or a structure of fields."""
    guide = prop.is_label and prop.level <= 0
    if fields:
        odd = (deviation("xmp-fields-apart"), *_place(prop))
        yield Site(prop.name, _joined(fields, odd, wrapped=True), (prop,), guide)
        return
    texts = prop.texts[:_MAX_VALUES] or [""]
    form = (deviation("xmp-value-form"),) if not prop.simple else ()
    # The languages of a list repeat one label; a private property that says no more than "true" is none.
    readings = dict.fromkeys(r for text in texts for r in read_text(text, keyed=True, form=Form.BARE))
    for reading in readings:
        if prop.is_label or not _is_unreadable(reading):
            yield Site(prop.name, _with(reading, (*_place(prop), *form)), (prop,), guide)


def _is_unreadable(reading: Reading) -> bool:
    return any(d.code == "label-unreadable" for d in reading.deviations)


def _place(prop: Property) -> Iterator[Deviation]:
    if not prop.is_label:
        yield deviation("xmp-namespace", f"{prop.name} is in the namespace {prop.uri[:200] or '(none)'}")
    if prop.level > 0:
        yield deviation("xmp-nested")


def _apart(scan: Scan) -> Iterator[Site]:
    """Labels whose fields are properties of their own, one namespace on one node each."""
    groups: dict[tuple[int, str], list[Property]] = {}
    for prop in scan.properties:
        if prop.owner is None and field_of(prop.local):
            groups.setdefault((prop.node, prop.uri), []).append(prop)
    for (_, uri), fields in groups.items():
        known = known_fields(p.local for p in fields)
        if len(known) >= 3 or ("label" in known and known & {"content_producer", "produce_id"}):
            yield _apart_site(uri, fields)


def _apart_site(uri: str, fields: list[Property]) -> Site:
    prefix = fields[0].name.rpartition(":")[0]
    odd = [deviation("xmp-fields-apart", f"{len(fields)} properties {prefix}:... instead of one TC260:AIGC")]
    if uri != TC260:
        odd.append(deviation("xmp-namespace", f"the fields are in the namespace {uri[:200]}"))
    if fields[0].level > 0:
        odd.append(deviation("xmp-nested"))
    named = "aigc" in f"{prefix} {uri}".lower()
    return Site(f"{prefix}:{fields[0].local} ...", _joined(fields, tuple(odd), wrapped=named), tuple(fields))


def _joined(fields: list[Property], odd: tuple[Deviation, ...], wrapped: bool) -> Reading:
    pairs = {p.local: next((t for t in p.texts if t.strip()), "") for p in reversed(fields)}
    label, more = read_fields(dict(reversed(pairs.items())))
    raw = " ".join(f'{p.name}="{pairs[p.local]}"' for p in fields)[:RAW_CHARACTERS]
    # Attributes have no order in XML.
    kept = [d for d in more if d.code != "key-order"]
    return Reading(label, (*odd, *kept), raw=raw, wrapped=wrapped)


def _with(reading: Reading, odd: tuple[Deviation, ...]) -> Reading:
    return replace(reading, deviations=(*odd, *reading.deviations)) if odd else reading


def source_types(scan: Scan) -> list[str]:
    """Values of the file's own ``Iptc4xmpExt:DigitalSourceType``, as they stand."""
    return [text.strip() for p in _source_properties(scan) for text in p.texts[:_MAX_VALUES] if text.strip()]


def has_source_type(scan: Scan) -> bool:
    """Whether the packet has that property at all."""
    return any(True for _ in _source_properties(scan))


def _source_properties(scan: Scan) -> Iterator[Property]:
    for p in scan.properties:
        if p.local == "DigitalSourceType" and p.uri == IPTC_EXT and p.level <= 0:
            yield p


def loose_labels(text: str) -> list[Site]:
    """Labels in a packet that no XML parser accepts, by the look of the text."""
    broken = deviation("xmp-not-well-formed")
    sites = []
    for name, value in _loose_values(text):
        for reading in read_text(unescape(value), keyed=True, form=Form.BARE):
            if name.startswith("TC260:") or not _is_unreadable(reading):
                sites.append(Site(name, _with(reading, (broken,))))
    sites = sites or _loose_fields(text, broken)
    if sites or TC260 not in text:
        return sites
    unreadable = deviation("label-unreadable", "the packet names the namespace of the label and breaks off before it")
    return [Site("TC260:AIGC", Reading(AigcLabel(), (broken, unreadable), wrapped=True))]


def _loose_values(text: str) -> Iterator[tuple[str, str]]:
    attributes = _LOOSE_ATTRIBUTE.finditer(text)
    for _, match in zip(range(_MAX_FALLBACK), attributes, strict=False):
        yield _prefixed(text, match), match[2] if match[2] is not None else match[3]
    elements = _LOOSE_ELEMENT.finditer(text)
    for _, match in zip(range(_MAX_FALLBACK), elements, strict=False):
        end = text.find(f"</{match[1]}", match.end())
        value = text[match.end() : end if end >= 0 else match.end() + RAW_CHARACTERS]
        yield match[1], value.removeprefix("<![CDATA[").removesuffix("]]>")


def _prefixed(text: str, match: re.Match[str]) -> str:
    return f"{_prefix(text, match.start())}:{match[1]}"


def _prefix(text: str, colon: int) -> str:
    found = _PREFIX.search(text[max(colon - 64, 0) : colon])
    return found[0] if found else ""


def _loose_fields(text: str, broken: Deviation) -> list[Site]:
    groups: dict[str, dict[str, str]] = {}
    matches = _LOOSE_FIELD.finditer(text)
    for _, match in zip(range(7 * _MAX_FALLBACK), matches, strict=False):
        value = match[2] if match[2] is not None else match[3]
        groups.setdefault(_prefix(text, match.start()), {}).setdefault(match[1], unescape(value))
    sites = []
    for prefix, pairs in groups.items():
        if "Label" in pairs and pairs.keys() & {"ContentProducer", "ProduceID"}:
            label, odd = read_fields(pairs)
            found = (broken, deviation("xmp-fields-apart"), *(d for d in odd if d.code != "key-order"))
            sites.append(Site(f"{prefix}:Label ...", Reading(label, found, wrapped="aigc" in prefix.lower())))
    return sites


def loose_source_types(text: str) -> list[str]:
    """Source types in a packet that no XML parser accepts."""
    return [unescape(match[1]) for _, match in zip(range(_MAX_FALLBACK), _LOOSE_SOURCE.finditer(text), strict=False)]
