"""Documents of many producers, labelled: is the old PDF an exact prefix, does qpdf agree, do other parts stay?

    python benchmarks/fidelity_documents.py

PDF by ReportLab, fpdf2, WeasyPrint, Chromium, LibreOffice, pdfTeX and pypdf, each also in four layouts of qpdf's, and
signed by pyHanko; DOCX, XLSX and PPTX by python-docx, openpyxl, python-pptx and LibreOffice, OpenDocument and RTF by
LibreOffice. Producers that are not installed are left out and named. Labels go through LibreOffice and back, too.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pikepdf
import tables

import labelkit
from tests.formats import pdfs
from tests.formats.documents import raw_members

LABEL = labelkit.AigcLabel.generated("001191000000MA0000007C10001", "FIDELITY-1")
CONFIG = labelkit.Config(sync=False)
PAGE = "<!doctype html><meta charset=utf-8><title>T</title><h1>标题 Heading</h1>" + "<p>更多 more <b>bold</b>" * 40
TEX = r"\documentclass{article}\title{T}\author{A}\begin{document}\maketitle Text $x^2$ \newpage More\end{document}"
LAYOUTS: dict[str, dict[str, object]] = {
    "tables": {"object_stream_mode": pikepdf.ObjectStreamMode.disable},
    "object streams": {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
    "linearised": {"object_stream_mode": pikepdf.ObjectStreamMode.disable, "linearize": True},
    "linearised, object streams": {"object_stream_mode": pikepdf.ObjectStreamMode.generate, "linearize": True},
}
# At most these parts of a package may change; one of them may be new.
MAY_CHANGE = frozenset({"[Content_Types].xml", "_rels/.rels", "docProps/custom.xml", "meta.xml"})


def weasyprint(folder: Path) -> bytes:
    from weasyprint import HTML  # type: ignore[import-not-found]

    return bytes(HTML(string=PAGE).write_pdf())


def chromium(folder: Path) -> bytes:
    page, out = folder / "a.html", folder / "a.pdf"
    page.write_text(PAGE, encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={out}", f"file://{page}"]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return out.read_bytes()


def pdftex(folder: Path) -> bytes:
    (folder / "a.tex").write_text(TEX)
    command = ["pdflatex", "-interaction=batchmode", "a.tex"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=240)
    return (folder / "a.pdf").read_bytes()


def converted(data: bytes, ending: str, to: str) -> bytes:
    """What LibreOffice makes of a document."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"a.{ending}").write_bytes(data)
        command = ["soffice", f"-env:UserInstallation=file://{name}/profile", "--headless", "--convert-to", to]
        subprocess.run(
            [*command, "--outdir", f"{name}/out", f"{name}/a.{ending}"], check=True, capture_output=True, timeout=300
        )
        return next((folder / "out").iterdir()).read_bytes()


PRODUCERS: dict[str, Callable[[Path], bytes]] = {
    "ReportLab": lambda _: pdfs.reportlab(),
    "fpdf2": lambda _: pdfs.fpdf2(),
    "pypdf": lambda _: pdfs.by_pypdf(),
    "WeasyPrint": weasyprint,
    "Chromium": chromium,
    "LibreOffice Writer": lambda _: converted(word(), "docx", "pdf"),
    "LibreOffice Impress": lambda _: converted(slides(), "pptx", "pdf"),
    "LibreOffice Calc": lambda _: converted(workbook(), "xlsx", "pdf"),
    "pdfTeX": pdftex,
    "pikepdf, XMP": lambda _: pdfs.with_packet(),
    "by hand, hybrid": lambda _: pdfs.hybrid(),
    "by hand, no Info": lambda _: pdfs.without_info(),
}


def word() -> bytes:
    import docx

    document = docx.Document()
    document.add_heading("标题 Heading")
    for number in range(30):
        document.add_paragraph(f"Paragraph {number}")
    return _saved(document)


def workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in range(50):
        book.active.append([row, f"text {row}"])
    return _saved(book)


def slides() -> bytes:
    import pptx

    show = pptx.Presentation()
    for _ in range(3):
        show.slides.add_slide(show.slide_layouts[1])
    return _saved(show)


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def pdf_files() -> Iterator[tuple[str, str, bytes]]:
    """Producer, layout and bytes of every PDF."""
    for producer, make in PRODUCERS.items():
        try:
            with tempfile.TemporaryDirectory() as folder:
                original = make(Path(folder))
        except (ImportError, FileNotFoundError, OSError) as error:
            print(f"left out: {producer} ({error})", file=sys.stderr)
            continue
        yield producer, "as written", original
        for layout, options in LAYOUTS.items():
            with pikepdf.open(io.BytesIO(original)) as pdf:
                out = io.BytesIO()
                pdf.save(out, **options)  # type: ignore[arg-type]
                yield producer, layout, out.getvalue()


