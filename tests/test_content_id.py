"""Content ids: unique wherever they are made, and in order."""

from __future__ import annotations

import multiprocessing
import os
import re
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from labelkit import content_id
from labelkit.content_id import new_content_id


def _some(count: int) -> list[str]:
    return [new_content_id() for _ in range(count)]


def test_the_form_fits_every_place_that_holds_it() -> None:
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", new_content_id())


def test_the_time_can_be_read_from_it() -> None:
    before = time.time_ns() // 1_000_000
    number = 0
    for character in new_content_id():
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(character)
    assert before <= number >> 80 <= time.time_ns() // 1_000_000 + 1


def test_later_ones_sort_later() -> None:
    made = _some(20_000)
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_they_stay_in_order_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = new_content_id()
    monkeypatch.setattr(content_id.time, "time_ns", lambda: 1_000_000_000_000_000_000)
    assert first < new_content_id() < new_content_id()


def test_threads_never_share_one() -> None:
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(_some, [2_000] * 8))
    made = [one for part in parts for one in part]
    assert len(set(made)) == 16_000
    assert all(part == sorted(part) for part in parts)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_never_share_one(method: str) -> None:
    mine = _some(500)  # a forked child inherits the counter as it stands
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context(method)) as pool:
        parts = list(pool.map(_some, [500] * 8))
    made = [one for part in [*parts, mine, _some(500)] for one in part]
    assert len(set(made)) == len(made)


def test_a_forked_child_draws_its_own_numbers_at_once() -> None:
    new_content_id()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, new_content_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs, mine = os.read(reader, 26).decode(), new_content_id()
    os.close(reader)
    os.close(writer)
    # Counting on from the parent's last number would give neighbours.
    assert theirs[:-2] != mine[:-2]
