"""Where uncompressed samples stand in WAV, RF64, AIFF, CAF and AU files, and how the file takes another number of them.

Everything outside the samples stays byte for byte; only the sizes that count them change.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.audio import _pcm
from labelkit.formats.base import MAX_UNITS, Buffer, Edit
from labelkit.formats.containers import _riff

#: Sizes written by programs that did not know the length yet.
_UNKNOWN = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Region:
    """The samples of one file.

    Attributes:
        name: the format for people.
        start, stop: the bytes of the samples.
        gap: the byte after them and their padding.
        coding: as :mod:`labelkit.formats.audio._pcm` names it.
        channels, rate: of the sound.
        sizes: number of bytes of samples -> the edits of sizes elsewhere in the file.
        pad: whether an odd number of bytes is followed by a zero.
    """

    name: str
    start: int
    stop: int
    gap: int
    coding: str
    channels: int
    rate: int
    sizes: Callable[[int], list[Edit]]
    pad: bool = True

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return _pcm.sample_bytes(self.coding) * self.channels

    @property
    def frames(self) -> int:
        """Samples per channel."""
        return (self.stop - self.start) // self.frame_bytes


def locate(data: Buffer) -> Region | None:
    """The samples of an uncompressed file; None when it is compressed or of another kind.

    Raises:
        BrokenFile: its structure is damaged.
        LimitExceeded: more channels, chunks or Hz than any real file has.
    """
    head = bytes(data[:12])
    region = None
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        region = _wav(data)
    elif head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        region = _aiff(data)
    elif head[:4] == b"caff":
        region = _caf(data)
    elif head[:4] == b".snd":
        region = _au(data)
    return _sane(region) if region else None


#: More than any real file has: 22.2 sound has 24 channels, ambisonics of order 7 has 64; DXD runs at 352.8 kHz.
MAX_CHANNELS, MAX_RATE = 128, 1_536_000


def _sane(region: Region) -> Region:
    if not 1 <= region.channels <= MAX_CHANNELS or not 1000 <= region.rate <= MAX_RATE:
        raise LimitExceeded(
            f"{region.channels} channels at {region.rate} Hz, at most {MAX_CHANNELS} at 1000 to {MAX_RATE} Hz are read",
            place=region.name,
            remedy="inspect the file",
        )
    return region


def _broken(what: str, name: str) -> BrokenFile:
    return BrokenFile(f"the {name} file has no {what}", place=name, remedy="restore the file from its source")


# --- WAV, RF64, BW64 -------------------------------------------------------------------------------------------------

_WAV_CODINGS = {
    (1, 8): "u8", (1, 16): "s16le", (1, 24): "s24le", (1, 32): "s32le", (3, 32): "f32le", (3, 64): "f64le",
    (6, 8): "alaw", (7, 8): "ulaw",
}  # fmt: skip
#: The rest of the GUIDs KSDATAFORMAT_SUBTYPE_*; the first two bytes are the old format tag.
_SUBTYPE_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def _wav(data: Buffer) -> Region | None:
    form = _riff.form(data, "WAV")
    shape: tuple[str, int, int] | None = None
    fact: _riff.Chunk | None = None
    for chunk in _riff.chunks(data, _riff.FORM_HEADER_BYTES, form.stop, "WAV", form.long_sizes):
        if chunk.id == b"fmt ":
            shape = _wav_shape(bytes(data[chunk.body]))
            if shape is None:
                return None
        elif chunk.id == b"fact":
            fact = chunk
        elif chunk.id == b"data":
            if shape is None:
                raise _broken("chunk fmt before its samples", "WAV")
            return _wav_region(data, form, chunk, fact, shape)
    raise _broken("samples", "WAV")


def _wav_shape(body: bytes) -> tuple[str, int, int] | None:
    """Coding, channels and rate; None for a compressed coding."""
    if len(body) < 16:
        raise _broken("complete chunk fmt", "WAV")
    tag, channels, rate, _, align, width = struct.unpack_from("<HHIIHH", body)
    if tag == 0xFFFE and len(body) >= 40 and body[26:40] == _SUBTYPE_TAIL:
        tag = struct.unpack_from("<H", body, 24)[0]
    container = 8 * align // channels if channels and align % channels == 0 else width
    coding = _WAV_CODINGS.get((tag, container))
    if tag in (1, 3, 6, 7) and (not channels or coding is None):
        raise BrokenFile(
            f"{width} bits in {align} bytes for {channels} channels", place="WAV fmt", remedy="convert it to 16-bit PCM"
        )
    return (coding, channels, rate) if coding else None


def _wav_region(
    data: Buffer, form: _riff.Form, chunk: _riff.Chunk, fact: _riff.Chunk | None, shape: tuple[str, int, int]
) -> Region:
    coding, channels, rate = shape
    frame = _pcm.sample_bytes(coding) * channels
    start, stop = chunk.body.start, chunk.body.stop
    stop -= (stop - start) % frame

    def sizes(count: int) -> list[Edit]:
        grown = count + count % 2 - (chunk.stop - start)
        edits = [_fact(fact, count // frame)] if fact else []
        return edits + _riff_sizes(data, form, chunk, grown, count, count // frame)

    return Region("WAV", start, stop, chunk.stop, coding, channels, rate, sizes)


def _fact(fact: _riff.Chunk, frames: int) -> Edit:
    at = fact.body.start
    return Edit(at, at + 4, struct.pack("<I", min(frames, _UNKNOWN)))


def _riff_sizes(data: Buffer, form: _riff.Form, chunk: _riff.Chunk, grown: int, count: int, frames: int) -> list[Edit]:
    whole = form.stop - _riff.HEADER_BYTES + grown
    if form.long_sizes:
        head = Edit(20, 44, struct.pack("<QQQ", whole, count, frames))
        # Some writers put 32-bit sizes besides; they are left where they say "see ds64".
        plain = struct.unpack_from("<I", data, chunk.start + 4)[0] != _UNKNOWN
        return (
            [head, Edit(chunk.start + 4, chunk.start + 8, struct.pack("<I", min(count, _UNKNOWN)))] if plain else [head]
        )
    if whole >= _UNKNOWN:
        raise LimitExceeded(
            "the labelled WAV file would exceed 4 GiB", place="WAV", remedy="convert it to RF64 or FLAC first"
        )
    return [
        Edit(4, 8, struct.pack("<I", whole)),
        Edit(chunk.start + 4, chunk.start + 8, struct.pack("<I", count)),
    ]


# --- AIFF, AIFF-C ----------------------------------------------------------------------------------------------------

_AIFC_CODINGS = {
    b"fl32": "f32be", b"FL32": "f32be", b"fl64": "f64be", b"FL64": "f64be", b"ulaw": "ulaw", b"ULAW": "ulaw",
    b"alaw": "alaw", b"ALAW": "alaw", b"in24": "s24be", b"in32": "s32be", b"raw ": "u8",
}  # fmt: skip


def _aiff_chunks(data: Buffer) -> Iterator[tuple[bytes, int, int]]:
    """FourCC, start of the data, size."""
    at, stop = 12, min(len(data), 8 + struct.unpack_from(">I", data, 4)[0])
    for _ in range(MAX_UNITS):
        if at + 8 > stop:
            return
        kind, size = struct.unpack_from(">4sI", data, at)
        if at + 8 + size > len(data):
            raise BrokenFile(
                f"a chunk ends at byte {at + 8 + size}, the file at {len(data)}",
                place=f"AIFF, byte {at}",
                remedy="the file is truncated; copy or download it again",
            )
        yield kind, at + 8, size
        at += 8 + size + size % 2


def _aiff(data: Buffer) -> Region | None:
    found = {kind: (start, size) for kind, start, size in _aiff_chunks(data) if kind in (b"COMM", b"SSND")}
    if b"COMM" not in found or found[b"COMM"][1] < 18:
        raise _broken("chunk COMM", "AIFF")
    if b"SSND" not in found or found[b"SSND"][1] < 8:
        raise _broken("samples", "AIFF")
    comm, sound = found[b"COMM"][0], found[b"SSND"]
    channels, _, width, exponent, mantissa = struct.unpack_from(">HIHHQ", data, comm)
    rate = int(mantissa * 2.0 ** (min(exponent & 0x7FFF, 16446) - 16446))
    coding = _aiff_coding(data, comm, found[b"COMM"][1], width)
    if coding is None:
        return None
    return _aiff_region(data, sound, comm, coding, channels, rate)


def _aiff_coding(data: Buffer, comm: int, size: int, width: int) -> str | None:
    kind = bytes(data[comm + 18 : comm + 22]) if size >= 22 and data[8:12] == b"AIFC" else b"NONE"
    if kind not in (b"NONE", b"twos", b"sowt"):
        return _AIFC_CODINGS.get(kind)
    container = (width + 7) // 8
    if not 1 <= container <= 4:
        raise _broken("sample size we know", "AIFF")
    return "s8" if container == 1 else f"s{8 * container}{'le' if kind == b'sowt' else 'be'}"


def _aiff_region(data: Buffer, sound: tuple[int, int], comm: int, coding: str, channels: int, rate: int) -> Region:
    chunk, size = sound
    start = chunk + 8 + struct.unpack_from(">I", data, chunk)[0]
    frame = max(1, _pcm.sample_bytes(coding) * channels)
    if start > chunk + size:
        raise _broken("samples", "AIFF")
    stop = chunk + size - (chunk + size - start) % frame
    gap = min(len(data), chunk + size + size % 2)
    form = struct.unpack_from(">I", data, 4)[0]

    def sizes(count: int) -> list[Edit]:
        inside = start - chunk + count
        whole = form + inside + inside % 2 - (gap - chunk)
        if whole >= _UNKNOWN:
            raise LimitExceeded("the labelled AIFF file would exceed 4 GiB", place="AIFF", remedy="convert it to FLAC")
        return [
            Edit(4, 8, struct.pack(">I", whole)),
            Edit(chunk - 4, chunk, struct.pack(">I", inside)),
            Edit(comm + 2, comm + 6, struct.pack(">I", count // frame)),
        ]

    return Region("AIFF", start, stop, gap, coding, channels, rate, sizes)


# --- CAF -------------------------------------------------------------------------------------------------------------


def _caf(data: Buffer) -> Region | None:
    at, shape = 8, None
    for _ in range(MAX_UNITS):
        if at + 12 > len(data):
            raise _broken("samples", "CAF")
        kind, size = struct.unpack_from(">4sq", data, at)
        body = at + 12
        if kind == b"desc":
            shape = _caf_shape(bytes(data[body : body + 32]))
            if shape is None:
                return None
        elif kind == b"data":
            if shape is None:
                raise _broken("description before its samples", "CAF")
            return _caf_region(data, at, size, *shape)
        if size < 0 or body + size > len(data):
            raise BrokenFile("a chunk leaves the file", place=f"CAF, byte {at}", remedy="copy the file again")
        at = body + size
    raise LimitExceeded(f"more than {MAX_UNITS} chunks", remedy="inspect the file")


def _caf_shape(body: bytes) -> tuple[str, int, int] | None:
    if len(body) < 32:
        raise _broken("complete description", "CAF")
    rate, kind, flags, packet, _, channels, width = struct.unpack(">d4sIIIII", body)
    whole = int(rate) if 0 < rate < MAX_RATE + 1 else 0
    if kind in (b"ulaw", b"alaw"):
        return kind.decode(), channels, whole
    if kind != b"lpcm":
        return None
    size = packet // channels if channels else 0
    order = "le" if flags & 2 else "be"
    coding = {1: "s8", 2: f"s16{order}", 3: f"s24{order}", 4: f"s32{order}"}.get(size)
    if flags & 1:
        coding = {4: f"f32{order}", 8: f"f64{order}"}.get(size)
    if coding is None:
        raise BrokenFile(f"{width} bits in {packet} bytes", place="CAF desc", remedy="convert it to 16-bit PCM")
    return coding, channels, whole


def _caf_region(data: Buffer, at: int, size: int, coding: str, channels: int, rate: int) -> Region:
    start = at + 16  # a count of edits stands before the samples
    stop = len(data) if size == -1 else at + 12 + size
    if not start <= stop <= len(data):
        raise BrokenFile("the samples leave the file", place=f"CAF, byte {at}", remedy="copy the file again")
    frame = max(1, _pcm.sample_bytes(coding) * channels)

    def sizes(count: int) -> list[Edit]:
        return [] if size == -1 else [Edit(at + 4, at + 12, struct.pack(">q", count + 4))]

    return Region("CAF", start, stop - (stop - start) % frame, stop, coding, channels, rate, sizes, pad=False)


# --- AU --------------------------------------------------------------------------------------------------------------

_AU_CODINGS = {1: "ulaw", 2: "s8", 3: "s16be", 4: "s24be", 5: "s32be", 6: "f32be", 7: "f64be", 27: "alaw"}


def _au(data: Buffer) -> Region | None:
    if len(data) < 24:
        raise _broken("complete header", "AU")
    start, size, kind, rate, channels = struct.unpack_from(">IIIII", data, 4)
    coding = _AU_CODINGS.get(kind)
    if coding is None:
        return None
    if not 24 <= start <= len(data):
        raise _broken("samples", "AU")
    stop = len(data) if size == _UNKNOWN else min(len(data), start + size)
    frame = max(1, _pcm.sample_bytes(coding) * channels)

    def sizes(count: int) -> list[Edit]:
        return [] if size == _UNKNOWN else [Edit(8, 12, struct.pack(">I", min(count, _UNKNOWN)))]

    return Region("AU", start, stop - (stop - start) % frame, stop, coding, channels, rate, sizes, pad=False)
