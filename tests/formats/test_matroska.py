"""Matroska and WebM: tags, checksums, free space, and what points at what moved."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import cache

import pytest

from labelkit.errors import BrokenFile
from labelkit.formats import table
from labelkit.formats.base import apply
from labelkit.formats.containers import _ebml
from labelkit.formats.containers._ebml import pack, pack_uint, void
from labelkit.formats.containers.matroska import Mka, Mkv
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

MKA, MKV = Mka(), Mkv()
HUGE = LONGER + b" " * 70_000
SEGMENT, SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = 0x18538067, 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
INFO, TRACKS, TAGS, CLUSTER, CUES = 0x1549A966, 0x1654AE6B, 0x1254C367, 0x1F43B675, 0x1C53BB6B
TAG, TARGETS, SIMPLE, NAME, STRING, BINARY, TRACK_UID = 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487, 0x4485, 0x63C5


@cache
def mka(*options: str, ending: str = "mka") -> bytes:
    return audio.made(ending, "-c:a", "libopus", *options)


@cache
def film(ending: str = "mkv", *options: str) -> bytes:
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=0.5", "-map", "0", "-map", "1")
    codec = "mpeg4" if ending == "mkv" else "libvpx"
    return audio.made(ending, *picture, "-c:v", codec, "-c:a", "libopus", "-shortest", *options)


def simple(name: bytes, text: bytes, *inner: bytes) -> bytes:
    return pack(SIMPLE, pack(NAME, name) + pack(STRING, text) + b"".join(inner))


def tags(*simples: bytes, uid: int = 0) -> bytes:
    target = pack(TARGETS, pack_uint(TRACK_UID, uid, 1) if uid else b"")
    return pack(TAGS, pack(TAG, target + b"".join(simples)))


def level1(data: bytes) -> list[tuple[int, bytes]]:
    """Id and bytes of the segment's children, found by an own walk."""
    header = _ebml.element(data, 0, len(data))
    segment = _ebml.element(data, header.stop, len(data))
    return [(e.id, data[e.start : e.stop]) for e in _ebml.elements(data, segment.body, segment.stop)]


def assembled(data: bytes, *children: bytes, size_bytes: int = 8) -> bytes:
    """The header of a real file and a segment of these children."""
    header = _ebml.element(data, 0, len(data))
    body = b"".join(children)
    if size_bytes:
        return data[: header.stop] + pack(SEGMENT, body, size_bytes)
    return data[: header.stop] + SEGMENT.to_bytes(4, "big") + b"\x01" + b"\xff" * 7 + body


def parts(data: bytes, *kinds: int) -> list[bytes]:
    return [raw for kind, raw in level1(data) if kind in kinds]


def points(data: bytes) -> None:
    """Every position in seek head and cues leads to an element of the right kind."""
    header = _ebml.element(data, 0, len(data))
    segment = _ebml.element(data, header.stop, len(data))
    for index in (e for e in _ebml.elements(data, segment.body, segment.stop) if e.id in (SEEK_HEAD, CUES)):
        for entry in _ebml.elements(data, index.body, index.stop):
            whole = entry.id in (SEEK, 0xBB)
            fields = {e.id: e for e in _ebml.elements(data, entry.body, entry.stop)} if whole else {}
            if entry.id == SEEK:
                wanted = data[fields[SEEK_ID].body : fields[SEEK_ID].stop]
                at = segment.body + _ebml.uint(data, fields[SEEK_POSITION])
                assert data[at : at + len(wanted)] == wanted
            elif entry.id == 0xBB:
                inner = {e.id: e for e in _ebml.elements(data, fields[0xB7].body, fields[0xB7].stop)}
                at = segment.body + _ebml.uint(data, inner[0xF1])
                assert data[at : at + 4] == CLUSTER.to_bytes(4, "big")
            elif entry.id == 0xBF:
                assert data[entry.body : entry.stop] == zlib.crc32(data[entry.stop : index.stop]).to_bytes(4, "little")


def summed(data: bytes) -> bool:
    """Whether every checksum in front of a child of the segment fits."""
    found = 0
    for _, raw in level1(data):
        outer = _ebml.element(raw, 0, len(raw))
        if outer.size and raw[outer.body] == 0xBF:
            found += 1
            if raw[outer.body + 2 : outer.body + 6] != zlib.crc32(raw[outer.body + 6 :]).to_bytes(4, "little"):
                return False
    return found > 0


