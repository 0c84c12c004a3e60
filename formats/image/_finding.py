"""Find the visible label of a picture and measure it (GB 45438-2025 5.2).

A label is words with both elements, 人工智能 or AI, and 生成 or 合成, along an edge or in a corner. Parts that every
wording has are compared with the whole picture at many sizes; the few best places are compared at a higher resolution,
then read character by character, and only what reads well all through is a label. The limits below were chosen from the
scores of labelled and unlabelled pictures, see ``benchmarks/explicit_finding.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit.formats.image import _matching, _measuring, _probes, _reading
from labelkit.formats.image._matching import Candidate, Canvas
from labelkit.formats.image._reading import Reading
from labelkit.record import ExplicitMark
from labelkit.wording import elements

if TYPE_CHECKING:
    from labelkit.formats.image._frames import Picture

#: Ink heights looked for, as shares of the shortest side, and the ratio of neighbouring sizes.
SMALLEST, LARGEST, LADDER = 0.026, 0.55, 1.1
#: Pixels of ink height below which Chinese characters cannot be told apart.
_LEGIBLE = 5.5
#: Ink heights that the first, quick look covers: the renderer's usual ones.
_USUAL = 0.048, 0.075
#: Ink height of a Chinese glyph in em, about; only to choose sizes.
_INK_EM = 0.9
#: Lowest correlation of a place at coarse and at fine resolution that is looked at closer.
_COARSE_LEAST, _FINE_LEAST = 0.33, 0.38
#: The same at coarse resolution for the quick look, and what a reading must reach to end the search.
_QUICK_LEAST, _NO_DOUBT = 0.45, 0.65
#: Pixels of the shortest side below which no label fits.
_LEAST_SIDE = 16
#: Places per picture that are looked at closer.
_PLACES = 36
#: Steps of size around a coarse candidate.
_ZOOMS = (0.95, 0.975, 1.0, 1.025, 1.05)
#: From this ink height on a text of usual length is broken across lines, so the elements are looked for alone too.
_LARGE = 0.075
#: Elements that are looked for on the next line, and what may stand there around them.
_BELOW = {"生成": ("生成合成", "生成内容", "合成生成"), "合成": ("生成合成", "合成生成")}
_ABOVE = {
    "AI": ("由AI", "本图由AI", "图片由AI", "本图片由AI", "内容由AI"),
    "人工智能": ("由人工智能", "本图由人工智能", "图片由人工智能", "内容由人工智能"),
}
#: What may stand at the end of a line besides words.
_BREAKS = " ·，,"
#: Characters by which a second line is looked for.
_LONG = 4
#: What a label must reach: mean of all characters; each Chinese character and the letters AI.
ACCEPT_MEAN, ACCEPT_EACH = 0.56, 0.48
#: What each character must reach as a share of the Chinese ones' median: one wrong character among clear ones stands
#: out. Letters look alike in all sans-serif fonts, and 司 looks a little like them, so more is asked of AI.
ACCEPT_SHARE, ACCEPT_LETTERS = 0.62, 0.76
#: What words that deny it must reach, more than others because a label would be lost to them.
_DENIED_SHARE = 0.8
#: Farthest that a label may stand from the nearest edge: a share of the shortest side, or lines of other text.
EDGE_SHARE, EDGE_HEIGHTS = 0.15, 2.8
#: Margins are equal, and a label in the middle, when the lesser is at least this share of the greater.
_CENTRED = 0.7
#: Longest picture that is looked at as a whole, as a multiple of its shortest side; longer ones at ends and middle.
_WHOLE, _PIECE = 3.0, 1.2


def find(picture: Picture, texts: Sequence[str] = ()) -> list[ExplicitMark]:
    """Every visible label of a picture, measured; of an animation the first, middle and last frame are looked at.

    Args:
        picture: decoded.
        texts: wordings to look for besides those of the grammar, such as the one just drawn.
    """
    count = len(picture.frames)
    return _over_frames([find_in_image(picture.view(index), texts) for index in sorted({0, count // 2, count - 1})])


def find_in_array(rgb: NDArray[np.uint8], texts: Sequence[str] = ()) -> list[ExplicitMark]:
    """Every visible label of an array of pixels, measured.

    Args:
        rgb: uint8, height x width x 3 (or height x width), in display orientation.
        texts: wordings to look for besides those of the grammar.
    """
    return find_in_image(Image.fromarray(rgb), texts)


def find_in_image(image: Image.Image, texts: Sequence[str] = ()) -> list[ExplicitMark]:
    """Every visible label of an image of mode L, LA, RGB or RGBA in display orientation, measured.

    A label of a usual size that satisfies the rule ends the search; else all there are are given.
    """
    if min(image.size) < _LEAST_SIDE:
        return []
    texts = [text for text in texts if text.strip() and _probes.drawable(text)]
    grounds = [_over(image, grey) for grey in ((128, 255, 0) if image.mode in ("LA", "RGBA") else (0,))]
    canvas, backdrops = Canvas(grounds[0].convert("L")), grounds[1:] or grounds
    good = [mark for mark in _marks(_quick(canvas, texts), backdrops) if mark.ratio >= 0.05 and mark.contrast >= 4.5]
    return good or _marks(_thorough(canvas, texts), backdrops)


def _over(image: Image.Image, grey: int) -> Image.Image:
    """The image on a plain ground where it is transparent; label pixels are opaque, so a mid grey hides no ink."""
    if image.mode not in ("LA", "RGBA"):
        return image
    ground = Image.new("RGBA", image.size, (grey, grey, grey, 255))
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def _ladder(short: int, least: float, most: float) -> list[float]:
    """Em sizes in pixels, from small to large, for ink heights that are shares of the shortest side."""
    least = max(least, _LEGIBLE / short)
    steps = max(0, int(np.ceil(np.log(most / least) / np.log(LADDER))) + 1)
    return [least * LADDER**i * short / _INK_EM for i in range(steps)]


def _quick(canvas: Canvas, texts: Sequence[str]) -> list[Reading]:
    """The best label of a usual size and the commonest words, if there is one that leaves no doubt."""
    short = min(canvas.width, canvas.height)
    cores = _cores(texts)[:1] if texts else _probes.CORES[:1]
    for candidate in _candidates(canvas, cores, _ladder(short, *_USUAL), _QUICK_LEAST)[:3]:
        reading = _read(canvas, candidate, texts)
        if reading is not None and reading.score > _NO_DOUBT:
            return [reading]
    return []


def _thorough(canvas: Canvas, texts: Sequence[str]) -> list[Reading]:
    short = min(canvas.width, canvas.height)
    cores = _cores(texts) + [core for core in _probes.CORES if core not in _cores(texts)]
    found: list[Reading] = []
    rough = _candidates(canvas, cores, _ladder(short, SMALLEST, _LARGE), _COARSE_LEAST)
    rough += _candidates(canvas, [*cores, "生成", "合成"], _ladder(short, _LARGE * LADDER, LARGEST), _COARSE_LEAST)
    for candidate in sorted(rough, key=_strength)[:_PLACES]:
        if any(_inside(candidate, reading) for reading in found):
            continue
        reading = _read(canvas, candidate, texts)
        if reading is not None and not any(_same(reading, other) for other in found):
            found.append(reading)
    return found


def _cores(texts: Sequence[str]) -> list[str]:
    """What to look for of given texts."""
    return [core for core in dict.fromkeys(_core(text) for text in texts) if _probes.drawable(core)]


def _core(text: str) -> str:
    """The grammar's own part of a text if it has one, else its first few characters."""
    known = [core for core in _probes.CORES if core in text]
    if known:
        return known[0]
    line = text.split("\n")[0]
    length = len(line)
    while length > 2 and _probes.advance(line[:length]) > 4.5:
        length -= 1
    return line[:length].strip()


