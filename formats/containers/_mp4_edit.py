"""Changing the metadata of MP4 and QuickTime files; what moves is mended by ``_bmff_splice.py``."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer, Edit, Kind
from labelkit.formats.containers import _bmff
from labelkit.formats.containers._bmff import Box, children, make, make_full
from labelkit.formats.containers._bmff_splice import Change, absorb, splice
from labelkit.formats.containers._homes import KEY, Plan, fixed
from labelkit.formats.containers._mp4_scan import MDTA, UTF8, Found, Meta, Scan

_FREE_HEADER_BYTES = 8
# Boxes whose offsets splice() does not mend.
_LOCATIONS = b"iloc"


def edits(data: Buffer, scan: Scan, plan: Plan) -> list[Edit]:
    """The edits that carry out ``plan``.

    Raises:
        UnsupportedOperation: item locations would have to move, or ``moov`` is compressed.
        LimitExceeded: a size or offset would not fit its field.
    """
    changes = [c for found in scan.found if found.unit in plan.changed for c in _changes(found, plan)]
    target = _target(scan) if plan.new is not None else None
    for meta in scan.metas:
        gone = _gone(meta, scan, plan) if meta.keys else frozenset()
        changes += _renumbered(meta, gone)
        if meta is target and plan.new is not None:
            changes += _listed(meta, len(meta.names) - len(gone) + 1, plan.new)
        elif gone:
            changes.append(_counted(meta, len(meta.names) - len(gone)))
    if plan.new is not None and target is None:
        changes.append(_added(data, scan, plan))
    if not changes:
        return []
    changes += _absorbed(data, scan, changes)
    if sum(c.growth for c in changes):
        _check_movable(data, scan)
    return splice(data, changes, _bmff.tree(data))


def _changes(found: Found, plan: Plan) -> Iterator[Change]:
    unit, box = found.unit, found.box
    new = plan.changed[unit]
    if new is None:
        yield Change(box.start, box.stop, b"", found.parents)
    elif unit.home:
        # The data box itself: the item around it keeps its number.
        parents = found.parents if box.start == unit.start else (box, *found.parents)
        yield Change(unit.start, unit.stop, _data(new), parents)
    elif unit.kind is Kind.XMP:
        yield Change(box.start, box.stop, make(box.type, box.user + new), found.parents)
    else:
        raise fixed(unit)


def _data(value: bytes) -> bytes:
    return make(b"data", struct.pack(">II", UTF8, 0) + value)


def _gone(meta: Meta, scan: Scan, plan: Plan) -> frozenset[int]:
    """The numbers of the keys that lose their last item."""
    mine = (f for f in scan.found if f.meta and f.meta.box == meta.box and f.unit in plan.changed)
    taken = {f.box for f in mine if plan.changed[f.unit] is None}
    left = {_number(item) for item in meta.items if item not in taken}
    gone = {_number(item) for item in meta.items if item in taken} - left
    return frozenset(number for number in gone if 1 <= number <= len(meta.names))


def _renumbered(meta: Meta, gone: frozenset[int]) -> Iterator[Change]:
    """``keys`` without the entries ``gone``, and the numbers of the items behind them; the count is not touched."""
    for number in gone:
        start, stop, _, _ = meta.names[number - 1]
        yield Change(start, stop, b"", _around_keys(meta))
    ordered = sorted(gone)
    for item in meta.items:
        number = _number(item)
        lower = bisect_left(ordered, number)
        if lower and number not in gone and number <= len(meta.names):
            yield Change(item.start + 4, item.start + 8, struct.pack(">I", number - lower))


def _counted(meta: Meta, count: int) -> Change:
    """The number of entries that ``keys`` states."""
    at = _around_keys(meta)[0].body + 4
    return Change(at, at + 4, struct.pack(">I", count))


def _around_keys(meta: Meta) -> tuple[Box, ...]:
    assert meta.keys is not None
    return (meta.keys, meta.box, *meta.parents)


def _number(item: Box) -> int:
    return int.from_bytes(item.type, "big")


def _target(scan: Scan) -> Meta | None:
    """The guide's list, if there is one."""
    return next((m for m in scan.metas if m.main and m.keys is not None and m.list is not None), None)


