"""Text -> labels: the lenient reader of the seven-element object of GB 45438-2025 Annex E.

It reads every shape that public writers are known to produce, and says of each how it differs from the standard. What
only mentions AIGC gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from labelkit.carriers._decode import decode
from labelkit.carriers._fields import REQUIRED, check_values, field_of, known_fields, read_fields
from labelkit.carriers._syntax import (
    MAX_LABEL_CHARACTERS,
    Number,
    Object,
    Parsed,
    TooDeepError,
    parse,
    salvage,
    text_of,
)
from labelkit.carriers.deviations import deviation, short
from labelkit.record import GB_SCHEMA, KEYS, AigcLabel, Deviation

BYTEDANCE = "bytedance"
TENCENT = "tencent-2024"

#: How much of the text a reading keeps as it stood.
RAW_CHARACTERS = 4096
# Labels in one text, strings inside strings, and members looked at while searching a foreign structure.
_MAX_READINGS = 8
_MAX_ENCODINGS = 3
_MAX_MEMBERS = 4096
_MAX_SEARCH_DEPTH = 6
# A label in the middle of other text is looked for this far, this often.
_SEARCHED_CHARACTERS = 65_536
_MAX_CANDIDATES = 4

_GLUED = re.compile(r"""(["']?)(\w{0,24}aigc\w{0,24})\1\s{0,8}[:=]?\s{0,8}(?=[{\["'&])""", re.IGNORECASE)
_EMBEDDED = re.compile(
    r"""AIGC["']?\s{0,8}[:=]?\s{0,8}(?=\{)|(?=\{\s{0,8}["'](?:AIGC|Label)["']\s{0,8}:)""", re.IGNORECASE
)
_FIELD_NAME = re.compile(r"(?i)label|content_?(producer|propagator)|(produce|propagate)_?id|reserved?_?code_?[12]")
_LABEL_LIKE = re.compile(r"""(?i)aigc["']?\s{0,8}:?\s{0,8}[{"']|(content_?producer|produce_?id)["']\s{0,8}:""")
# What AigcLabel.to_json writes: seven keys in order, no space, no escape; most labels are, and need no parser.
_CANONICAL = re.compile(
    r'\{"Label":"([123])",'
    + ",".join(rf'"{key}":"([\x21\x23-\x5B\x5D-\x7E]{{0,4096}}+)"' for key in list(KEYS.values())[1:])
    + r"\}"
)
_ALL = frozenset(KEYS)
_PRIVATE_TYPES = ("aigc_label_type", "aigc_type")


class Form(Enum):
    """Which outer form the place asks for."""

    ANY = auto()
    #: The seven-key object itself: XMP property, fields named AIGC.
    BARE = auto()
    #: ``{"AIGC": {...}}``: EXIF UserComment and PNG tEXt (TC260-PG-20259A Annex B).
    WRAPPED = auto()


@dataclass(frozen=True, slots=True)
class Reading:
    """One label as read from one text.

    Attributes:
        label: its values; ``Label`` is 1, 2 or 3 where what stood there can mean nothing else.
        deviations: how it differs from Annex E, the place apart.
        schema: ``"gb45438"``, or ``"bytedance"`` or ``"tencent-2024"`` for a vendor's own keys.
        raw: the text as it stood, at most 4,096 characters.
        wrapped: whether a key AIGC inside the text held it.
    """

    label: AigcLabel
    deviations: tuple[Deviation, ...] = ()
    schema: str = GB_SCHEMA
    raw: str = ""
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """An object that is a label, and how it was reached."""

    value: Object
    codes: tuple[str, ...] = ()
    schema: str = GB_SCHEMA
    wrapped: bool = False
    product: str = ""


def read_text(text: str | bytes, *, keyed: bool = False, form: Form = Form.ANY) -> list[Reading]:
    """Every label in the text of one metadata field.

    Args:
        text: the field's content; bytes are decoded whatever their encoding.
        keyed: the field's own name says that it holds a label, so two or three elements are enough, and content that
            is no label is reported as ``label-unreadable`` instead of being passed over.
        form: which outer form the place asks for.
    """
    if isinstance(text, bytes):
        decoded = decode(text)
        return read_decoded(decoded.text, decoded.deviations, keyed=keyed, form=form)
    return read_decoded(text, (), keyed=keyed, form=form)


def read_decoded(text: str, odd: tuple[Deviation, ...], *, keyed: bool, form: Form = Form.ANY) -> list[Reading]:
    """As :func:`read_text`, for text whose encoding gave the deviations ``odd``."""
    bare, around = _trim(text)
    found = _read(bare, keyed)
    if not found and keyed:
        found = [_unreadable(bare)]
    raw = text[:RAW_CHARACTERS]
    extra = (*odd, *around)
    return [
        Reading(r.label, (*extra, *_outer(r, form), *_undecodable(r), *r.deviations), r.schema, raw, r.wrapped)
        for r in found
    ]


def _trim(text: str) -> tuple[str, list[Deviation]]:
    """The text without byte order mark, zero bytes and white space around it, and what there was of them."""
    odd = []
    inner = text.rstrip("\0")
    if inner != text:
        odd.append(deviation("nul-padding", f"{len(text) - len(inner)} zero bytes at the end"))
    if inner.startswith("\ufeff"):
        inner = inner[1:]
        odd.append(deviation("encoding-bom"))
    bare = inner.strip(" \t\r\n\0")
    if bare != inner:
        odd.append(deviation("surrounding-space"))
    return bare, odd


def _outer(reading: Reading, form: Form) -> Iterator[Deviation]:
    if reading.schema != GB_SCHEMA or not any(reading.label.fields().values()):
        return
    if form is Form.WRAPPED and not reading.wrapped:
        yield deviation("wrapper-missing")
    if form is Form.BARE and reading.wrapped:
        yield deviation("wrapper-unexpected")


def _undecodable(reading: Reading) -> Iterator[Deviation]:
    if "\ufffd" in "".join(reading.label.fields().values()):
        yield deviation("encoding-undecodable")


def _unreadable(text: str) -> Reading:
    if len(text) > MAX_LABEL_CHARACTERS:
        return _too_large(text)
    what = f"the field holds {short(text)}, no label" if text else "the field is empty"
    return Reading(AigcLabel(), (deviation("label-unreadable", what),))


def _too_large(text: str) -> Reading:
    """A field beyond the bound: the elements at its start, by their names alone."""
    message = f"{len(text)} characters or too many brackets; at most {MAX_LABEL_CHARACTERS} and 32 levels are read"
    pairs = dict(salvage(text[:RAW_CHARACTERS], _FIELD_NAME))
    label, odd = read_fields(pairs) if pairs else (AigcLabel(), [])
    return Reading(label, (deviation("label-too-large", message), *odd))


def _read(text: str, keyed: bool) -> list[Reading]:
    if canonical := _CANONICAL.fullmatch(text):
        label = AigcLabel(*canonical.groups())
        return [Reading(label, tuple(check_values(label, _ALL)))]
    if len(text) > MAX_LABEL_CHARACTERS:
        return [_too_large(text)] if _LABEL_LIKE.search(text[:RAW_CHARACTERS]) else []
    try:
        return _whole(text, keyed) or _embedded(text)
    except TooDeepError:
        return [_too_large(text)] if keyed or _LABEL_LIKE.search(text[:RAW_CHARACTERS]) else []


def _whole(text: str, keyed: bool) -> list[Reading]:
    """The labels of a text that starts with one, or with ``AIGC`` and one."""
    readings: list[Reading] = []
    rest, first = text, True
    while rest and len(readings) < _MAX_READINGS:
        glued = _GLUED.match(rest)
        body = rest[glued.end() :] if glued else rest
        parsed = parse(body) if body[:1] in "{[\"'&" else None
        if parsed is None:
            break
        found = list(_search(parsed.value, keyed or bool(glued)))
        if not found:
            break
        readings += [_reading(f, parsed.codes, glued) for f in found]
        rest, first = parsed.rest.strip(" \t\r\n\0"), False
    if first:
        return _saved(text, keyed)
    return [_trailing(r, rest) for r in readings[:_MAX_READINGS]]


def _trailing(reading: Reading, rest: str) -> Reading:
    if not rest:
        return reading
    odd = deviation("trailing-bytes", f"{len(rest)} more characters: {short(rest, 20)}")
    return replace(reading, deviations=(*reading.deviations, odd))


def _saved(text: str, keyed: bool) -> list[Reading]:
    """What broken JSON at the start of the text still tells."""
    glued = _GLUED.match(text)
    body = text[glued.end() :] if glued else text
    if body[:1] not in "{\"'" or _is_sound(body):
        return []
    pairs = dict(salvage(body, _FIELD_NAME))
    if not _is_label(pairs, keyed or bool(glued) or _LABEL_LIKE.search(body[:64]) is not None):
        return []
    label, odd = read_fields(pairs)
    wrapped = bool(re.match(r"""\{\s{0,8}["']aigc["']""", body, re.IGNORECASE))
    return [Reading(label, (deviation("not-json"), *odd), wrapped=wrapped or bool(glued))]


def _is_sound(text: str) -> bool:
    """Whether the text is sound JSON that simply holds no label."""
    return parse(text) is not None


def _embedded(text: str) -> list[Reading]:
    """Labels in the middle of other text, complete ones only: a sentence about labels is none."""
    readings: list[Reading] = []
    candidates = _EMBEDDED.finditer(text, 0, min(len(text), _SEARCHED_CHARACTERS))
    for _, match in zip(range(_MAX_CANDIDATES), candidates, strict=False):
        parsed = parse(text[match.end() :])
        found = [f for f in _search(parsed.value, False) if f.schema == GB_SCHEMA] if parsed else []
        for f in found:
            reading = _reading(f, parsed.codes if parsed else (), None)
            odd = deviation("embedded-in-text", f"{match.end()} characters before it: {short(text, 20)}")
            readings.append(
                replace(reading, deviations=(odd, *reading.deviations), wrapped=f.wrapped or bool(match[0]))
            )
        if found:
            break
    return readings


def _reading(found: _Found, codes: tuple[str, ...], glued: re.Match[str] | None) -> Reading:
    odd = [deviation(code) for code in dict.fromkeys((*codes, *found.codes))]
    if glued and found.schema == GB_SCHEMA:
        odd.append(deviation("wrapper-glued", f"{short(glued[0].strip())} stands before the object"))
    if found.schema != GB_SCHEMA:
        label, private = _private(found)
        return Reading(label, (*odd, private), found.schema, wrapped=found.wrapped)
    label, fields_odd = read_fields(found.value, found.value.duplicates)
    return Reading(label, (*odd, *fields_odd), wrapped=found.wrapped or bool(glued))


def _private(found: _Found) -> tuple[AigcLabel, Deviation]:
    """A vendor's keys in the elements that they come closest to."""
    value = found.value
    if found.schema == TENCENT:
        label = AigcLabel(
            content_producer=text_of(value["ServiceProvider"]), produce_id=text_of(value.get("ContentId"))
        )
        return label, deviation("private-schema", "ServiceProvider, ServiceUser, Time, ContentId: a cloud's older keys")
    key = next(k for k in _PRIVATE_TYPES if k in value)
    number = text_of(value[key])
    label = AigcLabel(label=number, content_producer=found.product)
    return label, deviation("private-schema", f"{key} {short(number)}: 1 and 2 both mean generated, as a vendor counts")


def _search(value: Any, keyed: bool) -> Iterator[_Found]:
    """Labels in a parsed value: at its top, under a key AIGC, in strings that hold JSON, in a vendor's structure."""
    budget = [_MAX_MEMBERS]
    yield from _value(value, _Found(Object()), keyed, 0, budget)


def _value(value: Any, how: _Found, keyed: bool, depth: int, budget: list[int]) -> Iterator[_Found]:
    budget[0] -= 1
    if depth > _MAX_SEARCH_DEPTH or budget[0] < 0:
        return
    if isinstance(value, Object):
        yield from _object(value, how, keyed, depth, budget)
    elif isinstance(value, list):
        for inner in value:
            yield from _value(inner, _with(how, "wrapper-nested"), keyed, depth + 1, budget)
    elif isinstance(value, str) and (keyed or depth == 0):
        yield from _string(value, how, keyed, depth, budget)


def _object(value: Object, how: _Found, keyed: bool, depth: int, budget: list[int]) -> Iterator[_Found]:
    how = replace(how, product=_product(value) or how.product)
    if _is_label(value, keyed):
        yield replace(how, value=value)
        return
    if keyed and "ServiceProvider" in value:
        yield replace(how, value=value, schema=TENCENT)
        return
    if any(text_of(value[key]) not in ("", "0") for key in _PRIVATE_TYPES if key in value):
        yield replace(how, value=value, schema=BYTEDANCE)
        return
    for key, inner in value.items():
        folded = key.lower()
        if folded == "aigc":
            yield from _value(inner, _wrapped(how, key, depth), True, depth + 1, budget)
        elif folded == "aigc_info":
            yield from _private_info(inner, how, depth, budget)
        elif isinstance(inner, Object | list):
            yield from _value(inner, _with(how, "wrapper-nested"), False, depth + 1, budget)


def _private_info(inner: Any, how: _Found, depth: int, budget: list[int]) -> Iterator[_Found]:
    """``aigc_info``, an object or the same as a string."""
    if isinstance(inner, str):
        parsed = parse(inner)
        inner = parsed.value if parsed else None
    for found in _value(inner, how, False, depth + 1, budget):
        yield replace(found, codes=())


def _string(value: str, how: _Found, keyed: bool, depth: int, budget: list[int]) -> Iterator[_Found]:
    if how.codes.count("double-encoded") >= _MAX_ENCODINGS:
        return
    inner: Parsed | None = parse(value.strip()) if value.strip()[:1] in ("{", '"', "'", "&", "[") else None
    if inner:
        deeper = _with(how, *inner.codes, "double-encoded")
        yield from _value(inner.value, deeper, keyed, depth + 1, budget)


def _wrapped(how: _Found, key: str, depth: int) -> _Found:
    """Inside a key AIGC; a foreign structure around that key is named where it was entered."""
    case = () if key == "AIGC" else ("wrapper-case",)
    return replace(_with(how, *case), wrapped=True)


def _with(how: _Found, *codes: str) -> _Found:
    return replace(how, codes=(*how.codes, *codes))


def _product(value: Object) -> str:
    product = value.get("product")
    return str(product)[:RAW_CHARACTERS] if isinstance(product, str) and not isinstance(product, Number) else ""


def _is_label(pairs: dict[str, Any], keyed: bool) -> bool:
    """Whether keys make an object a label: under a key AIGC any element does, elsewhere two that belong together."""
    if len(pairs) > _MAX_MEMBERS:
        return False
    if keyed:
        return any(field_of(key) for key in pairs)
    known = known_fields(pairs)
    return len(known) >= 3 or ("label" in known and not known.isdisjoint(REQUIRED[1:]))
