"""WebP: simple, extended and animated files, held against libwebp's tools, Pillow and exiftool."""

from __future__ import annotations

import io
import json
import mmap
import struct
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from labelkit.errors import BrokenFile, LabelKitError, LimitExceeded
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Kind, Unit, apply
from labelkit.formats.containers import _riff
from labelkit.formats.containers.webp import Webp
from labelkit.testing.container_contract import LONGER_PACKET, PACKET, ContainerContract, edited, home

WEBP = Webp()
XMP_BIT, EXIF_BIT, ALPHA_BIT, ICC_BIT, ANIMATION_BIT = 0x04, 0x08, 0x10, 0x20, 0x02


def picture(mode: str = "RGB", size: tuple[int, int] = (23, 11), shift: int = 0) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size).rotate(shift, fillcolor=shift % 256)
    bands = [ramp.point(lambda v, k=k: (v * (k + 2) + shift) % 256) for k in range(len(mode))]
    return Image.merge(mode, bands) if len(bands) > 1 else bands[0]


def saved(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", **options)
    return out.getvalue()


@cache
def files() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    frames = [picture("RGBA", shift=s) for s in (0, 60, 200)]
    lossless = saved(picture(), lossless=True)
    return {
        "lossy": saved(picture()),
        "lossless": lossless,
        "lossless alpha": saved(picture("RGBA"), lossless=True),
        "lossy alpha": saved(picture("RGBA")),
        "icc exif": saved(picture(), icc_profile=b"profile", exif=exif.tobytes()),
        "foreign xmp": saved(picture(), xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
        "animated": saved(frames[0], save_all=True, append_images=frames[1:], duration=[10, 20, 30], loop=3),
        "unknown chunks": wrapped(body(lossless), _riff.pack(b"aBcD", b"odd"), _riff.pack(b"AIGC", b'{"Label":"1"}')),
        "unknown in frame": with_inner_chunk(),
    }


def body(data: bytes) -> bytes:
    return data[12:]


def wrapped(*chunks: bytes) -> bytes:
    inner = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def with_inner_chunk() -> bytes:
    """An animation whose first frame holds a chunk nobody knows."""
    frames = [picture(shift=s) for s in (0, 90)]
    data = saved(frames[0], save_all=True, append_images=frames[1:])
    chunks = list(_riff.chunks(data, 12, len(data), ""))
    first = next(c for c in chunks if c.id == b"ANMF")
    frame = _riff.pack(b"ANMF", data[first.body] + _riff.pack(b"note", b"kept"))
    return wrapped(*(frame if c is first else data[c.start : c.stop] for c in chunks))


def flags(data: bytes) -> int:
    assert data[12:16] == b"VP8X"
    return data[20]


def webpinfo(data: bytes, folder: Path) -> str:
    path = folder / "peer.webp"
    path.write_bytes(data)
    answer = subprocess.run(["webpinfo", "-summary", path], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def frames_of(data: bytes) -> list[tuple[object, ...]]:
    with Image.open(io.BytesIO(data)) as image:
        return [(f.mode, f.size, f.tobytes(), f.info.get("duration")) for f in ImageSequence.Iterator(image)]


class TestWebp(ContainerContract):
    format_id = "webp"

    def samples(self) -> dict[str, bytes]:
        return files()

    def pixels(self, data: bytes) -> object:
        return frames_of(data)


def test_libwebp_accepts_every_result(tmp_path: Path) -> None:
    for name, data in files().items():
        told = webpinfo(edited(WEBP, data, PACKET), tmp_path)
        assert "No error detected" in told, name
        if "unknown" not in name:  # webpinfo warns of unknown chunks themselves
            assert "Warning" not in told, (name, told)


def test_webpmux_and_exiftool_find_the_packet(tmp_path: Path) -> None:
    paths = []
    for number, data in enumerate(files().values()):
        paths.append(tmp_path / f"{number}.webp")
        paths[-1].write_bytes(edited(WEBP, data, PACKET))
        got = tmp_path / "packet"
        subprocess.run(["webpmux", "-get", "xmp", paths[-1], "-o", got], check=True, capture_output=True)
        assert got.read_bytes() == PACKET
    answer = subprocess.run(["exiftool", "-j", "-G1", "-XMP:all", *paths], check=True, capture_output=True, text=True)
    # exiftool writes unknown names of capitals alone as words
    assert [entry["XMP-TC260:Aigc"] for entry in json.loads(answer.stdout)] == ['{"Label":"1"}'] * len(paths)


def test_pillow_finds_what_was_there_and_what_is_new() -> None:
    with Image.open(io.BytesIO(edited(WEBP, files()["icc exif"], PACKET))) as image:
        assert image.info["xmp"] == PACKET
        assert image.info["icc_profile"] == b"profile"
        assert image.getexif()[0x010E] == "a description"


def test_a_simple_file_gets_a_header_that_fits_it() -> None:
    assert flags(edited(WEBP, files()["lossy"], PACKET)) == XMP_BIT
    assert flags(edited(WEBP, files()["lossless"], PACKET)) == XMP_BIT
    assert flags(edited(WEBP, files()["lossless alpha"], PACKET)) == XMP_BIT | ALPHA_BIT
    assert edited(WEBP, files()["lossy"], PACKET)[24:30] == bytes([22, 0, 0, 10, 0, 0])


def test_chunks_stand_in_the_order_of_the_specification() -> None:
    data = edited(WEBP, files()["icc exif"], PACKET)
    assert [c.id for c in _riff.chunks(data, 12, len(data), "")] == [b"VP8X", b"ICCP", b"VP8 ", b"EXIF", b"XMP "]
    data = edited(WEBP, files()["unknown chunks"], PACKET)
    assert [c.id for c in _riff.chunks(data, 12, len(data), "")] == [b"VP8X", b"VP8L", b"XMP ", b"aBcD", b"AIGC"]


def test_everything_else_stays_byte_for_byte() -> None:
    for name, data in files().items():
        result = edited(WEBP, data, PACKET)
        ours = (b"VP8X", b"XMP ")
        before = [data[c.start : c.stop] for c in _riff.chunks(data, 12, len(data), "") if c.id not in ours]
        after = [result[c.start : c.stop] for c in _riff.chunks(result, 12, len(result), "") if c.id not in ours]
        assert before == after, name


def test_unknown_chunks_are_units_also_inside_frames() -> None:
    units = {u.key: u for u in WEBP.read(files()["unknown chunks"])}
    assert units["aBcD"].data == b"odd"
    assert units["AIGC"].data == b'{"Label":"1"}'
    inner = next(u for u in WEBP.read(files()["unknown in frame"]) if u.key == "note")
    assert (inner.kind, inner.data, inner.notes) == (Kind.SEGMENT, b"kept", ("in-frame",))


def replaced(data: bytes, new: dict[Unit, bytes | None]) -> bytes:
    return b"".join(apply(data, WEBP.edit(data, PACKET, new)))


@pytest.mark.parametrize("name", ["unknown chunks", "unknown in frame"])
def test_other_units_are_replaced_and_taken_out(name: str, tmp_path: Path) -> None:
    data = files()[name]
    unit = next(u for u in WEBP.read(data) if u.kind is Kind.SEGMENT)
    changed = replaced(data, {unit: b"longer than before"})
    assert next(u.data for u in WEBP.read(changed) if u.key == unit.key) == b"longer than before"
    gone = replaced(data, {unit: None})
    assert unit.key not in {u.key for u in WEBP.read(gone)}
    for result in (changed, gone):
        assert "No error detected" in webpinfo(result, tmp_path)
        assert frames_of(result) == frames_of(data)


def test_a_c2pa_store_is_named_so() -> None:
    data = wrapped(body(files()["lossy"]), _riff.pack(b"C2PA", b"jumb"))
    assert [(u.kind, u.data) for u in WEBP.read(data)] == [(Kind.C2PA, b"jumb")]


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_exif_is_read_and_blanked_with_and_without_jpegs_identifier(prefix: bytes) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    data = wrapped(body(files()["lossy"]), _riff.pack(b"EXIF", prefix + exif.tobytes().removeprefix(b"Exif\0\0")))
    unit = next(u for u in WEBP.read(data) if u.kind is Kind.EXIF)
    assert (unit.key, unit.data) == ("ImageDescription", b"a description")
    assert data[unit.start : unit.stop].rstrip(b"\0") == b"a description"
    result = replaced(data, {unit: None})
    assert b"a description" not in result
    assert flags(result) == XMP_BIT | EXIF_BIT


def test_bytes_behind_the_form_are_kept_and_shown() -> None:
    data = files()["lossy"] + b"something else"
    result = edited(WEBP, data, PACKET)
    assert result.endswith(b"something else")
    assert edited(WEBP, files()["lossy"], PACKET) == result.removesuffix(b"something else")
    trailer = next(u for u in WEBP.read(result) if u.key == "trailer")
    assert trailer.data == b"something else"
    assert replaced(data, {next(WEBP.read(data)): None}) == result.removesuffix(b"something else")


def test_a_missing_pad_byte_is_survived() -> None:
    lossless = body(files()["lossless"])
    loose = b"aBcD" + struct.pack("<I", 3) + b"odd" + _riff.pack(b"note", b"next")
    data = wrapped(lossless, loose)
    units = {u.key: u for u in WEBP.read(data)}
    assert units["aBcD"].notes == ("odd-length",)
    assert units["note"].data == b"next"
    assert home(WEBP, edited(WEBP, data, PACKET)) == PACKET
    at_end = wrapped(lossless, b"EXIF" + struct.pack("<I", 3) + b"odd")
    assert home(WEBP, edited(WEBP, at_end, PACKET)) == PACKET


def test_a_misspelt_xmp_chunk_is_read_and_put_right() -> None:
    data = wrapped(body(files()["lossy"]), _riff.pack(b"XMP\0", LONGER_PACKET))
    unit = next(iter(WEBP.read(data)))
    assert (unit.home, unit.data, unit.notes) == (True, LONGER_PACKET, ("bad-fourcc",))
    assert b"XMP\0" not in edited(WEBP, data, LONGER_PACKET)


def test_two_packets_become_one() -> None:
    data = wrapped(body(files()["foreign xmp"]), _riff.pack(b"XMP ", LONGER_PACKET))
    assert [u.data for u in WEBP.read(edited(WEBP, data, PACKET)) if u.home] == [PACKET]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"RIFF\x04\0\0\0WAVE", "not WebP"),
        (b"RIFF\x04\0\0\0WEBP", "no picture"),
        (b"RIFF\xff\xff\xff\xffWEBP", "the file ends"),
        (wrapped(_riff.pack(b"VP8 ", b"\0" * 10)), "bitstream header"),
        (wrapped(_riff.pack(b"VP8L", b"\x2f")), "bitstream header"),
        (wrapped(_riff.pack(b"VP8X", b"\0" * 9), _riff.pack(b"VP8 ", b"")), "VP8X"),
        (wrapped(_riff.pack(b"VP8 ", b""), _riff.pack(b"VP8X", b"\0" * 10)), "VP8X"),
        (wrapped(_riff.pack(b"VP8X", b"\0" * 10), _riff.pack(b"ANMF", b"\0" * 15)), "frame is too short"),
        (
            wrapped(_riff.pack(b"VP8X", b"\0" * 10), _riff.pack(b"ANMF", b"\0" * 16 + _riff.pack(b"ANMF", b""))),
            "holds a frame",
        ),
        (wrapped(b"VP8 \xff\xff\xff\x7f"), "the file ends"),
        # Once a crash: a pad byte that is not zero, close to the end of a file shorter than it claims.
        (b"RIFF\xff\0\0\0WEBP" + b"VP8 \x01\0\0\0" + b"1" + b"2ab", "the file ends"),
        (wrapped(b"VP8 \x04\0\0\0") + b"more", "larger than what holds it"),
    ],
)
def test_lies_are_named(data: bytes, message: str) -> None:
    with pytest.raises(BrokenFile, match=message) as caught:
        WEBP.edit(data, PACKET, {})
    assert caught.value.place
    assert caught.value.remedy


