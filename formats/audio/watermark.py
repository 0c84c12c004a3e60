"""The invisible watermark of sound: 64 keyed bits that survive codecs, the telephone, cuts, and changes of tempo.

Keyed gains of a decibel or so in the time-frequency plane; see :mod:`labelkit.formats.audio._wm_pattern` for the signal
and docs/watermark-audio.md for what it survives, what it does not, and the proof of the false-alarm bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.errors import InputError, UnsupportedOperation
from labelkit.formats.audio import _wm_find
from labelkit.formats.audio._wm_embed import mark, mono
from labelkit.watermark.coding import PAYLOAD_BITS
from labelkit.watermark.keys import PUBLIC_KEY, Key, as_keys

__all__ = ["Detection", "detect", "detect_stream", "embed", "mark_stream"]

#: Seconds below which 64 bits find no room, and sampling rates that have the bands and that anybody uses.
MIN_SECONDS, MIN_RATE, MAX_RATE = 1.0, 8_000, 384_000
_TYPES = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int16), np.dtype(np.int32))
#: Seconds that are looked at together when a whole array is given.
_CHUNK_SECONDS = 8


@dataclass(frozen=True, slots=True)
class Detection:
    """A watermark that was found.

    Attributes:
        payload: 64-bit number; None if the key's mark is surely there but too weak or too short to be read.
        p_value: bound of the chance that a sound without this key's mark gives this detection.
        key_id: which key it belongs to, 8 hexadecimal digits.
        z: normalised correlation with the payload's codeword; with the pilot where there is no payload.
        spans: from and to, in seconds of the sound as it plays.
        tempo: how much faster it plays than when it was marked; 1.1 is 10 % faster.
        pitch: how much higher.
    """

    payload: int | None
    p_value: float
    key_id: str
    z: float
    spans: tuple[tuple[float, float], ...]
    tempo: float = 1.0
    pitch: float = 1.0

    @property
    def words(self) -> str:
        """Where it is, for people: ``"marked from 12.0 to 47.5 s"``."""
        parts = [f"{start:.1f} to {stop:.1f} s" for start, stop in self.spans]
        where = f"marked from {', '.join(parts)}" if parts else "marked"
        changes = [
            f"{name} {value:.3f}" for name, value in (("tempo", self.tempo), ("pitch", self.pitch)) if value != 1
        ]
        return ", ".join([where, *changes])

    def asdict(self) -> dict[str, Any]:
        """As plain numbers, strings and lists, the place also in words; for JSON."""
        payload = None if self.payload is None else f"{self.payload:016x}"
        return {**asdict(self), "payload": payload, "spans": [list(span) for span in self.spans], "words": self.words}


def embed(
    samples: NDArray[Any], rate: int, payload: int, key: Key | bytes = PUBLIC_KEY, *, strength: float = 1.0
) -> NDArray[Any]:
    """A copy of a sound that carries 64 bits nobody hears.

    Args:
        samples: frames, or frames x channels; float32 or float64 (full scale 1), int16 or int32.
        rate: sampling rate in Hz, 8,000 to 384,000.
        payload: 64-bit number.
        key: who can read it: a key or its 32 bytes.
        strength: 1 is the design; docs/watermark-audio.md says what it costs and brings.

    Returns:
        An array of the same shape and type.

    Raises:
        InputError: the array has another shape or type, or numbers that are none.
        UnsupportedOperation: it lasts less than a second, or the sampling rate is out of range.
        ValueError: the payload does not fit in 64 bits.
    """
    _check_rate(rate)
    table = _table(samples)
    if len(table) < MIN_SECONDS * rate:
        raise UnsupportedOperation(
            f"a sound of {len(table) / rate:.2f} s is too short for a watermark",
            remedy="use at least one second, or leave the watermark out",
        )
    marked = list(mark_stream(_pieces(table, rate), rate, payload, key, strength=strength))
    return np.concatenate(marked).reshape(samples.shape)


def mark_stream(
    chunks: Iterable[NDArray[Any]], rate: int, payload: int, key: Key | bytes = PUBLIC_KEY, *, strength: float = 1.0
) -> Iterator[NDArray[Any]]:
    """The chunks of a sound of any length with the mark in them, some tens of seconds behind.

    Together they are what :func:`embed` makes of the whole, in pieces of other sizes (frames x channels). Memory stays
    the same however long the sound.

    Args:
        chunks: arrays as for :func:`embed`, all of one type and number of channels.
        rate, payload, key, strength: as there.

    Raises:
        InputError, UnsupportedOperation, ValueError: as :func:`embed`, but there is no shortest length.
    """
    _check_rate(rate)
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise ValueError(f"payload {payload} is not a 64-bit number")
    return mark((_table(chunk) for chunk in chunks if len(chunk)), rate, payload, as_keys(key)[0], strength)


def detect(samples: NDArray[Any], rate: int, keys: Any = None, *, search: bool = True) -> list[Detection]:
    """The watermarks of a sound, surest first.

    An empty list means that no mark of these keys stands out, not that there never was one.

    Args:
        samples, rate: as for :func:`embed`, any length.
        keys: a key, its 32 bytes, a key file's path, or several of these; None for the public key.
        search: also look for marks in sounds that were played faster, slower, higher or lower (up to about a second).

    Returns:
        A detection for every payload of every key, and one without a payload for a key whose mark is there but cannot
        be read. The chance that a sound without a mark gives any is below 1e-6, and below 1e-9 for one with a payload,
        whatever the sound; docs/watermark-audio.md derives both.

    Raises:
        InputError, UnsupportedOperation: see :func:`embed`.
        ConfigError, NotFound, Unreadable: see :func:`labelkit.watermark.keys.as_keys`.
    """
    table = _table(samples)
    return detect_stream(lambda: _pieces(table, rate), rate, keys, search=search)


def detect_stream(
    begin: Callable[[], Iterable[NDArray[Any]]], rate: int, keys: Any = None, *, search: bool = True
) -> list[Detection]:
    """:func:`detect` for a sound of any length that is read piece by piece.

    Args:
        begin: starts the stream of chunks anew; called up to three times, more where other tempos are tried.
        rate, keys, search: as for :func:`detect`.
    """
    _check_rate(rate)
    known = as_keys(keys)
    found = _wm_find.find(lambda: (mono(_table(chunk)) for chunk in begin() if len(chunk)), rate, known, search)
    return [
        Detection(one.payload, one.p_value, one.key.id, one.z, one.spans, one.scale.time, one.scale.pitch)
        for one in found
    ]


def _check_rate(rate: int) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise UnsupportedOperation(
            f"a sampling rate of {rate} Hz has no room for a watermark", remedy="use 8,000 to 384,000 Hz"
        )


def _pieces(table: NDArray[Any], rate: int) -> Iterator[NDArray[Any]]:
    step = _CHUNK_SECONDS * rate
    return (table[start : start + step] for start in range(0, len(table), step))


def _table(samples: NDArray[Any]) -> NDArray[Any]:
    """Checked samples as frames x channels."""
    if samples.dtype not in _TYPES:
        raise InputError(f"a sound of {samples.dtype} samples", remedy="pass float32, float64, int16 or int32")
    if samples.ndim not in (1, 2) or samples.size == 0:
        shape = " x ".join(map(str, samples.shape))
        raise InputError(f"an array of shape {shape} is not a sound", remedy="pass frames, or frames x channels")
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        raise InputError("a sound with samples that are not numbers", remedy="replace NaN and infinity first")
    return samples if samples.ndim == 2 else samples[:, None]
