"""AIFF and AIFF-C: XMP in APPL, ID3 and text chunks read."""

from __future__ import annotations

import io
import struct

import pytest

from labelkit.errors import BrokenFile
from labelkit.formats.containers.aiff import Aiff
from labelkit.testing.container_contract import LONGER_PACKET, PACKET, edited
from tests.formats import audio
from tests.formats.audio import TEXT

AIFF = Aiff()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    body = data[8:] + b"".join(chunks)
    return b"FORM" + struct.pack(">I", len(body)) + body


class TestAiff(audio.AudioContract):
    format_id = "aiff"
    ending = "aiff"
    packet = PACKET
    longer_packet = LONGER_PACKET

    def samples(self) -> dict[str, bytes]:
        small = audio.made("aiff", seconds=0.02)
        return {
            "by ffmpeg": small,
            "AIFF-C": audio.made("aiff", "-c:a", "pcm_s16le", seconds=0.02),
            "with foreign metadata": with_chunks(small, chunk(b"ANNO", b"odd"), chunk(b"APPL", b"stoc rest")),
        }


def test_exiftool_sees_the_packet_and_ffmpeg_the_sound() -> None:
    labelled = edited(AIFF, audio.made("aiff"), PACKET)
    seen = audio.exiftool(labelled, "aiff", "-b")
    assert seen["AIFF:ApplicationData"] in (("XMP " + PACKET.decode()), "base64:" + seen["AIFF:ApplicationData"][7:])
    audio.decodes(labelled, "aiff")


@pytest.mark.parametrize("kind", [b"ANNO", b"NAME", b"AIGC", b"aigc"])
def test_wild_chunks_are_read_and_cleared(kind: bytes) -> None:
    wrapped = b'{"AIGC":' + TEXT + b"}"
    data = with_chunks(audio.made("aiff", seconds=0.02), chunk(kind, wrapped))
    ((_, deviations),) = audio.labels(data)
    assert "place-not-in-guide" in deviations
    assert audio.relabelled(data, PACKET) == edited(AIFF, audio.made("aiff", seconds=0.02), PACKET)


def test_mutagens_id3_chunk_is_read_and_cleared() -> None:
    import mutagen.aiff
    from mutagen.id3 import TIT2, TXXX

    file = io.BytesIO(audio.made("aiff", seconds=0.02))
    tagged = mutagen.aiff.AIFF(file)
    tagged.add_tags()
    tagged.tags.add(TXXX(encoding=3, desc="AIGC", text=TEXT.decode()))
    tagged.tags.add(TIT2(encoding=1, text="Title"))
    file.seek(0)
    tagged.save(file)
    data = file.getvalue()
    assert audio.labels(data) == [("AIGC", "place-not-in-guide")]
    cleared = audio.relabelled(data, PACKET)
    assert list(mutagen.aiff.AIFF(io.BytesIO(cleared)).tags) == ["TIT2"]
    assert audio.packets(cleared, "aiff") == audio.packets(data, "aiff")


def test_no_common_chunk_no_aiff() -> None:
    with pytest.raises(BrokenFile):
        AIFF.edit(b"FORM" + struct.pack(">I", 12) + b"AIFF" + chunk(b"SSND", b""), PACKET, {})
