"""Many worker processes, each looked after by a thread; results in the order of the tasks, memory bounded.

At most ``window`` tasks are handed out and not yet asked for, however many there are. A slow file holds the others up
only when that many have been finished behind it.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from labelkit.batch.worker import STOP_SECONDS, Worker, WorkerDiedError
from labelkit.errors import InputError, LabelKitError, Unreadable

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
R = TypeVar("R")

_START_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Step(Generic[T, R]):
    """One entry of a run: either a task, or an answer that was known without work."""

    task: T | None = None
    answer: R | None = None


class Work(Protocol[T_contra, R]):
    """What is done with a task and what follows.

    ``do`` runs in a worker process and is pickled; ``finish`` runs in a thread of the caller's process as soon as a
    task is done, before anybody sees the result; ``fail`` turns an error into a result.
    """

    @property
    def do(self) -> Callable[[T_contra], R]: ...  # noqa: D102

    def finish(self, task: T_contra, result: R) -> None: ...  # noqa: D102

    def fail(self, task: T_contra, error: LabelKitError) -> R: ...  # noqa: D102


def run_here(steps: Iterable[Step[T, R]], work: Work[T, R]) -> Generator[R, None, None]:
    """Do everything in this process, one after the other."""
    for step in steps:
        if step.answer is not None:
            yield step.answer
        elif step.task is not None:
            result = work.do(step.task)
            work.finish(step.task, result)
            yield result


def run_spread(
    steps: Iterable[Step[T, R]], work: Work[T, R], jobs: int, window: int, keep_open: Sequence[int] = ()
) -> Generator[R, None, None]:
    """Spread the work over ``jobs`` processes; closing the iterator stops them.

    Raises:
        InputError: the function cannot be sent to another process.
        LabelKitError: no worker process can be started.
    """
    crew = Crew(work, jobs, keep_open)
    waiting: deque[Future[R]] = deque()
    try:
        for step in steps:
            waiting.append(crew.submit(step))
            if len(waiting) >= window:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        crew.close(stop=bool(waiting))


class Crew(Generic[T, R]):
    """Threads that each keep one worker process busy; both start when first needed."""

    def __init__(self, work: Work[T, R], jobs: int, keep_open: Sequence[int]) -> None:
        self._work, self._jobs, self._keep_open = work, jobs, keep_open
        self._packed = _packed(work.do)
        self._queue: queue.SimpleQueue[tuple[Future[R], T] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._workers: set[Worker] = set()
        self._mutex = threading.Lock()
        self._stopping = False

    def submit(self, step: Step[T, R]) -> Future[R]:
        """The coming answer to a step."""
        future: Future[R] = Future()
        if step.answer is not None:
            future.set_result(step.answer)
        elif step.task is not None:
            self._queue.put((future, step.task))
            self._grow()
        return future

    def close(self, *, stop: bool) -> None:
        """End all processes; with ``stop`` also those that are busy."""
        self._stopping = stop
        if stop:
            self._drop_waiting()
            with self._mutex:
                for worker in self._workers:
                    worker.stop()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(2 * STOP_SECONDS)

    def _drop_waiting(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()

    def _grow(self) -> None:
        if len(self._threads) < self._jobs:
            thread = threading.Thread(target=self._serve, name=f"labelkit-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self) -> None:
        worker: Worker | None = None
        while (given := self._queue.get()) is not None:
            future, task = given
            try:
                worker = worker or self._start()
                result, worker = self._do(worker, task)
                self._work.finish(task, result)
                future.set_result(result)
            except BaseException as error:
                self._dismiss(worker)
                worker = None
                future.set_exception(error)
        self._dismiss(worker)

    def _do(self, worker: Worker, task: T) -> tuple[R, Worker | None]:
        """The answer, and the worker unless it is gone."""
        try:
            return self._ask(worker, task), worker
        except WorkerDiedError as death:
            self._dismiss(worker)
            # SIGKILL comes from outside: the system was short of memory, and this file need not be the reason.
            if death.status != -signal.SIGKILL or self._stopping:
                return self._work.fail(task, _fatal(death)), None
        second = self._start()
        try:
            return self._ask(second, task), second
        except WorkerDiedError as death:
            self._dismiss(second)
            return self._work.fail(task, _fatal(death)), None

    def _ask(self, worker: Worker, task: T) -> R:
        try:
            answer: R = worker.call(task)
        except LabelKitError as error:
            return self._work.fail(task, error)
        except WorkerDiedError:
            raise
        except Exception as error:
            return self._work.fail(task, LabelKitError(f"unexpected {type(error).__name__}: {error}"))
        return answer

    def _start(self) -> Worker:
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                worker = Worker(self._packed, self._keep_open)
            except (WorkerDiedError, OSError) as error:
                if attempt == _START_ATTEMPTS or self._stopping:
                    raise _no_worker(error) from error
                time.sleep(0.2 * attempt)
            else:
                break
        with self._mutex:
            self._workers.add(worker)
            if self._stopping:
                worker.stop()
        return worker

    def _dismiss(self, worker: Worker | None) -> None:
        if worker:
            worker.end()
            with self._mutex:
                self._workers.discard(worker)


def _packed(do: object) -> bytes:
    try:
        return pickle.dumps(do)
    except Exception as error:
        raise InputError(
            f"the settings cannot be sent to another process: {error}", remedy="use jobs=1, or pass plain values"
        ) from error


def _fatal(death: WorkerDiedError) -> LabelKitError:
    return Unreadable(
        f"the process that worked on it died ({death})",
        remedy="try this file alone; if it happens again, please report it. The original is untouched",
    )


def _no_worker(error: Exception) -> LabelKitError:
    return LabelKitError(f"no worker process can be started: {error}", remedy="free some memory, or use jobs=1")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
