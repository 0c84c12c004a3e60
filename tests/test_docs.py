"""The documentation says what the code does: every command, option, setting, format, check and example."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

import labelkit
from labelkit import doctor
from labelkit.cli.app import COMMANDS, Exit, program
from labelkit.config import CHOICES, OTHER_VARIABLES, load, settings
from labelkit.formats.table import FORMATS
from labelkit.record import Verdict
from labelkit.rules.checks import all_checks

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "tests" / "data" / "pictures"
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
CONFIG = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
README_ZH = (ROOT / "README.zh.md").read_text(encoding="utf-8")
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    ROOT / "formats" / "README.md",
]
#: Options that every command has; docs/cli.md describes them once.
SHARED = ("--json", "--config", "--lang", "--quiet", "--help")


def command(name: str) -> click.Command:
    found = program.get_command(click.Context(program), name)
    assert found
    return found


def section(page: str, title: str) -> str:
    """What stands below a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
    assert found, f"no section {title}"
    return found[1]


def blocks(page: str, language: str) -> list[str]:
    return [text for found, text in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.M | re.S) if found == language]


def with_parts(name: str) -> list[click.Command]:
    """A command, and the commands in it if it is a group."""
    found = command(name)
    return [found, *(found.commands.values() if isinstance(found, click.Group) else ())]


OPTIONS = [
    (name, param)
    for name in COMMANDS
    for part in with_parts(name)
    for param in part.params
    if isinstance(param, click.Option)
]


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda v: v if isinstance(v, str) else v.opts[0])
def test_every_option_is_documented(name: str, option: click.Option) -> None:
    long = max(option.opts, key=len)
    where = section(CLI, "What all commands share" if long in SHARED else name)
    assert f"`{long}" in where
    assert option.help, "an option without help"
    for word in getattr(option.type, "words", ()):
        assert word in section(CLI, "What all commands share" if long in SHARED else name), f"{long} {word}"


def test_every_command_is_in_the_list_and_has_a_section() -> None:
    for name in COMMANDS:
        assert f"| [`{name}`](#{name}) |" in CLI
        assert all(f"labelkit {name} {part.name}" in section(CLI, name) for part in with_parts(name)[1:])


def test_no_option_is_documented_that_does_not_exist() -> None:
    known = {opt for _, option in OPTIONS for opt in option.opts} | {"--version", "--help", "-h"}
    for page in (CLI, README, README_ZH):
        words = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page))
        assert words <= known


def test_every_exit_code_is_documented() -> None:
    for code in Exit:
        assert re.search(rf"^\| {code.value} \|", section(CLI, "What all commands share"), re.M), code


def test_every_verdict_is_documented() -> None:
    for verdict in Verdict:
        assert f"| `{verdict}` |" in section(CLI, "verify")


