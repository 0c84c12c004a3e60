"""What the pipeline asks of sounds: put label and mark into a file, find both, confirm the label.

The same functions as in :mod:`labelkit.formats.image.layers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labelkit.errors import UnsupportedOperation
from labelkit.formats.audio import sound
from labelkit.formats.audio.sound import Sound
from labelkit.formats.base import Buffer
from labelkit.formats.media import Drawn, Order, Samples
from labelkit.formats.table import Format

if TYPE_CHECKING:
    from labelkit.formats.audio.explicit import Plan
    from labelkit.record import AudibleMark, Detected
    from labelkit.watermark.keys import Key


def draw(data: Buffer, row: Format, order: Order) -> Drawn:
    """Put what is ordered into a sound file, keeping its coding, tags and covers: coded once.

    The sound is decoded twice when it gets an audible label: its loudness and its pauses must be known before the
    first sample is written, and hours of samples are not kept in memory.

    Raises:
        UnsupportedOperation: its codec cannot be written, or the mark does not fit and ``order.strict``.
        ExplicitLabelError, ConfigError: the label is not as the rule asks, or its recording cannot be used.
        BrokenFile, LimitExceeded, MissingExtra: the sound cannot be decoded.
    """
    opened = open_media(data, row)
    planned = _planned(opened, order)
    pieces, unmarked = _marked(_labelled(opened, planned), opened, planned, order)
    if planned is None and unmarked:
        return Drawn(data, None, unmarked)
    encoded = sound.encode(opened, pieces, planned.moved if planned else None)
    return Drawn(encoded, planned.marks[0] if planned else None, unmarked)


def draw_new(image: Any, row: Format, order: Order, quality: int) -> Drawn:
    """Code samples that are in no file yet, with what is ordered in them.

    Args:
        image: :class:`labelkit.formats.media.Samples`.
        row: WAV or FLAC (16 bits), MP3, M4A or Opus in Ogg.
        order: label and mark.
        quality: not used; bit rates are ordinary ones.

    Raises:
        InputError: an array of another shape or type.
        ExplicitLabelError, UnsupportedOperation, MissingExtra: as :func:`draw`.
    """
    assert isinstance(image, Samples)
    opened = sound.from_array(image.array, image.rate)
    planned = _planned(opened, order)
    pieces, unmarked = _marked(_labelled(opened, planned), opened, planned, order)
    container = "ogg" if row.id == "opus" else row.id
    return Drawn(sound.encode_new(opened, container, pieces), planned.marks[0] if planned else None, unmarked)


def _planned(opened: Sound, order: Order) -> Plan | None:
    from labelkit.config import AudibleConfig
    from labelkit.formats.audio import explicit

    if order.explicit is None:
        return None
    assert isinstance(order.explicit, AudibleConfig)
    return explicit.plan(explicit.survey(opened), order.explicit, opened.channels, opened.layout)


def _labelled(opened: Sound, planned: Plan | None) -> Iterator[sound.Samples]:
    from labelkit.formats.audio import explicit

    return explicit.put(opened.chunks(), planned) if planned else opened.chunks()


def _marked(
    pieces: Iterator[sound.Samples], opened: Sound, planned: Plan | None, order: Order
) -> tuple[Iterable[sound.Samples], str]:
    """The samples with the inaudible mark, which lies over the label too, or why they are without."""
    from labelkit.formats.audio import watermark

    if order.payload is None or order.key is None:
        return pieces, ""
    try:
        _long_enough(opened, planned)
        marked = watermark.mark_stream(map(np.nan_to_num, pieces), opened.rate, order.payload, order.key)
    except UnsupportedOperation as error:
        if order.strict:
            raise
        return pieces, f"{error.message} ({error.remedy})"
    return marked, ""


def _long_enough(opened: Sound, planned: Plan | None) -> None:
    from labelkit.formats.audio.watermark import MIN_SECONDS

    longer = planned.gap * len(planned.places) / opened.rate if planned else 0.0
    if opened.seconds + longer < MIN_SECONDS:
        raise UnsupportedOperation(
            f"a sound of {opened.seconds + longer:.2f} s is too short for a watermark",
            remedy="use at least one second, or leave the watermark out",
        )


def open_media(data: Buffer, row: Format) -> Sound:
    """Open a sound file, for :func:`find` and :func:`detect`; each of them decodes it once.

    Raises:
        UnsupportedOperation: a film, or several sound tracks.
        BrokenFile, LimitExceeded, MissingExtra: the sound cannot be decoded.
    """
    need_samples(row)
    return sound.open_sound(data)


def find(opened: Sound) -> Sequence[AudibleMark]:
    """Every audible label in a sound, measured."""
    from labelkit.formats.audio import explicit

    return explicit.find(opened)


def confirm(data: Buffer, row: Format, mark: AudibleMark) -> bool:
    """Whether a freshly written file holds the label just put in, where it was put."""
    from labelkit.formats.audio import explicit

    return explicit.confirm(open_media(data, row), mark)


def detect(opened: Sound, keys: Sequence[Key], *, search: bool = True) -> Sequence[Detected]:
    """The inaudible marks of a sound.

    Args:
        opened: what :func:`open_media` gave.
        keys: whose marks to look for.
        search: look for marks whose speed or pitch was changed, too.
    """
    from labelkit.formats.audio import watermark

    return watermark.detect_stream(opened.chunks, opened.rate, keys, search=search)


#: Formats whose sound we can label only beside it: nothing here writes them.
_NOT_CODED = ("monkey", "w64")


def need_samples(row: Format) -> None:
    """Nothing for a format whose sound can be coded again; codecs inside it say so themselves.

    Raises:
        UnsupportedOperation: nothing here decodes and writes it.
    """
    if row.id in _NOT_CODED:
        raise UnsupportedOperation(
            f"{row.container.name} sound cannot be coded again",
            remedy="convert it to FLAC or WAV first, or write the metadata layer only",
        )
