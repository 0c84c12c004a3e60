"""XMP packets: the label put in, read and taken out by splicing bytes, everything else left as it stands.

The label is the property ``AIGC`` of the namespace ``http://www.tc260.org.cn/ns/AIGC/1.0/`` (TC260-PG-20259A clause 6),
its value the bare seven-key JSON. Beside it goes ``Iptc4xmpExt:DigitalSourceType`` of the IPTC. XMP itself is
ISO 16684-1; packets may be UTF-8, UTF-16 or UTF-32 and keep their encoding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from labelkit.carriers._xmp_labels import (
    Site,
    has_source_type,
    labels,
    loose_labels,
    loose_source_types,
)
from labelkit.carriers._xmp_labels import source_types as _source_types
from labelkit.carriers._xmp_scan import IPTC_EXT, RDF, TC260, Packet, Property, Scan, scan, to_utf8
from labelkit.carriers.deviations import deviation
from labelkit.errors import BrokenFile, InvalidField
from labelkit.record import GB_SCHEMA, Deviation

SOURCE_TYPE_URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"
#: Terms that speak for generative AI; ``algorithmicMedia`` does not.
AI_SOURCE_TYPES = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"})

_NEW = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">%s</rdf:RDF></x:xmpmeta>'
    '<?xpacket end="w"?>'
)
# The padding of a packet that may be edited in place: white space between the root element and the trailer.
_PADDING = re.compile(rb"[ \t\r\n]*(?=<\?xpacket\s{1,8}end\s{0,8}=\s{0,8}[\"']w[\"'])")
# White space shorter than this before the trailer is layout, not padding to be kept at its size.
_LEAST_PADDING = 64
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 section 2.2
_TERM = re.compile(r"[A-Za-z]{1,64}")
_Splice = tuple[int, int, bytes]


def put(packet: bytes | None, label_json: str, source_type: str = "") -> bytes:
    """The packet with this label, and no other label of the standard's schema.

    An existing property is replaced in its place, further ones and split or misplaced ones are taken out; a new one
    goes into a Description of its own at the end. Padding before ``<?xpacket end="w"?>`` takes up the change of
    length where it can. The same call on the result gives the result.

    Args:
        packet: an existing packet; None or blank for a new one.
        label_json: :meth:`labelkit.record.AigcLabel.to_json`.
        source_type: term of the IPTC vocabulary, such as ``"trainedAlgorithmicMedia"``; added when the packet has
            none, an existing value stays. Empty adds nothing.

    Raises:
        BrokenFile: the packet is not well-formed, or declares a document type. One that is only wrong in being
            Latin-1 where UTF-8 is promised is put right.
        LimitExceeded: over 8 MiB, 200 levels or 500,000 elements.
        InvalidField: a character XML cannot hold, or a source type that is no term.
    """
    _check(label_json, source_type)
    if packet is None or not packet.strip(b"\0 \t\r\n"):
        return _fresh(label_json, source_type)
    whole, found = _sound(to_utf8(packet))
    if not found.rdf_name:
        return _fresh(label_json, source_type)  # a root without rdf:RDF holds no property that could be lost
    splices = _replacing(whole.data, found, label_json)
    label_new = not splices[0]
    source_new = source_type if source_type and not has_source_type(found) else ""
    edits = [*splices[0], *splices[1]]
    if label_new or source_new:
        edits.append(_insertion(whole.data, found, label_json if label_new else "", source_new))
    edits = [edit for edit in edits if whole.data[edit[0] : edit[1]] != edit[2]]
    return whole.encode(_apply(whole.data, [*edits, *_padded(whole, found.end, edits)])) if edits else packet


def take_out(packet: bytes) -> bytes:
    """The packet without its labels, for the copy of a label that is being replaced elsewhere in the same file.

    Raises:
        BrokenFile, LimitExceeded: as :func:`put`.
    """
    whole = to_utf8(packet)
    found = scan(whole.data)
    if found.defect:
        raise found.defect
    edits = [_removal(part) for part in _parts(labels(found))]
    return whole.encode(_apply(whole.data, [*edits, *_padded(whole, found.end, edits)])) if edits else packet


def read(packet: bytes) -> list[Site]:
    """Every label in a packet, in any of the forms writers give it; a broken packet is searched as text.

    Raises:
        LimitExceeded: over 8 MiB.
    """
    whole = _readable(packet)
    found = scan(whole)
    sites = labels(found)
    if not found.defect:
        return sites
    broken = deviation("xmp-not-well-formed", found.defect.message)
    return [_before_defect(site, broken) for site in sites] or loose_labels(whole.decode("utf-8", "replace"))


def _before_defect(site: Site, broken: Deviation) -> Site:
    reading = replace(site.reading, deviations=(broken, *site.reading.deviations))
    return Site(site.name, reading, site.parts, guide=False)


def source_types(packet: bytes) -> list[str]:
    """The packet's IPTC source types as they stand: full URI, ``https:``, or a bare term.

    Raises:
        LimitExceeded: over 8 MiB.
    """
    whole = _readable(packet)
    found = scan(whole)
    values = _source_types(found)
    return values if values or not found.defect else loose_source_types(whole.decode("utf-8", "replace"))


def is_ai_source_type(value: str) -> bool:
    """Whether an IPTC source type, as URI or bare term, speaks for generative AI."""
    return value.rstrip("/").rpartition("/")[2] in AI_SOURCE_TYPES


def _check(label_json: str, source_type: str) -> None:
    if bad := _ILLEGAL.search(label_json):
        raise InvalidField(f"XML cannot hold U+{ord(bad[0]):04X}", place="label", remedy="use AigcLabel.to_json()")
    if source_type and not _TERM.fullmatch(source_type):
        raise InvalidField(
            f"{source_type!r} is not a term of the IPTC vocabulary",
            place="source_type",
            remedy="use trainedAlgorithmicMedia or compositeWithTrainedAlgorithmicMedia",
        )


def _readable(packet: bytes) -> bytes:
    """The packet as UTF-8 for reading; what is not even text is searched as it is."""
    try:
        return to_utf8(packet).data
    except BrokenFile:
        return packet.replace(b"\0", b"")


def _fresh(label_json: str, source_type: str) -> bytes:
    return (_NEW % _description("rdf", "", label_json, source_type)).encode()


def _sound(whole: Packet) -> tuple[Packet, Scan]:
    """The packet and its scan; old cameras write Latin-1 into UTF-8 packets, which is put right here."""
    found = scan(whole.data)
    if found.defect and (repaired := _from_latin1(whole.data)):
        again = scan(repaired)
        if not again.defect:
            return Packet(repaired, "utf-8"), again
    if found.defect:
        raise found.defect
    return whole, found


def _from_latin1(data: bytes) -> bytes:
    """The bytes read as Latin-1, in UTF-8; empty when they are UTF-8 already and something else is wrong."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1").encode()
    return b""


