"""The other commands, languages, streams, signals: the command line as a newcomer meets it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import labelkit
from labelkit import doctor
from labelkit.cli import main
from labelkit.cli.app import COMMANDS
from labelkit.cli.terminal import safe, table, width
from labelkit.formats.table import FORMATS
from tests.cli.conftest import PICTURES, PLATFORM, PRODUCER, Run, spawn

COMMAND = [sys.executable, "-m", "labelkit"]


# --- propagate


def test_propagate_keeps_the_producers_half(run: Run, labelled: Path) -> None:
    before = labelkit.read(labelled)[0].label
    ran = run("propagate", labelled, "--out", "passed.jpg", "--propagator", PLATFORM, "--propagate-id", "P-1")
    assert ran.code == 0, ran.err
    after = labelkit.read("passed.jpg")[0].label
    assert after.same_content(before)
    assert (after.content_propagator, after.propagate_id) == (PLATFORM, "P-1")


def test_propagate_needs_an_attribute_for_a_file_without_label(run: Run, coffee: Path) -> None:
    ran = run("propagate", coffee, "--out", "a.jpg", "--propagator", PLATFORM)
    assert ran.code == 2
    assert "the file has no label to pass on (say attribute 2" in ran.err
    assert run("propagate", coffee, "--out", "a.jpg", "--propagator", PLATFORM, "--attribute", 2).code == 0
    assert labelkit.verify("a.jpg").verdict == "possible"


def test_propagate_refuses_to_change_what_the_producer_stated(run: Run, labelled: Path) -> None:
    ran = run("propagate", labelled, "--out", "a.jpg", "--propagator", PLATFORM, "--attribute", 3)
    assert ran.code == 3
    assert "the producer stated Label 1, not 3" in ran.err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_propagate_a_folder(run: Run, labelled: Path, coffee: Path, monkeypatch: pytest.MonkeyPatch, jobs: str) -> None:
    monkeypatch.setenv("LABELKIT_JOBS", jobs)
    Path("in/sub").mkdir(parents=True)
    shutil.copy(labelled, "in/sub/a.jpg")
    shutil.copy(coffee, "in/b.jpg")
    Path("in/note.txt").touch()
    ran = run("propagate", "in", "--out", "out", "--propagator", PLATFORM, "--json")
    assert ran.code == 3
    assert labelkit.read("out/sub/a.jpg")[0].label.content_propagator == PLATFORM
    assert {Path(f["source"]).name: f["ok"] for f in ran.json["files"]} == {
        "a.jpg": True,
        "b.jpg": False,
        "note.txt": True,
    }


def test_propagate_without_a_name(run: Run, labelled: Path) -> None:
    ran = run("propagate", labelled, "--out", "a.jpg")
    assert ran.code == 2
    assert "no propagator is named" in ran.err


# --- formats, doctor, config


def test_formats_lists_every_format(run: Run) -> None:
    ran = run("formats")
    assert ran.code == 0
    assert {line.split()[0] for line in ran.out.splitlines()[2:]} == {row.id for row in FORMATS}
    assert [row["id"] for row in run("formats", "--json").json["formats"]] == [row.id for row in FORMATS]


def test_doctor_finds_this_installation_healthy(run: Run) -> None:
    ran = run("doctor", "--json")
    assert ran.code == 0
    items = {item["name"]: item for item in ran.json["items"]}
    assert ran.json["healthy"] is True
    assert items["labelkit"]["detail"] == labelkit.__version__
    assert "watermarks are written and read" in items["opencv"]["detail"]
    assert {"python", "pillow", "numpy", "font", "disk", "temporary folder", "opencv", "configuration"} <= set(items)
    assert "extra [heif]" in items


def test_doctor_reports_wrong_settings_and_a_missing_font(run: Run) -> None:
    Path("labelkit.toml").write_text("jbos = 1")
    ran = run("doctor")
    assert ran.code == 1
    assert "there is no setting called 'jbos' (did you mean jobs?)" in ran.out
    Path("labelkit.toml").write_text("[explicit]\nfont = 'missing.otf'")
    ran = run("doctor", "--quiet")
    assert ran.code == 1
    assert "missing.otf" in ran.out


def test_doctor_sees_two_opencv_packages_and_one_that_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"opencv-python": "5.0", "opencv-python-headless": "5.0"}
    monkeypatch.setattr(doctor, "_version", lambda package: versions.get(package, ""))
    assert [item.state for item in doctor._opencv()] == ["warning"]
    del versions["opencv-python-headless"]
    (well,) = doctor._opencv()
    assert (well.state, well.detail) == ("ok", "opencv-python 5.0: watermarks are written and read")
    broken = Path("broken")
    broken.mkdir()
    (broken / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(broken.resolve()))
    found = next(doctor._opencv())
    assert (found.state, "libGL.so.1: cannot open" in found.detail) == ("warning", True)
    assert "no watermarks are written or read, the other layers work" in found.detail
    assert "apt-get install libgl1 libglib2.0-0" in found.remedy
    versions.clear()
    (absent,) = doctor._opencv()
    assert (absent.state, "no watermarks" in absent.detail) == ("warning", True)


def test_doctor_examines_the_watermark_key(run: Run) -> None:
    def item() -> dict[str, str]:
        return next(item for item in run("doctor", "--json").json["items"] if item["name"] == "watermark key")

    assert (item()["state"], "public" in item()["detail"]) == ("ok", True)
    assert run("keys", "new", "a.key").code == 0
    Path("labelkit.toml").write_text('key = "a.key"')
    assert item()["state"] == "ok"
    Path("a.key").chmod(0o644)
    assert (item()["state"], "chmod 600" in item()["remedy"]) == ("warning", True)
    Path("a.key").write_text("{}")
    assert (item()["state"], run("doctor").code) == ("problem", 1)


def test_config_show(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("labelkit.toml").write_text("jobs = 3")
    monkeypatch.setenv("LABELKIT_EXPLICIT_STYLE", "plate")
    shown = run("config", "show", "--json").json
    assert shown["settings"]["jobs"] == {"value": 3, "from": shown["file"]}
    assert shown["settings"]["explicit.style"] == {"value": "plate", "from": "LABELKIT_EXPLICIT_STYLE"}
    assert shown["settings"]["sync"] == {"value": True, "from": "default"}
    assert "plate" in run("config").out


def test_a_misspelt_setting_stops_a_command(run: Run, coffee: Path) -> None:
    Path("labelkit.toml").write_text("layer = ['metadata']")
    ran = run("label", coffee, "--out", "a.jpg", "--producer", PRODUCER)
    assert ran.code == 2
    assert "labelkit.toml: there is no setting called 'layer' (did you mean layers?)" in ran.err
    ran = run("verify", coffee, "--config", "missing.toml")
    assert ran.code == 2
    assert "missing.toml: there is no such file" in ran.err


# --- the program itself


def test_no_arguments_is_wrong_usage_with_help(run: Run) -> None:
    ran = run()
    assert ran.code == 2
    assert all(name in ran.err for name in COMMANDS)


def test_help_and_version(run: Run) -> None:
    assert run("--help").code == 0
    assert run("--version").out == f"labelkit, version {labelkit.__version__}\n"
    for name in COMMANDS:
        ran = run(name, "-h")
        assert ran.code == 0
        assert ran.out.startswith(f"Usage: labelkit {name} ")


@pytest.mark.parametrize("name", ["", *COMMANDS, "keys new", "keys list"])
def test_help_in_chinese_has_no_english_sentence_left(run: Run, name: str) -> None:
    ran = run(*name.split(), "--help", "--lang", "zh")
    assert ran.out.startswith("用法：labelkit")
    described = [line for line in ran.out.splitlines() if line.startswith("  ") and "  " in line.strip()]
    assert described
    for line in described:
        assert any("\u4e00" <= c <= "\u9fff" for c in line), line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lable"], "there is no command 'lable' (did you mean label?)"),
        (["xyzzy"], "there is no command 'xyzzy' (see `labelkit --help`)"),
        (["strip"], "offering tools that remove labels is forbidden (标识办法 art. 10)"),
        (["remove", "a.png"], "use label --on-existing replace, or propagate"),
        (["--lang", "fr", "formats"], "'fr' is not one of: zh, en"),
        (["show"], "FILE is missing"),
        (["show", "a", "b"], "unexpected extra argument"),
        (["config", "shwo"], "did you mean show?"),
        (["keys", "nwe"], "there is no command 'nwe' (did you mean new?)"),
        (["keys", "xyzzy"], "there is no command 'xyzzy' (see `labelkit keys --help`)"),
        (["keys"], "Usage: labelkit keys "),
        (["keys", "new"], "FILE is missing"),
        (["keys", "list", "--nmae"], "there is no option --nmae"),
    ],
)
def test_wrong_commands(run: Run, words: list[str], message: str) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert message in ran.err


def test_the_language_may_stand_anywhere_and_come_from_anywhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "没有这个文件" in run("--lang", "zh", "show", "no.png").out
    assert "没有这个文件" in run("show", "no.png", "--lang=zh").out
    Path("labelkit.toml").write_text("language = 'zh'")
    assert "没有这个文件" in run("show", "no.png").out
    assert "there is no such file" in run("show", "no.png", "--lang", "en").out
    Path("labelkit.toml").unlink()
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "没有这个文件" in run("show", "no.png").out
    monkeypatch.setenv("LABELKIT_LANG", "en")
    assert "there is no such file" in run("show", "no.png").out


def test_an_unexpected_error_is_short_and_says_how_to_report(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: object = None) -> None:
        raise RuntimeError("boo\x1b[2J")

    monkeypatch.setattr(doctor, "examine", broken)
    ran = run("doctor")
    assert ran.code == 70
    assert "unexpected RuntimeError: boo\\x1b[2J; this is a defect in LabelKit" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("LABELKIT_DEBUG", "1")
    assert "Traceback" in run("doctor").err


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from labelkit.cli import main; main(['--help']); main(['label', '--help']);"
        "print([m for m in ('numpy', 'PIL', 'cv2', 'rich', 'defusedxml', 'concurrent.futures') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_python_dash_m_works() -> None:
    assert spawn("--version").stdout.decode() == f"labelkit, version {labelkit.__version__}\n"


def test_completion() -> None:
    words = {"_LABELKIT_COMPLETE": "bash_complete", "COMP_WORDS": "labelkit ver", "COMP_CWORD": "1"}
    done = spawn(env={**os.environ, **words})
    assert done.stdout.decode().split() == ["plain,verify"]


# --- streams and signals


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, "formats"], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_output_is_a_clear_error() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, "formats"], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 3
    assert b"the output cannot be written: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_encodings_that_lack_characters_escape_them(encoding: str) -> None:
    Path("图\u0e01.png").write_text("x")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = spawn("verify", "图\u0e01.png", "--lang", "zh", env=environment)
    assert done.returncode == 3
    assert b"\\u0e01" in done.stdout
    assert b"Traceback" not in done.stderr


def test_a_name_that_is_no_valid_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.png")
    Path(name).write_text("x")
    done = spawn("verify", name, "--json")
    assert done.returncode == 3
    assert os.fsencode(json.loads(done.stdout)["files"][0]["path"]) == b"\xff\xfe.png"


def test_ctrl_c_says_how_to_go_on_and_the_rest_is_done_then(run: Run) -> None:
    Path("many").mkdir()
    for number in range(80):
        shutil.copy(PICTURES / "astronaut.png", f"many/{number:03}.png")
    words = ["label", "many", "--out", "out", "--producer", PRODUCER, "--jobs", "2"]
    started = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    give_up = time.monotonic() + 30
    while not list(Path("out").glob("*.png")) and time.monotonic() < give_up:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    _, err = started.communicate(timeout=30)
    assert started.returncode == 130
    assert b"run the same command again to go on" in err
    assert b"Traceback" not in err
    done = len(list(Path("out").glob("*.png")))
    assert 0 < done < 80
    ran = run(*words, "--layers", "metadata", "--on-existing", "keep", "--quiet")
    assert ran.code == 0
    assert len(list(Path("out").glob("*.png"))) == 80


def test_a_terminal_gets_a_progress_bar_and_colour_and_a_pipe_gets_none(labelled: Path) -> None:
    Path("in").mkdir()
    shutil.copy(labelled, "in/a.jpg")
    shutil.copy(labelled, "in/b.jpg")
    shown = on_terminal("verify", "in", "--look", "metadata", "--jobs", "1")
    assert "━" in shown
    assert "\x1b[" in shown
    assert "in/a.jpg" in shown
    assert "\x1b[3" not in on_terminal("formats", NO_COLOR="1")
    assert b"\x1b" not in spawn("verify", "in", "--look", "metadata", "--jobs", "1").stdout


def on_terminal(*words: str, **environment: str) -> str:
    """What a terminal of 80 x 24 gets to see."""
    main_end, other_end = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment}
    started = subprocess.Popen([*COMMAND, *words], stdin=other_end, stdout=other_end, stderr=other_end, env=env)
    os.close(other_end)
    seen = b""
    while True:
        try:
            part = os.read(main_end, 65536)
        except OSError:  # the other end was closed: everything is read
            break
        if not part:
            break
        seen += part
    started.wait(timeout=60)
    os.close(main_end)
    return seen.decode()


def test_a_picture_is_not_poured_onto_a_terminal(coffee: Path) -> None:
    shown = on_terminal("label", str(coffee), "--out", "-", "--producer", PRODUCER)
    assert "a picture would be printed on the terminal" in shown
    assert "standard input is a terminal" in on_terminal("verify", "-")


# --- rendering


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("图片 é 😀", "图片 é 😀"),
        ("\x1b[2J\r\n\t\0\x7f\x9b", "\\x1b[2J\\r\\n\\t\\x00\\x7f\\x9b"),
        ("a\u202eb\u200b\u2028\ufeff", "a\\u202eb\\u200b\\u2028\\ufeff"),
        ("\udcff\ue000\U000e0041", "\\udcff\\ue000\\U000e0041"),
    ],
)
def test_dangerous_characters_are_escaped_and_no_others(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_tables_align_full_width_text() -> None:
    lines = table([("图片", 1), ("a", 20)], head=["name", "n"])
    assert lines == ["name   n", "----  --", "图片   1", "a     20"]
    assert {width(line) for line in lines} == {8}
    assert table([]) == []


def test_main_is_what_the_script_calls() -> None:
    assert main(["formats", "--quiet"]) == 0
