"""A progress bar on a terminal, and nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from labelkit.cli.terminal import Terminal

#: Called with files done, files in all, and what came of the last one.
Tick: TypeAlias = Callable[[int, int, Any], None]


@contextmanager
def progress(terminal: Terminal) -> Iterator[Tick | None]:
    """A bar on standard error while the block runs; ``None`` when that is no terminal or nobody wants to see it."""
    if terminal.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Lines for people go above the bar when both share the terminal; a pipe must get them untouched.
    shared = sys.stdout.isatty()
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=shared)
    task = bar.add_task(terminal.voice.say("files"), total=None)
    with bar:
        yield lambda done, total, _: bar.update(task, completed=done, total=total)
