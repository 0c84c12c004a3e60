"""Every shape of label found in the wild, with what a reader must make of it.

One :class:`Case` a row: what stood in which kind of unit, the values expected, and the exact set of deviation codes.
Provider codes are those of public files; content ids are made up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape

from labelkit.formats.base import Kind, Unit
from labelkit.provider_code import credit_check_digit

TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
DOUBAO = "001191110102MACQD9K64010000"
TENCENT = "001191440300708461136T1308L"
_PROPAGATION = {"ContentPropagator", "PropagateID"}
_FOUR = "key-missing"


def label(producer: str = DOUBAO, number: str = "7301", **changed: object) -> dict[str, object]:
    """The seven keys of a first write, some of them changed."""
    return {
        "Label": "1",
        "ContentProducer": producer,
        "ProduceID": number,
        "ReservedCode1": "",
        "ContentPropagator": producer,
        "PropagateID": number,
        "ReservedCode2": "",
    } | changed


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def packet(inner: str, attributes: str = "", declared: str = f'xmlns:TC260="{TC260}"') -> bytes:
    """An XMP packet with one Description."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {declared}{attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def element(text: str, name: str = "TC260:AIGC") -> str:
    return f"<{name}>{text}</{name.partition(' ')[0]}>"


@dataclass(frozen=True)
class Case:
    """One label in the wild.

    Attributes:
        name: who writes it so.
        unit: as a container hands it over.
        fields: the values expected, empty ones left out; None where there is no label at all.
        codes: all deviations expected, separated by spaces.
        schema, main: as in :class:`labelkit.record.Mark`.
    """

    name: str
    unit: Unit
    fields: dict[str, str] | None
    codes: str = ""
    schema: str = "gb45438"
    main: bool = False


def xmp(data: bytes, *notes: str, home: bool = True) -> Unit:
    return Unit(Kind.XMP, "XMP", data, 0, len(data), home=home, notes=notes)


def text(data: str | bytes, key: str = "AIGC", *notes: str) -> Unit:
    raw = data.encode() if isinstance(data, str) else data
    return Unit(Kind.TEXT, f"PNG tEXt {key}", raw, 0, len(raw), key, notes=notes)


def exif(data: str | bytes, key: str = "UserComment", charset: bytes = b"ASCII\0\0\0") -> Unit:
    raw = data.encode() if isinstance(data, str) else data
    raw = charset + raw if key == "UserComment" else raw
    return Unit(Kind.EXIF, f"EXIF {key}", raw, 0, len(raw), key)


def other(kind: Kind, data: str | bytes, key: str = "", *, home: bool = False) -> Unit:
    raw = data.encode() if isinstance(data, str) else data
    return Unit(kind, f"{kind} {key}", raw, 0, len(raw), key, home)


def values(fields: dict[str, object], **changed: str) -> dict[str, str]:
    return {k: str(v) for k, v in (fields | changed).items() if v != ""}


# The organisation code MA0000008 should end in 7; the credit code around it is right.
_ODD_CREDIT = "91000000MA0000008"
_ODD_CODE = f"0011{_ODD_CREDIT}{credit_check_digit(_ODD_CREDIT)}10000"
_L = label()
_V = values(_L)
_TENCENT = label(TENCENT)
_NESTED = '{"SecurityData":{"Type":"TC260PG","Version":1,"PubSD":[{"Type":"DS","AlgID":"1.2.156.10197.1.501"}]}}'
_SECURED = label(ReservedCode1=_NESTED, ReservedCode2=_NESTED)
_TWO = {"Label": "1", "ContentProducer": "NETA"}
_SNAKE = {
    "label": "1", "content_producer": DOUBAO, "produce_id": "7301", "reserved_code1": "",
    "content_propagator": DOUBAO, "propagate_id": "7301", "reserved_code2": "",
}  # fmt: skip
_CAMEL = {k[0].lower() + k[1:]: v for k, v in _L.items()}
_DRAFT = {
    "Label": "1", "ContentProducer": DOUBAO, "ProduceID": "7301", "ReserveCode1": "",
    "Propagator": DOUBAO, "PropatorID": "7301", "ReserveCode2": "",
}  # fmt: skip
_AGENT = dict(sorted(label("Minimax Agent AI", "0" * 32, Label="AIGC").items()))
_DREAMINA = {"data": {"product": "dreamina", "exportType": "generation", "aigc_info": {"aigc_label_type": 1}}}
_CLOUD = {"AIGC": {"ServiceProvider": "腾讯云", "ServiceUser": "1", "Time": "2025-01-01", "ContentId": "c-1"}}
_PLACE = "place-not-in-guide"
_MISSING = "required-key-missing key-missing"
_FIELD_ATTRIBUTES = "".join(f' {{0}}:{k}="{v}"' for k, v in _L.items())

