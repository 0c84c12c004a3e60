"""JSON documents, spliced: where the members of the outermost object stand."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded
from labelkit.formats.base import MAX_UNITS

_SPACE = re.compile(r"[ \t\r\n]*+")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


@dataclass(frozen=True, slots=True)
class JsonMember:
    """One ``"key": value``, by characters.

    Attributes:
        key: the key.
        start, value_start, stop: where key and value begin, and where the value ends.
    """

    key: str
    start: int
    value_start: int
    stop: int


@dataclass(frozen=True, slots=True)
class JsonObject:
    """The outermost object of a document: its text, its members, and where its brace closes."""

    text: str
    members: tuple[JsonMember, ...]
    close: int

    def value(self, member: JsonMember) -> bytes:
        """The value of a member, as it stands."""
        return self.text[member.value_start : member.stop].encode()


def scan(data: bytes, place: str) -> JsonObject:
    """Find the members of the outermost object.

    Raises:
        BrokenFile: not JSON, or the outermost value is no object.
        LimitExceeded: nested too deeply, or too many members.
    """
    try:
        return _scanned(data.decode(), place)
    except RecursionError:
        raise LimitExceeded("JSON is nested too deeply", place=place, remedy="inspect the file") from None
    except (ValueError, IndexError) as error:
        raise BrokenFile(f"not a JSON object: {error}", place=place, remedy="save the document again") from error


def _scanned(text: str, place: str) -> JsonObject:
    at = _expect(text, _skip(text, text.startswith("\ufeff")), "{")
    members: list[JsonMember] = []
    while text[at] != "}":
        if members:
            at = _expect(text, at, ",")
        start = at
        if text[at : at + 1] != '"':
            raise ValueError(f"a key expected at character {at}")
        key, at = _DECODER.raw_decode(text, at)
        value_start = _expect(text, _skip(text, at), ":")
        _, stop = _DECODER.raw_decode(text, value_start)
        members.append(JsonMember(key, start, value_start, stop))
        if len(members) > MAX_UNITS:
            raise LimitExceeded(f"more than {MAX_UNITS} members", place=place, remedy="inspect the file")
        at = _skip(text, stop)
    if _skip(text, at + 1) != len(text):
        raise ValueError("something follows the object")
    return JsonObject(text, tuple(members), at)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, what: str) -> int:
    if text[at : at + 1] != what:
        raise ValueError(f"{what!r} expected at character {at}")
    return _skip(text, at + 1)


def put(found: JsonObject, key: str, value: str) -> bytes:
    """The document with another member at its end."""
    comma = "," if found.members else ""
    at = found.members[-1].stop if found.members else found.close
    return f"{found.text[:at]}{comma}{json.dumps(key)}:{value}{found.text[at:]}".encode()


def fill(found: JsonObject, member: JsonMember, value: str) -> bytes:
    """The document with another value of a member."""
    return f"{found.text[: member.value_start]}{value}{found.text[member.stop :]}".encode()


def take_out(found: JsonObject, member: JsonMember) -> bytes:
    """The document without a member."""
    index = found.members.index(member)
    if index:
        return (found.text[: found.members[index - 1].stop] + found.text[member.stop :]).encode()
    following = found.members[1].start if len(found.members) > 1 else found.close
    return (found.text[: member.start] + found.text[following:]).encode()
