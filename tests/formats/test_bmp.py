"""BMP: checked against Pillow's files, and the way out is named."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.containers.bmp import Bmp
from labelkit.testing.container_contract import PACKET

BMP = Bmp()


def saved(mode: str) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((13, 7)).convert(mode).save(out, "BMP")
    return out.getvalue()


FILES = {mode: saved(mode) for mode in ("1", "L", "P", "RGB", "RGBA")}


def core(width: int = 3, height: int = 2, bits: int = 24) -> bytes:
    """An OS/2 bitmap."""
    pixels = bytes((width * bits + 31) // 32 * 4 * height)
    return (
        b"BM"
        + struct.pack("<IHHI", 26 + len(pixels), 0, 0, 26)
        + struct.pack("<IHHHH", 12, width, height, 1, bits)
        + pixels
    )


def packed() -> bytes:
    """A run-length coded bitmap."""
    header = struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 8, 1, 4, 0, 0, 1, 0)
    return b"BM" + struct.pack("<IHHI", 62, 0, 0, 58) + header + bytes(4) + b"\x02\x00\x00\x01"


@pytest.mark.parametrize("data", [*FILES.values(), core(), packed()])
def test_sound_files_have_no_metadata_and_no_home(data: bytes) -> None:
    assert table.find(data).id == "bmp"
    assert list(BMP.read(data)) == []
    with pytest.raises(UnsupportedOperation, match="BMP has no place for metadata") as caught:
        BMP.edit(data, PACKET, {})
    assert "PNG" in caught.value.remedy


@pytest.mark.parametrize("data", [FILES["P"], core(), packed()])
def test_truncation_is_noticed_everywhere(data: bytes) -> None:
    for size in range(len(data)):
        with pytest.raises(BrokenFile):
            BMP.edit(data[:size], PACKET, {})


def test_top_down_rows_are_allowed() -> None:
    data = bytearray(FILES["RGB"])
    data[22:26] = struct.pack("<i", -7)
    assert list(BMP.read(bytes(data))) == []


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (14, 41, "bitmap header"),
        (18, 0, "impossible"),
        (18, 0x7FFFFFFF, "inside the picture"),
        (22, 0, "impossible"),
        (10, 0, "impossible"),
        (28, 7, "7 bits per pixel"),
    ],
)
def test_lies_are_named(at: int, value: int, message: str) -> None:
    data = bytearray(FILES["L"])
    data[at : at + 4] = struct.pack("<I", value)
    with pytest.raises(BrokenFile, match=message) as caught:
        list(BMP.read(bytes(data)))
    assert caught.value.place


def test_text_that_starts_with_its_letters_is_not_mine() -> None:
    assert BMP.score(b"BMW builds motorcycles and cars in Munich.") == 0
    assert BMP.score(b"") == 0
