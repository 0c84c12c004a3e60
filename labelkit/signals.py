"""The layers inside the signal: the explicit label and the invisible mark, put in together and read back.

Whatever touches samples costs a decoding and an encoding, so both are put in at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from labelkit.errors import WriteError
from labelkit.evidence import Evidence
from labelkit.formats import media
from labelkit.formats.base import Buffer
from labelkit.formats.media import Drawn, Order
from labelkit.formats.table import Format
from labelkit.record import AudibleMark, Layer, Note, NoticeMark, Perceived
from labelkit.wording import elements

if TYPE_CHECKING:
    from labelkit.config import AudibleConfig, ExplicitConfig, NoticeConfig
    from labelkit.labelling import Job
    from labelkit.watermark.keys import Key

#: GB 45438-2025 5.2 asks for 5 %; a label drawn by us measures within 2 % of its height after re-encoding.
_STANDING_RATIO = 0.049


@dataclass(frozen=True, slots=True)
class Signal:
    """A file after the signal layers.

    Attributes:
        data: the file; the source's own bytes when nothing was put in.
        mark: the explicit label as drawn, or None.
        payload, key: the invisible mark that was put in, or None.
        strict: whether that mark must read back.
        written, skipped: a note per layer.
    """

    data: Buffer
    mark: Perceived | None = None
    payload: int | None = None
    key: Key | None = None
    strict: bool = False
    written: tuple[Note, ...] = ()
    skipped: tuple[Note, ...] = ()


def put(job: Job, found: Evidence) -> Signal:
    """The source with the signal layers that were asked for and do not stand in it already."""
    order, skipped = _order(job)
    if why := media.cannot_look(job.row):
        skipped = [Note(layer, why) for layer in (Layer.EXPLICIT, Layer.WATERMARK) if layer in job.config.layers]
        return Signal(job.source.data, skipped=tuple(skipped))
    order, standing = _without_standing(job, found, order)
    skipped += standing
    if order.explicit is None and order.payload is None:
        return Signal(job.source.data, skipped=tuple(skipped))
    return _signal(media.layers(job.row).draw(job.source.data, job.row, order), order, skipped)


def put_new(image: Any, job: Job) -> Signal:
    """An array or image, coded anew with the signal layers that were asked for."""
    order, skipped = _order(job)
    return _signal(media.layers(job.row).draw_new(image, job.row, order, job.config.quality), order, skipped)


def _order(job: Job) -> tuple[Order, list[Note]]:
    asked = job.config.layers
    how: ExplicitConfig | AudibleConfig | NoticeConfig = job.config.explicit
    if job.row.media in ("audio", "text"):
        how = job.config.audible if job.row.media == "audio" else job.config.notice
    explicit = how if Layer.EXPLICIT in asked else None
    skipped = [Note(layer, "not asked for") for layer in (Layer.EXPLICIT, Layer.WATERMARK) if layer not in asked]
    if Layer.WATERMARK not in asked:
        return Order(explicit), skipped
    return Order(explicit, job.label.content_tag, job.keys[0], job.strict), skipped


def _without_standing(job: Job, found: Evidence, order: Order) -> tuple[Order, list[Note]]:
    """The order without what the file shows already: labelling twice labels once.

    A metadata label that comes along tells whether there is an explicit one to look for, which takes less long than
    looking at pixels; a mark is looked for always, since a second one would spoil both.
    """
    labelled_before = bool(found.labels) or Layer.METADATA not in job.config.layers
    looks_for_label = order.explicit is not None and labelled_before
    if not looks_for_label and order.payload is None:
        return order, []
    handler, notes = media.layers(job.row), []
    opened = handler.open_media(job.source.data, job.row)
    if looks_for_label and (label := _good(handler.find(opened))):
        order = replace(order, explicit=None)
        notes.append(Note(Layer.EXPLICIT, _standing_note(label)))
    if order.payload is not None and (why := _marked_already(handler, opened, job, order.payload)):
        order = replace(order, payload=None)
        notes.append(Note(Layer.WATERMARK, why))
    return order, notes


def _good(marks: Sequence[Perceived]) -> Perceived | None:
    """A label that does what the rule asks."""
    return next((mark for mark in marks if _does(mark)), None)


def _does(mark: Perceived) -> bool:
    if isinstance(mark, AudibleMark):
        return mark.kind == "rhythm" or elements(mark.text).complete
    if isinstance(mark, NoticeMark):
        return mark.complete and not mark.hidden
    return mark.ratio >= _STANDING_RATIO and elements(mark.text).complete and mark.frames[0] == mark.frames[1]


def _standing_note(mark: Perceived) -> str:
    if isinstance(mark, AudibleMark):
        return f"an audible label is heard from {mark.start:.1f} to {mark.stop:.1f} s already"
    if isinstance(mark, NoticeMark):
        return f"{mark.text!r} stands at {mark.place} already"
    return f"{mark.text!r} stands {mark.position} already ({mark.ratio:.1%})"


def _marked_already(handler: media.Layers, opened: Any, job: Job, payload: int) -> str:
    from labelkit.errors import MissingExtra

    try:
        found = handler.detect(opened, job.keys, search=False)
    except MissingExtra:
        return ""  # putting the mark in will say so
    if not found:
        return ""
    if found[0].payload == payload:
        return "this mark stands in it already"
    if found[0].payload is None:
        return "it carries a mark of another label, which stays"
    return f"it carries the mark {found[0].payload:016x} of another label, which stays"


def _signal(drawn: Drawn, order: Order, skipped: list[Note]) -> Signal:
    written = [_drawn_note(drawn.mark)] if drawn.mark else []
    payload = None if drawn.unmarked else order.payload
    if drawn.unmarked:
        skipped = [*skipped, Note(Layer.WATERMARK, drawn.unmarked)]
    if payload is not None and order.key:
        written.append(Note(Layer.WATERMARK, f"content tag {payload:016x}, key {order.key.id}"))
    return Signal(drawn.data, drawn.mark, payload, order.key, order.strict, tuple(written), tuple(skipped))


def _drawn_note(mark: Perceived) -> Note:
    if isinstance(mark, AudibleMark):
        what = f"{mark.text!r} spoken" if mark.kind == "voice" else "rhythm short long short short"
        return Note(Layer.EXPLICIT, f"{what} from {mark.start:.1f} to {mark.stop:.1f} s")
    if isinstance(mark, NoticeMark):
        return Note(Layer.EXPLICIT, f"{mark.text!r} at {mark.place}")
    return Note(
        Layer.EXPLICIT,
        f"{mark.text!r} {mark.position}, {mark.glyph_height:.0f} px = {mark.ratio:.1%} of the shortest side, "
        f"contrast {mark.contrast:.1f}:1",
    )


def check(signal: Signal, data: Buffer, row: Format) -> tuple[Signal, tuple[Note, ...]]:
    """The signal as it reads back from the finished file, and a note when the invisible mark does not.

    Raises:
        WriteError: the explicit label does not read back, or a mark that was insisted on does not.
    """
    handler = media.layers(row) if signal.mark or signal.payload is not None else None
    if handler and signal.mark and not handler.confirm(data, row, signal.mark):
        raise _label_lost(signal.mark)
    if handler is None or signal.payload is None or signal.key is None:
        return signal, ()
    found = handler.detect(handler.open_media(data, row), (signal.key,), search=False)
    if found and found[0].payload == signal.payload:
        return signal, ()
    return _not_read_back(signal, row)


def _label_lost(mark: Perceived) -> WriteError:
    if isinstance(mark, AudibleMark):
        return WriteError(
            "the audible label did not read back from the coded sound",
            place=f"{mark.start:.1f} s",
            remedy="use style rhythm, or a higher level; the original is untouched",
        )
    if isinstance(mark, NoticeMark):
        return WriteError(
            "the notice did not read back from the text",
            place=mark.place,
            remedy="please report this file; the original is untouched",
        )
    return WriteError(
        "the visible label did not read back from the coded picture",
        place=mark.position,
        remedy="use style plate, or a higher quality; the original is untouched",
    )


#: What has too little room for 64 bits, by medium.
_TOO_LITTLE = {
    "image": "the mark does not read back: the picture is too small or too flat to carry 64 bits",
    "audio": "the mark does not read back: the sound is too short or too quiet to carry 64 bits",
    "text": "the mark does not read back: the text has no prose to carry 64 bits",
}


def _not_read_back(signal: Signal, row: Format) -> tuple[Signal, tuple[Note, ...]]:
    why = _TOO_LITTLE.get(row.media, "the mark does not read back")
    if signal.strict:
        raise WriteError(why, place="watermark", remedy="leave the watermark out of the layers")
    return replace(signal, payload=None), (Note(Layer.WATERMARK, why),)
