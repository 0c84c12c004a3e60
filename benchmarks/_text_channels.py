"""The ways a text goes: encodings, normal forms, cleaning, tools, a browser, paper, editing. Text in, text out."""

from __future__ import annotations

import csv
import html
import io
import json
import random
import subprocess
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import regex

from benchmarks._chromium import Chromium

Way = Callable[[str], str]
_ZERO_WIDTH = r"[\u200b-\u200d\ufeff]"
_ZERO_WIDTH_WIDE = r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way, by the name the table gives it."""

    group: str
    name: str
    way: Way


def channels(browser: Chromium) -> Iterator[Channel]:
    """The 34 of them."""
    for name, way in (
        ("JSON with \\u escapes", lambda t: json.loads(json.dumps(t))),
        ("CSV field", _csv),
        ("UTF-16", lambda t: t.encode("utf-16").decode("utf-16")),
        ("GB 18030", lambda t: t.encode("gb18030").decode("gb18030")),
        ("GBK, the rest dropped", lambda t: t.encode("gbk", "ignore").decode("gbk")),
        ("three-byte UTF-8 of old databases", lambda t: "".join(sign for sign in t if ord(sign) < 0x10000)),
    ):
        yield Channel("encoding", name, way)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        yield Channel("normal form", form, lambda t, form=form: unicodedata.normalize(form, t))  # type: ignore[misc]
    yield from _cleaning()
    yield from _tools()
    for name, way in (
        ("Chromium innerText", lambda t: _shown(browser, t, "return document.body.innerText")),
        ("Chromium copy and paste", lambda t: _copied(browser, t)),
        ("Chromium insertText into an editor", lambda t: _typed(browser, t)),
    ):
        yield Channel("browser", name, way)
    for name, reader in (("pdftotext", _pdftotext), ("pypdf", _pypdf), ("PyMuPDF", _mupdf), ("PDFium", _pdfium)):
        yield Channel("PDF", f"Chromium PDF, {name}", lambda t, read=reader: read(_printed(browser, t)))  # type: ignore[misc]
    yield Channel("editing", "half of the words edited", lambda t: edited(t, 0.5, random.Random(len(t))))
    yield Channel("editing", "four of five paragraphs deleted", _thinned)
    yield Channel("editing", "an excerpt (120 / 240 characters)", _excerpt)


def _cleaning() -> Iterator[Channel]:
    import bleach
    import ftfy

    for name, way in (
        ("lines stripped", lambda t: "\n".join(line.strip() for line in t.strip().splitlines())),
        ("white space collapsed", lambda t: regex.sub(r"\s+", " ", t)),
        ("ftfy", ftfy.fix_text),
        ("HTML sanitizer (bleach)", lambda t: html.unescape(bleach.clean(t))),
        ("zero-width filter", lambda t: regex.sub(_ZERO_WIDTH, "", t)),
        ("wide zero-width filter", lambda t: regex.sub(_ZERO_WIDTH_WIDE, "", t)),
        ("\\p{Cf} removed", lambda t: regex.sub(r"\p{Cf}", "", t)),
        ("\\p{C} removed", lambda t: regex.sub(r"[^\P{C}\n]", "", t)),
        ("str.isprintable filter", lambda t: "".join(sign for sign in t if sign.isprintable() or sign == "\n")),
        ("default-ignorable removed", lambda t: regex.sub(r"\p{Default_Ignorable_Code_Point}", "", t)),
        ("three combining marks in a row removed", lambda t: regex.sub(r"\p{M}{3,}", "", t)),
    ):
        yield Channel("cleaning", name, way)


def _csv(text: str) -> str:
    file = io.StringIO()
    csv.writer(file).writerow([text])
    file.seek(0)
    return next(csv.reader(file))[0]


def _tools() -> Iterator[Channel]:
    from markdown_it import MarkdownIt

    render = MarkdownIt().render
    yield Channel(
        "tool", "Markdown to HTML (markdown-it)", lambda t: html.unescape(regex.sub("<[^>]*>", "", render(t)))
    )
    yield Channel("tool", "pandoc Markdown to DOCX to text", _pandoc)
    yield Channel("tool", "python-docx written and read", _docx)


def _pandoc(text: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "a.docx")
        subprocess.run(["pandoc", "-f", "markdown", "-o", path], input=text.encode(), check=True)
        read = subprocess.run(["pandoc", path, "-t", "plain"], check=True, capture_output=True)
    return read.stdout.decode()


def _docx(text: str) -> str:
    import docx

    file, document = io.BytesIO(), docx.Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    document.save(file)
    return "\n".join(paragraph.text for paragraph in docx.Document(file).paragraphs)


def page(text: str, style: str = "") -> str:
    """An HTML document with a text as paragraphs."""
    body = "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n") if part.strip())
    return f'<!doctype html><meta charset="utf-8"><style>body{{{style}}}</style><body>{body}</body>'


def _shown(browser: Chromium, text: str, script: str) -> str:
    browser.show(page(text))
    return str(browser.run(script))


def _copied(browser: Chromium, text: str) -> str:
    browser.show(page(text) + "<textarea id=pasted></textarea>")
    browser.run("getSelection().selectAllChildren(document.body)")
    browser.send("Input.dispatchKeyEvent", type="keyDown", commands=["copy"])
    browser.run("document.getElementById('pasted').focus()")
    browser.send("Input.dispatchKeyEvent", type="keyDown", commands=["paste"])
    return str(browser.run("return document.getElementById('pasted').value"))


def _typed(browser: Chromium, text: str) -> str:
    browser.show("<!doctype html><div contenteditable id=editor></div>")
    script = (
        f"document.getElementById('editor').focus(); document.execCommand('insertText', false, {json.dumps(text)});"
    )
    return str(browser.run(script + "return document.getElementById('editor').innerText"))


def _printed(browser: Chromium, text: str) -> bytes:
    browser.show(page(text))
    return browser.pdf()


def _pdftotext(data: bytes) -> str:
    return subprocess.run(["pdftotext", "-", "-"], input=data, check=True, capture_output=True).stdout.decode()


def _pypdf(data: bytes) -> str:
    import pypdf

    return "\n".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(data)).pages)


def _mupdf(data: bytes) -> str:
    import pymupdf

    with pymupdf.open("pdf", data) as document:
        return "\n".join(one.get_text() for one in document)


def _pdfium(data: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    return "\n".join(one.get_textpage().get_text_range() for one in document)


# --- editing -----------------------------------------------------------------------------------------------------

# A word is a run of letters or two Chinese characters; selectors go with the word or sign they stand behind.
_WORD = regex.compile(r"(?:[一-鿿]{1,2}|[\p{L}\p{N}]+|[^\s])[\ufe06-\ufe0d]*|\s+")


def edited(text: str, share: float, chance: random.Random) -> str:
    """Each word or sign of a text is with probability ``share`` deleted, replaced, or gets a neighbour, equally often.

    Whatever is deleted or replaced takes a packet behind it along.
    """
    words = _WORD.findall(text)
    others = [regex.sub(r"[\ufe06-\ufe0d]", "", word) for word in words if not word.isspace()]
    return "".join(word if word.isspace() or chance.random() > share else _edit(word, others, chance) for word in words)


def _edit(word: str, others: list[str], chance: random.Random) -> str:
    what = chance.randrange(3)
    if what == 0:
        return ""
    return chance.choice(others) + (word if what == 1 else "")


def _thinned(text: str) -> str:
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    chance = random.Random(len(text))
    kept = max(1, len(paragraphs) // 5)
    return "\n\n".join(chance.sample(paragraphs, kept))


def visible(text: str) -> list[int]:
    """Offsets of the characters that are no selectors."""
    return [at for at, sign in enumerate(text) if not "\ufe06" <= sign <= "\ufe0d"]


def excerpt(text: str, length: int, chance: random.Random) -> str:
    """So many visible characters from anywhere, with what lies between them, as a selection takes them."""
    offsets = visible(text)
    start = chance.randrange(max(1, len(offsets) - length))
    return text[offsets[start] : offsets[min(start + length, len(offsets) - 1)]]


def _excerpt(text: str) -> str:
    chinese = len(regex.findall("[一-鿿]", text)) > len(text) / 8
    return excerpt(text, 120 if chinese else 240, random.Random(len(text)))
