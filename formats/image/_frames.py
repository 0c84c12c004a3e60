"""A decoded picture: its frames in their native colour mode, and all that is needed to write it back.

Drawing and looking happen in *display orientation*, the way a viewer shows the picture after its EXIF orientation;
the pixels stay in file orientation, so that the tag can stay as it is.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import Buffer
from labelkit.formats.image._bgr import Bgr
from labelkit.formats.image._stamp import Stamp

#: Pixels of one frame; about what Pillow itself opens.
MAX_PIXELS = 178_956_970
#: Frames of one animation or pages of one document, and the pixels of all of them together.
MAX_FRAMES = 3_000
MAX_TOTAL_PIXELS = 1_000_000_000

#: Pixels in file orientation: a Pillow image in its own mode, (height, width, 2 to 4) where 16-bit samples come with
#: several channels, which Pillow cannot hold, or an array on its way to a JPEG file.
Pixels: TypeAlias = "Image.Image | NDArray[np.uint16] | Bgr"
Box: TypeAlias = tuple[int, int, int, int]

ORIENTATION_TAG = 0x0112
_T = Image.Transpose
#: EXIF orientation -> what turns file orientation into display orientation (EXIF 2.32, tag 0112h).
TURNS = {
    2: _T.FLIP_LEFT_RIGHT,
    3: _T.ROTATE_180,
    4: _T.FLIP_TOP_BOTTOM,
    5: _T.TRANSPOSE,
    6: _T.ROTATE_270,
    7: _T.TRANSVERSE,
    8: _T.ROTATE_90,
}
#: EXIF orientation -> what turns display orientation back into file orientation.
RETURNS = {**TURNS, 6: _T.ROTATE_90, 8: _T.ROTATE_270}


@dataclass(slots=True)
class Frame:
    """One frame of an animation, one page of a document, or the one picture there is.

    Attributes:
        pixels: see :data:`Pixels`.
        duration: milliseconds it is shown; 0 when it is not an animation.
    """

    pixels: Pixels
    duration: float = 0.0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in file orientation."""
        if isinstance(self.pixels, Image.Image | Bgr):
            return self.pixels.size
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True, slots=True)
class Carried:
    """Metadata handed to the codec again, for containers that cannot graft: empty means there was none."""

    icc: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    dpi: tuple[float, float] | None = None


@dataclass(slots=True)
class Picture:
    """A decoded picture. Drawing changes its frames in place; :func:`~labelkit.formats.image.picture.encode` writes it.

    Attributes:
        frames: at least one.
        format: id of the format it was read from, ``""`` for images and arrays.
        orientation: EXIF orientation, 1 to 8.
        loop: how often an animation runs, 0 for ever.
        carried: metadata for the codec.
        coding: the source's coding parameters, private to the format's codec.
        stamps: what was drawn, for codecs that repeat it on the coded source instead of coding all pixels anew.
    """

    frames: list[Frame]
    format: str = ""
    orientation: int = 1
    loop: int = 0
    carried: Carried = Carried()
    coding: Any = None
    stamps: list[Stamp] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first frame in display orientation."""
        return self.size_of(0)

    def size_of(self, index: int) -> tuple[int, int]:
        """Width and height of one frame in display orientation (pages of a document differ)."""
        width, height = self.frames[index].size
        return (height, width) if self.orientation >= 5 else (width, height)

    def region(self, index: int, box: Box) -> Pixels:
        """A copy of one frame's pixels inside ``box`` (display orientation), in file orientation."""
        left, top, right, bottom = self.to_file(index, box)
        pixels = self.frames[index].pixels
        if isinstance(pixels, Image.Image):
            return pixels.crop((left, top, right, bottom))
        if isinstance(pixels, Bgr):
            return pixels.part((left, top, right, bottom))
        return pixels[top:bottom, left:right].copy()

    def put_back(self, index: int, box: Box, region: Pixels) -> None:
        """Store what :meth:`region` gave, changed."""
        left, top, right, bottom = self.to_file(index, box)
        pixels = self.frames[index].pixels
        if isinstance(pixels, Image.Image):
            assert isinstance(region, Image.Image)
            pixels.paste(region, (left, top))
        elif isinstance(pixels, Bgr):
            assert isinstance(region, Bgr)
            pixels.put((left, top, right, bottom), region)
        elif not isinstance(region, Image.Image | Bgr):
            pixels[top:bottom, left:right] = region

    def view(self, index: int = 0, box: Box | None = None, size: tuple[int, int] | None = None) -> Image.Image:
        """One frame, or a part of it, as a viewer shows it: mode L, LA, RGB or RGBA, display orientation.

        Args:
            index: which frame.
            box: left, top, right, bottom in display orientation; None for all.
            size: sample this many pixels (nearest neighbour) instead of giving all.
        """
        width, height = self.size_of(index)
        part = self.to_file(index, box or (0, 0, width, height))
        if size and self.orientation >= 5:
            size = size[::-1]
        frame = self.frames[index]
        shown = viewable(_sampled(frame.pixels, part, size), frame.pixels)
        turn = TURNS.get(self.orientation)
        return shown.transpose(turn) if turn is not None else shown

    def to_file(self, index: int, box: Box) -> Box:
        """A box of display orientation in file orientation."""
        return turned_box(box, self.size_of(index), self.orientation)


