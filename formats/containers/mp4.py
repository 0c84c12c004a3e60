"""MP4, M4A, 3GP and QuickTime: boxes of the ISO base media file format (ISO/IEC 14496-12, 14496-14; QTFF).

The label is the value of the key AIGC (namespace mdta) in ``moov.udta.meta`` (TC260-PG-202510A for sound,
TC260-PG-20257A 6.1 for films). iTunes' own list in the same place stays the first. Coded data are never read; offsets
to them follow when they move.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _mp4_edit, _mp4_scan
from labelkit.formats.containers._homes import plan
from labelkit.formats.containers.heif import PICTURE_BRANDS

_SOUND_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "})
# First boxes of files without ftyp (QuickTime before 2001, fragments).
_BARE = frozenset({b"moov", b"mdat", b"wide", b"styp", b"pnot"})
_HANDLERS = (b"soun", b"vide")
_UNSURE = 50


class Mp4(Container):
    """Films, and everything whose head does not say that it is sound alone."""

    name = "MP4"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        sound, sure = _looks(head)
        return 0 if not sure else 10 if sound else sure

    def read(self, data: Buffer) -> Iterator[Unit]:
        moov = False
        for box, _, found in _mp4_scan.walk(data, self.name):
            moov = moov or box.type == b"moov"
            yield from (f.unit for f in found)
        if not moov:
            raise BrokenFile(
                "there is no moov box", place=f"{self.name}, byte {len(data)}", remedy="copy the file again"
            )

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        scan = _mp4_scan.scan(data, self.name)
        return _mp4_edit.edits(data, scan, plan([f.unit for f in scan.found], payload, others))


class M4a(Mp4):
    """Sound alone."""

    name = "M4A"

    def score(self, head: bytes) -> int:
        sound, sure = _looks(head)
        return sure if sound else min(sure, _UNSURE)


def _looks(head: bytes) -> tuple[bool, int]:
    """Whether it is sound alone, as far as the head tells, and how sure we are that it is one of ours."""
    kind = head[4:8]
    if kind == b"ftyp" and len(head) >= 12:
        brand = head[8:12]
        if brand in PICTURE_BRANDS:
            return False, 0
        return _tracks(head, brand)
    if kind in _BARE and _fits(head):
        return _tracks(head, b"")
    return False, 0


def _tracks(head: bytes, brand: bytes) -> tuple[bool, int]:
    handlers = {head[at + 12 : at + 16] for at in _places(head, b"hdlr")}
    if b"vide" in handlers:
        return False, 100
    if brand in _SOUND_BRANDS:
        return True, 100
    return (True, 90) if b"soun" in handlers else (False, _UNSURE)


def _places(head: bytes, word: bytes) -> Iterator[int]:
    at = head.find(word)
    while at >= 0:
        yield at
        at = head.find(word, at + 1)


def _fits(head: bytes) -> bool:
    """Whether the first box could have a box in it."""
    (size,) = struct.unpack_from(">I", head)
    return size in (0, 1) or size >= 8
