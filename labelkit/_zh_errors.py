"""The Chinese twin of the library's error messages, remedies and findings."""

from __future__ import annotations

_INPUT = {
    "there is no such file": "没有这个文件",
    "check the path": "请检查路径",
    "this is a folder": "这是一个文件夹",
    "this is not a regular file": "这不是普通文件",
    "name a file": "请指定文件",
    "name the file": "请指定文件",
    "name a file or a folder": "请指定文件或文件夹",
    "name a file in it, or use label_many or verify_many": "请指定其中的文件，或用 label_many、verify_many",
    "use label_many, or name a file in it": "请用 label_many，或指定其中的文件",
    "the path is empty": "路径为空",
    "the source path is empty": "来源路径为空",
    "no file can have this name: {}": "文件不可能叫这个名字：{}",
    "choose another": "请换一个",
    "the symbolic links run in a circle": "符号链接循环指向自身",
    "repair the link": "请修复该链接",
    "no permission to read it": "没有读取权限",
    "change its permissions or run as its owner": "请修改权限，或以其所有者身份运行",
    "it cannot be read: {}": "无法读取：{}",
    "check the disk and try again": "请检查磁盘后重试",
    "check its permissions": "请检查其权限",
    "the folder cannot be read: {}": "文件夹无法读取：{}",
    "change its permissions or check the disk; the rest is done without it": ("请修改权限或检查磁盘；其余文件照常处理"),
    "cannot read a {}": "无法读取 {} 类型的对象",
    "pass a path, bytes, a binary file object, an image or an array": "请传入路径、字节、二进制文件对象、图像或数组",
    "the file object gives text, not bytes": "文件对象给出的是文本而不是字节",
    "open it in binary mode": "请以二进制方式打开",
    "the file object cannot be read: {}": "文件对象无法读取：{}",
    "open it again": "请重新打开",
    "the file object has no data yet": "文件对象暂时没有数据",
    "pass one that blocks until there is some": "请传入会等待数据的文件对象",
    "more than {} bytes in a stream": "数据流超过 {} 字节",
    "save it to a file and pass the path": "请存为文件再传入路径",
    "the sources are a {}": "来源是 {} 类型的对象",
    "pass a path, a folder, or an iterable of paths": "请传入路径、文件夹或一组路径",
    "{} is not a path": "{} 不是路径",
    "pass paths of files and folders": "请传入文件或文件夹的路径",
    "the file is empty (0 bytes)": "文件是空的（0 字节）",
    "restore it from its source": "请从来源恢复该文件",
    "the name says {}, the content does not, and no other format fits": (
        "文件名表明是 {}，内容却不是，也不是其他已知格式"
    ),
    "the content is none of the formats LabelKit knows": "内容不是 LabelKit 认识的任何格式",
    "see `labelkit formats` for what is read": "可读格式见 `labelkit formats`",
    "see `labelkit formats`": "请看 `labelkit formats`",
    "no format is called {}": "没有叫 {} 的格式",
    "convert it to {} first": "请先转换为 {}",
    "{} has no place for metadata": "{} 没有存放文件元数据的位置",
}

