"""The command line: parse, call the public function, show what came back."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (docs/cli.md lists them)."""
    from labelkit.cli.app import run

    return run(arguments)
