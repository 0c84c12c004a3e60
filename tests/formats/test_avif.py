"""AVIF, and every layout of the item boxes, held against Pillow (libavif), exiftool, libheif and Chromium."""

import io
import mmap
import os
import struct
import subprocess
import zlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from labelkit.errors import BrokenFile, InputError, LabelKitError, LimitExceeded
from labelkit.formats.base import Kind, apply
from labelkit.formats.containers._heif_items import spans
from labelkit.formats.containers._heif_scan import scan
from labelkit.formats.containers.heif import Avif
from labelkit.testing.bmff_builder import Layout, Picture, box, build, full, parts, with_brands
from labelkit.testing.container_contract import LONGER_PACKET, PACKET, ContainerContract, edited, home

AVIF = Avif()
FOREIGN = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def gradient(shift: int = 0, size: tuple[int, int] = (48, 32)) -> Image.Image:
    pixels = [((x * 5 + shift) % 256, (y * 7) % 256, (x + y) % 256) for y in range(size[1]) for x in range(size[0])]
    image = Image.new("RGB", size)
    image.putdata(pixels)
    return image


def saved(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "AVIF", speed=10, **options)
    return out.getvalue()


@cache
def still(**options: bytes) -> bytes:
    return saved(gradient(), **options)


@cache
def animated(**options: bytes) -> bytes:
    return saved(gradient(), save_all=True, append_images=[gradient(40), gradient(90)], duration=100, **options)


@cache
def picture() -> Picture:
    return Picture.of(still())


def exif() -> bytes:
    made = Image.Exif()
    made[0x010E] = "a description"
    made.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0a comment"
    return made.tobytes()


def frames(data: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(data)) as image:
        return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(image)]


def pillow_xmp(data: bytes) -> bytes | None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.info.get("xmp")


def with_units(data: bytes, others: dict, payload: bytes = PACKET) -> bytes:
    return b"".join(apply(data, AVIF.edit(data, payload, others)))


class TestAvif(ContainerContract):
    format_id = "avif"

    def samples(self) -> dict[str, bytes]:
        return {
            "still": still(),
            "still with XMP and EXIF": still(xmp=FOREIGN, exif=exif()),
            "animated with XMP": animated(xmp=FOREIGN),
            "packet in idat": build(picture(), Layout(packet=1), FOREIGN),
        }


LAYOUTS = {
    "meta before mdat": Layout(),
    "mdat before meta": Layout(order=("ftyp", "mdat", "meta")),
    "free between": Layout(order=("ftyp", "meta", box(b"free", bytes(40)), "mdat")),
    "large free between": Layout(order=("ftyp", "meta", box(b"free", bytes(4000)), "mdat")),
    "free of exactly the growth": Layout(order=("ftyp", "meta", box(b"skip", bytes(78 - 8)), "mdat")),
    "free one byte short of a header": Layout(order=("ftyp", "meta", box(b"free", bytes(78 - 1)), "mdat")),
    "unknown boxes": Layout(order=("ftyp", box(b"abcd", b"1"), "meta", box(b"efgh", b"22"), "mdat", box(b"ijkl"))),
    "64-bit mdat": Layout(mdat="long"),
    "mdat to the end of the file": Layout(mdat="open"),
    "meta last, data to the packet": Layout(order=("ftyp", "mdat", box(b"free"), "meta")),
    "iloc 0": Layout(version=0),
    "iloc 2": Layout(version=2),
    "64-bit offsets": Layout(offset_width=8, length_width=8),
    "no offsets, only bases": Layout(offset_width=0, base_width=4, base="item"),
    "base of the data": Layout(base_width=4, base="mdat"),
    "wide base of the data": Layout(base_width=8, base="mdat", offset_width=4),
    "base width without a base": Layout(base_width=4),
    "index width": Layout(index_width=4),
    "version 0 with bases": Layout(version=0, base_width=8, base="item"),
    "picture in idat": Layout(order=("ftyp", "meta"), picture=1, packet=1),
    "picture in idat, no offsets": Layout(order=("ftyp", "meta"), picture=1, packet=1, length_width=8),
    "no offsets at all": Layout(order=("ftyp", "meta"), picture=1, offset_width=0),
    "packet in idat": Layout(packet=1),
    "three pieces": Layout(extents=3),
    "three pieces, bases": Layout(extents=3, base_width=4, base="item"),
    "wide item number": Layout(version=2, xmp_id=70_000),
    "full of 16-bit numbers": Layout(xmp_id=0xFFFF),
    "more boxes in meta": Layout(extra=box(b"wxyz", b"333")),
}


