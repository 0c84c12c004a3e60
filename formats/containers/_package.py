"""Documents that are ZIP archives of parts: what OOXML, ODF, EPUB, OFD and XMind share.

A format says where in its parts labels stand (:meth:`Package.spots`) and how one is put in; this module opens the
archive, decides what becomes of each spot and splices parts and archive.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit, apply
from labelkit.formats.containers import _xml, _zip
from labelkit.formats.containers._homes import fixed, plan
from labelkit.formats.containers._xml import Document, Element
from labelkit.formats.containers._zip import Archive, Member

#: Where C2PA keeps a manifest store in documents that are ZIP archives (C2PA specification, embedding into ZIP).
_C2PA = "META-INF/content_credential.c2pa"
#: Name of a part and an edit of its content in UTF-8.
Change: TypeAlias = "tuple[str, Edit]"


class Parts:
    """The parts of an open package; each is read when somebody asks for it."""

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self.archive: Archive = _zip.open_archive(data)
        self.members: dict[str, Member] = {m.name: m for m in self.archive.members}
        self._contents: dict[str, bytes] = {}
        self._documents: dict[str, Document] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.members

    def find(self, wanted: str) -> str:
        """The part of this name, whatever its capitals (OPC 6.2.2.3), or ``""``."""
        if wanted in self.members:
            return wanted
        return next((name for name in self.members if name.lower() == wanted.lower()), "")

    def content(self, name: str) -> bytes:
        """What a part holds.

        Raises:
            BrokenFile: there is no such part, or it is damaged.
        """
        if name not in self.members:
            raise BrokenFile(f"there is no part {name}", place="ZIP directory", remedy="save the document again")
        if name not in self._contents:
            self._contents[name] = _zip.content(self.data, self.members[name])
        return self._contents[name]

    def document(self, name: str) -> Document:
        """An XML part, scanned."""
        if name not in self._documents:
            self._documents[name] = _xml.scan(self.content(name), name)
        return self._documents[name]

    def edits(self, changes: Iterable[Change]) -> list[Edit]:
        """Changes of parts, as edits of the archive."""
        by_part: dict[str, list[Edit]] = {}
        for name, edit in changes:
            by_part.setdefault(name, []).append(edit)
        made = {name: self._spliced(name, edits) for name, edits in by_part.items()}
        changed = {n: body for n, body in made.items() if n in self.members and body != self.content(n)}
        added = {n: body for n, body in made.items() if n not in self.members}
        return _zip.edits(self.archive, self.data, changed, added) if changed or added else []

    def _spliced(self, name: str, edits: Sequence[Edit]) -> bytes:
        if name in self._documents:
            document = self._documents[name]
            return document.stored(b"".join(apply(document.data, edits)))
        old = self.content(name) if name in self.members else b""
        return b"".join(apply(old, edits))


@dataclass(frozen=True, slots=True)
class Spot:
    """A unit and where in its part it stands.

    Attributes:
        unit: what the reader gets.
        part: name of the part.
        whole: the edit that takes it out.
        element: the XML element, where it is one.
    """

    unit: Unit
    part: str
    whole: Edit
    element: Element | None = None


class Package(Container):
    """A document of parts. Subclasses say where labels stand."""

    home: ClassVar[Kind] = Kind.FIELD

    def read(self, data: Buffer) -> Iterator[Unit]:
        parts = Parts(data)
        yield from credentials(parts)
        for spot in self.spots(parts):
            yield spot.unit

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        parts = Parts(data)
        spots = list(self.spots(parts))
        todo = plan((spot.unit for spot in spots), payload, others)
        if todo.idle:
            return []
        self.check(parts)
        changes: list[Change] = []
        for spot in spots:
            if spot.unit in todo.changed:
                changes += self._change(parts, spot, todo.changed[spot.unit])
        if todo.new is not None:
            changes += self.insertion(parts, todo.new)
        return parts.edits(changes)

    def _change(self, parts: Parts, spot: Spot, new: bytes | None) -> Iterable[Change]:
        if new is None:
            return [(spot.part, spot.whole)]
        if not spot.unit.home:
            raise fixed(spot.unit)
        return self.filled(parts, spot, new)

    @abstractmethod
    def spots(self, parts: Parts) -> Iterator[Spot]:
        """Every place that may hold a label; one of them may be the home."""

    @abstractmethod
    def filled(self, parts: Parts, spot: Spot, payload: bytes) -> Iterable[Change]:
        """The changes after which the home holds ``payload``."""

    @abstractmethod
    def insertion(self, parts: Parts, payload: bytes) -> Iterable[Change]:
        """The changes that make a home that holds ``payload``."""

    def check(self, parts: Parts) -> None:
        """Refuse what must not be changed.

        Raises:
            UnsupportedOperation: the document is signed or encrypted.
        """


def spot(parts: Parts, part: str, element: Element, kind: Kind, key: str, **more: object) -> Spot:
    """A spot that is one XML element with text; ``home``, ``notes`` and ``data`` as in :class:`Unit`."""
    document, member = parts.document(part), parts.members[part]
    place = f"{part} {key or element.local}, byte {element.start}"
    data = more.pop("data", None)
    text = data if isinstance(data, bytes) else document.text(element).encode()
    unit = Unit(kind, place, text, member.start, member.stop, key, **more)  # type: ignore[arg-type]
    return Spot(unit, part, _xml.cut(document, element), element)


def signed(what: str) -> UnsupportedOperation:
    """The error of a document whose digital signature a label would break."""
    return UnsupportedOperation(
        "the document is digitally signed, and a label would break the signature",
        place=what,
        remedy="label it first, sign it last",
    )


def encrypted(what: str) -> UnsupportedOperation:
    """The error of a document that cannot be read without its password."""
    return UnsupportedOperation("the document is encrypted", place=what, remedy="save it without a password first")


def credentials(parts: Parts) -> Iterator[Unit]:
    """The C2PA manifest store, if there is one."""
    if _C2PA in parts:
        member = parts.members[_C2PA]
        yield Unit(Kind.C2PA, member.place, parts.content(_C2PA), member.start, member.stop, _C2PA)
