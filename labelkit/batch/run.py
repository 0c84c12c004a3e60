"""The two functions for many files: label them all, verify them all, and never stop for one."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from labelkit.batch.journal import Journal, journal_path
from labelkit.batch.plan import Item, Plan, PlanOptions, Sources, check_sources, folders_among
from labelkit.batch.pool import Step, Work, processors, run_here, run_spread
from labelkit.batch.steps import LabelFor, LabelSteps, Order
from labelkit.batch.work import Labelled, LabelTask, VerifyTask, VerifyWork, not_looked_at, unreadable
from labelkit.config import Config
from labelkit.errors import ConfigError, InputError, InvalidField, LabelKitError, WriteError
from labelkit.record import AigcLabel, Outcome, Report
from labelkit.sources import BACKUP_SUFFIX, write_error

#: Called after each file with files done, files in all, and the outcome or report, in the caller's thread.
Progress: TypeAlias = Callable[[int, int, Any], object]

T = TypeVar("T")
R = TypeVar("R")

# Results that may wait for a slower file before them, per worker; they are small unless they hold the file itself.
_WINDOW, _WINDOW_IN_MEMORY = 32, 4


def label_many(
    sources: Sources,
    out: str | os.PathLike[str] | None = None,
    *,
    producer: str | None = None,
    label_for: LabelFor | None = None,
    jobs: int = 0,
    layers: Sequence[str] | None = None,
    on_existing: str | None = None,
    config: Config | None = None,
    in_place: bool = False,
    backup: str = BACKUP_SUFFIX,
    recursive: bool = True,
    dry_run: bool = False,
    journal: str | os.PathLike[str] | bool | None = None,
    digest: bool = False,
    progress: Progress | None = None,
    keys: Any = None,
) -> Generator[Outcome, None, None]:
    """Label files and folders, one outcome each, in the order of the sources; run again to go on where it stopped.

    All sources are listed before the first file is labelled. A folder keeps its sub-folders below ``out``. What is met
    in a folder and is no media file, or is a symbolic link, is left out with a note. A file that cannot be labelled
    gives an outcome with ``error``; it never stops the others, and neither does a crash of the process that worked
    on it. What an earlier run finished is not done again as long as source, settings and result are unchanged.

    Args:
        sources: a path of a file or folder, or an iterable of such paths.
        out: output folder, made when only its last part is missing. None with ``in_place=False`` returns the labelled
            files in ``Outcome.data``.
        producer: 27-character provider code or name (default: ``config.producer``); every file gets a content id.
        label_for: called with each path in the caller's thread, returns the label to write there.
        jobs: worker processes; 1 works in this process, 0 takes ``config.jobs``, and one per processor if that is 0.
        layers, on_existing, config: as in :func:`labelkit.label`.
        in_place: replace the sources themselves, atomically.
        backup: suffix under which originals are kept when ``in_place``; ``""`` keeps none.
        recursive: whether sub-folders belong to a folder.
        dry_run: do everything except storing.
        journal: file that remembers what is done. None: ``.labelkit-journal.jsonl`` in ``out``, or for ``in_place`` in
            the one folder that is the source, otherwise none; False: none.
        digest: recognise unchanged sources by size and SHA-256 instead of size and time of the last change.
        progress: called after each file with files done, files in all and its outcome.
        keys: the watermark's keys, as in :func:`labelkit.label`.

    Returns:
        A generator; closing it stops the run, and files that are finished stay finished.

    Raises:
        LabelKitError: at once for wrong arguments, on the first step when the output folder or the journal cannot be
            used (:class:`~labelkit.errors.WriteError`).
    """
    from labelkit.api import marking, settings_for

    settings = settings_for(config, layers, on_existing)
    settings = replace(settings, producer=producer or settings.producer)
    folder = None if out is None else os.fsdecode(out)
    sources = check_sources(sources)
    _check_label(settings, label_for)
    _check_places(sources, folder, in_place=in_place)
    if journal and folder is None and not in_place:
        raise ConfigError("results in memory need no journal", place="journal", remedy="name an output folder")
    suffix = backup if in_place else ""
    order = Order(settings, folder, in_place, suffix, dry_run, label_for, digest, *marking(keys, settings, layers))
    home = _journal_home(sources, folder, in_place=in_place)
    outcomes = label_all(sources, order, _jobs(jobs, settings), journal_path(journal, home), recursive=recursive)
    return _told(outcomes, progress)


def verify_many(
    sources: Sources,
    *,
    look: Collection[str] | None = None,
    jobs: int = 0,
    config: Config | None = None,
    recursive: bool = True,
    progress: Progress | None = None,
    keys: Any = None,
) -> Generator[Report, None, None]:
    """Verify files and folders, one report each, in the order of the sources.

    A file that cannot be read is a finding in its report. What is met in a folder and is no media file, or is a
    symbolic link, has the verdict ``none`` with the reason in ``not_looked_at``.

    Args:
        sources: a path of a file or folder, or an iterable of such paths.
        look: as in :func:`labelkit.verify`.
        jobs, config, recursive, progress, keys: as in :func:`label_many`.

    Returns:
        A generator; closing it stops the run.

    Raises:
        LabelKitError: at once, for wrong arguments only.
    """
    from labelkit.api import check_look, chosen_keys

    settings = config or Config()
    secrets = chosen_keys(keys, settings) if "watermark" in check_look(look) else ()
    steps = VerifySteps(VerifyWork(look, settings, secrets))
    reports = verify_all(check_sources(sources), steps, _jobs(jobs, settings), recursive=recursive)
    return _told(reports, progress)


Counted: TypeAlias = "Generator[tuple[int, int, R], None, None]"


def label_all(
    sources: Sources,
    order: Order,
    jobs: int,
    journal: Path | None,
    *,
    recursive: bool = True,
    do: Callable[[LabelTask], Labelled] | None = None,
) -> Counted[Outcome]:
    """The run behind :func:`label_many`: number, total, outcome. ``do`` replaces the function that labels one file."""
    if order.out is not None and not order.dry_run:
        _make_folder(order.out)
    kept = Journal(journal, sync=order.config.sync, read_only=order.dry_run) if journal else None
    plan = None
    try:
        fold = order.out is not None and not order.dry_run and _folds_case(order.out)
        plan = Plan(sources, PlanOptions(order.out, recursive, order.backup, fold))
        in_memory = order.out is None and not order.in_place
        keep_open = [kept.lock_handle] if kept and kept.lock_handle is not None else []
        steps = LabelSteps(order, kept, do)
        run = _run(plan, steps.steps, steps, jobs, _WINDOW_IN_MEMORY if in_memory else _WINDOW, keep_open)
        for number, total, labelled in run:
            yield number, total, labelled.outcome
    finally:
        if plan:
            plan.close()
        if kept:
            kept.close()


class VerifySteps:
    """One step per item of a plan; see :class:`labelkit.batch.pool.Work`."""

    def __init__(self, do: Callable[[VerifyTask], Report]) -> None:
        self.do = do

    def steps(self, items: Iterable[Item]) -> Generator[Step[VerifyTask, Report], None, None]:
        """One step per item."""
        for item in items:
            yield self._step(item)

    def finish(self, task: VerifyTask, result: Report) -> None:
        """Nothing is remembered."""

    def fail(self, task: VerifyTask, error: LabelKitError) -> Report:
        """The report on a file whose task came to nothing."""
        return unreadable(task.source, error)

    def _step(self, item: Item) -> Step[VerifyTask, Report]:
        if item.problem:
            return Step(answer=unreadable(item.source, item.problem))
        if item.reason:
            return Step(answer=not_looked_at(item.source, item.reason))
        return Step(task=VerifyTask(item.source, item.named))


def verify_all(sources: Sources, steps: VerifySteps, jobs: int, *, recursive: bool = True) -> Counted[Report]:
    """The run behind :func:`verify_many`: number, total, report."""
    plan = Plan(sources, PlanOptions(recursive=recursive))
    try:
        yield from _run(plan, steps.steps, steps, jobs, _WINDOW, [])
    finally:
        plan.close()


def _run(
    plan: Plan,
    steps: Callable[[Iterable[Item]], Iterable[Step[T, R]]],
    work: Work[T, R],
    jobs: int,
    window: int,
    keep_open: Sequence[int],
) -> Counted[R]:
    total = len(plan)
    jobs = min(jobs, total)
    here = jobs <= 1
    answers = run_here(steps(plan), work) if here else run_spread(steps(plan), work, jobs, window * jobs, keep_open)
    number = 0
    try:
        for number, answer in enumerate(answers, 1):
            yield number, total, answer
    except KeyboardInterrupt:
        raise KeyboardInterrupt(stopped_message(number, total)) from None
    finally:
        answers.close()


def stopped_message(done: int, total: int) -> str:
    """What to tell somebody who interrupted a run."""
    return f"stopped after {done} of {total} files; what is finished stays, run the same command again to go on"


def _told(counted: Counted[R], progress: Progress | None) -> Generator[R, None, None]:
    try:
        for number, total, result in counted:
            if progress:
                progress(number, total, result)
            yield result
    finally:
        counted.close()


# --- arguments


def _check_label(config: Config, label_for: LabelFor | None) -> None:
    if label_for is not None:
        return
    if not config.producer:
        raise InvalidField(
            "no producer is named", place="ContentProducer", remedy="pass producer=, or set producer in labelkit.toml"
        )
    AigcLabel.generated(config.producer, "0", names=config.names)


def _check_places(sources: Sources, out: str | None, *, in_place: bool) -> None:
    """Refuse an output folder that cannot be meant.

    Raises:
        ConfigError: both ``out`` and ``in_place``.
        WriteError: ``out`` is a file, or more than its last part is missing.
        InputError: ``out`` is one of the source folders.
    """
    if out is None:
        return
    if in_place:
        raise ConfigError("in_place and out exclude each other", place="in_place", remedy="choose one")
    if not out:
        raise ConfigError("the output folder's name is empty", place="out", remedy="name a folder")
    parent = os.path.dirname(os.path.abspath(out))
    if not os.path.isdir(out) and (os.path.lexists(out) or not os.path.isdir(parent)):
        exists = os.path.lexists(out)
        raise WriteError(
            "the output folder is a file" if exists else f"there is no folder {parent} to make it in",
            file=out,
            remedy="name another folder" if exists else "make that folder first, or check the spelling",
        )
    for source in folders_among(sources):
        if os.path.isdir(out) and os.path.samefile(source, out):
            raise InputError(
                "the output folder is the source folder", file=out, remedy="name another folder, or ask for in-place"
            )


def _make_folder(out: str) -> None:
    try:
        if not os.path.isdir(out):
            os.mkdir(out)
    except OSError as error:
        raise write_error(Path(out), error) from error


def _journal_home(sources: Sources, out: str | None, *, in_place: bool) -> Path | None:
    if out is not None:
        return Path(out)
    folders = folders_among(sources)
    lone = isinstance(sources, Sequence) and len(sources) == 1 and len(folders) == 1
    return Path(folders[0]) if in_place and lone else None


def _jobs(jobs: int, config: Config) -> int:
    if jobs < 0:
        raise ConfigError(f"{jobs} jobs", place="jobs", remedy="give 1 or more, or 0 for one per processor")
    return jobs or config.jobs or processors()


def _folds_case(folder: str) -> bool:
    """Whether this folder takes ``a.png`` and ``A.png`` for one file, as those of memory cards and Macs do."""
    probe = os.path.join(folder, ".labelkit-probe.part")  # always the same: what a killed run leaves, the next removes
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        folds = os.path.exists(os.path.join(folder, os.path.basename(probe).upper()))
        os.unlink(probe)
    except OSError:
        return False
    return folds
