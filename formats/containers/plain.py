"""Plain text, CSV, SubRip and JSON: documents that are nothing but content. Their label is kept beside them.

They are told by their names, and by their content only where it is unmistakable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _json, _text

_CUE = re.compile(rb"(?:\xef\xbb\xbf)?\s*\d+[ \t]*\r?\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f]")


class Plain(Container):
    """Text without structure."""

    name = "plain text"
    home: ClassVar[Kind] = Kind.FIELD
    beside: ClassVar[bool] = True

    def score(self, head: bytes) -> int:
        return 0

    def score_named(self, head: bytes) -> int:
        if _is_wide(head):
            return 95  # its mark is the beginning of an MPEG frame, too
        return 5 if _text.looks_like_text(head) else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        return iter(())

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        raise UnsupportedOperation(
            f"{self.name} has no place for metadata", remedy="name files: the label goes into NAME.aigc.json beside it"
        )


def _is_wide(head: bytes) -> bool:
    """Text in UTF-16, which spreadsheets and notepads write."""
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    return "\ufffd" not in text[:-1] and not _CONTROLS.search(text)


class Csv(Plain):
    """Tables as comma-separated or tab-separated values."""

    name = "CSV"


class Srt(Plain):
    """SubRip subtitles."""

    name = "SubRip"

    def score(self, head: bytes) -> int:
        return 80 if _CUE.match(head) else 0

    def score_named(self, head: bytes) -> int:
        return self.score(head) or super().score_named(head)


class Json(Plain):
    """JSON documents. A key AIGC at the top, as some programs write it, is read."""

    name = "JSON"

    def read(self, data: Buffer) -> Iterator[Unit]:
        if len(data) > MAX_PAYLOAD_BYTES or not bytes(data[:64]).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return
        try:
            found = _json.scan(bytes(data), "JSON")
        except BrokenFile:
            return  # lines of objects, comments, other dialects: nothing that we have to understand
        for member in found.members:
            if member.key.lower() == "aigc":
                place = f"JSON key {member.key}, character {member.start}"
                yield Unit(Kind.TAG, place, found.value(member), 0, 0, member.key)
