"""How often the audio detector would report a mark that is not there: many keys on sounds that none of them marked.

    python benchmarks/false_positives_audio.py                  about five minutes of CPU time: a million statistics
    python benchmarks/false_positives_audio.py --keys 100000    more of the same

Keys are free: the windows of all clips are measured once, and each key is correlated with all of them at all offsets.
A statistic is the best z of one key in one window over both weightings and all 1,024 offsets, which is what the
detector decides presence by. A sample of the alignments is decoded, too, without asking whether the pilot stands out.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bench_environment

if __name__ == "__main__":
    bench_environment.enter()

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus_audio as corpus
from benchmarks import tables
from benchmarks._quality import wilson
from benchmarks._trials_audio import marked, sound_of
from labelkit.formats.audio import _wm_align as align
from labelkit.formats.audio._wm_detect import HALF, Scale, Sound, pilot_chance, windows
from labelkit.formats.audio._wm_find import PRESENCE_CHANCE
from labelkit.formats.audio._wm_pattern import CODE, CORE_RATE, PERIOD, Plan, plan
from labelkit.formats.audio._wm_resample import resample
from labelkit.watermark.keys import Key

Float = NDArray[np.float32]
#: Keys that are correlated at once.
_BATCH = 32
#: Thresholds at which the measured tail is set beside the bound.
_LEVELS = (3.5, 4.0, 4.5, 5.0, 5.5, 6.0)


@dataclass(frozen=True, slots=True)
class Spectra:
    """All windows' folds, ready to be correlated: frequencies x (windows * weightings * lanes) x bands."""

    folds: NDArray[np.complex64]
    squares: NDArray[np.complex64]
    raw: Float


def measured(clips: tuple[corpus.Clip, ...]) -> Spectra:
    """The windows of clips as they are, and of every second one marked under a key that is not tried."""
    folds = []
    for number, clip in enumerate(clips):
        sound = sound_of(clip)
        sound = marked(clip, sound, 0) if number % 2 else sound
        core = resample(np.ascontiguousarray(sound.samples.mean(axis=1)), sound.rate, CORE_RATE)
        for window in windows(Sound(lambda core=core: iter([core]), Scale()).halves()):  # type: ignore[misc]
            if len(window.cells) >= HALF:
                folds += [align.folded(way, window.first) for way in (window.cells, window.cells * window.gate)]
    raw = np.array(folds, np.float32)

    def spectrum(values: Float) -> NDArray[np.complex64]:
        of = np.fft.rfft(values, axis=2).transpose(2, 0, 1, 3)
        return np.ascontiguousarray(of.reshape(len(of), -1, of.shape[3]))

    return Spectra(spectrum(raw), spectrum(raw * raw), raw)


def best(spectra: Spectra, plans: list[Plan]) -> Float:
    """The best z of each key (columns) in each window (rows)."""
    signs = np.fft.rfft(np.array([p.pilot_sign for p in plans]), axis=1).conj().transpose(1, 2, 0)
    masks = np.fft.rfft(np.array([p.pilot for p in plans]), axis=1).conj().transpose(1, 2, 0)
    top = np.fft.irfft(spectra.folds @ signs, PERIOD, axis=0)
    energy = np.fft.irfft(spectra.squares @ masks, PERIOD, axis=0)
    shape = (PERIOD, -1, 2 * align.LANES, len(plans))
    top, energy = top.reshape(shape), energy.reshape(shape)
    floor = energy.max(axis=(0, 2), keepdims=True) * 1e-4 + 1e-12
    return np.asarray((top / np.sqrt(np.maximum(energy, floor))).max(axis=(0, 2)), np.float32)


def keys(count: int) -> Iterator[list[Plan]]:
    """Plans of keys that marked nothing, in batches."""
    for start in range(0, count, _BATCH):
        numbers = range(start, min(start + _BATCH, count))
        # not the cached function: a hundred thousand plans would fill the memory
        yield [plan.__wrapped__(Key(b"false positives " + n.to_bytes(16, "big"))) for n in numbers]


def decoded(spectra: Spectra, plans: list[Plan], random: np.random.Generator, each: int) -> tuple[int, int]:
    """Decodings at random alignments, and how many of them had right check bits."""
    rows = []
    for chosen in plans:
        for _ in range(each):
            fold = spectra.raw[random.integers(len(spectra.raw)), random.integers(align.LANES)]
            rows.append(chosen.soft(np.roll(fold, int(random.integers(PERIOD)), axis=0)))
    words = CODE.decode_many(np.array(rows, np.float32))
    return len(rows), sum(word is not None for word in words)


def check_the_ruler(spectra: Spectra) -> None:
    """The statistic measured here must be the detector's."""
    chosen = [plan(Key(bytes([n]) * 32)) for n in range(3)]
    here = best(spectra, chosen)[0]
    there = [max(align.scores(fold, p.pilot_sign, p.pilot).max() for fold in spectra.raw[:2]) for p in chosen]
    if not np.allclose(here, there, atol=1e-2):
        raise SystemExit(f"the detector has {there}, this script {here.tolist()}")


def rows(z: Float) -> list[list[object]]:
    """Measured tail beside the bound."""
    table: list[list[object]] = []
    for level in _LEVELS:
        over = int((z >= level).sum())
        table.append([f"{level:.1f}", over, f"{over / z.size:.1e}", f"{pilot_chance(level):.1e}"])
    return table


def note(z: Float, tried: int, right: int) -> str:
    """What the numbers mean."""
    least = math.sqrt(2 * math.log(2 * align.OFFSETS / PRESENCE_CHANCE))
    alarms = int((z >= least).sum())
    return (
        f"{z.shape[1]:,} keys on {z.shape[0]} windows of {len(corpus.REPORTING)} clips, half of them marked under "
        f"other keys: {z.size:,} statistics. The largest is {z.max():.2f} (mean {z.mean():.2f}); presence needs "
        f"{least:.2f} in a single window: **{alarms} false alarms**, so the true rate is below "
        f"{wilson(alarms, z.size)[1]:.1e} with 95 % confidence, and docs/watermark-audio.md proves "
        f"{PRESENCE_CHANCE:g}. Payload: {tried:,} decodings at random alignments, check bits right in {right} "
        f"(25 words a decoding, of which each passes with chance 2^-24: {tried * 25 / 2**24:.3f} expected)."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=8_000)
    parser.add_argument("--decodings", type=int, default=2, help="per key")
    options = parser.parse_args()
    corpus.fetch(corpus.REPORTING)
    spectra = measured(corpus.REPORTING)
    check_the_ruler(spectra)
    random, found, tried, right = np.random.default_rng(0), [], 0, 0
    for plans in keys(options.keys):
        found.append(best(spectra, plans))
        count, words = decoded(spectra, plans, random, options.decodings)
        tried, right = tried + count, right + words
    z = np.concatenate(found, axis=1)
    header = ("z at least", "statistics", "share", "proven bound")
    tables.write("false_positives_audio", "False alarms of the audio watermark", header, rows(z), note(z, tried, right))


if __name__ == "__main__":
    main()
