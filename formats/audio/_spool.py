"""Where a coded file grows: in memory while it is small, in an unlinked temporary file when it is not."""

from __future__ import annotations

import io
import mmap
import tempfile
from typing import IO, cast

from labelkit.formats.base import Buffer

#: What is kept in memory: ten minutes of CD sound, an hour of speech as MP3.
_IN_MEMORY_BYTES = 96 * 1024 * 1024


def spool() -> IO[bytes]:
    """A file to write, read and seek; nobody else sees it."""
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES))


def content(file: IO[bytes]) -> Buffer:
    """All of a spool, as bytes or as a read-only map of what is on disk."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size <= _IN_MEMORY_BYTES:
        return file.read()
    file.flush()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


class Reader(io.RawIOBase):
    """A buffer as a file of its own, so that several readers do not share a position."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        stop = len(self._data) if size is None or size < 0 else self._at + size
        piece = bytes(self._data[self._at : stop])
        self._at += len(piece)
        return piece
