"""Where a packet may stand: behind sentence ends of prose, never in anything that a machine reads.

A packet attaches to the character before it. Grapheme clusters stay what they were because that character is ordinary
punctuation or an ordinary letter, and the one after it starts a cluster by itself (UAX 29: none of rules GB6 to GB13
looks across such a pair). Both are given as lists of what is allowed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Columns between packets (a Chinese character has two, a Latin letter one), by density.
GAPS = {"dense": 80, "normal": 120, "light": 480}
#: Without a sentence end for this share of the gap beyond it, a clause mark or the end of a word will do.
_PATIENCE = 0.6

# What may follow: space, the end, a tag, or a character that starts a cluster whatever stands before it. No Markdown
# emphasis: a selector between punctuation and * changes which way the star opens (CommonMark 6.2). No opening bracket:
# browsers narrow the space between 。 and “ (CSS Text 4, text-spacing-trim), and a selector between them undoes that.
_LETTERS = "0-9A-Za-zÀ-ÖØ-öø-ɏΑ-ΡΣ-ώА-яЁё㐀-䶿一-鿿ぁ-ゖァ-ヺ가-힣"
_NEXT = rf"(?=[\s<{_LETTERS}]|\Z)"
_CLOSERS = "”’」』）】》〉"
_END = re.compile(
    rf"""[。！？；…]+[{_CLOSERS}]*{_NEXT}
       | (?<=\S[\w\"'){_CLOSERS}])[.!?][\"'){_CLOSERS}]*(?=\s|\Z)""",
    re.VERBOSE,
)
_CLAUSE = re.compile(
    rf"(?<=[{_LETTERS}])[，、：]{_NEXT}|(?<=[^\W\d_]{{2}})[,;:](?=[ \n㐀-鿿])|(?<=[{_LETTERS}])(?=\r?\n|\Z)"
)
_WORD = re.compile(r"(?<=[a-zà-öø-ɏά-ώа-яё]{2})(?= [^\W\d_])")

#: Elements whose text is not prose, or is shown by something else than a page.
_ELEMENTS = "head|script|style|pre|code|kbd|samp|textarea|title|option|math|svg|template"
_KEYWORDS = "import|from|def|class|return|if|for|while|else|elif|try|const|let|var|function|public|private|static|using"
# Blocks are told by how a line begins, or by a sign further on: then the whole line is shielded.
_BLOCK = re.compile(
    rf"""\A\ufeff?---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)      # front matter
       | ^[ \t>]*(?P<fence>```+|~~~+)[^\n]*\n.*?(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)
       | ^\$\$.*?(?:\$\$|\Z)
       | ^\\begin\{{(?P<env>[^}}\n]*)\}}.*?(?:^\\end\{{(?P=env)\}}|\Z)
       | ^(?:\ {{4}}|\t)[^\n]*                                           # indented code
       | ^\#{{1,6}}[ \t][^\n]*
       | ^[ \t>]*\[[^\]\n]+\]:[^\n]*                                     # a link's definition
       | ^[ \t>]*(?:[-*+]|\(?\w{{1,9}}[.)])[ \t]                         # the marker of a list item
       | ^[ \t]*(?:{_KEYWORDS}|\#include|@\w+|//|/\*|--)(?=[ \t(:{{])[^\n]*[(){{}};:=\[\]][ \t]*$
       | ^[ \t]*[\w.\[\]]+[ \t]*(?:[-+*/|&]?=|:=|<-)[ \t][^\n]*$""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_LINE = re.compile(
    r"""[;{}\\][ \t]*$ | \|[^\n]*\| | \t[^\n\t]*\t              # source code, rows of tables, tab-separated values
       | \n(?=(?:=+|-{2,})[ \t]*\r?$)                           # the end of a heading with a line below
     """,
    re.VERBOSE | re.MULTILINE,
)
_INLINE = re.compile(
    rf"""(?<!`)(?P<tick>`+)(?!`)(?:(?!\n[ \t]*\n).){{0,1000}}?(?<!`)(?P=tick)(?!`)
       | <!--.*?(?:-->|\Z) | <(?P<tag>{_ELEMENTS})\b[^<>]*>.*?(?:</(?P=tag)\s*>|\Z) | <[A-Za-z/!?][^<>]*>
       | \$[^\s$](?:[^$\n]*[^\s$])?\$ | \\\((?:(?!\\\().)*?\\\) | \\\[(?:(?!\\\[).)*?\\\]
       | \]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\) | \{{[^{{}}\n]*\}}""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
#: An address and the character behind it: a selector there would belong to the address for whoever finds links.
_ADDRESS = re.compile(r"(?:://|\bwww\.|@)[!-~]+[^\s!-~]?")


@dataclass(frozen=True, slots=True)
class Shields:
    """Stretches of a text where nothing is put, in order and apart from each other."""

    starts: Sequence[int]
    stops: Sequence[int]

    def past(self, place: int) -> int:
        """``place`` itself when it is open, else the first place behind the stretch it is in."""
        number = bisect_left(self.starts, place) - 1
        if number < 0 or place > self.stops[number]:
            return place
        return self.stops[number] + 1


def shields(text: str) -> Shields:
    """Everything in a text that is not prose: code, addresses, tags, tables, headings, mathematics, front matter."""
    found = [match.span() for match in _BLOCK.finditer(text)]
    found += _lines(text)
    if any(sign in text for sign in "`<$\\]{"):
        found += [match.span() for match in _INLINE.finditer(text)]
    if "://" in text or "www." in text or "@" in text:
        found += [match.span() for match in _ADDRESS.finditer(text)]
    starts: list[int] = []
    stops: list[int] = []
    for start, stop in sorted(found):
        if stops and start <= stops[-1]:
            stops[-1] = max(stops[-1], stop)
        else:
            starts.append(start)
            stops.append(stop)
    return Shields(starts, stops)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The lines that a sign in them marks as no prose."""
    stop = -1
    for match in _LINE.finditer(text):
        if match.start() > stop:
            end = text.find("\n", match.end())
            start, stop = text.rfind("\n", 0, match.start()) + 1, len(text) if end < 0 else end
            yield start, stop


def places(text: str, gap: int) -> Iterator[int]:
    """Offsets before which a packet is put, at least ``gap`` columns apart; none when there is no prose."""
    closed, start, first = shields(text), 0, True
    while start <= len(text):
        place = _next(text, start, gap, closed, first=first)
        if place is None:
            return
        yield place
        start, first = place + _reach(text, place, gap), False


def _next(text: str, start: int, gap: int, closed: Shields, *, first: bool) -> int | None:
    limit = start + _reach(text, start, int(gap * _PATIENCE))
    end = _open(_END, text, start, len(text), closed)
    if end is not None and (end <= limit or first):
        return end
    if limit < len(text) or first:
        for pattern in (_CLAUSE, _WORD):
            place = _open(pattern, text, start, len(text) if first else limit, closed)
            if place is not None:
                return place
    return end


def _open(pattern: re.Pattern[str], text: str, start: int, stop: int, closed: Shields) -> int | None:
    """The end of the first match outside the shields that ends within ``start`` .. ``stop``."""
    while start <= len(text) and (match := pattern.search(text, start)):
        place = match.end()
        if place > stop:
            return None
        behind = closed.past(place)
        if behind == place:
            return place
        start = behind - 1 if behind - 1 > place else behind  # its mark may be the last thing inside
    return None


def _reach(text: str, start: int, columns: int) -> int:
    """How many characters from ``start`` fill so many columns; from their share of multi-byte ones."""
    piece = text[start : start + columns]
    width = len(piece) + len(piece.encode("utf-8", "surrogatepass"))
    return columns * 2 * len(piece) // width if width else columns
