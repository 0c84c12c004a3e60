"""TIFF pixels: all pages, with their tags, compression and depth (TIFF 6.0).

Pillow and libtiff code the pixels; the pages' other tags are put around the new strips by :func:`_assembled`, because
the codec would leave out what it does not know. Thumbnails in sub-directories show the picture without its label, so
they are left out.
"""

from __future__ import annotations

import io
import struct
import sys
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from labelkit.errors import UnsupportedOperation
from labelkit.formats.base import Buffer
from labelkit.formats.image._bgr import Bgr
from labelkit.formats.image._frames import (
    RETURNS,
    Carried,
    Frame,
    Picture,
    Pixels,
    carried,
    check_size,
    decoding,
    opened,
)

Directory = TiffImagePlugin.ImageFileDirectory_v2

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _STRIPS, _ORIENTATION = 256, 257, 258, 259, 262, 273, 274
_SAMPLES, _ROWS, _COUNTS, _PLANAR, _PREDICTOR, _EXTRA, _FORMAT = 277, 278, 279, 284, 317, 338, 339
_XMP, _ICC, _EXIF_IFD, _GPS_IFD = 700, 34675, 34665, 34853
#: Tags that describe how the pixels are coded; they come from the newly coded page.
_LAYOUT = frozenset(
    {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _STRIPS, _SAMPLES, _ROWS, _COUNTS, _PLANAR, _PREDICTOR}
    | {_EXTRA, _FORMAT, _EXIF_IFD, _GPS_IFD, 40965}
    | {263, 264, 265, 266, 280, 281, 288, 289, 290, 291, 292, 293, 301, 559}
    | {*range(318, 329), 330, 332, 333, 334, 336, 340, 341, 342, 347, *range(512, 522), *range(529, 533)}
)
#: Quality of JPEG inside TIFF, whose tables Pillow does not tell.
_JPEG_QUALITY = 95
_KEPT_COMPRESSIONS = (
    "tiff_lzw",
    "tiff_adobe_deflate",
    "packbits",
    "jpeg",
    "group3",
    "group4",
    "tiff_ccitt",
    "zstd",
    "lzma",
)
_MORE_NAMES = {"tiff_deflate": "tiff_adobe_deflate", "tiff_jpeg": "jpeg", "tiff_raw_16": "raw"}


@dataclass(frozen=True, slots=True, eq=False)
class TiffPage:
    """What one page had besides pixels: its tags, its compression in Pillow's words, and its predictor."""

    tags: Directory
    compression: str
    predictor: int


@dataclass(frozen=True, slots=True, eq=False)
class TiffCoding:
    """All pages."""

    pages: tuple[TiffPage, ...]


def decode(data: Buffer) -> Picture:
    """All pages of a TIFF file. Pages turn together: the first page's orientation counts for looking."""
    with decoding("TIFF image data"):
        image = _opened(data)
        count = int(getattr(image, "n_frames", 1))
        frames, pages, orientation = [], [], 1
        for number in range(count):
            image.seek(number)
            check_size(*image.size, count)
            turn = int(image.tag_v2.get(_ORIENTATION, 1))
            orientation = turn if number == 0 and 1 <= turn <= 8 else orientation
            pages.append(_page(image))
            frames.append(Frame(_pixels(image, data, number, turn)))
        image.seek(0)
        return Picture(frames, "tiff", orientation, carried=carried(image), coding=TiffCoding(tuple(pages)))


def _opened(data: Buffer) -> TiffImagePlugin.TiffImageFile:
    image = opened(data, "TIFF")
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    return image


def _page(image: TiffImagePlugin.TiffImageFile) -> TiffPage:
    """The tags worth keeping, read before decoding, which drops the orientation."""
    source, tags = image.tag_v2, Directory(prefix=b"II")
    for tag in source:
        if tag not in _LAYOUT:
            tags.tagtype[tag] = source.tagtype.get(tag, 7)
            tags[tag] = source[tag]
    exif = image.getexif()
    for tag in (_EXIF_IFD, _GPS_IFD):
        inner = dict(exif.get_ifd(tag)) if tag in source else {}
        if inner:
            tags[tag] = inner
    name = str(image.info.get("compression", "raw"))
    name = _MORE_NAMES.get(name, name)
    return TiffPage(tags, name if name in _KEPT_COMPRESSIONS else "raw", int(source.get(_PREDICTOR, 1)))


