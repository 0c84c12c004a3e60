"""Attacks in a row, as pictures meet them: social networks, memes, screenshots, paper."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks import _attack_codecs as codecs
from benchmarks import _attack_geometry as geometry
from benchmarks import _attack_pixels as pixels
from benchmarks._attack_pixels import Pixels, Rng, caption, fit


def social(x: Pixels, rng: Rng) -> Pixels:
    """Uploaded and passed on: reduced to 1280 px, JPEG 70; then to 1080 px, sharpened a little, JPEG 60."""
    first = codecs.jpeg(fit(x, 1280), rng, quality=70)
    return codecs.jpeg(pixels.sharpen(fit(first, 1080), rng, amount=0.3), rng, quality=60)


def meme(x: Pixels, rng: Rng) -> Pixels:
    """Cropped to 80 % of the area, captioned above and below, reduced to 0.75, JPEG 65."""
    image = Image.fromarray(geometry.crop(x, rng, share=0.8))
    draw, (width, height) = ImageDraw.Draw(image), image.size
    caption(draw, (0, 0, width, round(0.08 * height)), rng)
    caption(draw, (0, round(0.92 * height), width, height), rng)
    return codecs.jpeg(geometry.scale(np.asarray(image), 0.75), rng, quality=65)


def screenshot(x: Pixels, rng: Rng) -> Pixels:
    """Shown in a window at 80 to 120 % of its size (1600 px at most) with bars and a grey surround, JPEG 80."""
    shown = geometry.scale(fit(x, 1600), float(rng.uniform(0.8, 1.2)))
    height, width = shown.shape[:2]
    side = rng.integers(10, max(11, round(0.12 * width)), 2)
    window = np.full((height + 120, width + int(side.sum()), 3), 38, np.uint8)
    window[:64] = 222
    window[18:46, 60 : 60 + width // 2] = 255
    window[64 : 64 + height, side[0] : side[0] + width] = shown
    return codecs.jpeg(window, rng, quality=80)


def print_and_scan(x: Pixels, rng: Rng) -> Pixels:
    """Ink on paper and back: dot gain, paper tint, slightly turned and bent, uneven light, noise, JPEG 75."""
    soft = pixels.blur(x, rng, sigma=0.8)
    inked = pixels.to_pixels(18 + 0.86 * 255 * (soft / 255.0) ** 1.1 * np.array([1.0, 0.985, 0.95]))
    page = cv2.copyMakeBorder(inked, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(238, 236, 228))
    turned = geometry.rotate(page, rng, degrees=float(rng.uniform(-1.5, 1.5)), keep="canvas")
    bent = geometry.perspective(turned, rng, share=0.01)
    scanned = geometry.scale(bent, float(rng.uniform(0.8, 1.1)))
    light = np.linspace(0.95, 1.03, scanned.shape[1])[None, :, None]
    return codecs.jpeg(pixels.noise(pixels.to_pixels(scanned * light), rng, sigma=4), rng, quality=75)


def turned_and_cropped_jpeg(x: Pixels, rng: Rng) -> Pixels:
    return codecs.jpeg(geometry.rotate(x, rng, degrees=2, keep="inside"), rng, quality=75)


def cropped_reduced_jpeg(x: Pixels, rng: Rng) -> Pixels:
    return codecs.jpeg(geometry.scale(geometry.crop(x, rng, share=0.5), 0.7), rng, quality=60)


def turned_bright_jpeg(x: Pixels, rng: Rng) -> Pixels:
    turned = geometry.rotate(x, rng, degrees=5)
    return codecs.jpeg(pixels.brightness(turned, rng, factor=1.15), rng, quality=50)


def soft_noisy_jpeg(x: Pixels, rng: Rng) -> Pixels:
    return codecs.jpeg(pixels.noise(pixels.blur(x, rng, sigma=1), rng, sigma=5), rng, quality=50)
