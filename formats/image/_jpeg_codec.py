"""JPEG pixels: decoded once, and coded again with the source's own tables, sampling and scan order."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any

from PIL import Image, JpegImagePlugin

from labelkit.formats.base import Buffer
from labelkit.formats.image._bgr import Bgr
from labelkit.formats.image._frames import Carried, Frame, Picture, carried, decoding, opened, orientation_of

#: Quality for pictures that were not JPEG before; Pillow's own default of 75 shows on text.
NEW_QUALITY = 90
# Segments before the first scan that may stand in front of DRI; a bound for hostile files.
_MAX_SEGMENTS = 10_000


@dataclass(frozen=True, slots=True)
class JpegCoding:
    """How the source was coded.

    Attributes:
        tables: quantisation tables in the order of the components.
        sampling: Pillow's number for 4:4:4, 4:2:2 or 4:2:0, -1 for others.
        progressive: several scans.
        rgb: components are R, G, B without a colour transform.
        restart: coded blocks (MCU) between restart markers, 0 for none.
    """

    tables: tuple[tuple[int, ...], ...]
    sampling: int
    progressive: bool
    rgb: bool
    restart: int


def decode(data: Buffer) -> Picture:
    """The main picture of a JPEG or Multi-Picture file."""
    with decoding("JPEG image data"):
        image = opened(data, "JPEG", "MPO")
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        coding = _coding(image, data)
        image.load()
        # Shares the decoded pixels; a copy of twelve megapixels would cost as much as drawing the label.
        pixels = image._new(image.im)
        return Picture([Frame(pixels)], "jpeg", orientation_of(image), carried=carried(image), coding=coding)


def _coding(image: JpegImagePlugin.JpegImageFile, data: Buffer) -> JpegCoding:
    ids = [layer[0] for layer in image.layer]
    rgb = image.mode == "RGB" and (image.info.get("adobe_transform") == 0 or ids == [82, 71, 66])
    # Factors that Pillow has no number for (4:1:1, 4:4:0) are coded without subsampling: larger, never worse.
    sampling = max(0, JpegImagePlugin.get_sampling(image))
    progressive = bool(image.info.get("progressive") or image.info.get("progression"))
    return JpegCoding(_tables(image), sampling, progressive, rgb, _restart_interval(data))


def _tables(image: JpegImagePlugin.JpegImageFile) -> tuple[tuple[int, ...], ...]:
    """One table per component as Pillow's encoder deals them out: the last one serves all further components."""
    tables = [tuple(image.quantization[layer[3]]) for layer in image.layer]
    if len(tables) == 4:  # written as CMYK, whose components all use the first table
        return tuple(tables[:1])
    return tuple(tables[:2] if tables[1:2] == tables[2:3] else tables)


def _restart_interval(data: Buffer) -> int:
    """The DRI segment before the first scan (ITU-T T.81 B.2.4.4)."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        head = bytes(data[at : at + 4])
        if len(head) < 4 or head[0] != 0xFF or head[1] == 0xDA:
            return 0
        if head[1] == 0xDD:
            return int(struct.unpack(">H", data[at + 4 : at + 6])[0])
        at += 2 + int(struct.unpack(">H", head[2:4])[0])
    return 0


def encode(picture: Picture, quality: int) -> bytes:
    """The first frame as JPEG; a file keeps its own parameters."""
    frame = picture.frames[0].pixels
    if isinstance(frame, Bgr):
        return frame.encoded(quality or NEW_QUALITY)
    assert isinstance(frame, Image.Image)
    out = io.BytesIO()
    # A file's metadata is grafted from the file itself.
    metadata = {"comment": b""} if picture.coding else _metadata(picture.carried)
    frame.save(out, "JPEG", **_parameters(picture, frame, quality), **metadata)
    return out.getvalue()


def _parameters(picture: Picture, frame: Image.Image, quality: int) -> dict[str, Any]:
    coding = picture.coding
    if not isinstance(coding, JpegCoding):
        # A marker after every row of blocks costs a tenth of a percent and lets the label be read back alone.
        return {"quality": quality or NEW_QUALITY, "restart_marker_rows": 1}
    given: dict[str, Any] = {"qtables": [list(table) for table in coding.tables]}
    given["progressive"] = coding.progressive
    if frame.mode == "RGB":
        given["subsampling"] = coding.sampling
    if coding.rgb:
        given |= {"keep_rgb": True, "subsampling": 0}
    if coding.restart:
        given["restart_marker_blocks"] = coding.restart
    return given


def _metadata(kept: Carried) -> dict[str, Any]:
    given: dict[str, Any] = {"exif": kept.exif} if kept.exif else {}
    given |= {"icc_profile": kept.icc} if kept.icc else {"icc_profile": b""}
    if kept.xmp:
        given["xmp"] = kept.xmp
    if kept.dpi:
        given["dpi"] = kept.dpi
    return given
