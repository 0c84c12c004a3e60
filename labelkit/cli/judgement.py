"""Showing what verification found, file by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labelkit.cli.app import Exit
from labelkit.cli.terminal import Terminal, safe, table
from labelkit.messages import Language, Voice
from labelkit.record import AudibleMark, Detected, ExplicitMark, Finding, Mark, NoticeMark, Perceived, Report, Verdict
from labelkit.report.model import Summary, is_left_out, is_unreadable

_STYLES = {True: "good", False: "bad", None: "note"}
# Smaller bounds are zero in double precision, and nobody should read "p = 0".
_LEAST_P = 1e-300
#: Where in a sound or text a label is.
_POSITIONS = {"start": "at the start", "middle": "in the middle", "end": "at the end"}
_CONFORMS = {True: "conforms", False: "does not conform", None: "cannot tell"}
#: What each verdict means, for people (标识办法 art. 6).
VERDICTS = {
    Verdict.CONFIRMED: "confirmed: generated",
    Verdict.POSSIBLE: "possibly generated",
    Verdict.SUSPECTED: "suspected to be generated",
    Verdict.NONE: "no sign of generation found",
    Verdict.UNREADABLE: "unreadable",
}


def conformity(report: Report, voice: Voice, *, narrowed: bool = False) -> str:
    """``conforms``, ``does not conform`` or ``cannot tell``; of some layers only, that nothing is wrong in them."""
    if narrowed and report.conforms is None and not is_unreadable(report):
        return voice.say("nothing wrong in what was looked at")
    return voice.say(_CONFORMS[report.conforms])


def exit_code(summary: Summary, *, narrowed: bool) -> Exit:
    """What a run means for the exit code.

    Args:
        summary: of all files.
        narrowed: the user asked for some layers only, so that the others do not count.
    """
    nothing = summary.files == summary.left_out
    if nothing or summary.unreadable or (summary.conforms["unknown"] and not narrowed):
        return Exit.FAILED
    return Exit.FINDINGS if summary.conforms["no"] else Exit.OK


def show_report(terminal: Terminal, report: Report, *, narrowed: bool = False) -> None:
    """The verdict on a file and below it what was found wrong; quiet leaves out files that are as asked."""
    if is_left_out(report):
        reasons = "; ".join(terminal.voice.translate(line.removeprefix("file: ")) for line in report.not_looked_at)
        terminal.say("{}: left out{}", report.path, terminal.voice.say(" ({})", reasons), style="faint")
        return
    if terminal.quiet and (report.conforms or (narrowed and report.conforms is None and not is_unreadable(report))):
        return
    voice = terminal.voice
    verdict = voice.say(VERDICTS[report.verdict])
    line = voice.say("{}: {} ({})", safe(report.path), conformity(report, voice, narrowed=narrowed), verdict)
    terminal.line(line, style=_STYLES[report.conforms])
    for finding in report.findings:
        terminal.line("  " + finding_line(finding, voice, report.path))
    for mark in report.watermarks if not terminal.quiet else ():
        terminal.line("  " + voice.say("watermark: {}", watermark_line(mark, report, voice)))


def show_summary(terminal: Terminal, summary: Summary) -> None:
    """The totals, and how often each check was not satisfied."""
    voice = terminal.voice
    if summary.files == summary.left_out:
        terminal.line(voice.say("nothing was verified: no files were found"), style="bad")
        return
    if terminal.quiet:
        return
    counts = [*summary.conforms.values(), summary.left_out, summary.files]
    titles = ["conforms", "does not conform", "cannot tell", "left out", "files"]
    verdicts = [(voice.say(VERDICTS[Verdict(word)]), count) for word, count in summary.verdicts.items() if count]
    _show_table(terminal, ("result", "files"), [(voice.say(t), c) for t, c in zip(titles, counts, strict=True)])
    _show_table(terminal, ("verdict", "files"), verdicts)
    found = [(voice.say("found"), summary.watermarks)] if summary.watermarks else []
    _show_table(terminal, ("watermark", "files"), found)
    _show_table(terminal, ("check", "files", "rule"), [(c, n, rule(c, voice)) for c, n in summary.findings.items()])


def _show_table(terminal: Terminal, head: tuple[str, ...], rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    terminal.line()
    for line in table(rows, head=[terminal.voice.say(title) for title in head]):
        terminal.line(line)


def finding_line(finding: Finding, voice: Voice, path: str) -> str:
    """``error metadata.present [clause]: rule; not found: what, where``, the place unless it is the file itself."""
    template = "{} {} [{}]: {}; {}: {}" if finding.place == path else "{} {} [{}]: {}; {}: {}, {}"
    return voice.say(
        template,
        voice.say(finding.severity),
        finding.check,
        voice.translate(finding.clause),
        rule(finding.check, voice, safe(finding.expected)),
        voice.say(finding.answer),
        safe(voice.translate(finding.found)),
        safe(voice.translate(finding.place)),
    )


def rule(check: str, voice: Voice, otherwise: str = "") -> str:
    """What a check asks for, in the user's language."""
    from labelkit.rules.checks import all_checks

    known = [c for c in all_checks() if c.id == check]
    if not known:  # of a format that somebody else added
        return otherwise
    found = next((c for c in known if c.title_en == otherwise), known[0])
    return found.title_zh if voice.language is Language.ZH else found.title_en


