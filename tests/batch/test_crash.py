"""Runs that are killed, interrupted, starved or very large; real processes, real signals, real disks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from labelkit.batch.pool import Step, run_spread
from labelkit.batch.run import VerifySteps, label_all, verify_all
from labelkit.batch.steps import Order
from labelkit.config import Config
from labelkit.errors import LabelKitError, Unreadable
from labelkit.record import Verdict
from labelkit.report.model import DONE_BEFORE
from tests.batch import batch_workers
from tests.batch.batch_workers import PRODUCER, Deadly, Slow
from tests.batch.test_pool import Job

CONFIG = Config(producer=PRODUCER, sync=False)
JOURNAL = ".labelkit-journal.jsonl"
HEAD = f"""
import sys
sys.path[:] = {sys.path!r}
from pathlib import Path
from labelkit.batch.run import label_all
from labelkit.batch.steps import Order
from labelkit.config import Config
from tests.batch.batch_workers import Slow
"""


def script(text: str) -> list[str]:
    return [sys.executable, "-c", HEAD + textwrap.dedent(text)]


def sources(folder: Path, count: int) -> list[str]:
    folder.mkdir()
    names = [f"{n:04}.png" for n in range(count)]
    for name in names:
        (folder / name).write_bytes(b"x")
    return names


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def sound_lines(journal: Path) -> list[dict[str, Any]]:
    found = []
    for line in journal.read_bytes().splitlines()[1:] if journal.exists() else ():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


def done_in(journal: Path) -> dict[str, str]:
    """Source name -> content id, for every finished file."""
    return {
        os.path.basename(line["source"]): line["label"]["produce_id"]
        for line in sound_lines(journal)
        if line["state"] == "done"
    }


def ids_in(journal: Path) -> dict[str, set[str]]:
    """Source name -> every content id it was ever given."""
    found: dict[str, set[str]] = {}
    for line in sound_lines(journal):
        found.setdefault(os.path.basename(line["source"]), set()).add(line["label"]["produce_id"])
    return found


@pytest.mark.parametrize("jobs", [1, 3])
def test_kill_9_in_the_middle_and_run_again(tmp_path: Path, jobs: int) -> None:
    names = sources(tmp_path / "in", 40)
    out, log = tmp_path / "out", tmp_path / "log"
    order = Order(CONFIG, str(out))
    killed = subprocess.Popen(
        script(f"""
            order = Order(Config(producer={PRODUCER!r}, sync=False), {str(out)!r})
            for _ in label_all([{str(tmp_path / "in")!r}], order, {jobs}, Path({str(out / JOURNAL)!r}),
                               do=Slow({str(log)!r}, 0.02, 1, 0.02)):
                pass
        """)
    )
    wait_for(lambda: len(done_in(out / JOURNAL)) >= 12)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with open(out / JOURNAL, "ab") as journal:
        journal.write(b'{"state":"done","source":"/torn')  # what a crash in the middle of a line leaves
    done = done_in(out / JOURNAL)
    assert 12 <= len(done) < 40

    outcomes = [o for _, _, o in label_all([tmp_path / "in"], order, jobs, out / JOURNAL, do=Slow(str(log), 0, 2))]

    before = {os.path.basename(o.source) for o in outcomes if [n.text for n in o.skipped] == [DONE_BEFORE]}
    assert before == set(done)
    assert all(o.ok for o in outcomes)
    lines = log.read_text().splitlines()
    starts = Counter(line.split()[2] for line in lines if line.startswith("start"))
    assert {starts[name] for name in done} == {1}
    assert sorted(line.split()[2] for line in lines if line.startswith("start 2")) == sorted(set(names) - before)
    assert sum(starts.values()) - len(names) <= jobs  # only what was in hand is done twice
    # Workers that outlived the kill finished what they had in hand before the second run began.
    first_of_second = next(i for i, line in enumerate(lines) if line.startswith("start 2"))
    assert not any(line.startswith("end 1") for line in lines[first_of_second:])
    # One id for each file, the same in the result, the journal and the outcome.
    assert sorted(os.listdir(out)) == sorted([JOURNAL, *names])
    ids = {os.path.basename(o.source): o.label.produce_id for o in outcomes if o.label}
    assert {name: (out / name).read_text() for name in names} == ids
    assert {name: {id_} for name, id_ in ids.items()} == ids_in(out / JOURNAL)
    assert len(set(ids.values())) == 40


def test_temporary_files_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    """jobs=1 works in the process that is killed, so that its temporary file is left behind."""
    names = sources(tmp_path / "in", 3)
    out = tmp_path / "out"
    out.mkdir()
    killed = subprocess.Popen(
        script(f"""
            order = Order(Config(producer={PRODUCER!r}, sync=False), {str(out)!r})
            list(label_all([{str(tmp_path / "in")!r}], order, 1, Path({str(out / JOURNAL)!r}),
                           do=Slow({str(tmp_path / "log")!r}, 0, 1, 60)))
        """)
    )
    wait_for(lambda: any(name.endswith(".part") and "probe" not in name for name in os.listdir(out)))
    killed.kill()
    killed.wait()
    (out / ".labelkit-probe.part").touch()
    (out / ".somebody-else.part").touch()
    list(label_all([tmp_path / "in"], Order(CONFIG, str(out)), 1, out / JOURNAL, do=Slow(str(tmp_path / "log"), 0)))
    assert sorted(os.listdir(out)) == sorted([JOURNAL, ".somebody-else.part", *names])


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path: Path, jobs: int) -> None:
    sources(tmp_path / "in", 40)
    out, log = tmp_path / "out", tmp_path / "log"
    text = f"""
        order = Order(Config(producer={PRODUCER!r}, sync=False), {str(out)!r})
        for _ in label_all([{str(tmp_path / "in")!r}], order, {jobs}, Path({str(out / JOURNAL)!r}),
                           do=Slow({str(log)!r}, 0.02, 1, 0.05)):
            print("one", flush=True)
    """
    run = subprocess.Popen(script(text), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    wait_for(lambda: len(done_in(out / JOURNAL)) >= 6)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to everybody in the foreground
    _, message = run.communicate(timeout=20)
    assert run.returncode != 0
    assert b"run the same command again to go on" in message
    assert message.count(b"Traceback") == 1  # the interrupt itself; the workers keep quiet
    left = set(os.listdir(out)) - {JOURNAL}
    assert not any(name.endswith((".part", ".lock")) for name in left)
    done = done_in(out / JOURNAL)
    assert 6 <= len(done) < 40
    assert set(done) <= left
    again = [
        o for _, _, o in label_all([tmp_path / "in"], Order(CONFIG, str(out)), 1, out / JOURNAL, do=Slow(str(log), 0))
    ]
    assert sum(bool(o.skipped) for o in again) == len(done)


def test_a_file_that_kills_its_worker_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    deadly = ["exit1.png", "exit2.png", "segfault.png", "killed.png"]
    for name in [*deadly, "once.png", "raise.png", *(f"fine{n}.png" for n in range(20))]:
        (tmp_path / "in" / name).touch()
    order, log = Order(CONFIG, str(tmp_path / "out")), tmp_path / "log"
    run = label_all([tmp_path / "in"], order, 2, tmp_path / "out" / JOURNAL, do=Deadly(str(log)))
    outcomes = {os.path.basename(o.source): o for _, _, o in run}
    failed = {name: o.error for name, o in outcomes.items() if o.error}
    assert set(failed) == {*deadly, "raise.png"}
    assert all(isinstance(failed[name], Unreadable) for name in deadly)
    assert all(e.file.endswith(name) and e.remedy for name, e in failed.items() if name in deadly)
    assert len(outcomes) == 26


def test_verifying_survives_a_deadly_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "deadly.png", "z.png"):
        (tmp_path / "in" / name).touch()
    reports = [r for _, _, r in verify_all([tmp_path / "in"], VerifySteps(batch_workers.report), 2)]
    assert [r.verdict for r in reports] == [Verdict.NONE, Verdict.UNREADABLE, Verdict.NONE]
    assert [f.check for f in reports[1].findings] == ["file.readable"]


def test_an_error_of_the_pool_itself_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources(tmp_path / "in", 3)
    monkeypatch.setattr("labelkit.batch.worker.get_executable", lambda: "/nonexistent/python")
    run = label_all([tmp_path / "in"], Order(CONFIG, str(tmp_path / "out")), 2, tmp_path / "out" / JOURNAL)
    with pytest.raises(LabelKitError, match="no worker process"):
        list(run)
    assert os.listdir(tmp_path / "out") == [JOURNAL]


# --- full disks

FULL = """
import os, subprocess, sys
sys.path[:] = {path!r}
from pathlib import Path
from labelkit.batch import label_many
from labelkit.config import Config
base = Path({base!r})
if {mount}:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", base / "out"], check=True)
else:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
if {in_place}:
    for path in sorted((base / "in").iterdir()):
        (base / "out" / path.name).write_bytes(path.read_bytes())
