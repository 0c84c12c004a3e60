"""One trial and what came out of it; results are lines of JSON that outlive an interrupted run."""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import _journal
from benchmarks import corpus_image as corpus
from benchmarks._quality import quality
from benchmarks.attacks_image import Attack
from benchmarks.bench_environment import CACHE, ROOT
from benchmarks.peers_image import Peer
from labelkit.formats.image.watermark import detect, embed
from labelkit.watermark.keys import PUBLIC_KEY, Key

Pixels = NDArray[np.uint8]

#: The public key and three others, taken in turn by the pictures.
KEYS = (PUBLIC_KEY, *(Key(hashlib.sha256(f"benchmark key {n}".encode()).digest(), f"bench-{n}") for n in range(3)))


@dataclass(frozen=True, slots=True)
class Trial:
    """A marked picture after one attack.

    Attributes:
        method: "labelkit" or a peer's name.
        picture, attack: ids.
        short: short side of the marked picture, px.
        read: "right", "wrong" or "none".
        cpu_ms: the whole detection.
        fast: found without the geometric search.
        z: the statistic, 0 when nothing was found.
    """

    method: str
    picture: str
    attack: str
    short: int
    read: str
    cpu_ms: float
    fast: bool = False
    z: float = 0.0


@dataclass(frozen=True, slots=True)
class Marking:
    """What marking one picture cost and did.

    Attributes:
        method, picture, short: as in :class:`Trial`.
        megapixels: of the picture.
        embed_ms, detect_ms: CPU time, medians of three; detection of the unattacked copy.
        absent_ms: full search of the unmarked picture; 0 for peers.
        absent_found: something was found in it.
        psnr, ssim, ssimulacra2, flat_rms, flat_weave: see :class:`benchmarks._quality.Quality`.
    """

    method: str
    picture: str
    short: int
    megapixels: float
    embed_ms: float
    detect_ms: float
    absent_ms: float
    absent_found: bool
    psnr: float
    ssim: float
    ssimulacra2: float
    flat_rms: float
    flat_weave: float


Result = Trial | Marking


class Journal(_journal.Journal):
    """What is there of one set of pictures."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Trial, Marking)

    def done(self, picture: corpus.Picture) -> set[tuple[str, str]]:
        """What need not be done again: method and attack; the marking itself counts as attack ""."""
        return {(r.method, r.attack if isinstance(r, Trial) else "") for r in self.results() if r.picture == picture.id}


def fingerprint() -> str:
    """Changes with signal, attacks and rulers; results of other code are never mixed in."""
    files = [
        *sorted((ROOT / "formats" / "image").glob("_wm_*.py")),
        ROOT / "formats" / "image" / "watermark.py",
        *sorted((ROOT / "labelkit" / "watermark").glob("*.py")),
        *sorted((ROOT / "benchmarks").glob("_attack_*.py")),
        ROOT / "benchmarks" / "_quality.py",
    ]
    return _journal.fingerprint(files)


def journal(name: str) -> Journal:
    """The journal of one set of pictures under the present code."""
    return Journal(CACHE / "robustness" / f"{name}-{fingerprint()}.jsonl")


def payload_of(picture: corpus.Picture) -> int:
    """64 bits that look random and are the same in every run."""
    return int.from_bytes(hashlib.sha256(picture.id.encode()).digest()[:8], "big")


def key_of(picture: corpus.Picture) -> Key:
    """The picture's key."""
    return KEYS[hashlib.sha256(picture.id.encode()).digest()[8] % len(KEYS)]


def cpu_ms(call: Callable[[], object], times: int = 1) -> float:
    """Median CPU time of this process."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        call()
        spent.append((time.process_time() - start) * 1000)
    return statistics.median(spent)


def marking(picture: corpus.Picture, x: Pixels) -> tuple[Pixels, Marking]:
    """Mark a picture; time it, and look for a mark in the unmarked one."""
    payload, key = payload_of(picture), key_of(picture)
    marked = embed(x, payload, key)
    embed_ms = cpu_ms(lambda: embed(x, payload, key), 3)
    detect_ms = cpu_ms(lambda: detect(marked, [key], search="fast"), 3)
    start = time.process_time()
    absent = detect(x, [key])
    absent_ms = (time.process_time() - start) * 1000
    return marked, _marking("labelkit", picture, x, marked, embed_ms, detect_ms, absent_ms, absent is not None)


def _marking(
    method: str, picture: corpus.Picture, x: Pixels, marked: Pixels, embed_ms: float, detect_ms: float,
    absent_ms: float = 0.0, absent_found: bool = False,
) -> Marking:  # fmt: skip
    height, width = x.shape[:2]
    q = quality(x, marked)
    return Marking(method, picture.id, min(height, width), height * width / 1e6, embed_ms, detect_ms, absent_ms,
                   absent_found, q.psnr, q.ssim, q.ssimulacra2, q.flat_rms, q.flat_weave)  # fmt: skip


def trial(picture: corpus.Picture, marked: Pixels, attack: Attack) -> Trial:
    """Attack and detect: the fast path alone first, so that the search's own time is known."""
    payload, key, short = payload_of(picture), key_of(picture), min(marked.shape[:2])
    attacked = attack.run(marked, picture.id)
    start = time.process_time()
    found = detect(attacked, [key], search="fast")
    fast = found is not None
    if not fast:
        start = time.process_time()
        found = detect(attacked, [key])
    spent = (time.process_time() - start) * 1000
    read = "none" if found is None else "right" if found.payload == payload else "wrong"
    return Trial("labelkit", picture.id, attack.id, short, read, spent, fast, found.z if found else 0.0)


def peer_marking(peer: Peer, picture: corpus.Picture, x: Pixels) -> tuple[Pixels, Marking]:
    """The same for a peer."""
    payload = payload_of(picture)
    marked = peer.embed(x, payload)
    embed_ms = cpu_ms(lambda: peer.embed(x, payload), 1)
    detect_ms = cpu_ms(lambda: peer.extract(marked), 1)
    return marked, _marking(peer.name, picture, x, marked, embed_ms, detect_ms)


def peer_trial(peer: Peer, picture: corpus.Picture, marked: Pixels, attack: Attack) -> Trial:
    """A peer has no absent answer: whatever it reads that is not the payload is wrong."""
    attacked = attack.run(marked, picture.id)
    start = time.process_time()
    found = peer.extract(attacked)
    spent = (time.process_time() - start) * 1000
    wanted = payload_of(picture) & ((1 << peer.bits) - 1)
    read = "none" if found is None else "right" if found == wanted else "wrong"
    return Trial(peer.name, picture.id, attack.id, min(marked.shape[:2]), read, spent)
