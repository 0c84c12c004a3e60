"""The lenient reader on text alone: round trips, near misses of keys, and what is not a label."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit.carriers import aigc
from labelkit.carriers._fields import field_of
from labelkit.carriers.aigc import Form, read_text
from labelkit.record import KEYS, AigcLabel

_ID = st.from_regex(r"[1-9][0-9A-Za-z#/:.-]{4,30}", fullmatch=True)
_NAME = st.sampled_from(["MiniMax", "001191000000MA0000007C10001", "kling"])
_RESERVED = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\"), max_size=80)


@st.composite
def _labels(draw: st.DrawFn) -> AigcLabel:
    producer, number = draw(_NAME), draw(_ID)
    return AigcLabel(draw(st.sampled_from("123")), producer, number, draw(_RESERVED), producer, number, draw(_RESERVED))


@given(_labels())
def test_what_we_write_reads_back_without_a_deviation(label: AigcLabel) -> None:
    for text, form in ((label.to_json(), Form.BARE), (label.to_wrapped_json(), Form.WRAPPED)):
        for given_as in (text, text.encode()):
            (reading,) = read_text(given_as, keyed=True, form=form)
            assert reading.label == label
            assert reading.deviations == ()
            assert reading.raw == text
            assert reading.wrapped is (form is Form.WRAPPED)


@given(_labels(), st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]))
def test_every_encoding_reads_the_same_label(label: AigcLabel, codec: str) -> None:
    (reading,) = read_text(label.to_wrapped_json().encode(codec))
    assert reading.label == label


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for keyed in (False, True):
        read_text(text, keyed=keyed)
        read_text('{"AIGC":' + text, keyed=keyed)
        read_text(text.encode("utf-8", "replace") + b"\xff", keyed=keyed)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    read_text(data, keyed=True)
    read_text(b'AIGC{"Label":' + data)


@given(st.sampled_from(list(KEYS.values())), st.data())
def test_a_key_with_one_wrong_letter_never_becomes_another_key(key: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    own = next(name for name, known in KEYS.items() if known == key)
    assert field_of(key[:at] + letter + key[at + 1 :]) in ("", own)
    assert field_of(key[:at] + key[at + 1 :]) in ("", own)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("contentProducer", "content_producer"),
        ("content_producer", "content_producer"),
        ("CONTENT-PRODUCER", "content_producer"),
        ("ContentProducter", "content_producer"),
        ("Lable", "label"),
        ("ProduceId", "produce_id"),
        ("ProducerID", "produce_id"),
        ("PropagatorID", "propagate_id"),
        ("PropatorID", "propagate_id"),
        ("Propagator", "content_propagator"),
        ("ReserveCode1", "reserved_code1"),
        ("reserved_code_2", "reserved_code2"),
        ("ReservedCode2: ", "reserved_code2"),
        ("ReservedCode", ""),
        ("ReservedCode3", ""),
        ("Table", ""),
        ("ID", ""),
        ("", ""),
        ("Label" * 20, ""),
    ],
)
def test_keys_are_known_under_other_spellings(key: str, name: str) -> None:
    assert field_of(key) == name


@pytest.mark.parametrize(
    "text",
    [
        "AIGC",
        "made with AIGC tools",
        "AIGC: yes",
        "AIGC{}",
        '{"AIGC":{}}',
        '{"AIGC":true}',
        '{"Label":"1"}',
        '{"label":"cat","score":0.9}',
        '{"name":"AIGC","Label":"1"}',
        '["AIGC"]',
        "The keys are Label, ContentProducer and ProduceID {in this order}.",
        '<meta name="AIGC">',
        "{aigc}",
    ],
)
def test_a_mention_is_no_label(text: str) -> None:
    assert read_text(text) == []


def test_two_elements_are_enough_under_the_labels_own_name() -> None:
    (reading,) = read_text('{"Label":"1"}', keyed=True)
    assert reading.label == AigcLabel("1")


@pytest.mark.parametrize("text", ["", "yes", "{}", "[]", '{"a":1}', "AIGC", "0"])
def test_a_field_of_that_name_without_a_label_is_unreadable(text: str) -> None:
    (reading,) = read_text(text, keyed=True)
    assert reading.label == AigcLabel()
    assert [d.code for d in reading.deviations] == ["label-unreadable"]


@pytest.mark.parametrize(
    "values",
    [
        ("1", "001191000000MA0000007C10001", "N-1", "", "001191000000MA0000007C10001", "N-1", ""),
        ("3", "name", "0", "x" * 4096, "other", "00000000-0000-0000-0000-000000000000", "null"),
        ("2", "001191000000MA0000007C10002", "", "", "", "a&b<c>", "{}"),
        ("1", "same", "A", "", "same", "B", ""),
        ("1", "x" * 5000, "A", "", "same", "B", ""),
        ("4", "name", "A", "", "", "", ""),
        ("1", "with space", "A", "", "", 'with "quote"', "with \\ backslash"),
        ("1", "生成", "A", "", "", "", ""),
    ],
)
def test_what_is_read_at_a_glance_is_read_as_by_the_parser(
    values: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = AigcLabel(*values).to_json()
    at_a_glance = read_text(text, keyed=True, form=Form.BARE)
    monkeypatch.setattr(aigc, "_CANONICAL", re.compile(r"(?!)"))
    assert read_text(text, keyed=True, form=Form.BARE) == at_a_glance
