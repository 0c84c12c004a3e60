"""One run at a time in an output folder."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from labelkit.errors import WriteError

#: How long workers of a run that was killed may take for the file they have in hand.
ORPHANS_SECONDS = 60.0


class Lock:
    """Keeps a second run out of the same folder; the kernel lets go of it when the run ends, however it ends.

    Raises:
        WriteError: another run holds it, or the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle = self._acquire()

    def close(self) -> None:
        """Remove the file (while still holding the lock) and let go."""
        with suppress(OSError):
            os.unlink(self.path)
        os.close(self.handle)

    def _acquire(self) -> int:
        give_up = time.monotonic() + ORPHANS_SECONDS
        while True:
            handle = self._open()
            try:
                if self._take(handle, give_up):
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def _take(self, handle: int, give_up: float) -> bool:
        """Whether the lock is ours now; False asks for another try."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(handle)
            # Workers of a run that was killed hold its lock until they have finished the file they have in hand.
            if (owner and _is_alive(owner)) or time.monotonic() > give_up:
                raise self._taken(owner) from None
            time.sleep(0.05)
            return False
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
                raise cannot_write(self.path, error) from error
            # Some network file systems have no locks; working without one is better than not working there.
        if not _is_at(handle, self.path):  # its owner removed the file while we waited
            return False
        self._sign(handle)
        return True

    def _sign(self, handle: int) -> None:
        """Say who holds the lock."""
        try:
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        except OSError as error:
            with suppress(OSError):
                os.unlink(self.path)
            raise cannot_write(self.path, error) from error

    def _taken(self, owner: int) -> WriteError:
        who = f" (process {owner})" if owner else ""
        return WriteError(
            f"another run is working in this folder{who}",
            file=str(self.path.parent),
            remedy="wait until it has finished, or use another output folder",
        )


def _owner(handle: int) -> int:
    """The process that wrote its number into the lock file, 0 when nobody has yet."""
    text = os.pread(handle, 20, 0)
    return int(text) if text.isdigit() else 0


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False


def cannot_write(path: Path, error: OSError) -> WriteError:
    """What the system's refusal to write a journal or its lock means for the user."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return WriteError(
        "the disk is full" if full else f"the journal cannot be written: {error.strerror or error}",
        file=str(path),
        remedy="free some space and run again; finished files are kept"
        if full
        else "choose another output folder, or name a journal elsewhere",
    )
