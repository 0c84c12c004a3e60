"""From a format to its medium's layers module, so that the pipeline never names a medium."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer
from labelkit.formats.table import Format

if TYPE_CHECKING:
    from labelkit.config import ExplicitConfig
    from labelkit.record import ExplicitMark


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file with the explicit label in it, and the label as drawn."""

    data: bytes
    mark: ExplicitMark


class Layers(Protocol):
    """What ``labelkit.formats.<medium>.layers`` offers; :mod:`labelkit.formats.image.layers` documents it."""

    def draw(self, data: Buffer, row: Format, settings: ExplicitConfig) -> Drawn: ...  # noqa: D102
    def find(self, data: Buffer, row: Format) -> list[ExplicitMark]: ...  # noqa: D102
    def confirm(self, data: Buffer, row: Format, mark: ExplicitMark) -> bool: ...  # noqa: D102
    def draw_new(  # noqa: D102
        self, image: Any, row: Format, settings: ExplicitConfig | None, quality: int
    ) -> tuple[bytes, ExplicitMark | None]: ...


def layers(row: Format) -> Layers:
    """The module that draws and finds explicit labels for this format's medium."""
    return cast(Layers, import_module(f"labelkit.formats.{row.media}.layers"))


def cannot_look(row: Format) -> str:
    """Why no explicit label can be looked for in this format, or ``""``."""
    try:
        import_module(f"labelkit.formats.{row.media}.layers").need_samples(row)
    except UnsupportedOperation as error:
        return error.message
    return ""