def labelled(data: bytes) -> bytes:
    made = labelkit.label(data, LABEL, layers=["metadata"], config=CONFIG).data
    assert made
    return made


def check_pdf(data: bytes) -> str:
    """``""``, or what is wrong with the labelled file."""
    made = labelled(data)
    checks = {
        "prefix": made.startswith(data),
        "qpdf": not (problem := pdfs.qpdf_check(made)) or problem == pdfs.qpdf_check(data),
        "poppler": pdfs.pdfinfo(made).get("AIGC") == LABEL.to_json(),
        "twice": labelled(made) == made,
    }
    return ", ".join(name for name, passed in checks.items() if not passed)


def packages() -> Iterator[tuple[str, bytes]]:
    made = {"docx": word(), "xlsx": workbook(), "pptx": slides()}
    yield from ((f"{ending} by Python", data) for ending, data in made.items())
    for ending, kinds in {
        "docx": ("docx", "dotx", "docm", "odt", "ott", "rtf", "epub", "html"),
        "xlsx": ("xlsx", "xltx", "xlsm", "ods", "ots"),
        "pptx": ("pptx", "potx", "pptm", "odp", "otp"),
    }.items():
        for kind in kinds if shutil.which("soffice") else ():
            try:
                yield f"{kind} by LibreOffice", converted(made[ending], ending, kind)
            except (subprocess.SubprocessError, OSError, StopIteration) as error:
                print(f"left out: {kind} ({error})", file=sys.stderr)


def check_package(data: bytes) -> str:
    made = labelled(data)
    (mark,) = labelkit.read(made)
    wrong = [] if mark.label == LABEL and mark.main else ["label"]
    if zipfile.is_zipfile(io.BytesIO(data)):
        before, after = raw_members(data), raw_members(made)
        changed = {name for name in before | after if before.get(name) != after.get(name)}
        opf = {name for name in changed if name.endswith(".opf")}
        wrong += sorted(changed - MAY_CHANGE - opf)
    return ", ".join(wrong)


def through_libreoffice() -> list[list[object]]:
    """Does a label survive a conversion there and back?"""
    rows: list[list[object]] = []
    for start, end in (("docx", "odt"), ("docx", "rtf"), ("xlsx", "ods"), ("pptx", "odp")):
        data = labelled({"docx": word, "xlsx": workbook, "pptx": slides}[start]())
        there = converted(data, start, end)
        back = converted(labelled(converted(data, start, end)), end, start)
        found = [bool(marks) and marks[0].label == LABEL for marks in map(labelkit.read, (there, back))]
        words = ["kept" if each else "lost" for each in found]
        rows.append(["converted by LibreOffice", f"{start} → {end}; {end} → {start}", 1, "; ".join(words)])
    return rows


def main() -> None:
    good: Counter[str] = Counter()
    all_files: Counter[str] = Counter()
    for producer, layout, data in pdf_files():
        wrong = check_pdf(data)
        all_files[producer] += 1
        good[producer] += not wrong
        if wrong:
            print(f"{producer}, {layout}: {wrong}", file=sys.stderr)
    rows: list[list[object]] = [["PDF", producer, all_files[producer], good[producer]] for producer in all_files]
    for certify, twice in ((0, False), (1, False), (2, False), (3, False), (0, True)):
        found = pdfs.signatures(labelled(pdfs.signed(certify, twice)))
        name = "two signatures" if twice else f"certified, level P{certify}" if certify else "plain signature"
        rows.append(["PDF, signed by pyHanko", name, 1, int(all(s[0] and s[1] and s[3] for s in found))])
    for name, data in packages():
        wrong = check_package(data)
        print(f"{name}: {wrong}", file=sys.stderr) if wrong else None
        rows.append(["package or RTF", name, 1, int(not wrong)])
    if shutil.which("soffice"):
        rows += through_libreoffice()
    total = sum(all_files.values())
    note = (
        f"{total} PDF files of {len(all_files)} producers. Right means: the old file is an exact prefix, "
        "`qpdf --check` says no more than before, poppler reads the label, labelling again changes nothing; "
        "for signatures: intact, valid and trusted still; "
        "for packages: no other part differs in a byte of its header or compressed data."
    )
    header = ("kind", "producer or layout", "files", "right")
    tables.write("fidelity_documents", "Documents after labelling", header, rows, note)


if __name__ == "__main__":
    main()
