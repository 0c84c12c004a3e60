"""``labelkit keys``: make and list the secrets of invisible watermarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelkit.cli import options
from labelkit.cli.app import Exit
from labelkit.cli.options import Session
from labelkit.cli.terminal import table
from labelkit.errors import LabelKitError

if TYPE_CHECKING:
    from labelkit.watermark.keys import Key

_SCHEMA = "labelkit.keys/1"

command = options.group(
    "keys",
    "Make and list the keys of invisible watermarks.\n\n"
    "Whoever has a key file can read the marks made with it, and can make them. Without one, marks are made with the "
    "public key, which everybody has: such a mark is evidence, never proof.",
)


@options.command("new", "Make a new key file that only you can read. An existing file is never replaced; keep a copy.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@options.option("--name", metavar="NAME", default="", help="What you call the key; not secret.")
@options.JSON
def new(session: Session, file: Path, name: str, as_json: bool) -> int:
    """Make one."""
    from labelkit.watermark.keys import Key, save

    session.config()
    key = Key.new(name)
    save(key, file)
    if as_json:
        session.terminal.json({"schema": _SCHEMA, "keys": [_Listed(str(file), key).asdict()]})
    session.terminal.say("key {} written to {}; whoever has this file can read and make its marks", key.id, file)
    return Exit.OK


@options.command(
    "list",
    "Show the ids of key files, never their secrets.\n\n"
    "Without FILE: the public key, and the one that the settings name. Exit code 3 when a file is no key file.",
)
@click.argument("files", metavar="[FILE...]", nargs=-1, type=click.Path(path_type=Path))
@options.JSON
def listing(session: Session, files: tuple[Path, ...], as_json: bool) -> int:
    """List them; one bad file does not hide the others."""
    listed = [_read(path) for path in files] if files else _in_force(session.config().key)
    if as_json:
        session.terminal.json({"schema": _SCHEMA, "keys": [one.asdict() for one in listed]})
    else:
        _show(session, [one for one in listed if one.key])
    errors = [one.error for one in listed if one.error]
    for error in errors:
        session.terminal.error(error)
    return Exit.FAILED if errors else Exit.OK


@dataclass(frozen=True, slots=True)
class _Listed:
    """A key file (``""`` for the public key) with what is in it, or why that is not known."""

    file: str
    key: Key | None = None
    error: LabelKitError | None = None

    def asdict(self) -> dict[str, object]:
        """For JSON; the secret is not in it."""
        if self.key is None:
            return {"file": self.file, "error": self.error.asdict() if self.error else None}
        return {"file": self.file, "id": self.key.id, "name": self.key.name}


def _read(path: Path) -> _Listed:
    from labelkit.watermark.keys import load

    try:
        return _Listed(str(path), load(path))
    except LabelKitError as error:
        return _Listed(str(path), error=error)


def _in_force(configured: str) -> list[_Listed]:
    from labelkit.watermark.keys import PUBLIC_KEY

    return [_Listed("", PUBLIC_KEY), *([_read(Path(configured))] if configured else [])]


def _show(session: Session, listed: list[_Listed]) -> None:
    voice = session.terminal.voice
    head = [voice.say(title) for title in ("key", "name", "file")]
    rows = [(one.key.id, one.key.name or "-", one.file or "-") for one in listed if one.key]
    for line in table(rows, head=head) if rows else ():
        session.terminal.line(line)


command.add_command(new)
command.add_command(listing)
