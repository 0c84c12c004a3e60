"""Uncompressed samples: from bytes to floating point and back, exactly.

Integers of b bits are v / 2^(b-1), so that every value comes back as it was; ``float32`` holds 24 bits, what has more
becomes ``float64``. A-law and mu-law follow ITU-T G.711.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: frames x channels, nominally -1 to 1; float32, or float64 for codings of more than 24 bits.
Samples = NDArray[np.floating[Any]]

#: Coding -> bytes a sample. ``be`` and ``le`` are appended where they matter.
_SIZES = {"u8": 1, "s8": 1, "ulaw": 1, "alaw": 1, "s16": 2, "s24": 3, "s32": 4, "f32": 4, "f64": 8}


def sample_bytes(coding: str) -> int:
    """Bytes of one sample in a coding such as ``"s24le"``."""
    return _SIZES[coding.removesuffix("le").removesuffix("be")]


def bits(coding: str) -> int:
    """Bits of precision as people count them: 16 for ``"s16le"``, 8 for G.711."""
    return 8 * sample_bytes(coding)


def wide(coding: str) -> bool:
    """Whether float32 would not hold the samples exactly."""
    return coding[:3] in ("s32", "f64")


def decode(raw: bytes | memoryview, coding: str, channels: int) -> Samples:
    """Samples of whole frames."""
    return _flat(raw, coding).reshape(-1, channels)


def _flat(raw: bytes | memoryview, coding: str) -> Samples:
    kind, order = coding[:3], ">" if coding.endswith("be") else "<"
    if coding in ("ulaw", "alaw"):
        return _law(coding)[np.frombuffer(raw, np.uint8)]
    if kind in ("f32", "f64"):
        return _floats(raw, f"{order}f{sample_bytes(coding)}")
    if kind == "s24":
        return _from_24(raw, order).astype(np.float32) / np.float32(1 << 23)
    if coding == "u8":
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / np.float32(128)
    size = sample_bytes(coding)
    whole: NDArray[Any] = np.frombuffer(raw, f"{order}i{size}")
    real: Samples = whole.astype(np.float64) if size == 4 else whole.astype(np.float32)
    return real / np.float32(1 << (8 * size - 1))


def _floats(raw: bytes | memoryview, code: str) -> Samples:
    real: Samples = np.frombuffer(raw, code).astype(code[1:])
    return real


def _from_24(raw: bytes | memoryview, order: str) -> NDArray[np.int32]:
    packed = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    spread = np.zeros((len(packed), 4), np.uint8)
    if order == "<":
        spread[:, 1:] = packed
        return spread.view("<i4")[:, 0] >> 8
    spread[:, :3] = packed
    return spread.view(">i4")[:, 0].astype(np.int32) >> 8


def encode(samples: Samples, coding: str) -> bytes:
    """The bytes of frames; integers are rounded to the nearest and clipped, floating point is kept as it is."""
    flat = np.ascontiguousarray(samples).reshape(-1)
    order = ">" if coding.endswith("be") else "<"
    if coding in ("ulaw", "alaw"):
        return _to_law(flat, coding)
    if coding[:3] in ("f32", "f64"):
        return _raw(flat.astype(f"{order}f{sample_bytes(coding)}"))
    return _integers(flat, coding, order)


def _raw(values: NDArray[Any]) -> bytes:
    packed: bytes = np.ascontiguousarray(values).tobytes()
    return packed


def _integers(flat: Samples, coding: str, order: str) -> bytes:
    width = bits(coding)
    full = 1 << (width - 1)
    finite: Samples = np.nan_to_num(flat.astype(np.float64) if width == 32 else flat)
    scaled = np.rint(np.clip(finite, -2, 2) * np.float32(full))
    whole = np.clip(scaled.astype(np.int64), -full, full - 1)
    if coding == "u8":
        return _raw((whole + 128).astype(np.uint8))
    if width == 24:
        spread = whole.astype(f"{order}i4").view(np.uint8).reshape(-1, 4)
        return _raw(spread[:, :3] if order == "<" else spread[:, 1:])
    return _raw(whole.astype(f"{order}i{width // 8}"))


@lru_cache(maxsize=2)
def _law(coding: str) -> NDArray[np.float32]:
    """What the 256 codes of G.711 stand for."""
    code = np.arange(256)
    if coding == "ulaw":
        inverted = ~code & 0xFF
        exponent, mantissa = (inverted >> 4) & 7, inverted & 15
        size = (((mantissa << 3) + 0x84) << exponent) - 0x84
        signed = np.where(inverted & 0x80, -size, size)
    else:
        inverted = code ^ 0x55
        exponent, mantissa = (inverted >> 4) & 7, inverted & 15
        size = np.where(exponent > 0, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0), (mantissa << 4) + 8)
        signed = np.where(inverted & 0x80, size, -size)
    return (signed / 32768).astype(np.float32)


def _to_law(flat: Samples, coding: str) -> bytes:
    """The code whose value is nearest."""
    table = _law(coding)
    order = np.argsort(table, kind="stable")
    values = table[order]
    between = (values[1:] + values[:-1]) / 2
    nearest = np.searchsorted(between, np.nan_to_num(flat).astype(np.float32))
    return _raw(order.astype(np.uint8)[nearest])
