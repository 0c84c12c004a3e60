"""WebVTT: the label as comment block ``NOTE AIGC {...}`` behind the header (WebVTT, 4.1; our choice)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Edit, Kind, Unit
from labelkit.formats.containers import _text
from labelkit.formats.containers._homes import KEY

_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?WEBVTT(?=[ \t\r\n]|\Z)")
_BLANK_LINE = re.compile(rb"(?:\r\n|\n){2,}|(?:\r\n|\n)?\Z")
_NOTE = re.compile(rb"^NOTE(?=[ \t\r\n])[ \t]*(.*?)(?:(?:\r?\n){2,}|(?:\r?\n)?\Z)", re.MULTILINE | re.DOTALL)
_LABEL = re.compile(rb"(aigc)\s*:?\s*(?=\{)", re.IGNORECASE)
# An arrow may stand nowhere but between times; the reader turns it back.
_ARROW, _ESCAPED_ARROW = b"-->", b"--\\u003e"
_MAX_NOTE = 256 * 1024


class Vtt(_text.TextContainer):
    """WebVTT subtitles."""

    name = "WebVTT"

    def score(self, head: bytes) -> int:
        return 100 if _HEADER.match(head) else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        if not _HEADER.match(data):
            raise BrokenFile("the WebVTT signature is damaged", place="byte 0", remedy="save the subtitles again")
        at = 0
        while (at := data.find(b"NOTE", at)) >= 0:
            note = _NOTE.match(data, at, min(len(data), at + _MAX_NOTE)) if data[at - 1 : at] == b"\n" else None
            at = note.end() if note else at + 4
            if note and b"aigc" in note[1].lower():
                yield _unit(note)

    def written(self, data: Buffer, payload: bytes) -> bytes:
        return b"NOTE %s %s" % (KEY.encode(), payload.replace(_ARROW, _ESCAPED_ARROW)) + 2 * _text.line_end(data)

    def insertion(self, data: Buffer, payload: bytes) -> Edit:
        header = _HEADER.match(data)
        gap = _BLANK_LINE.search(data, header.end() if header else 0)
        at = gap.end() if gap else len(data)
        newline = _text.line_end(data)
        missing = 2 - min(2, gap[0].count(b"\n")) if gap else 2
        return Edit(at, at, newline * missing + self.written(data, payload))


def _unit(note: re.Match[bytes]) -> Unit:
    text = note[1].replace(_ESCAPED_ARROW, _ARROW).strip()
    label = _LABEL.match(text)
    key = label[1].decode() if label else ""
    main = key == KEY
    kind = Kind.FIELD if main else Kind.COMMENT
    value = text[label.end() :] if label else text
    return Unit(kind, f"WebVTT NOTE, byte {note.start()}", value, note.start(), note.end(), key, main)
