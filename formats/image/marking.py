"""The invisible watermark in a decoded picture, whatever its colour mode; the signal itself is in ``watermark.py``.

The mark lies in file orientation: turning is what it survives best.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit.errors import UnsupportedOperation
from labelkit.formats.image._bgr import Bgr
from labelkit.formats.image._frames import Picture, Pixels
from labelkit.formats.image.watermark import Detection, detect
from labelkit.formats.image.watermark import embed as embed_array
from labelkit.watermark.keys import Key

#: Modes whose grey or colour values are what the eye sees, so that a small change of them is a small change.
_DIRECT = ("L", "RGB", "RGBA")
_REMEDY = "convert the picture to true colours for one"
#: What people call the pictures of some modes.
_CALLED = {"P": "a palette picture", "PA": "a palette picture", "1": "a one-bit picture"}


def embed(picture: Picture, payload: int, key: Key) -> None:
    """Mark every frame of a picture, in place.

    Raises:
        UnsupportedOperation: a palette, one-bit or floating-point picture, or one that is too small.
    """
    if picture.format == "gif":
        raise _no_room("GIF")
    marked = [_marked(frame.pixels, payload, key) for frame in picture.frames]
    for frame, pixels in zip(picture.frames, marked, strict=True):
        frame.pixels = pixels


def look(picture: Picture, keys: Sequence[Key], *, search: bool = True) -> Detection | None:
    """The watermark of a picture: of its first, middle or last frame, whichever shows one first."""
    count = len(picture.frames)
    for index in sorted({0, count // 2, count - 1}):
        if found := detect(_visible(picture, index), list(keys), search=search or "fast"):
            return found
    return None


def _visible(picture: Picture, index: int) -> NDArray[np.uint8]:
    """One frame as 8-bit grey or colours, in file orientation; transparent parts as they are coded."""
    upright = Picture([picture.frames[index]], picture.format)
    shown = upright.view(0)
    return np.asarray(shown.convert("L") if shown.mode == "LA" else shown)


def _marked(pixels: Pixels, payload: int, key: Key) -> Pixels:
    if isinstance(pixels, Bgr):
        pixels = pixels.image()
    if not isinstance(pixels, Image.Image):
        return _marked_16_bit(pixels, payload, key)
    if "transparency" in pixels.info:
        raise _no_room("a picture with one transparent colour")
    changed = _channels(pixels, payload, key)
    changed.info = dict(pixels.info)
    return changed


def _channels(image: Image.Image, payload: int, key: Key) -> Image.Image:
    mode = image.mode
    if mode in _DIRECT:
        return Image.fromarray(embed_array(np.asarray(image), payload, key))
    if mode == "LA":
        grey, alpha = (np.asarray(band) for band in image.split())
        return Image.merge("LA", (Image.fromarray(embed_array(grey, payload, key, alpha=alpha)), image.getchannel("A")))
    if mode in ("YCbCr", "LAB"):
        first, *others = image.split()
        return Image.merge(mode, (Image.fromarray(embed_array(np.asarray(first), payload, key)), *others))
    if mode == "CMYK":
        return _printed(image, payload, key)
    if mode.startswith("I;16"):
        return _image_of(embed_array(np.asarray(image).astype(np.uint16), payload, key), mode)
    raise _no_room(_CALLED.get(mode, f"a picture of mode {mode}"))


def _printed(image: Image.Image, payload: int, key: Key) -> Image.Image:
    """Inks: what the mark adds to red, green and blue is taken from cyan, magenta and yellow."""
    seen = np.asarray(image.convert("RGB"))
    change = embed_array(seen, payload, key).astype(np.int16) - seen
    inks = np.asarray(image).astype(np.int16)
    inks[..., :3] = np.clip(inks[..., :3] - change, 0, 255)
    return Image.frombytes("CMYK", image.size, inks.astype(np.uint8).tobytes())


def _marked_16_bit(samples: NDArray[np.uint16], payload: int, key: Key) -> NDArray[np.uint16]:
    channels = samples.shape[2]
    if channels > 2:
        made: NDArray[np.uint16] = embed_array(samples, payload, key)
        return made
    grey = embed_array(
        np.ascontiguousarray(samples[..., 0]), payload, key, alpha=samples[..., 1] if channels == 2 else None
    )
    return np.stack([grey, *(samples[..., n] for n in range(1, channels))], axis=-1)


def _image_of(values: NDArray[np.uint16], mode: str) -> Image.Image:
    """16-bit samples as a Pillow image of mode I;16 or I;16B."""
    order = ">u2" if mode.endswith("B") else "<u2"
    return Image.frombytes(mode, (values.shape[1], values.shape[0]), values.astype(order).tobytes())


def _no_room(what: str) -> UnsupportedOperation:
    return UnsupportedOperation(f"{what} has no room for a watermark", place="watermark", remedy=_REMEDY)
