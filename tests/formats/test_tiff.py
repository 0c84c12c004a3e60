"""TIFF: every flavour real writers make, read and labelled without moving a byte that something points at."""

from __future__ import annotations

import hashlib
import io
import mmap
import struct
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from labelkit.errors import BrokenFile, InputError, LabelKitError, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import Kind, Unit, apply
from labelkit.formats.containers.tiff import Tiff
from labelkit.testing.container_contract import LONGER_PACKET, PACKET, ContainerContract, edited, home

TIFF = Tiff()
UNDEFINED = 7


def pixels(seed: int = 1) -> np.ndarray:
    raw = hashlib.shake_128(bytes([seed])).digest(24 * 20 * 3)
    return np.frombuffer(raw, np.uint8).reshape(20, 24, 3)


def pillow(*pages: np.ndarray, **options: object) -> bytes:
    first, *rest = [Image.fromarray(page) for page in pages or (pixels(),)]
    file = io.BytesIO()
    first.save(file, "TIFF", save_all=bool(rest), append_images=rest, **options)
    return file.getvalue()


def by_tifffile(**options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, options.pop("data", pixels()), **options)
    return file.getvalue()


@cache
def by_convert(*arguments: str) -> bytes:
    png = io.BytesIO()
    Image.fromarray(pixels()).save(png, "PNG")
    command = ["convert", "png:-", *arguments, "tiff:-"]
    return subprocess.run(command, input=png.getvalue(), capture_output=True, check=True).stdout


@cache
def by_exiftool(*arguments: str, base: bytes = b"") -> bytes:
    command = ["exiftool", *arguments, "-o", "-", "-"]
    return subprocess.run(command, input=base or pillow(), capture_output=True, check=True).stdout


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow, on big-endian BigTIFF
class TestTiff(ContainerContract):
    format_id = "tiff"
    # Writers align the end of the file to words.
    tolerated_tail = 1

    @cache  # noqa: B019  (one instance per test, samples are small)
    def samples(self) -> dict[str, bytes]:
        return {
            "Pillow": pillow(),
            "Pillow, three pages, LZW": pillow(pixels(1), pixels(2), pixels(3), compression="tiff_lzw"),
            "Pillow with text": pillow(description="a description", software="something"),
            "big endian": by_tifffile(byteorder=">"),
            "BigTIFF": by_tifffile(bigtiff=True),
            "big endian BigTIFF": by_tifffile(bigtiff=True, byteorder=">"),
            "tiles": by_tifffile(tile=(16, 16)),
            "sub-directories": _with_sub_ifds(),
            "ImageMagick": by_convert("-compress", "zip"),
            "exiftool": by_exiftool("-XMP-dc:Title=t", "-EXIF:UserComment=hello", "-IPTC:Keywords=one"),
        }

    def pixels(self, data: bytes) -> object:
        """Pillow reads no big-endian BigTIFF."""
        try:
            return super().pixels(data)
        except UnidentifiedImageError:
            return tifffile.imread(io.BytesIO(data)).tobytes()


def _with_sub_ifds() -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(pixels(), subifds=2, description="main")
        writer.write(pixels()[::2, ::2], subfiletype=1, description="half")
        writer.write(pixels()[::4, ::4], subfiletype=1, description="quarter")
    return file.getvalue()


def units(data: bytes) -> list[Unit]:
    return list(TIFF.read(data))


def entry(data: bytes, tag: int) -> tuple[int, int, int]:
    """Type, count and value of a tag in a classic little-endian file's first directory, by a reader of its own."""
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    entries = [struct.unpack_from("<HHII", data, at + 2 + 12 * i) for i in range(count)]
    assert [e[0] for e in entries] == sorted(e[0] for e in entries), "directories are sorted (TIFF 6.0 section 2)"
    return next(e[1:] for e in entries if e[0] == tag)


# --- reading -----------------------------------------------------------------------------------------------------


