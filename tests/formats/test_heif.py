"""HEIC and HEIF, written by libheif, ImageMagick and Pillow's plug-in, held against their readers and exiftool."""

import io
import subprocess
from functools import cache
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labelkit.errors import BrokenFile, LabelKitError
from labelkit.formats.base import Kind, apply
from labelkit.formats.containers.heif import Heif
from labelkit.testing.bmff_builder import Layout, Picture, box, build, with_brands
from labelkit.testing.container_contract import LONGER_PACKET, PACKET, ContainerContract, edited, home

HEIF = Heif()
FOREIGN = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
TOOLS = {
    "libheif": ["heif-enc", "-t", "16", "{source}", "-o", "{target}"],
    "libheif, two pictures": ["heif-enc", "{source}", "{source}", "-o", "{target}"],
    "libheif, compressed metadata": ["heif-enc", "--enable-metadata-compression", "{source}", "-o", "{target}"],
    "ImageMagick": ["convert", "{source}", "{target}"],
}


def gradient(size: tuple[int, int] = (64, 48)) -> Image.Image:
    image = Image.new("RGB", size)
    image.putdata([((x * 4) % 256, (y * 5) % 256, (x + y) % 256) for y in range(size[1]) for x in range(size[0])])
    return image


def exif() -> bytes:
    made = Image.Exif()
    made[0x010E] = "a description"
    made.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0a comment"
    return made.tobytes()


@cache
def heic(number: int = 1, **options: object) -> bytes:
    made = pillow_heif.HeifFile()
    for turn in range(number):
        made.add_from_pillow(gradient().rotate(90 * turn))
    out = io.BytesIO()
    made.save(out, quality=60, **options)
    return out.getvalue()


@cache
def picture() -> Picture:
    return Picture.of(heic(chroma=444))


def decoded(data: bytes) -> list[tuple[str, tuple[int, int], bytes, list[int]]]:
    """Mode, size, samples and thumbnails of every picture."""
    opened = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    return [(i.mode, i.size, bytes(i.data), list(i.info.get("thumbnails", ()))) for i in opened]


class TestHeif(ContainerContract):
    format_id = "heif"

    def samples(self) -> dict[str, bytes]:
        return {
            "plain": heic(),
            "three pictures with XMP and EXIF": heic(3, xmp=FOREIGN, exif=exif()),
            "mdat before meta": build(picture(), Layout(order=("ftyp", "mdat", "meta"), base_width=4, base="mdat")),
        }

    def pixels(self, data: bytes) -> object:
        return decoded(data)


