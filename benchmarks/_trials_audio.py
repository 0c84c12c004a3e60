"""One trial of the audio watermark and what came out of it; who marks and detects beside us."""

from __future__ import annotations

import hashlib
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchmarks import _journal, _perth
from benchmarks import corpus_audio as corpus
from benchmarks._quality_audio import quality
from benchmarks.attacks_audio import Attack, Sound, mono
from benchmarks.bench_environment import CACHE, ROOT
from labelkit.formats.audio._wm_resample import resample
from labelkit.formats.audio.watermark import Detection, detect, embed
from labelkit.watermark.keys import PUBLIC_KEY, Key

#: The public key and three others, taken in turn by the trials.
KEYS = (PUBLIC_KEY, *(Key(hashlib.sha256(f"benchmark key {n}".encode()).digest(), f"bench-{n}") for n in range(3)))
#: Rate at which times are measured, Hz, as most synthesisers have it.
_TIMED_RATE = 24_000


@dataclass(frozen=True, slots=True)
class Trial:
    """A marked clip after one attack.

    Attributes:
        method: "labelkit" or a peer's name.
        clip, attack: ids.
        music: what kind of clip.
        round: number of the repetition; each has its own key, payload and cut.
        read: "right", "wrong", "present" (the mark without its payload) or "none".
        z: the statistic, 0 when nothing was found.
        seconds: of the attacked sound.
        cpu_ms: the whole detection.
    """

    method: str
    clip: str
    attack: str
    music: bool
    round: int
    read: str
    z: float
    seconds: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Marking:
    """What marking one clip did to it and cost.

    Attributes:
        method, clip, music: as in :class:`Trial`.
        snr, pesq, visqol, nmr: see :class:`benchmarks._quality_audio.Quality`.
        seconds: of the clip.
        embed_ms, detect_ms: CPU time at 24 kHz mono, medians of three; detection of the unattacked copy.
        absent_ms: full search of the unmarked clip at 24 kHz mono; 0 for peers.
        absent_found: something was found in it.
    """

    method: str
    clip: str
    music: bool
    snr: float
    pesq: float
    visqol: float
    nmr: float
    seconds: float
    embed_ms: float
    detect_ms: float
    absent_ms: float
    absent_found: bool


def journal(name: str) -> _journal.Journal:
    """The journal of one set of clips under the present code."""
    files = [
        *sorted((ROOT / "formats" / "audio").glob("_wm_*.py")),
        *sorted((ROOT / "labelkit" / "watermark").glob("*.py")),
        ROOT / "benchmarks" / "attacks_audio.py",
        ROOT / "benchmarks" / "_quality_audio.py",
    ]
    path = CACHE / "robustness_audio" / f"{name}-{_journal.fingerprint(files)}.jsonl"
    return _journal.Journal(path, Trial, Marking)


def sound_of(clip: corpus.Clip) -> Sound:
    """A clip as floats."""
    samples, rate = corpus.load(clip)
    return Sound(samples.astype(np.float32) / 32768, rate)


