"""OFD, the fixed-layout documents of GB/T 33190-2016.

TC260-PG-20258A is said to name OFD, but the clause was not seen, so the place is our choice and experimental: the slot
that the format has for such data, ``CustomData`` with ``Name="AIGC"`` in ``DocInfo`` (GB/T 33190-2016 7.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labelkit.errors import BrokenFile
from labelkit.formats.base import Edit, Kind
from labelkit.formats.containers import _xml, _zip
from labelkit.formats.containers._homes import KEY
from labelkit.formats.containers._package import Change, Package, Parts, Spot, signed, spot
from labelkit.formats.containers._xml import Document, Element

_ROOT = "OFD.xml"


class Ofd(Package):
    """OFD documents; the first one where a file holds several."""

    name = "OFD"

    def score(self, head: bytes) -> int:
        names, _ = _zip.peek(head)
        if _ROOT in names:
            return 100
        # The root may stand behind the pages, which have names of their own.
        return 60 if any(name.startswith("Doc_0/") for name in names) else 0

    def spots(self, parts: Parts) -> Iterator[Spot]:
        document = parts.document(_ROOT)
        _info(document)
        for element in document.elements:
            if element.parent is None or element.parent.local not in ("DocInfo", "CustomDatas", "Keywords"):
                continue
            custom = element.local == "CustomData"
            key = element.attributes.get("Name", "") if custom else element.local
            if element.local not in ("CustomDatas", "Keywords"):
                main = custom and key == KEY
                yield spot(parts, _ROOT, element, Kind.FIELD if main else Kind.TAG, key, home=main)

    def check(self, parts: Parts) -> None:
        document = parts.document(_ROOT)
        if any(e.local == "Signatures" and document.text(e).strip() for e in document.elements):
            raise signed(f"{_ROOT} Signatures")

    def filled(self, parts: Parts, spot: Spot, payload: bytes) -> Iterable[Change]:
        element = spot.element
        assert element is not None
        yield _ROOT, Edit(element.start, element.stop, _element(element, payload))

    def insertion(self, parts: Parts, payload: bytes) -> Iterable[Change]:
        document = parts.document(_ROOT)
        info = _info(document)
        slot = next(document.children(info, "CustomDatas"), None)
        new = _element(info, payload)
        if slot is None:
            tag = info.named("CustomDatas")
            yield _ROOT, _xml.inside(document, info, b"<%s>%s</%s>" % (tag, new, tag))
        else:
            yield _ROOT, _xml.inside(document, slot, new)


def _info(document: Document) -> Element:
    found = next((e for e in document.elements if e.local == "DocInfo"), None)
    if found is None:
        raise BrokenFile("there is no DocInfo", place=_ROOT, remedy="save the document again")
    return found


def _element(like: Element, payload: bytes) -> bytes:
    tag = like.named("CustomData")
    return b'<%s Name="%s">%s</%s>' % (tag, KEY.encode(), _xml.text(payload), tag)
