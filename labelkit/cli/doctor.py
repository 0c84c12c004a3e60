"""``labelkit doctor``."""

from __future__ import annotations

from labelkit import doctor
from labelkit.cli import options
from labelkit.cli.app import Exit
from labelkit.cli.options import Session
from labelkit.cli.terminal import safe, width
from labelkit.doctor import State

_STYLES = {State.OK: "good", State.NOTE: "faint", State.WARNING: "note", State.PROBLEM: "bad"}


@options.command(
    "doctor",
    "Examine this installation: versions, extras, fonts, disk, settings. Exit code 1 when something stops LabelKit "
    "from working.",
)
@options.JSON
def command(session: Session, as_json: bool) -> int:
    """Print what was examined."""
    items = doctor.examine()
    healthy = not any(item.state is State.PROBLEM for item in items)
    if as_json:
        found = [item.asdict() for item in items]
        session.terminal.json({"schema": "labelkit.doctor/1", "healthy": healthy, "items": found})
    else:
        for item in items:
            _show(session, item)
    return Exit.OK if healthy else Exit.FINDINGS


def _show(session: Session, item: doctor.Item) -> None:
    voice = session.terminal.voice
    if session.terminal.quiet and item.state in (State.OK, State.NOTE):
        return
    name = voice.translate(item.name)
    remedy = voice.say(" ({})", voice.translate(item.remedy)) if item.remedy else ""
    state = voice.say(str(item.state))
    text = f"{state}{' ' * (9 - width(state))}{name}{' ' * max(1, 20 - width(name))}"
    session.terminal.line(f"{text}{safe(voice.translate(item.detail))}{remedy}", style=_STYLES[item.state])
