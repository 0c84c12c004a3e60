"""XML, WebVTT, e-mail and commented source: a line or instruction at the head, and what other programs make of it."""

from __future__ import annotations

import ast
import contextlib
import email
import email.policy
import json
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

import labelkit
from labelkit.errors import BrokenFile, UnknownFormat
from labelkit.formats import table
from labelkit.testing.container_contract import edited, home
from tests.formats.documents import LABEL, LONGER, TEXT, TextContract, labels, relabelled

HEADER = b"From: a@b.c\r\nTo: d@e.f\r\nSubject: =?utf-8?q?x?=\r\n y\r\nDate: Sat, 28 Nov 2026 10:00:00 +0000\r\n"
CUE = b"1\n00:01.000 --> 00:02.000\nText\n"
LINE = b"AIGC: " + TEXT
SIGNED = TEXT.replace(
    b'"ReservedCode1":""', b'"ReservedCode1":"{\\"SecurityData\\":{\\"Type\\":\\"x --> ?> */\\",\\"V\\":\\"1\\"}}"'
)


class TestXml(TextContract):
    format_id = "xml"
    ending = ".xml"

    def samples(self) -> dict[str, bytes]:
        return {
            "declared": b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- c --><a/>\n',
            "bare": b"<a>text</a>",
            "document type": b"<?xml version='1.0'?>\r\n<!DOCTYPE a [<!ENTITY x 'y'>]>\r\n<?style x?><a>&x;</a>",
            "byte order mark": b"\xef\xbb\xbf<a/>",
            "GBK": '<?xml version="1.0" encoding="GB18030"?><a>标题</a>'.encode("gb18030"),
        }

    def pixels(self, data: bytes) -> object:
        if b"GB18030" in data:
            return data[data.index(b"<a>") :]
        return ElementTree.tostring(ElementTree.fromstring(data))


class TestVtt(TextContract):
    format_id = "vtt"
    ending = ".vtt"

    def samples(self) -> dict[str, bytes]:
        return {
            "plain": b"WEBVTT\n\n" + CUE,
            "Windows": b"\xef\xbb\xbfWEBVTT - title\r\nKind: x\r\n\r\nNOTE about\r\n\r\n" + CUE.replace(b"\n", b"\r\n"),
            "bare": b"WEBVTT",
        }

    def pixels(self, data: bytes) -> object:
        with tempfile.NamedTemporaryFile(suffix=".vtt") as file:
            Path(file.name).write_bytes(data)
            command = ["ffmpeg", "-v", "error", "-i", file.name, "-f", "srt", "-"]
            return subprocess.run(command, capture_output=True, timeout=60).stdout


class TestEml(TextContract):
    format_id = "eml"
    ending = ".eml"

    def samples(self) -> dict[str, bytes]:
        return {"plain": HEADER + b"\r\nText\r\n", "unix": HEADER.replace(b"\r", b"") + b"\nText\n", "no body": HEADER}

    def pixels(self, data: bytes) -> object:
        message = email.message_from_bytes(data, policy=email.policy.SMTP)
        return [message.get_content(), [(k, str(v)) for k, v in message.items() if k != "X-AIGC"]]


class TestScript(TextContract):
    format_id = "script"
    ending = ".py"

    def samples(self) -> dict[str, bytes]:
        return {
            "interpreter": b"#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint('x')\n",
            "coding on line two": b"# about\n# vim: set fileencoding=gbk :\nx = 1\n",
            "docstring": b'"""Doc."""\n',
            "Windows": b"\xef\xbb\xbfx = 1\r\n",
            "no line end": b"#!/usr/bin/python",
            "empty comment": b"#\n",
        }

    def pixels(self, data: bytes) -> object:
        return ast.dump(ast.parse(data))


class TestCode(TextContract):
    format_id = "code"
    ending = ".go"

    def samples(self) -> dict[str, bytes]:
        return {"go": b"// Package x is.\npackage x\n", "js": b"#!/usr/bin/env node\nlet a\n", "blank": b"\nint a;\n"}


class TestLatex(TextContract):
    format_id = "latex"
    ending = ".tex"

    def samples(self) -> dict[str, bytes]:
        return {"plain": b"\\documentclass{article}\n", "magic": b"% !TEX program = xelatex\n%&latex\n\\relax\n"}


class TestCss(TextContract):
    format_id = "css"
    ending = ".css"

    def samples(self) -> dict[str, bytes]:
        return {"plain": b"a{}\n", "charset": b'@charset "utf-8";\na{}\n'}


class TestSql(TextContract):
    format_id = "sql"
    ending = ".sql"

    def samples(self) -> dict[str, bytes]:
        return {"plain": b"select 1;\n", "comment": b"-- about\nselect 1;\n"}


class TestLisp(TextContract):
    format_id = "lisp"
    ending = ".el"

    def samples(self) -> dict[str, bytes]:
        return {"plain": b"(car x)\n", "comment": b";; about\n(car x)\n"}


def by_name(name: str, data: bytes, payload: bytes = TEXT) -> bytes:
    return edited(table.find(data, name).container, data, payload)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.xml", b"<?xml version='1.0'?>", b"\n<a/>"),
        ("a.py", b"#!/bin/python\n# coding: gbk\n", b"x\n"),
        ("a.py", b"# about\n# coding: gbk\n", b"x\n"),
        ("a.sh", b"#!/bin/sh\n", b"set -e\n"),
        ("a.css", b'@charset "utf-8";\n', b"a{}\n"),
        ("a.tex", b"% !TEX program = xelatex\n", b"\\relax\n"),
        ("a.eml", HEADER, b"\r\nText"),
        ("a.vtt", b"WEBVTT\nKind: x\n\n", b"00:01.000 --> 00:02.000\nText\n"),
        ("a.sql", b"", b"select 1;\n"),
    ],
)
def test_lines_that_must_come_first_do(name: str, before: bytes, after: bytes) -> None:
    labelled = by_name(name, before + after)
    assert labelled.startswith(before)
    assert labelled.endswith(after)
    assert b"AIGC" in labelled[len(before) : -len(after)]


