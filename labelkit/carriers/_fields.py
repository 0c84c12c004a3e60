"""The seven elements of Annex E under whatever names writers give them, and what is odd about their values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from labelkit.carriers._syntax import Number, text_of
from labelkit.carriers.deviations import deviation, short
from labelkit.errors import InvalidProviderCode
from labelkit.provider_code import ProviderCode, credit_check_digit, looks_like_code
from labelkit.record import KEYS, MAX_FIELD_CHARACTERS, AigcLabel, Deviation

#: The elements without which content cannot be attributed at all.
REQUIRED = ("label", "content_producer", "produce_id")
_OPTIONAL_EMPTY = ("reserved_code1", "reserved_code2")
_PROVIDERS = ("content_producer", "content_propagator")
_NUMBERS = ("produce_id", "propagate_id")
# Names of the 2024 draft, as public code spells them.
_DRAFT = {
    "ReserveCode1": "reserved_code1",
    "Propagator": "content_propagator",
    "PropatorID": "propagate_id",
    "ReserveCode2": "reserved_code2",
}
_EXACT = {key: name for name, key in KEYS.items()}
_FOLDED = {key.lower(): name for key, name in (_EXACT | _DRAFT).items()}
_FOLD = re.compile(r"[^a-z0-9]+")
# "true" is not among them: what a boolean claims is not one of the three values.
_GENERATED = frozenset({"aigc", "aigclabeltype.aigenerated", "aigenerated", "aigclabeltypeaigenerated"})
# Annex E j): 0x21-0x7E without the backslash; nested JSON has quotation marks, and may.
_FOREIGN = re.compile(r"[^\x21-\x5B\x5D-\x7E]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_PLACEHOLDER = re.compile(
    r"(?i)0+|0{8}-0{4}-0{4}-0{4}-0{12}|null|none|nil|nan|undefined|n/?a|x{3,}|-+|todo|test|unknown|string|value\d?"
)
# A social credit code alone, or with subject type and binding before it.
_PARTIAL = re.compile(r"(?:00)?(?:1[0-9A-Z])?([0-9A-HJ-NPQRTUWXY]{18})(?:[0-9][0-9A-Z]{0,3})?")
# Anything longer is a name; it is what looks_like_code() looks at.
_LONGEST_CODE = 32
# Unknown or doubled keys beyond this are counted, not listed.
_LISTED = 8


def field_of(key: str) -> str:
    """The attribute of :class:`AigcLabel` that a key means, or ``""``; near misses count, two candidates do not."""
    exact = _EXACT.get(key)
    return exact if exact else _near(key) if len(key) <= 40 else ""


@lru_cache(maxsize=512)
def _near(key: str) -> str:
    folded = _FOLD.sub("", key.lower())
    if folded in _FOLDED or len(folded) < 5:
        return _FOLDED.get(folded, "")
    near: dict[int, list[str]] = {}
    for name, known in KEYS.items():
        near.setdefault(_distance(folded, known.lower()), []).append(name)
    best = min(near)
    return near[best][0] if len(near[best]) == 1 and best <= (1 if len(folded) < 8 else 2) else ""


def _distance(a: str, b: str) -> int:
    """How many letters were changed, left out, put in or swapped (optimal string alignment); 9 when hopeless."""
    if abs(len(a) - len(b)) > 2:
        return 9
    before, row = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]


def known_fields(keys: Iterable[str]) -> set[str]:
    """Which of the seven elements these keys name."""
    return {name for key in keys if (name := field_of(key))}


def read_fields(pairs: Mapping[str, Any], duplicates: tuple[str, ...] = ()) -> tuple[AigcLabel, list[Deviation]]:
    """The label in an object's keys and values, and everything that is not as Annex E asks."""
    assigned, odd = _assign(pairs)
    odd += [deviation("key-duplicate", f"{short(key)} is there more than once") for key in duplicates[:_LISTED]]
    odd += _order(list(assigned))
    odd += _missing(assigned)
    values = {name: text_of(value) for name, value in assigned.items()}
    odd += [_not_string(name, value) for name, value in assigned.items() if type(value) is not str]
    values = {name: _without_surrogates(value) for name, value in values.items()}
    if "label" in values:
        values["label"], label_odd = _label(values["label"])
        odd += label_odd
    label = AigcLabel(**values)
    return label, [*odd, *check_values(label, set(values))]


def _assign(pairs: Mapping[str, Any]) -> tuple[dict[str, Any], list[Deviation]]:
    """Values by attribute in the order they were met; the exact key wins over another spelling of it."""
    assigned: dict[str, Any] = {}
    odd: list[Deviation] = []
    unknown: list[str] = []
    for key, value in pairs.items():
        name = field_of(key)
        if not name:
            unknown.append(key)
        elif name in assigned or (key != KEYS[name] and KEYS[name] in pairs):
            odd.append(deviation("key-duplicate", f"{short(key)} is there beside another spelling of {KEYS[name]}"))
            assigned[name] = pairs.get(KEYS[name], assigned.get(name, value))
        else:
            assigned[name] = value
            odd += _misnamed(key, name)
    return assigned, [*odd[: 2 * _LISTED], *_unknown(unknown)]


