"""E-mail messages: header field ``X-AIGC`` (RFC 5322, 3.6.8 optional fields; our choice).

The field goes behind the others, so that signatures of the transport (DKIM), which name the fields they cover, stay
valid. Long values are folded between the members of the object and unfolded to exactly what was put in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Edit, Kind, Unit
from labelkit.formats.containers import _text
from labelkit.formats.containers._homes import KEY

_MAX_HEADER = 1024 * 1024
_FIELD = re.compile(rb"^([!-9;-~]{1,200})[ \t]*:[ \t]?((?:[^\n]*\n?)(?:[ \t][^\n]*\n?)*)", re.MULTILINE)
_END = re.compile(rb"^\r?\n", re.MULTILINE)
_FOLD = re.compile(rb"\r?\n[ \t]")
# Between two members of the label's object; inside a string the quotation mark would be escaped.
_JOINT = re.compile(rb'(?<=",)(?="[A-Za-z0-9]{1,24}":)')
_KNOWN = re.compile(rb"^(from|date|subject|message-id|received|return-path|mime-version|to):", re.I | re.M)
_NAMES_NEEDED = 3
_FIELD_NAME = f"X-{KEY}"


class Eml(_text.TextContainer):
    """Messages in the Internet message format."""

    name = "e-mail"

    def score(self, head: bytes) -> int:
        end = _END.search(head)
        header = head[: end.start()] if end else head
        names = {name.lower() for name in _KNOWN.findall(header)}
        certain = len(names) >= _NAMES_NEEDED and b"from" in names and _FIELD.match(head)
        return 70 if certain and _text.looks_like_text(head) else 0

    def score_named(self, head: bytes) -> int:
        return self.score(head) or (20 if _FIELD.match(head) and _text.looks_like_text(head) else 0)

    def read(self, data: Buffer) -> Iterator[Unit]:
        stop = _header_stop(data)
        for field in _FIELD.finditer(data, 0, stop):
            name = field[1].decode("latin-1")
            if "aigc" not in name.lower() and b"AIGC" not in field[2]:
                continue
            main = name.lower() == _FIELD_NAME.lower()
            value = _FOLD.sub(b"", field[2]).strip()
            kind = Kind.FIELD if main else Kind.TAG
            key = KEY if main else name
            yield Unit(kind, f"e-mail {name}, byte {field.start()}", value, field.start(), field.end(), key, main)

    def written(self, data: Buffer, payload: bytes) -> bytes:
        newline = _text.line_end(data)
        return _FIELD_NAME.encode() + b": " + _JOINT.sub(lambda _: newline + b" ", payload) + newline

    def insertion(self, data: Buffer, payload: bytes) -> Edit:
        at = _header_stop(data)
        gap = b"" if data[at - 1 : at] == b"\n" else _text.line_end(data)
        return Edit(at, at, gap + self.written(data, payload))


def _header_stop(data: Buffer) -> int:
    """Where the fields end: before the empty line."""
    if _FIELD.match(data) is None:
        raise BrokenFile("there is no header", place="byte 0", remedy="save the message again")
    end = _END.search(data, 0, min(len(data), _MAX_HEADER))
    return end.start() if end else len(data)
