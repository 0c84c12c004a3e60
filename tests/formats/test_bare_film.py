"""MPEG transport and program streams: recognised, and a remedy instead of a label."""

from __future__ import annotations

import pytest

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.containers.bare_film import Ps, Ts
from tests.formats import audio
from tests.formats.audio import TEXT


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (audio.made("ts", "-c:a", "mp2"), "ts"),
        (audio.made("mts", "-f", "mpegts", "-mpegts_m2ts_mode", "1", "-c:a", "ac3", rate=48000), "ts"),
        (audio.made("mpg", "-f", "vob", "-c:a", "mp2", rate=48000), "mpeg"),
        (audio.made("mpg", "-f", "mpeg", "-c:a", "mp2", rate=48000), "mpeg"),
    ],
    ids=["TS", "M2TS", "MPEG-2", "MPEG-1"],
)
def test_recognised_and_refused_with_a_remedy(data: bytes, wanted: str) -> None:
    row = table.find(data)
    assert row.id == wanted
    assert list(row.container.read(data)) == []
    with pytest.raises(UnsupportedOperation) as raised:
        row.container.edit(data, TEXT, {})
    assert "MP4" in raised.value.remedy


def test_other_content_is_not_taken_for_it() -> None:
    for data in (
        b"",
        b"G" * 100,
        b"G" + bytes(2000),
        b"\x00\x00\x01\xba",
        b"\x00\x00\x01\xb3" + bytes(99),
        bytes(range(256)),
    ):
        assert Ts().score(data) == 0 == Ps().score(data)
        with pytest.raises(BrokenFile):
            list(Ps().read(data))
