"""Evidence -> checks -> verdict: what :func:`labelkit.verify` does with one file.

A bad file is a finding, never an exception, and four answers are kept apart: not found, found but wrong, unreadable,
not looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Generic, TypeVar

from labelkit import evidence, traces
from labelkit.errors import LabelKitError, MissingExtra, UnknownFormat
from labelkit.evidence import Evidence
from labelkit.formats import media, table
from labelkit.formats.table import Format
from labelkit.record import Answer, Finding, Mark, Report, Severity, Verdict
from labelkit.rules import perceived
from labelkit.rules.checks import finding
from labelkit.sources import Source, SourceLike, open_source

if TYPE_CHECKING:
    from labelkit.record import Detected, Perceived
    from labelkit.watermark.keys import Key

LOOKS = ("metadata", "explicit", "traces", "watermark")
#: What is looked at when the caller does not say.
DEFAULT_LOOK = LOOKS

_SEVERITY_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_BY_ATTRIBUTE = {"1": Verdict.CONFIRMED, "2": Verdict.POSSIBLE, "3": Verdict.SUSPECTED}


#: What the explicit layer and the mark are looked for in, by medium.
_CONTENT = {"image": "picture", "audio": "sound", "video": "film", "text": "text"}
#: Where an explicit label was looked for, and what is said when none was found, by medium.
_LOOKED_FOR = {
    "image": ("edges and corners", "no visible label in our wordings"),
    "audio": ("the whole sound", "neither the rhythm short long short short nor a spoken label that we know"),
    "video": ("opening frames", "no visible label in our wordings"),
    "text": ("blocks of text", "no notice in our wordings"),
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What looking into the signal gave.

    Attributes:
        found: what was found.
        defect: why looking failed, or None.
        skipped: why nobody looked, or ``""``.
    """

    found: tuple[T, ...] = ()
    defect: LabelKitError | None = None
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Everything known about one file before it is judged."""

    path: str
    row: Format
    look: frozenset[str]
    evidence: Evidence
    explicit: Answered[Perceived]
    watermark: Answered[Detected]


def verify_source(source: SourceLike, look: Collection[str], keys: Sequence[Key] = ()) -> Report:
    """Judge one file; see :func:`labelkit.verify`."""
    name = _called(source)
    try:
        opened = open_source(source)
        name = opened.name
        row = table.find(opened.data, opened.name)
    except LabelKitError as error:
        return unreadable(name, error)
    return _judge(_look(opened, name, row, frozenset(look), keys))


def _called(source: SourceLike) -> str:
    """What a report calls something that could not even be opened."""
    if isinstance(source, (str, os.PathLike)):
        return os.fspath(source)
    return str(getattr(source, "name", f"<{type(source).__name__}>"))


def unreadable(name: str, error: LabelKitError) -> Report:
    """A file of which nothing at all could be read."""
    check = "file.format" if isinstance(error, UnknownFormat) else "file.readable"
    return Report(name, Verdict.UNREADABLE, None, findings=(finding(check, name, error.message, Answer.UNREADABLE),))


def _look(source: Source, path: str, row: Format, look: frozenset[str], keys: Sequence[Key]) -> _Seen:
    data = source.data
    found = evidence.collect(data, row, path=source.path)
    why = {what: "" if what in look else "not asked for" for what in ("explicit", "watermark")}
    if cannot := media.cannot_look(row):
        why = {what: said or cannot for what, said in why.items()}
    label: Answered[Perceived] = Answered(skipped=why["explicit"])
    mark: Answered[Detected] = Answered(skipped=why["watermark"])
    if why["explicit"] and why["watermark"]:
        return _Seen(path, row, look, found, label, mark)
    handler = media.layers(row)
    try:
        opened = handler.open_media(data, row)
    except LabelKitError as error:
        if not label.skipped:
            label = Answered(defect=error)
        if not mark.skipped:
            mark = Answered(defect=error)
        return _Seen(path, row, look, found, label, mark)
    if not label.skipped:
        label = _answered(lambda: handler.find(opened))
    if not mark.skipped:
        mark = _answered(lambda: handler.detect(opened, keys))
    return _Seen(path, row, look, found, label, mark)


def _answered(find: Callable[[], Sequence[T]]) -> Answered[T]:
    try:
        return Answered(tuple(find()))
    except MissingExtra as error:
        return Answered(skipped=f"{error.message} ({error.remedy})")
    except LabelKitError as error:
        return Answered(defect=error)


def _judge(seen: _Seen) -> Report:
    findings = tuple(sorted(_findings(seen), key=lambda f: _SEVERITY_ORDER.index(f.severity)))
    asked_traces = seen.evidence.traces if "traces" in seen.look else ()
    labels = seen.evidence.labels if "metadata" in seen.look else ()
    return Report(
        seen.path,
        _verdict(seen),
        _conforms(seen, findings),
        seen.row.id,
        labels=labels,
        explicit=seen.explicit.found,
        watermarks=seen.watermark.found,
        traces=asked_traces,
        findings=findings,
        not_looked_at=tuple(_not_looked_at(seen)),
    )


def _verdict(seen: _Seen) -> Verdict:
    """标识办法 art. 6: what the metadata states decides; else explicit labels and traces make a suspicion."""
    if "metadata" in seen.look:
        stated = [_BY_ATTRIBUTE[m.label.label] for m in seen.evidence.labels if m.label.label in _BY_ATTRIBUTE]
        if stated:
            return min(stated, key=list(Verdict).index)
    if (
        seen.explicit.found
        or seen.watermark.found
        or ("traces" in seen.look and any(traces.is_ai(t) for t in seen.evidence.traces))
    ):
        return Verdict.SUSPECTED
    if seen.evidence.labels and "metadata" in seen.look:
        return Verdict.SUSPECTED  # a label that states nothing we can read is a trace, not a statement
    unread = seen.evidence.defect or seen.explicit.defect or seen.watermark.defect
    return Verdict.UNREADABLE if unread else Verdict.NONE


def _conforms(seen: _Seen, findings: Sequence[Finding]) -> bool | None:
    """False: something is missing or wrong. None: nothing is, but not everything could be looked at."""
    errors = [f for f in findings if f.severity is Severity.ERROR]
    if any(f.answer in (Answer.NOT_FOUND, Answer.WRONG) for f in errors):
        return False
    complete = "metadata" in seen.look and not seen.explicit.skipped
    return True if complete and not errors else None


def _not_looked_at(seen: _Seen) -> Iterator[str]:
    if "metadata" not in seen.look:
        yield "metadata: not asked for"
    if seen.explicit.skipped:
        yield f"explicit: {seen.explicit.skipped}"
    if "traces" not in seen.look:
        yield "traces: not asked for"
    if seen.watermark.skipped:
        yield f"watermark: {seen.watermark.skipped}"


def _findings(seen: _Seen) -> Iterator[Finding]:
    if seen.evidence.defect:
        error = seen.evidence.defect
        yield finding("file.readable", error.place or seen.path, error.message, Answer.UNREADABLE)
    yield from _extension(seen)
    if "metadata" in seen.look:
        yield from _metadata(seen.evidence)
    else:
        yield finding("metadata.looked-at", "metadata", "left out on request", Answer.NOT_LOOKED_AT)
    yield from _explicit(seen)
    yield from _watermark(seen)
    if "traces" in seen.look:
        yield from _contradictions(seen.evidence)


def _extension(seen: _Seen) -> Iterator[Finding]:
    ending = PurePath(seen.path).suffix.lower()
    if any(ending in row.extensions for row in table.formats()) and not seen.row.may_end(ending):
        yield finding("file.extension", seen.path, f"{ending} on a {seen.row.container.name} file", Answer.WRONG)


def _metadata(found: Evidence) -> Iterator[Finding]:
    labels = found.labels
    if not labels:
        # After a defect nobody can say that there was no label behind it.
        answer = Answer.UNREADABLE if found.defect else Answer.NOT_FOUND
        yield finding(
            "metadata.present",
            "file metadata",
            "no label in the part that could be read" if found.defect else "no label",
            answer,
        )
        return
    if len(labels) > 1:
        places = "; ".join(mark.place for mark in labels)
        yield finding("metadata.single", places, f"{len(labels)} labels", Answer.WRONG)
        if len({tuple(m.label.fields().values()) for m in labels}) > 1:
            yield finding("metadata.agree", places, _differences(labels), Answer.WRONG)
    for mark in labels:
        for deviation in mark.deviations:
            yield finding(f"metadata.{deviation.code}", mark.place, deviation.message, Answer.WRONG)


def _differences(labels: Sequence[Mark]) -> str:
    keys = labels[0].label.fields()
    differing = [key for key in keys if len({m.label.fields()[key] for m in labels}) > 1]
    return "different " + ", ".join(differing)


def _explicit(seen: _Seen) -> Iterator[Finding]:
    answer = seen.explicit
    if answer.skipped:
        yield finding("explicit.looked-at", _CONTENT[seen.row.media], answer.skipped, Answer.NOT_LOOKED_AT)
    elif answer.defect:
        what, media = _CONTENT[seen.row.media], seen.row.media
        yield finding("explicit.readable", what, answer.defect.message, Answer.UNREADABLE, media)
    elif not answer.found and _asks_for_explicit(seen):
        place, found = _LOOKED_FOR[seen.row.media]
        yield finding("explicit.present", place, found, Answer.NOT_FOUND, seen.row.media)
    elif answer.found:
        yield from perceived.findings(answer.found)


def _asks_for_explicit(seen: _Seen) -> bool:
    """标识办法 art. 4 asks the generator; for 2 and 3 the platform's notice stands around the content (art. 6)."""
    stated = {m.label.label for m in seen.evidence.labels} if "metadata" in seen.look else set()
    return not stated or "1" in stated


