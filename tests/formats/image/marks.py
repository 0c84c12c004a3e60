"""Put any words on a picture, also such as no label may be: too small, faint, in the middle, without an element."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

from labelkit.formats.image._drawing import text_mask

Box = tuple[int, int, int, int]

PLACES = ("top-left", "top", "top-right", "left", "right", "bottom-left", "bottom", "bottom-right")


def marked(
    image: Image.Image,
    text: str,
    share: float,
    place: str,
    *,
    ink: int = 255,
    ground: int | None = None,
    opacity: float = 1.0,
    shadow: bool = False,
    font: str = "",
    margin: float = 0.03,
) -> tuple[Image.Image, Box]:
    """The picture with words on it, and the box of their ink.

    ``share`` is the ink height over the shortest side, ``place`` one of PLACES or ``"middle"``, ``ink`` and ``ground``
    are greys (no ground: none is drawn), ``opacity`` is the ink's, and ``shadow`` a soft dark one to the lower right.
    """
    mask = Image.fromarray(text_mask(text, max(4, round(share * min(image.size))), font))
    pad = mask.height // 2 if ground is not None else 0
    edge = round(margin * min(image.size)) + pad
    x = (
        edge
        if "left" in place
        else image.width - mask.width - edge
        if "right" in place
        else (image.width - mask.width) // 2
    )
    y = (
        edge
        if "top" in place
        else image.height - mask.height - edge
        if "bottom" in place
        else (image.height - mask.height) // 2
    )
    out = image.convert("RGB")
    if ground is not None:
        out.paste((ground,) * 3, (x - pad, y - pad, x + mask.width + pad, y + mask.height + pad))
    if shadow:
        soft = Image.new("L", out.size)
        soft.paste(mask, (x + max(1, mask.height // 20), y + max(1, mask.height // 20)))
        out.paste((0, 0, 0), (0, 0), soft.filter(ImageFilter.GaussianBlur(mask.height * 0.06)).point(lambda v: v * 0.6))
    out.paste((ink,) * 3, (x, y), mask.point(lambda v: v * opacity))
    return out, (x, y, x + mask.width, y + mask.height)


def jpeg(image: Image.Image, quality: int = 50) -> Image.Image:
    """After JPEG."""
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def half(image: Image.Image) -> Image.Image:
    """At half the size."""
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def noise(size: tuple[int, int], seed: int = 1) -> Image.Image:
    """Random pixels."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8))


#: What pictures go through, from name to function.
CONDITIONS = {
    "original": lambda image: image,
    "JPEG q50": jpeg,
    "0.5x": half,
    "0.5x + q50": lambda image: jpeg(half(image)),
}
