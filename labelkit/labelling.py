"""The way of one file through the labelling side: decide, draw, splice, read back, store.

Nothing is stored before the complete result was read back by the verifier's own reader; a layer that cannot be read
back is an error, not a success.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from labelkit import evidence
from labelkit.carriers import xmp
from labelkit.config import Config
from labelkit.errors import AlreadyLabelled, BrokenFile, InputError, UnsupportedOperation, WriteError
from labelkit.evidence import Evidence
from labelkit.formats import media, table
from labelkit.formats.base import Buffer, Kind, Unit, apply
from labelkit.formats.table import Format
from labelkit.record import GB_SCHEMA, AigcLabel, ExplicitMark, Layer, Mark, Note, Outcome
from labelkit.sources import Source, open_source, same_file, store, write_error
from labelkit.wording import elements

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
    """

    source: Source
    row: Format
    label: AigcLabel
    config: Config
    own: bool = False


@dataclass(frozen=True, slots=True)
class Labelled:
    """A complete result before it is stored."""

    data: bytes
    row: Format
    label: AigcLabel
    written: tuple[Note, ...]
    skipped: tuple[Note, ...]
    mark: ExplicitMark | None = None
    metadata: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """Where a result goes: nowhere (kept in memory), a path, or a file object."""

    path: Path | None = None
    stream: IO[bytes] | None = None
    backup: str = ""


def run(job: Job) -> Labelled:
    """Make the labelled file in memory.

    Raises:
        BrokenFile: the source is damaged.
        AlreadyLabelled: it has a label and the policy is ``refuse``.
        UnsupportedOperation: the format has no home for a layer.
        ExplicitLabelError: the visible label cannot be drawn.
        WriteError: the result does not read back.
    """
    found = evidence.collect(job.source.data, job.row)
    if found.defect:
        raise found.defect
    label, note = _decide(job, found)
    job = replace(job, label=label)
    if note == _KEPT:
        return Labelled(bytes(job.source.data), job.row, label, (), (Note("metadata", note), *_misnamed(job)))
    data, mark, notes = _draw(job, found)
    written, skipped = notes[0], (*notes[1], *_misnamed(job), *_unsigned(found))
    metadata = Layer.METADATA in job.config.layers
    if metadata:
        data = _splice(job, data, found)
        written = (*written, Note(Layer.METADATA, f"{job.row.place}: TC260:AIGC"))
        skipped = (*skipped, Note(Layer.METADATA, note)) if note else skipped
    result = Labelled(bytes(data), job.row, label, written, skipped, mark, metadata)
    return check(result, result.data)


def _misnamed(job: Job) -> tuple[Note, ...]:
    """What to say about a name that promises another format; the content decides."""
    ending = job.source.path.suffix.lower() if job.source.path else ""
    if not any(ending in row.extensions for row in table.formats()) or ending in job.row.extensions:
        return ()
    called = job.row.extensions[0]
    return (Note("file", f"called {ending}, but the content is {job.row.container.name}; rename it to {called}"),)


def _unsigned(found: Evidence) -> tuple[Note, ...]:
    """What to say about a C2PA manifest, whose hash covers the bytes that a label changes."""
    signed = any(trace.kind == "c2pa" for trace in found.traces)
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


_Notes = tuple[tuple[Note, ...], tuple[Note, ...]]


def _draw(job: Job, found: Evidence) -> tuple[Buffer, ExplicitMark | None, _Notes]:
    """The explicit layer: drawn, or skipped with the reason."""
    data = job.source.data
    if Layer.EXPLICIT not in job.config.layers:
        return data, None, ((), (Note(Layer.EXPLICIT, "not asked for"),))
    if why := media.cannot_look(job.row):
        return data, None, ((), (Note(Layer.EXPLICIT, why),))
    # Where a metadata label comes along it tells whether the file was labelled before; looking at pixels takes longer.
    labelled_before = found.labels or Layer.METADATA not in job.config.layers
    if labelled_before and (there := _standing(job)):
        note = Note(Layer.EXPLICIT, f"{there.text!r} stands {there.position} already ({there.ratio:.1%})")
        return data, None, ((), (note,))
    drawn = media.layers(job.row).draw(data, job.row, job.config.explicit)
    return drawn.data, drawn.mark, ((_drawn_note(drawn.mark),), ())


