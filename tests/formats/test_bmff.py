"""Boxes and splicing, held against films that ffmpeg writes and reads."""

import mmap
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import Edit, apply
from labelkit.formats.containers import _bmff
from labelkit.formats.containers._bmff import Box, Cursor, boxes, children, make, make_full, tree
from labelkit.formats.containers._bmff_splice import Change, Moves, absorb, append_point, closing, splice

FREE = make(b"free", bytes(100))
ENCRYPTED = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "0" * 32, "-encryption_kid", "1" * 32]
FILMS = {
    "stco behind mdat": [],
    "stco before mdat": ["-movflags", "+faststart"],
    "QuickTime": ["-f", "mov"],
    "fragments with base offsets and tfra": ["-movflags", "frag_keyframe+empty_moov"],
    "fragments with sidx": ["-movflags", "dash+global_sidx+frag_keyframe", "-g", "2"],
    "fragments from moof on": ["-movflags", "frag_keyframe+default_base_moof"],
    "encrypted with saio": ENCRYPTED,
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("films")
    made = {}
    sources = ["-f", "lavfi", "-i", "testsrc=s=64x48:d=1:r=10", "-f", "lavfi", "-i", "sine=d=1"]
    for number, (name, options) in enumerate(FILMS.items()):
        film = folder / f"{number}.mp4"
        codecs = (
            ["-c:v", "mpeg4", "-c:a", "aac"] if "encryption" not in "".join(options) else ["-c:v", "libx264", "-an"]
        )
        subprocess.run(["ffmpeg", "-v", "error", *sources, *codecs, *options, film], check=True)
        made[name] = film.read_bytes()
    return made


def packets(data: bytes, folder: Path) -> str:
    """Digest and time of every coded sample, as ffmpeg finds them."""
    film = folder / "film.mp4"
    film.write_bytes(data)
    command = ["ffmpeg", "-v", "error", "-i", film, "-map", "0", "-c", "copy", "-f", "framemd5", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def spliced(data: bytes, changes: Sequence[Change]) -> bytes:
    return b"".join(apply(data, splice(data, changes, list(tree(data)))))


def first(data: bytes, kind: bytes) -> tuple[Box, tuple[Box, ...]]:
    return next((box, parents) for box, parents in tree(data) if box.type == kind)


@pytest.mark.parametrize("name", FILMS)
def test_films_survive_what_is_put_in_front(name: str, films: dict[str, bytes], tmp_path: Path) -> None:
    data = films[name]
    ftyp = next(boxes(data))
    moov, _ = first(data, b"moov")
    changes = [
        Change(ftyp.stop, ftyp.stop, FREE),
        Change(moov.stop, moov.stop, make(b"udta", make(b"test", b"inside")), (moov,)),
        Change(len(data), len(data), FREE),
    ]
    result = spliced(data, changes)
    assert len(result) == len(data) + 100 + 8 + 8 + 8 + 6 + 108
    assert packets(result, tmp_path) == packets(data, tmp_path)
    assert "#" in packets(data, tmp_path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("stco before mdat", b"stco"),
        ("fragments with base offsets and tfra", b"tfhd"),
        ("fragments with base offsets and tfra", b"tfra"),
        ("fragments with sidx", b"sidx"),
        ("encrypted with saio", b"saio"),
    ],
)
def test_the_films_have_what_they_are_named_after(name: str, kind: bytes, films: dict[str, bytes]) -> None:
    assert first(films[name], kind)


def test_random_access_entries_point_at_fragments(films: dict[str, bytes]) -> None:
    data = films["fragments with base offsets and tfra"]
    ftyp = next(boxes(data))
    result = spliced(data, [Change(ftyp.stop, ftyp.stop, FREE)])
    box, _ = first(result, b"tfra")
    cursor = Cursor(result, box)
    version = cursor.uint(4) >> 24
    cursor.take(8)
    starts = {b.start for b in boxes(result) if b.type == b"moof"}
    found = set()
    for _ in range(cursor.uint(4)):
        cursor.take(8 if version else 4)
        found.add(cursor.uint(8 if version else 4))
        cursor.take(3)
    assert found
    assert found <= starts


def segments(data: bytes) -> list[tuple[int, int, int]]:
    """Start, stop and top bit of every segment of the first sidx (version 0)."""
    box, _ = first(data, b"sidx")
    start = box.stop + struct.unpack_from(">I", data, box.body + 16)[0]
    (count,) = struct.unpack_from(">H", data, box.body + 22)
    found = []
    for number in range(count):
        (field,) = struct.unpack_from(">I", data, box.body + 24 + 12 * number)
        found.append((start, start + (field & 0x7FFFFFFF), field >> 31))
        start += field & 0x7FFFFFFF
    return found


def test_segment_index_follows() -> None:
    media = [make(b"moof", b""), make(b"mdat", bytes(30))] * 3
    entries = b"".join(struct.pack(">III", top << 31 | 46, 1, 0) for top in (0, 1, 0))
    index = make_full(b"sidx", 0, 0, struct.pack(">IIIIHH", 1, 1, 0, 12, 0, 3) + entries)
    data = make(b"ftyp", b"test") + index + make(b"free", bytes(4)) + b"".join(media)
    begin = len(data) - 3 * 46
    assert [s[0] for s in segments(data)] == [begin, begin + 46, begin + 92]
    sidx, _ = first(data, b"sidx")
    changes = [
        Change(sidx.stop, sidx.stop, FREE),
        Change(begin + 46 + 8, begin + 46 + 8, make(b"free", b""), ()),
        Change(len(data), len(data), FREE),
    ]
    result = spliced(data, changes)
    more = len(FREE)
    expected = [(begin, begin + 46, 0), (begin + 46, begin + 100, 1), (begin + 100, begin + 146, 0)]
    assert segments(result) == [(start + more, stop + more, top) for start, stop, top in expected]


def test_offsets_in_tables() -> None:
    body = make_full(b"co64", 0, 0, struct.pack(">IQQ", 2, 0, 500)) + make_full(
        b"stco", 0, 0, struct.pack(">II", 1, 501)
    )
    aux = make_full(b"saio", 1, 1, b"cenc" + bytes(4) + struct.pack(">IQ", 1, 502))
    relative = make(b"traf", make_full(b"saio", 0, 0, struct.pack(">II", 1, 503)))
    head = make(b"ftyp", b"test")
    data = head + make(b"moov", make(b"trak", body + aux)) + make(b"moof", relative) + make(b"mdat", bytes(500))
    result = spliced(data, [Change(len(head), len(head), FREE)])
    assert struct.pack(">IQQ", 2, 0, 608) in result
    assert struct.pack(">II", 1, 609) in result
    assert struct.pack(">IQ", 1, 610) in result
    assert struct.pack(">II", 1, 503) in result, "offsets in a fragment count from the fragment"


def test_an_offset_that_outgrows_its_field_is_refused() -> None:
    table = make_full(b"stco", 0, 0, struct.pack(">II", 1, 0xFFFFFFF0))
    data = make(b"ftyp", b"test") + make(b"moov", make(b"trak", table))
    with pytest.raises(LimitExceeded, match="does not fit"):
        spliced(data, [Change(12, 12, FREE)])


def test_sizes_follow_in_every_form() -> None:
    inner = make(b"udta", b"")
    data = struct.pack(">I4sQ", 1, b"moov", 16 + len(inner)) + inner + struct.pack(">I4s", 0, b"mdat")
    udta, parents = first(data, b"udta")
    result = spliced(data, [Change(udta.stop, udta.stop, FREE, (udta, *parents))])
    assert [(b.type, b.size, b.long, b.open) for b in boxes(result)] == [
        (b"moov", 24 + 108, True, False),
        (b"mdat", 8, False, True),
    ]
    assert first(result, b"udta")[0].size == 116


def test_a_short_size_that_outgrows_its_field_is_refused() -> None:
    data = make(b"ftyp", b"test")
    giant = Box(b"mdat", 0, 8, 0xFFFFFFFF)
    with pytest.raises(LimitExceeded, match="longer size field"):
        splice(data, [Change(12, 12, b"1", (giant,))], [])


def test_closing_an_open_box() -> None:
    data = make(b"ftyp", b"test") + struct.pack(">I4s", 0, b"mdat") + b"12345"
    last = list(boxes(data))[-1]
    assert last.open
    result = spliced(data, [closing(last), Change(len(data), len(data), FREE)])
    assert [(b.type, b.size) for b in boxes(result)] == [(b"ftyp", 12), (b"mdat", 13), (b"free", 108)]
    giant = closing(Box(b"mdat", 0, 8, 1 << 33, open=True))
    assert giant.data == struct.pack(">I4sQ", 1, b"mdat", (1 << 33) + 8)
    assert giant.growth == 8


@pytest.mark.parametrize(("free", "left"), [(20, 0), (28, 8), (50, 30), (21, None), (27, None), (19, None)])
def test_free_space_is_used_when_it_leaves_a_valid_box(free: int, left: int | None) -> None:
    data = make(b"meta", b"") + make(b"free", bytes(free - 8)) + make(b"mdat", b"x")
    top = list(boxes(data))
    change = absorb(top, top[0], 20)
    if left is None:
        assert change is None
        return
    assert change is not None
    assert change.growth == -20
    result = b"".join(apply(data, [Edit(change.start, change.stop, change.data)]))
    assert [b.size for b in boxes(result) if b.type == b"free"] == ([left] if left else [])


def test_new_boxes_go_before_what_wants_to_be_last() -> None:
    parts = [make(kind, b"") for kind in (b"ftyp", b"moov", b"mdat", b"mfra")]
    data = b"".join(parts)
    assert append_point(list(boxes(data))) == len(data) - 8
    assert append_point(list(boxes(data[:-8]))) == len(data) - 8
    assert append_point([]) == 0


def test_changes_that_overlap_are_refused() -> None:
    data = make(b"ftyp", b"test")
    with pytest.raises(BrokenFile, match="over each other"):
        splice(data, [Change(8, 11, b"abcd"), Change(10, 12, b"")], [])


def test_insertions_at_one_place_go_from_the_inside_out() -> None:
    data = make(b"moov", make(b"udta", b""))
    udta, parents = first(data, b"udta")
    outside = Change(len(data), len(data), make(b"free", b""))
    inside = Change(udta.stop, udta.stop, make(b"test", b""), (udta, *parents))
    assert spliced(data, [outside, inside]) == make(b"moov", make(b"udta", make(b"test", b""))) + make(b"free", b"")


@given(st.binary(min_size=1, max_size=60), st.data())
def test_moves_agree_with_splicing(data: bytes, draw: st.DataObject) -> None:
    """Each kept byte is where ``after`` says."""
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=6)))
    changes = [
        Change(start, stop, draw.draw(st.binary(max_size=9)))
        for start, stop in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    result = b"".join(apply(data, [Edit(c.start, c.stop, c.data) for c in changes]))
    moves = Moves(changes)
    for at, value in enumerate(data):
        if not any(c.start <= at < c.stop for c in changes):
            assert result[moves.after(at)] == value
    for change in changes:
        at = moves.before(change.start)
        assert change.data in result[at:]


def test_walking_boxes() -> None:
    user = bytes(range(16))
    data = make(b"free", b"1") + make(b"uuid", user + b"22") + struct.pack(">I4sQ", 1, b"wide", 19) + b"333"
    found = list(boxes(data))
    assert [(b.type, b.start, b.body, b.stop, b.user) for b in found] == [
        (b"free", 0, 8, 9, b""),
        (b"uuid", 9, 33, 35, user),
        (b"wide", 35, 51, 54, b""),
    ]
    assert found[2].place == "box wide, byte 35"
    assert Box(b"\xa9nam", 0, 8, 9).place == "box ©nam, byte 0"
    assert Box(b"\0\0\0\1", 0, 8, 9).place == "box 0x00000001, byte 0"


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0",
        b"\0\0\0\7free",
        b"\0\0\0\x09free",
        b"\0\0\0\1free\0\0\0\0",
        b"\0\0\0\1free\0\0\0\0\0\0\0\x0f",
        b"\0\0\0\1free\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\0\0\0\1free\0\0\0\0\0\0\0\0",
        make(b"uuid", bytes(15)),
        b"\0\0\0\0uuid" + bytes(15),
        make(b"moov", b"\0\0\0\0free") + make(b"free", b""),
        make(b"moov", b"\0\0\0\x09free"),
        make(b"meta", b"\0\0\0"),
    ],
)
def test_boxes_that_do_not_fit(data: bytes) -> None:
    with pytest.raises(BrokenFile) as caught:
        [list(children(data, box)) for box, _ in tree(data) if box.type in (b"moov", b"meta")]
    assert "byte" in caught.value.place


