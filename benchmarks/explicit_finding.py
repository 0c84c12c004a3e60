"""How often visible labels are found and how well they are measured, and how often one is seen where there is none.

Pictures are those of ``explicit_table.py``. Labels are drawn by the renderer in every style, at every place in turn,
with the wordings of the grammar; too small ones and translucent ones, as services draw them, by
``tests/formats/image/marks.py``. Every labelled picture is looked at as drawn, after JPEG of quality 50, at half the
size, and after both. Unlabelled are the pictures themselves, random cut-outs of them, generated pages of Chinese text,
and the pictures with other words where a label would stand.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageStat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import explicit_table, tables
from labelkit.config import ExplicitConfig
from labelkit.errors import LabelKitError
from labelkit.formats.image import explicit, picture
from labelkit.formats.image._finding import find_in_image
from labelkit.formats.image._probes import drawable
from labelkit.record import ExplicitMark
from labelkit.wording import elements
from tests.formats.image.marks import CONDITIONS, PLACES, marked

#: Pictures are reduced to this longest side, and so many cut-outs, pages and pictures with other words are made.
LONGEST = 1400
CUTOUTS, PAGES, OTHERS = 250, 150, 250
WORDINGS = (
    *("由AI生成", "由AI生成", "AI生成", "AI合成", "人工智能生成", "人工智能合成", "人工智能生成合成", "本图片由AI生成"),
    *("内容由AI生成", "内容由AI生成，仅供参考", "AI生成 · AI-generated"),
)
#: Words one stroke or one character away from a label, and ones that real pages are full of.
CURATED = (
    *(
        "AI创作",
        "AI绘画",
        "AI生活",
        "AI合影",
        "AI生图",
        "AI成就",
        "AI形成",
        "AI组成",
        "AI变成",
        "AI集成",
        "AI生物",
        "AI合规",
    ),
    *("由AI创作", "由人生成就", "人工客服", "人工智能", "人工智能时代", "人工合成", "自动生成", "智能生成", "机器生成"),
    *(
        "合同生成",
        "公司合成",
        "用户生成",
        "版权所有",
        "微信公众号",
        "小红书",
        "抖音号123456",
        "@AI生活家",
        "A1生成",
        "AI先生",
    ),
)
COMMON = (
    *(
        "人工",
        "智能",
        "生成",
        "合成",
        "AI",
        "人生",
        "成功",
        "合作",
        "完成",
        "生活",
        "我们",
        "的",
        "是",
        "技术",
        "发展",
        "数据",
    ),
    *(
        "模型",
        "图片",
        "内容",
        "由",
        "公司",
        "用户",
        "可以",
        "使用",
        "系统",
        "服务",
        "信息",
        "时间",
        "问题",
        "工作",
        "学习",
        "生产",
    ),
    *(
        "组成",
        "形成",
        "能力",
        "智慧",
        "工人",
        "可能",
        "功能",
        "变成",
        "集成",
        "合同",
        "综合",
        "合格",
        "成员",
        "成本",
        "医生",
        "产生",
    ),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One label and what was found of it."""

    group: str
    condition: str
    place: str
    found: bool
    wording: bool
    placed: bool
    error: float
    pixels: float


def judged(group: str, condition: str, shown: Image.Image, place: str, text: str, share: float) -> Trial:
    """Look at a labelled picture."""
    marks = find_in_image(CONDITIONS[condition](shown))
    if not marks:
        return Trial(group, condition, place, False, False, False, 0.0, 0.0)
    best = marks[0]
    read = best.text.replace("\n", "") == text.replace("\n", "")
    error = best.ratio / share - 1
    pixels = error * best.glyph_height
    return Trial(group, condition, place, True, read, best.position == place, error, pixels)


def labelled(number: int, image: Image.Image) -> Iterator[Trial]:
    """Renderer's labels in three styles, a too small one and a translucent one, on one picture."""
    rng = random.Random(number)
    for offset, style in enumerate(("corner", "plate", "strip")):
        place = PLACES[(number + 3 * offset) % 8] if style != "strip" else ("bottom", "top")[number % 2]
        height = rng.choice((0.05, 0.055, 0.055, 0.06, 0.08, 0.1))
        opened = picture.from_image(image)
        try:
            mark = explicit.put(
                opened, ExplicitConfig(text=rng.choice(WORDINGS), style=style, position=place, height=height)
            )
        except LabelKitError:
            continue
        shown = opened.view().convert("RGB")
        for condition in CONDITIONS:
            yield judged(style, condition, shown, mark.position, mark.text, mark.ratio)
    yield from small(number, image, rng)