def _random(*parts: object) -> np.random.Generator:
    """The same numbers in every run."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big"))


def payload_of(clip: corpus.Clip, number: int) -> int:
    """64 bits that look random."""
    return int(_random("payload", clip.id, number).integers(0, 1 << 63)) * 2 + number % 2


def key_of(clip: corpus.Clip, number: int) -> Key:
    """The key of a repetition."""
    return KEYS[(number + len(clip.id)) % len(KEYS)]


def marked(clip: corpus.Clip, sound: Sound, number: int) -> Sound:
    """The clip with the mark of one repetition."""
    samples = embed(sound.samples, sound.rate, payload_of(clip, number), key_of(clip, number))
    return Sound(samples, sound.rate)


def trial(clip: corpus.Clip, sound: Sound, attack: Attack, number: int) -> Trial:
    """Attack a marked sound and detect, told nothing about the attack."""
    heard = attack(sound, _random(attack.id, clip.id, number))
    start = time.process_time()
    found = detect(heard.samples, heard.rate, key_of(clip, number))
    spent = (time.process_time() - start) * 1000
    read = _judged(found, payload_of(clip, number))
    z = found[0].z if found else 0.0
    return Trial("labelkit", clip.id, attack.id, clip.is_music, number, read, z, heard.seconds, spent)


def _judged(found: list[Detection], payload: int) -> str:
    payloads = [one.payload for one in found]
    if any(one not in (payload, None) for one in payloads):
        return "wrong"
    return "right" if payload in payloads else "present" if payloads else "none"


def marking(clip: corpus.Clip, sound: Sound, copy: Sound) -> Marking:
    """Quality of a marked copy, times, and a look at the unmarked clip."""
    heard = quality(sound, copy, clip.is_music)
    down = mono(sound)
    plain = resample(np.ascontiguousarray(down.samples[:, 0]), sound.rate, _TIMED_RATE)
    key, payload = key_of(clip, 0), payload_of(clip, 0)
    with_mark = embed(plain, _TIMED_RATE, payload, key)
    start = time.process_time()
    absent = detect(plain, _TIMED_RATE, key)
    absent_ms = (time.process_time() - start) * 1000
    return Marking(
        "labelkit", clip.id, clip.is_music, heard.snr, heard.pesq, heard.visqol, heard.nmr, sound.seconds,
        cpu_ms(lambda: embed(plain, _TIMED_RATE, payload, key)), cpu_ms(lambda: detect(with_mark, _TIMED_RATE, key)),
        absent_ms, bool(absent),
    )  # fmt: skip


def cpu_ms(call: Callable[[], object], times: int = 3) -> float:
    """Median CPU time of this process."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        call()
        spent.append((time.process_time() - start) * 1000)
    return sorted(spent)[len(spent) // 2]


# ---- a peer


@cache
def perth() -> Any:
    """The peer, or None; loaded once."""
    return _perth.watermarker()


def audiowmark() -> bool:
    """Whether the program is on this machine."""
    return shutil.which("audiowmark") is not None


def perth_marked(sound: Sound) -> Sound:
    """A down-mix marked by Perth."""
    samples = np.ascontiguousarray(sound.samples.mean(axis=1))
    return Sound(np.asarray(perth().apply_watermark(samples, sample_rate=sound.rate), np.float32)[:, None], sound.rate)


def perth_score(sound: Sound) -> float:
    """What it takes for the share of the mark that is there, 0 to 1."""
    samples = np.ascontiguousarray(sound.samples.mean(axis=1))
    return float(np.mean(perth().get_watermark(samples, sample_rate=sound.rate)))


def perth_trial(clip: corpus.Clip, sound: Sound, attack: Attack) -> Trial:
    """Presence after an attack; 0.5 is its own threshold."""
    heard = attack(sound, _random(attack.id, clip.id, 0))
    start = time.process_time()
    score = perth_score(heard)
    spent = (time.process_time() - start) * 1000
    read = "present" if score >= 0.5 else "none"
    return Trial("perth", clip.id, attack.id, clip.is_music, 0, read, score, heard.seconds, spent)


def perth_marking(clip: corpus.Clip, sound: Sound, copy: Sound) -> Marking:
    """The same figures for it."""
    heard = quality(mono(sound), copy, clip.is_music)
    plain = Sound(resample(sound.samples.mean(axis=1), sound.rate, _TIMED_RATE)[:, None], _TIMED_RATE)
    with_mark = perth_marked(plain)
    return Marking(
        "perth", clip.id, clip.is_music, heard.snr, heard.pesq, math.nan, heard.nmr, sound.seconds,
        cpu_ms(lambda: perth_marked(plain), 1), cpu_ms(lambda: perth_score(with_mark), 1), 0.0,
        perth_score(plain) >= 0.5,
    )  # fmt: skip