def turned_box(box: Box, size: tuple[int, int], orientation: int) -> Box:
    """A box in a displayed picture of ``size``, as it lies in the file."""
    left, top, right, bottom = box
    width, height = size
    if orientation in (2, 3, 6, 7):
        left, right = width - right, width - left
    if orientation in (3, 4, 7, 8):
        top, bottom = height - bottom, height - top
    return (top, left, bottom, right) if orientation >= 5 else (left, top, right, bottom)


def _sampled(pixels: Pixels, box: Box, size: tuple[int, int] | None) -> Pixels:
    left, top, right, bottom = box
    if isinstance(pixels, Bgr):
        pixels = pixels.part(box).image()
        return pixels.resize(size, Image.Resampling.NEAREST) if size else pixels
    if isinstance(pixels, Image.Image):
        if size:
            return pixels.resize(size, Image.Resampling.NEAREST, box=box)
        return pixels if box == (0, 0, *pixels.size) else pixels.crop(box)
    if not size:
        return pixels[top:bottom, left:right]
    rows = top + (np.arange(size[1]) * 2 + 1) * (bottom - top) // (2 * size[1])
    columns = left + (np.arange(size[0]) * 2 + 1) * (right - left) // (2 * size[0])
    return pixels[rows[:, None], columns[None, :]]


def viewable(part: Pixels, whole: Pixels) -> Image.Image:
    """Pixels as mode L, LA, RGB or RGBA. ``whole`` tells the scale of modes without a fixed white."""
    if isinstance(part, Bgr):
        return part.image()
    if not isinstance(part, Image.Image):
        eight = (part >> 8).astype(np.uint8)
        return Image.fromarray(eight[..., 0] if eight.shape[2] == 1 else eight)
    mode = part.mode
    if mode in ("L", "RGB") and "transparency" not in part.info:
        return part
    if mode in ("LA", "RGBA"):
        return part
    if mode.startswith("I;16"):
        return Image.fromarray((np.asarray(part) >> 8).astype(np.uint8))
    if mode in ("I", "F"):
        assert isinstance(whole, Image.Image)
        scaled = np.asarray(part, np.float32) * (255.0 / white_of(whole))
        return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))
    if mode == "LAB":
        return part.getchannel(0)
    if mode == "1" and "transparency" not in part.info:
        return part.convert("L")
    if mode == "La":
        return part.convert("LA")
    clear = mode in ("PA", "RGBa") or "transparency" in part.info
    return part.convert("RGBA" if clear else "RGB")


def white_of(image: Image.Image) -> float:
    """What stands for white in modes I and F, which have no fixed value for it: 1, 255, 65535 or the maximum."""
    extrema: Any = image.getextrema()
    top = float(extrema[1])
    for white in ((1.0,) if image.mode == "F" else ()) + (255.0, 65535.0):
        if top <= white:
            return white
    return top


@contextmanager
def decoding(what: str) -> Iterator[None]:
    """Turn whatever a codec library raises about a file into our errors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            yield
    except Image.DecompressionBombError as error:
        raise LimitExceeded(
            f"the picture has more pixels than the {MAX_PIXELS} that are decoded",
            place=what,
            remedy="scale it down, or write the metadata layer only",
        ) from error
    except UnidentifiedImageError as error:
        raise BrokenFile("the picture cannot be decoded", place=what, remedy="re-export the picture") from error
    except MemoryError as error:
        raise LimitExceeded(
            "the picture does not fit into memory", place=what, remedy="use a larger machine"
        ) from error
    except _CODEC_ERRORS as error:
        raise BrokenFile(
            f"the picture data is damaged: {error or type(error).__name__}",
            place=what,
            remedy="copy or export it again",
        ) from error


_CODEC_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    EOFError,
    OverflowError,
    AttributeError,
    RuntimeError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
)


def opened(data: Buffer, *formats: str) -> Image.Image:
    """The file opened by Pillow, not yet decoded, its size within the bounds. Call it inside :func:`decoding`."""
    if isinstance(data, bytes):
        file: Any = io.BytesIO(data)
    else:
        data.seek(0)
        file = data
    image = Image.open(file, formats=formats or None)
    check_size(*image.size)
    return image


def check_size(width: int, height: int, frames: int = 1) -> None:
    """Nothing when a picture of this size may be decoded.

    Raises:
        LimitExceeded: too many pixels or frames.
    """
    if width * height > MAX_PIXELS:
        raise LimitExceeded(
            f"{width} x {height} pixels, at most {MAX_PIXELS} in all are decoded",
            remedy="scale it down, or write the metadata layer only",
        )
    if frames > MAX_FRAMES or width * height * frames > MAX_TOTAL_PIXELS:
        raise LimitExceeded(
            f"{frames} frames of {width} x {height}; at most {MAX_FRAMES} and {MAX_TOTAL_PIXELS} pixels are decoded",
            remedy="split the animation, or make it a video",
        )


def carried(image: Image.Image) -> Carried:
    """ICC profile, EXIF, XMP and resolution as Pillow found them."""
    info = image.info
    dpi = info.get("dpi")
    return Carried(
        icc=_bytes(info.get("icc_profile")),
        exif=_bytes(info.get("exif")),
        xmp=_bytes(info.get("xmp")),
        dpi=(float(dpi[0]), float(dpi[1])) if isinstance(dpi, tuple) and len(dpi) == 2 else None,
    )


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, (bytes, bytearray)) else b""


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 when there is none, or nonsense."""
    try:
        value = image.getexif().get(ORIENTATION_TAG, 1)
    except _CODEC_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
