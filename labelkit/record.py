"""What a label is, what was found, what was decided, what was done: frozen values without behaviour of their own.

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
from dataclasses import asdict as _asdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from labelkit.content_id import new_content_id
from labelkit.errors import Forgery, InvalidField, LabelKitError
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
#: Name of the standard's own schema, for :attr:`Mark.schema`.
GB_SCHEMA = "gb45438"
#: Fields that Annex E lets be empty.
MAY_BE_EMPTY = ("reserved_code1", "reserved_code2")
# Annex E j): GB 18030 single-byte characters 0x21, 0x23-0x5B, 0x5D-0x7E, and the quotation mark (written \").
_ALLOWED = re.compile(r"[\x21-\x5B\x5D-\x7E]*")
# No clause bounds the length; one field above this cannot come from a provider's numbering scheme.
MAX_FIELD_CHARACTERS = 16_384


class Attribute(StrEnum):
    """The content attribute, field ``Label`` (Annex E c; 标识办法 art. 6)."""

    IS = "1"
    MAY_BE = "2"
    SUSPECTED = "3"


class Layer(StrEnum):
    """The layers a label can have on one file."""

    EXPLICIT = "explicit"
    METADATA = "metadata"
    WATERMARK = "watermark"


class Verdict(StrEnum):
    """What a platform would decide about a file (标识办法 art. 6)."""

    CONFIRMED = "confirmed"
    POSSIBLE = "possible"
    SUSPECTED = "suspected"
    NONE = "none"
    UNREADABLE = "unreadable"


class Answer(StrEnum):
    """Why a check is not satisfied; the four are never mixed up."""

    NOT_FOUND = "not found"
    WRONG = "found but wrong"
    UNREADABLE = "unreadable"
    NOT_LOOKED_AT = "not looked at"


class Severity(StrEnum):
    """How much a finding weighs: an error breaks a "shall", a warning a "should" or a reading that is UNCERTAIN."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


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
        return {key: getattr(self, name) for name, key in KEYS.items()}

    def to_json(self) -> str:
        """Canonical JSON of the bare seven-key object: fixed order, compact, ASCII, no trailing newline."""
        return json.dumps(self.fields(), ensure_ascii=True, separators=(",", ":"))

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


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way in which a label that was read differs from what the standard asks.

    Attributes:
        code: stable id such as ``"label-not-string"``; the catalogue is in :mod:`labelkit.carriers.deviations`.
        clause: the clause it departs from.
        message: what was expected and what was there, one line.
    """

    code: str
    clause: str
    message: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A metadata label that was found in a file.

    Attributes:
        place: where, for people and reports, such as ``"PNG iTXt XML:com.adobe.xmp, TC260:AIGC, byte 57"``.
        label: the fields as read; a missing one is ``""`` (and a deviation names it).
        deviations: everything that is not as the standard asks, place included.
        raw: the text as it stood in the file, at most 4,096 characters.
        schema: ``"gb45438"``, or the name of a vendor's private schema that is not a GB label.
        main: whether this is the main location the TC260 guide names for the format.
    """

    place: str
    label: AigcLabel
    deviations: tuple[Deviation, ...] = ()
    raw: str = ""
    schema: str = GB_SCHEMA
    main: bool = False

    def asdict(self) -> dict[str, Any]:
        """``place``, ``fields`` (seven keys), ``deviations``, ``schema`` and ``main`` as JSON values."""
        return {
            "place": self.place,
            "fields": self.label.fields(),
            "deviations": [_asdict(d) for d in self.deviations],
            "schema": self.schema,
            "main": self.main,
        }


