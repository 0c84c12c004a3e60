"""Vorbis through libsndfile (libvorbis): FFmpeg's own encoder is experimental and stereo only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from labelkit.errors import MissingExtra, UnsupportedOperation
from labelkit.formats.audio._pcm import Samples

#: Nominal kb/s of libvorbis' qualities 0 to 10 for 44.1 kHz stereo.
_NOMINAL = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500)
#: libsndfile hands a block to the encoder at once, on the stack.
_BLOCK_FRAMES = 4096


def library() -> Any:
    """soundfile.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise MissingExtra(
            f"Vorbis is written with soundfile: {error}", place="audio", remedy="pip install 'labelkit-aigc[audio]'"
        ) from error
    return soundfile


def encode(rate: int, channels: int, bit_rate: int, pieces: Iterator[Samples], file: IO[bytes]) -> None:
    """Write Ogg Vorbis at the quality whose nominal bit rate is nearest to ``bit_rate`` (bit/s).

    Raises:
        UnsupportedOperation: libvorbis refuses rate or channels.
        MissingExtra: soundfile is not installed.
    """
    soundfile = library()
    quality = float(np.interp(bit_rate * 2 / channels * 44.1 / max(rate / 1000, 1), _NOMINAL_BITS, range(11))) / 10
    try:
        with soundfile.SoundFile(
            file, "w", rate, channels, format="OGG", subtype="VORBIS", compression_level=1 - quality
        ) as out:
            for piece in pieces:
                for at in range(0, len(piece), _BLOCK_FRAMES):
                    out.write(np.clip(piece[at : at + _BLOCK_FRAMES], -1, 1))
    except soundfile.LibsndfileError as error:
        raise UnsupportedOperation(
            f"Vorbis does not write this sound: {error}",
            place="Ogg",
            remedy="convert it to Opus or FLAC first, or write the metadata layer only",
        ) from error


_NOMINAL_BITS = tuple(1000 * value for value in _NOMINAL)
