"""How often the image watermark's detector speaks up when it must not: unmarked pictures and other people's marks.

    python benchmarks/false_positives_image.py --fast 10000 --full 2000      as many searches as are still missing
    python benchmarks/false_positives_image.py --minutes 5                   for so long, then the table so far

Every search has a key of its own that marked nothing. Half of the searches look at pictures without a mark, half at
pictures marked under another key. Results go line by line to .cache/bench/false_positives/; an interrupted run goes on
where it stopped. Writes docs/tables/false_positives_image.md.

Besides counting false alarms, which there should be none of, it records the best statistic z of any codeword in each
search whether or not its CRC is right. That shows how far noise stays from the threshold, and checks the bound.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import itertools
import json
import math
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bench_environment

if __name__ == "__main__":
    bench_environment.enter()

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus_image as corpus
from benchmarks import tables
from benchmarks._attack_pixels import fit
from benchmarks._quality import wilson
from benchmarks._trials import fingerprint, key_of, payload_of
from labelkit.formats.image._wm_detect import FALSE_ALARM, TRIES
from labelkit.formats.image.watermark import detect, embed
from labelkit.watermark import coding, decision
from labelkit.watermark.keys import Key

Float = NDArray[np.float32]

#: Long side of the pictures searched, px, by the fast path and in full: small ones, which bounds the time. The full
#: search reduces every picture to 640 px itself; up to 320 px it takes two thirds as long.
_LONGEST = {False: 512, True: 320}
#: Words the CRC chooses from in one decoding: the best path and 24 runners-up.
_LIST = 25


@dataclass(frozen=True, slots=True)
class Silence:
    """One search that should find nothing.

    Attributes:
        picture: id.
        marked: it carries a mark under another key.
        number: of the key.
        full: with the geometric search.
        found: a mark was reported.
        decodings: how many geometries and profiles were decoded.
        best_z: the largest statistic among the decodings' best codewords, right CRC or not; 0 if nothing was decoded.
        cpu_ms: CPU time.
    """

    picture: str
    marked: bool
    number: int
    full: bool
    found: bool
    decodings: int
    best_z: float
    cpu_ms: float


@contextmanager
def listening() -> Iterator[list[float]]:
    """Collect the statistic of the best codeword of every decoding, before the CRC has its say.

    The detector hands the code values divided by the root of their energy, so their correlation with a codeword is z.
    """
    heard: list[float] = []
    original = coding.Code._pick

    def pick(self: coding.Code, soft: Float, leads: Float, end: int, *limits: Any) -> coding.Word | None:
        survivor, _ = self._trace(leads, end, np.array([-1]))
        heard.append(float(self._convolve(survivor[0]) @ soft))
        return original(self, soft, leads, end, *limits)

    coding.Code._pick = pick  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        coding.Code._pick = original  # type: ignore[method-assign]


def search(x: NDArray[np.uint8], picture: corpus.Picture, marked: bool, number: int, full: bool) -> Silence:
    """One search with a key that marked nothing."""
    key = Key(hashlib.sha256(f"nobody's key {number}".encode()).digest(), f"nobody-{number}")
    with listening() as heard:
        start = time.process_time()
        found = detect(x, [key], search=True if full else "fast")
        spent = (time.process_time() - start) * 1000
    return Silence(picture.id, marked, number, full, found is not None, len(heard), max(heard, default=0.0), spent)


def check_the_ruler() -> None:
    """The statistic heard must be the one the detector decides by."""
    picture = corpus.TUNING[0]
    marked = embed(corpus.load(picture), payload_of(picture), key_of(picture))
    with listening() as heard:
        found = detect(marked, [key_of(picture)])
    if found is None or abs(max(heard) - found.z) > 1e-3 * found.z:
        raise SystemExit(f"the detector decides by {found and found.z}, heard was {max(heard, default=0)}")


def searches(count: int, full: bool) -> Iterator[tuple[corpus.Picture, bool, list[int]]]:
    """At least ``count`` searches, as pictures with the key numbers to try; every key number is used once."""
    pictures = [*corpus.REPORTING, *corpus.TUNING]
    states = list(itertools.product(pictures, (False, True)))
    each = -(-count // len(states))
    first = 1_000_000 if full else 0
    for place, (picture, marked) in enumerate(states):
        yield picture, marked, [first + n * len(states) + place for n in range(each)]


@dataclass(frozen=True, slots=True)
class Group:
    """Searches of one picture.

    Attributes:
        picture, marked, full: as in :class:`Silence`.
        numbers: of the keys.
        until: when to stop, by the monotonic clock.
    """

    picture: corpus.Picture
    marked: bool
    full: bool
    numbers: tuple[int, ...]
    until: float

    def run(self, path: Path) -> None:
        """A line per search."""
        bench_environment.one_thread()
        if time.monotonic() > self.until:
            return
        x = fit(corpus.load(self.picture), _LONGEST[self.full])
        x = embed(x, payload_of(self.picture), key_of(self.picture)) if self.marked else x
        for number in self.numbers:
            if time.monotonic() > self.until:
                return
            _append(path, search(x, self.picture, self.marked, number, self.full))


def missing(path: Path, count: int, full: bool, until: float) -> list[Group]:
    """What is still to be searched, in no order that means anything, so that an interrupted run is a fair sample."""
    done = {(s.picture, s.marked, s.number) for s in results(path) if s.full == full}
    groups = []
    for picture, marked, numbers in searches(count, full):
        left = tuple(n for n in numbers if (picture.id, marked, n) not in done)
        if left:
            groups.append(Group(picture, marked, full, left, until))
    return sorted(groups, key=lambda g: (payload_of(g.picture), g.marked))


def run(groups: Sequence[Group], path: Path, jobs: int) -> None:
    """All of them, spread over processes."""
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for _ in pool.imap_unordered(functools.partial(Group.run, path=path), groups):
            pass


def _append(path: Path, silence: Silence) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(handle, (json.dumps(asdict(silence)) + "\n").encode())
    os.close(handle)


def results(path: Path) -> list[Silence]:
    """What is there; a search that two runs at a time both made counts once."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    searched = [Silence(**json.loads(line)) for line in lines]
    return list({(s.picture, s.marked, s.number, s.full): s for s in searched}.values())


