"""XMind mind maps since 2018: a ZIP archive with ``content.json`` and ``metadata.json``.

TC260-PG-20258A is said to cover XMind, but its clause was not seen, so the place is our choice and experimental: the
key ``AIGC`` of ``metadata.json``, whose value is the seven-key object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _json, _zip
from labelkit.formats.containers._homes import KEY, fixed, plan
from labelkit.formats.containers._package import Parts, credentials

_METADATA = "metadata.json"
_NO_METADATA = b"{}"


class Xmind(Container):
    """XMind workbooks; those of XMind 8 and before are recognised only."""

    name = "XMind"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        names, _ = _zip.peek(head)
        if {"content.json", _METADATA} & set(names):
            return 80
        return 40 if {"content.xml", "meta.xml"} & set(names) and "mimetype" not in names else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        parts = _opened(data)
        yield from credentials(parts)
        yield from _units(parts)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        parts = _opened(data)
        todo = plan(_units(parts), payload, others)
        text = _text(parts)
        for unit, new in todo.changed.items():
            text = _changed(text, unit, new)
        if todo.new is not None:
            text = _json.put(_json.scan(text, _METADATA), KEY, todo.new.decode())
        old = len(parts.content(_METADATA)) if _METADATA in parts else 0
        return [] if todo.idle else parts.edits([(_METADATA, Edit(0, old, text))])


def _opened(data: Buffer) -> Parts:
    parts = Parts(data)
    if "content.json" not in parts:
        raise UnsupportedOperation(
            "workbooks of XMind 8 and before have no place for a label",
            place="content.xml",
            remedy="open it in a newer XMind and save it again",
        )
    return parts


def _text(parts: Parts) -> bytes:
    return parts.content(_METADATA) if _METADATA in parts else _NO_METADATA


def _units(parts: Parts) -> Iterator[Unit]:
    found = _json.scan(_text(parts), _METADATA)
    for each in found.members:
        member, main = parts.members[_METADATA], each.key == KEY
        place = f"{_METADATA} {each.key}, character {each.start}"
        kind = Kind.FIELD if main else Kind.TAG
        yield Unit(kind, place, found.value(each), member.start, member.stop, each.key, main)


def _changed(text: bytes, unit: Unit, new: bytes | None) -> bytes:
    """The document with one member changed or taken out; a key that is there twice goes value by value."""
    found = _json.scan(text, _METADATA)
    each = next(m for m in reversed(found.members) if (m.key, found.value(m)) == (unit.key, unit.data))
    if new is None:
        return _json.take_out(found, each)
    if not unit.home:
        raise fixed(unit)
    return _json.fill(found, each, new.decode())
