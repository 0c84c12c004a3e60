"""``labelkit formats``."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from labelkit.cli import options
from labelkit.cli.options import Session
from labelkit.cli.terminal import table
from labelkit.formats.table import Format, formats

#: Extra -> the module it brings, to tell whether it is installed.
EXTRAS = {"heif": "pillow_heif", "fonts": "pylopdf_fonts_zh_cn"}


@options.command("formats", "List the formats LabelKit reads and writes, and where each keeps its label.")
@options.JSON
def command(session: Session, as_json: bool) -> int:
    """Print the table of formats."""
    rows = formats()
    if as_json:
        session.terminal.json({"schema": "labelkit.formats/1", "formats": [_row(row) for row in rows]})
        return 0
    voice = session.terminal.voice
    head = [voice.say(title) for title in ("id", "media", "extensions", "label in", "fixed by", "pixels need")]
    body = [
        (
            row.id,
            row.media,
            " ".join(row.extensions),
            row.place,
            voice.say(row.clause),
            f"[{row.extra}]" if row.extra else "-",
        )
        for row in rows
    ]
    for line in table(body, head=head):
        session.terminal.line(line)
    return 0


def _row(row: Format) -> dict[str, Any]:
    return {**asdict(row), "ready": not row.extra or find_spec(EXTRAS.get(row.extra, row.extra)) is not None}
