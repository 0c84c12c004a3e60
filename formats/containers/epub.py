"""EPUB 2 and 3 (EPUB 3.3; OCF 3.3 for the container): books in a ZIP archive.

No guide names EPUB. The label is ``<meta name="AIGC" content="..."/>`` in the package document's metadata, a form that
both versions allow (EPUB 3.3, 5.5.8 "the meta element (obsolete)": allowed, ignored by readers).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labelkit.errors import BrokenFile
from labelkit.formats.base import Edit, Kind
from labelkit.formats.containers import _xml, _zip
from labelkit.formats.containers._homes import KEY
from labelkit.formats.containers._package import Change, Package, Parts, Spot, encrypted, signed, spot
from labelkit.formats.containers._xml import Element

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"


class Epub(Package):
    """EPUB books."""

    name = "EPUB"

    def score(self, head: bytes) -> int:
        names, contents = _zip.peek(head)
        if contents.get("mimetype", b"").strip() == b"application/epub+zip":
            return 100
        return 50 if _CONTAINER in names else 0

    def spots(self, parts: Parts) -> Iterator[Spot]:
        book = _book(parts)
        document = parts.document(book)
        for element in document.elements:
            if element.parent is None or element.parent.local not in ("metadata", "x-metadata", "dc-metadata"):
                continue
            have = element.attributes
            key = have.get("name") or have.get("property") or element.local
            main = element.local == "meta" and have.get("name") == KEY
            value = have.get("content") or document.text(element)
            notes = () if not main or (element.empty and "content" in have) else ("not-content",)
            kind = Kind.FIELD if main else Kind.TAG
            yield spot(parts, book, element, kind, key, home=main, notes=notes, data=value.encode())

    def check(self, parts: Parts) -> None:
        if "META-INF/signatures.xml" in parts:
            raise signed("META-INF/signatures.xml")

    def filled(self, parts: Parts, spot: Spot, payload: bytes) -> Iterable[Change]:
        element = spot.element
        assert element is not None
        yield spot.part, Edit(element.start, element.stop, _element(element, payload))

    def insertion(self, parts: Parts, payload: bytes) -> Iterable[Change]:
        book = _book(parts)
        document = parts.document(book)
        metadata = next(document.children(document.root, "metadata"), None)
        if metadata is None:
            raise BrokenFile("the book has no metadata", place=book, remedy="save the book again")
        inner = next(document.children(metadata, "x-metadata"), metadata)
        yield book, _xml.inside(document, inner, _element(metadata, payload))


def _book(parts: Parts) -> str:
    """The package document that the container names first."""
    document = parts.document(_CONTAINER)
    roots = [e for e in document.elements if e.local == "rootfile"]
    path = roots[0].attributes.get("full-path", "") if roots else ""
    if _ENCRYPTION in parts and path:
        locked = parts.document(_ENCRYPTION)
        if any(e.attributes.get("URI") == path for e in locked.elements):
            raise encrypted(_ENCRYPTION)
    if path not in parts:
        raise BrokenFile(f"there is no part {path}", place=_CONTAINER, remedy="save the book again")
    return path


def _element(like: Element, payload: bytes) -> bytes:
    return b'<%s name="%s" content="%s"/>' % (like.named("meta"), KEY.encode(), _xml.escaped(payload))