@pytest.fixture(params=TOOLS)
def by_tool(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    source, target = tmp_path / "in.jpg", tmp_path / "made.heic"
    gradient().save(source, xmp=FOREIGN, exif=exif())
    command = [part.format(source=source, target=target) for part in TOOLS[request.param]]
    subprocess.run(command, check=True, capture_output=True)
    return target.read_bytes()


def test_files_of_other_tools(by_tool: bytes, tmp_path: Path) -> None:
    labelled = edited(HEIF, edited(HEIF, by_tool, LONGER_PACKET), PACKET)
    assert decoded(labelled) == decoded(by_tool)
    assert pillow_heif.open_heif(io.BytesIO(labelled)).info["xmp"] == PACKET
    file = tmp_path / "labelled.heic"
    file.write_bytes(labelled)
    shown = subprocess.run(["exiftool", "-s3", "-XMP:AIGC", "-Warning", file], capture_output=True, text=True)
    assert shown.stdout.strip() == '{"Label":"1"}'
    assert subprocess.run(["heif-info", file], capture_output=True).returncode == 0
    target = tmp_path / "back.png"
    assert subprocess.run(["heif-convert", file, target], capture_output=True).returncode == 0


def three_packets() -> bytes:
    made = pillow_heif.HeifFile()
    for number in range(3):
        made.add_from_pillow(gradient().rotate(90 * number))
        made[number].info["xmp"] = FOREIGN.replace(b"/></x", b"/><!--%d--></x" % number)
        made[number].info["exif"] = exif()
    out = io.BytesIO()
    made.save(out, quality=60, primary_index=1)
    return out.getvalue()


def test_only_the_packet_of_the_primary_picture_is_the_home() -> None:
    data = three_packets()
    packets = [(u.data.split(b"--")[1], u.home) for u in HEIF.read(data) if u.kind is Kind.XMP]
    assert sorted(packets) == [(b"0", False), (b"1", True), (b"2", False)]
    labelled = edited(HEIF, data, PACKET)
    opened = pillow_heif.open_heif(io.BytesIO(labelled))
    assert opened.primary_index == 1
    assert opened.info["xmp"] == PACKET
    assert b"<!--0-->" in opened[0].info["xmp"]
    assert b"<!--2-->" in opened[2].info["xmp"]
    assert decoded(labelled) == decoded(data)


def test_secondary_packets_and_exif_can_be_silenced() -> None:
    data = three_packets()
    others = {u: None for u in HEIF.read(data) if not u.home}
    assert {u.kind for u in others} == {Kind.EXIF, Kind.XMP}
    result = b"".join(apply(data, HEIF.edit(data, PACKET, others)))
    assert b"a comment" not in result
    assert b"<!--" not in result
    assert [u.data for u in HEIF.read(result) if u.kind is Kind.XMP] == [PACKET]
    assert decoded(result) == decoded(data)


def test_depth_alpha_and_thumbnails_stay() -> None:
    made = pillow_heif.from_pillow(Image.merge("RGBA", (*gradient().split(), gradient().convert("L"))))
    out = io.BytesIO()
    made.info["thumbnails"] = [32]
    made.save(out, quality=60)
    data = out.getvalue()
    labelled = edited(HEIF, data, PACKET)
    assert decoded(labelled) == decoded(data)
    assert decoded(data)[0][0] == "RGBA"
    assert decoded(data)[0][3] == [32]


def test_truncated_at_every_byte() -> None:
    data = heic(xmp=FOREIGN, exif=exif())
    for size in range(len(data)):
        with pytest.raises(BrokenFile) as caught:
            list(HEIF.read(data[:size]))
        assert caught.value.place


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=5), st.integers(0, 2000))
def test_mutations(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(heic(xmp=FOREIGN, exif=exif()))
    for at, value in changes:
        data[at] = value
    try:
        result = edited(HEIF, bytes(data[: len(data) - max(0, cut - 1000)]), PACKET)
    except LabelKitError:
        return
    assert home(HEIF, result) == PACKET
    assert HEIF.edit(result, PACKET, {}) == []


@pytest.mark.parametrize(
    ("major", "compatible", "score"),
    [
        *(
            (brand, (b"mif1",), 100)
            for brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevx", b"avci", b"jpeg")
        ),
        (b"mif1", (b"heic",), 95),
        (b"msf1", (b"hevc",), 95),
        (b"mif1", (), 80),
        (b"mif1", (b"avif",), 0),
        (b"avif", (b"mif1", b"heic"), 0),
        (b"isom", (b"mp41", b"mif1"), 0),
        (b"mp42", (b"heic",), 0),
        (b"qt  ", (), 0),
        (b"M4V ", (b"mp42",), 0),
        (b"crx ", (b"isom",), 0),
        (b"3gp4", (), 0),
    ],
)
def test_brands(major: bytes, compatible: tuple[bytes, ...], score: int) -> None:
    assert HEIF.score(build(with_brands(picture(), major, *compatible), Layout())[:4096]) == score


@pytest.mark.parametrize("head", [b"", b"\0\0\0\x0cftyp", b"\0\0\0\x10ftypisom\0\0\0\0", b"ftypheic", box(b"moov")])
def test_other_heads(head: bytes) -> None:
    assert HEIF.score(head) == 0


@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_films_are_not_pictures(ending: str, tmp_path: Path) -> None:
    film = tmp_path / f"film.{ending}"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x48:d=0.2:r=10", "-c:v", "libx265"]
    subprocess.run([*command, "-x265-params", "log-level=none", film], check=True, capture_output=True)
    assert HEIF.score(film.read_bytes()[:4096]) == 0
