"""Every label found in the wild is read, and each of its deviations named."""

from __future__ import annotations

import time

import pytest

from labelkit import carriers
from labelkit.carriers.deviations import DEVIATIONS, deviation, severity
from labelkit.formats.base import Kind, Unit
from labelkit.record import Severity
from tests.carriers.wild import CASES, Case, compact, label, text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_read_and_every_deviation_named(case: Case) -> None:
    marks = carriers.read(case.unit)
    if case.fields is None:
        assert marks == []
        return
    (mark,) = marks
    assert {k: v for k, v in mark.label.fields().items() if v} == case.fields
    assert {d.code for d in mark.deviations} == set(case.codes.split())
    assert (mark.schema, mark.main) == (case.schema, case.main)


def test_every_code_of_the_catalogue_is_met_in_the_wild() -> None:
    assert {code for case in CASES for code in case.codes.split()} == set(DEVIATIONS)


def test_every_code_has_a_clause_a_meaning_and_both_titles() -> None:
    for code, entry in DEVIATIONS.items():
        assert entry.clause, code
        assert entry.meaning, code
        assert entry.title_en, code
        assert any("\u4e00" <= c <= "\u9fff" for c in entry.title_zh), code


def test_severity_is_looked_up_by_code() -> None:
    assert severity("required-key-missing") is Severity.ERROR
    assert severity("key-missing") is Severity.WARNING
    assert severity("json-spacing") is Severity.INFO
    assert severity("somebody-elses") is Severity.WARNING


def test_a_deviation_says_what_its_code_means_unless_told_more() -> None:
    assert deviation("key-order").message == DEVIATIONS["key-order"].meaning
    assert deviation("key-order", "a, b").message == "a, b"
    with pytest.raises(KeyError):
        deviation("no-such-code")


def test_missing_keys_are_named_one_by_one() -> None:
    (mark,) = carriers.read(text('{"AIGC":{"Label":"1","ContentProducer":"NETA"}}'))
    assert [d.message for d in mark.deviations] == [
        "ProduceID is missing",
        "ReservedCode1 is missing",
        "ContentPropagator is missing",
        "PropagateID is missing",
        "ReservedCode2 is missing",
    ]


def test_two_labels_in_one_field_are_both_read() -> None:
    both = compact({"AIGC": label(number="1")}) + compact({"AIGC": label(number="2")})
    marks = carriers.read(text(both))
    assert [m.label.produce_id for m in marks] == ["1", "2"]


def test_messages_stay_on_one_line_and_raw_text_is_kept() -> None:
    odd = compact({"AIGC": label("a\nb" * 5000)})
    (mark,) = carriers.read(text(odd))
    assert mark.raw == odd[:4096]
    assert all("\n" not in d.message and len(d.message) < 250 for d in mark.deviations)


def test_unknown_keys_are_counted_when_there_are_many() -> None:
    (mark,) = carriers.read(text(compact({"AIGC": label() | {f"k{i}": "" for i in range(500)}})))
    unknown = [d.message for d in mark.deviations if d.code == "key-unknown"]
    assert len(unknown) == 9
    assert unknown[-1] == "492 more unknown keys"


_HOSTILE = {
    "braces": b"{" * 8_000_000,
    "brackets in a label": b'{"AIGC":' + b"[" * 8_000_000,
    "objects": b'{"AIGC":' * 30_000,
    "quotes": b'{"AIGC":"' + b'\\"' * 130_000,
    "open quotes": b'{"AIGC":' + b'"\\' * 120_000,
    "single quotes": b"{'AIGC':" + b"'\\" * 30_000,
    "minus signs": b"{'AIGC':" + b"-" * 60_000 + b"1}",
    "spaces": b"{'AIGC':" + b" " * 250_000,
    "spaces and colons": b'{"AIGC":' + b'" :' * 80_000,
    "ampersands": b"{&quot;AIGC&quot;:" + b"&amp;" * 50_000,
    "huge number": b'{"AIGC":{"Label":' + b"9" * 200_000 + b"}}",
    "huge exponent": b'{"AIGC":{"Label":1e999999999}}',
    "duplicate keys": b'{"AIGC":{' + b'"Label":"1",' * 20_000 + b'"Label":"2"}}',
    "many near keys": b'{"AIGC":{' + b",".join(b'"Labe%d":"1"' % i for i in range(15_000)) + b"}}",
    "many labels": b'{"AIGC":{"Label":"1"}}' * 10_000,
    "strings in strings": compact(compact(compact(compact(compact(compact({"AIGC": label()})))))).encode(),
    "many candidates": b'x {"Label":' * 20_000,
    "aigc over and over": b"AIGC" * 2_000_000,
    "deep foreign structure": b'{"a":' * 31 + b'{"AIGC":{"Label":"1"}}' + b"}" * 31,
    "UTF-16 of nothing": b"a\0i\0g\0c\0" * 900_000,
}


@pytest.mark.parametrize("name", _HOSTILE)
@pytest.mark.parametrize("key", ["AIGC", "Comment"])
def test_hostile_text_takes_no_time_and_never_raises(name: str, key: str) -> None:
    start = time.process_time()
    marks = carriers.read(text(_HOSTILE[name], key))
    assert time.process_time() - start < 2
    assert len(marks) <= 8
    assert all(len(m.raw) <= 4096 and len(m.deviations) < 64 for m in marks)


def test_a_unit_without_a_sign_of_a_label_costs_microseconds() -> None:
    units = [
        Unit(Kind.TEXT, "", b"Software: something, Steps: 20, Sampler: Euler " * 20, 0, 0, "parameters"),
        Unit(Kind.EXIF, "", b"UNICODE\0" + "masterpiece, a cat".encode("utf-16-le") * 20, 0, 0, "UserComment"),
        Unit(Kind.XMP, "", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>" * 20, 0, 0),
    ]
    for unit in units:
        best = min(_seconds(unit) for _ in range(5))
        assert best / 1000 < 20e-6


def _seconds(unit: Unit) -> float:
    start = time.process_time()
    for _ in range(1000):
        assert carriers.read(unit) == []
    return time.process_time() - start