_OUTPUT = {
    "the output folder does not exist": "输出文件夹不存在",
    "create it first": "请先创建",
    "the output folder is a file": "输出文件夹其实是文件",
    "name another folder": "请换一个文件夹",
    "the disk is full": "磁盘已满",
    "the disk quota is used up": "磁盘配额已用完",
    "free some space and run again; finished files are kept": "请腾出空间后再次运行；已完成的文件都已保存",
    "no permission to write there": "没有写入权限",
    "choose another folder or change its permissions": "请换一个文件夹，或修改其权限",
    "the file system is read-only": "文件系统是只读的",
    "choose another folder": "请换一个文件夹",
    "the file name is too long": "文件名过长",
    "choose a shorter name": "请用短一些的文件名",
    "the output is a folder": "输出是一个文件夹",
    "it cannot be written: {}": "无法写入：{}",
    "check the disk": "请检查磁盘",
    "in_place needs a source path and no out": "原地替换需要来源路径，且不能指定输出",
    "pass out instead, or a path": "请改为指定输出，或传入路径",
    "the output is a folder and the input has no name": "输出是文件夹，而输入没有文件名",
    "output and input are the same file": "输出与输入是同一个文件",
    "choose another output, or ask for in-place": "请换一个输出位置，或使用 --in-place",
    "the output is called {}, the content is {}": "输出的扩展名是 {}，内容却是 {}",
    "call it {}; LabelKit does not convert between formats": "请把扩展名改为 {}；LabelKit 不做格式转换",
    "the stored file differs from what was written": "存下的文件与写入的内容不一致",
    "please report this": "请反馈此问题",
    "please report this file": "请反馈此文件",
    "please report this file; the original is untouched": "请反馈此文件；原文件没有改动",
    "the metadata label did not read back: {} labels found": "写入的文件元数据标识未能读回：找到 {} 个标识",
    "the visible label did not read back from the coded picture": "编码后的图片中未能读回显式标识",
    "use style plate, or a higher quality; the original is untouched": "请改用 plate 样式或更高质量；原文件没有改动",
    "done before": "之前已完成",
    "not a media file: {}": "不是媒体文件：{}",
    "a symbolic link to {}; links in folders are not followed, name it itself": (
        "是指向 {} 的符号链接；不跟随文件夹中的链接，请直接指定"
    ),
    "not a regular file": "不是普通文件",
    "an original kept by an earlier in-place run": "之前原地替换时保留的原件",
    "the same file as {}, which is in the list before it": "与 {} 是同一个文件，列表中已有",
    "dry run: nothing was stored": "试运行：没有保存任何文件",
}

_LABEL = {
    "Label is {}; it is 1 (is), 2 (may be) or 3 (suspected) generated": (
        "Label 的值是 {}；只能是 1（属于）、2（可能）或 3（疑似）"
    ),
    "use Attribute.IS, MAY_BE or SUSPECTED (GB 45438-2025 Annex E c)": (
        "请用 Attribute.IS、MAY_BE 或 SUSPECTED（GB 45438-2025 附录 E c）"
    ),
    "the value is empty": "值为空",
    "give {} (GB 45438-2025 Annex E)": "请填写 {}（GB 45438-2025 附录 E）",
    "{} characters, at most {}": "共 {} 个字符，最多 {} 个",
    "{} contains a space; allowed are the characters 0x21-0x7E without the backslash": (
        "{} 含有空格；只允许 0x21-0x7E 之间的字符，反斜杠除外"
    ),
    "{} contains a backslash; allowed are the characters 0x21-0x7E without the backslash": (
        "{} 含有反斜杠；只允许 0x21-0x7E 之间的字符，反斜杠除外"
    ),
    "{} contains {}; allowed are the characters 0x21-0x7E without the backslash": (
        "{} 含有 {}；只允许 0x21-0x7E 之间的字符，反斜杠除外"
    ),
    "leave it out of {} (GB 45438-2025 Annex E j)": "请从 {} 中去掉（GB 45438-2025 附录 E j）",
    "the label has no complete producer half (Label, ContentProducer, ProduceID) to pass on": (
        "标识中缺少完整的生成方信息（Label、ContentProducer、ProduceID），无法传播"
    ),
    "label the file as the platform with attribute 2 or 3 (标识办法 art. 6), or ask the producer": (
        "请以平台身份用属性 2 或 3 标识该文件（标识办法第六条），或询问生成方"
    ),
    "pass producer=, or set producer in labelkit.toml": "请传入 producer=，或在 labelkit.toml 中设置 producer",
    "{} is not a provider code: 27 characters 0-9 A-Z starting with 00 are needed (TC260-PG-20252A)": (
        "{} 不是服务提供者编码：应为 27 位，由 0-9、A-Z 组成，以 00 开头（TC260-PG-20252A）"
    ),
    "write 00, subject type, binding, the 18-character credit code, service type and 4 own characters": (
        "依次为：00、主体类型、绑定方式、18 位统一社会信用代码、服务类型、4 位自定字符"
    ),
    "{} is not a credit code: 17 symbols of {} are needed": "{} 不是统一社会信用代码：应由 {1} 中的 17 个字符组成",
    "credit code {} ends in {}, its check digit is {} (GB 32100-2015)": (
        "统一社会信用代码 {} 的末位是 {}，正确的校验码应为 {}（GB 32100-2015）"
    ),
    "organisation code {} ends in {}, its check digit is {} (GB 11714)": (
        "组织机构代码 {} 的末位是 {}，正确的校验码应为 {}（GB 11714）"
    ),
    "check the 18-character social credit code in positions 5-22 against the business licence": (
        "请对照营业执照检查第 5-22 位的 18 位统一社会信用代码"
    ),
    "the file has a label of {} already": "文件已有 {} 的标识",
    "pass on_existing=replace, keep or propagate (GB 45438-2025 6.1 c allows one label)": (
        "请用 on_existing=replace、keep 或 propagate（GB 45438-2025 6.1 c 只允许一个标识）"
    ),
    "the file has no label to pass on": "文件中没有可传播的标识",
    "say attribute 2 (declared by the user) or 3 (detected), 标识办法 art. 6; or use label as its producer": (
        "请给出属性 2（用户声明）或 3（检测发现），见标识办法第六条；若是生成方，请用 label"
    ),
    "{} labels name different producers or contents": "{} 个标识写着不同的生成方或内容编号",
    "find out which one is true; passing one on would falsify the other (标识办法 art. 10)": (
        "请查明哪一个属实；传播其中一个就等于篡改另一个（标识办法第十条）"
    ),
    "the producer stated Label {}, not {}": "生成方写明的 Label 是 {}，不是 {}",
    "leave the attribute out; a platform keeps the producer's half (标识办法 art. 10)": (
        "请去掉属性；平台应保留生成方的信息（标识办法第十条）"
    ),
    "{} labels are not written as XMP": "{} 个标识未以 XMP 写入",
    "this version has no watermark layer": "此版本没有隐式水印",
    "leave watermark out of the layers": "请从 layers 中去掉 watermark",
    "{} is not one of {}": "{} 不在可选值之内：{}",
    "check the spelling": "请检查拼写",
}

