"""The ZIP splicer: what must stay stays, hostile archives are refused."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest

from labelkit.errors import BrokenFile, InputError, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import apply
from labelkit.formats.containers import _zip
from tests.formats.documents import archive, contents, raw_members

PLAIN = archive({"a.txt": b"alpha" * 50, "b.txt": b"beta" * 50, "c.bin": bytes(300)}, stored=("c.bin",))


def changed(data: bytes, new: dict[str, bytes], added: dict[str, bytes] | None = None) -> bytes:
    opened = _zip.open_archive(data)
    return b"".join(apply(data, _zip.edits(opened, data, new, added or {})))


def streamed(parts: dict[str, bytes]) -> bytes:
    """An archive with data descriptors, as programs write that cannot seek."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: bytes) -> int:  # type: ignore[override]
            self.data += bytes(piece)
            return len(piece)

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:  # type: ignore[arg-type]
        for name, body in parts.items():
            zipped.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return out.data


def zip64() -> bytes:
    """Every record in its long form."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in ("a.txt", "b.txt"):
            with zipped.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(name.encode() * 40)
    data = out.getvalue()
    opened = _zip.open_archive(data)
    directory = b""
    for member in opened.members:
        head = list(_zip._ENTRY.unpack_from(member.entry))
        extra = struct.pack("<2H3Q", 1, 24, member.size, member.packed, member.start)
        head[8] = head[9] = head[16] = 0xFFFFFFFF
        head[11] = len(extra)
        directory += _zip._ENTRY.pack(*head) + member.name.encode() + extra
    at = opened.directory
    end64 = _zip._END64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, len(directory), at)
    locator = _zip._LOCATOR.pack(b"PK\x06\x07", 0, at + len(directory), 1)
    end = _zip._END.pack(b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:at] + directory + end64 + locator + end


@pytest.mark.parametrize("make", [lambda: PLAIN, lambda: streamed({"a.txt": b"1" * 99, "b.txt": b"2" * 99}), zip64])
def test_only_the_named_members_change(make: Callable[[], bytes]) -> None:
    data = make()
    result = changed(data, {"a.txt": b"new" * 500}, {"n/新.xml": b"fresh" * 9})
    assert contents(result) == contents(data) | {"a.txt": b"new" * 500, "n/新.xml": b"fresh" * 9}
    before, after = raw_members(data), raw_members(result)
    for name in before.keys() - {"a.txt"}:
        assert after[name] == before[name], name
    assert list(contents(result))[: len(before)] == list(before)


def test_sizes_may_shrink_and_comments_and_extra_fields_stay() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        info = zipfile.ZipInfo("a.txt", (2026, 9, 1, 8, 0, 0))
        info.extra, info.comment, info.external_attr = b"UT\x05\0\x01\x01\x02\x03\x04", b"a comment", 0o644 << 16
        zipped.writestr(info, "x" * 500)
        zipped.writestr("b.txt", "y")
        zipped.comment = b"of the archive"
    result = changed(out.getvalue(), {"a.txt": b"s"})
    with zipfile.ZipFile(io.BytesIO(result)) as zipped:
        kept = zipped.getinfo("a.txt")
        assert (kept.extra, kept.comment, kept.external_attr) == (info.extra, info.comment, info.external_attr)
        assert (kept.date_time, kept.compress_type, zipped.comment) == (info.date_time, 0, b"of the archive")


def test_order_of_directory_and_file_may_differ() -> None:
    opened = _zip.open_archive(PLAIN)
    entries = [m.entry for m in opened.members]
    data = PLAIN[: opened.directory] + entries[2] + entries[0] + entries[1] + PLAIN[opened.end64 :]
    result = changed(data, {"b.txt": b"?" * 999})
    assert contents(result)["b.txt"] == b"?" * 999
    assert list(contents(result)) == ["c.bin", "a.txt", "b.txt"]


@pytest.mark.parametrize("size", range(len(PLAIN)))
def test_cut_archives_are_refused(size: int) -> None:
    with pytest.raises(BrokenFile):
        _zip.open_archive(PLAIN[:size])


def test_doubled_and_overlapping_members_are_refused() -> None:
    opened = _zip.open_archive(PLAIN)
    entries = [m.entry for m in opened.members]
    directory, tail = b"".join(entries), PLAIN[opened.end64 :]
    twice = bytearray(tail)
    struct.pack_into("<2HI", twice, 8, 4, 4, len(directory) + len(entries[0]))
    with pytest.raises(BrokenFile, match="twice"):
        _zip.open_archive(PLAIN[: opened.directory] + directory + entries[0] + bytes(twice))
    long = bytearray(entries[0])
    struct.pack_into("<I", long, 20, opened.members[1].stop - opened.members[0].data_start)
    with pytest.raises(BrokenFile, match="overlap"):
        _zip.open_archive(PLAIN[: opened.directory] + bytes(long) + entries[1] + entries[2] + tail)


def test_a_bomb_stops_at_the_size_it_told() -> None:
    """30 MB of zeros that claim to be 100 bytes, and honestly told."""
    bomb = archive({"a.txt": bytes(30_000_000)})
    with pytest.raises(LimitExceeded):
        _zip.content(bomb, _zip.open_archive(bomb).members[0])
    opened = _zip.open_archive(bomb)
    at = opened.directory
    lying = bytearray(bomb)
    struct.pack_into("<I", lying, at + 24, 100)
    tracemalloc.start()
    with pytest.raises(BrokenFile):
        _zip.content(bytes(lying), _zip.open_archive(bytes(lying)).members[0])
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_encrypted_and_strangely_compressed_members_are_refused() -> None:
    for change, error in (((6, 8), UnsupportedOperation), ((8, 10), (UnsupportedOperation, InputError))):
        data = bytearray(PLAIN)
        at = _zip.open_archive(PLAIN).directory
        value = 1 if change[0] == 6 else 99
        struct.pack_into("<H", data, change[0], value)
        struct.pack_into("<H", data, at + change[0] + 2, value)
        with pytest.raises(error):
            _zip.content(bytes(data), _zip.open_archive(bytes(data)).members[0])


def test_a_wrong_checksum_is_noticed() -> None:
    data = bytearray(PLAIN)
    data[_zip.open_archive(PLAIN).members[2].data_start] ^= 1
    with pytest.raises(BrokenFile, match="checksum"):
        _zip.content(bytes(data), _zip.open_archive(bytes(data)).members[2])
