"""What the pipeline asks of pictures: put label and mark into a file, find both, confirm the label.

The same functions exist for every medium (``labelkit.formats.<medium>.layers``), so that the pipeline above does
not know one medium from another.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from labelkit.errors import MissingExtra, UnsupportedOperation
from labelkit.formats.base import Buffer, apply
from labelkit.formats.media import Drawn, Order
from labelkit.formats.table import Format

if TYPE_CHECKING:
    from labelkit.config import ExplicitConfig
    from labelkit.formats.image.picture import Picture
    from labelkit.formats.image.watermark import Detection
    from labelkit.record import ExplicitMark
    from labelkit.watermark.keys import Key

#: Pictures without pixels; a visible label would have to be drawn by whoever renders them.
_NOT_PIXELS = ("svg",)


def draw(data: Buffer, row: Format, order: Order) -> Drawn:
    """Put what is ordered into a picture file, keeping its metadata and coding parameters: decoded once, coded once.

    Raises:
        UnsupportedOperation: the format has no pixels, or cannot hold the mark and ``order.strict``.
        ExplicitLabelError, MissingGlyph: the label cannot be drawn as the rule asks.
        BrokenFile, LimitExceeded, MissingExtra: the picture cannot be decoded.
    """
    from labelkit.formats.image import picture

    opened = open_media(data, row)
    mark, unmarked = _put(opened, order)
    if mark is None and unmarked:
        return Drawn(bytes(data), None, unmarked)
    encoded = picture.encode(opened, row.id)
    edits = row.container.graft(data, encoded)
    return Drawn(encoded if edits is None else b"".join(apply(data, edits)), mark, unmarked)


def draw_new(image: Any, row: Format, order: Order, quality: int) -> Drawn:
    """Encode an array (height x width [x 1, 3 or 4]) or a Pillow image with what is ordered in it.

    Raises:
        InputError: an array of another shape or type.
        ExplicitLabelError, UnsupportedOperation: as :func:`draw`.
    """
    from labelkit.formats.image import picture

    need_samples(row)
    is_array = hasattr(image, "__array_interface__") and not hasattr(image, "getbands")
    # The watermark is put into red, green and blue.
    coded = row.id if order.payload is None else ""
    opened = picture.from_array(image, coded) if is_array else picture.from_image(image)
    mark, unmarked = _put(opened, order)
    return Drawn(picture.encode(opened, row.id, quality), mark, unmarked)


def _put(opened: Picture, order: Order) -> tuple[ExplicitMark | None, str]:
    """Label and mark a decoded picture; the mark lies over the label too, so that it is one signal everywhere."""
    from labelkit.formats.image import explicit

    mark = explicit.put(opened, cast("ExplicitConfig", order.explicit)) if order.explicit else None
    if order.payload is None or order.key is None:
        return mark, ""
    try:
        _marking().embed(opened, order.payload, order.key)
    except (UnsupportedOperation, MissingExtra) as error:
        if order.strict:
            raise
        return mark, f"{error.message} ({error.remedy})"
    return mark, ""


def open_media(data: Buffer, row: Format) -> Picture:
    """Decode a picture file once, for :func:`find` and :func:`detect`.

    Raises:
        UnsupportedOperation: the format has no pixels.
        BrokenFile, LimitExceeded, MissingExtra: the picture cannot be decoded.
    """
    from labelkit.formats.image import picture

    need_samples(row)
    return picture.open_picture(data, row.id)


def detect(opened: Picture, keys: Sequence[Key], *, search: bool = True) -> list[Detection]:
    """The invisible marks of a picture, at most one.

    Args:
        opened: what :func:`open_media` gave.
        keys: whose marks to look for.
        search: look for cropped, turned and deformed ones too.

    Raises:
        MissingExtra: OpenCV cannot be loaded.
    """
    found = _marking().look(opened, keys, search=search)
    return [found] if found else []


def _marking() -> ModuleType:
    """The watermark needs OpenCV, whose usual wheel needs libraries that servers and containers often lack."""
    try:
        return import_module("labelkit.formats.image.marking")
    except ImportError as error:
        raise MissingExtra(
            f"OpenCV cannot be loaded: {error}",
            place="watermark",
            remedy="install the library it names (Debian: libgl1 libglib2.0-0), or opencv-python-headless instead",
        ) from error


def find(opened: Picture) -> list[ExplicitMark]:
    """Every visible label in a picture, measured."""
    from labelkit.formats.image import _finding

    return _finding.find(opened)


def confirm(data: Buffer, row: Format, mark: ExplicitMark) -> bool:
    """Whether a freshly written file shows the label just drawn; cheap, decodes at reduced size where it can."""
    from labelkit.formats.image import explicit

    return explicit.confirm(data, row.id, mark)


def need_samples(row: Format) -> None:
    """Nothing for a picture of pixels.

    Raises:
        UnsupportedOperation: the format describes shapes, not pixels.
    """
    if row.id in _NOT_PIXELS:
        raise UnsupportedOperation(
            f"{row.container.name} has no pixels to draw on",
            remedy="label the rendered picture, or write the metadata layer only",
        )