def tail_rate(values: Sequence[float], z: float) -> float:
    """The chance that a value exceeds ``z``, by an exponential law fitted to the largest tenth.

    The true tail falls off like a Gaussian's, so this errs on the side of too many.
    """
    ordered = sorted(values)
    start = ordered[len(ordered) * 9 // 10]
    excess = statistics.mean(v - start for v in ordered if v >= start)
    return 0.1 * math.exp(-max(0.0, z - start) / excess)


def rows(silences: Sequence[Silence]) -> list[list[object]]:
    """The table."""
    named = (
        ("fast path, unmarked pictures", False, False), ("fast path, marked under another key", False, True),
        ("full search, unmarked pictures", True, False), ("full search, marked under another key", True, True),
    )  # fmt: skip
    chosen = [(text, [s for s in silences if (s.full, s.marked) == (full, marked)]) for text, full, marked in named]
    return [_row(text, of) for text, of in [*chosen, ("all", list(silences))] if of]


def _row(text: str, of: Sequence[Silence]) -> list[object]:
    alarms, decodings = sum(s.found for s in of), sum(s.decodings for s in of)
    heard = [s.best_z for s in of if s.decodings]
    spread = f"{statistics.mean(heard):.2f} +- {statistics.stdev(heard):.2f}" if len(heard) > 1 else "-"
    return [
        text, len(of), alarms, f"<= {wilson(alarms, len(of))[1]:.1e}", decodings, spread,
        f"{max(heard):.2f}" if heard else "-", f"{statistics.median(s.cpu_ms for s in of):.0f}",
    ]  # fmt: skip


def note(silences: Sequence[Silence]) -> str:
    """What the numbers mean."""
    threshold = decision.threshold(FALSE_ALARM, TRIES)
    heard = [s.best_z for s in silences if s.decodings]
    text = (
        f"The detector reports a mark when the CRC is right and z >= {threshold:.2f}, which bounds the chance of a "
        f"false alarm by {FALSE_ALARM:g} per search whatever the picture (docs/watermark.md). Here every search has "
        f"its own key that marked nothing; the pictures are {len({s.picture for s in silences})} of both sets, reduced "
        f"to at most {_LONGEST[False]} px for the fast path and {_LONGEST[True]} px for full searches."
    )
    if len(heard) < 500:
        return text
    rate = tail_rate(heard, threshold)
    return (
        f"{text} The best z of any codeword, whether its CRC was right or not, reached {max(heard):.2f} in the "
        f"{len(heard)} searches that decoded anything. An exponential tail fitted to the largest tenth (pessimistic) "
        f"passes the threshold with chance {rate:.0e} per search, with the CRC over {_LIST} words "
        f"{rate * _LIST / 2**16:.0e}; the bound is the number to quote."
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", type=int, default=10_000, help="searches of the fast path")
    parser.add_argument("--full", type=int, default=2_000, help="full searches")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after this time")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    bench_environment.one_thread()
    check_the_ruler()
    path = bench_environment.CACHE / "false_positives" / f"{fingerprint()}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * options.minutes
    run(missing(path, options.fast, False, until), path, options.jobs)
    run(missing(path, options.full, True, until), path, options.jobs)
    silences = results(path)
    header = (
        "what",
        "searches",
        "false alarms",
        "true rate, 95 %",
        "decodings",
        "best z",
        "largest z",
        "CPU ms, median",
    )
    tables.write("false_positives_image", "False alarms of the image watermark", header, rows(silences), note(silences))


if __name__ == "__main__":
    main()
