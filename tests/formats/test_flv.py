"""FLV: the property of onMetaData, and byte positions in it that follow."""

from __future__ import annotations

import struct
from functools import cache

import pytest

from labelkit.errors import BrokenFile, LimitExceeded, UnsupportedOperation
from labelkit.formats.containers import _amf0
from labelkit.formats.containers.flv import Flv
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

FLV = Flv()
HUGE = LONGER + b" " * 70_000


@cache
def film(*options: str) -> bytes:
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=0.5", "-map", "1", "-map", "0")
    return audio.made("flv", *picture, "-c:v", "flv1", "-c:a", "libmp3lame", "-shortest", *options, rate=44100)


def tag(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + bytes(7) + body + struct.pack(">I", len(body) + 11)


def rest() -> bytes:
    """The coded tags of a film without its script."""
    size = int.from_bytes(film()[14:17], "big")
    return film()[13 + 11 + size + 4 :]


def number(value: float) -> bytes:
    return b"\0" + struct.pack(">d", value)


def named(key: bytes, value: bytes) -> bytes:
    return struct.pack(">H", len(key)) + key + value


def text(value: bytes) -> bytes:
    return b"\2" + struct.pack(">H", len(value)) + value


def flv(*properties: bytes, name: bytes = b"onMetaData", array: bool = True) -> bytes:
    kind = b"\x08" + struct.pack(">I", len(properties)) if array else b"\x03"
    return film()[:13] + tag(18, text(name) + kind + b"".join(properties) + b"\0\0\x09") + rest()


def numbers(data: bytes, *path: str) -> list[float]:
    size = int.from_bytes(data[14:17], "big")
    script = _amf0.parse(data[24 : 24 + size])
    assert script is not None
    return [struct.unpack_from(">d", data, 25 + v.start)[0] for v in script.values if v.path == path and v.is_number]


class TestFlv(audio.AudioContract):
    format_id = "flv"
    ending = "flv"

    def samples(self) -> dict[str, bytes]:
        return {
            "by ffmpeg": film("-metadata", "title=Tone"),
            "no script": film()[:13] + rest(),
            "an object": flv(named(b"title", text(b"Tone")), array=False),
        }

    def noticed(self, data: bytes) -> int:
        """The first tag; those behind are not walked to the end."""
        return 13 + 11 + int.from_bytes(data[14:17], "big") + 4


@pytest.mark.parametrize("data", [film(), film()[:13] + rest(), flv(array=False)], ids=["script", "none", "object"])
def test_players_read_the_label(data: bytes) -> None:
    for payload in (TEXT, HUGE):
        labelled = edited(FLV, data, payload)
        assert home(FLV, labelled) == payload
        assert audio.packets(labelled, "flv") == audio.packets(data, "flv")
        if len(payload) < 65_536:  # ffmpeg reads no long strings
            audio.decodes(labelled, "flv")
    labelled = edited(FLV, data, TEXT)
    assert audio.ffprobe(labelled, "flv")["AIGC"] == TEXT.decode()
    assert TEXT.decode() in [str(value) for value in audio.exiftool(labelled, "flv").values()]


def test_ffmpegs_own_label_is_read_in_its_place() -> None:
    data = film("-metadata", f"AIGC={TEXT.decode()}")
    assert audio.labels(data) == [("AIGC", "")]
    assert list(FLV.edit(data, TEXT, {})) == []


def test_sizes_and_positions_follow() -> None:
    def build(start: int, size: int) -> bytes:
        positions = b"\x0a" + struct.pack(">I", 2) + number(start) + number(size - 4)
        keyframes = (
            b"\x03" + named(b"filepositions", positions) + named(b"times", b"\x0a" + struct.pack(">I", 1) + number(0))
        )
        return flv(named(b"filesize", number(size)), named(b"keyframes", keyframes + b"\0\0\x09"))

    size = len(build(0, 0))
    data = build(size - len(rest()), size)
    labelled = edited(FLV, data, TEXT)
    more = len(labelled) - len(data)
    assert numbers(labelled, "filesize") == [len(labelled)]
    assert numbers(labelled, "keyframes", "filepositions") == [size - len(rest()) + more, len(labelled) - 4]
    assert numbers(labelled, "keyframes", "times") == [0]
    assert labelled[int(numbers(labelled, "keyframes", "filepositions")[0])] in (8, 9)
    assert edited(FLV, edited(FLV, labelled, LONGER), TEXT) == labelled


@pytest.mark.parametrize("key", [b"aigc", b"comment"])
def test_wild_texts_are_read_and_cleared(key: bytes) -> None:
    data = flv(named(b"title", text(b"Tone")), named(key, text(b'{"AIGC":' + TEXT + b"}")))
    ((found, deviations),) = audio.labels(data)
    assert (found, deviations.split()[0]) == (key.decode(), "place-not-in-guide")
    assert audio.relabelled(data) == flv(named(b"title", text(b"Tone")), named(b"AIGC", text(TEXT)))


def test_a_label_in_another_script_is_cleared() -> None:
    data = flv(named(b"AIGC", text(TEXT)), name=b"onCuePoint")
    assert audio.labels(data) == [("AIGC", "place-not-in-guide")]
    other = film()[:13] + tag(18, text(b"onMetaData") + b"\x08\0\0\0\0\0\0\x09") + data[13:]
    cleared = audio.relabelled(other)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert audio.packets(cleared, "flv") == audio.packets(film(), "flv")


def test_two_labels_become_one_and_other_texts_only_go() -> None:
    data = flv(named(b"AIGC", text(TEXT)), named(b"AIGC", text(LONGER)), named(b"title", text(b"Tone")))
    assert edited(FLV, data, TEXT) == flv(named(b"AIGC", text(TEXT)), named(b"title", text(b"Tone")))
    unit = next(u for u in FLV.read(data) if u.key == "title")
    with pytest.raises(UnsupportedOperation):
        FLV.edit(data, TEXT, {unit: b"x"})


def test_deep_scripts_are_refused() -> None:
    deep = named(b"a", b"\x03") * 40 + b"\0\0\x09" * 40
    with pytest.raises(LimitExceeded):
        list(FLV.read(flv(deep)))


@pytest.mark.parametrize(
    "data", [film()[:9], film()[:13], film()[:13] + tag(18, b"\2\0\x0aonMetaData\x08\0\0"), film()[:13] + tag(3, b"")]
)
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenFile):
        FLV.edit(data, TEXT, {})
