"""What becomes of each unit when a label goes home: shared by the containers that keep named fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Unit

#: The name that the audio and video guides give the field (TC260-PG-202510A, TC260-PG-20257A).
KEY = "AIGC"
# Text fields beyond this are no labels; lyrics and licences are shorter.
MAX_TEXT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """What :func:`plan` decided.

    Attributes:
        changed: units with their new payload, None to take them out; units that stay as they are do not appear.
        new: the payload of a home that has to be made, None where there is one.
    """

    changed: Mapping[Unit, bytes | None]
    new: bytes | None

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done."""
        return not self.changed and self.new is None

    def within(self, start: int, stop: int) -> Mapping[Unit, bytes | None]:
        """The changed units that lie in ``[start:stop]`` of the file."""
        return {u: new for u, new in self.changed.items() if start <= u.start and u.stop <= stop}


def plan(units: Iterable[Unit], payload: bytes, others: Mapping[Unit, bytes | None]) -> Plan:
    """The first home gets ``payload``, further ones go, ``others`` are done as asked.

    A home that is stored oddly (it has notes) is stored anew even when its text is right.
    """
    homes = [unit for unit in units if unit.home]
    changed: dict[Unit, bytes | None] = {u: new for u, new in others.items() if not u.home and new != u.data}
    changed.update(dict.fromkeys(homes[1:]))
    if homes and (homes[0].data != payload or homes[0].notes):
        changed[homes[0]] = payload
    return Plan(changed, None if homes else payload)


def fixed(unit: Unit) -> UnsupportedOperation:
    """The error of a unit whose payload cannot be exchanged for another."""
    return UnsupportedOperation("this cannot be replaced here", place=unit.place, remedy="take it out instead")
