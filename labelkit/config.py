"""Settings: where they can be set; what they are is in :mod:`labelkit.settings`.

Order of trust: a value passed in code or on the command line, then ``LABELKIT_*`` environment variables, then
``labelkit.toml`` (or ``[tool.labelkit]`` in pyproject.toml) in the current folder or the nearest one above it, then the
defaults. Unknown keys are errors, so that a misspelt setting never passes silently.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from labelkit.errors import ConfigError
from labelkit.settings import CHOICES, RANGES, WHOLLY_GENERATED, AudibleConfig, Config, ExplicitConfig, NoticeConfig

__all__ = [
    "CHOICES",
    "RANGES",
    "WHOLLY_GENERATED",
    "AudibleConfig",
    "Config",
    "ExplicitConfig",
    "Loaded",
    "NoticeConfig",
    "Setting",
    "find_file",
    "from_mapping",
    "load",
    "load_traced",
    "nearest",
    "ratio",
    "settings",
    "value_of",
]

#: Variables with our prefix that are no settings: the config file's path, tracebacks, and the short name of language.
OTHER_VARIABLES = ("LABELKIT_CONFIG", "LABELKIT_DEBUG", "LABELKIT_LANG")

FILE_NAME = "labelkit.toml"
_PREFIX = "LABELKIT_"
_PATHS = ("explicit.font", "explicit.logo", "audible.prompt", "key")
# Settings that are tables of their own in the file.
_GROUPS: Mapping[str, type] = {"explicit": ExplicitConfig, "audible": AudibleConfig, "notice": NoticeConfig}
# A configuration has about twenty lines; whatever is larger was named by mistake.
_MAX_FILE_BYTES = 1024 * 1024

Value: TypeAlias = "str | bool | int | float | tuple[str, ...]"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set: its key in the file, its environment variable and its default."""

    key: str
    default: Value

    @property
    def variable(self) -> str:
        """``LABELKIT_`` and the key in capitals, ``explicit.height`` becoming ``LABELKIT_EXPLICIT_HEIGHT``."""
        return _PREFIX + self.key.replace(".", "_").upper()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration and where it came from.

    Attributes:
        config: the settings.
        file: the file that was read, or ``None``.
        origins: key -> ``"default"``, the file's name or the environment variable's.
    """

    config: Config
    file: Path | None
    origins: Mapping[str, str]


def load(start: Path | None = None, env: Mapping[str, str] | None = None) -> Config:
    """The configuration that holds in a folder: file, then environment, over the defaults.

    Args:
        start: a folder to search from upwards, or the file itself; ``None`` takes ``LABELKIT_CONFIG``, else the
            current folder.
        env: the environment, ``os.environ`` when ``None``.

    Raises:
        ConfigError: a file that cannot be read, an unknown key, or a value of the wrong type or out of range.
    """
    return load_traced(start, env).config


def load_traced(start: Path | None = None, env: Mapping[str, str] | None = None) -> Loaded:
    """As :func:`load`, and where each value came from."""
    env = os.environ if env is None else env
    file = _chosen(start, env)
    from_file = _flatten(_table(file), str(file)) if file else {}
    values: dict[str, Value] = {}
    origins = {setting.key: "default" for setting in settings()}
    for key, raw in from_file.items():
        values[key] = _relative(key, _checked(key, raw, str(file)), file)
        origins[key] = str(file)
    for variable, (key, text) in _variables(env).items():
        values[key] = _checked(key, text, variable)
        origins[key] = variable
    return Loaded(_build(Config(), values), file, origins)


def from_mapping(mapping: Mapping[str, object], *, file: str = "", base: Config | None = None) -> Config:
    """A configuration from nested keys as a TOML file gives them, over ``base``.

    Args:
        mapping: settings by name, those of the visible label under ``"explicit"`` (or as ``"explicit.height"``), those
            of the audible one under ``"audible"``.
        file: what an error names as the source.
        base: what the mapping does not set; the defaults when ``None``.

    Raises:
        ConfigError: an unknown key (the nearest known one is named), or a value that is not allowed.
    """
    values = {key: _checked(key, raw, file) for key, raw in _flatten(mapping, file).items()}
    return _build(base or Config(), values)


def settings() -> tuple[Setting, ...]:
    """Everything that can be set, in the order of the documentation."""
    plain = [Setting(f.name, getattr(Config(), f.name)) for f in fields(Config) if f.name not in _GROUPS]
    inner = [
        Setting(f"{name}.{f.name}", getattr(group(), f.name)) for name, group in _GROUPS.items() for f in fields(group)
    ]
    return (*plain, *inner)


def value_of(config: Config, key: str) -> Value:
    """The value under a key such as ``"explicit.height"``."""
    group, _, name = key.rpartition(".")
    value: Value = getattr(getattr(config, group) if group else config, name)
    return value


def find_file(start: Path) -> Path | None:
    """The nearest ``labelkit.toml``, or pyproject.toml with ``[tool.labelkit]``, in ``start`` or above it."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
        project = folder / "pyproject.toml"
        if project.is_file() and _mentions_us(project):
            return project
    return None


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that ``word`` was probably meant to be, or ``""``."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.55)), "")


