"""HTML and XHTML: ``<meta name="AIGC" content='...'>`` in the head.

No guide names HTML. This is the place that office suites map their custom property to and that other labelling tools
use. Tags are found as a browser's tokenizer finds them (HTML Standard 13.2.5), nothing is parsed into a tree, and the
inserted tag is ASCII, so that the document's encoding does not matter.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_UNITS, Buffer, Edit, Kind, Unit
from labelkit.formats.containers import _text
from labelkit.formats.containers._homes import KEY

_MAX_TAG = 256 * 1024
_TOKEN = re.compile(
    rb"<(?:(!--)|(!doctype)|(/?(?:meta|head|body|html|frameset|script|style|title|textarea|template|noscript|svg))(?=[\s/>]))",
    re.IGNORECASE,
)
_TAG = re.compile(rb"<(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+>")
_ATTRIBUTE = re.compile(rb"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
# Elements whose content is no markup (HTML Standard 13.2.6.2), or not part of the document.
_OPAQUE = {
    name: re.compile(rb"</" + name + rb"(?=[\s/>])", re.IGNORECASE)
    for name in (b"script", b"style", b"title", b"textarea", b"template", b"noscript", b"svg")
}
_FIRST_TAG = re.compile(
    rb"(?>\xef\xbb\xbf)?\s*+(?>(?><\?.*?\?>|<!--.*?-->)\s*+)*+<(?:!doctype\s+html|(html|head|body|meta|title)[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
# A comment is looked into only when it may hold a label.
_SIGN = re.compile(rb"aigc", re.IGNORECASE)


@dataclass(slots=True)
class _Page:
    """What a walk found: metas and comments with their places, where a new meta goes, and why the walk ended early."""

    units: list[Unit] = field(default_factory=list)
    insertion: int = 0
    defect: BrokenFile | None = None


class Html(_text.TextContainer):
    """HTML and XHTML pages."""

    name = "HTML"

    def score(self, head: bytes) -> int:
        return 90 if _FIRST_TAG.match(head) and _text.looks_like_text(head) else 0

    def score_named(self, head: bytes) -> int:
        return self.score(head) or (10 if b"<" in head and _text.looks_like_text(head) else 0)

    def read(self, data: Buffer) -> Iterator[Unit]:
        page = _walk(data)
        yield from page.units
        if page.defect:
            raise page.defect

    def written(self, data: Buffer, payload: bytes) -> bytes:
        return _meta(payload)

    def insertion(self, data: Buffer, payload: bytes) -> Edit:
        at = _walk(data).insertion
        newline = _text.line_end(data) if data[at : at + 1] in (b"\r", b"\n") else b""
        return Edit(at, at, newline + _meta(payload))


def _walk(data: Buffer) -> _Page:
    """Every token that matters, to the end of the file."""
    page = _Page(insertion=_text.start(data))
    in_head, at = True, page.insertion
    while found := _TOKEN.search(data, at):
        name = (found[3] or b"").lower()
        if found[1]:
            at = _comment(data, found, page)
        else:
            at = _tag_stop(data, found)
            if not at:
                place = f"HTML, byte {found.start()}"
                page.defect = BrokenFile("a tag does not end", place=place, remedy="copy the file again")
                return page
            in_head = in_head and name not in (b"/head", b"body", b"frameset")
            if name in (b"head", b"html") or found[2]:
                page.insertion = at if in_head else page.insertion
            elif name == b"meta":
                _note_meta(data, found.start(), at, page, in_head)
            elif name in _OPAQUE:
                closing = _OPAQUE[name].search(data, at)
                at = closing.end() if closing else len(data)
        if len(page.units) > MAX_UNITS:
            raise LimitExceeded(f"more than {MAX_UNITS} metadata tags", remedy="inspect the file")
    return page


def _tag_stop(data: Buffer, found: re.Match[bytes]) -> int:
    """Behind a tag; 0 when it does not end, which loses the rest of the page in a browser."""
    tag = _TAG.match(data, found.start(), found.start() + _MAX_TAG)
    return tag.end() if tag else 0


def _comment(data: Buffer, found: re.Match[bytes], page: _Page) -> int:
    end = data.find(b"-->", found.start() + 2)
    stop = len(data) if end < 0 else end + 3
    if stop - found.start() <= _MAX_TAG and _SIGN.search(data, found.start(), stop):
        text = _utf8(data[found.end() : stop - 3]).strip()
        place = f"HTML comment, byte {found.start()}"
        page.units.append(Unit(Kind.COMMENT, place, text, found.start(), stop))
    return stop


def _note_meta(data: Buffer, start: int, stop: int, page: _Page, in_head: bool) -> None:
    have = _attributes(data[start:stop])
    key = have.get("name") or have.get("property") or have.get("itemprop") or ""
    if in_head and ("charset" in have or have.get("http-equiv", "").lower() == "content-type"):
        page.insertion = stop
    if not key and "content" not in have:
        return
    main = have.get("name") == KEY and in_head
    kind = Kind.FIELD if main else Kind.TAG
    place = f"HTML meta {key}, byte {start}"
    page.units.append(Unit(kind, place, have.get("content", "").encode(), start, stop, key, main))


def _attributes(tag: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(tag, len(b"<meta")):
        value = next((group for group in match.groups()[1:] if group is not None), b"")
        found.setdefault(match[1].decode("latin-1").lower(), html.unescape(_text.decoded(value)))
    return found


def _utf8(raw: bytes) -> bytes:
    return _text.decoded(raw).encode()


def _meta(payload: bytes) -> bytes:
    """The tag, valid in HTML and XHTML; quotation marks stand as such inside apostrophes."""
    value = payload.decode().replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")
    return b"<meta name=\"%s\" content='%s'/>" % (KEY.encode(), value.encode("ascii", "xmlcharrefreplace"))