def _watermark(seen: _Seen) -> Iterator[Finding]:
    """GB 45438-2025 6.2 encourages a mark, so none is no finding; one that contradicts the metadata is."""
    if seen.watermark.skipped:
        yield finding("watermark.looked-at", _CONTENT[seen.row.media], seen.watermark.skipped, Answer.NOT_LOOKED_AT)
    elif seen.watermark.defect and not seen.explicit.defect:
        yield finding("watermark.readable", _CONTENT[seen.row.media], seen.watermark.defect.message, Answer.UNREADABLE)
    if "metadata" not in seen.look:
        return
    for mark in seen.watermark.found:
        if mark.payload is None:
            continue
        place, found = f"watermark, key {mark.key_id}", f"content tag {mark.payload:016x}"
        tags = {m.label.content_tag for m in seen.evidence.labels}
        if not tags and not seen.evidence.defect:
            yield finding("watermark.stripped", place, f"{found}, no metadata label", Answer.WRONG)
        elif tags and mark.payload not in tags:
            yield finding("watermark.agrees", place, f"{found}, the label's is {_hex(tags)}", Answer.WRONG)


def _hex(tags: Collection[int]) -> str:
    return ", ".join(f"{tag:016x}" for tag in sorted(tags))


def _contradictions(found: Evidence) -> Iterator[Finding]:
    if not any(m.label.label == "1" for m in found.labels):
        return
    for trace in found.traces:
        if trace.kind == "iptc-source-type" and not traces.is_ai(trace):
            yield finding("traces.source-type", trace.place, trace.detail, Answer.WRONG)
