"""Notices in text: they stand where they were asked for, are found again by whole blocks, and change nothing else."""

from __future__ import annotations

import itertools
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks._chromium import Chromium
from labelkit.errors import ExplicitLabelError, InputError, UnsupportedOperation
from labelkit.formats.text.explicit import (
    KINDS,
    StreamLabeler,
    clipboard_script,
    find,
    interface_bar,
    label_stream,
    put,
)
from labelkit.settings import NoticeConfig

NOTICE = NoticeConfig().text
TEXTS = {
    "plain": "".join(f"第{number}段文字，讲的是天气。\n\n" for number in "一二三四五六七").rstrip() + "\n",
    "markdown": (
        "---\ntitle: 天气\n---\n\n# 标题\n\n正文。\n\n```py\nx = 1\n\ny = 2\n```\n\n| a | b |\n|---|---|\n"
        "| 1 | 2 |\n\n完。\n"
    ),
    "html": (
        "<!doctype html>\n<html><head><title>天气</title></head>\n<body class='x'>\n<h1>标题</h1><p>正文。</p>"
        "<p>完。</p>\n</body></html>\n"
    ),
    "srt": "1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,500\r\nBye\r\n",
    "vtt": "WEBVTT\n\nNOTE a comment\n\n1\n00:01.000 --> 00:02.500\nHello\n\n2\n00:03.000 --> 00:04.500\nBye\n",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("position", ["start", "end", "both", "inline"])
def test_the_notice_is_put_once_found_again_and_all_else_stays(kind, position) -> None:
    config = NoticeConfig(position=position, every=2)
    labelled = put(TEXTS[kind], config, kind=kind)
    marks = find(labelled, kind)
    wanted = {"start": ["start"], "end": ["end"], "both": ["start", "end"]}.get(position)
    assert marks
    if wanted:
        assert [mark.position for mark in marks] == wanted
    assert all(mark.complete and mark.text == NOTICE for mark in marks)
    assert put(labelled, config, kind=kind) == labelled
    before = [line for line in TEXTS[kind].splitlines() if line.strip()]
    after = iter(labelled.splitlines())
    assert all(any(line in candidate for candidate in after) for line in before), "a line was lost or changed"


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_without_a_notice_has_none(kind) -> None:
    assert find(TEXTS[kind], kind) == []


def test_markdown_notices_stand_behind_front_matter_and_outside_of_code() -> None:
    labelled = put("---\na: b\n---\n# T\n\n```\ncode", NoticeConfig(position="both"), kind="markdown")
    assert labelled == f"---\na: b\n---\n\n> {NOTICE}\n\n# T\n\n```\ncode\n```\n\n*（{NOTICE}）*"
    assert find(f"```\n{NOTICE}\n```\n\ntext\n", "markdown") == []
    assert find(f"<!-- {NOTICE} -->\n\ntext\n", "markdown") == []


def test_inline_notices_stand_between_paragraphs_only() -> None:
    labelled = put(TEXTS["plain"], NoticeConfig(position="inline", every=3), kind="plain")
    assert labelled.count(NOTICE) == 2
    code = put(TEXTS["markdown"], NoticeConfig(position="inline", every=1), kind="markdown")
    fence = re.search(r"```py.*?```", code, re.S)
    assert fence
    assert NOTICE not in fence[0]
    assert "| a | b |\n|---|---|\n| 1 | 2 |" in code


def test_line_ends_are_those_of_the_text() -> None:
    assert put("a\r\n\r\nb\r\n") == f"a\r\n\r\nb\r\n\r\n（{NOTICE}）\r\n"
    assert put("a") == f"a\n\n（{NOTICE}）"


@pytest.mark.parametrize(
    ("style", "hidden"),
    [
        ("display:none", "display:none"),
        ("visibility: hidden", "visibility:hidden"),
        ("opacity:.1", "opacity:.1"),
        ("font-size:6px", "font-size:6px"),
        ("color:#333", ""),
    ],
)
def test_html_that_nobody_sees_is_told(style: str, hidden: str) -> None:
    [mark] = find(f'<div style="{style}"><p>{NOTICE}</p></div>', "html")
    assert mark.hidden == hidden
    assert find(f'<p aria-hidden="true">{NOTICE}</p>', "html")[0].hidden == "aria-hidden"


@pytest.mark.parametrize(
    ("style", "ratio"),
    [("color:#d1d5db", 1.47), ("color:#999", 2.85), ("color:rgb(89, 89, 89)", 7.0), ("color:#7F8C8D", 3.48)],
)
def test_html_contrast_is_measured(style: str, ratio: float) -> None:
    [mark] = find(f"<p style='{style}'>{NOTICE}</p>", "html")
    assert mark.contrast == pytest.approx(ratio, abs=0.02)
    [ours] = find(put("<p>x</p>", kind="html"), "html")
    assert ours.contrast is not None
    assert ours.contrast >= 4.5


def test_attributes_scripts_and_titles_are_no_notice() -> None:
    page = (
        f"<title>{NOTICE}</title><script>'{NOTICE}'</script><img alt='{NOTICE}'><textarea>{NOTICE}</textarea><p>x</p>"
    )
    assert find(page, "html") == []


def test_words_are_escaped_and_scripts_cannot_be_left() -> None:
    config = NoticeConfig(text="AI生成</script><b>", require_elements=False)
    assert "<b>" not in put("<p>x</p>", config, kind="html")
    assert "<b>" not in interface_bar(config)
    assert clipboard_script(config).count("</script>") == 1


@pytest.mark.parametrize("words", ["", "内容由机器写成", "非AI生成", "AI生成技术正在改变人们的生活方式"])
def test_words_that_are_no_notice_are_refused(words: str) -> None:
    with pytest.raises(ExplicitLabelError):
        put("x", NoticeConfig(text=words))


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(InputError, match="docx"):
        put("x", kind="docx")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="bytes"):
        find(b"x")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedOperation, match="no cue"):
        put("WEBVTT\n", kind="vtt")


