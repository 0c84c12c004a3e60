"""The Chinese twin of every sentence the command line says; :mod:`labelkit.messages` looks them up.

Terms follow the official texts: 显式标识, 隐式标识, 文件元数据, 数字水印, 密钥, 服务提供者编码,
生成合成服务提供者, 传播服务提供者.
"""

from __future__ import annotations

from collections.abc import Mapping

from labelkit._zh_errors import ERRORS

_HELP = {
    "Usage: ": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Show this message and exit.": "显示本说明并退出。",
    "Show the version and exit.": "显示版本号并退出。",
    "Label AI-generated media as GB 45438-2025 asks, and prove that the labels are there.": (
        "按 GB 45438-2025 为人工智能生成合成内容添加标识，并验证标识确实存在。"
    ),
    "Each command has its own --help. Exit codes: 0 fine, 1 findings, 2 wrong usage, 3 something failed.": (
        "每个命令都有自己的 --help。退出码：0 正常，1 发现问题，2 用法错误，3 有文件失败。"
    ),
    "Put labels on pictures and sounds, or on folders of them.": "为图片、音频或整个文件夹添加标识。",
    "Judge files: are they labelled as the rules ask?": "检验文件：标识是否符合规定？",
    "Show every label in a file, field by field.": "逐字段显示一个文件中的全部标识。",
    "Add a platform's half to labels, keeping the producer's.": "为标识补充传播服务提供者信息，保留生成方信息。",
    "List the formats and where each keeps its label.": "列出支持的格式及其标识存放位置。",
    "Examine this installation.": "检查本机安装情况。",
    "Show the settings and where they come from.": "显示各项设置及其来源。",
    "Put labels on pictures and sounds: labels that people see or hear, and metadata that machines read "
    "(GB 45438-2025).": (
        "为图片和音频添加标识：人能看见或听见的显式标识，以及机器可读的文件元数据隐式标识（GB 45438-2025）。"
    ),
    "SRC is a file, a folder, or - for standard input. A folder is labelled into --out with its sub-folders; what is "
    "done already is not done again.": (
        "SRC 是文件、文件夹，或用 - 表示标准输入。文件夹连同子文件夹一起标识后存入 --out；已完成的文件不会重做。"
    ),
    "Judge files: which labels they carry, what is wrong with them, and what a platform would say (标识办法 art. 6).": (
        "检验文件：带有哪些标识、有什么问题，以及平台应当如何认定（标识办法第六条）。"
    ),
    "SRC is a file, a folder, or - for standard input. Exit code: 0 all conform, 1 findings, 2 wrong usage, "
    "3 something could not be read.": (
        "SRC 是文件、文件夹，或用 - 表示标准输入。退出码：0 全部符合，1 发现问题，2 用法错误，3 有文件无法读取。"
    ),
    "Show every label in one file: the metadata labels with their places, fields and deviations, the visible label as "
    "measured, invisible watermarks, other signs of AI origin, and what is wrong.": (
        "显示一个文件中的全部标识：文件元数据标识的位置、字段和偏差，显式标识的测量结果，数字水印，其他人工智能来源痕迹，"
        "以及发现的问题。"
    ),
    "Exit code: 0 a label was found, 1 none was found, 2 wrong usage, 3 the file could not be read.": (
        "退出码：0 找到标识，1 没有标识，2 用法错误，3 文件无法读取。"
    ),
    "Add your half, as the platform that spreads a file, to the label in it; the producer's half stays "
    "(标识办法 art. 6, GB 45438-2025 Annex E g to i).": (
        "作为传播服务提供者，在文件已有的标识中填入自己的信息；生成合成服务提供者的信息保持不变"
        "（标识办法第六条，GB 45438-2025 附录 E g 至 i）。"
    ),
    "A file without a label needs --attribute: 2 when the user declared it to be generated, 3 when it was only "
    "detected. SRC is a file, a folder, or - for standard input.": (
        "没有标识的文件须给出 --attribute：用户声明为生成合成内容时用 2，仅检测到痕迹时用 3。"
        "SRC 是文件、文件夹，或用 - 表示标准输入。"
    ),
    "Make and list the keys of invisible watermarks.": "生成和列出数字水印的密钥。",
    "Whoever has a key file can read the marks made with it, and can make them. Without one, marks are made with the "
    "public key, which everybody has: such a mark is evidence, never proof.": (
        "持有密钥文件者可以读取用该密钥嵌入的水印，也可以嵌入这样的水印。不指定密钥时使用人人都有的公开密钥："
        "这样的水印只能作为线索，不能作为证明。"
    ),
    "Make a new key file that only you can read. An existing file is never replaced; keep a copy.": (
        "生成新的密钥文件，仅本人可读。绝不覆盖已有文件；请另存备份。"
    ),
    "Show the ids of key files, never their secrets.": "显示密钥文件的编号，绝不显示密钥本身。",
    "Without FILE: the public key, and the one that the settings name. Exit code 3 when a file is no key file.": (
        "不给 FILE 时列出公开密钥和设置中指定的密钥。有文件不是密钥文件时退出码为 3。"
    ),
    "What you call the key; not secret.": "密钥的名称，不保密。",
    "List the formats LabelKit reads and writes, and where each keeps its label.": (
        "列出 LabelKit 能读写的格式，以及每种格式的标识存放位置。"
    ),
    "Examine this installation: versions, extras, fonts, disk, settings. Exit code 1 when something stops LabelKit "
    "from working.": "检查本机安装情况：版本、可选组件、字体、磁盘、设置。有妨碍 LabelKit 工作的问题时退出码为 1。",
    "Show the settings that hold here, and where each comes from: default, file or variable.": (
        "显示此处生效的各项设置及其来源：默认值、设置文件或环境变量。"
    ),
    "Settings file instead of the nearest labelkit.toml.": "指定设置文件，代替最近的 labelkit.toml。",
    "Language of messages (default: LABELKIT_LANG, then the locale).": (
        "消息语言（默认依次取 LABELKIT_LANG、系统区域设置）。"
    ),
    "Say only what is wrong.": "只显示有问题的内容。",
    "One JSON object on standard output; everything else on standard error.": (
        "在标准输出给出一个 JSON 对象，其余内容写到标准错误。"
    ),
    "Worker processes (default: one per processor).": "工作进程数（默认每个处理器一个）。",
    "Folder or file for the result; - for standard output.": "结果存放的文件夹或文件；- 表示标准输出。",
    "Replace the sources themselves, keeping each original under --backup.": (
        "直接替换原文件，原件按 --backup 的后缀保留。"
    ),
    "Suffix of the kept originals (default: .orig; '' keeps none).": (
        "保留原件所用的后缀（默认 .orig；'' 表示不保留）。"
    ),
    "Do everything except storing.": "执行全部步骤，但不保存。",
    "Your 27-character provider code, or your name.": "27 位服务提供者编码，或服务提供者名称。",
    "Your unique number for this content (one file only; default: a new one).": (
        "该内容的唯一编号（仅限单个文件；默认新生成一个）。"
    ),
    "What to write.": "要写入哪些标识。",
    "What to do with a file that has a label.": "文件已有标识时如何处理。",
    "Words of the visible label; both elements are needed.": "显式标识的文字，须同时包含两个要素。",
    "Look of the visible label.": "显式标识的样式。",
    "Where the visible label stands.": "显式标识的位置。",
    "Kind of the audible label of sounds.": "音频显式标识的种类：节奏或语音。",
    "Where the audible label is heard.": "音频显式标识的位置。",
    "Language of a spoken label.": "语音标识的语言。",
    "Height of the words, 5% to 50% of the shortest side.": "文字高度，为画面最短边的 5% 至 50%。",
    "TrueType or OpenType font of the visible label.": "显式标识所用的 TrueType 或 OpenType 字体。",
    "Picture drawn before the words, never instead of them.": "画在文字前面的图标，不能代替文字。",
    "Key file of the watermark (default: the public key).": "数字水印的密钥文件（默认使用公开密钥）。",
    "Key file whose watermarks to look for; may be given often.": "要查找的水印所用的密钥文件，可多次给出。",
    "Look at these only; the report names what was left out.": "只检查这些方面；报告会写明未检查的内容。",
    "Write the report to FILE.json, FILE.jsonl or FILE.csv.": "把报告写入 FILE.json、FILE.jsonl 或 FILE.csv。",
    "One JSON object a line, as soon as a file is judged.": "每检验完一个文件，立即输出一行 JSON 对象。",
    "For files without a label: 2 declared by the user, 3 detected.": "用于没有标识的文件：2 用户声明，3 检测发现。",
}

