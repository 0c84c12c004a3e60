"""Notices in subtitles (SRT, WebVTT): cues of their own at the start and the end, at least two seconds long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labelkit.errors import UnsupportedOperation
from labelkit.formats.text._notice_prose import EDGE_BLOCKS, MAX_NOTICES, newline
from labelkit.record import NoticeMark
from labelkit.wording.notices import recognise_notice

#: GB 45438-2025 5.4 asks two seconds of a film's label; a cue of a notice stands three.
CUE_SECONDS = 3.0
#: The id of our cues in WebVTT; SRT has numbers only.
CUE_ID = "AIGC"
_STAMP = r"(?:\d{1,4}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}"
_TIMES = re.compile(
    rf"^[ \t]*(?P<start>{_STAMP})[ \t]*-->[ \t]*(?P<stop>{_STAMP})[^\n]*\n(?P<words>(?:[^\n]*\S[^\n]*(?:\n|\Z))*)",
    re.MULTILINE,
)
_NUMBER = re.compile(r"^(\d+)[ \t]*\r?\n[^\n]*-->", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: seconds from the beginning, its words, and where its time line begins in the file."""

    start: float
    stop: float
    words: str
    at: int


def put(text: str, notice: str, position: str, *, vtt: bool) -> str:
    """The subtitles with a notice as first or last cue.

    Raises:
        UnsupportedOperation: there is no cue in the file.
    """
    cues, end = list(_cues(text)), newline(text)
    if not cues:
        raise UnsupportedOperation("there is no cue in these subtitles", remedy="check the file")
    if position == "start":
        at = _first_cue(text, cues[0].at)
        return f"{text[:at]}{_cue(notice, 0.0, '0', vtt, end)}{end}{text[at:]}"
    last = max(cue.stop for cue in cues)
    number = str(max((int(match[1]) for match in _NUMBER.finditer(text)), default=0) + 1)
    body = text.rstrip()
    return f"{body}{end}{end}{_cue(notice, last, number, vtt, end)}"


def _first_cue(text: str, at: int) -> int:
    """Offset of the id line of the first cue, or of its times."""
    before = text.rfind("\n", 0, max(0, at - 1)) + 1
    line = text[before:at].strip()
    return before if line and line != "WEBVTT" and "-->" not in line and before < at else at


def _cue(notice: str, start: float, number: str, vtt: bool, end: str) -> str:
    first = CUE_ID if vtt else number
    return f"{first}{end}{_stamp(start, vtt)} --> {_stamp(start + CUE_SECONDS, vtt)}{end}{notice}{end}"


def _stamp(seconds: float, vtt: bool) -> str:
    whole = round(seconds * 1000)
    hours, rest = divmod(whole, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{'.' if vtt else ','}{rest % 1000:03}"


def _cues(text: str) -> Iterator[Cue]:
    for match in _TIMES.finditer(text):
        yield Cue(_seconds(match["start"]), _seconds(match["stop"]), match["words"], match.start())


def _seconds(stamp: str) -> float:
    parts = [float(part) for part in stamp.replace(",", ".").split(":")]
    return sum(part * (1, 60, 3600)[power] for power, part in enumerate(reversed(parts)))


def find(text: str) -> list[NoticeMark]:
    """Every cue that is a notice."""
    cues = list(_cues(text))
    marks = []
    for number, cue in enumerate(cues):
        found = recognise_notice(re.sub(r"<[^>\n]*>|\{[^}\n]*\}", "", cue.words))
        if found is None:
            continue
        edge = "end" if number >= len(cues) - EDGE_BLOCKS and number >= len(cues) / 2 else "middle"
        position = "start" if number < EDGE_BLOCKS and edge != "end" else edge
        marks.append(NoticeMark(found.text, position, f"cue at {cue.start:.1f} s", found.elements.exact))
    return marks[:MAX_NOTICES]