def test_every_kind_of_unit() -> None:
    data = by_exiftool(
        "-XMP-dc:Title=t", "-EXIF:UserComment=hello", "-IPTC:Keywords=one", "-EXIF:ImageDescription=d", base=pillow()
    )
    found = {(u.kind, u.key): u for u in units(data)}
    assert found[Kind.XMP, ""].home
    assert b"<rdf:li xml:lang='x-default'>t</rdf:li>" in found[Kind.XMP, ""].data
    assert found[Kind.EXIF, "UserComment"].data == b"ASCII\0\0\0hello"
    assert found[Kind.EXIF, "ImageDescription"].data == b"d"
    assert b"one" in found[Kind.SEGMENT, "IPTC"].data
    assert len(found) == 4
    for unit in found.values():
        assert data[unit.start : unit.stop].rstrip(b"\0") == unit.data.rstrip(b"\0")
        assert f"byte {unit.start}" in unit.place


def test_text_of_every_page_and_sub_directory() -> None:
    assert [u.data for u in units(_with_sub_ifds()) if u.key == "ImageDescription"] == [b"main", b"half", b"quarter"]


def test_only_the_first_page_has_the_home() -> None:
    xmp = {700: PACKET}
    file = io.BytesIO()
    pages = [Image.fromarray(pixels(n)) for n in (1, 2)]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], tiffinfo=xmp)
    assert [u.home for u in units(file.getvalue()) if u.kind is Kind.XMP] == [True, False]


def test_manifests() -> None:
    data = pillow(tiffinfo={0xCD41: b"jumbf"})
    assert [(u.kind, u.data) for u in units(data) if u.key == "C2PA"] == [(Kind.C2PA, b"jumbf")]


def test_a_damaged_exif_directory_is_a_note() -> None:
    data = bytearray(by_exiftool("-EXIF:UserComment=hello"))
    at = entry(bytes(data), 0x8769)[2]
    struct.pack_into("<H", data, at, 0xFFFF)
    assert [u.notes for u in units(bytes(data)) if u.notes] == [("exif-damaged",)]
    assert home(TIFF, edited(TIFF, bytes(data), PACKET)) == PACKET


def _changed(tag: int, *, count: int | None = None, value: int | None = None) -> bytes:
    data = bytearray(pillow())
    (at,) = struct.unpack_from("<I", data, 4)
    first = next(at + 2 + 12 * i for i in range(20) if struct.unpack_from("<H", data, at + 2 + 12 * i)[0] == tag)
    if count is not None:
        struct.pack_into("<I", data, first + 4, count)
    if value is not None:
        struct.pack_into("<I", data, first + 8, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"II*\0", "header"),
        (b"II+\0\x04\0\0\0" + bytes(8), "header"),
        (b"II*\0" + bytes(4), "no page"),
        (b"II*\0\xff\xff\xff\x7f" + bytes(50), "outside the file"),
        (b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "circle"),
        (_changed(273, value=1 << 30), "picture data lies outside"),
        (_changed(279, value=1 << 30), "picture data lies outside"),
        (_changed(258, count=1 << 30), "tag 258 lies outside"),
    ],
)
def test_what_is_wrong_is_said_with_its_byte(data: bytes, words: str) -> None:
    for call in (lambda: units(data), lambda: TIFF.edit(data, PACKET, {})):
        with pytest.raises(BrokenFile, match=words) as caught:
            call()
        assert "byte" in caught.value.place
        assert caught.value.remedy


def test_pages_before_a_defect_are_read() -> None:
    data = bytearray(pillow(description="here"))
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * count, 0x7FFFFFFF)
    reader = TIFF.read(bytes(data))
    assert next(reader).data == b"here"
    with pytest.raises(BrokenFile):
        list(reader)


def test_a_sub_directory_that_is_also_a_page() -> None:
    """Shared directories are no circle; each is read once."""
    data = bytearray(_with_sub_ifds())
    kind, count, at = entry(bytes(data), 330)
    assert (kind, count) in ((4, 2), (13, 2))
    data[at : at + 8] = data[at + 4 : at + 8] + data[4:8]  # the quarter, which is linked to nothing, then the main page
    assert [u.data for u in units(bytes(data)) if u.key == "ImageDescription"] == [b"main", b"quarter"]


