"""Sounds for the tests: made by formula, coded by the ffmpeg program, a stranger to what we write with."""

from __future__ import annotations

import io
import json
import subprocess
import wave
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray


def speechlike(seconds: float, rate: int = 16_000, channels: int = 1, seed: int = 7) -> NDArray[np.float32]:
    """Pitched buzzes of wandering formants with pauses, about -23 dBFS; frames x channels."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    time = np.arange(count) / rate
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.7 * time + rng.uniform(0, 6)) + 8 * np.sin(2 * np.pi * 3.1 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    formant = 700 + 300 * np.sin(2 * np.pi * 1.3 * time)
    voice = sum(np.sin(k * phase) / (1 + ((k * pitch - formant) / 300) ** 2) for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * time) * 2 + 1, 0, 1) * (np.sin(2 * np.pi * 0.31 * time + 1) > -0.8)
    mono = voice * syllables + 0.01 * rng.standard_normal(count)
    mono *= 0.07 / np.sqrt(np.mean(mono**2))
    return np.stack([mono * (1 - 0.1 * c) for c in range(channels)], 1).astype(np.float32)


def wav(samples: NDArray[Any], rate: int) -> bytes:
    """16-bit WAV by the standard library."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes())
    return out.getvalue()


TITLE, ARTIST = "标题 Title", "Wer"


@cache
def coded(name: str, *arguments: str, seconds: float = 3.217, rate: int = 44_100, channels: int = 2) -> bytes:
    """``speechlike`` coded by ffmpeg into a file called ``name``, with tags; ``cover`` as first argument adds one."""
    with TemporaryDirectory() as folder:
        source, picture, target = (Path(folder) / n for n in ("in.wav", "c.jpg", name))
        source.write_bytes(wav(speechlike(seconds, rate, channels), rate))
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(source)]
        if arguments[:1] == ("cover",):
            run = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x64", "-frames:v", "1", str(picture)]
            subprocess.run(run, check=True)
            command += ["-i", str(picture), "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic"]
            arguments = arguments[1:]
        command += ["-metadata", f"title={TITLE}", "-metadata", f"artist={ARTIST}", *arguments, str(target)]
        subprocess.run(command, check=True)
        return target.read_bytes()


def probe(data: bytes, suffix: str) -> dict[str, Any]:
    """What ffprobe says about a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(data)
        command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_chapters", path]
        done = subprocess.run(command, capture_output=True, check=True)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def decoded(data: bytes, suffix: str, rate: int, channels: int) -> NDArray[np.float32]:
    """What the ffmpeg program decodes, frames x channels."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(data)
        command = ["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-ar", str(rate), "-"]
        raw = subprocess.run(command, capture_output=True, check=True).stdout
        return np.frombuffer(raw, "<f4").reshape(-1, channels)
