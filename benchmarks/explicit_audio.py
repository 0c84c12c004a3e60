"""How often audible labels are found after what happens to sound, and how often one is heard where there is none.

Labels are put in by the renderer at start, end and in the middle of 5 s of speech or music: every second rhythm with
the usual tone and unit, the others with any of 300 to 3000 Hz and 70 to 300 ms; and both sentences that ship. Each of
the attacks of ``_hearing_attacks.py`` then meets every label. For false alarms, hours of other speech and music are
listened to in full. All sound is from the REPORTING set of ``corpus_hours.py``, none of which was used for building.

``python benchmarks/explicit_audio.py`` does everything; ``--part rhythm``, ``voice`` or ``hours`` does one part, so
that they can run side by side; several processes share the work of a part. Results are kept under
.cache/bench/explicit_audio/, remove the folder to measure anew. The table is written from what there is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import corpus_hours as corpus
from benchmarks import tables
from benchmarks._hearing_attacks import ATTACKS, LABEL_RMS, RATE, STRETCH, Attack, Mono, Others, rms
from benchmarks.bench_environment import CACHE
from labelkit.formats.audio import _prompt_find, _rhythm_find, _tones
from labelkit.formats.audio._prompts import PROMPTS, rhythm

RESULTS = CACHE / "explicit_audio"
TRIALS = 200
#: Programme around a label, and silence between both.
_AROUND_SECONDS, _LEAD = 5, 800
_MAX_SOURCE_SECONDS = 1500


@dataclass
class Cell:
    """Trials of one kind of label under one attack.

    Attributes:
        trials, found: counts; found means that it overlaps the label by more than half.
        shift: median of the error of its beginning, in seconds.
        lowest: the score that one trial in a hundred stays below.
    """

    trials: int = 0
    found: int = 0
    shift: float = 0.0
    lowest: float = 0.0


@dataclass
class Package:
    """What was heard in a package without labels.

    Attributes:
        kind: speech or music.
        hours: listened to.
        seconds: processor time.
        rhythms, voices: what was taken for a label: seconds and scores.
        best: highest likeness of a sentence in every block of a minute.
        top: the measures of everything that was a little like a rhythm.
    """

    kind: str
    hours: float = 0.0
    seconds: float = 0.0
    rhythms: list[tuple[float, float]] = field(default_factory=list)
    voices: list[tuple[float, float]] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    top: list[dict[str, float]] = field(default_factory=list)


# --- labels found ----------------------------------------------------------------------------------------------------

Make = Callable[[int, np.random.Generator], Mono]
Heard = Callable[[Mono], Iterator[tuple[float, float, float]]]


def heard_rhythms(samples: Mono) -> Iterator[tuple[float, float, float]]:
    """Start, stop, score of everything like a rhythm."""
    for block in _tones.blocks([samples], RATE):
        yield from ((p.start, p.stop, p.score) for p in _rhythm_find.best(block))


def heard_voices(samples: Mono) -> Iterator[tuple[float, float, float]]:
    """The same for the sentences."""
    for block in _tones.blocks([samples], RATE):
        yield from ((s.start, s.stop, s.score) for s in _prompt_find.best(block, _prompt_find.shipped()))


def a_rhythm(number: int, rng: np.random.Generator) -> Mono:
    """The usual rhythm, or one of any tone and unit."""
    tone, unit = 800.0, 0.12
    if number % 2:
        tone = float(np.exp(rng.uniform(np.log(300), np.log(3000))))
        unit = float(rng.uniform(0.07, 0.3))
    return rhythm(tone, unit, RATE) * np.float32(LABEL_RMS * np.sqrt(2))


def a_voice(number: int, rng: np.random.Generator) -> Mono:
    """The Chinese and the English sentence in turn."""
    samples, _ = PROMPTS["zh" if number % 2 else "en"].samples()
    return samples * np.float32(LABEL_RMS / rms(samples))


def trials(name: str, make: Make, heard: Heard, threshold: float, count: int) -> None:
    """Every attack on ``count`` labels; those that another process tries, or that were tried, are left out."""
    speech, music = _some("speech"), _some("music")
    for number, (attack, run) in enumerate(ATTACKS.items()):
        if not _claimed(f"{name}-{number}"):
            continue
        others = Others(speech, music, np.random.default_rng(20_250_901 + number))
        cell = _tried(make, heard, run, others, STRETCH.get(attack, 1.0), threshold, count)
        (RESULTS / f"{name}-{number}.json").write_text(json.dumps(asdict(cell)), "utf-8")
        print(name, attack, cell, flush=True)


def _claimed(name: str) -> bool:
    """Whether this process is the first to take a piece of work."""
    try:
        (RESULTS / f"{name}.lock").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _tried(make: Make, heard: Heard, run: Attack, others: Others, stretch: float, threshold: float, count: int) -> Cell:
    scores, shifts = [], []
    for number in range(count):
        samples, start, stop = _labelled(number, make(number, others.rng), others)
        score, shift = _met(heard(run(samples, others).astype(np.float32)), start * stretch, stop * stretch)
        scores.append(score)
        if score >= threshold:
            shifts.append(abs(shift))
    low = float(np.percentile(scores, 1))
    return Cell(count, len(shifts), float(np.median(shifts)) if shifts else 0.0, low)


def _some(kind: str) -> Mono:
    """The first minutes of every package of a kind."""
    parts = []
    packages = [name for name, what in corpus.REPORTING.items() if what == kind]
    for package in packages:
        left = _MAX_SOURCE_SECONDS * RATE // len(packages)
        for piece in corpus.programme(package):
            parts.append(piece[:left])
            left -= len(piece)
            if left <= 0:
                break
    return np.concatenate(parts)


def _labelled(number: int, label: Mono, others: Others) -> tuple[Mono, float, float]:
    """A label in, before or behind a programme of the same level, and its seconds."""
    programme = others.stretch("speech" if number % 3 else "music", _AROUND_SECONDS * RATE)
    programme = programme * np.float32(LABEL_RMS / rms(programme))
    at = (0, len(programme), len(programme) // 2)[number % 3]
    lead = np.zeros(_LEAD, np.float32)
    samples = np.concatenate([programme[:at], lead, label, lead, programme[at:]])
    return samples.astype(np.float32), (at + _LEAD) / RATE, (at + _LEAD + len(label)) / RATE


def _met(heard: Iterator[tuple[float, float, float]], start: float, stop: float) -> tuple[float, float]:
    """Score and shift of what was heard where the label is; 0 for nothing."""
    there = [h for h in heard if min(h[1], stop) - max(h[0], start) > 0.5 * (stop - start)]
    best = max(there, key=lambda h: h[2], default=(start, stop, 0.0))
    return best[2], best[0] - start


# --- false alarms ----------------------------------------------------------------------------------------------------


#: Packages are heard in parts, so that several processes can share them and an interrupted run goes on.
PARTS = 8


def listen() -> None:
    """Hear all hours of the reporting set; parts that were heard, or that another process hears, are left to it."""
    for package, kind in corpus.REPORTING.items():
        for part in range(PARTS):
            if _claimed(f"{package}-{part}"):
                heard = asdict(_heard(package, kind, part))
                (RESULTS / f"{package}-{part}.json").write_text(json.dumps(heard), "utf-8")
                print(package, part, {k: v for k, v in heard.items() if k not in ("best", "top")}, flush=True)


def collected() -> dict[str, Any]:
    """What has been heard so far, by package."""
    found: dict[str, Any] = {}
    for package in corpus.REPORTING:
        parts = [json.loads(path.read_text("utf-8")) for path in sorted(RESULTS.glob(f"{package}-?.json"))]
        if parts:
            found[package] = {k: v if k == "kind" else sum((p[k] for p in parts[1:]), v) for k, v in parts[0].items()}
    return found


def _heard(package: str, kind: str, part: int) -> Package:
    heard, started = Package(kind), time.process_time()
    samples = 0

    def counted() -> Iterator[Mono]:
        nonlocal samples
        for piece in corpus.programme(package, part, PARTS):
            samples += len(piece)
            yield piece

    rhythms, voices = [], []
    for block in _tones.blocks(counted(), RATE):
        patterns = list(_rhythm_find.best(block))
        rhythms += [p for p in patterns if p.score >= _rhythm_find.FOUND]
        heard.top += [asdict(p) for p in patterns if p.spread < 5 and p.flatness < 4]
        spoken = list(_prompt_find.best(block, _prompt_find.shipped()))
        voices += [s for s in spoken if s.score >= _prompt_find.FOUND]
        heard.best.append(max((s.score for s in spoken), default=0.0))
    heard.hours, heard.seconds = samples / RATE / 3600, time.process_time() - started
    heard.rhythms = [(p.start, p.score) for p in _rhythm_find.merged(rhythms)]
    heard.voices = [(s.start, s.score) for s in _prompt_find.merged(voices)]
    return heard


#: The share of minutes whose likenesses say how the tail of all falls off.
_TAIL = 0.1


def expected_voices(best: list[float], hours: float) -> float:
    """False alarms an hour to be expected from how far the highest tenth of all minutes exceeds its own beginning.

    Excesses over a high threshold fall off exponentially or faster (Pickands 1975); exponentially is the worse of both.
    """
    values = np.array(best)
    start = np.quantile(values, 1 - _TAIL)
    scale = float(np.mean(values[values > start] - start))
    return float(_TAIL * len(values) / hours * np.exp(-(_prompt_find.FOUND - start) / scale))


# --- tables ----------------------------------------------------------------------------------------------------------


def write_table() -> None:
    """docs/tables/explicit_audio.md from what there is; cells that are still missing are empty."""
    hours = collected()
    if not hours:
        return
    rows = []
    for number, name in enumerate(ATTACKS):
        cells = [_cell(f"{kind}-{number}") for kind in ("rhythm", "voice")]
        rows.append((name, *(text for cell in cells for text in (_share(cell), _error(cell)))))
    for package, heard in hours.items():
        rows.append((
            f"no label: {package}, {heard['kind']}, {heard['hours']:.2f} h", f"{len(heard['rhythms'])} heard", "",
            f"{len(heard['voices'])} heard, likeness at most {max(heard['best']):.2f}", "",
        ))  # fmt: skip
    tables.write(
        "explicit_audio", "Audible labels found, and heard where there are none",
        ("attack", "rhythm found", "start off by", "sentence found", "start off by"), rows, _note(hours),
    )  # fmt: skip


def _cell(name: str) -> Cell:
    path = RESULTS / f"{name}.json"
    return Cell(**json.loads(path.read_text("utf-8"))) if path.exists() else Cell()


def _share(cell: Cell) -> str:
    return f"{cell.found / cell.trials:.1%} of {cell.trials}" if cell.trials else ""


def _error(cell: Cell) -> str:
    return f"{1000 * cell.shift:.0f} ms" if cell.trials else ""


def _note(hours: dict[str, Any]) -> str:
    total = sum(heard["hours"] for heard in hours.values())
    rhythms = sum(len(heard["rhythms"]) for heard in hours.values())
    voices = sum(len(heard["voices"]) for heard in hours.values())
    best = [value for heard in hours.values() for value in heard["best"]]
    speed = 3600 * total / sum(heard["seconds"] for heard in hours.values())
    return f"""Mono at 16 kHz, labels as loud as the programme around them. Music and voice are laid over label and