def _candidates(canvas: Canvas, cores: Sequence[str], sizes: Sequence[float], least: float) -> list[Candidate]:
    """The best places of all sizes, strongest first."""
    found: list[Candidate] = []
    for left, top, right, bottom in _windows(canvas.width, canvas.height):
        for em in sizes:
            plane = canvas.window(left, top, right, bottom, em)
            zx, zy = plane.shape[1] / (right - left), plane.shape[0] / (bottom - top)
            for peak in _matching.scan(plane, cores, least, _PLACES // 2):
                template = _probes.templates(cores[peak.probe], _probes.COARSE)
                x, y = left + (peak.x - template.left) / zx, top + (peak.y - template.top) / zy
                found.append(Candidate(cores[peak.probe], x, y, _probes.COARSE / ((zx + zy) / 2), peak.score))
    return _thinned(sorted(found, key=_strength))


def _strength(candidate: Candidate) -> float:
    return -abs(candidate.score)


def _windows(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """The whole picture, or both ends and the middle of a very long one."""
    short, long = min(width, height), max(width, height)
    if long <= _WHOLE * short:
        return [(0, 0, width, height)]
    piece = int(_PIECE * short)
    starts = (0, (long - piece) // 2, long - piece)
    if width > height:
        return [(at, 0, at + piece, height) for at in starts]
    return [(0, at, width, at + piece) for at in starts]


def _thinned(candidates: list[Candidate]) -> list[Candidate]:
    """Without weaker ones at the same place with the same text and about the same size."""
    kept: list[Candidate] = []
    for one in candidates:
        if len(kept) == _PLACES:
            break
        if not any(_near(one, other) for other in kept):
            kept.append(one)
    return kept


def _near(one: Candidate, other: Candidate) -> bool:
    reach = 0.4 * other.em
    return (
        one.text == other.text
        and abs(one.x - other.x) < reach
        and abs(one.y - other.y) < reach
        and 0.9 < one.em / other.em < 1.1
    )


def _inside(candidate: Candidate, reading: Reading) -> bool:
    place = reading.place
    length = _probes.advance(reading.text) * place.em
    return -place.em < candidate.x - place.x < length and abs(candidate.y - place.y) < place.em


def _same(one: Reading, other: Reading) -> bool:
    return _inside(one.place, other) or _inside(other.place, one)


def _read(canvas: Canvas, rough: Candidate, texts: Sequence[str]) -> Reading | None:
    """The label at a candidate's place, or None."""
    fine = _matching.refined(canvas, rough, _ZOOMS)
    if abs(fine.score) < _FINE_LEAST:
        return None
    first = _reading.best(canvas, fine, [])
    if first.score < ACCEPT_MEAN - 0.1:
        return None
    place = replace(_reading.settled(first).place, text=fine.text)
    reading = _reading.settled(_reading.best(canvas, place, [*texts, *_probes.wordings()]))
    if not _reads_well(reading) or _denied(canvas, place):
        return None
    whole = reading if _says_enough(reading, texts) else _completed(canvas, reading)
    if whole is None or _at_edge(canvas, whole):
        return whole
    return _continued(canvas, whole, [*texts, *_probes.wordings()])


def _reads_well(reading: Reading) -> bool:
    letters, median = reading.letters, reading.median
    return (
        reading.score >= ACCEPT_MEAN
        and reading.weakest >= max(ACCEPT_EACH, ACCEPT_SHARE * median)
        and (letters is None or letters >= ACCEPT_LETTERS * median)
    )


def _denied(canvas: Canvas, place: Candidate) -> bool:
    """Whether clear words before the place say that AI was *not* used, as in 非AI生成."""
    reader = _reading.Reader(canvas, place)
    readings = [reader.read(before + place.text, place.text) for before in _probes.denials()]
    return any(r.weakest >= max(ACCEPT_EACH, _DENIED_SHARE * r.median) for r in readings)


def _says_enough(reading: Reading, texts: Sequence[str]) -> bool:
    """Both elements, or what the caller asked for."""
    return elements(reading.text).complete or any(reading.text in text for text in texts)


def _completed(canvas: Canvas, reading: Reading) -> Reading | None:
    """A line with one element together with the neighbouring line that has the other."""
    ai = bool(elements(reading.text).ai)
    for core, lines in (_BELOW if ai else _ABOVE).items():
        place = _matching.beside(canvas, reading.place, core, 1 if ai else -1)
        if abs(place.score) < ACCEPT_MEAN:
            continue
        other = _reading.settled(_reading.best(canvas, place, lines))
        both = (reading, other) if ai else (other, reading)
        if _reads_well(other) and _reading.aligned(*both) and _reads_well(_reading.joined(*both)):
            return _reading.joined(*both)
    return None


def _at_edge(canvas: Canvas, reading: Reading) -> bool:
    size = canvas.width, canvas.height
    height = _probes.lowest(reading.text) * reading.place.em
    return min(_margins(_measuring.ink_box(reading, size), size)) <= max(EDGE_SHARE * min(size), EDGE_HEIGHTS * height)


def _continued(canvas: Canvas, reading: Reading, texts: Sequence[str]) -> Reading | None:
    """A line that ends far from the edge together with the next one, when that reaches it."""
    ends = dict.fromkeys(text[len(reading.text) :].lstrip(_BREAKS) for text in texts if text.startswith(reading.text))
    for end in (end for end in ends if len(end) >= _LONG):
        place = _matching.beside(canvas, reading.place, end[:_LONG], 1)
        if abs(place.score) < ACCEPT_MEAN:
            continue
        both = reading, _reading.settled(_reading.best(canvas, place, [end]))
        if both[1].score >= ACCEPT_MEAN and _reading.aligned(*both) and _at_edge(canvas, _reading.joined(*both)):
            return _reading.joined(*both)
    return None


def _marks(readings: Sequence[Reading], grounds: Sequence[Image.Image]) -> list[ExplicitMark]:
    return sorted((_mark(reading, grounds, min(grounds[0].size)) for reading in readings), key=lambda m: -m.score)


def _mark(reading: Reading, grounds: Sequence[Image.Image], short: int) -> ExplicitMark:
    """The mark of a reading; contrast is the worst over the grounds that may show through."""
    results = [_measuring.measured(ground, reading) for ground in grounds]
    result = results[0]
    size = grounds[0].size
    return ExplicitMark(
        text=reading.text,
        box=result.box,
        glyph_height=round(result.height, 2),
        ratio=round(result.height / short, 4),
        contrast=round(min(r.contrast for r in results), 2),
        position=position(result.box, size),
        score=round(reading.score, 3),
    )


def _margins(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    return box[0], box[1], size[0] - box[2], size[1] - box[3]


def position(box: tuple[int, int, int, int], size: tuple[int, int]) -> str:
    """``"top-left"`` .. ``"bottom"``: in the middle of an axis when both margins there are about equal."""
    left, top, right, bottom = _margins(box, size)
    across, along = _side(left, right, "left", "right"), _side(top, bottom, "top", "bottom")
    if not across and not along:
        return min((left, "left"), (right, "right"), (top, "top"), (bottom, "bottom"))[1]
    return "-".join(part for part in (along, across) if part)


def _side(before: int, after: int, first: str, second: str) -> str:
    if min(before, after) >= _CENTRED * max(before, after):
        return ""
    return first if before < after else second


def _over_frames(looked: list[list[ExplicitMark]]) -> list[ExplicitMark]:
    """Marks of several frames as one list; the same place in several frames counts once."""
    merged: list[ExplicitMark] = []
    for marks in looked:
        for mark in marks:
            if not any(_alike(mark, other) for other in merged):
                merged.append(mark)
    return [
        replace(mark, frames=(sum(any(_alike(mark, m) for m in marks) for marks in looked), len(looked)))
        for mark in merged
    ]


def _alike(one: ExplicitMark, other: ExplicitMark) -> bool:
    """The same words at the same place; pages of a document may differ in size."""
    a, b = one.box, other.box
    return (one.text, one.position) == (other.text, other.position) or (
        min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])
    )
