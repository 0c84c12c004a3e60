"""Loudness against the signals of EBU Tech 3341, whose readings are known, and pauses against where they were put."""

from __future__ import annotations

import numpy as np
import pytest

from labelkit.formats.audio import _loudness
from tests.formats.audio.sounds import speechlike


def tone(
    decibels: float, seconds: float, rate: int = 48_000, hertz: float = 1000.0
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    time = np.arange(round(seconds * rate)) / rate
    return (10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * time))[:, None].repeat(2, 1)


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_a_sine_reads_what_bs1770_says(rate: int) -> None:
    """997 Hz at full scale in one channel: -3.01 LUFS."""
    sine = tone(0, 5, rate, 997.0)[:, :1]
    assert _loudness.measure([sine], rate, "mono", 1).loudness == pytest.approx(-3.01, abs=0.06)


#: Level and length of the parts, and the reading: EBU Tech 3341 minimum requirements, cases 1 to 5.
CASES = [
    ([(-23, 20)], -23.0),
    ([(-33, 20)], -33.0),
    ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
    ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
]


@pytest.mark.parametrize(("parts", "reading"), CASES)
def test_the_signals_of_tech_3341_read_within_a_tenth(parts: list[tuple[float, float]], reading: float) -> None:
    programme = np.concatenate([tone(*part, rate=8000) for part in parts])
    pieces = [programme[at : at + 7777] for at in range(0, len(programme), 7777)]
    assert _loudness.measure(pieces, 8000, "stereo", 2).loudness == pytest.approx(reading, abs=0.1)


def test_pieces_do_not_matter() -> None:
    sound = speechlike(6, 16_000, 2)
    whole = _loudness.measure([sound], 16_000, "stereo", 2)
    cut = _loudness.measure([sound[at : at + 999] for at in range(0, len(sound), 999)], 16_000, "stereo", 2)
    np.testing.assert_allclose(whole.energies, cut.energies, atol=1e-9)


def test_surround_counts_more_and_low_frequencies_do_not() -> None:
    sound = np.zeros((48_000, 6))
    for channel, reading in ((0, -3.01), (3, _loudness.SILENT), (5, -3.01 + 10 * np.log10(1.41))):
        one = sound.copy()
        one[:, channel] = tone(0, 1, 48_000, 997)[:, 0]
        assert _loudness.measure([one], 48_000, "5.1", 6).loudness == pytest.approx(reading, abs=0.1)


def test_the_pause_is_found_where_it_is() -> None:
    sound = speechlike(20, 16_000)
    sound[16_000 * 11 : 16_000 * 11 + 9600] = 0
    survey = _loudness.measure([sound], 16_000, "mono", 1)
    assert survey.pause(10, 3) == pytest.approx(11.3, abs=0.2)


def test_silence_and_nothing_are_silent() -> None:
    assert _loudness.measure([np.zeros((48_000, 1))], 48_000, "mono", 1).loudness == _loudness.SILENT
    assert _loudness.measure([], 48_000, "mono", 1).loudness == _loudness.SILENT
    assert _loudness.measure([np.full((4800, 1), np.nan)], 48_000, "mono", 1).loudness == _loudness.SILENT
