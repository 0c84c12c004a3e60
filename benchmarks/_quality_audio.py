"""How much a mark changed a sound: SNR, PESQ-WB, ViSQOL and the noise-to-mask ratio."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.attacks_audio import Sound
from labelkit.formats.audio._wm_resample import resample

Float = NDArray[np.float32]

#: PESQ is defined for 16 kHz; the noise-to-mask ratio is taken at 32 kHz, frames of 64 ms.
_PESQ_RATE, _MASK_RATE, _MASK_FRAME = 16_000, 32_000, 2_048
#: Seconds that PESQ and ViSQOL hear.
_HEARD = 10
#: Bands a Bark, and spreading per Bark towards lower and higher bands, dB.
_BANDS_PER_BARK, _DOWN_SLOPE, _UP_SLOPE = 4, 27.0, 15.0


@dataclass(frozen=True, slots=True)
class Quality:
    """Distance between a sound and its marked copy.

    Attributes:
        snr: dB over the down-mix.
        pesq: PESQ-WB (ITU-T P.862.2), 4.64 at most; NaN for music and where the package is not there.
        visqol: ViSQOL, speech mode for speech and audio mode for music; NaN where the package is not there.
        nmr: mean noise-to-mask ratio in dB; below 0 the mark lies under the masking threshold.
    """

    snr: float
    pesq: float
    visqol: float
    nmr: float


def quality(original: Sound, marked: Sound, music: bool) -> Quality:
    """Measure all of it."""
    return Quality(
        snr(original, marked),
        math.nan if music else pesq(original, marked),
        visqol(original, marked, music),
        noise_to_mask(original, marked),
    )


def _one(sound: Sound, rate: int) -> Float:
    return resample(np.ascontiguousarray(sound.samples.mean(axis=1)), sound.rate, rate)


def snr(original: Sound, marked: Sound) -> float:
    """Signal over difference, dB."""
    x, y = original.samples.mean(axis=1), marked.samples.mean(axis=1)
    return float(10 * np.log10(np.sum(x**2) / np.sum((y - x) ** 2)))


def pesq(original: Sound, marked: Sound) -> float:
    """PESQ-WB of the first ten seconds."""
    try:
        from pesq import pesq as score
    except ImportError:
        return math.nan
    x, y = (_one(sound, _PESQ_RATE)[: _HEARD * _PESQ_RATE] for sound in (original, marked))
    return float(score(_PESQ_RATE, x, y, "wb"))


def visqol(original: Sound, marked: Sound, music: bool) -> float:
    """ViSQOL of the first ten seconds."""
    try:
        from visqol import VisqolApi
    except ImportError:
        return math.nan
    rate = 48_000 if music else 16_000
    x, y = (_one(sound, rate)[: _HEARD * rate].astype(np.float64) for sound in (original, marked))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        api = VisqolApi()
        api.create(mode="audio" if music else "speech")
        return float(api.measure_from_arrays(x, y, rate).moslqo)


def noise_to_mask(original: Sound, marked: Sound) -> float:
    """Mean ratio of difference to masking threshold, in quarter-Bark bands of frames that are not silent, dB.

    Threshold: the original's excitation, spread over the neighbouring bands, less 3 dB below 12 Bark and a quarter of
    a dB per Bark above (the offsets of ITU-R BS.1387).
    """
    x, y = _one(original, _MASK_RATE), _one(marked, _MASK_RATE)
    host, noise = (_excitation(one) for one in (x, y - x))
    bands = host.shape[1]
    bark = np.arange(bands) / _BANDS_PER_BARK
    apart = bark[None, :] - bark[:, None]
    slope = 10 ** (-np.where(apart < 0, -apart * _DOWN_SLOPE, apart * _UP_SLOPE) / 10)
    offset = 10 ** (-np.where(bark < 12, 3.0, 0.25 * bark) / 10)
    mask = (host @ (slope / slope.sum(axis=0))) * offset
    loud = host.sum(axis=1) > 1e-4 * host.sum(axis=1).max()
    return float(10 * np.log10(np.mean((noise[loud] / (mask[loud] + 1e-12)).mean(axis=1))))


def _excitation(samples: Float) -> NDArray[np.float64]:
    """Power in quarter-Bark bands, frames x bands."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, _MASK_FRAME)[:: _MASK_FRAME // 2]
    power = np.abs(np.fft.rfft(windows * np.hanning(_MASK_FRAME))) ** 2
    hertz = np.arange(power.shape[1]) * _MASK_RATE / _MASK_FRAME
    bark = 7 * np.arcsinh(hertz / 650)
    band = (bark * _BANDS_PER_BARK).astype(int)
    sums = np.zeros((len(power), band.max() + 1))
    for number in range(sums.shape[1]):
        sums[:, number] = power[:, band == number].sum(axis=1)
    return sums[:, hertz_bands(band)]


def hertz_bands(band: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bands that hold at least one bin."""
    return np.unique(band)
