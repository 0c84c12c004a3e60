"""ODT and its kin, EPUB, OFD, XMind: where the label stands, what stays, who is refused."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

import pytest

import labelkit
from labelkit.errors import BrokenFile, LabelKitError, UnsupportedOperation
from labelkit.formats import table
from labelkit.testing.container_contract import edited, home
from tests.formats.documents import (
    LABEL,
    LONGER,
    TEXT,
    PackageContract,
    archive,
    changed,
    contents,
    labels,
    relabelled,
)

ESCAPED = escape(TEXT.decode())
QUOTED = escape(TEXT.decode(), {'"': "&quot;"})
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
    '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml">{}</manifest:file-entry>'
    "</manifest:manifest>"
)
META = (
    '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"><office:meta>'
    '<meta:generator>LibreOffice</meta:generator><meta:user-defined meta:name="Client">A</meta:user-defined>{}'
    "</office:meta></office:document-meta>"
)
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
BOOK = (
    '<package xmlns="http://www.idpf.org/2007/opf" version="{}" unique-identifier="id">'
    '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T</dc:title>{}</metadata><manifest/></package>'
)
ROOT = (
    '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" Version="1.0"><ofd:DocBody><ofd:DocInfo>'
    "<ofd:DocID>1</ofd:DocID>{}</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>{}</ofd:DocBody></ofd:OFD>"
)


def odf(kind: str = "text", meta: str | None = META.format(""), **more: str) -> bytes:
    parts = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": "<x/>"}
    parts |= {"meta.xml": meta} if meta is not None else {}
    return archive(parts | {"META-INF/manifest.xml": MANIFEST.format("")} | more)


def epub(version: str = "3.0", metadata: str = "", **more: str) -> bytes:
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": BOOK.format(version, metadata),
    }
    return archive(parts | more)


def ofd(info: str = "", signatures: str = "") -> bytes:
    return archive({"OFD.xml": ROOT.format(info, signatures), "Doc_0/Document.xml": "<ofd/>"})


def xmind(metadata: object = None) -> bytes:
    parts = {
        "content.json": "[]",
        "metadata.json": json.dumps(metadata or {"creator": {"name": "Vana"}}),
        "manifest.json": "{}",
    }
    return archive(parts)


class TestOdt(PackageContract):
    format_id = "odt"
    parts = frozenset({"meta.xml", "META-INF/manifest.xml"})

    def samples(self) -> dict[str, bytes]:
        return {"plain": odf(), "without metadata": odf(meta=None), "template": odf("text-template")}


class TestOds(TestOdt):
    format_id = "ods"

    def samples(self) -> dict[str, bytes]:
        return {"plain": odf("spreadsheet")}


class TestOdp(TestOdt):
    format_id = "odp"

    def samples(self) -> dict[str, bytes]:
        return {"plain": odf("presentation")}


class TestOdg(TestOdt):
    format_id = "odg"

    def samples(self) -> dict[str, bytes]:
        return {"plain": odf("graphics")}


class TestEpub(PackageContract):
    format_id = "epub"
    parts = frozenset({"OEBPS/book.opf"})

    def samples(self) -> dict[str, bytes]:
        return {"EPUB 3": epub(), "EPUB 2": epub("2.0", '<meta name="cover" content="c"/>')}


class TestOfd(PackageContract):
    format_id = "ofd"
    parts = frozenset({"OFD.xml"})

    def samples(self) -> dict[str, bytes]:
        datas = '<ofd:CustomDatas><ofd:CustomData Name="Client">A</ofd:CustomData></ofd:CustomDatas>'
        return {"plain": ofd(), "with data": ofd(datas)}


class TestXmind(PackageContract):
    format_id = "xmind"
    parts = frozenset({"metadata.json"})

    def samples(self) -> dict[str, bytes]:
        return {
            "plain": xmind(),
            "more": xmind({"a": 1.50, "b": [{"c": "}"}], "": None}),
            "empty": archive({"content.json": "[]"}),
        }


@pytest.mark.parametrize("data", [odf(), odf("spreadsheet"), epub(), epub("2.0"), ofd(), xmind()])
def test_end_to_end(data: bytes) -> None:
    out = labelkit.label(data, LABEL)
    assert out.data
    (mark,) = labelkit.read(out.data)
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)
    assert labelkit.verify(out.data).verdict == "confirmed"
    assert len(changed(data, out.data)) == 1


def test_meta_xml_is_made_and_entered_into_the_manifest() -> None:
    made = contents(edited(table.by_id("odt").container, odf(meta=None), LONGER))
    assert next(iter(made)) == "mimetype"
    assert made["META-INF/manifest.xml"].count(b"meta.xml") == 2  # the fixture's own entry, and ours
    assert home(table.by_id("odt").container, edited(table.by_id("odt").container, odf(meta=None), LONGER)) == LONGER


DEFINED = f'<meta:user-defined meta:name="AIGC" meta:value-type="string">{ESCAPED}</meta:user-defined>'
CUSTOM = f'<ofd:CustomDatas><ofd:CustomData Name="AIGC">{ESCAPED}</ofd:CustomData></ofd:CustomDatas>'
TWO = {"aigc": LABEL.fields(), "AIGC": LABEL.fields()}
WILD = [
    (odf(meta=META.format(DEFINED)), "AIGC:"),
    (odf(meta=META.format(f"<meta:keyword>AIGC{ESCAPED}</meta:keyword>")), "keyword:place-not-in-guide wrapper-glued"),
    (epub(metadata=f'<meta name="AIGC" content="{QUOTED}"/>'), "AIGC:"),
    (epub(metadata=f'<meta name="AIGC">{ESCAPED}</meta>'), "AIGC:stored-oddly"),
    (epub(metadata=f'<meta property="aigcLabel">{ESCAPED}</meta>'), "aigcLabel:place-not-in-guide keyword-case"),
    (ofd(CUSTOM), "AIGC:"),
    (xmind({"AIGC": LABEL.fields()}), "AIGC:json-spacing"),
    (xmind({"AIGC": TEXT.decode()}), "AIGC:double-encoded"),
    (xmind(TWO), "AIGC:json-spacing, aigc:place-not-in-guide keyword-case json-spacing"),
]


@pytest.mark.parametrize(("data", "found"), WILD)
def test_every_wild_shape_is_read_and_cleared(data: bytes, found: str) -> None:
    assert ", ".join(map(":".join, labels(data))) == found
    assert labels(relabelled(data)) == [("AIGC", "")]


@pytest.mark.parametrize(
    "data",
    [
        odf(**{"META-INF/documentsignatures.xml": "<x/>"}),
        odf(**{"META-INF/manifest.xml": MANIFEST.format("<manifest:encryption-data/>")}),
        epub(**{"META-INF/signatures.xml": "<x/>"}),
        epub(**{"META-INF/encryption.xml": '<e><CipherReference URI="OEBPS/book.opf"/></e>'}),
        ofd(signatures="<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"),
        archive({"content.xml": "<x/>", "meta.xml": "<x/>"}),
    ],
)
def test_signed_encrypted_and_old_documents_are_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedOperation):
        edited(table.find(data).container, data, TEXT)


def test_an_unused_element_of_signatures_is_none() -> None:
    data = ofd(signatures="<ofd:Signatures/>")
    assert labels(edited(table.find(data).container, data, TEXT)) == [("AIGC", "")]


@pytest.mark.parametrize(
    ("part", "body", "error"),
    [
        ("meta.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', UnsupportedOperation),
        ("meta.xml", "<x>" * 300 + "</x>" * 300, LabelKitError),
        ("meta.xml", "<x>" + "<y/>" * 70_000 + "</x>", LabelKitError),
        ("meta.xml", "<x", BrokenFile),
        ("meta.xml", '<?xml version="1.0" encoding="none"?><x/>', UnsupportedOperation),
        ("meta.xml", '<?xml version="1.0" encoding="hex"?><x/>', UnsupportedOperation),
    ],
)
def test_hostile_parts_are_refused(part: str, body: str, error: type[LabelKitError]) -> None:
    data = odf(**{part: body})
    with pytest.raises(error):
        list(table.by_id("odt").container.read(data))


@pytest.mark.parametrize(
    "metadata", ["[]", "{", '{"a":1,}', "{'a':1}", '{"a":' + "[" * 100_000 + "]" * 100_000 + "}", '{"a" 1}']
)
def test_broken_json_is_refused(metadata: str) -> None:
    data = archive({"content.json": "[]", "metadata.json": metadata})
    with pytest.raises(LabelKitError):
        list(table.by_id("xmind").container.read(data))


def test_json_numbers_and_spacing_stay() -> None:
    text = '{ "a" : 1.50,\n  "b":[1e3] }\n'
    data = archive({"content.json": "[]", "metadata.json": text})
    made: Any = contents(edited(table.by_id("xmind").container, data, TEXT))["metadata.json"]
    assert made.decode() == '{ "a" : 1.50,\n  "b":[1e3],"AIGC":' + TEXT.decode() + " }\n"
