"""The check catalogue: stable ids, each with its clause and severity, titles in English and Chinese.

Ids never change their meaning; a check that is withdrawn keeps its id reserved. ``metadata.*`` ids beyond those listed
here are the deviation codes of :mod:`labelkit.carriers.deviations` with that prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from labelkit.record import Answer, Finding, Severity

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True)
class Check:
    """One rule a file is held to.

    Attributes:
        id: stable, ``layer.what``.
        severity: error for a "shall", warning for a "should" or a reading that is UNCERTAIN.
        clause: where the rule comes from; "our choice" where the standard gives no number.
        title_en, title_zh: the rule in one sentence.
        media: the medium this is said of; ``""`` for all that have no row of their own under the same id.
    """

    id: str
    severity: Severity
    clause: str
    title_en: str
    title_zh: str
    media: str = ""


CHECKS: tuple[Check, ...] = (
    Check("file.readable", _E, "precondition of every clause",
          "the file's structure can be read to its end", "文件结构完整可读"),
    Check("file.format", _E, "precondition of every clause",
          "the content is a format LabelKit knows", "文件格式可识别"),
    Check("file.extension", _W, "our choice",
          "the file name's extension agrees with the content", "文件扩展名与内容一致"),
    Check("metadata.present", _E, "标识办法 art. 5; GB 45438-2025 6.1",
          "the file metadata holds an implicit label", "文件元数据中有隐式标识"),
    Check("metadata.single", _E, "GB 45438-2025 6.1 c",
          "the file metadata holds exactly one implicit label", "文件元数据隐式标识只保留一个"),
    Check("metadata.agree", _E, "GB 45438-2025 6.1 c",
          "labels in several places say the same", "多处标识内容一致"),
    Check("metadata.looked-at", _I, "标识办法 art. 5",
          "the metadata layer was looked at", "已检查文件元数据"),
    Check("explicit.present", _E, "标识办法 art. 4; GB 45438-2025 5.2",
          "a visible label stands at an edge or corner of the picture", "图片边或角有显式标识"),
    Check("explicit.elements", _E, "GB 45438-2025 5.2",
          "the text has both elements: 人工智能 or AI, and 生成 or 合成", "文字同时包含人工智能要素和生成合成要素"),
    Check("explicit.height", _E, "GB 45438-2025 5.2",
          "the text height is at least 5 % of the shortest side", "文字高度不低于画面最短边长度的5%"),
    Check("explicit.contrast", _W, "GB 45438-2025 5.2 (legible); 4.5:1 is our choice",
          "the text stands out from the pixels behind it by at least 4.5:1", "文字与背景对比清晰（不低于4.5:1）"),
    Check("explicit.frames", _W, "GB 45438-2025 5.2 (applied to animations: our choice)",
          "every frame of an animation shows the label", "动图的每一帧都有显式标识"),
    Check("explicit.present", _E, "标识办法 art. 4; GB 45438-2025 5.3",
          "a spoken label or the rhythm short long short short is heard at the start, the end or in the middle",
          "音频开头、结尾或中间适当位置有语音标识或“短长短短”节奏标识", "audio"),
    Check("explicit.elements", _E, "GB 45438-2025 5.3 b",
          "the spoken words have both elements: 人工智能 or AI, and 生成 or 合成",
          "语音同时包含人工智能要素和生成合成要素", "audio"),
    Check("explicit.rate", _W, "GB 45438-2025 5.3 e, note 4",
          "the words are spoken at a normal rate, about 120 to 160 characters a minute",
          "语音标识语速正常（约每分钟120至160字）", "audio"),
    Check("explicit.loudness", _W, "our choice: not more than 10 LU below the sound around it",
          "the label is loud enough beside the sound around it", "标识的响度与周围声音相当", "audio"),
    Check("explicit.present", _E, "标识办法 art. 4; GB 45438-2025 5.1",
          "a notice stands at the start, the end or in the middle of the text",
          "文本起始、末尾或中间适当位置有文字提示标识", "text"),
    Check("explicit.elements", _E, "GB 45438-2025 5.1 b",
          "the notice has both elements: 人工智能 or AI, and 生成 or 合成",
          "文字提示同时包含人工智能要素和生成合成要素", "text"),
    Check("explicit.shown", _E, "GB 45438-2025 5.1 (legible)",
          "the notice is shown: not hidden, nearly transparent, or smaller than 10 px",
          "文字提示清晰可见：未被隐藏，不是近乎透明，字号不小于10像素", "text"),
    Check("explicit.contrast", _W, "GB 45438-2025 5.1 (legible); 4.5:1 is our choice",
          "the notice's colours differ by a contrast of at least 4.5:1",
          "文字提示颜色与背景对比清晰（不低于4.5:1）", "text"),
    Check("explicit.readable", _E, "GB 45438-2025 5.2",
          "the picture can be decoded to look for a visible label", "图片可解码以检查显式标识"),
    Check("explicit.readable", _E, "GB 45438-2025 5.3",
          "the sound can be decoded to look for an audible label", "音频可解码以检查显式标识", "audio"),
    Check("explicit.readable", _E, "GB 45438-2025 5.1",
          "the text can be decoded to look for a notice", "文本可解码以检查文字提示标识", "text"),
    Check("explicit.looked-at", _I, "标识办法 art. 4",
          "the explicit layer was looked at", "已检查显式标识"),
    Check("watermark.agrees", _W, "GB 45438-2025 6.2; one content, one number (Annex E e)",
          "an invisible mark names the same content as the metadata label", "数字水印与文件元数据标识指向同一内容"),
    Check("watermark.stripped", _W, "标识办法 art. 10",
          "a marked file has its metadata label (a mark alone is evidence that the label was taken away)",
          "带有数字水印的文件应有文件元数据标识（仅有水印说明标识可能被删除）"),
    Check("watermark.readable", _W, "GB 45438-2025 6.2 (encouraged)",
          "the content can be decoded to look for an invisible mark", "内容可解码以检查数字水印"),
    Check("watermark.looked-at", _I, "GB 45438-2025 6.2 (encouraged)",
          "the watermark layer was looked at", "已检查数字水印"),
    Check("traces.source-type", _W, "IPTC DigitalSourceType",
          "the IPTC source type does not contradict the label", "IPTC数字来源类型与标识不矛盾"),
)  # fmt: skip


@cache
def by_id(check: str, media: str = "") -> Check:
    """The check with this id, as it is said of a medium.

    Raises:
        KeyError: there is none (a mistake in the code that asks).
    """
    known = [c for c in all_checks() if c.id == check]
    if not known:
        raise KeyError(check)
    return next((c for c in known if c.media == media), known[0])


def finding(check: str, place: str, found: str, answer: Answer, media: str = "") -> Finding:
    """The answer of one check: what was found, and where."""
    rule = by_id(check, media)
    return Finding(rule.id, rule.severity, rule.clause, place, rule.title_en, found, answer)


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check: those above, then one per deviation a label's form can have."""
    from labelkit.carriers.deviations import DEVIATIONS

    return CHECKS + tuple(
        Check(f"metadata.{code}", d.severity, d.clause, d.title_en, d.title_zh) for code, d in DEVIATIONS.items()
    )