class TestMka(audio.AudioContract):
    format_id = "mka"
    ending = "mka"

    def samples(self) -> dict[str, bytes]:
        plain = mka()
        return {
            "by ffmpeg": plain,
            "with a title": mka("-metadata", "title=Tone", "-metadata", "artist=somebody"),
            "WebM": audio.made("webm", "-c:a", "libopus"),
            "no tags, no index, size unknown": assembled(plain, *parts(plain, INFO, TRACKS, CLUSTER), size_bytes=0),
            "tags last": assembled(
                plain, *parts(plain, INFO, TRACKS, CLUSTER), tags(simple(b"ARTIST", b"somebody", simple(b"URL", b"x")))
            ),
        }

    def cuts(self, data: bytes) -> Iterator[int]:
        """A segment of unknown size may end behind any element."""
        whole = set()
        if b"\x01" + b"\xff" * 7 in data[:60]:
            whole = {data.index(raw) + len(raw) for _, raw in level1(data)}
            whole |= {size for size in range(len(data)) if _plays_to(data, size)}
        yield from (size for size in super().cuts(data) if size not in whole)


def _plays_to(data: bytes, size: int) -> bool:
    cut = data[:size]
    try:
        return [raw for kind, raw in level1(cut) if kind == TRACKS] != [] and sum(len(r) for _, r in level1(cut)) > 0
    except BrokenFile:
        return False


class TestMkv(audio.AudioContract):
    format_id = "mkv"
    ending = "mkv"

    def samples(self) -> dict[str, bytes]:
        return {"film": film(), "WebM film with title": film("webm", "-metadata", "title=Tone")}


@pytest.mark.parametrize("data", [mka(), film(), film("webm")], ids=["sound", "film", "WebM"])
def test_players_read_the_label(data: bytes) -> None:
    for payload in (TEXT, HUGE):
        labelled = edited(MKV, data, payload)
        assert audio.ffprobe(labelled, "mkv")["AIGC"].strip() == payload.decode().strip()
        assert audio.packets(labelled, "mkv") == audio.packets(data, "mkv")
        assert audio.labels(edited(MKV, labelled, TEXT)) == [("AIGC", "")]
        points(labelled)
        assert summed(labelled) or not summed(data)
        audio.decodes(labelled, "mkv")
    found = audio.exiftool(edited(MKV, data, TEXT), "mkv")
    assert TEXT.decode() in [str(value) for value in found.values()]


@pytest.mark.parametrize("ending", ["mka", "mkv", "webm"])
def test_ffmpegs_own_label_is_read_in_its_place(ending: str) -> None:
    data = audio.made(ending, "-c:a", "libopus", "-metadata", f"AIGC={TEXT.decode()}")
    assert audio.labels(data) == [("AIGC", "")]
    assert list(MKA.edit(data, TEXT, {})) == []


def test_free_space_gives_way_so_that_clusters_stay() -> None:
    data = mka()
    assert any(kind == _ebml.VOID for kind, _ in level1(data))
    labelled = edited(MKA, data, b"x" * 40)
    assert labelled.index(parts(data, CLUSTER)[0]) == data.index(parts(data, CLUSTER)[0])
    assert len(labelled) == len(data)
    points(labelled)


def test_positions_that_grow_out_of_their_bytes() -> None:
    """Cues in front of the clusters, positions of one byte: moving them lengthens the cues, which moves them again."""
    plain = mka()
    info, tracks, cluster = (parts(plain, kind)[0] for kind in (INFO, TRACKS, CLUSTER))

    def cues(*at: int) -> bytes:
        entries = (
            pack(0xBB, pack_uint(0xB3, 0, 1) + pack(0xB7, pack_uint(0xF7, 1, 1) + pack_uint(0xF1, a, 1))) for a in at
        )
        return pack(CUES, b"".join(entries))

    def seek(at: int) -> bytes:
        return pack(SEEK_HEAD, pack(SEEK, pack(SEEK_ID, CUES.to_bytes(4, "big")) + pack_uint(SEEK_POSITION, at, 1)))

    pad = void(255 - len(seek(9)) - 2 - 30 - 13)
    head = len(seek(9)) + len(pad)
    start = head + len(cues(9)) + len(info) + len(tracks)
    first = cues(start)
    start = head + len(first) + len(info) + len(tracks)
    first = cues(start)
    data = assembled(plain, seek(head), pad, first, info, tracks, cluster)
    points(data)
    assert audio.packets(data, "mka") == audio.packets(plain, "mka")
    for payload in (TEXT, HUGE):
        labelled = edited(MKA, data, payload)
        points(labelled)
        assert audio.packets(labelled, "mka") == audio.packets(plain, "mka")


