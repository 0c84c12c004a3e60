"""Where in an XMP packet the things stand that concern labels: one pass of a parser that reports byte offsets.

XMP is RDF/XML (ISO 16684-1 section 7). Document types are refused, so nothing is ever expanded or fetched.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from xml.parsers import expat

from labelkit.carriers._decode import wide_codec
from labelkit.carriers._fields import field_of
from labelkit.carriers._syntax import MAX_LABEL_CHARACTERS
from labelkit.errors import BrokenFile, LabelKitError, LimitExceeded

TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP_MM = "http://ns.adobe.com/xap/1.0/mm/"

#: A packet above this is refused; no real one comes near.
MAX_PACKET_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 200
MAX_ELEMENTS = 500_000
# Attributes and elements of interest that one packet may have.
_MAX_PROPERTIES = 4096

_NAME = rb"[^\s=/><\"']+"
_TAG_NAME = re.compile(rb"<(" + _NAME + rb")")
_ATTRIBUTE = re.compile(rb"\s+(" + _NAME + rb")\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TAG_END = re.compile(rb"\s*(/?)>")
_REMEDY = "write the packet anew with a metadata editor, then label the file"
# What a name has to fold to before the costlier look at it.
_CANDIDATE = re.compile(r"(?i)label|produce|propag|propat|reserve")


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet as UTF-8, whatever its encoding was."""

    data: bytes
    codec: str
    tail: bytes = b""

    def encode(self, data: bytes) -> bytes:
        """UTF-8 back in the packet's own encoding."""
        return data if self.codec == "utf-8" else data.decode().encode(self.codec) + self.tail

    def units(self, piece: bytes) -> int:
        """The length of UTF-8 text in code units of the packet's own encoding."""
        if self.codec == "utf-8":
            return len(piece)
        return len(piece.decode().encode(self.codec)) // len(" ".encode(self.codec))


@dataclass(slots=True)
class Property:
    """An element or attribute whose name concerns labels.

    Attributes:
        uri, local: its expanded name. ``name``: as it is spelt.
        node: number of the element it describes, the same for all properties of one Description.
        owner: the property it is a part of, when that concerns labels too.
        level: 0 for a property of the file itself, above for one inside another property or outside ``rdf:RDF``.
        start, stop: its bytes in UTF-8; an attribute's include the white space before it.
        texts: its values, one per list item; ``simple``: it has no child elements.
        keep: namespace declarations on its own tag.
    """

    uri: str
    local: str
    name: str
    node: int
    owner: Property | None
    level: int
    attribute: bool
    start: int
    stop: int = 0
    quote: str = '"'
    simple: bool = True
    texts: list[str] = field(default_factory=list)
    keep: bytes = b""

    @property
    def is_label(self) -> bool:
        """Whether this is the property the guide names."""
        return self.uri == TC260 and self.local == "AIGC"


@dataclass(slots=True)
class Scan:
    """What one pass found, up to the first defect.

    Attributes:
        properties: in document order.
        rdf_name: how ``rdf:RDF`` is spelt, ``""`` when there is none.
        insert: where a new Description goes: before the end tag, or at the ``/>`` of an empty element.
        rdf_empty: whether that element is empty.
        about: value of ``rdf:about`` of the first Description.
        end: byte after the root element, 0 when it was not reached.
        defect: why the pass stopped early.
    """

    properties: list[Property] = field(default_factory=list)
    rdf_name: str = ""
    insert: int = 0
    rdf_empty: bool = False
    about: str | None = None
    end: int = 0
    defect: LabelKitError | None = None


