"""What the frames of an ID3v2 tag hold, as units (id3.org, "ID3 tag version 2.4.0 - Native Frames")."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from labelkit.formats.base import MAX_PAYLOAD_BYTES, Kind, Unit
from labelkit.formats.containers._homes import KEY, MAX_TEXT_BYTES
from labelkit.formats.containers._id3 import UNSYNCHRONISED, Frame, Tag, resynchronised

# Frame flags: 2.3 section 3.3.1, 2.4 section 4.1.
_FLAGS = {
    3: {"compressed": 0x80, "encrypted": 0x40, "grouped": 0x20},
    4: {"compressed": 8, "encrypted": 4, "grouped": 0x40},
}
_FRAME_UNSYNCHRONISED, _LENGTH_INDICATOR = 0x02, 0x01
_USER_TEXT = (b"TXXX", b"TXX")
#: Frames of language, description and text.
_DESCRIBED = (b"COMM", b"COM", b"USLT", b"ULT")
_LINKS = (b"WXXX", b"WXX")
_WIDE = (1, 2)
_C2PA_TYPE = b"application/x-c2pa-manifest-store"


def units(tag: Tag, name: str, *, main: bool = True) -> Iterator[tuple[Unit, Frame]]:
    """Every text, private object and manifest of a tag with the frame that holds it.

    Args:
        tag: the tag.
        name: of the file format, for places.
        main: whether a ``TXXX`` frame with the description AIGC is the home.
    """
    for frame in tag.frames:
        unit = _unit(tag, frame, name, main)
        if unit is not None:
            yield unit, frame


def _unit(tag: Tag, frame: Frame, name: str, main: bool) -> Unit | None:
    if not _is_metadata(frame) or frame.stop - frame.body > MAX_PAYLOAD_BYTES:
        return None
    body, notes = _body(tag, frame)
    if body is None:
        return None
    kind, key, value = _read(frame.id, body)
    if kind is Kind.TAG and len(value) > MAX_TEXT_BYTES:
        return None
    home = main and frame.id in _USER_TEXT and key == KEY
    kind = Kind.FIELD if home else kind
    notes += ("id3v2.2",) if home and tag.version == 2 else ()
    start, stop = (tag.start, tag.stop) if tag.copied else (frame.start, frame.stop)
    # Places of a resynchronised tag are a little off, but tell its frames apart.
    at = tag.start + frame.start if tag.copied else frame.start
    place = f"{name} ID3v2.{tag.version} {frame.id.decode()}{f':{key}' if key != frame.id.decode() else ''}, byte {at}"
    return Unit(kind, place, value, start, stop, key, home, notes)


def _is_metadata(frame: Frame) -> bool:
    return frame.id[:1] in b"TW" or frame.id in (*_DESCRIBED, b"PRIV", b"GEOB", b"GEO")


def _body(tag: Tag, frame: Frame) -> tuple[bytes | None, tuple[str, ...]]:
    """The frame's content without what its flags put in front; None where it is encrypted or does not inflate."""
    body = bytes(tag.data[frame.body : frame.stop])
    if tag.version == 2:
        return body, ()
    flags, bits = frame.flags, _FLAGS[tag.version]
    if flags & bits["encrypted"]:
        return None, ()
    if tag.version == 4 and (flags & _FRAME_UNSYNCHRONISED or tag.flags & UNSYNCHRONISED):
        body = resynchronised(body)
    compressed = bool(flags & bits["compressed"])
    in_front = int(bool(flags & bits["grouped"]))
    in_front += 4 * (compressed if tag.version == 3 else bool(flags & _LENGTH_INDICATOR))
    body = body[in_front:]
    if not compressed:
        return body, ()
    try:
        return zlib.decompressobj().decompress(body, MAX_TEXT_BYTES), ("compressed",)
    except zlib.error:
        return None, ()


def _read(frame: bytes, body: bytes) -> tuple[Kind, str, bytes]:
    name = frame.decode()
    if frame in (b"PRIV",):
        owner, _, rest = body.partition(b"\0")
        # XMP Specification Part 3, section 2.2.7 (MP3).
        return (Kind.XMP if owner == b"XMP" else Kind.SEGMENT), owner.decode("latin-1"), rest
    if frame in (b"GEOB", b"GEO"):
        return _object(name, body)
    encoding, text = (body[0] if body else 0), body[1:]
    if frame in _DESCRIBED:
        text = text[3:]
    if frame in (*_USER_TEXT, *_DESCRIBED, *_LINKS):
        description, text = _split(text, encoding)
        key = _utf8(description, encoding).decode("utf-8", "replace")
        key = key if key or frame in _USER_TEXT else name
        return Kind.TAG, key, _value(text, 0 if frame in _LINKS else encoding)
    if frame[:1] == b"W":
        return Kind.TAG, name, body
    return Kind.TAG, name, _value(text, encoding)


def _object(name: str, body: bytes) -> tuple[Kind, str, bytes]:
    """GEOB: encoding, MIME type, file name, description, object (2.4 frames, section 4.15)."""
    media, _, rest = body[1:].partition(b"\0")
    if media == _C2PA_TYPE:
        encoding = body[0]
        for _ in range(2):
            _, rest = _split(rest, encoding)
        return Kind.C2PA, name, rest
    return Kind.SEGMENT, name, rest


def _split(text: bytes, encoding: int) -> tuple[bytes, bytes]:
    """Text up to its terminator, and what follows."""
    if encoding not in _WIDE:
        first, _, rest = text.partition(b"\0")
        return first, rest
    at = text.find(b"\0\0")
    while at >= 0 and at % 2:
        at = text.find(b"\0\0", at + 1)
    return (text, b"") if at < 0 else (text[:at], text[at + 2 :])


def _value(text: bytes, encoding: int) -> bytes:
    """The text as UTF-8 without its terminator; what calls itself Latin-1 stays as it is, for it often is not."""
    end = b"\0\0" if encoding in _WIDE else b"\0"
    if text.endswith(end) and (encoding not in _WIDE or len(text) % 2 == 0):
        text = text[: -len(end)]
    return _utf8(text, encoding)


def _utf8(text: bytes, encoding: int) -> bytes:
    if encoding not in _WIDE:
        return text
    marked = text[:2] in (b"\xff\xfe", b"\xfe\xff")
    codec = "utf-16" if marked else ("utf-16-be" if encoding == 2 else "utf-16-le")
    return text.decode(codec, "replace").encode("utf-8", "replace")