def test_a_clusters_own_position_is_blanked_when_it_moves() -> None:
    plain = mka()
    raw = parts(plain, CLUSTER)[0]
    outer = _ebml.element(raw, 0, len(raw))
    position = pack_uint(0xA7, 300, 2)
    cluster = pack(CLUSTER, position + raw[outer.body :])
    labelled = edited(MKA, assembled(plain, *parts(plain, INFO, TRACKS), cluster), TEXT)
    assert position not in labelled
    assert audio.packets(labelled, "mka") == audio.packets(plain, "mka")


def test_clusters_of_unknown_size() -> None:
    plain = mka()
    raw = parts(plain, CLUSTER)[0]
    outer = _ebml.element(raw, 0, len(raw))
    live = CLUSTER.to_bytes(4, "big") + b"\xff" + raw[outer.body :]
    data = assembled(plain, *parts(plain, INFO, TRACKS), live, tags(simple(b"aigc", TEXT)), size_bytes=0)
    assert audio.labels(data) == [("aigc", "place-not-in-guide keyword-case")]
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert audio.packets(cleared, "mka") == audio.packets(plain, "mka")


@pytest.mark.parametrize(
    ("wild", "found"),
    [
        (tags(simple(b"aigc", TEXT)), [("aigc", "place-not-in-guide keyword-case")]),
        (tags(simple(b"COMMENT", b'{"AIGC":' + TEXT + b"}")), [("COMMENT", "place-not-in-guide")]),
        (tags(simple(b"A", b"x", simple(b"AIGC", TEXT))), [("AIGC", "place-not-in-guide")]),
        (tags(simple(b"AIGC", TEXT + b"\0\0")), [("AIGC", "")]),
        (tags(simple(b"AIGC", TEXT), uid=1), [("AIGC", "")]),
        (tags(simple(b"AIGC", TEXT), simple(b"AIGC", LONGER)), [("AIGC", ""), ("AIGC", "")]),
        (tags(simple(b"AIGC", TEXT)) + tags(simple(b"AIGC", TEXT)), [("AIGC", ""), ("AIGC", "")]),
    ],
)
def test_every_tag_is_read_and_one_label_is_left(wild: bytes, found: list[tuple[str, str]]) -> None:
    plain = mka()
    data = assembled(plain, *parts(plain, INFO, TRACKS), wild, *parts(plain, CLUSTER))
    assert audio.labels(data) == found
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert home(MKA, cleared) == TEXT
    assert audio.packets(cleared, "mka") == audio.packets(plain, "mka")


def test_a_title_with_a_label_is_blanked() -> None:
    data = mka("-metadata", "title=" + '{"AIGC":' + TEXT.decode() + "}")
    assert audio.labels(data) == [("Title", "place-not-in-guide")]
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert "title" not in audio.ffprobe(cleared, "mka")


def test_the_label_joins_tags_about_the_whole_file() -> None:
    plain = mka()
    both = pack(TAGS, tags(simple(b"ENCODER", b"x"), uid=7)[5:] + tags(simple(b"ARTIST", b"y"))[5:])
    data = assembled(plain, *parts(plain, INFO, TRACKS), both, *parts(plain, CLUSTER))
    labelled = edited(MKA, data, TEXT)
    assert re.search(rb"ARTIST.{0,6}y.*AIGC", labelled, re.DOTALL)
    assert len(parts(labelled, TAGS)) == 1


def test_other_changes_leave_no_empty_tag() -> None:
    plain = mka()
    data = assembled(plain, *parts(plain, INFO, TRACKS), tags(simple(b"A", b"x")), *parts(plain, CLUSTER))
    unit = next(u for u in MKA.read(data) if u.key == "A")
    labelled = b"".join(apply(data, MKA.edit(data, TEXT, {unit: None})))
    assert [u.key for u in MKA.read(labelled)] == ["AIGC"]


@pytest.mark.parametrize(
    "data",
    [
        pack(0x1A45DFA3, pack(0x4282, b"other")) + pack(SEGMENT, b""),
        pack(0x1A45DFA3, pack(0x4282, b"webm")),
        pack(0x1A45DFA3, pack(0x4282, b"webm")) + pack(SEGMENT, b""),
        pack(0x1A45DFA3, pack(0x4282, b"webm")) + pack(SEGMENT, b"\x00\x00"),
    ],
)
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenFile):
        MKA.edit(data, TEXT, {})


def test_sound_and_film_are_told_apart() -> None:
    assert table.find(mka()).id == "mka"
    assert table.find(mka(), "a.webm").id == "mka"
    assert table.find(film("webm")).id == "mkv"


def test_free_space_of_every_size() -> None:
    for size in (2, 3, 127, 128, 129, 130, 300, 20_000):
        raw = void(size)
        found = _ebml.element(raw, 0, len(raw))
        assert (len(raw), found.id, found.stop) == (size, _ebml.VOID, size)
