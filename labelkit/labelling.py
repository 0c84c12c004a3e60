"""The way of one file through the labelling side: decide, put in, splice, read back.

Nothing is stored before the complete result was read back by the verifier's own reader; a layer that cannot be read
back is an error, not a success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from labelkit import evidence, signals
from labelkit.carriers import xmp
from labelkit.config import Config
from labelkit.content import Content
from labelkit.errors import AlreadyLabelled, BrokenFile, UnsupportedOperation, WriteError
from labelkit.evidence import NOTHING, Evidence
from labelkit.formats import table
from labelkit.formats.base import Buffer, Edit, Kind, Unit
from labelkit.formats.table import Format
from labelkit.record import GB_SCHEMA, AigcLabel, Layer, Mark, Note
from labelkit.signals import Signal
from labelkit.sources import Source

if TYPE_CHECKING:
    from labelkit.watermark.keys import Key

ON_EXISTING = ("replace", "keep", "refuse", "propagate")


@dataclass(frozen=True, slots=True)
class Job:
    """One file to label, everything decided that the caller decides.

    Attributes:
        source: the open file.
        row: its format.
        label: the label to write.
        own: True when ``label`` was made for this call (no content id given), so that a label of the same provider
            already in the file is kept instead of being numbered anew.
        config: settings; ``config.layers`` and ``config.on_existing`` decide what happens.
        keys: keys of the invisible mark, the first one to mark with; empty when that layer is not asked for.
        strict: whether a signal that cannot hold the invisible mark is an error rather than a note.
    """

    source: Source
    row: Format
    label: AigcLabel
    config: Config
    own: bool = False
    keys: tuple[Key, ...] = ()
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Labelled:
    """A complete result before it is stored.

    Attributes:
        content: its bytes.
        row, label: format of the file, and the label now in it.
        written, skipped: a note per layer.
        signal: what was put into the signal.
        metadata: whether the metadata label was written.
        checked: whether it was read back; a large one is when it is on disk.
        beside: the file to be kept beside it where the format has no place for the label, or None.
    """

    content: Content
    row: Format
    label: AigcLabel
    written: tuple[Note, ...]
    skipped: tuple[Note, ...]
    signal: Signal
    metadata: bool = True
    checked: bool = False
    beside: bytes | None = None


def run(job: Job) -> Labelled:
    """Make the labelled file: in memory and read back, or for a large one ready to be written and read back.

    Raises:
        BrokenFile: the source is damaged.
        AlreadyLabelled: it has a label and the policy is ``refuse``.
        UnsupportedOperation: the format has no home for a layer.
        ExplicitLabelError: the visible label cannot be drawn.
        WriteError: the result does not read back.
    """
    found = evidence.collect(job.source.data, job.row, look_for_traces=False, path=job.source.path)
    if found.defect:
        raise found.defect
    label, note = _decide(job, found)
    job = replace(job, label=label)
    if note == _KEPT:
        skipped: tuple[Note, ...] = (Note(Layer.METADATA, note), *_misnamed(job))
        kept = Content(job.source.data, path=job.source.path)
        beside = _beside(job, job.source.data, found)
        return Labelled(kept, job.row, label, (), skipped, Signal(job.source.data), False, True, beside)
    signal = signals.put(job, found)
    untouched = signal.data is job.source.data
    content = Content(signal.data, path=job.source.path if untouched else None)
    written, skipped = signal.written, (*signal.skipped, *_misnamed(job), *_unsigned(found))
    beside = _beside(job, signal.data, found) if Layer.METADATA in job.config.layers else None
    if Layer.METADATA in job.config.layers:
        if not untouched and beside is None:
            found = evidence.collect(signal.data, job.row, look_for_traces=False)  # drawing moved the units
        content = content.edited(_edits(job, signal.data, found)) if beside is None else content
        written = (*written, _metadata_note(job.row))
        skipped = (*skipped, Note(Layer.METADATA, note)) if note else skipped
    metadata = Layer.METADATA in job.config.layers
    result = Labelled(content, job.row, label, written, skipped, signal, metadata, beside=beside)
    return result if content.large else check(result)


def _misnamed(job: Job) -> tuple[Note, ...]:
    """What to say about a name that promises another format; the content decides."""
    ending = job.source.path.suffix.lower() if job.source.path else ""
    if job.row.may_end(ending) or not any(ending in row.extensions for row in table.formats()):
        return ()
    called = job.row.extensions[0]
    return (Note("file", f"called {ending}, but the content is {job.row.container.name}; rename it to {called}"),)


def _unsigned(found: Evidence) -> tuple[Note, ...]:
    """What to say about a C2PA manifest, whose hash covers the bytes that a label changes."""
    signed = any(unit.kind is Kind.C2PA for unit in found.units)
    return (Note("file", "its C2PA signature no longer fits; label first, sign last"),) if signed else ()


_KEPT = "the file was labelled before and its label is kept"


def _decide(job: Job, found: Evidence) -> tuple[AigcLabel, str]:
    """Which label the file gets, and what the outcome should say about the one it has."""
    if not found.labels:
        return job.label, ""
    existing = found.labels[0]
    policy = job.config.on_existing
    if policy == "refuse":
        raise AlreadyLabelled(
            f"the file has a label of {existing.label.content_producer or 'an unnamed producer'} already",
            place=existing.place,
            remedy="pass on_existing=replace, keep or propagate (GB 45438-2025 6.1 c allows one label)",
        )
    if policy == "keep":
        return existing.label, _KEPT
    if policy == "propagate":
        return existing.label.propagated(
            job.label.content_propagator,
            job.label.propagate_id,
            reserved=job.label.reserved_code2,
            names=job.config.names,
        ), ""
    label = existing.label if job.own and _is_ours(existing, job.label) else job.label
    return label, "; ".join(dict.fromkeys(filter(None, (_replaced_note(mark, label) for mark in found.labels))))


def _is_ours(existing: Mark, label: AigcLabel) -> bool:
    """A sound label of the same provider: running twice must not number the content anew."""
    return existing.label.content_producer == label.content_producer and not existing.deviations


def _replaced_note(existing: Mark, label: AigcLabel) -> str:
    if existing.label.same_content(label):
        return ""
    return (
        f"replaced the label of {existing.label.content_producer or 'an unnamed producer'} "
        f"(ProduceID {existing.label.produce_id or 'missing'}); its data are no longer in the file"
    )


def _edits(job: Job, data: Buffer, found: Evidence) -> Sequence[Edit]:
    """The metadata layer: the label goes home, and every other place that held one is cleared of it."""
    return job.row.container.edit(data, _payload(job, found), _cleared(found))


def _beside(job: Job, data: Buffer, found: Evidence) -> bytes | None:
    """The file that keeps the label beside a document without a place for it, None for all others."""
    if not job.row.container.beside:
        return None
    if inside := next((unit for unit, mark in found.found if not unit.home and mark.schema == GB_SCHEMA), None):
        raise UnsupportedOperation(
            "a label stands inside the content",
            place=inside.place,
            remedy="take it out there first; one label is allowed",
        )
    from labelkit import sidecar

    return sidecar.content(job.label, data, job.source.path.name if job.source.path else "")


def _payload(job: Job, found: Evidence) -> bytes:
    """What the home is to hold: the label itself, or the XMP packet that is there with the label in it."""
    if job.row.container.home is Kind.FIELD:
        return job.label.to_json().encode()
    home = found.home
    return xmp.put(home.data if home else None, job.label.to_json(), job.config.source_type)


def _metadata_note(row: Format) -> Note:
    field = ": TC260:AIGC" if row.container.home is Kind.XMP else ""
    return Note(Layer.METADATA, f"{row.place}{field}")


def _cleared(found: Evidence) -> Mapping[Unit, bytes | None]:
    """The units besides the home that held a GB label, each without it (6.1 c: exactly one)."""
    others = {unit: None for unit, mark in found.found if not unit.home and mark.schema == GB_SCHEMA}
    return {unit: xmp.take_out(unit.data) if unit.kind is Kind.XMP else None for unit in others}


def check(result: Labelled, stored: Buffer | None = None) -> Labelled:
    """``result`` if its bytes read back as it says.

    Args:
        result: what was made.
        stored: it as it stands on disk; None puts it together in memory.

    Raises:
        WriteError: a layer cannot be found again.
    """
    content = result.content if stored is not None else Content(result.content.whole())
    data = content.source if stored is None else stored
    if result.metadata:
        _check_metadata(result, data)
    signal, unmarked = signals.check(result.signal, data, result.row)
    written = tuple(note for note in result.written if note.layer != Layer.WATERMARK or not unmarked)
    skipped = (*result.skipped, *unmarked)
    return Labelled(content, result.row, result.label, written, skipped, signal, result.metadata, True, result.beside)


def _check_metadata(result: Labelled, data: Buffer) -> None:
    found = evidence.collect(data, result.row, look_for_traces=False, beside=result.beside)
    marks = [m.label for m in found.labels]
    if found.defect or marks != [result.label]:
        raise WriteError(
            f"the metadata label did not read back: {len(marks)} labels found",
            place=result.row.place,
            remedy="please report this file; the original is untouched",
        )


def run_new(image: Any, job: Job) -> Labelled:
    """Encode an array, a Pillow image or samples with their labels.

    Args:
        image: array, Pillow image, or :class:`labelkit.formats.media.Samples`.
        job: what to write; its source is not looked at.

    Raises:
        InputError: the array's shape or type.
        ExplicitLabelError, UnsupportedOperation, WriteError: as :func:`run`.
    """
    signal = signals.put_new(image, job)
    content, written = Content(signal.data), signal.written
    metadata = Layer.METADATA in job.config.layers
    if metadata:
        if hasattr(image, "__array_interface__") and not hasattr(image, "getbands"):  # arrays bring no metadata
            edits = job.row.container.first_edit(signal.data, _payload(job, NOTHING))
        else:
            edits = _edits(job, signal.data, evidence.collect(signal.data, job.row, look_for_traces=False))
        content = content.edited(edits)
        written = (*written, _metadata_note(job.row))
    else:
        signal = replace(signal, skipped=(*signal.skipped, Note(Layer.METADATA, "not asked for")))
    return check(Labelled(content, job.row, job.label, written, signal.skipped, signal, metadata))


def open_job(
    source: Source, label: AigcLabel, config: Config, *, own: bool, keys: tuple[Key, ...] = (), strict: bool = False
) -> Job:
    """Find the format and check what can be checked before any work.

    Raises:
        UnknownFormat: none of ours.
    """
    if not source.data:
        raise BrokenFile("the file is empty (0 bytes)", file=source.name, remedy="restore it from its source")
    return Job(source, table.find(source.data, source.name), label, config, own, keys, strict)
