"""DOCX, XLSX, PPTX: the custom property, the parts that stay, and what other programs make of it."""

from __future__ import annotations

import io
import random
import zipfile

import docx
import openpyxl
import pptx
import pytest

import labelkit
from labelkit.errors import UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.containers.ooxml import Docx
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

MAY_CHANGE = frozenset({"[Content_Types].xml", "_rels/.rels", "docProps/custom.xml"})
TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/>{}</Types>'
)
_MAIN = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_MAIN}" Target="word/document.xml"/>{{}}</Relationships>'
)
RELATED = (
    '<Relationship Id="rId7" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-'
    'properties" Target="{}"/>'
)
DOCUMENT = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body/></w:document>'
CUSTOM = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{}</Properties>'
)
OTHER = (
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="9" name="Client">'
    "<vt:lpwstr>A &amp; B</vt:lpwstr></property>"
)
ESCAPED = TEXT.decode().replace('"', "&quot;")


def package(custom: str | None = None, target: str = "docProps/custom.xml", **more: str) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES.format(""),
        "_rels/.rels": RELATIONS.format("" if custom is None else RELATED.format(target)),
        "word/document.xml": DOCUMENT,
    }
    if custom is not None:
        parts["docProps/custom.xml"] = custom
    return archive(parts | more)


def saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.add_paragraph("Text 文本")
    return saved(document)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = "Text 文本"
    book.custom_doc_props.append(openpyxl.packaging.custom.StringProperty(name="Client", value="A & B"))
    return saved(book)


def slides() -> bytes:
    show = pptx.Presentation()
    show.slides.add_slide(show.slide_layouts[0])
    return saved(show)


class TestDocx(PackageContract):
    format_id = "docx"
    parts = MAY_CHANGE

    def samples(self) -> dict[str, bytes]:
        return {"plain": package(), "with properties": package(CUSTOM.format(OTHER)), "by python-docx": word()}


class TestXlsx(PackageContract):
    format_id = "xlsx"
    parts = MAY_CHANGE

    def samples(self) -> dict[str, bytes]:
        return {"by openpyxl": workbook()}


class TestPptx(PackageContract):
    format_id = "pptx"
    parts = MAY_CHANGE

    def samples(self) -> dict[str, bytes]:
        return {"by python-pptx": slides()}

    def cuts(self, data: bytes) -> range:
        return range(0, len(data), 997)  # 30 kB of parts; the other samples are cut at every byte


def test_the_label_is_a_custom_property() -> None:
    labelled = edited(Docx(), package(), TEXT)
    assert changed(package(), labelled) == MAY_CHANGE
    made = contents(labelled)
    assert made["docProps/custom.xml"].count(b"<property ") == 1
    assert (
        made["[Content_Types].xml"]
        == TYPES.format(
            '<Override PartName="/docProps/custom.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/>'
        ).encode()
    )
    assert (
        made["_rels/.rels"] == RELATIONS.format(RELATED.format("docProps/custom.xml").replace("rId7", "rId2")).encode()
    )


@pytest.mark.parametrize("make", [word, workbook, slides])
def test_end_to_end(make: object) -> None:
    data = make()  # type: ignore[operator]
    out = labelkit.label(data, LABEL)
    assert out.ok
    assert out.data
    (mark,) = labelkit.read(out.data)
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)
    report = labelkit.verify(out.data)
    assert (report.verdict, report.conforms) == ("confirmed", None)
    assert labelkit.label(out.data, LABEL).data == out.data
    passed_on = labelkit.propagate(out.data, "001191000000MA0000007C10001", propagate_id="P-9").data
    assert passed_on
    assert labelkit.read(passed_on)[0].label.propagate_id == "P-9"


def test_openpyxl_reads_the_property_and_keeps_it() -> None:
    labelled = edited(table.by_id("xlsx").container, workbook(), LONGER)
    book = openpyxl.load_workbook(io.BytesIO(labelled))
    assert [(p.name, p.value) for p in book.custom_doc_props.props] == [("Client", "A & B"), ("AIGC", LONGER.decode())]
    assert labels(saved(book)) == [("AIGC", "")] or home(table.by_id("xlsx").container, saved(book)) == LONGER
    assert book.active["A1"].value == "Text 文本"


