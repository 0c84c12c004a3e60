"""Keys of invisible marks: one 32-byte secret each, a short id to name it by, and everything else derived from it.

Who holds a key can read marks made with it, and can also make them: a mark under the *public key* is evidence, never
proof. Derivation is SHAKE-256 (FIPS 202) over length-prefixed parts, so that it gives the same numbers on every
platform and with every library version; marks must be readable for years.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.errors import ConfigError, NotFound, Unreadable, WriteError

SECRET_BYTES = 32
_SCHEMA = "labelkit-key-1"
#: A key file is a few hundred bytes; more is not one.
_MAX_FILE_BYTES = 65_536
_MAX_NAME_CHARACTERS = 200
_PUBLIC_SECRET = hashlib.sha256(b"LabelKit public watermark key, version 1").digest()


@dataclass(frozen=True, slots=True)
class Key:
    """A watermark key.

    Attributes:
        secret: 32 bytes.
        name: what its holder calls it; not secret.
    """

    secret: bytes = field(repr=False)
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES:
            raise ConfigError(
                f"a key has {SECRET_BYTES} bytes, this one {len(self.secret)}",
                remedy="make one with `labelkit keys new`",
            )

    @property
    def id(self) -> str:
        """8 hexadecimal digits that name the key in reports without betraying it."""
        return shake(self.secret, "key id", 4).hex()

    @classmethod
    def new(cls, name: str = "") -> Key:
        """A fresh random key."""
        return cls(secrets.token_bytes(SECRET_BYTES), name)


#: The documented default: anyone can detect marks made with it, and anyone can forge them.
PUBLIC_KEY = Key(_PUBLIC_SECRET, "public")


def shake(secret: bytes, purpose: str, size: int) -> bytes:
    """``size`` pseudorandom bytes for one purpose."""
    label = purpose.encode()
    return hashlib.shake_256(len(label).to_bytes(2, "big") + label + secret).digest(size)


def words(key: Key, purpose: str, count: int) -> NDArray[np.uint64]:
    """``count`` pseudorandom 64-bit words."""
    return np.frombuffer(shake(key.secret, purpose, 8 * count), ">u8").astype(np.uint64)


def uniform(key: Key, purpose: str, count: int) -> NDArray[np.float64]:
    """``count`` pseudorandom numbers in [0, 1)."""
    return (words(key, purpose, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def signs(key: Key, purpose: str, count: int) -> NDArray[np.float32]:
    """``count`` pseudorandom numbers, each -1 or +1."""
    bits = np.unpackbits(np.frombuffer(shake(key.secret, purpose, (count + 7) // 8), np.uint8))[:count]
    return bits.astype(np.float32) * 2 - 1


def permutation(key: Key, purpose: str, count: int) -> NDArray[np.int64]:
    """A pseudorandom order of 0 .. count-1."""
    return np.argsort(words(key, purpose, count), kind="stable")


def save(key: Key, path: Path) -> None:
    """Write a key file, readable by its owner only; an existing file is never overwritten.

    Raises:
        ConfigError: something of that name exists, or the key's name is too long.
        WriteError: it cannot be written; nothing is left behind.
    """
    if len(key.name) > _MAX_NAME_CHARACTERS:
        raise ConfigError(
            f"the key's name has {len(key.name)} characters, at most {_MAX_NAME_CHARACTERS}", remedy="shorten it"
        )
    text = json.dumps({"schema": _SCHEMA, "id": key.id, "name": key.name, "secret": key.secret.hex()}, indent=1)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(
            "the key file exists already", file=str(path), remedy="choose another name; keys are not replaced"
        ) from error
    except FileNotFoundError as error:
        raise WriteError(
            f"there is no folder {path.parent} to make it in",
            file=str(path),
            remedy="make that folder first, or check the spelling",
        ) from error
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)  # half a key file would be in the way of the next try
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> WriteError:
    return WriteError(f"it cannot be written: {error.strerror}", file=str(path), remedy="check the folder and the disk")


def load(path: Path) -> Key:
    """Read a key file.

    Raises:
        NotFound, Unreadable: it is not there or cannot be read.
        ConfigError: it is not a key file, or its id does not belong to its secret. The secret is never quoted.
    """
    try:
        with open(path, "rb") as file:
            text = file.read(_MAX_FILE_BYTES)
    except FileNotFoundError as error:
        raise NotFound(
            "there is no such key file", file=str(path), remedy="make one with `labelkit keys new`"
        ) from error
    except IsADirectoryError as error:
        raise Unreadable("this is a folder", file=str(path), remedy="name a key file") from error
    except OSError as error:
        raise Unreadable(
            f"it cannot be read: {error.strerror}", file=str(path), remedy="check its permissions"
        ) from error
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(
            "this is not a LabelKit key file", file=str(path), remedy="make one with `labelkit keys new`"
        ) from error
    except ConfigError as error:
        raise error.at(str(path)) from None


def _parse(entry: dict[str, Any]) -> Key:
    if entry["schema"] != _SCHEMA:
        raise ValueError("schema")
    key = Key(bytes.fromhex(entry["secret"]), str(entry.get("name", "")))
    if entry["id"] != key.id:
        raise ConfigError("the key's id does not belong to its secret", remedy="restore the file from your backup")
    return key


def as_keys(given: Any) -> tuple[Key, ...]:
    """What callers pass as ``keys``: None for the public key, a key, 32 bytes, a path, or several of these.

    Raises:
        ConfigError, NotFound, Unreadable: see :func:`load`.
    """
    if given is None:
        return (PUBLIC_KEY,)
    if isinstance(given, (Key, bytes, str, os.PathLike)):
        return (_as_key(given),)
    if isinstance(given, Sequence) and given:
        return tuple(_as_key(one) for one in given)
    raise ConfigError("no watermark key is named", place="keys", remedy="pass a key, its file, or leave it out")


def _as_key(given: Any) -> Key:
    if isinstance(given, Key):
        return given
    return Key(given) if isinstance(given, bytes) else load(Path(given))