def _drawn_note(mark: ExplicitMark) -> Note:
    return Note(
        Layer.EXPLICIT,
        f"{mark.text!r} {mark.position}, {mark.glyph_height:.0f} px = {mark.ratio:.1%} of the shortest side, "
        f"contrast {mark.contrast:.1f}:1",
    )


def _standing(job: Job) -> ExplicitMark | None:
    """A visible label that already does what the rule asks, so that labelling twice draws once."""
    marks = media.layers(job.row).find(job.source.data, job.row)
    good = [m for m in marks if m.ratio >= 0.049 and elements(m.text).complete and m.frames[0] == m.frames[1]]
    return good[0] if good else None


def _splice(job: Job, data: Buffer, found: Evidence) -> bytes:
    """The metadata layer: the label goes home, and every other place that held one is cleared of it."""
    container = job.row.container
    if container.home is not Kind.XMP:
        raise UnsupportedOperation(f"{container.name} labels are not written as XMP", remedy="please report this")
    if data is not job.source.data:
        found = evidence.collect(data, job.row)  # drawing moved the units
    home = found.home
    packet = xmp.put(home.data if home else None, job.label.to_json(), job.config.source_type)
    edits = container.edit(data, packet, _cleared(found))
    return b"".join(apply(data, edits))


def _cleared(found: Evidence) -> Mapping[Unit, bytes | None]:
    """The units besides the home that held a GB label, each without it (6.1 c: exactly one)."""
    others = {unit: None for unit, mark in found.found if not unit.home and mark.schema == GB_SCHEMA}
    return {unit: xmp.take_out(unit.data) if unit.kind is Kind.XMP else None for unit in others}


def check(result: Labelled, data: Buffer) -> Labelled:
    """``result`` if ``data`` reads back as it says.

    Raises:
        WriteError: a layer cannot be found again.
    """
    if result.metadata:
        found = evidence.collect(data, result.row)
        marks = [m.label for m in found.labels]
        if found.defect or marks != [result.label]:
            raise WriteError(
                f"the metadata label did not read back: {len(marks)} labels found",
                place=result.row.place,
                remedy="please report this file; the original is untouched",
            )
    if result.mark and not media.layers(result.row).confirm(data, result.row, result.mark):
        raise WriteError(
            "the visible label did not read back from the coded picture",
            place=result.mark.position,
            remedy="use style plate, or a higher quality; the original is untouched",
        )
    return result


def run_new(image: Any, row: Format, label: AigcLabel, config: Config) -> Labelled:
    """Encode an array or a Pillow image with its labels.

    Raises:
        InputError: the array's shape or type.
        ExplicitLabelError, UnsupportedOperation, WriteError: as :func:`run`.
    """
    settings = config.explicit if Layer.EXPLICIT in config.layers else None
    data, mark = media.layers(row).draw_new(image, row, settings, config.quality)
    written: Sequence[Note] = [_drawn_note(mark)] if mark else []
    metadata = Layer.METADATA in config.layers
    if metadata:
        job = Job(Source("<image>", data), row, label, config)
        data = _splice(job, data, evidence.collect(data, row))
        written = [*written, Note(Layer.METADATA, f"{row.place}: TC260:AIGC")]
    skipped = tuple(Note(layer, "not asked for") for layer in _left_out(config))
    return check(Labelled(data, row, label, tuple(written), skipped, mark, metadata), data)


def _left_out(config: Config) -> Iterator[str]:
    return (layer for layer in (Layer.EXPLICIT, Layer.METADATA) if layer not in config.layers)


def deliver(source_name: str, result: Labelled, target: Target, *, sync: bool, like: Path | None = None) -> Outcome:
    """Store a result and say so.

    Raises:
        WriteError: it could not be stored; whatever was there before is untouched.
    """
    outcome = Outcome(
        source_name, label=result.label, format=result.row.id, written=result.written, skipped=result.skipped
    )
    if target.stream is not None:
        _pour(result.data, target.stream)
        return outcome
    if target.path is None:
        return replace(outcome, data=result.data)
    if target.backup:
        _keep_backup(target.path, target.backup, result)
    store(target.path, [result.data], check=lambda path: _read_back(result, path), like=like, sync=sync)
    return replace(outcome, path=target.path)


