"""The catalogue of deviations: every way in which a label that was read can differ from what is asked, by stable code.

An error breaks a "shall" of GB 45438-2025. A warning breaks a "should" (the TC260 practice guides, the "mainly" of
Annex E j) or a reading of the standard that is not certain. Information is odd, and allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from labelkit.record import Deviation, Severity


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of deviation.

    Attributes:
        severity: how much it weighs.
        clause: what it departs from.
        meaning: what is wrong, in one sentence.
        title_en, title_zh: the rule that was not kept, in one sentence.
    """

    severity: Severity
    clause: str
    meaning: str
    title_en: str
    title_zh: str


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_B = "GB 45438-2025 Annex E b"
_J = "GB 45438-2025 Annex E j"
_XMP = "TC260-PG-20259A 6"
_ANNEX_B = "TC260-PG-20259A Annex B"
_CODES = "TC260-PG-20252A"

_FIELDS = {
    "label-value": Entry(_E, "GB 45438-2025 Annex E c", "Label is not 1, 2 or 3",
        "Label is 1, 2 or 3", "Label取值为1、2或3"),
    "label-not-string": Entry(_W, "GB 45438-2025 Annex E c", "Label is a number where a string is asked for",
        "Label is a string", "Label为字符串"),
    "required-key-missing": Entry(_E, _B, "Label, ContentProducer or ProduceID is not there",
        "Label, ContentProducer and ProduceID are there", "包含Label、ContentProducer和ProduceID"),
    "key-missing": Entry(_W, _B, "a propagation or reserved key is not there",
        "the propagation and reserved keys are there", "包含传播要素和预留字段"),
    "required-key-misnamed": Entry(_E, _B, "Label, ContentProducer or ProduceID is spelt in another way",
        "Label, ContentProducer and ProduceID are spelt so", "Label、ContentProducer和ProduceID拼写正确"),
    "key-misnamed": Entry(_W, _B, "a propagation or reserved key is spelt in another way",
        "the propagation and reserved keys are spelt as printed", "传播要素和预留字段的键名拼写正确"),
    "key-draft-name": Entry(_W, _B, "a key has the name it had in the 2024 draft",
        "the keys have the names of the published standard", "键名采用正式标准的名称"),
    "key-unknown": Entry(_W, _B, "there is a key beyond the seven",
        "there are the seven keys and no others", "只有七个规定的键"),
    "key-order": Entry(_W, _B, "the keys are not in the order the standard prints",
        "the keys are in the order the standard prints", "键的顺序与标准一致"),
    "key-duplicate": Entry(_E, _B, "a key is there more than once",
        "every key is there once", "每个键只出现一次"),
    "required-value-empty": Entry(_E, "GB 45438-2025 Annex E c-e", "Label, ContentProducer or ProduceID is empty",
        "Label, ContentProducer and ProduceID have values", "Label、ContentProducer和ProduceID有值"),
    "value-empty": Entry(_W, "GB 45438-2025 Annex E note 1", "a propagation element is empty",
        "the propagation elements have values", "传播要素有值，首次写入时与生成要素一致"),
    "value-not-string": Entry(_W, "GB 45438-2025 Annex E d-i", "a value is not a string",
        "every value is a string", "各字段取值为字符串"),
    "value-characters": Entry(_W, _J, "a value has a character outside 0x21-0x7E, or a backslash",
        "values have the characters 0x21-0x7E, no backslash", "取值由0x21-0x7E的字符组成，不含反斜杠"),
    "value-too-long": Entry(_W, "GB 45438-2025 Annex E", "a value is longer than any numbering scheme needs",
        "values have a sensible length", "取值长度合理"),
    "value-placeholder": Entry(_E, "GB 45438-2025 Annex E e, h", "a number that must be unique is a placeholder",
        "ProduceID and PropagateID are unique numbers", "ProduceID和PropagateID为唯一编号"),
    "provider-code": Entry(_W, _CODES, "a provider code has a wrong shape or check digit",
        "provider codes have 27 characters and right check digits", "服务提供者编码为27位且校验位正确"),
    "provider-code-incomplete": Entry(_W, _CODES, "a provider is given by a part of the 27-character code",
        "a provider is given by its whole code or its name", "服务提供者采用完整编码或名称"),
    "provider-code-organisation": Entry(_I, "GB 11714", "the organisation code in a provider code fails its check",
        "the organisation code in a provider code passes its check", "编码中的组织机构代码校验位正确"),
    "propagation-id-differs": Entry(_I, "GB 45438-2025 Annex E note 1", "one provider gives two numbers",
        "on first write PropagateID equals ProduceID", "首次写入时PropagateID与ProduceID一致"),
    "private-schema": Entry(_E, "GB 45438-2025 6.1", "a vendor's own schema stands in place of the seven elements",
        "the label has the seven elements", "标识采用规定的七个要素"),
}  # fmt: skip

