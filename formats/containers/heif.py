"""HEIF and AVIF: pictures as items of an ISO base media file (ISO/IEC 23008-12; AV1 Image File Format).

XMP is an item of type ``mime`` with the content type ``application/rdf+xml`` that describes (``cdsc``) the primary
item (ISO/IEC 23008-12 Annex A.3). Image sequences without a picture item get MP4's ``uuid`` box instead.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Container, Edit, Unit
from labelkit.formats.containers._heif_edit import Plan
from labelkit.formats.containers._heif_scan import scan

# Brands of ISO/IEC 23008-12 Annexes B to I and of its amendments: HEVC, AVC, JPEG, VVC, EVC and JPEG 2000 pictures.
_HEIF = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"avci", b"avcs", b"jpeg", b"jpgs"}
    | {b"vvic", b"vvis", b"evbi", b"evbs", b"evmi", b"evms", b"j2ki", b"j2is"}
)
_AVIF = frozenset({b"avif", b"avis"})
# Brands that only say "pictures" and leave the codec to the others (23008-12 section 10, MIAF 23000-22).
_STRUCTURAL = frozenset(
    {b"mif1", b"mif2", b"mif3", b"msf1", b"miaf", b"MiHB", b"MiHA", b"MiHE", b"MiPr", b"1pic", b"unif"}
)

#: Major brands of files that are pictures, whatever else they hold.
PICTURE_BRANDS = _HEIF | _AVIF | _STRUCTURAL


def _brands(head: bytes) -> tuple[bytes, frozenset[bytes]]:
    """Major brand and compatible brands, as far as ``head`` reaches; empty when there is no ftyp box."""
    if len(head) < 12 or head[4:8] != b"ftyp":
        return b"", frozenset()
    (size,) = struct.unpack_from(">I", head)
    stop = min(size, len(head)) if size else len(head)
    return head[8:12], frozenset(head[at : at + 4] for at in range(16, stop - 3, 4))


class _Pictures(Container):
    """What HEIF and AVIF share, which is everything but the brands."""

    own: ClassVar[frozenset[bytes]]
    foreign: ClassVar[frozenset[bytes]]
    #: Score of a file whose brands name no codec at all.
    codec_unknown: ClassVar[int]

    def score(self, head: bytes) -> int:
        major, others = _brands(head)
        if major in self.own:
            return 100
        if major not in _STRUCTURAL:
            # Films list picture brands now and then; what the file mainly is, the major brand says.
            return 0
        if others & self.own:
            return 70 if others & self.foreign else 95
        return 0 if others & self.foreign else self.codec_unknown

    def read(self, data: Buffer) -> Iterator[Unit]:
        found = scan(data, self.name)
        yield from found.units()
        if found.error:
            raise found.error

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        found = scan(data, self.name)
        if found.error:
            raise found.error
        plan = Plan(found)
        known = {f.unit: f for f in found.found if not f.alias}
        for unit, new in others.items():
            if unit not in known:
                raise BrokenFile("the file changed since it was read", place=unit.place, remedy="read it again")
            if not unit.home:
                plan.put(known[unit], new)
        plan.put_home(payload)
        return plan.edits()


class Heif(_Pictures):
    """HEIC and HEIF files."""

    name = "HEIF"
    own = _HEIF
    foreign = _AVIF
    codec_unknown = 80


class Avif(_Pictures):
    """AVIF files, still and animated."""

    name = "AVIF"
    own = _AVIF
    foreign = _HEIF
    codec_unknown = 0
