"""FLAC: comments, padding that gives way, other blocks untouched, ID3 in front."""

from __future__ import annotations

import io
import struct
from functools import cache

import mutagen.flac
import pytest

from labelkit.errors import BrokenFile, LabelKitError, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.base import apply
from labelkit.formats.containers.flac import Flac
from labelkit.testing.container_contract import edited, home
from tests.formats import audio, test_mp3
from tests.formats.audio import LONGER, TEXT

FLAC = Flac()


def blocks(data: bytes) -> list[tuple[int, bytes]]:
    """Type and body of every block, and the frames as type -1."""
    at, found = 4, []
    while True:
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        found.append((data[at] & 0x7F, data[at + 4 : at + 4 + size]))
        last, at = data[at] & 0x80, at + 4 + size
        if last:
            return [*found, (-1, data[at:])]


def flac(*parts: tuple[int, bytes]) -> bytes:
    """A file of these blocks with the streaminfo and frames of a real one."""
    real = blocks(audio.made("flac", seconds=0.05))
    made = [real[0], *parts]
    heads = [
        bytes([kind | 0x80 * (n == len(made) - 1)]) + len(b).to_bytes(3, "big") for n, (kind, b) in enumerate(made)
    ]
    return b"fLaC" + b"".join(head + body for head, (_, body) in zip(heads, made, strict=True)) + real[-1][1]


def comments(*texts: bytes) -> tuple[int, bytes]:
    body = struct.pack("<I", 3) + b"abc" + struct.pack("<I", len(texts))
    return 4, body + b"".join(struct.pack("<I", len(t)) + t for t in texts)


PICTURE = (6, struct.pack(">II", 3, 9) + b"image/png" + bytes(20) + struct.pack(">I", 4) + b"\x89PNG")
PADDING = (1, bytes(600))


@cache
def real() -> bytes:
    return audio.made("flac", "-metadata", "title=Tone", seconds=0.05)


class TestFlac(audio.AudioContract):
    format_id = "flac"
    ending = "flac"

    def samples(self) -> dict[str, bytes]:
        return {
            "by ffmpeg": real(),
            "streaminfo alone": flac(),
            "no padding, a picture, another's block": flac(comments(b"TITLE=Tone"), PICTURE, (2, b"riffRIFF")),
            "padding first": flac(PADDING, PICTURE, comments(b"artist=somebody", b"no sign")),
            "ID3 around it": test_mp3.tag(4, test_mp3.title(4)) + flac(comments(), PADDING) + b"TAG" + bytes(125),
        }

    def noticed(self, data: bytes) -> int:
        return data.index(blocks(flac())[-1][1])


def test_players_read_the_label() -> None:
    for payload in (TEXT, LONGER):
        labelled = edited(FLAC, real(), payload)
        assert audio.ffprobe(labelled, "flac")["AIGC"] == payload.decode()
        assert mutagen.flac.FLAC(io.BytesIO(labelled))["AIGC"] == [payload.decode()]
        assert payload.decode() in audio.exiftool(labelled, "flac").values()
        audio.decodes(labelled, "flac")


def test_ffmpegs_own_label_is_read_in_its_place() -> None:
    data = audio.made("flac", "-metadata", f"AIGC={TEXT.decode()}")
    assert audio.labels(data) == [("AIGC", "")]
    assert list(FLAC.edit(data, TEXT, {})) == []


def test_padding_gives_way_and_comes_back() -> None:
    data = flac(PICTURE, comments(b"TITLE=Tone"), PADDING)
    labelled = edited(FLAC, data, TEXT)
    assert len(labelled) == len(data)
    assert blocks(labelled)[1] == PICTURE
    assert blocks(labelled)[-1] == blocks(data)[-1]
    unit = next(u for u in FLAC.read(labelled) if u.key == "TITLE")
    without = b"".join(apply(labelled, FLAC.edit(labelled, TEXT, {unit: None})))
    assert len(without) == len(data)


def test_a_first_label_leaves_room_for_the_next() -> None:
    first = edited(FLAC, flac(), TEXT)
    assert [kind for kind, _ in blocks(first)] == [0, 4, 1, -1]
    assert len(edited(FLAC, first, LONGER)) == len(first)
    tight = edited(FLAC, flac(comments(), (1, bytes(5))), TEXT)
    assert len(edited(FLAC, tight, LONGER)) == len(tight)


@pytest.mark.parametrize(
    ("text", "deviations"),
    [
        (b"aigc=" + TEXT, "place-not-in-guide keyword-case"),
        (b"COMMENT=" + b'{"AIGC":' + TEXT + b"}", "place-not-in-guide"),
        (b"DESCRIPTION=" + TEXT, "place-not-in-guide keyword-missing"),
        (b"AIGC=" + b'{"AIGC":' + TEXT + b"}", "wrapper-unexpected"),
    ],
)
def test_wild_comments_are_read_and_cleared(text: bytes, deviations: str) -> None:
    data = flac(comments(b"TITLE=Tone", text), PADDING)
    assert audio.labels(data) == [(text.partition(b"=")[0].decode(), deviations)]
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert mutagen.flac.FLAC(io.BytesIO(cleared)).tags == [("TITLE", "Tone"), ("AIGC", TEXT.decode())]


def test_labels_around_the_stream_are_cleared() -> None:
    data = test_mp3.tag(4, test_mp3.user(4, b"AIGC", TEXT, 3)) + flac((2, b"riffAIGC" + TEXT))
    assert audio.labels(data) == [("AIGC", "place-not-in-guide"), ("riff", audio.labels(data)[1][1])]
    assert audio.labels(audio.relabelled(data)) == [("AIGC", "")]


def test_two_equal_labels_become_one() -> None:
    data = flac(comments(b"AIGC=" + TEXT, b"AIGC=" + TEXT), comments(b"AIGC=" + TEXT))
    assert [u.data for u in FLAC.read(edited(FLAC, data, TEXT)) if u.home] == [TEXT]


def test_other_texts_can_only_be_taken_out() -> None:
    data = flac(comments(b"TITLE=Tone"))
    with pytest.raises(UnsupportedOperation):
        FLAC.edit(data, TEXT, {next(iter(FLAC.read(data))): b"other"})


def test_the_name_decides_only_behind_a_long_tag() -> None:
    data = test_mp3.tag(3, test_mp3.title(3), padding=9000) + real()
    assert table.find(data, "a.flac").id == "flac"
    assert home(FLAC, edited(FLAC, data, TEXT)) == TEXT


@pytest.mark.parametrize(
    "data",
    [b"fLaC", b"fLaC" + bytes([0x84, 0, 0, 0]), flac((4, b"\xff\xff\xff\x7f")), flac((4, bytes(4) + b"\xff" * 4))],
)
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(LabelKitError):
        FLAC.edit(data, TEXT, {})


def test_metadata_must_be_followed_by_a_frame() -> None:
    data = flac()
    with pytest.raises(BrokenFile, match="frame"):
        FLAC.edit(data[: len(data) - len(blocks(data)[-1][1])] + b"PK", TEXT, {})
