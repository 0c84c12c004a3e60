"""The packet of the text mark: 36 variation selectors that carry 64 keyed, authenticated bits.

::

    3 bits version | 41 bits tag | 64 bits payload XOR mask       = 108 bits = 36 symbols U+FE06 .. U+FE0D
    tag  = first 41 bits of HMAC-SHA-256(k_tag, version | payload)
    mask = first 64 bits of HMAC-SHA-256(k_mask, version | tag)

This is the synthetic-initial-vector construction (RFC 5297's idea with HMAC in both places): deterministic, so that
marking twice gives the same bytes, and without the key indistinguishable from random symbols.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from labelkit.watermark.keys import Key, shake

#: Not one of the selectors that standard sequences use (CJK punctuation FE00, FE01; compatibility ideographs FE00 to
#: FE02; text and emoji style FE0E, FE0F), and in the Basic Multilingual Plane, which every database keeps.
FIRST_SYMBOL, SYMBOLS = 0xFE06, 8
SYMBOL_BITS, VERSION_BITS, TAG_BITS, PAYLOAD_BITS = 3, 3, 41, 64
PACKET_SYMBOLS = (VERSION_BITS + TAG_BITS + PAYLOAD_BITS) // SYMBOL_BITS
VERSION = 0
_TO_DIGITS = {FIRST_SYMBOL + value: str(value) for value in range(SYMBOLS)}
_TO_SYMBOLS = {ord(str(value)): chr(FIRST_SYMBOL + value) for value in range(SYMBOLS)}


@dataclass(frozen=True, slots=True)
class Secrets:
    """The two keys derived from a watermark key, 32 bytes each."""

    tag: bytes
    mask: bytes


@cache
def secrets(key: Key) -> Secrets:
    """What a key is for text."""
    return Secrets(shake(key.secret, "text mark tag", 32), shake(key.secret, "text mark mask", 32))


def packet(payload: int, key: Key) -> str:
    """The 36 characters that say ``payload`` under this key."""
    made = secrets(key)
    tag = _tag(made, VERSION, payload)
    bits = ((VERSION << TAG_BITS) | tag) << PAYLOAD_BITS | payload ^ _mask(made, VERSION, tag)
    return f"{bits:0{PACKET_SYMBOLS}o}".translate(_TO_SYMBOLS)


def unpack(symbols: str, key: Key) -> int | None:
    """The payload of 36 octal digits (see :func:`digits`), None when they are no packet of this key."""
    bits = int(symbols, 8)
    version, tag = bits >> (TAG_BITS + PAYLOAD_BITS), bits >> PAYLOAD_BITS & (1 << TAG_BITS) - 1
    if version != VERSION:
        return None
    made = secrets(key)
    payload = bits & (1 << PAYLOAD_BITS) - 1 ^ _mask(made, version, tag)
    return payload if _tag(made, version, payload) == tag else None


def digits(run: str) -> str:
    """A run of symbols as octal digits."""
    return run.translate(_TO_DIGITS)


def windows(run: str) -> Iterator[tuple[int, str]]:
    """Every stretch of a run, given as digits, that is as long as a packet and of our version: offset and digits."""
    version = str(VERSION)
    at = run.find(version)
    while 0 <= at <= len(run) - PACKET_SYMBOLS:
        yield at, run[at : at + PACKET_SYMBOLS]
        at = run.find(version, at + 1)


def _tag(made: Secrets, version: int, payload: int) -> int:
    digest = hmac.digest(made.tag, bytes([version]) + payload.to_bytes(8, "big"), "sha256")
    return int.from_bytes(digest[:8], "big") >> (64 - TAG_BITS)


def _mask(made: Secrets, version: int, tag: int) -> int:
    return int.from_bytes(hmac.digest(made.mask, bytes([version]) + tag.to_bytes(6, "big"), "sha256")[:8], "big")
