"""The Chinese twin of what the handlers of text and documents say when something is wrong."""

from __future__ import annotations

_PACKAGES = {
    "JSON is nested too deeply": "JSON 嵌套过深",
    "more than {} members": "成员超过 {} 个",
    "not a JSON object: {}": "不是 JSON 对象：{}",
    "save the document again": "请重新保存该文档",
    "label it first, sign it last": "请先加标识，最后再签名",
    "save it without a password first": "请先另存为不加密的文档",
    "the document is digitally signed, and a label would break the signature": "文档带有数字签名，写入标识会使签名失效",
    "the document is encrypted": "文档已加密",
    "there is no part {}": "缺少部件 {}",
    "more than {} elements or {} levels": "元素超过 {} 个，或嵌套超过 {} 层",
    "the document declares entities, which may expand without bound": "文档声明了实体，可能无限展开",
    "compressed data do not inflate: {}": "压缩数据无法解压：{}",
    "compression method {} is not read": "不支持压缩方法 {}",
    "do not open this file": "请勿打开该文件",
    "header and ZIP directory disagree": "文件头与 ZIP 目录不一致",
    "members of the ZIP archive overlap": "ZIP 成员互相重叠",
    "size or checksum is wrong": "大小或校验和不正确",
    "split the document, or make it smaller": "请拆分文档，或减小其大小",
    "the ZIP directory contradicts the file": "ZIP 目录与文件内容不符",
    "the ZIP directory is missing": "缺少 ZIP 目录",
    "this ZIP archive ends at 4 GiB": "该 ZIP 文件不能超过 4 GiB",
    "this is encrypted": "此处已加密",
    "{} is there twice": "{} 出现了两次",
    "save the book again": "请重新保存该电子书",
    "the book has no metadata": "该电子书没有元数据",
    "there is no DocInfo": "缺少 DocInfo",
    "open it in a newer XMind and save it again": "请用新版 XMind 打开并另存",
    "workbooks of XMind 8 and before have no place for a label": "XMind 8 及更早版本的文件没有存放标识的位置",
}

_MARKUP = {
    "this text is in UTF-16": "该文本是 UTF-16 编码",
    "the front matter is a mapping in braces": "front matter 使用了花括号写法",
    "write one key a line": "请每行写一个键",
    "the front matter is TOML": "front matter 是 TOML 格式",
    "convert it to YAML first": "请先转换为 YAML",
    "more than {} entries AIGC": "AIGC 条目超过 {} 个",
    "more than {} metadata tags": "元数据标签超过 {} 个",
    "{} has no place for metadata, and a result in memory has none beside it": (
        "{} 没有存放元数据的位置，内存中的结果也无处旁置"
    ),
    "write to a file: the label goes into NAME.aigc.json beside it": "请写入文件：标识将存放在旁边的 NAME.aigc.json 中",
    "name files: the label goes into NAME.aigc.json beside it": "请指定文件：标识将存放在旁边的 NAME.aigc.json 中",
    "a label stands inside the content": "内容中已有标识",
    "take it out there first; one label is allowed": "请先在其中去掉该标识；只允许一个标识",
    "{} is labelled when it is named": "{} 只在被直接指定时才会标识",
    "a tag does not end": "标签没有结束",
    "there is no root element": "缺少根元素",
    "the WebVTT signature is damaged": "WebVTT 文件头已损坏",
    "save the subtitles again": "请重新保存该字幕",
    "there is no header": "缺少邮件头",
    "save the message again": "请重新保存该邮件",
    "the RTF signature is damaged": "RTF 文件头已损坏",
    "the last group does not end": "最后一个组没有结束",
    "a group does not end": "组没有结束",
    "more than {} user properties": "用户属性超过 {} 个",
}

_PDF = {
    "write the file anew first: qpdf a.pdf b.pdf": "请先重写该文件：qpdf a.pdf b.pdf",
    "this is no PDF object": "此处不是 PDF 对象",
    "an object of more than {} levels or {} bytes": "对象的嵌套超过 {} 层，或超过 {} 字节",
    "a string does not end": "字符串没有结束",
    "a dictionary is missing": "缺少字典",
    "a dictionary is damaged": "字典已损坏",
    "the end of the file is missing": "文件结尾缺失",
    "there are no cross-references where the file says": "文件所指的位置没有交叉引用表",
    "the cross-references run in a circle": "交叉引用表循环指向自身",
    "the cross-references are damaged": "交叉引用表已损坏",
    "there is no trailer": "缺少 trailer",
    "object {} is missing": "缺少对象 {}",
    "an object stream is damaged": "对象流已损坏",
    "a stream is damaged": "数据流已损坏",
    "a stream has an unusual filter": "数据流使用了不常见的过滤器",
    "a stream inflates to more than {} bytes": "数据流解压后超过 {} 字节",
    "more than {} rows with predictors": "带预测器的行超过 {} 行",
    "the XMP packet of a PDF is not taken out": "不能去掉 PDF 的 XMP 数据",
    "take the label out of it": "请只去掉其中的标识",
    "the PDF is encrypted": "PDF 已加密",
    "open it with its password and save it without": "请用密码打开，另存为不加密的文件",
    "the trailer names no document": "trailer 没有指明文档",
    "the trailer tells no size": "trailer 没有给出 Size",
    "a cross-reference table ends at 10 GB": "交叉引用表最多只能指向 10 GB 以内的位置",
}

_CLAUSES = {
    "our choice (the guide does not name it)": "由我们选定（指南未提及该格式）",
    "our choice, experimental (the guide's clause was not seen)": "由我们选定，试验性（未见到指南的相应条款）",
}

DOCUMENTS: dict[str, str] = {**_PACKAGES, **_MARKUP, **_PDF, **_CLAUSES}