def test_python_docx_and_pptx_open_it_and_keep_the_property() -> None:
    labelled = edited(Docx(), word(), TEXT)
    again = docx.Document(io.BytesIO(labelled))
    assert [p.text for p in again.paragraphs] == ["Text 文本"]
    assert home(Docx(), saved(again)) == TEXT
    show = pptx.Presentation(io.BytesIO(edited(table.by_id("pptx").container, slides(), TEXT)))
    assert home(table.by_id("pptx").container, saved(show)) == TEXT


def test_existing_properties_and_numbers_stay() -> None:
    labelled = edited(Docx(), package(CUSTOM.format(OTHER)), TEXT)
    assert changed(package(CUSTOM.format(OTHER)), labelled) == {"docProps/custom.xml", "[Content_Types].xml"}
    custom = contents(labelled)["docProps/custom.xml"].decode()
    assert custom.startswith(CUSTOM.format(OTHER)[: -len("</Properties>")])
    assert 'pid="10" name="AIGC"' in custom


@pytest.mark.parametrize("target", ["/docProps/custom.xml", "docProps/./custom.xml", "docprops/Custom.xml"])
def test_targets_may_be_absolute_or_differ_in_case(target: str) -> None:
    data = package(CUSTOM.format(OTHER), target)
    assert "_rels/.rels" not in changed(data, edited(Docx(), data, TEXT))


def test_another_part_name_is_followed() -> None:
    data = archive(
        {
            "[Content_Types].xml": TYPES.format(""),
            "_rels/.rels": RELATIONS.format(RELATED.format("/props/own.xml")),
            "word/document.xml": DOCUMENT,
            "props/own.xml": CUSTOM.format(OTHER),
        }
    )
    assert changed(data, edited(Docx(), data, TEXT)) == {"props/own.xml", "[Content_Types].xml"}


def test_a_part_that_nobody_relates_to_is_related() -> None:
    custom = CUSTOM.format(f'<property name="AIGC" pid="2"><vt:lpwstr>{ESCAPED}</vt:lpwstr></property>')
    data = archive(
        {
            "[Content_Types].xml": TYPES.format(""),
            "_rels/.rels": RELATIONS.format(""),
            "word/document.xml": DOCUMENT,
            "docProps/custom.xml": custom,
        }
    )
    assert labels(data) == [("AIGC", "stored-oddly")]
    assert labels(edited(Docx(), data, TEXT)) == [("AIGC", "")]


def test_strict_documents_get_strict_names() -> None:
    data = archive(
        {
            "[Content_Types].xml": TYPES.format(""),
            "_rels/.rels": RELATIONS.format("").replace(
                "http://schemas.openxmlformats.org/officeDocument/2006/rel",
                "http://purl.oclc.org/ooxml/officeDocument/rel",
            ),
            "word/document.xml": DOCUMENT,
        }
    )
    made = contents(edited(Docx(), data, TEXT))
    assert b'"http://purl.oclc.org/ooxml/officeDocument/customProperties"' in made["docProps/custom.xml"]
    assert b'"http://purl.oclc.org/ooxml/officeDocument/relationships/customProperties"' in made["_rels/.rels"]


