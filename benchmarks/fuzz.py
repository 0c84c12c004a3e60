"""Mutation fuzzing of every parser: no crash, no hang over 2 s of CPU time, no growth over 64 MB.

    python benchmarks/fuzz.py [FILES] [SEED] [FORMAT or MEDIUM ...]

Seeds are small valid files of every container (or of the formats named), with labels in the main and in the wild
places; mutations flip bits, change lengths, cut, repeat and splice pieces of other files. Every file goes through read,
verify and label.
"""

from __future__ import annotations

import io
import random
import resource
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import labelkit
from labelkit.errors import LabelKitError, WriteError
from labelkit.formats import table
from tests import corpus
from tests.formats.audio import AudioContract
from tests.formats.documents import DocumentContract

LABEL = labelkit.AigcLabel.generated("001191000000MA0000007C10001", "FUZZ-1")
CONFIG = labelkit.Config(sync=False)
MAX_SECONDS = 2.0
MAX_GROWTH = 64 * 1024 * 1024
SEED_BYTES = 60_000
TESTS = Path(__file__).resolve().parent.parent / "tests" / "formats"


@dataclass(frozen=True, slots=True)
class Seed:
    """A small valid file, and the name without which its kind of text would not be told."""

    data: bytes
    name: str = ""


def seeds(formats: Sequence[str] = ()) -> list[Seed]:
    """Small files of these formats or media, by default all, each also in its labelled form."""
    plain = [Seed(p.read_bytes()) for p in corpus.pictures() if p.stat().st_size <= SEED_BYTES]
    for contract in contracts():
        ending = table.by_id(contract.format_id).extensions[0] if issubclass(contract, DocumentContract) else ""
        plain += [Seed(data, ending and f"a{ending}") for data in contract().samples().values() if data]
    if formats:
        plain = [seed for seed in plain if not set(_kinds(seed)).isdisjoint(formats)]
    return plain + [Seed(made, seed.name) for seed in plain if (made := _labelled(seed))]


def contracts() -> list[type[AudioContract] | type[DocumentContract]]:
    """The contract tests of sounds, films and documents, whose samples are the seeds."""
    modules = (import_module(f"tests.formats.{path.stem}") for path in sorted(TESTS.glob("test_*.py")))
    found = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    kinds = (k for k in found if issubclass(k, (AudioContract, DocumentContract)) and "format_id" in vars(k))
    return sorted(kinds, key=lambda kind: kind.__name__)


def _kinds(seed: Seed) -> tuple[str, ...]:
    """Format and medium."""
    try:
        row = table.find(seed.data, seed.name)
    except LabelKitError:
        return ()
    return row.id, row.media


def _labelled(seed: Seed) -> bytes | None:
    try:
        return labelkit.label(opened(seed.data, seed.name), LABEL, layers=["metadata"], config=CONFIG).data
    except LabelKitError:
        return None


def opened(data: bytes, name: str) -> io.BytesIO:
    """The bytes as a file object of this name."""
    file = io.BytesIO(data)
    file.name = name or "<bytes>"
    return file


def mutate(data: bytes, others: list[Seed], rng: random.Random) -> bytes:
    """One to six changes of one kind each."""
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        if not mutated:
            break
        at = rng.randrange(len(mutated))
        kind = rng.randrange(7)
        if kind == 0:
            mutated[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            mutated[at : at + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\1")
            )
        elif kind == 2:
            del mutated[at:]
        elif kind == 3:
            del mutated[at : at + rng.randint(1, 64)]
        elif kind == 4:
            mutated[at:at] = mutated[at : at + rng.randint(1, 256)] * rng.randint(1, 8)
        elif kind == 5:
            other = rng.choice(others).data
            start = rng.randrange(len(other))
            mutated[at:at] = other[start : start + rng.randint(1, 512)]
        else:
            mutated[at : at + rng.randint(1, 16)] = rng.randbytes(rng.randint(1, 16))
    return bytes(mutated)


def probe(data: bytes, name: str = "") -> str:
    """Read, verify and label one file; the class of the answer."""
    report = labelkit.verify(opened(data, name), look=["metadata", "traces"])
    try:
        labelkit.read(opened(data, name))
        labelkit.label(opened(data, name), LABEL, layers=["metadata"], config=CONFIG)
    except WriteError:
        raise  # what a handler wrote did not read back: a mistake of ours, not of the file
    except LabelKitError as error:
        return type(error).__name__
    return str(report.verdict)


def run(files: int, seed: int, formats: Sequence[str] = ()) -> int:
    """Fuzz and print a summary; the number of files that broke a promise."""
    rng, pool = random.Random(seed), seeds(formats)
    answers: Counter[str] = Counter()
    worst, failures = 0.0, 0
    tracemalloc.start()
    for number in range(files):
        seed_file = rng.choice(pool)
        data = mutate(seed_file.data, pool, rng)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        start = time.process_time()
        try:
            answers[probe(data, seed_file.name)] += 1
        except Exception as error:
            failures += 1
            keep = Path(f"fuzz-crash-{seed}-{number}.bin")
            keep.write_bytes(data)
            print(f"{keep}: {type(error).__name__}: {error}", file=sys.stderr)
        seconds = time.process_time() - start
        growth = tracemalloc.get_traced_memory()[1] - before
        worst = max(worst, seconds)
        if seconds > MAX_SECONDS or growth > MAX_GROWTH:
            failures += 1
            Path(f"fuzz-slow-{seed}-{number}.bin").write_bytes(data)
            print(f"file {number}: {seconds:.2f} s, {growth >> 20} MB", file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{files} files from {len(pool)} seeds (seed {seed}): {failures} failures, "
        f"slowest {worst:.2f} s, peak {peak} MB"
    )
    print(", ".join(f"{name} {count}" for name, count in answers.most_common()))
    return failures


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    wanted = [word for word in sys.argv[1:] if not word.isdigit()]
    files, seed = (numbers + [20_000, 1][len(numbers) :])[:2]
    sys.exit(bool(run(files, seed, wanted)))
