"""Which files a run is about: folders walked, names checked, everything known before the first file is touched.

The list is kept in a private temporary SQLite database, so that memory does not grow with the number of files: a
million paths cost about 300 MB of temporary disk and a few megabytes of memory. Sorting happens there too, which makes
the order of a run the same on every machine.

What is met in a folder is treated with more care than what is named: names that begin with a dot are left alone
(temporary files and the journal are among them), symbolic links are listed but not followed, which also rules out
loops, and whatever is no regular file is listed with the reason.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeAlias

from labelkit.errors import InputError, LabelKitError, Unreadable
from labelkit.sources import BACKUP_SUFFIX, read_error

#: What the batch functions take: one path, or any iterable of paths; each names a file or a folder.
Sources: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"

_ROWS_AT_ONCE = 1000
_CACHE_KIB = 8192
_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE item (root INTEGER, sort BLOB, source BLOB, relative BLOB, named INTEGER,
                       problem BLOB, reason TEXT, real BLOB, target BLOB);
    CREATE TABLE folder (id INTEGER PRIMARY KEY, relative BLOB);
"""
_INDEXES = """
    CREATE INDEX item_order ON item (root, sort);
    CREATE INDEX item_real ON item (real) WHERE real IS NOT NULL;
    CREATE INDEX item_target ON item (target) WHERE target IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a plan.

    Attributes:
        source: the path, as the caller named it or below the folder the caller named.
        relative: the same below the output folder.
        named: whether the caller named this very file; else it was met in a folder.
        problem: why it cannot be processed.
        reason: why it is left out on purpose.
        clash: another source that would get the same output name.
    """

    source: str
    relative: str
    named: bool
    problem: LabelKitError | None = None
    reason: str = ""
    clash: str = ""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How sources become items.

    Attributes:
        out: the output folder, which is never walked into; ``None`` when results go elsewhere.
        recursive: whether sub-folders belong to a folder.
        backup: suffix of originals that an earlier in-place run kept, besides the usual one; a file of such a name
            beside the file it belongs to is left out.
        fold: whether the output folder takes ``a.png`` and ``A.png`` for one file.
    """

    out: str | None = None
    recursive: bool = True
    backup: str = ""
    fold: bool = False


class Plan:
    """The files of a run, in order; iterate as often as you like, and close it."""

    def __init__(self, sources: Sources, options: PlanOptions | None = None) -> None:
        self._options = options or PlanOptions()
        # "" is a database of its own on disk that SQLite deletes by itself, even after a crash. A generator may be
        # moved between threads by its caller, never used by two at once.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(f"PRAGMA cache_size = -{_CACHE_KIB};{_TABLES}")
        self._rows: list[tuple[Any, ...]] = []
        self._root = 0
        self._out = _identity(self._options.out)
        for self._root, source in enumerate(_each(sources)):
            self._add_source(source)
        self._flush()
        self._db.executescript(_INDEXES)

    def __len__(self) -> int:
        """How many items there are, those left out included."""
        return int(self._db.execute("SELECT count(*) FROM item").fetchone()[0])

    def __iter__(self) -> Iterator[Item]:
        """The items: sources in the order given, what is in a folder in the order of its names' bytes."""
        rows = self._db.execute("SELECT rowid, * FROM item ORDER BY root, sort, rowid")
        for row in rows:
            yield self._item(*row)

    def close(self) -> None:
        """Give the disk space back."""
        self._db.close()

    def _item(
        self, number: int, root: int, sort: bytes, source: bytes, relative: bytes, named: int,
        problem: bytes | None, reason: str, real: bytes | None, target: bytes | None,
    ) -> Item:  # fmt: skip
        error: LabelKitError | None = pickle.loads(problem) if problem else None  # written by this object below
        if real is not None and (first := self._earlier(real, (root, sort, number))):
            reason = f"the same file as {first}, which is in the list before it"
        clash = "" if reason or target is None or real is None else self._clash(target, real)
        return Item(_unpack(source), _unpack(relative), bool(named), error, reason, clash)

    def _earlier(self, real: bytes, before: tuple[int, bytes, int]) -> str:
        return self._one("SELECT source FROM item WHERE real = ? AND (root, sort, rowid) < (?, ?, ?)", (real, *before))

    def _clash(self, target: bytes, real: bytes) -> str:
        return self._one("SELECT source FROM item WHERE target = ? AND real != ?", (target, real))

    def _one(self, query: str, values: tuple[Any, ...]) -> str:
        found = self._db.execute(f"{query} LIMIT 1", values).fetchone()
        return _unpack(found[0]) if found else ""

    # --- filling

    def _add_source(self, source: object) -> None:
        if not isinstance(source, (str, os.PathLike)):
            error = InputError(f"{type(source).__name__} is not a path", remedy="pass paths of files and folders")
            self._add(repr(source)[:200], "", named=True, problem=error)
            return
        path = os.fsdecode(source)
        if _is_folder(path):
            self._add_folder(path)
        else:
            self._add(path, os.path.basename(os.path.normpath(path)), named=True, real=_real(path))

    def _add_folder(self, root: str) -> None:
        real = os.path.realpath(root)
        self._db.execute("DELETE FROM folder")
        self._db.execute("INSERT INTO folder (relative) VALUES (?)", (b"",))
        number = 0
        while row := self._db.execute("SELECT id, relative FROM folder WHERE id > ? LIMIT 1", (number,)).fetchone():
            number = row[0]
            self._scan(root, real, _unpack(row[1]))

    def _scan(self, root: str, real: str, relative: str) -> None:
        folder = os.path.join(root, relative)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        self._add_entry(entry, real, os.path.join(relative, entry.name))
        except OSError as error:
            problem = Unreadable(
                f"the folder cannot be read: {error.strerror or error}",
                file=folder,
                remedy="change its permissions or check the disk; the rest is done without it",
            )
            self._add(folder, relative, named=not relative, problem=problem)

    def _add_entry(self, entry: os.DirEntry[str], real: str, relative: str) -> None:
        try:
            if entry.is_symlink():
                self._add_link(entry.path, relative)
            elif entry.is_dir(follow_symlinks=False):
                # Results of this run are not its input.
                if self._options.recursive and not (self._out and _identity(entry.path) == self._out):
                    self._db.execute("INSERT INTO folder (relative) VALUES (?)", (_pack(relative),))
            elif not entry.is_file(follow_symlinks=False):
                self._add(entry.path, relative, reason="not a regular file")
            elif self._is_backup(entry.path):
                self._add(entry.path, relative, reason="an original kept by an earlier in-place run")
            else:
                self._add(entry.path, relative, real=os.path.join(real, relative))
        except OSError as error:
            self._add(entry.path, relative, problem=read_error(entry.path, error))

    def _add_link(self, path: str, relative: str) -> None:
        os.stat(path)  # a link that leads nowhere or in a circle is a problem, not a choice
        to = os.readlink(path)
        self._add(path, relative, reason=f"a symbolic link to {to}; links in folders are not followed, name it itself")

    def _is_backup(self, path: str) -> bool:
        suffixes = {self._options.backup, BACKUP_SUFFIX} - {""}
        return any(path.endswith(suffix) and os.path.exists(path[: -len(suffix)]) for suffix in suffixes)

    def _add(
        self,
        source: str,
        relative: str,
        *,
        named: bool = False,
        real: str = "",
        problem: LabelKitError | None = None,
        reason: str = "",
    ) -> None:
        # "/" becomes the smallest byte, so that a folder's content stays together.
        name = _pack(relative)
        target = self._folded(name) if real and self._options.out is not None else None
        self._rows.append(
            (
                self._root, name.replace(b"/", b"\0"), _pack(source), name, named,
                pickle.dumps(problem.at(source)) if problem else None, reason,
                _digest(_pack(real)) if real else None, target,
            )
        )  # fmt: skip
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(f"INSERT INTO item VALUES ({', '.join('?' * 9)})", self._rows)
        self._db.execute("COMMIT")
        self._rows.clear()

    def _folded(self, name: bytes) -> bytes:
        if self._options.fold:
            name = _pack(unicodedata.normalize("NFC", unicodedata.normalize("NFD", _unpack(name)).casefold()))
        return _digest(name)


