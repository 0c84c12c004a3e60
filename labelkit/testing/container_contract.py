"""The fixed menu every container handler must pass: subclass, name two fixtures, add what is special.

::

    class TestPng(ContainerContract):
        format_id = "png"

        def samples(self) -> dict[str, bytes]:
            return {"rgb": ..., "with metadata": ...}

A test class may be collected by pytest without further code; nothing here needs a plug-in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from labelkit.errors import InputError, LabelKitError
from labelkit.formats import table
from labelkit.formats.base import Buffer, Container, Kind, apply

#: Stands for an XMP packet; handlers do not look inside.
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">'
    b'<TC260:AIGC>{"Label":"1"}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta>'
)
LONGER_PACKET = PACKET.replace(b'"1"', b'"1","ContentProducer":"x"')


def edited(container: Container, data: Buffer, payload: bytes) -> bytes:
    """``data`` with ``payload`` in its home."""
    return b"".join(apply(data, container.edit(data, payload, {})))


def home(container: Container, data: Buffer) -> bytes | None:
    """What the home unit holds, or None."""
    return next((unit.data for unit in container.read(data) if unit.home), None)


class ContainerContract:
    """What every writable container promises. Samples should be small (a few hundred bytes to some kB)."""

    #: Row of the format table.
    format_id: ClassVar[str]
    #: Cutting the sample after this many bytes of its end may go unnoticed (trailers nobody needs).
    tolerated_tail: ClassVar[int] = 0
    packet: ClassVar[bytes] = PACKET
    longer_packet: ClassVar[bytes] = LONGER_PACKET

    def samples(self) -> dict[str, bytes]:
        """Valid files by description; at least two, one of them with foreign metadata."""
        raise NotImplementedError

    def pixels(self, data: bytes) -> object:
        """Something that compares equal for equal pictures, samples or text. Default: all frames by Pillow."""
        import io

        from PIL import Image, ImageSequence

        with Image.open(io.BytesIO(data)) as image:
            return [
                (frame.mode, frame.size, frame.convert("RGBA").tobytes()) for frame in ImageSequence.Iterator(image)
            ]

    @property
    def container(self) -> Container:
        """The handler under test."""
        return table.by_id(self.format_id).container

    def test_recognises_its_own(self) -> None:
        for name, data in self.samples().items():
            assert table.find(data).id == self.format_id, name

    def test_not_mine(self) -> None:
        for foreign in (b"", b"\0" * 64, b"plain text", b"PK\x03\x04" + b"\0" * 60, bytes(range(256))):
            assert self.container.score(foreign) == 0, foreign

    def test_reads_back_what_was_put_in(self) -> None:
        for name, data in self.samples().items():
            assert home(self.container, edited(self.container, data, self.packet)) == self.packet, name

    def test_writing_twice_is_writing_once(self) -> None:
        for name, data in self.samples().items():
            once = edited(self.container, data, self.packet)
            assert list(self.container.edit(once, self.packet, {})) == [], name

    def test_replacing_leaves_one_home(self) -> None:
        for name, data in self.samples().items():
            changed = data
            for packet in (self.packet, self.longer_packet, self.packet):
                changed = edited(self.container, changed, packet)
            homes = [unit.data for unit in self.container.read(changed) if unit.home]
            assert homes == [self.packet], name

    def test_pixels_are_identical(self) -> None:
        for name, data in self.samples().items():
            assert self.pixels(edited(self.container, data, self.packet)) == self.pixels(data), name

    def test_other_units_stay(self) -> None:
        for name, data in self.samples().items():
            before = [(u.kind, u.key, u.data) for u in self.container.read(data) if not u.home]
            labelled = edited(self.container, data, self.packet)
            assert [(u.kind, u.key, u.data) for u in self.container.read(labelled) if not u.home] == before, name

    def test_truncation_is_noticed_everywhere(self) -> None:
        for name, data in self.samples().items():
            for size in self.cuts(data):
                assert self._refuses(data[:size]), f"{name} cut to {size} of {len(data)} bytes passed"

    def cuts(self, data: bytes) -> Iterable[int]:
        """Lengths to which the sample is cut; every cut must be noticed."""
        return range(0, self.noticed(data), max(1, len(data) // 1500))

    def noticed(self, data: bytes) -> int:
        """Cutting the sample before this byte must be noticed."""
        return len(data) - self.tolerated_tail

    def _refuses(self, data: bytes) -> bool:
        try:
            list(self.container.edit(data, self.packet, {}))
        except InputError:
            return True
        return False

    def test_mutations_never_crash(self) -> None:
        """Every byte changed in turn: an answer or a LabelKitError, nothing else."""
        for data in self.samples().values():
            step = max(1, len(data) // 800)
            for at in range(0, len(data), step):
                mutated = bytearray(data)
                mutated[at] ^= 0xFF
                self.survives(bytes(mutated))

    def survives(self, data: bytes) -> None:
        """Read and edit ``data``; only the library's own errors may come out."""
        try:
            list(self.container.read(data))
            edited(self.container, data, self.packet)
        except LabelKitError:
            pass

    def test_a_foreign_unit_can_be_taken_out(self) -> None:
        for name, data in self.samples().items():
            units = list(self.container.read(data))
            gone = [u for u in units if not u.home and u.kind in (Kind.TEXT, Kind.TAG, Kind.COMMENT)]
            result = b"".join(apply(data, self.container.edit(data, self.packet, dict.fromkeys(gone))))
            left = [(u.kind, u.key, u.data) for u in self.container.read(result) if not u.home]
            stays = [(u.kind, u.key, u.data) for u in units if not u.home and u not in gone]
            assert left == stays, name
