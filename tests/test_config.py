"""The configuration: where it is found, what it accepts, and that a mistake in it never passes silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelkit.config import (
    CHOICES,
    RANGES,
    Config,
    ExplicitConfig,
    find_file,
    from_mapping,
    load,
    load_traced,
    ratio,
    settings,
    value_of,
)
from labelkit.errors import ConfigError

TOML = """
producer = "001191000000MA0000007C10001"
layers = ["metadata"]
jobs = 3

[explicit]
height = "6%"
position = "top-left"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "labelkit.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "a" / "b").mkdir(parents=True)
    return tmp_path


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Config()


def test_the_file_of_the_folder_or_the_nearest_above_is_read(project: Path) -> None:
    config = load(project / "a" / "b", {})
    assert config.layers == ("metadata",)
    assert config.jobs == 3
    assert config.explicit == ExplicitConfig(height=0.06, position="top-left")
    (project / "a" / "labelkit.toml").write_text("jobs = 7\n")
    assert load(project / "a" / "b", {}).jobs == 7


def test_the_current_folder_is_the_start(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "a")
    assert load(env={}).jobs == 3


def test_the_environment_wins_over_the_file_and_origins_say_so(project: Path) -> None:
    loaded = load_traced(project, {"LABELKIT_JOBS": "5", "LABELKIT_EXPLICIT_TEXT": "AI生成", "LABELKIT_LANG": "zh"})
    assert (loaded.config.jobs, loaded.config.explicit.text, loaded.config.language) == (5, "AI生成", "zh")
    assert loaded.origins["jobs"] == "LABELKIT_JOBS"
    assert loaded.origins["language"] == "LABELKIT_LANG"
    assert loaded.origins["producer"] == str(project / "labelkit.toml")
    assert loaded.origins["sync"] == "default"


def test_the_variable_labelkit_config_names_the_file(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("jobs = 9")
    assert load(env={"LABELKIT_CONFIG": str(other)}).jobs == 9
    with pytest.raises(ConfigError, match="LABELKIT_CONFIG: this is a folder"):
        load(env={"LABELKIT_CONFIG": str(project)})


def test_pyproject_counts_only_with_our_table(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text("[tool.other]\nx = 1\n")
    assert find_file(tmp_path) is None
    project.write_text("[tool.labelkit]\njobs = 2\n[tool.labelkit.explicit]\nstyle = 'plate'\n")
    config = load(tmp_path, {})
    assert (config.jobs, config.explicit.style) == (2, "plate")


def test_a_broken_pyproject_of_somebody_else_is_not_ours_to_judge(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text("not toml [")
    assert load(tmp_path, {}) == Config()
    project.write_text("[tool.labelkit]\nnot toml [")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(tmp_path, {})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("producr = 'x'", r"labelkit\.toml: there is no setting called 'producr' \(did you mean producer\?\)"),
        ("height = 0.06", r"'height' \(did you mean explicit\.height\?\)"),
        ("[explicit]\nhight = 0.06", r"'explicit\.hight' \(did you mean explicit\.height\?\)"),
        ("xyzzy = 1", r"'xyzzy' \(see docs/config\.md"),
        ("explicit = 3", "no setting called 'explicit'"),
        ("jobs = -1", "jobs: it is -1, it must lie between 0 and 1024"),
        ("jobs = 1.5", "jobs: it is 1.5, not a whole number"),
        ("jobs = inf", "jobs: it is inf, not a whole number"),
        ("jobs = true", "jobs: it is True, not a whole number"),
        ("sync = 'perhaps'", "sync: it is 'perhaps', not true or false"),
        ("sync = 1", "sync: it is 1, not true or false"),
        ("producer = 7", "producer: it is 7, not text"),
        ("layers = []", "layers: it is .*, not a list of words"),
        ("layers = [1]", "layers: it is .*, not a list of words"),
        ("layers = ['metadat']", r"layers: it is 'metadat', .*\(did you mean metadata\?\)"),
        ("on_existing = 'strip'", "on_existing: it is 'strip', it must be one of: replace, keep, refuse, propagate"),
        ("[explicit]\nheight = 0.04", "explicit.height: it is 0.04, it must lie between 0.05 and 0.5"),
        ("[explicit]\nheight = nan", "explicit.height: it is nan"),
        ("[explicit]\nstyle = 'plat'", r"did you mean plate\?"),
    ],
)
def test_every_mistake_in_the_file_is_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "labelkit.toml").write_text(line, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, {})
    assert caught.value.file == str(tmp_path / "labelkit.toml")
    assert caught.value.remedy


