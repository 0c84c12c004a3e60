"""CAF: the info chunk, before a data chunk of untold size where there is one."""

from __future__ import annotations

import struct

import pytest

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.containers.caf import Caf
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

CAF = Caf()
DESCRIPTION = struct.pack(">d4sIIIII", 16000.0, b"lpcm", 2, 2, 1, 1, 16)
PCM = bytes(range(200))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">4sq", kind, len(body)) + body


def caf(*chunks: bytes, open_: bool = False) -> bytes:
    data = chunk(b"data", bytes(4) + PCM)
    if open_:
        data = data[:4] + struct.pack(">q", -1) + data[12:]
    return b"caff\0\1\0\0" + chunk(b"desc", DESCRIPTION) + b"".join(chunks) + data


def info(**texts: bytes) -> bytes:
    body = b"".join(key.encode() + b"\0" + text + b"\0" for key, text in texts.items())
    return chunk(b"info", struct.pack(">I", len(texts)) + body)


class TestCaf(audio.AudioContract):
    format_id = "caf"
    ending = "caf"

    def samples(self) -> dict[str, bytes]:
        return {
            "by ffmpeg": audio.made("caf", "-c:a", "pcm_s16be", "-metadata", "title=Tone", seconds=0.02),
            "bare": caf(),
            "texts and another's chunk": caf(info(artist=b"somebody"), chunk(b"uuid", bytes(20))),
            "size untold": caf(info(), open_=True),
        }

    def cuts(self, data: bytes) -> list[int]:
        """Behind the sound whole chunks may be missing, and an open data chunk ends anywhere."""
        open_ = data.find(b"data" + b"\xff" * 8)
        stop = open_ + 12 if open_ >= 0 else len(data)
        return [size for size in super().cuts(data) if size < stop and size != data.find(b"info")]


def test_players_read_the_label() -> None:
    for data in (caf(), caf(info(artist=b"somebody")), audio.made("caf", "-c:a", "pcm_s16be")):
        for payload in (TEXT, LONGER):
            labelled = edited(CAF, data, payload)
            assert audio.ffprobe(labelled, "caf")["AIGC"] == payload.decode()
            assert audio.packets(labelled, "caf") == audio.packets(data, "caf")
            audio.decodes(labelled, "caf")


def test_in_front_of_data_where_nobody_told_its_size() -> None:
    labelled = edited(CAF, caf(open_=True), TEXT)
    assert labelled.index(b"info") < labelled.index(b"data")
    assert labelled.endswith(PCM)
    assert audio.ffprobe(labelled, "caf")["AIGC"] == TEXT.decode()


@pytest.mark.parametrize("key", ["aigc", "comments"])
def test_wild_texts_are_read_and_cleared(key: str) -> None:
    data = caf(info(artist=b"somebody", **{key: b'{"AIGC":' + TEXT + b"}"}))
    ((found, deviations),) = audio.labels(data)
    assert (found, deviations.split()[0]) == (key, "place-not-in-guide")
    cleared = audio.relabelled(data)
    assert cleared == caf(info(artist=b"somebody", AIGC=TEXT))


def test_two_labels_become_one_and_other_texts_only_go() -> None:
    data = caf(info(AIGC=TEXT), info(AIGC=LONGER, title=b"Tone"))
    assert edited(CAF, data, TEXT) == caf(info(AIGC=TEXT), info(title=b"Tone"))
    assert home(CAF, data) == TEXT
    unit = next(u for u in CAF.read(data) if u.key == "title")
    with pytest.raises(UnsupportedOperation):
        CAF.edit(data, TEXT, {unit: b"other"})


@pytest.mark.parametrize(
    "data", [b"caff\0\1\0\0" + chunk(b"desc", DESCRIPTION), caf(chunk(b"info", b"\0\0\0\1x")), caf(chunk(b"info", b""))]
)
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenFile):
        CAF.edit(data, TEXT, {})
