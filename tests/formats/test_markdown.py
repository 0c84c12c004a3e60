"""Markdown: front matter spliced line by line, and every dialect that public writers use."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

import labelkit
from labelkit.errors import UnknownFormat, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.containers import _yaml
from labelkit.formats.containers.markdown import Markdown
from labelkit.testing.container_contract import edited, home
from tests.formats.documents import LABEL, LONGER, TEXT, TextContract, labels, relabelled

MD = Markdown()
BLOCK = "AIGC:\n" + "".join(f'  {key}: "{value}"\n' for key, value in LABEL.fields().items())
OWN = "---\n# a comment\ntitle: 'It''s'   # kept\nversion: 1.10\nno: x\ntext: |\n  one: two\n  ---x\n---\n\n# Heading\n"


class TestMarkdown(TextContract):
    format_id = "markdown"
    ending = ".md"

    def samples(self) -> dict[str, bytes]:
        return {
            "plain": b"# Title\n\nText.\n",
            "front matter": OWN.encode(),
            "Windows": b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode(),
            "a rule": b"---\nText, no keys\n\n---\n",
            "empty front matter": b"---\n---\ntext",
            "indented": b"---\n  title: x\n---\n",
            "no line end": "标题".encode(),
        }


def test_the_label_is_a_block_at_the_head() -> None:
    assert edited(MD, b"# Title\n", TEXT).decode() == f"---\n{BLOCK}---\n\n# Title\n"


def test_existing_keys_comments_and_line_ends_stay() -> None:
    expected = OWN.replace("---\n\n# Heading", f"{BLOCK}---\n\n# Heading")
    assert edited(MD, OWN.encode(), TEXT).decode() == expected
    wide = b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode()
    assert edited(MD, wide, TEXT) == b"\xef\xbb\xbf" + expected.replace("\n", "\r\n").encode()


def test_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"# Title\n")
    out = labelkit.label(path, LABEL, tmp_path / "b.md")
    assert out.path
    (mark,) = labelkit.read(out.path)
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)
    report = labelkit.verify(out.path)
    assert report.verdict == "confirmed"
    assert [f.check for f in report.findings if f.severity != "info"] == [
        f.check for f in report.findings if "looked-at" in f.check and f.severity != "info"
    ]
    labelkit.propagate(out.path, "001191000000MA0000007C10001", propagate_id="P-9", in_place=True)
    assert labelkit.read(out.path)[0].label.propagate_id == "P-9"
    with pytest.raises(UnknownFormat):
        labelkit.label(b"# Title\n", LABEL)


def dialect(*lines: str, close: str = "---\n\n# T\n") -> bytes:
    return ("---\n" + "\n".join(lines) + "\n" + close).encode()


P = "001191440300708461136T1XGW3"
ID = "0f" * 16 + "_" + "1e" * 16
WORKBUDDY = dialect(
    "AIGC:", '    Label: "1"', f"    ContentProducer: {P}", f"    ProduceID: {ID}", "    ReservedCode1: YWJj+/==",
    f"    ContentPropagator: {P}", f"    PropagateID: {ID}", "    ReservedCode2: YWJj+/==",
)  # fmt: skip
COZE = dialect(
    "AIGC:", '    Label: "1"', "    ContentProducer: 001191110102MACQD9K64018705",
    "    ProduceID: 7560000000000000000-/data/报告.md", '    ReservedCode1: ""',
    "    ContentPropagator: 001191110102MACQD9K64028705", "    PropagateID: 7560000000000000000#1757000000000",
    '    ReservedCode2: ""',
)  # fmt: skip
MINIMAX = dialect(
    "AIGC:", "    ContentProducer: Minimax Agent AI", "    ContentPropagator: Minimax Agent AI", "    Label: AIGC",
    '    ProduceID: "00000000000000000000000000000000"', '    PropagateID: "00000000000000000000000000000000"',
    "    ReservedCode1: 3045022100ab", "    ReservedCode2: 3045022100cd",
)  # fmt: skip
MERGED = dialect(
    "title: Notes", "permalink: /x", "AIGC:", "  ContentProducer: '001191110102MAD55U9H0F10002'",
    "  ContentPropagator: '001191110102MAD55U9H0F10002'", "  Label: '1'", "  ProduceID: 'b5e0c1a2-1111'",
    "  PropagateID: 'b5e0c1a2-1111'", "  ReservedCode1: 'b5e0c1a2-1111'", "  ReservedCode2: 'b5e0c1a2-1111'",
)  # fmt: skip
JAVA = dialect(
    "AIGC:", '  Label: "1"', '  ContentProducer: "001191330110MADHPQQY7L10000"',
    '  ProduceID: "Doc(id=1, tags=[a, b])"', f'  ReservedCode1: "{"ab" * 32}"',
    '  ContentPropagator: "001191330110MADHPQQY7L10000"', '  PropagateID: "Doc(id=1, tags=[a, b])"',
    f'  ReservedCode2: "{"ab" * 32}"',
)  # fmt: skip
SIGNED = dialect(
    "AIGC:", "  Label: '1'", "  ContentProducer: '001191310104MACE0YX63918020'", "  ProduceID: '142569260085903360'",
    '  ReservedCode1: \'{"SecurityData":{"Type":"TC260PG","Version":1}}\'',
    "  ContentPropagator: '001191310104MACE0YX63918020'", "  PropagateID: '142569260085903360'",
    '  ReservedCode2: \'{"SecurityData":{"Type":"TC260PG","Version":1}}\'',
)  # fmt: skip
CHARACTERS, ORDER = "value-characters", "key-order"


@pytest.mark.parametrize(
    ("data", "codes", "expected"),
    [
        (WORKBUDDY, set(), {"ProduceID": ID, "ReservedCode1": "YWJj+/=="}),
        (COZE, {CHARACTERS}, {"ProduceID": "7560000000000000000-/data/报告.md"}),
        (MINIMAX, {ORDER, "label-value", CHARACTERS, "value-placeholder"}, {"ContentProducer": "Minimax Agent AI"}),
        (MERGED, {ORDER}, {"ProduceID": "b5e0c1a2-1111"}),
        (JAVA, {CHARACTERS}, {"ProduceID": "Doc(id=1, tags=[a, b])"}),
        (SIGNED, set(), {"ReservedCode1": '{"SecurityData":{"Type":"TC260PG","Version":1}}'}),
    ],
)  # fmt: skip
def test_the_six_dialects(data: bytes, codes: set[str], expected: dict[str, str]) -> None:
    (mark,) = labelkit.read(data)
    found = {d.code for d in mark.deviations} - {
        "provider-code-organisation",
        "propagation-id-differs",
        "provider-code",
    }
    assert found == codes
    assert {key: mark.label.fields()[key] for key in expected} == expected
    cleared = relabelled(data)
    assert labels(cleared) == [("AIGC", "")]
    assert cleared.endswith(b"---\n\n# T\n")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'---\nAIGC: ' + TEXT + b"\n---\n", "AIGC:"),
        (b"---\nAIGC: '" + TEXT + b"'\n---\n", "AIGC:stored-oddly"),
        (b"# Heading\n\n---\n" + BLOCK.encode() + b"---\ntext\n", "AIGC:place-not-in-guide stored-oddly"),
        (b"---\nmeta:\n  " + BLOCK.replace("\n", "\n  ").encode() + b"\n---\n", "AIGC:place-not-in-guide"),
        (b"---\n" + BLOCK.replace("AIGC", "aigc").encode() + b"---\n", "aigc:place-not-in-guide keyword-case"),
        (b'---\n"AIGC":\n' + BLOCK.partition("\n")[2].encode() + b"...\n", "AIGC:"),
        (b"---\n" + BLOCK.replace('Label: "1"', "Label: 1").encode() + b"---\n", "AIGC:label-not-string"),
        (b"---\n" + BLOCK.replace('"TEXT-1"', "2026-11-28").encode() + b"---\n", "AIGC:stored-oddly"),
        (b"---\n" + BLOCK.replace('ReservedCode1: ""', "ReservedCode1:").encode() + b"---\n", "AIGC:value-not-string"),
        (b"---\n" + BLOCK.encode() + BLOCK.encode() + b"---\n", "AIGC:, AIGC:"),
        (b"---\nAIGC: yes\n---\n", "AIGC:stored-oddly label-unreadable"),
    ],
)  # fmt: skip
def test_every_other_shape_is_read_and_cleared(data: bytes, found: str) -> None:
    assert ", ".join(":".join(pair) for pair in labels(data, "a.md")) == found
    assert labels(relabelled(data, name="a.md"), "a.md") == [("AIGC", "")]


def test_a_block_that_was_pushed_down_goes_with_its_dashes() -> None:
    data = b"# Heading\n\n---\n" + BLOCK.encode() + b"---\ntext\n"
    assert relabelled(data, name="a.md").decode() == f"---\n{BLOCK}---\n\n# Heading\n\ntext\n"


@pytest.mark.parametrize(
    "text",
    [
        "How to label:\n\n```yaml\n---\nAIGC:\n  Label: '1'\n---\n```\n",
        "AIGC: what is it?\n\n---\n\nIt is a label with Label and ProduceID.\n",
        "# AIGC\n\nLabel: 1\n",
        "x\n" * 20 + "---\n" + BLOCK + "---\n",
    ],
)
def test_an_article_about_labels_has_none(text: str) -> None:
    assert labels(text.encode(), "a.md") == []


@pytest.mark.parametrize("text", ["+++\ntitle = 'x'\n+++\n", "---\n{title: x}\n---\n"])
def test_other_front_matter_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedOperation):
        edited(MD, text.encode(), TEXT)


def test_gbk_text_keeps_its_bytes() -> None:
    data = "---\ntitle: 标题\n---\n正文\n".encode("gb18030")
    assert labels(edited(MD, data, TEXT), "a.md") == [("AIGC", "")]
    assert edited(MD, data, TEXT).startswith(data[:15])
    assert table.find(data, "a.md").id == "markdown"


def test_other_readers_of_yaml_see_strings() -> None:
    import yaml

    block = edited(MD, b"", LONGER).decode().split("---\n")[1]
    assert json.dumps(yaml.safe_load(block)["AIGC"], separators=(",", ":")).encode() == LONGER


@pytest.mark.parametrize(
    "scalar",
    [
        "plain text", "plain # comment", "'it''s'", r'"a\tb\"\\\u4e2d\x41\/"', "|\n    line\n    two",
        ">-\n    one\n    two",
        "'folded\n    on'", '"folded\n    on"', '"joined\\\n    up"', '"\\ space"', "https://x.y/z#f", "a: b",
    ],
)  # fmt: skip
def test_scalars_are_read_as_other_readers_do(scalar: str) -> None:
    import yaml

    text = f"AIGC:\n  Key: {scalar}\n  Next: x\n"
    try:
        expected = yaml.safe_load(text)["AIGC"]["Key"]
    except yaml.YAMLError:
        expected = "a: b"  # not YAML, but what was meant
    ours = json.loads(_yaml.read("", text.splitlines()[1:]).json)
    assert ours["Key"].strip() == expected.strip()
    assert ours["Next"] == "x"


@pytest.mark.parametrize(
    "text", ["", " ", '"', "\\", "\u2028\x85\x00\x7f", "'\"#: -", "名称", "\U0001f600", "---", "1.10", "null"]
)
def test_quoted_scalars_come_back(text: str) -> None:
    import yaml

    assert yaml.safe_load(_yaml.quoted(text)) == text
    assert json.loads(_yaml.read("", [f"  k: {_yaml.quoted(text)}"]).json)["k"] == text


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["---\n", "AIGC:\n", "a: 'x\n", '"', "AIGC: {", "\\", "  - x:\n", "-" * 50 + "\n"])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    for data in ((piece * 60_000).encode(), b"---\n" + (piece * 60_000).encode()):
        with contextlib.suppress(labelkit.LabelKitError):
            list(MD.read(data))


def test_a_home_that_reads_the_same_is_left_alone() -> None:
    data = b"---\nAIGC: " + TEXT + b"\n---\n"
    assert home(MD, data) == TEXT
    assert list(MD.edit(data, TEXT, {})) == []
