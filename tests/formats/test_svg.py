"""SVG: metadata of every sort in documents of every sort, held against expat, exiftool and Chromium."""

from __future__ import annotations

import base64
import gzip
import io
import json
import mmap
import re
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from labelkit.errors import BrokenFile, LabelKitError, LimitExceeded, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.base import MAX_PAYLOAD_BYTES, Kind, Unit, apply
from labelkit.formats.containers import _svgscan
from labelkit.formats.containers.svg import Svg
from labelkit.testing.container_contract import LONGER_PACKET, PACKET, ContainerContract, edited, home

SVG = Svg()
NS = b'xmlns="http://www.w3.org/2000/svg"'
RDF = b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DOCTYPE = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
SHAPE = b'<rect width="8" height="8" fill="#ff0000"/>'
WRAPPED = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
    + PACKET
    + b"\n"
    + b" " * 200
    + b'\n<?xpacket end="w"?>'
)
# As Inkscape and Illustrator plug-ins write it: namespaces declared far above.
INHERITED = (
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    + RDF
    + b' xmlns:un="used:never" '
    b'xmlns:cc="http://creativecommons.org/ns#">\n<metadata id="m">\n<rdf:RDF>\n<cc:Work rdf:about="">'
    b"<dc:format>image/svg+xml</dc:format></cc:Work>\n</rdf:RDF>\n</metadata>" + SHAPE + b"</svg>"
)


def svg(*inner: bytes, root: bytes = b"") -> bytes:
    return b"<svg " + NS + root + b">" + b"".join(inner) + b"</svg>"


SAMPLES = {
    "plain": svg(SHAPE),
    "prolog": b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn > by <svg> -->\n'
    + DOCTYPE
    + svg(b"\n", SHAPE, b"\n", root=b' width="8" title="a>b"'),
    "empty root": b"\xef\xbb\xbf<svg " + NS + b" width='8'/>",
    "prefixed": b'<v:svg xmlns:v="http://www.w3.org/2000/svg"><v:metadata> a note </v:metadata><v:g/></v:svg>',
    "prefixed empty root": b'<v:svg xmlns:v="http://www.w3.org/2000/svg" />',
    "inherited": INHERITED,
    "packet": svg(b"<metadata>\n ", WRAPPED, b"\n</metadata>", SHAPE),
    "latin-1": b'<?xml version="1.0" encoding="iso-8859-1"?>' + svg("<title>é</title>".encode("latin-1")),
}


def without_home(data: bytes) -> bytes:
    """The document with its home, and an element made only to hold it, cut out."""
    unit = next((u for u in SVG.read(data) if u.home), None)
    if unit is None:
        return data
    return re.sub(rb"<(v:)?metadata></(v:)?metadata>", b"", data[: unit.start] + data[unit.stop :])


class TestSvg(ContainerContract):
    format_id = "svg"

    def samples(self) -> dict[str, bytes]:
        return SAMPLES

    def pixels(self, data: bytes) -> object:
        """Everything but the packet; canonical, so that a self-closed root equals an open one."""
        return ElementTree.canonicalize(from_file=io.BytesIO(without_home(data)))


def test_results_are_well_formed_and_hold_one_label() -> None:
    for name, data in SAMPLES.items():
        result = edited(SVG, data, WRAPPED)
        tree = fromstring(result, forbid_dtd=False)
        assert tree.tag == "{http://www.w3.org/2000/svg}svg", name
        assert len(tree.findall(".//{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")) == 1, name


def test_a_new_metadata_element_is_the_first_child_of_the_root() -> None:
    assert edited(SVG, svg(SHAPE), PACKET) == svg(b"<metadata>", PACKET, b"</metadata>", SHAPE)
    empty = b"<v:svg xmlns:v='http://www.w3.org/2000/svg' a='/>' />"
    assert edited(SVG, empty, PACKET) == empty[:-2] + b"><v:metadata>" + PACKET + b"</v:metadata></v:svg>"