def test_units_before_a_cut_come_before_the_error() -> None:
    whole = wrapped(body(files()["foreign xmp"]), _riff.pack(b"note", b"12"))
    reading = WEBP.read(whole[:-1])
    assert next(reading).kind is Kind.XMP
    with pytest.raises(BrokenFile, match="the file ends"):
        next(reading)


def test_a_huge_packet_is_refused() -> None:
    data = wrapped(body(files()["lossy"]), _riff.pack(b"XMP ", b" " * (MAX_PAYLOAD_BYTES + 1)))
    with pytest.raises(LimitExceeded):
        list(WEBP.read(data))


def test_a_mapped_file_works_like_bytes(tmp_path: Path) -> None:
    for name, data in files().items():
        path = tmp_path / "mapped.webp"
        path.write_bytes(data)
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        assert list(WEBP.read(mapped)) == list(WEBP.read(data)), name
        assert list(WEBP.edit(mapped, PACKET, {})) == list(WEBP.edit(data, PACKET, {})), name


class TestGraft:
    """A newly encoded picture in the old file's metadata."""

    @pytest.mark.parametrize("new", ["lossy", "lossless alpha", "lossy alpha", "animated", "icc exif"])
    @pytest.mark.parametrize("old", list(files()))
    def test_picture_of_one_metadata_of_the_other(self, old: str, new: str, tmp_path: Path) -> None:
        data = edited(WEBP, files()[old], PACKET)
        encoded = files()[new]
        result = b"".join(apply(data, WEBP.graft(data, encoded) or []))
        assert frames_of(result) == frames_of(encoded)
        assert "No error detected" in webpinfo(result, tmp_path)
        assert home(WEBP, result) == PACKET
        top = [(u.kind, u.key, u.data) for u in WEBP.read(data) if "in-frame" not in u.notes]
        assert [(u.kind, u.key, u.data) for u in WEBP.read(result)] == top

    @pytest.mark.parametrize("new", ["lossy", "lossless alpha", "lossy alpha", "animated"])
    def test_into_a_simple_file(self, new: str) -> None:
        data = files()["lossless"]
        result = b"".join(apply(data, WEBP.graft(data, files()[new]) or []))
        assert frames_of(result) == frames_of(files()[new])

    def test_flags_follow_the_new_picture_and_the_old_metadata(self) -> None:
        data, encoded = files()["icc exif"], files()["animated"]
        result = b"".join(apply(data, WEBP.graft(data, encoded) or []))
        assert flags(result) == ICC_BIT | EXIF_BIT | flags(encoded) & (ALPHA_BIT | ANIMATION_BIT)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_mutations_give_an_answer_or_an_error(draw: st.DataObject) -> None:
    data = bytearray(draw.draw(st.sampled_from(list(files().values()))))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, min(len(data) - 1, 400)))
        data[at : at + draw.draw(st.integers(0, 3))] = draw.draw(st.binary(max_size=4))
    try:
        result = edited(WEBP, bytes(data), PACKET)
    except LabelKitError:
        return
    assert home(WEBP, result) == PACKET
    assert list(WEBP.edit(result, PACKET, {})) == []


