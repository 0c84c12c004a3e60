"""Bytes in and bytes out: opening what the caller gave, and storing a result so that nothing can be lost.

A result is written to a temporary file in the target's folder, synced, read back by whoever asked for it, and only
then renamed over the target. A crash, a full disk or Ctrl-C at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

from labelkit.errors import InputError, LimitExceeded, NotFound, Unreadable, WriteError

#: What the public functions accept: a path, the bytes themselves, or a binary file object.
SourceLike: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]"
Buffer: TypeAlias = bytes | mmap.mmap

#: Under this suffix an original is kept that its labelled copy replaces, unless the caller names another.
BACKUP_SUFFIX = ".orig"
#: Files up to this size are read at once; larger ones are mapped, so that memory stays flat.
READ_AT_ONCE_BYTES = 16 * 1024 * 1024
#: File objects and pipes have to be held in memory, so they have a bound; files on disk have none.
MAX_STREAM_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """An input that is open: its bytes, what the caller called it, and its path if it is a file."""

    name: str
    data: Buffer
    path: Path | None = None


def open_source(source: SourceLike) -> Source:
    """Open whatever the caller gave; a file object is read from where it stands to its end.

    Raises:
        NotFound: no such file.
        Unreadable: a directory, a link loop, a pipe or device, or no permission.
        LimitExceeded: a file object with more than ``MAX_STREAM_BYTES``.
        InputError: not one of the accepted types, or a path that no file can have.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Source("<bytes>", bytes(source))
    if isinstance(source, (str, os.PathLike)):
        name = os.fsdecode(source)
        return Source(name, _read_path(name), Path(name))
    if hasattr(source, "read"):
        called = getattr(source, "name", None)
        return Source(called if isinstance(called, str) else "<stream>", _read_stream(source))
    raise InputError(
        f"cannot read a {type(source).__name__}",
        remedy="pass a path, bytes, a binary file object, an image or an array",
    )


