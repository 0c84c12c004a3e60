"""Streams of frames and nothing else: recognised, so that the answer is clear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from labelkit.errors import BrokenFile
from labelkit.formats.base import Buffer, Container, Edit, Unit, no_home

_HEAD_BYTES = 4096


class Bare(Container):
    """What these formats share: there is nothing to read, and :meth:`edit` names what to convert to."""

    instead: ClassVar[str]

    def read(self, data: Buffer) -> Iterator[Unit]:
        if not self.score(bytes(data[:_HEAD_BYTES])):
            raise BrokenFile(f"the {self.name} header is damaged", place="byte 0", remedy="copy the file again")
        yield from ()

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        for _ in self.read(data):
            pass
        raise no_home(self.name, self.instead)
