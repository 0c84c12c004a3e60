"""XML documents, spliced: where elements begin and end, in bytes, found by expat; no tree is built and none written.

Entities are never declared in the documents we edit, so a document that declares some is refused.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from labelkit.errors import BrokenFile, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import Edit

# Real parts have some thousands of elements and a dozen levels.
_MAX_ELEMENTS = 60_000
_MAX_DEPTH = 256
_TAG = re.compile(rb"<(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+>")
_DECLARED = re.compile(rb"\A(?:\xef\xbb\xbf)?<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")


@dataclass(slots=True, eq=False)
class Element:
    """One element, by its bytes.

    Attributes:
        uri, local, prefix: its name; ``prefix`` as written.
        attributes: values by local name; the ones with a namespace as ``"uri local"`` too.
        parent: the element around it, None for the root.
        start, inner_start, inner_stop, stop: start tag, content and end tag.
        inner: the elements directly inside.
    """

    uri: str
    local: str
    prefix: str
    attributes: Mapping[str, str]
    parent: Element | None
    start: int
    inner_start: int = 0
    inner_stop: int = 0
    stop: int = 0
    inner: list[Element] = field(default_factory=list, repr=False)

    @property
    def empty(self) -> bool:
        """Whether it is written as one tag, ``<a/>``."""
        return self.inner_start == self.stop

    def named(self, local: str) -> bytes:
        """A tag name with this element's prefix."""
        return f"{self.prefix}:{local}".encode() if self.prefix else local.encode()


@dataclass(slots=True)
class Document:
    """A scanned document.

    Attributes:
        data: its bytes in UTF-8.
        codec: the encoding it is stored in when that is another, or ``""``.
        elements: all of them, in the order of their start tags.
    """

    data: bytes
    codec: str
    elements: list[Element] = field(default_factory=list)

    @property
    def root(self) -> Element:
        """The outermost element."""
        return self.elements[0]

    def children(self, parent: Element, local: str = "") -> Iterator[Element]:
        """Elements directly inside another, of this name if one is given."""
        return (e for e in parent.inner if local in ("", e.local))

    def text(self, element: Element) -> str:
        """All character data inside an element."""
        pieces: list[str] = []
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.CharacterDataHandler = pieces.append
        parser.Parse(b"<x>" + self.data[element.inner_start : element.inner_stop] + b"</x>", True)
        return "".join(pieces)

    def stored(self, data: bytes) -> bytes:
        """UTF-8 in the encoding the document came in."""
        if not self.codec:
            return data
        text = data.decode()
        mark = codecs.BOM_UTF16_LE if self.codec == "utf-16-le" else codecs.BOM_UTF16_BE
        wide = self.codec.startswith("utf-16-")
        return (mark if wide else b"") + text.encode(self.codec, "xmlcharrefreplace")


def scan(data: bytes, place: str) -> Document:
    """Find every element.

    Raises:
        BrokenFile: not well-formed.
        LimitExceeded: too many elements, or nested too deeply.
        UnsupportedOperation: entities are declared, or the encoding is unknown.
    """
    document = Document(*_utf8(data, place))
    scanner = _Scanner(document, place)
    try:
        scanner.parser.Parse(document.data, True)
    except expat.ExpatError as error:
        at = scanner.parser.ErrorByteIndex
        raise BrokenFile(
            f"not well-formed XML: {expat.ErrorString(error.code)}",
            place=f"{place}, byte {at}",
            remedy="save the document again",
        ) from error
    return document


def _utf8(data: bytes, place: str) -> tuple[bytes, str]:
    """The document in UTF-8 and the codec it had, ``""`` for UTF-8 itself."""
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return _decoded(data[2:], codec, place).encode(), codec
    declared = _DECLARED.match(data)
    name = declared[1].decode().lower() if declared else "utf-8"
    if name in ("utf-8", "utf8", "us-ascii", "ascii"):
        return data, ""
    return _decoded(data, name, place).encode(), name


