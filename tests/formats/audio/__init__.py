"""What the tests of audio containers share: small sounds by ffmpeg, and strangers that read our files."""

from __future__ import annotations

import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from labelkit import AigcLabel, evidence
from labelkit.formats import table
from labelkit.formats.base import apply
from labelkit.testing.container_contract import ContainerContract

LABEL = AigcLabel.generated("001191000000MA0000007C10001", "AUDIO-1")
TEXT = LABEL.to_json().encode()
#: An inner object of another length.
LONGER = AigcLabel.generated("001191000000MA0000007C10001", "AUDIO-2-with-a-longer-number" * 3).to_json().encode()


@cache
def made(ending: str, *options: str, seconds: float = 0.4, rate: int = 16000) -> bytes:
    """A short tone in a file of this ending, by ffmpeg; the same bytes every time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"tone.{ending}"
        tone = f"sine=440:duration={seconds}:sample_rate={rate}"
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", tone, "-fflags", "+bitexact", "-flags:a", "+bitexact"]
        subprocess.run([*command, *options, str(path)], check=True, timeout=60)
        return path.read_bytes()


def packets(data: bytes, ending: str = "bin") -> list[list[str]]:
    """MD5 of all coded packets with their timing, by ffmpeg without decoding."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file.{ending}"
        path.write_bytes(data)
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-c", "copy", "-f", "framemd5", "-"]
        ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    # Comment headers are codec parameters to ffmpeg, so those (extradata, side data behind the hash) are left out.
    return [line.split(",")[:6] for line in ran.stdout.splitlines() if not line.startswith("#")]


def decodes(data: bytes, ending: str) -> None:
    """ffmpeg decodes it to the end without a complaint."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file.{ending}"
        path.write_bytes(data)
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-"]
        ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        assert not ran.stderr, ran.stderr


def ffprobe(data: bytes, ending: str) -> dict[str, str]:
    """Format and stream tags as ffprobe gives them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file.{ending}"
        path.write_bytes(data)
        command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(path)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    tags: dict[str, str] = {}
    for part in (*found["streams"], found["format"]):
        tags.update(part.get("tags", {}))
    return tags


def exiftool(data: bytes, ending: str, *options: str) -> dict[str, Any]:
    """Every tag exiftool sees, unknown ones included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file.{ending}"
        path.write_bytes(data)
        command = ["exiftool", "-j", "-a", "-u", "-G1", *options, str(path)]
        ran = subprocess.run(command, check=True, capture_output=True, timeout=60)
        answer: dict[str, Any] = json.loads(ran.stdout)[0]
    assert not [key for key in answer if key.endswith((":Error", ":Warning"))], answer
    return answer


def labels(data: bytes) -> list[tuple[str, str]]:
    """Key of each unit that holds a label, and how it deviates, as the verifier sees it."""
    found = evidence.collect(data, table.find(data), look_for_traces=False)
    assert found.defect is None, found.defect
    return [(unit.key, " ".join(d.code for d in mark.deviations)) for unit, mark in found.found]


def relabelled(data: bytes, payload: bytes = TEXT) -> bytes:
    """With the label in its home and every other place cleared of one."""
    row = table.find(data)
    found = evidence.collect(data, row, look_for_traces=False)
    others = {unit: None for unit, _ in found.found if not unit.home}
    return b"".join(apply(data, row.container.edit(data, payload, others)))


class AudioContract(ContainerContract):
    """The contract with a label's JSON as payload and coded packets instead of pixels."""

    packet = TEXT
    longer_packet = LONGER
    ending = ""

    def pixels(self, data: bytes) -> object:
        return packets(data, self.ending)
