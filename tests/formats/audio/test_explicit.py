"""The audible label: as the standard asks, as loud as the programme, found again, and nothing else changed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from labelkit.config import AudibleConfig
from labelkit.errors import ConfigError, ExplicitLabelError
from labelkit.formats.audio import _loudness, _prompts, explicit, sound
from labelkit.formats.audio._prompts import PROMPTS, RATES, rhythm
from labelkit.wording import elements
from tests.formats.audio.sounds import coded, speechlike, wav

RATE = 16_000


def labelled(
    programme: sound.Samples, settings: AudibleConfig, rate: int = RATE
) -> tuple[sound.Samples, explicit.Plan]:
    opened = sound.from_array(programme, rate)
    planned = explicit.plan(explicit.survey(opened), settings, opened.channels)
    return np.concatenate(list(explicit.put(opened.chunks(), planned))), planned


@pytest.mark.parametrize("style", ["rhythm", "voice"])
@pytest.mark.parametrize("position", ["start", "middle", "end", "each"])
@pytest.mark.parametrize("mix", ["insert", "over"])
def test_what_is_put_in_is_found_where_it_was_put(style: str, position: str, mix: str) -> None:
    programme = speechlike(25)
    result, planned = labelled(programme, AudibleConfig(style=style, position=position, mix=mix))
    found = explicit.find(sound.from_array(result, RATE))
    assert [(m.kind, m.position) for m in found] == [(m.kind, m.position) for m in planned.marks]
    for mine, theirs in zip(planned.marks, found, strict=True):
        assert theirs.start == pytest.approx(mine.start, abs=0.05)
        assert theirs.stop == pytest.approx(mine.stop, abs=0.08)
        assert theirs.rate == pytest.approx(mine.rate, rel=0.05)
        assert explicit.confirm(sound.from_array(result, RATE), mine)
    assert not explicit.find(sound.from_array(programme, RATE))
    assert not explicit.confirm(sound.from_array(programme, RATE), planned.marks[0])


def test_an_inserted_label_leaves_every_sample_of_the_programme() -> None:
    programme = speechlike(12, channels=2)
    for position in ("start", "end"):
        result, planned = labelled(programme, AudibleConfig(position=position))
        assert len(result) == len(programme) + planned.gap
        kept = result[planned.gap :] if position == "start" else result[: len(programme)]
        np.testing.assert_array_equal(kept, programme)
    result, planned = labelled(programme, AudibleConfig(position="middle"))
    cut, fade = planned.places[0].frame, round(0.04 * RATE)
    np.testing.assert_array_equal(result[: cut - fade], programme[: cut - fade])
    np.testing.assert_array_equal(result[cut + planned.gap + fade :], programme[cut + fade :])


def test_a_label_over_the_programme_turns_it_down_and_leaves_the_rest() -> None:
    programme = speechlike(12)
    result, planned = labelled(programme, AudibleConfig(mix="over", position="start"))
    assert len(result) == len(programme)
    end = len(planned.label.samples)
    under = result[:end, 0] - planned.gain * planned.label.samples
    assert np.sqrt(np.mean(under**2)) == pytest.approx(planned.duck * np.sqrt(np.mean(programme[:end] ** 2)), rel=0.02)
    assert planned.duck <= 10 ** (-12 / 20)
    np.testing.assert_array_equal(result[end + RATE :], programme[end + RATE :])


@pytest.mark.parametrize("programme_lufs", [-38.0, -23.0, -16.0])
@pytest.mark.parametrize("style", ["rhythm", "voice"])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_label_is_as_loud_as_the_programme(programme_lufs: float, style: str, channels: int) -> None:
    programme = speechlike(20, channels=channels)
    own = _loudness.measure([programme], RATE, "", channels).loudness
    programme = programme * np.float32(10 ** ((programme_lufs - own) / 20))
    result, planned = labelled(programme, AudibleConfig(style=style))
    assert planned.loudness == pytest.approx(0, abs=0.1) or planned.gain == pytest.approx(10 ** (-3 / 20))
    (mark,) = explicit.find(sound.from_array(result, RATE))
    assert mark.loudness == pytest.approx(planned.loudness, abs=1.5)
    assert np.abs(result).max() <= max(np.abs(programme).max(), 10 ** (-3 / 20)) + 1e-6


def test_nothing_clips_over_a_loud_programme() -> None:
    programme = np.clip(speechlike(12) * 30, -1, 1)
    result, planned = labelled(programme, AudibleConfig(mix="over", level=12.0))
    span = slice(planned.places[0].frame, planned.places[0].frame + len(planned.label.samples))
    assert np.abs(result[span]).max() <= 10 ** (-1 / 20) + 1e-6


def test_silence_gets_a_label_of_broadcast_loudness() -> None:
    result, planned = labelled(np.zeros((RATE * 5, 1), np.float32), AudibleConfig())
    assert planned.loudness == 0
    assert _loudness.measure([result], RATE, "mono", 1).loudness == pytest.approx(-25, abs=2.5), (
        "between tones it is silent"
    )


def test_the_rhythm_is_short_long_short_short() -> None:
    samples = rhythm(800, 0.12, RATE)
    loud = np.convolve(np.abs(samples), np.ones(40) / 40, "same") > 0.05
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    lengths = [(b - a) / RATE for a, b in pairwise(edges)]
    assert lengths == pytest.approx([0.12, 0.12, 0.36, 0.36, 0.12, 0.12, 0.12], abs=0.01)
    assert np.abs(samples[:3]).max() < 0.01, "tones begin softly"


def test_what_ships_says_both_elements_at_a_normal_rate() -> None:
    chinese = PROMPTS["zh"]
    assert elements(chinese.text).exact
    samples, rate = chinese.samples()
    assert RATES[0] <= _prompts.speech_rate(chinese.text, samples, rate) <= RATES[1]
    assert not elements(PROMPTS["en"].text), "an English label does not satisfy GB 45438-2025"


@pytest.mark.parametrize("wanted", [8000, 22_050, 44_100, 48_000])
def test_prompts_keep_pitch_and_length_at_every_rate(wanted: int) -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    there = _prompts.resampled(sine, RATE, wanted)
    assert len(there) == wanted
    middle = there[wanted // 4 : wanted // 2]
    expected = np.sin(2 * np.pi * 1000 * np.arange(wanted) / wanted)[wanted // 4 : wanted // 2]
    np.testing.assert_allclose(middle, expected, atol=0.01)


def test_long_sound_is_labelled_again_and_again() -> None:
    programme = np.tile(speechlike(60), (5, 1))
    result, planned = labelled(programme, AudibleConfig(repeat=60))
    found = explicit.find(sound.from_array(result, RATE))
    assert [m.position for m in found] == ["start", "middle", "middle", "middle", "middle"]
    assert [m.start for m in found] == pytest.approx([m.start for m in planned.marks], abs=0.05)


@pytest.mark.parametrize("position", ["start", "end", "each"])
@pytest.mark.parametrize("flat", [True, False])
def test_a_stream_is_labelled_while_it_is_made(position: str, flat: bool) -> None:
    speech = speechlike(8)
    pieces = [speech[at : at + 3200] for at in range(0, len(speech), 3200)]
    taken = []

    def source():  # type: ignore[no-untyped-def]
        for piece in pieces:
            taken.append(piece)
            yield piece[:, 0] if flat else piece

    stream = explicit.label_stream(source(), RATE, AudibleConfig(position=position))
    first = next(stream)
    assert len(taken) == 1, "the first piece must not wait for the rest"
    result = np.concatenate([first, *stream])
    assert result.ndim == (1 if flat else 2)
    found = explicit.find(sound.from_array(result, RATE))
    assert [m.position for m in found] == {"start": ["start"], "end": ["end"]}.get(position, ["start", "end"])


def test_the_middle_of_a_stream_is_not_known() -> None:
    with pytest.raises(ExplicitLabelError, match="its middle is not known"):
        list(explicit.label_stream([np.zeros(10, np.float32)], RATE, AudibleConfig(position="middle")))


def own(tmp_path: Path, seconds: float) -> str:
    path = tmp_path / "own.wav"
    path.write_bytes(wav(speechlike(seconds, 22_050), 22_050))
    return str(path)


def test_a_recording_of_ones_own_is_used_and_checked(tmp_path: Path) -> None:
    settings = AudibleConfig(style="voice", prompt=own(tmp_path, 4.3), transcript="本音频由人工智能生成")
    result, planned = labelled(speechlike(10), settings)
    assert planned.marks[0].text == "本音频由人工智能生成"
    assert planned.marks[0].rate == pytest.approx(140, rel=0.1)
    assert len(result) > RATE * 14


@pytest.mark.parametrize(
    ("seconds", "transcript", "message"),
    [
        (2.0, "本音频由人工智能生成", "characters a minute"),
        (9.0, "本音频由人工智能生成", "characters a minute"),
        (4.3, "本音频由机器制作", "lacks the AI element"),
    ],
)
def test_a_recording_that_does_not_do_is_refused(tmp_path: Path, seconds: float, transcript: str, message: str) -> None:
    settings = AudibleConfig(style="voice", prompt=own(tmp_path, seconds), transcript=transcript)
    with pytest.raises(ExplicitLabelError, match=message):
        labelled(speechlike(10), settings)


def test_a_recording_that_is_none_is_named(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    silent = tmp_path / "silent.wav"
    silent.write_bytes(wav(np.zeros((8000, 1)), 8000))
    for path in (text, silent, tmp_path / "missing.wav"):
        with pytest.raises(ConfigError) as caught:
            labelled(speechlike(5), AudibleConfig(style="voice", prompt=str(path)))
        assert caught.value.file == str(path)


def test_a_sound_shorter_than_its_label_cannot_have_it_over_itself() -> None:
    with pytest.raises(ExplicitLabelError, match="shorter than the label"):
        labelled(speechlike(0.8), AudibleConfig(mix="over"))
    result, _ = labelled(speechlike(0.8), AudibleConfig())
    assert len(explicit.find(sound.from_array(result, RATE))) == 1


@pytest.mark.parametrize("tone", [310.0, 800.0, 2900.0])
@pytest.mark.parametrize("unit", [0.07, 0.12, 0.29])
@pytest.mark.parametrize("rate", [8000, 44_100])
def test_any_tone_and_unit_is_heard(tone: float, unit: float, rate: int) -> None:
    result, planned = labelled(speechlike(8, rate), AudibleConfig(tone=tone, unit=unit), rate)
    (mark,) = explicit.find(sound.from_array(result, rate))
    assert mark.tone == pytest.approx(tone, rel=0.03)
    assert mark.unit == pytest.approx(unit, rel=0.06)
    assert mark.stop == pytest.approx(planned.marks[0].stop, abs=0.05)


@pytest.mark.parametrize("gap", [1, 2, 3])
@pytest.mark.parametrize("ratio", [2.2, 3, 3.5])
def test_other_makers_rhythms_are_heard_too(gap: int, ratio: float) -> None:
    unit, parts = round(0.12 * RATE), []
    for length, silence in ((1, 1), (ratio, gap), (1, 1), (1, 1)):
        time = np.arange(round(length * unit)) / RATE
        parts += [0.2 * np.sin(2 * np.pi * 1000 * time), np.zeros(silence * unit)]
    programme = speechlike(6)[:, 0]
    result = np.concatenate([programme, *parts])[:, None].astype(np.float32)
    (mark,) = explicit.find(sound.from_array(result, RATE))
    assert (mark.kind, mark.position) == ("rhythm", "end")


@pytest.mark.parametrize("order", [(3, 1, 1, 1), (1, 1, 3, 1), (1, 1, 1, 1), (3, 3, 3, 3), (1, 3, 1, 3), (1, 3, 3, 1)])
def test_other_rhythms_are_not_the_label(order: tuple[int, ...]) -> None:
    parts = []
    for length in order:
        time = np.arange(length * 1920) / RATE
        parts += [0.2 * np.sin(2 * np.pi * 800 * time), np.zeros(1920)]
    silence = np.zeros(RATE)
    result = np.concatenate([silence, *parts, silence])[:, None].astype(np.float32)
    assert not explicit.find(sound.from_array(result, RATE))


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.opus"])
@pytest.mark.parametrize("style", ["rhythm", "voice"])
def test_files_are_labelled_through_their_codecs(name: str, style: str) -> None:
    opened = sound.open_sound(
        coded(name, "-b:a", "48k", *(("-c:a", "libopus") if name == "a.opus" else ()), seconds=6.0)
    )
    planned = explicit.plan(explicit.survey(opened), AudibleConfig(style=style, position="each"), opened.channels)
    result = sound.open_sound(sound.encode(opened, explicit.put(opened.chunks(), planned)))
    found = explicit.find(result)
    assert [m.position for m in found] == ["start", "middle", "end"]
    assert all(explicit.confirm(result, mark) for mark in planned.marks)


def test_sound_that_cannot_hold_a_label_is_refused() -> None:
    with pytest.raises(ExplicitLabelError, match="no sound to label"):
        labelled(np.zeros((0, 1), np.float32), AudibleConfig())
    with pytest.raises(ExplicitLabelError, match="no room for a tone of 800 Hz"):
        labelled(np.zeros((1000, 1), np.float32), AudibleConfig(), 1000)
