"""EXIF blocks: text tags are found with the bytes they stand at, and damage never stops a reader."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Kind, Unit
from labelkit.formats.containers import _exif

COMMENT = b'ASCII\0\0\0{"AIGC":{"Label":"1"}}'


def block(order: str = "<", *, next_ifd: int = 0) -> bytes:
    """IFD0 with ImageDescription, inline Make, Exif pointer; Exif IFD with UserComment, whose successor is garbage."""
    text = b"a picture\0"
    first, exif, values = 8, 8 + 2 + 3 * 12 + 4, 8 + 2 + 3 * 12 + 4 + 2 + 12 + 4
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    return b"".join(
        (
            mark + struct.pack(order + "I", first),
            struct.pack(order + "H", 3),
            struct.pack(order + "HHII", 0x10E, 2, len(text), values),
            struct.pack(order + "HHI4s", 0x10F, 2, 3, b"me\0"),
            struct.pack(order + "HHII", 0x8769, 4, 1, exif),
            struct.pack(order + "I", next_ifd),
            struct.pack(order + "H", 1),
            struct.pack(order + "HHII", 0x9286, 7, len(COMMENT), values + len(text)),
            struct.pack(order + "I", 0xFFFFFFF0),
            text + COMMENT,
        )
    )


def found(exif: bytes, base: int = 0) -> list[Unit]:
    return list(_exif.units(exif, base, "TEST"))


@pytest.mark.parametrize("order", ["<", ">"])
def test_text_tags_with_their_bytes(order: str) -> None:
    exif = block(order)
    units = found(exif, base=1000)
    assert [(u.kind, u.key, u.data) for u in units] == [
        (Kind.EXIF, "ImageDescription", b"a picture"),
        (Kind.EXIF, "Make", b"me"),
        (Kind.EXIF, "UserComment", COMMENT),
    ]
    assert [exif[u.start - 1000 : u.stop - 1000] for u in units] == [b"a picture\0", b"me\0", COMMENT]
    assert not any(u.notes or u.home for u in units)


def test_what_pillow_writes() -> None:
    exif = Image.Exif()
    exif[0x10E], exif[0x9C9C] = "hello", "备注".encode("utf-16-le")
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "生成".encode("utf-16-le")
    raw = exif.tobytes()
    assert {u.key: u.data for u in found(raw)} == {
        "ImageDescription": b"hello",
        "XPComment": "备注".encode("utf-16-le"),
        "UserComment": b"UNICODE\0" + "生成".encode("utf-16-le"),
    }
    assert found(raw, 6)[0].start == found(raw[6:], 12)[0].start, "the identifier in front is passed over"


def test_xmp_in_tag_700() -> None:
    exif = Image.Exif()
    exif[700] = b"<x:xmpmeta/>"
    (unit,) = found(exif.tobytes())
    assert (unit.kind, unit.data, unit.home) == (Kind.XMP, b"<x:xmpmeta/>", False)


def test_a_comment_in_the_wrong_directory_and_of_the_wrong_type() -> None:
    raw = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x9286, 2, 5, 26) + bytes(4) + b'{"A"}'
    assert [(u.key, u.data) for u in found(raw)] == [("UserComment", b'{"A"}')]


def test_one_bad_value_does_not_hide_the_others() -> None:
    raw = bytearray(block())
    struct.pack_into("<I", raw, 10 + 8, 0x7FFFFFFF)  # ImageDescription now points far away
    units = found(bytes(raw))
    assert [u.key for u in units] == ["Make", "UserComment", ""]
    assert units[-1].notes == ("exif-damaged",)
    assert "270" in units[-1].place


@pytest.mark.parametrize("size", range(len(block())))
def test_cut_anywhere_it_says_so(size: int) -> None:
    units = found(block()[:size])
    assert units[-1].notes == ("exif-damaged",)
    assert all(not u.notes for u in units[:-1])


def test_a_directory_that_follows_itself() -> None:
    units = found(block(next_ifd=8))
    assert [u.key for u in units] == ["ImageDescription", "Make", "UserComment", ""]
    assert "circle" in units[-1].place


def test_values_that_overlap_do_not_multiply() -> None:
    """Tags that share one large value give at most what a reader is willing to hold."""
    entries = [struct.pack("<HHII", tag, 2, 1_000_000, 8) for tag in _exif.TEXT_TAGS]
    raw = b"II*\0" + struct.pack("<I", 1_000_100) + b"x" * 1_000_092
    raw += struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    units = found(raw)
    assert sum(len(u.data) for u in units) <= 8 * 1024 * 1024
    assert units[-1].notes == ("exif-damaged",)


def test_blank_keeps_the_length() -> None:
    exif = block()
    for unit in found(exif):
        assert len(_exif.blank(unit)) == unit.stop - unit.start
    comment = found(exif)[-1]
    assert _exif.blank(comment) == b"ASCII\0\0\0".ljust(len(COMMENT), b"\0")
    assert set(_exif.blank(found(exif)[0])) == {0}


def test_blanked_exif_reads_as_empty() -> None:
    exif = bytearray(block())
    for unit in found(bytes(exif)):
        exif[unit.start : unit.stop] = _exif.blank(unit)
    assert [u.data.strip(b"\0") for u in found(bytes(exif))] == [b"", b"", b"ASCII"]
    with Image.open(io.BytesIO(_jpeg_with(bytes(exif)))) as image:
        assert image.getexif().get_ifd(0x8769)[0x9286].strip(b"\0") == b"ASCII"


def _jpeg_with(exif: bytes) -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "JPEG", exif=b"Exif\0\0" + exif)
    return file.getvalue()


def test_fill_pads_and_refuses_what_does_not_fit() -> None:
    unit = found(block())[0]
    assert _exif.fill(unit, b"short") == b"short\0\0\0\0\0"
    assert _exif.fill(unit, None) == _exif.blank(unit)
    with pytest.raises(UnsupportedOperation):
        _exif.fill(unit, b"much longer than before")


@given(st.data())
def test_any_damage_is_survived(data: st.DataObject) -> None:
    raw = bytearray(block(data.draw(st.sampled_from("<>"))))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=6)):
        raw[at] = data.draw(st.integers(0, 255))
    for unit in found(bytes(raw), 50):
        assert 50 <= unit.start <= unit.stop <= 50 + len(raw)
        assert bytes(raw[unit.start - 50 : unit.stop - 50]).startswith(unit.data)
