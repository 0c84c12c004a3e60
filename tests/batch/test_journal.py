from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from labelkit.batch import lock
from labelkit.batch.entry import Entry, Stamp, State
from labelkit.batch.journal import Journal, journal_path
from labelkit.errors import ConfigError, InputError, WriteError
from labelkit.record import AigcLabel

LABEL = AigcLabel.generated("001191000000MA0000007C10001", "ID-1")
BEGIN = Entry(State.BEGIN, "/in/a.png", Stamp(10, 123456789), "0011", LABEL)
DONE = replace(BEGIN, state=State.DONE, result=Stamp(11, 987654321), target="/out/a.png", format="png", sha256="ff")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def write(path: Path, *entries: Entry) -> None:
    journal = Journal(path)
    journal.begin(e for e in entries if e.state is State.BEGIN)
    for entry in entries:
        if entry.state is State.DONE:
            journal.done(entry)
    journal.close()


def find(path: Path, source: str = "/in/a.png") -> Entry | None:
    journal = Journal(path, read_only=True)
    try:
        return journal.find(source)
    finally:
        journal.close()


@pytest.mark.parametrize(
    "entry",
    [BEGIN, DONE, replace(DONE, source="/in/line\nbreak \udcff 图.png", label=replace(LABEL, label='"\\\u2028'))],
)
def test_a_line_gives_the_entry_back(entry: Entry) -> None:
    line = entry.to_line()
    assert Entry.from_line(line) == entry
    assert line.count(b"\n") == 1
    assert line.isascii()


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"null", b"5", b"{" * 100_000, b'{"state": "begin"}', b"\xff\n"])
def test_a_line_that_is_none(line: bytes) -> None:
    assert Entry.from_line(line) is None


def test_every_cut_of_a_line_is_no_entry() -> None:
    line = DONE.to_line()
    assert all(Entry.from_line(line[:cut]) is None for cut in range(len(line) - 1))


def test_the_last_line_counts(path: Path) -> None:
    assert find(path) is None
    write(path, BEGIN)
    assert find(path) == BEGIN
    write(path, DONE)
    assert find(path) == DONE
    again = replace(BEGIN, stamp=Stamp(12, 5))
    write(path, again)
    assert find(path) == again
    assert find(path, "/in/other.png") is None


def test_a_torn_last_line_is_ignored_and_the_next_stands_on_its_own(path: Path) -> None:
    other = replace(DONE, source="/in/b.png")
    write(path, BEGIN, DONE)
    whole = path.read_bytes()
    for cut in range(2, len(DONE.to_line())):
        path.write_bytes(whole[:-cut])
        assert find(path) == BEGIN
        write(path, other)
        assert (find(path), find(path, "/in/b.png")) == (BEGIN, other)
    path.write_bytes(whole[:-1])  # only the line's end is missing: the line itself is whole
    write(path, other)
    assert (find(path), find(path, "/in/b.png")) == (DONE, other)


def test_a_torn_first_line_is_written_anew(path: Path) -> None:
    write(path)
    header = path.read_bytes()
    for cut in range(len(header)):
        path.write_bytes(header[:cut])
        write(path, BEGIN)
        assert find(path) == BEGIN


@pytest.mark.parametrize("text", ["my diary\n", '{"labelkit-journal": 2}\n', "\0" * 100])
def test_a_file_that_is_no_journal_is_not_touched(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError, match="not a journal") as caught:
        Journal(path)
    assert caught.value.file == str(path)
    assert path.read_text() == text
    assert os.listdir(path.parent) == [path.name]


def test_rubbish_between_lines_is_passed_over(path: Path) -> None:
    write(path, BEGIN)
    with open(path, "ab") as file:
        file.write(b"\n\n{]\n" + b"x" * 3_000_000 + b'\n{"source": 5}\n[1]\n')
    write(path, DONE)
    assert find(path) == DONE


def test_lines_of_the_greatest_size(path: Path) -> None:
    huge = AigcLabel(*["\U0001f600" * 16_384] * 7)
    entry = replace(DONE, label=huge, source="/" + "\udcff" * 4095)
    write(path, entry, DONE)
    assert find(path, entry.source) == entry
    assert find(path) == DONE


def test_read_only_writes_nothing(path: Path) -> None:
    journal = Journal(path, read_only=True)
    journal.begin([BEGIN])
    journal.done(DONE)
    journal.close()
    assert os.listdir(path.parent) == []


