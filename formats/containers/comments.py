"""Source code and LaTeX: the label as a comment line ``# AIGC: {...}`` at the head of the file (our choice).

Some lines have to come first and do: the interpreter line, Python's and Ruby's coding line, TeX's magic comments, the
charset rule of a style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from labelkit.formats.base import Buffer, Edit, Kind, Unit
from labelkit.formats.containers import _text
from labelkit.formats.containers._homes import KEY

# The label stands among the first lines; what is further down belongs to the program.
_MAX_LINES = 40
_MAX_LINE = 256 * 1024
_FIRST = re.compile(
    rb"#!|%\s*!|<\?php|@charset\b|#\s*(?:-\*-|vim:|frozen_string_literal|encoding:)|[#\s]*coding[:=]|%&", re.IGNORECASE
)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")


class _Commented(_text.TextContainer):
    """Files of languages that share one sign for comments."""

    #: What begins a comment, and what ends it, if anything but the line does.
    mark: bytes
    close: bytes = b""

    @cached_property
    def _line(self) -> re.Pattern[bytes]:
        tail = rb"[ \t]*" + re.escape(self.close) + rb"[ \t]*(?:\r?\n|\Z)"
        return re.compile(
            rb"(?:^|(?<=\xef\xbb\xbf))[ \t]*"
            + re.escape(self.mark)
            + rb"[ \t]*(AIGC)[ \t]*[:=]?[ \t]*(\{[^\n]*?\})"
            + tail,
            re.I | re.M,
        )

    def score(self, head: bytes) -> int:
        found = self._line.search(head)
        early = found is not None and head.count(b"\n", 0, found.start()) < 3
        return 40 if early and _text.looks_like_text(head) else 0

    def score_named(self, head: bytes) -> int:
        return 20 if _text.looks_like_text(head) else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        for found in self._line.finditer(data, _text.start(data), _stop(data)):
            key = found[1].decode()
            main = key == KEY
            kind = Kind.FIELD if main else Kind.COMMENT
            value = self._unguarded(found[2])
            yield Unit(kind, f"comment {key}, byte {found.start()}", value, found.start(), found.end(), key, main)

    def written(self, data: Buffer, payload: bytes) -> bytes:
        end = b" " + self.close if self.close else b""
        return b"%s %s: %s%s" % (self.mark, KEY.encode(), self._guarded(payload), end) + _text.line_end(data)

    def insertion(self, data: Buffer, payload: bytes) -> Edit:
        at = _behind_first_lines(data)
        gap = b"" if at == _text.start(data) or data[at - 1 : at] == b"\n" else _text.line_end(data)
        # Tools take a comment that stands against another, or against the code, for documentation of what follows.
        alone = b"" if data[at : at + 1] in (b"\n", b"\r", b"") else _text.line_end(data)
        return Edit(at, at, gap + self.written(data, payload) + (alone if self.separate else b""))

    #: Whether an empty line follows, because the language gives comments above code a meaning.
    separate = False

    def _guarded(self, payload: bytes) -> bytes:
        return payload.replace(b"*/", b"*\\u002f") if self.close else payload

    def _unguarded(self, text: bytes) -> bytes:
        return text.replace(b"*\\u002f", b"*/") if self.close else text


class Hash(_Commented):
    """Python, shell, Ruby, Perl, R, YAML, TOML and others."""

    name = "source code (#)"
    mark = b"#"


class Slashes(_Commented):
    """C and its many relatives."""

    name = "source code (//)"
    mark = b"//"
    separate = True


class Dashes(_Commented):
    """SQL, Lua, Haskell."""

    name = "source code (--)"
    mark = b"--"


class Semicolons(_Commented):
    """Lisp, Clojure, Scheme, assembler, INI files."""

    name = "source code (;)"
    mark = b";"


class Percents(_Commented):
    """LaTeX, BibTeX, Erlang."""

    name = "LaTeX"
    mark = b"%"


class Style(_Commented):
    """Style sheets."""

    name = "CSS"
    mark = b"/*"
    close = b"*/"


def _stop(data: Buffer) -> int:
    at = _text.start(data)
    for _ in range(_MAX_LINES):
        at = _text.next_line(data, at)
    return min(at, _MAX_LINE)


def _behind_first_lines(data: Buffer) -> int:
    """Behind the lines that must come first; a coding line counts on the first or second line only (PEP 263)."""
    at = _text.start(data)
    second = _text.next_line(data, at)
    if _CODING.match(data[second : min(_text.next_line(data, second), second + _MAX_LINE)]):
        return _text.next_line(data, second)
    for _ in range(_MAX_LINES):
        if not _FIRST.match(data, at):
            break
        at = _text.next_line(data, at)
    return at
