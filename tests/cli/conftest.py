"""Running the command line: in this process for speed, in another where streams and signals matter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labelkit.cli import main

PICTURES = Path(__file__).resolve().parent.parent / "data" / "pictures"
PRODUCER = "001191000000MA0000007C10001"
PLATFORM = "001191149900MA0LA3QG5T20001"


@dataclass(frozen=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON object."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test stands in a folder of its own, in English, with no settings around."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("LABELKIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process."""

    def called(*words: object) -> Ran:
        code = main([str(word) for word in words])
        streams = capsys.readouterr()
        return Ran(code, streams.out, streams.err)

    return called


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small pictures, so that looking for visible labels is quick: one plain, one with all labels."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("stock")
    with Image.open(PICTURES / "coffee.jpg") as image:
        image.resize((320, 240)).save(folder / "coffee.jpg", quality=90)
    assert main(["label", str(folder / "coffee.jpg"), "--out", str(folder / "ok.jpg"), "--producer", PRODUCER]) == 0
    return folder


@pytest.fixture
def coffee(tmp_path: Path, stock: Path) -> Path:
    """A small JPEG file."""
    return Path(shutil.copy(stock / "coffee.jpg", tmp_path / "coffee.jpg"))


@pytest.fixture
def conforming(tmp_path: Path, stock: Path) -> Path:
    """The same with all labels, as ``ok.jpg`` in the current folder."""
    shutil.copy(stock / "ok.jpg", tmp_path / "ok.jpg")
    return Path("ok.jpg")


@pytest.fixture
def pictures(tmp_path: Path, coffee: Path) -> Path:
    """A folder with a JPEG, a PNG in a sub-folder with a Chinese name, and a text file."""
    folder = tmp_path / "pictures"
    (folder / "图片 一").mkdir(parents=True)
    shutil.move(coffee, folder / "coffee.jpg")
    shutil.copy(PICTURES / "astronaut.png", folder / "图片 一" / "宇航员.png")
    (folder / "note.txt").write_text("not a picture")
    return folder


@pytest.fixture
def labelled(run: Run, coffee: Path, tmp_path: Path) -> Path:
    """A JPEG file with a metadata label."""
    done = tmp_path / "labelled.jpg"
    assert run("label", coffee, "--out", done, "--producer", PRODUCER, "--layers", "metadata").code == 0
    return done


def spawn(*words: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a command line in a process of its own, without a terminal."""
    command = [sys.executable, "-m", "labelkit", *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **options)
