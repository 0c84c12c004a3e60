"""Metadata-only labelling of some 700 real files by many writers: pixels identical, everything else untouched."""

from __future__ import annotations

import io
import json
import subprocess
import warnings
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image, ImageFile, ImageSequence

import labelkit
from labelkit import evidence
from labelkit.errors import LabelKitError
from labelkit.formats import table
from tests import corpus

PRODUCER = "001191000000MA0000007C10001"
LABEL = labelkit.AigcLabel.generated(PRODUCER, "REAL-1")
CONFIG = labelkit.Config(sync=False)
# Writers the done-list asks for, by what exiftool shows in Make, Software or CreatorTool.
_KINDS = {
    "camera": ("Canon", "NIKON", "SONY", "OLYMPUS", "FUJIFILM", "Panasonic", "CASIO", "PENTAX", "SIGMA"),
    "phone": ("Apple", "samsung", "Xiaomi", "Google", "Nokia"),
    "Photoshop and the like": ("Photoshop", "Lightroom", "GIMP", "Pixelmator", "paint.net", "IrfanView", "Illustrator"),
}


def _pixels(data: bytes) -> list[tuple[str, tuple[int, int], bytes]] | None:
    """All frames as Pillow decodes them, or None when it cannot."""
    assert Image.MAX_IMAGE_PIXELS, "something switched Pillow's own protection off; these files include bombs"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pillow_heif

            pillow_heif.register_heif_opener()
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > 60_000_000:
                    return None
                return [(f.mode, f.size, f.tobytes()) for f in ImageSequence.Iterator(image)]
        except (OSError, SyntaxError, ValueError, EOFError, ImageFile.Image.DecompressionBombError, MemoryError):
            return None


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """Source -> labelled file, for every picture that can be labelled."""
    folder = tmp_path_factory.mktemp("real")
    done: dict[Path, Path] = {}
    for number, path in enumerate(corpus.pictures()):
        out = folder / f"{number:04d}{path.suffix}"
        try:
            labelkit.label(path, LABEL, out, layers=["metadata"], config=CONFIG)
        except LabelKitError:
            continue
        done[path] = out
    return done


def test_enough_files_of_enough_writers(labelled: dict[Path, Path]) -> None:
    assert len(labelled) >= 550
    answer = _exiftool(list(labelled), "-Make", "-Software", "-CreatorTool")
    words = " ".join(str(v) for entry in answer for k, v in entry.items() if k != "SourceFile")
    for kind, names in _KINDS.items():
        assert sum(name in words for name in names) >= 3, kind


def test_pixels_are_identical(labelled: dict[Path, Path]) -> None:
    compared = 0
    for source, out in labelled.items():
        before = _pixels(source.read_bytes())
        assert before == _pixels(out.read_bytes()), source
        compared += before is not None
    assert compared >= 500


def test_what_pillow_opens_is_labelled(labelled: dict[Path, Path]) -> None:
    """A refusal is right only where the file is really damaged: lists the exceptions by name."""
    refused = [p for p in corpus.pictures() if p not in labelled and _pixels(p.read_bytes()) is not None]
    assert {p.name for p in refused} <= _DAMAGED_BUT_SHOWN, sorted(p.name for p in refused)


# Directories that run in circles, samples per pixel and block types that cannot be: Pillow shows what it can of them.
_DAMAGED_BUT_SHOWN = frozenset(
    {
        "multipage_multiple_frame_loop.tiff",
        "multipage_single_frame_loop.tiff",
        "tiff_wrong_bits_per_sample.tiff",
        "test_extents_transparency.gif",
    }
)


def test_everything_else_is_untouched(labelled: dict[Path, Path]) -> None:
    for source, out in labelled.items():
        before, after = (_others(p.read_bytes(), p.name) for p in (source, out))
        assert before == after, source


def _others(data: bytes, name: str) -> Counter[tuple[str, str, bytes]]:
    row = table.find(data, name)
    return Counter((u.kind, u.key, u.data) for u in evidence.collect(data, row).units if not u.home)


def test_labelling_twice_gives_the_same_bytes(labelled: dict[Path, Path]) -> None:
    for source, out in labelled.items():
        data = out.read_bytes()
        assert labelkit.label(data, LABEL, layers=["metadata"], config=CONFIG).data == data, source


def test_exiftool_reads_every_label(labelled: dict[Path, Path]) -> None:
    names = {str(out): source for source, out in labelled.items()}
    seen = 0
    for entry in _exiftool(list(labelled.values()), "-XMP:all", "-G1"):
        # exiftool makes its own capital letters for properties it has no table for
        value = next((v for k, v in entry.items() if k.lower().endswith("aigc")), None)
        assert value is not None, names[entry["SourceFile"]]
        fields = value if isinstance(value, dict) else json.loads(value)
        assert fields == LABEL.fields(), names[entry["SourceFile"]]
        seen += 1
    assert seen == len(labelled)


def _exiftool(paths: list[Path], *tags: str) -> list[dict[str, str]]:
    listing = "\n".join(map(str, paths))
    done = subprocess.run(
        ["exiftool", "-charset", "utf8", "-j", "-m", "-api", "struct=0", *tags, "-@", "-"],
        input=listing,
        capture_output=True,
        text=True,
        check=False,
    )
    answer: list[dict[str, str]] = json.loads(done.stdout)
    return answer
