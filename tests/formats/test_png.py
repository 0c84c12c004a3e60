"""PNG and APNG: chunks, checksums, text in all its forms, and a legal order after every change."""

from __future__ import annotations

import binascii
import hashlib
import io
import struct
import subprocess
import time
import zlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from labelkit.errors import BrokenFile, LabelKitError, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import Kind, Unit, apply
from labelkit.formats.containers.png import SIGNATURE, XMP_KEYWORD, Png
from labelkit.testing.container_contract import PACKET, ContainerContract, edited, home

PNG = Png()


def picture(mode: str = "RGB", size: tuple[int, int] = (16, 12), seed: int = 5) -> Image.Image:
    raw = hashlib.shake_128(bytes([seed])).digest(size[0] * size[1] * len(mode))
    return Image.frombytes(mode, size, raw)


def png(image: Image.Image | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    (image or picture()).save(file, "PNG", **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Type and body of every chunk, by a walk of its own that checks every CRC."""
    at, answer = 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == binascii.crc32(kind + body)
        answer.append((kind, body))
        at += 12 + length
    return answer


def before(data: bytes, kind: bytes, *new: bytes) -> bytes:
    """Chunks put in before the first chunk of a kind."""
    at = data.index(kind) - 4
    return data[:at] + b"".join(new) + data[at:]


def exif_block() -> bytes:
    exif = Image.Exif()
    exif[0x10E], exif[0x112] = "a description", 6
    exif.get_ifd(0x8769)[0x9286] = b'ASCII\0\0\0{"AIGC":{"Label":"1"}}'
    return exif.tobytes()


def raw_profile(name: bytes, content: bytes) -> bytes:
    digits = b"\n".join(content[at : at + 36].hex().encode() for at in range(0, len(content), 36))
    return b"Raw profile type " + name + b"\0" + b"\n" + name + b"\n%8d\n" % len(content) + digits + b"\n"


def ztxt(body: bytes) -> bytes:
    keyword, _, text = body.partition(b"\0")
    return chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(text))


@cache
def apng(frames: int = 3) -> bytes:
    first, *rest = [picture("RGBA", seed=n) for n in range(frames)]
    return png(first, save_all=True, append_images=rest, duration=100)


@cache
def by_convert() -> bytes:
    """ImageMagick's raw profiles and text behind the picture."""
    source = io.BytesIO()
    picture().save(source, "JPEG", exif=exif_block())
    command = ["convert", "jpeg:-", "-set", "comment", "hello", "png:-"]
    return subprocess.run(command, input=source.getvalue(), capture_output=True, check=True).stdout


@cache
def by_exiftool() -> bytes:
    command = ["exiftool", "-XMP-dc:Title=t", "-PNG:Title=text", "-EXIF:UserComment=hello", "-o", "-", "-"]
    return subprocess.run(command, input=png(), capture_output=True, check=True).stdout


def texts() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("AIGC", '{"Label":"1"}')
    info.add_text("parameters", "Steps: 20", zip=True)
    info.add_itxt("Description", "描述", lang="zh", tkey="说明")
    info.add_itxt("Comment", "注", zip=True)
    return png(pnginfo=info, exif=exif_block(), dpi=(300, 300))


class TestPng(ContainerContract):
    format_id = "png"

    @cache  # noqa: B019  (one instance per test, samples are small)
    def samples(self) -> dict[str, bytes]:
        return {
            "plain": png(),
            "palette": png(picture().quantize(16)),
            "grey with alpha, 1 bit, 16 bit": png(picture("LA")),
            "animated": apng(),
            "texts": texts(),
            "exiftool": by_exiftool(),
            "ImageMagick": by_convert(),
            "text behind the picture": before(png(), b"IEND", chunk(b"tEXt", b"a\0b"), chunk(b"abCd", b"private")),
            "label behind the picture": before(png(), b"IEND", chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0<late/>")),
            "compressed label, twice": before(
                png(),
                b"IDAT",
                chunk(b"iTXt", XMP_KEYWORD + b"\0\1\0\0\0" + zlib.compress(b"<x/>")),
                chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0<second/>"),
            ),
            "raw profiles": before(
                png(), b"IDAT", ztxt(raw_profile(b"xmp", b"<raw/>")), ztxt(raw_profile(b"iptc", b"8BIM..."))
            ),
        }


def units(data: bytes) -> list[Unit]:
    return list(PNG.read(data))


def spliced(data: bytes, others: dict[Unit, bytes | None]) -> bytes:
    return b"".join(apply(data, PNG.edit(data, PACKET, others)))


# --- reading -----------------------------------------------------------------------------------------------------


def test_every_kind_of_unit() -> None:
    data = before(texts(), b"IDAT", chunk(b"caBX", b"manifest"), chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0<x/>"))
    got = [(u.kind, u.key, u.data.decode(), u.home, u.notes) for u in units(data)]
    for want in (
        (Kind.TEXT, "AIGC", '{"Label":"1"}', False, ()),
        (Kind.TEXT, "parameters", "Steps: 20", False, ("compressed",)),
        (Kind.TEXT, "Description", "描述", False, ()),
        (Kind.TEXT, "Comment", "注", False, ("compressed",)),
        (Kind.EXIF, "ImageDescription", "a description", False, ()),
        (Kind.EXIF, "UserComment", 'ASCII\0\0\0{"AIGC":{"Label":"1"}}', False, ()),
        (Kind.C2PA, "caBX", "manifest", False, ()),
        (Kind.XMP, XMP_KEYWORD.decode(), "<x/>", True, ()),
    ):
        assert want in got
    assert len(got) == 8
    assert all(f"byte {u.start}" in u.place for u in units(data))


@pytest.mark.parametrize("packed", [True, False])
def test_raw_profiles(packed: bool) -> None:
    def text(body: bytes) -> bytes:
        return ztxt(body) if packed else chunk(b"tEXt", body)

    data = before(
        png(),
        b"IDAT",
        text(raw_profile(b"xmp", b"<raw/>")),
        text(raw_profile(b"APP1", b"http://ns.adobe.com/xap/1.0/\0<app1/>")),
        text(raw_profile(b"exif", exif_block())),
        text(raw_profile(b"iptc", b"8BIM...")),
        text(b"Raw profile type xmp\0not hexadecimal"),
    )
    got = {(u.kind, u.key, u.data): u.notes for u in units(data)}
    assert {(k, d) for k, _, d in got} == {
        (Kind.XMP, b"<raw/>"),
        (Kind.XMP, b"<app1/>"),
        (Kind.EXIF, b"a description"),
        (Kind.EXIF, b'ASCII\0\0\0{"AIGC":{"Label":"1"}}'),
        (Kind.SEGMENT, b"8BIM..."),
        (Kind.XMP, b""),
    }
    assert all("raw-profile" in notes and ("compressed" in notes) is packed for notes in got.values())


def test_what_imagemagick_and_exiftool_write() -> None:
    assert ("UserComment", b'ASCII\0\0\0{"AIGC":{"Label":"1"}}') in [(u.key, u.data) for u in units(by_convert())]
    assert "after-image-data" in [n for u in units(by_convert()) for n in u.notes]
    found = {u.key: u for u in units(by_exiftool())}
    assert found["Title"].data == b"text"
    assert found[XMP_KEYWORD.decode()].home
    assert found["UserComment"].data == b"ASCII\0\0\0hello"


def test_a_wrong_checksum_is_noted_and_repaired_by_a_new_label() -> None:
    data = edited(PNG, png(), PACKET).replace(b'"Label":"1"', b'"Label":"2"')
    (unit,) = units(data)
    assert unit.notes == ("bad-checksum",)
    assert b"Label" in dict(chunks(edited(PNG, data, unit.data)))[b"iTXt"]


def test_exif_with_the_identifier_of_jpeg() -> None:
    data = before(png(), b"IDAT", chunk(b"eXIf", exif_block()))
    assert exif_block().startswith(b"Exif\0\0")
    for unit in units(data):
        assert data[unit.start : unit.stop].startswith(unit.data)


def test_damaged_exif_does_not_hide_the_picture() -> None:
    data = before(png(), b"IDAT", chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff"))
    assert [u.notes for u in units(data)] == [("exif-damaged",)]
    assert home(PNG, edited(PNG, data, PACKET)) == PACKET


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\r" + png()[8:], "signature"),
        (SIGNATURE, "inside a chunk"),
        (SIGNATURE + chunk(b"IDAT", b""), "first chunk"),
        (png()[:33] + png()[8:], "first chunk"),
        (SIGNATURE + chunk(b"IHDR", bytes(13)) + chunk(b"IEND", b""), "no IDAT"),
        (before(png(), b"IDAT", struct.pack(">I", 0xFFFFFFFF) + b"tEXt"), "inside a chunk"),
        (before(png(), b"IDAT", chunk(b"iTXt", b"key\0\0")), "too short"),
        (before(png(), b"IDAT", chunk(b"zTXt", b"key\0\0not deflated")), "does not inflate"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(BrokenFile, match=words) as caught:
        units(data)
    assert "byte" in caught.value.place


def test_bombs_are_refused() -> None:
    bomb = chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(9 * 1024 * 1024), 9))
    with pytest.raises(LimitExceeded):
        units(before(png(), b"IDAT", bomb))
    one = chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(1024 * 1024), 9))
    start = time.process_time()
    with pytest.raises(LimitExceeded):
        units(before(png(), b"IDAT", one * 2000))
    assert time.process_time() - start < 1
    with pytest.raises(LimitExceeded):
        units(before(png(), b"IDAT", chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + bytes(9 * 1024 * 1024))))


# --- splicing ----------------------------------------------------------------------------------------------------


def test_the_label_stands_before_the_picture_uncompressed() -> None:
    for name, data in TestPng().samples().items():
        result = edited(PNG, data, PACKET)
        kinds = [kind for kind, _ in chunks(result)]
        bodies = [body for kind, body in chunks(result) if kind == b"iTXt" and body.startswith(XMP_KEYWORD)]
        assert bodies == [XMP_KEYWORD + b"\0\0\0\0\0" + PACKET], name
        at = next(i for i, (k, b) in enumerate(chunks(result)) if k == b"iTXt" and b.startswith(XMP_KEYWORD))
        assert at < kinds.index(b"IDAT"), name


def test_units_taken_out_and_replaced() -> None:
    data = before(texts(), b"IDAT", chunk(b"caBX", b"manifest"))
    by = {u.key: u for u in units(data)}
    result = spliced(
        data,
        {
            by["AIGC"]: None,
            by["parameters"]: b"new",
            by["Comment"]: "新".encode(),
            by["caBX"]: b"other",
            by["UserComment"]: None,
            by["ImageDescription"]: b"shorter",
        },
    )
    assert {u.key: u.data.strip(b"\0") for u in units(result) if not u.home} == {
        "parameters": b"new",
        "Description": "描述".encode(),
        "Comment": "新".encode(),
        "caBX": b"other",
        "ImageDescription": b"shorter",
        "UserComment": b"ASCII",
    }
    assert chunks(result)
    with Image.open(io.BytesIO(result)) as image:
        image.load()
        assert image.text["parameters"] == "new"
        assert image.getexif()[0x112] == 6
    again = {u: None for u in units(result) if u.kind is Kind.EXIF and u.key == "UserComment"}
    assert list(PNG.edit(result, PACKET, again)) == []


def test_a_value_inside_a_raw_profile_is_blanked_and_the_rest_stays() -> None:
    data = by_convert()
    gone = {u: None for u in units(data) if u.key == "UserComment"}
    assert gone
    result = spliced(data, gone)
    left = {u.key: u.data for u in units(result) if u.kind is Kind.EXIF}
    assert left["UserComment"].strip(b"\0") == b"ASCII"
    assert left["ImageDescription"] == b"a description"
    with Image.open(io.BytesIO(result)) as image:
        assert image.getexif()[0x112] == 6


def test_a_raw_profile_can_be_taken_out_but_not_replaced() -> None:
    data = TestPng().samples()["raw profiles"]
    (raw,) = [u for u in units(data) if u.kind is Kind.XMP]
    assert [u.data for u in units(spliced(data, {raw: None})) if u.kind is Kind.XMP] == [PACKET]
    with pytest.raises(UnsupportedOperation):
        PNG.edit(data, PACKET, {raw: b"<other/>"})


# --- grafting ----------------------------------------------------------------------------------------------------


def grafted(data: bytes, encoded: bytes) -> bytes:
    edits = PNG.graft(data, encoded)
    assert edits is not None
    return b"".join(apply(data, edits))


def _old() -> dict[str, bytes]:
    colour = (chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"sRGB", b"\0"))
    return {
        "texts": texts(),
        "palette with colour": before(png(picture().quantize(16), icc_profile=b""), b"PLTE", *colour),
        "animated, acTL first": before(apng(), b"IDAT", *colour, chunk(b"tEXt", b"a\0b")),
        "text behind": before(apng(), b"IEND", chunk(b"tEXt", b"a\0b")),
        "background": before(png(), b"IDAT", chunk(b"sBIT", b"\x08\x08\x08"), chunk(b"bKGD", bytes(6))),
    }


