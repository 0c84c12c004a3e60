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
    "there is no cue in these subtitles": "字幕中没有任何条目",
    "check the file": "请检查该文件",
    "its {} bytes have more than one spelling": "其 {} 编码的字节存在多种写法",
    "save it as UTF-8": "请另存为 UTF-8",
    "put the notice into the document before, or write the metadata layer only": (
        "请事先把提示文字写入文档，或只写文件元数据"
    ),
    "split it": "请拆分后处理",
    "a text of {} bytes, at most {} are read": "文本有 {} 字节，最多读取 {} 字节",
    "the text is not valid {}": "文本不是有效的 {} 编码",
    "{} cannot write {}": "{} 编码无法写入 {}",
    "no kind of text is called {}": "没有名为 {} 的文本种类",
    "the stream is closed": "流已关闭",
    "use a new StreamLabeler for each answer": "请为每个回答使用新的 StreamLabeler",
    "{} is not recognised as a notice": "{} 不能被识别为提示标识",
    "use for example 内容由AI生成，仅供参考": "例如使用“内容由AI生成，仅供参考”",
    "the notice did not read back from the text": "写入后未能从文本中读回提示文字",
    "{} stands at {} already": "{} 已位于 {}",
    "{} at {}": "{}，位于 {}",
    "{} {} ({})": "{}，{}（{}）",
    "line {}": "第 {} 行",
    "element {}, line {}": "元素 {}，第 {} 行",
    "cue at {} s": "{} 秒处的字幕",
    "the mark of text is put in only when layers names it": "仅当 layers 中明确列出时才为文本嵌入数字水印",
    "the mark does not read back: the text has no prose to carry 64 bits": "水印无法读回：文本没有可承载 64 位的正文",
    "put together from separate symbols": "由分散的符号拼合而成",
    "{} packets in {} characters": "{1} 个字符中有 {0} 个数据包",
    "{} (legible)": "{}（清晰可辨）",
}