def cases() -> list[tuple[str, bool]]:
    """Layouts without and with a packet; a second item needs an offset."""
    return [(name, there) for name in LAYOUTS for there in (False, True) if not (there and name == "no offsets at all")]


@pytest.mark.parametrize(("name", "with_packet"), cases())
def test_layouts(name: str, with_packet: bool) -> None:
    data = build(picture(), LAYOUTS[name], FOREIGN if with_packet else None)
    assert frames(data) == frames(still()), "the builder must make valid files"
    assert home(AVIF, data) == (FOREIGN if with_packet else None)
    once = edited(AVIF, data, PACKET)
    again = edited(AVIF, edited(AVIF, once, LONGER_PACKET), PACKET)
    for result in (once, edited(AVIF, once, LONGER_PACKET), again):
        assert frames(result) == frames(still())
        assert AVIF.edit(result, home(AVIF, result), {}) == []
    assert pillow_xmp(once) == pillow_xmp(again) == PACKET
    assert len(again) <= len(once) + len(LONGER_PACKET) + 16, "replacing must not grow for ever"
    assert FOREIGN not in again


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_by_strangers(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a.avif"
    file.write_bytes(
        edited(AVIF, build(picture(), LAYOUTS[name], FOREIGN if (name, True) in cases() else None), PACKET)
    )
    shown = subprocess.run(["exiftool", "-s3", "-XMP:AIGC", "-Warning", file], capture_output=True, text=True)
    assert shown.stdout.strip() == '{"Label":"1"}'


@pytest.mark.parametrize("name", LAYOUTS)
def test_unknown_boxes_stay(name: str) -> None:
    data = build(picture(), LAYOUTS[name])
    kept = [b for b in (box(b"abcd", b"1"), box(b"efgh", b"22"), box(b"ijkl"), box(b"wxyz", b"333")) if b in data]
    result = edited(AVIF, data, PACKET)
    assert all(b in result for b in kept)
    assert picture().properties in result


def test_an_item_without_a_length_is_all_of_idat() -> None:
    layout = Layout(order=("ftyp", "meta"), picture=1, offset_width=0, length_width=0)
    data = build(picture(), layout)
    [before] = scan(data, "AVIF").metas
    assert [data[p.start : p.stop] for p in spans(data, before, 1)] == [picture().coded]
    result = edited(AVIF, data, PACKET)
    [after] = scan(result, "AVIF").metas
    assert [result[p.start : p.stop] for p in spans(result, after, 1)] == [picture().coded]
    assert home(AVIF, result) == PACKET


def test_a_packet_cut_out_of_another_item() -> None:
    data = build(picture(), Layout(packet=2, index_width=4), FOREIGN)
    assert home(AVIF, data) == FOREIGN
    result = edited(AVIF, data, PACKET)
    assert home(AVIF, result) == PACKET
    assert frames(result) == frames(still())
    assert b"before" + FOREIGN in result, "another item uses these bytes too"


def test_items_made_of_items_are_bounded() -> None:
    data = bytearray(build(picture(), Layout(packet=2, index_width=4), FOREIGN))
    at = data.index(b"iloc", data.index(b"iref"))
    data[at + 8 : at + 10] = b"\0\2"  # the item is made of itself
    with pytest.raises(LimitExceeded, match="made of other items"):
        list(AVIF.read(bytes(data)))


@pytest.mark.parametrize(("number", "text"), [(-15, b"deflate"), (15, b"compress_zlib"), (31, b"gzip")])
def test_compressed_packets_are_read_and_replaced_plainly(number: int, text: bytes) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, number)
    data = build(picture(), Layout(), packer.compress(FOREIGN * 9) + packer.flush(), encoding=text)
    [unit] = AVIF.read(data)
    assert (unit.data, unit.notes, unit.home) == (FOREIGN * 9, ("compressed",), True)
    plain = edited(AVIF, data, FOREIGN * 9)
    assert pillow_xmp(plain) == FOREIGN * 9
    assert frames(plain) == frames(still())
    assert AVIF.edit(plain, FOREIGN * 9, {}) == []