def _read_path(name: str) -> Buffer:
    if not name:
        raise InputError("the path is empty", remedy="name a file")
    try:
        # O_NONBLOCK: opening a named pipe that nobody writes to would wait for ever; files do not care.
        with os.fdopen(os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                folder = stat.S_ISDIR(info.st_mode)
                remedy = _FOLDER_REMEDY if folder else "save what it gives to a file and name that"
                raise Unreadable(_odd_kind(info.st_mode), file=name, remedy=remedy)
            if info.st_size <= READ_AT_ONCE_BYTES:
                return file.read()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise read_error(name, error) from error
    except ValueError as error:  # a zero byte, or a character the file system's encoding lacks
        raise InputError(f"no file can have this name: {error}", file=name, remedy="check the path") from error


_FOLDER_REMEDY = "name a file; label_many and verify_many take folders"


def _odd_kind(mode: int) -> str:
    """What a thing that is not a regular file is."""
    if stat.S_ISDIR(mode):
        return "this is a folder"
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return "this is a pipe or socket, not a regular file"
    return "this is a device, not a regular file"


def read_error(name: str, error: OSError) -> InputError:
    """What the system's refusal to open ``name`` means for the user."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFound("there is no such file", file=name, remedy=_missing_remedy(name))
    if error.errno == errno.EISDIR:
        return Unreadable("this is a folder", file=name, remedy=_FOLDER_REMEDY)
    if error.errno == errno.ELOOP:
        return Unreadable("the symbolic links run in a circle", file=name, remedy="repair the link")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unreadable("no permission to read it", file=name, remedy="change its permissions or run as its owner")
    return Unreadable(f"it cannot be read: {error.strerror or error}", file=name, remedy="check the disk and try again")


def _missing_remedy(name: str) -> str:
    return "repair the symbolic link, it leads nowhere" if os.path.islink(name) else "check the path"


def _read_stream(stream: IO[bytes]) -> bytes:
    """Everything that is left; unbuffered files, pipes and sockets give it in pieces."""
    pieces: list[bytes] = []
    size = 0
    while piece := _read_piece(stream):
        size += len(piece)
        if size > MAX_STREAM_BYTES:
            raise LimitExceeded(
                f"more than {MAX_STREAM_BYTES} bytes in a stream", remedy="save it to a file and pass the path"
            )
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _read_piece(stream: IO[bytes]) -> bytes:
    try:
        # At most 16 MB asked at once: readers allocate what they are asked for before they know how much there is.
        piece: object = stream.read(READ_AT_ONCE_BYTES)
    except (OSError, ValueError) as error:  # ValueError: the object is closed
        raise Unreadable(f"the file object cannot be read: {error}", remedy="open it again") from error
    if piece is None:
        raise Unreadable("the file object has no data yet", remedy="pass one that blocks until there is some")
    if not isinstance(piece, bytes):
        raise InputError("the file object gives text, not bytes", remedy="open it in binary mode")
    return piece


def same_file(a: Path, b: Path) -> bool:
    """Whether both paths lead to one file, links followed; False when either is missing."""
    try:
        return os.path.samefile(a, b)
    except (OSError, ValueError):
        return False


def store(
    target: Path,
    content: Sequence[bytes | memoryview] | Callable[[IO[bytes]], None],
    *,
    check: Callable[[Path], None] | None = None,
    like: Path | None = None,
    sync: bool = True,
) -> None:
    """Write ``content`` to ``target``: temporary file, sync, ``check``, rename.

    A target that is a symbolic link is replaced, not followed: what it leads to may be somebody's original.

    Args:
        target: where the result goes; its folder must exist.
        content: its pieces in order, or what writes them into the file it is given.
        check: called with the temporary file before the rename; what it raises stops the write.
        like: a file whose permissions the result gets; its owner too when it is the target itself.
        sync: wait until the disk has it. Turn off only where losing the newest results in a power cut is acceptable.

    Raises:
        WriteError: the folder is missing or not writable, or the disk is full. The target is as it was.
    """
    temporary: Path | None = None
    try:
        model = _stat(like)
        handle, temporary = _create(target, stat.S_IMODE(model.st_mode) & 0o777 if model else 0o666)
        with os.fdopen(handle, "wb") as file:
            content(file) if callable(content) else file.writelines(content)
            file.flush()
            if model:
                _dress(file.fileno(), model, _stat(target))
            if sync:
                os.fsync(file.fileno())
        if check:
            check(temporary)
        os.replace(temporary, target)
        temporary = None
        if sync:
            _sync_folder(target.parent)
    except OSError as error:
        raise write_error(target, error) from error
    except ValueError as error:
        raise WriteError(f"no file can have this name: {error}", file=str(target), remedy="choose another") from error
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)


def temporary_prefix(target: Path) -> str:
    """How the names of temporary files for ``target`` begin; they end in ``.part`` and lie in the same folder.

    A digest, because a name may use all 255 bytes that a file system allows and leave no room for an addition.
    """
    return f".{hashlib.blake2b(os.fsencode(target.name), digest_size=6).hexdigest()}-"


def _create(target: Path, mode: int) -> tuple[int, Path]:
    """A new file beside ``target``; the kernel applies the umask and the folder's default permissions."""
    while True:
        path = target.parent / f"{temporary_prefix(target)}{os.urandom(4).hex()}.part"
        with suppress(FileExistsError):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), path


def _stat(path: Path | None) -> os.stat_result | None:
    with suppress(OSError):
        return path.stat() if path else None
    return None


def _dress(handle: int, model: os.stat_result, replaced: os.stat_result | None) -> None:
    """Give the new file the permissions of ``model``, and its owner when it takes its place."""
    if replaced and os.path.samestat(model, replaced):
        with suppress(OSError):  # only root may give files away
            os.fchown(handle, model.st_uid, model.st_gid)
    os.fchmod(handle, stat.S_IMODE(model.st_mode) & 0o777)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some network file systems refuse to sync a folder; the file itself is synced
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_error(target: Path, error: OSError) -> WriteError:
    """What the system's refusal to write ``target`` means for the user."""
    remedies = {
        errno.ENOENT: ("the output folder does not exist", "create it first"),
        errno.ENOTDIR: ("the output folder is a file", "name another folder"),
        errno.ENOSPC: ("the disk is full", "free some space and run again; finished files are kept"),
        errno.EDQUOT: ("the disk quota is used up", "free some space and run again; finished files are kept"),
        errno.EFBIG: ("the result is larger than the system allows", "raise the limit or choose another disk"),
        errno.EACCES: ("no permission to write there", "choose another folder or change its permissions"),
        errno.EPERM: ("no permission to write there", "choose another folder or change its permissions"),
        errno.EROFS: ("the file system is read-only", "choose another folder"),
        errno.ENAMETOOLONG: ("the file name is too long", "choose a shorter name"),
        errno.EISDIR: ("the output is a folder", "name a file"),
    }
    message, remedy = remedies.get(
        error.errno or 0, (f"it cannot be written: {error.strerror or error}", "check the disk")
    )
    return WriteError(message, file=str(target), remedy=remedy)