_DRAWING = {
    "the label text is empty": "标识文字为空",
    "use for example {}": "例如可用 {}",
    "use for example {}, or turn require_elements off for use outside China": (
        "例如可用 {}；在中国境外使用时可关闭 require_elements"
    ),
    "{} lacks the AI element, 人工智能 or AI (GB 45438-2025 5.2)": (
        "{} 缺少人工智能要素（人工智能 或 AI）（GB 45438-2025 5.2）"
    ),
    "{} lacks the generation element, 生成 or 合成 (GB 45438-2025 5.2)": (
        "{} 缺少生成合成要素（生成 或 合成）（GB 45438-2025 5.2）"
    ),
    "{} says that AI was not used (GB 45438-2025 5.2)": "{} 表示没有使用人工智能（GB 45438-2025 5.2）",
    "no label wording for {}": "没有 {} 语言的标识文字",
    "use one of {}, or set text": "请用其中之一：{}，或设置 text",
    "{} has no pixels to draw on": "{} 没有可以绘制的像素",
    "label the rendered picture, or write the metadata layer only": "请标识渲染后的图片，或只写文件元数据",
    "scale it down, or write the metadata layer only": "请缩小图片，或只写文件元数据",
    "split the animation, or make it a video": "请拆分动图，或改为视频",
    "the picture cannot be decoded": "图片无法解码",
    "the picture data is damaged: {}": "图片数据已损坏：{}",
    "the picture does not fit into memory": "内存容纳不下这张图片",
    "use a larger machine": "请换内存更大的机器",
    "the picture has more pixels than the {} that are decoded": "图片的像素数超过解码上限 {}",
    "{} frames of {} x {}, at most {} frames and {} pixels are decoded": (
        "共 {} 帧，每帧 {} x {}；最多解码 {} 帧、{} 像素"
    ),
    "{} x {} pixels, at most {} in all are decoded": "{} x {} 像素，最多解码共 {} 像素",
    "{} cannot draw {}{}": "{} 无法画出 {}{}",
    "the font cannot be used: {}": "字体无法使用：{}",
    "the font's glyphs have no ink": "字体中的字形是空白的",
    "name another font": "请换一种字体",
    "name a .ttf, .otf or .ttc file": "请指定 .ttf、.otf 或 .ttc 文件",
}

