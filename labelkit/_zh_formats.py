"""The Chinese twin of what formats and drawing say when something is wrong."""

from __future__ import annotations

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
    "{} frames of {} x {}; at most {} and {} pixels are decoded": "共 {} 帧，每帧 {} x {}；最多解码 {} 帧、{} 像素",
    "a frame's palette has no colours for the label": "某一帧的调色板没有可供标识使用的颜色",
    "convert the picture to PNG or WebP": "请把图片转换为 PNG 或 WebP",
    "no position is called {}": "没有叫 {} 的位置",
    "no style is called {}": "没有叫 {} 的样式",
    "use {}": "请用 {}",
    "use a shorter text such as AI生成, or a larger picture": "请用更短的文字（如 AI生成）或更大的图片",
    "{} does not fit into {} x {} pixels at {} pixels, the least height that GB 45438-2025 5.2 and legibility allow": (
        "{0} 以 {3} 像素高（GB 45438-2025 5.2 和清晰可辨所允许的最小高度）放不进 {1} x {2} 像素的图片"
    ),
    "HEIC and HEIF pixels need the package pillow-heif": "处理 HEIC、HEIF 像素需要 pillow-heif",
    'pip install "labelkit-aigc[heif]", or write the metadata layer only': (
        '请执行 pip install "labelkit-aigc[heif]"，或只写文件元数据'
    ),
    "choose png, jpeg, webp, gif, tiff or avif": "请选择 png、jpeg、webp、gif、tiff 或 avif",
    "pictures cannot be coded as {}": "图片无法编码为 {}",
    "TIFF with more than 8 bits is drawn on as grey, RGB or RGBA with 16-bit integers in one plane": (
        "超过 8 位的 TIFF 只能绘制灰度、RGB 或 RGBA 的单平面 16 位整数图像"
    ),
    "convert the page to one of these, or write the metadata layer only": "请把该页转换为其中之一，或只写文件元数据",
    "GB 45438-2025 5.2 asks for at least 0.05; 0.055 is usual": "GB 45438-2025 5.2 要求至少 0.05；通常用 0.055",
    "a height of {} is outside 0.05 to 0.5 of the shortest side": "高度 {} 不在最短边的 0.05 至 0.5 之间",
    "choose another position, or style plate": "请换一个位置，或改用 plate 样式",
    "name a PNG or JPEG file": "请指定 PNG 或 JPEG 文件",
    "the label reaches a contrast of {}:1 only, less than {}:1": "标识的对比度只有 {}:1，低于 {}:1",
    "the logo cannot be used: {}": "图标无法使用：{}",
    "an array of shape {} is not a picture": "形状为 {} 的数组不是图片",
    "convert to uint8 (0 to 255), uint16 (0 to 65535), bool, or float from 0 to 1": (
        "请转换为 uint8（0 至 255）、uint16（0 至 65535）、bool，或 0 至 1 的浮点数"
    ),
    "divide by the largest value, or clip": "请除以最大值，或截断",
    "float samples from {} to {}; expected 0 to 1": "浮点样本从 {} 到 {}；应在 0 至 1 之间",
    "pass height x width or height x width x 1 to 4 (grey, grey and alpha, RGB, RGBA)": (
        "请传入 高 x 宽 或 高 x 宽 x 1 至 4（灰度、灰度加透明、RGB、RGBA）"
    ),
    "samples of type {} have no agreed range": "{} 类型的样本没有约定的取值范围",
    "a picture of {} samples": "图片有 {} 个样本",
    "a picture of {} x {} pixels": "图片为 {} x {} 像素",
    "a picture of {} x {} pixels is too small for a watermark": "{} x {} 像素的图片太小，放不下水印",
    "{} has no room for a watermark": "{} 无法嵌入水印",
    "{} has no room for a watermark ({})": "{} 无法嵌入水印（{}）",
    "a picture with one transparent colour": "以一种颜色表示透明的图片",
    "a picture of mode {}": "{} 模式的图片",
    "leave the watermark out, or convert the picture to true colours": "请去掉水印，或把图片转换为真彩色",
    "a picture of {} x {} pixels is too small for a watermark ({})": "{} x {} 像素的图片太小，放不下水印（{}）",
    "OpenCV cannot be loaded: {}": "无法加载 OpenCV：{}",
    "OpenCV cannot be loaded: {} ({})": "无法加载 OpenCV：{}（{}）",
    "install the library it names (Debian: libgl1 libglib2.0-0), or opencv-python-headless instead": (
        "请安装其中提到的库（Debian：libgl1 libglib2.0-0），或改用 opencv-python-headless"
    ),
    "APNG with 16-bit colour cannot be kept": "16 位颜色的 APNG 无法保留",
    "convert it to 8 bits": "请转换为 8 位",
    "pass height x width, x 3 or x 4": "请传入 高 x 宽，可再 x 3 或 x 4",
    "pass uint8 or uint16": "请传入 uint8 或 uint16",
    "reduce it first": "请先缩小",
    "use at least {} pixels, or leave the watermark out": "至少需要 {} 像素，或不加水印",
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
    "an item location does not fit its field": "数据项的位置放不进它的字段",
    "more than {} metadata items or pieces": "元数据项或片段超过 {} 个",
    "read it again": "请重新读取",
    "the file changed since it was read": "文件在读取之后已改变",
    "a raw profile cannot be replaced": "raw profile 无法替换",
    "text chunks inflate to more than {} bytes": "文本数据块解压后超过 {} 字节",
    "a classic TIFF file ends at 4 GiB": "普通 TIFF 文件不能超过 4 GiB",
    "convert it to BigTIFF": "请转换为 BigTIFF",
    "this is too short for an XMP packet": "内容过短，不是 XMP 数据",
    "{} tags in a page leave no room for another": "一页中已有 {} 个标签，放不下新的标签",
    "the file ends inside a block": "文件在数据块中间结束",
    "the XMP packet declares a document type or entities, which XMP has none of": (
        "XMP 数据声明了文档类型或实体，而 XMP 不允许这些"
    ),
    "the XMP packet has more than {} elements or {} levels": "XMP 数据的元素超过 {} 个，或嵌套超过 {} 层",
    "the XMP packet has more than {} label properties": "XMP 数据中的标识属性超过 {} 个",
    "the XMP packet has no element": "XMP 数据中没有元素",
    "the XMP packet is not well-formed: {}": "XMP 数据格式不正确：{}",
    "the XMP packet is not {}": "XMP 数据不是 {} 编码",
    "XML cannot hold U+{}": "XML 不能包含 U+{}",
    "use AigcLabel.to_json()": "请用 AigcLabel.to_json()",
    "use trainedAlgorithmicMedia or compositeWithTrainedAlgorithmicMedia": (
        "请用 trainedAlgorithmicMedia 或 compositeWithTrainedAlgorithmicMedia"
    ),
    "{} is not a term of the IPTC vocabulary": "{} 不是 IPTC 词表中的词",
}

#: What was done to a marked picture, part by part; see ``Geometry.words``.
_GEOMETRY = {
    "mirrored": "左右镜像",
    "upright": "方向未变",
    "turned {} degrees clockwise": "顺时针旋转 {} 度",
    "turned {} degrees counter-clockwise": "逆时针旋转 {} 度",
    "{} times as wide for its height": "宽高比变为 {} 倍",
    "sheared by {} degrees": "倾斜变形 {} 度",
    "of a size at which the marked picture's short side measures at most {} px": "按现在的大小，原图短边不超过 {} 像素",
}

FORMATS: dict[str, str] = {**_DRAWING, **_STRUCTURE, **_GEOMETRY}
