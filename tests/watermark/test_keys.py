"""Keys: files, ids, and derivation that must never change (marks have to be readable for years)."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from labelkit.errors import ConfigError, NotFound, Unreadable, WriteError
from labelkit.watermark import keys


def test_public_key_is_documented_and_fixed() -> None:
    assert keys.PUBLIC_KEY.secret.hex() == "3c531b96108461d1d3df6aed51e387f2893f8a4fb8cf1d4973616671d3b46a04"
    assert keys.PUBLIC_KEY.id == "3dbc2a37"


def test_derivation_is_fixed() -> None:
    key = keys.Key(bytes(range(32)))
    assert keys.words(key, "x", 2).tolist() == [13870391213565279202, 12846748847618342848]
    assert keys.signs(key, "x", 8).tolist() == [1.0, 1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0]
    assert keys.permutation(key, "x", 6).tolist() == [3, 2, 5, 1, 0, 4]


def test_purposes_are_independent() -> None:
    key = keys.Key(bytes(32))
    assert keys.words(key, "a", 1)[0] != keys.words(key, "b", 1)[0]
    assert sorted(keys.permutation(key, "p", 100).tolist()) == list(range(100))
    assert abs(keys.uniform(key, "u", 10_000).mean() - 0.5) < 0.02
    assert abs(keys.signs(key, "s", 10_000).mean()) < 0.05


def test_file_round_trip(tmp_path: Path) -> None:
    key = keys.Key.new("studio")
    keys.save(key, tmp_path / "k.json")
    assert stat.S_IMODE((tmp_path / "k.json").stat().st_mode) == 0o600
    assert keys.load(tmp_path / "k.json") == key
    with pytest.raises(ConfigError, match="exists"):
        keys.save(keys.Key.new(), tmp_path / "k.json")


def test_bad_files_do_not_quote_secrets(tmp_path: Path) -> None:
    key = keys.Key.new()
    keys.save(key, tmp_path / "k.json")
    spoiled = (tmp_path / "k.json").read_text().replace(key.id, "00000000")
    (tmp_path / "bad.json").write_text(spoiled)
    with pytest.raises(ConfigError) as caught:
        keys.load(tmp_path / "bad.json")
    assert key.secret.hex() not in str(caught.value)
    assert "secret" not in repr(key)
    (tmp_path / "junk.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ConfigError, match="not a LabelKit key"):
        keys.load(tmp_path / "junk.json")
    with pytest.raises(NotFound):
        keys.load(tmp_path / "none.json")


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="no folder"):
        keys.save(keys.Key.new(), tmp_path / "no" / "k.json")
    with pytest.raises(ConfigError, match="at most 200"):
        keys.save(keys.Key.new("x" * 201), tmp_path / "k.json")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_keys(tmp_path: Path) -> None:
    for number, text in enumerate(
        ("", "[]", "null", "[" * 60_000, '{"schema": "labelkit-key-1", "id": 1, "secret": 2}')
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        with pytest.raises(ConfigError, match="not a LabelKit key"):
            keys.load(path)
    with pytest.raises(Unreadable, match="folder"):
        keys.load(tmp_path)


def test_what_callers_pass(tmp_path: Path) -> None:
    key = keys.Key.new()
    keys.save(key, tmp_path / "k.json")
    assert keys.as_keys(None) == (keys.PUBLIC_KEY,)
    assert keys.as_keys([key.secret, tmp_path / "k.json"]) == (keys.Key(key.secret), key)
    with pytest.raises(ConfigError):
        keys.as_keys([])
    with pytest.raises(ConfigError, match="32 bytes"):
        keys.as_keys(b"short")