def test_an_inflation_bomb_is_refused() -> None:
    data = build(picture(), Layout(), zlib.compress(bytes(64 << 20)), encoding=b"deflate")
    with pytest.raises(LimitExceeded, match="inflated"):
        list(AVIF.read(data))


def test_the_packet_of_another_picture_is_not_the_home() -> None:
    data = build(picture(), Layout(describes=7), FOREIGN)
    assert [(u.data, u.home) for u in AVIF.read(data)] == [(FOREIGN, False)]
    result = edited(AVIF, data, PACKET)
    assert sorted((u.data, u.home) for u in AVIF.read(result)) == sorted([(FOREIGN, False), (PACKET, True)])


def test_the_only_packet_without_a_reference_is_the_home() -> None:
    data = build(picture(), Layout(describes=0), FOREIGN)
    assert home(AVIF, data) == FOREIGN


def test_a_packet_at_the_end_grows_in_place() -> None:
    data = edited(AVIF, still(), PACKET)
    longer = edited(AVIF, data, LONGER_PACKET)
    assert len(longer) - len(data) == len(LONGER_PACKET) - len(PACKET)


def test_free_space_keeps_everything_where_it_was() -> None:
    data = build(picture(), LAYOUTS["large free between"])
    result = edited(AVIF, data, PACKET)
    assert result.index(picture().coded) == data.index(picture().coded)
    assert len(result) == len(data) + len(PACKET) + 8


def test_a_film_behind_the_picture_stays_last() -> None:
    film = box(b"mpvd", b"a motion photo's film, found from the end of the file")
    data = still() + film
    for packet in (PACKET, LONGER_PACKET):
        data = edited(AVIF, data, packet)
        assert data.endswith(film)
        assert home(AVIF, data) == packet
        assert frames(data) == frames(still())


def test_players_of_the_track_see_the_packet() -> None:
    labelled = edited(AVIF, animated(), PACKET)
    assert frames(labelled) == frames(animated())
    assert len(frames(labelled)) == 3
    assert pillow_xmp(labelled) == PACKET
    assert [u.data for u in AVIF.read(labelled)] == [PACKET], "one packet, reported once"
    replaced = edited(AVIF, labelled, LONGER_PACKET)
    assert pillow_xmp(replaced) == LONGER_PACKET
    assert replaced.count(b"<x:xmpmeta") == 1


def test_an_animation_without_picture_items_gets_the_box_of_films() -> None:
    data = animated()
    [(_, body, stop)] = [p for p in parts(data) if p[0] == b"meta"]
    sequence = data[: body - 8] + box(b"free", bytes(stop - body)) + data[stop:]
    assert home(AVIF, sequence) is None
    labelled = edited(AVIF, sequence, PACKET)
    assert home(AVIF, labelled) == PACKET
    assert home(AVIF, edited(AVIF, labelled, LONGER_PACKET)) == LONGER_PACKET
    assert AVIF.edit(labelled, PACKET, {}) == []


def test_uuid_boxes() -> None:
    data = still() + box(b"uuid", XMP_UUID, FOREIGN) + box(b"uuid", C2PA_UUID, b"manifest") + box(b"uuid", bytes(16))
    units = list(AVIF.read(data))
    assert [(u.kind, u.data, u.home) for u in units] == [(Kind.XMP, FOREIGN, False), (Kind.C2PA, b"manifest", False)]
    emptied = with_units(data, {units[0]: None})
    assert FOREIGN not in emptied
    assert box(b"free", bytes(16 + len(FOREIGN))) in emptied
    assert [u.kind for u in AVIF.read(emptied)] == [Kind.C2PA, Kind.XMP]
    longer = with_units(data, {units[0]: FOREIGN + b"  "})
    assert [u.data for u in AVIF.read(longer)] == [FOREIGN + b"  ", b"manifest", PACKET]
    assert frames(longer) == frames(emptied) == frames(data)


def test_exif_values_are_blanked_where_they_are() -> None:
    data = still(xmp=FOREIGN, exif=exif())
    values = [u for u in AVIF.read(data) if u.kind is Kind.EXIF]
    assert {u.key for u in values} == {"ImageDescription", "UserComment"}
    assert all(u.data in data[u.start : u.stop] for u in values)
    result = with_units(data, dict.fromkeys(values), FOREIGN)
    assert len(result) == len(data)
    assert b"a description" not in result
    assert b"a comment" not in result


