"""What the handlers of plain text formats share: telling text from other things, encodings, line ends."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers._homes import fixed, plan

BOM = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Control characters that no text has; tab, line feed, form feed, carriage return and escape are allowed.
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def looks_like_text(head: bytes) -> bool:
    """Whether the beginning of a file is text in UTF-8, GB 18030 or another encoding that extends ASCII."""
    if not head or _CONTROLS.search(head) or head.startswith(_WIDE_MARKS):
        return False
    return _decodes(head, "utf-8") or _decodes(head, "gb18030")


def _decodes(head: bytes, codec: str) -> bool:
    """Whether it is text in this encoding, up to a character that the end of the head cuts."""
    try:
        head.decode(codec)
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 4 and len(head) > 64
    return True


def start(data: Buffer) -> int:
    """Where the text begins: behind a byte order mark.

    Raises:
        UnsupportedOperation: UTF-16, in which nothing can be spliced.
    """
    if data[:2] in _WIDE_MARKS:
        raise UnsupportedOperation("this text is in UTF-16", place="byte 0", remedy="save it as UTF-8 first")
    return len(BOM) if data[:3] == BOM else 0


def decoded(raw: bytes) -> str:
    """Text of unknown encoding: UTF-8, else GB 18030, else byte by byte."""
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            pass
    return raw.decode("latin-1")


def line_end(data: Buffer) -> bytes:
    """The line end that the file uses first; a line feed when it has none."""
    at = data.find(b"\n")
    return b"\r\n" if at > 0 and data[at - 1 : at] == b"\r" else b"\n"


def next_line(data: Buffer, at: int) -> int:
    """Where the next line begins, or the end of the file."""
    found = data.find(b"\n", at)
    return len(data) if found < 0 else found + 1


class TextContainer(Container):
    """A format of text whose units are stretches of the file. Subclasses find them and say how one is written."""

    home: ClassVar[Kind] = Kind.FIELD

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        start(data)
        todo = plan(self.read(data), payload, others)
        edits = [self._changed(data, unit, new) for unit, new in todo.changed.items()]
        return edits if todo.new is None else [*edits, self.insertion(data, todo.new)]

    def _changed(self, data: Buffer, unit: Unit, new: bytes | None) -> Edit:
        if new is not None and not unit.home:
            raise fixed(unit)
        return Edit(unit.start, unit.stop, b"" if new is None else self.written(data, new))

    @abstractmethod
    def written(self, data: Buffer, payload: bytes) -> bytes:
        """The bytes of a home that holds ``payload``."""

    @abstractmethod
    def insertion(self, data: Buffer, payload: bytes) -> Edit:
        """The edit that makes a home."""
