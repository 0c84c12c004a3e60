"""One pass of expat over an SVG document, keeping the byte offsets of the few elements that hold metadata."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from xml.parsers import expat

from labelkit.errors import BrokenFile, InputError, LimitExceeded
from labelkit.formats.base import MAX_PAYLOAD_BYTES, MAX_UNITS, Buffer, Kind

#: Documents above this are refused: expat before 2.6 reads a comment or attribute of n MiB n times over.
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
#: Elements in one document: about a second of walking.
MAX_ELEMENTS = MAX_UNITS
MAX_DEPTH = 512
#: Packets and other metadata elements in one document.
MAX_FOUND = 10_000
#: Characters of a namespace name: expat copies it into the name of every element, so a long one multiplies.
MAX_NAMESPACE = 512

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
# Elements worth a unit, by namespace and local name.
_KINDS = {
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "RDF"): Kind.XMP,
    ("adobe:ns:meta/", "xmpmeta"): Kind.XMP,
    ("adobe:ns:meta/", "xapmeta"): Kind.XMP,
    ("http://c2pa.org/manifest", "manifest"): Kind.C2PA,
}
# Between namespace, local name and prefix in expat's names; XML 1.0 allows this character nowhere.
_SEPARATOR = "\x1f"
# Encodings in which the bytes of markup are those of ASCII and expat's offsets are the file's.
_SINGLE_BYTE = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|cp866|koi8-[ru]|mac-roman")
# Encodings that expat is given as UTF-8, so that its offsets are not the file's.
_TRANSCODED = frozenset(
    {"utf-16", "utf-16-le", "utf-16-be", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"}
)
_ENCODING = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
# A start tag: quoted values may contain ">" (XML 1.0 productions 40 and 44).
_TAG = re.compile(rb"<[^\"'>]*+(?>\"[^\"]*+\"[^\"'>]*+|'[^']*+'[^\"'>]*+)*+>")


@dataclass(frozen=True, slots=True)
class Element:
    """An element by its bytes: ``[start, stop)`` with, ``[inner_start, inner_stop)`` without its tags.

    Attributes:
        tag: its name as written.
        local: its name without prefix.
        kind: what it holds; TEXT for a metadata element without known content.
        of_root: whether it describes the whole picture: a child of a ``metadata`` that is a child of the root.
        inherited: prefix and URI of the namespaces it uses and its ancestors declare.
    """

    tag: str
    local: str
    kind: Kind
    start: int
    inner_start: int
    inner_stop: int
    stop: int
    of_root: bool = False
    inherited: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it is written as one tag, ``<a/>``."""
        return self.inner_start == self.stop


@dataclass(slots=True)
class Document:
    """What a scan found.

    Attributes:
        data: the file, or its text as UTF-8 where ``transcoded``.
        encoding: of ``data``, Python's name.
        transcoded: the file's own encoding if that is another one, else ``""``.
    """

    data: Buffer
    encoding: str
    transcoded: str = ""
    root: Element | None = None
    elements: list[Element] = field(default_factory=list)
    error: InputError | None = None


@dataclass(slots=True)
class _Open:
    """An element whose end tag has not come yet. ``declared`` counts namespace declarations inside it by prefix."""

    tag: str
    local: str
    kind: Kind
    start: int
    inner_start: int
    depth: int
    of_root: bool
    declared: dict[str, int]
    inherited: dict[str, str] = field(default_factory=dict)
    found: int = 0


def check_size(size: int) -> None:
    """Refuse documents too large to walk.

    Raises:
        LimitExceeded: more than ``MAX_DOCUMENT_BYTES``.
    """
    if size > MAX_DOCUMENT_BYTES:
        raise LimitExceeded(
            f"{size} bytes of XML, at most {MAX_DOCUMENT_BYTES} are read", remedy="simplify the drawing"
        )


def is_utf8(encoding: str) -> bool:
    """Whether bytes in this encoding are UTF-8 as they stand."""
    return encoding in ("utf-8", "ascii")


def encoding_of(head: bytes) -> str:
    """Python's name of a document's encoding, from its byte order mark or declaration (XML 1.0 appendix F).

    Raises:
        BrokenFile: an encoding that no browser reads.
    """
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if head[:4] in (b"<\0?\0", b"\0<\0?"):
        return "utf-16-le" if head[0] else "utf-16-be"
    declared = _ENCODING.match(head)
    if head.startswith(codecs.BOM_UTF8) or not declared:
        return "utf-8"
    try:
        name = codecs.lookup(declared[1].decode()).name
    except LookupError:
        name = ""
    if _SINGLE_BYTE.fullmatch(name) or name in _TRANSCODED:
        return name
    raise BrokenFile(f"unknown encoding {declared[1].decode()}", place="SVG, byte 0", remedy="save it as UTF-8 first")


def scan(data: Buffer) -> Document:
    """Walk a document to its end or to its first defect, which is kept as ``error``.

    Raises:
        BrokenFile: the encoding is unknown or the bytes contradict it.
    """
    encoding = encoding_of(bytes(data[:256]))
    if encoding in _TRANSCODED:
        document = Document(_transcoded(bytes(data), encoding), "utf-8", encoding)
    else:
        document = Document(data, encoding)
    try:
        _Scanner(document).run(override=document.encoding == "utf-8")
    except InputError as error:
        document.error = error
    return document


def _transcoded(data: bytes, encoding: str) -> bytes:
    try:
        return data.decode(encoding).encode()
    except UnicodeError as error:
        raise BrokenFile(
            f"the bytes are not {encoding}", place="SVG, byte 0", remedy="save it as UTF-8 first"
        ) from error


