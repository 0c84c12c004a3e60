"""Sound files through the whole pipeline: three layers put in at once, read back, and not put in twice."""

from __future__ import annotations

import numpy as np
import pytest

import labelkit
from labelkit.config import AudibleConfig, Config
from labelkit.errors import ExplicitLabelError, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.audio import layers, sound
from labelkit.formats.media import Order, Samples
from labelkit.record import AudibleMark
from labelkit.watermark.keys import PUBLIC_KEY
from tests.formats.audio.sounds import TITLE, coded, probe, speechlike, wav

PRODUCER = "001191000000MA0000007C10001"
FILES = {
    "a.wav": (),
    "a.mp3": ("cover", "-b:a", "96k"),
    "a.m4a": ("cover", "-b:a", "96k"),
    "a.flac": ("cover",),
    "a.opus": ("-c:a", "libopus", "-b:a", "64k"),
}


@pytest.mark.parametrize("name", FILES)
def test_all_layers_go_in_at_once_and_read_back(name: str) -> None:
    data = coded(name, *FILES[name], seconds=8.0)
    label = labelkit.AigcLabel.generated(PRODUCER)
    out = labelkit.label(data, label)
    assert out.data is not None
    assert [note.layer for note in out.written] == ["explicit", "watermark", "metadata"]
    report = labelkit.verify(out.data)
    assert report.conforms
    (heard,) = report.explicit
    assert isinstance(heard, AudibleMark)
    assert (heard.kind, heard.position) == ("rhythm", "start")
    assert report.watermarks[0].payload == label.content_tag
    streams = {s["codec_type"] for s in probe(out.data, name[1:])["streams"]}
    assert streams == {s["codec_type"] for s in probe(data, name[1:])["streams"]}
    if name != "a.wav":
        assert TITLE in str(probe(out.data, name[1:]))
    again = labelkit.label(out.data, label)
    assert again.data == out.data, "labelling twice labels once"


def test_arrays_become_labelled_files() -> None:
    config = Config(layers=("explicit", "metadata"), audible=AudibleConfig(style="voice", position="end"))
    out = labelkit.label(speechlike(5)[:, 0], labelkit.AigcLabel.generated(PRODUCER), rate=16_000, config=config)
    assert out.data is not None
    report = labelkit.verify(out.data, look=("metadata", "explicit"))
    assert [mark.text for mark in report.explicit] == ["本音频由人工智能生成"]
    assert report.conforms


def test_the_mark_alone_leaves_length_and_sound_alone() -> None:
    samples = speechlike(6)
    drawn = layers.draw(wav(samples, 16_000), table.by_id("wav"), Order(None, 0xABCDEF, PUBLIC_KEY))
    marked = sound.open_sound(drawn.data).read()
    assert drawn.mark is None
    assert len(marked) == len(samples)
    assert 0 < np.abs(marked - samples).max() < 0.1


def test_what_is_too_short_for_a_mark_is_labelled_without_or_refused() -> None:
    short = wav(speechlike(0.4), 16_000)
    row = table.by_id("wav")
    assert "too short for a watermark" in layers.draw(short, row, Order(None, 1, PUBLIC_KEY)).unmarked
    with pytest.raises(UnsupportedOperation, match="too short for a watermark"):
        layers.draw(short, row, Order(None, 1, PUBLIC_KEY, strict=True))
    drawn = layers.draw(short, row, Order(AudibleConfig(), 1, PUBLIC_KEY))
    assert drawn.mark is not None
    assert not drawn.unmarked, "with its label it is long enough"


def test_floating_point_files_with_holes_are_marked() -> None:
    samples = speechlike(3)
    samples[100:110] = np.nan
    data = bytes(sound.encode_new(sound.from_array(samples, 16_000), "wav", [samples]))
    drawn = layers.draw(data, table.by_id("wav"), Order(AudibleConfig(), 5, PUBLIC_KEY))
    assert np.isfinite(sound.open_sound(drawn.data).read()).all()


@pytest.mark.parametrize("container", ["wav", "flac", "mp3", "m4a"])
def test_samples_without_a_file_are_coded_with_their_label(container: str) -> None:
    order = Order(AudibleConfig(position="end"))
    drawn = layers.draw_new(Samples(speechlike(4, 48_000), 48_000), table.by_id(container), order, 0)
    assert drawn.mark is not None
    assert layers.confirm(drawn.data, table.by_id(container), drawn.mark)  # type: ignore[arg-type]


def test_an_impossible_label_is_an_error_and_nothing_is_written() -> None:
    config = Config(audible=AudibleConfig(mix="over"))
    with pytest.raises(ExplicitLabelError, match="shorter than the label"):
        labelkit.label(wav(speechlike(0.5), 16_000), labelkit.AigcLabel.generated(PRODUCER), config=config)


def test_sound_that_nothing_writes_gets_its_metadata_and_a_note() -> None:
    out = labelkit.label(coded("a.w64", seconds=2.0), labelkit.AigcLabel.generated(PRODUCER))
    assert [note.layer for note in out.written] == ["metadata"]
    assert {note.layer for note in out.skipped} >= {"explicit", "watermark"}
    report = labelkit.verify(out.data or b"")
    assert any("cannot be coded again" in line for line in report.not_looked_at)
