"""Monkey's Audio: the descriptor, and the APEv2 item. No encoder is at hand, so the sound is made up."""

from __future__ import annotations

import io
import struct

import mutagen.monkeysaudio
import pytest

from labelkit.formats.containers import _ape
from labelkit.formats.containers.monkey import Monkey
from labelkit.testing.container_contract import edited
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

MONKEY = Monkey()


def ape(version: int = 3990, sound: bytes = bytes(range(200))) -> bytes:
    """Descriptor, header, seek table and frames with the lengths that the descriptor states."""
    descriptor = struct.pack("<4sHHIIIIIII16s", b"MAC ", version, 0, 52, 24, 4, 0, len(sound), 0, 0, bytes(16))
    header = struct.pack("<HHIIIHHI", 2000, 0, 73728, 1000, 1, 16, 1, 16000)
    return descriptor + header + bytes(4) + sound


class TestMonkey(audio.AudioContract):
    format_id = "monkey"

    def samples(self) -> dict[str, bytes]:
        other = _ape.new_tag(b"calm").replace(b"AIGC", b"Mood")
        return {"bare": ape(), "tagged": ape() + other, "old tag": ape() + b"TAG" + bytes(125)}

    def pixels(self, data: bytes) -> object:
        return data[: len(ape())]

    def noticed(self, data: bytes) -> int:
        return len(ape())


@pytest.mark.parametrize("payload", [TEXT, LONGER])
def test_players_read_the_label(payload: bytes) -> None:
    labelled = edited(MONKEY, ape(), payload)
    tags = mutagen.monkeysaudio.MonkeysAudio(io.BytesIO(labelled))
    assert str(tags["AIGC"]) == payload.decode()
    assert (tags.info.sample_rate, tags.info.length) == (16000, pytest.approx(0.0625))
    assert audio.exiftool(labelled, "ape")["APE:Aigc"] == payload.decode()


def test_old_versions_state_no_length() -> None:
    labelled = edited(MONKEY, ape(3970), TEXT)
    assert audio.labels(labelled) == [("AIGC", "")]
