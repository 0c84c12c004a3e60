"""AMR and AC-3: recognised, and a remedy instead of a label."""

from __future__ import annotations

import pytest

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.containers.bare_sound import Ac3, Amr
from tests.formats import audio
from tests.formats.audio import TEXT


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"#!AMR\n" + bytes(50), "amr"),
        (b"#!AMR-WB\n" + bytes(50), "amr"),
        (audio.made("ac3", "-b:a", "96k", rate=48000), "ac3"),
        (audio.made("ac3", "-b:a", "112k", rate=44100), "ac3"),
        (audio.made("ac3", rate=32000), "ac3"),
        (audio.made("eac3", rate=48000), "ac3"),
    ],
    ids=["AMR", "AMR-WB", "AC-3 48 kHz", "AC-3 44.1 kHz", "AC-3 32 kHz", "E-AC-3"],
)
def test_recognised_and_refused_with_a_remedy(data: bytes, wanted: str) -> None:
    row = table.find(data)
    assert row.id == wanted
    assert list(row.container.read(data)) == []
    with pytest.raises(UnsupportedOperation) as raised:
        row.container.edit(data, TEXT, {})
    assert "M4A" in raised.value.remedy


def test_other_content_is_not_taken_for_it() -> None:
    for data in (b"", b"\x0b\x77", b"\x0b\x77" + bytes(200), b"#!AMS\n", b"#!/bin/sh\n", bytes(range(256))):
        assert Ac3().score(data) == 0 == Amr().score(data)
        with pytest.raises(BrokenFile):
            list(Amr().read(data))
