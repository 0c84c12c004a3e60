"""``labelkit config``."""

from __future__ import annotations

import click

from labelkit import config as settings
from labelkit.cli import options
from labelkit.cli.options import Session
from labelkit.cli.terminal import table


@options.command("config", "Show the settings that hold here, and where each comes from: default, file or variable.")
@click.argument("action", type=options.OneOf(("show",)), default="show")
@options.JSON
def command(session: Session, action: str, as_json: bool) -> int:
    """Print every setting."""
    loaded = settings.load_traced(session.config_file)
    keys = [(setting.key, settings.value_of(loaded.config, setting.key)) for setting in settings.settings()]
    if as_json:
        rows = {key: {"value": value, "from": loaded.origins[key]} for key, value in keys}
        file = str(loaded.file) if loaded.file else None
        session.terminal.json({"schema": "labelkit.config/1", "file": file, "settings": rows})
        return 0
    voice = session.terminal.voice
    session.terminal.say("settings file: {}", loaded.file or voice.say("none found here or above"))
    head = [voice.say(title) for title in ("setting", "value", "from")]
    for line in table([(key, _shown(value), loaded.origins[key]) for key, value in keys], head=head):
        session.terminal.line(line)
    return 0


def _shown(value: settings.Value) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value) or '""'
