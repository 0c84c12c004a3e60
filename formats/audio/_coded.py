"""Compressed sound through PyAV (FFmpeg): what a file holds, its samples, and a new file of the same coding.

Decoding gives what players give: the encoder's delay and padding are left out where the file says how long they are
(MP3 with an Info tag, MP4 edit lists, Ogg granule positions).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from typing import IO, Any

import numpy as np

from labelkit.errors import BrokenFile, LimitExceeded, MissingExtra, UnsupportedOperation
from labelkit.formats.audio._kinds import MP2, MP3, Kind, after_id3
from labelkit.formats.audio._pcm import Samples
from labelkit.formats.audio._spool import Reader
from labelkit.formats.base import Buffer

#: Two days: more is a decompression bomb (silence packs to almost nothing).
MAX_SECONDS = 48 * 3600
#: Packets that do not decode: players skip them, a file with more of them than this share is damaged.
_MAX_BAD = 0.02

#: Codec -> encoder, for the codecs that can be written back.
_ENCODERS = {
    "mp3": "libmp3lame", "mp2": "mp2", "aac": "aac", "ac3": "ac3", "eac3": "eac3", "flac": "flac", "alac": "alac",
    "opus": "libopus", "vorbis": "vorbis", "wmav1": "wmav1", "wmav2": "wmav2", "wavpack": "wavpack", "tta": "tta",
    "amr_nb": "libopencore_amrnb",
}  # fmt: skip
LOSSLESS = ("flac", "alac", "wavpack", "tta")
#: Encoders whose first samples a decoder throws away without the file saying so: these many are put in front.
_SWALLOWED = {"wmav1": 2048, "wmav2": 2048}


@dataclass(frozen=True, slots=True)
class Stream:
    """The one sound stream of a file.

    Attributes:
        kind: its format.
        codec: FFmpeg's name.
        profile: such as ``"HE-AAC"``, ``""`` when there is none.
        rate, channels, layout: of the decoded sound.
        bits: of a sample of a lossless coding, 0 for lossy ones.
        bit_rate: average, bit/s.
        variable: whether frames differ in bit rate by design.
        seconds: as the container says, 0 when it does not.
        frames: as the container says to the sample, 0 when it does not.
    """

    kind: Kind
    codec: str
    profile: str
    rate: int
    channels: int
    layout: str
    bits: int
    bit_rate: int
    variable: bool
    seconds: float
    frames: int


def library() -> Any:
    """PyAV.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtra(
            f"compressed sound needs PyAV: {error}",
            place="audio",
            remedy="pip install 'labelkit-aigc[audio]'",
        ) from error
    av.logging.set_level(None)
    return av


@contextmanager
def opened(data: Buffer, kind: Kind) -> Iterator[tuple[Any, Any]]:
    """The container and its sound stream.

    Raises:
        BrokenFile: FFmpeg cannot read it, or there is no sound in it.
        UnsupportedOperation: several sound streams, or moving pictures.
        MissingExtra: PyAV is not installed.
    """
    av = library()
    try:
        with av.open(Reader(data), format=kind.demuxer, metadata_errors="replace") as container:
            yield container, _only(container, kind)
    except av.error.FFmpegError as error:
        raise BrokenFile(
            f"the {kind.name} sound does not decode: {error.strerror}",
            place=kind.name,
            remedy="restore the file from its source",
        ) from error


def _only(container: Any, kind: Kind) -> Any:
    sounds = container.streams.audio
    if not sounds:
        raise BrokenFile("there is no sound in it", place=kind.name, remedy="restore the file from its source")
    moving = [s for s in container.streams.video if not is_cover(s)]
    if len(sounds) > 1 or moving:
        what = "moving pictures" if moving else f"{len(sounds)} sound tracks"
        raise UnsupportedOperation(f"a file with {what} is not a sound file", remedy="label it as a film")
    if sounds[0].codec_context is None:
        raise UnsupportedOperation("its sound has a coding FFmpeg does not know", place=kind.name, remedy=_INSTEAD)
    return sounds[0]


#: What to do with sound that cannot be written back.
_INSTEAD = "convert it to M4A, MP3 or FLAC first, or write the metadata layer only"


