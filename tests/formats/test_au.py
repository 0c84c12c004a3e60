"""AU: the annotation between header and samples."""

from __future__ import annotations

import struct

import pytest

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats.containers.au import Au
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

AU = Au()
PCM = bytes(range(200))


def au(annotation: bytes = b"\0" * 8, size: int = len(PCM)) -> bytes:
    return struct.pack(">4sIIIII", b".snd", 24 + len(annotation), size, 3, 16000, 1) + annotation + PCM


class TestAu(audio.AudioContract):
    format_id = "au"
    ending = "au"

    def samples(self) -> dict[str, bytes]:
        return {
            "by ffmpeg": audio.made("au", seconds=0.02),
            "with texts": audio.made("au", "-metadata", "title=Tone", seconds=0.02),
            "free text": au(b"Recorded on a Sunday\n\0\0\0"),
            "no annotation": au(b""),
        }


def test_the_label_is_a_line_of_the_annotation() -> None:
    labelled = edited(AU, audio.made("au", "-metadata", "title=Tone"), TEXT)
    (offset,) = struct.unpack_from(">I", labelled, 4)
    assert offset % 8 == 0
    assert labelled[24:offset].rstrip(b"\0") == b"Title=Tone\nAIGC=" + TEXT
    assert audio.ffprobe(labelled, "au")["title"] == "Tone"
    assert audio.packets(labelled, "au") == audio.packets(audio.made("au", "-metadata", "title=Tone"), "au")
    audio.decodes(labelled, "au")
    assert home(AU, edited(AU, labelled, LONGER)) == LONGER


def test_a_stream_that_never_told_its_size() -> None:
    assert edited(AU, au(size=0xFFFFFFFF), TEXT).endswith(PCM)


@pytest.mark.parametrize("line", [b"aigc=" + TEXT, b'{"AIGC":' + TEXT + b"}", b"comment=" + b'{"AIGC":' + TEXT + b"}"])
def test_wild_lines_are_read_and_cleared(line: bytes) -> None:
    data = au(b"title=Tone\n" + line + b"\0")
    ((_, deviations),) = audio.labels(data)
    assert "place-not-in-guide" in deviations
    cleared = audio.relabelled(data)
    assert cleared[24:].startswith(b"title=Tone\nAIGC=" + TEXT + b"\0")
    assert audio.labels(cleared) == [("AIGC", "")]


def test_two_labels_become_one_and_other_lines_only_go() -> None:
    data = au(b"AIGC=" + TEXT + b"\ntitle=Tone\nAIGC=" + TEXT + b"\0")
    assert [u.data for u in AU.read(edited(AU, data, TEXT)) if u.home] == [TEXT]
    unit = next(u for u in AU.read(data) if u.key == "title")
    with pytest.raises(UnsupportedOperation):
        AU.edit(data, TEXT, {unit: b"other"})


@pytest.mark.parametrize("data", [au()[:20], au()[:-1], au().replace(b".snd\0\0\0 ", b".snd\0\0\0\1")])
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenFile):
        AU.edit(data, TEXT, {})
