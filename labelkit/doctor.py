"""Examine an installation: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from labelkit._version import __version__
from labelkit.errors import LabelKitError

#: Needed at run time, and the module each brings.
REQUIRED = {
    "pillow": "PIL",
    "numpy": "numpy",
    "click": "click",
    "rich": "rich",
    "defusedxml": "defusedxml",
    "mutagen": "mutagen",
    "jinja2": "jinja2",
}
#: Extra -> the packages it installs with the module each brings, and what it is for.
EXTRAS: dict[str, tuple[dict[str, str], str]] = {
    "audio": ({"soundfile": "soundfile", "av": "av"}, "audible labels and watermarks in sound"),
    "heif": ({"pillow-heif": "pillow_heif"}, "visible labels in HEIC and HEIF pictures"),
    "fonts": ({"pylopdf-fonts-zh-cn": "pylopdf_fonts_zh_cn"}, "visible labels in any Chinese words"),
}
_OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
# A batch keeps a temporary copy of each file it writes; below this, large pictures fail.
_LOW_DISK_BYTES = 500 * 1024 * 1024
_IMPORT_SECONDS = 60
_NO_WATERMARKS = "no watermarks are written or read, the other layers work"


class State(StrEnum):
    """How an item is."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was examined.

    Attributes:
        name: what.
        state: how it is; only ``problem`` stops LabelKit from working.
        detail: what was found.
        remedy: what to do about it, or ``""``.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""

    def asdict(self) -> dict[str, str]:
        """All fields as strings."""
        return {key: str(value) for key, value in asdict(self).items()}


def examine(folder: Path | None = None) -> list[Item]:
    """Look at everything LabelKit depends on.

    Args:
        folder: where output would go; the current folder when ``None``.
    """
    checks: tuple[Callable[[], Iterator[Item]], ...] = (
        _python, _packages, _codecs, _extras, _opencv, _font, _configuration, _key, _temporary,
        lambda: _disk(folder or Path()), _encoding,
    )  # fmt: skip
    return [item for check in checks for item in check()]


def _python() -> Iterator[Item]:
    yield Item("labelkit", State.OK, __version__)
    yield Item(
        "python", State.OK, f"{platform.python_version()} ({platform.python_implementation()}, {sys.executable})"
    )
    yield Item("system", State.OK, f"{platform.platform()}, {os.cpu_count() or 1} processors")


def _packages() -> Iterator[Item]:
    for package, module in REQUIRED.items():
        found = _version(package)
        if found and find_spec(module):
            yield Item(package, State.OK, found)
        else:
            yield Item(package, State.PROBLEM, "not installed", "install labelkit-aigc again with its dependencies")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _codecs() -> Iterator[Item]:
    if not find_spec("PIL"):
        return
    from PIL import features

    for name, feature in (
        ("JPEG", "jpg"),
        ("WebP", "webp"),
        ("AVIF", "avif"),
        ("TIFF", "libtiff"),
        ("FreeType", "freetype2"),
    ):
        there = bool(features.check(feature))
        state = State.OK if there else State.WARNING
        remedy = "" if there else "install Pillow from a wheel, or rebuild it with this library"
        yield Item(f"Pillow {name}", state, str(features.version(feature) or "present") if there else "missing", remedy)


def _extras() -> Iterator[Item]:
    for extra, (packages, purpose) in EXTRAS.items():
        if all(_version(package) and find_spec(module) for package, module in packages.items()):
            installed = ", ".join(f"{package} {_version(package)}" for package in packages)
            yield Item(f"extra [{extra}]", State.OK, f"{installed}: {purpose}")
        else:
            yield Item(
                f"extra [{extra}]", State.NOTE, f"not installed: {purpose}", f"pip install 'labelkit-aigc[{extra}]'"
            )


