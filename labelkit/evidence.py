"""What is in a file: metadata units, the labels they hold, and other signs of AI origin. Looks, never judges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labelkit import carriers
from labelkit.errors import LabelKitError
from labelkit.formats.base import Buffer, Unit
from labelkit.formats.table import Format
from labelkit.record import GB_SCHEMA, Mark, Trace


@dataclass(frozen=True, slots=True)
class Evidence:
    """Metadata evidence of one file.

    Attributes:
        units: every metadata unit up to the defect, if there is one.
        found: each label with the unit it stands in, main locations first.
        traces: other signs of AI origin.
        defect: why reading stopped early, or None.
    """

    units: tuple[Unit, ...]
    found: tuple[tuple[Unit, Mark], ...]
    traces: tuple[Trace, ...]
    defect: LabelKitError | None

    @property
    def labels(self) -> tuple[Mark, ...]:
        """The labels under the standard's schema, in order of trust."""
        return tuple(mark for _, mark in self.found if mark.schema == GB_SCHEMA)

    @property
    def home(self) -> Unit | None:
        """The unit a new label is merged into."""
        return next((unit for unit in self.units if unit.home), None)


#: What is in a file without metadata.
NOTHING = Evidence((), (), (), None)


def collect(
    data: Buffer, row: Format, *, look_for_traces: bool = True, path: Path | None = None, beside: bytes | None = None
) -> Evidence:
    """Read all metadata of a file; a defect ends the reading but keeps what was found before it.

    Args:
        data: the whole file.
        row: its format.
        look_for_traces: also search every unit for other signs of AI origin.
        path: the file, whose label may be kept beside it.
        beside: what is to be kept beside it, where that is not written yet.
    """
    units: list[Unit] = []
    defect: LabelKitError | None = None
    try:
        units.extend(row.container.read(data))
        if row.container.beside:
            units.extend(_beside(data, path, beside))
    except LabelKitError as error:
        defect = error
    guide = _guide(row)
    read = [(unit, carriers.read(unit, guide)) for unit in units]
    found = [(unit, mark) for unit, marks in read for mark in marks]
    found.sort(key=lambda pair: not pair[1].main)
    return Evidence(tuple(units), tuple(found), _traces(read) if look_for_traces else (), defect)


def _beside(data: Buffer, path: Path | None, stored: bytes | None) -> list[Unit]:
    from labelkit import sidecar

    stored = sidecar.read(path) if path and stored is None else stored
    place = f"{path.name if path else 'NAME'}{sidecar.SUFFIX}"
    return [] if stored is None else [sidecar.unit(stored, place, data)]


def _guide(row: Format) -> carriers.Guide:
    """Pictures share one guide and one place; other formats each name a field of their own."""
    if row.media == "image":
        return carriers.PICTURES
    return carriers.Guide(row.container.home, row.place, row.clause)


def _traces(read: list[tuple[Unit, list[Mark]]]) -> tuple[Trace, ...]:
    from labelkit import traces

    return tuple(trace for unit, marks in read for trace in traces.read(unit, marks))