@pytest.mark.parametrize("setting", settings(), ids=lambda setting: setting.key)
def test_every_setting_is_documented_with_its_variable_default_and_choices(setting) -> None:
    row = next(line for line in CONFIG.splitlines() if line.startswith(f"| `{setting.key}` |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    default = ",".join(setting.default) if isinstance(setting.default, tuple) else str(setting.default)
    default = default.lower() if isinstance(setting.default, bool) else default
    assert cells[1] == f"`{setting.variable}`"
    assert cells[2] == (f"`{default}`" if default else "")
    assert all(f"`{word}`" in row for word in CHOICES.get(setting.key, ()))


def test_no_setting_is_documented_that_does_not_exist() -> None:
    keys = set(re.findall(r"^\| `([\w.]+)` \|", CONFIG, re.M))
    assert keys == {setting.key for setting in settings()}
    variables = set(re.findall(r"`(LABELKIT_\w+)`", CONFIG))
    assert variables == {setting.variable for setting in settings()} | set(OTHER_VARIABLES)


def test_the_example_settings_file_is_valid(tmp_path: Path) -> None:
    example = next(iter(blocks(CONFIG, "toml")))
    (tmp_path / "labelkit.toml").write_text(example, encoding="utf-8")
    assert load(tmp_path, {}).explicit.height == pytest.approx(0.06)


def test_every_format_is_in_the_capability_matrix() -> None:
    page = (ROOT / "formats" / "README.md").read_text(encoding="utf-8")
    for row in FORMATS:
        line = next(line for line in page.splitlines() if line.startswith(f"| `{row.id}` |"))
        assert all(f"`{extension}`" in line for extension in row.extensions)
        assert row.clause in line


def test_every_check_is_documented() -> None:
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    for check in all_checks():
        assert f"| `{check.id}` | {check.severity} | {check.clause} |" in page
        assert any("\u4e00" <= c <= "\u9fff" for c in check.title_zh), f"{check.id} has no Chinese title"


def test_generated_pages_are_fresh() -> None:
    script = ROOT / "scripts" / "make_tables.py"
    ran = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_extras_are_documented_and_known_to_the_doctor() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    for page in (README, README_ZH):
        assert set(re.findall(r"^\| `(\w+)` \|", page, re.M)) == extras
    assert set(doctor.EXTRAS) == extras - {"all"}
    required = {re.split(r"[<>=\[]", dependency)[0] for dependency in project["dependencies"]}
    assert set(doctor.REQUIRED) == required - {"opencv-python"}
    assert {row.extra for row in FORMATS if row.extra} <= extras


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_chinese_readme_is_a_twin() -> None:
    def shape(page: str) -> list[str]:
        return re.findall(r"^(#+) ", page, re.M)

    assert shape(README) == shape(README_ZH)
    assert len(re.findall(r"^\|", README, re.M)) == len(re.findall(r"^\|", README_ZH, re.M))
    for language in ("", "python", "toml"):
        ours, theirs = blocks(README, language), blocks(README_ZH, language)
        assert [code_of(block) for block in ours] == [code_of(block) for block in theirs]


def code_of(block: str) -> list[str]:
    """The lines of a block without their comments."""
    return [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples speak of."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    shutil.copy(PICTURES / "coffee.jpg", tmp_path / "pictures" / "coffee.jpg")
    shutil.copytree(tmp_path / "pictures", tmp_path / "photos")
    shutil.copy(PICTURES / "coffee.jpg", tmp_path / "picture.jpg")
    shutil.copy(PICTURES / "astronaut.png", tmp_path / "a.png")
    shutil.copy(PICTURES / "astronaut.png", tmp_path / "upload.png")
    label = labelkit.AigcLabel.generated("001191000000MA0000007C10001", "ID-1")
    labelkit.label("picture.jpg", label, "upload.jpg", layers=("metadata",))
    return tmp_path


def test_the_python_examples_run_and_print_what_they_say(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in blocks(README, "python"):
        exec(compile(block, "README.md", "exec"), names)
    assert "confirmed True" in capsys.readouterr().out
    assert labelkit.verify(names["data"]).verdict == "confirmed"  # type: ignore[arg-type]


def test_the_command_lines_of_the_readme_run(workplace: Path) -> None:
    (workplace / "labelkit.toml").write_text(blocks(README, "toml")[0], encoding="utf-8")
    scripts = os.path.dirname(sys.executable)
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    lines = [line for block in blocks(README, "") for line in block.splitlines() if "labelkit " in line]
    assert len(lines) >= 8
    for line in lines:
        ran = subprocess.run(
            ["bash", "-c", line], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert ran.returncode == 0, (line, ran.stdout, ran.stderr)


def test_the_command_lines_of_the_reference_parse() -> None:
    lines = [line for block in blocks(CLI, "") for line in block.splitlines() if line.startswith("labelkit ")]
    examples = [line for line in lines if not re.search(r"[A-Z]{3,}(?![0-9A-Z])|\[|\.\.\.", line)]
    assert len(examples) >= 10
    for line in examples:
        words = shlex.split(re.split(r" [|>&]| && ", line)[0])[1:]
        found = command(words[0])
        context = found.make_context(words[0], words[1:], resilient_parsing=False)
        if isinstance(found, click.Group):
            _, part, rest = found.resolve_command(context, words[1:])
            assert part
            part.make_context(words[1], rest, parent=context)


def test_nothing_names_a_number_that_was_not_measured() -> None:
    for page in (README, README_ZH):
        assert not re.search(r"\d+(\.\d+)? ?(ms|x faster|times faster|倍)\b", page)
