"""Functions that worker processes of the tests run; importable there because sys.path is passed on."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from labelkit.batch.work import Labelled, LabelTask
from labelkit.record import Outcome, Report, Verdict
from labelkit.sources import store

PRODUCER = "001191000000MA0000007C10001"


def note(log: str, text: str) -> None:
    """One line in a log that several processes append to."""
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{text}\n".encode(errors="surrogateescape"))
    os.close(handle)


@dataclass(frozen=True)
class Slow:
    """Writes the content id into the target, slowly, and keeps a log."""

    log: str
    seconds: float
    run: int = 1
    hold: float = 0.0

    def __call__(self, task: LabelTask) -> Labelled:
        name = os.path.basename(task.source)
        note(self.log, f"start {self.run} {name}")
        time.sleep(self.seconds)
        os.makedirs(os.path.dirname(task.target), exist_ok=True)
        store(Path(task.target), [task.label.produce_id.encode()], check=lambda path: time.sleep(self.hold))
        note(self.log, f"end {self.run} {name}")
        return Labelled(Outcome(task.source, Path(task.target), label=task.label, format="png"))


@dataclass(frozen=True)
class Deadly:
    """Dies on files whose names say how."""

    log: str

    def __call__(self, task: LabelTask) -> Labelled:
        name = os.path.basename(task.source)
        note(self.log, name)
        if name.startswith("exit"):
            os._exit(3)
        if name.startswith("segfault"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if name.startswith("killed"):
            os.kill(os.getpid(), signal.SIGKILL)
        if name.startswith("once") and not os.path.exists(f"{self.log}.once"):
            Path(f"{self.log}.once").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if name.startswith("raise"):
            raise RuntimeError("an error nobody foresaw")
        return Labelled(Outcome(task.source, label=task.label))


def instant(task: LabelTask) -> Labelled:
    """Does nothing at all."""
    return Labelled(Outcome(task.source, label=task.label))


def report(task: object) -> Report:
    """Dies, as a decoder with a bug would."""
    if "deadly" in task.source:  # type: ignore[attr-defined]
        os._exit(1)
    return Report(task.source, Verdict.NONE, False, "png")  # type: ignore[attr-defined]


def echo(task: object) -> object:
    """The task itself."""
    if isinstance(task, BaseException):
        raise task
    return task


class CannotTravelError(Exception):
    """An error that pickles and does not unpickle."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def raise_untravelled(task: object) -> object:
    raise CannotTravelError("one", "two")


def unpicklable_answer(task: object) -> object:
    return lambda: task
