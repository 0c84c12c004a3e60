"""What a run has done so far, kept so that a crash costs nothing: run again, and only the missing files are done.

The journal is a text file in the output folder, one JSON object a line, only ever appended to. A line is written
*before* a file is worked on (it fixes the content id, so that a file that was half done does not get a second one) and
another *after* its result was renamed into place. The last line for a source counts:

- none: new.
- ``begin``: perhaps half done; it is done again, under the same content id while source and settings are the same.
- ``done``: finished, as long as source, settings and result are still as the line says.

Lines before the work reach the disk before the work starts; those after it within the next 64 files. A line that a
crash tore in two is ignored. A journal on its own says nothing about the labels: the files do.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from labelkit.batch.entry import Entry
from labelkit.batch.lock import Lock, cannot_write
from labelkit.errors import ConfigError, InputError, WriteError

#: Name of the journal in an output folder.
JOURNAL_NAME = ".labelkit-journal.jsonl"
_HEADER = b'{"labelkit-journal": 1}\n'
# The label has seven fields of at most 16,384 characters, each at most 12 bytes once escaped; a path adds its own.
_MAX_LINE_BYTES = 2 * 1024 * 1024


class Journal:
    """An open journal; safe to use from several threads.

    Args:
        path: the journal file; it is made when missing.
        sync: wait for the disk at the promised moments.
        read_only: write nothing and lock nothing (dry runs).

    Raises:
        WriteError: it cannot be made, or another run is using it.
        InputError: the file is there and is not a journal.
    """

    def __init__(self, path: Path, *, sync: bool = True, read_only: bool = False) -> None:
        self.path = path
        self._sync, self._read_only = sync, read_only
        self._mutex = threading.Lock()
        self._torn = False
        self._lock = None if read_only else Lock(path.with_name(f"{path.name}.lock"))
        try:
            self._handle = self._open()
            self._index = _Index(self._handle)
        except BaseException:
            self._unlock()
            raise

    @property
    def lock_handle(self) -> int | None:
        """The descriptor that keeps other runs out; a worker process that inherits it keeps them out as well."""
        return self._lock.handle if self._lock else None

    def find(self, source: str) -> Entry | None:
        """The last line for this absolute path, as it was when the journal was opened."""
        at = self._index.find(source)
        return None if at is None or self._handle is None else Entry.from_line(_line_at(self._handle, at))

    def begin(self, entries: Iterable[Entry]) -> None:
        """Note that these sources are about to be worked on; they are on the disk when this returns.

        Raises:
            WriteError: the disk is full or gone. Do not work on these sources.
        """
        self._write(b"".join(entry.to_line() for entry in entries), sync=self._sync)

    def done(self, entry: Entry) -> None:
        """Note that a source is finished. Call it after the result was renamed into place.

        A line that cannot be written is left out: the source is then done once more by the next run.
        """
        with suppress(WriteError):
            self._write(entry.to_line(), sync=False)

    def close(self) -> None:
        """Wait for the disk and let other runs in."""
        if self._handle is not None:
            with suppress(OSError):
                if self._sync and not self._read_only:
                    os.fsync(self._handle)
            os.close(self._handle)
            self._handle = None
        self._index.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock:
            self._lock.close()

    def _open(self) -> int | None:
        if self._read_only and not self.path.exists():
            return None
        flags = os.O_RDONLY if self._read_only else os.O_RDWR | os.O_APPEND | os.O_CREAT
        handle = -1
        try:
            handle = os.open(self.path, flags | os.O_CLOEXEC, 0o666)
            self._check_header(handle)
        except BaseException as error:
            if handle >= 0:
                os.close(handle)
            if isinstance(error, OSError):
                raise cannot_write(self.path, error) from error
            raise
        return handle

    def _check_header(self, handle: int) -> None:
        head = os.pread(handle, len(_HEADER), 0)
        if head == _HEADER:
            self._torn = os.pread(handle, 1, os.fstat(handle).st_size - 1) != b"\n"
        elif not _HEADER.startswith(head):
            raise InputError(
                "this file is not a journal", file=str(self.path), remedy="name another file for the journal"
            )
        elif not self._read_only:  # new, or a crash tore the very first line
            os.ftruncate(handle, 0)
            self._append(handle, _HEADER)

    def _write(self, lines: bytes, *, sync: bool) -> None:
        if self._read_only or not lines:
            return
        with self._mutex:
            if self._handle is None:
                return
            try:
                self._append(self._handle, lines)
                if sync:
                    os.fsync(self._handle)
            except OSError as error:
                raise cannot_write(self.path, error) from error

    def _append(self, handle: int, lines: bytes) -> None:
        """Append, starting on a line of its own after one that was torn."""
        pending = memoryview(b"\n" + lines if self._torn else lines)
        self._torn = True
        while pending:
            pending = pending[os.write(handle, pending) :]
        self._torn = False


class _Index:
    """Where in a journal the last line of each source begins.

    A private temporary SQLite database (see :mod:`labelkit.batch.plan`): a million lines take a few megabytes of
    memory and about 40 MB of temporary disk.
    """

    def __init__(self, handle: int | None) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192;"
            "CREATE TABLE line (source BLOB PRIMARY KEY, at INTEGER) WITHOUT ROWID;"
        )
        if handle is not None:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO line VALUES (?, ?)", _lines(handle))
            self._db.execute("COMMIT")

    def find(self, source: str) -> int | None:
        found = self._db.execute("SELECT at FROM line WHERE source = ?", (_key(source),)).fetchone()
        return found[0] if found else None

    def close(self) -> None:
        self._db.close()


def _line_at(handle: int, at: int) -> bytes:
    line = b""
    while b"\n" not in line and len(line) < _MAX_LINE_BYTES:
        piece = os.pread(handle, 4096, at + len(line))
        if not piece:
            break
        line += piece
    return line.partition(b"\n")[0]


def _lines(handle: int) -> Iterator[tuple[bytes, int]]:
    """Source and position of every sound line."""
    with open(handle, "rb", closefd=False) as reader:
        reader.seek(0)
        at = 0
        while line := reader.readline(_MAX_LINE_BYTES):
            source = _source_of(line)
            if source is not None:
                yield _key(source), at
            at += len(line)


def _source_of(line: bytes) -> str | None:
    try:
        values: Any = json.loads(line)
        source = values["source"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return source if isinstance(source, str) else None


def _key(source: str) -> bytes:
    return hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def journal_path(given: str | os.PathLike[str] | bool | None, folder: Path | None) -> Path | None:
    """Where the journal of a run lies: where the caller says, in ``folder``, or nowhere.

    Raises:
        ConfigError: the caller insists on one and there is no folder to put it in.
    """
    if given is False or (given is None and folder is None):
        return None
    if given is True or given is None:
        if folder is None:
            raise ConfigError("there is no folder for the journal", place="journal", remedy="pass journal=PATH")
        return folder / JOURNAL_NAME
    return Path(given)