def _pixels(image: TiffImagePlugin.TiffImageFile, data: Buffer, number: int, turn: int) -> Pixels:
    tags = image.tag_v2
    bits, samples = tags.get(_BITS, (1,)), int(tags.get(_SAMPLES, 1))
    if samples > 1 and max(bits) > 8:
        return _wide_pixels(image, data, number, turn, samples)
    image.load()
    plain = image.copy()
    # Pillow has turned the pixels the way they are shown; the file keeps its tag, so they are turned back.
    back = RETURNS.get(turn)
    return plain.transpose(back) if back is not None else plain


def _wide_pixels(
    image: TiffImagePlugin.TiffImageFile, data: Buffer, number: int, turn: int, samples: int
) -> NDArray[np.uint16]:
    """16-bit colour, both bytes of every sample: unpacked twice, because Pillow keeps one byte of each pair."""
    tags = image.tag_v2
    colour = tags.get(_PHOTOMETRIC) == 2 and samples in (3, 4) and set(tags.get(_BITS, ())) == {16}
    if not colour or tags.get(_PLANAR, 1) != 1 or set(tags.get(_FORMAT, (1,))) != {1}:
        raise UnsupportedOperation(
            "TIFF with more than 8 bits is drawn on as grey, RGB or RGBA with 16-bit integers in one plane",
            place=f"page {number + 1}",
            remedy="convert the page to one of these, or write the metadata layer only",
        )
    mode = "RGB" if samples == 3 else "RGBA"
    big = image.tag_v2.prefix == b"MM"
    if image.use_load_libtiff:  # libtiff gives samples in the machine's own byte order
        big = sys.byteorder == "big"
    high = np.asarray(_unpacked(image, mode, "B" if big else "L"))
    second = _opened(data)
    second.seek(number)
    low = np.asarray(_unpacked(second, mode, "L" if big else "B"))
    joined: NDArray[np.uint16] = np.left_shift(high, 8, dtype=np.uint16) | low
    back = RETURNS.get(turn)
    if back is None:
        return joined
    planes = [np.asarray(Image.fromarray(joined[..., k]).transpose(back)) for k in range(samples)]
    return np.stack(planes, axis=2)


def _unpacked(image: TiffImagePlugin.TiffImageFile, mode: str, order: str) -> Image.Image:
    raw = f"{mode};16{order}"
    image.tile = [tile._replace(args=(raw, *tile.args[1:])) for tile in image.tile]  # type: ignore[index]
    image._mode = mode
    image.load()
    return image


def encode(picture: Picture, quality: int) -> bytes:
    """All pages; ``quality`` means nothing here."""
    coding = picture.coding
    pages = coding.pages if isinstance(coding, TiffCoding) else tuple(_new_page(picture) for _ in picture.frames)
    out = io.BytesIO(b"II*\0\0\0\0\0")
    out.seek(8)
    link = 4
    for frame, page in zip(picture.frames, pages, strict=True):
        link = _append(out, link, *_coded(frame.pixels, page), page.tags)
    return out.getvalue()


def _new_page(picture: Picture) -> TiffPage:
    """Tags of a picture that was no TIFF."""
    kept, tags = picture.carried, Directory(prefix=b"II")
    if kept.icc:
        tags.tagtype[_ICC], tags[_ICC] = 7, kept.icc
    if kept.xmp:
        tags.tagtype[_XMP], tags[_XMP] = 1, kept.xmp
    if kept.dpi:
        tags[282], tags[283], tags[296] = *kept.dpi, 2
    if picture.orientation != 1:
        tags[_ORIENTATION] = picture.orientation
    _add_exif(tags, kept)
    return TiffPage(tags, "tiff_adobe_deflate", 1)


def _add_exif(tags: Directory, kept: Carried) -> None:
    exif = Image.Exif()
    exif.load(kept.exif)
    for tag in (_EXIF_IFD, _GPS_IFD):
        inner = dict(exif.get_ifd(tag))
        if inner:
            tags[tag] = inner


