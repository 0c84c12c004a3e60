"""PDF: the old file is an exact prefix, every layout is read, signatures stay valid, strangers agree."""

from __future__ import annotations

import contextlib
import io
import random
import re

import pikepdf
import pypdf
import pytest

import labelkit
from labelkit.errors import BrokenFile, LabelKitError, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.base import Kind
from labelkit.formats.containers.pdf import Pdf
from labelkit.testing.container_contract import edited, home
from tests.formats import pdfs
from tests.formats.documents import LABEL, LONGER, TEXT, DocumentContract, labels, relabelled

PDF = Pdf()
FILES = {
    "ReportLab": pdfs.reportlab,
    "ReportLab, bare": lambda: pdfs.reportlab(info=False),
    "fpdf2": pdfs.fpdf2,
    "pypdf": pdfs.by_pypdf,
    "XMP packet": pdfs.with_packet,
    "object streams": pdfs.layout,
    "linearised": lambda: pdfs.layout(streams=False, linearize=True),
    "linearised, object streams": lambda: pdfs.layout(linearize=True),
    "no Info": pdfs.without_info,
    "hybrid": pdfs.hybrid,
    "signed": pdfs.signed,
}


class TestPdf(DocumentContract):
    format_id = "pdf"
    tolerated_tail = 1  # the line end behind %%EOF

    def samples(self) -> dict[str, bytes]:
        return {"table": pdfs.without_info(), "object streams": pdfs.layout(), "XMP packet": pdfs.with_packet()}

    def cuts(self, data: bytes) -> range:
        return range(0, self.noticed(data), max(1, len(data) // 600))

    def pixels(self, data: bytes) -> object:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return [page.Contents.read_bytes() if "/Contents" in page else b"" for page in pdf.pages]


@pytest.mark.parametrize("name", FILES)
def test_the_old_file_is_an_exact_prefix_and_strangers_read_the_label(name: str) -> None:
    data = FILES[name]()
    labelled = edited(PDF, data, LONGER)
    assert labelled.startswith(data)
    assert len(labelled) - len(data) < 1800
    assert pdfs.qpdf_check(labelled) == ""
    with pikepdf.open(io.BytesIO(labelled)) as pdf, pikepdf.open(io.BytesIO(data)) as before:
        kept = {key: str(value) for key, value in pdf.docinfo.items()}
        assert kept.pop("/AIGC") == LONGER.decode()
        if name != "hybrid":  # whose Info object qpdf does not see before it stands in the table
            assert kept == {key: str(value) for key, value in before.docinfo.items()}
        assert [str(each) for each in pdf.trailer.get("/ID", [])] == [
            str(each) for each in before.trailer.get("/ID", [])
        ]
    assert pypdf.PdfReader(io.BytesIO(labelled)).metadata["/AIGC"] == LONGER.decode()
    assert pdfs.pdfinfo(labelled)["AIGC"] == LONGER.decode()


@pytest.mark.parametrize("name", FILES)
def test_a_label_of_ours_is_exchanged_not_piled_up(name: str) -> None:
    data = FILES[name]()
    once = edited(PDF, data, LONGER)
    again = edited(PDF, once, TEXT)
    assert again == edited(PDF, data, TEXT)
    assert again.count(b"/AIGC") == 1


@pytest.mark.parametrize("name", FILES)
def test_end_to_end(name: str) -> None:
    data = FILES[name]()
    out = labelkit.label(data, LABEL)
    assert out.data
    (mark,) = labelkit.read(out.data)
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)
    assert labelkit.verify(out.data).verdict == "confirmed"
    assert labelkit.label(out.data, LABEL).data == out.data


@pytest.mark.parametrize(("certify", "twice"), [(0, False), (1, False), (2, False), (3, False), (0, True)])
def test_signatures_stay_valid(certify: int, twice: bool) -> None:
    data = pdfs.signed(certify, twice)
    assert all(found[:2] == (True, True) for found in pdfs.signatures(data))
    after = pdfs.signatures(edited(PDF, data, LONGER))
    assert len(after) == 1 + twice
    assert after[-1] == (True, True, "LTA_UPDATES", True)
    assert all(found[:2] == (True, True) and found[3] for found in after)


def with_info(info: bytes, junk: bytes = b"") -> bytes:
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[5 0 R]/Count 1>>",
        info,
        b"(" + escaped(TEXT) + b")",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    )
    return pdfs.build(objects, b"/Root 1 0 R /Info 3 0 R", junk=junk)


def escaped(text: bytes) -> bytes:
    return re.sub(rb"([\\()])", rb"\\\1", text)


