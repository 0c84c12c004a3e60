"""XML documents of any vocabulary: a processing instruction ``<?AIGC {...}?>`` in the prolog (XML 1.0, 2.6 and 2.8).

No guide names XML, and no element can be added to a vocabulary one does not know; every XML program passes over an
instruction that is not for it. Drawings and pages, which are XML too, have handlers of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Edit, Kind, Unit
from labelkit.formats.containers import _text
from labelkit.formats.containers._homes import KEY

_MAX_PROLOG = 1024 * 1024
_DECLARATION = re.compile(rb"<\?xml\s[^?]*+\?>")
_MISC = re.compile(
    rb"\s*+(?:<\?(?P<target>[^\s?]++)\s*+(?P<body>.*?)\?>|<!--(?P<comment>.*?)-->"
    rb"|<!DOCTYPE[^>\[]*+(?:\[.*?\]\s*+)?>)", re.DOTALL,
)  # fmt: skip
_ROOT = re.compile(rb"\s*+<[^\s!?/>]")
# What would end the instruction early; the reader turns it back.
_END, _ESCAPED_END = b"?>", b"?\\u003e"


class Xml(_text.TextContainer):
    """XML documents that no other handler knows."""

    name = "XML"

    def score(self, head: bytes) -> int:
        return 60 if head.lstrip(_text.BOM).startswith(b"<?") and b"<?AIGC " in head and not _own(head) else 0

    def score_named(self, head: bytes) -> int:
        if _text.looks_like_text(head) and head.lstrip(_text.BOM + b" \t\r\n").startswith(b"<"):
            return 30
        return 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        at = _text.start(data)
        limit = min(len(data), _MAX_PROLOG)
        while found := _MISC.match(data, at, limit):
            yield from _unit(found)
            at = found.end()
        if not _ROOT.match(data, at):
            raise BrokenFile("there is no root element", place=f"XML, byte {at}", remedy="save the document again")

    def written(self, data: Buffer, payload: bytes) -> bytes:
        return b"<?%s %s?>" % (KEY.encode(), payload.replace(_END, _ESCAPED_END))

    def insertion(self, data: Buffer, payload: bytes) -> Edit:
        at = _text.start(data)
        declaration = _DECLARATION.match(data, at)
        newline = _text.line_end(data)
        new = self.written(data, payload)
        if declaration is None:
            return Edit(at, at, new + newline)
        return Edit(declaration.end(), declaration.end(), newline + new)


def _own(head: bytes) -> bool:
    """Whether another handler is for it."""
    return re.search(rb"<(?:\w+:)?(?:svg|html)[\s>]", head, re.IGNORECASE) is not None


def _unit(found: re.Match[bytes]) -> Iterator[Unit]:
    start, stop = found.start(), found.end()
    start += len(found[0]) - len(found[0].lstrip())
    target = (found["target"] or b"").decode("utf-8", "replace")
    if target and "aigc" in target.lower():
        main = target == KEY
        value = found["body"].replace(_ESCAPED_END, _END)
        kind = Kind.FIELD if main else Kind.TAG
        yield Unit(kind, f"XML instruction {target}, byte {start}", value, start, stop, target, main)
    elif found["comment"] and b"aigc" in found["comment"].lower():
        yield Unit(Kind.COMMENT, f"XML comment, byte {start}", found["comment"].strip(), start, stop)
