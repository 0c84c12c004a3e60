"""Reports and outcomes as a table for spreadsheets, one row a file.

Cells hold text that strangers chose (file names, labels read from files), so no cell is left that a spreadsheet would
take for a formula, and characters that move, hide or reorder others are written as escapes.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterable
from typing import Generic, TextIO, TypeVar

from labelkit.record import ExplicitMark, Outcome, Report

T = TypeVar("T")

# Controls, formatting characters such as right-to-left overrides, surrogates, and line and paragraph separators.
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# What spreadsheets take for the start of a formula, the full-width forms included (they are folded in East Asia).
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# A spreadsheet cell holds 32,767 characters; what is longer would be cut off silently there.
_MAX_CELL_CHARACTERS = 32_000
_BYTE_ORDER_MARK = "\ufeff"

_REPORT_COLUMNS: dict[str, Callable[[Report], object]] = {
    "path": lambda r: r.path,
    "format": lambda r: r.format,
    "verdict": lambda r: r.verdict,
    "conforms": lambda r: {True: "yes", False: "no", None: "unknown"}[r.conforms],
    "labels": lambda r: len(r.labels),
    "label": lambda r: _each(m.label.label for m in r.labels),
    "content_producer": lambda r: _each(m.label.content_producer for m in r.labels),
    "produce_id": lambda r: _each(m.label.produce_id for m in r.labels),
    "content_propagator": lambda r: _each(m.label.content_propagator for m in r.labels),
    "propagate_id": lambda r: _each(m.label.propagate_id for m in r.labels),
    "places": lambda r: _each(m.place for m in r.labels),
    "deviations": lambda r: _each(d.code for m in r.labels for d in m.deviations),
    "explicit_text": lambda r: _each(e.text for e in r.explicit),
    "explicit_position": lambda r: _each(e.position for e in r.explicit),
    "explicit_height_ratio": lambda r: _each(f"{e.ratio:.4f}" for e in r.explicit if isinstance(e, ExplicitMark)),
    "explicit_contrast": lambda r: _each(f"{e.contrast:.2f}" for e in r.explicit if isinstance(e, ExplicitMark)),
    "watermark": lambda r: _each("" if w.payload is None else f"{w.payload:016x}" for w in r.watermarks),
    "watermark_key": lambda r: _each(w.key_id for w in r.watermarks),
    "watermark_p_value": lambda r: _each(f"{w.p_value:.1e}" for w in r.watermarks),
    "traces": lambda r: _each(t.kind for t in r.traces),
    "findings": lambda r: _each(f"{f.check} ({f.answer})" for f in r.findings),
    "not_looked_at": lambda r: _each(r.not_looked_at),
}

_OUTCOME_COLUMNS: dict[str, Callable[[Outcome], object]] = {
    "source": lambda o: o.source,
    "ok": lambda o: "yes" if o.ok else "no",
    "path": lambda o: o.path or "",
    "format": lambda o: o.format,
    "content_producer": lambda o: o.label.content_producer if o.label else "",
    "produce_id": lambda o: o.label.produce_id if o.label else "",
    "written": lambda o: _each(f"{n.layer}: {n.text}" for n in o.written),
    "skipped": lambda o: _each(f"{n.layer}: {n.text}" for n in o.skipped),
    "error": lambda o: type(o.error).__name__ if o.error else "",
    "message": lambda o: o.error.message if o.error else "",
    "place": lambda o: o.error.place if o.error else "",
    "remedy": lambda o: o.error.remedy if o.error else "",
}


class CsvWriter(Generic[T]):
    """Writes a head row, then one row a file.

    Args:
        stream: text, opened with ``newline=""`` and ``encoding="utf-8"``.
        columns: name and content of each.
        byte_order_mark: begin with one, which Excel needs to take the file for UTF-8.
    """

    def __init__(
        self, stream: TextIO, columns: dict[str, Callable[[T], object]], *, byte_order_mark: bool = False
    ) -> None:
        if byte_order_mark:
            stream.write(_BYTE_ORDER_MARK)
        self._columns = columns
        self._rows = csv.writer(stream, lineterminator="\r\n")  # RFC 4180
        self._rows.writerow(columns)

    def add(self, item: T) -> None:
        """Write one file."""
        self._rows.writerow(cell(column(item)) for column in self._columns.values())

    def close(self, summary: object) -> None:
        """Nothing follows: sums are for the reader's own spreadsheet."""


def reports_writer(stream: TextIO, *, byte_order_mark: bool = False) -> CsvWriter[Report]:
    """A writer of reports; fields with several values (two labels, say) separate them by ``" | "``."""
    return CsvWriter(stream, _REPORT_COLUMNS, byte_order_mark=byte_order_mark)


def outcomes_writer(stream: TextIO, *, byte_order_mark: bool = False) -> CsvWriter[Outcome]:
    """A writer of outcomes."""
    return CsvWriter(stream, _OUTCOME_COLUMNS, byte_order_mark=byte_order_mark)


def cell(value: object) -> str:
    """A value as text that no spreadsheet computes, cuts or reorders."""
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        text = "".join(_escape(c) if unicodedata.category(c) in _ESCAPED else c for c in text)
    if len(text) > _MAX_CELL_CHARACTERS:
        text = f"{text[:_MAX_CELL_CHARACTERS]}... ({len(text)} characters)"
    # The apostrophe makes the cell text; leading blanks do not help a formula, but some programs strip them.
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def _each(values: Iterable[object]) -> str:
    return " | ".join(str(value) for value in values)
