"""Documents without a place for a label: it is kept beside them, and never taken for that of another content."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import labelkit
from labelkit.errors import AlreadyLabelled, UnknownFormat, UnsupportedOperation
from labelkit.formats import table
from tests.formats.documents import LABEL, TEXT

CONFIG = labelkit.Config(sync=False, layers=("metadata",))
FILES = {
    "a.txt": "一句话。\n".encode(),
    "wide.txt": "text".encode("utf-16"),
    "a.csv": b"a,b\n1,2\n",
    "a.srt": b"1\n00:00:01,000 --> 00:00:02,000\nText\n",
    "a.json": b'{"a": 1}',
    "a.jsonl": b'{"a": 1}\n{"a": 2}\n',
}


@pytest.fixture(params=FILES)
def document(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    path.write_bytes(FILES[request.param])
    return path


def beside(path: Path) -> Path:
    return path.with_name(path.name + ".aigc.json")


def test_end_to_end(document: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    out = labelkit.label(document, LABEL, tmp_path / "out", config=CONFIG)
    assert out.path == tmp_path / "out" / document.name
    assert out.path.read_bytes() == document.read_bytes()
    assert not beside(document).exists()
    kept = json.loads(beside(out.path).read_bytes())
    assert json.dumps(kept["AIGC"], separators=(",", ":")).encode() == TEXT
    (mark,) = labelkit.read(out.path)
    assert (mark.label, mark.deviations, mark.main) == (LABEL, (), True)
    assert mark.place == f"{document.name}.aigc.json AIGC"
    assert labelkit.verify(out.path, look=["metadata"]).verdict == "confirmed"


def test_in_place_twice_changes_nothing(document: Path) -> None:
    for _ in range(2):
        labelkit.label(document, LABEL, in_place=True, config=CONFIG)
        assert document.read_bytes() == FILES[document.name]
        assert len(labelkit.read(document)) == 1
    first = beside(document).read_bytes()
    labelkit.label(document, LABEL, in_place=True, config=CONFIG)
    assert beside(document).read_bytes() == first


def test_policies_look_beside(document: Path, tmp_path: Path) -> None:
    labelkit.label(document, LABEL, in_place=True, config=CONFIG)
    with pytest.raises(AlreadyLabelled):
        labelkit.label(document, LABEL, in_place=True, config=CONFIG, on_existing="refuse")
    other = labelkit.AigcLabel.generated("001191000000MA0000007C10001", "OTHER")
    kept = labelkit.label(document, other, tmp_path / f"kept-{document.name}", config=CONFIG, on_existing="keep")
    assert kept.path
    assert [mark.label for mark in labelkit.read(kept.path)] == [LABEL]
    labelkit.propagate(document, "001191000000MA0000007C10001", propagate_id="P-9", in_place=True)
    (mark,) = labelkit.read(document)
    assert (mark.label.produce_id, mark.label.propagate_id) == (LABEL.produce_id, "P-9")


def test_a_changed_document_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"before")
    labelkit.label(path, LABEL, in_place=True, config=CONFIG)
    path.write_bytes(b"after")
    report = labelkit.verify(path, look=["metadata"])
    assert report.conforms is False
    assert [f.check for f in report.findings if f.severity == "error"] == ["metadata.sidecar-of-other-content"]


@pytest.mark.parametrize("stored", [b"", b"[]", b"{", b'{"AIGC":1}', b'{"File":[]}', b"\xff\xfe"])
def test_a_broken_sidecar_is_a_finding(stored: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"text")
    beside(path).write_bytes(stored)
    assert labelkit.verify(path, look=["metadata"]).verdict in ("unreadable", "suspected", "none")
    assert labelkit.verify(path, look=["metadata"]).conforms is not True


def test_a_result_in_memory_is_refused() -> None:
    file = io.BytesIO(b"text")
    file.name = "a.txt"
    with pytest.raises(UnsupportedOperation, match=r"NAME\.aigc\.json"):
        labelkit.label(file, LABEL, config=CONFIG)


def test_a_label_inside_json_is_read_and_not_doubled(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"x":[],"aigc":' + TEXT + b"}")
    (mark,) = labelkit.read(path)
    assert mark.label == LABEL
    with pytest.raises(UnsupportedOperation, match="inside"):
        labelkit.label(path, LABEL, in_place=True, config=CONFIG)


def test_folders_leave_plain_text_alone(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name, data in FILES.items():
        (source / name).write_bytes(data)
    (source / "a.md").write_bytes(b"# T\n")
    (source / "a.py").write_bytes(b"x = 1\n")
    outcomes = labelkit.label_many(source, tmp_path / "out", producer=LABEL.content_producer, config=CONFIG)
    done = {Path(outcome.source).name: outcome for outcome in outcomes}
    written = {name for name, outcome in done.items() if outcome.ok and outcome.path}
    assert written == {"a.md", "a.srt"}
    labelkit.label(source / "a.csv", LABEL, in_place=True, config=CONFIG)
    reports = {Path(r.path).name: r.verdict for r in labelkit.verify_many(source, look=["metadata"])}
    assert (reports["a.csv"], reports["a.json"]) == ("confirmed", "none")


def test_text_without_a_name_stays_unknown() -> None:
    with pytest.raises(UnknownFormat):
        table.find(b"text")
    assert table.find(FILES["a.srt"]).id == "srt"