def to_utf8(packet: bytes) -> Packet:
    """A packet in UTF-8.

    Raises:
        LimitExceeded: over ``MAX_PACKET_BYTES``.
        BrokenFile: not text in the encoding it seems to have.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise LimitExceeded(
            f"an XMP packet of {len(packet)} bytes, at most {MAX_PACKET_BYTES} are read", remedy="inspect the file"
        )
    codec = _codec(packet)
    if codec == "utf-8":
        return Packet(packet, codec)
    width = len(" ".encode(codec))
    whole = len(packet) - len(packet) % width
    try:
        return Packet(packet[:whole].decode(codec).encode(), codec, packet[whole:])
    except UnicodeError as error:
        raise BrokenFile(f"the XMP packet is not {codec}", remedy=_REMEDY) from error


def _codec(packet: bytes) -> str:
    for mark, codec in (
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if packet.startswith(mark):
            return codec
    return wide_codec(packet) or "utf-8"


def scan(data: bytes) -> Scan:
    """Look through a packet (UTF-8); a defect is kept in the result, with what was found before it."""
    found = Scan()
    start = data.find(b"<")
    if start < 0:
        found.defect = BrokenFile("the XMP packet has no element", remedy=_REMEDY)
        return found
    _Pass(data, start, found).run()
    return found


class _Pass:
    """One run of the parser: a stack of open elements, and the properties that are open among them."""

    def __init__(self, data: bytes, start: int, found: Scan) -> None:
        self.data, self.found, self.base = data, found, start
        self.stack: list[int] = []
        self.open: list[tuple[int, Property]] = []
        self.count = self.rdf_depth = self.foreign_depth = self.insert_depth = self.root_empty_end = 0
        parser = expat.ParserCreate("utf-8", " ")
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        self.parser = parser

    def run(self) -> None:
        try:
            self.parser.Parse(self.data[self.base :] if self.base else self.data, True)
        except expat.ExpatError as error:
            # Whatever follows the root element (padding, zero bytes) is none of the packet's XML.
            if not self.found.end:
                self.found.defect = BrokenFile(f"the XMP packet is not well-formed: {error}", remedy=_REMEDY)
        except LabelKitError as error:
            self.found.defect = error

    def _at(self) -> int:
        return self.base + self.parser.CurrentByteIndex

    def _start(self, name: str, attributes: list[str]) -> None:
        self.count += 1
        self.stack.append(self.count)
        depth = len(self.stack)
        if depth > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise LimitExceeded(
                f"the XMP packet has more than {MAX_ELEMENTS} elements or {MAX_DEPTH} levels", remedy=_REMEDY
            )
        role = _role(name)
        if self.open:
            self._inside(attributes)
        if role is not _Role.OTHER or depth == 1:
            self._enter(role, name, attributes, depth)
        # What xmpMM holds describes other files: sources, ingredients, history. Their labels are not this file's.
        if attributes and not self.foreign_depth:
            self._attributes(attributes, depth)

    def _enter(self, role: _Role, name: str, attributes: list[str], depth: int) -> None:
        if depth == 1:
            self.root_empty_end = self._empty_end()
        if role is _Role.RDF and not self.rdf_depth:
            self._rdf(depth)
        elif role is _Role.FOREIGN and not self.foreign_depth and self.rdf_depth:
            self.foreign_depth = depth
        elif role is _Role.LABEL and not self.foreign_depth:
            self._property(name, attributes, depth)

    def _rdf(self, depth: int) -> None:
        self.rdf_depth = depth
        if not self.found.rdf_name:
            at = self._at()
            match = _TAG_NAME.match(self.data, at)
            self.found.rdf_name = match[1].decode() if match else "rdf:RDF"
            empty = self._empty_end()
            self.found.rdf_empty, self.found.insert = bool(empty), empty - 2 if empty else 0
            self.insert_depth = depth

    def _attributes(self, attributes: list[str], depth: int) -> None:
        names = attributes[::2]
        if self.found.about is None and self.rdf_depth and depth == self.rdf_depth + 1:
            values = dict(zip(names, attributes[1::2], strict=True))
            self.found.about = values.get(f"{RDF} about", values.get("about", ""))
        places: list[tuple[int, int, str, str]] | None = None
        for i, name in enumerate(names):
            if _role(name) is _Role.LABEL and " " in name:
                uri, _, local = name.rpartition(" ")
                places = self._places() if places is None else places
                start, stop, spelt, quote = places[i]
                made = self._made(uri, local, spelt, self.stack[-1], depth - self.rdf_depth - 1, start, True)
                made.stop, made.quote, made.texts = stop, quote, [attributes[2 * i + 1][: MAX_LABEL_CHARACTERS + 1]]

    def _property(self, name: str, attributes: list[str], depth: int) -> None:
        uri, _, local = name.rpartition(" ")
        at = self._at()
        match = _TAG_NAME.match(self.data, at)
        node = self.stack[-2] if depth > 1 else 0
        made = self._made(
            uri, local, match[1].decode() if match else local, node, depth - self.rdf_depth - 2, at, False
        )
        if match is None or self.data[match.end() : match.end() + 1] != b">":
            made.stop = self._empty_end()
            made.keep = self._declarations()
        self.open.append((depth, made))
        self._values(attributes, made)
        self.parser.CharacterDataHandler = self._text

    def _made(self, uri: str, local: str, name: str, node: int, level: int, start: int, attribute: bool) -> Property:
        if len(self.found.properties) >= _MAX_PROPERTIES:
            raise LimitExceeded(f"the XMP packet has more than {_MAX_PROPERTIES} label properties", remedy=_REMEDY)
        owner = self.open[-1][1] if self.open else None
        made = Property(uri, local, name, node, owner, level if self.rdf_depth else 1, attribute, start)
        self.found.properties.append(made)
        return made

    def _inside(self, attributes: list[str]) -> None:
        """An element begins inside an open property: list item, rdf:value, or a structure."""
        made = self.open[-1][1]
        made.simple = False
        made.texts.append("")
        self._values(attributes, made)

    @staticmethod
    def _values(attributes: list[str], made: Property) -> None:
        for i in range(0, len(attributes), 2):
            if attributes[i] in (f"{RDF} value", f"{RDF} resource"):
                made.texts += [attributes[i + 1][: MAX_LABEL_CHARACTERS + 1], ""]
                made.simple = False

    def _text(self, text: str) -> None:
        made = self.open[-1][1]
        if not made.texts:
            made.texts.append("")
        made.texts[-1] += text[: MAX_LABEL_CHARACTERS + 1 - len(made.texts[-1])]

    def _end(self, name: str) -> None:
        depth = len(self.stack)
        self.stack.pop()
        if self.open:
            self._end_inside(depth)
        if depth == self.insert_depth:
            self.insert_depth = 0
            self.found.insert = self.found.insert or self._at()
        if depth == self.rdf_depth:
            self.rdf_depth = 0
        if depth == self.foreign_depth:
            self.foreign_depth = 0
        if depth == 1:
            self.found.end = self.root_empty_end or self._close()

    def _end_inside(self, depth: int) -> None:
        opened, made = self.open[-1]
        if depth != opened:
            made.texts.append("")
            return
        self.open.pop()
        made.stop = made.stop or self._close()
        made.texts = [t for t in made.texts if made.simple or t.strip()]
        if not self.open:
            self.parser.CharacterDataHandler = None

    def _close(self) -> int:
        """The byte after the end tag that is being reported."""
        return self.data.index(b">", self._at()) + 1

    def _places(self) -> list[tuple[int, int, str, str]]:
        """Start, stop, spelling and quote of each attribute of the current tag that is no namespace declaration."""
        places = []
        at = self._name_end()
        while match := _ATTRIBUTE.match(self.data, at):
            at = match.end()
            if not match[1].startswith(b"xmlns:") and match[1] != b"xmlns":
                places.append((match.start(), at, match[1].decode(), chr(self.data[at - 1])))
        return places

    def _declarations(self) -> bytes:
        kept, at = [], self._name_end()
        while match := _ATTRIBUTE.match(self.data, at):
            at = match.end()
            if match[1].startswith(b"xmlns"):
                kept.append(match[0])
        return b"".join(kept)

    def _empty_end(self) -> int:
        """The byte after the current tag if it is an empty element, else 0."""
        at = self._name_end()
        while match := _ATTRIBUTE.match(self.data, at):
            at = match.end()
        end = _TAG_END.match(self.data, at)
        return end.end() if end and end[1] else 0

    def _name_end(self) -> int:
        match = _TAG_NAME.match(self.data, self._at())
        return match.end() if match else self._at()


class _Role(Enum):
    """What a name means to the pass."""

    OTHER = auto()
    #: A label, a field of one, or the source type.
    LABEL = auto()
    RDF = auto()
    #: A description of other files.
    FOREIGN = auto()


@lru_cache(maxsize=4096)
def _role(name: str) -> _Role:
    uri, _, local = name.rpartition(" ")
    if uri == RDF:
        return _Role.RDF if local == "RDF" else _Role.OTHER
    if uri == _XMP_MM:
        return _Role.FOREIGN
    if local.lower() in ("aigc", "digitalsourcetype") or (_CANDIDATE.search(local) and field_of(local)):
        return _Role.LABEL
    return _Role.OTHER


def _refuse(*_: object) -> None:
    raise BrokenFile("the XMP packet declares a document type or entities, which XMP has none of", remedy=_REMEDY)
