"""What was found, what was decided, what was done: frozen values without behaviour of their own.

The label itself is in :mod:`labelkit.annex_e`.
"""

from __future__ import annotations

from dataclasses import asdict as _asdict
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from labelkit.annex_e import KEYS, MAX_FIELD_CHARACTERS, MAY_BE_EMPTY, AigcLabel, Attribute
from labelkit.errors import LabelKitError

__all__ = [
    "GB_SCHEMA",
    "KEYS",
    "MAX_FIELD_CHARACTERS",
    "MAY_BE_EMPTY",
    "AigcLabel",
    "Answer",
    "Attribute",
    "AudibleMark",
    "Detected",
    "Deviation",
    "ExplicitMark",
    "Finding",
    "Layer",
    "Mark",
    "Note",
    "NoticeMark",
    "Outcome",
    "Perceived",
    "Report",
    "Severity",
    "Trace",
    "Verdict",
]

#: Name of the standard's own schema, for :attr:`Mark.schema`.
GB_SCHEMA = "gb45438"


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
    """A visible label that was found and measured (GB 45438-2025 5.2).

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
class AudibleMark:
    """An audible label that was found and measured (GB 45438-2025 5.3).

    Attributes:
        kind: ``"rhythm"`` (short long short short) or ``"voice"``.
        text: what a voice label says; ``""`` for a rhythm.
        start, stop: where it is heard, in seconds from the beginning of the sound.
        position: ``"start"``, ``"middle"`` or ``"end"`` of the sound.
        loudness: of the label over the sound around it, in LU (ITU-R BS.1770); 0 when there is nothing around it.
        rate: of a voice label, in characters a minute (about 120 to 160 is normal, 5.3 note 4); 0 for a rhythm.
        tone: of a rhythm, in Hz; 0 for a voice label.
        unit: length of a rhythm's short tone, in seconds; 0 for a voice label.
        score: how sure the detector is, 0 to 1.
    """

    kind: str
    text: str
    start: float
    stop: float
    position: str
    loudness: float
    rate: float
    tone: float
    unit: float
    score: float

    def asdict(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return _asdict(self)


@dataclass(frozen=True, slots=True)
class NoticeMark:
    """A notice that was found in a text (GB 45438-2025 5.1).

    Attributes:
        text: what it says, without markup.
        position: ``"start"``, ``"middle"`` or ``"end"`` of the text.
        place: where, for people, such as ``"line 12"`` or ``"element p, line 40"``.
        complete: whether it has both elements, 人工智能 or AI, and 生成 or 合成.
        contrast: WCAG contrast ratio of its colours, 1 to 21, where the text names them; None where its reader decides.
        hidden: why nobody sees it (``"display:none"``, ...), ``""`` when nothing hides it.
    """

    text: str
    position: str
    place: str
    complete: bool
    contrast: float | None = None
    hidden: str = ""

    def asdict(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return _asdict(self)


#: What a medium's explicit label is found as.
Perceived: TypeAlias = ExplicitMark | AudibleMark | NoticeMark


class Detected(Protocol):
    """An invisible mark that was found; each medium's ``watermark.Detection`` is one.

    Attributes:
        payload: the 64 bits, or None when the mark is there and its number cannot be read.
        p_value: bound of the chance that this is reported without a mark.
        key_id: whose key, 8 hexadecimal digits.
        words: how it lies in the medium, for people.
    """

    @property
    def payload(self) -> int | None: ...  # noqa: D102
    @property
    def p_value(self) -> float: ...  # noqa: D102
    @property
    def key_id(self) -> str: ...  # noqa: D102
    @property
    def words(self) -> str: ...  # noqa: D102
    def asdict(self) -> dict[str, Any]: ...  # noqa: D102


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
    explicit: tuple[Perceived, ...] = ()
    watermarks: tuple[Detected, ...] = ()
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