def test_bombs_are_refused() -> None:
    """Directories in every byte, each with thousands of tags, and pages that share one large value."""
    chain = b"II*\0\x08\0\0\0" + b"".join(struct.pack("<HI", 0, 14 + 6 * i) for i in range(300_000)) + bytes(6)
    with pytest.raises(LimitExceeded):
        TIFF.edit(chain, PACKET, {})
    big = 2_000_000
    pages = b"".join(
        struct.pack("<H", 1)
        + struct.pack("<HHII", 270, 2, big, 8)
        + struct.pack("<I", 8 + big + 18 * (i + 1) if i < 19 else 0)
        for i in range(20)
    )
    with pytest.raises(LimitExceeded):
        units(b"II*\0" + struct.pack("<I", 8 + big) + b"x" * big + pages)


# --- splicing ----------------------------------------------------------------------------------------------------


def test_type_7_in_a_sorted_directory() -> None:
    for name in ("Pillow", "Pillow, three pages, LZW", "tiles", "ImageMagick", "exiftool"):
        result = edited(TIFF, TestTiff().samples()[name], PACKET)
        kind, count, at = entry(result, 700)
        assert (kind, count, result[at : at + count]) == (UNDEFINED, len(PACKET), PACKET), name
        assert at % 2 == 0, name


def test_nothing_moves() -> None:
    """Apart from one pointer or one entry everything is appended."""
    for name, data in TestTiff().samples().items():
        result = edited(TIFF, data, PACKET)
        differing = [i for i in range(len(data)) if data[i] != result[i]]
        assert len(result) > len(data), name
        assert len(differing) <= 20, name
        assert max(differing) - min(differing) < 20, name


def test_byte_type_is_read_and_becomes_type_7() -> None:
    data = pillow(tiffinfo={700: PACKET})
    assert entry(data, 700)[0] == 1
    assert home(TIFF, data) == PACKET
    (edit,) = TIFF.edit(data, PACKET, {})
    assert edit.stop - edit.start == 12
    assert entry(edited(TIFF, data, PACKET), 700)[0] == UNDEFINED


def test_same_length_is_written_over() -> None:
    once = edited(TIFF, pillow(), PACKET)
    (edit,) = TIFF.edit(once, PACKET.replace(b'"1"', b'"2"'), {})
    assert once[edit.start : edit.stop] == PACKET


def test_our_tail_is_replaced_rather_than_growing() -> None:
    once = edited(TIFF, pillow(), PACKET)
    longer = edited(TIFF, once, LONGER_PACKET)
    assert len(longer) - len(once) == len(LONGER_PACKET) - len(PACKET)
    assert edited(TIFF, longer, PACKET) == once


def test_a_packet_in_the_middle_stays_as_dead_bytes() -> None:
    data = by_exiftool("-XMP-dc:Title=t")
    old = next(u for u in units(data) if u.home)
    assert old.stop < len(data)
    once = edited(TIFF, data, PACKET)
    assert once[old.start : old.stop] == old.data
    assert len(edited(TIFF, once, LONGER_PACKET)) == len(once) + len(LONGER_PACKET) - len(PACKET)


def test_a_packet_that_claims_the_picture_is_not_written_over_it() -> None:
    """The tag's value is made to reach from the picture to the end of the file; a rewrite must spare the picture."""
    data = bytearray(edited(TIFF, pillow(), PACKET))
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    record = next(at + 2 + 12 * i for i in range(count) if struct.unpack_from("<H", data, at + 2 + 12 * i)[0] == 700)
    struct.pack_into("<II", data, record + 4, len(data) - 100, 100)
    result = edited(TIFF, bytes(data), PACKET)
    assert TestTiff().pixels(result) == TestTiff().pixels(pillow())


