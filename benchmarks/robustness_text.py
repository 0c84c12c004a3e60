"""What the invisible mark of text survives and what it disturbs -> docs/tables/robustness_text.md.

``--documents`` texts a language from the reporting set of :mod:`benchmarks.corpus_text`; nothing was tuned on them.
Needs Chromium, pandoc and pdftotext (poppler-utils) beside benchmarks/requirements.txt.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import bench_environment

bench_environment.enter()

import regex  # noqa: E402

from benchmarks import tables  # noqa: E402
from benchmarks._chromium import Chromium  # noqa: E402
from benchmarks._text_channels import channels, edited, excerpt, page  # noqa: E402
from benchmarks.corpus_text import documents, paragraphs  # noqa: E402
from labelkit.errors import UnsupportedOperation  # noqa: E402
from labelkit.formats.text._wm_packet import PACKET_SYMBOLS, packet  # noqa: E402
from labelkit.formats.text.watermark import detect, embed  # noqa: E402
from labelkit.watermark.keys import Key  # noqa: E402

KEY = Key(bytes(range(32)), "benchmark")
#: Characters of a document: 800 Chinese ones, or three times as many Latin letters.
SIZES = {"zh": 800, "en": 2400}
#: A channel is survived when this share of the documents is read afterwards.
SURVIVED = 0.99
FONTS = ("Noto Sans CJK SC", "Noto Serif CJK SC", "DejaVu Sans", "DejaVu Serif", "monospace", "sans-serif", "serif")
PLACINGS = ("", "width:14em", "letter-spacing:1px;line-height:2")
JUSTIFIED = ("width:14em;text-align:justify",)
_SYMBOLS = re.compile("[\ufe06-\ufe0d]+")


@dataclass(frozen=True, slots=True)
class Marked:
    """A document with its mark."""

    language: str
    text: str
    payload: int

    def read(self, received: str) -> bool:
        """Whether the number comes back; a wrong one is an error of ours and stops the benchmark."""
        found = detect(received, KEY)
        assert found is None or found.payload == self.payload
        return found is not None


def marked(language: str, count: int) -> list[Marked]:
    texts = itertools.islice(documents("reporting", language, SIZES[language]), count)
    return [Marked(language, embed(text, 1000 + n, KEY), 1000 + n) for n, text in enumerate(texts)]


def through_channels(sets: dict[str, list[Marked]]) -> list[tuple[str, ...]]:
    rows = []
    with Chromium() as browser:
        for channel in channels(browser):
            shares = [sum(one.read(channel.way(one.text)) for one in some) / len(some) for some in sets.values()]
            kept = all(share >= SURVIVED for share in shares)
            rows.append((channel.group, channel.name, *(f"{share:.0%}" for share in shares), "yes" if kept else "no"))
            print(*rows[-1], flush=True)
    return rows


def excerpts(some: list[Marked], lengths: Sequence[int], each: int) -> Iterator[tuple[int, float]]:
    for length in lengths:
        chance = random.Random(length)
        tries = [one.read(excerpt(one.text, length, chance)) for one in some for _ in range(each)]
        yield length, sum(tries) / len(tries)


def edits(some: list[Marked], share: float, each: int) -> float:
    chance = random.Random(7)
    tries = [one.read(edited(one.text, share, chance)) for one in some for _ in range(each)]
    return sum(tries) / len(tries)


def same_pixels(placings: Sequence[str]) -> tuple[int, int]:
    """Font and placing cases in which the marked page is the unmarked one to the last pixel, of how many."""
    same = total = 0
    with Chromium() as browser:
        for language, font, placing in itertools.product(SIZES, FONTS, placings):
            text = next(documents("reporting", language, SIZES[language] // 2))
            style = f"font:16px '{font}';margin:8px;{placing}"
            shots = []
            for shown in (text, embed(text, 1, KEY, density="dense")):
                browser.show(page(shown, style))
                shots.append(browser.picture(780, 1600))
            same, total = same + (shots[0] == shots[1]), total + 1
    return same, total


# What grapheme clusters are made of, beside ordinary text and Markdown.
_PARTS = (
    *(
        "。",
        "！",
        "？",
        "……",
        "，",
        "、",
        ". ",
        "! ",
        "? ",
        ", ",
        "a",
        "Word",
        "words",
        "中",
        "文字",
        "句子",
        "”",
        "“",
        "（",
        "）",
    ),
    *(
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "\u3000",
        "\t",
        "\u0301",
        "\u0308",
        "\u200d",
        "\u200b",
        "\ufeff",
        "\ufe0f",
        "\ufe0e",
        "\ufe00",
    ),
    *(
        "👨\u200d👩\u200d👧",
        "🇩🇪",
        "🇩",
        "🇪",
        "1\ufe0f\u20e3",
        "👍🏽",
        "🏽",
        "❤\ufe0f",
        "👩🏿\u200d🚀",
        "\U000e0100",
        "葛\U000e0100",
    ),
    *(
        "\u1100",
        "\u1161",
        "\u11a8",
        "각",
        "한글",
        "क\u094dष",
        "नमस्ते",
        "\u094d",
        "\u093f",
        "สวัสดี",
        "น้ำ",
        "\u0e33",
        "བོད",
        "\u0f84",
    ),
    *(
        "عربي",
        "\u0600",
        "עברית",
        "é",
        "e\u0301",
        "ﬁ",
        "𝒳",
        "\u00ad",
        "\u180e",
        "\u0483",
        "ß",
        "Straße. ",
        "Ёлка. ",
        "Ωμέγα. ",
    ),
    *(
        "https://a.example/x.y ",
        "me@example.org ",
        "`code. x`",
        "```\n",
        "**",
        "_",
        "<b>",
        "</b>",
        "$x$",
        "[a](b. c)",
        "| a | b |\n",
    ),
)


def fuzz(count: int) -> tuple[int, int, int]:
    """Random documents: how many took a mark, packets in them, and documents in which a cluster changed."""
    chance, clusters = random.Random(11), regex.compile(r"\X")
    run, taken, packets, changed = packet(5, KEY), 0, 0, 0
    for _ in range(count):
        text = "".join(chance.choices(_PARTS, k=chance.randrange(5, 80)))
        try:
            after = embed(text, 5, KEY, density="dense")
        except UnsupportedOperation:
            continue
        taken, packets = taken + 1, packets + after.count(run)
        stripped = [cluster.replace(run, "") for cluster in clusters.findall(after)]
        changed += stripped != clusters.findall(text) or after.replace(run, "") != text
    return taken, packets, changed


def noise(count: int) -> int:
    """Detections among windows of random symbols."""
    chance, size, hits = random.Random(13), 20_000, 0
    for _ in range(0, count, size):
        wall = "".join(chr(0xFE06 + value) for value in (0, *chance.choices(range(8), k=size)))
        # one window of our version for every symbol: each run begins with a zero
        runs = (wall[at : at + PACKET_SYMBOLS - 1] for at in range(size))
        hits += detect("字".join("\ufe06" + run for run in runs if len(run) == PACKET_SYMBOLS - 1), KEY) is not None
    return hits


def speed(language: str) -> tuple[float, float, float, float]:
    """MB of UTF-8 a second of CPU: embed, detect, scan of clean text; and the bytes added, as a share."""
    text = "\n\n".join(paragraphs("reporting", language) * (8 if language == "zh" else 4)) + "”"
    size = len(text.encode()) / 1e6
    after, embedding = _timed(lambda: embed(text, 1, KEY))
    _, detecting = _timed(lambda: detect(str(after), KEY))
    _, scanning = _timed(lambda: detect(text, KEY))
    return size / embedding, size / detecting, size / scanning, len(str(after).encode()) / 1e6 / size - 1


def _timed(call) -> tuple[object, float]:  # type: ignore[no-untyped-def]
    best, result = float("inf"), None
    for _ in range(3):
        start = time.process_time()
        result = call()
        best = min(best, time.process_time() - start)
    return result, best


def main() -> None:
    """Measure everything and write the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--documents", type=int, default=60)
    options.add_argument("--fuzz", type=int, default=100_000)
    options.add_argument("--noise", type=int, default=10_000_000)
    asked = options.parse_args()
    sets = {language: marked(language, asked.documents) for language in SIZES}
    lines = [f"* {len(sets['zh'])} documents of 800 Chinese characters, {len(sets['en'])} of 2,400 English ones."]
    for language, lengths in (("zh", (60, 90, 120, 180)), ("en", (90, 120, 180, 240))):
        every = list(excerpts(sets[language], lengths, 20))
        lines.append(f"* Excerpts, {language}: " + ", ".join(f"{n} characters {p:.1%}" for n, p in every) + ".")
        words = [f"{share:.0%} {edits(sets[language], share, 10):.1%}" for share in (0.1, 0.3, 0.5)]
        lines.append(f"* Words edited, {language}: " + ", ".join(words) + ".")
        put, got, scanned, grown = speed(language)
        lines.append(
            f"* Speed, {language}, MB/s of CPU time: embed {put:.1f}, detect {got:.0f}, "
            f"scan of clean text {scanned:.0f}; {grown:.0%} more bytes."
        )
        print(*lines[-3:], sep="\n", flush=True)
    (same, total), (even, all_even) = same_pixels(PLACINGS), same_pixels(JUSTIFIED)
    lines.append(
        f"* Pixel-identical in Chromium: {same} of {total} font and layout cases; of justified columns {even} of "
        f"{all_even} (elsewhere glyphs of a justified line move by less than a pixel)."
    )
    taken, packets, changed = fuzz(asked.fuzz)
    lines.append(
        f"* Grapheme clusters: {changed} of {asked.fuzz} fuzz documents changed "
        f"({taken} took a mark, {packets} packets; judge: the regex package's \\X)."
    )
    lines.append(f"* False alarms: {noise(asked.noise)} in {asked.noise:,} windows of random symbols.")
    print(*lines[-3:], sep="\n", flush=True)
    rows = through_channels(sets)
    kept = sum(row[-1] == "yes" for row in rows)
    lines.append(f"* Channels survived (at least {SURVIVED:.0%} read): {kept} of {len(rows)}.")
    header = ("group", "channel", "read, zh", "read, en", "survived")
    tables.write("robustness_text", "What the mark of text survives", header, rows, "\n".join(lines))


if __name__ == "__main__":
    main()
