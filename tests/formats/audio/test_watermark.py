"""The audio watermark: what it survives, what nobody hears, and what it never reports."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from labelkit.errors import InputError, UnsupportedOperation
from labelkit.formats.audio import _wm_find
from labelkit.formats.audio._wm_align import OFFSETS, folded, followed, scores
from labelkit.formats.audio._wm_decode import Reading
from labelkit.formats.audio._wm_detect import Scale, Sound, pilot_chance, product
from labelkit.formats.audio._wm_pattern import BANDS, CODE, CORE_RATE, PERIOD, PILOTS, plan, target
from labelkit.formats.audio._wm_resample import Resampler, resample
from labelkit.formats.audio.watermark import Detection, detect, detect_stream, embed, mark_stream
from labelkit.watermark.keys import PUBLIC_KEY, Key

Samples = NDArray[Any]
PAYLOAD = 0x0123456789ABCDEF
RATE = 24_000


def voice(seconds: float, rate: int = RATE, seed: int = 1) -> NDArray[np.float32]:
    """Something like speech: voiced and unvoiced syllables with moving formants, and pauses."""
    rng = np.random.default_rng(seed)
    count = int(seconds * rate)
    t = np.arange(count) / rate
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.4 * t) + 10 * np.sin(2 * np.pi * 2.3 * t)
    pulses = np.diff(np.floor(np.cumsum(pitch / rate)), prepend=0) * 8
    source = pulses + 0.15 * rng.standard_normal(count)
    sound = np.zeros(count)
    size, hop = rate // 20, rate // 40
    frequencies = np.arange(size // 2 + 1) * rate / size
    window = np.hanning(size)
    syllable = rng.random((int(seconds * 4) + 2, 4))
    for start in range(0, count - size, hop):
        kind = syllable[int(start / rate * 4)]
        centres = (300 + 500 * kind[0], 900 + 1300 * kind[1], 2400 + 600 * kind[2], 3600)
        filtered = sum(np.exp(-(((frequencies - c) / 180) ** 2)) * 900 / c for c in centres) + 0.02
        loud = 0.0 if kind[3] < 0.15 else 1.0
        sound[start : start + size] += (
            np.fft.irfft(np.fft.rfft(source[start : start + size] * window) * filtered, size) * loud
        )
    return np.asarray(0.1 * sound / sound.std(), np.float32)


@pytest.fixture(scope="module")
def plain() -> NDArray[np.float32]:
    return voice(12)


@pytest.fixture(scope="module")
def marked(plain: NDArray[np.float32]) -> NDArray[np.float32]:
    return embed(plain, RATE, PAYLOAD)


def payloads(samples: Samples, rate: int = RATE, **options: Any) -> list[int | None]:
    return [one.payload for one in detect(samples, rate, **options)]


def ffmpeg(samples: Samples, rate: int, encode: str, form: str, channels: int = 1) -> NDArray[np.float32]:
    """The sound after an encoder or filter, at 24 kHz."""
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    raw = ["-f", "s16le", "-ar", str(rate), "-ac", str(channels)]
    first = subprocess.run(
        ["ffmpeg", "-v", "error", *raw, "-i", "-", *encode.split(), "-f", form, "-"],
        input=pcm, capture_output=True, check=True,
    ).stdout  # fmt: skip
    again = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "-", "-f", "f32le", "-ac", "1", "-ar", str(RATE), "-"],
        input=first, capture_output=True, check=True,
    ).stdout  # fmt: skip
    return np.frombuffer(again, np.float32)


def test_comes_back_and_says_where(marked: Samples) -> None:
    (found,) = detect(marked, RATE)
    assert found.payload == PAYLOAD
    assert found.key_id == PUBLIC_KEY.id
    assert found.p_value < 1e-30
    assert found.words == "marked from 0.0 to 12.0 s"
    assert found.asdict()["payload"] == "0123456789abcdef"


def test_nobody_hears_it(plain: Samples, marked: Samples) -> None:
    added = marked - plain
    ratio = 10 * np.log10(np.sum(plain**2) / np.sum(added**2))
    assert ratio > 24
    spectrum = np.abs(np.fft.rfft(added)) ** 2
    hertz = np.arange(len(spectrum)) * RATE / len(added)
    assert spectrum[(hertz < 700) | (hertz > 6_900)].sum() < 1e-3 * spectrum.sum()


@pytest.mark.parametrize("seconds", [1.5, 3.0, 5.0])
def test_from_a_cut(marked: Samples, seconds: float) -> None:
    start = int(3.21 * RATE)
    assert payloads(marked[start : start + int(seconds * RATE)]) == [PAYLOAD]


@pytest.mark.parametrize(
    ("encode", "form"),
    [
        ("-b:a 64k", "mp3"),
        ("-b:a 64k -c:a aac", "adts"),
        ("-b:a 24k -c:a libopus", "opus"),
        ("-af highpass=f=300,lowpass=f=3400 -ar 8000 -c:a pcm_mulaw", "wav"),
        ("-af loudnorm=I=-14 -ar 44100 -b:a 96k", "mp3"),
    ],
)
def test_through_codecs(marked: Samples, encode: str, form: str) -> None:
    assert payloads(ffmpeg(marked, RATE, encode, form)) == [PAYLOAD]


@pytest.mark.parametrize(
    ("filters", "tempo", "pitch"),
    [
        ("atempo=1.0337", 1.0337, 1.0),
        (f"asetrate={round(RATE * 0.9313)}", 0.9313, 0.9313),
        ("rubberband=pitch=1.1225", 1.0, 1.1225),
    ],
)
def test_played_otherwise(marked: Samples, filters: str, tempo: float, pitch: float) -> None:
    changed = ffmpeg(marked, RATE, f"-af {filters}", "wav")
    (found,) = detect(changed, RATE)
    assert found.payload == PAYLOAD
    assert found.tempo == pytest.approx(tempo, abs=0.004)
    assert found.pitch == pytest.approx(pitch, abs=0.008)
    if pitch != 1:  # tempo alone is also followed by the tracking
        assert payloads(changed, search=False) == []


def test_with_dropouts(marked: Samples) -> None:
    kept = np.concatenate([marked[start : start + int(0.98 * RATE)] for start in range(0, len(marked), RATE)])
    assert payloads(kept) == [PAYLOAD]


def test_says_which_part_is_marked(marked: Samples) -> None:
    around = np.concatenate([voice(20, seed=2), marked, voice(15, seed=3)])
    (found,) = detect(around, RATE)
    assert found.payload == PAYLOAD
    ((start, stop),) = found.spans
    assert abs(start - 20) < 1.0
    assert abs(stop - 32) < 1.0


def test_two_marks_in_one_sound(marked: Samples) -> None:
    other = embed(voice(12, seed=4), RATE, 77)
    found = detect(np.concatenate([marked, other]), RATE)
    assert sorted((one.payload, round(one.spans[0][0], -1)) for one in found) == [(77, 10.0), (PAYLOAD, 0.0)]


def test_presence_where_the_payload_is_lost(plain: Samples) -> None:
    """Copies with other payloads averaged: their data cancel out, their pilot does not."""
    sound = plain[: 6 * RATE]
    blurred = np.mean([embed(sound, RATE, 0x1234567 * 3**n) for n in range(6)], axis=0, dtype=np.float32)
    (found,) = detect(blurred, RATE, search=False)
    assert found.payload is None
    assert found.p_value <= 1e-6
    assert found.spans == ((0.0, pytest.approx(6.0, abs=0.02)),)
    assert found.words == "marked from 0.0 to 6.0 s"


def test_unmarked_and_other_keys(plain: Samples, marked: Samples) -> None:
    other = Key(bytes(range(32)), "other")
    assert detect(plain, RATE) == []
    assert detect(marked, RATE, other) == []
    assert [one.key_id for one in detect(marked, RATE, [other, PUBLIC_KEY])] == [PUBLIC_KEY.id]


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float64])
def test_every_sample_type_keeps_its_type(plain: Samples, kind: type) -> None:
    scale = 1 if kind is np.float64 else np.iinfo(kind).max
    stereo = np.stack([plain, 0.5 * plain], axis=1)[: 5 * RATE]
    whole = (stereo * scale).astype(kind)
    done = embed(whole, RATE, PAYLOAD)
    assert done.shape == whole.shape
    assert done.dtype == whole.dtype
    assert payloads(done) == [PAYLOAD]
    assert payloads(done[:, 1]) == [PAYLOAD]


def test_loud_samples_do_not_wrap_around() -> None:
    loud = (np.clip(voice(4) * 12, -1, 1) * 32767).astype(np.int16)
    done = embed(loud, RATE, PAYLOAD)
    assert np.abs(done.astype(int) - loud).max() < 16_000


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 45_589])
def test_every_rate(rate: int) -> None:
    done = embed(voice(5, rate), rate, PAYLOAD)
    assert payloads(done, rate) == [PAYLOAD]
    core = resample(done, rate, CORE_RATE)
    assert payloads(core, CORE_RATE) == [PAYLOAD]


def test_silence_stays_silence() -> None:
    silence = np.zeros((3 * RATE, 2), np.int16)
    assert not embed(silence, RATE, PAYLOAD).any()
    assert detect(silence, RATE) == []


def test_stream_gives_what_the_whole_gives() -> None:
    whole = np.stack([voice(40), voice(40, seed=8)], axis=1)
    rng = np.random.default_rng(3)

    def pieces() -> Iterator[Samples]:
        at = 0
        while at < len(whole):
            size = int(rng.integers(1, 70_000))
            yield whole[at : at + size]
            at += size

    done = np.concatenate(list(mark_stream(pieces(), RATE, PAYLOAD)))
    np.testing.assert_allclose(done, embed(whole, RATE, PAYLOAD), atol=2e-6)
    blocks = [done[at : at + RATE] for at in range(0, len(done), RATE)]
    assert detect_stream(lambda: iter(blocks), RATE) == detect(done, RATE)


def test_a_stream_is_held_for_some_seconds_only() -> None:
    given = 0

    def endless() -> Iterator[Samples]:
        nonlocal given
        chunk = voice(4)
        for _ in range(29):
            given += 1
            yield chunk

    most = 0
    come = 0
    for piece in mark_stream(endless(), RATE, PAYLOAD):
        come += len(piece)
        most = max(most, given * 4 * RATE - come)
    assert come == 29 * 4 * RATE
    assert most < 40 * RATE


@pytest.mark.parametrize(
    ("samples", "rate", "error"),
    [
        (np.zeros(RATE // 2, np.float32), RATE, UnsupportedOperation),
        (np.zeros(RATE, np.float32), 7_000, UnsupportedOperation),
        (np.zeros(RATE, np.uint8), RATE, InputError),
        (np.zeros((2, 2, 2), np.int16), RATE, InputError),
        (np.full(2 * RATE, np.nan, np.float32), RATE, InputError),
    ],
)
def test_refusals(samples: Samples, rate: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        embed(samples, rate, PAYLOAD)


def test_payload_must_fit() -> None:
    with pytest.raises(ValueError, match="64-bit"):
        embed(np.zeros(2 * RATE, np.float32), RATE, 1 << 64)


@pytest.mark.parametrize("samples", [np.zeros(1, np.float32), np.ones(700, np.int16), voice(1)[:5_000]])
def test_detect_takes_anything_short(samples: Samples) -> None:
    assert detect(samples, RATE) == []


# ---- the pattern and the proof's premises


def test_pattern_spreads_every_bit_over_time_and_bands() -> None:
    chosen = plan(PUBLIC_KEY)
    assert (chosen.pilot.sum(axis=1) == PILOTS).all()
    assert ((chosen.pilot_sign != 0) ^ (chosen.data_sign != 0)).all()
    data = chosen.pilot == 0
    for quarter in range(4):
        part = slice(quarter * PERIOD // 4, (quarter + 1) * PERIOD // 4)
        counts = np.bincount(chosen.bit[part][data[part]], minlength=CODE.length)
        assert counts.min() >= 5
        assert counts.max() <= 9
    low = np.bincount(chosen.bit[:, :28][data[:, :28]], minlength=CODE.length)
    assert low.min() >= 10
    assert low.max() <= 17


def test_target_names_every_cell() -> None:
    assert (np.abs(target(plan(PUBLIC_KEY), PAYLOAD)) == 1).all()


def test_data_signs_do_not_touch_the_alignment() -> None:
    """The bound multiplies the chances of pilot and data, which needs them independent."""
    import inspect

    from labelkit.formats.audio import _wm_align, _wm_cells, _wm_search

    assert all("data_sign" not in inspect.getsource(module) for module in (_wm_align, _wm_cells, _wm_search))


def test_scores_are_the_normalised_correlation() -> None:
    rng = np.random.default_rng(0)
    cells = rng.standard_normal((300, 4, BANDS)).astype(np.float32)
    chosen = plan(PUBLIC_KEY)
    z = scores(folded(cells, 13), chosen.pilot_sign, chosen.pilot)
    assert z.shape == (OFFSETS,)
    for offset in (0, 5, 1023):
        slot, lane = divmod(offset, 4)
        fold = np.zeros((PERIOD, BANDS))
        np.add.at(fold, (13 + np.arange(300) - slot) % PERIOD, cells[:, lane])
        pilot = fold * chosen.pilot
        assert z[offset] == pytest.approx((fold * chosen.pilot_sign).sum() / np.sqrt((pilot**2).sum()), abs=1e-3)


def test_scores_of_unmarked_sound_are_normal() -> None:
    """Keys are free: many keys on one sound, every offset a sample of the statistic."""
    sound = Sound(lambda: iter([resample(voice(5), RATE, CORE_RATE)]), Scale())
    (half,) = sound.halves()
    fold = folded(half.cells, 0)
    z = []
    for number in range(20):
        chosen = plan(Key(number.to_bytes(32, "big")))
        z.append(scores(fold, chosen.pilot_sign, chosen.pilot))
    every = np.concatenate(z)
    assert abs(every.mean()) < 0.1
    assert 0.9 < every.std() < 1.1
    assert every.max() < 5.5


def test_followed_path_steps_over_what_is_missing() -> None:
    rng = np.random.default_rng(1)
    chosen = plan(PUBLIC_KEY)
    slots = np.concatenate([np.arange(160), np.arange(163, 400)])  # three slots are gone
    cells = np.repeat(chosen.pilot_sign[slots % PERIOD][:, None], 4, axis=1) * 0.7
    cells = (cells + rng.standard_normal(cells.shape)).astype(np.float32)
    path, along = followed(cells, 0, chosen.pilot_sign)
    assert path.offsets[0] // 4 == 0
    assert path.offsets[-1] // 4 == PERIOD - 3
    assert along.mean() > 5


def test_chances() -> None:
    assert pilot_chance(0.0) == 1.0
    assert pilot_chance(8.0) == pytest.approx(2 * OFFSETS * np.exp(-32.0))
    assert Reading(1, 0.0).chance == pytest.approx(2 * 25 / 2**24)
    assert Reading(1, 14.0).chance == pytest.approx(2 * 2.0**64 * np.exp(-98.0), rel=1e-6)
    assert product(1e-3, 1e-6) == pytest.approx(1e-9 * (1 - np.log(1e-9)))


def test_reported_only_below_the_bounds(marked: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_wm_find, "PAYLOAD_CHANCE", 0.0)
    assert payloads(marked) == [None]
    monkeypatch.setattr(_wm_find, "PRESENCE_CHANCE", 0.0)
    assert payloads(marked) == []


@pytest.mark.parametrize(("low", "high"), [(44_100, 16_000), (16_000, 44_100), (16_000, 16_537), (8_000, 16_000)])
def test_resampling_is_exact(low: int, high: int) -> None:
    def tone(rate: int, count: int) -> NDArray[np.float64]:
        return np.sin(2 * np.pi * 1_000 * np.arange(count) / rate)

    given = tone(low, 20 * low + 17).astype(np.float32)
    stream = Resampler(low, high)
    parts = [stream.push(given[: 3 * low]), stream.push(given[3 * low :]), stream.flush()]
    got = np.concatenate(parts)
    assert len(got) == -(-len(given) * high // low)
    inner = slice(high // 10, -high // 10)
    assert np.abs(got - tone(high, len(got)))[inner].max() < 1e-3


def test_detection_in_words() -> None:
    found = Detection(None, 1e-7, "00", 7.5, ((1.0, 2.5), (4.0, 9.0)), 1.034, 1.0)
    assert found.words == "marked from 1.0 to 2.5 s, 4.0 to 9.0 s, tempo 1.034"
