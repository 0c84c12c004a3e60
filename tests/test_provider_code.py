"""Provider codes: the shape of TC260-PG-20252A, the check digits of GB 32100-2015 and GB 11714."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit.errors import InvalidProviderCode
from labelkit.provider_code import (
    ProviderCode,
    credit_check_digit,
    looks_like_code,
    organisation_check_digit,
)

# Codes that stand in public files, one provider each.
SEEN = (
    "001191310104MACE0YX63918020",
    "001191110102MACQD9K64010000",
    "001191440300MA5G49LC9K1YO01",
    "001191440300708461136T1308L",
    "001191350100M000100Y4300000",
    "001191149900MA0LA3QG5T20001",
    "001191320118MAK93FC72D10001",
    "001191610133596325171T12566",
)
FICTITIOUS = "001191000000MA0000007C10001"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("text", [*SEEN, FICTITIOUS])
def test_codes_from_public_files_pass_both_check_digits(text: str) -> None:
    code = ProviderCode.parse(text)
    assert str(code) == text
    assert code.problems() == ()


def test_a_code_comes_apart_as_the_guide_says() -> None:
    code = ProviderCode.parse("001191149900MA0LA3QG5T20001")
    assert (code.subject, code.binding) == ("1", "1")
    assert (code.credit_code, code.service, code.application) == ("91149900MA0LA3QG5T", "2", "0001")


@pytest.mark.parametrize("text", SEEN)
@pytest.mark.parametrize("position", range(4, 22))
def test_every_mistyped_character_of_the_credit_code_is_noticed(text: str, position: int) -> None:
    for other in _CREDIT_ALPHABET:
        if other != text[position]:
            with pytest.raises(InvalidProviderCode, match="check digit is"):
                ProviderCode.parse(text[:position] + other + text[position + 1 :])


def test_a_letter_outside_the_credit_alphabet_is_noticed() -> None:
    with pytest.raises(InvalidProviderCode, match="credit code"):
        ProviderCode.parse(FICTITIOUS.replace("MA", "IO"))


@pytest.mark.parametrize(
    "text",
    ["", "00119", FICTITIOUS[:-1], FICTITIOUS + "0", FICTITIOUS.lower(), "01" + FICTITIOUS[2:], f"{FICTITIOUS}\n"],
)
def test_wrong_shapes_are_refused_with_the_shape_asked_for(text: str) -> None:
    with pytest.raises(InvalidProviderCode, match="27 characters"):
        ProviderCode.parse(text)


def test_a_wrong_organisation_digit_is_reported_and_not_refused() -> None:
    # The credit code's own digit is right for a wrong organisation digit, as some registries issue them.
    first = "91000000MA000000" + "8"
    credit = first + credit_check_digit(first)
    code = ProviderCode.compose(credit)
    (problem,) = code.problems()
    assert "its check digit is 7" in problem


def test_another_binding_is_not_held_to_the_credit_code() -> None:
    code = ProviderCode.parse("0012ABCDEFGHIJKLMNOPQR10001")
    assert code.binding == "2"
    assert code.problems() == ()


@given(
    st.text(_CREDIT_ALPHABET, min_size=17, max_size=17),
    st.sampled_from("12"),
    st.from_regex(r"[0-9A-Z]{4}", fullmatch=True),
)
def test_compose_and_parse_agree(first: str, service: str, application: str) -> None:
    credit = first + credit_check_digit(first)
    code = ProviderCode.compose(credit, service=service, application=application)
    assert ProviderCode.parse(str(code)) == code
    assert len(str(code)) == 27


@pytest.mark.parametrize(
    ("credit", "service", "application"),
    [("91000000MA0000007", "1", "00001"), ("91000000MA0000007C1", "", "0001"), ("91000000MA0000007C", "10", "001")],
)
def test_parts_of_the_wrong_length_do_not_slide_into_each_other(credit: str, service: str, application: str) -> None:
    with pytest.raises(InvalidProviderCode):
        ProviderCode.compose(credit, service=service, application=application)


def test_check_digits_refuse_what_they_cannot_count() -> None:
    with pytest.raises(InvalidProviderCode):
        credit_check_digit("9100")
    with pytest.raises(InvalidProviderCode):
        organisation_check_digit("MA-00000")
    assert ProviderCode("short").problems() == ("credit code 'short' has 5 characters, not 18 (GB 32100-2015)",)


@pytest.mark.parametrize(
    ("value", "expected"), [(FICTITIOUS, True), (FICTITIOUS[:-2], True), ("MiniMax", False), ("", False)]
)
def test_names_are_told_from_codes(value: str, expected: bool) -> None:
    assert looks_like_code(value) is expected
