"""Markdown with YAML front matter, the metadata block at the head of the file.

The label is the mapping ``AIGC`` in that block, seven keys with quoted values (TC260-PG-20258A 6.5). Lines are put in
and taken out; other keys, comments, quoting, line ends and the text below stay byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.errors import LimitExceeded, UnsupportedOperation
from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _text, _yaml
from labelkit.formats.containers._homes import KEY, fixed, plan

# Front matter is a few hundred bytes; labels with two signatures and certificates a few thousand.
_MAX_BLOCK = 256 * 1024
# How much text may stand before a block that some tool pushed down, and where it is looked for.
_MAX_ABOVE_LINES = 12
_MAX_ENTRIES = 64
_OPEN = re.compile(rb"---[ \t]*\r?\n")
_CLOSE = re.compile(rb"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_KEYED = re.compile(rb"""(?:"[^"\n]*"|'[^'\n]*'|[^\s"'#\-\[\]{},&*!|>%@`][^\n]*?)[ \t]*:(?:\s|\Z)""")
_ENTRY = re.compile(rb"""^([ \t]*)(["']?)(AIGC)\2[ \t]*:(?=\s)([^\n]*)""", re.IGNORECASE | re.MULTILINE)
_PUSHED = re.compile(rb"^---[ \t]*\r?\n(?=[\"']?AIGC[\"']?[ \t]*:)", re.MULTILINE)
_FENCE = re.compile(rb"^ {0,3}(?:```|~~~)", re.MULTILINE)
_OWN = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n(?:[^\n]*\n)*?[\"']?AIGC[\"']?[ \t]*:")


