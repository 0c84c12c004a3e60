"""label_many and verify_many as their callers see them, with real files and the real work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from labelkit import api
from labelkit.batch import label_many, verify_many
from labelkit.config import Config
from labelkit.errors import (
    BrokenFile,
    ConfigError,
    InputError,
    InvalidField,
    InvalidProviderCode,
    LabelKitError,
    NotFound,
    UnknownFormat,
    Unreadable,
    WriteError,
)
from labelkit.record import AigcLabel, Outcome, Verdict
from labelkit.watermark.keys import Key
from tests.batch.batch_workers import PRODUCER

#: The metadata layer alone: these tests are about files, not about pixels. No waiting for the disk either.
FAST = Config(producer=PRODUCER, layers=("metadata",), sync=False)
PICTURES = Path(__file__).resolve().parent.parent / "data" / "pictures"
JOURNAL = ".labelkit-journal.jsonl"


def picture(path: Path, shade: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 24), (shade % 256, 100, 200)).save(path, "PNG")
    return path


def pictures(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        picture(folder / name, number)
    return folder


def run(sources: Any, out: Any = None, **more: Any) -> list[Outcome]:
    return list(label_many(sources, out, **{"config": FAST, "jobs": 1, **more}))


def by_name(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    return {os.path.basename(o.source): o for o in outcomes}


def ids(outcomes: Iterable[Outcome]) -> list[str]:
    return [o.label.produce_id for o in outcomes if o.label]


def id_in(path: Path) -> str:
    (mark,) = api.read(path)
    return mark.label.produce_id


def reasons(outcome: Outcome) -> str:
    return "; ".join(note.text for note in outcome.skipped if note.layer == "file")


def tree(folder: Path) -> list[str]:
    found = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return sorted(os.path.relpath(path, folder) for path in found)


# --- folders


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_keeps_its_shape_and_every_file_gets_an_id(tmp_path: Path, jobs: int) -> None:
    source = pictures(tmp_path / "in", "a.png", "sub/b.png", "sub/deep/c.png")
    outcomes = run(source, tmp_path / "out", jobs=jobs)
    assert [o.error for o in outcomes] == [None] * 3
    assert tree(tmp_path / "out") == sorted([JOURNAL, "a.png", "sub/b.png", "sub/deep/c.png"])
    assert len(set(ids(outcomes))) == 3
    assert [id_in(o.path) for o in outcomes if o.path] == ids(outcomes)
    assert [o.source for o in outcomes] == [os.path.join(source, n) for n in ("a.png", "sub/b.png", "sub/deep/c.png")]


def test_names_of_every_kind(tmp_path: Path) -> None:
    names = [
        "图片 一.png",
        "line\nbreak.png",
        "not-utf8-\udcff.png",
        "-rf.png",
        "字" * 83 + ".png",
        "'q\".png",
        "no-ending",
    ]
    pictures(tmp_path / "in", *names)
    outcomes = run(tmp_path / "in", tmp_path / "out", jobs=2)
    assert [o.error for o in outcomes] == [None] * len(names)
    assert set(tree(tmp_path / "out")) == {JOURNAL, *names}
    again = run(tmp_path / "in", tmp_path / "out")
    assert [reasons(o) for o in again] == ["done before"] * len(names)
    assert ids(again) == ids(outcomes)


def test_what_is_no_picture_is_left_out_in_a_folder_and_an_error_by_name(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "unnamed-png")
    (source / "README.bin").write_text("read me")
    (source / "empty").touch()
    (source / "empty.jpg").touch()
    (source / "text.jpg").write_text("this is no picture")
    (source / "half.png").write_bytes((source / "a.png").read_bytes()[:40])
    found = by_name(run(source, tmp_path / "out"))
    assert found["a.png"].label
    assert found["unnamed-png"].label
    assert (found["README.bin"].ok, found["README.bin"].label) == (True, None)
    assert "not a media file" in reasons(found["README.bin"])
    assert "0 bytes" in reasons(found["empty"])
    assert [type(found[n].error) for n in ("empty.jpg", "text.jpg", "half.png")] == [
        BrokenFile,
        UnknownFormat,
        BrokenFile,
    ]
    assert tree(tmp_path / "out") == [JOURNAL, "a.png", "unnamed-png"]
    (named,) = run(source / "README.bin", tmp_path / "out")
    assert isinstance(named.error, UnknownFormat)


def test_what_cannot_be_read_is_an_outcome_each(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "z.png")
    (source / "broken.png").symlink_to("nowhere")
    (source / "loop.png").symlink_to("loop.png")
    os.mkfifo(source / "pipe.png")
    (source / "folder.png").mkdir()
    found = by_name(run(source, tmp_path / "out", jobs=2))
    assert (found["a.png"].error, found["z.png"].error) == (None, None)
    assert isinstance(found["broken.png"].error, NotFound)
    assert isinstance(found["loop.png"].error, Unreadable)
    assert reasons(found["pipe.png"]) == "not a regular file"
    assert all(o.error.file and o.error.remedy for o in found.values() if o.error)
    named = run([source / n for n in ("missing.png", "loop.png", "pipe.png", "a\0b")], tmp_path / "out")
    assert [type(o.error) for o in named] == [NotFound, Unreadable, Unreadable, InputError]


def test_two_sources_of_one_name_write_neither(tmp_path: Path) -> None:
    one, two = pictures(tmp_path / "one", "a.png", "b.png"), pictures(tmp_path / "two", "a.png")
    (one / "notes.txt").write_text("one")
    (two / "notes.txt").write_text("two")
    outcomes = run([one, two], tmp_path / "out")
    clashing = [o for o in outcomes if o.error]
    assert [o.source for o in clashing] == [str(one / "a.png"), str(two / "a.png")]
    assert all(isinstance(o.error, InputError) and "same output name" in o.error.message for o in clashing)
    assert str(two / "a.png") in str(clashing[0].error)
    assert str(one / "a.png") in str(clashing[1].error)
    assert "neither was written" in str(clashing[0].error)
    assert [reasons(o)[:16] for o in outcomes if o.source.endswith(".txt")] == ["not a media file"] * 2
    assert tree(tmp_path / "out") == [JOURNAL, "b.png"]


def test_output_equal_to_input(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    before = (source / "a.png").read_bytes()
    for folder in (source, str(source) + "/.", tmp_path / "in" / ".." / "in"):
        with pytest.raises(InputError, match="is the source folder"):
            label_many(source, folder, config=FAST)
    (outcome,) = run(source / "a.png", source)
    assert isinstance(outcome.error, InputError)
    assert "same file" in outcome.error.message
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a.png").symlink_to(source / "a.png")
    (linked,) = run(source, tmp_path / "links")
    assert isinstance(linked.error, InputError)
    assert (source / "a.png").read_bytes() == before


def test_a_link_among_the_outputs_does_not_lead_to_an_original(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png")
    before = (source / "b.png").read_bytes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").symlink_to(source / "b.png")
    assert all(o.ok for o in run(source, tmp_path / "out"))
    assert (source / "b.png").read_bytes() == before
    assert not (tmp_path / "out" / "a.png").is_symlink()


def test_results_inside_the_source_are_not_labelled_again(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    for _ in range(3):
        assert [os.path.basename(o.source) for o in run(source, source / "labelled")] == ["a.png"]
    assert tree(source) == ["a.png", f"labelled/{JOURNAL}", "labelled/a.png"]


def test_the_output_folder(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    expected = [("no/such", "no folder"), ("file", "is a file"), ("file/below", "no folder"), ("dangling", "is a file")]
    for out, words in expected:
        with pytest.raises(WriteError, match=words) as caught:
            label_many(source, tmp_path / out, config=FAST)
        assert caught.value.remedy
    run(source, tmp_path / "new", dry_run=True)
    assert not (tmp_path / "new").exists()
    assert run(source, tmp_path / "new")[0].ok
    pictures(tmp_path / "in", "sub/b.png")
    (tmp_path / "new" / "sub").write_text("in the way")
    blocked = by_name(run(source, tmp_path / "new"))["b.png"]
    assert isinstance(blocked.error, WriteError)


def test_wrong_arguments_are_refused_at_once(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    out = tmp_path / "out"
    wrong: list[tuple[dict[str, Any], type[LabelKitError]]] = [
        ({"sources": 5}, InputError),
        ({"sources": ""}, InputError),
        ({"out": ""}, ConfigError),
        ({"out": out, "in_place": True}, ConfigError),
        ({"jobs": -1}, ConfigError),
        ({"layers": ("smell",)}, ConfigError),
        ({"on_existing": "shout"}, ConfigError),
        ({"config": Config()}, InvalidField),
        ({"producer": "001191000000MA0000008C10001"}, InvalidProviderCode),
        ({"producer": "a name with spaces"}, InvalidField),
        ({"out": None, "journal": True}, ConfigError),
        ({"out": None, "journal": tmp_path / "j"}, ConfigError),
    ]
    for change, kind in wrong:
        arguments: dict[str, Any] = {"sources": source, "out": out, "config": FAST, **change}
        with pytest.raises(kind):
            label_many(**arguments)
    with pytest.raises(ConfigError):
        verify_many(source, look=("smell",))
    with pytest.raises(ConfigError):
        verify_many(source, jobs=-2)
    with pytest.raises(InputError):
        verify_many(5)  # type: ignore[arg-type]
    assert not out.exists()


def test_files_in_memory(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png")
    for jobs in (1, 2):
        outcomes = run(source, jobs=jobs)
        assert [o.path for o in outcomes] == [None, None]
        assert [api.read(o.data or b"")[0].label.produce_id for o in outcomes] == ids(outcomes)
    assert tree(source) == ["a.png", "b.png"]


def test_a_dry_run_stores_nothing_and_says_what_it_would_do(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png")
    run(source / "a.png", tmp_path / "out")
    before = tree(tmp_path)
    stamps = [(tmp_path / name).stat().st_mtime_ns for name in before]
    outcomes = by_name(run(source, tmp_path / "out", dry_run=True, jobs=2))
    assert reasons(outcomes["a.png"]) == "done before"
    assert "dry run" in reasons(outcomes["b.png"])
    assert tree(tmp_path) == before
    assert [(tmp_path / name).stat().st_mtime_ns for name in before] == stamps


def test_own_labels(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png", "c.png", "d.png")

    def label_for(path: str) -> Any:
        name = os.path.basename(path)
        if name == "b.png":
            raise KeyError(name)
        if name == "c.png":
            return AigcLabel(label="9")
        return "no label" if name == "d.png" else AigcLabel.generated(PRODUCER, "MY-1")

    found = by_name(run(source, tmp_path / "out", label_for=label_for, jobs=2))
    assert found["a.png"].label
    assert found["a.png"].label.produce_id == "MY-1"
    assert "label_for failed: KeyError" in str(found["b.png"].error)
    assert isinstance(found["c.png"].error, InvalidField)
    assert isinstance(found["d.png"].error, InputError)
    assert reasons(by_name(run(source, tmp_path / "out", label_for=label_for))["a.png"]) == "done before"


def test_a_label_of_ours_that_is_there_keeps_its_id(tmp_path: Path) -> None:
    source = picture(tmp_path / "in" / "a.png")
    labelled = tmp_path / "again" / "a.png"
    labelled.parent.mkdir()
    api.label(source, out=labelled, content_id="FIRST", config=FAST)
    (outcome,) = run(labelled.parent, tmp_path / "out")
    assert ids([outcome]) == ["FIRST"]
    (outcome,) = run(labelled.parent, tmp_path / "out")
    assert (ids([outcome]), reasons(outcome)) == (["FIRST"], "done before")


def test_progress_is_told_about_every_file(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png", "c.png")
    (source / "x.txt").write_text("x")
    seen: list[tuple[int, int, str]] = []
    outcomes = run(source, tmp_path / "out", jobs=2, progress=lambda n, total, o: seen.append((n, total, o.source)))
    assert seen == [(n, 4, o.source) for n, o in enumerate(outcomes, 1)]


# --- running again


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "sub/b.png")
    out = tmp_path / "out"
    first = run(source, out)
    stamps = [o.path.stat().st_mtime_ns for o in first if o.path]
    again = run(source, out, jobs=2)
    assert [reasons(o) for o in again] == ["done before"] * 2
    assert all(o.ok for o in again)
    assert [(o.label, o.path, o.format, o.source) for o in again] == [
        (o.label, o.path, o.format, o.source) for o in first
    ]
    assert [o.path.stat().st_mtime_ns for o in again if o.path] == stamps


def test_a_new_file_is_done(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    run(source, tmp_path / "out")
    picture(source / "b.png")
    found = by_name(run(source, tmp_path / "out"))
    assert (reasons(found["a.png"]), reasons(found["b.png"])) == ("done before", "")


def test_a_changed_source_is_done_under_a_new_id(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png")
    first = by_name(run(source, tmp_path / "out"))
    picture(source / "a.png", 77)
    again = by_name(run(source, tmp_path / "out"))
    assert reasons(again["a.png"]) == ""
    assert ids([again["a.png"]]) != ids([first["a.png"]])
    assert ids([again["b.png"]]) == ids([first["b.png"]])
    assert id_in(tmp_path / "out" / "a.png") == ids([again["a.png"]])[0]


@pytest.mark.parametrize(
    "change",
    [
        {"producer": "Somebody-Else"},
        {"config": Config(producer=PRODUCER, layers=("metadata",), sync=False, source_type="")},
        {"on_existing": "keep"},
    ],
)
def test_changed_settings_do_everything_again(tmp_path: Path, change: dict[str, Any]) -> None:
    source = pictures(tmp_path / "in", "a.png")
    run(source, tmp_path / "out")
    (again,) = run(source, tmp_path / "out", **change)
    assert (again.ok, reasons(again)) == (True, "")


def test_another_key_does_everything_again(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    shutil.copy(PICTURES / "coffee.jpg", source)
    marked = Config(producer=PRODUCER, layers=("metadata", "watermark"), sync=False)
    one, two = Key(bytes(32), "one"), Key(bytes(range(32)))
    run(source, out, config=marked, keys=one)
    (same,) = run(source, out, config=marked, keys=Key(bytes(32), "renamed"))
    assert reasons(same) == "done before"
    (again,) = run(source, out, config=marked, keys=two)
    assert (again.ok, reasons(again)) == (True, "")
    (report,) = verify_many(out / "coffee.jpg", keys=[one, two], look=("watermark",), jobs=1)
    assert [mark.key_id for mark in report.watermarks] == [two.id]


def test_the_key_counts_only_with_the_watermark(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    run(source, tmp_path / "out", keys=Key(bytes(32)))
    (again,) = run(source, tmp_path / "out", keys=Key(bytes(range(32))))
    assert reasons(again) == "done before"
    (again,) = run(source, tmp_path / "out", config=replace(FAST, key="another.key"))
    assert reasons(again) == "done before"


def test_settings_that_change_no_file_do_nothing_again(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    run(source, tmp_path / "out")
    same = Config(producer=PRODUCER, layers=("metadata",), sync=True, jobs=2, language="zh")
    (again,) = run(source, tmp_path / "out", config=same)
    assert reasons(again) == "done before"


def test_a_missing_or_cut_result_is_done_again_under_its_id(tmp_path: Path) -> None:
    source, out = pictures(tmp_path / "in", "a.png", "b.png", "c.png"), tmp_path / "out"
    first = run(source, out)
    (out / "a.png").unlink()
    (out / "b.png").write_bytes(b"")  # what a power cut makes of a file that was not synced
    again = run(source, out)
    assert [reasons(o) for o in again] == ["", "", "done before"]
    assert ids(again) == ids(first)
    assert [id_in(out / name) for name in ("a.png", "b.png", "c.png")] == ids(first)


def test_the_same_sources_in_another_output_folder(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    first, second = run(source, tmp_path / "one"), run(source, tmp_path / "two")
    assert ids(first) != ids(second)
    shared = tmp_path / "journal"
    run(source, tmp_path / "three", journal=shared)
    assert [reasons(o) for o in run(source, tmp_path / "three", journal=shared)] == ["done before"]
    assert [reasons(o) for o in run(source, tmp_path / "four", journal=shared)] == [""]


def test_sources_told_by_their_digest(tmp_path: Path) -> None:
    source, out = pictures(tmp_path / "in", "a.png", "b.png"), tmp_path / "out"
    run(source, out, digest=True)
    os.utime(source / "a.png", (1, 1))
    stat = (source / "b.png").stat()
    data = bytearray((source / "b.png").read_bytes())
    data[-1] ^= 1  # the CRC of IEND
    (source / "b.png").write_bytes(data)
    os.utime(source / "b.png", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert [reasons(o) for o in run(source, out, digest=True, dry_run=True)] == [
        "done before", "dry run: nothing was stored",
    ]  # fmt: skip
    assert [reasons(o)[:7] for o in run(source, out, dry_run=True)] == ["dry run", "done be"]


def test_no_journal(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    for _ in range(2):
        assert [reasons(o) for o in run(source, tmp_path / "out", journal=False)] == [""]
    assert tree(tmp_path / "out") == ["a.png"]


def test_failures_are_tried_again(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    whole = (source / "a.png").read_bytes()
    (source / "a.png").write_bytes(whole[:50])
    assert isinstance(run(source, tmp_path / "out")[0].error, BrokenFile)
    (source / "a.png").write_bytes(whole)
    assert [(o.ok, reasons(o)) for o in run(source, tmp_path / "out")] == [(True, "")]


# --- in place


def test_in_place_keeps_the_originals(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "sub/b.png")
    before = {name: (source / name).read_bytes() for name in tree(source)}
    first = run(source, in_place=True, jobs=2)
    assert tree(source) == sorted([JOURNAL, "a.png", "a.png.orig", "sub/b.png", "sub/b.png.orig"])
    assert {name: (source / f"{name}.orig").read_bytes() for name in before} == before
    assert [id_in(source / name) for name in ("a.png", "sub/b.png")] == ids(first)
    again = run(source, in_place=True)
    assert {os.path.basename(o.source): reasons(o) for o in again} == {
        "a.png": "done before",
        "a.png.orig": "an original kept by an earlier in-place run",
        "b.png": "done before",
        "b.png.orig": "an original kept by an earlier in-place run",
    }
    assert ids(again) == ids(first)


def test_in_place_after_a_crash_between_the_rename_and_the_journal(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png")
    originals = [(source / name).read_bytes() for name in ("a.png", "b.png")]
    first = run(source, in_place=True)
    results = [(source / name).read_bytes() for name in ("a.png", "b.png")]
    lines = (source / JOURNAL).read_bytes().splitlines(keepends=True)
    (source / JOURNAL).write_bytes(b"".join(line for line in lines if b'"done"' not in line))
    again = run(source, in_place=True)
    assert ids(o for o in again if o.label) == ids(first)
    assert [(source / name).read_bytes() for name in ("a.png", "b.png")] == results
    assert [(source / f"{name}.orig").read_bytes() for name in ("a.png", "b.png")] == originals


def test_in_place_through_a_named_link_labels_what_it_leads_to(tmp_path: Path) -> None:
    picture(tmp_path / "far" / "a.png")
    (tmp_path / "link.png").symlink_to("far/a.png")
    (outcome,) = run(tmp_path / "link.png", in_place=True)
    assert outcome.source == str(tmp_path / "link.png")
    assert (tmp_path / "link.png").is_symlink()
    assert [id_in(tmp_path / "far" / "a.png")] == ids([outcome])
    assert tree(tmp_path) == ["far/a.png", "far/a.png.orig", "link.png"]


def test_in_place_without_backups(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png")
    run(source, in_place=True, backup="", journal=False)
    assert tree(source) == ["a.png"]


# --- callers of every kind


def test_a_plain_script_needs_no_main_guard(tmp_path: Path) -> None:
    pictures(tmp_path / "in", "a.png", "b.png", "c.png")
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        sys.path[:] = {sys.path!r}
        from labelkit.batch import label_many
        from labelkit.config import Config
        for outcome in label_many({str(tmp_path / "in")!r}, {str(tmp_path / "out")!r}, producer={PRODUCER!r}, jobs=2,
                                  config=Config(layers=("metadata",), sync=False)):
            print(outcome.ok, outcome.error)
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True None\n" * 3, "")


def test_a_generator_that_is_dropped_cleans_up(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", *(f"{n:02}.png" for n in range(20)))
    outcomes = label_many(source, tmp_path / "out", config=FAST, jobs=2)
    assert next(outcomes).ok
    with pytest.raises(WriteError, match="another run"):
        next(label_many(source, tmp_path / "out", config=FAST))
    del outcomes
    assert sum(reasons(o) == "done before" for o in run(source, tmp_path / "out")) >= 1
    assert f"{JOURNAL}.lock" not in os.listdir(tmp_path / "out")


# --- verifying


@pytest.mark.parametrize("jobs", [1, 2])
def test_verify_many(tmp_path: Path, jobs: int) -> None:
    source = pictures(tmp_path / "in", "a.png")
    run(source, tmp_path / "out")
    shutil.copy(source / "a.png", tmp_path / "out" / "plain.png")
    (tmp_path / "out" / "half.png").write_bytes((source / "a.png").read_bytes()[:40])
    (tmp_path / "out" / "README.bin").write_text("x")
    (tmp_path / "out" / "link.png").symlink_to("a.png")
    (tmp_path / "out" / "loop.png").symlink_to("loop.png")
    seen: list[int] = []
    sources = [tmp_path / "out", tmp_path / "missing.png", tmp_path / "out" / "README.bin"]
    reports = list(verify_many(sources, jobs=jobs, look=("metadata",), progress=lambda n, total, r: seen.append(total)))
    found = [(os.path.basename(r.path), r.verdict, r.format) for r in reports]
    assert found == [
        ("README.bin", Verdict.NONE, ""),
        ("a.png", Verdict.CONFIRMED, "png"),
        ("half.png", Verdict.UNREADABLE, "png"),
        ("link.png", Verdict.NONE, ""),
        ("loop.png", Verdict.UNREADABLE, ""),
        ("plain.png", Verdict.NONE, "png"),
        ("missing.png", Verdict.UNREADABLE, ""),
        ("README.bin", Verdict.NONE, ""),
    ]
    assert seen == [8] * 8
    assert "not a media file" in reports[0].not_looked_at[0]
    assert "same file" in reports[-1].not_looked_at[0]
    assert [f.check for f in reports[4].findings] == ["file.readable"]
    (named,) = verify_many(tmp_path / "out" / "README.bin", jobs=1)
    assert named.verdict is Verdict.UNREADABLE
