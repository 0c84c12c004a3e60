"""The sums of a run: what many reports, or many outcomes, come to.

A tally is filled one file at a time and keeps no file: its size depends on the number of checks, formats and error
kinds, and on ``MAX_NAMED``, never on the number of files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labelkit.record import Answer, Outcome, Report, Severity, Verdict

#: How many files a summary names; beyond that it only counts them.
MAX_NAMED = 100


def is_left_out(report: Report) -> bool:
    """Whether a file was left alone on purpose: no media file, or a symbolic link met in a folder."""
    return report.verdict is Verdict.NONE and report.conforms is None and not report.format


def is_unreadable(report: Report) -> bool:
    """Whether a file, or a layer of it, could not be read as far as a clause needs."""
    return report.verdict is Verdict.UNREADABLE or any(
        f.answer is Answer.UNREADABLE and f.severity is Severity.ERROR for f in report.findings
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """What many reports come to. Every count is a number of files; a file counts once per check, code and format.

    Attributes:
        files: all of them, those left out included.
        left_out: no media file, or a symbolic link met in a folder; they count nowhere else.
        verdicts: per verdict (标识办法 art. 6), zeros included.
        conforms: ``"yes"``, ``"no"`` and ``"unknown"`` (cannot tell).
        formats: per format id; ``"unknown"`` where it could not be told.
        watermarks: files in which an invisible mark was found.
        findings: per check id that was not satisfied.
        deviations: per deviation code of the labels found.
        unreadable: files that could not be read as far as a clause needs.
        unreadable_files: the first ``MAX_NAMED`` of those.
    """

    files: int
    left_out: int
    verdicts: Mapping[str, int]
    conforms: Mapping[str, int]
    formats: Mapping[str, int]
    watermarks: int
    findings: Mapping[str, int]
    deviations: Mapping[str, int]
    unreadable: int
    unreadable_files: tuple[str, ...]

    def asdict(self) -> dict[str, Any]:
        """The ``summary`` object of ``labelkit verify --json``."""
        return {
            "files": self.files,
            "left_out": self.left_out,
            "verdicts": dict(self.verdicts),
            "conforms": dict(self.conforms),
            "formats": dict(self.formats),
            "watermarks": self.watermarks,
            "findings": dict(self.findings),
            "deviations": dict(self.deviations),
            "unreadable": {"count": self.unreadable, "files": list(self.unreadable_files)},
        }


_CONFORMS = {True: "yes", False: "no", None: "unknown"}


class Tally:
    """Sums up reports."""

    def __init__(self) -> None:
        self._files = self._left_out = self._unreadable = self._watermarks = 0
        self._verdicts = Counter({str(verdict): 0 for verdict in Verdict})
        self._conforms = Counter(dict.fromkeys(_CONFORMS.values(), 0))
        self._formats: Counter[str] = Counter()
        self._findings: Counter[str] = Counter()
        self._deviations: Counter[str] = Counter()
        self._named: list[str] = []

    def add(self, report: Report) -> None:
        """Count one file."""
        self._files += 1
        if is_left_out(report):
            self._left_out += 1
            return
        self._verdicts[str(report.verdict)] += 1
        self._conforms[_CONFORMS[report.conforms]] += 1
        self._formats[report.format or "unknown"] += 1
        self._watermarks += bool(report.watermarks)
        self._findings.update({f.check for f in report.findings})
        self._deviations.update({d.code for mark in report.labels for d in mark.deviations})
        if is_unreadable(report):
            self._unreadable += 1
            _name(self._named, report.path)

    def summary(self) -> Summary:
        """The sums so far."""
        return Summary(
            self._files,
            self._left_out,
            dict(self._verdicts),
            dict(self._conforms),
            _sorted(self._formats),
            self._watermarks,
            _sorted(self._findings),
            _sorted(self._deviations),
            self._unreadable,
            tuple(self._named),
        )


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """What many outcomes come to; every count is a number of files.

    Attributes:
        files: all of them.
        labelled: labelled by this run.
        done_before: finished by an earlier run and left as they are.
        left_out: no media file, or a symbolic link met in a folder.
        failed: could not be labelled.
        formats: per format id, of the labelled ones and those done before.
        errors: per kind of error (class name in :mod:`labelkit.errors`).
        failed_files: the first ``MAX_NAMED`` that failed.
    """

    files: int
    labelled: int
    done_before: int
    left_out: int
    failed: int
    formats: Mapping[str, int]
    errors: Mapping[str, int]
    failed_files: tuple[str, ...]

    def asdict(self) -> dict[str, Any]:
        """The ``summary`` object of ``labelkit label --json``."""
        return {
            "files": self.files,
            "labelled": self.labelled,
            "done_before": self.done_before,
            "left_out": self.left_out,
            "failed": {"count": self.failed, "files": list(self.failed_files)},
            "formats": dict(self.formats),
            "errors": dict(self.errors),
        }


class LabelTally:
    """Sums up outcomes."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._formats: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._named: list[str] = []

    def add(self, outcome: Outcome) -> None:
        """Count one file."""
        kind = _kind(outcome)
        self._kinds[kind] += 1
        if outcome.error:
            self._errors[type(outcome.error).__name__] += 1
            _name(self._named, outcome.source)
        elif outcome.format:
            self._formats[outcome.format] += 1

    def summary(self) -> LabelSummary:
        """The sums so far."""
        kinds = self._kinds
        return LabelSummary(
            kinds.total(),
            kinds["labelled"],
            kinds["done before"],
            kinds["left out"],
            kinds["failed"],
            _sorted(self._formats),
            _sorted(self._errors),
            tuple(self._named),
        )


#: The note on a file that an earlier run finished.
DONE_BEFORE = "done before"


def _kind(outcome: Outcome) -> str:
    if outcome.error:
        return "failed"
    if any(note.layer == "file" and note.text == DONE_BEFORE for note in outcome.skipped):
        return "done before"
    return "labelled" if outcome.label else "left out"


def _name(named: list[str], path: str) -> None:
    if len(named) < MAX_NAMED:
        named.append(path)


def _sorted(counts: Counter[str]) -> dict[str, int]:
    """Most frequent first, then by name, so that the same files always give the same summary."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
