"""WavPack: the APEv2 item, other tags around the blocks."""

from __future__ import annotations

import io
from functools import cache

import mutagen.apev2
import mutagen.wavpack
import pytest

from labelkit.errors import BrokenFile
from labelkit.formats.containers import _ape
from labelkit.formats.containers.wavpack import WavPack
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

WAVPACK = WavPack()


@cache
def bare() -> bytes:
    """Blocks without any tag."""
    data = audio.made("wv", seconds=0.1)
    at = data.find(b"APETAGEX")
    return data if at < 0 else data[:at]


def tagged(**texts: str) -> bytes:
    """With an APEv2 tag by mutagen."""
    file = io.BytesIO(bare())
    tags = mutagen.wavpack.WavPack(file)
    tags.add_tags()
    for key, text in texts.items():
        tags[key] = text
    tags["Blob"] = mutagen.apev2.APEValue(b"name.bin\0\x01\x02", mutagen.apev2.BINARY)
    file.seek(0)
    tags.save(file)
    return file.getvalue()


OLD = b"TAG" + b"Title".ljust(125, b"\0")


class TestWavPack(audio.AudioContract):
    format_id = "wavpack"
    ending = "wv"

    def samples(self) -> dict[str, bytes]:
        return {"bare": bare(), "tagged": tagged(Title="Tone"), "old tag": bare() + OLD}

    def noticed(self, data: bytes) -> int:
        return len(bare())


def test_players_read_the_label() -> None:
    for data in (bare(), tagged(Title="Tone"), bare() + OLD):
        for payload in (TEXT, LONGER):
            labelled = edited(WAVPACK, data, payload)
            assert str(mutagen.wavpack.WavPack(io.BytesIO(labelled))["AIGC"]) == payload.decode()
            if OLD not in data:  # which ffmpeg takes for a block, and looks for no tag in front of
                assert audio.ffprobe(labelled, "wv")["AIGC"] == payload.decode()
                audio.decodes(labelled, "wv")
    assert edited(WAVPACK, bare() + OLD, TEXT).endswith(OLD)


def test_other_items_stay() -> None:
    tags = mutagen.wavpack.WavPack(io.BytesIO(edited(WAVPACK, tagged(Title="Tone"), TEXT)))
    assert sorted(tags) == ["AIGC", "Blob", "Title"]
    assert tags["Blob"].value == b"name.bin\0\x01\x02"


@pytest.mark.parametrize("key", ["aigc", "Comment"])
def test_wild_items_are_read_and_cleared(key: str) -> None:
    data = tagged(Title="Tone", **{key: '{"AIGC":' + TEXT.decode() + "}"})
    ((found, deviations),) = audio.labels(data)
    assert found == key
    assert "place-not-in-guide" in deviations
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert sorted(mutagen.wavpack.WavPack(io.BytesIO(cleared))) == ["AIGC", "Blob", "Title"]


def test_mutagens_own_label_is_read_in_its_place() -> None:
    data = tagged(AIGC=TEXT.decode())
    assert home(WAVPACK, data) == TEXT
    assert list(WAVPACK.edit(data, TEXT, {})) == []


def test_a_tag_with_more_bytes_than_items() -> None:
    """The label goes behind the items that were counted, or nobody would find it."""
    data = bytearray(bare() + _ape.new_tag(b"calm").replace(b"AIGC", b"Mood"))
    data[len(data) - 16 : len(data) - 12] = bytes(4)
    labelled = edited(WAVPACK, bytes(data), TEXT)
    assert home(WAVPACK, labelled) == TEXT
    assert list(WAVPACK.edit(labelled, TEXT, {})) == []


@pytest.mark.parametrize("at", [12, 16])
def test_a_damaged_tag_is_refused(at: int) -> None:
    data = bytearray(bare() + _ape.new_tag(TEXT))
    data[len(data) - 32 + at : len(data) - 28 + at] = b"\xff\xff\xff\x7f"
    with pytest.raises(BrokenFile):
        WAVPACK.edit(bytes(data), TEXT, {})