_STRUCTURE = {
    "copy the file again": "请重新复制该文件",
    "copy the file again or re-export it": "请重新复制或重新导出该文件",
    "copy or export it again": "请重新复制或导出",
    "copy the file again, or re-export the picture": "请重新复制该文件，或重新导出图片",
    "inspect the file": "请检查该文件",
    "re-export the file": "请重新导出该文件",
    "re-export the picture": "请重新导出图片",
    "restore the file from its source": "请从来源恢复该文件",
    "use a smaller file": "请用小一些的文件",
    "more than {} boxes": "数据框超过 {} 个",
    "more than {} boxes or {} levels": "数据框超过 {} 个，或嵌套超过 {} 层",
    "more than {} chunks": "数据块超过 {} 个",
    "more than {} blocks": "数据块超过 {} 个",
    "more than {} segments": "数据段超过 {} 个",
    "more than {} extents": "数据区段超过 {} 个",
    "more than {} tags and offsets": "标签和偏移量超过 {} 个",
    "more than {} bytes of metadata": "元数据超过 {} 字节",
    "{} of {} bytes, at most {} are read": "{} 有 {} 字节，最多读取 {} 字节",
    "{} entries, at most {} are read": "共 {} 个条目，最多读取 {} 个",
    "{} bytes of XML, at most {} are read": "XML 有 {} 字节，最多读取 {} 字节",
    "edits collide at byte {}": "在第 {} 字节处修改相互冲突",
    "an offset does not fit its field any more": "偏移量已放不进原来的字段",
    "the box would need a longer size field": "该数据框需要更长的长度字段",
    "too many items made of other items": "由其他项组成的项过多",
    "{} bytes do not fit into an EXIF value of {}": "{} 字节放不进 {} 字节的 EXIF 值",
    "blank it instead": "请改为清空该值",
    "the JPEG signature is damaged": "JPEG 文件头已损坏",
    "the PNG signature is damaged": "PNG 文件头已损坏",
    "the GIF signature is damaged": "GIF 文件头已损坏",
    "the {} header is damaged": "{} 文件头已损坏",
    "the file ends inside a chunk": "文件在数据块中间结束",
    "the file ends inside the picture": "文件在图像数据中间结束",
    "the file ends before its trailer": "文件在结束标记之前就结束了",
    "{} bytes are missing at its end": "末尾缺少 {} 字节",
    "a chunk is larger than what holds it": "数据块比它所在的部分还大",
    "the chunk ds64 is missing": "缺少 ds64 数据块",
    "the file would exceed 4 GiB": "文件将超过 4 GiB",
    "0x{} starts no block": "0x{} 不是任何数据块的开头",
    "GIF cannot hold an XMP packet with zero bytes": "GIF 不能存放含零字节的 XMP 数据",
    "encode the packet as UTF-8": "请用 UTF-8 编码该数据",
    "an XMP packet of {} bytes; a JPEG file holds at most {} in one": "XMP 数据有 {} 字节；JPEG 一个数据段最多 {} 字节",
    "shorten the padding or other properties of the packet, or convert to PNG": "请缩短填充或其他属性，或转换为 PNG",
    "shorten them": "请缩短",
    "this cannot be replaced in a JPEG file": "JPEG 文件中无法替换这部分",
    "{} bytes do not fit into one JPEG segment": "{} 字节放不进一个 JPEG 数据段",
    "IHDR must be the first chunk, once": "IHDR 必须是第一个数据块，且只有一个",
    "an iTXt chunk is too short": "iTXt 数据块过短",
    "compressed text does not inflate: {}": "压缩文本无法解压：{}",
    "the encoded picture has no IDAT before its end": "编码后的图片没有 IDAT 数据块",
    "there is no IDAT chunk": "没有 IDAT 数据块",
    "the RIFF form is not WebP": "RIFF 类型不是 WebP",
    "there is no picture": "没有图像",
    "a tag does not end": "标签没有结束",
    "name an SVG document": "请指定 SVG 文档",
    "not well-formed XML: {}": "XML 格式不正确：{}",
    "restore the file from its source or repair it in a text editor": "请从来源恢复该文件，或用文本编辑器修复",
    "save it again as plain SVG": "请另存为普通 SVG",
    "save it as UTF-8 first": "请先另存为 UTF-8",
    "save it as UTF-8": "请存为 UTF-8",
    "simplify the drawing": "请简化该图形",
    "the bytes are not {}": "内容不是 {} 编码",
    "the document declares entities or default attributes, which may expand without bound": (
        "文档声明了实体或默认属性，可能无限展开"
    ),
    "the root element is {}, not svg": "根元素是 {}，不是 svg",
    "unknown encoding {}": "未知的编码 {}",
    "an SVG document in {} is read, not written": "{} 编码的 SVG 文档只能读取，不能写入",
    "pass a whole packet": "请传入完整的数据",
    "take it out instead": "请改为去掉",
    "the SVG document is compressed (svgz)": "SVG 文档是压缩的（svgz）",
    "the XMP packet cannot be put into XML: {}": "XMP 数据无法放入 XML：{}",
    "unpack it first: gzip -dc a.svgz > a.svg": "请先解压：gzip -dc a.svgz > a.svg",
    "{} cannot be rewritten": "{} 无法改写",
}

