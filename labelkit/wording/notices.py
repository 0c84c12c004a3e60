"""Notices in text: which whole blocks of a text are labels, by their wording.

A notice is a *core* that says by whom the text was made (内容由AI生成) and around it nothing but advice (仅供参考, may
contain errors). An article about AI has sentences that say something else; one such clause and the block is none. In
contrast to :func:`labelkit.wording.recognise`, which judges words found in pictures, whoever writes a notice into a
text has room for names of models and for disclaimers.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from labelkit.wording import Elements, elements, recognise

#: Characters of a block above which it is an article, in Chinese and in languages with longer words.
MAX_NOTICE_CHARACTERS, MAX_LATIN_CHARACTERS = 160, 320

_HEADS = (
    r"(?:(?:温馨|重要|特别|风险|使用|安全|免责|法律|版权|内容|合规|AI|AI生成|人工智能|AIGC|系统|友情|医疗)*"
    r"(?:提示|声明|说明|注意|提醒|警告|标识|标注|备注|注)(?:事项)?|注意|来源|免责|P\.?S\.?)"
)
_AI = (
    r"(?:生成式)?(?:人工智能|人工智慧|AIGC|AI)|(?:AI)?(?:大语言|大|语言|生成式)模型|"
    r"LLMs?|ChatGPT|GPT-?[\d.o]*|DeepSeek(?:-\w+)?"
)
_BY = (
    r"(?:[均全都皆]?(?:完全|全部|部分|主要|可能|疑似|或)?(?:是?由|系|为|是|经由?|来自|出自|源自|依托|基于|[含有]|包含|含有|涉及|属于?)"
    r"(?:是|由|疑似)?|(?:通过|使用|采用|借助|利用|运用))"
)
# What may stand between the AI and the verb: kinds of program and ways of working, nothing that takes an object.
_MEANS = (
    r"(?:大?模型|系统|引擎|算法|技术|工具|软件|平台|服务|助手|助理|智能体?|机器人|程序|编辑|能力|应用|插件|量化|分析|辅助|协助|参与|自动化?|"
    r"全程|一键|实时|独立|直接|在线|根据|基于|结合|依据|公开|数据|信息|资料|视频|内容|输入|综合|整理|搜索|搜集|收集|采集|汇总|梳理|检索|翻译|改写|润色|总结|归纳|提炼|撰写|"
    r"(?:基于|根据|依据|结合|围绕)[^，,。；;！!？?:：\n]{1,24}?|并|和|与|及|后|的|Agent|OS|[\s、/·])*"
)
_GENERATION = r"(?:生成|合成)(?:\s*[/、与和及或]?\s*(?:生成|合成))?"
_OBJECT = (
    r"(?:(?:文本|文字|部分|全部|相关|以下|该|此|示例|参考|辅助|初步)*"
    r"(?:内容|图片|图像|视频|音频|文本|文字|文章|文档|报告|作品|素材|回答|回复|答案|结果|代码|摘要|译文|资料|信息|草稿|初稿|稿件|建议|数据|"
    r"笔记|总结|解读|分析|纪要|方案)(?:片段)?)"
)
# A subject is a noun phrase: it may not hold a verb that makes the sentence say something else.
_SUBJECT = r"[^，,。；;！!？?:：\n由]{0,18}?"
_SAID_OF = re.compile(f"(?:[本此该以上下述文中部分全]*)?(?:{_OBJECT})?")
_ALONE = re.compile(f"{_HEADS}|{_OBJECT}", re.IGNORECASE)
# 本文由AI…生成 says it of the text it stands in; what follows then is about that text, whatever it says.
_OF_THIS = re.compile(
    rf"""(?:{_HEADS}\s*[:：]?\s*)?(?:本|此|该|該|以上|以下|上述|这是|當前|当前|文中|所有|关键要点|摘要)
    [^，,。；;！!？?:：\n]{{0,24}}?(?:由|为|為|系|是)[^，,。；;！!？?:：\n]{{0,16}}?(?:{_AI})[^，,。；;！!？?:：\n]{{0,20}}?
    {_GENERATION}的?(?:{_OBJECT}|翻译)?(?:于\s*[\d\s.:/年月日-]*)?""",
    re.VERBOSE | re.IGNORECASE,
)
_ASKED = re.compile(r"是否|如何|怎|什么|检测|判断|识别|让|可以|能够|技术体系|过程|方法|系统由|流水线")
#: 豆包AI生成, OilSense AI生成: a name may stand there without 由.
_MAX_NAME_CHARACTERS = 12
_CORE = re.compile(
    rf"""(?:{_HEADS}\s*[:：]?\s*)?
    (?P<subject>{_SUBJECT})
    (?P<by>{_BY})?\s*
    (?P<who>[^，,。；;！!？?:：\n由]{{0,24}}?)\s*
    (?P<ai>{_AI})\s*(?:[（(][^）)]{{0,24}}[）)])?\s*(?P<means>{_MEANS})
    (?P<verb>{_GENERATION})
    (?P<rest>(?:的|得来|而来|而成|所得|完成|制作|创作|产出|输出|出来)*(?:的?{_OBJECT})?)""",
    re.VERBOSE | re.IGNORECASE,
)
# 使用AI生成摘要 tells what somebody does; 使用AI生成的摘要 and 由AI生成 what a text is.
_DOING = re.compile(r"通过|使用|采用|借助|利用|运用")
_TALK = re.compile(
    r"需要|需[先在]|请|这些|不|任何|标记|如何|怎[么样]|什么|为何|是否|可以|能够|能力[是在]|支持|实现|功能|用于|用来|用户|检测|识别|鉴别|字段|配置|按钮|接口|规定|办法|"
    r"法规|应当|应该|必须|不得|禁止|如果|假如|如需|否|若[是要]|当[你我]|让|使得|随着|正在|越来越|成为|一种|包括|例如|比如|提供|自定义|上传|选择|返回|添加|"
    r"设计|研究|提出|探讨|发展|应用于|我们|你可|您可|他|她|企业|学生|人们|那些|许多|大量的?代码|以便|帮助|负责|调用|训练|优化|每次|首次|"
    r"[的]过程|时代|方式|的方法|质量|失败|成功|中\.\.\.|等待|超时|批量|快速|一致|怀疑|认为|发现|证明|表明|意味着|没有|不是|并非|"
    r"等|各种|各类|多种|指|即|会|要|想|做|写|把|将|被|给|对(?!话)|向|从|在(?!线)|到|时|(?<![当此])前|后|再|才|就|也|还|又|但|而(?!成|来)|则|却|因"
)
# Clauses that may stand beside a core: advice, disclaimers, time and origin.
_ADVICE = re.compile(
    r"仅供|供.{0,8}参考|参考|甄别|辨别|鉴别|分辨|识别|核实|核对|核查|查证|验证|校对|校验|复核|审核|审阅|审查|审慎|谨慎|慎重|仔细|注意|留意|警惕|谨防|"
    r"不构成|不代表|不作为|不保证|不承担|不负责|不对.{0,16}负责|不能替代|不可替代|无法保证|非(?:人工|官方|真实|专业)|不替代|准确|错误|有误|出错|误差|偏差|疏漏|遗漏|"
    r"不足|过时|失实|虚构|犯错|出自|遵医嘱|经验|幻觉|完整|真实性|可靠|风险|投资|医疗|诊断|法律|咨询|医生|医师|就医|专业人士|律师|为准|自行|判断|独立思考|采信|轻信|"
    r"遵[循守]|如有|身体不适|修改|基于|根据|合规|标识|责任|立场|观点|侵权|联系|删除|转载|引用|出处|原文|链接|查看|点击|人工|经.{0,8}(?:确认|修改|编辑|整理)|仅限|仅用于|"
    r"学习|交流|娱乐|研究|测试|演示|体验|请勿|切勿|慎用|反馈|版权|©|日期|时间|日|^\d|UTC|GMT|提示|声明|说明|重要|免责|使用|发布|决策|结合实际|草稿|初稿|谢谢|感谢"
)
_SPLIT = re.compile(
    r"[，,。；;！!\n…~～]+|(?<=[\u3000-\u9fff）)])\.?\s+|\s+-{1,2}\s+|(?<!\d)[:：]\s*|(?<=生成)(?=仅供|请)|(?<=合成)(?=仅供|请)"
    r"|(?<=内容)(?=仅供|请)"
)
#: In a footer other things stand beside the notice: 内容由AI生成 · Enter 发送.
_BESIDE = re.compile(r"\s*[|·•—–]+\s*")
_MAX_BESIDE_CHARACTERS = 24

_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\s+[-–—|·•]+\s+|\n+|,\s+(?=(?:please|but|so|it|and)\b)", re.IGNORECASE)
_MAKERS = (
    r"(?:an?\ |the\ )?(?:[\w.'-]+\ ){0,3}?(?:AI|A\.I\.|artificial\ intelligence|ChatGPT|GPT[-\w.]*|Claude|Gemini|"
    r"Copilot|"
    r"(?:large\ )?language\ models?|LLMs?)(?:\ (?:tools?|models?|assistants?|systems?|agents?|analysis|"
    r"platforms?|technology|software|"
    r"assistance))?"
    r"(?:\ \([^)]{1,40}\))?"
)
_DONE = (
    r"(?:auto-?)?(?:generated|created|written|produced|drafted|made|composed|synthesi[sz]ed|summari[sz]ed|translated)"
)
_OWNER = (
    r"(?:this|these|the(?:se)?|all|some|(?:parts?|portions?)\ of\ (?:this|the)|above|following)\ (?:[\w'-]+\ ){0,4}?"
)
_LEAD = (
    r"(?:note|notice|disclaimer|disclosure|warning|important|caution|attention|ai\ (?:notice|disclosure|disclaimer))"
)
_THING = r"(?:contents?|text|images?|video|audio|summary|answer|responses?|report|material|code|translation)"
_ENGLISH = re.compile(
    rf"""(?:{_LEAD}\s*[:—–-]\s*)?
    (?:(?:{_OWNER})?(?:(?:is|was|are|were|has\ been|have\ been|may\ be|may\ have\ been|contains?|includes?|uses?)\ )?
       (?:fully\ |partly\ |partially\ |entirely\ |automatically\ |machine-?\ ?)?
       (?:{_DONE}\ (?:\w+ly\ )?(?:by|with|using|through|via)\ (?:the\ (?:help|use|assistance)\ of\ )?{_MAKERS}
         |AI[\s-]{_DONE}(?:\ (?:[\w-]+\ ){{0,2}}?{_THING})?)
      |AI[\s-]generated(?:\ [\w-]+)?|imagined\ with\ AI)
    (?:\ (?:and|but)\ (?:may|might|could|can|has|have|should|is|was|reviewed|edited|verified|checked)\b[^.!?]*
      |\ (?:for|from|based\ on|on|at)\ [^.!?]{{0,60}})?[.!]?""",
    re.VERBOSE | re.IGNORECASE,
)
_ENGLISH_ADVICE = re.compile(
    r"\b(?:may|might|could|can|please|verify|check|review\w*|accura\w*|inaccura\w*|errors?|mistakes?|reference|"
    r"informational|purposes?|advice|"
    r"caution|careful\w*|discern|important|consult|professional|independent\w*|own|guarantee\w*|liab\w*|disclaimer|"
    r"not\ been|fact-?check\w*)\b",
    re.IGNORECASE,
)

_ORNAMENT = re.compile(
    r"[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\ufe00-\ufe0f\u200b-\u200d\u20e3ⓘ]+"
)
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`+|~~")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^()\n]*\)|<https?://[^>\n]*>")
_OUTER = "()（）[]【】〔〕「」『』《》<>\"'“”‘’#|·•●○◆★☆■□▪►-–—=:：.。,，!！;；…/\\ \t\r\n\u3000>"
_CJK_SPACE = re.compile(r"(?<=[\u3400-\u9fff])[ \t]+(?=[A-Za-z0-9\[【])|(?<=[A-Za-z0-9\]】])[ \t]+(?=[\u3400-\u9fff])")
_IS_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A block of text that is a notice as a whole.

    Attributes:
        text: its words without ornaments and markup.
        elements: the two elements; not complete for wording that is no label in the sense of GB 45438.
    """

    text: str
    elements: Elements


