"""Showing what labelling did, file by file, and what it means for the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from labelkit.cli.app import Exit
from labelkit.cli.terminal import Terminal
from labelkit.errors import ConfigError, InvalidField, InvalidProviderCode
from labelkit.record import Note, Outcome

SCHEMA = "labelkit.outcomes/1"
_WRONG_USAGE = (ConfigError, InvalidField, InvalidProviderCode)


@dataclass(slots=True)
class Totals:
    """How many files came to what."""

    ok: int = 0
    left_out: int = 0
    failed: int = 0
    misused: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one file."""
        self.left_out += is_left_out(outcome)
        self.ok += outcome.ok and not is_left_out(outcome)
        self.failed += not outcome.ok
        self.misused += isinstance(outcome.error, _WRONG_USAGE)

    @property
    def code(self) -> Exit:
        """Wrong usage only when nothing else happened: the same arguments would fail for every file."""
        if not self.failed:
            return Exit.OK
        return Exit.USAGE if self.misused == self.failed and not self.ok else Exit.FAILED

    def asdict(self) -> dict[str, int]:
        """The ``summary`` of the JSON."""
        files = self.ok + self.left_out + self.failed
        return {"files": files, "ok": self.ok, "left_out": self.left_out, "failed": self.failed}


def show_outcomes(terminal: Terminal, outcomes: Iterable[Outcome], *, as_json: bool, several: bool) -> int:
    """Show each outcome as it comes, then the totals; returns the exit code."""
    files: list[dict[str, Any]] = []
    totals = Totals()
    for outcome in outcomes:
        show_outcome(terminal, outcome)
        totals.add(outcome)
        if as_json:
            files.append({**outcome.asdict(), "left_out": is_left_out(outcome)})
    if as_json:
        terminal.json({"schema": SCHEMA, "files": files, "summary": totals.asdict()})
    if several:
        _show_totals(terminal, totals)
    return totals.code


def is_left_out(outcome: Outcome) -> bool:
    """Whether the file was left alone on purpose: no media file, a link, or done before."""
    return outcome.ok and outcome.label is None and outcome.data is None and not outcome.written


def show_outcome(terminal: Terminal, outcome: Outcome) -> None:
    """One line: what became of one file."""
    reasons = _reasons(terminal, outcome.skipped)
    if outcome.error:
        terminal.error(outcome.error.at(outcome.source))
    elif is_left_out(outcome):
        terminal.say("{}: left out{}", outcome.source, reasons, style="faint")
    else:
        layers = ", ".join(terminal.voice.say(note.layer) for note in outcome.written)
        goal = outcome.path or "-"
        terminal.say("{} -> {}: {}{}", outcome.source, goal, layers or terminal.voice.say("nothing new"), reasons)


def _reasons(terminal: Terminal, skipped: tuple[Note, ...]) -> str:
    voice = terminal.voice
    told = (
        f"{'' if note.layer == 'file' else voice.say(note.layer) + ': '}{voice.translate(note.text)}"
        for note in skipped
    )
    reasons = "; ".join(told)
    return voice.say(" ({})", reasons) if reasons else ""


def _show_totals(terminal: Terminal, totals: Totals) -> None:
    if totals.failed:
        text = terminal.voice.say("{} done, {} left out, {} failed", totals.ok, totals.left_out, totals.failed)
        terminal.line(text, style="bad")
    elif totals.left_out:
        terminal.say("{} done, {} left out", totals.ok, totals.left_out, style="good")
    elif totals.ok:
        terminal.say("{} done", totals.ok, style="good")
    else:
        terminal.say("no files were found", style="note")
