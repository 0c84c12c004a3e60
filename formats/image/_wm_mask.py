"""How much watermark a place can hide: texture carries more, flat areas little, black and white make room first."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from labelkit.formats.image._wm_pattern import Float

#: Strength in flat areas, RMS of the residual in grey levels of 255; at 1.25 a weave shows in saturated flat colours.
FLAT_RMS = 0.8
#: Peak signal-to-noise ratio a picture never falls below, dB over its whole area.
MIN_PSNR = 38.0
#: The mask rises with local activity (grey levels) to the power that contrast masking follows, up to a ceiling.
ACTIVITY_GAIN, MASKING_EXPONENT, MAX_MASK = 0.5, 0.7, 6.0
#: Standard deviation of the local window, in canonical units.
SIGMA = 1.5
#: Opening removes isolated edges (they show ringing) and keeps texture.
_OPENING, _EDGE_SLACK = np.ones((13, 13), np.uint8), 1.6
#: Texture hides more in the very dark and the very bright.
_MID_GREY, _LUMA_GAIN = 110.0, 0.35
#: Share of the pattern's typical amplitude that must fit below white and above black.
_HEADROOM = 1.1
#: Window that smooths the shift, canonical pixels.
_SMOOTH = (9, 9)


@dataclass(frozen=True, slots=True)
class Room:
    """What the embedder may do at each canonical pixel.

    Attributes:
        amplitude: RMS of the residual, grey levels.
        shift: what to add first so that the pattern is not clipped, grey levels.
    """

    amplitude: Float
    shift: Float


def blur(values: Float, sigma: float) -> Float:
    """Gaussian window; reflects at the border."""
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101))


def mask(luma: Float) -> Float:
    """The visibility mask of a grey picture (height x width, 0 to 255): 1 where it is flat, up to ``MAX_MASK``."""
    mean = blur(luma, SIGMA)
    activity = np.sqrt(blur((luma - mean) ** 2, SIGMA))
    texture = np.minimum(activity, _EDGE_SLACK * cv2.morphologyEx(activity, cv2.MORPH_OPEN, _OPENING))
    extreme = 1 + _LUMA_GAIN * ((mean - _MID_GREY) / 128) ** 2
    hidden = ACTIVITY_GAIN * cv2.pow(np.maximum(blur(texture, SIGMA), 0), MASKING_EXPONENT) * extreme
    return np.asarray(np.minimum(1 + hidden, MAX_MASK))


def room(luma: Float, strength: float = 1.0) -> Room:
    """Amplitude and shift for a grey picture.

    Args:
        luma: canonical grey picture, height x width, 0 to 255.
        strength: 1 is the design; the flat-area RMS and the PSNR floor scale with it.
    """
    visible = mask(luma)
    floor = strength * 255 / 10 ** (MIN_PSNR / 20)
    gain = strength * FLAT_RMS
    for _ in range(2):
        amplitude = gain * visible
        shift = _shift(luma, amplitude)
        gain *= min(1.0, floor / float(np.sqrt(np.mean(amplitude**2 + shift**2))))
    amplitude = gain * visible
    return Room(amplitude, _shift(luma, amplitude))


def _shift(luma: Float, amplitude: Float) -> Float:
    """The smooth offset that lets the pattern fit between black and white."""
    needed = _HEADROOM * amplitude
    over, under = needed - (255 - luma), needed - luma
    return np.asarray(cv2.blur(np.maximum(under, 0), _SMOOTH) - cv2.blur(np.maximum(over, 0), _SMOOTH))