def _decoded(data: bytes, codec: str, place: str) -> str:
    try:
        return str(codecs.decode(data, codec)) if codecs.lookup(codec)._is_text_encoding else _unknown(codec, place)
    except (UnicodeError, ValueError) as error:
        raise BrokenFile(f"the bytes are not {codec}", place=place, remedy="save the document again") from error
    except LookupError:
        return _unknown(codec, place)


def _unknown(codec: str, place: str) -> str:
    raise UnsupportedOperation(f"unknown encoding {codec}", place=place, remedy="save it as UTF-8")


class _Scanner:
    """Fills a document while expat walks it."""

    def __init__(self, document: Document, place: str) -> None:
        self.document, self.place = document, place
        self.open: list[Element] = []
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.namespace_prefixes = True
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity

    def _start(self, name: str, attributes: list[str]) -> None:
        elements = self.document.elements
        if len(elements) >= _MAX_ELEMENTS or len(self.open) >= _MAX_DEPTH:
            raise LimitExceeded(
                f"more than {_MAX_ELEMENTS} elements or {_MAX_DEPTH} levels",
                place=self.place,
                remedy="inspect the file",
            )
        uri, local, prefix = _parts(name)
        at = self.parser.CurrentByteIndex
        element = Element(uri, local, prefix, _attributes(attributes), self.open[-1] if self.open else None, at)
        tag = _TAG.match(self.document.data, at)
        assert tag is not None
        element.inner_start = tag.end()
        elements.append(element)
        if self.open:
            self.open[-1].inner.append(element)
        self.open.append(element)

    def _end(self, name: str) -> None:
        element = self.open.pop()
        at = self.parser.CurrentByteIndex
        if at == element.inner_start and self.document.data[at - 2 : at] == b"/>":
            element.inner_stop = element.stop = element.inner_start
        else:
            element.inner_stop, element.stop = at, self.document.data.index(b">", at) + 1

    def _entity(self, *_: object) -> None:
        raise UnsupportedOperation(
            "the document declares entities, which may expand without bound",
            place=self.place,
            remedy="save the document again",
        )


def _parts(name: str) -> tuple[str, str, str]:
    """Namespace, local name and prefix of a name as expat gives it."""
    parts = name.split(" ")
    if len(parts) == 1:
        return "", parts[0], ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""


def _attributes(pairs: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        uri, local, _ = _parts(name)
        if uri:
            found[f"{uri} {local}"] = value
            found.setdefault(local, value)
        else:
            found[local] = value
    return found


def escaped(value: bytes) -> bytes:
    """UTF-8 text as character data or as the value of a double-quoted attribute, in ASCII.

    Raises:
        BrokenFile: there is a character that XML cannot hold.
    """
    text = value.decode()
    if bad := re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text):
        raise BrokenFile(f"XML cannot hold U+{ord(bad[0]):04X}", place="label", remedy="use AigcLabel.to_json()")
    return escape(text, {'"': "&quot;"}).encode("ascii", "xmlcharrefreplace")


def text(value: bytes) -> bytes:
    """As :func:`escaped` for character data, where quotation marks may stand."""
    return escaped(value).replace(b"&quot;", b'"')


def inside(document: Document, element: Element, new: bytes) -> Edit:
    """Put something in front of an element's end tag."""
    if not element.empty:
        return Edit(element.inner_stop, element.inner_stop, new)
    name = element.named(element.local)
    slash = document.data.rindex(b"/", element.start, element.stop)
    return Edit(slash, element.stop, b">" + new + b"</" + name + b">")


def cut(document: Document, element: Element) -> Edit:
    """Take an element out, with the line break and blanks in front of it where it has a line of its own."""
    start = element.start
    while start and document.data[start - 1 : start] in (b" ", b"\t"):
        start -= 1
    if document.data[start - 2 : start] == b"\r\n":
        start -= 2
    elif document.data[start - 1 : start] == b"\n":
        start -= 1
    else:
        start = element.start
    return Edit(start, element.stop)
