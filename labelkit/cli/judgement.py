"""Showing what verification found, file by file."""

from __future__ import annotations

from collections.abc import Iterator

from labelkit.cli.app import Exit
from labelkit.cli.terminal import Terminal, safe
from labelkit.messages import Language, Voice
from labelkit.record import Answer, ExplicitMark, Finding, Mark, Report, Severity, Verdict

_STYLES = {True: "good", False: "bad", None: "note"}
_CONFORMS = {True: "conforms", False: "does not conform", None: "cannot tell"}
#: What each verdict means, for people (标识办法 art. 6).
VERDICTS = {
    Verdict.CONFIRMED: "confirmed: generated",
    Verdict.POSSIBLE: "possibly generated",
    Verdict.SUSPECTED: "suspected to be generated",
    Verdict.NONE: "no sign of generation found",
    Verdict.UNREADABLE: "unreadable",
}


def conformity(report: Report, voice: Voice) -> str:
    """``conforms``, ``does not conform`` or ``cannot tell``."""
    return voice.say(_CONFORMS[report.conforms])


def exit_code(report: Report, *, narrowed: bool) -> Exit:
    """What one file means for the exit code.

    Args:
        report: of the file.
        narrowed: the user asked for some layers only, so that the others do not count.
    """
    if report.conforms is False:
        return Exit.FINDINGS
    unread = any(f.answer is Answer.UNREADABLE and f.severity is Severity.ERROR for f in report.findings)
    if report.conforms is True or (narrowed and not unread and report.verdict is not Verdict.UNREADABLE):
        return Exit.OK
    return Exit.FAILED


def show_report(terminal: Terminal, report: Report) -> None:
    """The verdict on a file and below it what was found wrong; quiet leaves out files that conform."""
    if terminal.quiet and report.conforms:
        return
    voice = terminal.voice
    verdict = voice.say(VERDICTS[report.verdict])
    line = voice.say("{}: {} ({})", safe(report.path), conformity(report, voice), verdict)
    terminal.line(line, style=_STYLES[report.conforms])
    for finding in report.findings:
        terminal.line("  " + finding_line(finding, voice, report.path))


def finding_line(finding: Finding, voice: Voice, path: str) -> str:
    """``error metadata.present [clause]: rule; not found: what, where``, the place unless it is the file itself."""
    template = "{} {} [{}]: {}; {}: {}" if finding.place == path else "{} {} [{}]: {}; {}: {}, {}"
    return voice.say(
        template,
        voice.say(finding.severity),
        finding.check,
        finding.clause,
        expectation(finding, voice),
        voice.say(finding.answer),
        safe(voice.translate(finding.found)),
        safe(voice.translate(finding.place)),
    )


def expectation(finding: Finding, voice: Voice) -> str:
    """What the check asks for, in the user's language."""
    if voice.language is Language.EN:
        return safe(finding.expected)
    from labelkit.rules.checks import by_id

    try:
        return by_id(finding.check).title_zh
    except (StopIteration, KeyError):  # a check of a third party's format
        return safe(voice.translate(finding.expected))


def label_lines(mark: Mark, voice: Voice) -> Iterator[str]:
    """One label in full: place, seven fields, deviations."""
    yield safe(mark.place) + (f" [{safe(mark.schema)}]" if mark.schema != "gb45438" else "")
    for key, value in mark.label.fields().items():
        yield f"  {key:<18}{safe(value)}"
    for deviation in mark.deviations:
        yield "  ! " + voice.say(
            "{} [{}]: {}", deviation.code, deviation.clause, safe(voice.translate(deviation.message))
        )


def explicit_line(mark: ExplicitMark, voice: Voice) -> str:
    """The visible label with what was measured."""
    shown = voice.say(
        "{} at {}: height {} of the shortest side ({} px), contrast {}:1",
        safe(mark.text),
        mark.position,
        f"{mark.ratio:.2%}",
        f"{mark.glyph_height:.1f}",
        f"{mark.contrast:.1f}",
    )
    frames = voice.say(", in {} of {} frames looked at", *mark.frames) if mark.frames[1] > 1 else ""
    return shown + frames
