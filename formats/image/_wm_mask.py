"""How much watermark a place can hide: texture carries more, flat areas little."""

from __future__ import annotations

import cv2
import numpy as np

from labelkit.formats.image._wm_pattern import Float

#: Strength in flat areas, RMS of the residual in grey levels of 255: 0.8 after rounding, which adds 1/12 to the square.
#: At 1.25 a weave shows in saturated flat colours.
FLAT_RMS = 0.735
#: Peak signal-to-noise ratio (dB over the whole picture) that keeps it above 38 after rounding.
MIN_PSNR = 38.15
#: Above this PSNR (dB) the texture's share is reinforced, up to this factor; flat areas never are. First for pictures
#: marked at their own size, whose fine pattern codecs hurt most, then from where it is enlarged by ``_ENLARGED`` on.
MAX_PSNR, _REINFORCED, _ENLARGED = (43.5, 45.0), (2.5, 2.0), 1.5
#: The mask rises with local activity (grey levels) to the power that contrast masking follows, up to a ceiling.
ACTIVITY_GAIN, MASKING_EXPONENT, MAX_MASK = 0.66, 0.7, 6.5
#: Activity up to this is grain, not texture: skies and night count as flat.
GRAIN = 0.5
#: Standard deviation of the local window, in canonical units.
SIGMA = 1.5
#: Opening removes isolated edges (they show ringing) and keeps texture.
_OPENING, _EDGE_SLACK = np.ones((17, 17), np.uint8), 1.6
#: A place is flat if the standard deviation in a window of this side (pixels of the full picture) is below ``GRAIN``;
#: texture next to it hides nothing there. Then the width of the passage, grey levels.
_PLACE, _PASSAGE = 9, 0.5
#: Texture hides more in the very dark and the very bright.
_MID_GREY, _LUMA_GAIN = 110.0, 0.35
#: Share of the texture's gain that stays on paper white, and grey levels from there on which all of it does.
_ON_PAPER, _PAPER = 0.35, 40.0
#: Headroom, in units of the amplitude, from which on hardly anything is cut off.
_ROOM = 1.6


def blur(values: Float, sigma: float) -> Float:
    """Gaussian window; reflects at the border."""
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101))


# Below, arrays stay float32 and are changed in place where they can be: fresh memory costs more than the arithmetic.


def hiding(luma: Float, enlarged: float = 1.0) -> Float:
    """How much more than a flat area each place of a grey picture hides: 0 where flat; see :func:`amplitude`."""
    mean = blur(luma, SIGMA)
    square = luma - mean
    square *= square
    activity = cv2.sqrt(blur(square, SIGMA))
    texture: Float = cv2.morphologyEx(activity, cv2.MORPH_OPEN, _OPENING)
    texture *= _EDGE_SLACK
    gain: Float = blur(np.minimum(activity, texture, out=texture), SIGMA)
    gain -= GRAIN
    cv2.pow(np.maximum(gain, 0, out=gain), MASKING_EXPONENT, gain)
    gain *= ACTIVITY_GAIN
    gain *= _extreme(luma, mean)
    gain *= _textured(luma, enlarged)
    return np.asarray(gain)


def _extreme(luma: Float, mean: Float) -> Float:
    """What brightness does to hiding; ``mean`` is used up."""
    mean -= _MID_GREY
    mean /= 128
    mean *= mean
    mean *= _LUMA_GAIN
    mean += 1
    # Specks on paper white show, however dense the print around them is.
    paper = 255 - luma
    np.maximum(paper, 0, out=paper)
    paper /= _PAPER
    paper += _ON_PAPER
    mean *= np.clip(paper, 0, 1, out=paper)
    return mean


def _textured(luma: Float, enlarged: float) -> Float:
    """0 where the place itself is flat, 1 where it is not."""
    side = 2 * max(1, int(_PLACE / 2 / enlarged)) + 1
    centred = luma - np.float32(128)
    mean: Float = cv2.blur(centred, (side, side))
    mean *= mean
    spread: Float = cv2.sqrBoxFilter(centred, cv2.CV_32F, (side, side))
    spread -= mean
    cv2.sqrt(np.maximum(spread, 0, out=spread), spread)
    spread -= GRAIN
    spread /= _PASSAGE
    return np.asarray(np.clip(spread, 0, 1, out=spread))


def mask(luma: Float, enlarged: float = 1.0) -> Float:
    """The visibility mask of a grey picture: 1 where it is flat, up to ``MAX_MASK``; see :func:`amplitude`."""
    hidden = hiding(luma, enlarged)
    most_psnr, most = (float(np.interp(enlarged, (1, _ENLARGED), of)) for of in (MAX_PSNR, _REINFORCED))
    # Pictures with little texture need what they have: more of it, until the residual has the energy of that PSNR.
    spare = (255 / 10 ** (most_psnr / 20) / FLAT_RMS) ** 2 - 1
    first, second = 2 * float(hidden.mean()), float((hidden * hidden).mean()) + 1e-9
    reinforced = (np.sqrt(first * first + 4 * second * max(spare, 0)) - first) / (2 * second)
    hidden *= np.float32(np.clip(reinforced, 1, most))
    hidden += 1
    return np.asarray(np.minimum(hidden, MAX_MASK, out=hidden))


def amplitude(luma: Float, strength: float = 1.0, enlarged: float = 1.0) -> Float:
    """RMS of the residual at each place of a grey picture, grey levels, before what does not fit is cut off.

    Args:
        luma: canonical grey picture, height x width, 0 to 255.
        strength: 1 is the design; the flat-area RMS and the PSNR floor scale with it.
        enlarged: how many times larger, each way, the picture is that the residual is for.
    """
    wanted = mask(luma, enlarged)
    floor = strength * 255 / 10 ** (MIN_PSNR / 20)
    wanted *= np.float32(min(strength * FLAT_RMS, floor / float(np.sqrt(np.mean(wanted**2)))))
    # Next to black and white half the pattern is cut off: what stays may be that much stronger for the same energy.
    kept = np.minimum(luma, 255 - luma)
    np.maximum(kept, 0, out=kept)
    kept /= wanted
    kept /= _ROOM
    np.minimum(kept, 1, out=kept)
    kept *= 0.5
    kept += 0.5
    wanted /= cv2.sqrt(kept, kept)
    return np.asarray(wanted)