def test_a_misspelt_variable_is_named_and_private_ones_are_not_settings() -> None:
    with pytest.raises(ConfigError, match=r"'LABELKIT_PRODUCR' \(did you mean LABELKIT_PRODUCER\?\)"):
        load(Path("/"), {"LABELKIT_PRODUCR": "x"})
    load(Path("/"), {"LABELKIT_DEBUG": "1", "LABELKIT_CONFIG": "", "_LABELKIT_COMPLETE": "bash_source", "PATH": "x"})


def test_a_bad_value_in_a_variable_names_the_variable() -> None:
    with pytest.raises(ConfigError, match="LABELKIT_JOBS: jobs: it is 'many', not a whole number"):
        load(Path("/"), {"LABELKIT_JOBS": "many"})


@pytest.mark.parametrize("text", ["false", "0", "No", " off "])
def test_truth_in_variables(text: str) -> None:
    assert load(Path("/"), {"LABELKIT_SYNC": text}).sync is False


def test_layers_in_a_variable_are_separated_by_commas() -> None:
    assert load(Path("/"), {"LABELKIT_LAYERS": "metadata, explicit,metadata"}).layers == ("metadata", "explicit")


def test_font_and_logo_are_found_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "labelkit.toml").write_text("[explicit]\nfont = 'fonts/a.otf'\nlogo = '~/logo.png'\n")
    monkeypatch.setenv("HOME", "/home/nobody")
    explicit = load(tmp_path, {"LABELKIT_EXPLICIT_FONT": ""}).explicit
    assert (explicit.font, explicit.logo) == ("", "/home/nobody/logo.png")
    assert load(tmp_path, {}).explicit.font == str(tmp_path / "fonts" / "a.otf")


def test_unreadable_configurations_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "missing.toml", {})
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(binary, {})
    binary.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="larger than"):
        load(binary, {})
    binary.write_bytes(b"x = " + b"[" * 100_000)
    with pytest.raises(ConfigError, match=r"not valid TOML|nested too deeply"):
        load(binary, {})


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "labelkit.toml").write_text("jobs = 2", encoding="utf-8-sig")
    assert load(tmp_path, {}).jobs == 2


def test_mappings_from_code_override_a_base() -> None:
    config = from_mapping({"jobs": 2, "explicit": {"height": 0.08}}, base=Config(producer="x"))
    assert (config.producer, config.jobs, config.explicit.height) == ("x", 2, 0.08)
    assert from_mapping({"explicit.height": "8%"}) == from_mapping({"explicit": {"height": 0.08}})
    with pytest.raises(ConfigError, match="no setting called 'job'"):
        from_mapping({"job": 2})


def test_every_default_passes_its_own_check_and_every_choice_belongs_to_a_setting() -> None:
    keys = {setting.key for setting in settings()}
    assert set(CHOICES) | set(RANGES) <= keys
    for setting in settings():
        assert value_of(from_mapping({setting.key: setting.default}), setting.key) == setting.default


@pytest.mark.parametrize(("text", "value"), [("5.5%", 0.055), ("0.055", 0.055), (" 6 %", 0.06), ("10%", 0.1)])
def test_ratios_are_read_as_percent_or_fraction(text: str, value: float) -> None:
    assert ratio(text) == pytest.approx(value)
