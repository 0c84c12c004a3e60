"""Bytes of a metadata field -> text, whatever the writer took for an encoding."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from labelkit.carriers.deviations import deviation
from labelkit.record import Deviation

# Exif 4.6.5, UserComment: eight bytes that name the character code.
_CHARSETS = {
    b"ASCII\0\0\0": "ASCII",
    b"UNICODE\0": "UNICODE",
    b"JIS\0\0\0\0\0": "JIS",
    b"\0\0\0\0\0\0\0\0": "undefined",
}
# UTF-32 first: its little-endian mark starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How much of a field decides whether it has two bytes a character.
_SAMPLE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Text:
    """Text, and what was odd about its encoding."""

    text: str
    deviations: tuple[Deviation, ...] = ()


def decode(data: bytes) -> Text:
    """Text of any field: UTF-8, GB 18030, UTF-16 and UTF-32 with or without a byte order mark."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(codec, "replace")
            wide = () if codec == "utf-8" else (deviation("encoding-utf16", f"{codec} with a byte order mark"),)
            return Text(text, (deviation("encoding-bom"), *wide))
    codec = wide_codec(data)
    if codec:
        return Text(data.decode(codec, "replace"), (deviation("encoding-utf16", f"{codec} without a byte order mark"),))
    return _narrow(data)


def decode_exif(data: bytes, tag: str) -> Text:
    """Text of an EXIF value. UserComment starts with the name of its character code; every other text tag is ASCII."""
    if tag != "UserComment":
        return _declared_ascii(data)
    named = _CHARSETS.get(data[:8].upper())
    if named == "ASCII":
        return _declared_ascii(data[8:])
    rest = decode(data[8:] if named else data)
    found = named or "no character code"
    return Text(rest.text, (deviation("user-comment-charset", f"ASCII is asked for, found {found}"), *rest.deviations))


def wide_codec(data: bytes) -> str:
    """The UTF-16 or UTF-32 codec whose zero bytes ASCII text would leave in ``data``, or ``""``."""
    sample = data[:_SAMPLE_BYTES]
    if len(sample) < 8 or sample.count(0) * 4 < len(sample):
        return ""
    zeros = [sample[phase::4].count(0) * 8 > len(sample) for phase in range(4)]
    pattern = "".join("0" if zero else "x" for zero in zeros)
    return {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(pattern, "")


def _declared_ascii(data: bytes) -> Text:
    read = decode(data)
    odd = not data.isascii() or read.deviations
    return Text(read.text, (deviation("encoding-not-ascii"), *read.deviations)) if odd else read


def _narrow(data: bytes) -> Text:
    try:
        return Text(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    try:
        return Text(data.decode("gb18030"), (deviation("encoding-gbk"),))
    except UnicodeDecodeError:
        # Around the label there may be anything; the reader names the replacement character only inside a value.
        return Text(data.decode("utf-8", "replace"))
