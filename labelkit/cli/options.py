"""What all commands share: options, types that name the nearest allowed word, and help in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelkit import config as settings
from labelkit.cli.terminal import Terminal
from labelkit.config import CHOICES, Config
from labelkit.errors import ConfigError
from labelkit.messages import Voice, choose


@dataclass(slots=True)
class State:
    """What one run of the program knows before a command has parsed its options."""

    voice: Voice = field(default_factory=Voice)
    lang: str = ""


@dataclass(slots=True)
class Session:
    """What a command gets: how to speak, and the settings."""

    terminal: Terminal
    config_file: Path | None = None
    lang: str = ""

    def config(self) -> Config:
        """The settings of file and environment.

        Raises:
            ConfigError: see :func:`labelkit.config.load`.
        """
        config = settings.load(self.config_file)
        self.terminal.voice = Voice(choose(self.lang or _plain(config.language)))
        return config


def _plain(language: str) -> str:
    return "" if language == "auto" else language


def voice_of(context: click.Context) -> Voice:
    """The language of this run."""
    state = context.find_root().obj
    return state.voice if isinstance(state, State) else Voice()


class Speaking(click.Command):
    """A command whose help speaks the user's language."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The first line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, voice_of(ctx).say("Usage: "))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The description, paragraph by paragraph."""
        for paragraph in (self.help or "").split("\n\n"):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(voice_of(ctx).say(paragraph))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each option and what it does."""
        voice = voice_of(ctx)
        records = (p.get_help_record(ctx) for p in self.get_params(ctx) if isinstance(p, click.Option))
        with formatter.section(voice.say("Options")):
            formatter.write_dl([(spec, voice.say(text)) for spec, text in filter(None, records)])


class Commands(Speaking, click.Group):
    """Several commands under one name."""

    def summaries(self) -> Mapping[str, str]:
        """Command -> its one line in the help, in the order of the help; nothing else needs to be loaded for it."""
        return {name: (command.help or "").partition("\n\n")[0] for name, command in self.commands.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the help."""
        return list(self.summaries())

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was asked for, or an error that names the nearest one."""
        if args[0] not in self.summaries() and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise self.unknown(args[0], ctx)
        return super().resolve_command(ctx, args)

    def unknown(self, name: str, ctx: click.Context) -> ConfigError:
        """What to say about a command that does not exist."""
        near = settings.nearest(name, self.summaries())
        remedy = f"did you mean {near}?" if near else f"see `{ctx.command_path} --help`"
        return ConfigError(f"there is no command {name!r}", remedy=remedy)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands."""
        voice = voice_of(ctx)
        with formatter.section(voice.say("Commands")):
            formatter.write_dl([(name, voice.say(text)) for name, text in self.summaries().items()])


def group(name: str, help: str) -> Commands:
    """An empty group of commands, whose help comes with ``--help`` or with nothing."""
    made = Commands(name, help=help, context_settings={"help_option_names": ["-h", "--help"]})
    made.params.append(lang_option())
    return made


if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:
    _Type = click.ParamType  # generic only since click 8.3


class OneOf(_Type):
    """One word of a closed set."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self.name = "word"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The words, as the help shows them."""
        return "|".join(self.words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word, or an error that names the nearest one."""
        if value in self.words:
            return value
        near = settings.nearest(str(value).lower(), self.words)
        hint = f"; did you mean {near}?" if near else ""
        raise click.BadParameter(f"{value!r} is not one of: {', '.join(self.words)}{hint}", ctx, param)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Words that begin like this."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


class SomeOf(OneOf):
    """Several words of a closed set, separated by commas."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The words, as the help shows them."""
        return ",".join(self.words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The words as a tuple, each once."""
        if isinstance(value, tuple):
            return value
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        if not words:
            self.fail(f"name at least one of: {', '.join(self.words)}", param, ctx)
        return tuple(dict.fromkeys(OneOf.convert(self, word, param, ctx) for word in words))


class Height(_Type):
    """A share of the shortest side: ``5.5%`` or ``0.055``."""

    name = "height"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The share as a fraction."""
        low, high = settings.RANGES["explicit.height"]
        try:
            share = settings.ratio(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a share such as 5.5% or 0.055", param, ctx)
        if not low <= share <= high:
            self.fail(f"{value} must lie between {low:.0%} and {high:.0%} of the shortest side", param, ctx)
        return share


def path_type(*, allow_dash: bool = False) -> click.Path:
    """A path that is looked at when it is opened: a file without permission is one bad file, no wrong usage."""
    return click.Path(path_type=Path, allow_dash=allow_dash, readable=False)


def option(*names: str, **attributes: Any) -> Callable[[Any], Any]:
    """``click.option``; the help is translated when it is shown."""
    return click.option(*names, **attributes)


def _common() -> list[click.Parameter]:
    """Options that every command has, at the end of its help."""
    path: click.Path = path_type()
    return [
        click.Option(
            ["--config", "config_file"],
            metavar="FILE",
            type=path,
            help="Settings file instead of the nearest labelkit.toml.",
        ),
        lang_option(),
        click.Option(["--quiet", "-q"], is_flag=True, help="Say only what is wrong."),
    ]


def lang_option() -> click.Option:
    """``--lang``: checked here, read by :func:`labelkit.cli.app.run` before anything is parsed."""
    help = "Language of messages (default: LABELKIT_LANG, then the locale)."
    return click.Option(["--lang"], type=OneOf(("zh", "en")), expose_value=False, help=help)


JSON = option(
    "--json", "as_json", is_flag=True, help="One JSON object on standard output; everything else on standard error."
)
JOBS = option("--jobs", "-j", type=int, metavar="N", help="Worker processes (default: one per processor).")
SOURCES = click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=path_type(allow_dash=True))

OUT = option(
    "--out",
    "-o",
    metavar="PLACE",
    type=path_type(allow_dash=True),
    help="Folder or file for the result; - for standard output.",
)
IN_PLACE = option(
    "--in-place", is_flag=True, help="Replace the sources themselves, keeping each original under --backup."
)
BACKUP = option("--backup", metavar="SUFFIX", help="Suffix of the kept originals (default: .orig; '' keeps none).")
DRY_RUN = option("--dry-run", is_flag=True, help="Do everything except storing.")

__all__ = [
    "CHOICES",
    "Commands",
    "Height",
    "OneOf",
    "Session",
    "SomeOf",
    "Speaking",
    "State",
    "command",
    "group",
    "option",
    "path_type",
    "usage",
    "voice_of",
]


def command(name: str, help: str) -> Callable[[Callable[..., int]], click.Command]:
    """A sub-command: its function gets a :class:`Session` first and answers with the exit code."""

    def decorate(function: Callable[..., int]) -> click.Command:
        @wraps(function)
        def called(config_file: Path | None, quiet: bool, **values: Any) -> int:
            state = click.get_current_context().find_root().ensure_object(State)
            machine = bool(values.get("as_json") or values.get("as_json_lines") or values.get("out") == Path("-"))
            return function(Session(Terminal(state.voice, machine, quiet), config_file, state.lang), **values)

        made = click.command(name, cls=Speaking, help=help, context_settings={"help_option_names": ["-h", "--help"]})(
            called
        )
        made.params += _common()
        return made

    return decorate


def usage(message: str, place: str = "", remedy: str = "") -> ConfigError:
    """A wrong combination of arguments, as an error that ends with exit code 2."""
    return ConfigError(message, place=place, remedy=remedy)
