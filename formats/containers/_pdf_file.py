"""PDF files: cross-reference tables, streams and hybrids, object streams (ISO 32000-2, 7.5), read where one asks.

Only the sections on the way to an object are looked at, and of a table only the row of the object, so that a large
file costs as little as a small one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from labelkit.errors import LimitExceeded, UnsupportedOperation
from labelkit.formats.base import Buffer
from labelkit.formats.containers._pdf_syntax import SKIP, Dictionary, Value, damaged, dictionary_at, value_at

# How far from the end the pointer to the cross-references may stand (Annex H of older versions: 1,024 bytes).
_TAIL = 2048
_MAX_SECTIONS = 1024
_MAX_SUBSECTIONS = 100_000
_MAX_INFLATED = 32 * 1024 * 1024
# Rows whose predictors have to be undone one by one.
_MAX_ROWS = 100_000
_START = re.compile(rb"startxref\s{1,8}(\d{1,15})\s{1,8}%%EOF")
_SUBSECTION = re.compile(rb"\s*+(\d{1,10})[ \t]+(\d{1,10})[ \t]*(?:\r\n|\r|\n)")
_ROW = re.compile(rb"(\d{10}) (\d{5}) ([nf])[ \r\n]{2}")
_TRAILER = re.compile(rb"\s*+trailer")
_OBJECT = re.compile(rb"\s*+(\d{1,10})\s++(\d{1,5})\s++obj\b")
_STREAM = re.compile(rb"stream(?:\r\n|\n|\r)")
_ROW_BYTES = 20


@dataclass(frozen=True, slots=True)
class Located:
    """Where an object stands: in the file, or in the object stream of number ``stream``."""

    offset: int = 0
    stream: int = 0
    index: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """One cross-reference section.

    Attributes:
        at: where it stands.
        trailer: its trailer, or the dictionary of its stream.
        ranges: first object number, count, and where the rows begin, in the file or in ``rows``.
        rows: the decompressed stream, None for a table.
        widths: bytes of the three fields of a row.
        stride: bytes of a row, its predictor included.
    """

    at: int
    trailer: Dictionary
    ranges: tuple[tuple[int, int, int], ...]
    rows: bytes | None = None
    widths: tuple[int, int, int] = (0, 0, 0)
    stride: int = _ROW_BYTES


class PdfFile:
    """An open file, or the beginning of one: a file that was updated contains its older selves."""

    def __init__(self, data: Buffer, end: int | None = None) -> None:
        self.data = data
        self.end = len(data) if end is None else end
        ends = list(_START.finditer(data, max(0, self.end - _TAIL), self.end))
        if not ends:
            raise damaged(self.end, "the end of the file is missing")
        self.start = int(ends[-1][1])
        self.base = self._base()
        self._busy: set[int] = set()

    def _base(self) -> int:
        """What offsets count from: the first byte, or the header where something stands in front of it."""
        header = max(0, self.data.find(b"%PDF-", 0, 1024))
        for base in (0, header):
            at = self.start + base
            if self.data[at : at + 4] == b"xref" or _OBJECT.match(self.data, at):
                return base
        raise damaged(self.start, "there are no cross-references where the file says")

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections, the newest first, that of a hybrid file's stream behind the table it belongs to."""
        return tuple(self._walk())

    def _walk(self) -> Iterator[Section]:
        at: int | None = self.start
        seen: set[int] = set()
        while at is not None:
            if at in seen or len(seen) > _MAX_SECTIONS:
                raise damaged(at, "the cross-references run in a circle")
            seen.add(at)
            section = self._section(at)
            yield section
            hybrid = section.trailer.number("XRefStm") if section.rows is None else None
            if hybrid is not None:
                yield self._section(hybrid)
            at = section.trailer.number("Prev")

    def _section(self, offset: int) -> Section:
        at = offset + self.base
        if at >= self.end:
            raise damaged(at, "there are no cross-references where the file says")
        if self.data[at : at + 4] == b"xref":
            return self._table(at)
        return self._stream(at)

    def _table(self, start: int) -> Section:
        at = start + 4
        ranges = []
        while found := _SUBSECTION.match(self.data, at):
            first, count = int(found[1]), int(found[2])
            ranges.append((first, count, found.end()))
            at = found.end() + _ROW_BYTES * count
            if at > self.end or len(ranges) > _MAX_SUBSECTIONS:
                raise damaged(found.start(), "the cross-references are damaged")
        trailer = _TRAILER.match(self.data, at)
        if trailer is None:
            raise damaged(at, "there is no trailer")
        return Section(start, dictionary_at(self.data, trailer.end()), tuple(ranges))

    def _stream(self, at: int) -> Section:
        head, rows = self.stream_at(at, decode=False)
        widths = _numbers(head.get("W"))
        size = head.number("Size") or 0
        index = _numbers(head.get("Index")) or [0, size]
        if len(widths) != 3 or sum(widths) == 0 or max(widths) > 8 or len(index) % 2:
            raise damaged(at, "the cross-references are damaged")
        predictor, _ = _predictor(head)
        rows = _inflated(head, rows, at)
        width = sum(widths)
        stride = width + (predictor >= 10)
        ranges, start = [], 0
        for first, count in zip(index[::2], index[1::2], strict=True):
            ranges.append((first, count, start))
            start += count * stride
        return Section(at, head, tuple(ranges), rows, (widths[0], widths[1], widths[2]), stride)

    def locate(self, number: int) -> Located | None:
        """Where the newest object of this number stands; None when it is free or unknown.

        Raises:
            BrokenFile: its row is damaged.
        """
        for place, section in enumerate(self.sections):
            for first, count, start in section.ranges:
                if first <= number < first + count:
                    found = self._row(section, number - first, start)
                    hybrid = place + 1 < len(self.sections) and section.trailer.number("XRefStm") is not None
                    if found is not None or not hybrid or section.rows is not None:
                        return found
        return None

    def _row(self, section: Section, index: int, start: int) -> Located | None:
        if section.rows is None:
            found = _ROW.match(self.data, start + index * _ROW_BYTES)
            if found is None:
                raise damaged(start + index * _ROW_BYTES, "the cross-references are damaged")
            return Located(int(found[1])) if found[3] == b"n" else None
        row = _row_bytes(section, start // section.stride + index)
        first, second, _ = section.widths
        kind = int.from_bytes(row[:first], "big") if first else 1
        a, b = int.from_bytes(row[first : first + second], "big"), int.from_bytes(row[first + second :], "big")
        return Located(a) if kind == 1 else Located(0, a, b) if kind == 2 else None

    def object(self, number: int) -> Value:
        """The object of this number.

        Raises:
            BrokenFile: there is none where the cross-references say.
        """
        where = self.locate(number)
        if where is None or number in self._busy:
            raise damaged(self.start, f"object {number} is missing")
        if where.stream:
            self._busy.add(number)
            try:
                return self._packed(number, where)
            finally:
                self._busy.discard(number)
        return value_at(self.data, self._body(number, where.offset + self.base))

    def _body(self, number: int, at: int) -> int:
        found = _OBJECT.match(self.data, at) if at < self.end else None
        if found is None or int(found[1]) != number:
            raise damaged(at, f"object {number} is missing")
        return found.end()

    def _packed(self, number: int, where: Located) -> Value:
        """An object inside an object stream (7.5.7)."""
        outer = self.locate(where.stream)
        if outer is None or outer.stream:
            raise damaged(self.start, f"object {where.stream} is missing")
        head, body = self.stream_at(outer.offset + self.base)
        first, count = head.number("First"), head.number("N")
        if first is None or count is None or first > len(body):
            raise damaged(outer.offset, "an object stream is damaged")
        numbers = body[:first].split()
        pairs = zip(numbers[: 2 * count : 2], numbers[1 : 2 * count : 2], strict=False)
        for name, offset in pairs:
            if name == b"%d" % number and offset.isdigit() and len(offset) < 12:
                return value_at(body, first + int(offset))
        raise damaged(outer.offset, f"object {number} is missing")

    def resolve(self, value: Value | None) -> Value | None:
        """What a value refers to, if it is a reference; one step is all that is allowed (7.3.10)."""
        target = value.reference if value else None
        return self.object(target[0]) if target else value

    def stream_at(self, at: int, *, decode: bool = True) -> tuple[Dictionary, bytes]:
        """Dictionary and content of the stream object that begins here."""
        found = _OBJECT.match(self.data, at)
        if found is None:
            raise damaged(at)
        head = dictionary_at(self.data, found.end())
        gap = SKIP.match(self.data, head.stop)
        opening = _STREAM.match(self.data, gap.end() if gap else head.stop)
        if opening is None:
            raise damaged(at, "a stream is damaged")
        length = self._length(head, opening.end())
        body = bytes(self.data[opening.end() : opening.end() + length])
        if not decode:
            return head, body
        body = _inflated(head, body, at)
        predictor, columns = _predictor(head)
        return head, _unpredicted(body, columns) if predictor >= 10 else body

    def _length(self, head: Dictionary, start: int) -> int:
        given = head.get("Length")
        target = given.reference if given else None
        if target and target[0] not in self._busy:
            self._busy.add(target[0])
            try:
                where = self.locate(target[0])
                given = value_at(self.data, self._body(target[0], where.offset + self.base)) if where else None
            finally:
                self._busy.discard(target[0])
        length = given.number if given else None
        if length is not None and self.data[start + length : start + length + 32].lstrip().startswith(b"endstream"):
            return length
        end = self.data.find(b"endstream", start, self.end)
        if end < 0:
            raise damaged(start, "a stream is damaged")
        return end - start


def _numbers(value: Value | None) -> list[int]:
    parts = value.raw.strip(b"[] \r\n\t").split() if value else []
    return [int(part) for part in parts if part.isdigit() and len(part) < 12]


def _predictor(head: Dictionary) -> tuple[int, int]:
    """Predictor and columns of a stream that has one filter (7.4.4.4)."""
    raw = head.get("DecodeParms")
    if raw is None or raw.kind != "open":
        return 1, 1
    at = raw.start if raw.raw.startswith(b"<<") else raw.buffer.find(b"<<", raw.start, raw.stop)
    parameters = dictionary_at(raw.buffer, at) if at >= 0 else None
    if parameters is None:
        return 1, 1
    return parameters.number("Predictor") or 1, parameters.number("Columns") or 1


def _inflated(head: Dictionary, body: bytes, at: int) -> bytes:
    """The content of a stream without its filter: none or Flate, which is what such streams have."""
    given = head.get("Filter")
    names = given.raw.strip(b"[] \r\n\t").split() if given else []
    if not names:
        return body
    if names not in ([b"/FlateDecode"], [b"/Fl"]):
        raise UnsupportedOperation(
            "a stream has an unusual filter",
            place=f"PDF, byte {at}",
            remedy="write the file anew first: qpdf a.pdf b.pdf",
        )
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(body, _MAX_INFLATED)
    except zlib.error as error:
        raise damaged(at, "a stream is damaged") from error
    if inflater.unconsumed_tail:
        raise LimitExceeded(
            f"a stream inflates to more than {_MAX_INFLATED} bytes", place=f"PDF, byte {at}", remedy="inspect the file"
        )
    return plain


def _row_bytes(section: Section, index: int) -> bytes:
    """One row of a cross-reference stream, its predictor undone."""
    rows, stride = section.rows or b"", section.stride
    if (index + 1) * stride > len(rows):
        raise damaged(section.at, "the cross-references are damaged")
    width = sum(section.widths)
    if stride == width:
        return rows[index * stride : (index + 1) * stride]
    part = rows[: (index + 1) * stride]
    if part[::stride].count(2) == index + 1:  # all rows differ from the one above: add up the columns
        return bytes(sum(part[column::stride]) & 255 for column in range(1, stride))
    return _unpredicted(part, width)[-width:]


def _unpredicted(body: bytes, columns: int) -> bytes:
    """PNG predictors undone (7.4.4.4), one byte a pixel."""
    stride = columns + 1
    if len(body) // stride > _MAX_ROWS:
        raise LimitExceeded(
            f"more than {_MAX_ROWS} rows with predictors", remedy="write the file anew first: qpdf a.pdf b.pdf"
        )
    above = bytes(columns)
    out = []
    for at in range(0, len(body) - columns, stride):
        above = _unfiltered(body[at], body[at + 1 : at + stride], above)
        out.append(above)
    return b"".join(out)


def _unfiltered(kind: int, row: bytes, above: bytes) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes((a + b) & 255 for a, b in zip(row, above, strict=True))
    done = bytearray()
    for i, value in enumerate(row):
        left, up, corner = (done[i - 1] if i else 0), above[i], (above[i - 1] if i else 0)
        done.append((value + _prediction(kind, left, up, corner)) & 255)
    return bytes(done)


def _prediction(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
