"""Wave64: the chunk AIGC under its kind of name."""

from __future__ import annotations

import struct

import pytest

from labelkit.errors import BrokenFile
from labelkit.formats.containers.w64 import W64
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

WAVE64 = W64()
NAME = bytes.fromhex("f3acd3118cd100c04f8edb8a")


def chunk(code: bytes, body: bytes) -> bytes:
    return code + NAME + struct.pack("<Q", len(body) + 24) + body + bytes(-len(body) % 8)


def put(data: bytes, *chunks: bytes) -> bytes:
    """Chunks behind the last one."""
    made = data + bytes(-len(data) % 8) + b"".join(chunks)
    return made[:16] + struct.pack("<Q", len(made)) + made[24:]


class TestW64(audio.AudioContract):
    format_id = "w64"
    ending = "w64"
    tolerated_tail = 7

    def samples(self) -> dict[str, bytes]:
        plain = audio.made("w64", seconds=0.02)
        return {"by ffmpeg": plain, "another's chunk": put(plain, chunk(b"bext", b"odd"))}


def test_the_label_is_a_chunk() -> None:
    data = audio.made("w64")
    for payload in (TEXT, LONGER):
        labelled = edited(WAVE64, data, payload)
        assert labelled == put(data, chunk(b"AIGC", payload))
        audio.decodes(labelled, "w64")
        assert audio.labels(labelled) == [("AIGC", "")]


def test_wild_chunks_are_read_and_cleared() -> None:
    data = put(audio.made("w64"), chunk(b"aigc", TEXT), chunk(b"bext", b'{"AIGC":' + TEXT + b"}"))
    assert [key for key, _ in audio.labels(data)] == ["aigc", "bext"]
    cleared = audio.relabelled(data)
    assert home(WAVE64, cleared) == TEXT
    assert len(audio.labels(cleared)) == 1


def test_sound_must_be_there() -> None:
    data = audio.made("w64")
    with pytest.raises(BrokenFile):
        WAVE64.edit(data[:16] + struct.pack("<Q", 40) + data[24:40], TEXT, {})