place = dict(sources=base / "out", in_place=True) if {in_place} else dict(sources=base / "in", out=base / "out")
config = Config(producer={producer!r}, layers=("metadata",))
for outcome in label_many(**place, config=config, jobs={jobs}):
    print(os.path.basename(outcome.source), outcome.error.message if outcome.error else "fine")
for path in sorted((base / "out").iterdir()):
    print("left", path.name, path.stat().st_size)
"""


def can_mount() -> bool:
    attempt = [*UNSHARE, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(attempt, capture_output=True).returncode == 0


UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]


def run_on_a_full_disk(base: Path, *, jobs: int, in_place: bool) -> tuple[dict[str, str], dict[str, int]]:
    """Outcomes and files left; where nothing may be mounted, a size limit of the kernel stands in for a small disk."""
    mount = can_mount()
    text = FULL.format(path=sys.path, base=str(base), mount=mount, in_place=in_place, producer=PRODUCER, jobs=jobs)
    command = [*(UNSHARE if mount else []), sys.executable, "-c", text]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    left = dict(rest.rsplit(" ", 1) for word, rest in lines if word == "left")
    return {name: said for name, said in lines if name != "left"}, {name: int(size) for name, size in left.items()}


@pytest.mark.parametrize(("jobs", "in_place"), [(1, False), (2, False), (1, True)])
def test_a_full_disk_harms_nothing(tmp_path: Path, jobs: int, in_place: bool) -> None:
    from PIL import Image

    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    small = Image.new("RGB", (16, 16))
    large = Image.frombytes("RGB", (200, 200), os.urandom(120_000))  # 120 kB: one fits, and not twice
    for name, image in (("a-small.png", small), ("b-large.png", large), ("c-small.png", small), ("d-large.png", large)):
        if not (in_place and name == "d-large.png"):
            image.save(tmp_path / "in" / name)
    if not in_place:
        large.save(tmp_path / "in" / "e-large.png")
    before = {p.name: p.read_bytes() for p in (tmp_path / "in").iterdir()}
    said, left = run_on_a_full_disk(tmp_path, jobs=jobs, in_place=in_place)
    failed = {name: words for name, words in said.items() if words != "fine" and not name.endswith(".orig")}
    assert failed
    assert all("disk is full" in words or "larger than the system allows" in words for words in failed.values())
    if jobs == 1:  # two at once may fill the disk together
        assert {"a-small.png", "c-small.png"}.isdisjoint(failed)
    assert not any(name.endswith(".part") for name in left)
    if in_place:
        assert left["b-large.png"] == len(before["b-large.png"])
    else:
        assert set(failed).isdisjoint(left)
    assert {p.name: p.read_bytes() for p in (tmp_path / "in").iterdir()} == before


# --- many files


def test_memory_stays_flat(tmp_path: Path) -> None:
    """12,000 files: resident memory grows by less than a list of their outcomes would take (about 5 MB)."""
    count = 12_000
    (tmp_path / "in").mkdir()
    for n in range(count):
        os.close(os.open(tmp_path / "in" / f"a rather long name of a picture {n:06}.png", os.O_CREAT))
    text = f"""
        import resource
        from tests.batch.batch_workers import instant
        def resident():
            return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() // 1024
        order = Order(Config(producer={PRODUCER!r}, sync=False), {str(tmp_path / "out")!r})
        at = {{}}
        for number, total, outcome in label_all([{str(tmp_path / "in")!r}], order, 2,
                                                Path({str(tmp_path / "out" / JOURNAL)!r}), do=instant):
            if number in (1, 2000, {count}):
                at[number] = resident()
        print(number, total, at[{count}] - at[2000], at[{count}] - at[1])
    """
    done = subprocess.run(script(text), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    number, total, late, all_in_all = map(int, done.stdout.split())
    assert (number, total) == (count, count)
    assert late < 2_000, f"{late} KiB more at the end than after 2,000 files"
    assert all_in_all < 4_000


def test_two_workers_do_more_than_one() -> None:
    """The pool's own cost, apart from the work: files that take 8 ms each of waiting."""

    def seconds(jobs: int) -> float:
        results = run_spread((Step(task=0.008) for _ in range(150)), Job(time.sleep), jobs, 64)
        next(results)  # the workers have started
        start = time.perf_counter()
        for _ in results:
            pass
        return time.perf_counter() - start

    assert seconds(1) / seconds(2) > 1.6
