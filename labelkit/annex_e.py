"""The label itself: the metadata implicit label of GB 45438-2025 Annex E, and what may be written into it.

Seven fields of GB 45438-2025 Annex E, in the order the standard prints them:

========================  ====================  ===========================================================
attribute                 key in the file       clause
========================  ====================  ===========================================================
``label``                 ``Label``             E c)  ``"1"`` is, ``"2"`` may be, ``"3"`` suspected generated
``content_producer``      ``ContentProducer``   E d)  generation provider's name or code
``produce_id``            ``ProduceID``         E e)  its unique number for this content
``reserved_code1``        ``ReservedCode1``     E f)  its security data, may be empty
``content_propagator``    ``ContentPropagator``  E g)  propagation provider's name or code
``propagate_id``          ``PropagateID``       E h)  its unique number for this content
``reserved_code2``        ``ReservedCode2``     E i)  its security data, may be empty
========================  ====================  ===========================================================
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from operator import attrgetter

from labelkit.content_id import new_content_id
from labelkit.errors import Forgery, InvalidField
from labelkit.provider_code import ProviderCode, looks_like_code

#: attribute -> key in the file, in the order of Annex E b).
KEYS = {
    "label": "Label",
    "content_producer": "ContentProducer",
    "produce_id": "ProduceID",
    "reserved_code1": "ReservedCode1",
    "content_propagator": "ContentPropagator",
    "propagate_id": "PropagateID",
    "reserved_code2": "ReservedCode2",
}
#: Fields that Annex E lets be empty.
MAY_BE_EMPTY = ("reserved_code1", "reserved_code2")
# Annex E j): GB 18030 single-byte characters 0x21, 0x23-0x5B, 0x5D-0x7E, and the quotation mark (written \").
_ALLOWED = re.compile(r"[\x21-\x5B\x5D-\x7E]*")
# No clause bounds the length; one field above this cannot come from a provider's numbering scheme.
MAX_FIELD_CHARACTERS = 16_384


_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
_values = attrgetter(*KEYS)


class Attribute(StrEnum):
    """The content attribute, field ``Label`` (Annex E c; 标识办法 art. 6)."""

    IS = "1"
    MAY_BE = "2"
    SUSPECTED = "3"


@dataclass(frozen=True, slots=True)
class AigcLabel:
    """One metadata label. Values may be anything a file held; :meth:`check` says whether they may be written."""

    label: str = ""
    content_producer: str = ""
    produce_id: str = ""
    reserved_code1: str = ""
    content_propagator: str = ""
    propagate_id: str = ""
    reserved_code2: str = ""

    @classmethod
    def generated(
        cls,
        producer: str,
        content_id: str | None = None,
        *,
        attribute: Attribute | str = Attribute.IS,
        reserved: str = "",
        names: bool = False,
    ) -> AigcLabel:
        """A label for content that was just generated: the first write (Annex E note 1), so propagator = producer.

        Args:
            producer: your 27-character provider code (TC260-PG-20252A), or your name.
            content_id: your unique number for this content; ``None`` makes a new sortable one.
            attribute: ``"1"`` unless you know better.
            reserved: security data for both reserved fields, usually empty.
            names: allow characters outside Annex E j) in the provider's name ("mainly" leaves room for that).

        Raises:
            InvalidField: a value breaks Annex E.
            InvalidProviderCode: ``producer`` looks like a code and its check digit is wrong.
        """
        number = new_content_id() if content_id is None else content_id
        made = cls(str(attribute), producer, number, reserved, producer, number, reserved)
        return made.check(names=names)

    def propagated(
        self, propagator: str, propagate_id: str | None = None, *, reserved: str = "", names: bool = False
    ) -> AigcLabel:
        """This label as passed on by a platform: its half replaced, the producer's half kept (Annex E g-i).

        Raises:
            Forgery: this label has no producer half to keep.
            InvalidField: a value breaks Annex E.
        """
        if not (self.label and self.content_producer and self.produce_id):
            raise Forgery(
                "the label has no complete producer half (Label, ContentProducer, ProduceID) to pass on",
                remedy="label the file as the platform with attribute 2 or 3 (标识办法 art. 6), or ask the producer",
            )
        number = new_content_id() if propagate_id is None else propagate_id
        kept = replace(self, content_propagator=propagator, propagate_id=number, reserved_code2=reserved)
        for name in ("content_propagator", "propagate_id", "reserved_code2"):
            kept._check_field(name, names)
        return kept

    def check(self, *, names: bool = False) -> AigcLabel:
        """Return this label if it may be written, raise otherwise (strict writer).

        Raises:
            InvalidField: an empty required field, ``Label`` not 1/2/3, or a character outside Annex E j).
            InvalidProviderCode: a provider value looks like a code and is not one.
        """
        if self.label not in {"1", "2", "3"}:
            raise InvalidField(
                f"Label is {self.label!r}; it is 1 (is), 2 (may be) or 3 (suspected) generated",
                place="Label",
                remedy="use Attribute.IS, MAY_BE or SUSPECTED (GB 45438-2025 Annex E c)",
            )
        for name in KEYS:
            self._check_field(name, names)
        return self

    def _check_field(self, name: str, names: bool) -> None:
        value, key = getattr(self, name), KEYS[name]
        if not value and name not in MAY_BE_EMPTY:
            raise InvalidField("the value is empty", place=key, remedy=f"give {key} (GB 45438-2025 Annex E)")
        if len(value) > MAX_FIELD_CHARACTERS:
            raise InvalidField(f"{len(value)} characters, at most {MAX_FIELD_CHARACTERS}", place=key)
        provider = name in ("content_producer", "content_propagator")
        if not _ALLOWED.fullmatch(value) and not (names and provider and value.isprintable()):
            raise _bad_character(key, value)
        if provider and looks_like_code(value):
            ProviderCode.parse(value)

    def fields(self) -> dict[str, str]:
        """The seven values under their keys in the file, in the order of Annex E b)."""
        return dict(zip(KEYS.values(), _values(self), strict=True))

    def to_json(self) -> str:
        """Canonical JSON of the bare seven-key object: fixed order, compact, ASCII, no trailing newline."""
        return _ENCODER.encode(self.fields())

    def to_wrapped_json(self) -> str:
        """The same inside ``{"AIGC": ...}``, the outer form of Annex E b) that the Annex B places use."""
        return f'{{"AIGC":{self.to_json()}}}'

    @property
    def content_tag(self) -> int:
        """The 64-bit payload that ties invisible marks to this label.

        The first 8 bytes, big endian, of SHA-256(ContentProducer, one zero byte, ProduceID), both as UTF-8.
        """
        # A label read from a file may hold half a surrogate pair, which plain UTF-8 refuses.
        text = f"{self.content_producer}\0{self.produce_id}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")

    def same_content(self, other: AigcLabel) -> bool:
        """Whether both name the same producer and content (the propagation half may differ)."""
        return (self.content_producer, self.produce_id) == (other.content_producer, other.produce_id)


def _bad_character(key: str, value: str) -> InvalidField:
    bad = next(c for c in value if not _ALLOWED.fullmatch(c))
    named = {" ": "a space", "\\": "a backslash"}.get(bad, f"U+{ord(bad):04X}")
    return InvalidField(
        f"{value!r} contains {named}; allowed are the characters 0x21-0x7E without the backslash",
        place=key,
        remedy=f"leave it out of {key} (GB 45438-2025 Annex E j)",
    )
