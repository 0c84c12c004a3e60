"""Showing what labelling did, file by file, and what it means for the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labelkit.cli.app import Exit
from labelkit.cli.terminal import Terminal
from labelkit.errors import ConfigError, InvalidField, InvalidProviderCode
from labelkit.record import Note, Outcome

SCHEMA = "labelkit.outcomes/1"
_WRONG_USAGE = (ConfigError, InvalidField, InvalidProviderCode)


def show_outcomes(terminal: Terminal, outcomes: Iterable[Outcome], *, as_json: bool, several: bool) -> int:
    """Show each outcome as it comes, then the totals; returns the exit code."""
    files: list[dict[str, Any]] = []
    done = failed = 0
    usage_only = True
    for outcome in outcomes:
        show_outcome(terminal, outcome)
        done, failed = done + outcome.ok, failed + (not outcome.ok)
        usage_only = usage_only and isinstance(outcome.error, _WRONG_USAGE)
        if as_json:
            files.append(outcome.asdict())
    if as_json:
        terminal.json(
            {"schema": SCHEMA, "files": files, "summary": {"files": done + failed, "ok": done, "failed": failed}}
        )
    if several:
        _show_totals(terminal, done, failed)
    if not failed:
        return Exit.OK
    return Exit.USAGE if usage_only else Exit.FAILED


def show_outcome(terminal: Terminal, outcome: Outcome) -> None:
    """One line: what became of one file."""
    if outcome.error:
        terminal.error(outcome.error.at(outcome.source))
        return
    layers = ", ".join(note.layer for note in outcome.written) or terminal.voice.say("nothing written")
    goal = outcome.path or "-"
    terminal.say("{} -> {}: {}{}", outcome.source, goal, layers, _reasons(terminal, outcome.skipped))


def _reasons(terminal: Terminal, skipped: tuple[Note, ...]) -> str:
    reasons = "; ".join(f"{note.layer}: {terminal.voice.translate(note.text)}" for note in skipped)
    return f" ({reasons})" if reasons else ""


def _show_totals(terminal: Terminal, done: int, failed: int) -> None:
    if not done and not failed:
        terminal.say("no files were found that LabelKit knows", style="note")
    elif failed:
        terminal.line(terminal.voice.say("{} done, {} failed", done, failed), style="bad")
    else:
        terminal.say("{} done", done, style="good")
