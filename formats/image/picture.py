"""Pictures in and out: decode a file with everything it has, take an image or array, and code the result again.

A file is written back in its own format with its own parameters; what the codec cannot carry is grafted from the source
by the container.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageSequence

from labelkit.errors import InputError
from labelkit.formats.base import Buffer
from labelkit.formats.image import _jpeg_codec
from labelkit.formats.image._bgr import Bgr
from labelkit.formats.image._frames import (
    MAX_FRAMES,
    MAX_PIXELS,
    MAX_TOTAL_PIXELS,
    Carried,
    Frame,
    Picture,
    carried,
    check_size,
    decoding,
    opened,
    orientation_of,
    viewable,
    white_of,
)
from labelkit.formats.image._jpeg_strip import strip

__all__ = [
    "MAX_FRAMES",
    "MAX_PIXELS",
    "MAX_TOTAL_PIXELS",
    "Carried",
    "Frame",
    "Picture",
    "encode",
    "from_array",
    "from_image",
    "open_picture",
    "preview",
]

#: Format id -> modes its codec writes as they are.
_WRITABLE = {
    "jpeg": ("L", "RGB", "CMYK", "YCbCr"),
    "png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B"),
    "webp": ("RGB", "RGBA"),
    "gif": ("P", "L", "1", "RGB", "RGBA"),
    "tiff": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I;16B", "I", "F"),
    "heif": ("L", "RGB", "RGBA"),
    "avif": ("RGB", "RGBA"),
    "bmp": ("1", "L", "P", "RGB"),
}
_TRANSPARENT = ("LA", "La", "PA", "RGBA", "RGBa")


def open_picture(data: Buffer, format_id: str) -> Picture:
    """Decode a picture file.

    Args:
        data: the whole file.
        format_id: its format, as ``labelkit.formats.table.find`` says.

    Raises:
        BrokenFile: the image data is damaged.
        LimitExceeded: more than ``MAX_PIXELS`` pixels or ``MAX_FRAMES`` frames.
        MissingExtra: the format needs an optional package.
    """
    if format_id == "jpeg":
        return _jpeg_codec.decode(data)
    if format_id == "png":
        from labelkit.formats.image import _png_codec

        return _png_codec.decode(data)
    if format_id == "gif":
        from labelkit.formats.image import _gif_codec

        return _gif_codec.decode(data)
    if format_id == "tiff":
        from labelkit.formats.image import _tiff_codec

        return _tiff_codec.decode(data)
    from labelkit.formats.image import _plain_codec

    return _plain_codec.decode(data, format_id)


def preview(data: Buffer, format_id: str, reduction: int, rows: tuple[int, int]) -> tuple[Picture, float, int]:
    """The first frame only: in grey, reduced by up to ``reduction``, cut to ``rows``, where that saves time (JPEG).

    Args:
        data: the whole file.
        format_id: its format.
        reduction: 1 for full size.
        rows: first and last row of interest, in display orientation.

    Returns:
        The picture, good for looking only, by how much it is reduced, and which row of the whole its first row is.
    """
    if format_id in ("gif", "tiff"):
        return open_picture(data, format_id), 1.0, 0
    if format_id == "jpeg" and (cut := strip(data, *rows)):
        shown, scale = _reduced(cut[0], format_id, reduction)
        if shown.orientation == 1:
            return shown, scale, cut[1]
    return (*_reduced(data, format_id, reduction), 0)


def _reduced(data: Buffer, format_id: str, reduction: int) -> tuple[Picture, float]:
    with decoding(f"{format_id} image data"):
        if format_id == "heif":
            from labelkit.formats.image import _plain_codec

            _plain_codec.register_heif()
        image = opened(data, *_OPENED_AS.get(format_id, ()))
        if image.tell():  # HEIF opens at its primary picture
            image.seek(0)
        full = image.size
        if format_id == "jpeg":
            image.draft("L", (full[0] // reduction, full[1] // reduction))
        image.load()
        return Picture([Frame(image)], format_id, orientation_of(image)), full[0] / image.size[0]


#: Pillow's names of the formats that it need not guess.
_OPENED_AS = {"jpeg": ("JPEG", "MPO")}


def from_image(image: Image.Image) -> Picture:
    """Take a Pillow image of any mode, all frames if it has several. The image itself is not changed.

    Raises:
        BrokenFile: it comes from a damaged file.
        LimitExceeded: more than ``MAX_PIXELS`` pixels or ``MAX_FRAMES`` frames.
    """
    with decoding("image"):
        count = int(getattr(image, "n_frames", 1))
        check_size(*image.size, count)
        orientation = orientation_of(image)
        kept = carried(image)
        if count == 1:
            return Picture([Frame(_owned(image))], orientation=orientation, carried=kept)
        position = image.tell()
        frames = [
            Frame(_owned(frame), float(frame.info.get("duration", 0) or 0)) for frame in ImageSequence.Iterator(image)
        ]
        image.seek(position)
        return Picture(frames, "", orientation, int(image.info.get("loop", 0) or 0), kept)


def _owned(image: Image.Image) -> Image.Image:
    """A copy that may be drawn on; two-colour pictures with a transparent colour get real transparency."""
    if image.mode == "1" and "transparency" in image.info:
        return image.convert("LA")
    return image.copy()


def from_array(array: Any, format_id: str = "") -> Picture:
    """Take an array of samples.

    Args:
        array: height x width, or height x width x 1 to 4 (grey, grey + alpha, RGB, RGBA); uint8, uint16, bool, or
            float from 0 to 1. It is not changed.
        format_id: what it will be coded as, if that is known; colours for JPEG are held as its codec takes them.

    Raises:
        InputError: another shape or type, or floats outside 0 to 1.
        LimitExceeded: more than ``MAX_PIXELS`` pixels.
    """
    samples = np.asarray(array)
    if samples.ndim == 3 and samples.shape[2] == 1:
        samples = samples[..., 0]
    if samples.ndim not in (2, 3) or (samples.ndim == 3 and not 2 <= samples.shape[2] <= 4) or 0 in samples.shape:
        raise InputError(
            f"an array of shape {samples.shape} is not a picture",
            remedy="pass height x width or height x width x 1 to 4 (grey, grey and alpha, RGB, RGBA)",
        )
    check_size(samples.shape[1], samples.shape[0])
    samples = _integers(samples)
    if samples.dtype == np.uint16 and samples.ndim == 3:
        return Picture([Frame(samples.copy())])
    if format_id == "jpeg" and (held := Bgr.taken(samples)):
        return Picture([Frame(held)])
    return Picture([Frame(Image.fromarray(samples).copy() if samples.ndim == 2 else Image.fromarray(samples))])


def _integers(samples: Any) -> Any:
    """uint8, uint16 or bool samples, native byte order, contiguous."""
    if samples.dtype in (np.uint8, np.bool_):
        return np.ascontiguousarray(samples)
    if samples.dtype.kind == "u" and samples.dtype.itemsize == 2:
        return np.ascontiguousarray(samples, np.uint16)
    if samples.dtype.kind != "f":
        raise InputError(
            f"samples of type {samples.dtype} have no agreed range",
            remedy="convert to uint8 (0 to 255), uint16 (0 to 65535), bool, or float from 0 to 1",
        )
    low, high = float(samples.min()), float(samples.max())
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise InputError(
            f"float samples from {low:g} to {high:g}; expected 0 to 1", remedy="divide by the largest value, or clip"
        )
    return np.rint(np.clip(samples, 0, 1) * 255).astype(np.uint8)


def encode(picture: Picture, format_id: str, quality: int = 0) -> bytes:
    """Code a picture.

    Args:
        picture: as decoded, labelled or not.
        format_id: what to write; a file that is written in its own format keeps its parameters.
        quality: 1 to 100 for lossy formats when the picture is not a file of that format; 0 for the default.

    Raises:
        UnsupportedOperation: the format cannot be written.
        MissingExtra: the format needs an optional package.
    """
    if format_id not in _WRITABLE:
        from labelkit.formats.image import _plain_codec

        raise _plain_codec.unsupported(format_id)
    if format_id != picture.format:
        picture = _converted(picture, format_id)
    if format_id == "jpeg":
        return _jpeg_codec.encode(picture, quality)
    if format_id == "png":
        from labelkit.formats.image import _png_codec

        return _png_codec.encode(picture, quality)
    if format_id == "gif":
        from labelkit.formats.image import _gif_codec

        return _gif_codec.encode(picture, quality)
    if format_id == "tiff":
        from labelkit.formats.image import _tiff_codec

        return _tiff_codec.encode(picture, quality)
    from labelkit.formats.image import _plain_codec

    return _plain_codec.encode(picture, format_id, quality)


def _converted(picture: Picture, format_id: str) -> Picture:
    """The picture with frames in modes that the format can hold; sizes, timing and metadata as they are."""
    frames = [Frame(_convertible(frame, format_id), frame.duration) for frame in picture.frames]
    return Picture(frames, "", picture.orientation, picture.loop, picture.carried)


def _convertible(frame: Frame, format_id: str) -> Any:
    pixels = frame.pixels
    if not isinstance(pixels, Image.Image):
        if format_id in (("jpeg",) if isinstance(pixels, Bgr) else ("png", "tiff")):
            return pixels
        pixels = viewable(pixels, pixels)
    if pixels.mode in _WRITABLE[format_id] and (
        format_id == "gif" or "transparency" not in pixels.info or format_id == "png"
    ):
        return pixels
    if format_id == "png" and pixels.mode == "I" and white_of(pixels) == 65535:
        return Image.fromarray(np.clip(np.asarray(pixels), 0, 65535).astype(np.uint16))
    shown = _shown(pixels)
    if shown.mode in _TRANSPARENT and format_id in ("jpeg", "bmp"):
        return _flattened(shown)
    if shown.mode in _WRITABLE[format_id]:
        return shown
    return shown.convert("RGBA" if shown.mode in _TRANSPARENT else "RGB")


def _shown(pixels: Image.Image) -> Image.Image:
    """As L, LA, RGB or RGBA; LAB with its colours."""
    if pixels.mode == "LAB":
        from PIL import ImageCms

        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(pixels, lab, srgb, outputMode="RGB")
        assert converted is not None
        return converted
    return viewable(pixels, pixels)


def _flattened(image: Image.Image) -> Image.Image:
    """Over white, for formats without transparency."""
    below = Image.new("RGBA", image.size, "white")
    below.alpha_composite(image.convert("RGBA"))
    return below.convert("L" if image.mode == "LA" else "RGB")