def label_lines(mark: Mark, voice: Voice) -> Iterator[str]:
    """One label in full: place, seven fields, deviations."""
    yield safe(mark.place) + (f" [{safe(mark.schema)}]" if mark.schema != "gb45438" else "")
    for key, value in mark.label.fields().items():
        yield f"  {key:<18}{safe(value)}"
    for deviation in mark.deviations:
        yield "  ! " + voice.say(
            "{} [{}]: {}", deviation.code, deviation.clause, safe(voice.translate(deviation.message))
        )


def explicit_line(mark: Perceived, voice: Voice) -> str:
    """The label that people perceive, with what was measured."""
    if isinstance(mark, NoticeMark):
        return voice.say(
            "{} {} ({})", safe(mark.text), voice.say(_POSITIONS.get(mark.position, mark.position)), mark.place
        )
    return _heard(mark, voice) if isinstance(mark, AudibleMark) else _seen(mark, voice)


def _heard(mark: AudibleMark, voice: Voice) -> str:
    span = (f"{mark.start:.1f}", f"{mark.stop:.1f}", voice.say(_POSITIONS.get(mark.position, mark.position)))
    loudness = f"{mark.loudness:+.0f}"
    if mark.kind == "rhythm":
        template = "rhythm short long short short from {} to {} s ({}): {} Hz, unit {} ms, {} LU beside the sound"
        return voice.say(template, *span, f"{mark.tone:.0f}", f"{mark.unit * 1000:.0f}", loudness)
    template = "{} spoken from {} to {} s ({}): {} characters a minute, {} LU beside the sound"
    return voice.say(template, safe(mark.text), *span, f"{mark.rate:.0f}", loudness)


def _seen(mark: ExplicitMark, voice: Voice) -> str:
    shown = voice.say(
        "{} at {}: height {} of the shortest side ({} px), contrast {}:1",
        safe(mark.text),
        voice.say(mark.position),
        f"{mark.ratio:.2%}",
        f"{mark.glyph_height:.1f}",
        f"{mark.contrast:.1f}",
    )
    frames = voice.say(", in {} of {} frames looked at", *mark.frames) if mark.frames[1] > 1 else ""
    return shown + frames


def watermark_line(mark: Detected, report: Report, voice: Voice) -> str:
    """An invisible mark: payload, whose key, whether the metadata says the same, how sure, and how it lies."""
    from labelkit.watermark.keys import PUBLIC_KEY

    return voice.say(
        "{}, key {}: {}; false alarm p <= {}; {}",
        voice.say("a mark whose number cannot be read") if mark.payload is None else f"{mark.payload:016x}",
        voice.say("{} (public)", mark.key_id) if mark.key_id == PUBLIC_KEY.id else mark.key_id,
        _agreement(mark, report, voice),
        f"{max(mark.p_value, _LEAST_P):.1e}",
        voice.say(", ").join(voice.translate(part) for part in mark.words.split(", ")),
    )


def _agreement(mark: Detected, report: Report, voice: Voice) -> str:
    """Whether the metadata label names the same content as the mark."""
    tags = {found.label.content_tag for found in report.labels}
    if not tags or mark.payload is None:
        return voice.say("there is no metadata label to compare it with")
    return voice.say("agrees with the metadata label" if mark.payload in tags else "differs from the metadata label")
