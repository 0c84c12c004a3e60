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
    """Medians over alternating runs, in milliseconds, and the median of the pairwise ratios."""

    ours_ms: float
    peer_ms: float
    ratio: float


def compare(
    ours: Callable[[], object],
    peer: Callable[[], object],
    rounds: int = 15,
    timer: Callable[[], float] = time.perf_counter,
) -> Timing:
    """Time two calls in turn, ours and peer in alternating order, after one warm-up of each.

    Args:
        ours, peer: what to time.
        rounds: how many pairs.
        timer: gives seconds; ``time.process_time`` where all the work is done in this process, since other programs on
            the machine change that less than the time on the wall.
    """
    ours(), peer()
    pairs: list[tuple[float, float]] = []
    gc.disable()
    for number in range(rounds):
        if number % 2:
            a = clock(ours, timer)
            b = clock(peer, timer)
        else:
            b = clock(peer, timer)
            a = clock(ours, timer)
        pairs.append((a, b))
    gc.enable()
    return Timing(
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def clock(call: Callable[[], object], timer: Callable[[], float] = time.perf_counter) -> float:
    """Milliseconds of one call, on the wall unless another timer is given."""
    start = timer()
    call()
    return (timer() - start) * 1000


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