def _misnamed(key: str, name: str) -> list[Deviation]:
    if key == KEYS[name]:
        return []
    if key in _DRAFT:
        return [deviation("key-draft-name", f"{key!r} is the draft's name of {KEYS[name]}")]
    code = "required-key-misnamed" if name in REQUIRED else "key-misnamed"
    return [deviation(code, f"{KEYS[name]} is spelt {short(key)}")]


def _unknown(keys: list[str]) -> list[Deviation]:
    odd = [deviation("key-unknown", f"{short(key)} is none of the seven keys") for key in keys[:_LISTED]]
    more = len(keys) - len(odd)
    return [*odd, deviation("key-unknown", f"{more} more unknown keys")] if more else odd


def _order(found: list[str]) -> list[Deviation]:
    asked = [name for name in KEYS if name in found]
    if found == asked:
        return []
    return [deviation("key-order", "the order is " + ", ".join(KEYS[name] for name in found))]


def _missing(assigned: Mapping[str, Any]) -> list[Deviation]:
    gone = (name for name in KEYS if name not in assigned)
    return [
        deviation("required-key-missing" if name in REQUIRED else "key-missing", f"{KEYS[name]} is missing")
        for name in gone
    ]


def _not_string(name: str, value: Any) -> Deviation:
    code = "label-not-string" if name == "label" else "value-not-string"
    kind = "a number" if isinstance(value, Number) else "null" if value is None else f"of type {type(value).__name__}"
    kind = {"of type Object": "an object", "of type list": "a list", "of type bool": "true or false"}.get(kind, kind)
    return deviation(code, f"{KEYS[name]} is {kind}, not a string")


def _without_surrogates(value: str) -> str:
    """Half of a surrogate pair, which JSON can spell and no file can hold, becomes the replacement character."""
    return value if value.isascii() else _SURROGATES.sub("\ufffd", value)


def _label(value: str) -> tuple[str, list[Deviation]]:
    """``Label`` as 1, 2 or 3 where its meaning is beyond doubt, and as it stands otherwise."""
    if value in ("1", "2", "3", ""):
        return value, []
    if value.strip() in ("1", "2", "3"):
        return value.strip(), [deviation("label-value", f"Label is {short(value)}, with white space")]
    if _FOLD.sub("", value.lower()) in {_FOLD.sub("", word) for word in _GENERATED}:
        return "1", [deviation("label-value", f"Label is {short(value)}, read as 1")]
    return value, [deviation("label-value", f"Label is {short(value)}, not 1, 2 or 3")]


def check_values(label: AigcLabel, present: Collection[str]) -> list[Deviation]:
    """What is odd about the values of a label that was read; elements not ``present`` are not looked at."""
    odd: list[Deviation] = []
    for name in KEYS:
        if name in present:
            odd += _value(name, getattr(label, name))
    same = label.content_producer == label.content_propagator != ""
    if same and label.propagate_id and label.produce_id and label.propagate_id != label.produce_id:
        odd.append(
            deviation("propagation-id-differs", "ContentPropagator is the producer, PropagateID is not ProduceID")
        )
    return odd


def _value(name: str, value: str) -> Iterator[Deviation]:
    key = KEYS[name]
    if not value:
        if name not in _OPTIONAL_EMPTY:
            yield deviation("required-value-empty" if name in REQUIRED else "value-empty", f"{key} is empty")
        return
    if len(value) > MAX_FIELD_CHARACTERS:
        yield deviation("value-too-long", f"{key} has {len(value)} characters, at most {MAX_FIELD_CHARACTERS}")
    if foreign := _FOREIGN.search(value):
        yield deviation("value-characters", f"{key} has {_named(foreign[0])} in {short(value)}")
    if name in _NUMBERS and _PLACEHOLDER.fullmatch(value):
        yield deviation("value-placeholder", f"{key} is {short(value)}")
    if name in _PROVIDERS:
        yield from _provider(key, value)


def _named(character: str) -> str:
    return {" ": "a space", "\\": "a backslash"}.get(character, f"U+{ord(character):04X}")


def _provider(key: str, value: str) -> Iterator[Deviation]:
    """A code with a defect; names are free."""
    if len(value) <= _LONGEST_CODE:
        yield from (deviation(code, f"{key}: {problem}") for code, problem in _code_problems(value))


@lru_cache(maxsize=256)
def _code_problems(value: str) -> tuple[tuple[str, str], ...]:
    partial = _PARTIAL.fullmatch(value)
    if len(value) < 27 and partial and credit_check_digit(partial[1]) == partial[1][17]:
        return (("provider-code-incomplete", f"{value} is a part, 27 characters make a code"),)
    if not looks_like_code(value):
        return ()
    try:
        problems = ProviderCode.parse(value).problems()
    except InvalidProviderCode as error:
        return (("provider-code", error.message),)
    return tuple(("provider-code-organisation", problem) for problem in problems)
