"""Ogg: Vorbis, Opus, Speex and FLAC, also beside or behind one another (RFC 3533, RFC 7845, Xiph.org mappings).

The label is the comment ``AIGC=`` in the comment header of the first sound stream (TC260-PG-202510A). Only the pages of
that header are made anew; if their number changes, the numbers of the stream's later pages follow. Nothing else of the
stream is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from labelkit.errors import BrokenFile, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Buffer, Container, Edit, Kind, Unit
from labelkit.formats.containers import _ogg_pages, _vorbis_comment
from labelkit.formats.containers._homes import Plan, plan
from labelkit.formats.containers._ogg_pages import FIRST, Page
from labelkit.formats.containers._vorbis_comment import Comments, Span

# Comment headers with pictures run to some megabytes; setup headers to some kilobytes.
_MAX_HEADER_BYTES = 2 * MAX_PAYLOAD_BYTES
# Streams in one file: links of a chain times tracks.
_MAX_STREAMS = 4096


@dataclass(frozen=True, slots=True)
class _Codec:
    """How a stream's first packet starts, what stands before the comments in its second, and whether it is sound."""

    name: str
    sign: bytes
    before: int
    sound: bool = True


_CODECS = (
    _Codec("Vorbis", b"\x01vorbis", 7),
    _Codec("Opus", b"OpusHead", 8),
    _Codec("Speex", b"Speex   ", 0),
    _Codec("FLAC", b"\x7fFLAC", 4),
    _Codec("Theora", b"\x80theora", 7, sound=False),
)
_FLAC_BLOCK = 4


@dataclass(slots=True)
class _Stream:
    """One logical stream; its header pages are gathered while the file is walked."""

    codec: _Codec
    serial: int
    run: list[Page] = field(default_factory=list)
    done: bool = False


class Ogg(Container):
    """Ogg files with sound."""

    name = "Ogg"
    home: ClassVar[Kind] = Kind.FIELD

    def score(self, head: bytes) -> int:
        if not head.startswith(_ogg_pages.CAPTURE):
            return 0
        codecs = [codec for codec in _CODECS if codec.sign in head]
        return 60 if not all(codec.sound for codec in codecs) else 95

    def read(self, data: Buffer) -> Iterator[Unit]:
        for stream in _streams(data):
            comments, span = _comments(data, stream)
            yield from (unit for unit, _ in _vorbis_comment.units(comments, span))

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        streams = list(_streams(data))
        parsed = [_comments(data, stream) for stream in streams]
        units = [unit for part in parsed for unit, _ in _vorbis_comment.units(*part)]
        todo = plan(units, payload, others)
        target = next((s for s in streams if s.codec.sound), None)
        if target is None:
            raise UnsupportedOperation(
                "no stream of this Ogg file is Vorbis, Opus, Speex or FLAC",
                remedy="convert it to one of these, or to Matroska",
            )
        edits: list[Edit] = []
        for stream, (comments, span) in zip(streams, parsed, strict=True):
            part = Plan(todo.within(span.start, span.stop), todo.new if stream is target else None)
            mine = {u: new for u, new in part.changed.items() if u in dict(_vorbis_comment.units(comments, span))}
            if mine or part.new is not None:
                edits += _edits(data, stream, _vorbis_comment.rewritten(comments, span, Plan(mine, part.new)))
        return edits


def _streams(data: Buffer) -> Iterator[_Stream]:
    """The streams with comment headers, each when its headers are complete; the whole file is walked.

    Raises:
        BrokenFile: pages are damaged or headers missing.
        LimitExceeded: too many streams, or too large headers.
    """
    open_: dict[int, _Stream] = {}
    count = 0
    for page in _ogg_pages.pages(data):
        if page.flags & FIRST:
            count += 1
            if count > _MAX_STREAMS:
                raise LimitExceeded(f"more than {_MAX_STREAMS} streams", place=_place(page), remedy="inspect the file")
            _check_complete(open_.pop(page.serial, None))
            if (codec := _codec(data, page)) is not None:
                open_[page.serial] = _Stream(codec, page.serial)
        elif (stream := open_.get(page.serial)) is not None and not stream.done:
            stream.run.append(page)
            if _is_complete(data, stream):
                stream.done = True
                yield stream
    for stream in open_.values():
        _check_complete(stream)


def _place(page: Page) -> str:
    return f"Ogg page, byte {page.start}"


def _codec(data: Buffer, page: Page) -> _Codec | None:
    head = bytes(data[page.body : min(page.stop, page.body + 16)])
    return next((codec for codec in _CODECS if head.startswith(codec.sign)), None)


def _is_complete(data: Buffer, stream: _Stream) -> bool:
    """Whether the pages so far hold the comment packet and end where a packet ends."""
    page = stream.run[-1]
    if page.stop - stream.run[0].start > _MAX_HEADER_BYTES and len(stream.run) > 1:
        size = sum(p.stop - p.start for p in stream.run)
        if size > _MAX_HEADER_BYTES:
            raise LimitExceeded(
                f"headers of more than {_MAX_HEADER_BYTES} bytes",
                place=_place(stream.run[0]),
                remedy="inspect the file",
            )
    lacing = page.lacing(data)
    return bool(lacing) and lacing[-1] < 255


def _check_complete(stream: _Stream | None) -> None:
    if stream is not None and not stream.done:
        raise BrokenFile(
            f"the comment header of the {stream.codec.name} stream is missing or not complete",
            place=_place(stream.run[0]) if stream.run else "Ogg",
            remedy="copy the file again",
        )


def _comments(data: Buffer, stream: _Stream) -> tuple[Comments, Span]:
    whole, _ = _ogg_pages.packets(data, stream.run)
    name = f"Ogg {stream.codec.name} comment"
    notes = () if all(_ogg_pages.is_sound(data, page) for page in stream.run) else ("bad-checksum",)
    span = Span(stream.run[0].start, stream.run[-1].stop, name, False, notes)
    return _vorbis_comment.parse(whole[0], stream.codec.before, f"{name}, byte {span.start}"), span


def _edits(data: Buffer, stream: _Stream, packet: bytes) -> list[Edit]:
    """The header pages with another comment packet, and the numbers of the pages that follow."""
    if stream.codec.sign == b"\x7fFLAC":
        packet = packet[:1] + (len(packet) - _FLAC_BLOCK).to_bytes(3, "big") + packet[_FLAC_BLOCK:]
    whole, _ = _ogg_pages.packets(data, stream.run)
    made = _ogg_pages.packed([packet, *whole[1:]], stream.run)
    old = stream.run
    slots = [*made[: len(old) - 1], b"".join(made[len(old) - 1 :])]
    slots += [b""] * (len(old) - len(slots))
    edits = [Edit(p.start, p.stop, new) for p, new in zip(old, slots, strict=True) if data[p.start : p.stop] != new]
    more = len(made) - len(old)
    return [*edits, *_renumbered(data, stream, more)] if more else edits


def _renumbered(data: Buffer, stream: _Stream, more: int) -> Iterator[Edit]:
    for page in _ogg_pages.pages(data, stream.run[-1].stop):
        if page.serial == stream.serial:
            if page.flags & FIRST:
                return
            yield Edit(*_ogg_pages.renumbered(data, page, more))
