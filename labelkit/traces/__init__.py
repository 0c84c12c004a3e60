"""Marks of AI origin that other vendors leave in metadata, read so that a file without a GB label can be judged.

A trace is a reason to suspect (标识办法 art. 6, third case), never a proof: anybody can write it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from re import Pattern

from labelkit import carriers
from labelkit.carriers.xmp import is_ai_source_type
from labelkit.formats.base import Kind, Unit
from labelkit.record import GB_SCHEMA, Mark, Trace

#: Bytes of a unit that are searched; generators write their marks near the start.
_SEARCHED_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Sign:
    """One vendor's mark: the kind of unit, its key, and what the payload must contain."""

    name: str
    kinds: tuple[Kind, ...]
    key: Pattern[str]
    payload: Pattern[bytes]


def _sign(name: str, kinds: tuple[Kind, ...], key: str, payload: bytes) -> _Sign:
    return _Sign(name, kinds, re.compile(key, re.IGNORECASE), re.compile(payload, re.DOTALL))


_ANY = r".*"
# "Steps: N, Sampler: ..." in any of the encodings of UserComment, UTF-16 included.
_STEPS = rb"S\0?t\0?e\0?p\0?s\0?:.{0,400}S\0?a\0?m\0?p\0?l\0?e\0?r\0?:"
_SIGNS = (
    _sign("Stable Diffusion parameters", (Kind.TEXT, Kind.EXIF), r"parameters|UserComment", _STEPS),
    _sign("ComfyUI graph", (Kind.TEXT,), r"prompt|workflow", rb'"class_type"|"nodes"'),
    _sign("ComfyUI graph", (Kind.EXIF,), r"Make|Model", rb"(workflow|prompt):"),
    _sign("NovelAI", (Kind.TEXT,), r"Software|Comment", rb"NovelAI|signed_hash"),
    _sign("InvokeAI", (Kind.TEXT,), r"invokeai_metadata|sd-metadata|Dream", rb"."),
    _sign("Fooocus", (Kind.TEXT,), r"fooocus_scheme", rb"."),
    _sign("SwarmUI", (Kind.TEXT, Kind.EXIF), _ANY, rb"sui_image_params"),
    _sign("Midjourney", (Kind.TEXT, Kind.XMP), _ANY, rb"Job ID: [0-9a-f]{8}-"),
    _sign("Made with Google AI", (Kind.XMP, Kind.SEGMENT), _ANY, rb"(Made|Edited) with Google AI"),
    _sign("Apple generative edit", (Kind.XMP, Kind.EXIF), _ANY, rb"Apple (Image Playground|Photos Generative Edit)"),
    _sign("xAI Grok", (Kind.EXIF, Kind.TEXT), r"ImageDescription|Description", rb"Signature: [A-Za-z0-9+/=]{64}"),
    _sign("Samsung Galaxy AI", (Kind.SEGMENT,), _ANY, rb'"genAIType"\s*:\s*[1-9]'),
    _sign("Ideogram", (Kind.EXIF,), r"Make", rb"Ideogram AI"),
    _sign("Luma", (Kind.TEXT,), r"Source", rb"Luma AI"),
)  # fmt: skip


def read(unit: Unit, marks: Sequence[Mark] = ()) -> list[Trace]:
    """The traces in one metadata unit: C2PA store, IPTC source type, vendors' own marks.

    Args:
        unit: the unit.
        marks: the labels already read from it; those in a private schema are traces too.
    """
    if unit.kind is Kind.C2PA:
        claim = (
            "with source type trainedAlgorithmicMedia"
            if b"trainedAlgorithmicMedia" in unit.data
            else "no AI source type"
        )
        return [Trace("c2pa", unit.place, f"C2PA manifest store, {claim} (signature not examined)")]
    private = [Trace("vendor", unit.place, f"private label schema {m.schema}") for m in marks if m.schema != GB_SCHEMA]
    return [*_source_types(unit), *_vendor_signs(unit), *private]


def _source_types(unit: Unit) -> list[Trace]:
    if unit.kind is not Kind.XMP:
        return []
    found = (value.rpartition("/")[2] for value in carriers.source_types(unit))
    return [Trace("iptc-source-type", unit.place, term) for term in found]


def is_ai(trace: Trace) -> bool:
    """Whether a trace speaks for AI origin; other source types are evidence of the contrary, C2PA of neither."""
    if trace.kind == "iptc-source-type":
        return is_ai_source_type(trace.detail)
    return trace.kind != "c2pa" or "with source type" in trace.detail


def _vendor_signs(unit: Unit) -> list[Trace]:
    head = unit.data[:_SEARCHED_BYTES]
    return [
        Trace("vendor", unit.place, sign.name)
        for sign in _SIGNS
        if unit.kind in sign.kinds and sign.key.fullmatch(unit.key or "-") and sign.payload.search(head)
    ]
