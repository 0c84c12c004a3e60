"""Sound in and out: decode a file with everything it has, and code the result again as the source was coded.

Samples are ``float32`` from -1 to 1 (``float64`` for codings of more than 24 bits), frames x channels. They come and go
in pieces, so that hours of sound need no more memory than a minute.

Uncompressed files (WAV, RF64, BW64, AIFF, CAF, AU) are spliced: every byte outside the samples stays, and so does every
sample that was not changed. Compressed ones go through PyAV, with codec, rate, channels, bit rate, tags, covers and the
lengths of delay and padding as they were. :func:`losses` says what a format cannot keep.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from labelkit.errors import InputError, LimitExceeded, UnknownFormat, UnsupportedOperation
from labelkit.formats.audio import _coded, _graft, _kinds, _pcm, _pcm_files, _spool, _vorbis
from labelkit.formats.audio._pcm import Samples
from labelkit.formats.base import Buffer

__all__ = ["CHUNK_FRAMES", "Coding", "Samples", "Sound", "encode", "encode_new", "from_array", "losses", "open_sound"]

#: Frames a piece has at most.
CHUNK_FRAMES = 1 << 16
#: What :meth:`Sound.read` decodes at most in one go: 2 GiB of float32, six hours of stereo speech at 12 kHz.
MAX_VALUES = 1 << 29


@dataclass(frozen=True, slots=True)
class Coding:
    """How a sound was coded.

    Attributes:
        container: ``"WAV"``, ``"MP3"``, ``"Ogg"``, ...
        codec: ``"pcm_s16le"``, ``"mp3"``, ``"opus"``, ...
        profile: of the codec, such as ``"HE-AAC"``.
        bits: of a sample; 0 for lossy codings.
        bit_rate: average in bit/s; for uncompressed sound what its samples take.
        variable: a variable bit rate by design.
    """

    container: str
    codec: str
    profile: str = ""
    bits: int = 0
    bit_rate: int = 0
    variable: bool = False

    @property
    def lossless(self) -> bool:
        """Whether coding it again changes nothing."""
        return bool(self.bits)


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound, decoded as often as it is asked for.

    Attributes:
        rate: frames a second.
        channels: 1 and up.
        layout: FFmpeg's name: ``"mono"``, ``"stereo"``, ``"5.1"``, ...; ``""`` where the file does not say.
        coding: how it was coded.
        frames: samples per channel, 0 while unknown (compressed sound tells only when it has been decoded).
        seconds: length as the file says, 0 when it does not.
    """

    rate: int
    channels: int
    layout: str
    coding: Coding
    frames: int
    seconds: float
    _pieces: Callable[[], Iterator[Samples]]
    _data: Buffer = b""
    _region: _pcm_files.Region | None = None
    _stream: _coded.Stream | None = None

    def chunks(self) -> Iterator[Samples]:
        """The samples from the beginning, at most ``CHUNK_FRAMES`` frames a piece.

        Raises:
            BrokenFile: it does not decode.
            LimitExceeded: longer than two days.
        """
        for piece in self._pieces():
            for at in range(0, len(piece), CHUNK_FRAMES):
                yield piece[at : at + CHUNK_FRAMES]

    def read(self) -> Samples:
        """All samples at once, frames x channels.

        Raises:
            LimitExceeded: more than ``MAX_VALUES`` of them; use :meth:`chunks`.
            BrokenFile: it does not decode.
        """
        pieces, count = [], 0
        for piece in self.chunks():
            pieces.append(piece)
            count += piece.size
            if count > MAX_VALUES:
                raise LimitExceeded(f"more than {MAX_VALUES} samples at once", remedy="read it in pieces")
        return np.concatenate(pieces) if pieces else np.zeros((0, self.channels), np.float32)


def open_sound(data: Buffer) -> Sound:
    """What a sound file holds. Nothing is decoded yet, but for one frame of compressed sound.

    Args:
        data: the whole file.

    Raises:
        UnknownFormat: the content is no sound we know.
        BrokenFile: it is damaged.
        UnsupportedOperation: several sound tracks, or a film.
        MissingExtra: compressed sound, and PyAV is not installed.
    """
    region = _pcm_files.locate(data)
    if region:
        return _uncompressed(data, region)
    kind = _kinds.kind_of(data)
    if kind is None:
        raise UnknownFormat("the content is no sound format we know", remedy="convert it to WAV, FLAC, MP3 or M4A")
    stream = _coded.examine(data, kind)
    coding = Coding(kind.name, stream.codec, stream.profile, stream.bits, stream.bit_rate, stream.variable)
    return Sound(
        stream.rate, stream.channels, stream.layout, coding, stream.frames, stream.seconds,
        lambda: _coded.chunks(data, stream), data, None, stream,
    )  # fmt: skip