_SHAPE = {
    "wrapper-missing": Entry(_W, _ANNEX_B, 'the outer object {"AIGC": ...} is missing',
        'the value is {"AIGC": {...}} in this place', '此位置的取值为{"AIGC": {...}}'),
    "wrapper-unexpected": Entry(_W, _XMP, 'there is an outer object {"AIGC": ...}',
        "the value is the seven-key object itself in this place", "此位置的取值为七要素对象本身"),
    "wrapper-case": Entry(_W, _B, "the outer key AIGC is not in capitals",
        "the outer key is AIGC in capitals", "外层键名为大写AIGC"),
    "wrapper-glued": Entry(_W, _B, "the word AIGC stands before the object instead of holding it",
        "AIGC is a key that holds the object", "AIGC为包含标识对象的键"),
    "wrapper-nested": Entry(_W, _B, "the label is inside another data structure",
        "the label is not inside another data structure", "标识不嵌套在其他数据结构中"),
    "keyword-missing": Entry(_E, "GB 45438-2025 Annex E a", "neither the field's name nor an outer key has AIGC in it",
        "the field's name or keyword contains AIGC", "扩展字段名称或关键词包含AIGC"),
    "keyword-case": Entry(_W, "GB 45438-2025 Annex E a", "the field's name has AIGC in small letters",
        "the field's name has AIGC in capitals", "扩展字段名称中的AIGC为大写"),
    "double-encoded": Entry(_E, _B, "the JSON is inside a JSON string",
        "the value is JSON, encoded once", "取值为一次编码的JSON"),
    "python-repr": Entry(_E, _B, "a programming language's single-quoted text, not JSON",
        "the value is JSON with double quotes", "取值为双引号的JSON"),
    "html-escaped": Entry(_E, _B, "the quotation marks are HTML entities",
        "quotation marks are written as such", "引号不使用HTML实体"),
    "not-json": Entry(_E, _B, "broken JSON, of which some fields could be saved",
        "the value is JSON", "取值为合法的JSON"),
    "json-spacing": Entry(_I, _B, "there is white space between keys and values",
        "the JSON is compact", "JSON为紧凑格式"),
    "surrounding-space": Entry(_I, _B, "there is white space around the label",
        "nothing surrounds the label", "标识前后没有空白"),
    "trailing-bytes": Entry(_W, _B, "something else follows the label in the same field",
        "nothing follows the label in its field", "标识之后没有其他内容"),
    "nul-padding": Entry(_I, _B, "zero bytes fill the rest of the field",
        "the field ends with the label", "字段以标识结束"),
    "embedded-in-text": Entry(_W, _B, "the label stands in the middle of other text",
        "the field holds the label and nothing else", "字段只包含标识"),
    "label-unreadable": Entry(_E, _B, "the field of the label holds something else",
        "the field of the label holds the seven elements", "标识字段包含七个要素"),
    "label-too-large": Entry(_E, _B, "the field is too large or too deep to be a label",
        "the label is of a sensible size", "标识大小合理"),
}  # fmt: skip

_ENCODING = {
    "encoding-bom": Entry(_W, _J, "a byte order mark stands before the label",
        "there is no byte order mark", "没有字节顺序标记"),
    "encoding-utf16": Entry(_W, _J, "two or four bytes a character",
        "one byte a character", "采用单字节字符"),
    "encoding-gbk": Entry(_W, _J, "there are multi-byte GBK characters",
        "one byte a character", "采用单字节字符"),
    "encoding-not-ascii": Entry(_W, "Exif 4.6.5", "a field declared as ASCII holds something else",
        "a field declared as ASCII holds ASCII", "声明为ASCII的字段只含ASCII"),
    "encoding-undecodable": Entry(_W, _J, "there are bytes that are text in no known encoding",
        "the value is text", "取值为文本"),
    "user-comment-charset": Entry(_W, _ANNEX_B, "UserComment does not start with ASCII and three zero bytes",
        "UserComment starts with ASCII and three zero bytes", "UserComment以ASCII字符码开头"),
}  # fmt: skip

