"""AVI: the INFO chunk, free space, and every kind of index when coded data move."""

from __future__ import annotations

import struct
import subprocess
from functools import cache

import pytest

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.base import Kind, apply
from labelkit.formats.containers.avi import Avi
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

AVI = Avi()
HUGE = LONGER + b" " * 3000


@cache
def film(*options: str) -> bytes:
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=0.5", "-map", "1", "-map", "0")
    return audio.made("avi", *picture, "-c:v", "mpeg4", "-c:a", "pcm_s16le", "-shortest", *options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)


def parts(data: bytes, start: int, stop: int) -> list[tuple[bytes, int, int]]:
    """Name, body and stop of the chunks side by side."""
    found = []
    while start + 8 <= stop:
        kind, size = struct.unpack_from("<4sI", data, start)
        found.append((kind, start + 8, start + 8 + size))
        start += 8 + size + size % 2
    return found


def top(data: bytes) -> list[tuple[bytes, bytes]]:
    """Name and bytes of the chunks of the form; lists by their type."""
    made = []
    for kind, body, stop in parts(data, 12, len(data)):
        name = data[body : body + 4] if kind == b"LIST" else kind
        made.append((name, data[body - 8 : stop + (stop - body) % 2]))
    return made


def avi(*chunks: bytes) -> bytes:
    body = b"AVI " + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tight(*before: bytes) -> bytes:
    """Without free space in front of the coded data."""
    named = dict(top(film()))
    return avi(named[b"hdrl"], *before, named[b"movi"], named[b"idx1"])


def info(*texts: tuple[bytes, bytes]) -> bytes:
    return chunk(b"LIST", b"INFO" + b"".join(chunk(key, value) for key, value in texts))


def packets(data: bytes) -> list[list[str]]:
    """Of sound and pictures, read through the index (seeking to the end first)."""
    return audio.packets(data, "avi")


class TestAvi(audio.AudioContract):
    format_id = "avi"
    ending = "avi"

    def samples(self) -> dict[str, bytes]:
        return {
            "by ffmpeg": film("-metadata", "title=Tone"),
            "no free space": tight(),
            "INFO at the end, XMP": avi(
                *(raw for _, raw in top(tight())), info((b"INAM", b"x\0")), chunk(b"_PMX", b"<x/>")
            ),
        }


def index_entries(data: bytes) -> list[tuple[bytes, int]]:
    raw = dict(top(data))[b"idx1"][8:]
    return [(raw[at : at + 4], struct.unpack_from("<I", raw, at + 8)[0]) for at in range(0, len(raw), 16)]


def leads_to_packets(data: bytes, absolute: bool = False) -> bool:
    base = 0 if absolute else data.index(b"movi")
    return all(data[base + at : base + at + 4] == name for name, at in index_entries(data))


def test_players_read_the_label() -> None:
    for data in (film(), tight(), tight(info((b"INAM", b"Tone\0")))):
        for payload in (TEXT, HUGE):
            labelled = edited(AVI, data, payload)
            assert audio.ffprobe(labelled, "avi")["AIGC"].strip() == payload.decode().strip()
            assert packets(labelled) == packets(data)
            assert leads_to_packets(labelled)
            audio.decodes(labelled, "avi")
            audio.exiftool(labelled, "avi")


def test_free_space_gives_way() -> None:
    labelled = edited(AVI, film(), TEXT)
    assert len(labelled) == len(film())
    assert labelled.index(b"movi") == film().index(b"movi")
    assert len(edited(AVI, labelled, LONGER)) == len(film())


def test_an_index_that_counts_from_the_start_of_the_file() -> None:
    data = bytearray(tight())
    base, at = data.index(b"movi"), data.index(b"idx1") + 8
    for place in range(at + 8, len(data), 16):
        struct.pack_into("<I", data, place, struct.unpack_from("<I", data, place)[0] + base)
    assert leads_to_packets(bytes(data), absolute=True)
    labelled = edited(AVI, bytes(data), TEXT)
    assert leads_to_packets(labelled, absolute=True)
    assert packets(labelled) == packets(bytes(data))


