"""GIF: both versions, still and animated, held against Pillow, exiftool and ImageMagick."""

from __future__ import annotations

import io
import json
import mmap
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from labelkit.errors import BrokenFile, LabelKitError, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Kind, Unit, apply
from labelkit.formats.containers.gif import MAGIC_TRAILER, Gif
from labelkit.testing.container_contract import LONGER_PACKET, PACKET, ContainerContract, edited, home

GIF = Gif()
LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
CONTROL = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"
COMMENT = b"\x21\xfe\x05hello\x00"
PLAIN = b"\x21\x01\x0c" + bytes(12) + b"\x04text\x00"
ICC = b"\x21\xff\x0bICCRGBG1012\x03icc\x00"
MANIFEST = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00\x04jumb\x00"
# One pixel, local palette, LZW: clear, 0, end.
DOT = b"\x2c" + bytes(4) + b"\x01\x00\x01\x00\x80" + b"\0\0\0\xff\xff\xff" + b"\x02\x02\x44\x01\x00"


def made(*blocks: bytes, version: bytes = b"89a", trailer: bytes = b";") -> bytes:
    """A GIF of one pixel with a global palette of two colours and these blocks."""
    return b"GIF" + version + b"\x01\x00\x01\x00\x80\x00\x00" + b"\xff\0\0\0\xff\0" + b"".join(blocks) + trailer


def xmp(packet: bytes) -> bytes:
    return b"\x21\xff\x0bXMP DataXMP" + packet + MAGIC_TRAILER


def in_sub_blocks(packet: bytes) -> bytes:
    parts = [packet[i : i + 255] for i in range(0, len(packet), 255)]
    return b"\x21\xff\x0bXMP DataXMP" + b"".join(bytes([len(p)]) + p for p in parts) + b"\0"


def saved(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "GIF", **options)
    return out.getvalue()


def frame(shift: int = 0) -> Image.Image:
    return Image.linear_gradient("L").resize((19, 13)).rotate(shift).convert("RGB").quantize(7 + shift % 5)


@cache
def files() -> dict[str, bytes]:
    more = [frame(s) for s in (30, 60, 90)]
    return {
        "pillow": saved(frame(), comment=b"drawn by hand"),
        "interlaced": saved(frame(), interlace=1),
        "transparent": saved(frame(), transparency=2),
        "animated": saved(frame(), save_all=True, append_images=more, duration=[10, 20, 30, 40], loop=2, disposal=2),
        "87a": made(DOT, version=b"87a"),
        "everything": made(LOOP, COMMENT, ICC, MANIFEST, CONTROL, DOT, CONTROL, COMMENT, DOT, PLAIN),
        "foreign xmp": made(LOOP, CONTROL, DOT, xmp(LONGER_PACKET)),
        "cut xmp": made(in_sub_blocks(LONGER_PACKET), DOT),
    }


def frames_of(data: bytes) -> list[tuple[object, ...]]:
    with Image.open(io.BytesIO(data)) as image:
        keys = ("duration", "loop", "transparency")
        return [(f.mode, f.size, f.tobytes(), [f.info.get(k) for k in keys]) for f in ImageSequence.Iterator(image)]


def replaced(data: bytes, new: dict[Unit, bytes | None]) -> bytes:
    return b"".join(apply(data, GIF.edit(data, PACKET, new)))


class TestGif(ContainerContract):
    format_id = "gif"

    def samples(self) -> dict[str, bytes]:
        return files()

    def pixels(self, data: bytes) -> object:
        return frames_of(data)