def test_a_doc_comment_is_not_lengthened() -> None:
    assert by_name("a.go", b"// Package x is.\npackage x\n") == b"// " + LINE + b"\n\n// Package x is.\npackage x\n"


@pytest.mark.parametrize(
    "name", ["a.xml", "a.vtt", "a.eml", "a.py", "a.css", "a.js", "a.tex", "a.html", "a.md", "a.rtf"]
)
def test_values_that_would_end_the_place_come_back(name: str) -> None:
    text = {"a.vtt": b"WEBVTT\n", "a.eml": HEADER + b"\n", "a.rtf": b"{\\rtf1 x}"}.get(name, b"<a>x</a>\n")
    for payload in (SIGNED, LONGER):
        labelled = by_name(name, text, payload)
        container = table.find(labelled, name).container
        assert home(container, labelled) == payload
        assert json.loads(payload)
    assert by_name(name, by_name(name, text, SIGNED)) == by_name(name, text)


@pytest.mark.parametrize("name", ["a.xml", "a.vtt", "a.eml", "a.py", "a.go", "a.css", "a.tex", "a.sql", "a.el"])
def test_end_to_end(name: str, tmp_path: Path) -> None:
    text = {"a.vtt": b"WEBVTT\n\n" + CUE, "a.eml": HEADER + b"\n"}.get(name, b"<a>x</a>\n")
    path = tmp_path / name
    path.write_bytes(text)
    labelkit.label(path, LABEL, in_place=True)
    (mark,) = labelkit.read(path)
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)
    assert labelkit.verify(path).verdict == "confirmed"
    labelkit.propagate(path, "001191000000MA0000007C10001", propagate_id="P-9", in_place=True)
    assert labelkit.read(path)[0].label.propagate_id == "P-9"


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.xml", b"<?aigc " + TEXT + b"?><a/>", "aigc:place-not-in-guide keyword-case"),
        ("a.xml", b'<!-- {"AIGC":' + TEXT + b"} --><a/>", ":place-not-in-guide"),
        ("a.xml", b"<a><!-- AIGC --><?AIGC " + TEXT + b"?></a>", ""),
        ("a.vtt", b"WEBVTT\n\nNOTE\nAIGC " + TEXT + b"\n\n", "AIGC:"),
        ("a.vtt", b"WEBVTT\n\nNOTE AIGC is discussed\n\n00:01.000 --> 00:02.000\nAIGC\n", ""),
        ("a.eml", HEADER + b"x-aigc: " + TEXT.replace(b",", b",\r\n\t") + b"\r\n\r\n", "AIGC:"),
        ("a.eml", HEADER + b"X-AIGC-Label: " + TEXT + b"\r\n\r\n", "X-AIGC-Label:place-not-in-guide"),
        ("a.eml", HEADER + b"\r\nX-AIGC: " + TEXT, ""),
        ("a.py", b"x = 1  # AIGC: " + TEXT, ""),
        ("a.py", b"# aigc " + TEXT + b"\n", "aigc:place-not-in-guide keyword-case"),
        ("a.py", b"#AIGC:" + TEXT, "AIGC:"),
        ("a.py", b"x = 1\n" * 50 + b"# AIGC: " + TEXT, ""),
        ("a.py", b"# AIGC: {see below}\n", "AIGC:label-unreadable"),
    ],
)
def test_every_wild_shape_is_read_and_cleared(name: str, data: bytes, found: str) -> None:
    assert ", ".join(":".join(pair) for pair in labels(data, name)) == found
    assert labels(relabelled(data, name=name), name) == [("AIGC", "")]


@pytest.mark.parametrize(
    "data",
    [b"text\n", b"# Heading\n", b"a: b\n", b"<a/>", b"From: me\n\nText", b"x = 1\n", b"{}", "文本".encode("gb18030")],
)
def test_text_without_a_name_stays_unknown(data: bytes) -> None:
    with pytest.raises(UnknownFormat):
        table.find(data)
    with pytest.raises(UnknownFormat):
        table.find(data, "a.unknown")


@pytest.mark.parametrize(
    "data", [bytes(range(256)), b"\xff\xfb\x90\x64" + bytes(64), b"\xff\xd8\xff\xe0" + bytes(64), b"MZ\0\0"]
)
def test_other_content_under_a_name_of_text_is_no_text(data: bytes) -> None:
    for name in ("a.md", "a.html", "a.xml", "a.py", "a.eml", "a.vtt", "a.css"):
        with contextlib.suppress(UnknownFormat):
            assert table.find(data, name).media != "text"


@pytest.mark.parametrize(
    ("name", "data"), [("a.xml", b"<?xml version='1.0'?>text<a/>"), ("a.xml", b"<!-- a"), ("a.eml", b"Text")]
)
def test_broken_files_are_refused(name: str, data: bytes) -> None:
    with pytest.raises(BrokenFile):
        edited(table.by_id(name[2:]).container, data, TEXT)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", [b"<!-- ", b"NOTE\n", b"X: y\n z\n", b"# AIGC: {", b"<!DOCTYPE [", b"<?a ", b"\nNOTE AIGC {"]
)
def test_hostile_text_takes_linear_time(piece: bytes) -> None:
    for row, lead in (("xml", b""), ("vtt", b"WEBVTT\n\n"), ("eml", b"A: b\n"), ("script", b"")):
        with contextlib.suppress(labelkit.LabelKitError):
            list(table.by_id(row).container.read(lead + piece * 100_000))
