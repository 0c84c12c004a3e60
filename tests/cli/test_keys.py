"""``labelkit keys``, and the watermark as the command line writes and shows it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

import labelkit
from labelkit.watermark.keys import PUBLIC_KEY, load
from tests.cli.conftest import PICTURES, PRODUCER, Run, spawn

WHO = ("--producer", PRODUCER)


@pytest.fixture
def studio(run: Run) -> Path:
    """A key file."""
    assert run("keys", "new", "studio.key", "--name", "studio").code == 0
    return Path("studio.key")


@pytest.fixture
def marked(run: Run, coffee: Path, studio: Path) -> Path:
    """A picture with all labels, its watermark under the studio's key."""
    assert run("label", coffee, "--out", "marked.jpg", *WHO, "--key", studio).code == 0
    return Path("marked.jpg")


# --- making


def test_a_new_key_is_for_its_owner_only_and_its_secret_is_not_shown(run: Run) -> None:
    ran = run("keys", "new", "a.key", "--name", "工作室")
    key = load(Path("a.key"))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"key {key.id} written to a.key; whoever has this file can read and make its marks\n"
    assert key.name == "工作室"
    assert stat.S_IMODE(os.stat("a.key").st_mode) == 0o600
    assert key.secret.hex() not in ran.out


def test_two_keys_differ(run: Run) -> None:
    ids = {run("keys", "new", name, "--json").json["keys"][0]["id"] for name in ("a.key", "b.key")}
    assert len(ids) == 2


def test_new_in_json_quietly_and_in_chinese(run: Run) -> None:
    ran = run("keys", "new", "a.key", "--json")
    assert ran.json == {
        "schema": "labelkit.keys/1",
        "keys": [{"file": "a.key", "id": load(Path("a.key")).id, "name": ""}],
    }
    assert "written to a.key" in ran.err
    assert run("keys", "new", "b.key", "--quiet").out == ""
    assert "已写入 c.key" in run("keys", "new", "c.key", "--lang", "zh").out
    assert "已写入 d.key" in run("keys", "--lang", "zh", "new", "d.key").out
    Path("labelkit.toml").write_text("language = 'zh'")
    assert "已写入 e.key" in run("keys", "new", "e.key").out


def test_what_is_there_is_never_replaced(run: Run, studio: Path) -> None:
    before = studio.read_bytes()
    Path("folder").mkdir()
    Path("link.key").symlink_to("nowhere")
    for name in (studio, "folder", "link.key"):
        ran = run("keys", "new", name)
        assert ran.code == 2
        assert f"{name}: the key file exists already (choose another name; keys are not replaced)" in ran.err
    assert studio.read_bytes() == before
    assert not Path("nowhere").exists()
    assert "密钥文件已存在" in run("keys", "new", studio, "--lang", "zh").err


def test_places_where_no_file_can_be(run: Run) -> None:
    ran = run("keys", "new", "no/such/a.key")
    assert ran.code == 3
    assert "no/such/a.key: there is no folder no/such to make it in (make that folder first" in ran.err
    ran = run("keys", "new", "/proc/a.key")
    assert ran.code == 3
    assert "labelkit: error: /proc/a.key: " in ran.err
    ran = run("keys", "new", "a.key", "--name", "x" * 201)
    assert ran.code == 2
    assert "the key's name has 201 characters, at most 200 (shorten it)" in ran.err
    assert os.listdir() == []


# --- listing


def test_list_shows_ids_names_and_files(run: Run, studio: Path) -> None:
    ran = run("keys", "list", studio)
    key = load(studio)
    assert (ran.code, ran.out.splitlines()[2].split()) == (0, [key.id, "studio", "studio.key"])
    assert key.secret.hex() not in ran.out


