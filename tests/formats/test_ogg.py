"""Ogg: four codecs, header pages made anew, chains, tracks side by side; numbers and checksums of all pages after."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import mutagen.oggopus
import mutagen.oggvorbis
import pytest
from mutagen.ogg import OggPage

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.base import apply
from labelkit.formats.containers import _ogg_pages
from labelkit.formats.containers.ogg import Ogg
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

OGG = Ogg()
ENDINGS = {"opus": "libopus", "ogg": "libvorbis", "spx": "libspeex", "oga": "flac"}
#: Does not fit a page.
HUGE = LONGER + b" " * 140_000


def made(ending: str, *options: str, seconds: float = 0.2) -> bytes:
    return audio.made(ending, "-c:a", ENDINGS[ending], *options, seconds=seconds, rate=16000)


def pages(data: bytes) -> list[OggPage]:
    """All pages by mutagen, each checked to be what mutagen would write: checksum included."""
    file, found = io.BytesIO(data), []
    while file.tell() < len(data):
        start = file.tell()
        page = OggPage(file)
        assert page.write() == data[start : file.tell()]
        found.append(page)
    return found


def numbered(data: bytes) -> bool:
    """Whether the pages of every stream count from 0 without a gap."""
    following: dict[int, int] = {}
    for page in pages(data):
        if page.first:
            following[page.serial] = 0
        if page.sequence != following[page.serial]:
            return False
        following[page.serial] += 1
    return True


def bounds(data: bytes) -> set[int]:
    return {0, *(page.stop for page in _ogg_pages.pages(data))}


class TestOgg(audio.AudioContract):
    format_id = "ogg"
    ending = "ogg"

    def samples(self) -> dict[str, bytes]:
        return {
            **{f"{codec} with a title": made(ending, "-metadata", "title=Tone") for ending, codec in ENDINGS.items()},
            "chained": made("opus") + made("ogg", "-metadata", "artist=somebody"),
        }

    def pixels(self, data: bytes) -> object:
        first = next(page.stop for page in _ogg_pages.pages(data) if page.granule not in (0, _ogg_pages.NO_GRANULE))
        packets = [p for page in pages(data) for p in page.packets if not p.startswith((b"OpusTags", b"\x03vorbis"))]
        return audio.packets(data, "ogg"), len(packets), first > 0

    def cuts(self, data: bytes) -> Iterator[int]:
        whole = bounds(data) - set(sorted(bounds(data))[:2])
        yield from (size for size in super().cuts(data) if size not in whole)


@pytest.mark.parametrize("ending", ENDINGS)
def test_players_read_the_label(ending: str) -> None:
    data = made(ending)
    for payload in (TEXT, LONGER):
        labelled = edited(OGG, data, payload)
        assert audio.ffprobe(labelled, ending)["AIGC"] == payload.decode()
        assert audio.labels(labelled) == [("AIGC", "")]
        assert numbered(labelled)
        assert len(pages(labelled)) == len(pages(data))
        audio.decodes(labelled, ending)
        if ending != "spx":
            assert payload.decode() in audio.exiftool(labelled, ending).values()


def test_mutagen_reads_it_and_keeps_it() -> None:
    for ending, kind in (("opus", mutagen.oggopus.OggOpus), ("ogg", mutagen.oggvorbis.OggVorbis)):
        file = io.BytesIO(edited(OGG, made(ending, "-metadata", "title=Tone"), TEXT))
        tags = kind(file)
        assert (tags["AIGC"], tags["TITLE"]) == ([TEXT.decode()], ["Tone"])
        tags["ARTIST"] = "somebody"
        file.seek(0)
        tags.save(file)
        assert audio.labels(file.getvalue()) == [("AIGC", "")]


@pytest.mark.parametrize("ending", ENDINGS)
def test_ffmpegs_own_label_is_read_in_its_place(ending: str) -> None:
    data = made(ending, "-metadata", f"AIGC={TEXT.decode()}")
    assert audio.labels(data) == [("AIGC", "")]
    assert list(OGG.edit(data, TEXT, {})) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_later_pages_are_renumbered_when_the_header_takes_more(ending: str) -> None:
    data = made(ending, seconds=3)
    labelled = edited(OGG, data, HUGE)
    assert len(pages(labelled)) == len(pages(data)) + 2
    assert numbered(labelled)
    assert home(OGG, labelled) == HUGE
    assert audio.packets(labelled, ending) == audio.packets(data, ending)
    assert edited(OGG, edited(OGG, labelled, TEXT), TEXT).endswith(labelled[-200:])
    audio.decodes(labelled, ending)


def test_a_header_of_many_pages_stays_on_as_many() -> None:
    data = made("ogg", "-metadata", "lyrics=" + "la " * 30_000)
    labelled = edited(OGG, data, TEXT)
    assert [p.sequence for p in pages(labelled)] == [p.sequence for p in pages(data)]
    assert mutagen.oggvorbis.OggVorbis(io.BytesIO(labelled))["LYRICS"] == ["la " * 30_000]
    assert audio.packets(labelled) == audio.packets(data)


def test_one_label_in_a_chain() -> None:
    first, second = (
        made("opus", "-metadata", f"AIGC={LONGER.decode()}"),
        made("ogg", "-metadata", f"AIGC={TEXT.decode()}"),
    )
    data = first + second
    assert [u.home for u in OGG.read(data) if u.key == "AIGC"] == [True, True]
    labelled = edited(OGG, data, TEXT)
    assert [u.data for u in OGG.read(labelled) if u.home] == [TEXT]
    assert numbered(labelled)


def test_renumbering_ends_with_the_link() -> None:
    first, second = made("opus", seconds=2), made("opus")
    labelled = edited(OGG, first + second, HUGE)
    assert labelled == edited(OGG, first, HUGE) + second


def test_tracks_side_by_side() -> None:
    tracks = ("-f", "lavfi", "-i", "sine=880:duration=2:sample_rate=16000", "-map", "0", "-map", "1", "-c:a", "libopus")
    data = audio.made("ogg", *tracks, seconds=2)
    assert len({page.serial for page in pages(data)}) == 2
    for payload in (TEXT, HUGE):
        labelled = edited(OGG, data, payload)
        assert numbered(labelled)
        assert audio.packets(labelled) == audio.packets(data)
        assert [u.data for u in OGG.read(labelled) if u.home] == [payload]


def test_what_follows_the_comments_stays() -> None:
    """OpusTags may end in padding or binary data (RFC 7845 section 5.2)."""
    data = made("opus")
    head, tags, *rest = pages(data)
    tags.packets = [tags.packets[0] + b"\x01binary"]
    padded = b"".join(page.write() for page in (head, tags, *rest))
    labelled = edited(OGG, padded, TEXT)
    assert pages(labelled)[1].packets[0].endswith(b"\x01binary")


@pytest.mark.parametrize(
    ("key", "deviations"),
    [("aigc", "place-not-in-guide keyword-case"), ("COMMENT", "place-not-in-guide keyword-missing")],
)
def test_wild_comments_are_read_and_cleared(key: str, deviations: str) -> None:
    file = io.BytesIO(made("opus"))
    tags = mutagen.oggopus.OggOpus(file)
    tags[key] = TEXT.decode()
    file.seek(0)
    tags.save(file)
    assert audio.labels(file.getvalue()) == [(key, deviations)]
    assert audio.labels(audio.relabelled(file.getvalue())) == [("AIGC", "")]


def test_a_wrong_checksum_of_the_header_is_noted_and_mended() -> None:
    data = bytearray(edited(OGG, made("opus"), TEXT))
    page = list(_ogg_pages.pages(bytes(data)))[1]
    data[page.start + 22] ^= 1
    unit = next(u for u in OGG.read(bytes(data)) if u.home)
    assert unit.notes == ("bad-checksum",)
    assert numbered(edited(OGG, bytes(data), TEXT))


def test_without_sound_there_is_no_place() -> None:
    page = _ogg_pages._page(_ogg_pages.FIRST, 0, 7, 0, b"\x08", b"fishead\0")
    with pytest.raises(UnsupportedOperation):
        OGG.edit(page, TEXT, {})


def test_headers_must_be_there() -> None:
    data = made("ogg")
    first = next(iter(_ogg_pages.pages(data)))
    with pytest.raises(BrokenFile, match="comment header"):
        list(OGG.read(data[: first.stop]))


def test_noise_between_pages_is_refused_behind_them_forgiven() -> None:
    data = made("opus")
    second = sorted(bounds(data))[2]
    with pytest.raises(BrokenFile):
        list(OGG.read(data[:second] + b"noise" + data[second:]))
    labelled = b"".join(apply(data + b"noise", OGG.edit(data + b"noise", TEXT, {})))
    assert labelled.endswith(b"noise")


def test_the_checksum_is_that_of_the_standard() -> None:
    """Compared with the bit-by-bit definition."""
    for data in (b"", b"a", bytes(range(256))):
        remainder = 0
        for byte in data:
            remainder ^= byte << 24
            for _ in range(8):
                remainder = (remainder << 1 ^ (0x04C11DB7 if remainder >> 31 else 0)) & 0xFFFFFFFF
        assert _ogg_pages.checksum(data) == remainder


def test_films_leave_the_head_to_others() -> None:
    assert table.find(made("opus")).id == "ogg"
    assert OGG.score(b"OggS" + bytes(24) + b"\x80theora") < 95
    assert struct.calcsize("<4sBBQIIIB") == _ogg_pages.HEADER_BYTES
