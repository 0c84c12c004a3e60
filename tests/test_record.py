"""The record: canonical JSON, the characters and the first write of Annex E, propagation, the content tag."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit.errors import Forgery, InvalidField, InvalidProviderCode
from labelkit.record import (
    KEYS,
    MAX_FIELD_CHARACTERS,
    AigcLabel,
    Answer,
    Attribute,
    Deviation,
    ExplicitMark,
    Finding,
    Mark,
    Note,
    Outcome,
    Report,
    Severity,
    Trace,
    Verdict,
)

CODE = "001191000000MA0000007C10001"
PLATFORM = "001191149900MA0LA3QG5T20001"
LABEL = AigcLabel.generated(CODE, "01J8ZK3V9QW3")


def test_canonical_json_is_the_worked_example() -> None:
    assert LABEL.to_json() == (
        '{"Label":"1","ContentProducer":"001191000000MA0000007C10001","ProduceID":"01J8ZK3V9QW3","ReservedCode1":"",'
        '"ContentPropagator":"001191000000MA0000007C10001","PropagateID":"01J8ZK3V9QW3","ReservedCode2":""}'
    )
    assert LABEL.to_wrapped_json() == '{"AIGC":' + LABEL.to_json() + "}"


@given(st.lists(st.text(max_size=40), min_size=7, max_size=7))
def test_canonical_json_is_ascii_compact_and_in_order(values: list[str]) -> None:
    label = AigcLabel(*values)
    text = label.to_json()
    assert text.isascii()
    assert json.loads(text) == label.fields()
    assert list(json.loads(text)) == list(KEYS.values())
    assert json.loads(label.to_wrapped_json()) == {"AIGC": label.fields()}


def test_nested_json_in_a_reserved_code_is_written_with_escaped_quotes() -> None:
    label = AigcLabel.generated(CODE, "1", reserved='{"SecurityData":{"Type":"TC260PG"}}')
    assert r'"ReservedCode1":"{\"SecurityData\":{\"Type\":\"TC260PG\"}}"' in label.to_json()


def test_first_write_repeats_the_producer_as_propagator() -> None:
    made = AigcLabel.generated(CODE, reserved="x")
    assert (made.content_propagator, made.propagate_id) == (made.content_producer, made.produce_id)
    assert (made.reserved_code1, made.reserved_code2) == ("x", "x")
    assert made.label == "1"
    assert len(made.produce_id) == 26


def test_every_label_gets_its_own_number() -> None:
    assert AigcLabel.generated(CODE).produce_id != AigcLabel.generated(CODE).produce_id


@pytest.mark.parametrize("attribute", [Attribute.MAY_BE, "2"])
def test_the_attribute_may_be_given_as_enum_or_text(attribute: Attribute | str) -> None:
    assert AigcLabel.generated(CODE, "1", attribute=attribute).label == "2"


@pytest.mark.parametrize("attribute", ["0", "4", "", "AIGC", "11"])
def test_other_attributes_are_refused(attribute: str) -> None:
    with pytest.raises(InvalidField, match=r"Label"):
        AigcLabel.generated(CODE, "1", attribute=attribute)


@pytest.mark.parametrize("code_point", range(256))
def test_exactly_the_characters_of_annex_e_j_are_allowed(code_point: int) -> None:
    label = dataclasses.replace(LABEL, produce_id=f"a{chr(code_point)}b")
    if code_point in {*range(0x21, 0x5C), *range(0x5D, 0x7F)}:
        assert label.check() is label
    else:
        with pytest.raises(InvalidField) as caught:
            label.check()
        assert caught.value.place == "ProduceID"
        assert "Annex E j" in caught.value.remedy


def test_the_message_names_the_space_in_a_content_id() -> None:
    with pytest.raises(InvalidField, match=r"contains a space"):
        AigcLabel.generated(CODE, "my picture")


@pytest.mark.parametrize("name", [n for n in KEYS if n not in ("label", "reserved_code1", "reserved_code2")])
def test_required_values_may_not_be_empty(name: str) -> None:
    with pytest.raises(InvalidField, match="empty"):
        dataclasses.replace(LABEL, **{name: ""}).check()


def test_reserved_values_may_be_empty_and_values_have_a_bound() -> None:
    assert dataclasses.replace(LABEL, reserved_code1="", reserved_code2="").check()
    assert dataclasses.replace(LABEL, reserved_code1="x" * MAX_FIELD_CHARACTERS).check()
    with pytest.raises(InvalidField, match="at most"):
        dataclasses.replace(LABEL, reserved_code1="x" * (MAX_FIELD_CHARACTERS + 1)).check()


def test_chinese_names_need_to_be_asked_for_and_stay_ascii_in_the_file() -> None:
    with pytest.raises(InvalidField, match=r"U\+817E"):
        AigcLabel.generated("腾讯云", "1")
    named = AigcLabel.generated("腾讯云 AI", "1", names=True)
    assert named.content_producer == "腾讯云 AI"
    assert named.to_json().isascii()
    with pytest.raises(InvalidField, match="ProduceID"):
        AigcLabel.generated("腾讯云", "编号", names=True)
    with pytest.raises(InvalidField, match=r"U\+0007"):
        AigcLabel.generated("bell\a", "1", names=True)


def test_a_mistyped_code_is_refused_and_a_name_is_not() -> None:
    with pytest.raises(InvalidProviderCode, match="check digit is C"):
        AigcLabel.generated(CODE.replace("7C", "7D"), "1")
    assert AigcLabel.generated("MiniMax", "1").content_producer == "MiniMax"


def test_a_platform_replaces_its_half_and_keeps_the_producers() -> None:
    passed_on = LABEL.propagated(PLATFORM, "P-1", reserved="y")
    kept = ("label", "content_producer", "produce_id", "reserved_code1")
    assert [getattr(passed_on, n) for n in kept] == [getattr(LABEL, n) for n in kept]
    assert (passed_on.content_propagator, passed_on.propagate_id, passed_on.reserved_code2) == (PLATFORM, "P-1", "y")
    assert passed_on.same_content(LABEL)
    assert passed_on.content_tag == LABEL.content_tag


def test_a_foreign_producers_odd_half_is_passed_on_as_it_is() -> None:
    odd = AigcLabel("1", "Minimax Agent AI", "编号", "x")
    assert odd.propagated(PLATFORM, "1").content_producer == "Minimax Agent AI"


@pytest.mark.parametrize("name", ["label", "content_producer", "produce_id"])
def test_a_label_without_producer_half_is_not_completed(name: str) -> None:
    with pytest.raises(Forgery, match="producer half"):
        dataclasses.replace(LABEL, **{name: ""}).propagated(PLATFORM)


@pytest.mark.parametrize("bad", [{"propagator": ""}, {"propagator": PLATFORM, "propagate_id": "a b"}])
def test_the_platforms_own_half_is_checked(bad: dict[str, str]) -> None:
    with pytest.raises(InvalidField):
        LABEL.propagated(**bad)


def test_content_tag_is_the_documented_digest() -> None:
    digest = hashlib.sha256(CODE.encode() + b"\0" + b"01J8ZK3V9QW3").digest()
    assert LABEL.content_tag == int.from_bytes(digest[:8], "big")
    assert 0 <= AigcLabel().content_tag < 2**64


def test_content_tag_does_not_run_fields_together() -> None:
    assert AigcLabel("1", "ab", "c").content_tag != AigcLabel("1", "a", "bc").content_tag


def test_half_a_surrogate_pair_does_not_stop_the_tag_or_the_json() -> None:
    label = AigcLabel("1", "\ud800", "x")
    assert label.content_tag >= 0
    assert json.loads(label.to_json())["ContentProducer"] == "\ud800"


def test_values_are_frozen_and_cross_process_boundaries() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LABEL.label = "2"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(LABEL)) == LABEL


def test_reports_are_json() -> None:
    mark = Mark("PNG", LABEL, (Deviation("key-order", "E b", "m"),), main=True)
    explicit = ExplicitMark("由AI生成", (0, 1, 2, 3), 20.0, 0.05, 4.5, "bottom-right", 0.9)
    finding = Finding("metadata.present", Severity.ERROR, "6.1", "PNG", "a", "b", Answer.WRONG)
    report = Report(
        "a.png", Verdict.CONFIRMED, None, "png", (mark,), (explicit,), (), (Trace("c2pa", "x", "y"),), (finding,)
    )
    read = json.loads(json.dumps(report.asdict()))
    assert read["labels"][0]["fields"] == LABEL.fields()
    assert read["labels"][0]["deviations"] == [{"code": "key-order", "clause": "E b", "message": "m"}]
    assert read["findings"][0]["severity"] == "error"
    assert read["verdict"] == "confirmed"
    assert not report.ok


def test_outcomes_are_json() -> None:
    good = Outcome("a.png", data=b"123", label=LABEL, written=(Note("metadata", "x"),))
    assert json.loads(json.dumps(good.asdict()))["bytes"] == 3
    bad = Outcome("a.png", error=InvalidField("no", place="Label"))
    assert not bad.ok
    assert bad.asdict()["error"] == {
        "error": "InvalidField", "message": "no", "file": "", "place": "Label", "remedy": "",
    }  # fmt: skip