@dataclass(frozen=True, slots=True)
class ExplicitMark:
    """A visible or audible label that was found and measured.

    Attributes:
        text: what it says.
        box: left, top, right, bottom of the ink in pixels, in display orientation.
        glyph_height: ink height of a full-width glyph in pixels.
        ratio: ``glyph_height`` / shortest side; GB 45438-2025 5.2 asks for >= 0.05.
        contrast: WCAG contrast ratio of ink to the pixels behind it, 1 to 21.
        position: ``"top-left"`` .. ``"bottom"``.
        score: how sure the detector is, 0 to 1.
        frames: frames of an animation that carry it, of how many looked at.
    """

    text: str
    box: tuple[int, int, int, int]
    glyph_height: float
    ratio: float
    contrast: float
    position: str
    score: float
    frames: tuple[int, int] = (1, 1)

    def asdict(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return _asdict(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check.

    Attributes:
        check: stable id of the check, such as ``"metadata.present"``.
        severity: what it means if it is not as expected.
        clause: the clause that asks for it.
        place: where it was looked for or found.
        expected: what the clause asks for.
        found: what was there.
        answer: whether it was missing, wrong, unreadable or not looked at.
    """

    check: str
    severity: Severity
    clause: str
    place: str
    expected: str
    found: str
    answer: Answer

    def asdict(self) -> dict[str, str]:
        """All fields as strings."""
        return {k: str(v) for k, v in _asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Trace:
    """A sign of AI origin that is not a GB label, such as an IPTC source type or a C2PA manifest."""

    kind: str
    place: str
    detail: str

    def asdict(self) -> dict[str, str]:
        """All fields as strings."""
        return _asdict(self)


@dataclass(frozen=True, slots=True)
class Report:
    """What :func:`labelkit.verify` says about one file.

    Attributes:
        path: the file as the caller named it.
        verdict: 标识办法 art. 6.
        conforms: True, False, or None when something needed was not looked at or could not be read.
        format: id of the format (``labelkit formats`` lists them), ``""`` when unknown.
        labels, explicit, watermarks, traces: the evidence.
        findings: checks that were not satisfied, errors first.
        not_looked_at: what was left out and why, one line each.
    """

    path: str
    verdict: Verdict
    conforms: bool | None
    format: str = ""
    labels: tuple[Mark, ...] = ()
    explicit: tuple[ExplicitMark, ...] = ()
    watermarks: tuple[Any, ...] = ()
    traces: tuple[Trace, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_looked_at: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True only when the file conforms."""
        return self.conforms is True

    def asdict(self) -> dict[str, Any]:
        """The file object of ``labelkit verify --json``."""
        return {
            "path": self.path,
            "format": self.format,
            "verdict": str(self.verdict),
            "conforms": self.conforms,
            "labels": [m.asdict() for m in self.labels],
            "explicit": [m.asdict() for m in self.explicit],
            "watermarks": [m.asdict() for m in self.watermarks],
            "traces": [t.asdict() for t in self.traces],
            "findings": [f.asdict() for f in self.findings],
            "not_looked_at": list(self.not_looked_at),
        }


@dataclass(frozen=True, slots=True)
class Note:
    """One line of an outcome: which layer, and what was written where, or why it was skipped."""

    layer: str
    text: str

    def asdict(self) -> dict[str, str]:
        """Both fields as strings."""
        return _asdict(self)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What :func:`labelkit.label` did to one file.

    Attributes:
        source: the input as the caller named it.
        path: the file written, when the output is a file.
        data: the labelled bytes, when no output file was named.
        label: the label now in the file.
        format: id of the format.
        written: one note per layer that is in the result and was read back.
        skipped: one note per layer that was not written, with the reason.
        error: why nothing was written; ``None`` on success.
    """

    source: str
    path: Path | None = None
    data: bytes | None = field(default=None, repr=False)
    label: AigcLabel | None = None
    format: str = ""
    written: tuple[Note, ...] = ()
    skipped: tuple[Note, ...] = ()
    error: LabelKitError | None = None

    @property
    def ok(self) -> bool:
        """Whether the file now carries the label."""
        return self.error is None

    def asdict(self) -> dict[str, Any]:
        """JSON values; ``data`` is given by its length only."""
        return {
            "source": self.source,
            "ok": self.ok,
            "path": str(self.path) if self.path else None,
            "bytes": len(self.data) if self.data is not None else None,
            "format": self.format,
            "label": self.label.fields() if self.label else None,
            "written": [n.asdict() for n in self.written],
            "skipped": [n.asdict() for n in self.skipped],
            "error": self.error.asdict() if self.error else None,
        }
