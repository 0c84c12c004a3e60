"""What is done to marked sounds: cuts, codecs, the telephone, other sounds, rooms, other tempos; and what is promised.

Every attack first cuts a stretch of its length at a random place, so the mark's phase is random, too. Low bitrates are
coded in mono, as voice messages are; the same in stereo is measured beside them without a promise.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus_audio as corpus

Float = NDArray[np.float32]
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples (frames x channels, full scale 1) and their rate in Hz."""

    samples: Float
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Attack:
    """One kind of damage.

    Attributes:
        id: name in results.
        text: what the table calls it.
        seconds: how much is cut out first; 0 leaves all 20 s.
        change: what is done to it.
        goal: share of trials in which the exact payload must come back; None promises nothing.
        search: whether the tempo and pitch search is needed.
    """

    id: str
    text: str
    seconds: float
    change: Callable[[Sound, Random], Sound]
    goal: float | None = None
    search: bool = False

    def __call__(self, sound: Sound, random: Random) -> Sound:
        """Cut and change."""
        return self.change(cut(sound, self.seconds, random), random)


def cut(sound: Sound, seconds: float, random: Random) -> Sound:
    """So many seconds from a random place where there is sound, the whole if it is shorter."""
    size = int(seconds * sound.rate)
    if not seconds or len(sound.samples) <= size:
        return sound
    start = int(random.integers(0, len(sound.samples) - size))
    return Sound(sound.samples[start : start + size], sound.rate)


def _nothing(sound: Sound, random: Random) -> Sound:
    return sound


def mono(sound: Sound) -> Sound:
    """All channels mixed down."""
    return Sound(sound.samples.mean(axis=1, keepdims=True), sound.rate)


