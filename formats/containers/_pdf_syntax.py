"""PDF objects as bytes: where dictionaries, their entries and values begin and end (ISO 32000-2, 7.2 and 7.3).

Nothing is turned into a tree; a value is a stretch of a buffer until somebody asks what it says.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import Buffer

# Nesting of arrays and dictionaries; real ones have three or four levels.
_MAX_DEPTH = 64
_MAX_ENTRIES = 4096
# The longest dictionary that is looked at; an Info dictionary with a signed label has some kilobytes.
_MAX_OBJECT = 4 * 1024 * 1024
_SPACE = rb"[\x00\t\n\x0c\r ]"
_END = rb"(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])"
SKIP = re.compile(rb"(?:" + _SPACE + rb"|%[^\r\n]*+)*+")
_TOKEN = re.compile(
    rb"(?P<open><<|\[)|(?P<close>>>|\])|(?P<name>/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*+)|(?P<text>\()"
    rb"|(?P<hex><[0-9A-Fa-f\x00\t\n\x0c\r ]*+>)"
    rb"|(?P<ref>(\d{1,10})" + _SPACE + rb"++(\d{1,5})" + _SPACE + rb"++R" + _END + rb")"
    rb"|(?P<word>[^\x00\t\n\x0c\r ()<>\[\]{}/%]++)"
)  # fmt: skip
_IN_TEXT = re.compile(rb"(?:[^()\\]|\\.)*+([()])", re.DOTALL)
_HASHED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n?", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a buffer.

    Attributes:
        buffer: the file, or an object stream that was decompressed.
        start, stop: where it stands.
        kind: ``"open"`` for arrays and dictionaries, ``"name"``, ``"text"``, ``"hex"``, ``"ref"`` or ``"word"``.
    """

    buffer: Buffer
    start: int
    stop: int
    kind: str

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        return bytes(self.buffer[self.start : self.stop])

    @property
    def reference(self) -> tuple[int, int] | None:
        """Object and generation number, where it is a reference."""
        number, generation = self.raw.split()[:2] if self.kind == "ref" else (b"", b"")
        return (int(number), int(generation)) if number else None

    @property
    def number(self) -> int | None:
        """The whole number that it is, or None."""
        raw = self.raw if self.kind == "word" else b""
        return int(raw) if raw.isdigit() and len(raw) < 20 else None

    @property
    def text(self) -> bytes | None:
        """The text of a string in UTF-8 (ISO 32000-2, 7.9.2.2), or None when it is no string."""
        if self.kind == "text":
            return _utf8(_ESCAPE.sub(_unescaped, self.raw[1:-1]))
        if self.kind == "hex":
            digits = re.sub(_SPACE, b"", self.raw[1:-1])
            return _utf8(binascii.unhexlify(digits + b"0" * (len(digits) % 2)))
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a dictionary, from its name to the end of its value."""

    name: str
    start: int
    value: Value


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary in a buffer: where it stands and its entries in order."""

    buffer: Buffer
    start: int
    stop: int
    entries: tuple[Entry, ...]

    def get(self, name: str) -> Value | None:
        """The value of an entry; of two with one name the last, as most readers do."""
        return next((e.value for e in reversed(self.entries) if e.name == name), None)

    def number(self, name: str) -> int | None:
        """The whole number an entry holds, or None."""
        value = self.get(name)
        return value.number if value else None

    def reference(self, name: str) -> tuple[int, int] | None:
        """The object an entry refers to, or None."""
        value = self.get(name)
        return value.reference if value else None


def damaged(at: int, what: str = "this is no PDF object") -> BrokenFile:
    """The error of a file whose objects or cross-references cannot be followed."""
    return BrokenFile(what, place=f"PDF, byte {at}", remedy="write the file anew first: qpdf a.pdf b.pdf")


