"""Results that are put together on disk: the same bytes as in memory, whatever the kernel can do."""

from __future__ import annotations

import mmap
import os
import tracemalloc
import wave
from pathlib import Path

import pytest

import labelkit
from labelkit.content import Content
from labelkit.errors import WriteError
from labelkit.formats.base import Edit

PRODUCER = "001191000000MA0000007C10001"
BIG = 20 * 1024 * 1024
EDITS = (Edit(0, 4, b"head"), Edit(5_000_000, 5_000_000, b"inserted" * 9), Edit(BIG - 10, BIG, b""))


@pytest.fixture
def mapped(tmp_path: Path) -> Content:
    path = tmp_path / "old"
    path.write_bytes(os.urandom(BIG))
    with path.open("rb") as file:
        return Content(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), path=path)


def written(content: Content, tmp_path: Path) -> bytes:
    with (tmp_path / "new").open("wb") as file:
        content.write(file)
    return (tmp_path / "new").read_bytes()


def test_copied_by_the_kernel_it_is_the_same_as_in_memory(mapped: Content, tmp_path: Path) -> None:
    edited = mapped.edited(EDITS[::-1])
    assert written(edited, tmp_path) == edited.whole()
    assert edited.size == len(edited.whole())


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_a_kernel_that_will_not_copy_or_stops_half_way(mapped, tmp_path, monkeypatch, allowed) -> None:
    calls = iter(range(100))
    real = os.copy_file_range

    def reluctant(old: int, new: int, count: int, offset_src: int) -> int:
        if next(calls) >= allowed:
            raise OSError(18, "Invalid cross-device link")
        return real(old, new, min(count, 1_500_000), offset_src)

    monkeypatch.setattr(os, "copy_file_range", reluctant)
    edited = mapped.edited(EDITS)
    assert written(edited, tmp_path) == edited.whole()


def test_a_file_renamed_meanwhile_is_written_from_its_map(mapped: Content, tmp_path: Path) -> None:
    edited = mapped.edited(EDITS)
    assert mapped.path
    mapped.path.rename(tmp_path / "elsewhere")
    assert written(edited, tmp_path) == edited.whole()


def test_what_is_new_is_looked_for_in_the_stored_file(mapped: Content) -> None:
    edited = mapped.edited(EDITS)
    stored = bytearray(edited.whole())
    assert edited.stands_in(bytes(stored))
    stored[5_000_003] ^= 1
    assert not edited.stands_in(bytes(stored))
    assert not edited.stands_in(bytes(stored[:-1]))


@pytest.fixture
def long_sound(tmp_path: Path) -> Path:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48000, 0, "NONE", ""))
        for _ in range(60):
            file.writeframes(os.urandom(1024 * 1024))
    return path


def test_a_long_sound_is_labelled_without_being_held_in_memory(long_sound: Path, tmp_path: Path) -> None:
    out = tmp_path / "labelled.wav"
    tracemalloc.start()
    outcome = labelkit.label(long_sound, producer=PRODUCER, out=out, layers=["metadata"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
    assert [note.text for note in outcome.written] == ["chunk AIGC"]
    (mark,) = labelkit.read(out)
    assert mark.main
    assert not mark.deviations
    with wave.open(str(out), "rb") as new, wave.open(str(long_sound), "rb") as old:
        assert new.readframes(1 << 30) == old.readframes(1 << 30)
    again = labelkit.label(out, producer=PRODUCER, out=tmp_path / "again.wav", layers=["metadata"])
    assert again.label == outcome.label
    assert (tmp_path / "again.wav").read_bytes() == out.read_bytes()


def test_a_large_result_that_does_not_read_back_leaves_nothing(long_sound: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Content, "stands_in", lambda self, stored: False)
    with pytest.raises(WriteError, match="differs from what was written"):
        labelkit.label(long_sound, producer=PRODUCER, out=tmp_path / "x.wav", layers=["metadata"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.wav"]


def test_a_large_file_in_place_with_backup_and_in_memory(long_sound: Path) -> None:
    before = long_sound.read_bytes()
    in_memory = labelkit.label(long_sound, producer=PRODUCER, content_id="N1", layers=["metadata"])
    labelkit.label(long_sound, producer=PRODUCER, content_id="N1", layers=["metadata"], in_place=True, backup=".orig")
    assert Path(f"{long_sound}.orig").read_bytes() == before
    assert long_sound.read_bytes() == in_memory.data