def small(number: int, image: Image.Image, rng: random.Random) -> Iterator[Trial]:
    """Labels below 5 %: white on a plate, and translucent with a soft shadow where the picture is not bright."""
    if min(image.size) < 400:
        return
    short, place = min(image.size), PLACES[number % 8]
    share = round(rng.uniform(0.03, 0.047) * short) / short
    shown, box = marked(image, "AI生成", share, place, ground=25)
    for condition in CONDITIONS:
        yield judged("plate, 3.0 to 4.7 %", condition, shown, place, "AI生成", share)
    if ImageStat.Stat(image.convert("L").crop(box)).mean[0] < 150:
        shown, _ = marked(image, "豆包AI生成", share, place, opacity=rng.uniform(0.5, 0.8), shadow=True)
        for condition in CONDITIONS:
            yield judged("translucent, 3.0 to 4.7 %", condition, shown, place, "豆包AI生成", share)


def opened(path: Path) -> Image.Image | None:
    """The picture, reduced; None for ones too small to carry a label."""
    image = explicit_table.opened(path)
    if image is None or min(image.size) < 200:
        return None
    image.thumbnail((LONGEST, LONGEST))
    return image


def chinese_font() -> str:
    """A font with all common Chinese characters that is not ours."""
    return str(next(explicit_table.deb("fonts-wqy-microhei").rglob("wqy-microhei.ttc")))


def characters() -> list[str]:
    """The 3,755 characters of GB 2312, level 1."""
    codes = ((high, low) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF) if (high, low) <= (0xD7, 0xF9))
    return [bytes(code).decode("gb2312") for code in codes]


def page(rng: random.Random, font: str, chars: list[str]) -> Image.Image:
    """Lines of random words in several sizes, without a label's words next to each other."""
    size = rng.choice(((800, 1000), (1080, 1440), (1280, 720), (600, 600), (720, 1600)))
    dark = rng.random() < 0.3
    image = Image.new("RGB", size, (rng.randint(0, 40) if dark else rng.randint(225, 255),) * 3)
    draw, top = ImageDraw.Draw(image), rng.randint(2, 30)
    ink = (rng.randint(200, 255) if dark else rng.randint(0, 90),) * 3
    while top < size[1]:
        height = round(rng.choice((0.028, 0.035, 0.045, 0.055, 0.07, 0.1)) * min(size))
        for _ in range(rng.randint(1, 4)):
            line = ""
            while len(line) < 40:
                more = rng.choice(COMMON) if rng.random() < 0.75 else rng.choice(chars)
                line += "" if elements((line + more)[-8:]).complete else more
            draw.text((rng.randint(2, 20), top), line, fill=ink, font=ImageFont.truetype(font, height))
            top += round(1.45 * height)
        top += round(0.6 * height)
    return image


def other_words(rng: random.Random, image: Image.Image, font: str, chars: list[str]) -> Image.Image | None:
    """A picture with words where a label would stand that are none."""
    draws: list[Callable[[], str]] = [
        lambda: rng.choice(CURATED),
        lambda: "由AI" + rng.choice(chars) + rng.choice(chars),
        lambda: "".join(rng.choice(chars) for _ in range(rng.randint(3, 7))),
        lambda: "".join(rng.choice(COMMON) for _ in range(3)),
    ]
    text = rng.choice(draws)()
    if elements(text).complete:
        return None
    ground = rng.choice((20, 235, None))
    ink = 0 if ground == 235 else 255
    share = rng.choice((0.033, 0.045, 0.055, 0.08))
    # Words in the labels' own font are the harder ones.
    drawn_with = "" if drawable(text) else font
    return marked(image, text, share, rng.choice(PLACES), ink=ink, ground=ground, font=drawn_with)[0]


