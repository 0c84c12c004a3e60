"""The notice that people read in a text (GB 45438-2025 5.1): put, found, streamed, copied.

Plain text, Markdown, HTML and subtitles as ``str``; files come through :mod:`labelkit.formats.text.layers`.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator
from typing import Literal

from labelkit import wording
from labelkit.errors import InputError
from labelkit.formats.text import _notice_cues, _notice_html, _notice_prose
from labelkit.record import NoticeMark
from labelkit.settings import NoticeConfig
from labelkit.wording.notices import recognise_notice

__all__ = ["StreamLabeler", "clipboard_script", "find", "interface_bar", "label_stream", "put"]

Kind = Literal["plain", "markdown", "html", "srt", "vtt"]
KINDS: tuple[Kind, ...] = ("plain", "markdown", "html", "srt", "vtt")
#: What is kept of a stream's end to see whether the model wrote a notice itself.
_TAIL_CHARACTERS = 400


def put(text: str, config: NoticeConfig | None = None, *, kind: Kind = "plain") -> str:
    """A text with the notice where it is asked for; one that stands there already is not put again.

    Args:
        text: what was generated.
        config: words and place; None for 内容由AI生成，仅供参考 at the end.
        kind: how the text is written. ``"html"`` takes pages and fragments.

    Raises:
        ExplicitLabelError: the words lack one of the two elements, or are not recognised as a notice by this library.
        InputError: the kind is unknown, or it is not a string.
        UnsupportedOperation: subtitles without a cue.
    """
    config = config or NoticeConfig()
    _check(text, kind)
    check_words(config)
    if config.position == "inline":
        return text if _standing(text, kind, "", config) else _put_one(text, config, "inline", kind)
    for position in ("end", "start") if config.position == "both" else (config.position,):
        if not _standing(text, kind, position, config):
            text = _put_one(text, config, position, kind)
    return text


def check_words(config: NoticeConfig) -> str:
    """The words of a configuration if they may be a notice.

    Raises:
        ExplicitLabelError: without both elements (unless that is turned off), empty, or not what a verifier would
            recognise.
    """
    from labelkit.errors import ExplicitLabelError

    words = wording.check(config.text, required=config.require_elements)
    if config.require_elements and recognise_notice(words) is None:
        raise ExplicitLabelError(
            f"{words!r} is not recognised as a notice",
            place="notice.text",
            remedy="use for example 内容由AI生成，仅供参考",
        )
    return words


def _standing(text: str, kind: Kind, position: str, config: NoticeConfig) -> bool:
    """Whether a good notice stands there already, or anywhere for ``""``."""
    marks = [mark for mark in find(text, kind) if not mark.hidden and (mark.complete or not config.require_elements)]
    return any(mark.position == position or not position for mark in marks)


def _put_one(text: str, config: NoticeConfig, position: str, kind: Kind) -> str:
    if kind == "html":
        return _notice_html.put(text, config.text, position, config.every)
    if kind in ("srt", "vtt"):
        return _notice_cues.put(text, config.text, "end" if position == "inline" else position, vtt=kind == "vtt")
    if position == "inline":
        return _notice_prose.put_inline(text, _line(config.text, "start", kind), config.every)
    place = _notice_prose.put_start if position == "start" else _notice_prose.put_end
    return place(text, _line(config.text, position, kind))


def _line(words: str, position: str, kind: Kind) -> str:
    """The notice as a line of its own, as products write it."""
    if kind == "markdown":
        return f"> {words}" if position == "start" else f"*（{words}）*"
    return f"（{words}）"


def find(text: str, kind: Kind = "plain") -> list[NoticeMark]:
    """Every notice in a text, with its place: blocks that are a notice from first to last word.

    A text *about* AI has none; a notice without both elements (AI-generated) is found and not ``complete``.

    Raises:
        InputError: the kind is unknown, or it is not a string.
    """
    _check(text, kind)
    if kind == "html":
        return _notice_html.find(text)
    if kind in ("srt", "vtt"):
        return _notice_cues.find(text)
    return _notice_prose.find(text, markdown=kind == "markdown")


def _check(text: str, kind: str) -> None:
    if not isinstance(text, str):
        raise InputError(f"a text of type {type(text).__name__}", remedy="pass a str")
    if kind not in KINDS:
        raise InputError(f"no kind of text is called {kind!r}", remedy=f"use one of {', '.join(KINDS)}")


class StreamLabeler:
    """Labels an answer while it is streamed: chunks in, chunks out, the notice first, last or both.

    ::

        labeler = StreamLabeler()
        for chunk in model:
            send(labeler.feed(chunk))
        send(labeler.close())

    Args:
        config: words and place; ``"inline"`` counts as ``"end"``.
        kind: ``"markdown"`` (as chat windows render) or ``"plain"``.
    """

    def __init__(self, config: NoticeConfig | None = None, *, kind: Literal["markdown", "plain"] = "markdown") -> None:
        self._config = config or NoticeConfig()
        _check("", kind)
        check_words(self._config)
        self._kind: Kind = kind
        self._begun = self._closed = False
        self._tail = self._line = self._fence = ""

    def feed(self, chunk: str) -> str:
        """What to send for a chunk: the chunk, before the first one the notice if it is to stand at the start."""
        if self._closed:
            raise InputError("the stream is closed", remedy="use a new StreamLabeler for each answer")
        before = "" if self._begun or not chunk else self._start()
        self._begun = self._begun or bool(chunk)
        self._tail = (self._tail + chunk)[-_TAIL_CHARACTERS:]
        self._follow(chunk)
        return before + chunk

    def close(self) -> str:
        """What to send at last: the notice, unless the model wrote one itself or it stands at the start only.

        An answer that broke off inside a code block gets that closed first, so that the notice is no code.
        """
        if self._closed:
            return ""
        self._closed = True
        if not self._begun or self._config.position == "start" or self._written():
            return ""
        self._follow("\n")
        closing = f"\n{self._fence}" if self._fence else ""
        return f"{closing}\n\n{_line(self._config.text, 'end', self._kind)}\n"

    def _start(self) -> str:
        wanted = self._config.position in ("start", "both")
        return f"{_line(self._config.text, 'start', self._kind)}\n\n" if wanted else ""

    def _written(self) -> bool:
        last = self._tail.rstrip().rpartition("\n")[2]
        found = recognise_notice(last)
        return found is not None and (found.elements.exact or not self._config.require_elements)

    def _follow(self, chunk: str) -> None:
        """Keep track of code fences, line by line, however the chunks are cut."""
        if self._kind != "markdown":
            return
        *lines, rest = (self._line + chunk).split("\n")
        for line in lines:
            self._fence = _notice_prose.open_fence(f"{self._fence}\n{line}" if self._fence else line)
        self._line = rest if len(rest) <= _TAIL_CHARACTERS else rest[:_TAIL_CHARACTERS]


def label_stream(
    chunks: Iterable[str], config: NoticeConfig | None = None, *, kind: Literal["markdown", "plain"] = "markdown"
) -> Iterator[str]:
    """The chunks of an answer, labelled; see :class:`StreamLabeler`."""
    labeler = StreamLabeler(config, kind=kind)
    for chunk in chunks:
        yield labeler.feed(chunk)
    if tail := labeler.close():
        yield tail


def interface_bar(config: NoticeConfig | None = None) -> str:
    """HTML for a bar that stays in view beside a chat (标识办法 art. 4: the interface, or around the text).

    Real text with a contrast of 7:1, announced once as a note and not again with every answer.
    """
    words = html.escape(check_words(config or NoticeConfig()), quote=False)
    style = (
        "position:sticky;bottom:0;margin:0;padding:.35em .75em;text-align:center;font-size:14px;line-height:1.5;"
        f"color:{_notice_html.INK};background-color:{_notice_html.PAPER}"
    )
    return f'<p role="note" data-aigc-label="1" lang="zh-CN" style="{style}">{words}</p>'


_CLIPBOARD = """<script>
document.addEventListener("copy", function (event) {
  var notice = %s, selection = document.getSelection(), text = String(selection);
  if (!text || !event.clipboardData || text.indexOf(notice) >= 0) return;
  var root = document.querySelector(%s);
  if (root && !selection.containsNode(root, true) && !root.contains(selection.anchorNode)) return;
  var box = document.createElement("div"), note = document.createElement("p");
  for (var i = 0; i < selection.rangeCount; i++) box.appendChild(selection.getRangeAt(i).cloneContents());
  note.setAttribute("data-aigc-label", "1");
  note.textContent = "（" + notice + "）";
  box.appendChild(note);
  event.clipboardData.setData("text/plain", text + "\\n\\n（" + notice + "）");
  event.clipboardData.setData("text/html", box.innerHTML);
  event.preventDefault();
});
</script>"""


def clipboard_script(config: NoticeConfig | None = None, *, selector: str = "body") -> str:
    """A script for a page that shows answers: what is copied from there takes the notice along.

    Args:
        config: the words.
        selector: CSS selector of the element whose text is generated; copies from elsewhere stay as they are.
    """
    words = check_words(config or NoticeConfig())
    return _CLIPBOARD % (_script(words), _script(selector))


def _script(value: str) -> str:
    """A string for JavaScript inside HTML: ``</script>`` in it must not end the element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
