"""Text -> values: JSON as it should be, and the shapes that writers take for JSON. Every step is linear and bounded."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Characters of one label. Two certificates in the reserved fields need a tenth of it.
MAX_LABEL_CHARACTERS = 262_144
#: Nesting of brackets; the standard has two levels.
MAX_DEPTH = 32
# A Python literal costs a parser run of its own and is never long.
_MAX_LITERAL_CHARACTERS = 65_536

# An unclosed string runs to the end of the text: were it to fail there, every later quote would try again.
_STRING = r'"(?:[^"\\]|\\.)*+(?:"|\Z|\\\Z)'
_STRINGS = re.compile(_STRING, re.DOTALL)
_BRACKETS = re.compile(_STRING + r"|[\[\]{}]", re.DOTALL)
_LITERAL = re.compile(
    r"(?:[\s{}\[\],:]|'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|-?[0-9]{1,4000}+(?:\.[0-9]{1,30}+)?|None|True|False)++",
    re.DOTALL,
)
_ENTITY = re.compile(r"&(?:(quot|apos|amp|lt|gt)|#0{0,4}([0-9]{1,7})|#[xX]0{0,4}([0-9a-fA-F]{1,6}));")
_NAMED = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">"}
_SPACING = re.compile(r'"\s+:|"?:\s|[,{]\s|\s\}')


class Number(str):
    """A JSON value that was not a string, as it was spelt: never converted, so never too large."""


class Object(dict[str, Any]):
    """A JSON object that remembers which keys came twice."""

    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value, how it was written (codes of deviations), and the text after it."""

    value: Any
    codes: tuple[str, ...]
    rest: str


class TooDeepError(ValueError):
    """Brackets nested beyond ``MAX_DEPTH``."""


def _object(pairs: list[tuple[str, Any]]) -> Object:
    made = Object(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        made.duplicates = tuple(dict.fromkeys(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
    return made


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=Number, strict=False
)


def parse(text: str) -> Parsed | None:
    """The value at the start of ``text``, or None when it is nothing of the kind.

    Raises:
        TooDeepError: brackets are nested beyond ``MAX_DEPTH``.
    """
    return _json(text) or _escaped(text) or _literal(text)


def _json(text: str) -> Parsed | None:
    _check_depth(text)
    try:
        value, end = _DECODER.raw_decode(text)
    except ValueError:
        return None
    return Parsed(value, ("json-spacing",) if spaced(text[:end]) else (), text[end:])


def _escaped(text: str) -> Parsed | None:
    plain = unescape(text)
    if plain == text:
        return None
    inner = _json(plain) or _literal(plain)
    return inner and Parsed(inner.value, ("html-escaped", *inner.codes), inner.rest)


def _literal(text: str) -> Parsed | None:
    if len(text) > _MAX_LITERAL_CHARACTERS or text[:1] not in "{[":
        return None
    match = _LITERAL.match(text)
    if not match:
        return None
    try:
        with warnings.catch_warnings():  # odd backslashes in foreign text are no concern of our users
            warnings.simplefilter("ignore")
            value = ast.literal_eval(match[0].strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return Parsed(_as_json(value), ("python-repr",), text[match.end() :])


def _as_json(value: Any) -> Any:
    """A Python literal in the types the JSON decoder gives."""
    if isinstance(value, dict):
        return Object((str(k), _as_json(v)) for k, v in value.items())
    if isinstance(value, list):
        return [_as_json(v) for v in value]
    return Number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _check_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        first = bracket[0][0]
        depth += (first in "[{") - (first in "]}")
        if depth > MAX_DEPTH:
            raise TooDeepError(f"brackets are nested more than {MAX_DEPTH} deep")
        if depth <= 0 and first != '"':
            return


def unescape(text: str) -> str:
    """``text`` with the five named entities and numeric ones replaced, twice over where ``&amp;`` hid them."""
    for _ in range(2):
        if "&" not in text:
            break
        text = _ENTITY.sub(_character, text)
    return text


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return _NAMED[match[1]]
    number = int(match[2]) if match[2] else int(match[3], 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number <= 0x10FFFF else "\ufffd"


def spaced(text: str) -> bool:
    """Whether JSON text has white space outside its strings (the cheap test first)."""
    if not _SPACING.search(text):
        return False
    return any(c.isspace() for c in _STRINGS.sub("", text))


def text_of(value: Any) -> str:
    """A value as one string: strings and numbers as they are, null empty, anything else as compact JSON."""
    if isinstance(value, str):
        return str(value)
    return "" if value is None else _dump(value)


def _dump(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_dump, value)) + "]"
    return json.dumps(value)


def salvage(text: str, names: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Key and value of every ``"key": "value"`` in broken JSON whose key matches ``names``."""
    for match in re.finditer(
        r"""["']([\w .:-]{1,40})["']\s{0,20}:\s{0,20}["']?([^"'\\,{}]{0,1000})(?=["'\\,{}]|\Z)""", text
    ):
        if names.fullmatch(match[1]):
            yield match[1], match[2].strip()
