"""The audio benchmark's tools do what the table says they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import _report_audio as report
from benchmarks import corpus_audio as corpus
from benchmarks._journal import Journal
from benchmarks._quality_audio import noise_to_mask, snr
from benchmarks._trials_audio import Marking, Trial, key_of, payload_of
from benchmarks.attacks_audio import ATTACKS, BY_ID, PROMISED, Sound, cut

RATE = 16_000


def noise(seconds: float, channels: int = 2, seed: int = 0) -> Sound:
    samples = np.random.default_rng(seed).standard_normal((int(seconds * RATE), channels)) * 0.1
    return Sound(samples.astype(np.float32), RATE)


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def test_sets_share_no_package() -> None:
    tuning, reporting = ({clip.source for clip in clips} for clips in (corpus.TUNING, corpus.REPORTING))
    shared = (tuning & reporting) - {corpus.Source.ESPEAK}
    assert not shared
    voices = [
        {c.members[0] for c in clips if c.source is corpus.Source.ESPEAK} for clips in (corpus.TUNING, corpus.REPORTING)
    ]
    assert not voices[0] & voices[1]
    assert len({clip.id for clip in corpus.REPORTING}) == len(corpus.REPORTING) >= 40


def test_ids_are_unique_and_promises_are_shares() -> None:
    assert len(BY_ID) == len(ATTACKS)
    assert all(attack.goal is not None and 0 < attack.goal <= 1 for attack in PROMISED)


def test_cut_has_its_length() -> None:
    assert cut(noise(9), 3, random()).seconds == 3
    assert cut(noise(2), 3, random()).seconds == 2


@pytest.mark.parametrize(("name", "decibels"), [("noise-20", 20), ("noise-10", 10)])
def test_noise_is_as_loud_as_it_says(name: str, decibels: float) -> None:
    sound = noise(4, 1)
    assert snr(sound, BY_ID[name].change(sound, random())) == pytest.approx(decibels, abs=0.2)


def test_dropouts_take_20_ms_a_second() -> None:
    assert BY_ID["dropouts"].change(noise(10), random()).seconds == pytest.approx(9.8)


def test_reverberation_decays_by_60_decibels() -> None:
    click = Sound(np.zeros((RATE, 1), np.float32), RATE)
    click.samples[100] = 0.5
    heard = BY_ID["reverb"].change(click, random()).samples[:, 0]
    early, late = (np.sqrt(np.mean(heard[100 + at : 100 + at + 320] ** 2)) for at in (60, 60 + int(0.15 * RATE)))
    assert 20 * np.log10(early / late) == pytest.approx(30, abs=3)


def test_codec_keeps_rate_and_channels() -> None:
    sound = noise(2)
    heard = BY_ID["mp3-64"](sound, random())
    assert (heard.rate, heard.samples.shape[1]) == (RATE, 2)
    assert heard.seconds == pytest.approx(2, abs=0.2)
    assert BY_ID["opus-16"](sound, random()).samples.shape[1] == 1


def test_speed_changes_the_length_by_the_factor() -> None:
    seconds = BY_ID["speed"].change(noise(4), random()).seconds
    assert 0.01 < abs(4 / seconds - 1) < 0.12


def test_noise_to_mask_grows_with_the_noise() -> None:
    sound = noise(3, 1)
    quiet, loud = (noise_to_mask(sound, Sound(sound.samples + noise(3, 1, 5).samples * g, RATE)) for g in (0.01, 0.1))
    assert loud - quiet == pytest.approx(20, abs=0.5)
    assert quiet < -25


def test_results_come_back_as_written(tmp_path: Path) -> None:
    out = Journal(tmp_path / "a.jsonl", Trial, Marking)
    trial = Trial("labelkit", "x", "cut-5", False, 1, "right", 20.0, 5.0, 30.0)
    out.add(trial)
    assert list(out.results()) == [trial]


def test_payload_and_key_differ_between_rounds() -> None:
    clip = corpus.REPORTING[0]
    assert len({payload_of(clip, n) for n in range(5)}) == 5
    assert len({key_of(clip, n).id for n in range(4)}) == 4
    assert payload_of(clip, 0) < 1 << 64


def test_report_says_what_was_met() -> None:
    clip = corpus.REPORTING[0]
    trials = [
        Trial("labelkit", clip.id, "cut-5", False, n, "right" if n else "none", 20.0, 5.0, 30.0) for n in range(50)
    ]
    marking = Marking("labelkit", clip.id, False, 29.0, 4.6, float("nan"), -12.0, 20.0, 120.0, 100.0, 600.0, False)
    text = report.document([*trials, marking], [clip], [BY_ID["cut-5"]])
    assert "| nothing, from 5 s | 49/50 | 98.0 % |" in text
    assert "| 99 % | **no** |" in text
    assert "| PESQ-WB of speech, worst clip | 4.600 | 4.600 | >= 4.55 | yes |" in text
