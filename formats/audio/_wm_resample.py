"""Change of sampling rate by Fourier transforms of whole seconds, in one piece or as a stream.

A stretch of whole seconds has a whole number of samples at any two integer rates, so cutting or padding its spectrum
resamples it exactly, whatever the ratio; the seconds at both ends of each stretch are context and thrown away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

#: Seconds that one transform yields, and seconds of context before and after.
_YIELD, _CONTEXT = 6, 1
#: The pass band ends at this share of the lower rate's half; a raised cosine leads from there to zero.
_FLAT = 0.94


class Resampler:
    """A stream of samples at one rate, given back at another.

    The output has ``ceil(frames * rate_out / rate_in)`` samples in all, the first at the time of the first input.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self.rate_in, self.rate_out = rate_in, rate_out
        self._held = np.zeros(_CONTEXT * rate_in, np.float32)
        self._received = self._given = 0

    def push(self, samples: Float) -> Float:
        """Take samples; what is ready comes back."""
        self._received += len(samples)
        self._held = np.concatenate([self._held, samples])
        return self._drain()

    def flush(self) -> Float:
        """The rest, after the last samples."""
        total = -(-self._received * self.rate_out // self.rate_in)
        missing = total - self._given
        if missing <= 0:
            return np.zeros(0, np.float32)
        seconds = -(-missing // self.rate_out) + 2 * _CONTEXT
        short = seconds * self.rate_in - len(self._held)
        padded = np.concatenate([self._held, np.zeros(max(0, short), np.float32)])[: seconds * self.rate_in]
        last = self._convert(padded)[_CONTEXT * self.rate_out :][:missing]
        self._given += len(last)
        return last

    def _drain(self) -> Float:
        ready: list[Float] = [np.zeros(0, np.float32)]
        size, step = (_YIELD + 2 * _CONTEXT) * self.rate_in, _YIELD * self.rate_in
        while len(self._held) >= size:
            whole = self._convert(self._held[:size])
            ready.append(whole[_CONTEXT * self.rate_out :][: _YIELD * self.rate_out])
            self._held = self._held[step:]
            self._given += _YIELD * self.rate_out
        return np.concatenate(ready)

    def _convert(self, stretch: Float) -> Float:
        """A stretch of whole seconds at the other rate."""
        if self.rate_in == self.rate_out:
            return stretch
        size = len(stretch) // self.rate_in * self.rate_out
        spectrum = np.fft.rfft(stretch)
        top = min(len(stretch), size) // 2
        kept = np.zeros(size // 2 + 1, np.complex64)
        kept[:top] = spectrum[:top] * _slope(top)
        return np.asarray(np.fft.irfft(kept, size) * (self.rate_out / self.rate_in), np.float32)


def _slope(top: int) -> Float:
    """Ones, then half a cosine down to zero at ``top``."""
    start = int(top * _FLAT)
    curve = np.ones(top, np.float32)
    curve[start:] = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, top - start, dtype=np.float32))
    return curve


def resample(samples: Float, rate_in: int, rate_out: int) -> Float:
    """All of ``samples`` (one channel) at another integer rate, in Hz."""
    stream = Resampler(rate_in, rate_out)
    return np.concatenate([stream.push(samples), stream.flush()])