def _chosen(start: Path | None, env: Mapping[str, str]) -> Path | None:
    if start is None and env.get("LABELKIT_CONFIG"):
        start = Path(env["LABELKIT_CONFIG"])
        if start.is_dir():
            raise ConfigError("this is a folder", file=str(start), place="LABELKIT_CONFIG", remedy="name the file")
    if start is not None and not start.is_dir():
        return start
    try:
        return find_file((start or Path()).resolve())
    except OSError:  # the current folder was deleted; nothing is configured there
        return None


def _mentions_us(project: Path) -> bool:
    """Whether a pyproject.toml is about us; a broken one of somebody else's is none of our business."""
    try:
        return "tool.labelkit" in _text(project) or "labelkit" in _table(project)
    except ConfigError:
        return False


def _text(file: Path) -> str:
    try:
        with open(file, "rb") as stream:
            raw = stream.read(_MAX_FILE_BYTES + 1)
        if len(raw) > _MAX_FILE_BYTES:
            raise ConfigError(f"it is larger than {_MAX_FILE_BYTES} bytes", file=str(file), remedy="name a TOML file")
        return raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("there is no such file", file=str(file), remedy="check the path") from error
    except OSError as error:
        raise ConfigError(f"it cannot be read: {error.strerror or error}", file=str(file)) from error
    except UnicodeDecodeError as error:
        raise ConfigError("it is not UTF-8 text", file=str(file), remedy="save it as UTF-8") from error


def _table(file: Path) -> Mapping[str, object]:
    try:
        table = tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"it is not valid TOML: {error}", file=str(file), remedy="see docs/config.md") from error
    except RecursionError as error:
        raise ConfigError("it is nested too deeply", file=str(file), remedy="see docs/config.md") from error
    if file.name != "pyproject.toml":
        return table
    tool = table.get("tool")
    ours = tool.get("labelkit", {}) if isinstance(tool, Mapping) else {}
    return ours if isinstance(ours, Mapping) else {}


def _flatten(table: Mapping[str, object], file: str) -> dict[str, object]:
    """``{"explicit": {"height": 0.06}}`` as ``{"explicit.height": 0.06}``, every key known."""
    flat: dict[str, object] = {}
    for key, value in table.items():
        inner = value if key in _GROUPS and isinstance(value, Mapping) else None
        flat.update({f"{key}.{name}": v for name, v in inner.items()} if inner is not None else {key: value})
    known = [setting.key for setting in settings()]
    for key in flat:
        if key not in known:
            raise _unknown(key, known, file)
    return flat


def _unknown(key: str, known: Sequence[str], file: str) -> ConfigError:
    short = {name.rpartition(".")[2]: name for name in reversed(known)}
    near = short.get(nearest(key.rpartition(".")[2], short), "")
    remedy = f"did you mean {near}?" if near else "see docs/config.md for what can be set"
    return ConfigError(f"there is no setting called {key!r}", file=file, remedy=remedy)


