"""DOCX, XLSX and PPTX with their macro and template kinds: Office Open XML packages (ISO/IEC 29500-2, ECMA-376).

The label is the custom property ``AIGC``, a ``vt:lpwstr``, in the part that the package relates to as its custom
properties, usually ``docProps/custom.xml`` (TC260-PG-20258A 6.1). Beside that part only ``[Content_Types].xml`` and
``_rels/.rels`` may change, and only when the part is new.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, NamedTuple

from labelkit.formats.base import Edit, Kind
from labelkit.formats.containers import _xml, _zip
from labelkit.formats.containers._homes import KEY
from labelkit.formats.containers._package import Change, Package, Parts, Spot, signed, spot

_TYPES = "[Content_Types].xml"
_RELATIONS = "_rels/.rels"
_PART = "docProps/custom.xml"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
# ISO/IEC 29500-1 15.2.12.1; every custom property has this format id, and numbers from 2.
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
_FIRST_NUMBER = 2
_NOT_RELATED = "not-related"


class _Names(NamedTuple):
    """The namespaces of one conformance class (ISO/IEC 29500-1 Annex A: transitional, strict)."""

    relation: str
    properties: str
    types: str


_TRANSITIONAL = _Names(
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties",
    "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
    "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
)
_STRICT = _Names(
    "http://purl.oclc.org/ooxml/officeDocument/relationships/customProperties",
    "http://purl.oclc.org/ooxml/officeDocument/customProperties",
    "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
)


class _Ooxml(Package):
    """What the three applications share."""

    #: The folder of the application's own parts, and what its content types contain.
    folder: ClassVar[str]
    type: ClassVar[re.Pattern[bytes]]

    def score(self, head: bytes) -> int:
        names, contents = _zip.peek(head)
        types = contents.get(_TYPES, b"")
        if self.type.search(types) or any(name.startswith(self.folder) for name in names):
            return 100
        known = any(kind.search(types) for kind in _KINDS)
        part = any(name in (_TYPES, _RELATIONS) or name.startswith("docProps/") for name in names)
        complete = b"</Types>" in types
        return 40 if part and not known and not complete and not _elsewhere(names) else 0

    def spots(self, parts: Parts) -> Iterator[Spot]:
        _relations(parts)
        parts.document(_types(parts))
        part, related = _custom(parts)
        if part:
            yield from _properties(parts, part, related)
        core = parts.find("docProps/core.xml")
        if core:
            document = parts.document(core)
            for element in document.children(document.root):
                yield spot(parts, core, element, Kind.TAG, element.local)

    def check(self, parts: Parts) -> None:
        for name in parts.members:
            if name.lower().startswith("_xmlsignatures/"):
                raise signed(name)

    def filled(self, parts: Parts, spot: Spot, payload: bytes) -> Iterable[Change]:
        element = spot.element
        assert element is not None
        value = _value(_names(parts), payload)
        yield spot.part, Edit(element.inner_start, element.inner_stop, value)
        yield from _linked(parts, spot.part)

    def insertion(self, parts: Parts, payload: bytes) -> Iterable[Change]:
        part, _ = _custom(parts)
        names = _names(parts)
        if not part:
            root = f'<Properties xmlns="{names.properties}" xmlns:vt="{names.types}">'.encode()
            body = _property(b"", _FIRST_NUMBER, _value(names, payload))
            head = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            yield _PART, Edit(0, 0, head + root + body + b"</Properties>")
        else:
            document = parts.document(part)
            number = max((_number(e.attributes) for e in document.children(document.root)), default=0) + 1
            prefix = document.root.named("")  # with its colon
            body = _property(prefix, max(number, _FIRST_NUMBER), _value(names, payload))
            yield part, _xml.inside(document, document.root, body)
        yield from _linked(parts, part or _PART)


class Docx(_Ooxml):
    """Word documents, templates, and those with macros."""

    name = "DOCX"
    folder = "word/"
    type = re.compile(rb"wordprocessingml|ms-word\.")


class Xlsx(_Ooxml):
    """Excel workbooks, templates, and those with macros."""

    name = "XLSX"
    folder = "xl/"
    type = re.compile(rb"spreadsheetml|ms-excel\.")


class Pptx(_Ooxml):
    """PowerPoint presentations, slide shows, templates, and those with macros."""

    name = "PPTX"
    folder = "ppt/"
    type = re.compile(rb"presentationml|ms-powerpoint\.")


_KINDS = (Docx.type, Xlsx.type, Pptx.type)


def _elsewhere(names: tuple[str, ...]) -> bool:
    """Whether the package is another application's (drawings, 3D models, libraries)."""
    return any(name.startswith(("visio/", "3D/", "package/", "lib/", "fixed", "Documents/")) for name in names)


