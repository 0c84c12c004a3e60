"""M4A, MP4, MOV and 3GP: the guide's key, offsets that follow, iTunes' list and every wild place."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from functools import cache

import mutagen.mp4
import pytest

from labelkit.errors import BrokenFile, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.base import Kind, apply
from labelkit.formats.containers import _bmff
from labelkit.formats.containers._mp4_scan import C2PA_USER, XMP_USER
from labelkit.formats.containers.mp4 import M4a, Mp4
from labelkit.testing.bmff_builder import box, full, parts
from labelkit.testing.container_contract import edited, home
from tests.formats import audio
from tests.formats.audio import LONGER, TEXT

M4A, MP4 = M4a(), Mp4()
#: Longer than any free space that ffmpeg leaves.
HUGE = LONGER + b" " * 3000


def m4a(*options: str) -> bytes:
    return audio.made("m4a", "-c:a", "aac", *options)


@cache
def film(*options: str, ending: str = "mp4") -> bytes:
    """A few small pictures with sound."""
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=0.4", "-map", "0", "-map", "1")
    return audio.made(ending, *picture, "-c:v", "mpeg4", "-c:a", "aac", "-shortest", *options)


@cache
def tagged() -> bytes:
    """With iTunes' tags and a cover by mutagen, which leaves free space in the list."""
    file = io.BytesIO(m4a())
    tags = mutagen.mp4.MP4(file)
    tags["\xa9nam"] = "Tone"
    tags["----:com.apple.iTunes:MOOD"] = b"calm"
    tags["covr"] = [mutagen.mp4.MP4Cover(b"\x89PNG" + bytes(500))]
    file.seek(0)
    tags.save(file)
    return file.getvalue()


def walk(data: bytes, path: str) -> list[tuple[int, int]]:
    """Body and stop of every box at a path such as ``moov.udta``."""
    found = [(0, len(data))]
    for name in path.split("."):
        inner = [p for start, stop in found for p in parts(data, start, stop)]
        skip = 4 if name == "meta" else 0
        found = [(body + skip, stop) for kind, body, stop in inner if kind == name.encode()]
    return found


def put_in(data: bytes, path: str, new: bytes) -> bytes:
    """A box put at the end of another by hand; the sizes around it follow, and moov must be the last box."""
    names = path.split(".") if path else []
    made = bytearray(data)
    at = len(data)
    for depth in range(len(names), 0, -1):
        body, stop = walk(data, ".".join(names[:depth]))[0]
        at = stop if depth == len(names) else at
        start = body - (12 if names[depth - 1] == "meta" else 8)
        made[start : start + 4] = struct.pack(">I", stop - start + len(new))
    return bytes(made[:at] + new + made[at:])


def mdta_list(*pairs: tuple[bytes, bytes], handler: bytes = b"mdta", kind: int = 1) -> bytes:
    keys = b"".join(struct.pack(">I", len(key) + 8) + b"mdta" + key for key, _ in pairs)
    items = [box(struct.pack(">I", n), data_box(value, kind)) for n, (_, value) in enumerate(pairs, 1)]
    return full(
        b"meta",
        0,
        full(b"hdlr", 0, bytes(4), handler, bytes(13)),
        full(b"keys", 0, struct.pack(">I", len(pairs)), keys),
        box(b"ilst", *items),
    )


def quicktime_list(*pairs: tuple[bytes, bytes]) -> bytes:
    """As phones write it: a ``meta`` box without version and flags, directly in ``moov``."""
    return box(b"meta", mdta_list(*pairs)[12:])


def data_box(value: bytes, kind: int = 1) -> bytes:
    return box(b"data", struct.pack(">II", kind, 0), value)


def itunes_list(*items: bytes) -> bytes:
    return full(b"meta", 0, full(b"hdlr", 0, bytes(4), b"mdirappl", bytes(9)), box(b"ilst", *items))


