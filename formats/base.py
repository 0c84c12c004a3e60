"""What a container handler promises, and the three values that pass between it and the rest of the house.

A handler knows *where* metadata goes in its file format, never what it means. It is stateless, it never decodes
samples, and it never copies a file: it answers with :class:`Edit` values, and whatever no edit names stays byte for
byte. ``png.py`` is the one to read before writing another; README.md is the step by step.
"""

from __future__ import annotations

import mmap
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from labelkit.errors import BrokenFile, LimitExceeded, UnsupportedOperation

#: The whole file, random access: bytes for small files, a read-only map for large ones.
Buffer: TypeAlias = bytes | mmap.mmap

#: Metadata above this is refused: no real packet comes near, and XML parsers are fed nothing larger.
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
#: Chunks, segments, boxes or directory entries in one file; films of frames as chunks stay well below.
MAX_UNITS = 300_000


class Kind(StrEnum):
    """What sort of metadata a unit holds."""

    XMP = "xmp"
    #: The value of one EXIF or TIFF tag; ``key`` is the tag's name (``"UserComment"``).
    EXIF = "exif"
    #: Text under a keyword, such as PNG tEXt; ``key`` is the keyword.
    TEXT = "text"
    #: One tag of a sound's or film's tag system (Vorbis comment, ID3 frame, RIFF INFO, iTunes item); ``key`` names it.
    TAG = "tag"
    #: Text without a keyword, such as JPEG COM.
    COMMENT = "comment"
    #: An application's private unit; ``key`` names it (``"APP11"``).
    SEGMENT = "segment"
    #: A C2PA manifest store.
    C2PA = "c2pa"
    #: The JSON text of a label under the key the format's guide names (WAV chunk ``AIGC``, MP4 key ``AIGC``, ...);
    #: the home of formats whose guide names a field. The same key in another place of the file is a ``TAG``.
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of metadata inside a container.

    Attributes:
        kind: what it is.
        place: for people and reports, ``"PNG iTXt XML:com.adobe.xmp, byte 57"``.
        data: the payload, decompressed and reassembled, without the container's framing.
        start, stop: the bytes of the file that the whole unit (framing included) occupies.
        key: keyword, tag name or segment name.
        home: True for the unit that :meth:`Container.edit` replaces by a new payload.
        notes: stable words for an odd way of storing it: ``"compressed"``, ``"after-image-data"``, ``"extended"``,
            ``"bad-checksum"``, ``"odd-length"``.
    """

    kind: Kind
    place: str
    data: bytes
    start: int
    stop: int
    key: str = ""
    home: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``source[start:stop]`` by ``data``. ``start == stop`` inserts; empty ``data`` deletes."""

    start: int
    stop: int
    data: bytes = b""


class Container(ABC):
    """How one container format is read and spliced. Subclasses set the class variables and implement the methods."""

    #: Name of the format for people, ``"PNG"``.
    name: ClassVar[str]
    #: What :meth:`edit` expects as payload: an XMP packet, or the label's JSON.
    home: ClassVar[Kind] = Kind.XMP
    #: Whether the label is kept in a file beside the document, which has no place for it (:mod:`labelkit.sidecar`).
    beside: ClassVar[bool] = False

    @abstractmethod
    def score(self, head: bytes) -> int:
        """How sure the first 4,096 bytes make us that this is ours: 0 no, 50 perhaps, 100 certainly."""

    def score_named(self, head: bytes) -> int:
        """The same for a file whose name ends as the format's files do: what says too little alone may do then."""
        return self.score(head)

    @abstractmethod
    def read(self, data: Buffer) -> Iterator[Unit]:
        """Every piece of metadata, in file order, while walking the *whole* structure.

        Units found before a defect are yielded before the error is raised, so that a reader gets what there is.

        Raises:
            BrokenFile: truncated or contradicting itself; the place names the byte.
            LimitExceeded: more than ``MAX_UNITS`` units, or a payload over ``MAX_PAYLOAD_BYTES``.
        """

    @abstractmethod
    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        """The edits after which the home unit holds ``payload``.

        A container without a home unit gets one; further home units are removed. Putting in what is there already
        gives no edits, and the same call on the result gives none either.

        Args:
            data: the whole file.
            payload: what the home is to hold (an XMP packet for ``Kind.XMP``).
            others: units as :meth:`read` yielded them, each with the payload that replaces its own, or None to
                take the unit out (or to blank it where the format cannot lose it).

        Raises:
            BrokenFile, LimitExceeded: as :meth:`read`.
            UnsupportedOperation: the format cannot hold it; the remedy names one that can.
        """

    def first_edit(self, data: Buffer, payload: bytes) -> Sequence[Edit]:
        """As :meth:`edit`, for a file that a codec has just written and that has no metadata yet."""
        return self.edit(data, payload, {})

    def graft(self, data: Buffer, encoded: bytes) -> Sequence[Edit] | None:
        """The edits that put the coded picture of ``encoded`` into ``data``, keeping all of ``data``'s metadata.

        ``encoded`` is a file of the same format written by a codec library. None: this container cannot, and the
        codec is asked to carry ICC profile, EXIF and XMP itself.
        """
        return None


def apply(data: Buffer, edits: Sequence[Edit]) -> list[memoryview]:
    """The pieces of the edited file, in order: untouched stretches of ``data`` (not copied) and the edits' own bytes.

    Raises:
        BrokenFile: two edits overlap or leave the file (a handler's mistake, caught before anything is written).
    """
    pieces: list[memoryview] = []
    view = memoryview(data)
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.stop)):
        if not at <= edit.start <= edit.stop <= len(data):
            raise BrokenFile(f"edits collide at byte {edit.start}", remedy="please report this file")
        pieces += [view[at : edit.start], memoryview(edit.data)]
        at = edit.stop
    pieces.append(view[at:])
    return [piece for piece in pieces if piece]


def bounded(size: int, place: str, what: str = "payload") -> int:
    """``size`` if it is within ``MAX_PAYLOAD_BYTES``.

    Raises:
        LimitExceeded: it is not.
    """
    if size > MAX_PAYLOAD_BYTES:
        raise LimitExceeded(
            f"{what} of {size} bytes, at most {MAX_PAYLOAD_BYTES} are read", place=place, remedy="inspect the file"
        )
    return size


def no_home(name: str, instead: str) -> UnsupportedOperation:
    """The error of a format that has no place for metadata."""
    return UnsupportedOperation(f"{name} has no place for metadata", remedy=f"convert it to {instead} first")