def is_cover(stream: Any) -> bool:
    """Whether a picture stream is a cover: one picture that FFmpeg attaches to the file."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def examine(data: Buffer, kind: Kind) -> Stream:
    """What the file holds; decodes one frame, reads the rest without decoding.

    Raises:
        BrokenFile, UnsupportedOperation, MissingExtra: as :func:`opened`.
    """
    with opened(data, kind) as (container, stream):
        codec = stream.codec_context.codec
        seconds = float(stream.duration * stream.time_base) if stream.duration else 0.0
        first = next(container.decode(stream), None)
        if first is None:
            raise BrokenFile("there is no sound in it", place=kind.name, remedy="restore the file from its source")
        bits = _bits(codec.canonical_name, first.format.name)
        exact = Fraction(stream.duration) * stream.time_base * first.sample_rate if stream.duration else 0
        found = Stream(
            kind, codec.canonical_name, stream.profile or "", first.sample_rate, first.layout.nb_channels,
            _layout(first.layout), bits, stream.bit_rate or 0, _is_variable(data, kind), seconds,
            round(exact) if kind.tags == "mp4" else 0,
        )  # fmt: skip
    return found if _says_nominal(found) else _with_bit_rate(data, found)


def _says_nominal(found: Stream) -> bool:
    """Whether the demuxer's bit rate is what an encoder was asked for, not an estimate."""
    constant = found.kind in (MP3, MP2) and not found.variable
    return found.bit_rate > 0 and (constant or found.codec == "vorbis")


def _bits(codec: str, sample_format: str) -> int:
    """Bits of a sample that a lossless codec gives; FFmpeg hands out 24 bits in 32."""
    if codec not in LOSSLESS and not codec.startswith("pcm_"):
        return 0
    return {"u8": 8, "s16": 16, "flt": 32}.get(sample_format.rstrip("p"), 24)


def _layout(layout: Any) -> str:
    """A name every encoder understands; some demuxers give only the number of channels."""
    name = str(layout.name)
    return {"1 channels": "mono", "2 channels": "stereo"}.get(name, name)


def _is_variable(data: Buffer, kind: Kind) -> bool:
    """An MP3 that says ``Xing`` in its first frame; constant bit rates say ``Info`` there, or nothing."""
    start = after_id3(data) if kind is MP3 else 0
    return kind is MP3 and b"Xing" in bytes(data[start : start + 2048])


def _with_bit_rate(data: Buffer, found: Stream) -> Stream:
    """The average over all packets: headers and tags are not counted, unlike what some demuxers report."""
    from dataclasses import replace

    with opened(data, found.kind) as (container, stream):
        size, length = 0, Fraction(0)
        for packet in container.demux(stream):
            size += packet.size
            length += Fraction(packet.duration or 0) * packet.time_base if packet.time_base else 0
    seconds = float(length) or found.seconds
    return replace(found, bit_rate=round(8 * size / seconds), seconds=found.seconds or seconds) if seconds else found


def chunks(data: Buffer, found: Stream) -> Iterator[Samples]:
    """The samples in order, frames x channels, some thousand frames a piece.

    Raises:
        BrokenFile: too much of it does not decode, or rate or channels change within.
        LimitExceeded: more than ``MAX_SECONDS``.
    """
    left = found.frames or MAX_SECONDS * found.rate
    bounded = not found.frames
    for piece in _decoded(data, found):
        if len(piece) > left and bounded:
            raise LimitExceeded(
                f"more than {MAX_SECONDS // 3600} hours of sound", place=found.kind.name, remedy="cut it into parts"
            )
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)


def _decoded(data: Buffer, found: Stream) -> Iterator[Samples]:
    av = library()
    with opened(data, found.kind) as (container, stream):
        resampler = av.AudioResampler("flt", None, found.rate)
        good = bad = 0
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
                good += 1
            except av.error.InvalidDataError:
                decoded, bad = [], bad + 1
            try:
                for frame in chain.from_iterable(map(resampler.resample, decoded)):
                    yield _samples(frame, found.channels)
            except ValueError as error:
                raise _changes(found) from error
        if bad > max(2, _MAX_BAD * good):
            raise BrokenFile(
                f"{bad} of {good + bad} packets do not decode", place=found.kind.name, remedy="restore the file"
            )
        for frame in resampler.resample(None):
            yield _samples(frame, found.channels)


def _changes(found: Stream) -> BrokenFile:
    return BrokenFile(
        "sampling rate or channels change within the file", place=found.kind.name, remedy="re-encode it first"
    )


def _samples(frame: Any, channels: int) -> Samples:
    packed: Samples = frame.to_ndarray().reshape(-1, channels)
    return packed


# --- coding ----------------------------------------------------------------------------------------------------------


