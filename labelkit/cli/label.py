"""``labelkit label``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelkit.cli import options
from labelkit.cli.options import CHOICES, Session, usage
from labelkit.cli.outcomes import show_outcomes
from labelkit.cli.places import Places, folder_for, places
from labelkit.cli.progress import Tick, progress
from labelkit.config import Config, from_mapping
from labelkit.record import Layer, Outcome


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for, apart from the settings."""

    places: Places
    content_id: str | None
    dry_run: bool


@options.command(
    "label",
    "Put labels on pictures and sounds: labels that people see or hear, and metadata that machines read "
    "(GB 45438-2025).\n\n"
    "SRC is a file, a folder, or - for standard input. A folder is labelled into --out with its sub-folders; what is "
    "done already is not done again.",
)
@options.SOURCES
@options.OUT
@options.option("--producer", metavar="CODE", help="Your 27-character provider code, or your name.")
@options.option(
    "--content-id", metavar="ID", help="Your unique number for this content (one file only; default: a new one)."
)
@options.option("--layers", type=options.SomeOf(CHOICES["layers"]), help="What to write.")
@options.option(
    "--on-existing", type=options.OneOf(CHOICES["on_existing"]), help="What to do with a file that has a label."
)
@options.option("--text", metavar="WORDS", help="Words of the visible label; both elements are needed.")
@options.option("--style", type=options.OneOf(CHOICES["explicit.style"]), help="Look of the visible label.")
@options.option("--position", type=options.OneOf(CHOICES["explicit.position"]), help="Where the visible label stands.")
@options.option(
    "--height", metavar="SHARE", type=options.Height(), help="Height of the words, 5% to 50% of the shortest side."
)
@options.option("--font", metavar="FILE", help="TrueType or OpenType font of the visible label.")
@options.option("--logo", metavar="FILE", help="Picture drawn before the words, never instead of them.")
@options.option("--audible", type=options.OneOf(CHOICES["audible.style"]), help="Kind of the audible label of sounds.")
@options.option(
    "--audible-position", type=options.OneOf(CHOICES["audible.position"]), help="Where the audible label is heard."
)
@options.option(
    "--audible-language", type=options.OneOf(CHOICES["audible.language"]), help="Language of a spoken label."
)
@options.option("--key", metavar="FILE", help="Key file of the watermark (default: the public key).")
@options.JOBS
@options.IN_PLACE
@options.BACKUP
@options.DRY_RUN
@options.JSON
def command(
    session: Session,
    sources: tuple[Path, ...],
    out: Path | None,
    content_id: str | None,
    in_place: bool,
    backup: str | None,
    dry_run: bool,
    as_json: bool,
    **wishes: Any,
) -> int:
    """Label and show what was done."""
    config = _configured(session, wishes)
    request = Request(places(sources, out, in_place=in_place, backup=backup), content_id, dry_run)
    if content_id is not None and not request.places.single:
        raise usage("a content id belongs to one content", "--content-id", "leave it out for several files")
    if as_json and request.places.to_stdout:
        raise usage("standard output cannot hold both the file and the JSON", "--json", "name a file with --out")
    _check_label(config, content_id)
    with progress(session.terminal) as tick:
        outcomes = _one(request, config) if request.places.single else _many(request, config, tick)
        return show_outcomes(session.terminal, outcomes, as_json=as_json, several=not request.places.single)


#: Options of the labels people perceive, and the settings they are.
_SETTINGS = {name: f"explicit.{name}" for name in ("text", "style", "position", "height", "font", "logo")} | {
    "audible": "audible.style",
    "audible_position": "audible.position",
    "audible_language": "audible.language",
}


def _configured(session: Session, wishes: dict[str, Any]) -> Config:
    given = {_SETTINGS.get(key, key): value for key, value in wishes.items() if value is not None}
    return from_mapping(given, file="", base=session.config())


def _check_label(config: Config, content_id: str | None) -> None:
    """Refuse before the first file what would be refused for every file."""
    from labelkit.api import chosen_keys
    from labelkit.record import AigcLabel
    from labelkit.wording import check

    if not config.producer:
        raise usage("no producer is named", "--producer", "give --producer, or set producer in labelkit.toml")
    AigcLabel.generated(config.producer, content_id, names=config.names)
    if Layer.WATERMARK in config.layers:
        chosen_keys(None, config)
    if Layer.EXPLICIT in config.layers:
        check(config.explicit.text, required=config.explicit.require_elements)


def _one(request: Request, config: Config) -> Iterator[Outcome]:
    from labelkit.api import label
    from labelkit.errors import LabelKitError

    place = request.places
    try:
        with folder_for(place.target, dry_run=request.dry_run):
            done = label(
                place.source,
                out=place.target,
                content_id=request.content_id,
                config=config,
                in_place=place.in_place,
                backup=place.backup,
                dry_run=request.dry_run,
            )
    except LabelKitError as error:
        done = Outcome(place.name, error=error)
    if place.to_stdout and done.data is not None:
        sys.stdout.buffer.write(done.data)
    yield done


def _many(request: Request, config: Config, tick: Tick | None) -> Iterator[Outcome]:
    from labelkit.batch import label_many

    place = request.places
    return label_many(
        place.sources,
        place.out,
        config=config,
        in_place=place.in_place,
        backup=place.backup,
        dry_run=request.dry_run,
        progress=tick,
    )