@pytest.mark.parametrize(
    ("info", "found"),
    [
        (b"<</AIGC(" + escaped(TEXT) + b")/Title(t)>>", "AIGC:"),
        (b"<</#41IGC (" + escaped(TEXT) + b")>>", "AIGC:"),
        (b"<< /AIGC <" + TEXT.hex().encode() + b"> >>", "AIGC:"),
        (b"<< /AIGC <FEFF" + TEXT.decode().encode("utf-16-be").hex().encode() + b"> >>", "AIGC:"),
        (b"<< /AIGC (\xef\xbb\xbf" + escaped(TEXT) + b") >>", "AIGC:"),
        (b"<< /AIGC 4 0 R /Title (t)>>", "AIGC:"),
        (b"<< /AIGC (\\173" + escaped(TEXT[1:]) + b") % >> comment\n >>", "AIGC:"),
        (b"<< /aigc (" + escaped(TEXT) + b") >>", "aigc:place-not-in-guide keyword-case"),
        (b'<< /Keywords ({"AIGC":' + escaped(TEXT) + b"}) /Title (t) >>", "Keywords:place-not-in-guide"),
        (b"<< /AIGC (" + escaped(TEXT) + b") /AIGC (" + escaped(TEXT) + b") >>", "AIGC:, AIGC:"),
        (b"<</Title (A \\(nested (round) <</AIGC>>\\) title) >>", ""),
    ],
)
def test_every_wild_shape_is_read_and_cleared(info: bytes, found: str) -> None:
    data = with_info(info)
    assert ", ".join(map(":".join, labels(data))) == found
    cleared = relabelled(data, LONGER)
    assert labels(cleared) == [("AIGC", "")]
    assert pdfs.pdfinfo(cleared)["AIGC"] == LONGER.decode()
    assert pdfs.pdfinfo(cleared).get("Title") == pdfs.pdfinfo(data).get("Title")


def test_a_label_in_the_packet_is_taken_out() -> None:
    from labelkit.carriers import xmp

    with pikepdf.open(io.BytesIO(pdfs.with_packet())) as pdf:
        pdf.Root.Metadata.write(xmp.put(pdf.Root.Metadata.read_bytes(), TEXT.decode(), ""))
        out = io.BytesIO()
        pdf.save(out)
    data = out.getvalue()
    assert [key for key, _ in labels(data)] == ["Metadata"]
    cleared = labelkit.label(data, LABEL).data
    assert cleared
    assert cleared.startswith(data)
    assert labels(cleared) == [("AIGC", "")]
    assert pdfs.qpdf_check(cleared) == ""
    with pikepdf.open(io.BytesIO(cleared)) as pdf, pdf.open_metadata() as packet:
        assert packet["dc:title"] == "A title"


def test_junk_in_front_of_the_header_moves_every_offset() -> None:
    data = with_info(b"<</Title(t)>>", junk=b"HTTP/1.1 200 OK\r\n\r\n")
    labelled = edited(PDF, data, TEXT)
    assert home(PDF, labelled) == TEXT
    assert pypdf.PdfReader(io.BytesIO(labelled)).metadata["/AIGC"] == TEXT.decode()
    assert table.find(data, "a.pdf").id == "pdf"


def test_encrypted_files_are_refused() -> None:
    with pikepdf.open(io.BytesIO(pdfs.reportlab())) as pdf:
        out = io.BytesIO()
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(UnsupportedOperation, match="encrypted"):
        edited(PDF, out.getvalue(), TEXT)
    assert labelkit.verify(out.getvalue()).verdict == "unreadable"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"startxref\n", b"startxref\n9"),
        (b"/Root 1 0 R", b"/Root 9 0 R"),
        (b"/Root 1 0 R", b"/Root 1 1  "),
        (b"/Size", b"/Xize"),
        (b" 00000 n", b" 0000 nx"),
        (b"1 0 obj", b"7 0 obj"),
        (b"trailer", b"trailed"),
    ],
)
def test_broken_files_are_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(BrokenFile):
        edited(PDF, with_info(b"<</Title(t)>>").replace(old, new), TEXT)


def test_cross_references_in_a_circle_are_refused() -> None:
    data = with_info(b"<</Title(t)>>")
    start = data.rindex(b"startxref\n") + 10
    at = data[start : data.index(b"\n", start)]
    with pytest.raises(BrokenFile, match="circle"):
        list(PDF.read(data.replace(b"/Root", b"/Prev " + at + b" /Root")))


def test_text_that_mentions_pdf_is_none() -> None:
    assert table.find(b"# The header\n\n%PDF-1.7 is the first line\n", "a.md").id == "markdown"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", [b"[", b"<<", b"(", b"<</A ", b"/A", b"% ", b"1 0 R "])
def test_hostile_objects_take_linear_time(piece: bytes) -> None:
    data = with_info(b"<</A " + piece * 300_000 + b">>")
    with contextlib.suppress(LabelKitError):
        list(PDF.read(data))


def test_predictors_are_undone() -> None:
    from labelkit.formats.containers import _pdf_file

    rng = random.Random(1)
    rows = [rng.randbytes(5) for _ in range(40)]
    for kind in range(5):
        coded, above = b"", bytes(5)
        for row in rows:
            line = bytearray()
            for i, value in enumerate(row):
                left, up, corner = (row[i - 1] if i else 0), above[i], (above[i - 1] if i else 0)
                line.append(
                    (
                        value
                        - (_pdf_file._prediction(kind, left, up, corner) if kind not in (0, 2) else up * (kind == 2))
                    )
                    & 255
                )
            coded, above = coded + bytes([kind]) + bytes(line), row
        assert _pdf_file._unpredicted(coded, 5) == b"".join(rows)


def test_units_name_keys_and_kinds() -> None:
    found = [(u.kind, u.key) for u in PDF.read(pdfs.with_packet())]
    assert (Kind.XMP, "Metadata") in found
    assert (Kind.TAG, "Title") in found
