"""GIF 87a and 89a, still and animated: a header, then blocks up to the trailer 0x3B (CompuServe, GIF89a, 1990).

XMP lives in an Application Extension ``XMP DataXMP`` whose packet is *not* cut into sub-blocks: 258 magic bytes behind
it lead every decoder that takes it for sub-blocks safely to its end (XMP specification part 3, section 1.1.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labelkit.errors import BrokenFile, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import MAX_PAYLOAD_BYTES, MAX_UNITS, Buffer, Container, Edit, Kind, Unit, bounded

XMP_APPLICATION = b"XMP DataXMP"
#: 0x01, then 0xFF down to 0x00, then the block terminator: any jump into it ends at its last byte.
MAGIC_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
# Loop counts belong to the animation, not to the metadata.
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_PLAIN_TEXT, _CONTROL, _COMMENT, _APPLICATION = 0x01, 0xF9, 0xFE, 0xFF
_HEADER_BYTES = 13
_IMAGE_BYTES = 10
_SUB_BLOCK_BYTES = 255


@dataclass(frozen=True, slots=True)
class _Block:
    """An image, or an extension with its label; ``body`` is where its sub-blocks start."""

    label: int
    start: int
    body: int
    stop: int
    application: bytes = b""

    @property
    def coded(self) -> bool:
        """Whether it describes the picture (GIF89a appendix A: graphic and control blocks)."""
        return self.label in (_IMAGE, _CONTROL) or self.application in _LOOPS


class Gif(Container):
    """GIF files: still, interlaced, animated."""

    name = "GIF"

    def score(self, head: bytes) -> int:
        return 100 if head[:6] in (b"GIF87a", b"GIF89a") else 0

    def read(self, data: Buffer) -> Iterator[Unit]:
        end = 0
        for block in _blocks(data):
            yield from _units(data, block)
            end = block.stop
        if end < len(data):
            rest = data[end : end + MAX_PAYLOAD_BYTES]
            yield Unit(Kind.SEGMENT, f"GIF trailer, byte {end}", rest, end, len(data), "trailer", notes=("after-end",))

    def edit(self, data: Buffer, payload: bytes, others: Mapping[Unit, bytes | None]) -> Sequence[Edit]:
        blocks = list(_blocks(data))
        homes = [b for b in blocks if b.application == XMP_APPLICATION and _bounded(b)]
        new = _xmp_block(payload)
        edits = [_replace(data, u, value) for u, value in others.items() if not u.home]
        if not homes:
            at = _before_pictures(blocks)
            edits.append(Edit(at, at, new))
        elif data[homes[0].start : homes[0].stop] != new:
            edits.append(Edit(homes[0].start, homes[0].stop, new))
        edits += [Edit(b.start, b.stop) for b in homes[1:]]
        # Extensions came with 89a (GIF89a section 17): decoders may skip them in an 87a file.
        return edits if data[3:6] == b"89a" else [Edit(3, 6, b"89a"), *edits]

    def graft(self, data: Buffer, encoded: bytes) -> Sequence[Edit]:
        old, new = list(_blocks(data)), list(_blocks(encoded))
        coded = b"".join(encoded[b.start : b.stop] for b in new if b.coded)
        edits = [Edit(0, _palette_stop(data), b"GIF89a" + encoded[6 : _palette_stop(encoded)])]
        for block in old:
            if block.coded:
                edits.append(Edit(block.start, block.stop, coded))
                coded = b""
        if coded:
            edits.append(Edit(old[-1].start, old[-1].start, coded))
        return edits


def _blocks(data: Buffer) -> Iterator[_Block]:
    """The blocks from the global colour table to the trailer (included); zero bytes between them are skipped.

    Raises:
        BrokenFile: truncated, without trailer, or a byte that starts no block.
    """
    if data[:6] not in (b"GIF87a", b"GIF89a"):
        raise BrokenFile("the GIF signature is damaged", place="byte 0", remedy="restore the file from its source")
    at = _palette_stop(data)
    for _ in range(MAX_UNITS):
        if at >= len(data):
            raise _truncated(at)
        kind = data[at]
        if kind == _TRAILER:
            yield _Block(_TRAILER, at, at, at + 1)
            return
        if kind in (_IMAGE, _EXTENSION):
            block = _image(data, at) if kind == _IMAGE else _extension(data, at)
            yield block
            at = block.stop
        elif kind == 0:
            at += 1
        else:
            raise BrokenFile(f"0x{kind:02X} starts no block", place=f"GIF, byte {at}", remedy="re-export the picture")
    raise LimitExceeded(f"more than {MAX_UNITS} blocks", remedy="inspect the file")


def _truncated(at: int) -> BrokenFile:
    return BrokenFile("the file ends before its trailer", place=f"GIF, byte {at}", remedy="copy the file again")


def _need(data: Buffer, stop: int) -> int:
    if stop > len(data):
        raise _truncated(len(data))
    return stop


def _palette_stop(data: Buffer) -> int:
    """The first byte behind header, logical screen descriptor and global colour table (GIF89a sections 17 to 19)."""
    _need(data, _HEADER_BYTES)
    return _need(data, _HEADER_BYTES + _palette_bytes(data[10]))


def _palette_bytes(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _image(data: Buffer, at: int) -> _Block:
    """Image descriptor, local colour table, LZW code size, sub-blocks (sections 20 to 22)."""
    _need(data, at + _IMAGE_BYTES)
    body = _need(data, at + _IMAGE_BYTES + _palette_bytes(data[at + 9]) + 1)
    return _Block(_IMAGE, at, body, _skip(data, body))


def _extension(data: Buffer, at: int) -> _Block:
    """Introducer, label, a first sub-block of fixed size except for comments, sub-blocks (sections 23 to 26)."""
    _need(data, at + 3)
    label = data[at + 1]
    if label != _APPLICATION:
        return _Block(label, at, at + 2, _skip(data, at + 2))
    body = _need(data, at + 3 + data[at + 2])
    return _Block(label, at, body, _skip(data, body), data[at + 3 : body])


def _skip(data: Buffer, at: int) -> int:
    """The first byte behind a chain of sub-blocks and its terminator (section 15)."""
    size = len(data)
    while at < size:
        length = data[at]
        at += length + 1
        if not length:
            return at
    raise _truncated(size)


def _joined(data: Buffer, at: int, limit: int = MAX_PAYLOAD_BYTES) -> bytes:
    """The data of a chain of sub-blocks, at most ``limit`` bytes of it."""
    parts, size = [], 0
    while data[at] and size < limit:
        parts.append(data[at + 1 : at + 1 + data[at]])
        size += data[at]
        at += data[at] + 1
    return b"".join(parts)[:limit]


def _units(data: Buffer, block: _Block) -> Iterator[Unit]:
    if block.application == XMP_APPLICATION:
        yield _xmp_unit(data, block)
    elif block.label == _APPLICATION:
        yield _application_unit(data, block)
    elif block.label == _COMMENT:
        yield Unit(Kind.COMMENT, f"GIF comment, byte {block.start}", _joined(data, block.body), block.start, block.stop)
    elif block.label == _PLAIN_TEXT:
        text = _joined(data, block.body + data[block.body] + 1) if data[block.body] else b""
        if text:
            yield Unit(Kind.TEXT, f"GIF plain text, byte {block.start}", text, block.start, block.stop, "plain text")
    elif block.label not in (_IMAGE, _CONTROL, _TRAILER):
        key = f"0x{block.label:02X}"
        place = f"GIF extension {key}, byte {block.start}"
        yield Unit(Kind.SEGMENT, place, _joined(data, block.body), block.start, block.stop, key)


def _application_unit(data: Buffer, block: _Block) -> Unit:
    key, kind = block.application.decode("latin-1"), Kind.SEGMENT
    if block.application.startswith(b"C2PA_GIF"):
        key, kind = "C2PA_GIF", Kind.C2PA
    return Unit(kind, f"GIF {key}, byte {block.start}", _joined(data, block.body), block.start, block.stop, key)


def _xmp_unit(data: Buffer, block: _Block) -> Unit:
    """The packet, also where a writer cut it into sub-blocks or gave it another end than the magic bytes."""
    _bounded(block)
    raw = data[block.body : block.stop]
    notes: tuple[str, ...] = ("sub-blocks",)
    if raw.endswith(MAGIC_TRAILER):
        packet, notes = raw[: -len(MAGIC_TRAILER)], ()
    elif raw.removeprefix(b"\xef\xbb\xbf")[:2] in (b"<?", b"<x", b"<r"):
        packet, notes = raw[: _packet_stop(raw)], ("no-magic-trailer",)
    else:
        packet = _joined(data, block.body)
    return Unit(Kind.XMP, f"GIF XMP, byte {block.start}", packet, block.start, block.stop, "XMP DataXMP", True, notes)


def _packet_stop(raw: bytes) -> int:
    """Where a packet without the magic trailer ends; the trailer's own bytes look like ``?>`` in passing."""
    instruction = raw.rfind(b"<?xpacket end")
    if instruction >= 0:
        return raw.find(b"?>", instruction) + 2
    return max(raw.rfind(tag) + len(tag) for tag in (b"xmpmeta>", b"xapmeta>", b":RDF>"))


