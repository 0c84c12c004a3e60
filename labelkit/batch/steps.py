"""From the items of a plan to the steps of a labelling run, with the journal kept on the way."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from labelkit.batch.entry import Entry, Stamp, State
from labelkit.batch.journal import Journal
from labelkit.batch.plan import Item
from labelkit.batch.pool import Step
from labelkit.batch.work import Labelled, LabelTask, LabelWork, failed, guarded, left_out, not_media
from labelkit.config import Config
from labelkit.errors import InputError, LabelKitError, WriteError
from labelkit.record import AigcLabel, Note, Outcome
from labelkit.report.model import DONE_BEFORE
from labelkit.sources import open_source, temporary_prefix

if TYPE_CHECKING:
    from labelkit.watermark.keys import Key

#: Files whose ids are written to the journal at once; the disk is waited for once for all of them.
CHUNK = 64
# Settings that do not change what a labelled file looks like. The producer counts as part of the label.
_IRRELEVANT = ("producer", "propagator", "format", "key", "quality", "language", "jobs", "sync")

#: Makes the label for a path.
LabelFor: TypeAlias = Callable[[str], AigcLabel]
LabelStep: TypeAlias = Step[LabelTask, Labelled]


@dataclass(frozen=True, slots=True)
class Order:
    """What a labelling run is to do, checked.

    Attributes:
        config: settings, layers, policy and producer included.
        out: the output folder; ``None`` keeps results in memory, or replaces sources in place.
        in_place, backup, dry_run: as in :func:`labelkit.label`.
        label_for: makes the label of each file; ``None``: a new one of ``config.producer``.
        digest: recognise sources by SHA-256 instead of by the time of their last change.
        keys, strict: the watermark's keys, and whether it was asked for by name.
    """

    config: Config
    out: str | None = None
    in_place: bool = False
    backup: str = ""
    dry_run: bool = False
    label_for: LabelFor | None = None
    digest: bool = False
    keys: tuple[Key, ...] = ()
    strict: bool = False

    def work(self) -> LabelWork:
        """The function that labels one file."""
        return LabelWork(self.config, self.in_place, self.backup, self.dry_run, self.digest, self.keys, self.strict)

    def label(self, source: str) -> AigcLabel:
        """The label for a source, under a number of its own.

        Raises:
            LabelKitError: the caller's ``label_for`` failed, or what it made may not be written.
        """
        if self.label_for is None:
            return AigcLabel.generated(self.config.producer, names=self.config.names)
        try:
            made = self.label_for(source)
        except LabelKitError:
            raise
        except Exception as error:
            raise LabelKitError(f"label_for failed: {type(error).__name__}: {error}", remedy="correct it") from error
        if not isinstance(made, AigcLabel):
            raise InputError(f"label_for gave a {type(made).__name__}", remedy="let it return an AigcLabel")
        return made.check(names=self.config.names)

    def settings(self, label: AigcLabel) -> str:
        """16 hexadecimal digits that change with all that decides what a file labelled so, ids aside, looks like."""
        return _digest_of(self, label)


class LabelSteps:
    """Decides what becomes of each item, and remembers what was done; see :class:`labelkit.batch.pool.Work`."""

    def __init__(
        self, order: Order, journal: Journal | None, do: Callable[[LabelTask], Labelled] | None = None
    ) -> None:
        self.do = do or order.work()
        self._order, self._journal = order, journal
        self._settings = lru_cache(maxsize=64)(order.settings)
        self._scraps: dict[str, list[str]] = {}

    def steps(self, items: Iterable[Item]) -> Iterator[LabelStep]:
        """One step per item. Content ids are in the journal before a task is handed out."""
        rest = iter(items)
        while chunk := [self._safe_step(item) for item in islice(rest, CHUNK)]:
            yield from self._begun(chunk)

    def finish(self, task: LabelTask, result: Labelled) -> None:
        """Note a finished file."""
        outcome = result.outcome
        if self._journal is None or task.entry is None or not outcome.ok or outcome.label is None:
            return
        path = os.path.abspath(outcome.path or task.source)
        self._journal.done(
            replace(
                task.entry,
                state=State.DONE,
                label=outcome.label,
                result=Stamp.of(path),
                target=path,
                format=outcome.format,
                sha256=result.sha256,
            )
        )

    def fail(self, task: LabelTask, error: LabelKitError) -> Labelled:
        """The result of a task that came to nothing."""
        return failed(task.source, error)

    def _safe_step(self, item: Item) -> LabelStep:
        return guarded(item.source, lambda: self._step(item), lambda error: Step(answer=failed(item.source, error)))

    def _step(self, item: Item) -> LabelStep:
        if item.problem:
            raise item.problem
        reason = item.reason
        if item.clash and not reason and not item.named:
            reason = not_media(item.source)
        if reason:
            return Step(answer=Labelled(left_out(item.source, reason)))
        if item.clash:
            raise InputError(
                f"it would get the same output name as {item.clash}: {item.relative}",
                remedy="label them in separate runs with different output folders, or rename one; neither was written",
            )
        return self._decided(item, os.path.join(self._order.out, item.relative) if self._order.out else "")

    def _decided(self, item: Item, target: str) -> LabelStep:
        label = self._order.label(item.source)
        task = LabelTask(item.source, target, item.named, label, own=self._order.label_for is None)
        stamp = Stamp.of(item.source) if self._journal else None
        if self._journal is None or stamp is None:
            return Step(task=task)
        source = os.path.abspath(item.source)
        settings = self._settings(replace(label, produce_id="", propagate_id=""))
        past = self._journal.find(source)
        if past and past.settings == settings:
            if self._is_done(past, stamp, target):
                return Step(answer=Labelled(_done_before(item, past, target)))
            if task.own and past.stamp == stamp and past.label.content_producer == label.content_producer:
                label = past.label
        if past and past.state is State.BEGIN:
            self._clear_scraps(target or os.path.realpath(source))
        return Step(task=replace(task, label=label, entry=Entry(State.BEGIN, source, stamp, settings, label)))

    def _is_done(self, past: Entry, stamp: Stamp, target: str) -> bool:
        if past.state is not State.DONE or past.result is None:
            return False
        if self._order.in_place:
            return past.result == stamp
        written = Stamp.of(target)
        same_result = (
            written is not None and written.size == past.result.size and past.target == os.path.abspath(target)
        )
        return same_result and self._is_same_source(past, stamp)

    def _is_same_source(self, past: Entry, stamp: Stamp) -> bool:
        if not self._order.digest or not past.sha256:
            return past.stamp == stamp
        return past.stamp.size == stamp.size and _sha256(past.source) == past.sha256

    def _begun(self, steps: list[LabelStep]) -> list[LabelStep]:
        """The same steps once the journal has them; failures when it cannot take them."""
        if self._journal is None:
            return steps
        try:
            self._journal.begin(step.task.entry for step in steps if step.task and step.task.entry)
        except WriteError as error:
            return [Step(answer=failed(s.task.source, error)) if s.task else s for s in steps]
        return steps

    def _clear_scraps(self, target: str) -> None:
        """Remove temporary files that a killed run left beside a file it was working on."""
        if self._order.dry_run:
            return
        folder = os.path.dirname(target)
        if folder not in self._scraps:
            with suppress(OSError):
                self._scraps[folder] = [n for n in os.listdir(folder) if n.startswith(".") and n.endswith(".part")]
        prefixes = tuple(temporary_prefix(Path(target + suffix)) for suffix in ("", self._order.backup))
        for name in self._scraps.get(folder, ()):
            if name.startswith(prefixes):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))


def _done_before(item: Item, past: Entry, target: str) -> Outcome:
    path = Path(target or (past.target if os.path.islink(item.source) else item.source))
    return Outcome(item.source, path, label=past.label, format=past.format, skipped=(Note("file", DONE_BEFORE),))


def _digest_of(order: Order, label: AigcLabel) -> str:
    config = {key: value for key, value in asdict(order.config).items() if key not in _IRRELEVANT}
    drawn = [(path, Stamp.of(path)) for path in (order.config.explicit.font, order.config.explicit.logo) if path]
    keys = [key.id for key in order.keys[:1]]
    look = json.dumps([config, [str(d) for d in drawn], label.fields(), order.in_place, keys], sort_keys=True)
    return hashlib.sha256(look.encode()).hexdigest()[:16]


def _sha256(path: str) -> str:
    try:
        return hashlib.sha256(open_source(path).data).hexdigest()
    except LabelKitError:
        return ""
