"""WAV, RF64, BW64: the label's chunk, the other places, sizes that were never told."""

from __future__ import annotations

import io
import struct

import pytest

from labelkit import carriers
from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.base import Edit, Kind, apply
from labelkit.formats.containers.wav import Wav
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LABEL, LONGER, TEXT

WAV = Wav()
SOUNDS = carriers.Guide(Kind.FIELD, "chunk AIGC", "TC260-PG-202510A")
PCM = bytes(range(256)) * 4


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)


FMT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16))


def wave(*chunks: bytes, form: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", form, len(body)) + body


def rf64(*chunks: bytes, form: bytes = b"RF64") -> bytes:
    """All sizes in ds64, the short fields 0xFFFFFFFF."""
    data = struct.pack("<4sI", b"data", 0xFFFFFFFF) + PCM
    size = 4 + 36 + len(FMT) + len(data) + sum(map(len, chunks))
    ds64 = chunk(b"ds64", struct.pack("<QQQI", size, len(PCM), len(PCM) // 2, 0))
    return struct.pack("<4sI4s", form, 0xFFFFFFFF, b"WAVE") + ds64 + FMT + data + b"".join(chunks)


INFO = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Title\0") + chunk(b"ICMT", b"A remark\0") + chunk(b"ISFT", b"Lavf\0"))
DATA = chunk(b"data", PCM)
PLAIN = wave(FMT, DATA)
STREAM = struct.pack("<4sI4s", b"RIFF", 0xFFFFFFFF, b"WAVE") + FMT + struct.pack("<4sI", b"data", 0xFFFFFFFF) + PCM


class TestWav(audio.AudioContract):
    format_id = "wav"
    ending = "wav"

    def samples(self) -> dict[str, bytes]:
        return {
            "plain": PLAIN,
            "with foreign metadata": wave(
                FMT, chunk(b"bext", b"Description".ljust(602, b"\0")), DATA, INFO, chunk(b"_PMX", b"<x:xmpmeta/>")
            ),
            "RF64": rf64(),
            "BW64 with metadata": rf64(INFO, form=b"BW64"),
            "by ffmpeg": audio.made("wav", "-metadata", "title=Tone", seconds=0.05),
        }


def test_the_label_is_a_chunk_of_the_form() -> None:
    labelled = edited(WAV, PLAIN, TEXT)
    assert labelled == wave(FMT, DATA, chunk(b"AIGC", TEXT))
    assert home(WAV, labelled) == TEXT
    (mark,) = [mark for unit in WAV.read(labelled) for mark in carriers.read(unit, SOUNDS)]
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)


def test_mutagen_finds_the_chunk_and_ffprobe_the_sound() -> None:
    from mutagen.wave import _WaveFile

    labelled = edited(WAV, audio.made("wav"), LONGER)
    assert _WaveFile(io.BytesIO(labelled))["AIGC"].read() == LONGER
    audio.decodes(labelled, "wav")
    audio.exiftool(labelled, "wav")


def test_rf64_sizes_stand_in_ds64() -> None:
    labelled = edited(WAV, rf64(), TEXT)
    assert labelled[4:8] == b"\xff\xff\xff\xff"
    assert struct.unpack_from("<Q", labelled, 20) == (len(labelled) - 8,)
    audio.decodes(labelled, "wav")


def test_a_real_rf64_file_keeps_its_packets() -> None:
    data = audio.made("wav", "-rf64", "always")
    assert data[:4] == b"RF64"
    assert audio.packets(edited(WAV, data, TEXT)) == audio.packets(data)


def test_in_front_of_data_where_a_stream_never_told_its_size() -> None:
    labelled = edited(WAV, STREAM, TEXT)
    at = labelled.index(b"AIGC")
    assert at < labelled.index(b"data")
    assert labelled[:at] + labelled[at + len(chunk(b"AIGC", TEXT)) :] == STREAM
    assert list(WAV.edit(labelled, TEXT, {})) == []
    assert audio.packets(labelled) == audio.packets(STREAM)


def test_a_pipes_sizes_count_as_untold_only_together() -> None:
    piped = bytearray(STREAM)
    piped[4:8] = struct.pack("<I", 0x7FFFF024)
    at = piped.index(b"data") + 4
    piped[at : at + 4] = struct.pack("<I", 0x7FFFF000)
    labelled = edited(WAV, bytes(piped), TEXT)
    assert home(WAV, labelled) == TEXT
    assert list(WAV.edit(labelled, TEXT, {})) == []
    piped[4:8] = struct.pack("<I", len(piped))
    with pytest.raises(BrokenFile):
        WAV.edit(bytes(piped), TEXT, {})


def test_odd_data_without_pad_byte_gets_one() -> None:
    data = wave(FMT, struct.pack("<4sI", b"data", 3) + b"abc")
    labelled = edited(WAV, data, TEXT)
    assert labelled == wave(FMT, chunk(b"data", b"abc"), chunk(b"AIGC", TEXT))


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        (chunk(b"AIGC", TEXT), [("AIGC", "")]),
        (chunk(b"aigc", TEXT), [("aigc", "place-not-in-guide keyword-case")]),
        (chunk(b"LIST", b"INFO" + chunk(b"AIGC", TEXT)), [("AIGC", "place-not-in-guide")]),
        (
            chunk(b"AIGC", TEXT) + chunk(b"LIST", b"INFO" + chunk(b"AIGC", TEXT)),
            [("AIGC", ""), ("AIGC", "place-not-in-guide")],
        ),
        (
            chunk(b"LIST", b"INFO" + chunk(b"ICMT", b'{"AIGC":' + TEXT + b"}\0")),
            [("ICMT", "place-not-in-guide")],
        ),
        (chunk(b"bext", b'{"AIGC":' + TEXT + b"}" + bytes(300)), [("bext", "place-not-in-guide nul-padding")]),
    ],
)
def test_every_wild_place_is_read_and_cleared(extra: bytes, found: list[tuple[str, str]]) -> None:
    data = wave(FMT, DATA, extra)
    assert audio.labels(data) == found
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    audio.decodes(cleared, "wav")