def _uncompressed(data: Buffer, region: _pcm_files.Region) -> Sound:
    bits = _pcm.bits(region.coding)
    name = region.coding.replace("ulaw", "mulaw")
    coding = Coding(region.name, f"pcm_{name}", "", bits, bits * region.channels * region.rate)
    layout = {1: "mono", 2: "stereo"}.get(region.channels, "")
    return Sound(
        region.rate, region.channels, layout, coding, region.frames, region.frames / region.rate,
        lambda: _pcm_pieces(data, region), data, region,
    )  # fmt: skip


def _pcm_pieces(data: Buffer, region: _pcm_files.Region) -> Iterator[Samples]:
    step = CHUNK_FRAMES * region.frame_bytes
    for at in range(region.start, region.stop, step):
        yield _pcm.decode(bytes(data[at : min(at + step, region.stop)]), region.coding, region.channels)


def from_array(samples: object, rate: int) -> Sound:
    """Take samples.

    Args:
        samples: frames, or frames x channels; float from -1 to 1, int16, int32 or uint8. They are not changed.
        rate: frames a second.

    Raises:
        InputError: another shape or type, or a rate outside 1000 to 768000 Hz.
    """
    array = np.asarray(samples)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not 1 <= array.shape[1] <= _pcm_files.MAX_CHANNELS or not 1000 <= rate <= 768_000:
        raise InputError(
            f"an array of shape {array.shape} at {rate} Hz is not a sound",
            remedy="pass frames, or frames x channels, and a rate from 1000 to 768000 Hz",
        )
    real = _real(array)
    coding = Coding("array", f"{array.dtype}", "", 16 if array.dtype.kind == "f" else 8 * array.dtype.itemsize)
    layout = {1: "mono", 2: "stereo"}.get(array.shape[1], "")
    return Sound(rate, array.shape[1], layout, coding, len(array), len(array) / rate, lambda: iter([real]))


def _real(array: NDArray[Any]) -> Samples:
    if array.dtype.kind == "f":
        real: Samples = array.astype(np.float64 if array.dtype.itemsize > 4 else np.float32, copy=False)
        return real
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128) / np.float32(128)
    if array.dtype.kind != "i" or array.dtype.itemsize not in (2, 4):
        raise InputError(
            f"samples of type {array.dtype} have no agreed range", remedy="pass float from -1 to 1, int16 or int32"
        )
    whole: Samples = array.astype(np.float32) if array.dtype.itemsize == 2 else array.astype(np.float64)
    return whole / np.float32(1 << (8 * array.dtype.itemsize - 1))


# --- coding ----------------------------------------------------------------------------------------------------------

Moved = Callable[[float], float]


def encode(sound: Sound, pieces: Iterable[Samples], moved: Moved | None = None) -> Buffer:
    """A file like the one the sound was opened from, with these samples instead of its own.

    Args:
        sound: what :func:`open_sound` gave.
        pieces: frames x channels, at the sound's rate; as many as you like.
        moved: second in the source -> second in the result, for chapter marks where the muxer writes them.

    Returns:
        The file; a read-only map of a temporary file when it is large.

    Raises:
        UnsupportedOperation: there is no encoder for the codec; the remedy names a format that has one.
        LimitExceeded: the result exceeds what the container can hold.
        BrokenFile: the source does not decode (its samples are usually read while coding).
    """
    with _spool.spool() as file:
        if sound._region:
            _write_uncompressed(sound._data, sound._region, pieces, file)
        elif sound._stream:
            _write_coded(sound._data, sound._stream, iter(pieces), file, moved)
        else:
            raise InputError("this sound does not come from a file", remedy="name the format to write")
        return _spool.content(file)


def _write_uncompressed(data: Buffer, region: _pcm_files.Region, pieces: Iterable[Samples], file: IO[bytes]) -> None:
    view = memoryview(data)
    file.write(view[: region.start])
    count = 0
    for piece in pieces:
        count += file.write(_pcm.encode(piece, region.coding))
    if region.pad and count % 2:
        file.write(b"\0")
    file.write(view[region.gap :])
    moved = count + (count % 2 if region.pad else 0) - (region.gap - region.start)
    for edit in region.sizes(count):  # in AIFF some stand behind the samples, where everything has moved
        file.seek(edit.start + (moved if edit.start >= region.gap else 0))
        file.write(edit.data)


