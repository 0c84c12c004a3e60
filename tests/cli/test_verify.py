"""``labelkit verify`` and ``labelkit show``: verdicts, summaries, reports and exit codes."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import PRODUCER, Run, spawn


@pytest.fixture
def archive(conforming: Path, coffee: Path) -> Path:
    folder = Path("archive")
    folder.mkdir()
    shutil.copy(conforming, folder / "ok.jpg")
    shutil.copy(coffee, folder / "plain.jpg")
    return folder


def test_a_file_that_conforms(run: Run, conforming: Path) -> None:
    ran = run("verify", conforming)
    first, mark = ran.out.splitlines()
    assert (ran.code, first, ran.err) == (0, "ok.jpg: conforms (confirmed: generated)", "")
    assert mark.startswith("  watermark: ")


def test_a_file_without_labels(run: Run, coffee: Path) -> None:
    ran = run("verify", "coffee.jpg")
    assert ran.code == 1
    assert ran.out.startswith("coffee.jpg: does not conform (no sign of generation found)\n")
    assert "error metadata.present [标识办法 art. 5; GB 45438-2025 6.1]" in ran.out
    assert "not found: no label, file metadata" in ran.out


def test_a_file_without_labels_in_chinese(run: Run, coffee: Path) -> None:
    ran = run("verify", "coffee.jpg", "--lang", "zh")
    assert ran.out.startswith("coffee.jpg：不符合（未发现生成合成迹象）\n")
    assert "错误 metadata.present" in ran.out
    assert "未找到：没有标识" in ran.out


def test_unreadable_is_not_the_same_as_not_labelled(run: Run) -> None:
    Path("empty.jpg").touch()
    for name in ("empty.jpg", "missing.jpg"):
        ran = run("verify", name)
        assert ran.code == 3
        assert ran.out.startswith(f"{name}: cannot tell (unreadable)\n")


def test_layers_that_were_not_asked_for_do_not_count(run: Run, labelled: Path) -> None:
    ran = run("verify", labelled, "--look", "metadata")
    assert ran.code == 0
    assert "nothing wrong in what was looked at" in ran.out
    assert "explicit.looked-at" in ran.out
    assert run("verify", labelled).code == 1


def test_a_folder_ends_with_a_summary(run: Run, archive: Path) -> None:
    ran = run("verify", archive, "--jobs", 1)
    assert ran.code == 1
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["conforms", "1"] in lines
    assert ["does", "not", "conform", "1"] in lines
    assert ["files", "2"] in lines
    assert ["found", "1"] in lines
    assert any(line[:2] == ["metadata.present", "1"] for line in lines)


def test_unreadable_wins_over_findings(run: Run, archive: Path) -> None:
    (archive / "empty.png").touch()
    assert run("verify", archive, "--jobs", 1).code == 3


def test_an_empty_folder_is_not_a_pass(run: Run) -> None:
    Path("empty").mkdir()
    ran = run("verify", "empty")
    assert (ran.code, ran.out) == (3, "nothing was verified: no files were found\n")
    assert run("verify", "empty", "--quiet") == ran


def test_quiet_names_only_what_is_wrong(run: Run, archive: Path) -> None:
    ran = run("verify", archive, "--quiet", "--jobs", 1)
    assert ran.out.startswith("archive/plain.jpg: does not conform")
    assert "ok.jpg" not in ran.out
    assert run("verify", archive / "ok.jpg", "--quiet").out == ""


def test_json(run: Run, archive: Path) -> None:
    ran = run("verify", archive, "--json", "--jobs", 1)
    assert ran.code == 1
    assert ran.json["schema"] == "labelkit.reports/1"
    assert [file["conforms"] for file in ran.json["files"]] == [True, False]
    assert [len(file["watermarks"]) for file in ran.json["files"]] == [1, 0]
    assert ran.json["summary"]["watermarks"] == 1
    assert ran.json["summary"]["conforms"] == {"yes": 1, "no": 1, "unknown": 0}
    assert ran.out.isascii()
    assert "archive/plain.jpg: does not conform" in ran.err


def test_json_lines(run: Run, archive: Path) -> None:
    ran = run("verify", archive, "--jsonl", "--jobs", 1)
    files = [json.loads(line) for line in ran.out.splitlines()]
    assert [Path(file["path"]).name for file in files] == ["ok.jpg", "plain.jpg"]


def test_json_escapes_every_kind_of_character(run: Run) -> None:
    name = "🖼 图\u202e\x9b.png"
    Path(name).write_text("x")
    ran = run("verify", name, "--json")
    assert ran.out.isascii()
    assert ran.json["files"][0]["path"] == name


def test_reports(run: Run, archive: Path) -> None:
    for kind in ("json", "jsonl", "csv"):
        ran = run("verify", archive, "--look", "metadata", "--report", f"r.{kind}", "--jobs", 1)
        assert ran.code == 1
        assert ran.out.endswith(f"report written to r.{kind}\n")
    assert len(json.loads(Path("r.json").read_text("utf-8"))["files"]) == 2
    assert len(Path("r.jsonl").read_text("utf-8").splitlines()) == 2
    with open("r.csv", encoding="utf-8-sig", newline="") as stream:
        assert [row["conforms"] for row in csv.DictReader(stream)] == ["unknown", "no"]


def test_a_report_that_cannot_be_written_is_named_before_any_work(run: Run, archive: Path) -> None:
    ran = run("verify", archive, "--report", "r.pdf")
    assert (ran.code, ran.out) == (2, "")
    assert "the report's name must end in .json, .jsonl or .csv" in ran.err
    ran = run("verify", archive, "--report", "no/r.json")
    assert (ran.code, ran.out) == (3, "")
    assert "no/r.json: the output folder does not exist" in ran.err


def test_wrong_arguments(run: Run, coffee: Path) -> None:
    for words, message in {
        ("--key", "no.key"): "no.key: there is no such key file (make one with `labelkit keys new`)",
        ("--look", "metdata"): "did you mean metadata?",
        ("--json", "--jsonl"): "--json and --jsonl exclude each other",
        ("-",): "standard input stands alone",
    }.items():
        ran = run("verify", coffee, *words)
        assert ran.code == 2
        assert message in ran.err


def test_standard_input(conforming: Path) -> None:
    done = spawn("verify", "-", "--json", input=conforming.read_bytes())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"][0]["verdict"] == "confirmed"


def test_show_has_every_field_place_and_measure(run: Run, conforming: Path) -> None:
    ran = run("show", conforming)
    assert ran.code == 0
    assert "ok.jpg (jpeg): conforms (confirmed: generated)" in ran.out
    for key in ("Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID"):
        assert f"    {key} " in ran.out
    assert PRODUCER in ran.out
    assert "由AI生成 at " in ran.out
    assert "iptc-source-type: trainedAlgorithmicMedia" in ran.out
    assert "Watermarks:\n  " in ran.out
    assert "Findings: none" in ran.out


def test_show_without_a_label(run: Run, coffee: Path) -> None:
    ran = run("show", coffee)
    assert ran.code == 1
    assert "Metadata labels: none" in ran.out


def test_show_names_deviations_and_escapes_what_files_say(run: Run) -> None:
    from PIL import Image, PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_text("AIGC", '{"AIGC":{"Label":1,"ContentProducer":"\\u001b[2J\\u202e","ProduceID":"x"}}')
    Image.new("RGB", (64, 64)).save("odd.png", pnginfo=info)
    ran = run("show", "odd.png")
    assert ran.code == 0
    assert "! label-not-string [" in ran.out
    assert "\\x1b[2J\\u202e" in ran.out
    assert "\x1b" not in ran.out


def test_show_of_what_is_no_picture(run: Run) -> None:
    Path("a.png").write_text("hello")
    assert run("show", "a.png").code == 3
    assert run("show", "missing.png").code == 3
    assert run("show", "a.png", "--json").json["verdict"] == "unreadable"


def test_show_json_is_one_file_object(run: Run, conforming: Path) -> None:
    shown = run("show", conforming, "--json").json
    listed = run("verify", conforming, "--json").json["files"][0]
    assert shown.pop("schema") == "labelkit.file/1"
    assert shown == listed