def value_at(buffer: Buffer, at: int) -> Value:
    """The value that begins here, blanks and comments skipped.

    Raises:
        BrokenFile: there is none, or it does not end.
        LimitExceeded: nested too deeply.
    """
    start = _skipped(buffer, at)
    found = _token(buffer, start)
    kind = found.lastgroup or ""
    if kind == "close":
        raise damaged(start)
    if kind == "text":
        return Value(buffer, start, _text_stop(buffer, found.end(), start + _MAX_OBJECT), kind)
    stop = _nested_stop(buffer, found.end(), start) if kind == "open" else found.end()
    return Value(buffer, start, stop, kind)


def _skipped(buffer: Buffer, at: int) -> int:
    found = SKIP.match(buffer, at)
    return found.end() if found else at


def _token(buffer: Buffer, at: int) -> re.Match[bytes]:
    found = _TOKEN.match(buffer, at)
    if found is None:
        raise damaged(at)
    return found


def _text_stop(buffer: Buffer, at: int, limit: int) -> int:
    depth = 1
    while depth:
        found = _IN_TEXT.match(buffer, at, limit)
        if found is None:
            raise damaged(at, "a string does not end")
        depth += 1 if found[1] == b"(" else -1
        at = found.end()
    return at


def _nested_stop(buffer: Buffer, at: int, start: int) -> int:
    depth = 1
    while depth:
        at = _skipped(buffer, at)
        found = _token(buffer, at)
        at = _text_stop(buffer, found.end(), start + _MAX_OBJECT) if found["text"] else found.end()
        depth += bool(found["open"]) - bool(found["close"])
        if depth > _MAX_DEPTH or at - start > _MAX_OBJECT:
            raise LimitExceeded(
                f"an object of more than {_MAX_DEPTH} levels or {_MAX_OBJECT} bytes",
                place=f"PDF, byte {start}",
                remedy="inspect the file",
            )
    return at


def dictionary_at(buffer: Buffer, at: int) -> Dictionary:
    """The dictionary that begins here.

    Raises:
        BrokenFile: there is none.
        LimitExceeded: nested too deeply, or more than ``_MAX_ENTRIES`` entries.
    """
    start = _skipped(buffer, at)
    if bytes(buffer[start : start + 2]) != b"<<":
        raise damaged(start, "a dictionary is missing")
    at = _skipped(buffer, start + 2)
    entries: list[Entry] = []
    while bytes(buffer[at : at + 2]) != b">>":
        name = value_at(buffer, at)
        if name.kind != "name" or len(entries) >= _MAX_ENTRIES:
            raise damaged(at, "a dictionary is damaged")
        value = value_at(buffer, name.stop)
        entries.append(Entry(_name(name.raw), name.start, value))
        at = _skipped(buffer, value.stop)
    return Dictionary(buffer, start, at + 2, tuple(entries))


def _name(raw: bytes) -> str:
    """A name without its slash, ``#41`` decoded (ISO 32000-2, 7.3.5)."""
    plain = _HASHED.sub(lambda m: bytes([int(m[1], 16)]), raw[1:])
    return plain.decode("utf-8", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    what = match[1]
    if what is None:
        return b"\n"
    if what.isdigit():
        return bytes([int(what, 8) & 255])
    return _ESCAPES.get(what, what)


def _utf8(raw: bytes) -> bytes:
    for mark, codec in ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le")):
        if raw.startswith(mark):
            return raw[2:].decode(codec, "replace").encode()
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:]
    # PDFDocEncoding is Latin-1 but for some punctuation; writers that put UTF-8 there meant it.
    try:
        return raw.decode("utf-8").encode()
    except UnicodeDecodeError:
        return raw.decode("latin-1").encode()


def text_string(value: bytes) -> bytes:
    """A text string object that says this UTF-8 text."""
    if value.isascii():
        return b"(" + re.sub(rb"([\\()])", rb"\\\1", value).replace(b"\r", b"\\r") + b")"
    return b"<FEFF" + value.decode().encode("utf-16-be").hex().upper().encode() + b">"