def _variables(env: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Variable -> key and text, for every ``LABELKIT_`` variable that is set."""
    known = {setting.variable: setting.key for setting in settings()}
    found: dict[str, tuple[str, str]] = {}
    if env.get("LABELKIT_LANG"):
        found["LABELKIT_LANG"] = ("language", env["LABELKIT_LANG"])
    for variable, text in env.items():
        if not variable.startswith(_PREFIX) or variable in OTHER_VARIABLES:
            continue
        if variable not in known:
            near = nearest(variable, (*known, *OTHER_VARIABLES))
            raise ConfigError(
                f"there is no setting called {variable!r}",
                place="environment",
                remedy=f"did you mean {near}?" if near else "unset it; docs/config.md lists the variables",
            )
        found[variable] = (known[variable], text)
    return found


def _checked(key: str, raw: object, source: str) -> Value:
    """``raw`` as the type the setting has, within its choices and range."""
    default = next(setting.default for setting in settings() if setting.key == key)
    try:
        value = _converted(raw, default)
    except (ValueError, OverflowError) as error:
        kind = {bool: "true or false", int: "a whole number", float: "a number", tuple: "a list of words", str: "text"}
        raise _bad(key, f"it is {raw!r}, not {kind[type(default)]}", source) from error
    for word in value if isinstance(value, tuple) else (value,):
        _check_choice(key, word, source)
    low, high = RANGES.get(key, (0, 0))
    if key in RANGES and not (isinstance(value, (int, float)) and low <= value <= high):
        raise _bad(key, f"it is {raw!r}, it must lie between {low:g} and {high:g}", source)
    return value


def _check_choice(key: str, word: object, source: str) -> None:
    choices = CHOICES.get(key)
    if choices and word not in choices:
        near = nearest(str(word), choices)
        hint = f"did you mean {near}?" if near else ""
        raise _bad(key, f"it is {word!r}, it must be one of: {', '.join(choices)}", source, hint)


def _bad(key: str, message: str, source: str, remedy: str = "") -> ConfigError:
    return ConfigError(message, file=source, place=key, remedy=remedy or "see docs/config.md")


def _converted(raw: object, default: Value) -> Value:
    """``raw`` in the type of ``default``; text, as environment variables hold it, is read.

    Raises:
        ValueError, OverflowError: it does not fit.
    """
    if isinstance(default, bool):
        return raw if isinstance(raw, bool) else _truth(raw)
    if isinstance(default, tuple):
        return _words(raw)
    if isinstance(default, str):
        if not isinstance(raw, str):
            raise ValueError(raw)
        return raw
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise ValueError(raw)
    if isinstance(default, float):
        return ratio(raw) if isinstance(raw, str) else float(raw)
    if isinstance(raw, float) and raw != int(raw):
        raise ValueError(raw)
    return int(raw)


def ratio(text: str) -> float:
    """``"5.5%"`` or ``"0.055"`` as 0.055.

    Raises:
        ValueError: it is not a number.
    """
    number = text.strip()
    return float(number[:-1]) / 100 if number.endswith(("%", "%")) else float(number)


def _truth(raw: object) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if not isinstance(raw, str) or raw.strip().lower() not in words:
        raise ValueError(raw)
    return words[raw.strip().lower()]


def _words(raw: object) -> tuple[str, ...]:
    parts: Sequence[object] = raw.split(",") if isinstance(raw, str) else raw if isinstance(raw, (list, tuple)) else ()
    words = tuple(part.strip() for part in parts if isinstance(part, str) and part.strip())
    if not words or len(words) != len(parts):
        raise ValueError(raw)
    return tuple(dict.fromkeys(words))


def _relative(key: str, value: Value, file: Path | None) -> Value:
    """A font, logo or key is looked for beside the file that names it, not where the command happens to run."""
    if key not in _PATHS or not value or file is None:
        return value
    return str(file.parent / Path(str(value)).expanduser())


def _build(base: Config, values: Mapping[str, Value]) -> Config:
    # Every value has been converted to its field's type by _checked, which mypy cannot follow through a name.
    plain: dict[str, Any] = {key: value for key, value in values.items() if "." not in key}
    for name in _GROUPS:
        inner: dict[str, Any] = {k.partition(".")[2]: v for k, v in values.items() if k.partition(".")[0] == name}
        inner = {key: value for key, value in inner.items() if key}
        plain[name] = replace(getattr(base, name), **inner)
    return replace(base, **plain)
