"""MP3, MP2, ADTS and TTA: ID3v2 tags of every version and shape in front, old tags behind, the sound untouched."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

import mutagen.id3
import mutagen.mp3
import pytest

from labelkit.errors import BrokenFile, LabelKitError, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.base import Kind, apply
from labelkit.formats.containers import _ape, _id3
from labelkit.formats.containers.mp3 import Mp3, frame_bytes
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LABEL, LONGER, TEXT

MP3 = Mp3()
MINIMAX = b'{"aigc": {"Label": "1", "ContentProducer": "HUABABSpeech7E01", "ProduceID": "0123456789abcdef"}}'


@cache
def stream() -> bytes:
    """MPEG frames without any tag."""
    return audio.made("mp3", "-id3v2_version", "0", "-write_xing", "0", "-b:a", "32k", seconds=0.2)


def syncsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(version: int, name: bytes, body: bytes, flags: int = 0) -> bytes:
    if version == 2:
        return name + len(body).to_bytes(3, "big") + body
    size = syncsafe(len(body)) if version == 4 else struct.pack(">I", len(body))
    return name + size + struct.pack(">H", flags) + body


def tag(version: int, *frames: bytes, flags: int = 0, padding: int = 0, extended: bytes = b"") -> bytes:
    body = extended + b"".join(frames) + bytes(padding)
    footer = b"3DI" + bytes([version, 0, flags]) + syncsafe(len(body)) if flags & 0x10 else b""
    return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(body)) + body + footer


def title(version: int) -> bytes:
    return frame(version, b"TT2" if version == 2 else b"TIT2", b"\0Title")


def picture(version: int) -> bytes:
    """A cover whose bytes hold false syncs and what unsynchronisation would add."""
    image = b"\x89PNG" + b"\xff\xfe\xff\x00\xff\xe0" * 20
    if version == 2:
        return frame(2, b"PIC", b"\0PNG\x03\0" + image)
    return frame(version, b"APIC", b"\0image/png\0\x03\0" + image)


def user(version: int, description: bytes, value: bytes, encoding: int = 0, flags: int = 0) -> bytes:
    name = b"TXX" if version == 2 else b"TXXX"
    return frame(version, name, bytes([encoding]) + description + b"\0" + value, flags)


def sound_of(data: bytes) -> bytes:
    """What stands behind the tag, by its size alone."""
    return data[_id3.size_at(data, 0) :]


def frames(data: bytes) -> dict[str, object]:
    return {key: value for key, value in mutagen.id3.ID3(io.BytesIO(data)).items()}  # noqa: C416


class TestMp3(audio.AudioContract):
    format_id = "mp3"
    ending = "mp3"

    def samples(self) -> dict[str, bytes]:
        tails = _ape.new_tag(b"other").replace(b"AIGC", b"Mood") + b"TAG" + b"Title".ljust(125, b"\0")
        return {
            "bare": stream(),
            "2.2": tag(2, title(2), padding=20) + stream(),
            "2.3 with a picture, little padding": tag(3, title(3), picture(3), padding=30) + stream(),
            "2.4 with padding and tails": tag(4, picture(4), title(4), padding=900) + stream() + tails,
            "2.4 with footer": tag(4, title(4), flags=0x10) + stream(),
            "2.3 unsynchronised": unsynchronised_23(title(3), picture(3)) + stream(),
            "two tags": tag(3, title(3)) + tag(4, user(4, b"Mood", b"calm")) + stream(),
        }

    def noticed(self, data: bytes) -> int:
        at = 0
        while size := _id3.size_at(data, at):
            at += size
        return at + 4

    def test_other_units_stay(self) -> None:
        """As everywhere, except that a tag of version 2.2 becomes one of 2.3, with other frame names."""
        for name, data in self.samples().items():
            before = [(u.kind, u.key.replace("TT2", "TIT2"), u.data) for u in MP3.read(data) if not u.home]
            labelled = edited(MP3, data, self.packet)
            assert [(u.kind, u.key, u.data) for u in MP3.read(labelled) if not u.home] == before, name

    def test_a_foreign_unit_can_be_taken_out(self) -> None:
        for name, data in self.samples().items():
            gone = [u for u in MP3.read(data) if u.kind is Kind.TAG]
            result = b"".join(apply(data, MP3.edit(data, TEXT, dict.fromkeys(gone))))
            assert [u.key for u in MP3.read(result) if u.kind is Kind.TAG] == [], name
            assert home(MP3, result) == TEXT


def unsynchronised_23(*pieces: bytes) -> bytes:
    body = b"".join(pieces)
    made = b""
    for number, byte in enumerate(body):
        following = body[number + 1 : number + 2]
        made += bytes([byte]) + (
            b"\0" if byte == 0xFF and (not following or following[0] in (0, *range(0xE0, 256))) else b""
        )
    return tag(3, made, flags=0x80)


class TestAdts(audio.AudioContract):
    format_id = "aac"
    ending = "aac"

    def samples(self) -> dict[str, bytes]:
        bare = audio.made("aac", seconds=0.1)
        return {"bare": bare, "tagged": tag(4, title(4)) + bare}

    def noticed(self, data: bytes) -> int:
        return _id3.size_at(data, 0) + 7


class TestTta(audio.AudioContract):
    format_id = "tta"
    ending = "tta"

    def samples(self) -> dict[str, bytes]:
        bare = audio.made("tta", seconds=0.05)
        return {"bare": bare, "tagged": tag(3, title(3)) + audio.made("tta", "-metadata", "title=Tone", seconds=0.05)}

    def noticed(self, data: bytes) -> int:
        at = data.find(b"APETAGEX")
        return at if at >= 0 else len(data)


@pytest.mark.parametrize("ending", ["mp3", "mp2", "aac", "tta"])
def test_players_read_the_label(ending: str) -> None:
    for payload in (TEXT, LONGER):
        labelled = edited(table.by_id(ending).container, audio.made(ending), payload)
        assert audio.labels(labelled) == [("AIGC", "")]
        assert str(frames(labelled)["TXXX:AIGC"]) == payload.decode()
        audio.decodes(labelled, ending)
        if ending != "tta":
            assert audio.ffprobe(labelled, ending)["AIGC"] == payload.decode()
        if ending in ("mp3", "aac"):
            assert any(payload.decode() in str(value) for value in audio.exiftool(labelled, ending).values())


def test_ffmpegs_own_label_is_read_in_its_place() -> None:
    for version in ("3", "4"):
        data = audio.made("mp3", "-id3v2_version", version, "-metadata", f"AIGC={TEXT.decode()}")
        assert audio.labels(data) == [("AIGC", "")]
        assert home(MP3, data) == TEXT
        assert list(MP3.edit(data, TEXT, {})) == []


@pytest.mark.parametrize("version", [3, 4])
def test_padding_is_used_and_the_sound_does_not_move(version: int) -> None:
    data = tag(version, title(version), picture(version), padding=600) + stream()
    labelled = edited(MP3, data, TEXT)
    assert len(labelled) == len(data)
    assert sound_of(labelled) == stream()
    assert [key for key in frames(labelled) if key != "APIC:"] == ["TIT2", "TXXX:AIGC"]
    longer = edited(MP3, labelled, LONGER)
    assert len(longer) == len(data)
    assert edited(MP3, longer, TEXT) == labelled


def test_a_first_label_leaves_room_for_the_next() -> None:
    first = edited(MP3, tag(3, title(3)) + stream(), TEXT)
    second = edited(MP3, first, LONGER)
    assert len(first) == len(second)
    assert len(edited(MP3, stream(), TEXT)) == len(edited(MP3, edited(MP3, stream(), TEXT), LONGER))


def test_what_is_no_frame_stays_behind_the_padding() -> None:
    """Its bytes must not make the label's size look like one of early iTunes' plain sizes."""
    junk = b"\x18\x09no frame" * 12
    for flags in (0, 0x10):
        for padding in (0, 1, 300):
            data = tag(4, title(4), bytes(padding), junk, flags=flags) + stream()
            for payload in (TEXT, LONGER, TEXT):
                data = edited(MP3, data, payload)
                assert home(MP3, data) == payload
                assert list(MP3.edit(data, payload, {})) == []
                assert junk in data
                assert sound_of(data) == stream()


def test_version_22_becomes_23_with_all_its_frames() -> None:
    remark = frame(2, b"COM", b"\0eng\0Remark")
    data = tag(2, title(2), picture(2), remark, user(2, b"AIGC", TEXT)) + stream()
    assert home(MP3, data) == TEXT
    assert audio.labels(data) == [("AIGC", "stored-oddly")]
    labelled = edited(MP3, data, TEXT)
    found = frames(labelled)
    assert sorted(found) == ["APIC:", "COMM::eng", "TIT2", "TXXX:AIGC"]
    assert labelled[3] == 3
    assert found["APIC:"].mime == "image/png"  # type: ignore[attr-defined]
    assert found["APIC:"].data == picture(3)[picture(3).index(b"\x89PNG") :]  # type: ignore[attr-defined]
    assert audio.labels(labelled) == [("AIGC", "")]


def test_version_22_with_a_frame_of_its_own_is_refused() -> None:
    with pytest.raises(UnsupportedOperation, match="ZZZ"):
        MP3.edit(tag(2, frame(2, b"ZZZ", b"?")) + stream(), TEXT, {})
    with pytest.raises(UnsupportedOperation, match="compressed"):
        MP3.edit(tag(2, title(2), flags=0x40) + stream(), TEXT, {})


def test_unsynchronisation_stays_and_is_undone_for_reading() -> None:
    data = unsynchronised_23(title(3), picture(3), user(3, b"AIGC", TEXT)) + stream()
    assert home(MP3, data) == TEXT
    labelled = edited(MP3, data, LONGER)
    head = labelled[10 : _id3.size_at(labelled, 0)]
    assert labelled[5] & 0x80
    assert not any(head[at] == 0xFF and head[at + 1] >= 0xE0 for at in range(len(head) - 1))
    assert frames(labelled)["APIC:"].data == picture(3)[picture(3).index(b"\x89PNG") :]  # type: ignore[attr-defined]
    assert str(frames(labelled)["TXXX:AIGC"]) == LONGER.decode()


def test_an_unsynchronised_frame_of_24() -> None:
    body = b"\x01" + "AIGC".encode("utf-16") + b"\0\0" + TEXT.decode().encode("utf-16")
    stuffed = body.replace(b"\xff\xfe", b"\xff\x00\xfe")
    data = tag(4, frame(4, b"TXXX", struct.pack(">I", len(body)) + stuffed, 0x03)) + stream()
    assert home(MP3, data) == TEXT
    assert list(MP3.edit(data, TEXT, {})) == []


@pytest.mark.parametrize("version", [3, 4])
def test_the_checksum_of_an_extended_header_is_renewed(version: int) -> None:
    content, padding = title(version) + picture(version), 40
    if version == 3:
        extended = struct.pack(">IHII", 10, 0x8000, padding, zlib.crc32(content))
    else:
        total = zlib.crc32(content + bytes(padding))
        extended = syncsafe(12) + b"\x01\x20\x05" + bytes(total >> s & 0x7F for s in (28, 21, 14, 7, 0))
    data = tag(version, content, flags=0x40, padding=padding, extended=extended) + stream()
    labelled = edited(MP3, data, TEXT)
    parsed = _id3.parse(labelled, 0, len(labelled))
    assert parsed is not None
    if version == 3:
        assert labelled[20:24] == struct.pack(">I", zlib.crc32(labelled[parsed.first : parsed.padding]))
        assert labelled[16:20] == struct.pack(">I", parsed.end - parsed.padding)
    else:
        total = zlib.crc32(labelled[parsed.first : parsed.end])
        assert labelled[17:22] == bytes(total >> s & 0x7F for s in (28, 21, 14, 7, 0))
    assert sorted(frames(labelled)) == ["APIC:", "TIT2", "TXXX:AIGC"]
    assert list(MP3.edit(labelled, TEXT, {})) == []


def test_a_footer_repeats_the_header() -> None:
    labelled = edited(MP3, tag(4, title(4), flags=0x10) + stream(), TEXT)
    stop = _id3.size_at(labelled, 0)
    assert labelled[stop - 10 : stop] == b"3DI" + labelled[3:10]
    assert labelled[stop:] == stream()


def test_plain_sizes_of_early_itunes_are_understood() -> None:
    image = frame(3, b"APIC", b"\0image/png\0\x03\0" + bytes(range(256)))
    data = tag(4, image, title(4), user(4, b"AIGC", TEXT, 3)) + stream()
    assert home(MP3, data) == TEXT
    assert [u.key for u in MP3.read(data)] == ["TIT2", "AIGC"]


def test_encrypted_frames_are_passed_over_and_kept() -> None:
    secret = frame(4, b"TXXX", b"\x01" + bytes(40), 0x04)
    packed = zlib.compress(b"\0AIGC\0" + TEXT)
    compressed = frame(4, b"TXXX", struct.pack(">I", 240) + packed, 0x09)
    data = tag(4, secret, compressed, padding=100) + stream()
    labelled = edited(MP3, data, TEXT)
    assert secret in labelled
    assert audio.labels(data) == [("AIGC", "stored-compressed")]
    assert audio.labels(labelled) == [("AIGC", "")]


@pytest.mark.parametrize(
    ("wild", "found"),
    [
        (user(4, b"aigc", MINIMAX, 3), ("aigc", "place-not-in-guide keyword-case")),
        (user(3, b"AIGC", b'{"AIGC":' + TEXT + b"}"), ("AIGC", "wrapper-unexpected")),
        (frame(4, b"COMM", b"\x03eng\0" + b'{"AIGC":' + TEXT + b"}"), ("COMM", "place-not-in-guide")),
        (frame(4, b"COMM", b"\x03engAIGC\0" + TEXT), ("AIGC", "place-not-in-guide")),
        (frame(4, b"TIT3", b"\x03" + TEXT), ("TIT3", "place-not-in-guide keyword-missing")),
        (frame(3, b"USLT", b"\0engAIGC\0" + TEXT), ("AIGC", "place-not-in-guide")),
    ],
)
def test_wild_places_are_read_and_cleared(wild: bytes, found: tuple[str, str]) -> None:
    version = 3 if wild[4:8] == struct.pack(">I", len(wild) - 10) else 4
    data = tag(version, title(version), wild) + stream()
    ((key, deviations),) = audio.labels(data)
    assert (key, deviations[: len(found[1])]) == found
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert sorted(frames(cleared)) == ["TIT2", "TXXX:AIGC"]


def test_labels_behind_the_sound_are_read_and_cleared() -> None:
    appended = tag(4, user(4, b"AIGC", TEXT, 3), flags=0x10)
    old = b"TAG" + b"Title".ljust(125, b"\0")
    data = stream() + appended + _ape.new_tag(TEXT) + old
    assert [key for key, _ in audio.labels(data)] == ["AIGC", "AIGC"]
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert cleared.endswith(old)
    assert stream() in cleared


def test_two_labels_become_one() -> None:
    data = tag(4, user(4, b"AIGC", LONGER, 3)) + tag(3, user(3, b"AIGC", TEXT)) + stream()
    assert len([u for u in MP3.read(data) if u.home]) == 2
    assert [u.data for u in MP3.read(edited(MP3, data, TEXT)) if u.home] == [TEXT]


def test_xmp_and_manifests_in_private_frames() -> None:
    packet = frame(4, b"PRIV", b"XMP\0<x/>")
    manifest = frame(4, b"GEOB", b"\0application/x-c2pa-manifest-store\0name\0words\0jumb")
    units = list(MP3.read(tag(4, packet, manifest) + stream()))
    assert [(u.kind, u.data) for u in units] == [(Kind.XMP, b"<x/>"), (Kind.C2PA, b"jumb")]
    changed = b"".join(apply(tag(4, packet) + stream(), MP3.edit(tag(4, packet) + stream(), TEXT, {units[0]: b"<y/>"})))
    assert [u.data for u in MP3.read(changed)] == [b"<y/>", TEXT]


def test_chinese_goes_into_23_as_utf_16() -> None:
    text = LABEL.to_json().replace("001191000000MA0000007C10001", "某某公司").encode()
    labelled = edited(MP3, tag(3, title(3)) + stream(), text)
    assert home(MP3, labelled) == text
    assert str(frames(labelled)["TXXX:AIGC"]) == text.decode()
    assert list(MP3.edit(labelled, text, {})) == []


def test_another_format_behind_the_tag_is_named() -> None:
    with pytest.raises(BrokenFile, match="fLaC"):
        list(MP3.read(tag(4, title(4)) + b"fLaC" + bytes(100)))


def test_names_decide_only_where_the_tag_hides_the_sound() -> None:
    hidden = tag(4, title(4), padding=9000)
    assert table.find(hidden + stream(), "a.mp3").id == "mp3"
    assert table.find(hidden + audio.made("aac"), "a.aac").id == "aac"
    assert table.find(hidden + audio.made("tta"), "a.tta").id == "tta"
    assert table.find(tag(4, title(4)) + audio.made("tta"), "a.mp3").id == "tta"


@pytest.mark.parametrize("cut", [4, 12, 40])
def test_a_tag_longer_than_the_file_is_refused(cut: int) -> None:
    with pytest.raises(LabelKitError):
        MP3.edit((tag(4, title(4), padding=50) + stream())[:cut], TEXT, {})


def test_frame_lengths() -> None:
    assert frame_bytes(bytes.fromhex("fffb9064")) == 417  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz
    assert frame_bytes(bytes.fromhex("fff35444")) == 120  # MPEG-2 layer III, 40 kbit/s, 24 kHz
    assert frame_bytes(bytes.fromhex("fffd8404")) == 384  # MPEG-1 layer II, 128 kbit/s, 48 kHz
    assert frame_bytes(b"\xff\xff\xff\xff") == 0
