"""The Chinese twin of what the text mark and notices in text say when something is wrong."""

from __future__ import annotations

TEXT = {
    "a text of type {}": "文本的类型为 {}",
    "pass a str": "请传入 str",
    "a text of {} characters, at most {}": "文本有 {} 个字符，最多 {} 个",
    "mark it in pieces": "请分段嵌入水印",
    "this is JSON, whose strings programs compare": "这是 JSON，其中的字符串供程序比较",
    "mark the texts before they go into it": "请在文本写入 JSON 之前嵌入水印",
    "it carries a mark made with another key, which stays": "文本带有用其他密钥嵌入的水印，予以保留",
    "name that key as replaced if the mark is yours, or leave the watermark out": (
        "如果该水印是自己的，请在 replaced 中给出其密钥；否则不要嵌入数字水印"
    ),
    "there is no prose in this text to put a mark in": "文本中没有可嵌入水印的正文",
    "more than {} windows of variation selectors": "变体选择符窗口超过 {} 个",
    "look at the text in pieces": "请分段检查文本",
}
