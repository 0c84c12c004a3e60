"""``labelkit label``: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

import labelkit
from labelkit.batch.journal import JOURNAL_NAME
from tests.cli.conftest import PICTURES, PLATFORM, PRODUCER, Run, spawn

WHO = ("--producer", PRODUCER)


def test_one_file_to_a_file(run: Run, coffee: Path) -> None:
    ran = run("label", "coffee.jpg", "--out", "done.jpg", *WHO, "--content-id", "ID-7")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "coffee.jpg -> done.jpg: explicit, watermark, metadata\n"
    report = labelkit.verify("done.jpg")
    assert report.conforms is True
    assert report.labels[0].label.produce_id == "ID-7"


def test_one_file_into_a_folder_that_is_made(run: Run, coffee: Path) -> None:
    assert run("label", coffee, "--out", "labelled", *WHO, "--layers", "metadata").code == 0
    assert labelkit.read("labelled/coffee.jpg")


def test_a_folder_is_taken_away_again_when_nothing_came_into_it(run: Run) -> None:
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    assert run("label", "broken.png", "--out", "labelled", *WHO).code == 3
    assert not Path("labelled").exists()


def test_a_folder_with_sub_folders_and_chinese_names(run: Run, pictures: Path) -> None:
    ran = run("label", "pictures", "--out", "out", *WHO, "--jobs", 1)
    assert ran.code == 0, ran.err
    assert Path("out/图片 一/宇航员.png").is_file()
    assert "pictures/note.txt: left out (not a media file:" in ran.out
    assert ran.out.endswith("2 labelled, 1 left out\n")
    again = run("label", "pictures", "--out", "out", *WHO, "--jobs", 1)
    assert again.out.endswith("2 done before, 1 left out\n")


def test_one_bad_file_never_stops_the_rest(run: Run, pictures: Path) -> None:
    (pictures / "empty.png").touch()
    ran = run("label", "pictures", "--out", "out", *WHO, "--layers", "metadata", "--jobs", 2, "--json")
    assert ran.code == 3
    summary = ran.json["summary"]
    assert (summary["labelled"], summary["left_out"], summary["failed"]["count"]) == (2, 1, 1)
    assert "labelkit: error: pictures/empty.png: the file is empty (0 bytes) (" in ran.err
    failed = next(f for f in ran.json["files"] if not f["ok"])
    assert failed["error"] == {
        "error": "BrokenFile",
        "message": "the file is empty (0 bytes)",
        "file": "pictures/empty.png",
        "place": "",
        "remedy": "restore it from its source",
    }


def test_json_leaves_standard_output_to_machines(run: Run, coffee: Path) -> None:
    ran = run("label", coffee, "--out", "done.jpg", *WHO, "--layers", "metadata", "--json")
    assert ran.json["schema"] == "labelkit.outcomes/1"
    file = ran.json["files"][0]
    assert (file["ok"], file["path"], file["format"]) == (True, "done.jpg", "jpeg")
    assert list(file["label"]) == list(labelkit.AigcLabel().fields())
    assert "done.jpg: metadata" in ran.err


def test_quiet_says_nothing_when_all_is_well(run: Run, coffee: Path) -> None:
    ran = run("label", coffee, "--out", "done.jpg", *WHO, "--layers", "metadata", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_in_place_keeps_the_original(run: Run, coffee: Path) -> None:
    before = coffee.read_bytes()
    assert run("label", coffee, "--in-place", *WHO, "--layers", "metadata").code == 0
    assert labelkit.read(coffee)
    assert Path("coffee.jpg.orig").read_bytes() == before


def test_in_place_without_backup(run: Run, coffee: Path) -> None:
    assert run("label", coffee, "--in-place", "--backup", "", *WHO, "--layers", "metadata").code == 0
    assert labelkit.read(coffee)
    assert os.listdir() == ["coffee.jpg"]


@pytest.mark.parametrize("place", ["out", "done.jpg"])
def test_dry_run_stores_nothing(run: Run, coffee: Path, place: str) -> None:
    ran = run("label", coffee, "--out", place, *WHO, "--layers", "metadata", "--dry-run")
    assert (ran.code, os.listdir()) == (0, ["coffee.jpg"])
    assert "dry run: nothing was stored" in ran.out


def test_standard_streams(coffee: Path) -> None:
    done = spawn("label", "-", "--out", "-", *WHO, "--layers", "metadata", input=coffee.read_bytes())
    assert done.returncode == 0, done.stderr
    assert labelkit.read(done.stdout)
    assert b"-> -: metadata" in done.stderr


def test_settings_come_from_the_file_and_options_win(run: Run, coffee: Path) -> None:
    Path("labelkit.toml").write_text(f'producer = "{PLATFORM}"\nlayers = ["metadata"]\n')
    assert run("label", coffee, "--out", "a.jpg").code == 0
    assert labelkit.read("a.jpg")[0].label.content_producer == PLATFORM
    assert run("label", coffee, "--out", "b.jpg", *WHO).code == 0
    assert labelkit.read("b.jpg")[0].label.content_producer == PRODUCER


@pytest.mark.parametrize("style", ["corner", "plate", "strip"])
def test_the_look_of_the_visible_label(run: Run, coffee: Path, style: str) -> None:
    look = ("--style", style, "--position", "bottom", "--height", "8%", "--text", "AI合成")
    assert run("label", coffee, "--out", "done.jpg", *WHO, *look).code == 0
    found = labelkit.verify("done.jpg").explicit[0]
    assert found.text == "AI合成"
    assert found.ratio >= 0.078


def test_an_existing_label_is_refused_when_asked(run: Run, labelled: Path) -> None:
    ran = run("label", labelled, "--out", "again.jpg", "--producer", PLATFORM, "--on-existing", "refuse")
    assert ran.code == 3
    assert "the file has a label of" in ran.err
    assert not Path("again.jpg").exists()


WRONG = [
    (["label"], "SRC... is missing"),
    (["label", "a.jpg", *WHO], "it is not said where the result goes (give --out FOLDER, --out FILE or --in-place)"),
    (["label", "a.jpg", "--out", "b.jpg"], "no producer is named (give --producer, or set producer in labelkit.toml)"),
    (["label", "a.jpg", "--out", "b.jpg", "--in-place", *WHO], "--in-place and --out exclude each other"),
    (["label", "a.jpg", "--out", "b.jpg", "--backup", ".x", *WHO], "a backup is kept only with --in-place"),
    (["label", "a.jpg", "c.jpg", "--out", "b.jpg", *WHO], "several files need a folder"),
    (["label", "a.jpg", "c.jpg", "--out", "-", *WHO], "standard output holds one file"),
    (["label", "a.jpg", "-", "--out", "b", *WHO], "standard input stands alone"),
    (["label", "a.jpg", "c.jpg", "--out", "b", "--content-id", "x", *WHO], "a content id belongs to one content"),
    (["label", "a.jpg", "--out", "-", "--json", *WHO], "cannot hold both the file and the JSON"),
    (["label", "a.jpg", "--out", "b.jpg", "--producer", "001191000000MA0000007D10001"], "its check digit is"),
    (["label", "a.jpg", "--out", "b.jpg", "--content-id", "a b", *WHO], "'a b' contains a space"),
    (["label", "a.jpg", "--out", "b.jpg", "--text", "AI", *WHO], "lacks the generation element, 生成 or 合成"),
    (["label", "a.jpg", "--out", "b.jpg", "--layers", "metdata", *WHO], "did you mean metadata?"),
    (["label", "a.jpg", "--out", "b.jpg", "--layers", ",", *WHO], "name at least one of: explicit, metadata"),
    (["label", "a.jpg", "--out", "b.jpg", "--position", "middle", *WHO], "'middle' is not one of: auto, top-left"),
    (["label", "a.jpg", "--out", "b.jpg", "--height", "4%", *WHO], "must lie between 5% and 50%"),
    (["label", "a.jpg", "--out", "b.jpg", "--height", "big", *WHO], "'big' is not a share such as 5.5% or 0.055"),
    (["label", "a.jpg", "--out", "b.jpg", "--jobs", "many", *WHO], "--jobs: 'many' is not a valid integer"),
    (["label", "a.jpg", "--out", "b.jpg", "--jobs", "-1", *WHO], "it must lie between 0 and 1024"),
    (["label", "a.jpg", "--ou", "b.jpg"], "there is no option --ou (did you mean --out?)"),
    (["label", "a.jpg", "--stlye", "plate"], "there is no option --stlye (did you mean --style?)"),
    (["label", "a.jpg", "--out"], "requires an argument"),
]


@pytest.mark.parametrize(("words", "message"), WRONG, ids=lambda value: " ".join(value)[:60])
def test_wrong_arguments_end_with_2_and_name_the_remedy(run: Run, words: list[str], message: str) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.startswith("labelkit: error: ")
    assert (ran.out, os.listdir()) == ("", [])


@pytest.mark.parametrize("words", [words for words, _ in WRONG], ids=lambda value: " ".join(value)[:60])
def test_wrong_arguments_are_explained_in_chinese_too(run: Run, words: list[str]) -> None:
    ran = run(*words[:1], "--lang", "zh", *words[1:])
    assert ran.code == 2
    assert ran.err.startswith("labelkit: 错误: ")
    assert any("\u4e00" <= c <= "\u9fff" for c in ran.err.removeprefix("labelkit: 错误: "))


def test_bad_inputs_name_file_and_remedy(run: Run, coffee: Path) -> None:
    Path("text.png").write_text("hello")
    Path("cut.jpg").write_bytes(coffee.read_bytes()[:5000])
    Path("loop.png").symlink_to("loop.png")
    Path("picture.bmp").write_bytes(b"BM" + bytes(52))
    for name, message in {
        "missing.png": "there is no such file",
        "text.png": "the name says png, the content does not",
        "loop.png": "the symbolic links run in a circle",
        "cut.jpg": "",
        "picture.bmp": "",
    }.items():
        ran = run("label", name, "--out", "out", *WHO)
        assert ran.code == 3, name
        assert ran.err.startswith(f"labelkit: error: {name}: "), ran.err
        assert message in ran.err
        assert "(" in ran.err, "no remedy"
        assert not Path("out").exists()


def test_a_file_without_permission_is_one_bad_file(coffee: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:  # tmp_path lies where nobody but its owner may look
        os.chmod(folder, 0o777)
        shutil.copy(coffee, folder)
        monkeypatch.chdir(folder)
        check_one_bad_file(coffee)
        monkeypatch.undo()


def check_one_bad_file(coffee: Path) -> None:
    Path("secret.jpg").write_bytes(coffee.read_bytes())
    Path("secret.jpg").chmod(0)
    ran = as_nobody("label", coffee.name, "secret.jpg", "--out", "out", *WHO, "--layers", "metadata", "--jobs", 1)
    assert ran.returncode == 3
    assert b"labelkit: error: secret.jpg: no permission to read it (change its permissions" in ran.stderr
    assert os.listdir("out") == [JOURNAL_NAME, coffee.name]
    assert as_nobody("show", "secret.jpg").returncode == 3


def as_nobody(*words: object) -> subprocess.CompletedProcess[bytes]:
    """Run a command line without the rights of root, who may read everything."""
    script = """
        import os, sys
        from labelkit.cli import main
        import labelkit.batch.run, labelkit.cli.label, labelkit.cli.show, labelkit.formats.image.layers
        main(["verify", sys.argv[1]])  # loads what root alone may read
        if os.getuid() == 0:
            os.setresuid(65534, 65534, 65534)
        sys.exit(main(sys.argv[2:]))
    """
    command = [sys.executable, "-c", textwrap.dedent(script), "coffee.jpg", *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def test_what_the_font_lacks_is_wrong_for_every_file(run: Run, coffee: Path) -> None:
    ran = run("label", coffee, "--out", "out", *WHO, "--text", "由AI生成\u9f98")
    assert ran.code == 2
    assert "cannot draw" in ran.err


def test_one_folder_needs_a_folder_for_its_results(run: Run, pictures: Path) -> None:
    ran = run("label", pictures, "--out", "a.jpg", *WHO)
    assert ran.code == 2
    assert "the source is a folder, and its files need one (name a folder)" in ran.err


def test_paths_are_shown_as_they_were_given(run: Run, pictures: Path) -> None:
    for words in (["--out", "out"], ["--in-place"]):
        command = ["label", "pictures", *words, *WHO, "--layers", "metadata", "--jobs", 1, "--json"]
        first, second = ([file["path"] for file in run(*command).json["files"]] for _ in range(2))
        assert [path for path in second if path] == [path for path in first if path]
        assert first[0] == ("pictures/coffee.jpg" if words == ["--in-place"] else "out/coffee.jpg")


def test_bmp_names_the_conversion(run: Run) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64)).save("a.bmp")
    ran = run("label", "a.bmp", "--out", "out", *WHO)
    assert ran.code == 3
    assert "BMP has no place for metadata (convert it to PNG first)" in ran.err


def test_output_equal_to_input(run: Run, coffee: Path) -> None:
    before = coffee.read_bytes()
    ran = run("label", coffee, "--out", ".", *WHO)
    assert (ran.code, coffee.read_bytes()) == (3, before)
    assert "output and input are the same file" in ran.err


def test_a_missing_output_folder_further_up(run: Run, coffee: Path) -> None:
    ran = run("label", coffee, "--out", "no/such/folder/a.jpg", *WHO, "--layers", "metadata")
    assert ran.code == 3
    assert "the output folder does not exist (create it first)" in ran.err


def test_another_extension_than_the_content(run: Run, coffee: Path) -> None:
    ran = run("label", coffee, "--out", "a.png", *WHO)
    assert ran.code == 3
    assert "the output is called .png, the content is JPEG" in ran.err


def test_an_empty_folder_is_no_failure(run: Run) -> None:
    Path("empty").mkdir()
    ran = run("label", "empty", "--out", "out", *WHO)
    assert (ran.code, ran.out) == (0, "no files were found\n")


def test_names_that_a_terminal_would_obey_are_escaped(run: Run) -> None:
    name = "a\x1b[31m\u202egpj.png"
    Path(name).write_text("hello")
    ran = run("label", name, "--out", "out", *WHO)
    assert "\\x1b[31m\\u202egpj.png" in ran.err
    assert "\x1b" not in ran.err
    assert "\u202e" not in ran.err


@pytest.mark.parametrize("name", sorted(p.name for p in PICTURES.iterdir()))
def test_every_sample_picture_conforms_afterwards(run: Run, name: str) -> None:
    assert run("label", PICTURES / name, "--out", "out", *WHO).code == 0
    assert run("verify", f"out/{name}").code == 0