def test_exif_of_picture_and_track_is_reported_once() -> None:
    data = animated(exif=exif())
    values = [u for u in AVIF.read(data) if u.kind is Kind.EXIF]
    assert sorted(u.key for u in values) == ["ImageDescription", "UserComment"]
    result = with_units(data, dict.fromkeys(values))
    assert b"a comment" not in result
    assert frames(result) == frames(data)


def test_exif_in_pieces_is_read_and_blanked() -> None:
    block = b"\0\0\0\6Exif\0\0" + exif().removeprefix(b"Exif\0\0")
    data = build(picture(), Layout(extents=7), exif=block)
    values = [u for u in AVIF.read(data) if u.kind is Kind.EXIF]
    assert [u.data for u in values if u.key == "ImageDescription"] == [b"a description"]
    result = with_units(data, dict.fromkeys(values))
    assert {u.data.strip(b"\0") for u in AVIF.read(result) if u.kind is Kind.EXIF} == {b"", b"ASCII"}
    assert frames(result) == frames(still())


def test_a_secondary_packet_is_blanked_or_replaced() -> None:
    data = build(picture(), Layout(describes=7), FOREIGN)
    [other] = AVIF.read(data)
    blanked = with_units(data, {other: None})
    assert FOREIGN not in blanked
    assert [u.data for u in AVIF.read(blanked)] == [PACKET]
    longer = with_units(data, {other: FOREIGN + b" " * 50})
    assert {u.data for u in AVIF.read(longer)} == {FOREIGN + b" " * 50, PACKET}
    assert frames(longer) == frames(blanked) == frames(still())
    assert FOREIGN in longer
    assert longer.count(FOREIGN) == 1


def test_an_encrypted_packet_is_left_alone() -> None:
    data = bytearray(build(picture(), Layout(), FOREIGN))
    data[data.index(b"mime") - 1] = 1  # item_protection_index
    [unit] = AVIF.read(bytes(data))
    assert (unit.home, unit.notes) == (False, ("encrypted",))
    for others in ({}, {unit: None}):
        result = with_units(bytes(data), others)
        assert home(AVIF, result) == PACKET
        assert AVIF.edit(result, PACKET, {}) == []
        assert (FOREIGN in result) == (not others)


@pytest.mark.parametrize("target", [0, 40, 100], ids=["ftyp", "meta", "inside meta"])
def test_an_item_that_lies_over_the_structure_is_not_written_over(target: int) -> None:
    real = build(picture(), Layout(), FOREIGN)
    place = real.index(FOREIGN).to_bytes(4, "big") + len(FOREIGN).to_bytes(4, "big")
    data = real.replace(place, target.to_bytes(4, "big") + len(FOREIGN).to_bytes(4, "big"))
    result = edited(AVIF, data, PACKET)
    assert home(AVIF, result) == PACKET
    assert frames(result) == frames(still())


def test_exif_that_lies_over_the_structure_is_refused() -> None:
    block = bytes(4) + exif().removeprefix(b"Exif\0\0")
    data = build(picture(), Layout(extra=box(b"wxyz", block)), exif=block)
    first, second = data.index(block), data.rindex(block)
    lying = data.replace(second.to_bytes(4, "big"), first.to_bytes(4, "big"))
    with pytest.raises(BrokenFile, match="structure"):
        AVIF.edit(lying, PACKET, dict.fromkeys(AVIF.read(lying)))


def test_the_largest_item_number_leaves_room() -> None:
    data = build(picture(), Layout(version=2, xmp_id=0xFFFF_FFFF, describes=7), FOREIGN)
    assert home(AVIF, edited(AVIF, data, PACKET)) == PACKET


def test_a_unit_of_another_file_is_refused() -> None:
    [other] = AVIF.read(build(picture(), Layout(), FOREIGN))
    with pytest.raises(BrokenFile, match="changed"):
        AVIF.edit(still(), PACKET, {other: None})