_PLACE = {
    "place-not-in-guide": Entry(_W, "TC260-PG-20259A 6, Annex B", "no guide names this place for the label",
        "the label is where the guide for the format puts it", "标识位于实践指南规定的位置"),
    "xmp-namespace": Entry(_W, _XMP, "the property is in another namespace",
        "the XMP property AIGC is in the namespace of TC260", "XMP属性AIGC位于TC260命名空间"),
    "xmp-value-form": Entry(_W, _XMP, "the property is a list or structure",
        "the XMP property is simple text", "XMP属性为简单文本"),
    "xmp-fields-apart": Entry(_E, _B, "the fields are properties of their own",
        "the seven elements are one string", "七个要素为一个字符串"),
    "xmp-nested": Entry(_W, _XMP, "the property is inside another property",
        "the XMP property describes the file itself", "XMP属性直接描述文件本身"),
    "xmp-not-well-formed": Entry(_E, "XMP 7.1 (ISO 16684-1)", "the packet is not well-formed, most readers see nothing",
        "the XMP packet is well-formed", "XMP数据包格式良好"),
    "stored-compressed": Entry(_W, _XMP, "the text is compressed",
        "the label is stored uncompressed", "标识未压缩存储"),
    "stored-after-image-data": Entry(_W, "标识办法 art. 5", "the label comes after the picture data",
        "the label is in the file header", "标识位于文件头部"),
    "stored-in-extended-xmp": Entry(_W, _XMP, "the label is in the extension of the XMP packet",
        "the label is in the main XMP packet", "标识位于主XMP数据包"),
    "stored-as-raw-profile": Entry(_W, _XMP, "the packet is stored as hexadecimal text",
        "the XMP packet is stored as such", "XMP数据包直接存储"),
    "stored-with-bad-checksum": Entry(_W, _XMP, "the checksum of the unit is wrong",
        "the checksum is right", "校验和正确"),
    "stored-odd-length": Entry(_W, _XMP, "the padding byte of an odd-length unit is missing",
        "units have even length", "数据块按偶数长度对齐"),
    "sidecar-of-other-content": Entry(_E, "GB 45438-2025 6.1", "the label beside the file was made for another content",
        "a label beside a file names the file's own content", "旁置标识与文件内容一致"),
    "stored-oddly": Entry(_W, _XMP, "the unit is stored in an unusual way",
        "the unit is stored as the format asks", "数据单元按格式要求存储"),
}  # fmt: skip

#: code -> entry, for everything that carriers can say about a label.
DEVIATIONS: Mapping[str, Entry] = MappingProxyType(_FIELDS | _SHAPE | _ENCODING | _PLACE)

#: notes of a unit (:class:`labelkit.formats.base.Unit`) -> code.
STORED: Mapping[str, str] = MappingProxyType(
    {
        "compressed": "stored-compressed",
        "after-image-data": "stored-after-image-data",
        "extended": "stored-in-extended-xmp",
        "raw-profile": "stored-as-raw-profile",
        "bad-checksum": "stored-with-bad-checksum",
        "odd-length": "stored-odd-length",
        "other-content": "sidecar-of-other-content",
    }
)


def deviation(code: str, message: str = "", clause: str = "") -> Deviation:
    """A deviation of the catalogue; without a message it says what the code means."""
    entry = DEVIATIONS[code]
    return Deviation(code, clause or entry.clause, message or entry.meaning)


def severity(code: str) -> Severity:
    """How much a deviation weighs; a code of somebody else's catalogue counts as a warning."""
    entry = DEVIATIONS.get(code)
    return entry.severity if entry else Severity.WARNING


def short(value: object, limit: int = 60) -> str:
    """A value for a message: quoted, on one line, cut."""
    text = str(value)
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")
