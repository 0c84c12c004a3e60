"""``labelkit verify``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from labelkit.cli import options
from labelkit.cli.judgement import exit_code, show_report, show_summary
from labelkit.cli.options import Session, usage
from labelkit.cli.places import check_sources, open_one, single
from labelkit.cli.progress import Tick, progress
from labelkit.config import Config, from_mapping
from labelkit.record import Report

LOOKS = ("metadata", "explicit", "traces", "watermark")


@options.command(
    "verify",
    "Judge files: which labels they carry, what is wrong with them, and what a platform would say "
    "(标识办法 art. 6).\n\n"
    "SRC is a file, a folder, or - for standard input. Exit code: 0 all conform, 1 findings, 2 wrong usage, "
    "3 something could not be read.",
)
@options.SOURCES
@options.option("--look", type=options.SomeOf(LOOKS), help="Look at these only; the report names what was left out.")
@options.option(
    "--key", "keys", metavar="FILE", multiple=True, help="Key file whose watermarks to look for; may be given often."
)
@options.option("--report", metavar="FILE", type=Path, help="Write the report to FILE.json, FILE.jsonl or FILE.csv.")
@options.option("--jsonl", "as_json_lines", is_flag=True, help="One JSON object a line, as soon as a file is judged.")
@options.JOBS
@options.JSON
def command(
    session: Session,
    sources: tuple[Path, ...],
    look: tuple[str, ...] | None,
    as_json: bool,
    as_json_lines: bool,
    jobs: int | None,
    keys: tuple[str, ...],
    report: Path | None,
) -> int:
    """Verify and show the reports."""
    from labelkit.cli import writing
    from labelkit.report.model import Tally

    check_sources(sources)
    if as_json and as_json_lines:
        raise usage("--json and --jsonl exclude each other", "", "choose one")
    writing.check_report(report)
    config = from_mapping({} if jobs is None else {"jobs": jobs}, base=session.config())
    tally = Tally()
    with ExitStack() as stack:
        file = stack.enter_context(writing.report_file(report))
        output = writing.stdout_writer(lines=as_json_lines) if as_json or as_json_lines else None
        writers = [writer for writer in (file, output) if writer]
        tick = stack.enter_context(progress(session.terminal))
        for found in _judged(sources, look, keys, config, tick):
            tally.add(found)
            show_report(session.terminal, found, narrowed=look is not None)
            for writer in writers:
                writer.add(found)
        summary = tally.summary()
        for writer in writers:
            writer.close(summary)
    if not single(sources):
        show_summary(session.terminal, summary)
    if report:
        session.terminal.say("report written to {}", report)
    return exit_code(summary, narrowed=look is not None)


def _judged(
    sources: tuple[Path, ...], look: tuple[str, ...] | None, keys: tuple[str, ...], config: Config, tick: Tick | None
) -> Iterator[Report]:
    if single(sources):
        from labelkit.api import verify

        yield verify(open_one(sources[0]), look=look, keys=keys or None, config=config)
        return
    from labelkit.batch import verify_many

    yield from verify_many(sources, look=look, keys=keys or None, config=config, progress=tick)
