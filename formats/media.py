"""From a format to its medium's layers module, so that the pipeline never names a medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer
from labelkit.formats.table import Format

if TYPE_CHECKING:
    from labelkit.config import AudibleConfig, ExplicitConfig, NoticeConfig
    from labelkit.record import Detected, Perceived
    from labelkit.watermark.keys import Key


@dataclass(frozen=True, slots=True)
class Samples:
    """Sound that is in no file yet.

    Attributes:
        array: frames, or frames x channels; int16, int32, or float from -1 to 1.
        rate: frames a second.
    """

    array: Any
    rate: int


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be put into the signal.

    Attributes:
        explicit: the label people perceive, None for none; how it is to be for the medium in question.
        payload: the 64 bits of the invisible mark, None for none.
        key: the key of the mark; set when ``payload`` is.
        strict: whether a signal that cannot hold the mark is an error rather than a note.
    """

    explicit: ExplicitConfig | AudibleConfig | NoticeConfig | None
    payload: int | None = None
    key: Key | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A coded file with what was ordered in it.

    Attributes:
        data: the file; a map of a temporary file where it is too large for memory.
        mark: the explicit label as drawn, None when none was ordered.
        unmarked: why the invisible mark that was ordered is not in it, ``""`` when it is or none was.
    """

    data: Buffer
    mark: Perceived | None
    unmarked: str = ""


class Layers(Protocol):
    """What ``labelkit.formats.<medium>.layers`` offers; :mod:`labelkit.formats.image.layers` documents it.

    ``draw_new`` is given an array or a Pillow image for pictures, :class:`Samples` for sound, and a string for text.
    """

    def draw(self, data: Buffer, row: Format, order: Order) -> Drawn: ...  # noqa: D102
    def open_media(self, data: Buffer, row: Format) -> Any: ...  # noqa: D102
    def find(self, opened: Any) -> Sequence[Perceived]: ...  # noqa: D102
    def confirm(self, data: Buffer, row: Format, mark: Any) -> bool: ...  # noqa: D102
    def detect(self, opened: Any, keys: Sequence[Key], *, search: bool = True) -> Sequence[Detected]: ...  # noqa: D102
    def draw_new(self, image: Any, row: Format, order: Order, quality: int) -> Drawn: ...  # noqa: D102


def layers(row: Format) -> Layers:
    """The module that draws and finds explicit labels for this format's medium."""
    return _layers(row.media)


@cache
def _layers(medium: str) -> Layers:
    return cast(Layers, import_module(f"labelkit.formats.{medium}.layers"))


def cannot_look(row: Format) -> str:
    """Why no explicit label can be looked for in this format, or ``""``."""
    medium = f"labelkit.formats.{row.media}"
    if find_spec(medium) is None or find_spec(f"{medium}.layers") is None:
        return f"only metadata is labelled and read in {row.media} files"
    try:
        import_module(f"{medium}.layers").need_samples(row)
    except UnsupportedOperation as error:
        return error.message
    return ""
