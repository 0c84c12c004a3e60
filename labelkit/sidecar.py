"""A label beside a document that has no place for one: ``NAME.aigc.json`` next to ``NAME``.

Plain text, CSV, subtitles in SubRip form and JSON hold nothing but their content; any line added would be read as
content. No guide says what to do with them, so this is our choice: the seven-key object in a file of its own, with the
document's size and SHA-256, so that the label of one content is never taken for that of another.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from labelkit.annex_e import AigcLabel
from labelkit.errors import NotFound
from labelkit.formats.base import Buffer, Kind, Unit, bounded
from labelkit.formats.containers import _json
from labelkit.sources import open_source

#: What is added to the whole name of the document.
SUFFIX = ".aigc.json"
#: Note of a unit whose digest is that of another content.
OTHER_CONTENT = "other-content"
_KEY = "AIGC"


def path_for(document: Path) -> Path:
    """Where the label of a document is kept."""
    return document.with_name(document.name + SUFFIX)


def content(label: AigcLabel, document: Buffer, name: str = "") -> bytes:
    """The sidecar of a document with these bytes."""
    about = {"Name": name, "Size": len(document), "SHA-256": hashlib.sha256(document).hexdigest()}
    return f'{{"{_KEY}":{label.to_json()},"File":{json.dumps(about, ensure_ascii=True)}}}\n'.encode()


def read(document: Path) -> bytes | None:
    """What is kept beside a document, or None.

    Raises:
        Unreadable, LimitExceeded: it cannot be opened, or is too large to be a label.
    """
    path = path_for(document)
    try:
        stored = open_source(path).data
    except NotFound:
        return None
    return bytes(stored[: bounded(len(stored), path.name)])


def unit(stored: bytes, place: str, data: Buffer) -> Unit:
    """The label in a sidecar of a document with the bytes ``data``.

    Raises:
        BrokenFile: it is no JSON object.
    """
    found = _json.scan(stored, place)
    values = {member.key: found.value(member) for member in found.members}
    notes = () if _digest(values.get("File", b"{}")) == hashlib.sha256(data).hexdigest() else (OTHER_CONTENT,)
    return Unit(Kind.FIELD, f"{place} {_KEY}", values.get(_KEY, b""), 0, 0, _KEY, True, notes)


def _digest(about: bytes) -> str:
    try:
        value = json.loads(about)
    except (ValueError, RecursionError):
        return ""
    return str(value.get("SHA-256", "")) if isinstance(value, dict) else ""
