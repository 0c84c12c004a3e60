"""Where a result goes: kept in memory, written to a stream, or stored so that nothing can be lost."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from labelkit import evidence, labelling
from labelkit.content import Content
from labelkit.errors import InputError, UnsupportedOperation, WriteError
from labelkit.formats import table
from labelkit.formats.base import Buffer
from labelkit.formats.table import Format
from labelkit.labelling import Labelled
from labelkit.record import Outcome
from labelkit.sources import Source, open_source, same_file, store, write_error


@dataclass(frozen=True, slots=True)
class Target:
    """Where a result goes: nowhere (kept in memory), a path, or a file object."""

    path: Path | None = None
    stream: IO[bytes] | None = None
    backup: str = ""


def deliver(source_name: str, result: Labelled, target: Target, *, sync: bool, like: Path | None = None) -> Outcome:
    """Store a result and say so.

    Raises:
        WriteError: it could not be stored; whatever was there before is untouched.
    """
    if target.path is not None:
        return _store(source_name, result, target.path, target.backup, sync=sync, like=like)
    if result.beside is not None:
        raise UnsupportedOperation(
            f"{result.row.container.name} has no place for metadata, and a result in memory has none beside it",
            remedy="write to a file: the label goes into NAME.aigc.json beside it",
        )
    result = result if result.checked else labelling.check(result)
    data = result.content.whole()
    if target.stream is None:
        return outcome(source_name, result, data=data)
    _pour(data, target.stream)
    return outcome(source_name, result)


def outcome(source_name: str, result: Labelled, path: Path | None = None, data: bytes | None = None) -> Outcome:
    """What was done, wherever it goes."""
    return Outcome(source_name, path, data, result.label, result.row.id, result.written, result.skipped)


def _store(source_name: str, result: Labelled, path: Path, backup: str, *, sync: bool, like: Path | None) -> Outcome:
    read_back = result

    def check(temporary: Path) -> None:
        nonlocal read_back
        read_back = _read_back(result, temporary)

    if backup:
        _keep_backup(path, backup, result)
    if result.beside is not None:  # first, so that the document never stands there without its label
        from labelkit import sidecar

        store(sidecar.path_for(path), [result.beside], like=like, sync=sync)
    store(path, result.content.write, check=check, like=like, sync=sync)
    return outcome(source_name, read_back, path)


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


def _read_back(result: Labelled, path: Path) -> Labelled:
    """The stored file is the checked one, byte for byte; a large one is checked now that it stands on disk."""
    stored = open_source(path).data
    if not result.content.stands_in(stored):
        raise WriteError("the stored file differs from what was written", file=str(path), remedy="check the disk")
    return result if result.checked else labelling.check(result, stored)


def _keep_backup(path: Path, suffix: str, result: Labelled) -> None:
    """The original under another name; an older backup of the same picture is the truer original and stays.

    Raises:
        WriteError: the older backup belongs to another picture, so that this original would be lost.
    """
    backup = path.with_name(path.name + suffix)
    original = open_source(path).data
    if not backup.exists():
        store(backup, Content(original, path=path).write, like=path)
    elif not (_is_kept(original, open_source(backup).data, result) or _is_labelled(original, result.row)):
        raise WriteError(
            "the original of another picture is kept under this name",
            file=str(backup),
            remedy="move it away, or choose another backup suffix",
        )


def _is_kept(original: Buffer, backup: Buffer, result: Labelled) -> bool:
    """Whether the original is safe: it stands under the other name already, or is the result itself."""
    return result.content.stands_in(original) or (len(original) == len(backup) and original[:] == backup[:])


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
    ending = path.suffix.lower()
    if (
        not row.may_end(ending)
        and any(ending in r.extensions for r in table.formats())
        and (source is None or source.path is None or path.suffix != source.path.suffix)
    ):
        raise InputError(
            f"the output is called {path.suffix}, the content is {row.container.name}",
            file=str(path),
            remedy=f"call it {row.extensions[0]}; LabelKit does not convert between formats",
        )
    return path
