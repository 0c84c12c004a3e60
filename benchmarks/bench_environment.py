"""The machine a benchmark runs on: its own virtual environment under .cache/, one thread, the programs it calls.

Peers and rare codecs never enter the project's own environment. ``enter()`` makes the environment on first use, starts
the script again inside it, and returns only there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "bench"
_HERE = ROOT / "benchmarks"
_INSIDE = "LABELKIT_BENCH"
#: Program -> Debian package.
PROGRAMS = {
    "convert": "imagemagick",
    "ffmpeg": "ffmpeg",
    "vips": "libvips-tools",
    "chromium": "chromium",
    "espeak-ng": "espeak-ng",
}
#: One thread everywhere, so that CPU time means what it says. Set before numpy is loaded.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
#: Chosen by hand on some machines to avoid a processor bug; they slow current builds and are unset for measuring.
_SLOW_KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def enter() -> None:
    """Continue inside the benchmark environment with one thread; the first call of every script."""
    if os.environ.get(_INSIDE) == "1":
        return
    environment = {name: value for name, value in os.environ.items() if name not in _SLOW_KERNELS}
    environment |= dict.fromkeys(_ONE_THREAD, "1") | {_INSIDE: "1", "PYTHONPATH": str(ROOT)}
    script = [str(_python()), *sys.argv]
    os.execve(script[0], script, environment)


def _python() -> Path:
    """The environment's interpreter; installed on first use and again when the lists change."""
    folder = CACHE / "venv"
    python, stamp = folder / "bin" / "python", folder / "installed.txt"
    lists = [ROOT / "requirements.lock", _HERE / "requirements.txt", _HERE / "requirements-nodeps.txt"]
    wanted = "\n".join(path.read_text("utf-8") for path in lists)
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    venv.create(folder, with_pip=True)
    for path in lists:
        extra = ["--no-deps"] if path.name.endswith("nodeps.txt") else []
        subprocess.run([python, "-m", "pip", "install", "-q", *extra, "-r", str(path)], check=True)
    stamp.write_text(wanted, "utf-8")
    return python


def need_programs(*programs: str) -> None:
    """Stop with the names of what is missing of these, or of all that pictures need."""
    wanted = programs or ("convert", "ffmpeg", "vips", "chromium")
    missing = sorted({PROGRAMS[program] for program in wanted if not shutil.which(program)})
    if missing:
        raise SystemExit(f"the benchmark needs these programs: apt-get install {' '.join(missing)}")


def one_thread() -> None:
    """OpenCV keeps its own count."""
    import cv2

    cv2.setNumThreads(1)