def _replacing(data: bytes, found: Scan, label_json: str) -> tuple[list[_Splice], list[_Splice]]:
    """The edit that replaces the label where it stands (none if it stands nowhere), and those that take out others."""
    first = next((p for p in found.properties if p.is_label and p.level <= 0), None)
    suspects = [p for p in found.properties if p is not first and p.local != "DigitalSourceType"]
    others = [part for part in _parts(labels(found)) if part is not first] if suspects else []
    replaced = [_replacement(data, first, label_json)] if first else []
    return replaced, [_removal(part) for part in others]


def _parts(sites: Sequence[Site]) -> list[Property]:
    """The properties that hold labels of the standard's schema, each once; a vendor's own data is not touched."""
    kept = {id(part): part for site in sites if site.reading.schema == GB_SCHEMA for part in site.parts}
    return list(kept.values())


def _replacement(data: bytes, prop: Property, label_json: str) -> _Splice:
    if prop.texts == [label_json] and prop.simple:
        return prop.start, prop.stop, data[prop.start : prop.stop]
    if prop.attribute:
        raw = data[prop.start : prop.stop]
        head = raw[: raw.index(b"=") + 1]
        value = _attribute(label_json, prop.quote)
        return prop.start, prop.stop, head + f"{prop.quote}{value}{prop.quote}".encode()
    tag = prop.name.encode()
    return prop.start, prop.stop, b"<" + tag + prop.keep + b">" + _text(label_json).encode() + b"</" + tag + b">"


def _removal(prop: Property) -> _Splice:
    return prop.start, prop.stop, b""


def _insertion(data: bytes, found: Scan, label_json: str, source_type: str) -> _Splice:
    """A Description of our own at the end of ``rdf:RDF``, about the same resource as the others."""
    prefix = "rdf" if found.rdf_name == "rdf:RDF" else ""
    new = _description(prefix, found.about or "", label_json, source_type).encode()
    if found.rdf_empty:
        return found.insert, found.insert + 2, b">" + new + f"</{found.rdf_name}>".encode()
    return found.insert, found.insert, new


def _description(prefix: str, about: str, label_json: str, source_type: str) -> str:
    declared = "" if prefix else f' xmlns:rdf="{RDF}"'
    inner = ""
    if label_json:
        declared += f' xmlns:TC260="{TC260}"'
        inner += f"<TC260:AIGC>{_text(label_json)}</TC260:AIGC>"
    if source_type:
        declared += f' xmlns:Iptc4xmpExt="{IPTC_EXT}"'
        inner += f"<Iptc4xmpExt:DigitalSourceType>{SOURCE_TYPE_URI}{source_type}</Iptc4xmpExt:DigitalSourceType>"
    return f'<rdf:Description{declared} rdf:about="{_attribute(about, chr(34))}">{inner}</rdf:Description>'


def _text(value: str) -> str:
    """Element content: only what XML cannot hold as it is (XML 1.0 section 2.4)."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "]]&gt;").replace("\r", "&#13;")


def _attribute(value: str, quote: str) -> str:
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(quote, "&quot;" if quote == '"' else "&apos;")
    return escaped.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def _padded(whole: Packet, end: int, edits: Sequence[_Splice]) -> list[_Splice]:
    """The edit of the padding that keeps the packet's length, where there is enough of it (ISO 16684-1 7.3.2)."""
    match = _PADDING.match(whole.data, end)
    if not match or len(match[0]) < _LEAST_PADDING:
        return []
    growth = sum(whole.units(new) - whole.units(whole.data[start:stop]) for start, stop, new in edits)
    if growth > len(match[0]):
        return []
    return [(end, end + max(growth, 0), b" " * max(-growth, 0))] if growth else []


def _apply(data: bytes, edits: Sequence[_Splice]) -> bytes:
    pieces, at = [], 0
    for start, stop, new in sorted(edits):
        if start < at:
            continue  # inside a property that is taken out as a whole
        pieces += [data[at:start], new]
        at = stop
    return b"".join([*pieces, data[at:]])