def _bounded(block: _Block) -> int:
    return bounded(block.stop - block.body, f"GIF XMP, byte {block.start}")


def _before_pictures(blocks: Sequence[_Block]) -> int:
    """In front of the first graphic block and behind the loop count, which some viewers expect first."""
    return next(b.start for b in blocks if b.label in (_IMAGE, _CONTROL, _PLAIN_TEXT, _TRAILER))


def _xmp_block(packet: bytes) -> bytes:
    if b"\0" in packet:
        # Decoders that walk the packet as sub-blocks would stop at a zero byte and take the rest for blocks.
        raise UnsupportedOperation("GIF cannot hold an XMP packet with zero bytes", remedy="encode the packet as UTF-8")
    return bytes([_EXTENSION, _APPLICATION, len(XMP_APPLICATION)]) + XMP_APPLICATION + packet + MAGIC_TRAILER


def _replace(data: Buffer, unit: Unit, payload: bytes | None) -> Edit:
    """Put another payload into a unit that is not the home, or take it out."""
    if unit.key == "trailer" and unit.stop == len(data):
        return Edit(unit.start, unit.stop, payload or b"")
    label = data[unit.start + 1]
    if payload is None and label != _PLAIN_TEXT:
        return Edit(unit.start, unit.stop)
    # A plain text block stays, empty: the control block in front of it would else change the next frame.
    has_header = label in (_APPLICATION, _PLAIN_TEXT)
    body = unit.start + 2 + (1 + data[unit.start + 2] if has_header else 0)
    return Edit(body, unit.stop, _sub_blocks(payload or b""))


def _sub_blocks(payload: bytes) -> bytes:
    parts = (payload[i : i + _SUB_BLOCK_BYTES] for i in range(0, len(payload), _SUB_BLOCK_BYTES))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