def opendml() -> bytes:
    """The same film with an index of indexes in its header, an index of chunks in ``movi``, and a second form."""
    named = dict(top(film()))
    movi = named[b"movi"][12:]
    kinds = [(kind, body) for kind, body, _ in parts(movi, 0, len(movi))]
    hdrl = named[b"hdrl"]
    # Free space inside the stream headers is replaced by the index of indexes.
    at = hdrl.index(b"JUNK", hdrl.index(b"strl"))
    size = struct.unpack_from("<I", hdrl, at + 4)[0]

    def build(inner: int, base: int) -> bytes:
        super_index = struct.pack("<HBBI4s12xQII", 4, 0, 0, 1, b"00dc", inner, 8 + 24 + 8 * len(kinds), 5)
        header = hdrl[:at] + b"indx" + hdrl[at + 4 : at + 8] + super_index.ljust(size, b"\0") + hdrl[at + 8 + size :]
        pictures = [body for kind, body in kinds if kind == b"00dc"]
        entries = b"".join(struct.pack("<II", body, 0) for body in pictures)
        index = chunk(b"ix00", struct.pack("<HBBI4sQ4x", 2, 0, 1, len(pictures), b"00dc", base) + entries)
        first = avi(header, chunk(b"LIST", b"movi" + movi + index))
        return (
            first
            + b"RIFF"
            + struct.pack("<I", 4 + 12 + 12)
            + b"AVIX"
            + chunk(b"LIST", b"movi" + chunk(b"00dc", b"abcd"))
        )

    first = build(0, 0)
    return build(first.index(b"ix00"), first.index(b"movi") + 4)


def test_opendml_indexes_follow() -> None:
    data = opendml()
    for payload in (TEXT, HUGE):
        labelled = edited(AVI, data, payload)
        body = labelled.index(b"indx") + 8
        (inner,) = struct.unpack_from("<Q", labelled, body + 24)
        assert labelled[inner : inner + 4] == b"ix00"
        (base,) = struct.unpack_from("<Q", labelled, inner + 8 + 12)
        (first,) = struct.unpack_from("<I", labelled, inner + 8 + 24)
        assert labelled[base + first - 8 : base + first - 4] == b"00dc"
        assert labelled.endswith(data[data.index(b"AVIX") :])
        assert home(AVI, labelled) == payload


@pytest.mark.parametrize("key", [b"aigc", b"ICMT"])
def test_wild_texts_are_read_and_cleared(key: bytes) -> None:
    data = tight(info((b"INAM", b"Tone\0"), (key, b'{"AIGC":' + TEXT + b"}\0")))
    ((found, deviations),) = audio.labels(data)
    assert (found, deviations.split()[0]) == (key.decode(), "place-not-in-guide")
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert audio.ffprobe(cleared, "avi")["title"] == "Tone"
    assert leads_to_packets(cleared)


def test_one_label_and_what_else_can_be_done() -> None:
    data = avi(
        *(raw for _, raw in top(tight(info((b"AIGC", TEXT), (b"INAM", b"x"))))),
        info((b"AIGC", TEXT)),
        chunk(b"_PMX", b"<x/>"),
    )
    assert [u.data for u in AVI.read(edited(AVI, data, TEXT)) if u.home] == [TEXT]
    units = {unit.key: unit for unit in AVI.read(data)}
    changed = b"".join(apply(data, AVI.edit(data, TEXT, {units["_PMX"]: b"<longer/>"})))
    assert next(u.data for u in AVI.read(changed) if u.kind is Kind.XMP) == b"<longer/>"
    with pytest.raises(UnsupportedOperation):
        AVI.edit(data, TEXT, {units["INAM"]: b"y"})


def test_broken_films_are_refused() -> None:
    named = dict(top(film()))
    for data in (avi(named[b"hdrl"]), film()[:300], opendml()[:-6]):
        with pytest.raises(BrokenFile):
            AVI.edit(data, TEXT, {})
    assert subprocess.run(["ffmpeg", "-version"], capture_output=True, check=False).returncode == 0