def ffmpeg(sound: Sound, encode: str, form: str) -> Sound:
    """Through an encoder or filter and back, at the sound's own rate and channels."""
    channels, rate = sound.samples.shape[1], str(sound.rate)
    pcm = (np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes()
    raw = ["-f", "s16le", "-ar", rate, "-ac", str(channels), "-i", "-"]
    coded = _run([*raw, *encode.split(), "-f", form, "-"], pcm)
    back = _run(["-i", "-", "-f", "f32le", "-ar", rate, "-ac", str(channels), "-"], coded)
    return Sound(np.frombuffer(back, np.float32).reshape(-1, channels), sound.rate)


def _run(arguments: list[str], data: bytes) -> bytes:
    command = ["ffmpeg", "-v", "error", "-threads", "1", *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def _coded(encode: str, form: str) -> Callable[[Sound, Random], Sound]:
    return lambda sound, random: ffmpeg(sound, encode, form)


def _coded_mono(encode: str, form: str) -> Callable[[Sound, Random], Sound]:
    return lambda sound, random: ffmpeg(mono(sound), encode, form)


def _noise(decibels: float) -> Callable[[Sound, Random], Sound]:
    def change(sound: Sound, random: Random) -> Sound:
        noise = random.standard_normal(sound.samples.shape).astype(np.float32)
        return Sound(sound.samples + noise * _level(sound.samples) * 10 ** (-decibels / 20), sound.rate)

    return change


def _level(samples: Float) -> float:
    return float(np.sqrt(np.mean(samples**2))) + 1e-9


def _under(clips: tuple[corpus.Clip, ...], decibels: float) -> Callable[[Sound, Random], Sound]:
    """Another clip mixed in, so many dB below."""

    def change(sound: Sound, random: Random) -> Sound:
        other = other_sound(clips[int(random.integers(len(clips)))], sound, len(sound.samples), random)
        gain = _level(sound.samples) / _level(other) * 10 ** (-decibels / 20)
        return Sound(sound.samples + other * gain, sound.rate)

    return change


def other_sound(clip: corpus.Clip, like: Sound, size: int, random: Random) -> Float:
    """A stretch of another clip at a sound's rate, the same in all channels."""
    from labelkit.formats.audio._wm_resample import resample

    samples, rate = corpus.load(clip)
    one = resample((samples.astype(np.float32) / 32768).mean(axis=1), rate, like.rate)
    one = np.tile(one, -(-size // len(one)) + 1)
    start = int(random.integers(0, len(one) - size))
    return np.repeat(one[start : start + size, None], like.samples.shape[1], axis=1)


def _reverb(seconds: float) -> Callable[[Sound, Random], Sound]:
    """A room: exponentially decaying noise after the direct sound, direct to reverberant ratio 3 dB."""

    def change(sound: Sound, random: Random) -> Sound:
        size = int(seconds * sound.rate)
        tail = random.standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
        tail[: int(0.003 * sound.rate)] = 0
        tail *= 10 ** (-3 / 20) / np.sqrt(np.sum(tail**2))
        tail[0] = 1
        long = len(sound.samples) + size
        spectrum = np.fft.rfft(sound.samples, long, axis=0) * np.fft.rfft(tail, long)[:, None]
        heard = np.fft.irfft(spectrum, long, axis=0)[: len(sound.samples)]
        return Sound(np.asarray(heard * (0.7 / max(0.7, np.abs(heard).max())), np.float32), sound.rate)

    return change


def _concatenated(sound: Sound, random: Random) -> Sound:
    """7 s of other clips before and after."""
    around = [
        other_sound(clips[int(random.integers(len(clips)))], sound, 7 * sound.rate, random)
        for clips in (_OTHER_SPEECH, _OTHER_MUSIC)
    ]
    return Sound(np.concatenate([around[0], sound.samples, around[1]]), sound.rate)


def _dropouts(sound: Sound, random: Random) -> Sound:
    """20 ms missing out of every second."""
    kept = int(0.98 * sound.rate)
    pieces = [sound.samples[at : at + kept] for at in range(0, len(sound.samples), sound.rate)]
    return Sound(np.concatenate(pieces), sound.rate)


def _odd(random: Random, reach: float) -> float:
    """A factor within plus and minus ``reach``, at least 1 % from 1, on no grid."""
    size = float(random.uniform(0.01, reach))
    return 1 + size if random.random() < 0.5 else 1 - size


def _tempo(sound: Sound, random: Random) -> Sound:
    """WSOLA half of the time, a phase vocoder otherwise."""
    factor = _odd(random, 0.1)
    name = "atempo" if random.random() < 0.5 else "rubberband=tempo"
    return ffmpeg(sound, f"-af {name}={factor:.5f}", "wav")


def _speed(sound: Sound, random: Random) -> Sound:
    return ffmpeg(sound, f"-af asetrate={round(sound.rate * _odd(random, 0.1))}", "wav")


def _pitch(sound: Sound, random: Random) -> Sound:
    semitones = float(random.uniform(0.3, 2.0)) * (1 if random.random() < 0.5 else -1)
    return ffmpeg(sound, f"-af rubberband=pitch={2 ** (semitones / 12):.5f}", "wav")


def _social(sound: Sound, random: Random) -> Sound:
    """MP3 128, loudness -14 LUFS, AAC 64."""
    louder = ffmpeg(ffmpeg(sound, "-b:a 128k", "mp3"), f"-af loudnorm=I=-14 -ar {sound.rate}", "wav")
    return ffmpeg(louder, "-c:a aac -b:a 64k", "adts")


def _one_channel(sound: Sound, random: Random) -> Sound:
    return Sound(sound.samples[:, -1:], sound.rate)


_OTHER_MUSIC = tuple(clip for clip in corpus.TUNING if clip.is_music)
_OTHER_SPEECH = tuple(clip for clip in corpus.TUNING if not clip.is_music)
_TELEPHONE = _coded_mono("-af highpass=f=300:p=2,lowpass=f=3400:p=2 -ar 8000 -c:a pcm_mulaw", "wav")

#: What the project promises.
PROMISED: tuple[Attack, ...] = (
    Attack("cut-5", "nothing, from 5 s", 5, _nothing, 0.99),
    Attack("cut-3", "nothing, from 3 s", 3, _nothing, 0.98),
    Attack("cut-1.5", "nothing, from 1.5 s", 1.5, _nothing, 0.90),
    Attack("mp3-64", "MP3 64 kbit/s, from 5 s", 5, _coded("-b:a 64k", "mp3"), 0.97),
    Attack("opus-24", "Opus 24 kbit/s mono, from 5 s", 5, _coded_mono("-c:a libopus -b:a 24k", "opus"), 0.97),
    Attack("aac-64", "AAC 64 kbit/s, from 5 s", 5, _coded("-c:a aac -b:a 64k", "adts"), 0.97),
    Attack("opus-16", "Opus 16 kbit/s mono, 10 s", 10, _coded_mono("-c:a libopus -b:a 16k", "opus"), 0.97),
    Attack("mp3-32", "MP3 32 kbit/s mono, 10 s", 10, _coded_mono("-b:a 32k", "mp3"), 0.97),
    Attack("telephone", "telephone (8 kHz, 300 to 3,400 Hz, mu-law), 10 s", 10, _TELEPHONE, 0.97),
    Attack("noise-20", "white noise 20 dB below, 10 s", 10, _noise(20), 0.97),
    Attack("music-10", "music 10 dB below, 10 s", 10, _under(_OTHER_MUSIC, 10), 0.97),
    Attack("reverb", "reverberation 0.3 s, 10 s", 10, _reverb(0.3), 0.97),
    Attack("social", "social network: MP3 128, loudness -14 LUFS, AAC 64, 10 s", 10, _social, 0.97),
    Attack("concatenated", "10 s between 7 s and 7 s of others", 10, _concatenated, 0.97),
    Attack("tempo", "tempo up to +-10 %, odd factors, from 6 s", 6, _tempo, 0.95, search=True),
    Attack("speed", "speed up to +-10 %, odd factors, from 6 s", 6, _speed, 0.95, search=True),
    Attack("pitch", "pitch up to +-2 semitones, odd factors, from 6 s", 6, _pitch, 0.95, search=True),
    Attack("dropouts", "20 ms lost every second, 10 s", 10, _dropouts, 0.80),
    Attack("noise-10", "white noise 10 dB below, 10 s", 10, _noise(10), 0.60),
)
#: What is measured beside.
OTHERS: tuple[Attack, ...] = (
    Attack("mp3-128", "MP3 128 kbit/s, 20 s", 0, _coded("-b:a 128k", "mp3")),
    Attack("vorbis", "Vorbis quality 2, 10 s", 10, _coded("-c:a libvorbis -q:a 2", "ogg")),
    Attack("opus-24-stereo", "Opus 24 kbit/s, channels kept, from 5 s", 5, _coded("-c:a libopus -b:a 24k", "opus")),
    Attack("mp3-32-stereo", "MP3 32 kbit/s, channels kept, 10 s", 10, _coded("-b:a 32k", "mp3")),
    Attack("opus-12", "Opus 12 kbit/s mono, 20 s", 0, _coded_mono("-c:a libopus -b:a 12k", "opus")),
    Attack("gsm", "GSM full rate (8 kHz, 13 kbit/s), 20 s", 0, _coded_mono("-ar 8000 -c:a libgsm", "gsm")),
    Attack("voice-10", "another voice 10 dB below, 10 s", 10, _under(_OTHER_SPEECH, 10)),
    Attack("music-0", "music as loud, 20 s", 0, _under(_OTHER_MUSIC, 0)),
    Attack("reverb-0.8", "reverberation 0.8 s, 20 s", 0, _reverb(0.8)),
    Attack("denoise", "noise reduction (FFT), 10 s", 10, _coded("-af afftdn=nr=12", "wav")),
    Attack("compressor", "compressor 4:1, 10 s", 10, _coded("-af acompressor=threshold=0.06:ratio=4:makeup=3", "wav")),
    Attack("echo", "echo, 10 s", 10, _coded("-af aecho=0.8:0.7:90:0.4", "wav")),
    Attack("eq", "bass and treble by 9 dB, 10 s", 10, _coded("-af bass=g=9,treble=g=-9", "wav")),
    Attack("8-bit", "8 bits a sample, 10 s", 10, _coded("-c:a pcm_u8", "wav")),
    Attack("one-channel", "only the last channel, from 5 s", 5, _one_channel),
    Attack("noise-5", "white noise 5 dB below, 20 s", 0, _noise(5)),
)  # fmt: skip
ATTACKS = (*PROMISED, *OTHERS)
BY_ID = {attack.id: attack for attack in ATTACKS}