def _opencv() -> Iterator[Item]:
    """Watermarks need it. Two OpenCV packages own the same folder and break each other; one needs libGL."""
    found = [f"{name} {_version(name)}" for name in _OPENCV if _version(name)]
    remedy = (
        "install the library it names (Debian: apt-get install libgl1 libglib2.0-0), "
        "or opencv-python-headless instead of opencv-python"
    )
    if len(found) > 1:
        yield Item(
            "opencv",
            State.WARNING,
            f"two providers of cv2: {', '.join(found)}",
            "uninstall all of them, then install one",
        )
    elif not found:
        remedy = "install opencv-python or opencv-python-headless"
        yield Item("opencv", State.WARNING, f"not installed: {_NO_WATERMARKS}", remedy)
    if found and (trouble := _import_trouble("cv2")):
        yield Item("opencv", State.WARNING, f"{found[0]} does not load: {trouble}; {_NO_WATERMARKS}", remedy)
    elif len(found) == 1:
        yield Item("opencv", State.OK, f"{found[0]}: watermarks are written and read")


def _import_trouble(module: str) -> str:
    """Why a module does not load, tried in another process because a broken one can take this one down."""
    command = [sys.executable, "-P", "-c", f"import {module}"]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=_IMPORT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    if tried.returncode == 0:
        return ""
    return (tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"])[-1][:300]


def _font() -> Iterator[Item]:
    from labelkit.config import load

    try:
        wanted = load().explicit.font
    except LabelKitError:
        return  # reported under "configuration"
    folder = Path(__file__).parent / "formats" / "image" / "fonts"
    shipped = sorted(path.name for path in folder.glob("*.[ot]tf"))
    if shipped:
        yield Item("font", State.OK, ", ".join(shipped))
    else:
        yield Item("font", State.PROBLEM, "the shipped font is missing", "install labelkit-aigc again")
    if wanted and not Path(wanted).is_file():
        yield Item(
            "font setting", State.PROBLEM, f"there is no such file: {wanted}", "correct explicit.font in labelkit.toml"
        )


def _configuration() -> Iterator[Item]:
    from labelkit.config import load_traced

    try:
        loaded = load_traced()
    except LabelKitError as error:
        yield Item("configuration", State.PROBLEM, str(error), "correct it; docs/config.md lists what can be set")
    else:
        yield Item("configuration", State.OK, str(loaded.file or "defaults"))


def _key() -> Iterator[Item]:
    """The watermark's key; what cannot be read stops every command that needs it."""
    from labelkit.config import load

    try:
        configured = load().key
    except LabelKitError:
        return  # reported under "configuration"
    try:
        from labelkit.watermark import keys
    except ImportError:
        return  # reported under "numpy"
    if not configured:
        yield Item("watermark key", State.OK, f"{keys.PUBLIC_KEY.id}, the public one that everybody can read and forge")
        return
    try:
        found = keys.load(Path(configured))
    except LabelKitError as error:
        yield Item("watermark key", State.PROBLEM, str(error), "correct key in labelkit.toml")
        return
    if os.name == "posix" and Path(configured).stat().st_mode & 0o077:
        yield Item(
            "watermark key",
            State.WARNING,
            f"{found.id}, and others than its owner can read {configured}",
            "make it readable by its owner only: chmod 600",
        )
    else:
        yield Item("watermark key", State.OK, f"{found.id}, {configured}")


def _temporary() -> Iterator[Item]:
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"labelkit")
    except OSError as error:
        yield Item("temporary folder", State.PROBLEM, str(error), "set TMPDIR to a folder that can be written")
    else:
        yield Item("temporary folder", State.OK, tempfile.gettempdir())


def _disk(folder: Path) -> Iterator[Item]:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Item("disk", State.WARNING, str(error), "change to a folder that exists")
        return
    low = free < _LOW_DISK_BYTES
    remedy = "free some space before labelling large folders" if low else ""
    yield Item("disk", State.WARNING if low else State.OK, f"{free // 1024**2} MB free", remedy)


def _encoding() -> Iterator[Item]:
    found = locale.getpreferredencoding(False)
    fits = found.lower().replace("-", "") in ("utf8", "gb18030", "gbk")
    remedy = "" if fits else "set LANG=C.UTF-8, so that Chinese file names and messages show"
    yield Item("text encoding", State.OK if fits else State.WARNING, found, remedy)
