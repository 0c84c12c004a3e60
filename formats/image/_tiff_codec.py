"""TIFF pixels."""

from __future__ import annotations

from labelkit.formats.base import Buffer
from labelkit.formats.image import _plain_codec
from labelkit.formats.image._frames import Picture


def decode(data: Buffer) -> Picture:
    return _plain_codec.decode(data, "tiff")


def encode(picture: Picture, quality: int) -> bytes:
    raise NotImplementedError
