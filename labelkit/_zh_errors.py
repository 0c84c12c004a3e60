"""The Chinese twin of the library's error messages, remedies and findings."""

from __future__ import annotations

from labelkit._zh_audio import AUDIO
from labelkit._zh_documents import DOCUMENTS
from labelkit._zh_formats import FORMATS
from labelkit._zh_text import TEXT

_INPUT = {
    "there is no such file": "没有这个文件",
    "check the path": "请检查路径",
    "this is a folder": "这是一个文件夹",
    "this is a pipe or socket, not a regular file": "这是管道或套接字，不是普通文件",
    "this is a device, not a regular file": "这是设备，不是普通文件",
    "save what it gives to a file and name that": "请把其中的数据存为文件，再指定该文件",
    "name a file; label_many and verify_many take folders": "请指定文件；label_many、verify_many 可处理文件夹",
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
    "the file object cannot be written: {}": "文件对象无法写入：{}",
    "open it for writing in binary mode": "请以二进制写入方式打开",
    "the file object took {} of {} bytes": "文件对象只接收了 {} 字节，应为 {} 字节",
    "pass one that blocks": "请传入阻塞式的文件对象",
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
    "the original of another picture is kept under this name": "此名称下保存着另一张图片的原件",
    "move it away, or choose another backup suffix": "请将其移走，或换一个备份后缀",
    "the stored file differs from what was written": "存下的文件与写入的内容不一致",
    "please report this": "请反馈此问题",
    "please report this file": "请反馈此文件",
    "please report this file; the original is untouched": "请反馈此文件；原文件没有改动",
    "the metadata label did not read back: {} labels found": "写入的文件元数据标识未能读回：找到 {} 个标识",
    "the visible label did not read back from the coded picture": "编码后的图片中未能读回显式标识",
    "the audible label did not read back from the coded sound": "编码后的音频中未能读回显式标识",
    "use style rhythm, or a higher level; the original is untouched": "请改用 rhythm 样式或提高响度；原文件未改动",
    "the mark does not read back: the sound is too short or too quiet to carry 64 bits": (
        "水印未能读回：音频太短或太安静，容纳不下 64 位"
    ),
    "an audible label is heard from {} to {} s already": "{} 至 {} 秒已有可听的显式标识",
    "it carries a mark of another label, which stays": "它已带有另一标识的水印，该水印予以保留",
    "rhythm short long short short from {} to {} s": "节奏标识“短长短短”，{} 至 {} 秒",
    "{} spoken from {} to {} s": "语音标识 {}，{} 至 {} 秒",
    "{} from {} to {} s": "{}，{} 至 {} 秒",
    "neither the rhythm short long short short nor a spoken label that we know": (
        "既没有“短长短短”节奏标识，也没有可识别的语音标识"
    ),
    "no notice in our wordings": "没有可识别的提示文字",
    "the whole sound": "整段音频",
    "opening frames": "起始画面",
    "blocks of text": "文本段落",
    "{} characters a minute": "每分钟 {} 字",
    "{} holds no {}": "{} 不能存放{}",
    "sound": "音频",
    "pictures": "图片",
    "pass rate= with an array of sound, and only then, or name another format": (
        "仅当数组为音频时传入 rate=，否则请指定其他格式"
    ),
    "use style plate, or a higher quality; the original is untouched": "请改用 plate 样式或更高质量；原文件没有改动",
    "called {}, but the content is {}; rename it to {}": "扩展名是 {}，内容却是 {}；请改名为 {}",
    "its C2PA signature no longer fits; label first, sign last": "其 C2PA 签名已不再匹配；请先标识，最后签名",
    "done before": "之前已完成",
    "not a media file: {}": "不是媒体文件：{}",
    "a symbolic link to {}; links in folders are not followed, name it itself": (
        "是指向 {} 的符号链接；不跟随文件夹中的链接，请直接指定"
    ),
    "not a regular file": "不是普通文件",
    "an original kept by an earlier in-place run": "之前原地替换时保留的原件",
    "the same file as {}, which is in the list before it": "与 {} 是同一个文件，列表中已有",
    "{}: TC260:AIGC": "{}：TC260:AIGC",
    "{} {}, {} px = {} of the shortest side, contrast {}:1": "{}，{}，{} 像素 = 最短边的 {}，对比度 {}:1",
    "{} stands {} already ({})": "{} 已位于 {}（{}）",
    "the file was labelled before and its label is kept": "文件已有标识，予以保留",
    "replaced the label of {} (ProduceID {}); its data are no longer in the file": (
        "已替换 {} 的标识（ProduceID {}），其内容不再保留在文件中"
    ),
    "an unnamed producer": "未写明的服务提供者",
    "content tag {}, key {}": "内容标记 {}，密钥 {}",
    "this mark stands in it already": "已有此水印",
    "it carries the mark {} of another label, which stays": "已有其他标识的水印 {}，予以保留",
    "the mark does not read back: the picture is too small or too flat to carry 64 bits": (
        "水印未能读回：图片太小或太平坦，容纳不下 64 位"
    ),
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
    "{} is not an organisation code: 8 characters 0-9 A-Z are needed": "{} 不是组织机构代码：应为 8 位 0-9、A-Z",
    "{}, {} and {} have 18, 1 and 4 characters in a provider code": (
        "在服务提供者编码中，{}、{}、{} 应分别为 18、1、4 个字符"
    ),
    "write 00, subject type, binding, 18-character credit code, service type and 4 own characters": (
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
    "say attribute 2 (declared by the user) or 3 (detected), or use label as its producer (标识办法 art. 6)": (
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
    "leave the watermark out of the layers": "请从 layers 中去掉 watermark",
    "{} is not a list of words": "{} 不是词的列表",
    'pass at least one in a list, such as ["metadata"]': '请用列表传入至少一项，例如 ["metadata"]',
    "{} is not one of {}": "{} 不在可选值之内：{}",
    "check the spelling": "请检查拼写",
}

_RUNS = {
    "name another file for the journal": "请为运行记录指定另一个文件",
    "pass journal=PATH": "请传入 journal=路径",
    "there is no folder for the journal": "没有可以存放运行记录的文件夹",
    "this file is not a journal": "该文件不是运行记录",
    "another run is working in this folder{}": "另一个任务正在处理这个文件夹{}",
    "another run is working in this folder": "另一个任务正在处理这个文件夹",
    "choose another output folder, or name a journal elsewhere": "请换一个输出文件夹，或把运行记录放到别处",
    "the journal cannot be written: {}": "运行记录无法写入：{}",
    "wait until it has finished, or use another output folder": "请等它完成，或换一个输出文件夹",
    "free some memory, or use jobs=1": "请释放一些内存，或用 jobs=1",
    "no worker process can be started: {}": "无法启动工作进程：{}",
    "the process that worked on it died ({})": "处理它的进程意外结束（{}）",
    "the settings cannot be sent to another process: {}": "设置无法传给其他进程：{}",
    "try this file alone; if it happens again, please report it. The original is untouched": (
        "请单独处理该文件；如再次发生，请反馈。原文件没有改动"
    ),
    "unexpected {}: {}": "意外错误 {}：{}",
    "use jobs=1, or pass plain values": "请用 jobs=1，或只传入普通的值",
    "give 1 or more, or 0 for one per processor": "请给 1 或更大的数；0 表示每个处理器一个",
    "in_place and out exclude each other": "in_place 与 out 不能同时使用",
    "make that folder first, or check the spelling": "请先创建该文件夹，或检查拼写",
    "name an output folder": "请指定输出文件夹",
    "name another folder, or ask for in-place": "请换一个文件夹，或使用 --in-place",
    "results in memory need no journal": "结果留在内存时不需要运行记录",
    "the output folder is the source folder": "输出文件夹就是来源文件夹",
    "the output folder's name is empty": "输出文件夹的名称为空",
    "there is no folder {} to make it in": "没有可以在其中创建它的文件夹 {}",
    "{} jobs": "进程数为 {}",
    "correct it": "请更正",
    "it would get the same output name as {}: {}": "它的输出文件名会与 {} 相同：{}",
    "label them in separate runs with different output folders, or rename one; neither was written": (
        "请分两次处理并用不同的输出文件夹，或给其中一个改名；两个都没有写入"
    ),
    "label_for failed: {}: {}": "label_for 出错：{}：{}",
    "label_for gave a {}": "label_for 返回了 {} 类型的对象",
    "let it return an AigcLabel": "请让它返回 AigcLabel",
    "the file does not fit in memory": "内存容纳不下该文件",
    "use fewer jobs, or a larger machine": "请减少进程数，或换内存更大的机器",
    "a worker process cannot load its work": "工作进程无法加载任务",
    "the result is larger than the system allows": "结果超过系统允许的大小",
    "raise the limit or choose another disk": "请提高限制，或换一个磁盘",
}

_KEYS = {
    "a key has {} bytes, this one {}": "密钥应为 {} 字节，这个有 {} 字节",
    "check the folder and the disk": "请检查该文件夹和磁盘",
    "name a key file": "请指定密钥文件",
    "shorten it": "请缩短",
    "the key's name has {} characters, at most {}": "密钥名称有 {} 个字符，最多 {} 个",
    "choose another name; keys are not replaced": "请换一个文件名；密钥不会被覆盖",
    "make one with `labelkit keys new`": "请用 `labelkit keys new` 生成",
    "no watermark key is named": "没有指定水印密钥",
    "pass a key, its file, or leave it out": "请传入密钥或密钥文件，或不传",
    "restore the file from your backup": "请从备份恢复该文件",
    "the key file exists already": "密钥文件已存在",
    "the key's id does not belong to its secret": "密钥的编号与内容不符",
    "there is no such key file": "没有这个密钥文件",
    "this is not a LabelKit key file": "这不是 LabelKit 密钥文件",
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
    "TC260-PG-202510A Annex F; the place is our choice": "TC260-PG-202510A 附录 F；位置由我们选定",
    "our choice, as MP3 (the guide does not name it)": "由我们选定，同 MP3（指南未提及该格式）",
    "our choice, as the video guide (TC260-PG-20257A 6.1)": "由我们选定，同视频指南（TC260-PG-20257A 6.1）",
    "TC260-PG-20257A (XMP for other formats); the place is our choice": (
        "TC260-PG-20257A（其他格式用 XMP）；位置由我们选定"
    ),
    "our choice (the guide does not name it, and it cannot hold XMP)": "由我们选定（指南未提及，且不能存放 XMP）",
    "our choice, as WAV (the guide does not name it)": "由我们选定，同 WAV（指南未提及该格式）",
    "MPEG streams have no metadata; convert to MP4 (packets copied)": "MPEG 流没有元数据；请转换为 MP4（复制数据包）",
    "AMR has no metadata; convert to M4A": "AMR 没有元数据；请转换为 M4A",
    "AC-3 has no metadata; convert to M4A": "AC-3 没有元数据；请转换为 M4A",
    "our choice, as HEIF (the guide does not name AVIF)": "由我们选定，同 HEIF（指南未提及 AVIF）",
    "our choice (the guide does not name SVG)": "由我们选定（指南未提及 SVG）",
    "BMP has no metadata; convert to PNG": "BMP 没有文件元数据；请转换为 PNG",
    "标识办法 art. 10": "标识办法第十条",
    "标识办法 art. 4": "标识办法第四条",
    "标识办法 art. 5": "标识办法第五条",
    "标识办法 art. 4; GB 45438-2025 5.1": "标识办法第四条；GB 45438-2025 5.1",
    "标识办法 art. 4; GB 45438-2025 5.2": "标识办法第四条；GB 45438-2025 5.2",
    "标识办法 art. 4; GB 45438-2025 5.3": "标识办法第四条；GB 45438-2025 5.3",
    "our choice: not more than 10 LU below the sound around it": "由我们选定：不低于周围声音 10 LU",
    "标识办法 art. 5; GB 45438-2025 6.1": "标识办法第五条；GB 45438-2025 6.1",
    "{} (legible); 4.5:1 is our choice": "{}（清晰可辨）；4.5:1 由我们选定",
    "{} (applied to animations: our choice)": "{}（用于动图：由我们选定）",
    "IPTC DigitalSourceType": "IPTC 数字来源类型",
    "no label": "没有标识",
    "no label in the part that could be read": "可读取的部分中没有标识",
    "no visible label in our wordings": "没有找到已知文字的显式标识",
    "not asked for": "未要求",
    "left out on request": "按要求未检查",
    "metadata: not asked for": "文件元数据：未要求检查",
    "explicit: not asked for": "显式标识：未要求检查",
    "explicit: {}": "显式标识：{}",
    "traces: not asked for": "来源痕迹：未要求检查",
    "watermark: {}": "数字水印：{}",
    "file metadata": "文件元数据",
    "metadata": "文件元数据",
    "picture": "图片",
    "watermark, key {}": "数字水印，密钥 {}",
    "content tag {}, no metadata label": "内容标记 {}，没有文件元数据标识",
    "content tag {}, the label's is {}": "内容标记 {}，标识中的是 {}",
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
    **FORMATS, **AUDIO, **DOCUMENTS, **TEXT, **_INPUT, **_RUNS, **_KEYS, **_OUTPUT, **_LABEL, **_SETTINGS,
    **_FINDINGS,
}  # fmt: skip
