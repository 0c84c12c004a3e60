"""Speed of picture labelling, each figure as a ratio against a peer in the same run."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import labelkit
from benchmarks import tables

PRODUCER = "001191000000MA0000007C10001"
LABEL = labelkit.AigcLabel.generated(PRODUCER, "BENCH-1")
TWO = ("explicit", "metadata")
# Enough that starting the workers, about half a second, does not count.
FILES = 400
CONFIG = labelkit.Config(sync=False, layers=TWO)
ALL = labelkit.Config(sync=False, quality=90)
# The same quality for both sides where a codec has one.
SERVICE = labelkit.Config(sync=False, quality=90, layers=TWO)
_PACKET = LABEL.to_json()


def mosaic(width: int, height: int) -> Image.Image:
    """A large picture tiled from scikit-image's photographs at their own size, so that its detail is real."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    names = (
        "astronaut.png",
        "chelsea.png",
        "coffee.png",
        "rocket.jpg",
        "hubble_deep_field.jpg",
        "retina.jpg",
        "ihc.png",
        "motorcycle_left.png",
    )
    tiles = [Image.open(folder / name).convert("RGB") for name in names]
    canvas, x, y, row_height, number = Image.new("RGB", (width, height)), 0, 0, 0, 0
    while y < height:
        tile = tiles[number % len(tiles)]
        canvas.paste(tile, (x, y))
        x, row_height, number = x + tile.width, max(row_height, tile.height), number + 1
        if x >= width:
            x, y, row_height = 0, y + min(row_height, 400), 0
    return canvas