class TestRiff:
    """What WAV and AVI will need and WebP does not."""

    def test_sizes_of_rf64_come_from_ds64(self) -> None:
        table = b"big " + struct.pack("<Q", 4)
        ds64 = struct.pack("<QQQI", 4 + 8 + 40 + 16 + 12, 8, 0, 1) + table
        rest = b"data" + b"\xff" * 4 + b"12345678" + b"big " + b"\xff" * 4 + b"1234"
        data = b"RF64" + b"\xff" * 4 + b"WAVE" + _riff.pack(b"ds64", ds64) + rest
        form = _riff.form(data, "WAV")
        assert form.stop == len(data)
        found = [(c.id, c.size) for c in _riff.chunks(data, 12, form.stop, "WAV", form.long_sizes)]
        assert found == [(b"ds64", 40), (b"data", 8), (b"big ", 4)]
        grown = b"".join(
            apply(data, _riff.resized(data, form, [_riff.insertion(_riff.Chunk(b"", 0, 0, len(data)), b"12")]))
        )
        assert _riff.form(grown + b"..", "WAV").stop == len(data) + 2

    def test_a_missing_ds64_is_named(self) -> None:
        with pytest.raises(BrokenFile, match="ds64"):
            _riff.form(b"BW64" + b"\xff" * 4 + b"WAVE" + b"fmt " * 20, "WAV")