def _each(sources: Sources) -> Iterable[object]:
    """The single sources.

    Raises:
        InputError: it is neither a path nor an iterable of paths.
    """
    if isinstance(sources, (str, os.PathLike)):
        return (sources,)
    if isinstance(sources, Iterable) and not isinstance(sources, (bytes, bytearray, memoryview)):
        return sources
    raise InputError(
        f"the sources are a {type(sources).__name__}", remedy="pass a path, a folder, or an iterable of paths"
    )


def check_sources(sources: Sources) -> Sources:
    """``sources`` if they can be planned; a lone path becomes a list.

    Raises:
        InputError: they are neither a path nor an iterable of paths, or the only one is empty.
    """
    each = _each(sources)
    if each == ("",):
        raise InputError("the source path is empty", remedy="name a file or a folder")
    return each  # type: ignore[return-value]  # what is no path becomes a failed item


def folders_among(sources: Sources) -> Sequence[str]:
    """Those of the sources that are folders, when that can be told without using up an iterator."""
    each = _each(sources)
    if not isinstance(each, Sequence):
        return ()
    return [os.fsdecode(s) for s in each if isinstance(s, (str, os.PathLike)) and _is_folder(os.fsdecode(s))]


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:
        return False


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def _identity(path: str | None) -> tuple[int, int] | None:
    try:
        info = os.stat(path) if path is not None else None
    except (OSError, ValueError):
        return None
    return (info.st_dev, info.st_ino) if info else None


def _pack(path: str) -> bytes:
    """Any path as bytes, the impossible ones of mistaken callers included."""
    return path.encode("utf-8", "surrogatepass")


def _unpack(path: bytes) -> str:
    return path.decode("utf-8", "surrogatepass")


def _digest(name: bytes) -> bytes:
    """16 bytes that stand for a path: among a million paths, two agree by chance with probability 10^-27."""
    return blake2b(name, digest_size=16).digest()