def recognise_notice(block: str) -> Recognised | None:
    """The notice that a block of text *is*; None when it merely speaks about AI.

    Args:
        block: a paragraph, a line, a heading, the text of an element; Markdown emphasis and quote marks may be in it.
    """
    if len(block) > MAX_LATIN_CHARACTERS:
        return None
    words = tidy(block)
    if not words or len(words) > (MAX_NOTICE_CHARACTERS if _IS_CHINESE.search(words) else MAX_LATIN_CHARACTERS):
        return None
    found = elements(words)
    if found.negated or block.rstrip("\"'”’*_ \t\r\n").endswith(("?", "？", ":", "：")):
        return None
    if _is_notice(words) or _is_footer(words) or recognise(words):
        return Recognised(bare(block), found)
    return None


def bare(block: str) -> str:
    """A block's words as written: no emphasis, links, emoji, quote marks, nor brackets around the whole."""
    words = _EMPHASIS.sub("", _ORNAMENT.sub(" ", _LINK.sub(r"\1", block)))
    return re.sub(r"(?m)^[ \t]*(?:[>#]+|[-*+]|\d+[.)])[ \t]+", "", words).strip(_OUTER)


def tidy(block: str) -> str:
    """:func:`bare` with full-width forms folded and without spaces between scripts, as the grammar wants it."""
    words = _CJK_SPACE.sub("", unicodedata.normalize("NFKC", bare(block)))
    return re.sub(r"(?<=[由为])[ \t]+", "", words).strip(_OUTER)