def encoder_of(codec: str, kind: Kind) -> str:
    """The encoder that writes a codec.

    Raises:
        UnsupportedOperation: there is none; the remedy names what to convert to.
    """
    if codec.startswith("pcm_"):
        return codec
    if codec not in _ENCODERS:
        raise UnsupportedOperation(
            f"{codec} in {kind.name} can be read but not written",
            remedy=_INSTEAD,
        )
    return _ENCODERS[codec]


def encode(found: Stream, pieces: Iterator[Samples], file: IO[bytes], source: Buffer | None, moved: Any = None) -> None:
    """Code samples as a stream was coded.

    Args:
        found: what to write: codec, rate, layout, bit rate.
        pieces: frames x channels.
        file: where to; it is written, read and sought in.
        source: the file whose tags, cover and chapters are copied by the muxer; None where they are grafted.
        moved: second in the source -> second in the result, for chapters.

    Raises:
        UnsupportedOperation: FFmpeg has no encoder for it, or the encoder refuses these parameters.
    """
    av = library()
    encoder = encoder_of(found.codec, found.kind)
    options = {"fflags": "+bitexact"} | ({"movie_timescale": str(found.rate)} if found.kind.tags == "mp4" else {})
    options |= {"id3v2_version": "0"} if found.kind.muxer == "mp3" else {}
    try:
        with av.open(file, "w", format=found.kind.muxer, options=options) as out:
            stream = _stream(out, encoder, found)
            covers = _copied(out, source, found, moved) if source is not None else []
            for packet in chain(*(stream.encode(f) for f in _frames(av, found, pieces)), stream.encode(None)):
                while covers:
                    out.mux(covers.pop())
                out.mux(packet)
    except (av.error.FFmpegError, ValueError) as error:
        raise UnsupportedOperation(
            f"{encoder} does not write this sound: {error}",
            place=found.kind.name,
            remedy=_INSTEAD,
        ) from error


def _stream(out: Any, encoder: str, found: Stream) -> Any:
    stream = out.add_stream(encoder, rate=found.rate)
    stream.layout = found.layout
    context = stream.codec_context
    if found.codec in LOSSLESS:
        context.format = _lossless_format(context.codec, found.bits)
    elif found.bit_rate and not found.codec.startswith("pcm_"):
        context.bit_rate = found.bit_rate
    context.options = {"abr": "1"} if encoder == "libmp3lame" and found.variable else {}
    return stream


def _lossless_format(codec: Any, bits: int) -> str:
    names: list[str] = [f.name for f in codec.audio_formats]
    base = "u8" if bits <= 8 else "s16" if bits <= 16 else "s32" if bits <= 24 else "flt"
    wider = {"u8": ("u8", "s16"), "flt": ("flt", "s32")}.get(base, (base,))
    return next(n for want in wider for n in names if n.rstrip("p") == want)


def _frames(av: Any, found: Stream, pieces: Iterator[Samples]) -> Iterator[Any]:
    at = 0
    lead = _SWALLOWED.get(found.codec, 0)
    silence = [np.zeros((lead, found.channels), np.float32)] if lead else []
    for piece in filter(len, chain(silence, pieces)):  # FFmpeg has no empty frames
        packed = np.ascontiguousarray(piece, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, "flt", found.layout)
        frame.sample_rate, frame.pts, frame.time_base = found.rate, at, Fraction(1, found.rate)
        at += len(piece)
        yield frame


#: Chapters and attachments of one file; audio books have a few hundred.
_MAX_CHAPTERS = 10_000


def _copied(out: Any, source: Buffer, found: Stream, moved: Any) -> list[Any]:
    """Tags, chapters and covers of the source in the new container; the covers' packets are still to be muxed."""
    with opened(source, found.kind) as (container, sound):
        out.metadata.update({**container.metadata, **sound.metadata})
        chapters = list(islice(container.chapters(), _MAX_CHAPTERS))
        if chapters and moved:
            chapters = [_moved(chapter, moved) for chapter in chapters]
        if chapters:
            out.set_chapters(chapters)
        covers = [s for s in container.streams.video if is_cover(s)]
        packets = []
        for cover in covers:
            copy = out.add_stream_from_template(cover)
            for packet in container.demux(cover):
                if packet.size:
                    packet.stream = copy
                    packets.append(packet)
                    break
        return packets


def _moved(chapter: Any, moved: Any) -> Any:
    base = chapter["time_base"]
    edges = {edge: round(moved(float(chapter[edge] * base)) / base) for edge in ("start", "end")}
    return {**chapter, **edges}