def test_exiftool_finds_the_packet(tmp_path: Path) -> None:
    # exiftool takes a document for SVG by an unprefixed root alone
    samples = {name: data for name, data in SAMPLES.items() if "prefixed" not in name}
    paths = []
    for number, data in enumerate(samples.values()):
        paths.append(tmp_path / f"{number}.svg")
        paths[-1].write_bytes(edited(SVG, data, WRAPPED))
    answer = subprocess.run(["exiftool", "-j", "-G1", "-a", "-XMP:all", *paths], check=True, capture_output=True)
    for name, entry in zip(samples, json.loads(answer.stdout), strict=True):
        found = [value for key, value in entry.items() if key.startswith("XMP-TC260:") and key.endswith("Aigc")]
        assert found == ['{"Label":"1"}'], (name, entry)


def test_chromium_still_draws_it(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_bytes(edited(SVG, SAMPLES["prolog"], WRAPPED))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--user-data-dir={tmp_path / 'user'}",
    ]
    command += ["--window-size=64,64", f"--screenshot={tmp_path / 'a.png'}", (tmp_path / "a.svg").as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with Image.open(tmp_path / "a.png") as shot:
        assert shot.convert("RGB").getpixel((4, 4)) == (255, 0, 0)
        assert shot.convert("RGB").getpixel((40, 40)) == (255, 255, 255)  # an error page would show its text


class TestReading:
    """What is found, and how it is handed over."""

    def test_inherited_namespaces_come_along_and_others_do_not(self) -> None:
        unit = next(iter(SVG.read(INHERITED)))
        assert (unit.kind, unit.home, unit.key) == (Kind.XMP, True, "rdf:RDF")
        tree = fromstring(unit.data)
        assert tree.find(".//{http://purl.org/dc/elements/1.1/}format").text == "image/svg+xml"
        assert b"used:never" not in unit.data
        assert INHERITED[unit.start : unit.stop].startswith(b"<rdf:RDF>")

    def test_what_was_read_is_what_is_there(self) -> None:
        unit = next(iter(SVG.read(INHERITED)))
        assert list(SVG.edit(INHERITED, unit.data, {})) == []

    def test_a_merged_packet_takes_the_place_of_the_inherited_one(self) -> None:
        unit = next(iter(SVG.read(INHERITED)))
        merged = unit.data.replace(b"</rdf:RDF>", b'<rdf:Description rdf:about=""/></rdf:RDF>')
        result = edited(SVG, INHERITED, merged)
        assert home(SVG, result) == merged
        assert list(SVG.edit(result, merged, {})) == []
        assert result.count(b"<metadata") == 1

    def test_default_namespaces_are_inherited_too(self) -> None:
        data = svg(b'<metadata xmlns="a:&quot;b&amp;c"><rdf:RDF ' + RDF + b"><x/></rdf:RDF></metadata>")
        unit = next(iter(SVG.read(data)))
        assert fromstring(unit.data)[0].tag == '{a:"b&c}x'

    def test_a_prefix_that_the_fragment_declares_for_a_part_is_still_inherited_elsewhere(self) -> None:
        inner = b'<rdf:RDF><rdf:li xmlns:p="in:ner"><p:a/></rdf:li><p:b/></rdf:RDF>'
        data = svg(b"<metadata>", inner, b"</metadata>", root=b" " + RDF + b' xmlns:p="out:er"')
        tree = fromstring(next(iter(SVG.read(data))).data)
        assert [e.tag for e in tree.iter() if "er}" in e.tag] == ["{in:ner}a", "{out:er}b"]

    def test_xpacket_instructions_belong_to_the_packet(self) -> None:
        unit = next(iter(SVG.read(SAMPLES["packet"])))
        assert unit.data == WRAPPED
        half = WRAPPED.removesuffix(b'<?xpacket end="w"?>')
        assert home(SVG, svg(b"<metadata>", half, b"</metadata>")) == PACKET

    def test_a_packet_with_its_wrapper_is_preferred_over_bare_rdf_which_stays(self) -> None:
        bare = b"<rdf:RDF " + RDF + b"/>"
        data = svg(b"<metadata>", bare, LONGER_PACKET, b"</metadata>")
        assert [u.home for u in SVG.read(data)] == [False, True]
        assert edited(SVG, data, PACKET) == svg(b"<metadata>", bare, PACKET, b"</metadata>")

    def test_metadata_of_a_part_is_not_the_home(self) -> None:
        data = svg(b"<g><metadata>", LONGER_PACKET, b"</metadata></g>", b"<defs>", LONGER_PACKET, b"</defs>")
        assert [(u.kind, u.home) for u in SVG.read(data)] == [(Kind.XMP, False)] * 2
        assert home(SVG, edited(SVG, data, PACKET)) == PACKET

    def test_other_text_in_metadata_is_a_text_unit(self) -> None:
        data = svg(b'<metadata>\n{"AIGC":{}}</metadata>', b"<metadata> </metadata>", b"<metadata/>")
        assert [(u.kind, u.key, u.data) for u in SVG.read(data)] == [(Kind.TEXT, "metadata", b'{"AIGC":{}}')]

    def test_a_c2pa_manifest_is_decoded(self) -> None:
        store = base64.b64encode(b"jumb store")
        manifest = b'<metadata><c:manifest xmlns:c="http://c2pa.org/manifest">' + store + b"</c:manifest></metadata>"
        unit = next(iter(SVG.read(svg(manifest))))
        assert (unit.kind, unit.data) == (Kind.C2PA, b"jumb store")
        result = b"".join(apply(svg(manifest), SVG.edit(svg(manifest), PACKET, {unit: None})))
        assert store not in result

    def test_units_before_a_defect_come_before_the_error(self) -> None:
        reading = SVG.read(svg(b"<metadata>", PACKET, b"</metadata>").removesuffix(b"</svg>"))
        assert next(reading).data == PACKET
        with pytest.raises(BrokenFile, match="no element found"):
            next(reading)

    def test_a_mapped_file_works_like_bytes(self, tmp_path: Path) -> None:
        for name, data in SAMPLES.items():
            path = tmp_path / "mapped.svg"
            path.write_bytes(data)
            with open(path, "rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            assert list(SVG.read(mapped)) == list(SVG.read(data)), name
            assert list(SVG.edit(mapped, PACKET, {})) == list(SVG.edit(data, PACKET, {})), name


class TestOthers:
    """Units that are not the home."""

    @pytest.mark.parametrize("new", [None, LONGER_PACKET])
    def test_a_second_packet_is_replaced_or_taken_out(self, new: bytes | None) -> None:
        bare = b"<rdf:RDF " + RDF + b"/>"
        data = svg(b"<metadata>", bare, PACKET, b"</metadata>")
        other: Unit = next(u for u in SVG.read(data) if not u.home)
        result = b"".join(apply(data, SVG.edit(data, PACKET, {other: new})))
        assert result == svg(b"<metadata>", new or b"", PACKET, b"</metadata>")

    def test_text_can_be_taken_out_but_not_rewritten(self) -> None:
        data = svg(b"<metadata>words</metadata>", SHAPE)
        unit = next(iter(SVG.read(data)))
        result = b"".join(apply(data, SVG.edit(data, PACKET, {unit: None})))
        assert result == svg(b"<metadata>", PACKET, b"</metadata>", SHAPE)
        with pytest.raises(UnsupportedOperation):
            SVG.edit(data, PACKET, {unit: b"other words"})


class TestPayload:
    """Only one packet of well-formed XML goes in."""

    @pytest.mark.parametrize(
        "payload",
        [
            b"\xef\xbb\xbf" + WRAPPED,
            b'<?xml version="1.0" encoding="utf-8"?>\n' + WRAPPED + b"\n",
            b"\n" + WRAPPED,
        ],
    )
    def test_what_cannot_stand_inside_a_document_is_left_out(self, payload: bytes) -> None:
        result = edited(SVG, svg(), payload)
        assert home(SVG, result) == WRAPPED
        assert list(SVG.edit(result, payload, {})) == []

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"words",
            b"<x:xmpmeta>",
            b"<other/>",
            b"</metadata><script/><metadata>",
            b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>",
            b'<!DOCTYPE a [<!ENTITY b "c">]>' + PACKET,
            PACKET.decode().encode("utf-16"),
            PACKET.replace(b"1", b"\xff"),
        ],
    )
    def test_anything_else_is_refused(self, payload: bytes) -> None:
        with pytest.raises(BrokenFile, match="XMP packet"):
            SVG.edit(svg(), payload, {})

    def test_nothing_but_the_packet_gets_in(self) -> None:
        payload = b"</metadata><script/><metadata>" + PACKET
        assert edited(SVG, svg(), payload) == svg(b"<metadata>", PACKET, b"</metadata>")


