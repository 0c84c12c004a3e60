"""A stamp is a small picture with coverage that goes over a larger one, whatever that one's colour mode is.

Pixels that the stamp does not cover keep their exact values; where it covers half, values mix in the picture's own
space.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit.formats.image._bgr import Bgr, Layer

Bytes = NDArray[np.uint8]
Reals = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """What is drawn, in display orientation.

    Attributes:
        left, top: where its first pixel goes.
        colour: height x width (grey) or height x width x 3 (sRGB), uint8.
        cover: height x width, 0 leaves the picture as it is, 255 replaces it.
    """

    left: int
    top: int
    colour: Bytes
    cover: Bytes

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        height, width = self.cover.shape
        return self.left, self.top, self.left + width, self.top + height


def paint(region: Any, stamp: Stamp, returns: Image.Transpose | None, white: float = 255.0) -> Any:
    """``region`` with the stamp over it.

    Args:
        region: the picture's pixels under the stamp in file orientation, an image, a uint16 array or a
            :class:`~labelkit.formats.image._bgr.Bgr`. It may be changed.
        stamp: in display orientation, as large as the region.
        returns: what turns display orientation into file orientation.
        white: the value of white in modes I and F.
    """
    if isinstance(region, Bgr):
        return region.under(_layer(stamp))
    colour, cover = _images(stamp, returns)
    if not isinstance(region, Image.Image):
        return _paint_array(region, np.asarray(colour), np.asarray(cover))
    if region.mode in ("I", "F") or region.mode.startswith("I;16"):
        return _paint_wide(region, colour, np.asarray(cover), white)
    if region.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        return _paint_alpha(region, colour, cover)
    key = region.info.get("transparency")
    region.paste(_native(stamp, returns, region.mode), (0, 0), cover if region.mode != "1" else cover.point(_HALF, "1"))
    return region if key is None else _off_key(region, key, np.asarray(cover))


@lru_cache(maxsize=8)
def _images(stamp: Stamp, returns: Image.Transpose | None) -> tuple[Image.Image, Image.Image]:
    """Colour and coverage in file orientation; equal pictures share a stamp, so they are kept and never changed."""
    colour, cover = Image.fromarray(stamp.colour), Image.fromarray(stamp.cover)
    return (colour, cover) if returns is None else (colour.transpose(returns), cover.transpose(returns))


@lru_cache(maxsize=8)
def _layer(stamp: Stamp) -> Layer:
    return Layer.of(stamp.colour, stamp.cover)


@lru_cache(maxsize=8)
def _native(stamp: Stamp, returns: Image.Transpose | None, mode: str) -> Image.Image:
    return native(_images(stamp, returns)[0], mode)


_HALF = [0] * 128 + [255] * 128


def native(colour: Image.Image, mode: str) -> Image.Image:
    """A grey or RGB image in another mode; greys use the black plate only in CMYK, as text in print does."""
    if mode == colour.mode:
        return colour
    if mode == "CMYK" and colour.mode == "L":
        empty = Image.new("L", colour.size)
        return Image.merge("CMYK", (empty, empty, empty, colour.point([255 - g for g in range(256)])))
    if mode == "LAB":
        # CIE L* of sRGB greys; a and b stay neutral, which Pillow stores as 128.
        neutral = Image.new("L", colour.size, 128)
        return Image.merge("LAB", (colour.convert("L").point(_L_STAR), neutral, neutral))
    if mode == "1":
        return colour.convert("L").point(_HALF, "1")
    if mode in ("YCbCr", "HSV", "CMYK"):
        return colour.convert("RGB").convert(mode)
    return colour.convert(mode)


def _lightness() -> list[int]:
    grey = np.arange(256) / 255
    linear = np.where(grey <= 0.04045, grey / 12.92, ((grey + 0.055) / 1.055) ** 2.4)
    star = np.where(linear > 0.008856, 116 * np.cbrt(linear) - 16, 903.3 * linear)
    return [int(v) for v in np.rint(star * 2.55)]


_L_STAR = _lightness()


def _paint_array(region: NDArray[np.uint16], colour: Bytes, cover: Bytes) -> NDArray[np.uint16]:
    """16-bit samples with 2 to 4 channels; the last of 2 and 4 is alpha."""
    share = cover.astype(np.float32)[..., None] / np.float32(255)
    channels = region.shape[2]
    bands = colour if colour.ndim == 3 else colour[..., None]
    if channels < 3 and bands.shape[2] == 3:
        bands = np.asarray(Image.fromarray(colour).convert("L"))[..., None]
    ink = bands.astype(np.float32) * np.float32(257)
    if channels in (2, 4):
        return _over(region, ink, share)
    out = np.rint(region * (1 - share) + ink * share).astype(np.uint16)
    return np.where(cover[..., None] > 0, out, region)


def _over(region: NDArray[np.uint16], ink: Reals, share: Reals) -> NDArray[np.uint16]:
    below = region[..., -1:].astype(np.float32) / 65535 * (1 - share)
    alpha = below + share
    colour = (region[..., :-1] * below + ink * share) / np.maximum(alpha, 1e-6)
    out = np.rint(np.concatenate([colour, alpha * 65535], axis=2)).astype(np.uint16)
    return np.where(share > 0, out, region)


def _paint_wide(region: Image.Image, colour: Image.Image, cover: Bytes, white: float) -> Image.Image:
    """One channel of 16 or 32 bits."""
    below = np.asarray(region)
    top = 65535.0 if region.mode.startswith("I;16") else white
    ink = np.asarray(colour.convert("L"), np.float64) * (top / 255)
    share = cover.astype(np.float64) / 255
    mixed = below * (1 - share) + ink * share
    mixed = mixed if region.mode == "F" else np.rint(mixed)
    out = np.where(cover > 0, mixed, below).astype(below.dtype)
    painted = region.copy()
    painted.frombytes(np.ascontiguousarray(out).tobytes())
    key = region.info.get("transparency")
    return painted if key is None else _off_key_wide(painted, out, key, cover)


def _off_key_wide(painted: Image.Image, out: Any, key: Any, cover: Bytes) -> Image.Image:
    hit = (out == key) & (cover > 0)
    painted.frombytes(
        np.ascontiguousarray(np.where(hit, np.where(out > 0, out - 1, 1), out).astype(out.dtype)).tobytes()
    )
    return painted


def _paint_alpha(region: Image.Image, colour: Image.Image, cover: Image.Image) -> Image.Image:
    """Over a picture with transparency: the label becomes opaque where it covers fully."""
    mode = region.mode
    over = colour.convert("RGB")
    over.putalpha(cover)
    below = region if mode == "RGBA" else (region.convert("LA") if mode == "La" else region).convert("RGBA")
    mixed = Image.alpha_composite(below, over)
    if mode == "RGBA":
        # Where nothing is drawn, hidden colours under full transparency stay too.
        mixed.paste(region, (0, 0), cover.point([255] + [0] * 255))
        return mixed
    if mode == "PA":
        return _paint_palette_alpha(region, mixed, cover)
    out = mixed.convert("LA").convert("La") if mode == "La" else mixed.convert(mode)
    region.paste(out, (0, 0), cover.point([0] + [255] * 255))
    return region


def _paint_palette_alpha(region: Image.Image, mixed: Image.Image, cover: Image.Image) -> Image.Image:
    index, alpha = region.getchannel(0), region.getchannel(1)
    plain = Image.new("P", region.size)
    plain.putpalette(region.getpalette() or [])
    nearest = mixed.convert("RGB").quantize(palette=plain, dither=Image.Dither.NONE)
    touched = cover.point([0] + [255] * 255)
    index.paste(
        nearest.convert("L") if nearest.mode != "P" else Image.frombytes("L", nearest.size, nearest.tobytes()),
        (0, 0),
        touched,
    )
    alpha.paste(mixed.getchannel(3), (0, 0), touched)
    made = Image.merge("PA", (index, alpha))
    made.putpalette(region.getpalette() or [])
    return made


def _off_key(region: Image.Image, key: Any, cover: Bytes) -> Image.Image:
    """Keep drawn pixels from taking the one colour that the file declares transparent (PNG tRNS, types 0 and 2)."""
    pixels = np.array(region)
    same = pixels == np.asarray(key, pixels.dtype)
    hit = (same.all(axis=2) if pixels.ndim == 3 else same) & (cover > 0)
    if hit.any():
        pixels[hit] = np.where(pixels[hit] > 0, pixels[hit] - 1, 1)
        region.paste(Image.fromarray(pixels))
    return region
