"""Text for people and JSON for programs, on the right stream, with nothing in it that a terminal would obey."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from labelkit.errors import LabelKitError
from labelkit.messages import Voice

# Control, format (bidi overrides, zero-width), surrogate, private use, line and paragraph separators.
_DANGEROUS = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_COLOURS = {"good": "32", "bad": "31", "note": "33", "faint": "2"}


def safe(text: object) -> str:
    """``text`` with every character that a terminal obeys, hides or reorders written as an escape such as ``\\x1b``."""
    line = str(text)
    if line.isascii() and line.isprintable():
        return line
    return "".join(_escape(c) if unicodedata.category(c) in _DANGEROUS else c for c in line)


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: two for a full-width character, none for a combining one."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def table(rows: Iterable[Sequence[object]], *, head: Sequence[str] = ()) -> list[str]:
    """Aligned lines, columns two spaces apart; numbers stand right."""
    body = [[safe(cell) for cell in row] for row in rows]
    lines = [list(head), *body] if head else body
    widths = [max(width(cell) for cell in column) for column in zip(*lines, strict=True)] if lines else []
    right = [all(row[i].isdigit() for row in body) and bool(body) for i in range(len(widths))]
    shown = ["  ".join(_pad(*cell) for cell in zip(row, widths, right, strict=True)).rstrip() for row in lines]
    return [shown[0], "  ".join("-" * w for w in widths), *shown[1:]] if head else shown


def _pad(cell: str, columns: int, right: bool) -> str:
    space = " " * (columns - width(cell))
    return space + cell if right else cell + space


@dataclass(slots=True)
class Terminal:
    """Where a command writes.

    Attributes:
        voice: the language.
        machine: standard output belongs to JSON or a file; people are spoken to on standard error.
        quiet: say only what is wrong.
    """

    voice: Voice
    machine: bool = False
    quiet: bool = False

    def say(self, template: str, *values: object, style: str = "") -> None:
        """One sentence, unless quiet."""
        if not self.quiet:
            self.line(self.voice.say(template, *(safe(value) for value in values)), style=style)

    def line(self, text: str = "", *, style: str = "") -> None:
        """One line whose strangers' parts are escaped already."""
        stream = sys.stderr if self.machine else sys.stdout
        stream.write(f"{self._painted(text, style, stream)}\n")

    def error(self, error: LabelKitError) -> None:
        """``labelkit: error: file: place: message (remedy)`` on standard error."""
        self.complain(self.voice.error(error))

    def complain(self, text: str) -> None:
        """``labelkit: error: text`` on standard error."""
        sys.stderr.write(f"{self._painted(self.voice.say('labelkit: error: {}', safe(text)), 'bad', sys.stderr)}\n")

    def json(self, value: Mapping[str, Any]) -> None:
        """One JSON object on standard output, in ASCII, so that no terminal or pipe changes it."""
        sys.stdout.write(json.dumps(value, indent=2) + "\n")

    def json_line(self, value: Mapping[str, Any]) -> None:
        """One JSON object on a line of its own, handed on at once."""
        sys.stdout.write(json.dumps(value, separators=(",", ":")) + "\n")
        sys.stdout.flush()

    def _painted(self, text: str, style: str, stream: TextIO) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if style and in_colour(stream) else text


def in_colour(stream: TextIO) -> bool:
    """Whether to use colour: on a terminal that can, when ``NO_COLOR`` (no-color.org) is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")


def prepare_streams() -> None:
    """Let a character that the terminal's encoding lacks be escaped, not end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def abandon_output() -> None:
    """Nobody reads standard output any more: point it to nowhere, so that the exit does not fail once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
