"""Arrays for JPEG are coded without becoming Pillow images: same pixels, same label, and the caller's array kept."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import labelkit
from labelkit.config import ExplicitConfig
from labelkit.formats.image import _bgr, _placing, explicit, picture
from labelkit.formats.image._bgr import Bgr, Layer
from labelkit.formats.image._contrast import BGR_LEVELS, luminance

PRODUCER = "001191000000MA0000007C10001"


def photo(width: int = 640, height: int = 400) -> np.ndarray:
    rng = np.random.default_rng(5)
    small = rng.integers(0, 256, (height // 20 + 1, width // 20 + 1, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def decoded(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def labelled(array: np.ndarray, **config: object) -> labelkit.Outcome:
    settings = labelkit.Config(sync=False, quality=90, **config)
    return labelkit.label(
        array, producer=PRODUCER, content_id="N-1", format="jpeg", config=settings, layers=("explicit", "metadata")
    )


@pytest.mark.parametrize("quality", [30, 75, 90, 100])
@pytest.mark.parametrize("size", [(640, 400), (333, 517), (17, 33)])
def test_pixels_are_those_of_pillow(quality: int, size: tuple[int, int]) -> None:
    array = photo(*size)
    held = Bgr.taken(array)
    assert held is not None
    out = io.BytesIO()
    Image.fromarray(array).save(out, "JPEG", quality=quality, restart_marker_rows=1)
    assert np.array_equal(decoded(held.encoded(quality)), decoded(out.getvalue()))


def test_with_and_without_opencv_the_label_is_the_same() -> None:
    array, settings = photo(), ExplicitConfig()
    direct, usual = picture.from_array(array, "jpeg"), picture.from_array(array)
    assert isinstance(direct.frames[0].pixels, Bgr)
    assert isinstance(usual.frames[0].pixels, Image.Image)
    one, other = explicit.put(direct, settings), explicit.put(usual, settings)
    assert (one.box, one.position, one.text) == (other.box, other.position, other.text)
    assert one.contrast == pytest.approx(other.contrast, rel=0.02)
    assert one.glyph_height == other.glyph_height
    difference = np.asarray(direct.view()).astype(int) - np.asarray(usual.view())
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("style", ["corner", "plate", "strip"])
@pytest.mark.parametrize("position", ["auto", "top-left", "left", "bottom"])
def test_only_the_label_differs_and_it_reads_back(style: str, position: str) -> None:
    array = photo()
    kept = array.copy()
    outcome = labelled(array, explicit=ExplicitConfig(style=style, position=position))
    assert np.array_equal(array, kept)
    assert outcome.data is not None
    report = labelkit.verify(outcome.data, look=("metadata", "explicit"))
    assert report.labels[0].label.produce_id == "N-1"
    assert report.explicit[0].ratio >= 0.049
    assert report.explicit[0].contrast >= 4.5


def test_arrays_that_may_not_be_written_to_or_lie_apart_in_memory() -> None:
    whole = photo(1280, 800)
    apart = whole[::2, ::2]
    apart.flags.writeable = False
    turned = np.asfortranarray(apart)
    one, other = labelled(apart), labelled(turned)
    assert one.data == other.data


def test_without_opencv_arrays_become_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bgr, "_opencv", lambda: None)
    outcome = labelled(photo())
    assert outcome.data is not None
    assert labelkit.verify(outcome.data, look=("metadata", "explicit")).explicit


@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 4), (40, 30, 2)])
def test_other_shapes_are_not_taken(shape: tuple[int, ...]) -> None:
    assert Bgr.taken(np.zeros(shape, np.uint8)) is None
    assert Bgr.taken(np.zeros((40, 30, 3), np.uint16)) is None
    assert Bgr.taken(np.zeros((1, 65_501, 3), np.uint8)) is None


def test_levels_are_those_of_an_image() -> None:
    array = photo(64, 48)
    held = Bgr.taken(array)
    assert held is not None
    places = np.arange(0, 64 * 48, 7)
    assert held.summed(places, BGR_LEVELS) == pytest.approx(luminance(Image.fromarray(array), places), abs=1e-6)


def test_what_a_layer_does_not_cover_stays() -> None:
    array = photo(64, 48)
    held = Bgr.taken(array)
    assert held is not None
    cover = np.zeros((48, 64), np.uint8)
    cover[10:20] = np.linspace(0, 255, 64).astype(np.uint8)
    over = held.under(Layer.of(np.full((48, 64), 255, np.uint8), cover))
    expected = Image.fromarray(array)
    expected.paste((255, 255, 255), (0, 0, 64, 48), Image.fromarray(cover))
    drawn = np.asarray(over.image())
    assert np.array_equal(drawn[cover == 0], array[cover == 0])
    assert np.array_equal(drawn[cover == 255], np.full_like(drawn[cover == 255], 255))
    assert np.abs(drawn.astype(int) - np.asarray(expected)).max() <= 1


def test_backgrounds_are_judged_alike() -> None:
    array = photo()
    boxes = ((10, 10, 200, 60), (400, 300, 590, 350), (225, 170, 415, 220))
    direct = _placing.unrest(picture.from_array(array, "jpeg"), 0, boxes)
    usual = _placing.unrest(picture.from_array(array), 0, boxes)
    assert direct == pytest.approx(usual, rel=0.01)
