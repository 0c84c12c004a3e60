"""WMA and WMV: the XMP object, and attributes that are read and cleared."""

from __future__ import annotations

import io
import struct
from functools import cache

import mutagen.asf
import pytest

from labelkit.errors import BrokenFile
from labelkit.formats import table
from labelkit.formats.base import Kind, apply
from labelkit.formats.containers import _asf_objects
from labelkit.formats.containers.asf import Wma
from labelkit.testing.container_contract import LONGER_PACKET, PACKET, edited
from tests.formats import audio
from tests.formats.audio import TEXT

WMA = Wma()


@cache
def wma(*options: str) -> bytes:
    return audio.made("wma", "-c:a", "wmav2", *options)


@cache
def wmv() -> bytes:
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=0.3", "-map", "0", "-map", "1")
    return audio.made("wmv", *picture, "-c:v", "wmv2", "-c:a", "wmav2", "-shortest", rate=44100)


def tagged(**texts: str) -> bytes:
    """With attributes by mutagen, which knows all four places."""
    file = io.BytesIO(wma())
    tags = mutagen.asf.ASF(file)
    for key, text in texts.items():
        tags[key] = [mutagen.asf.ASFUnicodeAttribute(text)]
    file.seek(0)
    tags.save(file)
    return file.getvalue()


def attributes(data: bytes) -> dict[str, list[str]]:
    return {key: list(map(str, values)) for key, values in mutagen.asf.ASF(io.BytesIO(data)).tags.as_dict().items()}


class _Objects(audio.AudioContract):
    packet = PACKET
    longer_packet = LONGER_PACKET

    def cuts(self, data: bytes) -> list[int]:
        """Behind the data object whole objects may be missing."""
        whole = {o.stop for o in _asf_objects.objects(data, 0, len(data)) if o.guid != _asf_objects.HEADER}
        return [size for size in super().cuts(data) if size not in whole]


class TestWma(_Objects):
    format_id = "wma"
    ending = "wma"

    def samples(self) -> dict[str, bytes]:
        return {"by ffmpeg": wma(), "attributes": tagged(Title="Tone", Mood="calm")}


class TestWmv(_Objects):
    format_id = "wmv"
    ending = "wmv"

    def samples(self) -> dict[str, bytes]:
        return {"film": wmv()}


def test_exiftool_reads_the_packet_and_ffmpeg_the_sound() -> None:
    for data, ending in ((wma(), "wma"), (tagged(Title="Tone"), "wma"), (wmv(), "wmv")):
        labelled = edited(WMA, data, PACKET)
        assert audio.exiftool(labelled, ending)["XMP-TC260:Aigc"] == '{"Label":"1"}'
        audio.decodes(labelled, ending)
        assert mutagen.asf.ASF(io.BytesIO(labelled)).info.length > 0


def test_the_header_states_the_files_new_size() -> None:
    labelled = edited(WMA, wma(), PACKET)
    at = labelled.index(_asf_objects.FILE_PROPERTIES)
    assert struct.unpack_from("<Q", labelled, at + 40) == (len(labelled),)


def test_ffmpegs_attribute_is_read_and_cleared() -> None:
    data = wma("-metadata", f"AIGC={TEXT.decode()}")
    assert audio.labels(data) == [("AIGC", "place-not-in-guide")]
    cleared = audio.relabelled(data, PACKET)
    assert TEXT.decode().encode("utf-16-le") not in cleared
    assert audio.packets(cleared, "wma") == audio.packets(data, "wma")
    assert "AIGC" not in attributes(cleared)


@pytest.mark.parametrize("key", ["AIGC", "aigc", "Title", "Description", "WM/Lyrics"])
def test_every_place_of_attributes_is_read_and_cleared(key: str) -> None:
    """Two are of the content description, short texts of the extended one, long ones of the metadata library."""
    filler = " " * (33_000 if key == "WM/Lyrics" else 0)
    data = tagged(Author="somebody", Mood="calm", **{key: '{"AIGC":' + TEXT.decode() + "}" + filler})
    assert [found for found, _ in audio.labels(data)] == [key]
    cleared = audio.relabelled(data, PACKET)
    left = attributes(cleared)
    assert (left["Author"], left["Mood"]) == (["somebody"], ["calm"])
    assert [unit.kind for unit in WMA.read(cleared) if TEXT[:20] in unit.data] == []
    assert audio.packets(cleared, "wma") == audio.packets(data, "wma")


def test_two_packets_become_one() -> None:
    data = wma() + _asf_objects.packet(b"<a/>") + _asf_objects.packet(b"<b/>")
    labelled = b"".join(apply(data, WMA.edit(data, PACKET, {})))
    assert [unit.data for unit in WMA.read(labelled) if unit.kind is Kind.XMP] == [PACKET]


def test_sound_and_film_are_told_apart() -> None:
    assert table.find(wma()).id == "wma"
    assert table.find(wmv(), "a.wma").id == "wmv"


def test_without_data_it_is_no_file() -> None:
    data = wma()
    header = next(iter(_asf_objects.objects(data, 0, len(data))))
    with pytest.raises(BrokenFile):
        WMA.edit(data[: header.stop], PACKET, {})
