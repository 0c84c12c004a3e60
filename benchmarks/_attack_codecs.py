"""Attacks by encoders and by real programs: what files go through between people."""

from __future__ import annotations

import io
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks._attack_pixels import Pixels, Rng


def _through_pillow(x: Pixels, kind: str, **options: object) -> Pixels:
    out = io.BytesIO()
    Image.fromarray(x).save(out, kind, **options)
    return np.asarray(Image.open(out).convert("RGB"))


def jpeg(x: Pixels, rng: Rng, *, quality: int) -> Pixels:
    """Baseline, 4:2:0."""
    return _through_pillow(x, "JPEG", quality=quality)


def webp(x: Pixels, rng: Rng, *, quality: int) -> Pixels:
    return _through_pillow(x, "WEBP", quality=quality)


def avif(x: Pixels, rng: Rng, *, quality: int) -> Pixels:
    return _through_pillow(x, "AVIF", quality=quality, speed=8, max_threads=1)


def heic(x: Pixels, rng: Rng, *, quality: int) -> Pixels:
    import pillow_heif

    pillow_heif.register_heif_opener()
    return _through_pillow(x, "HEIF", quality=quality)


def jpeg_xl(x: Pixels, rng: Rng, *, distance: float) -> Pixels:
    """Lossy; distance 4.6 is what cjxl calls quality 50."""
    import imagecodecs

    data = imagecodecs.jpegxl_encode(x, distance=distance, effort=4, lossless=False, numthreads=1)
    return np.ascontiguousarray(imagecodecs.jpegxl_decode(data, numthreads=1)[..., :3])


def imagemagick(x: Pixels, rng: Rng, *, percent: int = 100) -> Pixels:
    """A web master's usual line: strip, perhaps reduce, JPEG 75."""
    reduce = ["-resize", f"{percent}%"] if percent < 100 else []
    return _program(x, ".jpg", ["convert", "IN", "-strip", *reduce, "-quality", "75", "OUT"])


def ffmpeg(x: Pixels, rng: Rng) -> Pixels:
    """Saved again as MJPEG with quantiser 5."""
    return _program(x, ".jpg", ["ffmpeg", "-loglevel", "error", "-threads", "1", "-i", "IN", "-q:v", "5", "OUT"])


def libvips(x: Pixels, rng: Rng, *, percent: int = 100) -> Pixels:
    """A server's picture pipeline: WebP 75, perhaps as a thumbnail."""
    if percent == 100:
        return _program(x, ".webp", ["vips", "copy", "IN", "OUT[Q=75]"])
    return _program(x, ".webp", ["vips", "thumbnail", "IN", "OUT[Q=75]", str(round(percent / 100 * x.shape[1]))])


def _program(x: Pixels, ending: str, command: list[str]) -> Pixels:
    """Run a program that reads the file IN and writes the file OUT."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, "out" + ending)
        Image.fromarray(x).save(source, compress_level=1)
        words = [
            w.replace("OUT", str(target)) if w.startswith("OUT") else str(source) if w == "IN" else w for w in command
        ]
        subprocess.run(words, check=True, capture_output=True, timeout=120)
        return np.asarray(Image.open(target).convert("RGB"))


_PAGE = """<!doctype html><meta charset="utf-8"><title>News</title>
<style>
 body {{ margin: 0; font: 17px/1.5 sans-serif; color: #222; background: #fafafa }}
 header {{ background: #24478f; color: #fff; padding: 14px 40px; font-size: 22px }}
 main {{ width: 960px; margin: 24px auto; background: #fff; padding: 20px 40px; border: 1px solid #ddd }}
 img {{ max-width: 100%; max-height: 820px; display: block; margin: 16px auto }}
</style>
<header>The Daily Page</header>
<main><h1>A picture goes round</h1>
<p>By our correspondent. Readers have sent us this picture many times this week, and nobody knows where it began.</p>
<img src="{source}">
<p>What it shows is open to debate; where it comes from should not be. {filler}</p></main>"""
_CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars",
)  # fmt: skip


def browser_screenshot(x: Pixels, rng: Rng) -> Pixels:
    """A news page with the picture in its middle, photographed by headless Chromium at 1280 x 1200."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Image.fromarray(x).save(folder / "picture.png", compress_level=1)
        page, target = folder / "page.html", folder / "shot.png"
        page.write_text(_PAGE.format(source="picture.png", filler="Nobody we asked could say more. " * 14), "utf-8")
        options = [f"--user-data-dir={folder / 'profile'}", "--window-size=1280,1200", f"--screenshot={target}"]
        subprocess.run([*_CHROMIUM, *options, page.as_uri()], check=True, capture_output=True, timeout=120)
        return np.asarray(Image.open(target).convert("RGB"))