_USAGE = {
    "See `{} --help`.": "请看 `{} --help`。",
    "did you mean {}?": "是不是想用 {}？",
    "there is no command {}": "没有 {} 这个命令",
    "there is no command {}: offering tools that remove labels is forbidden (标识办法 art. 10)": (
        "没有 {} 这个命令：提供删除标识的工具是被禁止的（标识办法第十条）"
    ),
    "use label --on-existing replace, or propagate": "请用 label --on-existing replace，或 propagate",
    "see `labelkit --help`": "请看 `labelkit --help`",
    "see `{} --help`": "请看 `{} --help`",
    "there is no option {}": "没有 {} 这个选项",
    "{} is missing": "缺少 {}",
    "name at least one of: {}": "请至少写出其中一个：{}",
    "{} is not a share such as 5.5% or 0.055": "{} 不是比例，应写成 5.5% 或 0.055",
    "{} is not one of: {}; did you mean {}?": "{} 不在可选值之内：{}；是不是想用 {}？",
    "{} is not one of: {}": "{} 不在可选值之内：{}",
    "{} must lie between {} and {} of the shortest side": "{} 应在最短边的 {} 与 {} 之间",
    "Option {} requires an argument.": "选项 {} 需要一个值。",
    "Got unexpected extra argument ({})": "多余的参数（{}）",
    "Got unexpected extra arguments ({})": "多余的参数（{}）",
    "{} is not a valid integer": "{} 不是整数",
    "Option {} does not take a value.": "选项 {} 不带值。",
    "--in-place and --out exclude each other": "--in-place 与 --out 不能同时使用",
    "--json and --jsonl exclude each other": "--json 与 --jsonl 不能同时使用",
    "choose one": "请选择其一",
    "a backup is kept only with --in-place": "只有使用 --in-place 时才保留原件备份",
    "leave it out, the source stays as it is": "去掉该选项即可，原文件不会改动",
    "a picture would be printed on the terminal": "图片内容会被直接显示在终端上",
    "redirect standard output, or name a file": "请重定向标准输出，或指定文件",
    "give --out FOLDER, --out FILE or --in-place": "请给出 --out 文件夹、--out 文件或 --in-place",
    "it is not said where the result goes": "没有说明结果存放在哪里",
    "give one source, or several without -": "请只给一个来源，或给多个来源但不要用 -",
    "standard input stands alone": "标准输入只能单独使用",
    "standard input is a terminal": "标准输入是终端",
    "pipe a file into it, as in: labelkit show - < picture.jpg": (
        "请把文件接入标准输入，例如：labelkit show - < picture.jpg"
    ),
    "standard input cannot be labelled in place": "标准输入无法原地替换",
    "several files need a folder": "多个文件需要一个文件夹",
    "the source is a folder, and its files need one": "来源是文件夹，其中的文件需要一个输出文件夹",
    "name a folder": "请指定文件夹",
    "standard input has no file name": "标准输入没有文件名",
    "name a file, not a folder": "请指定文件，而不是文件夹",
    "use --out": "请用 --out",
    "standard output holds one file": "标准输出只能容纳一个文件",
    "standard output cannot hold both the file and the JSON": "标准输出不能同时容纳文件和 JSON",
    "name a file with --out": "请用 --out 指定文件",
    "name a folder for several files": "多个文件请指定文件夹",
    "no producer is named": "没有写明生成合成服务提供者",
    "no propagator is named": "没有写明传播服务提供者",
    "give --producer, or set producer in labelkit.toml": "请给出 --producer，或在 labelkit.toml 中设置 producer",
    "give --propagator, or set propagator in labelkit.toml": (
        "请给出 --propagator，或在 labelkit.toml 中设置 propagator"
    ),
    "a content id belongs to one content": "一个内容编号只对应一个内容",
    "leave it out for several files": "多个文件时请去掉该选项",
    "the report's name must end in .json, .jsonl or .csv": "报告的文件名应以 .json、.jsonl 或 .csv 结尾",
    "choose one of these": "请选择其中之一",
}