def test_exiftool_and_imagemagick_find_the_packet(tmp_path: Path) -> None:
    paths = []
    for number, data in enumerate(files().values()):
        paths.append(tmp_path / f"{number}.gif")
        paths[-1].write_bytes(edited(GIF, data, PACKET))
    answer = subprocess.run(["exiftool", "-j", "-G1", "-XMP:all", "-Warning", *paths], check=True, capture_output=True)
    found = json.loads(answer.stdout)
    assert [entry["XMP-TC260:Aigc"] for entry in found] == ['{"Label":"1"}'] * len(paths)
    assert not [entry for entry in found if "ExifTool:Warning" in entry]
    told = subprocess.run(["identify", "-regard-warnings", *paths], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert not told.stderr


def test_the_packet_stands_behind_the_loop_count_and_in_front_of_the_frames() -> None:
    result = edited(GIF, made(LOOP, CONTROL, DOT), PACKET)
    assert result == made(LOOP, xmp(PACKET), CONTROL, DOT)


def test_an_87a_file_becomes_89a_because_it_now_has_an_extension() -> None:
    assert edited(GIF, files()["87a"], PACKET) == made(xmp(PACKET), DOT)


def test_a_packet_that_is_there_is_replaced_where_it_stands() -> None:
    assert edited(GIF, files()["foreign xmp"], PACKET) == made(LOOP, CONTROL, DOT, xmp(PACKET))


def test_units_by_kind() -> None:
    units = [(u.kind, u.key, u.data) for u in GIF.read(files()["everything"])]
    assert units == [
        (Kind.SEGMENT, "NETSCAPE2.0", b"\x01\0\0"),
        (Kind.COMMENT, "", b"hello"),
        (Kind.SEGMENT, "ICCRGBG1012", b"icc"),
        (Kind.C2PA, "C2PA_GIF", b"jumb"),
        (Kind.COMMENT, "", b"hello"),
        (Kind.TEXT, "plain text", b"text"),
    ]


@pytest.mark.parametrize(
    ("block", "packet", "notes"),
    [
        (xmp(LONGER_PACKET), LONGER_PACKET, ()),
        (in_sub_blocks(LONGER_PACKET), LONGER_PACKET, ("sub-blocks",)),
        (in_sub_blocks(b"\xef\xbb\xbf" + LONGER_PACKET), b"\xef\xbb\xbf" + LONGER_PACKET, ("sub-blocks",)),
        # The trailer without its first byte, as one writer has it: every decoder still gets through.
        (b"\x21\xff\x0bXMP DataXMP" + LONGER_PACKET + MAGIC_TRAILER[1:], LONGER_PACKET, ("no-magic-trailer",)),
    ],
)
def test_odd_ways_to_store_a_packet_are_read_and_put_right(block: bytes, packet: bytes, notes: tuple[str, ...]) -> None:
    unit = next(iter(GIF.read(made(block, DOT))))
    assert (unit.kind, unit.home, unit.data, unit.notes) == (Kind.XMP, True, packet, notes)
    assert edited(GIF, made(block, DOT), PACKET) == made(xmp(PACKET), DOT)


@pytest.mark.parametrize("size", [*range(1, 40), 250, 255, 256, 257, 300, 511, 512, 513])
def test_every_decoder_gets_past_a_packet_of_any_length(size: int) -> None:
    """The magic trailer must catch a walk over sub-blocks wherever it comes from (bytes of any value but zero)."""
    packet = b"<x:xmpmeta " + bytes(255 - i % 255 for i in range(size)) + b"/>"
    data = made(xmp(packet), DOT)
    assert home(GIF, data) == packet
    assert frames_of(data) == frames_of(made(DOT))


def test_two_packets_become_one() -> None:
    data = made(xmp(PACKET), DOT, xmp(LONGER_PACKET))
    assert edited(GIF, data, PACKET) == made(xmp(PACKET), DOT)


def test_units_are_replaced_and_taken_out_and_frames_stay() -> None:
    data = files()["everything"]
    for unit in GIF.read(data):
        changed = replaced(data, {unit: b"y" * 600})
        assert b"y" * 600 in [u.data for u in GIF.read(changed)], unit.key
        gone = replaced(data, {unit: None})
        assert len(list(GIF.read(gone))) == len(list(GIF.read(data))), unit.key  # one less, and the packet
        if unit.key != "NETSCAPE2.0":
            assert frames_of(changed) == frames_of(gone) == frames_of(data), unit.key


def test_an_unknown_extension_is_a_unit() -> None:
    data = made(b"\x21\x99\x03abc\x02de\x00", DOT)
    unit = next(iter(GIF.read(data)))
    assert (unit.kind, unit.key, unit.data) == (Kind.SEGMENT, "0x99", b"abcde")
    assert replaced(data, {unit: b"new"}) == made(b"\x21\x99\x03new\x00", xmp(PACKET), DOT)


def test_bytes_behind_the_trailer_are_kept_and_shown() -> None:
    data = files()["pillow"] + b"more"
    assert edited(GIF, data, PACKET) == edited(GIF, files()["pillow"], PACKET) + b"more"
    trailer = list(GIF.read(data))[-1]
    assert (trailer.key, trailer.data) == ("trailer", b"more")
    assert replaced(data, {trailer: None}) == edited(GIF, files()["pillow"], PACKET)


def test_without_a_trailer_units_come_first_then_the_error() -> None:
    reading = GIF.read(made(COMMENT, DOT, trailer=b""))
    assert next(reading).data == b"hello"
    with pytest.raises(BrokenFile, match="before its trailer"):
        next(reading)


def test_stray_zero_bytes_between_blocks_are_survived() -> None:
    assert edited(GIF, made(DOT, b"\0\0", COMMENT), PACKET) == made(xmp(PACKET), DOT, b"\0\0", COMMENT)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GIF88a" + bytes(20), "signature"),
        (made(b"\x99"), "0x99 starts no block"),
        (made(DOT, b"GIF89a"), "0x47 starts no block"),
    ],
)
def test_lies_are_named(data: bytes, message: str) -> None:
    with pytest.raises(BrokenFile, match=message) as caught:
        GIF.edit(data, PACKET, {})
    assert caught.value.place
    assert caught.value.remedy


