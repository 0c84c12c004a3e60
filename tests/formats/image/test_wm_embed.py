"""The pattern itself: the turned torus everywhere, also where a picture is much wider than it is high."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from labelkit.formats.image import _wm_embed
from labelkit.formats.image._wm_frame import turned
from labelkit.formats.image._wm_pattern import PERIOD, plan, torus
from labelkit.watermark.keys import PUBLIC_KEY, Key


@pytest.mark.parametrize("shape", [(512, 512), (512, 910), (910, 512), (300, 400), (512, 2500)])
@pytest.mark.parametrize("key", [PUBLIC_KEY, Key(b"\x05" * 32)], ids=["public", "other"])
def test_the_torus_continues_over_the_whole_picture(shape: tuple[int, int], key: Key) -> None:
    to_frame = turned(*shape, plan(key).angle)
    corners = to_frame[:, :2] @ np.array([[0, shape[1], 0, shape[1]], [0, 0, *shape[:1] * 2]]) + to_frame[:, 2:]
    low = np.floor((corners.min(axis=1) - 4) / PERIOD)
    periods = np.ceil((corners.max(axis=1) + 4) / PERIOD - low).astype(int)
    to_frame[:, 2] -= low * PERIOD
    tiled = np.tile(torus(key, 5), (periods[1], periods[0]))
    whole = cv2.warpAffine(tiled, to_frame, shape[::-1], flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    assert np.abs(_wm_embed._pattern(shape, 5, key) - whole).max() < 0.005
