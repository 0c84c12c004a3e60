"""Results on disk that outlive an interrupted run: one JSON object a line, of several record types."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any


class Journal:
    """Appended whole, so that several processes may write.

    Attributes:
        path: the file.
        kinds: the dataclasses whose records it holds.
    """

    def __init__(self, path: Path, *kinds: type) -> None:
        self.path = path
        self.kinds = {kind.__name__: kind for kind in kinds}
        path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, result: Any) -> None:
        """Write one."""
        line = json.dumps({"kind": type(result).__name__, **asdict(result)}) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(handle, line.encode())
        os.close(handle)

    def results(self) -> Iterator[Any]:
        """All of them."""
        if not self.path.exists():
            return
        for line in self.path.read_text("utf-8").splitlines():
            entry = json.loads(line)
            yield self.kinds[entry.pop("kind")](**entry)


def fingerprint(files: Iterable[Path]) -> str:
    """Changes with the files' contents; results of other code are never mixed in."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