class TestEncodings:
    """UTF-8 and single-byte encodings are written, others read."""

    def test_what_the_encoding_lacks_becomes_a_reference(self) -> None:
        named = WRAPPED.replace(b'"Label"', '"公司"'.encode())
        result = edited(SVG, SAMPLES["latin-1"], named)
        tree = fromstring(result)
        assert next(tree.iter("{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")).text == '{"公司":"1"}'
        assert tree.find("{http://www.w3.org/2000/svg}title").text == "é"
        assert list(SVG.edit(result, named, {})) == []

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "shift_jis"])
    def test_others_are_read_and_refused_for_writing(self, encoding: str) -> None:
        inner = svg(b"<metadata>", PACKET, b"</metadata>", "<title>中</title>".encode()).decode()
        data = f'<?xml version="1.0" encoding="{encoding}"?>{inner}'.encode(encoding)
        assert table.find(data).id == "svg"
        assert home(SVG, data) == PACKET
        with pytest.raises(UnsupportedOperation, match="read, not written") as caught:
            SVG.edit(data, PACKET, {})
        assert "UTF-8" in caught.value.remedy

    @pytest.mark.parametrize("encoding", [b"ebcdic-x", b"hex", b"unicode_escape", b"utf-7", b"idna"])
    def test_unknown_ones_are_named(self, encoding: bytes) -> None:
        with pytest.raises(BrokenFile, match="unknown encoding"):
            list(SVG.read(b'<?xml version="1.0" encoding="' + encoding + b'"?>' + svg()))

    def test_bytes_that_contradict_the_encoding(self) -> None:
        with pytest.raises(BrokenFile):
            list(SVG.read(b'<?xml version="1.0" encoding="gbk"?>' + svg(b"\x81")))
        with pytest.raises(BrokenFile):
            list(SVG.read(b'<?xml version="1.0" encoding="utf-8"?>' + svg(b"\x81")))


