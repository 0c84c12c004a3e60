"""CPU time of labelling and verifying documents, metadata only, from file to file.

python benchmarks/speed_documents.py
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import fidelity_documents as documents
import pikepdf
import tables

import labelkit

CONFIG = labelkit.Config(sync=False)
SMALL = 1000
_RUNS = 7


def padded(data: bytes, name: str, size: int = 1_000_000) -> bytes:
    """A package with a picture of this size in it."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as zipped:
        zipped.writestr(name, random.Random(1).randbytes(size), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def large_pdf(streams: bool) -> bytes:
    """Fifty pages of one megabyte."""
    rng, pdf, out = random.Random(1), pikepdf.new(), io.BytesIO()
    for _ in range(50):
        pdf.add_blank_page()
        pdf.pages[-1].Contents = pikepdf.Stream(pdf, rng.randbytes(1_000_000))
    mode = pikepdf.ObjectStreamMode.generate if streams else pikepdf.ObjectStreamMode.disable
    pdf.save(out, object_stream_mode=mode)
    return out.getvalue()


def cpu_ms(call: Callable[[], object], runs: int = _RUNS) -> float:
    """The least CPU time of some runs: the others include what the machine did besides."""
    call()
    times = []
    for _ in range(runs):
        start = time.process_time()
        call()
        times.append((time.process_time() - start) * 1000)
    return min(times)


def labelled(source: Path, target: Path) -> None:
    labelkit.label(source, documents.LABEL, target, layers=["metadata"], config=CONFIG)


def main() -> None:
    files = {
        "DOCX, 1 MB": ("a.docx", padded(documents.word(), "word/media/i.png")),
        "XLSX, 1 MB": ("a.xlsx", padded(documents.workbook(), "xl/media/i.png")),
        "PPTX, 1 MB": ("a.pptx", padded(documents.slides(), "ppt/media/i.png")),
        "PDF with a table, 50 MB": ("t.pdf", large_pdf(streams=False)),
        "PDF with object streams, 50 MB": ("o.pdf", large_pdf(streams=True)),
        "Markdown, 10 kB": ("a.md", b"# Title\n\n" + b"A line of text.\n" * 600),
    }
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, (file, data) in files.items():
            source, target = folder / file, folder / f"out-{file}"
            source.write_bytes(data)
            label = cpu_ms(lambda s=source, t=target: labelled(s, t))
            verify = cpu_ms(lambda t=target: labelkit.verify(t, look=["metadata", "traces"]))
            rows.append([title, f"{label:.1f}", f"{verify:.1f}"])
        small = [folder / f"out-{files[title][0]}" for title in ("DOCX, 1 MB", "Markdown, 10 kB")] * (SMALL // 2)
        total = cpu_ms(lambda: [labelkit.verify(path, look=["metadata", "traces"]) for path in small], 1)
        rows.append([f"{SMALL} documents, half of them DOCX", "", f"{total:.0f}"])
    header = ("document", "label, ms of CPU", "verify, ms of CPU")
    tables.write("speed_documents", "Speed on documents", header, rows, "Metadata only; goals: 20 ms and 150 ms.")


if __name__ == "__main__":
    main()