def test_a_packet_that_would_break_the_blocks_is_refused() -> None:
    with pytest.raises(UnsupportedOperation, match="zero bytes"):
        GIF.edit(files()["pillow"], PACKET.decode().encode("utf-16"), {})


def test_a_huge_packet_is_refused() -> None:
    data = made(xmp(b" " * (MAX_PAYLOAD_BYTES + 1)), DOT)
    with pytest.raises(LimitExceeded):
        list(GIF.read(data))
    with pytest.raises(LimitExceeded):
        GIF.edit(data, PACKET, {})


def test_a_mapped_file_works_like_bytes(tmp_path: Path) -> None:
    for name, data in files().items():
        path = tmp_path / "mapped.gif"
        path.write_bytes(data)
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        assert list(GIF.read(mapped)) == list(GIF.read(data)), name
        assert list(GIF.edit(mapped, PACKET, {})) == list(GIF.edit(data, PACKET, {})), name


@pytest.mark.parametrize("new", ["pillow", "animated", "87a", "transparent"])
@pytest.mark.parametrize("old", list(files()))
def test_graft_takes_the_picture_of_one_and_the_metadata_of_the_other(old: str, new: str) -> None:
    data, encoded = edited(GIF, files()[old], PACKET), files()[new]
    result = b"".join(apply(data, GIF.graft(data, encoded) or []))
    assert frames_of(result) == frames_of(encoded)

    def metadata(of: bytes) -> list[tuple[object, ...]]:
        return [(u.kind, u.key, u.data) for u in GIF.read(of) if u.key != "NETSCAPE2.0"]

    assert metadata(result) == metadata(data)


def test_graft_keeps_metadata_of_a_file_without_frames() -> None:
    result = b"".join(apply(made(COMMENT), GIF.graft(made(COMMENT), made(CONTROL, DOT)) or []))
    assert result == made(COMMENT, CONTROL, DOT)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_mutations_give_an_answer_or_an_error(draw: st.DataObject) -> None:
    data = bytearray(draw.draw(st.sampled_from(list(files().values()))))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, min(len(data) - 1, 1500)))
        data[at : at + draw.draw(st.integers(0, 3))] = draw.draw(st.binary(max_size=4))
    try:
        result = edited(GIF, bytes(data), PACKET)
    except LabelKitError:
        return
    assert home(GIF, result) == PACKET
    assert list(GIF.edit(result, PACKET, {})) == []
