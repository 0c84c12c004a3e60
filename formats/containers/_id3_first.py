"""Sound files that start with ID3v2 tags and go on with a bare stream: MP3, ADTS, TTA."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _id3, _id3_edit, _tails
from labelkit.formats.containers._homes import Plan, plan
from labelkit.formats.containers._id3 import Tag
from labelkit.formats.containers._tails import Tail

#: Score of a tag that fills the head: what follows it cannot be seen, so the file's name decides.
HIDDEN = 50


@dataclass(frozen=True, slots=True)
class _Parts:
    """The tags in front of the sound and behind it."""

    front: tuple[Tag, ...]
    tails: tuple[Tail, ...]


class Id3First(Container):
    """What these formats share: the home is ``TXXX:AIGC`` in the first tag."""

    home: ClassVar[Kind] = Kind.FIELD

    @abstractmethod
    def starts(self, head: bytes) -> int:
        """How sure bytes from the first one of the stream make us, as :meth:`score`."""

    @abstractmethod
    def sound(self, data: Buffer, start: int) -> int:
        """The byte where the stream certainly has begun, behind which tags at the end may stand.

        Raises:
            BrokenFile: at ``start`` there is no stream of this format, or it is truncated.
        """

    def score(self, head: bytes) -> int:
        at = 0
        while size := _id3.size_at(head, at):
            at += size
        if at == 0 or at + 16 <= len(head):
            return self.starts(head[at:])
        return HIDDEN

    def read(self, data: Buffer) -> Iterator[Unit]:
        front: list[Tag] = []
        for tag in _id3_edit.tags(data, 0, len(data)):
            front.append(tag)
            yield from _id3_edit.all_units([tag], self.name)
        tails = _tails.tails(data, self.sound(data, front[-1].stop if front else 0))
        yield from _tails.units(data, tails, self.name)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        parts = self._parts(data)
        edits = _tails.edits(parts.tails, todo, self.name)
        if not parts.front and todo.new is not None:
            edits.append(Edit(0, 0, _id3_edit.new_tag(todo.new)))
        for number, tag in enumerate(parts.front):
            part = Plan(todo.within(tag.start, tag.stop), None if number else todo.new)
            edits += _id3_edit.edits(tag, part, self.name)
        return edits

    def _parts(self, data: Buffer) -> _Parts:
        front = tuple(_id3_edit.tags(data, 0, len(data)))
        return _Parts(front, _tails.tails(data, self.sound(data, front[-1].stop if front else 0)))
