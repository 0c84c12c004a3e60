"""What marked pictures go through in the benchmark, and what is promised for it.

``ATTACKS`` is the table: an id, the row of promises it belongs to, and a pure function (picture, seeded generator) ->
picture. ``ROWS`` are the promises: at least this share of pictures gives back all 64 bits, from this short side up.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks import _attack_chains as chains
from benchmarks import _attack_codecs as codecs
from benchmarks import _attack_geometry as geometry
from benchmarks import _attack_pixels as pixels
from benchmarks._attack_pixels import Pixels, Rng


@dataclass(frozen=True, slots=True)
class Promise:
    """At least ``rate`` of the pictures whose short side is from ``from_px`` to below ``below_px``."""

    rate: float
    from_px: int = 400
    below_px: int = 1 << 30

    def covers(self, short: int) -> bool:
        """Whether a picture with this short side counts."""
        return self.from_px <= short < self.below_px


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of goals."""

    id: str
    text: str
    promises: tuple[Promise, ...] = ()


ROWS = (
    Row("mild", "identity, colour, greyscale, invert, JPEG >= 40, WebP/AVIF 50, noise 10, blur 1, median 3, sharpen",
        (Promise(0.99),)),
    Row("harsh", "JPEG 30, noise 20, blur 2, median 5, social chain, screenshots, 10 % overlay, borders",
        (Promise(0.97),)),
    Row("geometry", "any rotation, flips, 90-degree turns, aspect +-15 %, shear 5, resize 0.5x to 2x",
        (Promise(0.99),)),
    Row("quarter", "resize to 0.25x, at least 160 px remain", (Promise(0.97, 640),)),
    Row("crop25", "crop keeping 25 %", (Promise(0.97, 640), Promise(0.95, 400, 640))),
    Row("crop10", "crop keeping 10 %", (Promise(0.93, 640), Promise(0.90, 400, 640))),
    Row("chain", "crop 50 % + 0.7x + JPEG 60", (Promise(0.95, 640),)),
    Row("paste25", "pasted as 25 % of another picture", (Promise(0.85),)),
    Row("perspective8", "perspective 8 %", (Promise(0.90),)),
    Row("print", "print-scan simulation", (Promise(0.90),)),
    Row("extra", "no number promised"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    Attributes:
        id: name in results.
        row: the row of promises it belongs to.
        apply: the attack itself.
        needs: a package or program beyond the project's own tests, "" for none.
    """

    id: str
    row: str
    apply: Callable[[Pixels, Rng], Pixels]
    needs: str = ""

    def run(self, x: Pixels, picture_id: str) -> Pixels:
        """The attacked picture; the same for the same picture and attack on every run."""
        return self.apply(x, np.random.default_rng(zlib.crc32(f"{self.id} {picture_id}".encode())))

    @property
    def promises(self) -> tuple[Promise, ...]:
        """What is promised."""
        return next(row.promises for row in ROWS if row.id == self.row)


def _a(id_: str, row: str, function: Callable[..., Pixels], needs: str = "", /, **options: object) -> Attack:
    return Attack(id_, row, partial(function, **options) if options else function, needs)


ATTACKS: tuple[Attack, ...] = (
    _a("identity", "mild", pixels.identity),
    # encoders and programs
    _a("jpeg 80", "mild", codecs.jpeg, quality=80),
    _a("jpeg 60", "mild", codecs.jpeg, quality=60),
    _a("jpeg 50", "mild", codecs.jpeg, quality=50),
    _a("jpeg 40", "mild", codecs.jpeg, quality=40),
    _a("jpeg 30", "harsh", codecs.jpeg, quality=30),
    _a("jpeg 20", "extra", codecs.jpeg, quality=20),
    _a("webp 50", "mild", codecs.webp, quality=50),
    _a("avif 50", "mild", codecs.avif, quality=50),
    _a("heic 50", "extra", codecs.heic, quality=50),
    _a("jpeg xl 50", "extra", codecs.jpeg_xl, "imagecodecs", distance=4.6),
    # saved again by programs
    _a("imagemagick jpeg 75", "mild", codecs.imagemagick),
    _a("imagemagick 85 % + jpeg 75", "geometry", codecs.imagemagick, percent=85),
    _a("ffmpeg mjpeg q 5", "mild", codecs.ffmpeg),
    _a("libvips webp 75", "mild", codecs.libvips, "vips"),
    _a("libvips 60 % + webp 75", "extra", codecs.libvips, "vips", percent=60),
    _a("chromium screenshot of a web page", "harsh", codecs.browser_screenshot),
    # colour
    _a("brightness 1.3", "mild", pixels.brightness, factor=1.3),
    _a("brightness 0.7", "mild", pixels.brightness, factor=0.7),
    _a("contrast 0.5", "mild", pixels.contrast, factor=0.5),
    _a("contrast 1.5", "mild", pixels.contrast, factor=1.5),
    _a("gamma 1.5", "mild", pixels.gamma, exponent=1.5),
    _a("gamma 0.7", "mild", pixels.gamma, exponent=0.7),
    _a("saturation 1.8", "mild", pixels.saturation, factor=1.8),
    _a("hue +40", "mild", pixels.hue, degrees=40),
    _a("equalize", "mild", pixels.equalize),
    _a("invert", "mild", pixels.invert),
    _a("greyscale", "mild", pixels.greyscale),
    _a("protanopia filter", "mild", pixels.colour_blind, kind="protanopia"),
    _a("deuteranopia filter", "mild", pixels.colour_blind, kind="deuteranopia"),
    _a("tritanopia filter", "mild", pixels.colour_blind, kind="tritanopia"),
    _a("palette of 256", "extra", pixels.palette, colours=256),
    # noise and filters
    _a("noise 5", "mild", pixels.noise, sigma=5),
    _a("noise 10", "mild", pixels.noise, sigma=10),
    _a("noise 20", "harsh", pixels.noise, sigma=20),
    _a("salt and pepper 2 %", "extra", pixels.salt_and_pepper, share=0.02),
    _a("blur 1", "mild", pixels.blur, sigma=1),
    _a("blur 2", "harsh", pixels.blur, sigma=2),
    _a("median 3", "mild", pixels.median, size=3),
    _a("median 5", "harsh", pixels.median, size=5),
    _a("sharpen", "mild", pixels.sharpen),
    # drawn on, framed, pasted
    _a("overlay 10 %", "harsh", pixels.overlay, share=0.10),
    _a("black border 10 %", "harsh", pixels.border, share=0.10, colour=0),
    _a("white border 10 %", "harsh", pixels.border, share=0.10, colour=255),
    _a("letterbox to square", "harsh", pixels.letterbox),
    _a("paste 25 %", "paste25", pixels.paste, share=0.25),
    _a("paste 50 %", "extra", pixels.paste, share=0.50),
    # scaling
    _a("resize 0.25", "quarter", geometry.resize, factor=0.25),
    _a("resize 0.25 and back", "quarter", geometry.resize_and_back, factor=0.25),
    _a("resize 0.35", "extra", geometry.resize, factor=0.35),
    _a("resize 0.5", "geometry", geometry.resize, factor=0.5),
    _a("resize 0.75", "geometry", geometry.resize, factor=0.75),
    _a("resize 1.5", "geometry", geometry.resize, factor=1.5),
    _a("resize 2", "geometry", geometry.resize, factor=2.0),
    _a("aspect 0.85", "geometry", geometry.aspect, factor=0.85),
    _a("aspect 1.15", "geometry", geometry.aspect, factor=1.15),
    # cropping
    _a("crop 50 %", "extra", geometry.crop, share=0.50),
    _a("crop 25 %", "crop25", geometry.crop, share=0.25),
    _a("crop 10 %", "crop10", geometry.crop, share=0.10),
    _a("crop 25 % squeezed to 512 x 512", "extra", geometry.crop_squeezed, share=0.25, side=512),
    # turning and bending
    _a("rotate 5 + crop", "geometry", geometry.rotate, degrees=5, keep="inside"),
    _a("rotate 15", "geometry", geometry.rotate, degrees=15),
    _a("rotate 45", "geometry", geometry.rotate, degrees=45),
    _a("rotate by any angle", "geometry", geometry.rotate),
    _a("turn 90", "geometry", geometry.turn, quarters=1),
    _a("turn 180", "geometry", geometry.turn, quarters=2),
    _a("turn 270", "geometry", geometry.turn, quarters=3),
    _a("flip left-right", "geometry", geometry.flip, axis=1),
    _a("flip top-bottom", "geometry", geometry.flip, axis=0),
    _a("shear 5", "geometry", geometry.shear, degrees=5),
    _a("perspective 3 %", "extra", geometry.perspective, share=0.03),
    _a("perspective 8 %", "perspective8", geometry.perspective, share=0.08),
    _a("elastic", "extra", geometry.elastic),
    _a("drop 8 rows and columns", "extra", geometry.drop_lines, count=8),
    _a("shift 3 %", "extra", geometry.shift, share=0.03),
    # chains
    _a("social chain", "harsh", chains.social),
    _a("screenshot simulation", "harsh", chains.screenshot),
    _a("print-scan simulation", "print", chains.print_and_scan),
    _a("meme chain", "extra", chains.meme),
    _a("rotate 2 + crop + jpeg 75", "geometry", chains.turned_and_cropped_jpeg),
    _a("crop 50 % + 0.7x + jpeg 60", "chain", chains.cropped_reduced_jpeg),
    _a("rotate 5 + brighter + jpeg 50", "extra", chains.turned_bright_jpeg),
    _a("blur 1 + noise 5 + jpeg 50", "extra", chains.soft_noisy_jpeg),
)

#: For a run of two minutes: one or two of every kind.
QUICK_IDS = (
    "identity", "jpeg 50", "jpeg 30", "webp 50", "avif 50", "invert", "noise 10", "blur 2", "overlay 10 %",
    "black border 10 %", "paste 25 %", "resize 0.25", "resize 0.5", "aspect 1.15", "crop 25 %", "crop 10 %",
    "rotate 15", "turn 90", "flip left-right", "perspective 8 %", "social chain", "screenshot simulation",
    "print-scan simulation", "crop 50 % + 0.7x + jpeg 60",
)  # fmt: skip
#: What the peers are put through as well: one of every kind that any of them might survive.
PEER_IDS = (
    "identity", "jpeg 80", "jpeg 50", "webp 50", "brightness 1.3", "noise 10", "blur 1", "resize 0.5",
    "resize 0.25 and back", "crop 50 %", "crop 25 %", "rotate 5 + crop", "flip left-right", "black border 10 %",
    "social chain", "screenshot simulation",
)  # fmt: skip
BY_ID = {attack.id: attack for attack in ATTACKS}