@pytest.mark.parametrize("old", _old())
@pytest.mark.parametrize("new", ["RGB", "palette", "animated", "transparent"])
def test_a_graft_shows_the_new_picture_and_keeps_the_metadata(old: str, new: str, tmp_path: Path) -> None:
    encoded = {
        "RGB": png(picture(seed=9)),
        "palette": png(picture(seed=9).quantize(8), transparency=0),
        "animated": apng(4),
        "transparent": png(picture("RGBA", seed=9)),
    }[new]
    data = _old()[old]
    result = grafted(data, encoded)
    assert TestPng().pixels(result) == TestPng().pixels(encoded)
    assert [(u.key, u.data) for u in units(result)] == [(u.key, u.data) for u in units(data)]
    for kind in (b"gAMA", b"sRGB", b"pHYs", b"eXIf"):
        assert [b for k, b in chunks(result) if k == kind] == [b for k, b in chunks(data) if k == kind]
    path = tmp_path / "grafted.png"
    path.write_bytes(result)
    said = subprocess.run(["pngcheck", "-q", path], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_a_graft_keeps_background_and_significant_bits_of_the_same_samples() -> None:
    kinds = {k for k, _ in chunks(grafted(_old()["background"], png(picture(seed=9))))}
    assert {b"bKGD", b"sBIT"} <= kinds
    assert not {b"bKGD", b"sBIT"} & {k for k, _ in chunks(grafted(_old()["background"], png(picture("RGBA"))))}


# --- strangers and hostile files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TestPng().samples())
def test_strangers_read_the_result(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(edited(PNG, TestPng().samples()[name], PACKET))
    said = subprocess.run(["pngcheck", "-q", path], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout
    shown = subprocess.run(["exiftool", "-s3", "-XMP-TC260:all", path], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == '{"Label":"1"}'


@settings(max_examples=300)
@given(st.data())
def test_mutations(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(list(TestPng().samples().values()))))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=6)):
        raw[at] = data.draw(st.sampled_from([0, 1, 0xFF, raw[at] ^ 1, raw[at] ^ 0x20]))
    try:
        result = edited(PNG, bytes(raw), PACKET)
        others: dict[Unit, bytes | None] = {u: None for u in units(result) if not u.home}
        spliced(result, others)
    except LabelKitError:
        return
    assert home(PNG, result) == PACKET
    assert list(PNG.edit(result, PACKET, {})) == []


def test_hundreds_of_thousands_of_chunks_take_a_moment() -> None:
    data = before(png(), b"IDAT", chunk(b"abCd", b"") * 200_000)
    start = time.process_time()
    assert home(PNG, edited(PNG, data, PACKET)) == PACKET
    assert time.process_time() - start < 2
