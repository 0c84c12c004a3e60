"""Unique content ids that sort by time, for ``ProduceID`` and ``PropagateID`` (GB 45438-2025 Annex E e, h).

26 characters of Crockford's base 32: 48 bits of Unix time in milliseconds, then 80 random bits, the layout known as
ULID. Within one process, ids made in the same millisecond count upwards, so that they still sort in order.
"""

from __future__ import annotations

import os
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_RANDOM_BITS = 80


class _Clock:
    """The last id given out; a child process starts anew, so that two workers never count from the same number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        fresh = (time.time_ns() // 1_000_000) << _RANDOM_BITS | int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big")
        with self._lock:
            same_millisecond = fresh >> _RANDOM_BITS <= self._last >> _RANDOM_BITS
            self._last = self._last + 1 if same_millisecond else fresh
            return self._last


_clock = _Clock()


def _restart() -> None:
    global _clock
    _clock = _Clock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart)


def new_content_id() -> str:
    """A new id of 26 characters ``0-9A-Z``, later ones sorting after earlier ones of the same process."""
    number = _clock.next()
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