def test_prefixes_and_utf_16_are_kept() -> None:
    types = '<?xml version="1.0" encoding="UTF-16"?>' + TYPES.format("").partition("?>")[2].replace("<", "<t:").replace(
        "<t:/", "</t:"
    ).replace("xmlns=", "xmlns:t=")
    data = archive(
        {
            "[Content_Types].xml": types.encode("utf-16"),
            "_rels/.rels": RELATIONS.format(""),
            "word/document.xml": DOCUMENT,
        }
    )
    made = contents(edited(Docx(), data, TEXT))["[Content_Types].xml"].decode("utf-16")
    assert made.startswith(types.removesuffix("</t:Types>") + "<t:Override ")


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        (f'<property name="AIGC" pid="2"><vt:lpwstr>{ESCAPED}</vt:lpwstr></property>', [("AIGC", "")]),
        (f'<property name="AIGC" pid="2">{ESCAPED}<vt:lpwstr/></property>', [("AIGC", "stored-oddly")]),
        (f'<property name="AIGC" pid="2"><vt:bstr>{ESCAPED}</vt:bstr></property>', [("AIGC", "stored-oddly")]),
        (
            f'<property name="aigc" pid="2"><vt:lpwstr>{ESCAPED}</vt:lpwstr></property>',
            [("aigc", "place-not-in-guide keyword-case")],
        ),
        (
            f'<property name="AIGC" pid="2"><vt:lpwstr>{ESCAPED}</vt:lpwstr></property>'
            f'<property name="AIGC" pid="3"><vt:lpwstr>{ESCAPED}</vt:lpwstr></property>',
            [("AIGC", ""), ("AIGC", "")],
        ),
        (
            f'<property name="Note" pid="2"><vt:lpwstr>{{"AIGC":{ESCAPED}}}</vt:lpwstr></property>',
            [("Note", "place-not-in-guide")],
        ),
    ],
)
def test_every_wild_shape_is_read_and_cleared(inner: str, found: list[tuple[str, str]]) -> None:
    data = package(CUSTOM.format(OTHER + inner))
    assert labels(data) == found
    cleared = relabelled(data)
    assert labels(cleared) == [("AIGC", "")]
    assert OTHER.encode() in contents(cleared)["docProps/custom.xml"]


def test_a_label_in_the_core_properties_is_found_and_cleared() -> None:
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T</dc:title>{}</cp:coreProperties>'
    )
    data = package(**{"docProps/core.xml": core.format(f'<dc:description>{{"AIGC":{ESCAPED}}}</dc:description>')})
    assert labels(data) == [("description", "place-not-in-guide")]
    assert contents(relabelled(data))["docProps/core.xml"].decode() == core.format("")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("docm", "ms-word.document.macroEnabled"),
        ("dotx", "openxmlformats-officedocument.wordprocessingml.template"),
        ("xlsm", "ms-excel.sheet.macroEnabled"),
        ("xltx", "openxmlformats-officedocument.spreadsheetml.template"),
        ("xlsb", "ms-excel.sheet.binary.macroEnabled"),
        ("pptm", "ms-powerpoint.presentation.macroEnabled"),
        ("potx", "openxmlformats-officedocument.presentationml.template"),
        ("ppsx", "openxmlformats-officedocument.presentationml.slideshow"),
    ],
)
def test_macro_and_template_kinds(name: str, kind: str) -> None:
    main = f'<Types xmlns="x"><Override PartName="/main.bin" ContentType="application/vnd.{kind}.main+xml"/></Types>'
    data = archive({"[Content_Types].xml": main, "_rels/.rels": RELATIONS.format(""), "main.bin": "x"})
    row = table.find(data)
    assert f".{name}" in row.extensions
    assert labels(edited(row.container, data, TEXT)) == [("AIGC", "")]


def test_the_extension_decides_where_the_head_says_too_little() -> None:
    data = archive(
        {"_rels/.rels": RELATIONS.format(""), "big.bin": random.Random(1).randbytes(9000), "[Content_Types].xml": TYPES}
    )
    assert table.find(data, "a.pptx").id == "pptx"
    assert table.find(data, "a.docm").id == "docx"


def test_signed_documents_are_refused() -> None:
    data = package(**{"_xmlsignatures/origin.sigs": ""})
    with pytest.raises(UnsupportedOperation, match="signed"):
        edited(Docx(), data, TEXT)
    assert list(Docx().read(data)) == []


def test_credentials_are_reported() -> None:
    data = package(**{"META-INF/content_credential.c2pa": "jumb"})
    assert [(u.kind, u.data) for u in Docx().read(data)] == [("c2pa", b"jumb")]


def test_other_packages_are_not_documents() -> None:
    data = archive({"[Content_Types].xml": TYPES.format("").replace("wordprocessingml", "x"), "lib/a.dll": "x"})
    with pytest.raises(labelkit.LabelKitError):
        table.find(data, "a.nupkg")


def test_the_standard_library_agrees_after_every_edit() -> None:
    data = workbook()
    for payload in (TEXT, LONGER, TEXT):
        data = edited(table.by_id("xlsx").container, data, payload)
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            assert zipped.testzip() is None
            assert len(set(zipped.namelist())) == len(zipped.namelist())
