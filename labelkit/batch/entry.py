"""One line of a journal."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from enum import StrEnum

from labelkit.record import KEYS, AigcLabel


class State(StrEnum):
    """How far a source came."""

    BEGIN = "begin"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which a file is recognised: its size in bytes and the time it was last changed."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Stamp | None:
        """The stamp of a file, links followed; None when there is none."""
        try:
            info = os.stat(path)
        except (OSError, ValueError):
            return None
        return cls(info.st_size, info.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a journal.

    Attributes:
        state: before or after the work.
        source: absolute path.
        stamp: of the source before the work.
        settings: digest of everything that decides what the result looks like.
        label: the label that is to be written (``begin``) or was (``done``).
        result: stamp of the file that was written; for in-place runs that is the source after the work.
        target: absolute path of that file.
        format: id of its format.
        sha256: of the source before the work, hexadecimal, when that was asked for.
    """

    state: State
    source: str
    stamp: Stamp
    settings: str
    label: AigcLabel
    result: Stamp | None = None
    target: str = ""
    format: str = ""
    sha256: str = ""

    def to_line(self) -> bytes:
        """One line of ASCII JSON."""
        values = {name: getattr(self, name) for name in _PLAIN}
        values["stamp"] = _stamp(self.stamp)
        values["result"] = _stamp(self.result) if self.result else None
        values["label"] = {name: getattr(self.label, name) for name in KEYS}
        return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Entry | None:
        """The entry in a line; None when the line is torn or not one."""
        try:
            values = json.loads(line)
            made = {f.name: values[f.name] for f in fields(cls)}
            made["state"] = State(made["state"])
            made["stamp"] = Stamp(**made["stamp"])
            made["result"] = Stamp(**made["result"]) if made["result"] else None
            made["label"] = AigcLabel(**made["label"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return cls(**made)


_PLAIN = ("state", "source", "settings", "target", "format", "sha256")


def _stamp(stamp: Stamp) -> dict[str, int]:
    return {"size": stamp.size, "mtime_ns": stamp.mtime_ns}