def _write_coded(
    data: Buffer, stream: _coded.Stream, pieces: Iterator[Samples], file: IO[bytes], moved: Moved | None
) -> None:
    target = _target(stream)
    if not _grafted(stream):
        _coded.encode(target, pieces, file, data, moved)
        return
    with _spool.spool() as fresh:
        if stream.codec == "vorbis":
            _vorbis.encode(stream.rate, stream.channels, stream.bit_rate, pieces, fresh)
        else:
            _coded.encode(target, pieces, fresh, None)
        for part in _graft.graft(stream.kind.tags, data, _spool.content(fresh)):
            file.write(part)


def _grafted(stream: _coded.Stream) -> bool:
    """FLAC and Speex in Ogg have other headers than Opus and Vorbis; the muxer writes their tags anew."""
    return bool(stream.kind.tags) and (stream.kind is not _kinds.OGG or stream.codec in ("opus", "vorbis"))


#: Bit/s for each channel of AAC-LC that stands in for HE-AAC, which FFmpeg cannot write.
_LC_BIT_RATE = 48_000


def _target(stream: _coded.Stream) -> _coded.Stream:
    """What is written: HE-AAC becomes AAC-LC of a bit rate at which it sounds no worse."""
    if stream.profile.startswith("HE-AAC"):
        return replace(stream, bit_rate=max(stream.bit_rate, _LC_BIT_RATE * stream.channels))
    return stream


def losses(sound: Sound) -> tuple[str, ...]:
    """What coding this sound again cannot keep, one sentence each; nothing for uncompressed sound."""
    stream = sound._stream
    if stream is None:
        return ()
    found = []
    if not sound.coding.lossless:
        found.append(f"the sound is coded again with {stream.codec} at {stream.bit_rate // 1000} kb/s")
    if stream.profile.startswith("HE-AAC"):
        found.append("HE-AAC becomes AAC-LC, with more bits: FFmpeg cannot write HE-AAC")
    if stream.bits > 24 and stream.codec in ("flac", "alac", "tta"):
        found.append("samples of 32 bits become 24 bits")
    if stream.kind.id in ("adts", "ac3", "eac3", "mp2"):
        found.append("the format has no place for the encoder's delay: the sound begins a few milliseconds later")
    if stream.kind.id in ("flac",):
        found.append("the seek table is left out")
    return tuple(found)


#: Container -> codec and bit/s per channel, for sound that comes as an array.
_NEW = {"flac": (_kinds.FLAC, "flac", 0), "mp3": (_kinds.MP3, "mp3", 96_000), "m4a": (_kinds.M4A, "aac", 96_000),
        "ogg": (_kinds.OGG, "opus", 64_000)}  # fmt: skip


def encode_new(sound: Sound, container: str, pieces: Iterable[Samples]) -> Buffer:
    """Code samples that do not come from a file.

    Args:
        sound: what :func:`from_array` gave.
        container: ``"wav"`` or ``"flac"`` (16 bits), ``"mp3"``, ``"m4a"`` or ``"ogg"`` (Opus, which takes 48, 24, 16,
            12 or 8 kHz).
        pieces: frames x channels.

    Raises:
        UnsupportedOperation: another container, or the encoder refuses rate or channels.
        MissingExtra: PyAV is not installed (WAV does not need it).
    """
    with _spool.spool() as file:
        if container == "wav":
            header = _wav_header(sound.rate, sound.channels)
            region = _pcm_files.locate(header)
            assert region is not None
            _write_uncompressed(header, region, pieces, file)
        elif container in _NEW:
            kind, codec, each = _NEW[container]
            bits, layout = 0 if each else 16, sound.layout or f"{sound.channels} channels"
            stream = _coded.Stream(
                kind, codec, "", sound.rate, sound.channels, layout, bits, each * sound.channels, False, 0.0, 0
            )
            _coded.encode(stream, iter(pieces), file, None)
        else:
            raise UnsupportedOperation(
                f"samples cannot be written as {container} yet", remedy="ask for wav, flac, mp3, m4a or ogg"
            )
        return _spool.content(file)


#: What follows the tag of KSDATAFORMAT_SUBTYPE_PCM.
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")


def _wav_header(rate: int, channels: int) -> bytes:
    """An empty WAV file of 16 bits; more than two channels ask for WAVE_FORMAT_EXTENSIBLE."""
    plain = struct.pack(
        "<HHIIHH", 1 if channels <= 2 else 0xFFFE, channels, rate, rate * channels * 2, channels * 2, 16
    )
    fmt = plain if channels <= 2 else plain + struct.pack("<HHI", 22, 16, 0) + _PCM_GUID
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data\0\0\0\0"
    return b"RIFF" + struct.pack("<I", len(body)) + body
