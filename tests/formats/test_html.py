"""HTML and XHTML: the meta in the head, what a browser makes of it, and what must stay."""

from __future__ import annotations

import contextlib
import html.parser
import subprocess
from pathlib import Path

import pytest

import labelkit
from labelkit.errors import BrokenFile, UnknownFormat
from labelkit.formats import table
from labelkit.formats.containers.html import Html
from labelkit.testing.container_contract import edited, home
from tests.formats.documents import LABEL, LONGER, TEXT, TextContract, labels, relabelled

HTML = Html()
PAGE = (
    b'<!doctype html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n<title>T</title>\n</head>\n'
    b"<body>x</body></html>\n"
)
XHTML = (
    b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html '
    b'xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title></head><body/></html>'
)
QUOTED = TEXT.replace(b'"', b"&quot;")
FOREIGN = b'<META NAME=author content=Me><meta property="og:title" content="A &amp; B">'
CONTENT_TYPE = b'<meta http-equiv="Content-Type" content="text/html; charset=gbk">'


def meta(value: bytes = QUOTED, name: bytes = b"AIGC") -> bytes:
    return b'<meta name="%s" content="%s">' % (name, value)


def head(inner: bytes) -> bytes:
    return PAGE.replace(b"<title>", inner + b"<title>")


def body(inner: bytes) -> bytes:
    return PAGE.replace(b"x</body>", inner + b"</body>")


class TestHtml(TextContract):
    format_id = "html"
    ending = ".html"

    def samples(self) -> dict[str, bytes]:
        return {
            "page": PAGE,
            "Windows": b"\xef\xbb\xbf" + PAGE.replace(b"\n", b"\r\n"),
            "XHTML": XHTML,
            "fragment": b"<p>text</p>",
            "foreign metadata": head(FOREIGN),
            "GBK": b"<html><head>" + CONTENT_TYPE + b"</head>" + "标题".encode("gbk"),
            "no head": b"<!doctype html><html><p>text",
        }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<head>\n<meta charset="utf-8">', b"\n<title>"),
        (b"<html><head>", b"<title>x</title>"),
        (b"<!doctype html><html>", b"<p>x"),
        (b"<!doctype html>", b"<p>x"),
        (b"\xef\xbb\xbf", b"<p>x"),
        (b"<head><script>'<head>'</script><meta charset=utf-8>", b"</head><body><meta charset=gbk>"),
        (b"<!-- <head> --><head>", b"</head>"),
    ],
)
def test_the_meta_stands_behind_the_charset_in_the_head(before: bytes, after: bytes) -> None:
    newline = b"\n" if after.startswith(b"\n") else b""
    assert (
        edited(HTML, before + after, TEXT) == before + newline + b'<meta name="AIGC" content=\'' + TEXT + b"'/>" + after
    )


def test_the_standard_library_reads_the_value() -> None:
    seen: list[str | None] = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            have = dict(attrs)
            if tag == "meta" and have.get("name") == "AIGC":
                seen.append(have["content"])

    Reader().feed(edited(HTML, PAGE, LONGER).decode())
    assert seen == [LONGER.decode()]


def test_chromium_reads_the_value(tmp_path: Path) -> None:
    script = b"<script>document.title=document.head.querySelector('meta[name=AIGC]').content</script>"
    path = tmp_path / "a.html"
    path.write_bytes(edited(HTML, PAGE, LONGER).replace(b"</body>", script + b"</body>"))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", f"file://{path}"]
    shown = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode()
    title = html.unescape(shown.partition("<title>")[2].partition("</title>")[0])
    assert title == LONGER.decode()


def test_xhtml_stays_well_formed() -> None:
    from xml.dom import minidom

    (meta,) = minidom.parseString(edited(HTML, XHTML, LONGER)).getElementsByTagName("meta")
    assert meta.getAttribute("content") == LONGER.decode()


def test_end_to_end() -> None:
    out = labelkit.label(PAGE, LABEL)
    assert out.data
    assert len(out.data) > len(PAGE)
    (mark,) = labelkit.read(out.data)
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)
    assert labelkit.verify(out.data).verdict == "confirmed"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (head(meta()), "AIGC:"),
        (head(b"<META content='" + TEXT + b"' NAME=AIGC >"), "AIGC:"),
        (head(meta(name=b"aigc")), "aigc:place-not-in-guide keyword-case"),
        (body(meta()), "AIGC:place-not-in-guide"),
        (head(meta(QUOTED.replace(b"&", b"&amp;"))), "AIGC:html-escaped"),
        (body(b'<!-- {"AIGC":' + TEXT + b"} -->"), ":place-not-in-guide"),
        (body(b"<script>var a = '" + meta() + b"'</script>"), ""),
        (body(b"<!-- AIGC is a word --><p>AIGC {Label}</p>"), ""),
    ],
)
def test_every_wild_shape_is_read_and_cleared(data: bytes, found: str) -> None:
    assert ", ".join(":".join(pair) for pair in labels(data)) == found
    assert labels(relabelled(data)) == [("AIGC", "")]


@pytest.mark.parametrize("data", [b"plain text", b"a < b and c > d", b"<x>y</x>", b'{"a": "<html>"}'])
def test_other_text_is_no_page(data: bytes) -> None:
    with pytest.raises(UnknownFormat):
        table.find(data)


def test_pictures_and_drawings_are_not_pages() -> None:
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><title>html</title></svg>'
    assert table.find(svg, "a.html").id == "svg"


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece", [b"<meta '", b"<!--", b"<script>", b"<meta name=a ", b'<meta a="', b"<head>", b"<meta name=AIGC content=>"]
)
def test_hostile_pages_take_linear_time(piece: bytes) -> None:
    with contextlib.suppress(labelkit.LabelKitError):
        list(HTML.read(piece * 100_000))


@pytest.mark.parametrize(
    "data", [b"<!doctype html", b'<html lang="zh>\n<head></head>', b"<head><meta name=a content='x></head>"]
)
def test_a_tag_that_does_not_end_is_an_error(data: bytes) -> None:
    with pytest.raises(BrokenFile):
        edited(HTML, data, TEXT)


def test_a_second_home_is_taken_out() -> None:
    twice = head(b"<meta name=AIGC content=a><meta name=AIGC content=b>")
    once = edited(HTML, twice, TEXT)
    assert home(HTML, once) == TEXT
    assert once.count(b"AIGC") == 1