def jpeg_bytes(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def metadata_only(folder: Path, data: bytes) -> list[object]:
    source, ours, theirs = folder / "a.jpg", folder / "ours.jpg", folder / "exiftool.jpg"
    source.write_bytes(data)
    settings = folder / "aigc.config"
    settings.write_text(_EXIFTOOL_CONFIG, "utf-8")

    def label() -> object:
        return labelkit.label(source, LABEL, ours, layers=["metadata"], config=CONFIG)

    def exiftool() -> object:
        theirs.unlink(missing_ok=True)
        command = [
            *("exiftool", "-config", str(settings), "-q"),
            f"-XMP-TC260:AIGC={_PACKET}",
            "-o",
            str(theirs),
            str(source),
        ]
        return subprocess.run(command, check=True)

    t = tables.compare(label, exiftool, 9)
    in_memory = tables.compare(lambda: labelkit.label(data, LABEL, layers=["metadata"], config=CONFIG), label, 15)
    return [
        [
            "metadata only, 12 MP JPEG file to file",
            f"{t.ours_ms:.2f} ms",
            f"exiftool {t.peer_ms:.0f} ms",
            f"{1 / t.ratio:.0f} times faster",
            ">= 20 times",
        ],
        ["metadata only, 12 MP JPEG bytes to bytes", f"{in_memory.ours_ms:.2f} ms", "-", "-", "<= 5 ms"],
    ]


_EXIFTOOL_CONFIG = """
%Image::ExifTool::UserDefined = ('Image::ExifTool::XMP::Main' => {
    TC260 => { SubDirectory => { TagTable => 'Image::ExifTool::UserDefined::TC260' } } });
%Image::ExifTool::UserDefined::TC260 = (GROUPS => { 0 => 'XMP', 1 => 'XMP-TC260', 2 => 'Other' },
    NAMESPACE => { 'TC260' => 'http://www.tc260.org.cn/ns/AIGC/1.0/' }, WRITABLE => 'string', AIGC => { });
1;
"""


def full_label(data: bytes, settings: labelkit.Config, what: str, goal: str) -> list[object]:
    def pillow() -> bytes:
        with Image.open(io.BytesIO(data)) as image:
            out = io.BytesIO()
            image.save(out, "JPEG", quality=90)
            return out.getvalue()

    t = tables.compare(lambda: labelkit.label(data, LABEL, config=settings), pillow, 9, time.process_time)
    return [
        f"{what}, 12 MP JPEG",
        f"{t.ours_ms:.0f} ms",
        f"Pillow decode + encode {t.peer_ms:.0f} ms",
        f"{t.ratio:.2f}",
        goal,
    ]


def after_generation(image: Image.Image, kind: str, settings: labelkit.Config, what: str, goal: str) -> list[object]:
    array = np.asarray(image)

    def pillow() -> bytes:
        out = io.BytesIO()
        Image.fromarray(array).save(out, kind.upper(), quality=90)
        return out.getvalue()

    def label() -> object:
        return labelkit.label(array, producer=PRODUCER, format=kind, config=settings)  # a new content id each time

    t = tables.compare(label, pillow, 61 if kind == "jpeg" else 15, time.process_time)
    return [
        f"{what}, 1024 x 1024 array to {kind.upper()}",
        f"{t.ours_ms:.1f} ms",
        f"Pillow encode {t.peer_ms:.1f} ms",
        f"{t.ratio:.2f}",
        goal,
    ]


def calls_a_second(image: Image.Image) -> list[list[object]]:
    """How often one process can label, other programs on the machine left out of the count."""
    array, data = np.asarray(image), jpeg_bytes(image)
    metadata = labelkit.Config(sync=False, layers=("metadata",))
    kinds: list[tuple[str, Callable[[], object]]] = [
        ("metadata only, JPEG bytes to bytes", lambda: labelkit.label(data, producer=PRODUCER, config=metadata)),
        (f"{_TWO}, array to JPEG", lambda: labelkit.label(array, producer=PRODUCER, format="jpeg", config=SERVICE)),
    ]
    return [
        [f"{what}, 1024 x 1024, one process", f"{_rate(call):,.0f} a second", "-", "-", "-"] for what, call in kinds
    ]


def _rate(call: Callable[[], object], calls: int = 400) -> float:
    call()
    start = time.process_time()
    for _ in range(calls):
        call()
    return calls / (time.process_time() - start)


def folder_throughput(folder: Path, image: Image.Image) -> list[object]:
    pictures = folder / "many"
    pictures.mkdir()
    data = jpeg_bytes(image.resize((1600, 1200)))
    for number in range(FILES):
        (pictures / f"{number:03d}.jpg").write_bytes(data)

    def run(jobs: int) -> float:
        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        start = time.perf_counter()
        assert all(o.ok for o in labelkit.label_many(pictures, out, producer=PRODUCER, jobs=jobs, config=CONFIG))
        return time.perf_counter() - start

    ratios = [(run(1), run(2)) for _ in range(3)]
    one, two = sorted(ratios, key=lambda pair: pair[0] / pair[1])[1]
    return [
        f"folder of {FILES} JPEGs (2 MP), 2 workers against 1",
        f"{FILES / two:.0f} files/s",
        f"1 worker {FILES / one:.0f} files/s",
        f"{one / two:.2f}",
        ">= 1.7",
    ]


_TWO, _THREE = "visible label + metadata", "the same + watermark, read back"
_NOTE = (
    "Medians of paired runs in alternating order; compare ratios, not milliseconds. Processor time of this process, "
    "but for exiftool, bytes to bytes and the folder: time on the wall."
)


def _circumstances() -> str:
    return f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.0f} at the start, niceness {os.nice(0)}."


def main() -> None:
    circumstances = _circumstances()
    big = mosaic(4000, 3000)
    data = jpeg_bytes(big)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = metadata_only(folder, data)
        rows.append(full_label(data, CONFIG, _TWO, "<= 1.5"))
        small, kinds = big.crop((0, 0, 1024, 1024)), ("jpeg", "png", "webp")
        rows += [after_generation(small, kind, SERVICE, _TWO, "<= 1.3") for kind in kinds]
        rows.append(full_label(data, ALL, _THREE, "-"))
        rows += [after_generation(small, kind, ALL, _THREE, "-") for kind in kinds]
        rows += calls_a_second(small)
        if (os.cpu_count() or 1) >= 2:
            rows.append(folder_throughput(folder, big))
    tables.write("speed_image", "Speed of picture labelling", ["what", "LabelKit", "peer", "ratio", "goal"], rows,
                 f"{_NOTE} {circumstances}")  # fmt: skip


if __name__ == "__main__":
    main()
