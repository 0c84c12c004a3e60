"""SVG: an XML document whose ``<metadata>`` elements may hold XMP (W3C SVG 1.1, chapter 21; XMP specification part 3).

The document is walked by expat, never by a tree, and only byte offsets are remembered. Nothing is fetched: an external
DTD is named and ignored, a document that declares entities or default attributes is refused.
"""

from __future__ import annotations

import binascii
import re
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers._svgscan import Document, Element, check_size, encoding_of, is_utf8, scan

_GZIP = b"\x1f\x8b"
# Prolog and first tag (XML 1.0 productions 22 and 40); atomic, so that hostile prologs cannot make it backtrack.
_FIRST_TAG = re.compile(
    rb"(?>\xef\xbb\xbf)?\s*+(?>(?><\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?>\[.*?\]\s*+)?>)\s*+)*+<([^\s/>!?]++)[\s/>]",
    re.DOTALL,
)
# How far before an element its xpacket instruction is looked for: writers pad behind the packet, not in front of it.
_PACKET_REACH = 4096
_PACKET_BEGIN = re.compile(rb"<\?xpacket\s+begin=[^?]*\?>\s*\Z")
_PACKET_END = re.compile(rb"\s*+<\?xpacket\s+end=[^?]*\?>")
# Inside a document an XML declaration and a byte order mark are not allowed.
_DECLARATION = re.compile(r"\A\ufeff?\s*(<\?xml\s[^?]*\?>)?")


class Svg(Container):
    """SVG documents in UTF-8 or a single-byte encoding; other encodings are read only."""

    name = "SVG"

    def score(self, head: bytes) -> int:
        if head[:2] == _GZIP:
            return 90 if self.score(_gunzipped(head)) == 100 else 0
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4] in (b"<\0?\0", b"\0<\0?"):
            head = head.decode(encoding_of(head), "ignore").encode()
        tag = _FIRST_TAG.match(head)
        if tag:
            return 100 if tag[1].rpartition(b":")[2] == b"svg" else 0
        # A prolog longer than the head: perhaps.
        return 20 if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<!--")) and b"svg" in head else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        document = _scanned(data)
        yield from _units(document)
        if document.error:
            raise document.error

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        document = _scanned(data)
        if document.error:
            raise document.error
        if document.transcoded:
            raise UnsupportedOperation(
                f"an SVG document in {document.transcoded} is read, not written", remedy="save it as UTF-8 first"
            )
        new = _stored(payload)
        written = _encoded(new, document.encoding)
        edits = [_replace(data, u, value, document.encoding) for u, value in others.items() if not u.home]
        home = next((u for u in _units(document) if u.home), None)
        if home is None:
            return [*edits, _inserted(data, document, written)]
        if new != home.data and written != data[home.start : home.stop]:
            edits.append(Edit(home.start, home.stop, written))
        return edits


def _gunzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, len(head))
    except zlib.error:
        return b""


def _scanned(data: Buffer) -> Document:
    if data[:2] == _GZIP:
        raise UnsupportedOperation(
            "the SVG document is compressed (svgz)", place="byte 0", remedy="unpack it first: gzip -dc a.svgz > a.svg"
        )
    check_size(len(data))
    return scan(data)


def _units(document: Document) -> Iterator[Unit]:
    """The metadata of a document. The home is the first packet of the root's own metadata, XMP wrapper preferred."""
    packets = [e for e in document.elements if e.kind is Kind.XMP and e.of_root]
    home = next((e for e in packets if e.local != "RDF"), packets[0] if packets else None)
    for element in document.elements:
        if element.kind is Kind.XMP:
            yield replace(_packet_unit(document, element), home=element is home)
        elif element.kind is Kind.C2PA:
            store = _manifest(_text(document, element.inner_start, element.inner_stop))
            yield Unit(Kind.C2PA, _place(element), store, element.start, element.stop, "c2pa:manifest")
        elif text := _text(document, element.inner_start, element.inner_stop).strip():
            yield Unit(Kind.TEXT, _place(element), text, element.start, element.stop, "metadata")


def _place(element: Element) -> str:
    return f"SVG {element.tag}, byte {element.start}"


