"""Notices in HTML: real text nodes with colours of their own, and what a reader is shown of those that are there.

Words made by style sheets (``::before``), in attributes or in pictures are no notice: no copy and no excerpt has them.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from labelkit.formats.text._notice_prose import EDGE_BLOCKS, MAX_NOTICES
from labelkit.record import NoticeMark
from labelkit.wording.notices import MAX_LATIN_CHARACTERS, recognise_notice

#: Dark grey on white, 7.0:1 (WCAG 2); both are named, so that a dark page does not change that.
INK, PAPER = "#595959", "#ffffff"
_STYLE = f"margin:1em 0;padding:.25em .5em;font-size:14px;line-height:1.5;color:{INK};background-color:{PAPER}"
_BLOCKS = frozenset({
    "p", "div", "section", "article", "main", "aside", "header", "footer", "nav", "li", "ul", "ol", "dl", "dt", "dd",
    "table", "tr", "td", "th", "caption", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "body", "form",
    "figure", "figcaption", "address", "details", "summary", "br", "hr",
})  # fmt: skip
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_UNREAD = frozenset({
    "script", "style", "template", "noscript", "textarea", "select", "title", "head", "code", "pre", "svg", "math",
})  # fmt: skip
#: Smaller than this, or fainter, nobody reads it; our choice, as 10 px is what footers of chat pages use at least.
_MIN_PIXELS, _MIN_OPACITY = 10.0, 0.4
#: Open elements beyond which a page is not followed any deeper.
_MAX_DEPTH = 2000
_NAMED = {"black": "#000000", "white": "#ffffff", "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0"} | {
    "red": "#ff0000", "darkgray": "#a9a9a9", "lightgray": "#d3d3d3", "lightgrey": "#d3d3d3", "dimgray": "#696969",
    "gainsboro": "#dcdcdc", "whitesmoke": "#f5f5f5", "transparent": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """What inline styles say of the text at one place; inherited.

    Attributes:
        ink, paper: colours as six hexadecimal digits after ``#``, ``""`` when nobody names them.
        hidden: why it is not seen.
    """

    ink: str = ""
    paper: str = ""
    hidden: str = ""


@dataclass(slots=True)
class _Block:
    element: str
    line: int
    style: Style
    text: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """The blocks of a page with the style of each, and where its body begins and ends."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[_Block] = [_Block("text", 1, Style())]
        self.open: list[tuple[str, Style]] = []
        self.unread = 0
        self.body_start = self.body_end = self.head_end = -1
        self._offsets = [0, *(match.end() for match in re.finditer("\n", text))]
        self.feed(text)
        self.close()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._offsets[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body" and self.body_start < 0:
            self.body_start = self._at() + len(self.get_starttag_text() or "")
        if tag == "br":
            self._begin(tag)
        if tag in _VOID or len(self.open) >= _MAX_DEPTH:
            return
        self.open.append((tag, _styled(self._style, {name: value or "" for name, value in attrs})))
        self.unread += tag in _UNREAD
        if tag in _BLOCKS:
            self._begin(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._begin(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("body", "html") and (self.body_end < 0 or tag == "body"):
            self.body_end = self._at()
        if tag == "head":
            self.head_end = self.rawdata.find(">", self._at()) + 1 or -1
        if not any(name == tag for name, _ in self.open):
            return
        while self.open:
            name, _ = self.open.pop()
            self.unread -= name in _UNREAD
            if name == tag:
                break
        if tag in _BLOCKS:
            self._begin(self.open[-1][0] if self.open else "text")

    def handle_data(self, data: str) -> None:
        if self.unread or not data.strip():
            return
        block = self.blocks[-1]
        if not block.text or self._style.hidden or self._style.ink:
            block.style = self._style
        block.text.append(data)

    @property
    def _style(self) -> Style:
        return self.open[-1][1] if self.open else Style()

    def _begin(self, element: str) -> None:
        self.blocks.append(_Block(element, self.getpos()[0], self._style))


def notice_element(notice: str, *, inline: bool = False) -> str:
    """The notice as an element that readers, screen readers and copies have."""
    words = html.escape(notice, quote=False)
    if inline:
        return f'<span data-aigc-label="1" lang="zh-CN" style="color:{INK};background-color:{PAPER}">（{words}）</span>'
    return f'<p role="note" data-aigc-label="1" lang="zh-CN" style="{_STYLE}">{words}</p>'


def put(text: str, notice: str, position: str, every: int) -> str:
    """A page or fragment with the notice as first or last child of its body, or after every so many paragraphs."""
    page, element = _Page(text), notice_element(notice)
    if position == "inline":
        return _put_inline(text, element, every) or put(text, notice, "end", every)
    if position == "start":
        at = page.body_start if page.body_start >= 0 else max(page.head_end, _prologue(text))
    else:
        at = page.body_end if page.body_end >= 0 else len(text.rstrip())
    return text[:at] + element + text[at:]


def _prologue(text: str) -> int:
    """Offset behind byte order mark, declarations, comments and the html tag of a page without a body tag."""
    match = re.match(
        r"\ufeff?(?:\s*(?:<\?.*?\?>|<!--.*?-->|<!doctype[^>]*>|<html[^>]*>))*", text, re.DOTALL | re.IGNORECASE
    )
    return match.end() if match else 0


def _put_inline(text: str, element: str, every: int) -> str:
    ends = [match.end() for match in re.finditer(r"</p\s*>", text, re.IGNORECASE)][every - 1 :: every]
    pieces, at = [], 0
    for end in ends:
        pieces += [text[at:end], element]
        at = end
    return "".join([*pieces, text[at:]]) if pieces else ""


def find(text: str) -> list[NoticeMark]:
    """Every notice among the blocks of a page, with contrast and whatever hides it."""
    blocks = [block for block in _Page(text).blocks if "".join(block.text).strip()]
    marks: list[NoticeMark] = []
    for number, block in enumerate(blocks):
        words = " ".join("".join(block.text).split())
        if block.element in ("h1", "h2", "h3", "h4", "h5", "h6") or len(words) > MAX_LATIN_CHARACTERS:
            continue
        found = recognise_notice(words)
        position = _position(number, len(blocks))
        if found is None or (position == "middle" and not found.elements.complete):
            continue
        place = f"element {block.element}, line {block.line}"
        ratio = contrast(block.style.ink, block.style.paper or PAPER) if block.style.ink else None
        marks.append(NoticeMark(found.text, position, place, found.elements.exact, ratio, block.style.hidden))
    return marks[:MAX_NOTICES]


def _position(number: int, count: int) -> str:
    if number >= count - EDGE_BLOCKS and number >= count / 2:
        return "end"
    return "start" if number < EDGE_BLOCKS else "middle"


def _styled(above: Style, attributes: dict[str, str]) -> Style:
    """What holds inside an element with these attributes."""
    said = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", attributes.get("style", "").lower()))
    ink = _colour(said.get("color", attributes.get("color", ""))) or above.ink
    paper = (
        _colour(said.get("background-color") or said.get("background") or attributes.get("bgcolor", "")) or above.paper
    )
    return Style(ink, paper, above.hidden or _hiding(said, attributes))


def _hiding(said: dict[str, str], attributes: dict[str, str]) -> str:
    if said.get("display", "").strip() == "none":
        return "display:none"
    if said.get("visibility", "").strip() in ("hidden", "collapse"):
        return "visibility:hidden"
    if "hidden" in attributes:
        return "hidden"
    if attributes.get("aria-hidden") == "true":
        return "aria-hidden"
    size = re.match(r"([\d.]+)px", said.get("font-size", ""))
    if size and float(size[1] if size[1].count(".") < 2 else 0) < _MIN_PIXELS:
        return f"font-size:{size[1]}px"
    faint = re.match(r"(0?\.\d+|0)\s*$", said.get("opacity", ""))
    return f"opacity:{faint[1]}" if faint and float(faint[1]) < _MIN_OPACITY else ""


def _colour(value: str) -> str:
    """A CSS colour as ``#rrggbb``, ``""`` for what we cannot tell."""
    value = value.strip().removesuffix("!important").strip()
    value = _NAMED.get(value, value)
    if re.fullmatch(r"#[0-9a-f]{3,4}", value):
        value = "#" + "".join(2 * digit for digit in value[1:4])
    if re.fullmatch(r"#[0-9a-f]{6}(?:[0-9a-f]{2})?", value):
        return value[:7]
    numbers = re.fullmatch(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+[\d.]+%?)?\s*\)", value)
    return "#" + "".join(f"{min(255, int(number)):02x}" for number in numbers.groups()) if numbers else ""


def contrast(ink: str, paper: str) -> float:
    """WCAG 2 contrast ratio of two ``#rrggbb`` colours, 1 to 21."""
    light, dark = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
