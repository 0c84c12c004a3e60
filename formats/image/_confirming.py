"""Whether a freshly written file shows the label that was just drawn into it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit.errors import MissingGlyph
from labelkit.formats.base import Buffer
from labelkit.formats.image import _bgr
from labelkit.formats.image._frames import Box
from labelkit.formats.image._jpeg_strip import strip
from labelkit.formats.image._lettering import lettering, wrapped
from labelkit.formats.image.picture import preview
from labelkit.record import ExplicitMark

#: Correlation of the drawn words with what a file shows at their place; unlabelled backgrounds stay below 0.3.
_CONFIRMED = 0.5
#: Ink height to which a picture may be reduced for confirming, and grey levels between ink and background.
_CONFIRM_INK, _SPREAD = 16, 60


def confirm(data: Buffer, format_id: str, mark: ExplicitMark) -> bool:
    """Whether a file shows the label that was just drawn into it. Cheap: one frame, at reduced size where it can.

    Args:
        data: the whole file.
        format_id: its format.
        mark: what :func:`labelkit.formats.image.explicit.put` returned.

    Raises:
        BrokenFile, MissingExtra: the file cannot be decoded.
    """
    reduction = min(8, 1 << max(1, int(mark.glyph_height) // _CONFIRM_INK).bit_length() - 1)
    return (format_id == "jpeg" and _rows_show(data, mark, reduction)) or _picture_shows(
        data, format_id, mark, reduction
    )


def _rows_show(data: Buffer, mark: ExplicitMark, reduction: int) -> bool:
    """Whether the coded rows of the label, decoded alone, show it; False also when that cannot be told so quickly."""
    cut = strip(data, mark.box[1], mark.box[3], nothing_follows=True)
    grey = _bgr.grey_of(cut[0], reduction) if cut else None
    if cut is None or grey is None:
        return False
    box = _reduced(mark.box, cut[1], reduction, grey.shape)
    return box is not None and _shows(grey[box[1] : box[3], box[0] : box[2]], mark)


def _picture_shows(data: Buffer, format_id: str, mark: ExplicitMark, reduction: int) -> bool:
    picture, scale, first = preview(data, format_id, reduction, (mark.box[1], mark.box[3]))
    box = _reduced(mark.box, first, scale, picture.size[::-1])
    return box is not None and _shows(np.asarray(picture.view(0, box).convert("L")), mark)


def _reduced(box: Box, first: int, scale: float, shape: tuple[int, ...]) -> Box | None:
    """A box in what was decoded of a picture, from its row ``first``; None when it is hardly there."""
    left, top, right, bottom = (round(v / scale) for v in (box[0], box[1] - first, box[2], box[3] - first))
    inside = max(0, left), max(0, top), min(shape[1], right), min(shape[0], bottom)
    return None if inside[2] - inside[0] < 4 or inside[3] - inside[1] < 4 else inside


def _shows(grey: NDArray[np.uint8], mark: ExplicitMark) -> bool:
    """Whether these grey levels are the words of the label."""
    shown = grey.astype(np.float32)
    try:
        words = _words(mark.text, max(4, int(mark.glyph_height)), mark.box[2] - mark.box[0], shown.shape)
    except MissingGlyph:  # drawn with a font of the caller's, unknown here: ink and background must at least differ
        dark, bright = np.percentile(shown, (4, 96))
        return bool(bright - dark >= _SPREAD)
    return _likeness(shown, words) >= _CONFIRMED


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """The words in the box they were drawn in: grey levels around their mean, and the sum of their squares."""

    levels: NDArray[np.float32]
    power: float


@lru_cache(maxsize=16)
def _words(text: str, ink: int, width: int, shape: tuple[int, ...]) -> _Words:
    """The text at ``ink`` rows a glyph, ``width`` pixels wide, reduced to ``shape``."""
    # The ink measured may be a row more than what was asked for, and the text that much wider.
    room = round(width * 1.1) + 2
    letters = wrapped(text, ink, "", room) or lettering(text, ink, "")
    reduced = Image.fromarray(letters.mask).resize((shape[1], shape[0]), Image.Resampling.BOX)
    levels = np.asarray(reduced, np.float32)
    levels = levels - levels.mean()
    return _Words(levels, float(np.vdot(levels, levels)))


def _likeness(shown: NDArray[np.float32], words: _Words) -> float:
    """Size of the correlation coefficient, 0 to 1: ink may be brighter or darker than what is behind it."""
    levels = shown - shown.mean()
    norm = (float(np.vdot(levels, levels)) * words.power) ** 0.5
    return abs(float(np.vdot(levels, words.levels))) / norm if norm else 0.0
