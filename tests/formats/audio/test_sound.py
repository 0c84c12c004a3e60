"""Sound in and out: every coding comes back as it was, and strangers agree about what we wrote."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit.errors import BrokenFile, InputError, LimitExceeded, UnknownFormat, UnsupportedOperation
from labelkit.formats.audio import _graft, _pcm, sound
from labelkit.formats.audio._kinds import after_id3, tail_tags
from tests.formats.audio.sounds import ARTIST, TITLE, coded, decoded, probe, speechlike, wav

UNCOMPRESSED = {
    "s16.wav": ("-c:a", "pcm_s16le"),
    "u8.wav": ("-c:a", "pcm_u8"),
    "s24.wav": ("-c:a", "pcm_s24le"),
    "s32.wav": ("-c:a", "pcm_s32le"),
    "f32.wav": ("-c:a", "pcm_f32le"),
    "f64.wav": ("-c:a", "pcm_f64le"),
    "rf64.wav": ("-rf64", "always"),
    "5.1.wav": ("-ac", "6", "-ar", "192000", "-c:a", "pcm_s24le"),
    "s16.aiff": (),
    "s24.aiff": ("-c:a", "pcm_s24be"),
    "sowt.aifc": ("-f", "aiff", "-c:a", "pcm_s16le"),
    "s16.caf": ("-c:a", "pcm_s16le"),
    "f32.caf": ("-c:a", "pcm_f32be"),
    "s16.au": ("-c:a", "pcm_s16be"),
}
LAWS = {"mulaw.wav": ("-c:a", "pcm_mulaw"), "alaw.wav": ("-c:a", "pcm_alaw"), "mulaw.au": ("-c:a", "pcm_mulaw")}


@pytest.mark.parametrize("name", UNCOMPRESSED)
def test_uncompressed_sound_comes_back_byte_for_byte(name: str) -> None:
    data = coded(name, *UNCOMPRESSED[name])
    opened = sound.open_sound(data)
    assert bytes(sound.encode(opened, opened.chunks())) == data
    suffix = name[name.rindex(".") :]
    theirs = decoded(data, suffix, opened.rate, opened.channels)
    np.testing.assert_allclose(opened.read(), theirs, atol=1e-7)


@pytest.mark.parametrize("name", LAWS)
def test_g711_comes_back_value_for_value(name: str) -> None:
    data = coded(name, *LAWS[name], rate=8000, channels=1)
    opened = sound.open_sound(data)
    np.testing.assert_array_equal(opened.read(), decoded(data, name[-4:], 8000, 1))
    again = sound.open_sound(sound.encode(opened, opened.chunks()))
    np.testing.assert_array_equal(again.read(), opened.read())


@pytest.mark.parametrize("name", UNCOMPRESSED)
def test_longer_sound_changes_sizes_and_nothing_else(name: str) -> None:
    data = coded(name, *UNCOMPRESSED[name])
    opened = sound.open_sound(data)
    extra = np.full((777, opened.channels), 0.25, np.float32)
    longer = bytes(sound.encode(opened, _then(opened, extra)))
    suffix = name[name.rindex(".") :]
    theirs = decoded(longer, suffix, opened.rate, opened.channels)
    assert len(theirs) == opened.frames + 777
    np.testing.assert_allclose(theirs[-777:], 0.25, atol=0.01)
    again = sound.open_sound(longer)
    assert bytes(sound.encode(again, [opened.read()])) == data
    assert probe(longer, suffix)["format"].get("tags") == probe(data, suffix)["format"].get("tags")


def _then(opened: sound.Sound, extra: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> Iterator[sound.Samples]:
    yield from opened.chunks()
    yield extra


COMPRESSED = {
    "a.mp3": ("cover", "-b:a", "128k"),
    "vbr.mp3": ("-q:a", "4"),
    "8k.mp3": ("-ar", "8000", "-ac", "1", "-b:a", "16k"),
    "a.m4a": ("cover", "-b:a", "96k"),
    "5.1.m4a": ("-ac", "6", "-ar", "48000", "-b:a", "256k"),
    "a.3gp": ("-c:a", "aac", "-ac", "1", "-b:a", "48k"),
    "a.opus": ("-c:a", "libopus", "-b:a", "64k"),
    "a.ogg": ("-c:a", "libvorbis", "-q:a", "4"),
    "a.wma": ("-c:a", "wmav2", "-b:a", "128k"),
    "a.mka": ("-c:a", "libmp3lame", "-b:a", "128k"),
    "a.webm": ("-c:a", "libopus", "-b:a", "64k"),
}
LOSSLESS = {
    "a.flac": ("cover",),
    "24.flac": ("-sample_fmt", "s32"),
    "5.1.flac": ("-ac", "6", "-ar", "96000"),
    "flac.ogg": ("-c:a", "flac"),
    "alac.m4a": ("-c:a", "alac"),
    "a.wv": (),
    "a.tta": (),
}
#: No place for delay, padding or tags.
BARE = {
    "a.aac": ("-b:a", "96k"),
    "a.ac3": ("-b:a", "192k"),
    "a.eac3": ("-b:a", "192k"),
    "a.mp2": ("-b:a", "192k"),
}


@pytest.mark.parametrize("name", COMPRESSED | LOSSLESS)
def test_compressed_sound_keeps_its_parameters_tags_and_length(name: str) -> None:
    data = coded(name, *(COMPRESSED | LOSSLESS)[name])
    opened = sound.open_sound(data)
    samples = opened.read()
    written = bytes(sound.encode(opened, [samples]))
    again = sound.open_sound(written)
    assert (again.rate, again.channels, again.layout) == (opened.rate, opened.channels, opened.layout)
    assert again.coding.codec == opened.coding.codec
    assert again.coding.bits == opened.coding.bits
    assert again.coding.bit_rate == pytest.approx(opened.coding.bit_rate, rel=0.15)
    result = again.read()
    assert len(result) == len(samples)
    if name in LOSSLESS:
        np.testing.assert_array_equal(result, samples)
    else:
        assert _snr(samples, result) > 9
    _same_outside(data, written, name[name.rindex(".") :])


def _snr(a: sound.Samples, b: sound.Samples) -> float:
    """dB; a shift of a few samples would bring it to about 0."""
    return float(10 * np.log10(np.mean(a**2) / np.mean((a - b) ** 2)))


def _same_outside(old: bytes, new: bytes, suffix: str) -> None:
    before, after = probe(old, suffix), probe(new, suffix)
    assert _tags(after) == _tags(before)
    assert [s["codec_name"] for s in after["streams"]] == [s["codec_name"] for s in before["streams"]]
    if suffix not in (".m4a", ".3gp", ".webm"):  # ffmpeg 5 reads back only some of what it writes there
        assert _tags(after)["title"] == TITLE
        assert _tags(after)["artist"] == ARTIST


def _tags(found: dict[str, object]) -> dict[str, str]:
    streams = found["streams"]
    assert isinstance(streams, list)
    groups = [found["format"], *streams]
    tags = {k.lower(): v for group in groups for k, v in group.get("tags", {}).items()}
    return {k: v for k, v in tags.items() if k not in ("encoder", "duration", "vendor_id")}


@pytest.mark.parametrize("name", BARE)
def test_bare_streams_are_coded_alike_and_what_is_lost_is_said(name: str) -> None:
    opened = sound.open_sound(coded(name, *BARE[name]))
    again = sound.open_sound(sound.encode(opened, opened.chunks()))
    assert (again.coding.codec, again.rate, again.channels) == (opened.coding.codec, opened.rate, opened.channels)
    assert again.coding.bit_rate == pytest.approx(opened.coding.bit_rate, rel=0.1)
    assert abs(len(again.read()) - len(opened.read())) < 3000
    assert any("delay" in line for line in sound.losses(opened))


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.opus", "a.ogg", "a.webm"])
def test_lengths_are_those_the_encoder_was_given(name: str) -> None:
    opened = sound.open_sound(coded(name, *COMPRESSED[name]))
    assert len(opened.read()) == pytest.approx(3.217 * opened.rate, abs=2)


def test_tags_before_and_behind_a_stream_stay_byte_for_byte() -> None:
    data = coded("a.mp3", *COMPRESSED["a.mp3"])
    footer = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8)
    tagged = data + footer + b"TAG" + bytes(125)
    opened = sound.open_sound(tagged)
    written = bytes(sound.encode(opened, opened.chunks()))
    head = after_id3(tagged)
    assert written[:head] == tagged[:head]
    assert written[tail_tags(written, head) :] == footer + b"TAG" + bytes(125)


def test_pages_of_ogg_have_the_checksums_that_libogg_computes() -> None:
    data = coded("a.opus", *COMPRESSED["a.opus"])
    page = data[: 27 + data[26] + sum(data[27 : 27 + data[26]])]
    blank = page[:22] + bytes(4) + page[26:]
    assert _graft._crc(blank) == int.from_bytes(page[22:26], "little")


def test_hours_of_sound_need_little_memory() -> None:
    """A quarter of an hour of stereo as FLAC: 320 MB when decoded."""
    code = (
        "import resource, sys, numpy as np\n"
        "from labelkit.formats.audio import sound\n"
        "data = sys.stdin.buffer.read(); s = sound.open_sound(data)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "out = sound.encode(s, s.chunks())\n"
        "print(len(out), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    silence = np.zeros((44_100 * 60, 2), np.float32)
    minute = sound.encode_new(sound.from_array(silence, 44_100), "flac", [silence] * 15)
    done = subprocess.run([sys.executable, "-c", code], input=bytes(minute), capture_output=True, check=True)
    size, grown = map(int, done.stdout.split())
    assert size > 20_000
    assert grown * 1024 < 100e6


@pytest.mark.parametrize("container", ["wav", "flac", "mp3", "m4a", "ogg"])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_become_files_that_strangers_read(container: str, channels: int) -> None:
    samples = speechlike(2.0, 48_000, channels)
    data = bytes(sound.encode_new(sound.from_array(samples, 48_000), container, [samples]))
    theirs = decoded(data, f".{container}", 48_000, channels)
    assert abs(len(theirs) - len(samples)) <= 1024
    assert _snr(samples, theirs[: len(samples)]) > 5 if len(theirs) >= len(samples) else True
    with pytest.raises(UnsupportedOperation):
        sound.encode_new(sound.from_array(samples, 48_000), "xyz", [samples])


@pytest.mark.parametrize("coding", ["u8", "s8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f64be"])
@given(raw=st.binary(min_size=0, max_size=480))
def test_every_code_survives(coding: str, raw: bytes) -> None:
    raw = raw[: len(raw) // 24 * 24]
    if coding[0] == "f":
        values = np.clip(np.nan_to_num(np.frombuffer(raw, np.int16) / 7.0), -1e6, 1e6)
        raw = _pcm.encode(values, coding)
    assert _pcm.encode(_pcm.decode(raw, coding, 1), coding) == raw


def test_what_is_too_loud_is_clipped_and_what_is_no_number_is_silent() -> None:
    raw = _pcm.encode(np.array([2.0, -2.0, np.nan, np.inf, 1.0], np.float32), "s16le")
    assert np.frombuffer(raw, "<i2").tolist() == [32767, -32768, 0, 32767, 32767]


@pytest.mark.parametrize("array", [np.zeros((2, 2, 2)), np.zeros((10, 2), np.uint64), np.zeros((10, 200))])
def test_arrays_that_are_no_sound(array: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    with pytest.raises(InputError):
        sound.from_array(array, 48_000)


def test_integers_become_what_they_mean() -> None:
    assert sound.from_array(np.array([16384], np.int16), 8000).read()[0, 0] == 0.5
    assert sound.from_array(np.array([-(1 << 30)], np.int32), 8000).read()[0, 0] == -0.5
    assert sound.from_array(np.array([192], np.uint8), 8000).read()[0, 0] == 0.5


@pytest.mark.parametrize("name", ["s16.wav", "s16.aiff", "s16.caf", "s16.au"])
def test_cut_and_twisted_files_raise_our_errors_only(name: str) -> None:
    data = coded(name, *UNCOMPRESSED[name])
    rng = np.random.default_rng(1)
    for cut in [*range(0, 200, 3), len(data) // 2]:
        _reads_or_complains(data[:cut])
    for _ in range(150):
        bad = bytearray(data[:4000])
        for at in rng.integers(0, 120, 3):
            bad[at] = rng.integers(0, 256)
        _reads_or_complains(bytes(bad))


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.flac", "a.opus", "a.wma", "a.wv"])
def test_cut_and_twisted_compressed_files_raise_our_errors_only(name: str) -> None:
    data = coded(name, *(COMPRESSED | LOSSLESS)[name])
    rng = np.random.default_rng(2)
    for cut in (0, 10, 100, 1000, len(data) // 2, len(data) - 100):
        _reads_or_complains(data[:cut])
    for _ in range(8):
        bad = bytearray(data)
        for at in rng.integers(0, len(bad), 5):
            bad[at] = rng.integers(0, 256)
        _reads_or_complains(bytes(bad))


def _reads_or_complains(data: bytes) -> None:
    try:
        opened = sound.open_sound(data)
        sound.encode(opened, opened.chunks())
    except (BrokenFile, UnknownFormat, LimitExceeded, UnsupportedOperation):
        return


def test_playlists_do_not_open_other_files() -> None:
    with pytest.raises(UnknownFormat):
        sound.open_sound(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")


def test_a_codec_without_encoder_is_named_with_a_way_out() -> None:
    opened = sound.open_sound(coded("a.wav", "-c:a", "adpcm_ima_wav"))
    assert len(opened.read())
    with pytest.raises(UnsupportedOperation, match="adpcm_ima_wav in WAV can be read but not written"):
        sound.encode(opened, opened.chunks())


def test_wav_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    data = wav(speechlike(0.5), 16_000)
    monkeypatch.setitem(sys.modules, "av", None)
    opened = sound.open_sound(data)
    assert bytes(sound.encode(opened, opened.chunks())) == data