_SETTINGS = {
    "it is larger than {} bytes": "大于 {} 字节",
    "name a TOML file": "请指定 TOML 文件",
    "it is not UTF-8 text": "不是 UTF-8 文本",
    "it is not valid TOML: {}": "不是有效的 TOML：{}",
    "it is nested too deeply": "嵌套过深",
    "see docs/config.md": "请看 docs/config.md",
    "see docs/config.md for what can be set": "可设置的内容见 docs/config.md",
    "there is no setting called {}": "没有叫 {} 的设置",
    "unset it; docs/config.md lists the variables": "请取消该变量；可用的变量见 docs/config.md",
    "it is {}, not true or false": "值是 {}，应为 true 或 false",
    "it is {}, not a whole number": "值是 {}，应为整数",
    "it is {}, not a number": "值是 {}，应为数字",
    "it is {}, not a list of words": "值是 {}，应为一组词",
    "it is {}, not text": "值是 {}，应为文字",
    "it is {}, it must lie between {} and {}": "值是 {}，应在 {} 与 {} 之间",
    "it is {}, it must be one of: {}": "值是 {}，应为其中之一：{}",
}

_FINDINGS = {
    "precondition of every clause": "各条款的前提",
    "our choice": "由我们选定",
    "{} (legible); 4.5:1 is our choice": "{}（清晰可辨）；4.5:1 由我们选定",
    "{} (applied to animations: our choice)": "{}（用于动图：由我们选定）",
    "IPTC DigitalSourceType": "IPTC 数字来源类型",
    "no label": "没有标识",
    "no label in the part that could be read": "可读取的部分中没有标识",
    "no visible label in our wordings": "没有找到已知文字的显式标识",
    "not asked for": "未要求检查",
    "left out on request": "按要求未检查",
    "metadata: not asked for": "文件元数据：未要求检查",
    "explicit: not asked for": "显式标识：未要求检查",
    "explicit: {}": "显式标识：{}",
    "traces: not asked for": "来源痕迹：未要求检查",
    "watermark: this version has no watermark detector": "隐式水印：此版本没有水印检测器",
    "file metadata": "文件元数据",
    "metadata": "文件元数据",
    "picture": "图片",
    "edges and corners": "边和角",
    "{} labels": "{} 个标识",
    "different {}": "不一致的字段：{}",
    "{} on a {} file": "{} 文件的内容是 {}",
    "{} of {} frames looked at": "所检查的 {1} 帧中有 {0} 帧",
    "C2PA manifest store, {} (signature not examined)": "C2PA 清单，{}（未检查签名）",
    "with source type trainedAlgorithmicMedia": "来源类型为 trainedAlgorithmicMedia",
    "no AI source type": "没有人工智能来源类型",
    "private label schema {}": "私有标识格式 {}",
}

ERRORS: dict[str, str] = {
    **_INPUT, **_OUTPUT, **_LABEL, **_DRAWING, **_STRUCTURE, **_SETTINGS, **_FINDINGS,
}  # fmt: skip