def _coded(pixels: Pixels, page: TiffPage) -> tuple[Directory, list[bytes]]:
    """Layout tags and strips of one page, as Pillow and libtiff code it."""
    assert not isinstance(pixels, Bgr)
    image = pixels if isinstance(pixels, Image.Image) else _as_grey(pixels)
    if image.mode == "I;16B":  # pages are written in little-endian order
        image = Image.fromarray(np.asarray(image).astype("<u2"))
    given: dict[str, Any] = {}
    compression = page.compression
    if compression in ("group3", "group4", "tiff_ccitt") and image.mode != "1":
        compression = "tiff_lzw"
    if compression == "jpeg" and image.mode not in ("L", "RGB", "CMYK"):
        compression = "tiff_adobe_deflate"
    if compression != "raw":
        given["compression"] = compression
    if compression == "jpeg":
        given["quality"] = _JPEG_QUALITY
    predicts = compression in ("tiff_lzw", "tiff_adobe_deflate", "zstd") and page.predictor == 2
    if predicts and isinstance(pixels, Image.Image) and image.mode not in ("1", "P", "I", "F"):
        given["tiffinfo"] = {_PREDICTOR: 2}
    bare = image._new(image.im)
    bare.info = {k: v for k, v in image.info.items() if k == "transparency"}
    out = io.BytesIO()
    bare.save(out, "TIFF", **given)
    return _taken_apart(out.getvalue(), pixels)


def _as_grey(samples: NDArray[np.uint16]) -> Image.Image:
    """16-bit colour as a grey picture several times as wide: the bytes of its rows are the same."""
    height, width, channels = samples.shape
    return Image.fromarray(np.ascontiguousarray(samples).reshape(height, width * channels))


def _taken_apart(coded: bytes, pixels: Pixels) -> tuple[Directory, list[bytes]]:
    with Image.open(io.BytesIO(coded), formats=("TIFF",)) as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
        source = image.tag_v2
        strips = [coded[at : at + size] for at, size in zip(source[_STRIPS], source[_COUNTS], strict=True)]
        layout = Directory(prefix=b"II")
        for tag in source:
            if tag in _LAYOUT and tag not in (_STRIPS, _COUNTS):
                layout.tagtype[tag] = source.tagtype[tag]
                layout[tag] = source[tag]
    if not isinstance(pixels, Image.Image | Bgr):
        channels = pixels.shape[2]
        layout[_WIDTH], layout[_SAMPLES], layout[_BITS] = pixels.shape[1], channels, (16,) * channels
        layout[_PHOTOMETRIC] = 2 if channels > 2 else 1
        layout[_FORMAT] = (1,) * channels
        if channels in (2, 4):
            layout[_EXTRA] = 2  # unassociated alpha
    return layout, strips


def _append(out: io.BytesIO, link: int, layout: Directory, strips: list[bytes], kept: Directory) -> int:
    """Write one page behind the others and point ``link`` to its directory; gives the next link."""
    tags = Directory(prefix=b"II")
    for source in (kept, layout):
        for tag in source:
            tags.tagtype[tag] = source.tagtype.get(tag, 7) if tag not in (_EXIF_IFD, _GPS_IFD) else 4
            tags[tag] = source[tag]
    # Pillow counts strip offsets from the end of what it serialises, so the strips follow their directory.
    sizes = [len(strip) + len(strip) % 2 for strip in strips]
    tags.tagtype[_STRIPS] = tags.tagtype[_COUNTS] = 4
    tags[_STRIPS] = tuple(accumulate(sizes[:-1], initial=0))
    tags[_COUNTS] = tuple(map(len, strips))
    start = out.tell()
    directory = tags.tobytes(start)
    out.write(directory)
    for strip in strips:
        out.write(strip + b"\0" * (len(strip) % 2))
    end = out.tell()
    out.seek(link)
    out.write(struct.pack("<I", start))
    out.seek(end)
    return start + 2 + 12 * int(struct.unpack("<H", directory[:2])[0])
