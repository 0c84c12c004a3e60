"""``labelkit keys``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelkit.cli import options
from labelkit.cli.options import Session, Speaking, usage
from labelkit.cli.terminal import table

if TYPE_CHECKING:
    from labelkit.watermark.keys import Key

_HELP = "Make and list the keys of invisible watermarks. Who has a key file can read its marks, and can make them."


@click.group("keys", cls=type("KeyCommands", (Speaking, click.Group), {}), help=_HELP)
def command() -> None:
    """The two commands below."""


@options.command("new", "Make a new key file, readable by you only. An existing file is never replaced; keep a copy.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@options.option("--name", metavar="NAME", default="", help="What you call it; not secret.")
@options.JSON
def new(session: Session, file: Path, name: str, as_json: bool) -> int:
    """Make one."""
    from labelkit.watermark.keys import Key, save

    key = Key.new(name)
    save(key, file)
    if as_json:
        session.terminal.json({"schema": "labelkit.keys/1", "keys": [_row(str(file), key)]})
    else:
        session.terminal.say("key {} written to {}", key.id, file)
    return 0


@options.command("list", "Show the ids of key files, never their secrets.")
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@options.JSON
def listing(session: Session, files: tuple[Path, ...], as_json: bool) -> int:
    """List them; without files, the public key and the configured one."""
    from labelkit.watermark.keys import PUBLIC_KEY, load

    configured = session.config().key
    paths = [*files] or ([Path(configured)] if configured else [])
    if any(path.is_dir() for path in paths):
        raise usage("a folder is no key file", "FILE", "name the files")
    keys = [("", PUBLIC_KEY), *((str(path), load(path)) for path in paths)]
    if as_json:
        session.terminal.json({"schema": "labelkit.keys/1", "keys": [_row(file, key) for file, key in keys]})
        return 0
    voice = session.terminal.voice
    head = [voice.say(title) for title in ("id", "name", "file")]
    for line in table([(key.id, key.name, file or "-") for file, key in keys], head=head):
        session.terminal.line(line)
    return 0


def _row(file: str, key: Key) -> dict[str, str]:
    return {"id": key.id, "name": key.name, "file": file}


command.add_command(new)
command.add_command(listing)
