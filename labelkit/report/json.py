"""Reports as JSON: one object for all files, written as they come, or one object a line.

::

    {"schema": "labelkit.reports/1", "files": [{"path": ..., "verdict": ..., ...}, ...], "summary": {...}}

Characters stand as themselves in UTF-8. A file name that is no valid UTF-8 keeps its odd bytes as lone surrogates
``\\udc80`` .. ``\\udcff``, escaped; ``os.fsencode`` of the parsed text gives the name back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol, TextIO

#: Name and version of the object that ``labelkit verify --json`` prints.
REPORTS_SCHEMA = "labelkit.reports/1"
#: Name and version of the object that ``labelkit label --json`` prints.
OUTCOMES_SCHEMA = "labelkit.outcomes/1"

_LONE = re.compile("[\ud800-\udfff]")


class Plain(Protocol):
    """A report, an outcome or a summary."""

    def asdict(self) -> Mapping[str, Any]:
        """JSON values."""


class JsonWriter:
    """Writes one JSON object, file by file; it is complete after :meth:`close`."""

    def __init__(self, stream: TextIO, schema: str = REPORTS_SCHEMA) -> None:
        self._stream = stream
        self._before = "\n"
        stream.write(f'{{"schema": {json.dumps(schema)}, "files": [')

    def add(self, item: Plain) -> None:
        """Write one file."""
        self._stream.write(self._before + dumps(item.asdict()))
        self._before = ",\n"

    def close(self, summary: Plain) -> None:
        """Write the end; the stream stays open."""
        self._stream.write(f'\n], "summary": {dumps(summary.asdict())}}}\n')


class JsonLinesWriter:
    """Writes one JSON object a line, for archives of any size."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, item: Plain) -> None:
        """Write one file."""
        self._stream.write(dumps(item.asdict()) + "\n")

    def close(self, summary: Plain) -> None:
        """Nothing follows: every line stands for itself."""


def dumps(value: Mapping[str, Any]) -> str:
    """One line of JSON that every UTF-8 stream can hold."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
