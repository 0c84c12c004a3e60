"""One worker process: the child's loop, and the parent's handle on it.

A worker is a fresh interpreter on the other end of a private socket, and it has one file in hand at a time. Compared
with the standard library's process pool this means:

- when it dies, the file it had in hand is known; nothing else is lost and nothing has to be tried again;
- the caller's main module is not imported a second time, so that a script needs no ``if __name__ == "__main__"``;
- no thread of the caller is forked in the middle of something, and the worker ends by itself when the caller dies.
"""

from __future__ import annotations

import ctypes
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from multiprocessing.spawn import get_executable
from typing import Any

from labelkit.errors import LabelKitError

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from labelkit.batch.worker import main; main(int(sys.argv[1]))"
)
# One thread each for the libraries under numpy: the worker processes are the parallelism.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_READY = b"ready"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
#: How long a worker may take to put its temporary file away when a run is stopped.
STOP_SECONDS = 5.0


class WorkerDiedError(Exception):
    """The process ended without an answer; ``status`` as in :attr:`subprocess.Popen.returncode`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        if self.status >= 0:
            return f"exit code {self.status}"
        name = signal.Signals(-self.status).name if -self.status in set(signal.Signals) else f"signal {-self.status}"
        return f"{name}, perhaps for want of memory" if name == "SIGKILL" else name


class Worker:
    """The parent's handle.

    Args:
        work: a pickled function of one argument; it is called with each task.
        keep_open: descriptors the process inherits, so that what they lock stays locked while it lives.

    Raises:
        WorkerDiedError: the process ended before it was ready.
        LabelKitError: it cannot load the function.
    """

    def __init__(self, work: bytes, keep_open: Sequence[int] = ()) -> None:
        self._pipe, theirs = Pipe()
        with theirs:
            self._process = _start(theirs.fileno(), keep_open)
        try:
            self._pipe.send_bytes(work)
            if self._pipe.recv_bytes() != _READY:
                raise LabelKitError("a worker process cannot load its work", remedy=self._pipe.recv())
        except (EOFError, OSError):
            raise WorkerDiedError(self.end()) from None
        except BaseException:
            self.end()
            raise

    def call(self, task: Any) -> Any:
        """The answer to one task.

        Raises:
            WorkerDiedError: there will be none.
            Exception: whatever the function raised.
        """
        try:
            self._pipe.send(task)
            fine, answer = self._pipe.recv()
        except (EOFError, OSError):
            raise WorkerDiedError(self.end()) from None
        if not fine:
            raise answer
        return answer

    def stop(self) -> None:
        """Ask the process to drop what it has in hand, putting its temporary file away."""
        with suppress(OSError):
            self._process.terminate()

    def end(self) -> int:
        """Close the line, upon which an idle process ends, and wait for it; returns its exit status."""
        self._pipe.close()
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _start(handle: int, keep_open: Sequence[int]) -> subprocess.Popen[bytes]:
    executable = get_executable()
    if not executable:
        raise OSError("this program does not know its Python interpreter")
    command = [
        os.fsdecode(executable),
        "-X",
        f"utf8={sys.flags.utf8_mode}",
        "-c",
        _BOOT,
        str(handle),
        json.dumps(sys.path),
    ]
    return subprocess.Popen(
        command,
        pass_fds=(handle, *keep_open),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the caller's standard output may be somebody's JSON
        env={**_ONE_THREAD, **os.environ},
        process_group=0,  # Ctrl-C is the caller's to handle
    )


def main(handle: int) -> None:
    """The child's loop: take a task, do it, answer, until the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # a warning on the terminal must not stop a background process
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that temporary files are removed
    _end_with_owner()
    with Connection(handle) as pipe, suppress(EOFError, ConnectionError):
        work = _load(pipe)
        while work:
            _answer(pipe, work, pipe.recv())


def _end_with_owner() -> None:
    """Die when the owner is killed, in the middle of a file too: a picture may keep a worker busy for minutes, and
    the next run, which does that file again, cannot start before.

    Where the kernel is not Linux a worker ends after the file it has in hand.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _load(pipe: Connection) -> Any:
    try:
        work = pickle.loads(pipe.recv_bytes())  # from the process that started this one, over its own socket
    except Exception as error:
        pipe.send_bytes(b"failed")
        pipe.send(f"{type(error).__name__}: {error}")
        return None
    pipe.send_bytes(_READY)
    return work


def _answer(pipe: Connection, work: Any, task: Any) -> None:
    try:
        answer = pickle.dumps((True, work(task)))
    except Exception as error:
        answer = _refusal(error)
    pipe.send_bytes(answer)


def _refusal(error: Exception) -> bytes:
    """The error for the other side, as itself where it can travel."""
    with suppress(Exception):
        packed = pickle.dumps((False, error))
        pickle.loads(packed)
        return packed
    return pickle.dumps((False, LabelKitError(f"unexpected {type(error).__name__}: {error}")))
