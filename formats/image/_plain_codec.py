"""Pixels of formats that need nothing but Pillow: WebP, HEIF, AVIF, BMP, and whatever else Pillow opens."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image

from labelkit.errors import MissingExtra, UnsupportedOperation
from labelkit.formats.base import Buffer
from labelkit.formats.image import _vp8
from labelkit.formats.image._frames import (
    Carried,
    Frame,
    Picture,
    carried,
    check_size,
    decoding,
    opened,
    orientation_of,
)

#: Format id -> Pillow's name for it.
NAMES = {"webp": "WEBP", "heif": "HEIF", "avif": "AVIF", "bmp": "BMP"}
#: Quality for pictures that come without one, per format; the codecs' own defaults show on text.
NEW_QUALITY = {"webp": 90, "heif": 90, "avif": 90}
#: Effort of the HEVC encoder: its default, "slow", takes seven times as long for 3 % less size at the same PSNR.
HEIF_PRESET = "ultrafast"


@dataclass(frozen=True, slots=True)
class PlainCoding:
    """How the source was coded.

    Attributes:
        lossless: WebP lossless.
        quality: estimate of the source's quality, 0 for none.
        primary: HEIF: which of several pictures is shown first.
    """

    lossless: bool = False
    quality: int = 0
    primary: int = 0


def decode(data: Buffer, format_id: str) -> Picture:
    """All frames of a file."""
    name = NAMES.get(format_id, format_id.upper())
    with decoding(f"{name} image data"):
        if format_id == "heif":
            register_heif()
        image = opened(data, name)
        count = int(getattr(image, "n_frames", 1))
        check_size(*image.size, count)
        loop = int(image.info.get("loop", 0) or 0)
        primary = image.tell()
        frames = [_frame(image, number, count) for number in range(count)]
        orientation = orientation_of(image)
        return Picture(frames, format_id, orientation, loop, carried(image), _coding(data, format_id, primary))


def _frame(image: Image.Image, number: int, count: int) -> Frame:
    if count > 1:
        image.seek(number)
    image.load()
    pixels = image.copy() if count > 1 else image._new(image.im)
    return Frame(pixels, float(image.info.get("duration", 0) or 0))


def register_heif() -> None:
    """Teach Pillow HEIF.

    Raises:
        MissingExtra: the package for it is not installed.
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise MissingExtra(
            "HEIC and HEIF pixels need the package pillow-heif",
            remedy='pip install "labelkit-aigc[heif]", or write the metadata layer only',
        ) from error
    pillow_heif.register_heif_opener()


def _coding(data: Buffer, format_id: str, primary: int) -> PlainCoding:
    if format_id == "webp":
        lossless = _webp_lossless(data)
        return PlainCoding(lossless, 0 if lossless else _vp8.quality(data))
    return PlainCoding(False, NEW_QUALITY.get(format_id, 0), primary)


def _webp_lossless(data: Buffer) -> bool:
    """Whether the (first) bitstream is VP8L (RFC 9649, 2.6)."""
    lossless, lossy = data.find(b"VP8L", 12), data.find(b"VP8 ", 12)
    return lossless >= 0 and (lossy < 0 or lossless < lossy)


def encode(picture: Picture, format_id: str, quality: int) -> bytes:
    """All frames in a format; a file of the same format keeps its parameters."""
    coding = (
        picture.coding if isinstance(picture.coding, PlainCoding) and picture.format == format_id else PlainCoding()
    )
    given = _parameters(format_id, coding, quality, picture)
    images = [frame.pixels for frame in picture.frames]
    if len(images) > 1 and format_id in ("webp", "avif", "heif"):
        durations = [round(frame.duration) for frame in picture.frames]
        given |= {"save_all": True, "append_images": images[1:]}
        given |= {"duration": durations} if format_id != "heif" else {}
        given |= {"loop": picture.loop} if format_id == "webp" else {}
        given |= {"primary_index": coding.primary} if format_id == "heif" else {}
    if format_id == "heif":
        register_heif()
        given["enc_params"] = {"preset": HEIF_PRESET}
    out = io.BytesIO()
    first = images[0]
    assert isinstance(first, Image.Image)
    first.save(out, NAMES[format_id], **given)
    return out.getvalue()


def _parameters(format_id: str, coding: PlainCoding, quality: int, picture: Picture) -> dict[str, Any]:
    if format_id == "bmp":
        return {"dpi": picture.carried.dpi} if picture.carried.dpi else {}
    given = _metadata(picture.carried)
    if coding.lossless:
        return given | {"lossless": True, "exact": True, "quality": 60}
    given["quality"] = quality or coding.quality or NEW_QUALITY[format_id]
    return given


def _metadata(kept: Carried) -> dict[str, Any]:
    given: dict[str, Any] = {"icc_profile": kept.icc or None}
    given |= {"exif": kept.exif} if kept.exif else {}
    return given | ({"xmp": kept.xmp} if kept.xmp else {})


def unsupported(format_id: str) -> UnsupportedOperation:
    """The error for a format whose pixels cannot be written."""
    return UnsupportedOperation(
        f"pictures cannot be coded as {format_id}", remedy="choose png, jpeg, webp, gif, tiff or avif"
    )
