"""The little of YAML 1.2 that a label's mapping needs, read raw: no value is ever turned into a number or a date.

Files are not rewritten: entries are found by their lines, and new ones are lines of their own with double-quoted
values, which every reader of YAML takes for strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

# What a plain scalar may become in YAML 1.1 or 1.2 other than a string: numbers in all spellings, times, dates, words.
_JSON_VALUE = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|null|true|false")
_TYPED = re.compile(
    r"[-+]?[\d_]+|[-+]?(?:\d[\d_]*)?\.?[\d_]*(?:[eE][-+]?\d+)?|0x[\da-fA-F_]+|0o[0-7_]+|0b[01_]+|\d+(?::[0-5]?\d)+(?:\.\d*)?"
    r"|\d{4}-\d\d?-\d\d?(?:[Tt \t].*)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    r"|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF"
)
_PAIR = re.compile(r"""(?:"([^"\\]*)"|'([^']*)'|([^\s"'#\-\[\]{},][^:]*?))[ \t]*:(?:[ \t]+(.*)|)\Z""", re.DOTALL)
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*\Z")
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b", " ": " ",
    '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_SINGLE = re.compile(r"'((?:[^']|'')*+)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))", re.DOTALL)
# Everything that YAML does not call printable, and the line ends that only some readers know.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Value:
    """A value as JSON text, and how it was written: ``"flow"``, ``"scalar"``, ``"typed-scalar"``, or ``""``."""

    json: str
    style: str = ""


def read(rest: str, lines: list[str]) -> Value:
    """The value of an entry: what follows the colon, and the deeper lines below it."""
    rest = rest.strip()
    if rest.startswith("{"):
        return Value(" ".join((rest, *map(str.strip, lines))).strip(), "flow")
    if _bare(rest):
        text = _scalar(rest, lines)
        return Value(text if text.lstrip().startswith("{") else _string(text), "scalar")
    pairs = list(_pairs(lines))
    typed = any(style for _, _, style in pairs)
    text = "{" + ",".join(f"{_string(key)}:{value}" for key, value, _ in pairs) + "}"
    return Value(text, "typed-scalar" if typed else "")


def _bare(rest: str) -> str:
    return _COMMENT.sub("", rest)


def _string(text: str) -> str:
    return json.dumps(text)


def _pairs(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Key, JSON text and style of each entry of a block mapping."""
    full = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    indent = len(full[0]) - len(full[0].lstrip()) if full else 0
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        pair = _PAIR.match(line.strip()) if len(line) - len(line.lstrip()) == indent else None
        if pair is None:
            continue
        deeper = at
        while at < len(lines) and (not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip()) > indent):
            at += 1
        key = next(group for group in pair.groups()[:3] if group is not None)
        yield key, *_json_value(pair[4] or "", lines[deeper:at])


def _json_value(rest: str, lines: list[str]) -> tuple[str, str]:
    rest = rest.strip()
    if rest[:1] in ("{", "["):
        return " ".join((rest, *map(str.strip, lines))).strip(), ""
    if not _bare(rest):
        inner = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
        return (read("", lines).json, "") if inner and _PAIR.match(inner[0].strip()) else ("null", "")
    text = _scalar(rest, lines)
    if rest[0] in "\"'|>":
        return _string(text), ""
    if _JSON_VALUE.fullmatch(text):
        return text, ""
    return _string(text), "typed-scalar" if _TYPED.fullmatch(text) else ""


def _scalar(rest: str, lines: list[str]) -> str:
    """The text of a scalar in any of the five styles."""
    if rest[:1] in ("|", ">"):
        return ("\n" if rest[0] == "|" else " ").join(line.strip() for line in lines).strip()
    whole = rest
    for line in lines:
        whole = _folded(whole, line.strip())
    if whole.startswith("'"):
        return _closed(whole, _SINGLE).replace("''", "'")
    if whole.startswith('"'):
        return _ESCAPE.sub(_unescape, _closed(whole, _DOUBLE))
    return _bare(whole).strip()


def _folded(text: str, line: str) -> str:
    """A further line of a scalar: joined by a blank, in double quotes directly behind a backslash."""
    if text.startswith('"') and (len(text) - len(text.rstrip("\\"))) % 2:
        return text[:-1] + line
    return f"{text} {line}" if line else text


def _closed(text: str, pattern: re.Pattern[str]) -> str:
    """What stands between quotation marks; all of it when they do not close."""
    found = pattern.match(text)
    return found[1] if found else text[1:]


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits:
        number = int(digits, 16)
        return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"
    return _ESCAPES.get(match[4], match[4])


def quoted(text: str) -> str:
    """A double-quoted scalar on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _UNPRINTABLE.sub(lambda m: f"\\u{ord(m[0]):04x}", escaped) + '"'


def mapping(key: str, payload: bytes, indent: str, newline: str) -> bytes:
    """The lines of an entry whose value is a JSON object of strings."""
    pairs = json.loads(payload, object_pairs_hook=list)
    lines = [f"{indent}{key}:"]
    for name, value in pairs:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"{indent}  {name}: {quoted(text)}")
    return "".join(line + newline for line in lines).encode()
