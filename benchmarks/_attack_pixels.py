"""Attacks that leave every pixel where it is: colour, noise, filters, things drawn on top.

Every attack in this and its sister modules takes height x width x 3 uint8 RGB and a seeded generator, and returns the
same kind of array.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Rng = np.random.Generator

#: What people with one cone type missing see, in linear RGB: Machado, Oliveira and Fernandes 2009, severity 1.0.
_CONES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def to_pixels(values: NDArray[np.floating]) -> Pixels:
    """Round and clip to 0..255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _curve(table: NDArray[np.floating], x: Pixels) -> Pixels:
    return cv2.LUT(x, to_pixels(table))


def _levels() -> NDArray[np.float64]:
    return np.arange(256, dtype=np.float64)


def identity(x: Pixels, rng: Rng) -> Pixels:
    return x.copy()


def brightness(x: Pixels, rng: Rng, *, factor: float) -> Pixels:
    return _curve(_levels() * factor, x)


def contrast(x: Pixels, rng: Rng, *, factor: float) -> Pixels:
    return _curve(128 + (_levels() - 128) * factor, x)


def gamma(x: Pixels, rng: Rng, *, exponent: float) -> Pixels:
    return _curve(255 * (_levels() / 255) ** exponent, x)


def saturation(x: Pixels, rng: Rng, *, factor: float) -> Pixels:
    grey = cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    return to_pixels(grey + (x - grey) * factor)


def hue(x: Pixels, rng: Rng, *, degrees: int) -> Pixels:
    hsv = cv2.cvtColor(x, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + degrees // 2) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def equalize(x: Pixels, rng: Rng) -> Pixels:
    luma = cv2.cvtColor(x, cv2.COLOR_RGB2YCrCb)
    luma[..., 0] = cv2.equalizeHist(luma[..., 0])
    return cv2.cvtColor(luma, cv2.COLOR_YCrCb2RGB)


def invert(x: Pixels, rng: Rng) -> Pixels:
    return 255 - x


def greyscale(x: Pixels, rng: Rng) -> Pixels:
    return cv2.cvtColor(cv2.cvtColor(x, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def colour_blind(x: Pixels, rng: Rng, *, kind: str) -> Pixels:
    levels = _levels() / 255
    to_linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)
    linear = np.clip(cv2.transform(to_linear[x], np.array(_CONES[kind], np.float32)), 0, 1)
    return to_pixels(255 * np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055))


def palette(x: Pixels, rng: Rng, *, colours: int) -> Pixels:
    """Reduced to few colours with error diffusion, as GIF needs."""
    return np.asarray(Image.fromarray(x).quantize(colours, Image.Quantize.MEDIANCUT).convert("RGB"))


def noise(x: Pixels, rng: Rng, *, sigma: float) -> Pixels:
    return to_pixels(x + rng.standard_normal(x.shape, np.float32) * np.float32(sigma))


def salt_and_pepper(x: Pixels, rng: Rng, *, share: float) -> Pixels:
    draw, out = rng.random(x.shape[:2], np.float32), x.copy()
    out[draw < share / 2] = 0
    out[draw > 1 - share / 2] = 255
    return out


def blur(x: Pixels, rng: Rng, *, sigma: float) -> Pixels:
    return cv2.GaussianBlur(x, (0, 0), sigma)


def median(x: Pixels, rng: Rng, *, size: int) -> Pixels:
    return cv2.medianBlur(x, size)


def sharpen(x: Pixels, rng: Rng, *, amount: float = 1.0) -> Pixels:
    soft = cv2.GaussianBlur(x, (0, 0), 1.5)
    return cv2.addWeighted(x, 1 + amount, soft, -amount, 0)


def overlay(x: Pixels, rng: Rng, *, share: float) -> Pixels:
    """Opaque captions at random places that cover ``share`` of the picture."""
    image = Image.fromarray(x)
    draw, (width, height) = ImageDraw.Draw(image), image.size
    box_height = max(16, round(0.05 * height))
    box_width = round(share / 4 * width * height / box_height)
    for row in rng.choice(4, 4, replace=False):
        left = int(rng.integers(0, max(1, width - box_width)))
        top = int((row + rng.uniform(0.1, 0.8)) * height / 4)
        caption(draw, (left, top, min(width, left + box_width), top + box_height), rng)
    return np.asarray(image)


def caption(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], rng: Rng) -> None:
    """White text on a coloured box."""
    colour = tuple(int(c) for c in rng.integers(0, 160, 3))
    draw.rectangle(box, fill=colour)
    size = max(10, round(0.7 * (box[3] - box[1])))
    draw.text((box[0] + 4, box[1] + 2), "WHEN THE DEMO WORKS ON THE FIRST TRY", "white", ImageFont.load_default(size))


def border(x: Pixels, rng: Rng, *, share: float, colour: int) -> Pixels:
    """A frame of ``share`` of each side's length around the picture."""
    dy, dx = round(share * x.shape[0]), round(share * x.shape[1])
    return cv2.copyMakeBorder(x, dy, dy, dx, dx, cv2.BORDER_CONSTANT, value=(colour,) * 3)


def letterbox(x: Pixels, rng: Rng) -> Pixels:
    """Black bars that make a square of it."""
    height, width = x.shape[:2]
    side = max(height, width)
    dy, dx = side - height, side - width
    return cv2.copyMakeBorder(x, dy // 2, dy - dy // 2, dx // 2, dx - dx // 2, cv2.BORDER_CONSTANT, value=(0, 0, 0))


def paste(x: Pixels, rng: Rng, *, share: float) -> Pixels:
    """The picture as ``share`` of the area of another photograph; a collage larger than 2560 px is reduced to that."""
    height, width = x.shape[:2]
    factor = min(share**-0.5, 1e9)
    canvas_height, canvas_width = round(height * factor), round(width * factor)
    canvas = cv2.resize(_photograph(int(rng.integers(3))), (canvas_width, canvas_height), interpolation=cv2.INTER_CUBIC)
    top, left = int(rng.integers(canvas_height - height + 1)), int(rng.integers(canvas_width - width + 1))
    canvas[top : top + height, left : left + width] = x
    return fit(canvas, 2560)


@cache
def _photograph(number: int) -> Pixels:
    from skimage import data

    return (data.coffee, data.chelsea, data.rocket)[number]()


def fit(x: Pixels, longest: int) -> Pixels:
    """Reduce so that the long side is at most ``longest``."""
    factor = longest / max(x.shape[:2])
    if factor >= 1:
        return x
    return cv2.resize(x, (round(x.shape[1] * factor), round(x.shape[0] * factor)), interpolation=cv2.INTER_AREA)