_SAID = {
    " ({})": "（{}）",
    "labelkit: error: {}": "labelkit: 错误: {}",
    "interrupted; what is finished stays, run the same command again to go on": (
        "已中断；已完成的都已保存，再次运行同一命令即可继续"
    ),
    "stopped after {} of {} files; what is finished stays, run the same command again to go on": (
        "处理了 {1} 个文件中的 {0} 个后停止；已完成的都已保存，再次运行同一命令即可继续"
    ),
    "the output cannot be written: {}": "输出无法写入：{}",
    "unexpected {}; this is a defect in LabelKit, your files are untouched": (
        "意外错误 {}；这是 LabelKit 的缺陷，您的文件没有改动"
    ),
    "Please report it with the traceback (run again with LABELKIT_DEBUG=1) and the output of `labelkit doctor`.": (
        "请反馈此问题，并附上调用栈（设置 LABELKIT_DEBUG=1 后再运行一次）和 `labelkit doctor` 的输出。"
    ),
    "files": "文件",
    "nothing new": "没有新内容",
    "explicit": "显式标识",
    "watermark": "数字水印",
    "{} labelled": "已标识 {} 个",
    "{} done before": "之前已完成 {} 个",
    "{} left out": "略过 {} 个",
    "{} failed": "失败 {} 个",
    "{}: left out{}": "{}：略过{}",
    "no files were found": "没有找到文件",
    "nothing was verified: no files were found": "没有检验任何内容：没有找到文件",
    "settings file: {}": "设置文件：{}",
    "none found here or above": "此处及上级文件夹都没有",
    "none": "无",
    "setting": "设置项",
    "value": "值",
    "from": "来源",
    "media": "媒体",
    "extensions": "扩展名",
    "label in": "标识位置",
    "fixed by": "依据",
    "pixels need": "像素处理需要",
    "conforms": "符合",
    "does not conform": "不符合",
    "nothing wrong in what was looked at": "所检查的内容没有问题",
    "cannot tell": "无法判断",
    "confirmed: generated": "属于生成合成内容",
    "possibly generated": "可能为生成合成内容",
    "suspected to be generated": "疑似生成合成内容",
    "no sign of generation found": "未发现生成合成迹象",
    "unreadable": "无法读取",
    "not found": "未找到",
    "found": "找到",
    "found but wrong": "有但不合规",
    "not looked at": "未检查",
    "error": "错误",
    "warning": "警告",
    "info": "提示",
    "{}:": "{}：",
    "{}: {}": "{}：{}",
    "{}: {} ({})": "{}：{}（{}）",
    "{} ({}): {} ({})": "{}（{}）：{}（{}）",
    "{} {} [{}]: {}; {}: {}": "{} {} [{}]：{}；{}：{}",
    "{} {} [{}]: {}; {}: {}, {}": "{} {} [{}]：{}；{}：{}，{}",
    "rhythm short long short short from {} to {} s ({}): {} Hz, unit {} ms, {} LU beside the sound": (
        "节奏标识“短长短短”，{} 至 {} 秒（{}）：{} Hz，单位时长 {} 毫秒，响度比周围声音 {} LU"
    ),
    "{} spoken from {} to {} s ({}): {} characters a minute, {} LU beside the sound": (
        "语音标识“{}”，{} 至 {} 秒（{}）：每分钟 {} 字，响度比周围声音 {} LU"
    ),
    "a mark whose number cannot be read": "存在水印，但编号无法读出",
    "at the start": "开头",
    "in the middle": "中间",
    "at the end": "结尾",
    "{} at {}: height {} of the shortest side ({} px), contrast {}:1": (
        "{}，位于{}：高度为最短边的 {}（{} 像素），对比度 {}:1"
    ),
    "top-left": "左上角",
    "top": "上边",
    "top-right": "右上角",
    "left": "左边",
    "right": "右边",
    "bottom-left": "左下角",
    "bottom": "下边",
    "bottom-right": "右下角",
    ", in {} of {} frames looked at": "，所检查的 {1} 帧中有 {0} 帧带有",
    ", ": "，",
    "watermark: {}": "数字水印：{}",
    "{}, key {}: {}; false alarm p <= {}; {}": "{}，密钥 {}：{}；误报概率 p <= {}；{}",
    "{} (public)": "{}（公开）",
    "agrees with the metadata label": "与文件元数据标识一致",
    "differs from the metadata label": "与文件元数据标识不一致",
    "there is no metadata label to compare it with": "没有可供对照的文件元数据标识",
    "key": "密钥",
    "name": "名称",
    "file": "文件",
    "key {} written to {}; whoever has this file can read and make its marks": (
        "密钥 {} 已写入 {}；持有该文件者可以读取并嵌入它的水印"
    ),
    "Metadata labels": "文件元数据隐式标识",
    "Labels people perceive": "显式标识",
    "Watermarks": "数字水印",
    "Other signs of AI origin": "其他人工智能来源痕迹",
    "Findings": "发现的问题",
    "Not looked at": "未检查",
    "result": "结果",
    "rule": "要求",
    "left out": "略过",
    "verdict": "认定",
    "check": "检查项",
    "report written to {}": "报告已写入 {}",
}

