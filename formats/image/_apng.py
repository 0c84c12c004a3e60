"""Writing APNG so that every frame stays a frame (W3C PNG third edition, 11.3.4.2 to 11.3.4.4).

Pillow's writer joins equal frames and rounds their times. Here each frame is a rectangle that replaces what changed
since the frame before, with the delay the source gave it.
"""

from __future__ import annotations

import binascii
import io
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image

Delay = tuple[int, int]

_SIGNATURE_BYTES = 8
#: Dispose and blend operations: leave the canvas, replace the rectangle.
_NONE, _SOURCE = 0, 0


def delays(data: bytes) -> tuple[Delay, ...]:
    """Numerator and denominator of every frame's delay, in seconds, from its ``fcTL`` chunks."""
    bodies = (data[start + 8 : stop - 4] for kind, start, stop in chunks(data) if kind == b"fcTL")
    return tuple(struct.unpack(">HH", body[20:24]) for body in bodies if len(body) == 26)


def delay_of(milliseconds: float) -> Delay:
    """A duration as a fraction that fits 16 bits."""
    whole = round(milliseconds)
    return (whole, 1000) if whole <= 0xFFFF else (min(0xFFFF, round(milliseconds / 1000)), 1)


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and stop of each chunk, as far as the file goes."""
    at = _SIGNATURE_BYTES
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, at, at + 12 + length
        at += 12 + length


def encode(
    images: Sequence[Image.Image], times: Sequence[Delay], loop: int, poster: bool, metadata: dict[str, Any]
) -> bytes:
    """An APNG file.

    Args:
        images: all of one size; the first is the default image.
        times: delay of each animation frame: as many as images, or one less with a poster.
        loop: how often it runs, 0 for ever.
        poster: the default image is not part of the animation.
        metadata: Pillow's parameters for the default image.
    """
    images = _alike(images)
    first = _saved(images[0], metadata)
    start = next(start for kind, start, _ in chunks(first) if kind == b"IDAT")
    end = next(start for kind, start, _ in chunks(first) if kind == b"IEND")
    head = _chunk(b"acTL", struct.pack(">II", len(times), loop))
    head += b"" if poster else _control(0, (0, 0, *images[0].size), times[0])
    return b"".join([first[:start], head, first[start:end], *_frames(images, times, poster), first[end:]])


def _alike(images: Sequence[Image.Image]) -> list[Image.Image]:
    """All in one mode, with one palette: a file has room for one of each."""
    first = images[0]
    same = all(i.mode == first.mode and i.info.get("transparency") == first.info.get("transparency") for i in images)
    if same and (first.mode != "P" or all(i.getpalette() == first.getpalette() for i in images)):
        return list(images)
    return [image.convert("RGBA") for image in images]


def _saved(image: Image.Image, metadata: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", **metadata)
    return out.getvalue()


def _frames(images: Sequence[Image.Image], times: Sequence[Delay], poster: bool) -> Iterator[bytes]:
    """Control and data chunks of all frames after the default image."""
    sequence = 0 if poster else 1
    for number, image in enumerate(images[1:], 1):
        before = None if poster and number == 1 else images[number - 1]
        box = _changed(before, image)
        yield _control(sequence, box, times[number - 1 if poster else number])
        sequence += 1
        coded = _saved(image.crop(box), {})
        for kind, start, stop in chunks(coded):
            if kind == b"IDAT":
                yield _chunk(b"fdAT", struct.pack(">I", sequence) + coded[start + 8 : stop - 4])
                sequence += 1


def _changed(before: Image.Image | None, image: Image.Image) -> tuple[int, int, int, int]:
    """The smallest rectangle with all pixels that differ; one pixel when none does."""
    if before is None:
        return 0, 0, image.width, image.height
    differ = np.asarray(before) != np.asarray(image)
    differ = differ.any(axis=2) if differ.ndim == 3 else differ
    rows, columns = np.flatnonzero(differ.any(axis=1)), np.flatnonzero(differ.any(axis=0))
    if not len(rows):
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _control(sequence: int, box: tuple[int, int, int, int], delay: Delay) -> bytes:
    left, top, right, bottom = box
    place = struct.pack(">IIIII", sequence, right - left, bottom - top, left, top)
    return _chunk(b"fcTL", place + struct.pack(">HHBB", *delay, _NONE, _SOURCE))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", binascii.crc32(kind + body))
