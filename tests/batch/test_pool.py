from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labelkit.batch.pool import Step, run_here, run_spread
from labelkit.batch.worker import Worker, WorkerDiedError
from labelkit.errors import InputError, LabelKitError, NotFound, Unreadable
from tests.batch import batch_workers


@dataclass
class Job:
    do: Callable[[Any], Any] = batch_workers.echo
    finished: list[Any] = field(default_factory=list)

    def finish(self, task: Any, result: Any) -> None:
        self.finished.append((task, result))

    def fail(self, task: Any, error: LabelKitError) -> Any:
        return error


def spread(job: Job, tasks: list[Any], jobs: int = 2, window: int = 8) -> list[Any]:
    return list(run_spread((Step(task=t) for t in tasks), job, jobs, window))


def children() -> set[int]:
    """The processes that this one started and that still exist."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            if f"\nPPid:\t{os.getpid()}\n" in status.read_text():
                found.add(int(status.parent.name))
    return found


def test_results_come_in_the_order_of_the_tasks() -> None:
    job = Job()
    assert spread(job, list(range(1, 200)), jobs=3) == list(range(1, 200))
    assert sorted(job.finished) == [(n, n) for n in range(1, 200)]


def test_answers_known_beforehand_keep_their_place() -> None:
    steps = [Step(task=1), Step(answer="known"), Step(task=3)]
    assert list(run_spread(iter(steps), Job(), 2, 8)) == [1, "known", 3]
    assert list(run_here(iter(steps), Job())) == [1, "known", 3]


def test_no_more_than_the_window_is_taken_from_the_tasks() -> None:
    taken = 0

    def tasks() -> Iterator[Step[int, int]]:
        nonlocal taken
        for taken in range(1, 1000):
            yield Step(task=taken)

    results = run_spread(tasks(), Job(), 2, 8)
    for wanted in range(1, 50):
        assert next(results) == wanted
        assert taken <= wanted + 8
    results.close()


def test_a_slow_reader_does_not_keep_the_workers_waiting() -> None:
    job = Job()
    results = run_spread((Step(task=n) for n in range(1, 20)), job, 2, 16)
    next(results)
    deadline = time.monotonic() + 10
    while len(job.finished) < 16 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(job.finished) >= 16
    results.close()


def test_closing_leaves_no_process_and_no_thread() -> None:
    before, threads = children(), threading.active_count()
    results = run_spread((Step(task=n) for n in range(1, 10_000)), Job(), 2, 8)
    assert next(results) == 1
    assert len(children() - before) >= 1
    results.close()
    assert children() == before
    assert threading.active_count() == threads


def test_errors_of_the_work_become_answers() -> None:
    missing = NotFound("there is no such file", file="a.png", remedy="check the path")
    first, second, third = spread(Job(), [missing, ValueError("odd"), 3])
    assert (type(first), str(first)) == (NotFound, str(missing))
    assert "unexpected ValueError: odd" in str(second)
    assert third == 3


@pytest.mark.parametrize("do", [batch_workers.raise_untravelled, batch_workers.unpicklable_answer])
def test_what_cannot_travel_is_reported_not_lost(do: Callable[[Any], Any]) -> None:
    (answer,) = spread(Job(do), [1])
    assert isinstance(answer, LabelKitError)
    assert "unexpected" in str(answer)


def test_work_that_cannot_be_sent_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="cannot be sent"):
        spread(Job(lambda task: task), [1])


def test_work_that_cannot_be_loaded_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pickle.dumps(batch_workers.echo).replace(b"batch_workers", b"no_such_worke")
    with pytest.raises(LabelKitError, match="cannot load its work"):
        Worker(packed)


def test_no_interpreter_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelkit.batch.worker.get_executable", lambda: "/nonexistent/python")
    with pytest.raises(LabelKitError, match="no worker process can be started"):
        spread(Job(), [1, 2, 3])


def test_a_worker_that_dies_says_how() -> None:
    for status, words in ((-9, "SIGKILL, perhaps for want of memory"), (-11, "SIGSEGV"), (3, "exit code 3")):
        assert str(WorkerDiedError(status)) == words


def test_a_worker_ends_by_itself_when_its_owner_is_gone() -> None:
    script = """
        import os, pickle, signal, time
        from labelkit.batch.worker import Worker
        worker = Worker(pickle.dumps(print))
        print(worker._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    worker = int(done.stdout)
    deadline = time.monotonic() + 10
    while os.path.exists(f"/proc/{worker}") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not os.path.exists(f"/proc/{worker}")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker finishes what it has in hand")
def test_a_busy_worker_ends_with_its_owner() -> None:
    script = """
        import os, pickle, signal, threading, time
        from labelkit.batch.worker import Worker
        worker = Worker(pickle.dumps(time.sleep))
        threading.Thread(target=worker.call, args=(60,), daemon=True).start()
        time.sleep(0.5)
        print(worker._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    worker = int(done.stdout)
    deadline = time.monotonic() + 10
    while os.path.exists(f"/proc/{worker}") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not os.path.exists(f"/proc/{worker}")


def test_what_a_worker_prints_does_not_reach_our_output(capfd: pytest.CaptureFixture[str]) -> None:
    assert spread(Job(print), ["text for standard output"]) == [None]
    assert capfd.readouterr().out == ""


def test_a_worker_killed_once_is_tried_again_but_a_deadly_file_is_not(tmp_path: Any) -> None:
    deadly = batch_workers.Deadly(str(tmp_path / "log"))
    names = ["fine", "once", "exit", "killed", "segfault", "raise", "fine2"]
    answers = spread(Job(deadly), [batch_workers.LabelTask(n, "", True, _label(), True) for n in names])
    dead = {name: a for name, a in zip(names, answers, strict=True) if isinstance(a, LabelKitError)}
    assert set(dead) == {"exit", "killed", "segfault", "raise"}
    assert {type(dead[n]) for n in ("exit", "killed", "segfault")} == {Unreadable}
    assert "exit code 3" in str(dead["exit"])
    assert "SIGSEGV" in str(dead["segfault"])
    tried = (tmp_path / "log").read_text().split()
    assert {name: tried.count(name) for name in names} == {
        "fine": 1, "once": 2, "exit": 1, "killed": 2, "segfault": 1, "raise": 1, "fine2": 1,
    }  # fmt: skip


def test_stopping_lets_a_worker_put_its_temporary_file_away(tmp_path: Any) -> None:
    (tmp_path / "out").mkdir()
    slow = batch_workers.Slow(str(tmp_path / "log"), 0.0, hold=30.0)
    task = batch_workers.LabelTask("a", str(tmp_path / "out" / "a"), True, _label(), True)
    results = run_spread(iter([Step(task=task), Step(task=task)]), Job(slow), 1, 8)
    threading.Thread(target=_interrupt_when, args=(lambda: os.listdir(tmp_path / "out"),)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert os.listdir(tmp_path / "out") == []
    assert time.monotonic() - start < 15


def _label() -> Any:
    from labelkit.record import AigcLabel

    return AigcLabel.generated(batch_workers.PRODUCER)


def _interrupt_when(ready: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not ready() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
