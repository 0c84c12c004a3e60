"""ZIP archives, spliced: members that change are packed anew, everything else keeps its bytes (PKWARE APPNOTE 6.3.10).

A document package is a ZIP archive. Local headers, compressed data, data descriptors, extra fields, comments and the
order of members stay; only the central directory, which knows where everything starts, is written again.
"""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from labelkit.errors import BrokenFile, LimitExceeded, UnsupportedOperation
from labelkit.formats.base import Buffer, Edit, bounded

LOCAL_SIGNATURE = b"PK\x03\x04"
#: Members of one archive; no document has more, and a bomb of names stops here.
MAX_MEMBERS = 65_535
# APPNOTE 4.3.7, 4.3.12, 4.3.16, 4.3.14, 4.3.15, 4.3.9
_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_DESCRIPTORS = (struct.Struct("<4s3I"), struct.Struct("<4sI2Q"), struct.Struct("<3I"), struct.Struct("<I2Q"))
_DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED, _STREAMED, _UTF8 = 1, 8, 0x800
_STORED, _DEFLATED = 0, 8
_ZIP64_EXTRA = 1
_MAX_COMMENT = 0xFFFF
# New members: 1 January 1980, midnight, the first moment a ZIP date can name, so that output never depends on the hour.
_NO_DATE = 0x0021


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the archive.

    Attributes:
        name: as the directory spells it.
        entry: its bytes in the central directory.
        flags, method, crc, packed, size: from there; sizes in bytes, ZIP64 fields resolved.
        start, data_start, data_stop, stop: local header, compressed data, and the end of what belongs to it.
    """

    name: str
    entry: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    data_start: int = 0
    data_stop: int = 0
    stop: int = 0

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"ZIP member {self.name}, byte {self.start}"


@dataclass(frozen=True, slots=True)
class Archive:
    """A walked archive: members in directory order, and where directory and end record stand."""

    members: tuple[Member, ...]
    directory: int
    end64: int
    end: int


def open_archive(data: Buffer) -> Archive:
    """Walk the directory and every local header.

    Raises:
        BrokenFile: truncated, overlapping or doubled members, or a directory that contradicts the headers.
        LimitExceeded: more than ``MAX_MEMBERS`` members.
    """
    end = _find_end(data)
    count, size, at, end64 = _directory(data, end)
    members = tuple(_located(data, m, at) for m in _entries(data, at, at + size, count))
    _check_apart(members)
    return Archive(members, at, end64, end)


def _find_end(data: Buffer) -> int:
    start = max(0, len(data) - _END.size - _MAX_COMMENT)
    tail = bytes(data[start:])
    at = len(tail) - _END.size + 1
    while (at := tail.rfind(b"PK\x05\x06", 0, at + 3)) >= 0:
        if len(tail) - at >= _END.size and at + _END.size + _END.unpack_from(tail, at)[7] == len(tail):
            return start + at
    raise BrokenFile("the ZIP directory is missing", place=f"byte {len(data)}", remedy="copy the file again")


def _directory(data: Buffer, end: int) -> tuple[int, int, int, int]:
    """Number of entries, size and place of the directory, and where the records behind it begin."""
    _, disk, first, _, count, size, at, _ = _END.unpack_from(data, end)
    end64 = end
    if end >= _LOCATOR.size and data[end - _LOCATOR.size : end - _LOCATOR.size + 4] == b"PK\x06\x07":
        end64 = _LOCATOR.unpack_from(data, end - _LOCATOR.size)[2]
        if end64 + _END64.size > end or data[end64 : end64 + 4] != b"PK\x06\x06":
            raise _contradiction(end)
        _, _, _, _, disk, first, _, count, size, at = _END64.unpack_from(data, end64)
    if disk or first or at + size != end64:
        raise _contradiction(end)
    if count > MAX_MEMBERS:
        raise LimitExceeded(f"more than {MAX_MEMBERS} members", remedy="inspect the file")
    return count, size, at, end64


def _contradiction(at: int) -> BrokenFile:
    return BrokenFile("the ZIP directory contradicts the file", place=f"byte {at}", remedy="save the document again")


def _entries(data: Buffer, at: int, stop: int, count: int) -> Iterator[Member]:
    seen: set[str] = set()
    for _ in range(count):
        if at + _ENTRY.size > stop or data[at : at + 4] != b"PK\x01\x02":
            raise _contradiction(at)
        *_, name, extra, comment, _, _, _, _ = _ENTRY.unpack_from(data, at)
        size = _ENTRY.size + name + extra + comment
        if at + size > stop:
            raise _contradiction(at)
        member = _entry(bytes(data[at : at + size]), at)
        if member.name in seen:
            raise BrokenFile(f"{member.name} is there twice", place=member.place, remedy="save the document again")
        seen.add(member.name)
        yield member
        at += size
    if at != stop:
        raise _contradiction(at)


def _entry(raw: bytes, at: int) -> Member:
    fields = _ENTRY.unpack_from(raw)
    flags, method, crc, packed, size, length, extra, offset = (fields[i] for i in (3, 4, 7, 8, 9, 10, 11, 16))
    name_stop = _ENTRY.size + length
    name = raw[_ENTRY.size : name_stop].decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    long = _zip64(raw[name_stop : name_stop + extra])
    try:
        size = next(long) if size == _FULL32 else size
        packed = next(long) if packed == _FULL32 else packed
        offset = next(long) if offset == _FULL32 else offset
    except StopIteration:
        raise _contradiction(at) from None
    return Member(name, raw, flags, method, crc, packed, size, offset)


def _zip64(extra: bytes) -> Iterator[int]:
    """The 64-bit numbers of a ZIP64 field (APPNOTE 4.5.3), in order."""
    for kind, start, stop in _extras(extra):
        if kind == _ZIP64_EXTRA:
            count = (stop - start - 4) // 8
            yield from struct.unpack_from(f"<{count}Q", extra, start + 4)
            return


def _extras(extra: bytes) -> Iterator[tuple[int, int, int]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        yield kind, at, min(at + 4 + size, len(extra))
        at += 4 + size


def _located(data: Buffer, member: Member, directory: int) -> Member:
    """The member with the places that its local header tells."""
    at = member.start
    if at + _LOCAL.size > directory or data[at : at + 4] != LOCAL_SIGNATURE:
        raise _contradiction(at)
    _, _, _, method, _, _, _, _, _, name, extra = _LOCAL.unpack_from(data, at)
    data_start = at + _LOCAL.size + name + extra
    data_stop = data_start + member.packed
    same = data[at + _LOCAL.size : at + _LOCAL.size + name] == member.entry[_ENTRY.size : _ENTRY.size + name]
    if not same or method != member.method or data_stop > directory:
        raise BrokenFile("header and ZIP directory disagree", place=member.place, remedy="save the document again")
    stop = data_stop + (_descriptor(data, member, data_stop, directory) if member.flags & _STREAMED else 0)
    return replace(member, data_start=data_start, data_stop=data_stop, stop=stop)


def _descriptor(data: Buffer, member: Member, at: int, directory: int) -> int:
    """Length of the data descriptor: with or without signature, with short or long sizes (APPNOTE 4.3.9)."""
    numbers = (member.crc, member.packed, member.size)
    for form in _DESCRIPTORS:
        if at + form.size <= directory:
            found = form.unpack_from(data, at)
            if found in (numbers, (_DESCRIPTOR_SIGNATURE, *numbers)):
                return form.size
    return 0


def _check_apart(members: tuple[Member, ...]) -> None:
    """Members that share bytes make bombs, and mean different things to different readers."""
    at = 0
    for member in sorted(members, key=lambda m: m.start):
        if member.start < at:
            raise BrokenFile("members of the ZIP archive overlap", place=member.place, remedy="do not open this file")
        at = member.data_stop


def content(data: Buffer, member: Member) -> bytes:
    """What a member holds, decompressed and checked.

    Raises:
        BrokenFile: it does not decompress to the size and checksum that the directory tells.
        LimitExceeded: larger than ``MAX_PAYLOAD_BYTES``.
        UnsupportedOperation: encrypted, or compressed by another method than Deflate.
    """
    if member.flags & _ENCRYPTED:
        raise UnsupportedOperation("this is encrypted", place=member.place, remedy="save it without a password first")
    bounded(max(member.size, member.packed), member.place, "member")
    found = _unpacked(data[member.data_start : member.data_stop], member)
    if len(found) != member.size or binascii.crc32(found) != member.crc:
        raise BrokenFile("size or checksum is wrong", place=member.place, remedy="copy the file again")
    return found


def _unpacked(raw: bytes, member: Member) -> bytes:
    if member.method == _STORED:
        return raw
    if member.method != _DEFLATED:
        raise UnsupportedOperation(
            f"compression method {member.method} is not read", place=member.place, remedy="save the document again"
        )
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = inflater.decompress(raw, member.size + 1)
    except zlib.error as error:
        raise BrokenFile(f"compressed data do not inflate: {error}", place=member.place) from error
    return found if inflater.eof or member.size == 0 else found + b"?"


def edits(archive: Archive, data: Buffer, changed: Mapping[str, bytes], added: Mapping[str, bytes]) -> list[Edit]:
    """The edits after which members hold other bytes, and new ones stand behind the last.

    Raises:
        UnsupportedOperation: the archive would pass the 4 GiB that its records can tell.
    """
    made = {m.name: _repacked(data, m, changed[m.name]) for m in archive.members if m.name in changed}
    moves = _moves(archive.members, {name: len(local) for name, (local, _) in made.items()})
    entries = [_moved(made[m.name][1] if m.name in made else m.entry, moves[m.name]) for m in archive.members]
    last = max((m.stop for m in archive.members), default=0)
    shift = sum(len(made[m.name][0]) - (m.stop - m.start) for m in archive.members if m.name in made)
    fresh = b""
    for name, body in added.items():
        local, entry = _new(name, body)
        entries.append(_moved(entry, archive.directory + shift + len(fresh)))
        fresh += local
    assert last <= archive.directory
    parts = [Edit(m.start, m.stop, made[m.name][0]) for m in archive.members if m.name in made]
    tail = _tail(archive, data, b"".join(entries), len(entries), archive.directory + shift + len(fresh))
    return [*parts, Edit(archive.directory, archive.end + _END.size, fresh + tail)]


def _moves(members: tuple[Member, ...], sizes: Mapping[str, int]) -> dict[str, int]:
    """Where each local header stands afterwards."""
    moved, shift = {}, 0
    for member in sorted(members, key=lambda m: m.start):
        moved[member.name] = member.start + shift
        if member.name in sizes:
            shift += sizes[member.name] - (member.stop - member.start)
    return moved


def _repacked(data: Buffer, member: Member, body: bytes) -> tuple[bytes, bytes]:
    """Local record and directory entry of a member with another content."""
    packed = _pack(body, member.method)
    numbers = (binascii.crc32(body), len(packed), len(body))
    local = bytes(data[member.start : member.data_start])
    head = list(_LOCAL.unpack_from(local))
    name = local[_LOCAL.size : _LOCAL.size + head[9]]
    extra = _without_zip64(local[_LOCAL.size + head[9] :])
    head[2] &= ~_STREAMED
    head[6:11] = [*numbers, len(name), len(extra)]
    return _LOCAL.pack(*head) + name + extra + packed, _entry_with(member.entry, numbers)


def _entry_with(entry: bytes, numbers: tuple[int, int, int]) -> bytes:
    head = list(_ENTRY.unpack_from(entry))
    name_stop = _ENTRY.size + head[10]
    extra = entry[name_stop : name_stop + head[11]]
    long = list(_zip64(extra))
    if head[16] == _FULL32 and long:  # the place is the last of the numbers that are given in the long form
        head[16] = min(long[sum(head[i] == _FULL32 for i in (8, 9))], _FULL32)
    head[3] &= ~_STREAMED
    comment = entry[name_stop + head[11] :]
    kept = _without_zip64(extra)
    head[7:10] = numbers
    head[11] = len(kept)
    return _ENTRY.pack(*head) + entry[_ENTRY.size : name_stop] + kept + comment


def _without_zip64(extra: bytes) -> bytes:
    return b"".join(extra[start:stop] for kind, start, stop in _extras(extra) if kind != _ZIP64_EXTRA)


def _new(name: str, body: bytes) -> tuple[bytes, bytes]:
    raw = name.encode()
    packed = _pack(body, _DEFLATED)
    flags = 0 if raw.isascii() else _UTF8
    numbers = (binascii.crc32(body), len(packed), len(body))
    local = _LOCAL.pack(LOCAL_SIGNATURE, 20, flags, _DEFLATED, 0, _NO_DATE, *numbers, len(raw), 0)
    entry = _ENTRY.pack(b"PK\x01\x02", 20, 20, flags, _DEFLATED, 0, _NO_DATE, *numbers, len(raw), 0, 0, 0, 0, 0, 0)
    return local + raw + packed, entry + raw


def _pack(body: bytes, method: int) -> bytes:
    if method == _STORED:
        return body
    deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(body) + deflater.flush()


def _moved(entry: bytes, at: int) -> bytes:
    """A directory entry that tells another place."""
    moved = bytearray(entry)
    head = _ENTRY.unpack_from(entry)
    if head[16] != _FULL32:
        if at >= _FULL32:
            raise _too_large()
        struct.pack_into("<I", moved, 42, at)
        return bytes(moved)
    extra = _ENTRY.size + head[10]
    for kind, start, stop in _extras(entry[extra : extra + head[11]]):
        place = extra + start + 4 + 8 * sum(head[i] == _FULL32 for i in (8, 9))
        if kind == _ZIP64_EXTRA and place + 8 <= extra + stop:
            struct.pack_into("<Q", moved, place, at)
            return bytes(moved)
    raise _too_large()


def _too_large() -> UnsupportedOperation:
    return UnsupportedOperation("this ZIP archive ends at 4 GiB", remedy="split the document, or make it smaller")


def _tail(archive: Archive, data: Buffer, directory: bytes, count: int, at: int) -> bytes:
    """Directory and end records; the archive's comment stays behind them."""
    head = list(_END.unpack_from(data, archive.end))
    long = bytearray(data[archive.end64 : archive.end])
    if long:
        struct.pack_into("<4Q", long, 24, count, count, len(directory), at)
        locator = len(long) - _LOCATOR.size
        struct.pack_into("<Q", long, locator + 8, at + len(directory))
    limits = (_FULL16, _FULL16, _FULL32, _FULL32)
    for slot, (value, limit) in enumerate(zip((count, count, len(directory), at), limits, strict=True), 3):
        if value >= limit and not long:
            raise _too_large()
        if head[slot] != limit or not long:
            head[slot] = min(value, limit)
    return directory + bytes(long) + _END.pack(*head)


@lru_cache(maxsize=1)
def peek(head: bytes) -> tuple[tuple[str, ...], Mapping[str, bytes]]:
    """Names of the members that begin in the first bytes of a file, and as much of their contents as stands there."""
    names: dict[str, bytes] = {}
    at = 0 if head.startswith(LOCAL_SIGNATURE) else -1
    while at >= 0:
        if at + _LOCAL.size <= len(head):
            _, _, _, method, _, _, _, packed, _, name, extra = _LOCAL.unpack_from(head, at)
            start = at + _LOCAL.size + name + extra
            called = head[at + _LOCAL.size : at + _LOCAL.size + name].decode("utf-8", "replace")
            if called:
                names.setdefault(called, _beginning(head[start : start + packed if packed else None], method))
        at = head.find(LOCAL_SIGNATURE, at + 4)
    return tuple(names), names


def _beginning(raw: bytes, method: int) -> bytes:
    if method != _DEFLATED:
        return raw
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, 16 * 4096)
    except zlib.error:
        return b""