XMP_CASES = [
    Case("main location", xmp(packet(element(compact(_L)))), _V, main=True),
    Case("Doubao PNG", xmp(packet(element(escape(compact(_L))))), _V, main=True),
    Case(
        "PicWish",
        xmp(packet("", f' TC260:AIGC="{escape(compact(label("picwish")))}"')),
        values(label("picwish")),
        main=True,
    ),
    Case(
        "lower-case prefix of the audio guide",
        xmp(packet(element(compact(_L), "tc260:AIGC"), declared=f'xmlns:tc260="{TC260}"')),
        _V,
        main=True,
    ),
    Case("CDATA", xmp(packet(element(f"<![CDATA[{compact(_L)}]]>"))), _V, main=True),
    Case("nested JSON in the reserved codes", xmp(packet(element(compact(_SECURED)))), values(_SECURED), main=True),
    Case(
        "opaque reserved codes",
        xmp(packet(element(compact(label(ReservedCode1="L-9f=", ReservedCode2="3045"))))),
        values(label(ReservedCode1="L-9f=", ReservedCode2="3045")),
        main=True,
    ),
    Case("Commons", xmp(packet(element(compact(compact(_L))))), _V, "double-encoded", main=True),
    Case("three times encoded", xmp(packet(element(compact(compact(compact(_L)))))), _V, "double-encoded", main=True),
    Case("escaped twice", xmp(packet(element(escape(escape(compact(_L)))))), _V, "html-escaped", main=True),
    Case("wrapped in XMP", xmp(packet(element(compact({"AIGC": _L})))), _V, "wrapper-unexpected", main=True),
    Case(
        "string inside the wrapper",
        xmp(packet(element(compact({"AIGC": compact(_L)})))),
        _V,
        "wrapper-unexpected double-encoded",
        main=True,
    ),
    Case(
        "cntc260",
        xmp(packet(element(json.dumps(label(ReservedCode1=-6213845912837465))))),
        _V | {"ReservedCode1": "-6213845912837465"},
        "json-spacing value-not-string",
        main=True,
    ),
    Case(
        "cntc260, example",
        xmp(packet(element(compact(label("某某公司|备注", Label=1))))),
        values(label("某某公司|备注")),
        "label-not-string value-characters",
        main=True,
    ),
    Case(
        "Honor",
        xmp(packet(element(compact(label("001191440300MA5G49LC9K1YO01", ReservedCode1='{"PubSd":[]}'))))),
        values(label("001191440300MA5G49LC9K1YO01", ReservedCode1='{"PubSd":[]}')),
        main=True,
    ),
    Case(
        "rdf:Alt",
        xmp(packet(element(f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(compact(_L))}</rdf:li></rdf:Alt>'))),
        _V,
        "xmp-value-form",
        main=True,
    ),
    Case(
        "rdf:Bag, pretty",
        xmp(packet(element(f"\n <rdf:Bag>\n  <rdf:li>{escape(compact(_L))}</rdf:li>\n </rdf:Bag>\n"))),
        _V,
        "xmp-value-form",
        main=True,
    ),
    Case(
        "rdf:value with a qualifier",
        xmp(packet(element(f"<rdf:Description><rdf:value>{escape(compact(_L))}</rdf:value></rdf:Description>"))),
        _V,
        "xmp-value-form",
        main=True,
    ),
    Case(
        "rdf:value as attribute",
        xmp(packet(f'<TC260:AIGC rdf:value="{escape(compact(_L))}"/>')),
        _V,
        "xmp-value-form",
        main=True,
    ),
    Case("pretty-printed", xmp(packet(element(f"\n   {compact(_L)}\n  "))), _V, "surrounding-space", main=True),
    Case(
        "Home-made writer, one attribute a field",
        xmp(packet("", _FIELD_ATTRIBUTES.format("AIGC"), f'xmlns:AIGC="{TC260}"')),
        _V,
        "xmp-fields-apart",
    ),
    Case(
        "Home-made writer, private namespace",
        xmp(packet("", _FIELD_ATTRIBUTES.format("aigc"), 'xmlns:aigc="http://example.com/a/"')),
        _V,
        "xmp-fields-apart xmp-namespace",
    ),
    Case(
        "AI icon generator, dc: attributes",
        xmp(
            packet(
                "",
                ' dc:format="image/svg+xml"' + _FIELD_ATTRIBUTES.format("dc"),
                'xmlns:dc="http://purl.org/dc/elements/1.1/"',
            )
        ),
        _V,
        "xmp-fields-apart xmp-namespace keyword-missing",
    ),
    Case(
        "fields as elements of a structure",
        xmp(
            packet(
                element("".join(element(str(v), f"TC260:{k}") for k, v in _L.items())).replace(
                    "<TC260:AIGC>", '<TC260:AIGC rdf:parseType="Resource">'
                )
            )
        ),
        _V,
        "xmp-fields-apart",
        main=True,
    ),
    Case(
        "xmp:AIGC",
        xmp(packet(element(compact(_L), "xmp:AIGC"), declared='xmlns:xmp="http://ns.adobe.com/xap/1.0/"')),
        _V,
        "xmp-namespace",
    ),
    Case(
        "marktool",
        xmp(packet(element(compact(_L), "aigc:AIGC"), declared='xmlns:aigc="http://example.com/aigc/"')),
        _V,
        "xmp-namespace",
    ),
    Case(
        "metatoolkit JPEG",
        xmp(packet("", f' metatoolkit:AIGC="{escape(str({"AIGC": _L}))}"', 'xmlns:metatoolkit="m:"')),
        _V,
        "xmp-namespace wrapper-unexpected python-repr",
    ),
    Case(
        "namespace without its slash",
        xmp(packet(element(compact(_L)), declared=f'xmlns:TC260="{TC260[:-1]}"')),
        _V,
        "xmp-namespace",
    ),
    Case(
        "social app, undeclared prefix",
        xmp(packet("", f' TC260:AIGC="{escape(compact(_L))}"', f'xmlns:C260="{TC260}"')),
        _V,
        "xmp-not-well-formed",
    ),
    Case(
        "fields with an undeclared prefix",
        xmp(packet("", _FIELD_ATTRIBUTES.format("AIGC"), f'xmlns:A="{TC260}"')),
        _V,
        "xmp-not-well-formed xmp-fields-apart",
    ),
    Case("truncated packet", xmp(packet(element(compact(_L)))[:-40]), _V, "xmp-not-well-formed"),
    Case(
        "truncated before the label",
        xmp(packet(element(compact(_L)))[:260]),
        {},
        "xmp-not-well-formed label-unreadable",
    ),
    Case("UTF-16 packet", xmp(packet(element(compact(_L))).decode().encode("utf-16-le")), _V, main=True),
    Case("UTF-16 packet with BOM", xmp(packet(element(compact(_L))).decode().encode("utf-16")), _V, main=True),
    Case("junk after the packet", xmp(packet(element(compact(_L))) + b"\0\0\xff\xfe<"), _V, main=True),
    Case("second packet", xmp(packet(element(compact(_L))), home=False), _V, _PLACE),
    Case("compressed iTXt", xmp(packet(element(compact(_L))), "compressed"), _V, "stored-compressed", main=True),
    Case("after IDAT", xmp(packet(element(compact(_L))), "after-image-data"), _V, "stored-after-image-data", main=True),
    Case("ExtendedXMP", xmp(packet(element(compact(_L))), "extended"), _V, "stored-in-extended-xmp", main=True),
    Case(
        "raw profile",
        xmp(packet(element(compact(_L))), "raw-profile", home=False),
        _V,
        f"stored-as-raw-profile {_PLACE}",
    ),
    Case("bad checksum", xmp(packet(element(compact(_L))), "bad-checksum"), _V, "stored-with-bad-checksum", main=True),
    Case("odd length", xmp(packet(element(compact(_L))), "odd-length"), _V, "stored-odd-length", main=True),
    Case(
        "the sidecar of an older text",
        xmp(packet(element(compact(_L))), "other-content"),
        _V,
        "sidecar-of-other-content",
        main=True,
    ),
    Case("a note nobody knows", xmp(packet(element(compact(_L))), "upside-down"), _V, "stored-oddly", main=True),
    Case(
        "inside another property",
        xmp(
            packet(
                f'<q:Made rdf:parseType="Resource">{element(compact(_L))}</q:Made>',
                declared=f'xmlns:TC260="{TC260}" xmlns:q="q:"',
            )
        ),
        _V,
        "xmp-nested",
    ),
    Case(
        "outside the RDF",
        xmp(
            packet("").replace(b"<rdf:RDF", element(compact(_L), f'q:AIGC xmlns:q="{TC260}"').encode() + b"<rdf:RDF", 1)
        ),
        _V,
        "xmp-nested",
    ),
    Case(
        "label of an ingredient",
        xmp(
            packet(
                f'<m:Ingredients rdf:parseType="Resource">{element(compact(_L))}</m:Ingredients>',
                declared=f'xmlns:TC260="{TC260}" xmlns:m="http://ns.adobe.com/xap/1.0/mm/"',
            )
        ),
        None,
    ),
    Case("the property is empty", xmp(packet("<TC260:AIGC/>")), {}, "label-unreadable", main=True),
    Case("the property holds something else", xmp(packet(element("yes"))), {}, "label-unreadable", main=True),
    Case("a private flag", xmp(packet(element("true", "q:AIGC"), declared='xmlns:q="q:"')), None),
    Case("a rating label", xmp(packet("", ' xmp:Label="Red"', 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"')), None),
    Case("JSON where XML should be", xmp(compact({"AIGC": _L}).encode()), _V, _PLACE),
]

TEXT_CASES = [
    Case("Annex B, PNG", text(compact({"AIGC": _L})), _V),
    Case("Doubao PNG, other surface", text(compact(label("doubao"))), values(label("doubao")), "wrapper-missing"),
    Case("metatoolkit PNG", text(str({"AIGC": _L})), _V, "python-repr"),
    Case("lower-case keyword", text(compact({"aigc": _L}), "aigc"), _V, f"{_PLACE} keyword-case wrapper-case"),
    Case("longer keyword", text(compact(_L), "XMP-AIGC"), _V, _PLACE),
    Case("keyword without AIGC", text(compact(_L), "Comment"), _V, f"{_PLACE} keyword-missing"),
    Case("compressed text", text(compact({"AIGC": _L}), "AIGC", "compressed"), _V, "stored-compressed"),
    Case(
        "MiniMax audio",
        text('{"aigc": {"Label": "1", "ContentProducer": "HUABABSpeech7E01", "ProduceID": "9c2f"}}', "aigc"),
        {"Label": "1", "ContentProducer": "HUABABSpeech7E01", "ProduceID": "9c2f"},
        f"{_PLACE} keyword-case wrapper-case json-spacing {_FOUR}",
    ),
    Case(
        "MiniMax Agent",
        text(compact(_AGENT)),
        values(_AGENT, Label="1"),
        "wrapper-missing key-order label-value value-characters value-placeholder",
    ),
    Case(
        "Laiye ADP",
        text(
            compact(
                {
                    "aigc": label(
                        "001191110108587659081E10001", Label="AIGCLabelType.AI_GENERATED", ProcessingTypes=["x"]
                    )
                }
            )
        ),
        values(label("001191110108587659081E10001")),
        "wrapper-case label-value key-unknown",
    ),
    Case("lower-camel keys", text(compact({"AIGC": _CAMEL})), _V, "required-key-misnamed key-misnamed"),
    Case("snake-case keys", text(compact({"AIGC": _SNAKE})), _V, "required-key-misnamed key-misnamed"),
    Case("draft of 2024", text(compact({"AIGC": _DRAFT})), _V, "key-draft-name"),
    Case(
        "misspelt",
        text('{"AIGC":{"Lable":"1","ContentProduce":"MiniMax","ProducerID":"7301","PropagatorID":"7301"}}'),
        {"Label": "1", "ContentProducer": "MiniMax", "ProduceID": "7301", "PropagateID": "7301"},
        "required-key-misnamed key-misnamed key-missing",
    ),
    Case("a key twice", text('{"AIGC":' + compact(_L)[:-1] + ',"Label":"2"}}'), _V | {"Label": "2"}, "key-duplicate"),
    Case("a key in two spellings", text(compact({"AIGC": _L | {"label": "2"}})), _V, "key-duplicate"),
    Case("two keys", text(compact({"AIGC": _TWO})), values(_TWO), _MISSING),
    Case("five keys", text(compact({"AIGC": {k: v for k, v in _L.items() if "Reserved" not in k}})), _V, "key-missing"),
    Case(
        "empty propagation",
        text(compact({"AIGC": label(ContentPropagator="", PropagateID="")})),
        {k: v for k, v in _V.items() if k not in _PROPAGATION},
        "value-empty",
    ),
    Case(
        "empty producer",
        text(compact({"AIGC": label(ContentProducer="", ProduceID="")})),
        {k: v for k, v in _V.items() if k not in ("ContentProducer", "ProduceID")},
        "required-value-empty",
    ),
    Case("null", text(compact({"AIGC": label(ReservedCode1=None)})), _V, "value-not-string"),
    Case(
        "an object in a reserved code",
        text(compact({"AIGC": label(ReservedCode1={"Version": 1})})),
        _V | {"ReservedCode1": '{"Version":1}'},
        "value-not-string",
    ),
    Case(
        "Zhipu, two numbers",
        text(compact({"AIGC": label(PropagateID="7302")})),
        _V | {"PropagateID": "7302"},
        "propagation-id-differs",
    ),
    Case(
        "Doubao agent, own propagator",
        text(compact({"AIGC": label(ContentPropagator="001191110102MACQD9K64020000", PropagateID="7#1")})),
        _V | {"ContentPropagator": "001191110102MACQD9K64020000", "PropagateID": "7#1"},
    ),
    Case(
        "path with Chinese",
        text(compact({"AIGC": label(ProduceID="7301-/文档/a.md", PropagateID="7301-/文档/a.md")})),
        values(label(number="7301-/文档/a.md")),
        "value-characters",
    ),
    Case(
        "backslash",
        text(compact({"AIGC": label(ReservedCode1="a\\b")})),
        _V | {"ReservedCode1": "a\\b"},
        "value-characters",
    ),
    Case(
        "huge number",
        text('{"AIGC":' + compact(_L).replace('"ReservedCode1":""', '"ReservedCode1":' + "9" * 20_000) + "}"),
        _V | {"ReservedCode1": "9" * 20_000},
        "value-not-string value-too-long",
    ),
    Case(
        "half a surrogate pair",
        text('{"AIGC":' + compact(_L).replace(DOUBAO, "a\\ud800") + "}"),
        values(label("a\ufffd")),
        "encoding-undecodable value-characters",
    ),
    Case(
        "wrong check digit",
        text(compact({"AIGC": label(DOUBAO.replace("K640", "K641"))})),
        values(label(DOUBAO.replace("K640", "K641"))),
        "provider-code",
    ),
    Case(
        "wrong organisation digit",
        text(compact({"AIGC": label(_ODD_CODE)})),
        values(label(_ODD_CODE)),
        "provider-code-organisation",
    ),
    Case("Label 4", text(compact({"AIGC": label(Label="4")})), _V | {"Label": "4"}, "label-value"),
    Case("Label with a space", text(compact({"AIGC": label(Label="1 ")})), _V, "label-value"),
    Case(
        "Label true", text(compact({"AIGC": label(Label=True)})), _V | {"Label": "true"}, "label-value label-not-string"
    ),
    Case("BOM", text(b"\xef\xbb\xbf" + compact({"AIGC": _L}).encode()), _V, "encoding-bom"),
    Case("trailing bytes", text(compact({"AIGC": _L}) + "}} x"), _V, "trailing-bytes"),
    Case("NUL padding", text(compact({"AIGC": _L}) + "\0" * 64), _V, "nul-padding"),
    Case(
        "GBK",
        text(compact({"AIGC": label("腾讯云")}).encode("gbk")),
        values(label("腾讯云")),
        "encoding-gbk value-characters",
    ),
    Case("UTF-16", text(compact({"AIGC": _L}).encode("utf-16-be")), _V, "encoding-utf16"),
    Case("UTF-16 with BOM", text(compact({"AIGC": _L}).encode("utf-16")), _V, "encoding-utf16 encoding-bom"),
    Case("UTF-32", text(compact({"AIGC": _L}).encode("utf-32-le")), _V, "encoding-utf16"),
    Case(
        "broken bytes in a value",
        text(compact({"AIGC": label("zq")}).encode().replace(b"zq", b"a\xff\x20\x80")),
        values(label("a\ufffd \ufffd")),
        "encoding-undecodable value-characters",
    ),
    Case("HTML entities", text(escape(compact({"AIGC": _L}))), _V, "html-escaped"),
    Case("numeric entities", text(compact({"AIGC": _L}).replace('"', "&#34;")), _V, "html-escaped"),
    Case(
        "unescaped JSON inside",
        text('{"AIGC":' + compact(_L).replace('Code1":""', 'Code1":"{"a":1}"') + "}"),
        _V,
        "not-json",
    ),
    Case(
        "cut off",
        text('{"AIGC":{"Label":"1","ContentProducer":"MiniMax","Produ'),
        {"Label": "1", "ContentProducer": "MiniMax"},
        f"not-json {_MISSING}",
    ),
    Case("site builder", text(compact({"frontmatter": {"AIGC": _L}}), "data"), _V, f"{_PLACE} wrapper-nested"),
    Case("list", text(compact([{"AIGC": _L}])), _V, "wrapper-nested"),
    Case("in a sentence", text("A cat. " + compact({"AIGC": _L}), "Comment"), _V, f"{_PLACE} embedded-in-text"),
    Case("keyword with other content", text("true"), {}, "label-unreadable"),
    Case("keyword with nothing", text(""), {}, "label-unreadable"),
    Case("too many brackets", text('{"AIGC":' + "[" * 100_000), {}, "label-too-large"),
    Case(
        "too large",
        text(compact({"AIGC": label(ReservedCode1="x" * 300_000)})),
        {"Label": "1", "ContentProducer": DOUBAO, "ProduceID": "7301"},
        "label-too-large key-missing wrapper-missing",
    ),
    Case(
        "Aweme",
        text('{"aigc_info":"{\\"aigc_type\\":1}"}', "Comment"),
        {"Label": "1"},
        f"{_PLACE} private-schema",
        "bytedance",
    ),
    Case("TikTok, nothing claimed", text('{"aigc_label_type":0}', "aigc_info"), None),
    Case(
        "TikTok, claimed",
        text('{"aigc_label_type":2}', "aigc_info"),
        {"Label": "2"},
        f"{_PLACE} keyword-case private-schema",
        "bytedance",
    ),
    Case(
        "a prompt about labels",
        text("How do I write the AIGC label with ContentProducer and ProduceID?", "prompt"),
        None,
    ),
    Case(
        "a workflow that knows the words",
        text(compact({"1": {"inputs": {"text": "AIGC, label, produce"}}}), "workflow"),
        None,
    ),
    Case("documentation", text('Use {"Label": ..., "ContentProducer": ...} under AIGC {see Annex E}', "Comment"), None),
    Case("a picture of a product", text(compact({"label": "cat", "product": "x"}), "parameters"), None),
]

OTHER_CASES = [
    Case("Annex B, EXIF", exif(compact({"AIGC": _TENCENT})), values(_TENCENT)),
    Case("bare in UserComment", exif(compact(_L)), _V, "wrapper-missing keyword-missing"),
    Case("NETA", exif(compact({"AIGC": _TWO})), values(_TWO), _MISSING),
    Case(
        "Exiv2 sample",
        exif(compact({"AIGC": _L}).replace('"ReservedCode2"', '"ReservedCode2: "') + " ", charset=b"\0" * 8),
        _V,
        "user-comment-charset key-misnamed surrounding-space",
    ),
    Case(
        "Go reader's test",
        exif(compact({"AIGC": label("1191110102MACQD9K640")}), charset=b""),
        values(label("1191110102MACQD9K640")),
        "user-comment-charset provider-code-incomplete",
    ),
    Case(
        "Unicode UserComment",
        exif(compact({"AIGC": _L}).encode("utf-16-le"), charset=b"UNICODE\0"),
        _V,
        "user-comment-charset encoding-utf16",
    ),
    Case(
        "Unicode UserComment, big endian",
        exif(compact({"AIGC": _L}).encode("utf-16-be"), charset=b"UNICODE\0"),
        _V,
        "user-comment-charset encoding-utf16",
    ),
    Case(
        "Unicode UserComment with BOM",
        exif(compact({"AIGC": _L}).encode("utf-16"), charset=b"UNICODE\0"),
        _V,
        "user-comment-charset encoding-utf16 encoding-bom",
    ),
    Case("Unicode in name only", exif(compact({"AIGC": _L}), charset=b"UNICODE\0"), _V, "user-comment-charset"),
    Case("JIS", exif(compact({"AIGC": _L}), charset=b"JIS\0\0\0\0\0"), _V, "user-comment-charset"),
    Case(
        "UTF-8 called ASCII",
        exif(compact({"AIGC": label("腾讯云")})),
        values(label("腾讯云")),
        "encoding-not-ascii value-characters",
    ),
    Case(
        "GBK called ASCII",
        exif(compact({"AIGC": label("腾讯云")}).encode("gbk")),
        values(label("腾讯云")),
        "encoding-not-ascii encoding-gbk value-characters",
    ),
    Case("padded UserComment", exif(compact({"AIGC": _L}) + "\0" * 20), _V, "nul-padding"),
    Case("ImageDescription", exif(compact({"AIGC": _L}), "ImageDescription"), _V, _PLACE),
    Case(
        "XPComment",
        exif(compact({"AIGC": _L}).encode("utf-16-le") + b"\0\0", "XPComment"),
        _V,
        f"{_PLACE} encoding-not-ascii encoding-utf16 nul-padding",
    ),
    Case(
        "Dreamina",
        exif(compact(_DREAMINA), "ImageDescription"),
        {"Label": "1", "ContentProducer": "dreamina"},
        f"{_PLACE} private-schema",
        "bytedance",
    ),
    Case(
        "Dreamina, string inside",
        exif(compact({"data": _DREAMINA["data"] | {"aigc_info": '{"aigc_label_type":2}'}})),
        {"Label": "2", "ContentProducer": "dreamina"},
        "private-schema",
        "bytedance",
    ),
    Case(
        "Dreamina, nothing claimed",
        exif(compact({"data": _DREAMINA["data"] | {"aigc_info": {"aigc_label_type": 0}}})),
        None,
    ),
    Case(
        "Tencent Cloud, older",
        exif(compact(_CLOUD), "ImageDescription"),
        {"ContentProducer": "腾讯云", "ProduceID": "c-1"},
        f"{_PLACE} encoding-not-ascii private-schema",
        "tencent-2024",
    ),
    Case("COM", other(Kind.COMMENT, compact({"AIGC": _TWO})), values(_TWO), f"{_PLACE} {_MISSING}"),
    Case("COM, bare", other(Kind.COMMENT, compact(_L)), _V, f"{_PLACE} keyword-missing"),
    Case("APP9, glued", other(Kind.SEGMENT, "AIGC" + compact(_L), "APP9"), _V, f"{_PLACE} wrapper-glued"),
    Case(
        "image-aigc-metadata",
        other(Kind.SEGMENT, b"AIGC" + compact(label("a")).encode() + b"\0", "APP11"),
        values(label("a")),
        f"{_PLACE} wrapper-glued nul-padding",
    ),
    Case("outer braces lost", other(Kind.COMMENT, '"AIGC":' + compact(_L)), _V, f"{_PLACE} wrapper-glued"),
    Case(
        "binary around it",
        other(Kind.SEGMENT, b"\xff\x00\x81" + compact({"AIGC": _L}).encode() + b"\xfe", "APP7"),
        _V,
        f"{_PLACE} embedded-in-text",
    ),
    Case("field of its own", other(Kind.FIELD, compact(_L), "AIGC", home=True), _V, main=True),
    Case(
        "field, wrapped",
        other(Kind.FIELD, compact({"AIGC": _L}), "AIGC", home=True),
        _V,
        "wrapper-unexpected",
        main=True,
    ),
    Case("Kling", other(Kind.FIELD, compact(label("kling")), "AIGC", home=True), values(label("kling")), main=True),
    Case("C2PA store", other(Kind.C2PA, compact({"AIGC": _L}), "caBX"), None),
]

CASES = [*XMP_CASES, *TEXT_CASES, *OTHER_CASES]
