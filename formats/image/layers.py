"""What the pipeline asks of pictures: draw the visible label into a file, find it, confirm it. Bytes in, bytes out.

The same four functions exist for every medium (``labelkit.formats.<medium>.layers``), so that the pipeline above does
not know one medium from another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer, apply
from labelkit.formats.media import Drawn
from labelkit.formats.table import Format

if TYPE_CHECKING:
    from labelkit.config import ExplicitConfig
    from labelkit.record import ExplicitMark

#: Pictures without pixels; a visible label would have to be drawn by whoever renders them.
_NOT_PIXELS = ("svg",)


def draw(data: Buffer, row: Format, settings: ExplicitConfig) -> Drawn:
    """Draw the visible label into a picture file, keeping its metadata and coding parameters.

    Raises:
        UnsupportedOperation: the format has no pixels.
        ExplicitLabelError, MissingGlyph: the label cannot be drawn as the rule asks.
        BrokenFile, LimitExceeded, MissingExtra: the picture cannot be decoded.
    """
    from labelkit.formats.image import explicit, picture

    need_samples(row)
    opened = picture.open_picture(data, row.id)
    mark = explicit.put(opened, settings)
    encoded = picture.encode(opened, row.id)
    edits = row.container.graft(data, encoded)
    return Drawn(encoded if edits is None else b"".join(apply(data, edits)), mark)


def draw_new(
    image: Any, row: Format, settings: ExplicitConfig | None, quality: int
) -> tuple[bytes, ExplicitMark | None]:
    """Encode an array (height x width [x 1, 3 or 4]) or a Pillow image, with the visible label if ``settings``.

    Raises:
        InputError: an array of another shape or type.
        ExplicitLabelError: the label cannot be drawn as the rule asks.
    """
    from labelkit.formats.image import explicit, picture

    need_samples(row)
    opened = (
        picture.from_array(image)
        if hasattr(image, "__array_interface__") and not hasattr(image, "getbands")
        else picture.from_image(image)
    )
    mark = explicit.put(opened, settings) if settings else None
    return picture.encode(opened, row.id, quality), mark


def find(data: Buffer, row: Format) -> list[ExplicitMark]:
    """Every visible label in a picture file, measured.

    Raises:
        UnsupportedOperation: the format has no pixels.
        BrokenFile, LimitExceeded, MissingExtra: the picture cannot be decoded.
    """
    from labelkit.formats.image import explicit, picture

    need_samples(row)
    return explicit.find(picture.open_picture(data, row.id))


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