def look(job: tuple[str, int, Path]) -> list[Trial] | list[tuple[str, list[ExplicitMark]]]:
    """One job: a picture to label, or something unlabelled to look at."""
    kind, number, path = job
    rng = random.Random(f"{kind} {number}")
    if kind == "page":
        return [
            (
                "pages of text",
                find_in_image(rng.choice([*CONDITIONS.values()])(page(rng, chinese_font(), characters()))),
            )
        ]
    image = opened(path)
    if image is None:
        return []
    if kind == "labelled":
        return list(labelled(number, image))
    if kind == "other":
        shown = other_words(rng, image, chinese_font(), characters())
        return (
            []
            if shown is None
            else [("pictures with other words", find_in_image(rng.choice([*CONDITIONS.values()])(shown)))]
        )
    if kind == "cutout":
        width, height = (rng.randint(min(240, side), side) for side in image.size)
        left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
        return [("cut-outs", find_in_image(image.crop((left, top, left + width, top + height))))]
    return [("pictures", find_in_image(image))]


def jobs() -> Iterator[tuple[str, int, Path]]:
    """Everything there is to look at."""
    chinese_font()
    paths = [path for _, path in explicit_table.sources()]
    for number, path in enumerate(paths):
        yield "labelled", number, path
        yield "plain", number, path
    for kind, count in (("cutout", CUTOUTS), ("page", PAGES), ("other", OTHERS)):
        for number, path in zip(range(count), cycle(paths)):
            yield kind, number, path


def row(name: str, condition: str, trials: list[Trial]) -> list[str]:
    """One line of the table."""
    found = [t for t in trials if t.found]
    errors = [abs(t.error) for t in found] or [0.0]
    return [
        name,
        condition,
        str(len(trials)),
        f"{len(found)} ({len(found) / len(trials):.1%})",
        f"{sum(t.wording for t in found) / max(1, len(found)):.1%}",
        f"{sum(t.placed for t in found) / max(1, len(found)):.1%}",
        f"{statistics.median(errors):.1%}",
        f"{statistics.quantiles([*errors, errors[-1]], n=20)[-1]:.1%}",
        f"{max([abs(t.pixels) for t in found] or [0.0]):.1f} px",
    ]


def cpu(image: Image.Image) -> float:
    """Seconds of processor time of one look, the least of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        find_in_image(image)
        times.append(time.process_time() - start)
    return min(times)


def speed() -> str:
    """Processor time on twelve megapixels, with the default label and without one."""
    path = next(path for _, path in explicit_table.sources() if path.name == "astronaut.png")
    plain = Image.open(path).convert("RGB").resize((4000, 3000))
    drawn = picture.from_image(plain)
    explicit.put(drawn, ExplicitConfig())
    return (
        f"12 megapixels take {cpu(plain):.2f} s of processor time without a label, "
        f"{cpu(drawn.view()):.2f} s with the default one."
    )


def main() -> None:
    """Measure, print and write docs/tables/explicit_finding.md."""
    trials: list[Trial] = []
    alarms: dict[str, list[list[ExplicitMark]]] = {}
    with ProcessPoolExecutor() as pool:
        for results in pool.map(look, list(jobs()), chunksize=4):
            for result in results:
                if isinstance(result, Trial):
                    trials.append(result)
                else:
                    alarms.setdefault(result[0], []).append(result[1])
    rows = [
        row(group, condition, [t for t in trials if (t.group, t.condition) == (group, condition)])
        for group in dict.fromkeys(t.group for t in trials)
        for condition in CONDITIONS
    ]
    drawn = [t for t in trials if t.group in ("corner", "plate")]
    rows += [row(f"at {place}", "all four", [t for t in drawn if t.place == place]) for place in PLACES]
    for name, looks in alarms.items():
        for mark in (mark for marks in looks for mark in marks):
            print("false alarm:", name, mark)
        seen = sum(bool(marks) for marks in looks)
        rows.append(
            [f"**unlabelled**: {name}", "", str(len(looks)), f"{seen} ({seen / len(looks):.1%})", "", "", "", ""]
        )
    header = (
        "what",
        "condition",
        "looked at",
        "found",
        "words right",
        "place right",
        "height error: median",
        "95 %",
        "largest",
    )
    tables.write("explicit_finding", "Finding the visible label", header, rows, f"{__doc__.strip()}\n\n{speed()}")


if __name__ == "__main__":
    main()
