"""A file that is about to exist: stretches of one that does, and new bytes between them.

Nothing is copied until the result is written. Where the old file is on disk, untouched stretches go from file to file
within the kernel, so that labelling a film costs what copying it costs, and memory stays flat.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from labelkit.formats.base import Buffer, Edit, apply

# Below this a system call costs more than copying the bytes.
_COPY_WITHIN_KERNEL_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a result.

    Attributes:
        source: what it is made from.
        edits: what changes, in order and without overlap.
        path: the file that ``source`` is, if it is one.
    """

    source: Buffer
    edits: tuple[Edit, ...] = ()
    path: Path | None = None

    @property
    def large(self) -> bool:
        """Whether it should not be held in memory."""
        return isinstance(self.source, mmap.mmap)

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.source) + sum(len(e.data) - (e.stop - e.start) for e in self.edits)

    def edited(self, edits: Sequence[Edit]) -> Content:
        """The same with these edits made."""
        return replace(self, edits=tuple(sorted(edits, key=lambda e: (e.start, e.stop))))

    def whole(self) -> bytes:
        """All bytes, in memory."""
        return b"".join(apply(self.source, self.edits)) if self.edits else bytes(self.source)

    def write(self, file: IO[bytes]) -> None:
        """Write it at the beginning of an empty file on disk.

        Raises:
            OSError: the system refuses.
        """
        with _opened(self.path if self.large else None) as old:
            at = 0
            for edit in (*self.edits, Edit(len(self.source), len(self.source))):
                self._copy(old, at, edit.start, file)
                file.write(edit.data)
                at = edit.stop

    def _copy(self, old: _Old, start: int, stop: int, file: IO[bytes]) -> None:
        if old.handle is not None and stop - start >= _COPY_WITHIN_KERNEL_BYTES:
            file.flush()
            start = _copy_within_kernel(old.handle, start, stop, file.fileno())
            file.seek(0, os.SEEK_END)
        if start < stop:
            file.write(memoryview(self.source)[start:stop])

    def stands_in(self, stored: Buffer) -> bool:
        """Whether ``stored`` is this: all of it, or for a large one its length and everything that is new in it."""
        if len(stored) != self.size:
            return False
        if not self.large:
            return stored[:] == self.whole()
        moved = 0
        for edit in self.edits:
            at = edit.start + moved
            if stored[at : at + len(edit.data)] != edit.data:
                return False
            moved += len(edit.data) - (edit.stop - edit.start)
        return True


class _Old:
    """The old file, open for copying, or nothing."""

    def __init__(self, handle: int | None) -> None:
        self.handle = handle

    def __enter__(self) -> _Old:
        return self

    def __exit__(self, *_: object) -> None:
        if self.handle is not None:
            os.close(self.handle)


def _opened(path: Path | None) -> _Old:
    if path is not None and hasattr(os, "copy_file_range"):
        with suppress(OSError):  # it was renamed since; its map still has the bytes
            return _Old(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    return _Old(None)


def _copy_within_kernel(old: int, start: int, stop: int, new: int) -> int:
    """Copy as much as the kernel does by itself; how far it came."""
    os.lseek(new, 0, os.SEEK_END)
    with suppress(OSError):  # another file system, or one that cannot: the rest goes through memory
        while start < stop:
            done = os.copy_file_range(old, new, stop - start, offset_src=start)
            if not done:
                break
            start += done
    return start
