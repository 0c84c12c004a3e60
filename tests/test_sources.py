from __future__ import annotations

import io
import mmap
import os
import pickle
import socket
import stat
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import pytest

from labelkit import sources
from labelkit.errors import InputError, LabelKitError, LimitExceeded, NotFound, Unreadable, WriteError
from labelkit.sources import open_source, same_file, store, temporary_prefix


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


# --- reading


def test_a_path_gives_its_bytes_its_name_and_its_path(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc")
    opened = open_source(path)
    assert (opened.data, opened.name, opened.path) == (b"abc", str(path), path)
    assert open_source(str(path)).data == b"abc"


def test_a_large_file_is_mapped_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(sources.READ_AT_ONCE_BYTES + 1)
    data = open_source(path).data
    assert isinstance(data, mmap.mmap)
    assert len(data) == sources.READ_AT_ONCE_BYTES + 1


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_like_values(kind: type) -> None:
    assert open_source(kind(b"abc")).data == b"abc"


def test_a_stream_is_read_to_its_end_even_when_it_gives_little_at_a_time() -> None:
    left, right = socket.socketpair()
    with left, right, right.makefile("rb", buffering=0) as stream:
        left.sendall(b"one ")
        left.sendall(b"two")
        left.shutdown(socket.SHUT_WR)
        opened = open_source(stream)
    assert opened.data == b"one two"
    assert opened.name == "<stream>"


def test_a_stream_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_STREAM_BYTES", 10)
    assert open_source(io.BytesIO(b"x" * 10)).data == b"x" * 10
    with pytest.raises(LimitExceeded, match="more than 10 bytes"):
        open_source(io.BytesIO(b"x" * 11))


def test_a_stream_that_cannot_be_read() -> None:
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(Unreadable, match="closed"):
        open_source(closed)
    with pytest.raises(InputError, match="text, not bytes"):
        open_source(io.StringIO("x"))  # type: ignore[arg-type]
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    empty = os.fdopen(reader, "rb", buffering=0)
    with empty, os.fdopen(writer, "wb"), pytest.raises(Unreadable, match="no data yet"):
        open_source(empty)


def test_not_a_source() -> None:
    with pytest.raises(InputError, match="cannot read a int"):
        open_source(5)  # type: ignore[arg-type]


def test_odd_paths_get_a_message_each(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "broken").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        expected: list[tuple[str, type[LabelKitError], str]] = [
            ("missing", NotFound, "no such file"),
            ("file/below", NotFound, "no such file"),
            ("broken", NotFound, "leads nowhere"),
            ("loop", Unreadable, "in a circle"),
            (".", Unreadable, "this is a folder"),
            ("pipe", Unreadable, "pipe or socket"),
            ("socket", Unreadable, "cannot be read"),
            ("x" * 300, Unreadable, "too long"),
            ("a\0b", InputError, "no file can have this name"),
            ("a\ud800b", InputError, "no file can have this name"),
        ]
        for name, kind, words in expected:
            path = os.path.join(tmp_path, name)
            with pytest.raises(kind, match=words) as caught:
                open_source(path)
            assert caught.value.file == path
            assert caught.value.remedy
    with pytest.raises(InputError, match="empty"):
        open_source("")
    with pytest.raises(Unreadable, match="device"):
        open_source("/dev/null")


def test_names_of_every_kind_are_opened(tmp_path: Path) -> None:
    for raw in ("图片 一.png".encode(), b"line\nbreak.png", b"not-utf8-\xff\xfe.png", b"-o.png", "字".encode() * 85):
        path = os.path.join(os.fsencode(tmp_path), raw)
        with open(path, "wb") as file:
            file.write(raw)
        assert open_source(os.fsdecode(path)).data == raw


def test_same_file(tmp_path: Path) -> None:
    a, link, other = tmp_path / "a", tmp_path / "link", tmp_path / "other"
    a.write_bytes(b"x")
    other.write_bytes(b"x")
    link.symlink_to(a)
    assert same_file(a, link)
    assert not same_file(a, other)
    assert not same_file(a, tmp_path / "missing")
    assert not same_file(a, Path("a\0b"))


# --- storing


def test_pieces_are_joined_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    store(target, [b"one ", memoryview(b"two")])
    assert target.read_bytes() == b"one two"
    assert names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name", ["字" * 85, "x" * 255, "line\nbreak", "not-utf8-\udcff"])
def test_every_name_a_file_may_have_can_be_written(tmp_path: Path, name: str) -> None:
    store(tmp_path / name, [b"x"])
    assert names(tmp_path) == [name]


def test_permissions(tmp_path: Path) -> None:
    script = f"""
        import os, pathlib
        from labelkit.sources import store
        os.umask(0o027)
        here = pathlib.Path({str(tmp_path)!r})
        store(here / "plain", [b"x"])
        (here / "model").write_bytes(b"x"); (here / "model").chmod(0o4604)
        store(here / "like", [b"x"], like=here / "model")
        store(here / "gone", [b"x"], like=here / "missing")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "like", "gone")}
    assert modes == {"plain": 0o640, "like": 0o604, "gone": 0o640}


def test_replacing_a_file_keeps_its_owner(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"x")
    owner = (1234, 1235) if os.geteuid() == 0 else (os.geteuid(), os.getegid())  # only root may give files away
    os.chown(target, *owner)
    store(target, [b"new"], like=target)
    assert (target.stat().st_uid, target.stat().st_gid) == owner
    store(tmp_path / "b", [b"new"], like=target)
    assert (tmp_path / "b").stat().st_uid == os.geteuid()


def test_a_link_is_replaced_and_what_it_led_to_is_untouched(tmp_path: Path) -> None:
    original, target = tmp_path / "original", tmp_path / "target"
    original.write_bytes(b"original")
    target.symlink_to(original)
    store(target, [b"new"])
    assert (original.read_bytes(), target.read_bytes(), target.is_symlink()) == (b"original", b"new", False)


def test_what_check_raises_stops_the_write(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    seen = []

    def check(path: Path) -> None:
        seen.append((path.read_bytes(), path.suffix, path.name.startswith(temporary_prefix(target))))
        raise WriteError("it reads back differently")

    with pytest.raises(WriteError, match="reads back"):
        store(target, [b"new"], check=check)
    assert seen == [(b"new", ".part", True)]
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_an_interrupt_leaves_the_old_file_alone(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def check(path: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store(target, [b"new"], check=check)
    assert names(tmp_path) == ["a"]
    assert target.read_bytes() == b"old"


def test_targets_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    expected = [
        ("missing/a", "output folder does not exist"),
        ("file/a", "output folder is a file"),
        ("folder", "output is a folder"),
        ("x" * 256, "too long"),
        ("a\0b", "no file can have this name"),
    ]
    for name, words in expected:
        with pytest.raises(WriteError, match=words) as caught:
            store(tmp_path / name, [b"x"])
        assert caught.value.remedy
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


def test_a_file_over_the_size_limit_leaves_the_original_and_no_scraps(tmp_path: Path) -> None:
    """RLIMIT_FSIZE makes the kernel refuse the write half-way, as a full disk or a quota does."""
    target = tmp_path / "a"
    target.write_bytes(b"old")
    script = f"""
        import resource, signal, pathlib
        from labelkit.errors import WriteError
        from labelkit.sources import store
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            store(pathlib.Path({str(target)!r}), [b"x" * 100_000] * 3)
        except WriteError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, capture_output=True, text=True)
    assert "larger than the system allows" in done.stdout
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_storing_large_pieces_copies_nothing(tmp_path: Path) -> None:
    piece = memoryview(bytes(32 * 1024 * 1024))
    tracemalloc.start()
    try:
        store(tmp_path / "a", [piece, piece[:0], piece], sync=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "a").stat().st_size == 2 * len(piece)
    assert peak < 1024 * 1024


def test_errors_travel_between_processes(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        open_source(tmp_path / "missing")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (NotFound, str(caught.value))