def _listed(meta: Meta, number: int, value: bytes) -> Iterator[Change]:
    """A key and its item at the end of the guide's list."""
    assert meta.keys is not None
    assert meta.list is not None
    yield Change(meta.keys.stop, meta.keys.stop, _entry(), _around_keys(meta))
    yield _counted(meta, number)
    item = make(struct.pack(">I", number), _data(value))
    yield Change(meta.list.stop, meta.list.stop, item, (meta.list, meta.box, *meta.parents))


def _added(data: Buffer, scan: Scan, plan: Plan) -> Change:
    """The guide's list, made at the end of ``moov.udta``.

    ffmpeg (5.1) applies the first ``keys`` box of a file to all lists. So that it names everything right, ours stands
    in front of QuickTime's own list in ``moov.meta`` where it can, and repeats that list's keys before its own.
    """
    other = next((m for m in scan.metas if m.keys is not None and m.parents == (scan.moov,)), None)
    gone = _gone(other, scan, plan) if other else frozenset()
    names = [bytes(data[n[0] : n[1]]) for i, n in enumerate(other.names, 1) if i not in gone] if other else []
    assert plan.new is not None
    if scan.udta is None:
        at = other.box.start if other else scan.moov.stop
        return Change(at, at, make(b"udta", _new_meta(names, plan.new)), (scan.moov,))
    if other and other.box.start < scan.udta.start:
        names = []
    # Behind the last box: user data may end in four zero bytes, and iTunes' own list stays the first.
    last = max((b.stop for b in children(data, scan.udta)), default=scan.udta.body)
    return Change(last, last, _new_meta(names, plan.new), (scan.udta, scan.moov))


def _new_meta(names: Sequence[bytes], value: bytes) -> bytes:
    """The guide's list with the label as its only item, its key behind other ``names``."""
    keys = b"".join([*names, _entry()])
    number = struct.pack(">I", len(names) + 1)
    handler = make_full(b"hdlr", 0, 0, bytes(4) + MDTA + bytes(13))
    return make_full(
        b"meta", 0, 0, handler + make_full(b"keys", 0, 0, number + keys) + make(b"ilst", make(number, _data(value)))
    )


def _entry() -> bytes:
    """The label's entry in ``keys``."""
    return struct.pack(">I", 8 + len(KEY)) + MDTA + KEY.encode()


def _absorbed(data: Buffer, scan: Scan, changes: Sequence[Change]) -> list[Change]:
    """Free space inside or behind ``moov`` that takes up what the changes add, so that no coded data moves."""
    more = sum(c.growth for c in changes)
    if more <= 0 or any(scan.moov not in c.parents for c in changes if c.growth):
        return []
    for box, parents in _free_inside(data, scan):
        if box.size == more or box.size >= more + _FREE_HEADER_BYTES:
            left = b"" if box.size == more else struct.pack(">I4s", box.size - more, box.type)
            return [Change(box.start, box.start + more + len(left), left, parents)]
    behind = absorb(scan.top, scan.moov, more)
    return [behind] if behind else []


def _free_inside(data: Buffer, scan: Scan) -> Iterator[tuple[Box, tuple[Box, ...]]]:
    holders: list[tuple[Box, tuple[Box, ...]]] = [(m.box, m.parents) for m in scan.metas if scan.moov in m.parents]
    holders += [(scan.udta, (scan.moov,))] if scan.udta else []
    holders.append((scan.moov, ()))
    for holder, parents in holders:
        for box in children(data, holder):
            if box.type in (b"free", b"skip") and not box.long and not box.open:
                yield box, (holder, *parents)


def _check_movable(data: Buffer, scan: Scan) -> None:
    for box in scan.top:
        inner = children(data, box) if box.type in (b"meta", b"moov") else ()
        for child in inner:
            if child.type == b"cmov":
                raise UnsupportedOperation("its moov box is compressed", place=child.place, remedy="re-export the file")
            found = children(data, child) if child.type == b"meta" else (child,)
            if any(b.type == _LOCATIONS for b in found):
                raise UnsupportedOperation(
                    "pictures inside the film would have to move", place=child.place, remedy="re-export the file"
                )
