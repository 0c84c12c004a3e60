"""`make bench`: every long measurement, one after the other; each writes its table to docs/tables/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Each can be run alone, too; the last two go on where an interrupted run stopped.
SCRIPTS = (
    ("speed_image.py",),
    ("speed_audio.py",),
    ("speed_documents.py",),
    ("fidelity_documents.py",),
    ("explicit_table.py",),
    ("explicit_finding.py",),
    ("explicit_audio.py",),
    ("robustness_image.py", "--full", "--jobs", "2"),
    ("false_positives_image.py", "--jobs", "2"),
    ("robustness_audio.py", "--full", "--jobs", "2"),
    ("false_positives_audio.py",),
)


def main() -> int:
    """Run them all; the number of those that failed."""
    failed = 0
    for script, *arguments in SCRIPTS:
        print(f"\n== {script} {' '.join(arguments)}", flush=True)
        failed += subprocess.run([sys.executable, str(HERE / script), *arguments], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