@pytest.mark.parametrize("layout", ["iloc 0", "picture in idat", "64-bit mdat", "three pieces", "mdat before meta"])
def test_truncated_at_every_byte(layout: str) -> None:
    data = build(picture(), LAYOUTS[layout], FOREIGN)
    for size in range(len(data)):
        with pytest.raises(BrokenFile) as caught:
            list(AVIF.read(data[:size]))
        assert caught.value.place
        assert caught.value.remedy


def test_units_before_a_defect_are_given() -> None:
    data = still(exif=exif(), xmp=FOREIGN)
    units = AVIF.read(data[:-1])
    assert next(units).kind is Kind.EXIF
    with pytest.raises(BrokenFile):
        list(units)


def hostile(change: bytes, at: bytes, skip: int) -> bytes:
    data = bytearray(build(picture(), Layout(), FOREIGN))
    start = data.index(at) + skip
    data[start : start + len(change)] = change
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        hostile(b"\xff\xff\xff\xff", b"meta", -4),
        hostile(b"\0\0\0\1", b"meta", -4),
        hostile(b"\0\0\0\7", b"pitm", -4),
        hostile(b"\xff\xff", b"iinf", 8),
        hostile(b"\0\1", b"iinf", 8),
        hostile(b"\xff\xff", b"iloc", 10),
        hostile(b"\x09", b"iloc", 4),
        hostile(b"\xff", b"iloc", 8),
        hostile(b"\x00\x00\x00\x02\x00\x01\x00\x00\x00\x00\xff\xff", b"iloc", 8),
        hostile(b"\0\5", b"iloc", 14),
        hostile(b"\xff\xff\xff\xff", b"iloc", 20),
        hostile(b"iloc", b"pitm", 0),
        still()[: still().index(b"meta") - 4],
        box(b"ftyp", b"avif", bytes(4)),
        still() + b"1234567",
        still() + box(b"moov", box(b"trak", b"\0\0\0\3trak")),
    ],
)
def test_contradictions_are_named(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        AVIF.edit(data, PACKET, {})
    assert caught.value.place
    assert caught.value.remedy


def nested(levels: int) -> bytes:
    inner = b""
    for _ in range(levels):
        inner = box(b"trak", inner)
    return still() + inner


@pytest.mark.parametrize(
    "data",
    [
        nested(5000),
        still() + box(b"free") * 200_000,
        still() + box(b"moov", box(b"trak") * 200_000),
        build(picture(), Layout(extra=box(b"grpl", box(b"altr", bytes(12)) * 200_001))),
    ],
)
def test_depth_and_number_are_bounded(data: bytes) -> None:
    with pytest.raises(LimitExceeded):
        AVIF.edit(data, PACKET, {})


def test_items_that_share_bytes_cannot_fill_the_memory() -> None:
    big = FOREIGN.ljust(4 << 20)
    data = build(picture(), Layout(), big)
    meta = data.index(b"meta") - 4
    entry = full(b"infe", 2, b"\0\2\0\0mime\0application/rdf+xml\0")
    grown = data.replace(full(b"iinf", 0, b"\0\2"), b"", 1)
    start = grown.index(b"iinf")
    size = int.from_bytes(grown[start - 4 : start], "big")
    iinf = full(b"iinf", 0, (2 + 100).to_bytes(2, "big"), grown[start + 10 : start - 4 + size], entry * 100)
    more = len(iinf) - size
    data = grown[: start - 4] + iinf + grown[start - 4 + size :]
    data = data[:meta] + (int.from_bytes(data[meta : meta + 4], "big") + more).to_bytes(4, "big") + data[meta + 4 :]
    with pytest.raises(LimitExceeded, match="bytes of metadata"):
        AVIF.edit(data, PACKET, {})


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutations(choose: st.DataObject) -> None:
    base = choose.draw(st.sampled_from([still(), animated(xmp=FOREIGN), build(picture(), Layout(packet=1), FOREIGN)]))
    data = bytearray(base)
    head = min(len(data), 1300)
    for at, value in choose.draw(st.lists(st.tuples(st.integers(0, head - 1), st.integers(0, 255)), max_size=6)):
        data[at] = value
    cut = choose.draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))
    try:
        result = edited(AVIF, bytes(data[:cut]), PACKET)
    except LabelKitError:
        return
    assert home(AVIF, result) == PACKET
    assert AVIF.edit(result, PACKET, {}) == []


