"""PDF: the label as entry ``/AIGC`` of the document information dictionary (TC260-PG-20258A 6.3; ISO 32000-2, 14.3.3).

Files are updated incrementally (7.5.6): the old file stays as it is, byte for byte, and a new Info object with its
cross-references follows. Signatures stay valid, because what they cover does not change. Where the last update is a
label of ours, it is exchanged instead of piling up another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit, bounded
from labelkit.formats.containers import _text
from labelkit.formats.containers._homes import KEY, fixed, plan
from labelkit.formats.containers._pdf_file import PdfFile
from labelkit.formats.containers._pdf_syntax import Dictionary, damaged, dictionary_at, text_string

# What a trailer says of its own section only; everything else is carried over.
_OWN_KEYS = frozenset(
    {"Type", "W", "Index", "Length", "Filter", "DecodeParms", "DL", "F", "FFilter", "FDecodeParms",
     "Prev", "Size", "Info", "XRefStm"}
)  # fmt: skip
_STREAM_KEYS = frozenset({"Length", "Filter", "DecodeParms", "DL"})
# A table tells places in ten digits, a stream of ours in eight bytes.
_MAX_TABLE = 10**10
_MAX_OWN_OBJECTS = 3


@dataclass(frozen=True, slots=True)
class _Info:
    """The information dictionary: its object number, 0 where it is new, and its entries."""

    number: int
    generation: int
    entries: Dictionary | None


@dataclass(frozen=True, slots=True)
class _Object:
    """An object of an update: its numbers and its bytes between ``obj`` and ``endobj``."""

    number: int
    generation: int
    body: bytes


class Pdf(Container):
    """PDF files of any version and layout."""

    name = "PDF"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        return 100 if head.startswith((b"%PDF-", _text.BOM + b"%PDF-")) else 0

    def score_named(self, head: bytes) -> int:
        return self.score(head) or (70 if 0 <= head.find(b"%PDF-") < 1024 else 0)

    def read(self, data: Buffer) -> Iterator[Unit]:
        pdf = PdfFile(data)
        _check(pdf)
        yield from _info_units(pdf, _info(pdf))
        yield from _packets(pdf)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        pdf = PdfFile(data)
        _check(pdf)
        info = _info(pdf)
        units = [*_info_units(pdf, info), *_packets(pdf)]
        todo = plan(units, payload, others)
        if todo.idle:
            return []
        changed = {u: new for u, new in todo.changed.items() if u.kind is not Kind.XMP}
        for unit, new in changed.items():
            if new is not None and not unit.home:
                raise fixed(unit)
        packets = [_packet(pdf, new) for u, new in todo.changed.items() if u.kind is Kind.XMP and new is not None]
        if len(packets) < sum(u.kind is Kind.XMP for u in todo.changed):
            raise UnsupportedOperation("the XMP packet of a PDF is not taken out", remedy="take the label out of it")
        gone = {u.start for u, new in changed.items() if new is None and not u.home}
        old = None if packets or gone else _without_own(pdf, units)
        if old is not None:
            pdf, info = old, _info(old)
        made = _update(pdf, info, payload, gone, packets)
        return [Edit(pdf.end, len(data), made)]


def _check(pdf: PdfFile) -> None:
    if pdf.sections[0].trailer.get("Encrypt") is not None:
        raise UnsupportedOperation(
            "the PDF is encrypted", place="trailer /Encrypt", remedy="open it with its password and save it without"
        )
    if pdf.sections[0].trailer.reference("Root") is None:
        raise damaged(pdf.sections[0].at, "the trailer names no document")


def _info(pdf: PdfFile) -> _Info:
    trailer = pdf.sections[0].trailer
    value = trailer.get("Info")
    if value is None or value.raw == b"null":
        return _Info(0, 0, None)
    target = value.reference
    if target and pdf.locate(target[0]) is None:
        return _Info(0, 0, None)  # what refers to a free object refers to null (7.3.10)
    found = pdf.object(target[0]) if target else value
    number, generation = target or (0, 0)
    return _Info(number, generation, dictionary_at(found.buffer, found.start))


def _info_units(pdf: PdfFile, info: _Info) -> Iterator[Unit]:
    for entry in info.entries.entries if info.entries else ():
        value = pdf.resolve(entry.value)
        text = value.text if value else None
        if text is None:
            continue
        main = entry.name == KEY
        place = f"PDF Info /{entry.name}, byte {entry.start}"
        bounded(len(text), place)
        kind = Kind.FIELD if main else Kind.TAG
        yield Unit(kind, place, text, entry.start, entry.value.stop, entry.name, main)


def _packets(pdf: PdfFile) -> Iterator[Unit]:
    """The XMP packet of the document (14.3.2)."""
    number = _metadata_number(pdf)
    where = pdf.locate(number) if number else None
    if where is not None and not where.stream:
        at = where.offset + pdf.base
        head, body = pdf.stream_at(at)
        notes = ("compressed",) if head.get("Filter") else ()
        bounded(len(body), f"PDF Metadata, byte {at}")
        yield Unit(Kind.XMP, f"PDF Metadata, byte {at}", body, at, head.stop, "Metadata", notes=notes)


def _metadata_number(pdf: PdfFile) -> int:
    root = pdf.sections[0].trailer.reference("Root")
    assert root is not None
    catalog = pdf.object(root[0])
    target = dictionary_at(catalog.buffer, catalog.start).reference("Metadata")
    return target[0] if target else 0


def _packet(pdf: PdfFile, new: bytes) -> _Object:
    """The metadata stream with another packet, uncompressed so that other programs find it."""
    number = _metadata_number(pdf)
    where = pdf.locate(number)
    assert where is not None
    head, _ = pdf.stream_at(where.offset + pdf.base)
    kept = b" ".join(_raw(head, e.name) for e in head.entries if e.name not in _STREAM_KEYS)
    body = b"<< %s /Length %d >>\nstream\n%s\nendstream" % (kept, len(new), new)
    return _Object(number, 0, body)


def _raw(dictionary: Dictionary, name: str) -> bytes:
    entry = next(e for e in reversed(dictionary.entries) if e.name == name)
    return bytes(dictionary.buffer[entry.start : entry.value.stop])


def _without_own(pdf: PdfFile, units: Sequence[Unit]) -> PdfFile | None:
    """The file before the label that we wrote last, if its last update is that and nothing else."""
    section = pdf.sections[0]
    numbers = [first + i for first, count, _ in section.ranges for i in range(min(count, _MAX_OWN_OBJECTS + 1))]
    payload = next((u.data for u in units if u.home), None)
    if payload is None or len(numbers) > _MAX_OWN_OBJECTS or section.trailer.number("Prev") is None:
        return None
    places = [where.offset + pdf.base for n in numbers if (where := pdf.locate(n)) and not where.stream]
    try:
        old = PdfFile(pdf.data, min(places))
        made = _update(old, _info(old), payload, set(), [])
    except (BrokenFile, UnsupportedOperation, ValueError):
        return None
    return old if pdf.data[old.end : pdf.end] == made else None


def _update(pdf: PdfFile, info: _Info, payload: bytes, gone: set[int], packets: Sequence[_Object]) -> bytes:
    """The bytes that follow the old file."""
    section = pdf.sections[0]
    size = section.trailer.number("Size")
    if size is None:
        raise damaged(section.at, "the trailer tells no size")
    number = info.number or size
    objects = [_Object(number, info.generation, _info_body(info, payload, gone)), *packets]
    lead = b"" if pdf.data[pdf.end - 1 : pdf.end] in (b"\n", b"\r") else b"\n"
    at = pdf.end - pdf.base + len(lead)
    body, places = b"", []
    for each in objects:
        places.append((each.number, each.generation, at + len(body)))
        body += b"%d %d obj\n%s\nendobj\n" % (each.number, each.generation, each.body)
    size = max(size, number + 1)
    refers = b"/Info %d %d R /Prev %d" % (number, info.generation, pdf.start)
    kept = _kept(section.trailer)
    if section.rows is None:
        return lead + body + _table(sorted(places), b"%s /Size %d %s" % (kept, size, refers), at + len(body))
    return lead + body + _stream(places, size, b"%s %s" % (kept, refers), at + len(body))


def _info_body(info: _Info, payload: bytes, gone: set[int]) -> bytes:
    """The old entries as they stand, without labels and what is to go, and the new label."""
    entry = b"/%s %s" % (KEY.encode(), text_string(payload))
    old = info.entries
    if old is None:
        return b"<< %s >>" % entry
    body = b""
    at = old.start
    for each in old.entries:
        if each.name == KEY or each.start in gone:
            body += old.buffer[at : each.start]
            at = each.value.stop
    body += bytes(old.buffer[at : old.stop - 2])
    return body.removesuffix(b" ") + b" " + entry + b" >>"


def _kept(trailer: Dictionary) -> bytes:
    return b" ".join(
        _raw(trailer, name) for name in dict.fromkeys(e.name for e in trailer.entries) if name not in _OWN_KEYS
    )


def _table(places: Sequence[tuple[int, int, int]], trailer: bytes, at: int) -> bytes:
    if at >= _MAX_TABLE:
        raise UnsupportedOperation(
            "a cross-reference table ends at 10 GB", remedy="write the file anew first: qpdf a.pdf b.pdf"
        )
    rows = b"".join(b"%d 1\n%010d %05d n \n" % (number, place, generation) for number, generation, place in places)
    return b"xref\n%strailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (rows, trailer, at)


def _stream(places: Sequence[tuple[int, int, int]], size: int, trailer: bytes, at: int) -> bytes:
    """A cross-reference stream, which lists itself too; not compressed, for it is small."""
    every = sorted([*places, (size, 0, at)])
    index = b" ".join(b"%d 1" % number for number, _, _ in every)
    rows = b"".join(
        b"\x01" + place.to_bytes(8, "big") + generation.to_bytes(2, "big") for _, generation, place in every
    )
    head = b"/Type /XRef /W [1 8 2] /Index [%s] /Size %d %s /Length %d" % (index, size + 1, trailer, len(rows))
    return b"%d 0 obj\n<< %s >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (size, head, rows, at)