@given(st.text(max_size=300), st.sampled_from(["plain", "markdown", "html"]), st.sampled_from(["start", "end", "both"]))
def test_any_text_takes_a_notice_and_keeps_its_words(text: str, kind, position) -> None:
    labelled = put(text, NoticeConfig(position=position), kind=kind)
    assert NOTICE in labelled or find(text, kind)
    words = re.sub(r"\s+", "", text)
    kept = iter(re.sub(r"\s+", "", labelled))
    assert all(sign in kept for sign in words)


# --- streams -----------------------------------------------------------------------------------------------------

ANSWER = "# 天气\n\n今天晴。\n\n```py\nprint('x')\n```\n\n完。"


@given(st.lists(st.integers(0, len(ANSWER)), max_size=12), st.sampled_from(["start", "end", "both"]))
def test_a_stream_gives_the_same_however_it_is_cut(cuts: list[int], position) -> None:
    config = NoticeConfig(position=position)
    edges = [0, *sorted(cuts), len(ANSWER)]
    whole = "".join(label_stream((ANSWER[a:b] for a, b in itertools.pairwise(edges)), config))
    assert whole == "".join(label_stream([ANSWER], config))
    assert ANSWER in whole
    assert whole.count(NOTICE) == (2 if position == "both" else 1)
    assert {mark.position for mark in find(whole, "markdown")} == (
        {"start", "end"} if position == "both" else {position}
    )


def test_chunks_go_through_at_once() -> None:
    labeler = StreamLabeler()
    assert [labeler.feed(chunk) for chunk in ("今天", "", "晴。")] == ["今天", "", "晴。"]
    assert labeler.close() == f"\n\n*（{NOTICE}）*\n"
    assert labeler.close() == ""
    with pytest.raises(InputError, match="closed"):
        labeler.feed("x")


def test_a_broken_off_code_block_is_closed_first() -> None:
    labelled = "".join(label_stream(["text\n", "``", "`py\ncode", "()"]))
    assert labelled == f"text\n```py\ncode()\n```\n\n*（{NOTICE}）*\n"


def test_a_model_that_wrote_the_notice_gets_no_second_one() -> None:
    answer = ["今天晴。\n\n", "*（内容由 AI 生", "成，仅供参考）*"]
    assert "".join(label_stream(answer)) == "".join(answer)
    assert "".join(label_stream([])) == ""


# --- what others make of it --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    with Chromium() as opened:
        yield opened


def test_chromium_shows_selects_and_prints_the_notice(browser: Chromium) -> None:
    browser.show(put(TEXTS["html"], NoticeConfig(position="both"), kind="html"))
    assert str(browser.run("return document.body.innerText")).count(NOTICE) == 2
    assert (
        browser.run("getSelection().selectAllChildren(document.body); return String(getSelection())").count(NOTICE) == 2
    )
    printed = subprocess.run(["pdftotext", "-", "-"], input=browser.pdf(), check=True, capture_output=True)
    assert printed.stdout.decode().replace("\n", "").count(NOTICE) == 2


def test_chromium_copies_take_the_notice_along(browser: Chromium) -> None:
    page = "<!doctype html><meta charset=utf-8><p id=answer>今天晴。</p><p id=other>别处。</p>"
    browser.show(page + "<textarea id=pasted></textarea>" + clipboard_script(selector="#answer"))

    def copied(element: str) -> str:
        browser.run(f"getSelection().selectAllChildren(document.getElementById('{element}'))")
        browser.send("Input.dispatchKeyEvent", type="keyDown", commands=["copy"])
        browser.run("let pasted = document.getElementById('pasted'); pasted.value = ''; pasted.focus()")
        browser.send("Input.dispatchKeyEvent", type="keyDown", commands=["paste"])
        return str(browser.run("return document.getElementById('pasted').value"))

    assert copied("answer") == f"今天晴。\n\n（{NOTICE}）"
    assert copied("other") == "别处。"


def test_the_bar_stays_in_view(browser: Chromium) -> None:
    browser.show(f"<!doctype html><meta charset=utf-8><div style='height:5000px'>x</div>{interface_bar()}")
    box = browser.run(
        "let r = document.querySelector('[role=note]').getBoundingClientRect(); return [r.top, r.bottom, innerHeight]"
    )
    assert 0 <= box[0] < box[1] <= box[2]


def test_ffmpeg_reads_the_subtitles(tmp_path) -> None:
    for kind in ("srt", "vtt"):
        path = tmp_path / f"a.{kind}"
        path.write_bytes(put(TEXTS[kind], NoticeConfig(position="both"), kind=kind).encode())
        read = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", path, "-f", "srt", "-"], check=True, capture_output=True
        ).stdout.decode()
        assert read.count(NOTICE) == 2
        assert read.count("-->") == 4
        assert "Hello" in read