_DOCTOR = {
    "ok": "正常",
    "note": "说明",
    "problem": "问题",
    "system": "系统",
    "disk": "磁盘",
    "font": "字体",
    "font setting": "字体设置",
    "configuration": "设置",
    "temporary folder": "临时文件夹",
    "text encoding": "文字编码",
    "extra [{}]": "可选组件 [{}]",
    "defaults": "默认值",
    "missing": "缺失",
    "present": "已有",
    "not installed": "未安装",
    "not installed: {}": "未安装：{}",
    "audible labels and watermarks in sound": "为音频添加可听的显式标识和数字水印",
    "visible labels in HEIC and HEIF pictures": "为 HEIC、HEIF 图片添加显式标识",
    "visible labels in any Chinese words": "显式标识可用任意汉字",
    "{} processors": "{} 个处理器",
    "{}, {} processors": "{}，{} 个处理器",
    "{} MB free": "可用 {} MB",
    "two providers of cv2: {}": "有两个包同时提供 cv2：{}",
    "uninstall all of them, then install one": "请全部卸载后只安装其中一个",
    "{} does not load: {}; {}": "{} 无法加载：{}；{}",
    "no watermarks are written or read, the other layers work": "不能嵌入或读取数字水印，其他标识不受影响",
    "{}: watermarks are written and read": "{}：可嵌入和读取数字水印",
    "install the library it names (Debian: apt-get install libgl1 libglib2.0-0), or opencv-python-headless instead of "
    "opencv-python": (
        "请安装其中提到的库（Debian：apt-get install libgl1 libglib2.0-0），或用 opencv-python-headless 代替 "
        "opencv-python"
    ),
    "install opencv-python or opencv-python-headless": "请安装 opencv-python 或 opencv-python-headless",
    "watermark key": "水印密钥",
    "{}, the public one that everybody can read and forge": "{}，即人人可读取、也可伪造的公开密钥",
    "{}, and others than its owner can read {}": "{}，但所有者以外的人也能读取 {}",
    "make it readable by its owner only: chmod 600": "请改为仅所有者可读：chmod 600",
    "correct key in labelkit.toml": "请更正 labelkit.toml 中的 key",
    "install labelkit-aigc again": "请重新安装 labelkit-aigc",
    "install labelkit-aigc again with its dependencies": "请重新安装 labelkit-aigc 及其依赖",
    "install Pillow from a wheel, or rebuild it with this library": "请安装 Pillow 的预编译包，或带上该库重新编译",
    "pip install 'labelkit-aigc[{}]'": "pip install 'labelkit-aigc[{}]'",
    "the shipped font is missing": "随附的字体缺失",
    "there is no such file: {}": "没有这个文件：{}",
    "correct explicit.font in labelkit.toml": "请更正 labelkit.toml 中的 explicit.font",
    "correct it; docs/config.md lists what can be set": "请更正；可设置的内容见 docs/config.md",
    "set TMPDIR to a folder that can be written": "请把 TMPDIR 设为可写的文件夹",
    "change to a folder that exists": "请换到存在的文件夹",
    "free some space before labelling large folders": "处理大文件夹之前请先腾出空间",
    "set LANG=C.UTF-8, so that Chinese file names and messages show": "请设置 LANG=C.UTF-8，以便显示中文文件名和消息",
}

SENTENCES: Mapping[str, str] = {**ERRORS, **_HELP, **_USAGE, **_SAID, **_DOCTOR}