def _name(raw: str) -> tuple[str, str, str]:
    """Namespace, local name and prefix of one of expat's names."""
    parts = raw.split(_SEPARATOR)
    if len(parts) == 1:
        return "", raw, ""
    return parts[0], parts[1], parts[2] if len(parts) == 3 else ""


def _limit(message: str) -> LimitExceeded:
    return LimitExceeded(message, place="SVG", remedy="simplify the drawing")


class _Scanner:
    """The handlers of one parse and what they remember."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._data = document.data
        self._depth = 0
        self._count = 0
        self._inherited = 0
        self._fresh: list[str] = []
        self._root: _Open | None = None
        self._metadata: _Open | None = None
        self._capture: _Open | None = None

    def run(self, override: bool) -> None:
        parser = expat.ParserCreate("utf-8" if override else None, _SEPARATOR)
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartNamespaceDeclHandler = self._declare
        parser.EndNamespaceDeclHandler = self._undeclare
        parser.EntityDeclHandler = self._refuse
        parser.AttlistDeclHandler = self._refuse
        self._parser = parser
        try:
            parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise BrokenFile(
                f"not well-formed XML: {expat.ErrorString(error.code)}",
                place=f"SVG line {error.lineno}, byte {parser.ErrorByteIndex}",
                remedy="restore the file from its source or repair it in a text editor",
            ) from error

    def _refuse(self, *_: object) -> None:
        raise LimitExceeded(
            "the document declares entities or default attributes, which may expand without bound",
            place=f"SVG DOCTYPE, line {self._parser.CurrentLineNumber}",
            remedy="save it again as plain SVG",
        )

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        if uri and len(uri) > MAX_NAMESPACE:
            raise _limit(f"a namespace name of {len(uri)} characters, at most {MAX_NAMESPACE} are read")
        self._fresh.append(prefix or "")
        if self._capture:
            declared = self._capture.declared
            declared[prefix or ""] = declared.get(prefix or "", 0) + 1

    def _undeclare(self, prefix: str | None) -> None:
        if self._capture:
            self._capture.declared[prefix or ""] -= 1

    def _start(self, raw: str, attributes: list[str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise _limit(f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements")
        name = _name(raw)
        if self._depth == 1:
            self._start_root(name)
        elif self._capture is None:
            self._watch(name)
        if self._capture:
            self._inherit(self._capture, [name, *(_name(a) for a in attributes[::2])])
        self._fresh = []

    def _start_root(self, name: tuple[str, str, str]) -> None:
        if name[:2] not in ((SVG_NAMESPACE, "svg"), ("", "svg")):
            raise BrokenFile(f"the root element is {name[1]}, not svg", place="SVG", remedy="name an SVG document")
        self._root = self._open(name, Kind.TEXT)

    def _watch(self, name: tuple[str, str, str]) -> None:
        """Remember an element that holds metadata."""
        kind = _KINDS.get(name[:2])
        if kind:
            self._capture = self._open(name, kind)
        elif self._metadata is None and name[1] == "metadata" and name[0] in (SVG_NAMESPACE, ""):
            self._metadata = self._open(name, Kind.TEXT)

    def _open(self, name: tuple[str, str, str], kind: Kind) -> _Open:
        start = self._parser.CurrentByteIndex
        tag = _TAG.match(self._data, start)
        if tag is None:  # expat has just accepted one here
            raise BrokenFile("a tag does not end", place=f"SVG, byte {start}", remedy="please report this file")
        written = f"{name[2]}:{name[1]}" if name[2] else name[1]
        outer = self._metadata
        of_root = outer is not None and outer.depth == 2 and self._depth == 3
        return _Open(written, name[1], kind, start, tag.end(), self._depth, of_root, dict.fromkeys(self._fresh, 1))

    def _inherit(self, capture: _Open, names: list[tuple[str, str, str]]) -> None:
        for uri, _, prefix in names:
            if uri and prefix != "xml" and not capture.declared.get(prefix) and prefix not in capture.inherited:
                capture.inherited[prefix] = uri
                self._inherited += len(prefix) + len(uri)
        if self._inherited > MAX_PAYLOAD_BYTES:
            raise _limit("metadata elements inherit too many namespaces")

    def _end(self, raw: str) -> None:
        if self._capture and self._capture.depth == self._depth:
            self._keep(self._capture)
            self._capture = None
            if self._metadata:
                self._metadata.found += 1
        elif self._metadata and self._metadata.depth == self._depth:
            if not self._metadata.found:
                self._keep(self._metadata)
            self._metadata = None
        elif self._root and self._depth == 1:
            self.document.root = self._closed(self._root)
        self._depth -= 1

    def _keep(self, opened: _Open) -> None:
        self.document.elements.append(self._closed(opened))
        if len(self.document.elements) > MAX_FOUND:
            raise _limit(f"more than {MAX_FOUND} metadata elements")

    def _closed(self, opened: _Open) -> Element:
        data, inner_stop = self._data, self._parser.CurrentByteIndex
        stop = opened.inner_start
        if data[stop - 2 : stop] == b"/>":
            inner_stop = stop
        else:
            stop = data.find(b">", inner_stop) + 1
        return Element(
            opened.tag,
            opened.local,
            opened.kind,
            opened.start,
            opened.inner_start,
            inner_stop,
            stop,
            opened.of_root,
            tuple(opened.inherited.items()),
        )
