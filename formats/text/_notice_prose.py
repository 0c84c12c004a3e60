"""Notices in plain text and Markdown: lines of their own, never in code, front matter or tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labelkit.formats.text._wm_places import shields
from labelkit.record import NoticeMark
from labelkit.wording.notices import MAX_LATIN_CHARACTERS, recognise_notice

#: Blocks at either end of a text that count as its start and its end (text.md 1.3).
EDGE_BLOCKS = 3
#: Notices listed of one text; a label on every paragraph of a book is one finding, not thousands.
MAX_NOTICES = 100
_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(
    r"^[ \t>]*(?P<fence>```+|~~~+)[^\n]*\n.*?(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BLANK = re.compile(r"\r?\n[ \t]*\r?\n")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
#: A block without any of these is no notice; most are dismissed by this.
_HINT = re.compile(r"AI|人工|模型|生成|合成|GPT|LLM|Claude|Gemini|generat", re.IGNORECASE)
_BRACKETED = re.compile(r"[（(【\[]([^（）()【】\[\]\n]{4,160})[)）】\]][\s*_。.]*\Z")
_BRACKETED_FIRST = re.compile(r"\A[\s*_>#]*[（(【\[]([^（）()【】\[\]\n]{4,160})[)）】\]]")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a line of one.

    Attributes:
        text: as it stands.
        start: offset in the text.
        paragraph: number of the paragraph it belongs to.
    """

    text: str
    start: int
    paragraph: int


def newline(text: str) -> str:
    """The line end a text uses."""
    return "\r\n" if "\r\n" in text else "\n"


def front_matter_end(text: str) -> int:
    """Offset behind the front matter, or behind the byte order mark."""
    match = _FRONT_MATTER.match(text)
    return match.end() if match else int(text.startswith("\ufeff"))


def open_fence(text: str) -> str:
    """The fence that the end of a Markdown text is inside of, ``""`` for none."""
    fence = ""
    for line in text.splitlines():
        found = re.match(r"[ \t>]*(`{3,}|~{3,})(.*)", line)
        if not found:
            continue
        if not fence:
            fence = found[1]
        elif found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return fence


def put_start(text: str, notice: str) -> str:
    """``notice`` as the first paragraph, behind front matter; nothing else changes."""
    at, end = front_matter_end(text), newline(text)
    before = end if at > 1 else ""
    after = end if before and text[at:].startswith(("\n", "\r\n")) else end + end
    return f"{text[:at]}{before}{notice}{after}{text[at:]}"


def put_end(text: str, notice: str) -> str:
    """``notice`` as the last paragraph; the end of the text stays as it was, with or without a line end."""
    end = newline(text)
    body = text.rstrip("\r\n")
    tail = text[len(body) :]
    closing = open_fence(body)
    return f"{body}{end}{closing}{end if closing else ''}{end}{notice}{tail if len(tail) <= len(end) else end}"


def put_inline(text: str, notice: str, every: int) -> str:
    """``notice`` as a paragraph after every so many, never inside a fence or a table; at least once."""
    closed, end, at, count, pieces = shields(text), newline(text), 0, 0, []
    for match in _BLANK.finditer(text):
        if closed.past(match.start()) != match.start() or closed.past(match.end()) != match.end():
            continue
        count += 1
        if count % every == 0 and match.end() < len(text):
            pieces += [text[at : match.end()], notice, end, end]
            at = match.end()
    return "".join([*pieces, text[at:]]) if pieces else put_end(text, notice)


def find(text: str, *, markdown: bool) -> list[NoticeMark]:
    """Every notice: whole paragraphs, whole lines, and what stands in brackets at either end of the text."""
    readable = _blanked(text) if markdown else text
    paragraphs = list(_paragraphs(readable))
    found = [
        (block, recognised)
        for block in _candidates(paragraphs, markdown)
        if (recognised := recognise_notice(block.text)) is not None
    ]
    marks: list[NoticeMark] = []
    for block, recognised in found[:MAX_NOTICES]:
        position = _position(block.paragraph, len(paragraphs))
        if position == "middle" and not recognised.elements.complete:
            continue
        line = text.count("\n", 0, block.start) + 1
        marks.append(NoticeMark(recognised.text, position, f"line {line}", recognised.elements.exact))
    return marks


def _blanked(text: str) -> str:
    """The text with front matter, fences and comments made blank, so that offsets stay."""
    for pattern in (_FRONT_MATTER, _FENCE, _COMMENT):
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    return text


def _paragraphs(text: str) -> Iterator[Block]:
    start = number = 0
    for match in _BLANK.finditer(text):
        if text[start : match.start()].strip():
            yield Block(text[start : match.start()], start, number)
            number += 1
        start = match.end()
    if text[start:].strip():
        yield Block(text[start:], start, number)


def _candidates(paragraphs: list[Block], markdown: bool) -> Iterator[Block]:
    """What may be a notice: each short paragraph as a whole, or else its lines, or else what it holds in brackets."""
    for paragraph in paragraphs:
        if not _HINT.search(paragraph.text):
            continue
        if len(paragraph.text) <= MAX_LATIN_CHARACTERS and recognise_notice(paragraph.text):
            if not (markdown and _HEADING.match(paragraph.text)):
                yield paragraph
            continue
        lines = list(_lines(paragraph, markdown))
        yield from lines
        if not any(recognise_notice(line.text) for line in lines):
            yield from _bracketed(paragraph, first=paragraph is paragraphs[0], last=paragraph is paragraphs[-1])


def _lines(paragraph: Block, markdown: bool) -> Iterator[Block]:
    start = paragraph.start
    for line in paragraph.text.split("\n"):
        if _HINT.search(line) and not (markdown and _HEADING.match(line)):
            yield Block(line, start, paragraph.paragraph)
        start += len(line) + 1


def _bracketed(paragraph: Block, *, first: bool, last: bool) -> Iterator[Block]:
    for pattern, wanted in ((_BRACKETED_FIRST, first), (_BRACKETED, last)):
        if wanted and (match := pattern.search(paragraph.text)):
            yield Block(match[1], paragraph.start + match.start(1), paragraph.paragraph)


def _position(paragraph: int, count: int) -> str:
    if paragraph < EDGE_BLOCKS and paragraph < count - 1 - paragraph:
        return "start"
    if paragraph >= count - EDGE_BLOCKS:
        return "end"
    return "start" if paragraph < EDGE_BLOCKS else "middle"
