"""Bytes in and bytes out: opening what the caller gave, and storing a result so that nothing can be lost.

A result is written to a temporary file in the target's folder, synced, read back by whoever asked for it, and only
then renamed over the target. A crash, a full disk or Ctrl-C at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

from labelkit.errors import InputError, LimitExceeded, NotFound, Unreadable, WriteError

#: What the public functions accept: a path, the bytes themselves, or a binary file object.
SourceLike: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]"
Buffer: TypeAlias = bytes | mmap.mmap

#: Files up to this size are read at once; larger ones are mapped, so that memory stays flat.
READ_AT_ONCE_BYTES = 64 * 1024 * 1024
#: File objects and pipes have to be held in memory, so they have a bound; files on disk have none.
MAX_STREAM_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """An input that is open: its bytes, what the caller called it, and its path if it is a file."""

    name: str
    data: Buffer
    path: Path | None = None


def open_source(source: SourceLike) -> Source:
    """Open whatever the caller gave.

    Raises:
        NotFound: no such file.
        Unreadable: a directory, a link loop, a device, or no permission.
        LimitExceeded: a file object with more than ``MAX_STREAM_BYTES``.
        InputError: not one of the accepted types.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Source("<bytes>", bytes(source))
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        return Source(os.fspath(source), _read_path(path), path)
    if hasattr(source, "read"):
        return Source(str(getattr(source, "name", "<stream>")), _read_stream(source))
    raise InputError(
        f"cannot read a {type(source).__name__}", remedy="pass a path, bytes, a binary file object, an image or an array"
    )


def _read_path(path: Path) -> Buffer:
    try:
        with open(path, "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise Unreadable("this is not a regular file", file=str(path), remedy="name a file or a folder")
            if info.st_size <= READ_AT_ONCE_BYTES:
                return file.read()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise _read_error(path, error) from error


def _read_error(path: Path, error: OSError) -> InputError:
    name = str(path)
    if error.errno == errno.ENOENT:
        return NotFound("there is no such file", file=name, remedy="check the path")
    if error.errno == errno.EISDIR:
        return Unreadable("this is a folder", file=name, remedy="use label_many, or name a file in it")
    if error.errno == errno.ELOOP:
        return Unreadable("the symbolic links run in a circle", file=name, remedy="repair the link")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unreadable("no permission to read it", file=name, remedy="change its permissions or run as its owner")
    return Unreadable(f"it cannot be read: {error.strerror or error}", file=name, remedy="check the disk and try again")


def _read_stream(stream: IO[bytes]) -> bytes:
    data = stream.read(MAX_STREAM_BYTES + 1)
    if not isinstance(data, bytes):
        raise InputError("the file object gives text, not bytes", remedy="open it in binary mode")
    if len(data) > MAX_STREAM_BYTES:
        raise LimitExceeded(f"more than {MAX_STREAM_BYTES} bytes in a stream", remedy="save it to a file and pass the path")
    return data


def same_file(a: Path, b: Path) -> bool:
    """Whether both paths lead to one file, links followed; False when either is missing."""
    try:
        return os.path.samefile(a, b)
    except OSError:
        return False


def store(
    target: Path,
    pieces: Sequence[bytes | memoryview],
    *,
    check: Callable[[Path], None] | None = None,
    like: Path | None = None,
    sync: bool = True,
) -> None:
    """Write ``pieces`` to ``target``: temporary file, sync, ``check``, rename.

    Args:
        target: where the result goes; its folder must exist.
        pieces: the content, in order.
        check: called with the temporary file before the rename; what it raises stops the write.
        like: a file whose permissions the result gets.
        sync: wait until the disk has it. Turn off only where losing the newest results in a power cut is acceptable.

    Raises:
        WriteError: the folder is missing or not writable, or the disk is full. The target is as it was.
    """
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.chmod(temporary, _mode(like))
        if check:
            check(Path(temporary))
        os.replace(temporary, target)
        temporary = None
        if sync:
            _sync_folder(target.parent)
    except OSError as error:
        raise _write_error(target, error) from error
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)


def _mode(like: Path | None) -> int:
    if like is not None:
        with suppress(OSError):
            return stat.S_IMODE(like.stat().st_mode)
    return 0o666 & ~_umask()


def _umask() -> int:
    """The process umask; reading it means setting it, so it is read once."""
    global _known_umask
    if _known_umask is None:
        _known_umask = os.umask(0o022)
        os.umask(_known_umask)
    return _known_umask


_known_umask: int | None = None


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some network file systems refuse to sync a folder; the file itself is synced
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_error(target: Path, error: OSError) -> WriteError:
    remedies = {
        errno.ENOENT: ("the output folder does not exist", "create it first"),
        errno.ENOTDIR: ("the output folder is a file", "name another folder"),
        errno.ENOSPC: ("the disk is full", "free some space and run again; finished files are kept"),
        errno.EDQUOT: ("the disk quota is used up", "free some space and run again; finished files are kept"),
        errno.EACCES: ("no permission to write there", "choose another folder or change its permissions"),
        errno.EROFS: ("the file system is read-only", "choose another folder"),
        errno.ENAMETOOLONG: ("the file name is too long", "choose a shorter name"),
        errno.EISDIR: ("the output is a folder", "name a file"),
    }
    message, remedy = remedies.get(error.errno or 0, (f"it cannot be written: {error.strerror or error}", "check the disk"))
    return WriteError(message, file=str(target), remedy=remedy)
