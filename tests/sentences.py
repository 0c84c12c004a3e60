"""Finds in the source code every sentence that people may get to read, as a template with ``{}`` for what varies."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from labelkit import errors

ROOT = Path(__file__).resolve().parent.parent
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type)}
#: Arguments that are sentences wherever they are given by name.
NAMED = {"help", "remedy", "epilog"}


def sentences(file: Path) -> set[str]:
    """Every sentence in one module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {text for call in ast.walk(tree) if isinstance(call, ast.Call) for text in _spoken(call) if _speaks(text)}


def _spoken(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ERRORS:
        yield from (text for argument in call.args[:1] for text in templates(argument))
    if name in {"say", "fail", "BadParameter"}:
        yield from (text for argument in call.args[:1] for text in templates(argument))
    if name == "usage":
        yield from (text for i in (0, 2) for argument in call.args[i : i + 1] for text in templates(argument))
    if name == "Item":
        yield from (text for i in (0, 2, 3) for argument in call.args[i : i + 1] for text in templates(argument))
    if name == "Note":
        yield from (text for argument in call.args[1:2] for text in templates(argument))
    if name in {"command", "group"} and len(call.args) == 2:
        yield from (part for text in templates(call.args[1]) for part in text.split("\n\n"))
    if name in ERRORS | {"option", "Option", "group", "version_option", "fail", "BadParameter"}:
        yield from (text for k in call.keywords if k.arg in NAMED for text in templates(k.value))


def templates(node: ast.expr) -> Iterator[str]:
    """The texts an expression may have, as templates."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*templates(node.body), *templates(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in templates(value))


def _speaks(text: str) -> bool:
    """Whether there are words in it at all."""
    return any(c.isalpha() for c in text.replace("{}", ""))


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted([*(ROOT / "labelkit").rglob("*.py"), *(ROOT / "formats").rglob("*.py")])
