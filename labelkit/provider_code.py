"""The 27-character provider code of TC260-PG-20252A, and the check digits inside it.

==========  ======  =======================================================================================
positions   length  meaning
==========  ======  =======================================================================================
1-2         2       format definition code 标识格式定义码: ``00``
3           1       subject type 主体类型: ``1`` organisation (other values: UNCERTAIN, accepted with a note)
4           1       binding method: ``1`` bound to the social credit code (other values: UNCERTAIN)
5-22        18      Unified Social Credit Code 统一社会信用代码 (GB 32100-2015)
23          1       service type: ``1`` generation, ``2`` propagation (``0`` is seen with extension 00000)
24-27       4       model or application code, chosen by the provider
==========  ======  =======================================================================================

The 27 characters have no check digit of their own; the credit code has two (its own, and that of the organisation
code in its positions 9-17).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from labelkit.errors import InvalidProviderCode

_SHAPE = re.compile(r"00([0-9A-Z])([0-9A-Z])([0-9A-Z]{18})([0-9A-Z])([0-9A-Z]{4})")

# GB 32100-2015: 31 symbols (I, O, S, V, Z are left out), weights 3^(i-1) mod 31.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
# GB 11714-1997: weights of the organisation code; digits count 0-9, letters A=10 .. Z=35.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_REMEDY = "check the 18-character social credit code in positions 5-22 against the business licence"


def credit_check_digit(code: str) -> str:
    """The 18th character that belongs to the first 17 of a credit code (GB 32100-2015).

    Raises:
        InvalidProviderCode: fewer than 17 characters, or one outside the 31-symbol alphabet.
    """
    if len(code) < 17 or any(c not in _CREDIT_ALPHABET for c in code[:17]):
        raise InvalidProviderCode(f"{code!r} is not a credit code: 17 symbols of {_CREDIT_ALPHABET} are needed")
    total = sum(_CREDIT_ALPHABET.index(c) * w for c, w in zip(code, _CREDIT_WEIGHTS, strict=False))
    return _CREDIT_ALPHABET[-total % 31]


def organisation_check_digit(code: str) -> str:
    """The check character (position 9) that belongs to the first 8 of an organisation code (GB 11714-1997).

    Raises:
        InvalidProviderCode: fewer than 8 characters, or one outside ``0-9A-Z``.
    """
    if not re.fullmatch(r"[0-9A-Z]{8,}", code):
        raise InvalidProviderCode(f"{code!r} is not an organisation code: 8 characters 0-9 A-Z are needed")
    total = sum(int(c, 36) * w for c, w in zip(code, _ORGANISATION_WEIGHTS, strict=False))
    digit = 11 - total % 11
    return {10: "X", 11: "0"}.get(digit, str(digit))


@dataclass(frozen=True, slots=True)
class ProviderCode:
    """A provider code, taken apart.

    Attributes:
        credit_code: the 18-character Unified Social Credit Code.
        service: ``"1"`` generation service, ``"2"`` propagation service.
        application: four characters of the provider's own, ``[0-9A-Z]``.
        subject: subject type, ``"1"`` for an organisation.
        binding: binding method, ``"1"`` for the social credit code.
    """

    credit_code: str
    service: str = "1"
    application: str = "0000"
    subject: str = "1"
    binding: str = "1"

    def __str__(self) -> str:
        return f"00{self.subject}{self.binding}{self.credit_code}{self.service}{self.application}"

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the check digits, in words; empty when both are right.

        A wrong credit-code digit means a mistyped code. The organisation-code digit is reported too, but codes
        issued by some registries ignore it, so :meth:`parse` does not refuse for that alone.
        """
        if self.binding != "1":
            return ()  # positions 5-22 are no credit code then
        return tuple(p for p in (self._credit_problem(), self._organisation_problem()) if p)

    def _credit_problem(self) -> str:
        code = self.credit_code
        if len(code) != 18:
            return f"credit code {code!r} has {len(code)} characters, not 18 (GB 32100-2015)"
        try:
            expected = credit_check_digit(code)
        except InvalidProviderCode as error:
            return error.message
        if code[17] == expected:
            return ""
        return f"credit code {code} ends in {code[17]}, its check digit is {expected} (GB 32100-2015)"

    def _organisation_problem(self) -> str:
        code = self.credit_code
        if not re.fullmatch(r"[0-9A-Z]{18}", code):
            return ""  # the credit code's own problem says so already
        expected = organisation_check_digit(code[8:16])
        if code[16] == expected:
            return ""
        return f"organisation code {code[8:17]} ends in {code[16]}, its check digit is {expected} (GB 11714)"

    @classmethod
    def compose(cls, credit_code: str, *, service: str = "1", application: str = "0000") -> ProviderCode:
        """Build the code of an organisation from its credit code and check it.

        Args:
            credit_code: 18 characters of the GB 32100-2015 alphabet.
            service: ``"1"`` for a generation service, ``"2"`` for a propagation service.
            application: four characters ``[0-9A-Z]`` of your choice for the model or application.

        Raises:
            InvalidProviderCode: a part has the wrong shape, or the credit code's check digit is wrong.
        """
        made = cls(credit_code, service, application)
        if cls.parse(str(made)) != made:
            raise InvalidProviderCode(
                f"{credit_code!r}, {service!r} and {application!r} have 18, 1 and 4 characters in a provider code",
                place=f"provider code {made}",
                remedy=_REMEDY,
            )
        return made

    @classmethod
    @lru_cache(maxsize=256)  # a service writes the same code into everything it makes
    def parse(cls, text: str) -> ProviderCode:
        """Take a 27-character code apart and check it.

        Raises:
            InvalidProviderCode: the shape is wrong or the credit code's check digit does not match.
        """
        match = _SHAPE.fullmatch(text)
        if not match:
            raise InvalidProviderCode(
                f"{text!r} is not a provider code: 27 characters 0-9 A-Z starting with 00 are needed (TC260-PG-20252A)",
                remedy="write 00, subject type, binding, 18-character credit code, service type and 4 own characters",
            )
        subject, binding, credit_code, service, application = match.groups()
        code = cls(credit_code, service, application, subject, binding)
        if binding == "1" and (problem := code._credit_problem()):
            raise InvalidProviderCode(problem, place=f"provider code {text}", remedy=_REMEDY)
        return code


def looks_like_code(text: str) -> bool:
    """Whether a producer value is meant as a code rather than a name: 27 or so characters ``0-9A-Z`` from ``00``.

    Annex E d) allows a name or a code; a name is never checked, a near miss of a code is.
    """
    return bool(re.fullmatch(r"00[0-9A-Za-z]{20,30}", text))
