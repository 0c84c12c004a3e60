"""``labelkit propagate``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelkit.cli import options
from labelkit.cli.options import Session, usage
from labelkit.cli.outcomes import show_outcomes
from labelkit.cli.places import Places, folder_for, places
from labelkit.cli.progress import Tick, progress
from labelkit.config import Config
from labelkit.errors import LabelKitError
from labelkit.record import AigcLabel, Outcome

if TYPE_CHECKING:
    from labelkit.batch.work import Labelled, LabelTask


@dataclass(frozen=True, slots=True)
class _Request:
    propagator: str
    propagate_id: str | None
    attribute: str | None
    dry_run: bool
    config: Config


@options.command(
    "propagate",
    "Add your half, as the platform that spreads a file, to the label in it; the producer's half stays "
    "(标识办法 art. 6, GB 45438-2025 Annex E g to i).\n\n"
    "A file without a label needs --attribute: 2 when the user declared it to be generated, 3 when it was only "
    "detected. SRC is a file, a folder, or - for standard input.",
)
@options.SOURCES
@options.OUT
@options.option("--propagator", metavar="CODE", help="Your 27-character provider code, or your name.")
@options.option(
    "--propagate-id", metavar="ID", help="Your unique number for this content (one file only; default: a new one)."
)
@options.option(
    "--attribute", type=options.OneOf(("2", "3")), help="For files without a label: 2 declared by the user, 3 detected."
)
@options.IN_PLACE
@options.BACKUP
@options.DRY_RUN
@options.JSON
def command(
    session: Session,
    sources: tuple[Path, ...],
    out: Path | None,
    propagator: str | None,
    propagate_id: str | None,
    attribute: str | None,
    in_place: bool,
    backup: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Pass labels on and show what was done."""
    config = session.config()
    name = propagator or config.propagator
    place = places(sources, out, in_place=in_place, backup=backup)
    if not name:
        raise usage("no propagator is named", "--propagator", "give --propagator, or set propagator in labelkit.toml")
    if propagate_id is not None and not place.single:
        raise usage("a content id belongs to one content", "--propagate-id", "leave it out for several files")
    if as_json and place.to_stdout:
        raise usage("standard output cannot hold both the file and the JSON", "--json", "name a file with --out")
    AigcLabel.generated(name, propagate_id, names=config.names)
    request = _Request(name, propagate_id, attribute, dry_run, config)
    with progress(session.terminal) as tick:
        outcomes = iter([_one(place, request)]) if place.single else _many(place, request, tick)
        return show_outcomes(session.terminal, outcomes, as_json=as_json, several=not place.single)


def _many(place: Places, request: _Request, tick: Tick | None) -> Iterator[Outcome]:
    """Every file of a run; no journal is kept, because a label is passed on under a new number each time."""
    from labelkit.batch.pool import processors
    from labelkit.batch.run import label_all
    from labelkit.batch.steps import Order

    config = replace(request.config, producer=request.propagator)
    order = Order(config, str(place.out) if place.out else None, place.in_place, place.backup, request.dry_run)
    work = PropagateWork(place, request)
    for done, total, outcome in label_all(
        [str(s) for s in place.sources], order, config.jobs or processors(), None, do=work
    ):
        if tick:
            tick(done, total, outcome)
        yield outcome


@dataclass(frozen=True, slots=True)
class PropagateWork:
    """Passes on the label of one file after another, in whatever process."""

    place: Places
    request: _Request

    def __call__(self, task: LabelTask) -> Labelled:
        """Pass on one file's label."""
        from labelkit.batch.work import Labelled, guarded, left_out, not_media

        if reason := "" if task.named else not_media(task.source):
            return Labelled(left_out(task.source, reason))
        return guarded(
            task.source, lambda: Labelled(self._done(task)), lambda e: Labelled(Outcome(task.source, error=e))
        )

    def _done(self, task: LabelTask) -> Outcome:
        from labelkit.batch.work import make_folder_of

        if task.target and not self.request.dry_run:
            make_folder_of(task.target)
        source = os.path.realpath(task.source) if self.place.in_place and os.path.islink(task.source) else task.source
        return _passed_on(source, task.target or None, self.place, self.request)


def _passed_on(source: Any, target: Any, place: Places, request: _Request) -> Outcome:
    from labelkit.api import propagate

    return propagate(
        source,
        request.propagator,
        target,
        propagate_id=request.propagate_id,
        attribute=request.attribute,
        in_place=place.in_place,
        backup=place.backup,
        dry_run=request.dry_run,
        config=request.config,
    )


def _one(place: Places, request: _Request) -> Outcome:
    try:
        with folder_for(place.target, dry_run=request.dry_run):
            done = _passed_on(place.source, place.target, place, request)
    except LabelKitError as error:
        return Outcome(place.name, error=error)
    if place.to_stdout and done.data is not None:
        sys.stdout.buffer.write(done.data)
    return done
