"""Speed of labelling sound files without decoding them, each figure as a ratio against a peer in the same run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import labelkit
from benchmarks import tables

LABEL = labelkit.AigcLabel.generated("001191000000MA0000007C10001", "BENCH-1")
CONFIG = labelkit.Config(sync=False, layers=("metadata",))
MINUTES = 60
#: Extension -> how ffmpeg codes a minute; an hour of it is the minute again and again, packets copied.
KINDS = {
    ".mp3": ("-c:a", "libmp3lame", "-b:a", "128k"),
    ".m4a": ("-c:a", "aac", "-b:a", "128k"),
    ".opus": ("-c:a", "libopus", "-b:a", "96k"),
    ".flac": ("-c:a", "flac"),
}
_NOISE = "anoisesrc=color=pink:sample_rate=48000:duration=60:amplitude=0.3"


def hour(folder: Path, kind: str) -> Path:
    """An hour of stereo noise."""
    minute, whole = folder / f"minute{kind}", folder / f"hour{kind}"
    stereo = ("-f", "lavfi", "-i", _NOISE, "-ac", "2")
    ffmpeg(*stereo, *KINDS[kind], str(minute))
    playlist = folder / "list.txt"
    playlist.write_text(f"file '{minute}'\n" * MINUTES, "utf-8")
    ffmpeg("-f", "concat", "-safe", "0", "-i", str(playlist), "-c", "copy", str(whole))
    return whole


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)


def row(source: Path, what: str, peer: Callable[[], object], called: str, goal: str) -> list[object]:
    ours = source.with_name(f"ours{source.suffix}")
    timing = tables.compare(lambda: labelkit.label(source, LABEL, ours, config=CONFIG), peer, 9)
    mark = labelkit.read(ours)[0]
    assert mark.label == LABEL, mark
    size = f"{source.stat().st_size / 1e6:.0f} MB"
    return [what, size, f"{timing.ours_ms:.0f} ms", f"{called} {timing.peer_ms:.0f} ms", f"{timing.ratio:.2f}", goal]


def against_everybody(source: Path) -> list[list[object]]:
    copy = source.with_name(f"copy{source.suffix}")
    what = f"1 h {source.suffix[1:].upper()}, metadata only"

    def cp() -> object:
        return subprocess.run(["cp", str(source), str(copy)], check=True)

    def remux() -> None:
        ffmpeg("-i", str(source), "-map", "0", "-c", "copy", "-metadata", f"AIGC={LABEL.to_json()}", str(copy))

    def tag() -> None:
        shutil.copyfile(source, copy)
        _mutagen(copy)

    rows = [row(source, what, cp, "cp", "<= 2 (half the speed of cp)")]
    rows.append(row(source, what, remux, "ffmpeg -c copy", "-"))
    if source.suffix in (".mp3", ".flac"):
        rows.append(row(source, what, tag, "copy + mutagen", "-"))
    return rows


def _mutagen(path: Path) -> None:
    from mutagen.flac import FLAC
    from mutagen.id3 import ID3, TXXX, ID3NoHeaderError

    if path.suffix == ".flac":
        flac = FLAC(path)
        flac["AIGC"] = LABEL.to_json()
        flac.save()
        return
    try:
        tags = ID3(path)
    except ID3NoHeaderError:
        tags = ID3()
    tags.add(TXXX(encoding=3, desc="AIGC", text=[LABEL.to_json()]))
    tags.save(path)


_NOTE = """\
Medians of paired runs in alternating order, wall time, files in the page cache; compare ratios, not milliseconds.
LabelKit writes a new file, syncing apart (`sync=False`, as its peers), and reads its label back before it counts."""


def main() -> None:
    rows: list[list[object]] = []
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as name:
            rows += against_everybody(hour(Path(name), kind))
    head = ["what", "size", "LabelKit", "peer", "ratio", "goal"]
    tables.write("speed_audio", "Speed of labelling sound", head, rows, _NOTE)


if __name__ == "__main__":
    main()
