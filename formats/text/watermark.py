"""The invisible mark of text: 64 keyed bits that go along when text is copied, in pieces as small as a few sentences.

Whole packets of variation selectors (:mod:`labelkit.formats.text._wm_packet`) stand behind sentence ends
(:mod:`labelkit.formats.text._wm_places`). docs/watermark-text.md says what they survive, what they cost, and derives
the bound of false alarms. Anybody can remove selectors: a mark is evidence where it is found and says nothing where it
is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from labelkit.errors import InputError, LimitExceeded, UnsupportedOperation
from labelkit.formats.text._wm_packet import (
    FIRST_SYMBOL,
    PACKET_SYMBOLS,
    PAYLOAD_BITS,
    SYMBOLS,
    TAG_BITS,
    digits,
    packet,
    unpack,
    windows,
)
from labelkit.formats.text._wm_places import GAPS, places
from labelkit.watermark.keys import PUBLIC_KEY, Key, as_keys

__all__ = ["Density", "Detection", "detect", "detect_all", "embed"]

Density = Literal["dense", "normal", "light"]
#: Characters above which nobody has tested.
MAX_CHARACTERS = 1 << 28
#: Windows of a text that are tried, about two seconds for one key; nothing but a wall of selectors has as many.
MAX_WINDOWS = 400_000
#: Foreign runs of at least this many symbols, two of them: somebody else's mark stands here.
_FOREIGN_SYMBOLS, _FOREIGN_RUNS = 12, 2
#: Symbols of a cut packet that are taken for our own: eight of them agree by chance once in 16 million.
_REMNANT_SYMBOLS = 8
_RANGE = f"{chr(FIRST_SYMBOL)}-{chr(FIRST_SYMBOL + SYMBOLS - 1)}"
_RUN = re.compile(f"[{_RANGE}]+")
# Selectors beside other selectors belong to somebody else's code (C2PA 2.1 A.7 writes bytes that way).
_LONELY = re.compile(rf"(?<![\ufe00-\ufe0f\U000e0100-\U000e01ef])[{_RANGE}]+(?![\ufe00-\ufe0f\U000e0100-\U000e01ef])")


@dataclass(frozen=True, slots=True)
class Detection:
    """A mark that was found in a text.

    Attributes:
        payload: 64-bit number.
        p_value: bound of the chance that this detection reports anything in a text without these keys' marks.
        key_id: which key it belongs to, 8 hexadecimal digits.
        spans: start and stop of every packet in the text; empty when it was put together from separate symbols.
        others: further payloads of the same key in this text: parts of several marked texts.
        characters: length of the text without packets.
    """

    payload: int
    p_value: float
    key_id: str
    spans: tuple[tuple[int, int], ...]
    others: tuple[int, ...] = ()
    characters: int = 0

    @property
    def words(self) -> str:
        """How it lies in the text, for people."""
        if not self.spans:
            return "put together from separate symbols"
        return f"{len(self.spans)} packets in {self.characters} characters"

    def asdict(self) -> dict[str, Any]:
        """As plain numbers, strings and lists, for JSON."""
        plain = asdict(self)
        return plain | {
            "payload": f"{self.payload:016x}",
            "others": [f"{payload:016x}" for payload in self.others],
            "spans": [list(span) for span in self.spans],
            "words": self.words,
        }


def embed(
    text: str,
    payload: int,
    key: Key | bytes = PUBLIC_KEY,
    *,
    density: Density = "normal",
    replaced: Any = None,
) -> str:
    """A text that carries 64 bits nobody sees, behind its sentence ends.

    Prose is marked; code, tables, headings, tags, addresses, formulas and front matter are not, in plain text, Markdown
    and HTML alike. Grapheme clusters stay as they are. A mark that the same key made before is replaced exactly:
    ``embed(embed(text, a), b) == embed(text, b)``.

    Args:
        text: plain text, Markdown or HTML. JSON is refused, because programs compare its strings.
        payload: 64-bit number.
        key: who can read it: a key or its 32 bytes.
        density: ``"normal"`` puts a packet every 60 Chinese characters or 120 Latin letters and adds about half again
            as many bytes; ``"dense"`` every 40 or 80, ``"light"`` every 240 or 480.
        replaced: further keys whose marks this one replaces (as ``keys`` of :func:`detect`).

    Raises:
        InputError: it is not a string.
        LimitExceeded: it has more than 2^28 characters.
        UnsupportedOperation: it holds no prose, is JSON, or carries somebody else's mark.
        ValueError: the payload does not fit in 64 bits, or the density is unknown.
    """
    _check(text)
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise ValueError(f"payload {payload} is not a 64-bit number")
    if density not in GAPS:
        raise ValueError(f"density {density!r} is none of {', '.join(GAPS)}")
    _refuse_data(text)
    own = as_keys(key)
    clean = _without(text, own + (as_keys(replaced) if replaced is not None else ()))
    _refuse_foreign(clean)
    marked = _put(clean, packet(payload, own[0]), GAPS[density])
    if marked is None:
        raise UnsupportedOperation(
            "there is no prose in this text to put a mark in", remedy="leave the watermark out of the layers"
        )
    return marked


def detect(text: str, keys: Any = None) -> Detection | None:
    """The mark of a text or of a piece of one, or None.

    None means that no mark of these keys is there, not that there never was one.

    Args:
        text: any text.
        keys: a key, its 32 bytes, a key file's path, or several of these; None for the public key.

    Returns:
        The payload with the most packets. The chance that an unmarked text gives a detection is at most
        its windows x keys x 2^-41; docs/watermark-text.md derives it.

    Raises:
        InputError, LimitExceeded: see :func:`embed`; also more than 400,000 windows without a mark in them.
        ConfigError, NotFound, Unreadable: see :func:`labelkit.watermark.keys.as_keys`.
    """
    return next(iter(detect_all(text, keys)), None)


def detect_all(text: str, keys: Any = None) -> tuple[Detection, ...]:
    """The marks of a text, at most one for each key; see :func:`detect`."""
    _check(text)
    held = as_keys(keys)
    if text.isascii():
        return ()
    runs = [(match.start(), digits(match.group())) for match in _RUN.finditer(text)]
    if not runs:
        return ()
    tries = _Tries(len(held))
    found = [_detection(key, _packets(runs, key, tries), text, tries) for key in held]
    if not any(found):
        joined = "".join(digits(run) for run in _LONELY.findall(text))
        found = [_scattered(key, joined, text, tries) for key in held]
    if not any(found) and tries.exceeded:
        raise LimitExceeded(
            f"more than {MAX_WINDOWS} windows of variation selectors", remedy="look at the text in pieces"
        )
    return tuple(sorted((one for one in found if one), key=lambda one: -len(one.spans)))


class _Tries:
    """How many different windows were tried; equal ones count once, since they pass or fail together."""

    def __init__(self, keys: int) -> None:
        self.keys = keys
        self.seen: set[str] = set()
        self.exceeded = False

    def admit(self, window: str) -> bool:
        """Whether there is room to try this one."""
        self.exceeded = self.exceeded or len(self.seen) >= MAX_WINDOWS
        if not self.exceeded:
            self.seen.add(window)
        return not self.exceeded

    @property
    def p_value(self) -> float:
        """Union bound over windows and keys; each passes with probability 2^-41."""
        return min(1.0, max(1, len(self.seen)) * self.keys * 2.0**-TAG_BITS)


def _packets(runs: Sequence[tuple[int, str]], key: Key, tries: _Tries) -> dict[int, list[tuple[int, int]]]:
    """Payload -> where its packets stand."""
    known: dict[str, int | None] = {}
    found: dict[int, list[tuple[int, int]]] = {}
    for start, run in runs:
        behind = 0
        for at, window in windows(run):
            if at < behind or (window not in known and not tries.admit(window)):
                continue
            if window not in known:
                known[window] = unpack(window, key)
            payload = known[window]
            if payload is not None:
                behind = at + PACKET_SYMBOLS
                found.setdefault(payload, []).append((start + at, start + behind))
    return found


def _detection(key: Key, found: dict[int, list[tuple[int, int]]], text: str, tries: _Tries) -> Detection | None:
    if not found:
        return None
    payload = max(found, key=lambda one: len(found[one]))
    packets = sum(map(len, found.values()))
    others = tuple(other for other in found if other != payload)
    length = len(text) - packets * PACKET_SYMBOLS
    return Detection(payload, tries.p_value, key.id, tuple(found[payload]), others, length)


def _scattered(key: Key, joined: str, text: str, tries: _Tries) -> Detection | None:
    """A mark whose packets came apart, as in text taken out of PDF files line by line."""
    found = _detection(key, _packets([(0, joined)], key, tries), text, tries)
    return Detection(found.payload, found.p_value, found.key_id, (), found.others, found.characters) if found else None


def _put(text: str, run: str, gap: int) -> str | None:
    pieces: list[str] = []
    at = 0
    for place in places(text, gap):
        pieces += [text[at:place], run]
        at = place
    return "".join([*pieces, text[at:]]) if pieces else None


def _without(text: str, keys: Sequence[Key]) -> str:
    """The text without the packets these keys made, cut ones included; nothing else changes.

    Not public: taking marks out is only ever the first half of putting a new one in (标识办法 art. 10).
    """
    if text.isascii() or not _RUN.search(text):
        return text
    own = [packet(payload, key) for key in keys for payload in _payloads(text, key)]
    if not own:
        return text
    for run in own:
        text = text.replace(run, "")
    return _RUN.sub(lambda match: "" if _is_remnant(match.group(), own) else match.group(), text)


def _payloads(text: str, key: Key) -> Iterator[int]:
    found = detect_all(text, key)
    return (payload for one in found for payload in (one.payload, *one.others))


def _is_remnant(run: str, own: Sequence[str]) -> bool:
    return len(run) >= _REMNANT_SYMBOLS and any(run in one for one in own)


def _refuse_foreign(text: str) -> None:
    if text.isascii():
        return
    foreign = [run for run in _RUN.findall(text) if len(run) >= _FOREIGN_SYMBOLS]
    if len(foreign) >= _FOREIGN_RUNS:
        raise UnsupportedOperation(
            "it carries a mark made with another key, which stays",
            place="watermark",
            remedy="name that key as replaced if the mark is yours, or leave the watermark out",
        )


def _refuse_data(text: str) -> None:
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return
    try:
        json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return
    raise UnsupportedOperation(
        "this is JSON, whose strings programs compare", remedy="mark the texts before they go into it"
    )


def _check(text: str) -> None:
    if not isinstance(text, str):
        raise InputError(f"a text of type {type(text).__name__}", remedy="pass a str")
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(f"a text of {len(text)} characters, at most {MAX_CHARACTERS}", remedy="mark it in pieces")
