"""Where machines read: JSON on standard output, and report files."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TextIO

from labelkit.cli.options import usage
from labelkit.errors import WriteError
from labelkit.report import csv as tables
from labelkit.report.json import REPORTS_SCHEMA, JsonLinesWriter, JsonWriter

_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


class Writer(Protocol):
    """What the writers of :mod:`labelkit.report` have in common."""

    def add(self, item: Any) -> None:
        """Write one file."""

    def close(self, summary: Any) -> None:
        """Write the sums."""


class AsciiOutput:
    """Standard output for JSON: whatever is not ASCII, which JSON has in strings only, becomes its escape.

    So no terminal, pipe or locale changes it, and nothing in it moves or hides other text on a screen.
    """

    def write(self, text: str) -> int:
        """Write the text escaped."""
        return sys.stdout.write(_NOT_ASCII.sub(_escape, text))

    def flush(self) -> None:
        """Hand it on now."""
        sys.stdout.flush()


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def stdout_writer(*, lines: bool = False, schema: str = REPORTS_SCHEMA) -> Writer:
    """A writer of one JSON object, or of one a line, on standard output."""
    stream: Any = AsciiOutput()
    return _Eager(stream) if lines else JsonWriter(stream, schema)


class _Eager(JsonLinesWriter):
    """Lines that a pipe gets at once."""

    def add(self, item: Any) -> None:
        super().add(item)
        sys.stdout.flush()


_KINDS: dict[str, Callable[[TextIO], Writer]] = {
    ".json": JsonWriter,
    ".jsonl": JsonLinesWriter,
    # Excel takes a file for UTF-8 only when it begins with the mark.
    ".csv": lambda stream: tables.reports_writer(stream, byte_order_mark=True),
}


def check_report(path: Path | None) -> None:
    """Refuse a report nobody could write before any work is done.

    Raises:
        ConfigError: an ending that is no kind of report.
    """
    if path is not None and path.suffix.lower() not in _KINDS:
        raise usage("the report's name must end in .json, .jsonl or .csv", "--report", "choose one of these")


@contextmanager
def report_file(path: Path | None) -> Iterator[Writer | None]:
    """A writer for a report file that appears, complete, when the block ends without an error.

    Raises:
        WriteError: its folder is missing or cannot be written.
    """
    if path is None:
        yield None
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with open(handle, "w", encoding="utf-8", newline="") as stream:
            yield _KINDS[path.suffix.lower()](stream)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _cannot_write(path: Path, error: OSError) -> WriteError:
    from labelkit.sources import write_error

    return write_error(path, error)
