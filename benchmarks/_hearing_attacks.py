"""What happens to a labelled sound on its way: codecs, the telephone, noise, other sounds, rooms, changed speed.

Every attack takes mono samples at 16 kHz and gives some at the same rate.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from labelkit.formats.audio import _pcm

Mono = NDArray[np.float32]
RATE = 16_000
#: Speech and music to lay over a sound, and the generator of the trial.
Attack = Callable[[Mono, "Others"], Mono]


class Others:
    """What may be laid over a sound: random stretches of speech and music, and random numbers."""

    def __init__(self, speech: Mono, music: Mono, rng: np.random.Generator) -> None:
        self.speech, self.music, self.rng = speech, music, rng

    def stretch(self, kind: str, count: int) -> Mono:
        """A piece that is not silent."""
        whole = self.speech if kind == "speech" else self.music
        for _ in range(20):
            at = int(self.rng.integers(0, max(1, len(whole) - count)))
            piece = whole[at : at + count]
            if len(piece) == count and rms(piece) > 0.01:
                return piece
        return whole[:count]


def rms(x: Mono) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) + 1e-12


def coded(muxer: str, demuxer: str, encoder: str, bit_rate: int, rate: int = RATE) -> Attack:
    """Coded at a bit rate and decoded."""

    def run(x: Mono, others: Others) -> Mono:
        import av

        file = io.BytesIO()
        with av.open(file, "w", format=muxer) as out:
            stream = out.add_stream(encoder, rate=rate)
            stream.layout, stream.bit_rate = "mono", bit_rate
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(x[None]), "flt", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            for packet in (*stream.encode(frame), *stream.encode(None)):
                out.mux(packet)
        file.seek(0)
        with av.open(file, format=demuxer) as container:
            resampler = av.AudioResampler("flt", "mono", RATE)
            parts = [p for f in container.decode(audio=0) for p in resampler.resample(f)] + resampler.resample(None)
            return np.concatenate([p.to_ndarray().reshape(-1) for p in parts])

    return run


def over(kind: str, decibels: float) -> Attack:
    """Speech or music over it, so many dB against the label's own level, which trials keep at 0.1."""

    def run(x: Mono, others: Others) -> Mono:
        piece = others.stretch(kind, len(x))
        return x + piece * np.float32(LABEL_RMS * 10 ** (decibels / 20) / rms(piece))

    return run


#: Root mean square of the tones, or of the speech, of the labels in trials.
LABEL_RMS = 0.1


def noise(decibels: float) -> Attack:
    """White noise, so many dB below the label."""

    def run(x: Mono, others: Others) -> Mono:
        hiss = others.rng.standard_normal(len(x)).astype(np.float32)
        return x + hiss * np.float32(LABEL_RMS * 10 ** (-decibels / 20))

    return run


def telephone(x: Mono, others: Others) -> Mono:
    """300 to 3400 Hz, 8 kHz, mu-law."""
    spectrum = np.fft.rfft(x)
    hertz = np.fft.rfftfreq(len(x), 1 / RATE)
    band = 1 / np.sqrt(1 + (300 / np.maximum(hertz, 1)) ** 8) / np.sqrt(1 + (hertz / 3400) ** 16)
    narrow = np.fft.irfft(spectrum * band, len(x)).astype(np.float32)[::2]
    low = _pcm.decode(_pcm.encode(narrow, "ulaw"), "ulaw", 1)[:, 0]
    return _at_speed(low.astype(np.float32), 0.5)


def _at_speed(x: Mono, speed: float) -> Mono:
    """Played so many times faster, by the spectrum: pitch and tempo change together."""
    count = round(len(x) / speed)
    spectrum = np.fft.rfft(x)
    kept = np.zeros(count // 2 + 1, complex)
    size = min(len(kept), len(spectrum))
    kept[:size] = spectrum[:size]
    return (np.fft.irfft(kept, count) * (count / len(x))).astype(np.float32)


def speed(factor: float) -> Attack:
    """Tempo and pitch together."""
    return lambda x, others: _at_speed(x, factor)


def tempo(factor: float) -> Attack:
    """Tempo alone: overlap-add of the segments that fit best (WSOLA) by FFmpeg's atempo."""

    def run(x: Mono, others: Others) -> Mono:
        import av

        graph = av.filter.Graph()
        source = graph.add_abuffer(sample_rate=RATE, format="flt", layout="mono", time_base=Fraction(1, RATE))
        changed, sink = graph.add("atempo", str(factor)), graph.add("abuffersink")
        source.link_to(changed)
        changed.link_to(sink)
        graph.configure()
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(x[None]), "flt", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        source.push(frame)
        source.push(None)
        parts = []
        while True:
            try:
                parts.append(sink.pull().to_ndarray().reshape(-1))
            except (av.error.EOFError, av.error.BlockingIOError):
                return np.concatenate(parts)

    return run


def reverb(t60: float) -> Attack:
    """A room of exponentially decaying noise, with the direct sound as loud as the rest together."""

    def run(x: Mono, others: Others) -> Mono:
        count = round(1.2 * t60 * RATE)
        tail = others.rng.standard_normal(count) * 10 ** (-3 * np.arange(count) / RATE / t60)
        tail[0] = 0
        tail /= np.sqrt(np.sum(tail**2))
        tail[0] = 1.0
        size = len(x) + count
        wet = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(tail, size), size)[: len(x)]
        return (wet / np.sqrt(2)).astype(np.float32)

    return run


#: Name in the tables -> attack, and whether length changes.
ATTACKS: Mapping[str, Attack] = {
    "none": lambda x, others: x,
    "MP3 64": coded("mp3", "mp3", "libmp3lame", 64_000),
    "MP3 32": coded("mp3", "mp3", "libmp3lame", 32_000),
    "AAC 64": coded("adts", "aac", "aac", 64_000),
    "Opus 16": coded("ogg", "ogg", "libopus", 16_000),
    "telephone": telephone,
    "noise 10 dB": noise(10),
    "music -10 dB": over("music", -10),
    "music 0 dB": over("music", 0),
    "voice -10 dB": over("speech", -10),
    "voice 0 dB": over("speech", 0),
    "reverb 0.3 s": reverb(0.3),
    "reverb 0.8 s": reverb(0.8),
    "speed 0.9": speed(0.9),
    "speed 1.1": speed(1.1),
    "tempo 1.1": tempo(1.1),
    "tempo 0.9": tempo(0.9),
}
#: What an attack does to time: a second of the source is so many seconds of the result.
STRETCH = {"speed 0.9": 1 / 0.9, "speed 1.1": 1 / 1.1, "tempo 1.1": 1 / 1.1, "tempo 0.9": 1 / 0.9}
