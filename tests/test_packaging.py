"""The package as users get it: arrows between the rooms, public names, wheel content, lazy imports."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "labelkit"

# Each room and what it may import. Rooms not named may be imported by everybody.
_EVERYBODY = {"errors", "record", "annex_e", "content_id", "provider_code", "config", "sources", "wording", "_version"}
_ARROWS = {
    "formats.containers": {"formats.base", "formats.containers"},
    "formats.image": {
        "formats.base",
        "formats.image",
        "formats.media",
        "formats.table",
        "formats.containers",
        "watermark",
    },
    "formats.audio": {
        "formats.base",
        "formats.audio",
        "formats.media",
        "formats.table",
        "formats.containers",
        "watermark",
    },
    "watermark": {"watermark"},
    "formats.base": set[str](),
    "formats.media": {"formats.base", "formats.table", "formats.image", "watermark"},
    "formats.table": {"formats.base", "formats.containers"},
    "carriers": {"carriers", "formats.base"},
    "wording": {"wording"},
    "traces": {"traces", "carriers", "formats.base"},
    "sidecar": {"formats.base", "formats.containers"},
    "evidence": {"carriers", "traces", "sidecar", "formats.base", "formats.table"},
    "rules": {"rules", "carriers"},
    "verification": {
        "evidence",
        "traces",
        "rules",
        "watermark",
        "formats.base",
        "formats.media",
        "formats.table",
        "formats.image",
    },
    "content": {"formats.base"},
    "labelling": {
        "content",
        "evidence",
        "sidecar",
        "signals",
        "carriers",
        "watermark",
        "formats.base",
        "formats.table",
    },
    "signals": {"evidence", "labelling", "watermark", "formats.base", "formats.media", "formats.table"},
    "delivery": {"content", "evidence", "labelling", "sidecar", "formats.base", "formats.table"},
    "api": {"formats.media", "evidence", "labelling", "delivery", "verification", "watermark", "formats.table"},
    "report": {"report", "rules"},
    "batch": {"batch", "api", "labelling", "delivery", "verification", "report", "watermark", "formats.table"},
    "testing": {"formats.base", "formats.table", "testing"},
}


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(PACKAGE).with_suffix("")).replace("/", "."), path
    for path in sorted((ROOT / "formats").rglob("*.py")):
        yield "formats." + str(path.relative_to(ROOT / "formats").with_suffix("")).replace("/", "."), path


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(name: str) -> str:
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "formats" and len(parts) > 1 else parts[0]


def test_imports_follow_the_arrows() -> None:
    wrong = []
    for name, path in _modules():
        allowed = _ARROWS.get(_room(name))
        if allowed is None:
            continue
        for target in _imports(path):
            room = _room(target.removeprefix("labelkit."))
            known = target.startswith("labelkit.") and room not in _EVERYBODY and room != "formats"
            if known and room not in allowed and room != _room(name):
                wrong.append(f"{name} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_formats_from_the_top() -> None:
    wrong = [name for name, path in _modules() for target in _imports(path) if target.split(".")[0] == "formats"]
    assert not wrong


def test_nothing_imports_the_gpl_library_outside_its_rooms() -> None:
    assert not [name for name, path in _modules() for t in _imports(path) if t.split(".")[0] == "mutagen"]


def test_public_names_are_what_all_says() -> None:
    import labelkit

    assert sorted(labelkit.__all__) == labelkit.__all__
    for name in labelkit.__all__:
        assert getattr(labelkit, name).__doc__ or name == "__version__", name
    assert set(dir(labelkit)) == set(labelkit.__all__)


_RUN_HELP = "try: runpy.run_module('labelkit', run_name='__main__')\nexcept SystemExit: pass\n"


@pytest.mark.parametrize("command", [["-c", "import labelkit"], ["-m", "labelkit", "--help"]])
def test_light_start(command: list[str]) -> None:
    code = (
        "import sys, runpy\n"
        "sys.argv = ['labelkit', '--help']\n"
        + ("import labelkit\n" if command[0] == "-c" else _RUN_HELP)
        + "heavy = {'numpy', 'cv2', 'PIL', 'av', 'rich'} & set(sys.modules)\n"
        "sys.stderr.write(f'heavy={sorted(heavy)}')"
    )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.endswith("heavy=[]"), done.stderr


def test_map_lists_every_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    found = {
        "labelkit" + ("" if p.parent == PACKAGE else "." + ".".join(p.parent.relative_to(PACKAGE).parts))
        for p in PACKAGE.rglob("__init__.py")
        if "formats" not in p.relative_to(PACKAGE).parts
    } | {
        ".".join(("labelkit", "formats", *p.parent.relative_to(ROOT / "formats").parts))
        for p in (ROOT / "formats").rglob("__init__.py")
    }
    assert set(settings["packages"]) == found
    assert (PACKAGE / "formats").is_symlink()


def test_wheel_holds_the_tree(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    expected = {f"labelkit/{name.replace('.', '/')}.py" for name, _ in _modules() if not name.startswith("formats.__")}
    assert {n for n in inside if n.endswith(".py")} == expected | {"labelkit/formats/__init__.py"}
    assert "labelkit/py.typed" in inside
    assert [n for n in inside if n.startswith("labelkit/formats/image/fonts/")]
    assert {f"labelkit/formats/audio/prompts/{name}" for name in ("zh.wav", "en.wav", "README.md")} <= inside
    assert not [n for n in inside if n.startswith(("formats/", "tests/", "benchmarks/"))]
