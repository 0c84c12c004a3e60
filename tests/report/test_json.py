from __future__ import annotations

import io
import json
import os

import pytest

from labelkit.record import Report, Verdict
from labelkit.report.json import OUTCOMES_SCHEMA, JsonLinesWriter, JsonWriter, dumps
from labelkit.report.model import LabelTally, Tally
from tests.report.report_samples import BAD, GOOD, LABEL, OUTCOMES, REPORTS


def written(reports: tuple[Report, ...]) -> str:
    stream, tally = io.StringIO(), Tally()
    writer = JsonWriter(stream)
    for report in reports:
        writer.add(report)
        tally.add(report)
    writer.close(tally.summary())
    return stream.getvalue()


@pytest.mark.parametrize("count", [0, 1, len(REPORTS)])
def test_the_object_is_the_documented_one(count: int) -> None:
    found = json.loads(written(REPORTS[:count]))
    assert list(found) == ["schema", "files", "summary"]
    assert found["schema"] == "labelkit.reports/1"
    assert found["files"] == [json.loads(json.dumps(r.asdict())) for r in REPORTS[:count]]
    assert found["summary"]["files"] == count


def test_a_file_object_has_the_documented_keys() -> None:
    (found,) = json.loads(written((BAD,)))["files"]
    assert {
        "path",
        "verdict",
        "conforms",
        "labels",
        "explicit",
        "watermarks",
        "traces",
        "findings",
        "not_looked_at",
    } <= set(found)
    assert set(found["labels"][0]) >= {"place", "fields", "deviations"}
    assert list(found["labels"][0]["fields"]) == [
        "Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2",
    ]  # fmt: skip
    assert set(found["findings"][0]) >= {"check", "severity", "clause", "place", "expected", "found"}


def test_a_watermark_has_the_documented_keys() -> None:
    (mark,) = json.loads(written((GOOD,)))["files"][0]["watermarks"]
    assert list(mark) == ["payload", "p_value", "key_id", "geometry", "z"]
    assert int(mark["payload"], 16) == LABEL.content_tag
    assert list(mark["geometry"]) == [
        "scale_x", "scale_y", "rotation", "shear", "flipped", "offset", "matrix", "words",
    ]  # fmt: skip


def test_files_are_written_as_they_come() -> None:
    stream = io.StringIO()
    writer = JsonWriter(stream)
    sizes = []
    for report in REPORTS:
        writer.add(report)
        sizes.append(len(stream.getvalue()))
    assert sizes == sorted(set(sizes))


def test_chinese_stands_as_itself_and_odd_names_survive() -> None:
    text = written((GOOD, BAD))
    assert "图片/a.png" in text
    text.encode("utf-8")  # a lone surrogate would raise
    assert json.loads(text)["files"][1]["path"] == BAD.path
    assert "\x1b" not in text


def test_every_byte_of_a_name_can_be_had_back() -> None:
    name = os.fsdecode(bytes(range(1, 256)).replace(b"/", b""))
    line = dumps(Report(name, Verdict.NONE, None).asdict())
    assert os.fsencode(json.loads(line.encode("utf-8"))["path"]) == os.fsencode(name)
    assert "\n" not in line


def test_numbers_json_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        dumps({"ratio": float("nan")})


def test_one_object_a_line() -> None:
    stream = io.StringIO()
    writer = JsonLinesWriter(stream)
    for report in REPORTS:
        writer.add(report)
    writer.close(Tally().summary())
    lines = stream.getvalue().splitlines()
    assert [json.loads(line)["path"] for line in lines] == [r.path for r in REPORTS]
    assert stream.getvalue().endswith("\n")


def test_outcomes_too() -> None:
    stream, tally = io.StringIO(), LabelTally()
    writer = JsonWriter(stream, OUTCOMES_SCHEMA)
    for outcome in OUTCOMES:
        writer.add(outcome)
        tally.add(outcome)
    writer.close(tally.summary())
    found = json.loads(stream.getvalue())
    assert found["schema"] == "labelkit.outcomes/1"
    assert [f["ok"] for f in found["files"]] == [o.ok for o in OUTCOMES]
    assert found["summary"]["failed"]["count"] == 2
