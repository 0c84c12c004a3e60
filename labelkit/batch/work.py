"""What is done with one file of a run, in whatever process: never an exception, always an answer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from labelkit.batch.entry import Entry
from labelkit.config import Config
from labelkit.errors import LabelKitError, LimitExceeded, UnknownFormat
from labelkit.record import KEYS, AigcLabel, Note, Outcome, Report, Verdict
from labelkit.sources import open_source, write_error

if TYPE_CHECKING:
    from labelkit.watermark.keys import Key

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LabelTask:
    """One file to label.

    Attributes:
        source: its path.
        target: where the result goes; ``""`` keeps it in memory, or replaces the source in place.
        named: whether the caller named this very file.
        label: what to write.
        own: whether the label's number was made up for this run, so that a sound label of the same provider stays.
        entry: the line the journal has about it, when there is a journal.
    """

    source: str
    target: str
    named: bool
    label: AigcLabel
    own: bool
    entry: Entry | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """What a worker needs to know; the journal's line stays with the process that keeps the journal."""
        return _task, (self.source, self.target, self.named, self.own, tuple(getattr(self.label, key) for key in KEYS))


def _task(source: str, target: str, named: bool, own: bool, label: tuple[str, ...]) -> LabelTask:
    return LabelTask(source, target, named, AigcLabel(*label), own)


@dataclass(frozen=True, slots=True)
class Labelled:
    """The outcome for one file, and what the journal needs beside it."""

    outcome: Outcome
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class LabelWork:
    """Labels one file after another.

    Attributes:
        config: settings, layers and policy included.
        in_place, backup, dry_run: as in :func:`labelkit.label`.
        digest: also give the SHA-256 of the source.
        keys, strict: the watermark's keys, and whether it was asked for by name.
    """

    config: Config
    in_place: bool = False
    backup: str = ""
    dry_run: bool = False
    digest: bool = False
    keys: tuple[Key, ...] = ()
    strict: bool = False

    def __call__(self, task: LabelTask) -> Labelled:
        """Label one file."""
        return guarded(task.source, lambda: self._label(task), lambda error: failed(task.source, error))

    def _label(self, task: LabelTask) -> Labelled:
        from labelkit import api, delivery, labelling

        if reason := "" if task.named else not_media(task.source):
            return Labelled(left_out(task.source, reason))
        # Replacing a link would leave what it leads to, the file that was meant, without a label.
        path = os.path.realpath(task.source) if self.in_place and os.path.islink(task.source) else task.source
        opened = open_source(path)
        digest = hashlib.sha256(opened.data).hexdigest() if self.digest else ""
        job = labelling.open_job(opened, task.label, self.config, own=task.own, keys=self.keys, strict=self.strict)
        if task.target and not self.dry_run:
            make_folder_of(task.target)
        goal = delivery.target_for(
            task.target or None, opened, job.row, in_place=self.in_place, backup=self.backup if self.in_place else ""
        )
        result = labelling.run(job)
        outcome = api.finish(task.source, result, goal, self.config, dry_run=self.dry_run, like=opened.path)
        return Labelled(outcome, digest)


def failed(source: str, error: LabelKitError) -> Labelled:
    """The answer for a file that could not be labelled."""
    return Labelled(Outcome(source, error=error.at(source)))


def left_out(source: str, reason: str) -> Outcome:
    """The outcome of a file that was left alone on purpose."""
    return Outcome(source, skipped=(Note("file", reason),))


@dataclass(frozen=True, slots=True)
class VerifyTask:
    """One file to verify, and whether the caller named this very file."""

    source: str
    named: bool


@dataclass(frozen=True, slots=True)
class VerifyWork:
    """Verifies one file after another; ``look``, ``config`` and ``keys`` as in :func:`labelkit.verify`."""

    look: Collection[str] | None
    config: Config
    keys: tuple[Key, ...] = ()

    def __call__(self, task: VerifyTask) -> Report:
        """Verify one file."""
        return guarded(task.source, lambda: self._verify(task), lambda error: unreadable(task.source, error))

    def _verify(self, task: VerifyTask) -> Report:
        from labelkit import api

        if reason := "" if task.named else not_media(task.source):
            return not_looked_at(task.source, reason)
        return api.verify(task.source, look=self.look, config=self.config, keys=self.keys or None)


def not_looked_at(source: str, reason: str) -> Report:
    """The report on a file that was left alone on purpose."""
    return Report(source, Verdict.NONE, None, not_looked_at=(f"file: {reason}",))


def unreadable(source: str, error: LabelKitError) -> Report:
    """The report on a file of which nothing could be read."""
    from labelkit.verification import unreadable as report_on

    return report_on(source, error)


def guarded(source: str, work: Callable[[], R], answer: Callable[[LabelKitError], R]) -> R:
    """The result of ``work``, or ``answer`` to whatever it raised; one bad file never stops a run."""
    try:
        return work()
    except LabelKitError as error:
        return answer(error)
    except MemoryError:
        return answer(LimitExceeded("the file does not fit in memory", remedy="use fewer jobs, or a larger machine"))
    except Exception as error:
        return answer(unexpected(error))


def unexpected(error: BaseException) -> LabelKitError:
    """An error that is a mistake in the code rather than in the file."""
    return LabelKitError(
        f"unexpected {type(error).__name__}: {error}", remedy="please report this file; the original is untouched"
    )


def not_media(path: str) -> str:
    """Why a file met in a folder is none of ours, or ``""``.

    Names with an ending we know are always ours: a broken ``.jpg`` is an error, a ``.txt`` is no picture. Plain text
    and source code, which folders are full of, have to be named, or to carry a label.
    """
    from labelkit.formats import table

    ending = os.path.splitext(path)[1].lower()
    if any(row.walked and ending in row.extensions for row in table.FORMATS) or ending in _endings():
        return ""
    try:
        with open(path, "rb") as file:
            head = file.read(table.HEAD_BYTES)
        row = table.find(head, path)
        labelled = row.container.score(head) or (row.container.beside and os.path.exists(f"{path}.aigc.json"))
        if not row.walked and not labelled:
            return f"not a media file: {row.container.name} is labelled when it is named"
    except UnknownFormat as error:
        return f"not a media file: {error.message}"
    except OSError:
        return ""  # the ordinary way of opening it explains that better
    return ""


@cache
def _endings() -> frozenset[str]:
    from labelkit.formats import table

    return frozenset(ending for row in table.formats() if row.walked for ending in row.extensions)


def make_folder_of(target: str) -> None:
    """Make the folder of a result.

    Raises:
        WriteError: it cannot be made.
    """
    folder = os.path.dirname(target)
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise write_error(Path(folder), error) from error
