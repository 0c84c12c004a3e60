"""Real files by many writers: the test pictures inside the source packages of Pillow, pillow-heif and piexif.

They come from cameras and phones (Canon, Nikon, Sony, Apple, Samsung, Xiaomi, Google, Nokia ...), Photoshop,
Lightroom, GIMP, Pixelmator, IrfanView, Illustrator, ImageMagick, libheif, libaom, cwebp and others; some are broken on
purpose.
Fetched once as pinned source packages with pip, kept under .cache/.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "corpus"
PACKAGES = ("pillow==13.0.0", "pillow-heif==1.8.1", "piexif==1.1.3")
_ENDINGS = (
    ".jpg",
    ".jpeg",
    ".png",
    ".apng",
    ".webp",
    ".gif",
    ".tif",
    ".tiff",
    ".heic",
    ".heif",
    ".hif",
    ".avif",
    ".mpo",
)
# Larger pictures say nothing more and cost time.
MAX_BYTES = 6_000_000


@cache
def pictures() -> tuple[Path, ...]:
    """Every real picture, sorted by name; about 700."""
    for package in PACKAGES:
        folder = CACHE / package
        if not folder.exists():
            _unpack(package, folder)
    found = (p for p in CACHE.rglob("*") if p.is_file() and p.suffix.lower() in _ENDINGS)
    return tuple(sorted(p for p in found if 0 < p.stat().st_size <= MAX_BYTES))


def _unpack(package: str, folder: Path) -> None:
    work = folder.with_name(folder.name + ".part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--no-binary",
        ":all:",
        package,
        "-d",
        str(work),
    ]
    subprocess.run(command, check=True)
    (archive,) = [p for p in work.iterdir() if p.is_file()]
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(work)
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(work, filter="data")
    archive.unlink()
    _keep_pictures(work)
    work.rename(folder)


def _keep_pictures(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix.lower() not in _ENDINGS:
            path.unlink()
