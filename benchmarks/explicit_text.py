"""How well notices in text are told from texts about AI -> docs/tables/explicit_text.md.

Phrasings: one a line in benchmarks/data. Those of ``*_tuning.txt`` were collected from public files and looked at while
the grammar was written; those of ``*_reporting.txt`` were collected afterwards.
Paragraphs about AI: descriptions of Python packages, of other packages for tuning than for reporting. Each is judged
as a text of its own, so that none can hide in the middle of an article.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import bench_environment

bench_environment.enter()

from benchmarks import tables  # noqa: E402
from benchmarks.corpus_text import descriptions, paragraphs  # noqa: E402
from labelkit.formats.text.explicit import find  # noqa: E402

DATA = Path(__file__).resolve().parent / "data"
PACKAGES = {
    "tuning": (
        *("metagpt==0.8.2", "qwen-agent==0.0.34", "imgenx==0.3.3", "bilinote-cli==0.1.6", "clipgen==0.2.0"),
        *("html-netai==1.2.0", "aigc-pipeline==0.1.21", "aigc-detect==0.1.0", "crewai==1.15.30"),
    ),
    "reporting": (
        *("langchain-chatchat==0.3.1.3", "agentscope==2.0.11", "paddlenlp==2.8.1", "mmagic==1.2.0"),
        *("evalscope==1.14.1", "dbgpt==0.8.2", "autoclip-mcp==1.5.7", "ecommerce-video==1.6.0"),
        *("docgenius-service==2.0.4", "hypermarrow==2.9.19", "autokeeper==0.0.6.4", "learning-factory==0.3.0"),
        *("infinity-agent-kit==1.0.0", "case-atlas==0.1.0", "fagents-utils==0.2.5", "agentlyformat==2.0.0"),
        *("geo-mcp-optimizer==1.0.0", "chuangsiai-sdk==1.1.2", "lihe-jinnang==2.0.2", "breakroom-mcp==0.1.1"),
        *("hello-agents==1.0.1", "ai-dailyreport==0.1.8", "alphabot-ai==0.4.0", "xtuner==0.2.0", "ms-swift==4.6.0"),
        *("openai==3.51.0", "langchain==1.5.0", "haystack-ai==3.4.1", "swarms==16.0.3", "camel-ai==0.2.90"),
        *("gpt-researcher==0.16.1", "aider-chat==0.86.2", "open-interpreter==0.4.3", "semantic-kernel==1.45.0"),
        *("deepeval==4.3.1", "agent-charters==0.4.1", "agentops==0.4.21", "embedchain==0.1.128", "ragas==0.4.3"),
    ),
}
_AI = re.compile(r"人工智能|大模型|智能体|\bAI|AI\b|\bLLM|language model|GPT", re.IGNORECASE)
_BOTH = re.compile(
    r"(?:人工智能|AI|大模型|LLM|GPT).*(?:生成|合成|generat)|(?:生成|合成|generat).*(?:人工智能|AI|LLM|GPT)", re.I
)


def lines(name: str) -> list[str]:
    return [line for line in (DATA / f"{name}.txt").read_text("utf-8").splitlines() if line.strip()]


def about_ai(which: str) -> Iterator[str]:
    """Paragraphs of package descriptions that mention AI."""
    return (text for text in dict.fromkeys(descriptions(PACKAGES[which])) if _AI.search(text))


def rows(which: str, show: bool) -> Iterator[tuple[object, ...]]:
    phrasings = lines(f"notices_{which}")
    missed = [text for text in phrasings if not find(text, "markdown")]
    yield which, "notices", len(phrasings), f"{1 - len(missed) / len(phrasings):.1%} found", "at least 99 %"
    alike = lines(f"looks_alike_{which}")
    false = [text for text in alike if find(text, "markdown")]
    yield which, "sentences that look like notices", len(alike), f"{len(false) / len(alike):.1%} false", "-"
    texts = list(about_ai(which))
    wrong = [text for text in texts if find(text, "markdown")]
    both = sum(_BOTH.search(text) is not None for text in texts)
    told = f"paragraphs that mention AI ({both} of them generation, too)"
    yield which, told, len(texts), f"{len(wrong) / len(texts):.2%} false ({len(wrong)})", "at most 0.5 %"
    plain = [text for language in ("zh", "en") for text in paragraphs(which, language)]
    taken = [text for text in plain if find(text, "plain")]
    yield which, "paragraphs of Debian manuals", len(plain), f"{len(taken) / len(plain):.2%} false ({len(taken)})", "-"
    if show:
        for title, texts in (("missed", missed), ("false", [*false, *wrong, *taken])):
            print(f"{which}: {title}", *texts, sep="\n    ")


def main() -> None:
    """Measure both sets and write the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--show", action="store_true", help="print what was missed and what was wrong")
    options.add_argument("--tuning", action="store_true", help="the tuning set only, without a table")
    asked = options.parse_args()
    if asked.tuning:
        print(*rows("tuning", show=True), sep="\n")
        return
    made = [row for which in ("tuning", "reporting") for row in rows(which, asked.show)]
    note = (__doc__ or "").partition("\n\n")[2].strip()
    tables.write(
        "explicit_text", "Notices told from texts about AI", ("set", "texts", "number", "result", "goal"), made, note
    )


if __name__ == "__main__":
    main()
