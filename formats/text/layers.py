"""What the pipeline asks of texts: put notice and mark into a file, find both, confirm the notice.

The same functions as :mod:`labelkit.formats.image.layers`. A file is decoded, changed as text, and encoded as it was;
a file whose text does not encode to the same bytes again is left alone. The mark is put in only when it is asked for by
name: it is off by default in text (docs/watermark-text.md).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from labelkit.errors import BrokenFile, InputError, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import Buffer
from labelkit.formats.media import Drawn, Order
from labelkit.formats.table import Format
from labelkit.formats.text import explicit, watermark

if TYPE_CHECKING:
    from labelkit.record import NoticeMark
    from labelkit.settings import NoticeConfig
    from labelkit.watermark.keys import Key

#: Format id -> how its text is written. Other documents keep their text in parts that are not drawn in yet.
KINDS: dict[str, explicit.Kind] = {
    "markdown": "markdown",
    "html": "html",
    "txt": "plain",
    "text": "plain",
    "srt": "srt",
    "vtt": "vtt",
}
#: Bytes of a text that is opened as a whole.
MAX_BYTES = 64 * 1024 * 1024
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
#: How far into a page its encoding is looked for (HTML Standard 13.2.3.2).
_CHARSET_BYTES = 1024
#: Labels of the Encoding Standard that Python calls otherwise.
_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A text file, decoded.

    Attributes:
        text: with its byte order mark, if it has one.
        kind: how it is written.
        encoding: Python's name of it.
    """

    text: str
    kind: explicit.Kind
    encoding: str


def open_media(data: Buffer, row: Format) -> Opened:
    """Decode a text file once, for :func:`find` and :func:`detect`.

    Raises:
        UnsupportedOperation: the format keeps its text in parts that are not read here.
        BrokenFile: it is not text in the encoding it names.
        LimitExceeded: it has more than 64 MiB.
    """
    need_samples(row)
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"a text of {len(data)} bytes, at most {MAX_BYTES} are read", remedy="split it")
    raw = bytes(data)
    encoding = _encoding(raw)
    try:
        return Opened(raw.decode(encoding), KINDS[row.id], encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise BrokenFile(f"the text is not valid {encoding}", remedy="save it as UTF-8") from error


def _encoding(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    named = _CHARSET.search(raw[:_CHARSET_BYTES])
    if not named:
        return "utf-8"
    name = named[1].decode("ascii").lower()
    try:
        return _ALIASES.get(name) or codecs.lookup(name).name
    except LookupError:
        return "utf-8"


def draw(data: Buffer, row: Format, order: Order) -> Drawn:
    """Put what is ordered into a text file; everything else stays byte for byte.

    Raises:
        UnsupportedOperation: the format cannot be drawn in, or cannot hold the mark and ``order.strict``.
        ExplicitLabelError: the words lack one of the two elements.
        BrokenFile, LimitExceeded: as :func:`open_media`.
    """
    opened = open_media(data, row)
    text, mark, unmarked = _put(opened.text, opened.kind, order)
    return Drawn(_encoded(text, opened, bytes(data)), mark, unmarked)


def draw_new(image: Any, row: Format, order: Order, quality: int) -> Drawn:
    """A new UTF-8 file of a string with what is ordered in it.

    Raises:
        InputError: it is not a string.
        UnsupportedOperation, ExplicitLabelError: as :func:`draw`.
    """
    need_samples(row)
    if not isinstance(image, str):
        raise InputError(f"a text of type {type(image).__name__}", remedy="pass a str")
    text, mark, unmarked = _put(image, KINDS[row.id], order)
    return Drawn(text.encode("utf-8", "surrogatepass"), mark, unmarked)


def _put(text: str, kind: explicit.Kind, order: Order) -> tuple[str, NoticeMark | None, str]:
    """Mark and notice; the mark first, so that the notice itself stays plain."""
    unmarked = ""
    if order.payload is not None and order.key is not None:
        text, unmarked = _marked(text, order)
    if order.explicit is None:
        return text, None, unmarked
    config = cast("NoticeConfig", order.explicit)
    text = explicit.put(text, config, kind=kind)
    return text, _standing(text, kind, config), unmarked


def _marked(text: str, order: Order) -> tuple[str, str]:
    assert order.payload is not None
    assert order.key is not None
    if not order.strict:
        return text, "the mark of text is put in only when layers names it"
    return watermark.embed(text, order.payload, order.key), ""


def _standing(text: str, kind: explicit.Kind, config: NoticeConfig) -> NoticeMark | None:
    """The notice as it is found again, the one in the place that was asked for before others."""
    marks = explicit.find(text, kind)
    wanted = {"start": "start", "end": "end", "both": "end"}.get(config.position, "middle")
    return min(marks, key=lambda mark: (bool(mark.hidden), mark.position != wanted), default=None)


def _encoded(text: str, opened: Opened, before: bytes) -> bytes:
    """The new text in the old encoding.

    Raises:
        UnsupportedOperation: the old bytes do not come back from their own text, or the encoding lacks a character.
    """
    try:
        if opened.text.encode(opened.encoding) != before:
            raise UnsupportedOperation(
                f"its {opened.encoding} bytes have more than one spelling", remedy="save it as UTF-8"
            )
        return text.encode(opened.encoding)
    except UnicodeEncodeError as error:
        raise UnsupportedOperation(
            f"{opened.encoding} cannot write {text[error.start : error.start + 1]!r}", remedy="save it as UTF-8"
        ) from error


def find(opened: Opened) -> list[NoticeMark]:
    """Every notice in a text."""
    return explicit.find(opened.text, opened.kind)


def confirm(data: Buffer, row: Format, mark: NoticeMark) -> bool:
    """Whether a freshly written file has the notice just put in."""
    found = find(open_media(data, row))
    return any((one.text, one.position, one.hidden) == (mark.text, mark.position, mark.hidden) for one in found)


def detect(opened: Opened, keys: Sequence[Key], *, search: bool = True) -> list[watermark.Detection]:
    """The invisible marks of a text, at most one for each key."""
    return list(watermark.detect_all(opened.text, list(keys)))


def need_samples(row: Format) -> None:
    """Nothing for a format whose file is the text.

    Raises:
        UnsupportedOperation: the text is kept in parts of a container.
    """
    if row.id not in KINDS:
        raise UnsupportedOperation(
            f"only metadata is labelled and read in {row.container.name} files",
            remedy="put the notice into the document before, or write the metadata layer only",
        )