def _types(parts: Parts) -> str:
    return parts.find(_TYPES) or _TYPES


def _relations(parts: Parts) -> list[tuple[str, str, str]]:
    """Id, type and target part of every relationship of the package."""
    document = parts.document(parts.find(_RELATIONS) or _RELATIONS)
    found = []
    for element in document.children(document.root, "Relationship"):
        have = element.attributes
        target = posixpath.normpath("/" + have.get("Target", "")).lstrip("/")
        if have.get("TargetMode") != "External":
            found.append((have.get("Id", ""), have.get("Type", ""), target))
    return found


def _names(parts: Parts) -> _Names:
    strict = any(kind.startswith("http://purl.oclc.org/ooxml/") for _, kind, _ in _relations(parts))
    return _STRICT if strict else _TRANSITIONAL


def _custom(parts: Parts) -> tuple[str, bool]:
    """The part with the custom properties, and whether the package says so; ``""`` when there is none."""
    for _, kind, target in _relations(parts):
        if kind in (_TRANSITIONAL.relation, _STRICT.relation) and (found := parts.find(target)):
            return found, True
    return parts.find(_PART), False


def _properties(parts: Parts, part: str, related: bool) -> Iterator[Spot]:
    document = parts.document(part)
    for element in document.children(document.root, "property"):
        key = element.attributes.get("name", "")
        main = key == KEY
        values = list(document.children(element))
        plain = len(values) == 1 and values[0].local == "lpwstr"
        stored = plain and document.text(values[0]) == document.text(element)
        notes = (*(() if stored else ("not-lpwstr",)), *(() if related else (_NOT_RELATED,)))
        # Some writers put the value beside its element, or line breaks around it, so all text of the property counts.
        text = document.text(values[0] if stored else element)
        text = text if stored else text.strip()
        kind = Kind.FIELD if main else Kind.TAG
        yield spot(parts, part, element, kind, key, home=main, notes=notes if main else (), data=text.encode())


def _number(attributes: object) -> int:
    pid = attributes.get("pid", "") if isinstance(attributes, dict) else ""
    return int(pid) if pid.isascii() and pid.isdigit() and len(pid) < 10 else 0


def _property(prefix: bytes, number: int, value: bytes) -> bytes:
    tag = prefix + b"property"
    return b'<%s fmtid="%s" pid="%d" name="%s">%s</%s>' % (
        tag, _FORMAT_ID.encode(), number, KEY.encode(), value, tag
    )  # fmt: skip


def _value(names: _Names, payload: bytes) -> bytes:
    return b'<vt:lpwstr xmlns:vt="%s">%s</vt:lpwstr>' % (names.types.encode(), _xml.text(payload))


def _linked(parts: Parts, part: str) -> Iterator[Change]:
    """What makes the package know its custom properties: a relationship and a content type."""
    relations = parts.find(_RELATIONS) or _RELATIONS
    document = parts.document(relations)
    known = [
        (ident, target.lower()) for ident, kind, target in _relations(parts) if kind in (_TRANSITIONAL[0], _STRICT[0])
    ]
    if part.lower() not in {target for _, target in known}:
        ident = _unused({e.attributes.get("Id", "") for e in document.children(document.root)})
        tag = document.root.named("Relationship")
        new = b'<%s Id="%s" Type="%s" Target="%s"/>' % (
            tag, ident.encode(), _names(parts).relation.encode(), _xml.escaped(part.encode())
        )  # fmt: skip
        yield relations, _xml.inside(document, document.root, new)
    types = parts.document(_types(parts))
    overrides = {e.attributes.get("PartName", "").lower() for e in types.children(types.root, "Override")}
    if f"/{part}".lower() not in overrides:
        tag = types.root.named("Override")
        name = _xml.escaped(f"/{part}".encode())
        new = b'<%s PartName="%s" ContentType="%s"/>' % (tag, name, _CONTENT_TYPE.encode())
        yield _types(parts), _xml.inside(types, types.root, new)


def _unused(taken: set[str]) -> str:
    number = len(taken) + 1
    while f"rId{number}" in taken:
        number += 1
    return f"rId{number}"
