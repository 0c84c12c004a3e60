"""Hours of speech and music to listen to for false alarms, from Debian packages, downloaded on first use.

Two sets that share no package: TUNING was listened to while the detectors were built, REPORTING only counts in tables.
Nothing of it is in this repository. Licences: asterisk-core-sounds CC-BY-SA-3.0; fillets-ng-data-cs and -nl (spoken
dialogues) GPL-2+; wesnoth-1.16-music GPL-2+ and CC-BY-SA-4.0; singularity-music CC-BY-SA-3.0; hyperrogue-music CC-BY
and CC-BY-SA; warzone2100-music CC-BY-SA-3.0 and GPL-2+; drascula-music as the game says.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench_environment import CACHE

HOURS = CACHE / "hours"
#: Everything is listened to at this rate, one channel.
RATE = 16_000
TUNING = {
    "asterisk-core-sounds-en-wav": "speech",
    "asterisk-core-sounds-es-wav": "speech",
    "asterisk-core-sounds-fr-wav": "speech",
    "fillets-ng-data-cs": "speech",
    "singularity-music": "music",
}
REPORTING = {
    "asterisk-core-sounds-it-wav": "speech",
    "asterisk-core-sounds-ru-wav": "speech",
    "fillets-ng-data-nl": "speech",
    "wesnoth-1.16-music": "music",
    "hyperrogue-music": "music",
    "warzone2100-music": "music",
    "drascula-music": "music",
}
_SUFFIXES = (".wav", ".ogg", ".mp3", ".flac", ".opus")

Mono = NDArray[np.float32]


def files(package: str) -> list[Path]:
    """The sound files of a package; downloads it on first use."""
    folder = HOURS / package
    if not (folder / "usr").exists():
        _download(package, folder)
    return sorted(p for p in folder.rglob("*") if p.suffix in _SUFFIXES and p.is_file())


def _download(package: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["apt-get", "download", "-qq", package], cwd=scratch, check=True)
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "-x", str(next(Path(scratch).glob("*.deb"))), str(folder)], check=True)


def pieces(path: Path) -> Iterator[Mono]:
    """A file at ``RATE``, mixed to one channel; files FFmpeg cannot read give nothing."""
    import av

    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler("flt", "mono", RATE)
            for frame in container.decode(container.streams.audio[0]):
                for part in resampler.resample(frame):
                    yield part.to_ndarray().reshape(-1)
            for part in resampler.resample(None):
                yield part.to_ndarray().reshape(-1)
    except (av.error.FFmpegError, IndexError):
        return


def programme(package: str, part: int = 0, parts: int = 1) -> Iterator[Mono]:
    """Every ``parts``-th file of a package from the ``part``-th on, one after the other, as one sound."""
    for path in files(package)[part::parts]:
        yield from pieces(path)
