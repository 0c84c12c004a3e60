"""Sound files whose tags are APEv2 at the end: WavPack and Monkey's Audio."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from labelkit.formats.base import Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _ape, _id3, _id3_edit, _tails
from labelkit.formats.containers._ape import ApeTag
from labelkit.formats.containers._homes import Plan, plan
from labelkit.formats.containers._id3 import Tag
from labelkit.formats.containers._tails import Block, Tail


class ApeLast(Container):
    """What these formats share: the home is the item AIGC of the APEv2 tag."""

    home: ClassVar[Kind] = Kind.FIELD
    sign: ClassVar[bytes]

    @abstractmethod
    def sound(self, data: Buffer, start: int) -> int:
        """The byte behind the sound that starts at ``start``.

        Raises:
            BrokenFile: it is none of this format, or truncated.
        """

    def score(self, head: bytes) -> int:
        at = 0
        while size := _id3.size_at(head, at):
            at += size
        return 100 if head[at : at + 4] == self.sign else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        front, tails = self._parts(data)
        yield from _id3_edit.all_units(front, self.name, main=False)
        yield from _tails.units(data, tails, self.name, ape_home=True)

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        todo = plan(self.read(data), payload, others)
        if todo.idle:
            return []
        front, tails = self._parts(data)
        edits = [e for tag in front for e in _id3_edit.edits(tag, _changes(todo, tag.start, tag.stop), self.name)]
        home = next((tail for tail in tails if isinstance(tail, ApeTag)), None)
        if home is not None:
            edits += _ape.edits(home, Plan(_changes(todo, home.start, home.stop).changed, todo.new))
        elif todo.new is not None:
            at = next((t.start for t in reversed(tails) if isinstance(t, Block)), len(data))
            edits.append(Edit(at, at, _ape.new_tag(todo.new)))
        return [*edits, *_tails.edits([tail for tail in tails if tail is not home], todo, self.name)]

    def _parts(self, data: Buffer) -> tuple[tuple[Tag, ...], tuple[Tail, ...]]:
        front = tuple(_id3_edit.tags(data, 0, len(data)))
        return front, _tails.tails(data, self.sound(data, front[-1].stop if front else 0))


def _changes(todo: Plan, start: int, stop: int) -> Plan:
    return Plan(todo.within(start, stop), None)
