"""The Markdown tables of the robustness benchmark: goal, measured, interval, met or not."""

from __future__ import annotations

import math
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence

from benchmarks import tables
from benchmarks._quality import wilson
from benchmarks._trials import Marking, Result, Trial
from benchmarks.attacks_image import ROWS, Attack, Promise
from benchmarks.corpus_image import REPORTING, Picture

#: Goals of the marking itself: text, function of all markings, goal, whether more is better.
_QUALITY: tuple[tuple[str, Callable[[Marking], float], float, bool, str], ...] = (
    ("PSNR, median, dB", lambda m: m.psnr, 42.0, True, "{:.1f}"),
    ("SSIM, median", lambda m: m.ssim, 0.975, True, "{:.3f}"),
    ("RMS in flat areas, median, grey levels of 255", lambda m: m.flat_rms, 0.8, False, "{:.2f}"),
)
_BLIND = "blind-watermark"
REPORTING_IDS = {p.id for p in REPORTING}
_SET_APART = "Constants were fitted to other pictures (`--tuning`)."
_TUNED_ON = "Constants were chosen on these pictures: not for quoting."
_ATTACK_HEADER = ("attack", "400 to 639 px", "from 640 px", "rate", "95 % interval", "found fast")


def document(results: Sequence[Result], pictures: Sequence[Picture], attacks: Sequence[Attack]) -> str:
    """The whole page, from the results that belong to these pictures and attacks."""
    names, ids = {p.id for p in pictures}, {a.id for a in attacks}
    markings = [r for r in results if isinstance(r, Marking) and r.picture in names]
    trials = [r for r in results if isinstance(r, Trial) and r.picture in names and r.attack in ids]
    ours = [t for t in trials if t.method == "labelkit"]
    own_markings = [m for m in markings if m.method == "labelkit"]
    parts = [
        "# What the image watermark survives",
        _introduction(ours, own_markings, pictures),
        "## Goals",
        _table(("what", "short side", "read back", "rate", "95 % interval", "goal", "met"), _goal_rows(ours, attacks)),
        "## Quality and time",
        _table(("what", "median", "worst", "goal", "met"), [*_quality_rows(own_markings), *_time_rows(ours, markings)]),
        "## Every attack",
        _table(_ATTACK_HEADER, _attack_rows(ours, attacks)),
        *_peer_part(trials, markings, attacks),
        f"Measured with `benchmarks/robustness_image.py`, Python {platform.python_version()}, {platform.machine()}.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def store(text: str) -> None:
    """Write docs/tables/robustness_image.md."""
    tables.TABLES.mkdir(parents=True, exist_ok=True)
    (tables.TABLES / "robustness_image.md").write_text(text, "utf-8")


def _introduction(trials: Sequence[Trial], markings: Sequence[Marking], pictures: Sequence[Picture]) -> str:
    renders = sum(p.is_render for p in pictures)
    right = sum(t.read == "right" for t in trials)
    wrong = sum(t.read == "wrong" for t in trials)
    false = sum(m.absent_found for m in markings)
    return (
        f"{len({t.picture for t in trials})} pictures ({renders} of them renders by generative models), "
        f"{len({t.attack for t in trials})} attacks, four keys in turn, 64 random bits per picture: "
        f"**{right} of {len(trials)} read back exactly ({_percent(right, len(trials))})**, wrong payloads reported: "
        f"**{wrong}**, marks found in the {len(markings)} unmarked pictures: **{false}**. The detector is told nothing "
        f"about the attack. {_SET_APART if {p.id for p in pictures} <= REPORTING_IDS else _TUNED_ON} "
        "Rates are of all pictures of the size class; intervals after Wilson."
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def _percent(hits: int, trials: int) -> str:
    return f"{100 * hits / trials:.1f} %" if trials else "-"


def _interval(hits: int, trials: int) -> str:
    low, high = wilson(hits, trials)
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _met(value: bool) -> str:
    return "yes" if value else "**no**"


def _goal_rows(trials: Sequence[Trial], attacks: Sequence[Attack]) -> list[list[str]]:
    rows = []
    for row in ROWS:
        ids = {a.id for a in attacks if a.row == row.id}
        for promise in row.promises:
            covered = [t for t in trials if t.attack in ids and promise.covers(t.short)]
            hits = sum(t.read == "right" for t in covered)
            if covered:
                met = hits >= promise.rate * len(covered)
                rows.append([row.text, _span(promise), f"{hits}/{len(covered)}", _percent(hits, len(covered)),
                             _interval(hits, len(covered)), f"{100 * promise.rate:.0f} %", _met(met)])  # fmt: skip
    wrong = sum(t.read == "wrong" for t in trials)
    rows.append(["wrong payload reported", "all", f"{wrong}/{len(trials)}", _percent(wrong, len(trials)),
                 _interval(wrong, len(trials)), "0", _met(wrong == 0)])  # fmt: skip
    return rows


def _span(promise: Promise) -> str:
    return (
        f"{promise.from_px} to {promise.below_px - 1} px"
        if promise.below_px < 1 << 29
        else f"from {promise.from_px} px"
    )


def _quality_rows(markings: Sequence[Marking]) -> list[list[str]]:
    rows = []
    for text, value, goal, more, form in _QUALITY:
        values = sorted(v for v in map(value, markings) if not math.isnan(v))
        if values:
            middle, worst = statistics.median(values), values[0 if more else -1]
            met = middle >= goal if more else worst <= goal
            sign = ">=" if more else "<="
            rows.append([text, form.format(middle), form.format(worst), f"{sign} {goal:g}", _met(met)])
    weave = sorted(m.flat_weave for m in markings if not math.isnan(m.flat_weave))
    if weave:
        text = "of it without its mean over 33 pixels, since smooth offsets do not show; 0.29 of it is rounding"
        rows.append([text, f"{statistics.median(weave):.2f}", f"{weave[-1]:.2f}", "-", "-"])
    scores = sorted(m.ssimulacra2 for m in markings if not math.isnan(m.ssimulacra2))
    if scores:
        rows.append(
            ["SSIMULACRA2 (90: visually lossless)", f"{statistics.median(scores):.1f}", f"{scores[0]:.1f}", "-", "-"]
        )
    return rows


def _time_rows(trials: Sequence[Trial], markings: Sequence[Marking]) -> list[list[str]]:
    own = [m for m in markings if m.method == "labelkit"]
    found = [t.cpu_ms for t in trials if t.read == "right" and not t.fast]
    rows = [
        _time_row("embed, ms per MP beyond 10 ms", [(m.embed_ms - 10) / m.megapixels for m in own], 25),
        _time_row("fast detection, ms per MP beyond 10 ms", [(m.detect_ms - 10) / m.megapixels for m in own], 15),
        _time_row("found by geometric search, ms", found, 300),
        _time_row("certain absence, ms", [m.absent_ms for m in own], 1500),
    ]
    rivals = {m.picture: m.embed_ms + m.detect_ms for m in markings if m.method == _BLIND}
    ratios = [rivals[m.picture] / (m.embed_ms + m.detect_ms) for m in own if m.picture in rivals]
    if ratios:
        middle = statistics.median(ratios)
        rows.append([f"embed + detect, times faster than {_BLIND}", f"{middle:.1f}", f"{min(ratios):.1f}", ">= 5",
                     _met(middle >= 5)])  # fmt: skip
    return [row for row in rows if row]


def _time_row(text: str, values: Sequence[float], goal: float) -> list[str]:
    """CPU time of one thread; met if the worst case is within the goal."""
    if not values:
        return []
    within = sum(v <= goal for v in values)
    share = "" if within == len(values) else f" ({_percent(within, len(values))} are within)"
    return [text, f"{statistics.median(values):.0f}", f"{max(values):.0f}", f"<= {goal:g}", _met(not share) + share]


def _attack_rows(trials: Sequence[Trial], attacks: Sequence[Attack]) -> list[list[str]]:
    rows = []
    for attack in attacks:
        of = [t for t in trials if t.attack == attack.id]
        small, large = [t for t in of if t.short < 640], [t for t in of if t.short >= 640]
        hits = _hits(of)
        if of:
            rows.append([attack.id, f"{_hits(small)}/{len(small)}", f"{_hits(large)}/{len(large)}",
                         _percent(hits, len(of)), _interval(hits, len(of)), str(sum(t.fast for t in of))])  # fmt: skip
    return rows


def _hits(trials: Sequence[Trial]) -> int:
    return sum(t.read == "right" for t in trials)


def _peer_part(trials: Sequence[Trial], markings: Sequence[Marking], attacks: Sequence[Attack]) -> list[str]:
    """The same pictures and attacks for everybody; empty when no peer ran."""
    methods = list(dict.fromkeys(t.method for t in trials if t.method != "labelkit"))
    pictures = {t.picture for t in trials if t.method != "labelkit"}
    ids = {t.attack for t in trials if t.method != "labelkit"}
    if not methods:
        return []
    everybody = ["labelkit", *methods]
    same = [t for t in trials if t.picture in pictures and t.attack in ids]
    rows = [[a.id, *(_cell([t for t in same if t.method == m and t.attack == a.id]) for m in everybody)]
            for a in attacks if a.id in ids]  # fmt: skip
    chosen = [m for m in markings if m.picture in pictures]
    rows += [
        [text, *(_median([value(m) for m in chosen if m.method == name]) for name in everybody)]
        for text, value in (
            ("PSNR, dB", lambda m: m.psnr),
            ("embed, CPU ms per MP", lambda m: m.embed_ms / m.megapixels),
            ("detect (nothing done to it), CPU ms per MP", lambda m: m.detect_ms / m.megapixels),
        )
    ]
    largest = max(m.megapixels for m in markings if m.picture in pictures)
    note = (
        f"The same {len(pictures)} pictures, at most {largest:.2g} megapixels each, read back exactly. "
        "Peers know no absence."
    )
    return ["## Side by side", note, _table(["attack", "LabelKit", *methods], rows)]


def _cell(trials: Sequence[Trial]) -> str:
    return f"{_hits(trials)}/{len(trials)}"


def _median(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f}" if values else "-"
