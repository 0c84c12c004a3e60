"""The shared code of invisible marks: coding gain as designed, tail-biting, list decoding, decision bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelkit.watermark import decision
from labelkit.watermark.coding import Code, crc, to_bits

CODES = {16: Code(16), 24: Code(24)}


def test_crc_check_values() -> None:
    """CRC-16/CCITT-FALSE of "123456789" is 29B1; CRC-24 starts from all ones here, so only its linearity is checked."""
    text = np.unpackbits(np.frombuffer(b"123456789", np.uint8))
    assert to_bits(0x29B1, 16).tolist() == crc(text, 16).tolist()
    a, b = to_bits(0x1234, 16), to_bits(0x8001, 16)
    zero = np.zeros(16, np.uint8)
    assert (crc(a, 24) ^ crc(b, 24) ^ crc(zero, 24)).tolist() == crc(a ^ b, 24).tolist()


@given(st.integers(0, 2**64 - 1), st.sampled_from([16, 24]))
@settings(max_examples=25, deadline=None)
def test_round_trip(payload: int, width: int) -> None:
    code = CODES[width]
    word = code.decode(code.encode(payload))
    assert word is not None
    assert (word.payload, word.rank) == (payload, 0)


def test_is_tail_biting() -> None:
    """Rotating the information bits rotates the codeword: no bit is spent on a start or an end."""
    code = CODES[16]
    info = np.random.default_rng(3).integers(0, 2, code.info_bits).astype(np.uint8)
    assert np.array_equal(np.roll(code._convolve(info), 4), code._convolve(np.roll(info, 1)))


def test_payload_has_64_bits() -> None:
    with pytest.raises(ValueError, match="64-bit"):
        CODES[16].encode(1 << 64)


@pytest.mark.parametrize(("decibel", "word_error"), [(22.5, 0.12), (23.5, 0.03)])
def test_coding_gain(decibel: float, word_error: float) -> None:
    """Word error at a matched signal-to-noise ratio summed over the word; the terminated K=11 code had .17 and .03."""
    code, rng = CODES[16], np.random.default_rng(7)
    amplitude = np.sqrt(10 ** (decibel / 10) / code.length)
    payloads = [int.from_bytes(rng.bytes(8), "big") for _ in range(160)]
    noisy = np.array([code.encode(p) for p in payloads]) * amplitude + rng.normal(size=(160, code.length))
    found = [w.payload if (w := code.decode(row)) else None for row in noisy.astype(np.float32)]
    assert sum(f == p for f, p in zip(found, payloads, strict=True)) >= 160 * (1 - word_error)
    assert all(f in (p, None) for f, p in zip(found, payloads, strict=True))


def test_rows_decode_as_one_by_one() -> None:
    code, rng = CODES[16], np.random.default_rng(5)
    rows = (np.array([code.encode(n) for n in range(6)]) + rng.normal(scale=1.2, size=(6, code.length))).astype(
        np.float32
    )
    together = [w and w.payload for w in code.decode_many(rows)]
    assert together == [(w := code.decode(row)) and w.payload for row in rows]


def test_noise_rarely_passes_the_crc_and_never_the_decision() -> None:
    code, rng = CODES[16], np.random.default_rng(11)
    rows = rng.normal(size=(200, code.length)).astype(np.float32)
    words = [(w, row) for row in rows if (w := code.decode(row))]
    assert len(words) <= 8  # 25 paths against 2^16 each: 0.08 expected
    limit = decision.threshold(1e-6, 33)
    assert all(decision.statistic(w.coded, row) < limit for w, row in words)


def test_bound_and_threshold_are_inverse() -> None:
    assert decision.p_value(decision.threshold(1e-6, 33), 33) == pytest.approx(1e-6, rel=1e-6)
    assert decision.p_value(12, 33) == pytest.approx(3.3e-11, rel=0.05)
    assert decision.p_value(-3, 1) == 1.0
    assert decision.p_value(66, 100) > 0