def _is_notice(words: str) -> bool:
    if not _IS_CHINESE.search(words):
        return _is_english(words)
    clauses = [clause.strip(_OUTER) for clause in _SPLIT.split(words)]
    clauses = [clause for clause in clauses if clause]
    if any(_OF_THIS.fullmatch(clause) and not _ASKED.search(clause) for clause in clauses):
        return True
    cores = [clause for clause in clauses if _is_core(clause)]
    others = (clause for clause in clauses if clause not in cores)
    return bool(cores) and all(_goes_along(one) for one in others)


def _goes_along(clause: str) -> bool:
    """Advice, a heading word, something that is no Chinese (a name, a title, a date), or a few words of no weight."""
    if _ADVICE.search(clause) or _ALONE.fullmatch(clause) or not _IS_CHINESE.search(clause):
        return True
    return len(clause) <= _MAX_BESIDE_CHARACTERS and not _TALK.search(clause.removeprefix("具体").removeprefix("请"))


def _is_footer(words: str) -> bool:
    parts = [part.strip(_OUTER) for part in _BESIDE.split(words)]
    notices = [part for part in parts if part and _is_notice(part)]
    others = (part for part in parts if part not in notices)
    return bool(notices) and all(len(part) <= _MAX_BESIDE_CHARACTERS for part in others)


