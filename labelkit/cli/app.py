"""The program: finds the command, turns every expected trouble into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from importlib import import_module
from itertools import pairwise

import click

from labelkit._version import __version__
from labelkit.cli.options import Commands, State, lang_option, voice_of
from labelkit.cli.terminal import Terminal, abandon_output, prepare_streams, safe
from labelkit.config import nearest
from labelkit.errors import ConfigError, LabelKitError, MissingExtra, WriteError
from labelkit.messages import Voice, choose


class Exit(IntEnum):
    """What the exit code says; a contract, see docs/cli.md."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    FAILED = 3
    DEFECT = 70
    INTERRUPTED = 130
    NOBODY_READS = 141


#: Command -> module in this package, and its one line in ``labelkit --help``; modules load when their command runs.
COMMANDS = {
    "label": ("label", "Put labels on pictures and sounds, or on folders of them."),
    "verify": ("verify", "Judge files: are they labelled as the rules ask?"),
    "show": ("show", "Show every label in a file, field by field."),
    "propagate": ("propagate", "Add a platform's half to labels, keeping the producer's."),
    "keys": ("keys", "Make and list the keys of invisible watermarks."),
    "formats": ("formats", "List the formats and where each keeps its label."),
    "doctor": ("doctor", "Examine this installation."),
    "config": ("settings", "Show the settings and where they come from."),
}
# What people look for who want labels gone (标识办法 art. 10 forbids offering it).
_INTERRUPTED = "interrupted; what is finished stays, run the same command again to go on"
_REMOVAL = ("strip", "remove", "delete", "clean", "erase", "clear", "unlabel", "rm")


class Program(Commands):
    """The commands, imported one at a time."""

    def summaries(self) -> dict[str, str]:
        """From the table above, so that help imports none of them."""
        return {name: text for name, (_, text) in COMMANDS.items()}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"labelkit.cli.{COMMANDS[cmd_name][0]}").command
        assert isinstance(command, click.Command)
        return command

    def unknown(self, name: str, ctx: click.Context) -> ConfigError:
        """As for every group, and a word to those who look for a way to remove labels."""
        if name in _REMOVAL:
            return ConfigError(
                f"there is no command {name!r}: offering tools that remove labels is forbidden (标识办法 art. 10)",
                remedy="use label --on-existing replace, or propagate",
            )
        return super().unknown(name, ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The last line of the help."""
        formatter.write_paragraph()
        formatter.write_text(voice_of(ctx).say(self.epilog or ""))


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Label AI-generated media as GB 45438-2025 asks, and prove that the labels are there.",
    epilog="Each command has its own --help. Exit codes: 0 fine, 1 findings, 2 wrong usage, 3 something failed.",
)
@click.version_option(__version__, "--version", prog_name="labelkit", help="Show the version and exit.")
def program() -> None:
    """Everything is in the commands."""


program.params.append(lang_option())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code and lets no exception out."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    prepare_streams()
    if os.environ.get("_LABELKIT_COMPLETE"):
        program.main(words, prog_name="labelkit")
    wish = _wish(words)
    terminal = Terminal(Voice(choose(wish)))
    try:
        code = _invoke(words, State(terminal.voice, wish))
        sys.stdout.flush()
        return code
    except (KeyboardInterrupt, click.Abort) as stop:
        terminal.complain(terminal.voice.translate(str(stop) or _INTERRUPTED))
        return Exit.INTERRUPTED
    except BrokenPipeError:
        abandon_output()
        return Exit.NOBODY_READS
    except Exception as error:
        return _explain(error, terminal)


def _invoke(words: list[str], state: State) -> int:
    if not words:
        sys.stderr.write(program.get_help(click.Context(program, info_name="labelkit", obj=state)) + "\n")
        return Exit.USAGE
    try:
        with program.make_context("labelkit", words, obj=state) as context:
            return int(program.invoke(context) or 0)
    except click.exceptions.NoArgsIsHelpError as nothing:
        sys.stderr.write(nothing.format_message() + "\n")
        return Exit.USAGE
    except click.exceptions.Exit as done:
        return done.exit_code


def _wish(words: Sequence[str]) -> str:
    """What ``--lang`` says, wherever it stands; help and errors of the parser need it before anything is parsed."""
    for word, following in pairwise([*words, ""]):
        if word == "--":
            break
        if word == "--lang" or word.startswith("--lang="):
            return word.partition("=")[2] or following
    return ""


def _explain(error: Exception, terminal: Terminal) -> int:
    if isinstance(error, click.ClickException):
        _explain_usage(error, terminal)
        return Exit.USAGE
    if isinstance(error, LabelKitError):
        terminal.error(error)
        # What one file does wrong is an outcome; what is refused up here was refused for what the user typed.
        return Exit.FAILED if isinstance(error, (WriteError, MissingExtra)) else Exit.USAGE
    if isinstance(error, OSError) and error.filename is None:
        abandon_output()
        terminal.complain(terminal.voice.say("the output cannot be written: {}", error.strerror or error))
        return Exit.FAILED
    _report_defect(error, terminal)
    return Exit.DEFECT


def _explain_usage(error: click.ClickException, terminal: Terminal) -> None:
    voice = terminal.voice
    terminal.complain(_usage_text(error, voice))
    context = getattr(error, "ctx", None)
    if context is not None:
        sys.stderr.write(voice.say("See `{} --help`.", context.command_path) + "\n")


def _usage_text(error: click.ClickException, voice: Voice) -> str:
    if isinstance(error, click.NoSuchOption):
        known = _options(error.ctx)
        near = next((n for n in known if n.startswith(error.option_name)), "") or nearest(error.option_name, known)
        text = voice.say("there is no option {}", error.option_name)
        return f"{text} ({voice.say('did you mean {}?', near)})" if near else text
    if isinstance(error, click.MissingParameter) and error.param:
        return voice.say("{} is missing", _named(error.param))
    if isinstance(error, click.BadParameter) and error.param:
        return f"{_named(error.param)}: {voice.translate(error.message.rstrip('.'))}"
    return voice.translate(error.format_message())


def _named(param: click.Parameter) -> str:
    """``--jobs`` or ``SRC...``, as the user has to write it."""
    return max(param.opts, key=len) if isinstance(param, click.Option) else param.human_readable_name


def _options(context: click.Context | None) -> list[str]:
    params = context.command.get_params(context) if context else []
    return [name for param in params if isinstance(param, click.Option) for name in param.opts if name.startswith("--")]


def _report_defect(error: Exception, terminal: Terminal) -> None:
    if os.environ.get("LABELKIT_DEBUG"):
        import traceback

        traceback.print_exception(error)
    detail = safe(f"{type(error).__name__}: {error}")[:300]
    terminal.complain(
        terminal.voice.say("unexpected {}; this is a defect in LabelKit, your files are untouched", detail)
    )
    sys.stderr.write(
        terminal.voice.say(
            "Please report it with the traceback (run again with LABELKIT_DEBUG=1) and the output of `labelkit doctor`."
        )
        + "\n"
    )
