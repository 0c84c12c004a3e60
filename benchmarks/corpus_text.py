"""Texts for the benchmarks, taken from published packages on first use into .cache/bench/texts/.

Prose: manuals of Debian in Chinese and English (licences GPL-2+ and CC-BY-SA; nothing of them is in this repository),
a tuning set and a reporting set. Paragraphs about AI: descriptions of Python packages, what their authors wrote for the
package index, those of one list for tuning, of the other for reporting.
"""

from __future__ import annotations

import gzip
import itertools
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from html.parser import HTMLParser
from pathlib import Path

from benchmarks.bench_environment import CACHE

TEXTS = CACHE / "texts"
#: (set, language) -> Debian packages and the part of their paths that chooses the language.
MANUALS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("tuning", "zh"): (("maint-guide-zh-cn", "zh-cn"),),
    ("tuning", "en"): (("debian-faq", "faq"),),
    ("reporting", "zh"): (("debian-reference-zh-cn", "zh-cn"), ("debian-handbook", "/zh-CN/")),
    ("reporting", "en"): (("debian-reference-en", "en"), ("debian-handbook", "/en-US/")),
}
_TAGS = ("p", "li", "h1", "h2", "h3", "h4", "td", "pre", "dt", "dd", "div")


class _Paragraphs(HTMLParser):
    """The text of each p element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _TAGS:
            self.inside = tag == "p"
            if self.inside:
                self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] += data


def paragraphs(which: str, language: str) -> list[str]:
    """The paragraphs of the manuals of a set, in order, those of 30 characters and more."""
    found: list[str] = []
    for package, part in MANUALS[which, language]:
        folder = _unpacked(package)
        for path in sorted(folder.rglob("*.htm*")):
            if part in str(path.relative_to(folder)):
                parser = _Paragraphs()
                parser.feed(_opened(path))
                found += parser.found
    tidy = (re.sub(r"\s+", " ", text).strip() for text in found)
    kept = [text for text in tidy if len(text) >= 30 and _is(language, text)]
    return list(dict.fromkeys(kept))


def _is(language: str, text: str) -> bool:
    chinese = len(re.findall("[一-鿿]", text)) / len(text)
    return chinese > 0.4 if language == "zh" else chinese == 0


def _opened(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")


def documents(which: str, language: str, characters: int) -> Iterator[str]:
    """Texts of at least so many characters, each of neighbouring paragraphs; no paragraph is in two of them."""
    text = ""
    for paragraph in paragraphs(which, language):
        text += paragraph + "\n\n"
        if len(text) >= characters:
            yield text
            text = ""


def _unpacked(package: str) -> Path:
    folder = TEXTS / package
    if not folder.exists():
        TEXTS.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", package], cwd=TEXTS, check=True)
        [archive] = TEXTS.glob(f"{package}_*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        archive.unlink()
    return folder


def descriptions(packages: tuple[str, ...]) -> Iterator[str]:
    """Paragraphs of the descriptions of Python packages (``name==version``), without code, tables and headings."""
    for package in packages:
        yield from itertools.chain.from_iterable(map(_prose, _read_me(package)))


def _read_me(package: str) -> Iterator[str]:
    """The long description, and Markdown files that come along."""
    folder = TEXTS / "wheels" / package
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "--ignore-requires-python", "-d", str(folder), package], check=True)
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".dist-info/METADATA"):
                    message = message_from_bytes(archive.read(name))
                    payload = message.get_payload(decode=True) or b""
                    yield payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
                elif name.endswith(".md"):
                    yield archive.read(name).decode("utf-8", "replace")


def _prose(text: str) -> Iterator[str]:
    text = re.sub(r"(?ms)^[ \t]*(```|~~~).*?^[ \t]*\1", "", text)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+>#|]|\d+\.)\s)", text):
        block = re.sub(r"^[\s#>*+|-]+", "", re.sub(r"\s+", " ", block)).strip()
        if len(block) >= 8:
            yield block