def _is_core(clause: str) -> bool:
    match = _CORE.fullmatch(clause)
    if match is None or _TALK.search(match["subject"]) or _TALK.search(match["who"]):
        return False
    return _is_said_of_this(match) if match["by"] or match["who"].endswith("由") else _stands_alone(match)


def _is_said_of_this(match: re.Match[str]) -> bool:
    """由AI生成 and 使用AI生成的摘要 say what a text is; 使用AI生成摘要 tells what somebody does."""
    takes_object = bool(match["rest"]) and not match["rest"].startswith("的")
    return not (takes_object and match["by"] and _DOING.search(match["by"]))


def _stands_alone(match: re.Match[str]) -> bool:
    """AI辅助生成, 豆包AI生成, 文本内容AI生成: before it no more than a name or what it is said of."""
    if len(match["who"]) > _MAX_NAME_CHARACTERS or (match["who"] and match["rest"].startswith("的")):
        return False
    return not match["subject"] or _SAID_OF.fullmatch(match["subject"]) is not None


def _is_english(words: str) -> bool:
    sentences = [one.strip(_OUTER) for one in _SENTENCES.split(words)]
    sentences = [one for one in sentences if one]
    cores = [one for one in sentences if _ENGLISH.fullmatch(one)]
    others = (one for one in sentences if one not in cores)
    return bool(cores) and all(_ENGLISH_ADVICE.search(one) for one in others)
