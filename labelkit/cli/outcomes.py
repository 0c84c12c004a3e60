"""Showing what labelling did, file by file, and what it means for the exit code."""

from __future__ import annotations

from collections.abc import Iterable

from labelkit.cli.app import Exit
from labelkit.cli.terminal import Terminal
from labelkit.errors import ConfigError, InvalidField, InvalidProviderCode, MissingGlyph
from labelkit.record import Note, Outcome
from labelkit.report.json import OUTCOMES_SCHEMA
from labelkit.report.model import LabelSummary, LabelTally

_WRONG_USAGE = {error.__name__ for error in (ConfigError, InvalidField, InvalidProviderCode, MissingGlyph)}


def show_outcomes(terminal: Terminal, outcomes: Iterable[Outcome], *, as_json: bool, several: bool) -> int:
    """Show each outcome as it comes, then the totals; returns the exit code."""
    from labelkit.cli.writing import stdout_writer

    tally = LabelTally()
    writer = stdout_writer(schema=OUTCOMES_SCHEMA) if as_json else None
    for outcome in outcomes:
        tally.add(outcome)
        show_outcome(terminal, outcome)
        if writer:
            writer.add(outcome)
    summary = tally.summary()
    if writer:
        writer.close(summary)
    if several:
        _show_totals(terminal, summary)
    return exit_code(summary)


def exit_code(summary: LabelSummary) -> Exit:
    """Wrong usage only when nothing else happened: the same arguments would fail for every file."""
    if not summary.failed:
        return Exit.OK
    nothing_done = not (summary.labelled or summary.done_before)
    return Exit.USAGE if nothing_done and set(summary.errors) <= _WRONG_USAGE else Exit.FAILED


def is_left_out(outcome: Outcome) -> bool:
    """Whether the file was left alone on purpose: no media file, or a link."""
    return outcome.ok and outcome.label is None


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


def _show_totals(terminal: Terminal, summary: LabelSummary) -> None:
    counts = (
        ("{} labelled", summary.labelled),
        ("{} done before", summary.done_before),
        ("{} left out", summary.left_out),
        ("{} failed", summary.failed),
    )
    text = ", ".join(terminal.voice.say(template, count) for template, count in counts if count)
    if summary.failed:
        terminal.line(text, style="bad")
    elif text:
        terminal.say("{}", text, style="good")
    else:
        terminal.say("no files were found", style="note")
