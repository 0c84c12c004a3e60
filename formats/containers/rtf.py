r"""RTF: the label as user property ``{\*\userprops{\propname AIGC}\proptype30{\staticval ...}}`` (RTF 1.9.1).

No guide names RTF; office suites put the custom property of a DOCX that they convert exactly there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import Buffer, Edit, Kind, Unit
from labelkit.formats.containers import _text
from labelkit.formats.containers._homes import KEY

# The header with its fonts and styles; what follows is text and pictures, where no property can stand.
_MAX_HEADER = 4 * 1024 * 1024
_MAX_PROPERTIES = 10_000
_BRACE = re.compile(rb"[{}]|\\bin(\d{1,10}) ?|\\.", re.DOTALL)
# Signature, version, character set and default font, in front of which nothing may stand.
_LEAD = re.compile(rb"\{\\rtf\d*+ ?(?:\\(?:ansi|mac|pca?|ansicpg|deff|adeff|stshf\w+|deflang\w*|uc)-?\d*+ ?)*+")
_HEADER_GROUP = re.compile(
    rb"\{\s*(?:\\\*\s*\\|\\(?:fonttbl|filetbl|colortbl|stylesheet|listtables?|revtbl|info|defchp|defpap)\b)"
)
_PROPERTIES = re.compile(rb"\{\s*\\\*\s*\\userprops\b\s*")
_NAME = re.compile(rb"\s*\{\\propname ?")
_TYPE = re.compile(rb"\s*\\proptype(\d+)\s*\{\\staticval ?")
_LINK = re.compile(rb"\s*\{\\linkval\b")
_CODE = re.compile(rb"\\(?:'([0-9A-Fa-f]{2})|u(-?\d{1,6}) ?(?:\\'..|[^\\])?|([\\{}]))|([\r\n]+)")
_TEXT_TYPE = b"30"


@dataclass(frozen=True, slots=True)
class _Header:
    """The group of user properties, where a property in it would go, and where a new group goes."""

    group: tuple[int, int] | None
    properties: int
    insertion: int


class Rtf(_text.TextContainer):
    """Rich Text Format documents."""

    name = "RTF"

    def score(self, head: bytes) -> int:
        return 100 if head.startswith(b"{\\rtf") else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        header = _header(data)
        if header.group:
            yield from _units(data, *header.group)

    def written(self, data: Buffer, payload: bytes) -> bytes:
        return _property(payload)

    def insertion(self, data: Buffer, payload: bytes) -> Edit:
        header = _header(data)
        if header.group:
            at = header.properties
            return Edit(at, at, _property(payload))
        return Edit(header.insertion, header.insertion, b"{\\*\\userprops " + _property(payload) + b"}")


def _header(data: Buffer) -> _Header:
    """Walk the groups of the outermost level that stand in front of the text."""
    if bytes(data[:5]) != b"{\\rtf":
        raise BrokenFile("the RTF signature is damaged", place="byte 0", remedy="save the document again")
    if not bytes(data[-64:]).rstrip(b"\0\r\n\t \x1a").endswith(b"}"):
        raise BrokenFile("the last group does not end", place=f"byte {len(data)}", remedy="copy the file again")
    found, at = None, 1
    first, lead = 0, _LEAD.match(data)
    insertion = lead.end() if lead else len(b"{\\rtf1")
    while group := _next_group(data, at):
        start, at = group
        opening = _PROPERTIES.match(data, start)
        if opening and not found:
            found, first = group, opening.end()
        if _HEADER_GROUP.match(data, start):
            insertion = at
    return _Header(found, first, insertion)


def _next_group(data: Buffer, at: int) -> tuple[int, int] | None:
    """The next group on this level, None behind the header or at the end of the level."""
    start, depth = -1, 0
    limit = min(len(data), _MAX_HEADER)
    while found := _BRACE.search(data, at, limit):
        at = found.end() + (int(found[1]) if found[1] else 0)
        if found[0] == b"{":
            start = found.start() if depth == 0 else start
            depth += 1
        elif found[0] == b"}":
            depth -= 1
            if depth <= 0:
                return (start, at) if depth == 0 else None
    if limit == len(data):
        raise BrokenFile("a group does not end", place=f"byte {max(start, 0)}", remedy="copy the file again")
    return None


def _units(data: Buffer, start: int, stop: int) -> Iterator[Unit]:
    opening = _PROPERTIES.match(data, start)
    at = opening.end() if opening else stop
    for _ in range(_MAX_PROPERTIES):
        name = _NAME.match(data, at, stop)
        if name is None:
            return
        name_stop = _group_stop(data, name.end())
        kind = _TYPE.match(data, name_stop, stop)
        if kind is None:
            return
        end = _group_stop(data, kind.end())
        key, value = _plain(data[name.end() : name_stop - 1]), _plain(data[kind.end() : end - 1])
        at = _behind_link(data, end, stop)
        main = key == KEY
        notes = () if kind[1] == _TEXT_TYPE or not main else ("not-text",)
        place = f"RTF user property {key}, byte {name.start()}"
        unit_kind = Kind.FIELD if main else Kind.TAG
        yield Unit(unit_kind, place, value.encode(), name.start(), at, key, main, notes)
    raise LimitExceeded(f"more than {_MAX_PROPERTIES} user properties", remedy="inspect the file")


def _behind_link(data: Buffer, at: int, stop: int) -> int:
    link = _LINK.match(data, at, stop)
    return _group_stop(data, link.end()) if link else at


def _group_stop(data: Buffer, at: int) -> int:
    """Behind the brace that closes the group one is in."""
    depth = 1
    while found := _BRACE.search(data, at, min(len(data), at + _MAX_HEADER)):
        at = found.end()
        depth += (found[0] == b"{") - (found[0] == b"}")
        if not depth:
            return at
    raise BrokenFile("a group does not end", place=f"byte {at}", remedy="copy the file again")


def _plain(raw: bytes) -> str:
    """Text without its escapes; characters beyond ASCII are given by their Unicode numbers."""
    units = bytearray()
    at = 0
    for code in _CODE.finditer(raw):
        units += _text.decoded(raw[at : code.start()]).encode("utf-16-le")
        at = code.end()
        if code[1]:
            units += bytes.fromhex(code[1].decode()).decode("latin-1").encode("utf-16-le")
        elif code[2]:
            units += (int(code[2]) & 0xFFFF).to_bytes(2, "little")
        elif code[3]:
            units += code[3].decode().encode("utf-16-le")
    units += _text.decoded(raw[at:]).encode("utf-16-le")
    return units.decode("utf-16-le", "replace")


def _property(payload: bytes) -> bytes:
    return b"{\\propname %s}\\proptype%s{\\staticval %s}" % (KEY.encode(), _TEXT_TYPE, _escaped(payload.decode()))


def _escaped(text: str) -> bytes:
    pieces = []
    for character in text:
        if character in "\\{}":
            pieces.append("\\" + character)
        elif character.isascii() and character.isprintable():
            pieces.append(character)
        else:
            wide = character.encode("utf-16-le")
            pieces += [f"\\u{int.from_bytes(wide[i : i + 2], 'little', signed=True)}?" for i in range(0, len(wide), 2)]
    return "".join(pieces).encode()
