"""RTF: the user property, where office suites put it."""

from __future__ import annotations

import pytest

import labelkit
from labelkit.errors import BrokenFile
from labelkit.formats.containers.rtf import Rtf
from labelkit.testing.container_contract import edited, home
from tests.formats.documents import LABEL, LONGER, TEXT, DocumentContract, labels, relabelled

RTF = Rtf()
HEAD = b"{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Times;}}{\\colortbl;\\red0;}"
INFO = b"{\\info{\\title T\\{x\\}}}"
BODY = b"\\pard Text {\\b bold}\\bin3 }}} \\'e9\\par}"
ESCAPED = TEXT.replace(b"{", b"\\{").replace(b"}", b"\\}")


def properties(inner: bytes) -> bytes:
    return HEAD + INFO + b"{\\*\\userprops " + inner + b"}" + BODY


def prop(value: bytes = ESCAPED, name: bytes = b"AIGC", kind: bytes = b"30") -> bytes:
    return b"{\\propname " + name + b"}\\proptype" + kind + b"{\\staticval " + value + b"}"


OTHER = prop(b"A \\'e9", b"Client")


class TestRtf(DocumentContract):
    format_id = "rtf"

    def samples(self) -> dict[str, bytes]:
        return {
            "plain": HEAD + BODY,
            "with information": HEAD + INFO + BODY,
            "with properties": properties(OTHER + b"\r\n" + prop(b"1", b"Number", b"3")),
            "smallest": b"{\\rtf1 x}",
        }

    def pixels(self, data: bytes) -> object:
        return data[data.find(b"\\pard") :] if b"\\pard" in data else (data[:7], data[-2:])


def test_the_property_stands_behind_the_information() -> None:
    labelled = edited(RTF, HEAD + INFO + BODY, TEXT)
    assert labelled == HEAD + INFO + b"{\\*\\userprops " + prop() + b"}" + BODY
    assert edited(RTF, properties(OTHER), TEXT) == properties(prop() + OTHER)


def test_end_to_end() -> None:
    out = labelkit.label(HEAD + INFO + BODY, LABEL)
    assert out.data
    (mark,) = labelkit.read(out.data)
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        (prop(), "AIGC:"),
        (prop() + b"{\\linkval x}" + OTHER, "AIGC:"),
        (prop(ESCAPED.replace(b"T", b"\\u84?")), "AIGC:"),
        (prop(ESCAPED.replace(b"T", b"\\'54").replace(b",", b",\r\n")), "AIGC:"),
        (prop(kind=b"3"), "AIGC:stored-oddly"),
        (prop(name=b"aigc"), "aigc:place-not-in-guide keyword-case"),
        (prop() + prop(), "AIGC:, AIGC:"),
        (prop(b'\\{"AIGC":' + ESCAPED + b"\\}", b"Note") + OTHER, "Note:place-not-in-guide"),
    ],
)
def test_every_wild_shape_is_read_and_cleared(inner: bytes, found: str) -> None:
    data = properties(inner)
    assert ", ".join(map(":".join, labels(data))) == found
    cleared = relabelled(data)
    assert labels(cleared) == [("AIGC", "")]
    assert (OTHER in cleared) == (OTHER in data)
    assert cleared.endswith(BODY)


def test_characters_beyond_ascii_are_numbers() -> None:
    labelled = edited(RTF, HEAD + BODY, '{"a":"中\U0001f600"}'.encode())
    assert b"\\u20013?\\u-10179?\\u-8704?" in labelled
    assert home(RTF, labelled) == '{"a":"中\U0001f600"}'.encode()


def test_longer_values_come_back() -> None:
    assert home(RTF, edited(RTF, HEAD + BODY, LONGER)) == LONGER


@pytest.mark.parametrize(
    "data", [b"{\\rtf1{\\info", b"{\\rtf1{\\info}", b"{\\rt", b"{\\rtf1{\\*\\userprops{\\propname A}"]
)
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenFile):
        edited(RTF, data, TEXT)
