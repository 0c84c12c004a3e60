"""APEv2 tags at the end of a file: items under a key (Hydrogenaudio, "APEv2 specification").

WavPack and Monkey's Audio have no other tags; MP3 files carry them now and then.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Edit, Kind, Unit, bounded
from labelkit.formats.containers._homes import KEY, MAX_TEXT_BYTES, Plan, fixed

PREAMBLE = b"APETAGEX"
FOOTER_BYTES = 32
_ITEM_HEADER_BYTES = 8
_VERSION = 2000
_HAS_HEADER, _IS_HEADER = 1 << 31, 1 << 29
# Bits 1 and 2 of an item's flags: 0 is UTF-8 text, 2 a link.
_KIND_BITS = 0b110
_TEXT_KINDS = (0b000, 0b100)
#: "Members of the tag: at most 65,536" is what common readers accept.
_MAX_ITEMS = 65_536


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its bytes in the file, its key, its flags and where the value starts."""

    key: str
    start: int
    value: int
    stop: int
    flags: int


@dataclass(frozen=True, slots=True)
class ApeTag:
    """A tag with its optional header: ``start`` to ``stop`` in the file, items from ``first`` to ``footer``."""

    start: int
    first: int
    footer: int
    stop: int
    items: tuple[Item, ...]
    version: int = _VERSION

    @property
    def has_header(self) -> bool:
        """Whether a header stands in front of the items."""
        return self.start < self.first


def parse(data: Buffer, stop: int, floor: int = 0) -> ApeTag | None:
    """The tag whose footer ends at ``stop``, or None.

    Raises:
        BrokenFile: the tag starts before ``floor``, or its items do not fit it.
        LimitExceeded: it is too large.
    """
    footer = stop - FOOTER_BYTES
    if footer < floor or data[footer : footer + 8] != PREAMBLE:
        return None
    version, size, count, flags = struct.unpack_from("<IIII", data, footer + 8)
    first = stop - size
    start = first - FOOTER_BYTES if flags & _HAS_HEADER else first
    if flags & _IS_HEADER or size < FOOTER_BYTES or start < floor or count > _MAX_ITEMS:
        raise _broken(footer)
    bounded(size, f"APEv2, byte {start}", "APEv2 tag")
    if start < first and data[start : start + 8] != PREAMBLE:
        raise _broken(start)
    items = tuple(_items(data, first, footer, count))
    return ApeTag(start, first, footer, stop, items, version)


def _broken(at: int) -> BrokenFile:
    return BrokenFile("the APEv2 tag is damaged", place=f"APEv2, byte {at}", remedy="save the tag again")


def _items(data: Buffer, start: int, stop: int, count: int) -> Iterator[Item]:
    at = start
    for _ in range(count):
        if at + _ITEM_HEADER_BYTES > stop:
            raise _broken(at)
        size, flags = struct.unpack_from("<II", data, at)
        key = at + _ITEM_HEADER_BYTES
        end = data.find(b"\0", key, min(stop, key + 256))
        if end < 0 or end + 1 + size > stop:
            raise _broken(at)
        yield Item(bytes(data[key:end]).decode("latin-1"), at, end + 1, end + 1 + size, flags)
        at = end + 1 + size


def units(data: Buffer, tag: ApeTag, name: str, *, main: bool) -> Iterator[Unit]:
    """The text items of a tag.

    Args:
        data: the whole file.
        tag: the tag.
        name: of the file format, for places.
        main: whether an item AIGC is the home.
    """
    for item in tag.items:
        size = item.stop - item.value
        if item.flags & _KIND_BITS not in _TEXT_KINDS or size > MAX_TEXT_BYTES:
            continue
        home = main and item.key == KEY
        place = f"{name} APEv2 {item.key}, byte {item.start}"
        value = bytes(data[item.value : item.stop])
        yield Unit(Kind.FIELD if home else Kind.TAG, place, value, item.start, item.stop, item.key, home)


def edits(tag: ApeTag, plan: Plan) -> list[Edit]:
    """The edits inside one tag: items replaced, taken out or added, and what its header and footer say of them."""
    made, count = [], len(tag.items)
    for unit, new in plan.within(tag.first, tag.footer).items():
        if new is not None and not unit.home:
            raise fixed(unit)
        count -= new is None
        made.append(Edit(unit.start, unit.stop, b"" if new is None else _item(new)))
    if plan.new is not None:
        count += 1
        # Behind the items that were counted; something uncounted may follow.
        at = tag.items[-1].stop if tag.items else tag.first
        made.append(Edit(at, at, _item(plan.new)))
    grown = sum(len(e.data) - (e.stop - e.start) for e in made)
    if grown or count != len(tag.items):
        counts = struct.pack("<II", tag.stop - tag.first + grown, count)
        made += [Edit(at + 12, at + 20, counts) for at in _frames(tag)]
    return made


def _frames(tag: ApeTag) -> Sequence[int]:
    return (tag.start, tag.footer) if tag.has_header else (tag.footer,)


def _item(value: bytes) -> bytes:
    return struct.pack("<II", bounded(len(value), "APEv2"), 0) + KEY.encode() + b"\0" + value


def new_tag(value: bytes) -> bytes:
    """A tag with header, footer and one item, the label."""
    item = _item(value)

    def frame(flags: int) -> bytes:
        return PREAMBLE + struct.pack("<IIII", _VERSION, len(item) + FOOTER_BYTES, 1, flags) + bytes(8)

    return frame(_HAS_HEADER | _IS_HEADER) + item + frame(_HAS_HEADER)
