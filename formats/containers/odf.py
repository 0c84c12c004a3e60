"""ODT, ODS, ODP and their templates: OpenDocument packages (OASIS OpenDocument 1.3, parts 2 and 3).

The label is the user-defined metadata ``AIGC`` in ``meta.xml``: no guide names OpenDocument, and this is where office
suites put the custom property of the DOCX that they convert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from labelkit.errors import BrokenFile
from labelkit.formats.base import Edit, Kind
from labelkit.formats.containers import _xml, _zip
from labelkit.formats.containers._homes import KEY
from labelkit.formats.containers._package import Change, Package, Parts, Spot, encrypted, signed, spot

_META = "meta.xml"
_MANIFEST = "META-INF/manifest.xml"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_META_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"
_TYPE = b"application/vnd.oasis.opendocument."


class _Odf(Package):
    """What the applications share."""

    #: What follows the common part of the MIME type.
    type: ClassVar[bytes]

    def score(self, head: bytes) -> int:
        _, contents = _zip.peek(head)
        return 100 if contents.get("mimetype", b"").startswith(_TYPE + self.type) else 0

    def spots(self, parts: Parts) -> Iterator[Spot]:
        if "encrypted-package" in parts or _is_encrypted(parts):
            raise encrypted(_MANIFEST)
        if _META not in parts:
            return
        document = parts.document(_META)
        for meta in [e for e in document.elements if (e.uri, e.local) == (_OFFICE, "meta")]:
            for element in document.children(meta):
                defined = element.local == "user-defined"
                key = element.attributes.get("name", "") if defined else element.local
                main = defined and key == KEY
                yield spot(parts, _META, element, Kind.FIELD if main else Kind.TAG, key, home=main)

    def check(self, parts: Parts) -> None:
        if "META-INF/documentsignatures.xml" in parts:
            raise signed("META-INF/documentsignatures.xml")

    def filled(self, parts: Parts, spot: Spot, payload: bytes) -> Iterable[Change]:
        element = spot.element
        assert element is not None
        yield _META, Edit(element.start, element.stop, _element(payload))

    def insertion(self, parts: Parts, payload: bytes) -> Iterable[Change]:
        if _META not in parts:
            yield from _new(parts, payload)
            return
        document = parts.document(_META)
        meta = next((e for e in document.elements if (e.uri, e.local) == (_OFFICE, "meta")), None)
        if meta is None:
            wrapped = b'<office:meta xmlns:office="%s">%s</office:meta>' % (_OFFICE.encode(), _element(payload))
            yield _META, _xml.inside(document, document.root, wrapped)
        else:
            yield _META, _xml.inside(document, meta, _element(payload))


class Odt(_Odf):
    """Text documents, master documents and their templates."""

    name = "ODT"
    type = b"text"


class Ods(_Odf):
    """Spreadsheets and their templates."""

    name = "ODS"
    type = b"spreadsheet"


class Odp(_Odf):
    """Presentations and their templates."""

    name = "ODP"
    type = b"presentation"


class Odg(_Odf):
    """Drawings and their templates."""

    name = "ODG"
    type = b"graphics"


def _is_encrypted(parts: Parts) -> bool:
    """Whether the manifest keeps a key for the metadata (OpenDocument 1.3 part 2, 4.5)."""
    if _MANIFEST not in parts:
        raise BrokenFile(f"there is no part {_MANIFEST}", place="ZIP directory", remedy="save the document again")
    document = parts.document(_MANIFEST)
    locked = (e.parent for e in document.elements if e.local == "encryption-data")
    return any(e is not None and e.attributes.get("full-path") == _META for e in locked)


def _element(payload: bytes) -> bytes:
    """The value type is left at its default, text (OpenDocument 1.3 part 3, 4.3.3)."""
    return b'<meta:user-defined xmlns:meta="%s" meta:name="%s">%s</meta:user-defined>' % (
        _META_NAMESPACE.encode(), KEY.encode(), _xml.text(payload)
    )  # fmt: skip


def _new(parts: Parts, payload: bytes) -> Iterator[Change]:
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-meta xmlns:office="%s" office:version="1.3">'
    body = b"<office:meta>%s</office:meta></office:document-meta>" % _element(payload)
    yield _META, Edit(0, 0, head % _OFFICE.encode() + body)
    document = parts.document(_MANIFEST)
    root = document.root
    entry = b'<m:file-entry xmlns:m="%s" m:full-path="meta.xml" m:media-type="text/xml"/>' % root.uri.encode()
    yield _MANIFEST, _xml.inside(document, root, entry)