def test_quicktime_habits() -> None:
    hdlr = make(b"hdlr", bytes(20))
    iso, quicktime = make(b"meta", bytes(4) + hdlr), make(b"meta", hdlr)
    for data in (iso, quicktime):
        assert [b.type for b in children(data, next(boxes(data)))] == [b"hdlr"]
    ended = make(b"udta", make(b"test", b"") + bytes(4))
    assert [b.type for b in children(ended, next(boxes(ended)))] == [b"test"]
    assert [b.type for b, _ in tree(make(b"udta", bytes(4)))] == [b"udta"]
    zeros = make(b"udta", make(b"test", bytes(4)))
    assert [b.type for b in children(zeros, next(boxes(zeros)))] == [b"test"]


def test_an_open_box_in_the_last_parent() -> None:
    data = make(b"ftyp", b"") + b"\0\0\0\0moov" + b"\0\0\0\0udta" + make(b"test", b"")
    assert [(b.type, b.open) for b, _ in tree(data)] == [
        (b"ftyp", False),
        (b"moov", True),
        (b"udta", True),
        (b"test", False),
    ]


def test_depth_is_bounded() -> None:
    data = b""
    for _ in range(_bmff.MAX_DEPTH + 2):
        data = make(b"moov", data)
    with pytest.raises(LimitExceeded):
        list(tree(data))


def test_cursor_stays_in_its_box() -> None:
    data = make(b"test", b"\1\2abc\0de") + b"outside"
    cursor = Cursor(data, next(boxes(data, 0, 16)))
    assert (cursor.uint(2), cursor.uint(0), cursor.text(), cursor.text(), cursor.left) == (0x102, 0, b"abc", b"de", 0)
    assert cursor.text() == b""
    with pytest.raises(BrokenFile, match="runs over"):
        cursor.uint(1)


def test_counts_are_checked_before_anything_is_read() -> None:
    data = make(b"test", b"\0\0\0\3" + bytes(8))
    with pytest.raises(BrokenFile, match="3 entries"):
        Cursor(data, next(boxes(data))).count(4, 4)
    with pytest.raises(LimitExceeded, match="at most 2"):
        Cursor(data, next(boxes(data))).count(4, 2, 2)


def test_mapped_files(tmp_path: Path, films: dict[str, bytes]) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(films["stco before mdat"])
    with open(film, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        whole = list(tree(mapped))
        assert whole == list(tree(films["stco before mdat"]))
        change = [Change(0, 0, FREE)]
        assert splice(mapped, change, whole) == splice(films["stco before mdat"], change, whole)