def sound_only() -> bytes:
    """moov last and without user data."""
    data = m4a("-map_metadata", "-1")
    ((body, stop),) = walk(data, "moov.udta")
    made = bytearray(data[: body - 8] + data[stop:])
    moov = walk(data, "moov")[0]
    made[moov[0] - 8 : moov[0] - 4] = struct.pack(">I", moov[1] - moov[0] + 8 - (stop - body + 8))
    return bytes(made)


class TestM4a(audio.AudioContract):
    format_id = "m4a"
    ending = "m4a"
    tolerated_tail = 0

    def samples(self) -> dict[str, bytes]:
        return {
            "by ffmpeg, moov last": m4a(),
            "moov first": m4a("-movflags", "+faststart"),
            "no user data": sound_only(),
            "iTunes tags and free space": tagged(),
            "fragmented": m4a("-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "100000"),
            "fragments with offsets and index": m4a("-movflags", "+frag_keyframe", "-frag_duration", "100000"),
        }

    def cuts(self, data: bytes) -> list[int]:
        """Where only whole top-level boxes are left and moov is among them, nothing is missing."""
        whole = {0 if kind != b"moov" else stop for kind, _, stop in parts(data)}
        has_moov = min(stop for kind, _, stop in parts(data) if kind == b"moov")
        ends = {stop for _, _, stop in parts(data) if stop >= has_moov} | (whole - {0})
        return [size for size in super().cuts(data) if size not in ends]


class TestMp4(audio.AudioContract):
    format_id = "mp4"
    ending = "mp4"

    def samples(self) -> dict[str, bytes]:
        return {
            "film": film(),
            "film, moov first": film("-movflags", "+faststart", "-metadata", "title=Tone"),
            "keys by ffmpeg": film("-movflags", "use_metadata_tags", "-metadata", "mood=calm"),
            "QuickTime": film("-metadata", "title=Tone", ending="mov"),
        }

    def cuts(self, data: bytes) -> list[int]:
        return [size for size in super().cuts(data) if size not in {stop for _, _, stop in parts(data)}]


@pytest.mark.parametrize("options", [(), ("-movflags", "+faststart")])
def test_players_read_the_label(options: tuple[str, ...]) -> None:
    for payload in (TEXT, HUGE):
        labelled = edited(M4A, m4a(*options), payload)
        assert audio.ffprobe(labelled, "m4a")["AIGC"] == payload.decode()
        assert payload.decode().strip() in [str(v).strip() for v in audio.exiftool(labelled, "m4a").values()]
        assert audio.packets(labelled, "m4a") == audio.packets(m4a(*options), "m4a")
        audio.decodes(labelled, "m4a")
        assert audio.labels(edited(M4A, labelled, TEXT)) == [("AIGC", "")]


def test_itunes_tags_stay_for_those_who_read_them() -> None:
    for payload in (TEXT, HUGE):
        labelled = edited(M4A, tagged(), payload)
        tags = mutagen.mp4.MP4(io.BytesIO(labelled))
        assert tags["\xa9nam"] == ["Tone"]
        assert len(tags["covr"][0]) == 504
        assert audio.ffprobe(labelled, "m4a")["AIGC"] == payload.decode()
        assert audio.ffprobe(labelled, "m4a")["title"] == "Tone"
        assert audio.exiftool(labelled, "m4a")["ItemList:Title"] == "Tone"


def test_mutagen_keeps_the_label_when_it_saves() -> None:
    file = io.BytesIO(edited(M4A, tagged(), TEXT))
    tags = mutagen.mp4.MP4(file)
    tags["\xa9ART"] = "somebody"
    file.seek(0)
    tags.save(file)
    assert audio.labels(file.getvalue()) == [("AIGC", "")]


@pytest.mark.parametrize("ending", ["m4a", "mp4", "mov", "3gp"])
def test_ffmpegs_own_label_is_read_in_its_place(ending: str) -> None:
    options = ("-movflags", "use_metadata_tags", "-metadata", f"AIGC={TEXT.decode()}", "-metadata", "mood=calm")
    data = audio.made(ending, "-c:a", "aac", *options)
    assert audio.labels(data) == ([("AIGC", "")] if ending != "3gp" else [])
    labelled = edited(MP4, data, TEXT)
    assert audio.labels(labelled) == [("AIGC", "")]
    assert audio.packets(labelled, ending) == audio.packets(data, ending)
    if ending != "3gp":
        assert labelled == data


def test_a_key_is_put_into_the_list_that_is_there() -> None:
    data = film("-movflags", "use_metadata_tags", "-metadata", "mood=calm")
    labelled = edited(MP4, data, TEXT)
    assert len(walk(labelled, "moov.udta.meta")) == 1
    tags = audio.ffprobe(labelled, "mp4")
    assert (tags["mood"], tags["AIGC"]) == ("calm", TEXT.decode())


def test_free_space_is_used_so_that_nothing_moves() -> None:
    """iTunes leaves free space in its list, others behind moov."""
    plain = m4a("-movflags", "+faststart")
    moov = walk(plain, "moov")[0]
    spare = put_in(plain[: moov[1]], "", box(b"free", bytes(900)))
    (kind, _, _), *_ = parts(plain[moov[1] :])
    moved = [(found, body) for found, body, _ in parts(spare + plain[moov[1] :])]
    assert kind in (b"free", b"mdat")
    assert moved
    labelled = edited(M4A, tagged(), TEXT)
    assert len(labelled) == len(tagged())
    assert walk(labelled, "moov.trak.mdia.minf.stbl.stco") == walk(tagged(), "moov.trak.mdia.minf.stbl.stco")


def test_a_film_in_fragments_keeps_its_packets() -> None:
    for flags in ("+frag_keyframe", "+frag_keyframe+empty_moov+default_base_moof", "+dash+global_sidx"):
        data = film("-movflags", flags, "-g", "2")
        labelled = edited(MP4, data, HUGE)
        assert audio.packets(labelled, "mp4") == audio.packets(data, "mp4")
        assert audio.ffprobe(labelled, "mp4")["AIGC"].strip() == HUGE.decode().strip()


@pytest.mark.parametrize(
    ("path", "new", "found"),
    [
        ("moov", quicktime_list((b"AIGC", TEXT)), ("AIGC", "place-not-in-guide")),
        ("moov.udta", mdta_list((b"AIGC", TEXT), handler=b"mdir"), ("AIGC", "place-not-in-guide")),
        ("moov.udta", mdta_list((b"aigc", TEXT)), ("aigc", "place-not-in-guide keyword-case")),
        (
            "moov.udta",
            mdta_list((b"mood", b"calm"), (b"AIGC", b'{"AIGC":' + TEXT + b"}")),
            ("AIGC", "wrapper-unexpected"),
        ),
        ("moov.udta", itunes_list(box(b"\xa9cmt", data_box(TEXT))), ("©cmt", "place-not-in-guide keyword-missing")),
        ("moov.udta", itunes_list(box(b"\0\0\0\1", data_box(TEXT))), None),
        (
            "moov.udta",
            itunes_list(box(b"----", full(b"mean", 0, b"com.apple.iTunes"), full(b"name", 0, b"AIGC"), data_box(TEXT))),
            ("AIGC", "place-not-in-guide"),
        ),
        ("moov.udta", box(b"AIGC", TEXT), ("AIGC", "place-not-in-guide")),
        ("moov.udta", box(b"aigc", bytes(4), TEXT), ("aigc", "place-not-in-guide keyword-case")),
        (
            "moov.udta",
            box(b"\xa9cmt", struct.pack(">HH", len(TEXT), 0), TEXT),
            ("©cmt", "place-not-in-guide keyword-missing"),
        ),
        (
            "moov.udta",
            full(b"dscp", 0, b"\x15\xc7", TEXT + b"\0"),
            ("dscp", "place-not-in-guide nul-padding keyword-missing"),
        ),
    ],
)
def test_wild_places_are_read_and_cleared(path: str, new: bytes, found: tuple[str, str] | None) -> None:
    data = put_in(m4a(), path, new)
    ((key, deviations),) = audio.labels(data)
    if found:
        assert (key, sorted(deviations.split())) == (found[0], sorted(found[1].split()))
    cleared = audio.relabelled(data)
    assert audio.labels(cleared) == [("AIGC", "")]
    assert audio.packets(cleared, "m4a") == audio.packets(data, "m4a")
    assert audio.ffprobe(cleared, "m4a")["AIGC"] == TEXT.decode()


@pytest.mark.parametrize("base", [m4a, sound_only])
def test_a_key_that_goes_takes_its_name_along(base: Callable[[], bytes]) -> None:
    """And ffmpeg, which applies the first list of keys to all lists, names everything right."""
    data = put_in(base(), "moov", quicktime_list((b"mood", b"calm"), (b"AIGC", TEXT), (b"place", b"here")))
    cleared = audio.relabelled(data)
    tags = audio.ffprobe(cleared, "m4a")
    assert [unit.key for unit in M4A.read(cleared) if unit.key in ("mood", "AIGC", "place")] == [
        "AIGC",
        "mood",
        "place",
    ]
    seen = audio.exiftool(cleared, "m4a")
    assert (seen["Keys:Mood"], seen["Keys:Place"], seen["Keys:AIGC"]) == ("calm", "here", TEXT.decode())
    assert (tags["mood"], tags["place"], tags["AIGC"]) == ("calm", "here", TEXT.decode())


def test_quicktimes_own_keys_keep_their_names() -> None:
    keys = quicktime_list((b"com.apple.quicktime.make", b"Maker"), (b"com.apple.quicktime.model", b"Model"))
    for base in (m4a(), sound_only()):
        data = put_in(base, "moov", keys)
        tags = audio.ffprobe(edited(M4A, data, TEXT), "m4a")
        assert tags["com.apple.quicktime.make"] == "Maker"
        assert tags["com.apple.quicktime.model"] == "Model"
        assert tags["AIGC"] == TEXT.decode()


def test_a_key_goes_from_the_guides_list_while_the_label_comes() -> None:
    data = put_in(m4a(), "moov.udta", mdta_list((b"aigc", TEXT), (b"mood", b"calm")))
    cleared = audio.relabelled(data)
    assert audio.ffprobe(cleared, "m4a")["mood"] == "calm"
    assert audio.labels(cleared) == [("AIGC", "")]


def test_several_values_and_lists_become_one() -> None:
    twice = box(b"\0\0\0\1", data_box(TEXT), data_box(LONGER))
    data = put_in(m4a(), "moov.udta", mdta_list((b"AIGC", TEXT)))
    data = put_in(
        data, "moov.udta", mdta_list((b"AIGC", LONGER)).replace(box(b"\0\0\0\1", data_box(LONGER)), twice)[:0]
    )
    two = put_in(data, "moov.udta", mdta_list((b"AIGC", LONGER)))
    assert [u.home for u in M4A.read(two)].count(True) == 2
    assert [u.data for u in M4A.read(edited(M4A, two, TEXT)) if u.home] == [TEXT]


def test_utf_16_is_understood_and_made_utf_8() -> None:
    data = put_in(m4a(), "moov.udta", mdta_list((b"AIGC", TEXT.decode().encode("utf-16-be")), kind=2))
    assert home(M4A, data) == TEXT
    labelled = edited(M4A, data, TEXT)
    assert audio.labels(labelled) == [("AIGC", "")]
    assert list(M4A.edit(labelled, TEXT, {})) == []


def test_xmp_and_manifests_are_read_and_xmp_rewritten() -> None:
    data = m4a("-movflags", "+faststart")
    ftyp = parts(data)[0][2]
    # Put in front of moov by the handler's own means would prove nothing; behind everything nothing moves.
    data = data + box(b"uuid", XMP_USER, b"<x/>") + box(b"uuid", C2PA_USER, b"jumb")
    units = {u.kind: u for u in M4A.read(data)}
    assert (units[Kind.XMP].data, units[Kind.C2PA].data) == (b"<x/>", b"jumb")
    changed = b"".join(apply(data, M4A.edit(data, TEXT, {units[Kind.XMP]: b"<longer/>"})))
    assert next(u.data for u in M4A.read(changed) if u.kind is Kind.XMP) == b"<longer/>"
    assert audio.packets(changed, "m4a") == audio.packets(data, "m4a")
    assert ftyp > 0


def test_long_sizes_and_64_bit_offsets() -> None:
    data = m4a()
    ftyp, *rest = parts(data)
    mdat = next(p for p in rest if p[0] == b"mdat")
    moov = next(p for p in rest if p[0] == b"moov")
    long_mdat = struct.pack(">I4sQ", 1, b"mdat", mdat[2] - mdat[1] + 16) + data[mdat[1] : mdat[2]]
    table = data.index(b"stco") - 4
    size, count = struct.unpack_from(">I8xI", data, table)
    start = ftyp[2] + moov[2] - moov[1] + 8 + 4 * count
    old = struct.unpack_from(f">{count}I", data, table + 16)
    new = [offset - mdat[1] + start + 16 for offset in old]
    co64 = full(b"co64", 0, struct.pack(f">I{count}Q", count, *new))
    body = data[moov[1] : table] + co64 + data[table + size : moov[2]]
    made = bytearray(data[: ftyp[2]] + box(b"moov", body) + long_mdat)
    for name in ("moov.trak", "moov.trak.mdia", "moov.trak.mdia.minf", "moov.trak.mdia.minf.stbl"):
        at = walk_start(bytes(data), name) - moov[1] + ftyp[2] + 8
        made[at : at + 4] = struct.pack(">I", struct.unpack_from(">I", made, at)[0] + 4 * count)
    built = bytes(made)
    assert audio.packets(built, "m4a") == audio.packets(data, "m4a")
    for payload in (TEXT, HUGE):
        assert audio.packets(edited(M4A, built, payload), "m4a") == audio.packets(data, "m4a")


def walk_start(data: bytes, path: str) -> int:
    return walk(data, path)[0][0] - 8


def test_what_cannot_move_is_refused() -> None:
    data = m4a("-movflags", "+faststart")
    stuck = put_in(data[: walk(data, "moov")[0][1]], "moov", full(b"meta", 0, full(b"iloc", 0)))
    with pytest.raises(UnsupportedOperation):
        M4A.edit(stuck, HUGE, {})
    with pytest.raises(BrokenFile, match="moov"):
        M4A.edit(box(b"ftyp", b"M4A \0\0\0\0"), TEXT, {})


def test_only_the_files_own_boxes_may_leave_their_size_open() -> None:
    with pytest.raises(BrokenFile, match="open"):
        M4A.edit(box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", struct.pack(">I4s", 0, b"trak")), TEXT, {})
    data = sound_only()
    moov = walk(data, "moov")[0][0] - 8
    open_ = data[:moov] + bytes(4) + data[moov + 4 :]
    assert home(M4A, edited(M4A, open_, TEXT)) == TEXT


def test_sound_and_film_are_told_apart() -> None:
    assert table.find(m4a()).id == "m4a"
    assert table.find(film("-movflags", "+faststart")).id == "mp4"
    assert table.find(audio.made("mp4", "-c:a", "aac", "-movflags", "+faststart"), "a.mp4").id == "m4a"
    unsure = film()
    assert table.find(unsure, "a.mp4").id == "mp4"
    assert table.find(unsure, "a.m4a").id == "m4a"
    assert table.find(unsure[:12] + bytes(4096)).id == "mp4"


def test_all_after_is_after() -> None:
    from labelkit.formats.containers._bmff_splice import Change, Moves

    moves = Moves([Change(10, 20, b"x" * 30), Change(50, 50, b"yy"), Change(60, 70, b"")])
    for places in ([0, 5], [25, 40], [12, 15], [5, 80], [], [65, 90]):
        assert list(moves.all_after(places)) == [moves.after(place) for place in places]
    assert _bmff.MAX_SHORT_SIZE == 0xFFFFFFFF