def test_where_a_journal_lies(tmp_path: Path) -> None:
    assert journal_path(None, tmp_path) == tmp_path / ".labelkit-journal.jsonl"
    assert journal_path(True, tmp_path) == tmp_path / ".labelkit-journal.jsonl"
    assert journal_path(None, None) is None
    assert journal_path(False, tmp_path) is None
    assert journal_path("elsewhere.jsonl", tmp_path) == Path("elsewhere.jsonl")
    with pytest.raises(ConfigError, match="no folder for the journal"):
        journal_path(True, None)


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="No such file"):
        Journal(tmp_path / "missing" / "journal")


def test_a_journal_that_cannot_grow_keeps_what_it_has(path: Path) -> None:
    """The kernel refuses to let the file grow, as a full disk does: begin() says so, done() is left out."""
    write(path, BEGIN)
    size = path.stat().st_size
    script = f"""
        import resource, pathlib
        from dataclasses import replace
        from labelkit.batch.entry import Entry
        from labelkit.batch.journal import Journal
        from labelkit.errors import WriteError
        path = pathlib.Path({str(path)!r})
        entry = Entry.from_line(path.read_bytes().splitlines()[1])
        journal = Journal(path)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 20}, resource.RLIM_INFINITY))
        try:
            journal.begin([replace(entry, source="/in/b.png")])
        except WriteError as error:
            print(error)
        journal.done(replace(entry, source="/in/c.png"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        journal.done(replace(entry, source="/in/d.png"))
        journal.close()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, capture_output=True, text=True)
    assert "journal cannot be written" in done.stdout
    assert [find(path, f"/in/{name}.png") is not None for name in "abcd"] == [True, False, False, True]


# --- the lock


def test_a_second_run_is_told_who_is_there(path: Path) -> None:
    first = Journal(path)
    with pytest.raises(WriteError, match=f"another run .*process {os.getpid()}") as caught:
        Journal(path)
    assert "wait until" in caught.value.remedy
    Journal(path, read_only=True).close()  # a dry run may look
    first.close()
    Journal(path).close()
    assert os.listdir(path.parent) == [path.name]


def test_a_disk_too_full_for_the_lock_is_a_clear_error(path: Path) -> None:
    """The kernel refuses to let the file grow, as a full disk does."""
    script = f"""
        import resource, signal, pathlib
        from labelkit.batch.journal import Journal
        from labelkit.errors import WriteError
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            Journal(pathlib.Path({str(path)!r}))
        except WriteError as error:
            print(error.file.endswith(".lock"))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"
    assert os.listdir(path.parent) == []


def hold(path: Path, seconds: float) -> subprocess.Popen[bytes]:
    """A process that takes the lock, leaves it to a child of its own, and dies; the child lives a while."""
    script = f"""
        import os, pathlib, subprocess
        from labelkit.batch.lock import Lock
        taken = Lock(pathlib.Path({str(path)!r}))
        child = subprocess.Popen(["sleep", "{seconds}"], pass_fds=[taken.handle], stdout=subprocess.DEVNULL)
        print("taken", flush=True)
        os.kill(os.getpid(), 9)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"taken\n"
    process.wait()
    process.stdout.close()
    return process


def test_a_killed_run_leaves_no_stale_lock(path: Path) -> None:
    hold(path, 0.0)
    assert path.exists()
    start = time.monotonic()
    lock.Lock(path).close()
    assert time.monotonic() - start < 1.0
    assert not path.exists()


def test_the_next_run_waits_for_the_workers_of_a_killed_one(path: Path) -> None:
    hold(path, 0.6)
    start = time.monotonic()
    lock.Lock(path).close()
    assert 0.3 < time.monotonic() - start < 5.0


def test_it_does_not_wait_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "ORPHANS_SECONDS", 0.2)
    hold(path, 2.0)
    with pytest.raises(WriteError, match="another run"):
        lock.Lock(path)


def test_only_one_of_many_gets_it(path: Path) -> None:
    """Owners remove the file when they leave; whoever had it open meanwhile must not take the removed one."""
    inside, most = 0, 0
    mutex = threading.Lock()

    def visit() -> None:
        nonlocal inside, most
        for _ in range(40):
            try:
                taken = lock.Lock(path)
            except WriteError:
                continue
            with mutex:
                inside += 1
                most = max(most, inside)
            time.sleep(0)
            with mutex:
                inside -= 1
            taken.close()

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
