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
#: Gain of the mask per grey level of local activity, and the mask's ceiling.
ACTIVITY_GAIN, MAX_MASK = 0.35, 8.0
#: Standard deviation of the local window, in canonical units.
SIGMA = 1.5
#: Opening removes isolated edges (they show ringing) and keeps texture.
_OPENING = np.ones((13, 13), np.uint8)
#: Eyes see less in the very dark and the very bright.
_MID_GREY, _LUMA_GAIN = 110.0, 0.35
#: Share of the pattern's typical amplitude that must fit below white and above black.
_HEADROOM = 1.1


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
    return cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


def mask(luma: Float) -> Float:
    """The visibility mask of a grey picture (height x width, 0 to 255): 1 where it is flat, up to ``MAX_MASK``."""
    mean = blur(luma, SIGMA)
    activity = np.sqrt(blur((luma - mean) ** 2, SIGMA))
    texture = np.minimum(activity, 1.6 * cv2.morphologyEx(activity, cv2.MORPH_OPEN, _OPENING))
    gain = np.clip(1 + ACTIVITY_GAIN * blur(texture, SIGMA), 1, MAX_MASK)
    return gain * (1 + _LUMA_GAIN * ((mean - _MID_GREY) / 128) ** 2)


def room(luma: Float, strength: float = 1.0) -> Room:
    """Amplitude and shift for a grey picture.

    Args:
        luma: canonical grey picture, height x width, 0 to 255.
        strength: 1 is the design; the flat-area RMS and the PSNR floor scale with it.
    """
    visible = mask(luma)
    floor = strength * 255 / 10 ** (MIN_PSNR / 20)
    gain = min(strength * FLAT_RMS, floor / float(np.sqrt(np.mean(visible**2))))
    amplitude = gain * visible
    needed = _HEADROOM * amplitude
    over = cv2.blur(np.maximum(needed - (255 - luma), 0), (9, 9))
    under = cv2.blur(np.maximum(needed - luma, 0), (9, 9))
    return Room(amplitude, under - over)
