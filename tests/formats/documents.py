"""What the tests of documents share: labels, small archives, and what must not change in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping

import pytest

from labelkit import AigcLabel, evidence
from labelkit.errors import UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.base import apply
from labelkit.testing.container_contract import ContainerContract

LABEL = AigcLabel.generated("001191000000MA0000007C10001", "TEXT-1")
TEXT = LABEL.to_json().encode()
#: An inner object of another length, with everything that XML, HTML and YAML escape.
LONGER = (
    AigcLabel.generated("001191000000MA0000007C10001", "TEXT-2" * 5, names=True)
    .to_json()
    .replace('"ReservedCode1":""', '"ReservedCode1":"{\\"a\\":\\"<&\'#:>\\"}"')
    .encode()
)


def archive(parts: Mapping[str, str | bytes], *, stored: Iterable[str] = ("mimetype",), comment: bytes = b"") -> bytes:
    """A ZIP archive with these parts, in order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, content in parts.items():
            method = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            info = zipfile.ZipInfo(name, (2026, 9, 1, 8, 0, 0))
            zipped.writestr(info, content, method)
        zipped.comment = comment
    return out.getvalue()


def raw_members(data: bytes) -> dict[str, bytes]:
    """Every member's local header and compressed bytes, as they stand."""
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        infos = sorted(zipped.infolist(), key=lambda i: i.header_offset)
        stops = [i.header_offset for i in infos[1:]] + [zipped.start_dir]
        return {i.filename: data[i.header_offset : stop] for i, stop in zip(infos, stops, strict=True)}


def contents(data: bytes) -> dict[str, bytes]:
    """Every member's content; the standard library checks sizes and checksums."""
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        assert zipped.testzip() is None
        return {name: zipped.read(name) for name in zipped.namelist()}


def changed(before: bytes, after: bytes) -> set[str]:
    """Names of members that are new, gone, or not the same bytes with their local headers."""
    old, new = raw_members(before), raw_members(after)
    return {name for name in old | new if old.get(name) != new.get(name)}


def labels(data: bytes, name: str = "") -> list[tuple[str, str]]:
    """Key of each unit that holds a label, and how it deviates, as the verifier sees it."""
    found = evidence.collect(data, table.find(data, name), look_for_traces=False)
    assert found.defect is None, found.defect
    return [(unit.key, " ".join(d.code for d in mark.deviations)) for unit, mark in found.found]


def relabelled(data: bytes, payload: bytes = TEXT, name: str = "") -> bytes:
    """With the label in its home and every other place cleared of one."""
    row = table.find(data, name)
    found = evidence.collect(data, row, look_for_traces=False)
    others = {unit: None for unit, _ in found.found if not unit.home}
    return b"".join(apply(data, row.container.edit(data, payload, others)))


class DocumentContract(ContainerContract):
    """The contract with a label's JSON as payload; what must stay is up to the format."""

    packet = TEXT
    longer_packet = LONGER

    def pixels(self, data: bytes) -> object:
        return None


class TextContract(DocumentContract):
    """For text: nothing says where it should have ended, and the name may have to say what it is."""

    ending: str

    def test_recognises_its_own(self) -> None:
        for name, data in self.samples().items():
            assert table.find(data, f"a{self.ending}").id == self.format_id, name

    def cuts(self, data: bytes) -> Iterable[int]:
        return ()

    def test_only_bytes_are_put_in(self) -> None:
        """Whatever stood in the file stands there still, in one or two stretches."""
        for name, data in self.samples().items():
            edits = self.container.edit(data, self.packet, {})
            assert all(edit.start == edit.stop for edit in edits) or labels(data, f"a{self.ending}"), name

    def test_wide_text_is_refused(self) -> None:
        for name, data in self.samples().items():
            with pytest.raises(UnsupportedOperation):
                self.container.edit(data.decode("utf-8", "replace").encode("utf-16"), self.packet, {})
            assert table.find(b"\x89PNG\r\n\x1a\n" + data, f"a{self.ending}").id == "png", name


class PackageContract(DocumentContract):
    """For ZIP archives: everything but the parts that must change stays byte for byte."""

    #: Parts that may change.
    parts: frozenset[str]

    def pixels(self, data: bytes) -> object:
        return {name: raw for name, raw in raw_members(data).items() if name not in self.parts}