class TestRefusals:
    """Hostile and other files."""

    def test_a_compressed_document_is_recognised_and_the_way_out_named(self) -> None:
        data = gzip.compress(SAMPLES["prolog"])
        assert table.find(data).id == "svg"
        with pytest.raises(UnsupportedOperation, match="compressed") as caught:
            list(SVG.read(data))
        assert "gzip" in caught.value.remedy
        assert SVG.score(gzip.compress(b"<html/>")) == 0
        assert SVG.score(b"\x1f\x8b damaged") == 0

    @pytest.mark.parametrize(
        "subset",
        [
            b'<!ENTITY a "b">',
            b'<!ENTITY % a "b">',
            b'<!ENTITY a SYSTEM "file:///etc/passwd">',
            b'<!ATTLIST svg a CDATA "b">',
            b'<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">',
        ],
    )
    def test_declarations_that_expand_are_refused(self, subset: bytes) -> None:
        with pytest.raises(LimitExceeded, match="declares entities"):
            list(SVG.read(b"<!DOCTYPE svg [" + subset + b"]>" + svg(b"<title>&c;</title>")))

    @pytest.mark.parametrize(
        "data",
        [
            svg(b"<g>" * 600, b"</g>" * 600),
            svg(b"<metadata>" + (b"<rdf:RDF " + RDF + b"/>") * 10_001 + b"</metadata>"),
            svg(root=b' xmlns:a="' + b"n" * 1000 + b'"'),
            svg(b"<metadata>" + b"<rdf:RDF " + RDF + b">" + b" " * MAX_PAYLOAD_BYTES + b"</rdf:RDF></metadata>"),
        ],
        ids=["deep", "many", "namespace", "large"],
    )
    def test_limits(self, data: bytes) -> None:
        with pytest.raises(LimitExceeded):
            list(SVG.read(data))

    def test_too_many_elements_or_bytes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_svgscan, "MAX_ELEMENTS", 100)
        with pytest.raises(LimitExceeded, match="elements"):
            list(SVG.read(svg(b"<g/>" * 101)))
        monkeypatch.setattr(_svgscan, "MAX_DOCUMENT_BYTES", 100)
        with pytest.raises(LimitExceeded, match="bytes of XML"):
            list(SVG.read(svg(b"<g/>" * 101)))

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"<html><svg/></html>",
            b'<svg xmlns="http://www.w3.org/1999/xhtml"/>',
            svg() + b"<svg/>",
            svg(b"<a:b/>"),
            svg(b"&undefined;"),
            svg(b"<metadata>", PACKET[:-4], b"</metadata>"),
        ],
    )
    def test_lies_are_named(self, data: bytes) -> None:
        with pytest.raises(BrokenFile) as caught:
            SVG.edit(data, PACKET, {})
        assert caught.value.place
        assert caught.value.remedy

    @pytest.mark.parametrize(
        "head",
        [
            b"<!DOCTYPE html><html><svg></svg>",
            b"<html>",
            b"text with <svg> in it",
            b"<svgs>",
            b"<?xml version='1.0'?><rss/>",
            b"<?xml version='1.0'?><!-- svg --><rss/>",
        ],
    )
    def test_not_mine(self, head: bytes) -> None:
        assert SVG.score(head) == 0

    def test_a_long_prolog_leaves_it_open(self) -> None:
        data = b"<?xml version='1.0'?><!--" + b" about svg" * 600 + b"-->" + svg()
        assert 0 < SVG.score(data[:4096]) < 50

    def test_recognising_hostile_prologs_takes_no_time(self) -> None:
        began = time.perf_counter()
        for unit in (b"<??>", b"<!---->", b"<!DOCTYPE a>", b" ", b"<!DOCTYPE a [", b"<?"):
            SVG.score((unit * 4096)[:4096])
        assert time.perf_counter() - began < 0.5

    def test_large_documents_take_little_time(self) -> None:
        began = time.perf_counter()
        list(SVG.read(svg(b'<image href="data:image/png;base64,' + b"A" * 8_000_000 + b'"/>')))
        list(SVG.read(svg(b"<path d='M0 0'/>" * 100_000)))
        assert time.perf_counter() - began < 2


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_mutations_give_an_answer_or_an_error(draw: st.DataObject) -> None:
    data = bytearray(draw.draw(st.sampled_from(list(SAMPLES.values()))))
    pieces = st.sampled_from(
        [b"<", b">", b"/>", b'"', b"<!--", b"<metadata>", b"</metadata>", b" ", b"&", PACKET, b"<?xpacket "]
    )
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(0, len(data)))
        data[at : at + draw.draw(st.integers(0, 12))] = draw.draw(pieces | st.binary(max_size=2))
    try:
        result = edited(SVG, bytes(data), WRAPPED)
    except LabelKitError:
        return
    latin = b"iso-8859-1" in result[:60]
    assert home(SVG, result) == (WRAPPED.replace("\ufeff".encode(), b"") if latin else WRAPPED)
    assert list(SVG.edit(result, WRAPPED, {})) == []
    ElementTree.fromstring(result)
