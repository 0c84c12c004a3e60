"""PNG and APNG pixels, 16-bit colour included, which Pillow can read only as 8-bit.

Nothing is lost: every pixel outside the label has the value it had, in its own depth (W3C PNG third edition, 11.2.1).
Interlaced files become non-interlaced.
"""

from __future__ import annotations

import binascii
import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, PngImagePlugin

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer
from labelkit.formats.image import _apng
from labelkit.formats.image._bgr import Bgr
from labelkit.formats.image._frames import (
    Carried,
    Frame,
    Picture,
    carried,
    check_size,
    decoding,
    opened,
    orientation_of,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: zlib level: 6 is what Pillow uses; at 16 bits level 4 is nearly as small and twice as fast.
_LEVEL_16 = 4
#: Colour type of 16-bit arrays by their number of channels.
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


@dataclass(frozen=True, slots=True)
class PngCoding:
    """How the source was coded.

    Attributes:
        depth: bits per sample.
        key: colour that tRNS declares transparent in 16-bit colour, or None.
        poster: the first frame is a still that is not part of the animation.
        delays: of the animation's frames, numerator and denominator in seconds.
    """

    depth: int
    key: bytes = b""
    poster: bool = False
    delays: tuple[tuple[int, int], ...] = ()


def decode(data: Buffer) -> Picture:
    """A PNG file, or all frames of an APNG file."""
    with decoding("PNG image data"):
        image = opened(data, "PNG")
        assert isinstance(image, PngImagePlugin.PngImageFile)
        depth, colour = data[24], data[25]
        if depth == 16 and colour != 0:
            if getattr(image, "is_animated", False):
                raise UnsupportedOperation("APNG with 16-bit colour cannot be kept", remedy="convert it to 8 bits")
            return _decode_16(image, data, colour)
        return _decode_pillow(image, data, depth)


def _decode_pillow(image: PngImagePlugin.PngImageFile, data: Buffer, depth: int) -> Picture:
    count = int(getattr(image, "n_frames", 1))
    check_size(*image.size, count)
    loop = int(image.info.get("loop", 0))
    poster = bool(image.info.get("default_image", False))
    frames = []
    for number in range(count):
        image.seek(number)
        image.load()
        pixels = _keyed(image.copy() if count > 1 else image._new(image.im))
        frames.append(Frame(pixels, float(image.info.get("duration", 0) or 0)))
    coding = PngCoding(depth, poster=poster, delays=_apng.delays(bytes(data)) if count > 1 else ())
    return Picture(frames, "png", orientation_of(image), loop, carried(image), coding)


def _keyed(image: Image.Image) -> Image.Image:
    """Two-colour pictures with a transparent colour get real transparency: the label's ink must not vanish."""
    return image.convert("LA") if image.mode == "1" and "transparency" in image.info else image


def _decode_16(image: PngImagePlugin.PngImageFile, data: Buffer, colour: int) -> Picture:
    """Both bytes of every sample, by unpacking twice: Pillow's unpackers keep one byte of each pair."""
    if colour == 4:  # grey and alpha: four bytes a pixel, which is what RGBA has
        whole = np.asarray(_unpacked(image, "RGBA", "RGBA"))
        samples = np.stack([_joined(whole[..., 0], whole[..., 1]), _joined(whole[..., 2], whole[..., 3])], axis=2)
    else:
        mode = "RGB" if colour == 2 else "RGBA"
        high = np.asarray(_unpacked(image, mode, f"{mode};16B"))
        low = np.asarray(_unpacked(opened(data, "PNG"), mode, f"{mode};16L"))
        samples = _joined(high, low)
    key = _chunk_body(data, b"tRNS")
    coding = PngCoding(16, key if colour == 2 and len(key) == 6 else b"")
    return Picture([Frame(samples)], "png", orientation_of(image), 0, carried(image), coding)


def _joined(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> NDArray[np.uint16]:
    joined: NDArray[np.uint16] = np.left_shift(high, 8, dtype=np.uint16) | low
    return joined


def _unpacked(image: Image.Image, mode: str, raw: str) -> Image.Image:
    assert isinstance(image, ImageFile.ImageFile)
    image.tile = [tile._replace(args=raw) for tile in image.tile]
    image._mode = mode
    image.info.pop("transparency", None)
    image.load()
    return image


def _chunk_body(data: Buffer, kind: bytes) -> bytes:
    """The first chunk of a kind before the image data, or nothing."""
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        if name == kind:
            return bytes(data[at + 8 : at + 8 + min(length, 1024)])
        if name == b"IDAT":
            break
        at += 12 + length
    return b""


def encode(picture: Picture, quality: int) -> bytes:
    """All frames as PNG or APNG; ``quality`` means nothing here."""
    coding = picture.coding
    first = picture.frames[0].pixels
    metadata = {} if isinstance(coding, PngCoding) else _metadata(picture.carried)
    assert not isinstance(first, Bgr)
    if not isinstance(first, Image.Image):
        return _encode_16(first, coding.key if isinstance(coding, PngCoding) else b"")
    if len(picture.frames) > 1:
        return _animation(picture, metadata)
    out = io.BytesIO()
    first.save(out, "PNG", **metadata)
    return out.getvalue()


def _animation(picture: Picture, metadata: dict[str, Any]) -> bytes:
    coding = picture.coding if isinstance(picture.coding, PngCoding) else PngCoding(8)
    images = [frame.pixels for frame in picture.frames if isinstance(frame.pixels, Image.Image)]
    shown = picture.frames[1 if coding.poster else 0 :]
    times = [_apng.delay_of(frame.duration) for frame in shown]
    if len(coding.delays) == len(times):
        times = list(coding.delays)
    return _apng.encode(images, times, picture.loop, coding.poster, metadata)


def _metadata(kept: Carried) -> dict[str, Any]:
    given: dict[str, Any] = {"exif": kept.exif} if kept.exif else {}
    given["icc_profile"] = kept.icc or None
    if kept.dpi:
        given["dpi"] = kept.dpi
    if kept.xmp:
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", kept.xmp.decode("utf-8", "replace"))
        given["pnginfo"] = text
    return given


def _encode_16(samples: NDArray[np.uint16], key: bytes) -> bytes:
    """A non-interlaced PNG with 16 bits a sample."""
    height, width, channels = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    parts = [SIGNATURE, _chunk(b"IHDR", header), *([_chunk(b"tRNS", key)] if key else [])]
    parts += [_chunk(b"IDAT", piece) for piece in _packed(samples)]
    return b"".join([*parts, _chunk(b"IEND", b"")])


def _packed(samples: NDArray[np.uint16]) -> list[bytes]:
    """Filtered and compressed rows, in pieces of about a megabyte. Filter 2, Up, is one subtraction and packs well."""
    height, width, channels = samples.shape
    rows = np.ascontiguousarray(samples.astype(">u2")).view(np.uint8).reshape(height, width * channels * 2)
    packer, pieces = zlib.compressobj(_LEVEL_16), []
    step = max(1, (1 << 20) // rows.shape[1])
    above = np.zeros((1, rows.shape[1]), np.uint8)
    for top in range(0, height, step):
        part = rows[top : top + step]
        filtered = np.empty((len(part), rows.shape[1] + 1), np.uint8)
        filtered[:, 0] = 2
        filtered[:, 1:] = part - np.vstack([above, part[:-1]])
        above = part[-1:]
        pieces.append(packer.compress(filtered.tobytes()))
    return [piece for piece in [*pieces, packer.flush()] if piece]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", binascii.crc32(kind + body))