def test_mutagens_id3_chunk_is_read() -> None:
    from mutagen.id3 import TXXX
    from mutagen.wave import WAVE

    file = io.BytesIO(PLAIN)
    tagged = WAVE(file)
    tagged.add_tags()
    tagged.tags.add(TXXX(encoding=3, desc="AIGC", text=TEXT.decode()))
    tagged.tags.add(TXXX(encoding=3, desc="other", text="stays"))
    file.seek(0)
    tagged.save(file)
    data = file.getvalue()
    assert audio.labels(data) == [("AIGC", "place-not-in-guide")]
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert list(WAVE(io.BytesIO(cleared)).tags) == ["TXXX:other"]


def test_xmp_is_read_and_rewritten() -> None:
    data = wave(FMT, chunk(b"_PMX", b"<x/>"), DATA)
    (unit,) = WAV.read(data)
    assert (unit.kind, unit.data, unit.home) == (Kind.XMP, b"<x/>", False)
    changed = b"".join(apply(data, WAV.edit(data, TEXT, {unit: b"<longer/>"})))
    assert changed == wave(FMT, chunk(b"_PMX", b"<longer/>"), DATA, chunk(b"AIGC", TEXT))


def test_an_info_text_can_only_be_taken_out() -> None:
    data = wave(FMT, DATA, INFO)
    unit = next(u for u in WAV.read(data) if u.key == "ICMT")
    with pytest.raises(UnsupportedOperation):
        WAV.edit(data, TEXT, {unit: b"other"})


def test_what_stands_behind_the_form_is_searched_too() -> None:
    data = PLAIN + chunk(b"AIGC", TEXT)
    assert [key for key, _ in audio.labels(data)] == ["trailer"]
    assert audio.relabelled(data) == wave(FMT, DATA, chunk(b"AIGC", TEXT))


@pytest.mark.parametrize("data", [wave(DATA), wave(FMT), wave(FMT, DATA, form=b"RF64")[:40], b"RIFF\0\0\0\0AVI "])
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenFile):
        WAV.edit(data, TEXT, {})


def test_four_gibibytes_are_not_silently_exceeded(monkeypatch: pytest.MonkeyPatch) -> None:
    from labelkit.formats.containers import _riff

    monkeypatch.setattr(_riff, "_LONG", len(PLAIN))
    with pytest.raises(UnsupportedOperation, match="4 GiB"):
        WAV.edit(PLAIN, TEXT, {})


def test_edits_touch_the_end_and_the_size_only() -> None:
    new = chunk(b"AIGC", TEXT)
    size = Edit(4, 8, struct.pack("<I", len(PLAIN) + len(new) - 8))
    assert sorted(WAV.edit(PLAIN, TEXT, {}), key=lambda e: e.start) == [size, Edit(len(PLAIN), len(PLAIN), new)]
