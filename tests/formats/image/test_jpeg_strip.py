"""Rows of a JPEG decoded alone are the rows of the whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from labelkit.formats.image._jpeg_strip import strip


def coded(size: tuple[int, int], mode: str, **parameters: object) -> bytes:
    rng = np.random.default_rng(4)
    small = rng.integers(0, 256, (size[1] // 8 + 1, size[0] // 8 + 1, 3)).astype("uint8")
    out = io.BytesIO()
    Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).convert(mode).save(out, "JPEG", **parameters)
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize("size", [(333, 517), (64, 1024), (17, 33)])
def test_rows_equal_the_whole(mode: str, sampling: int, size: tuple[int, int]) -> None:
    data = coded(size, mode, subsampling=sampling, restart_marker_rows=1)
    whole = pixels(data)
    for top, bottom in ((0, 20), (size[1] // 2, size[1] // 2 + 9), (size[1] - 10, size[1]), (0, size[1])):
        cut = strip(data, top, bottom)
        assert cut is not None
        rows, first = pixels(cut[0]), cut[1]
        assert first <= top
        assert first + len(rows) >= bottom
        # chroma of the outermost rows is interpolated across the cut
        inner = slice(2 if first else 0, len(rows) - (2 if first + len(rows) < size[1] else 0))
        assert np.array_equal(rows[inner], whole[first : first + len(rows)][inner])


def test_what_follows_the_picture_does_not_mislead() -> None:
    """A trailer that is a JPEG with markers of its own, as phones put previews behind their pictures."""
    data = coded((160, 320), "RGB", restart_marker_rows=1)
    trailer = coded((160, 320), "RGB", quality=30, restart_marker_rows=1)
    for top, bottom in ((0, 20), (150, 170), (300, 320)):
        assert strip(data + trailer, top, bottom) == strip(data, top, bottom)
        assert strip(data, top, bottom, nothing_follows=True) == strip(data, top, bottom)


def test_without_markers_there_is_no_strip() -> None:
    assert strip(coded((200, 200), "RGB"), 0, 16) is None
    assert strip(coded((200, 200), "RGB", progressive=True, restart_marker_rows=1), 0, 16) is None
    assert strip(b"\xff\xd8\xff", 0, 16) is None
    assert strip(b"", 0, 16) is None


def test_damage_is_no_crash() -> None:
    data = coded((120, 90), "RGB", restart_marker_rows=1)
    for at in range(0, len(data), 3):
        mutated = bytearray(data)
        mutated[at] ^= 0x55
        strip(bytes(mutated), 10, 40)
        strip(data[:at], 10, 40)
