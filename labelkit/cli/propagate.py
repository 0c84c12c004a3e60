"""``labelkit propagate``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from labelkit.cli import options
from labelkit.cli.options import Session, usage
from labelkit.cli.outcomes import show_outcomes
from labelkit.cli.places import Places, places
from labelkit.config import Config
from labelkit.errors import LabelKitError
from labelkit.record import AigcLabel, Outcome


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
    "detected. SRC is a file or - for standard input.",
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
    outcomes = (_passed_on(replace(place, sources=(source,)), request) for source in _files(place))
    return show_outcomes(session.terminal, outcomes, as_json=as_json, several=not place.single)


def _files(place: Places) -> Iterator[Path]:
    yield from place.sources


def _passed_on(place: Places, request: _Request) -> Outcome:
    from labelkit.api import propagate

    try:
        done = propagate(
            place.source,
            request.propagator,
            place.target,
            propagate_id=request.propagate_id,
            attribute=request.attribute,
            in_place=place.in_place,
            backup=place.backup,
            dry_run=request.dry_run,
            config=request.config,
        )
    except LabelKitError as error:
        return Outcome(place.name, error=error)
    if place.to_stdout and done.data is not None:
        sys.stdout.buffer.write(done.data)
    return done