@dataclass(frozen=True, slots=True)
class _Block:
    """A metadata block: its opening line, what stands in it, its closing line."""

    start: int
    body: int
    close: int
    stop: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry ``AIGC`` with its lines, and the unit it gives."""

    unit: Unit
    start: int
    stop: int
    indent: str


class Markdown(Container):
    """Markdown files, and those of notebooks and sites that are Markdown with front matter."""

    name = "Markdown"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        return 60 if _OWN.match(head) and _text.looks_like_text(head) else 0

    def score_named(self, head: bytes) -> int:
        return self.score(head) or (10 if _text.looks_like_text(head) else 0)

    def read(self, data: Buffer) -> Iterator[Unit]:
        for entry in _entries(data):
            yield entry.unit

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        entries = {entry.unit: entry for entry in _entries(data)}
        todo = plan(entries, payload, others)
        edits = [_changed(data, entries[unit], new) for unit, new in todo.changed.items()]
        return edits if todo.new is None else [*edits, _inserted(data, todo.new)]


def _block(data: Buffer, at: int) -> _Block | None:
    """The block that opens at this byte; a rule between paragraphs is none."""
    opening = _OPEN.match(data, at)
    closing = _CLOSE.search(data, opening.end(), opening.end() + _MAX_BLOCK) if opening else None
    if opening is None or closing is None:
        return None
    inner = data[opening.end() : closing.start()]
    first = next((line for line in map(bytes.strip, inner.split(b"\n")) if line and line[:1] != b"#"), b"")
    if first[:1] == b"{":
        raise UnsupportedOperation(
            "the front matter is a mapping in braces", place=f"byte {at}", remedy="write one key a line"
        )
    if first and not _KEYED.match(first):
        return None
    return _Block(at, opening.end(), closing.start(), closing.end())


def _entries(data: Buffer) -> Iterator[_Entry]:
    """Entries ``AIGC``: those of the front matter, then one of a block that something was written above of."""
    at = _text.start(data)
    block = _block(data, at)
    homes = False
    if block:
        for entry in _of_block(data, block, ()):
            homes = homes or entry.unit.home
            yield entry
    pushed = _pushed_down(data, block.stop if block else at)
    if pushed:
        yield from _of_block(data, pushed, ("not-at-head",))


def _pushed_down(data: Buffer, at: int) -> _Block | None:
    stop = at
    for _ in range(_MAX_ABOVE_LINES):
        stop = _text.next_line(data, stop)
    opening = _PUSHED.search(data, at, min(stop, at + _MAX_BLOCK))
    if opening is None or _FENCE.search(data, at, opening.start()):
        return None
    return _block(data, opening.start())


def _of_block(data: Buffer, block: _Block, notes: tuple[str, ...]) -> Iterator[_Entry]:
    root = _root_indent(data, block)
    at = block.body
    for _ in range(_MAX_ENTRIES):
        found = _ENTRY.search(data, at, block.close)
        if found is None:
            return
        at = _entry_stop(data, found, block.close)
        yield _entry(data, found, at, root, notes)
    raise LimitExceeded(f"more than {_MAX_ENTRIES} entries AIGC", remedy="inspect the file")


def _root_indent(data: Buffer, block: _Block) -> str:
    for line in data[block.body : block.close].split(b"\n"):
        if line.strip() and line.lstrip()[:1] != b"#":
            return line[: len(line) - len(line.lstrip())].decode("latin-1")
    return ""


def _entry_stop(data: Buffer, found: re.Match[bytes], close: int) -> int:
    """Behind the last line that is deeper than the key."""
    indent = len(found[1])
    at = stop = min(_text.next_line(data, found.end()), close)
    while at < close:
        following = min(_text.next_line(data, at), close)
        line = data[at:following].rstrip()
        deep = len(line) - len(line.lstrip())
        if line and deep <= indent:
            break
        at = following
        stop = at if line else stop
    return stop


def _entry(data: Buffer, found: re.Match[bytes], stop: int, root: str, notes: tuple[str, ...]) -> _Entry:
    lines = _text.decoded(data[found.end() : stop]).splitlines()[1:]
    value = _yaml.read(_text.decoded(found[4]), lines)
    key, indent = found[3].decode(), found[1].decode("latin-1")
    home = key == KEY and indent == root and not notes
    odd = (*notes, value.style) if value.style in ("scalar", "typed-scalar") else notes
    place = f"{'front matter' if not notes else 'block'} {key}, byte {found.start()}"
    kind = Kind.FIELD if home else Kind.TAG
    unit = Unit(kind, place, value.json.encode(), found.start(), stop, key, home, odd)
    return _Entry(unit, found.start(), stop, indent)


def _changed(data: Buffer, entry: _Entry, new: bytes | None) -> Edit:
    if new is None:
        return _taken_out(data, entry)
    if not entry.unit.home:
        raise fixed(entry.unit)
    return Edit(entry.start, entry.stop, _yaml.mapping(KEY, new, entry.indent, _text.line_end(data).decode()))


def _taken_out(data: Buffer, entry: _Entry) -> Edit:
    """Without the entry; a pushed-down block that held nothing else goes with its dashes."""
    if "not-at-head" not in entry.unit.notes:
        return Edit(entry.start, entry.stop)
    opening = data.rfind(b"---", 0, entry.start)
    closing = _CLOSE.match(data, entry.stop)
    alone = closing is not None and _text.next_line(data, opening) == entry.start
    return Edit(opening, closing.end()) if closing and alone else Edit(entry.start, entry.stop)


def _inserted(data: Buffer, payload: bytes) -> Edit:
    """The entry at the end of the front matter, so that the file's own keys stay first, or a block of its own."""
    at = _text.start(data)
    newline = _text.line_end(data).decode()
    block = _block(data, at)
    if block:
        entry = _yaml.mapping(KEY, payload, _root_indent(data, block), newline)
        return Edit(block.close, block.close, entry)
    if data[at : at + 3] == b"+++":
        raise UnsupportedOperation("the front matter is TOML", place=f"byte {at}", remedy="convert it to YAML first")
    dashes = f"---{newline}".encode()
    return Edit(at, at, dashes + _yaml.mapping(KEY, payload, "", newline) + dashes + newline.encode())
