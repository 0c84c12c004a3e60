"""The tags of Matroska files (RFC 9559 section 5.1.8): read, and made anew with a label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labelkit.errors import LimitExceeded
from labelkit.formats.base import MAX_UNITS, Buffer, Kind, Unit, bounded
from labelkit.formats.containers import _ebml
from labelkit.formats.containers._ebml import Element
from labelkit.formats.containers._homes import KEY, MAX_TEXT_BYTES, Plan, fixed

TAGS = 0x1254C367
_TAG, _TARGETS, _SIMPLE, _NAME, _STRING = 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487
# Ids in Targets that tie a tag to a track, edition, chapter or attachment.
_UIDS = frozenset({0x63C5, 0x63C9, 0x63C4, 0x63C6})
# SimpleTags inside SimpleTags; the tag registry needs two levels.
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Simple:
    """One SimpleTag: its element, its name, its text, and how deep it lies in others."""

    element: Element
    name: str
    text: bytes
    depth: int


def units(data: Buffer, tags: Element, name: str) -> Iterator[Unit]:
    """Every text of a ``Tags`` element.

    Raises:
        BrokenFile, LimitExceeded: elements contradict each other, are too many or too deep.
    """
    bounded(tags.size, tags.place, "Tags element")
    for count, simple in enumerate(_simples(data, tags)):
        if count > MAX_UNITS:
            raise LimitExceeded(f"more than {MAX_UNITS} tags", place=tags.place, remedy="inspect the file")
        home = simple.depth == 0 and simple.name == KEY
        found = simple.element
        place = f"{name} Tags.Tag.SimpleTag {simple.name[:80]}, byte {found.start}"
        kind = Kind.FIELD if home else Kind.TAG
        yield Unit(kind, place, simple.text, found.start, found.stop, simple.name, home)


def _simples(data: Buffer, tags: Element) -> Iterator[Simple]:
    for tag in _ebml.elements(data, tags.body, tags.stop):
        if tag.id == _TAG:
            for child in _ebml.elements(data, tag.body, tag.stop):
                if child.id == _SIMPLE:
                    yield from _simple(data, child, 0)


def _simple(data: Buffer, found: Element, depth: int) -> Iterator[Simple]:
    if depth > _MAX_DEPTH:
        raise LimitExceeded(f"tags nested deeper than {_MAX_DEPTH}", place=found.place, remedy="inspect the file")
    name, text, inner = "", b"", []
    for child in _ebml.elements(data, found.body, found.stop):
        if child.id == _NAME:
            name = bytes(data[child.body : child.stop]).rstrip(b"\0").decode("utf-8", "replace")
        elif child.id == _STRING and child.size <= MAX_TEXT_BYTES:
            # A text may end in zero bytes (RFC 8794 section 7.4).
            text = bytes(data[child.body : child.stop]).rstrip(b"\0")
        elif child.id == _SIMPLE:
            inner.append(child)
    yield Simple(found, name, text, depth)
    for child in inner:
        yield from _simple(data, child, depth + 1)


def new(value: bytes) -> bytes:
    """A ``Tags`` element with the label alone."""
    return _ebml.pack(TAGS, _tag(value))


def _tag(value: bytes) -> bytes:
    return _ebml.pack(_TAG, _ebml.pack(_TARGETS, b"") + _label(value))


def _label(value: bytes) -> bytes:
    return _ebml.pack(_SIMPLE, _ebml.pack(_NAME, KEY.encode()) + _ebml.pack(_STRING, value))


def rewritten(data: Buffer, tags: Element, plan: Plan) -> bytes:
    """The ``Tags`` element as ``plan`` asks; Tags left without content go, and b"" means that nothing is left."""
    children: list[bytes] = []
    added = plan.new is None
    for child in _ebml.elements(data, tags.body, tags.stop):
        whole = child.id == _TAG and not added and _is_whole(data, child)
        children.append(_rewritten_tag(data, child, plan, whole) if child.id == _TAG else _raw(data, child))
        added = added or whole
    if plan.new is not None and not added:
        children.append(_tag(plan.new))
    if not any(child[:2] == _TAG.to_bytes(2, "big") for child in children):
        return b""
    return _ebml.pack(TAGS, _ebml.summed(children), tags.size_bytes)


def _is_whole(data: Buffer, tag: Element) -> bool:
    """Whether a Tag is about the whole file."""
    return not any(
        target.id in _UIDS and _ebml.uint(data, target)
        for child in _ebml.elements(data, tag.body, tag.stop)
        if child.id == _TARGETS
        for target in _ebml.elements(data, child.body, child.stop)
    )


def _rewritten_tag(data: Buffer, tag: Element, plan: Plan, add: bool) -> bytes:
    mine = plan.within(tag.start, tag.stop)
    if not mine and not add:
        return _raw(data, tag)
    changes = {unit.start: (unit, new) for unit, new in mine.items()}
    children = [_changed(data, child, changes) for child in _ebml.elements(data, tag.body, tag.stop)]
    if add and plan.new is not None:
        children.append(_label(plan.new))
    if not any(child[:2] == _SIMPLE.to_bytes(2, "big") for child in children):
        return b""
    return _ebml.pack(_TAG, _ebml.summed(children), tag.size_bytes)


def _changed(data: Buffer, child: Element, changes: dict[int, tuple[Unit, bytes | None]]) -> bytes:
    """One child of a Tag or SimpleTag; those inside it are changed too."""
    if child.start in changes:
        unit, value = changes[child.start]
        if value is not None and not unit.home:
            raise fixed(unit)
        return b"" if value is None else _label(value)
    if child.id != _SIMPLE or not any(child.start < start < child.stop for start in changes):
        return _raw(data, child)
    children = [_changed(data, inner, changes) for inner in _ebml.elements(data, child.body, child.stop)]
    return _ebml.pack(_SIMPLE, _ebml.summed(children), child.size_bytes)


def _raw(data: Buffer, found: Element) -> bytes:
    return bytes(data[found.start : found.stop])
