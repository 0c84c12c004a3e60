"""``labelkit show``."""

from __future__ import annotations

from pathlib import Path

import click

from labelkit.cli import options
from labelkit.cli.app import Exit
from labelkit.cli.judgement import VERDICTS, conformity, explicit_line, finding_line, label_lines, watermark_line
from labelkit.cli.options import Session
from labelkit.cli.places import check_sources, open_one
from labelkit.cli.terminal import Terminal, safe
from labelkit.record import Report, Verdict


@options.command(
    "show",
    "Show every label in one file: the metadata labels with their places, fields and deviations, the visible label as "
    "measured, invisible watermarks, other signs of AI origin, and what is wrong.\n\n"
    "Exit code: 0 a label was found, 1 none was found, 2 wrong usage, 3 the file could not be read.",
)
@click.argument("file", metavar="FILE", type=options.path_type(allow_dash=True))
@options.JSON
def command(session: Session, file: Path, as_json: bool) -> int:
    """Look at everything and print it."""
    from labelkit.api import verify

    check_sources((file,))
    report = verify(open_one(file), config=session.config())
    if as_json:
        session.terminal.json({"schema": "labelkit.file/1", **report.asdict()})
    else:
        _show(session.terminal, report)
    if report.verdict is Verdict.UNREADABLE and not report.labels:
        return Exit.FAILED
    return Exit.OK if report.labels or report.explicit or report.watermarks else Exit.FINDINGS


def _show(terminal: Terminal, report: Report) -> None:
    voice = terminal.voice
    verdict = voice.say(VERDICTS[report.verdict])
    terminal.line(
        voice.say("{} ({}): {} ({})", safe(report.path), report.format or "?", conformity(report, voice), verdict)
    )
    _section(terminal, "Metadata labels", [line for mark in report.labels for line in label_lines(mark, voice)])
    _section(terminal, "Labels people perceive", [explicit_line(mark, voice) for mark in report.explicit])
    _section(terminal, "Watermarks", [watermark_line(mark, report, voice) for mark in report.watermarks])
    traces = [f"{trace.kind}: {safe(voice.translate(trace.detail))} ({safe(trace.place)})" for trace in report.traces]
    _section(terminal, "Other signs of AI origin", traces)
    _section(terminal, "Findings", [finding_line(finding, voice, report.path) for finding in report.findings])
    _section(terminal, "Not looked at", [safe(voice.translate(line)) for line in report.not_looked_at])


def _section(terminal: Terminal, title: str, lines: list[str]) -> None:
    voice = terminal.voice
    terminal.line(
        voice.say("{}:", voice.say(title)) if lines else voice.say("{}: {}", voice.say(title), voice.say("none"))
    )
    for line in lines:
        terminal.line(f"  {line}")