@pytest.mark.parametrize(
    ("major", "compatible", "score"),
    [
        (b"avif", (b"mif1",), 100),
        (b"avis", (b"msf1",), 100),
        (b"mif1", (b"avif",), 95),
        (b"mif1", (b"heic", b"avif"), 70),
        (b"mif1", (b"heic",), 0),
        (b"heic", (b"avif",), 0),
        (b"isom", (b"avif",), 0),
        (b"qt  ", (), 0),
    ],
)
def test_brands(major: bytes, compatible: tuple[bytes, ...], score: int) -> None:
    assert AVIF.score(build(with_brands(picture(), major, *compatible), Layout())) == score


def test_from_ffmpeg_and_libheif(tmp_path: Path) -> None:
    source = tmp_path / "in.png"
    gradient().save(source)
    makers = {
        "ffmpeg": [
            "ffmpeg",
            "-v",
            "error",
            "-i",
            source,
            "-c:v",
            "libaom-av1",
            "-cpu-used",
            "8",
            "-still-picture",
            "1",
        ],
        "libheif": ["heif-enc", source, "-p", "speed=9", "-o"],
    }
    for name, command in makers.items():
        file = tmp_path / f"{name}.avif"
        subprocess.run([*command, file], check=True, capture_output=True)
        labelled = edited(AVIF, file.read_bytes(), PACKET)
        assert frames(labelled) == frames(file.read_bytes()), name
        file.write_bytes(labelled)
        shown = subprocess.run(["exiftool", "-s3", "-XMP:AIGC", file], capture_output=True, text=True)
        assert shown.stdout.strip() == '{"Label":"1"}', name
        assert subprocess.run(["heif-info", file], capture_output=True).returncode == 0, name


def test_a_mapped_file(tmp_path: Path) -> None:
    file = tmp_path / "a.avif"
    file.write_bytes(still(xmp=FOREIGN))
    with open(file, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert home(AVIF, mapped) == FOREIGN
        assert edited(AVIF, mapped, PACKET) == edited(AVIF, still(xmp=FOREIGN), PACKET)


def write_sparse(path: Path, pieces: list[memoryview]) -> None:
    """Write the pieces, leaving a hole for a large one (which must be all zeros but for its first bytes)."""
    with open(path, "wb") as file:
        for piece in pieces:
            file.write(piece[:1_000_000])
            file.seek(max(0, len(piece) - 1_000_000), os.SEEK_CUR)
        file.truncate()


@pytest.mark.parametrize("first", ["meta", "mdat"])
def test_a_file_of_more_than_4_gib(first: str, tmp_path: Path) -> None:
    """Items behind 4 GiB need wider offsets than the file had; a 64-bit mdat makes it that long."""
    source, target = tmp_path / "in.avif", tmp_path / "out.avif"
    size = 5 << 30
    order = ("ftyp", "meta", "mdat") if first == "meta" else ("ftyp", "mdat", "meta")
    small = build(picture(), Layout(order=order, mdat="long"))
    at = small.index(b"mdat") + 4
    (length,) = struct.unpack_from(">Q", small, at)
    end = at - 8 + length
    head = small[:at] + struct.pack(">Q", length + size) + small[at + 8 : end]
    write_sparse(source, [memoryview(head), memoryview(bytes(1))[:0]])
    with open(source, "r+b") as file:
        file.seek(len(head) + size)
        file.write(small[end:])
        file.truncate()
    with open(source, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        write_sparse(target, pieces := apply(mapped, AVIF.edit(mapped, PACKET, {})))
        for piece in pieces:
            piece.release()
    with open(target, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert len(mapped) > size
        assert home(AVIF, mapped) == PACKET
        assert AVIF.edit(mapped, PACKET, {}) == []
        assert mapped.find(picture().coded, 0, 10_000) > 0


def test_chromium_opens_labelled_files(tmp_path: Path) -> None:
    names = []
    for number, data in enumerate((still(), animated(), build(picture(), LAYOUTS["no offsets, only bases"], FOREIGN))):
        names.append(f"{number}.avif")
        (tmp_path / names[-1]).write_bytes(edited(AVIF, data, PACKET))
    images = "".join(f'<img src="{name}" onload="document.body.append(this.naturalWidth+`;`)">' for name in names)
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><body>{images}</body>")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    shown = subprocess.run([*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=60)
    assert shown.stdout.count("48;") == len(names), shown.stdout