def _pour(data: bytes, stream: IO[bytes]) -> None:
    """Write everything to a caller's file object; unbuffered files and sockets may take it in pieces."""
    name = getattr(stream, "name", None)
    called = name if isinstance(name, str) else "<stream>"
    try:
        done = taken = _taken(stream, data)
        while taken and done < len(data):
            taken = _taken(stream, memoryview(data)[done:])
            done += taken
    except OSError as error:
        raise write_error(Path(called), error) from error
    except (ValueError, TypeError) as error:  # it is closed, or not open for writing bytes
        raise WriteError(
            f"the file object cannot be written: {error}", file=called, remedy="open it for writing in binary mode"
        ) from error
    if done < len(data):
        raise WriteError(
            f"the file object took {done} of {len(data)} bytes", file=called, remedy="pass one that blocks"
        )


def _taken(stream: IO[bytes], piece: bytes | memoryview) -> int:
    """How much of ``piece`` a file object took; what answers nothing and is no raw stream takes all (PEP 3116)."""
    taken: object = stream.write(piece)
    if isinstance(taken, int):
        return taken
    return 0 if isinstance(stream, io.RawIOBase) else len(piece)


def _read_back(result: Labelled, path: Path) -> None:
    """The stored file is the checked one, byte for byte."""
    if open_source(path).data[:] != result.data:
        raise WriteError("the stored file differs from what was written", file=str(path), remedy="check the disk")


def _keep_backup(path: Path, suffix: str, result: Labelled) -> None:
    """The original under another name; an older backup of the same picture is the truer original and stays.

    Raises:
        WriteError: the older backup belongs to another picture, so that this original would be lost.
    """
    backup = path.with_name(path.name + suffix)
    original = open_source(path).data
    if not backup.exists():
        store(backup, [bytes(original)], like=path)
    elif original[:] not in (result.data, open_source(backup).data[:]) and not _is_labelled(original, result.row):
        raise WriteError(
            "the original of another picture is kept under this name",
            file=str(backup),
            remedy="move it away, or choose another backup suffix",
        )


def _is_labelled(data: Buffer, row: Format) -> bool:
    return bool(evidence.collect(data, row).labels)


def target_for(out: Any, source: Source | None, row: Format, *, in_place: bool, backup: str) -> Target:
    """What ``out`` means for this source.

    Raises:
        InputError: output equal to the input, an extension of another format, or ``in_place`` without a file.
    """
    if in_place:
        if source is None or source.path is None or out is not None:
            raise InputError("in_place needs a source path and no out", remedy="pass out instead, or a path")
        # what a link leads to is labelled; the link stays a link
        return Target(source.path.resolve() if source.path.is_symlink() else source.path, backup=backup)
    if out is None:
        return Target()
    if hasattr(out, "write"):
        return Target(stream=out)
    return Target(_checked_path(Path(out), source, row))


def _checked_path(path: Path, source: Source | None, row: Format) -> Path:
    if path.is_dir():
        if source is None or source.path is None:
            raise InputError("the output is a folder and the input has no name", file=str(path), remedy="name a file")
        path = path / source.path.name
    if source is not None and source.path is not None and same_file(path, source.path):
        raise InputError(
            "output and input are the same file", file=str(path), remedy="choose another output, or ask for in-place"
        )
    promised = [r for r in table.formats() if path.suffix.lower() in r.extensions]
    if (
        promised
        and row not in promised
        and (source is None or source.path is None or path.suffix != source.path.suffix)
    ):
        raise InputError(
            f"the output is called {path.suffix}, the content is {row.container.name}",
            file=str(path),
            remedy=f"call it {row.extensions[0]}; LabelKit does not convert between formats",
        )
    return path


def open_job(source: Source, label: AigcLabel, config: Config, *, own: bool) -> Job:
    """Find the format and check what can be checked before any work.

    Raises:
        UnknownFormat: none of ours.
    """
    if not source.data:
        raise BrokenFile("the file is empty (0 bytes)", file=source.name, remedy="restore it from its source")
    return Job(source, table.find(source.data, source.name), label, config, own)