def test_classic_files_end_at_4_gib(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    path.write_bytes(pillow())
    with open(path, "r+b") as file:
        file.truncate(0xFFFFFFFF - 100)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        with pytest.raises(UnsupportedOperation, match="4 GiB") as caught:
            TIFF.edit(mapped, PACKET, {})
        assert "BigTIFF" in caught.value.remedy


def test_a_map_is_as_good_as_bytes(tmp_path: Path) -> None:
    for name, data in TestTiff().samples().items():
        (tmp_path / "a.tif").write_bytes(data)
        with open(tmp_path / "a.tif", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert list(TIFF.read(mapped)) == units(data), name
            assert TIFF.edit(mapped, PACKET, {}) == TIFF.edit(data, PACKET, {}), name


def test_values_are_blanked_in_place() -> None:
    data = by_exiftool("-EXIF:UserComment=hello", "-EXIF:ImageDescription=label", "-IPTC:Keywords=one")
    gone = {u: None for u in units(data) if not u.home}
    result = b"".join(apply(data, TIFF.edit(data, PACKET, gone)))
    assert {u.key: u.data.strip(b"\0") for u in units(result) if not u.home} == {
        "ImageDescription": b"",
        "UserComment": b"ASCII",
        "IPTC": b"",
    }
    again = {u: None for u in units(result) if not u.home}
    assert list(TIFF.edit(result, PACKET, again)) == []
    (description,) = [u for u in units(data) if u.key == "ImageDescription"]
    assert b"other" in b"".join(apply(data, TIFF.edit(data, PACKET, {description: b"other"})))


def test_values_inside_the_directory_are_blanked_in_its_copy() -> None:
    data = pillow(tiffinfo={271: "ab", 272: "longer than four bytes"})
    result = b"".join(apply(data, TIFF.edit(data, PACKET, dict.fromkeys(units(data)))))
    assert [u.data.strip(b"\0") for u in units(result) if not u.home] == [b"", b""]


def test_a_packet_of_a_few_bytes_is_refused() -> None:
    with pytest.raises(UnsupportedOperation):
        TIFF.edit(pillow(), b"x", {})


def test_no_graft() -> None:
    assert TIFF.graft(pillow(), pillow()) is None


# --- strangers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TestTiff().samples())
def test_strangers_read_the_result(name: str, tmp_path: Path) -> None:
    data = TestTiff().samples()[name]
    before, after = tmp_path / "before.tif", tmp_path / "after.tif"
    before.write_bytes(data)
    after.write_bytes(edited(TIFF, data, PACKET))
    said = [subprocess.run(["tiffinfo", path], capture_output=True, text=True, check=True) for path in (before, after)]
    assert said[0].stderr.replace("before.tif", "after.tif") == said[1].stderr
    assert said[1].stdout.count("=== TIFF directory") == said[0].stdout.count("=== TIFF directory")
    shown = subprocess.run(["exiftool", "-s3", "-XMP-TC260:all", after], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == '{"Label":"1"}'
    with tifffile.TiffFile(before) as old, tifffile.TiffFile(after) as new:
        assert len(new.pages) == len(old.pages)
        assert new.pages[0].tags[700].value == PACKET
        missing = set(old.pages[0].tags.keys()) - set(new.pages[0].tags.keys())
        assert not missing


# --- hostile -----------------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(st.data())
def test_mutations(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(list(TestTiff().samples().values()))))
    (first,) = struct.unpack_from("<I", raw, 4)
    near = st.integers(0, min(len(raw) - 1, 300)) | st.integers(0, 250).map(lambda i: (first + i) % len(raw))
    for at in data.draw(st.lists(near, min_size=1, max_size=8)):
        raw[at] = data.draw(st.sampled_from([0, 1, 7, 8, 0xFF, raw[at] ^ 1, raw[at] ^ 0x80]))
    try:
        result = edited(TIFF, bytes(raw), PACKET)
    except LabelKitError:
        return
    assert home(TIFF, result) == PACKET
    assert list(TIFF.edit(result, PACKET, {})) == []


def test_cut_anywhere_every_byte() -> None:
    for name, data in TestTiff().samples().items():
        for size in range(len(data) - 1):
            try:
                units(data[:size])
            except InputError:
                continue
            pytest.fail(f"{name} cut to {size} of {len(data)} bytes passed")
