"""Compressed sound formats by content: which demuxer reads one and which muxer writes it.

A demuxer is always named, never guessed by FFmpeg: some of its formats (playlists, concatenations) open other files.
"""

from __future__ import annotations

from dataclasses import dataclass

from labelkit.formats.base import Buffer


@dataclass(frozen=True, slots=True)
class Kind:
    """One compressed format.

    Attributes:
        id: short name.
        name: for people.
        demuxer, muxer: FFmpeg's names.
        tags: where its metadata stand, which decides how they move to a new file: ``"outside"`` (before and behind
            the stream: ID3v2, APE, ID3v1), ``"flac"``, ``"ogg"``, ``"mp4"``, or ``""`` (the muxer writes them anew).
    """

    id: str
    name: str
    demuxer: str
    muxer: str
    tags: str = ""


MP3 = Kind("mp3", "MP3", "mp3", "mp3", "outside")
MP2 = Kind("mp2", "MP2", "mp3", "mp2", "outside")
ADTS = Kind("adts", "AAC (ADTS)", "aac", "adts", "outside")
AC3 = Kind("ac3", "AC-3", "ac3", "ac3", "outside")
EAC3 = Kind("eac3", "E-AC-3", "eac3", "eac3", "outside")
TTA = Kind("tta", "TTA", "tta", "tta", "outside")
WAVPACK = Kind("wavpack", "WavPack", "wv", "wv", "outside")
FLAC = Kind("flac", "FLAC", "flac", "flac", "flac")
OGG = Kind("ogg", "Ogg", "ogg", "ogg", "ogg")
M4A = Kind("m4a", "M4A", "mov", "ipod", "mp4")
MP4 = Kind("mp4", "MP4", "mov", "mp4", "mp4")
THREE_GP = Kind("3gp", "3GP", "mov", "3gp", "mp4")
WMA = Kind("wma", "WMA", "asf", "asf")
MATROSKA = Kind("mka", "Matroska", "matroska", "matroska")
WEBM = Kind("webm", "WebM", "matroska", "webm")
AMR = Kind("amr", "AMR", "amr", "amr")
WAV = Kind("wav", "WAV", "wav", "wav")
AIFF = Kind("aiff", "AIFF", "aiff", "aiff")
CAF = Kind("caf", "CAF", "caf", "caf")

_MAGIC = (
    (b"fLaC", FLAC), (b"OggS", OGG), (b"TTA1", TTA), (b"wvpk", WAVPACK), (b"#!AMR", AMR), (b"caff", CAF),
    (bytes.fromhex("3026b2758e66cf11"), WMA),
)  # fmt: skip


def kind_of(data: Buffer) -> Kind | None:
    """The compressed format of a file, by its first bytes (those behind ID3v2 tags)."""
    start = after_id3(data)
    head = bytes(data[start : start + 64])
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ftyp":
        return THREE_GP if head[8:11] == b"3gp" else M4A if head[8:12] in (b"M4A ", b"M4B ") else MP4
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return WEBM if b"webm" in head else MATROSKA
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"FORM":
        return AIFF
    return _stream(bytes(data[start : start + 8192]))


def _stream(head: bytes) -> Kind | None:
    """Frames without a container: the first sync word that makes sense."""
    if head[:2] == b"\x0b\x77" and len(head) > 5:
        return EAC3 if head[5] >> 3 > 10 else AC3
    for at in range(len(head) - 3):
        if head[at] == 0xFF and head[at + 1] & 0xE0 == 0xE0:
            kind = _mpeg(head[at + 1], head[at + 2])
            if kind:
                return kind
    return None


def _mpeg(second: int, third: int) -> Kind | None:
    """The kind that a frame header of ISO/IEC 11172-3 or 13818-7 announces."""
    layer = second >> 1 & 3
    if layer == 0:
        return ADTS if second & 0xF0 == 0xF0 and third >> 2 & 15 < 13 else None
    if second >> 3 & 3 == 1 or third >> 4 in (0, 15) or third >> 2 & 3 == 3:
        return None
    return {1: MP3, 2: MP2}.get(layer)


#: Tags in front of a stream; more than a few never stand there.
_MAX_TAGS = 8


def after_id3(data: Buffer) -> int:
    """The byte behind the ID3v2 tags a file starts with."""
    at = 0
    for _ in range(_MAX_TAGS):
        head = bytes(data[at : at + 10])
        if len(head) < 10 or head[:3] != b"ID3":
            return at
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        at = min(len(data), at + 10 + size + (10 if head[5] & 0x10 else 0))
        while at < len(data) and data[at : at + 1] == b"\0":  # padding that the tag's size leaves out
            at += 1
    return at


def tail_tags(data: Buffer, start: int) -> int:
    """The byte where the tags behind a stream begin: ID3v1, Lyrics3, APEv2, in any order."""
    stop = len(data)
    for _ in range(_MAX_TAGS):
        before = stop
        if stop - start >= 128 and data[stop - 128 : stop - 125] == b"TAG":
            stop -= 128
        elif stop - start >= 32 and data[stop - 32 : stop - 24] == b"APETAGEX":
            stop = _before_ape(data, start, stop)
        elif stop - start >= 15 and data[stop - 9 : stop] == b"LYRICS200":
            digits = bytes(data[stop - 15 : stop - 9])
            stop = max(start, stop - 15 - int(digits)) if digits.isdigit() else stop
        if stop == before:
            return stop
    return stop


def _before_ape(data: Buffer, start: int, stop: int) -> int:
    size = int.from_bytes(data[stop - 20 : stop - 16], "little")
    has_header = bool(data[stop - 9] & 0x80)
    begin = stop - size - (32 if has_header else 0)
    return begin if start <= begin < stop else stop