def test_list_without_files_shows_the_keys_in_force(run: Run, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public = {"file": "", "id": PUBLIC_KEY.id, "name": "public"}
    assert run("keys", "list", "--json").json == {"schema": "labelkit.keys/1", "keys": [public]}
    monkeypatch.setenv("LABELKIT_KEY", str(studio))
    assert [key["id"] for key in run("keys", "list", "--json").json["keys"]] == [PUBLIC_KEY.id, load(studio).id]
    assert "studio.key" in run("keys", "list").out


def test_a_file_that_is_no_key_does_not_hide_the_others(run: Run, studio: Path) -> None:
    Path("junk").write_text("{}")
    Path("spoiled.key").write_text(studio.read_text().replace(load(studio).id, "00000000"))
    ran = run("keys", "list", "missing.key", "junk", ".", "spoiled.key", studio)
    assert ran.code == 3
    assert ran.out.splitlines()[2].split()[1:] == ["studio", "studio.key"]
    assert ran.err.splitlines() == [
        "labelkit: error: missing.key: there is no such key file (make one with `labelkit keys new`)",
        "labelkit: error: junk: this is not a LabelKit key file (make one with `labelkit keys new`)",
        "labelkit: error: .: this is a folder (name a key file)",
        "labelkit: error: spoiled.key: the key's id does not belong to its secret (restore the file from your backup)",
    ]
    assert load(studio).secret.hex() not in ran.out + ran.err
    rows = run("keys", "list", "junk", studio, "--json").json["keys"]
    assert [row.get("id", row.get("error", {}).get("error")) for row in rows] == ["ConfigError", load(studio).id]
    chinese = run("keys", "list", "missing.key", "junk", ".", "spoiled.key", "--lang", "zh")
    assert not any(word in chinese.err for word in ("there", "this", "does"))


def test_names_that_a_terminal_would_obey_are_escaped(run: Run) -> None:
    assert run("keys", "new", "a.key", "--name", "\x1b[31m\u202ered").code == 0
    assert "\\x1b[31m\\u202ered" in run("keys", "list", "a.key").out


def test_a_key_that_cannot_be_read(run: Run) -> None:
    ran = run("keys", "list", "/proc/self/mem")  # opens, and fails at the first byte
    assert ran.code == 3
    assert "/proc/self/mem: it cannot be read: Input/output error (check its permissions)" in ran.err


# --- the watermark


def test_only_who_has_the_key_finds_the_mark(run: Run, marked: Path, studio: Path) -> None:
    key = load(studio)
    tag = f"{labelkit.read(marked)[0].label.content_tag:016x}"
    ran = run("verify", marked, "--key", studio)
    line = ran.out.splitlines()[1]
    assert ran.code == 0
    assert line.startswith(f"  watermark: {tag}, key {key.id}: agrees with the metadata label; false alarm p <= ")
    assert "; upright, of a size at which" in line
    other = run("verify", marked, "--look", "watermark")
    assert (other.code, "watermark:" in other.out) == (0, False)
    assert other.out.startswith("marked.jpg: nothing wrong in what was looked at (no sign of generation found)\n")


def test_several_keys_and_the_one_of_the_settings(run: Run, marked: Path, studio: Path) -> None:
    assert run("keys", "new", "other.key").code == 0
    ran = run("verify", marked, "--look", "watermark", "--key", "other.key", "--key", studio, "--json")
    assert [mark["key_id"] for mark in ran.json["files"][0]["watermarks"]] == [load(studio).id]
    Path("labelkit.toml").write_text('key = "studio.key"')
    ran = run("verify", marked, "--look", "watermark", "--json")
    (mark,) = ran.json["files"][0]["watermarks"]
    assert mark["payload"] == f"{labelkit.read(marked)[0].label.content_tag:016x}"
    assert 0 <= mark["p_value"] <= 1e-6
    assert mark["geometry"]["words"].startswith("upright")


def test_show_lists_watermarks_in_both_languages(run: Run, conforming: Path) -> None:
    tag = f"{labelkit.read(conforming)[0].label.content_tag:016x}"
    assert f"Watermarks:\n  {tag}, key {PUBLIC_KEY.id} (public): agrees with the" in run("show", conforming).out
    chinese = run("show", conforming, "--lang", "zh").out
    assert f"数字水印：\n  {tag}，密钥 {PUBLIC_KEY.id}（公开）：与文件元数据标识一致；误报概率 p <= " in chinese


def test_a_mark_alone_or_of_other_content_is_a_warning(run: Run, coffee: Path) -> None:
    words = ("--layers", "explicit,watermark", *WHO, "--content-id", "A")
    assert run("label", coffee, "--out", "alone.jpg", *words).code == 0
    ran = run("show", "alone.jpg")
    assert ran.code == 0
    assert "there is no metadata label to compare it with" in ran.out
    assert "warning watermark.stripped" in ran.out
    words = ("--layers", "explicit,metadata", *WHO, "--content-id", "B")
    assert run("label", "alone.jpg", "--out", "other.jpg", *words).code == 0
    ran = run("verify", "other.jpg")
    assert ran.code == 0
    assert "differs from the metadata label" in ran.out
    assert "warning watermark.agrees" in ran.out


def test_quiet_leaves_the_mark_out(run: Run, marked: Path, studio: Path) -> None:
    assert run("verify", marked, "--key", studio, "--quiet").out == ""


def test_a_mark_that_stands_already_stays(run: Run, conforming: Path) -> None:
    ran = run("label", conforming, "--out", "again.jpg", "--producer", "Somebody-Else")
    assert ran.code == 0
    tag = f"{labelkit.read(conforming)[0].label.content_tag:016x}"
    assert f"watermark: it carries the mark {tag} of another label, which stays" in ran.out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_palette_is_left_without_a_mark_unless_the_mark_is_insisted_on(run: Run, lang: str) -> None:
    palette = PICTURES / "astronaut.png"
    ran = run("label", palette, "--out", "a.png", *WHO, "--lang", lang)
    assert ran.code == 0
    reason = {"en": "watermark: a palette picture has no room for a watermark (", "zh": "调色板图片 无法嵌入水印（"}
    assert reason[lang] in ran.out
    ran = run("label", palette, "--out", "b.png", *WHO, "--layers", "metadata,watermark", "--lang", lang)
    assert ran.code == 3
    assert reason[lang].removeprefix("watermark: ") in ran.err
    assert not Path("b.png").exists()


def test_a_key_that_is_none_stops_before_any_file(run: Run, coffee: Path) -> None:
    Path("junk").write_text("{}")
    for name, message in {
        "missing.key": "there is no such key file",
        "junk": "this is not a LabelKit key file",
    }.items():
        for words in (("label", coffee, "--out", "out", *WHO), ("verify", coffee)):
            ran = run(*words, "--key", name)
            assert (ran.code, ran.out) == (2, "")
            assert f"labelkit: error: {name}: {message}" in ran.err
    assert not Path("out").exists()


def test_opencv_that_does_not_load_costs_the_watermark_only(coffee: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "broken"), os.environ.get("PYTHONPATH", "")]),
    }
    done = spawn("label", coffee, "--out", "a.jpg", *WHO, env=environment)
    assert done.returncode == 0, done.stderr
    assert b"watermark: OpenCV cannot be loaded: libGL.so.1" in done.stdout
    assert b"libgl1 libglib2.0-0" in done.stdout
    done = spawn("verify", "a.jpg", "--json", env=environment)
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    assert file["conforms"] is True
    assert any("watermark: OpenCV cannot be loaded" in line for line in file["not_looked_at"])
    done = spawn("label", coffee, "--out", "b.jpg", *WHO, "--layers", "watermark", env=environment)
    assert done.returncode == 3
    assert b"OpenCV cannot be loaded" in done.stderr
