"""Shared by all benchmarks: paired timing and Markdown tables."""

from __future__ import annotations

import gc
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

TABLES = Path(__file__).resolve().parent.parent / "docs" / "tables"


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians over alternating runs, in milliseconds of wall time, and the median of the pairwise ratios."""

    ours_ms: float
    peer_ms: float
    ratio: float


def compare(ours: Callable[[], object], peer: Callable[[], object], rounds: int = 15) -> Timing:
    """Time two calls in turn, ours and peer in alternating order, after one warm-up of each."""
    ours(), peer()
    pairs: list[tuple[float, float]] = []
    gc.disable()
    for number in range(rounds):
        if number % 2:
            a = clock(ours)
            b = clock(peer)
        else:
            b = clock(peer)
            a = clock(ours)
        pairs.append((a, b))
    gc.enable()
    return Timing(
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def clock(call: Callable[[], object]) -> float:
    """Wall milliseconds of one call."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def write(name: str, title: str, header: Sequence[str], rows: Sequence[Sequence[object]], note: str = "") -> None:
    """Print a Markdown table and store it as docs/tables/NAME.md."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    text = f"# {title}\n\n{note}\n\n" + "\n".join(lines) + "\n"
    text += (
        f"\nMeasured with `python benchmarks/{name}.py` on Python {platform.python_version()}, {platform.machine()}.\n"
    )
    TABLES.mkdir(parents=True, exist_ok=True)
    (TABLES / f"{name}.md").write_text(text, "utf-8")
    print(text)
