"""The invisible watermark of pictures: 64 keyed bits that survive cropping, turning, scaling and re-encoding.

Additive spread spectrum in a keyed canonical frame; see :mod:`labelkit.formats.image._wm_pattern` for the signal and
docs/watermark.md for what it survives, what it does not, and the proof of the false-alarm bound.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from labelkit.errors import InputError, LimitExceeded, UnsupportedOperation
from labelkit.formats.image._wm_detect import find
from labelkit.formats.image._wm_embed import mark
from labelkit.formats.image._wm_geometry import Geometry, geometry
from labelkit.formats.image._wm_pattern import plan
from labelkit.watermark.coding import PAYLOAD_BITS
from labelkit.watermark.keys import PUBLIC_KEY, Key, as_keys

__all__ = ["Detection", "Geometry", "detect", "embed"]

#: Pixels of the short side below which 64 bits find no room, and of the whole picture above which nobody has tested.
MIN_SIDE, MAX_PIXELS = 128, 1 << 29


@dataclass(frozen=True, slots=True)
class Detection:
    """A watermark that was found.

    Attributes:
        payload: 64-bit number.
        p_value: bound of the chance that this detection reports anything in a picture without this key's mark.
        key_id: which key it belongs to, 8 hexadecimal digits.
        geometry: how the picture lies relative to the one that was marked.
        z: normalised correlation of the payload's codeword with the picture; the p-value comes from it.
    """

    payload: int
    p_value: float
    key_id: str
    geometry: Geometry
    z: float

    @property
    def words(self) -> str:
        """How the picture lies, for people."""
        return self.geometry.words

    def asdict(self) -> dict[str, Any]:
        """As plain numbers, strings and dictionaries, the geometry also in words; for JSON."""
        plain = asdict(self)
        plain["payload"] = f"{self.payload:016x}"
        plain["geometry"]["words"] = self.geometry.words
        return plain


def embed(
    array: NDArray[Any],
    payload: int,
    key: Key | bytes = PUBLIC_KEY,
    *,
    strength: float = 1.0,
    alpha: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """A copy of a picture that carries 64 bits nobody sees.

    Args:
        array: height x width (grey), x 3 (R, G, B) or x 4 (R, G, B, alpha), uint8 or uint16, in display encoding
            (sRGB or similar). Short side at least 128 pixels; geometric attacks are promised from 400.
        payload: 64-bit number.
        key: who can read it: a key or its 32 bytes.
        strength: 1 is the design: at most 0.8 of 255 RMS in flat areas, PSNR at least 38 dB. Twice that is visible.
        alpha: height x width, where the transparency is not in ``array``. Where it is 0 nothing changes.

    Returns:
        An array of the same shape and type.

    Raises:
        InputError: the array has another shape or type.
        LimitExceeded: it has more than 2^29 pixels.
        UnsupportedOperation: its short side has less than 128 pixels.
        ValueError: the payload does not fit in 64 bits.
    """
    _check(array)
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise ValueError(f"payload {payload} is not a 64-bit number")
    if min(array.shape[:2]) < MIN_SIDE:
        raise UnsupportedOperation(
            f"a picture of {array.shape[1]} x {array.shape[0]} pixels is too small for a watermark",
            remedy=f"use at least {MIN_SIDE} pixels, or leave the watermark out",
        )
    if alpha is None and array.ndim == 3 and array.shape[2] == 4:
        alpha = array[..., 3]
    return mark(array, payload, as_keys(key)[0], strength, alpha)


def detect(array: NDArray[Any], keys: Any = None, *, search: bool | Literal["fast"] = True) -> Detection | None:
    """The watermark of a picture, or None.

    None means that no mark of these keys stands out, not that there never was one.

    Args:
        array: as for :func:`embed`, any size.
        keys: a key, its 32 bytes, a key file's path, or several of these; None for the public key.
        search: True looks for marks that were cropped, turned or deformed, too (up to about 1.5 s); ``"fast"`` or
            False only for those of whole pictures, resized or not.

    Returns:
        The first mark found. The chance that a picture without one gives a detection is below 1e-8 for all keys
        together, whatever the picture; docs/watermark.md derives it.

    Raises:
        InputError, LimitExceeded: see :func:`embed`.
        ConfigError, NotFound, Unreadable: see :func:`labelkit.watermark.keys.as_keys`.
    """
    _check(array)
    found = find(array, as_keys(keys), search is True)
    if found is None:
        return None
    return Detection(
        found.reading.payload,
        found.p_value,
        found.key.id,
        geometry(found.to_frame, plan(found.key).angle),
        found.reading.z,
    )


def _check(array: NDArray[Any]) -> None:
    if array.dtype not in (np.uint8, np.uint16):
        raise InputError(f"a picture of {array.dtype} samples", remedy="pass uint8 or uint16")
    if (array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (3, 4))) or array.size == 0:
        shape = " x ".join(map(str, array.shape))
        raise InputError(f"an array of shape {shape} is not a picture", remedy="pass height x width, x 3 or x 4")
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise LimitExceeded(f"a picture of {array.shape[1]} x {array.shape[0]} pixels", remedy="reduce it first")
