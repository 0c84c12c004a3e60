"""Which inputs a command has and where their results go."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from labelkit.cli.options import usage
from labelkit.sources import BACKUP_SUFFIX

STANDARD = Path("-")
_NEEDS_FOLDER = ("the source is a folder, and its files need one", "several files need a folder")


@dataclass(frozen=True, slots=True)
class Places:
    """Inputs and outputs of one call.

    Attributes:
        sources: files and folders, or ``-`` alone.
        out: folder, file or ``-``; ``None`` only for in-place.
        in_place: results replace their sources.
        backup: suffix of the originals then kept, or ``""``.
    """

    sources: tuple[Path, ...]
    out: Path | None
    in_place: bool
    backup: str

    @property
    def single(self) -> bool:
        """Whether there is one input and it is no folder."""
        return single(self.sources)

    @property
    def to_stdout(self) -> bool:
        """Whether the labelled file itself goes to standard output."""
        return self.out == STANDARD

    @property
    def source(self) -> str | IO[bytes]:
        """The one input."""
        return open_one(self.sources[0])

    @property
    def name(self) -> str:
        """The one input as the user named it."""
        return str(self.sources[0])

    @property
    def target(self) -> Path | None:
        """Where the one result goes: ``None`` keeps it in memory, or in place."""
        if self.out is None or self.to_stdout or not is_folder(self.out):
            return None if self.to_stdout else self.out
        return self.out / self.sources[0].name


def single(sources: tuple[Path, ...]) -> bool:
    """Whether there is one input and it is no folder."""
    return len(sources) == 1 and not sources[0].is_dir()


def open_one(source: Path) -> str | IO[bytes]:
    """Standard input for ``-``, else the path as the user wrote it."""
    return sys.stdin.buffer if source == STANDARD else str(source)


def is_folder(out: Path) -> bool:
    """Whether an output is meant as a folder: it is one, or its name does not end as a known format's files do."""
    from labelkit.formats.table import formats

    if out.exists():
        return out.is_dir()
    return not any(out.suffix.lower() in row.extensions for row in formats())


@contextmanager
def folder_for(target: Path | None, *, dry_run: bool) -> Iterator[None]:
    """The folder of a single result, made for it and taken away again when nothing came into it."""
    folder = target.parent if target and not dry_run else None
    if folder is None or folder.exists() or not folder.parent.is_dir():
        yield  # a missing folder further up is more likely a mistake; storing names it
        return
    folder.mkdir()
    try:
        yield
    finally:
        with suppress(OSError):
            folder.rmdir()


def places(sources: tuple[Path, ...], out: Path | None, *, in_place: bool, backup: str | None) -> Places:
    """Put the arguments together, refusing what contradicts itself.

    Raises:
        ConfigError: a wrong combination.
    """
    check_sources(sources)
    if in_place and out is not None:
        raise usage("--in-place and --out exclude each other", "", "choose one")
    if in_place and STANDARD in sources:
        raise usage("standard input cannot be labelled in place", "--in-place", "use --out")
    if not in_place and out is None:
        raise usage("it is not said where the result goes", "--out", "give --out FOLDER, --out FILE or --in-place")
    if backup is not None and not in_place:
        raise usage("a backup is kept only with --in-place", "--backup", "leave it out, the source stays as it is")
    found = Places(sources, out, in_place, (BACKUP_SUFFIX if backup is None else backup) if in_place else "")
    if found.to_stdout:
        _check_stdout(found)
    elif STANDARD in sources and out is not None and is_folder(out):
        raise usage("standard input has no file name", "--out", "name a file, not a folder")
    elif not found.single and out is not None and not is_folder(out):
        raise usage(_NEEDS_FOLDER[len(sources) > 1], "--out", "name a folder")
    return found


def check_sources(sources: tuple[Path, ...]) -> None:
    """Refuse standard input beside other sources, or when it is a terminal.

    Raises:
        ConfigError: either.
    """
    if STANDARD in sources and len(sources) > 1:
        raise usage("standard input stands alone", "-", "give one source, or several without -")
    if STANDARD in sources and sys.stdin.isatty():
        raise usage("standard input is a terminal", "-", "pipe a file into it, as in: labelkit show - < picture.jpg")


def _check_stdout(found: Places) -> None:
    if not found.single:
        raise usage("standard output holds one file", "--out", "name a folder for several files")
    if sys.stdout.isatty():
        raise usage("a picture would be printed on the terminal", "--out", "redirect standard output, or name a file")