programme, their level against the label's. Every label has its own surroundings.

False alarms in {total:.1f} h of speech and music that were really listened to, none twice: {rhythms} rhythms, {voices}
sentences. The highest likeness of a sentence in each of {len(best)} minutes has mean {np.mean(best):.3f}, deviation
{np.std(best):.3f} and maximum {max(best):.3f}; the threshold is {_prompt_find.FOUND}. If the tail goes on falling off
as its highest tenth does, {expected_voices(best, total):.1e} false alarms an hour are to be expected (extrapolated, not
measured).

Missed: 1 false rhythm in 10 h was the goal, notes of music repeated on one pitch make more; 98 % under music of the
same loudness was the goal for rhythms, 99 % for sentences.

Listening to everything at once, decoding included, ran at {speed:.0f} times real time on one processor."""


def main() -> None:
    """Run the parts asked for and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("rhythm", "voice", "hours"), action="append")
    parser.add_argument("--trials", type=int, default=TRIALS)
    chosen = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    runs: dict[str, Callable[[], None]] = {
        "rhythm": lambda: trials("rhythm", a_rhythm, heard_rhythms, _rhythm_find.FOUND, chosen.trials),
        "voice": lambda: trials("voice", a_voice, heard_voices, _prompt_find.FOUND, chosen.trials),
        "hours": listen,
    }
    for name in chosen.part or runs:
        runs[name]()
    write_table()


if __name__ == "__main__":
    main()