def _text(document: Document, start: int, stop: int) -> bytes:
    """A stretch of the document as UTF-8, at most ``MAX_PAYLOAD_BYTES`` of it."""
    raw = bytes(document.data[start : min(stop, start + MAX_PAYLOAD_BYTES)])
    return raw if is_utf8(document.encoding) else raw.decode(document.encoding, "replace").encode()


def _packet_unit(document: Document, element: Element) -> Unit:
    """The packet as a document of its own: with its xpacket instructions and the namespaces it inherits."""
    bounded(element.stop - element.start, _place(element))
    start, stop = _packet_span(document.data, element)
    bounded(stop - start, _place(element))
    name_stop = element.start + 1 + len(element.tag.encode(document.encoding))
    head, tail = _text(document, start, name_stop), _text(document, name_stop, stop)
    declared = "".join(_declaration(prefix, uri) for prefix, uri in element.inherited)
    return Unit(Kind.XMP, _place(element), head + declared.encode() + tail, start, stop, element.tag)


def _declaration(prefix: str, uri: str) -> str:
    return f' xmlns{":" if prefix else ""}{prefix}="{escape(uri, {chr(34): "&quot;"})}"'


def _packet_span(data: Buffer, element: Element) -> tuple[int, int]:
    """First and last byte of an element, its xpacket instructions included where both stand around it."""
    before = max(0, element.start - _PACKET_REACH)
    window = bytes(data[before : element.start])
    # Only the last instruction in front can belong to it, and a search from further left would be quadratic.
    begin = _PACKET_BEGIN.match(window, max(window.rfind(b"<?xpacket"), 0))
    end = _PACKET_END.match(data, element.stop)
    return (before + begin.start(), end.end()) if begin and end else (element.start, element.stop)


def _manifest(text: bytes) -> bytes:
    """A manifest store is kept as Base64 text (C2PA specification, embedding into SVG)."""
    try:
        return b64decode(text)
    except binascii.Error:
        return text


def _stored(payload: bytes) -> bytes:
    """What of a packet goes into the document: exactly what reading it back gives.

    Raises:
        BrokenFile: it is not one XMP packet of well-formed XML in UTF-8.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise _bad_packet("it is not UTF-8") from error
    document = scan(b"<svg><metadata>" + _DECLARATION.sub("", text).strip().encode() + b"</metadata></svg>")
    if document.error:
        raise _bad_packet(document.error.message)
    homes = [u for u in _units(document) if u.home]
    if not homes:
        raise _bad_packet("there is no x:xmpmeta or rdf:RDF in it")
    return homes[0].data


def _bad_packet(why: str) -> BrokenFile:
    return BrokenFile(f"the XMP packet cannot be put into XML: {why}", place="XMP packet", remedy="pass a whole packet")


def _encoded(new: bytes, encoding: str) -> bytes:
    """UTF-8 in the encoding of the document; what that lacks becomes a character reference."""
    if is_utf8(encoding):
        return new
    # The mark in <?xpacket begin="..."?> may be left out (XMP specification part 1, section 7.3.2).
    return new.decode().replace("\ufeff", "").encode(encoding, "xmlcharrefreplace")


def _replace(data: Buffer, unit: Unit, payload: bytes | None, encoding: str) -> Edit:
    """Put another payload into a unit that is not the home, or take it out."""
    if payload is None:
        return Edit(unit.start, unit.stop)
    if unit.kind is Kind.XMP:
        return Edit(unit.start, unit.stop, _encoded(_stored(payload), encoding))
    raise UnsupportedOperation(f"{unit.key} cannot be rewritten", place=unit.place, remedy="take it out instead")


def _inserted(data: Buffer, document: Document, packet: bytes) -> Edit:
    """A metadata element as first child of the root, which may be written as an empty element."""
    root = document.root
    assert root is not None
    prefix = root.tag.rpartition(":")[0]
    name = (f"{prefix}:metadata" if prefix else "metadata").encode(document.encoding)
    element = b"<" + name + b">" + packet + b"</" + name + b">"
    if root.empty:
        return Edit(
            root.inner_start - 2, root.inner_start, b">" + element + b"</" + root.tag.encode(document.encoding) + b">"
        )
    return Edit(root.inner_start, root.inner_start, element)
