"""A folder of everything: each file gets the layers its medium has, and the verifier finds them all again."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

import labelkit
from labelkit.errors import InputError
from labelkit.record import AudibleMark, ExplicitMark, Layer

PRODUCER = "001191000000MA0000007C10001"
PICTURES = Path(__file__).parent / "data" / "pictures"
RATE = 24_000


def babble(seconds: float, rate: int = RATE) -> np.ndarray:
    """Noise in syllables: what a voice looks like to a codec, a loudness meter and a watermark."""
    rng = np.random.default_rng(7)
    spectrum = np.fft.rfft(rng.standard_normal(int(seconds * rate)))
    frequency = np.fft.rfftfreq(int(seconds * rate), 1 / rate)
    voice = np.fft.irfft(spectrum / (1 + (frequency / 900) ** 1.5), int(seconds * rate))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * np.arange(len(voice)) / rate) + 0.4, 0.02, 1)
    return (voice * syllables * 0.2 / np.abs(voice).max()).astype(np.float32)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, labelkit.Outcome]:
    folder, out = tmp_path_factory.mktemp("mixed"), tmp_path_factory.mktemp("labelled")
    import soundfile

    soundfile.write(folder / "voice.wav", babble(8), RATE)
    for name in ("voice.mp3", "voice.m4a", "voice.opus"):
        subprocess.run(["ffmpeg", "-v", "error", "-i", folder / "voice.wav", "-b:a", "64k", folder / name], check=True)
    (folder / "cat.webp").write_bytes((PICTURES / "cat.webp").read_bytes())
    (folder / "page.html").write_text("<!doctype html><title>a</title><p>words", encoding="utf-8")
    (folder / "notes.md").write_text("# Notes\n\nwords\n", encoding="utf-8")
    (folder / "notes.unknown").write_bytes(b"\x01\x02\x03")
    outcomes = labelkit.label_many(folder, out, producer=PRODUCER, jobs=1, config=labelkit.Config(sync=False))
    return {Path(outcome.source).name: outcome for outcome in outcomes}


def test_everything_known_is_labelled_and_the_rest_is_left_out(labelled) -> None:
    assert all(outcome.ok for outcome in labelled.values())
    assert {name for name, outcome in labelled.items() if outcome.path is None} == {"notes.unknown"}


@pytest.mark.parametrize("name", ["voice.wav", "voice.mp3", "voice.m4a", "voice.opus"])
def test_a_sound_has_all_three_layers_tied_by_one_number(labelled, name: str) -> None:
    outcome = labelled[name]
    assert {note.layer for note in outcome.written} == set(Layer), outcome.skipped
    report = labelkit.verify(outcome.path)
    assert report.verdict == "confirmed"
    assert report.conforms, report.findings
    assert isinstance(report.explicit[0], AudibleMark)
    assert report.explicit[0].kind == "rhythm"
    assert [mark.payload for mark in report.watermarks] == [outcome.label.content_tag]
    assert report.labels[0].main


def test_a_picture_beside_it_has_them_too(labelled) -> None:
    report = labelkit.verify(labelled["cat.webp"].path)
    assert report.conforms
    assert isinstance(report.explicit[0], ExplicitMark)


def test_a_sound_labelled_twice_is_the_same_file(labelled, tmp_path: Path) -> None:
    once = labelled["voice.wav"].path
    labelkit.label(once, producer=PRODUCER, out=tmp_path / "again.wav")
    assert (tmp_path / "again.wav").read_bytes() == once.read_bytes()


def test_a_sound_that_lost_its_metadata_is_told_by_its_mark(labelled) -> None:
    import io

    import soundfile

    samples, rate = soundfile.read(labelled["voice.wav"].path)
    bare = io.BytesIO()
    soundfile.write(bare, samples[rate:], rate, format="WAV")
    report = labelkit.verify(bare.getvalue())
    assert report.verdict == "suspected"
    assert [finding.check for finding in report.findings if finding.check == "watermark.stripped"]
    assert [mark.payload for mark in report.watermarks] == [labelled["voice.wav"].label.content_tag]


def test_samples_from_a_model_become_a_labelled_file() -> None:
    outcome = labelkit.label(babble(4), producer=PRODUCER, rate=RATE, format="flac")
    report = labelkit.verify(outcome.data)
    assert report.format == "flac"
    assert report.conforms, report.findings


def test_an_array_is_not_written_into_a_format_of_another_medium(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="PNG holds no sound"):
        labelkit.label(babble(1), producer=PRODUCER, rate=RATE, out=tmp_path / "a.png")
    with pytest.raises(InputError, match="WAV holds no pictures"):
        labelkit.label(np.zeros((64, 64), np.uint8), producer=PRODUCER, format="wav")


def test_a_document_package_is_labelled_beside_them(labelled, tmp_path: Path) -> None:
    assert labelled["page.html"].written[-1].layer == Layer.METADATA
    assert labelkit.read(labelled["notes.md"].path)[0].label.content_producer == PRODUCER
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "no document")
    assert labelkit.verify(tmp_path / "x.zip").verdict == "unreadable"
