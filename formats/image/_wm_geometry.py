"""What was done to a picture since it was marked, told from the map that reads its watermark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelkit.formats.image._wm_frame import Map, inverse, turned
from labelkit.formats.image._wm_pattern import CANONICAL, PERIOD

#: Differences smaller than these are not put into words: degrees, and relative scale.
_SOME_DEGREES, _SOME_SCALE = 0.3, 0.015


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a picture lies relative to the one that was marked.

    First mirrored, then scaled, then sheared, then turned. The canonical picture has its short side at 512 units (or
    its own pixels, if it was smaller when it was marked).

    Attributes:
        scale_x, scale_y: pixels of this picture per canonical unit, before the turn.
        rotation: clockwise turn in degrees, above -180, at most 180.
        shear: angle in degrees by which uprights lean.
        flipped: mirrored left to right.
        offset: canonical coordinates (x, y) of this picture's top left pixel, modulo 512 along the frame's axes.
        matrix: 2 x 3 map from this picture's pixel centres to canonical units.
    """

    scale_x: float
    scale_y: float
    rotation: float
    shear: float
    flipped: bool
    offset: tuple[float, float]
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]

    @property
    def words(self) -> str:
        """The same as a sentence fragment: ``"mirrored, turned 5.0 degrees clockwise, 0.85 times as wide"``."""
        parts = [*self._turns(), *self._proportions()]
        size = CANONICAL * np.sqrt(self.scale_x * self.scale_y)
        parts.append(f"of a size at which the marked picture's short side measures at most {size:.0f} px")
        return ", ".join(parts)

    def _turns(self) -> list[str]:
        parts = ["mirrored"] if self.flipped else []
        if abs(self.rotation) >= _SOME_DEGREES:
            side = "clockwise" if self.rotation > 0 else "counter-clockwise"
            parts.append(f"turned {abs(self.rotation):.1f} degrees {side}")
        return parts

    def _proportions(self) -> list[str]:
        ratio = self.scale_x / self.scale_y
        parts = [f"{ratio:.2f} times as wide for its height"] if abs(ratio - 1) >= _SOME_SCALE else []
        if abs(self.shear) >= _SOME_DEGREES:
            parts.append(f"sheared by {self.shear:.1f} degrees")
        return parts or ([] if self._turns() else ["upright"])


def geometry(to_frame: Map, degrees: float) -> Geometry:
    """The geometry behind a map from picture to frame under a key whose frame is turned by ``degrees``."""
    level = turned(1, 1, -degrees)[:, :2] @ to_frame
    centred = inverse(level)[:, :2]
    flipped = bool(np.linalg.det(centred) < 0)
    if flipped:
        centred = centred @ np.diag([-1.0, 1.0])
    scale_x = float(np.hypot(*centred[:, 0]))
    rotation = np.arctan2(centred[1, 0], centred[0, 0])
    c, s = np.cos(rotation), np.sin(rotation)
    lean, scale_y = np.array([[c, s], [-s, c]]) @ centred[:, 1]
    matrix = tuple(tuple(float(value) for value in row) for row in level)
    return Geometry(
        scale_x, float(scale_y), float(np.rad2deg(rotation)), float(np.rad2deg(np.arctan2(lean, scale_y))), flipped,
        (float(level[0, 2]) % PERIOD, float(level[1, 2]) % PERIOD), (matrix[0], matrix[1]),  # type: ignore[arg-type]
    )  # fmt: skip
