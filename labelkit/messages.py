"""What LabelKit says to people, in English or Chinese.

Code speaks English; an English sentence with ``{}`` for what varies is the key under which ``_zh.py`` keeps its Chinese
twin. The same catalogue translates sentences that are finished already (error messages, findings): a sentence matches a
key when the key's fixed parts stand in it in order. What has no twin is shown in English, never swallowed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from labelkit.errors import LabelKitError

_HOLE = re.compile(r"\{(\d*)\}")
# Sentences are short; what is longer holds a stranger's text and is not worth matching.
_MAX_SENTENCE = 20_000
# A pattern such as "{}: {} ({})" has no word of its own and would match anything.
_LETTERS = 5


class Language(StrEnum):
    """A language messages come in."""

    EN = "en"
    ZH = "zh"


def choose(wish: str = "", env: Mapping[str, str] | None = None) -> Language:
    """The language to speak: the wish if it is one, then ``LABELKIT_LANG``, then the locale, else English."""
    env = os.environ if env is None else env
    locale = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    for word in (wish, env.get("LABELKIT_LANG", "")):
        if word.lower()[:2] in {str(language) for language in Language}:
            return Language(word.lower()[:2])
    return Language.ZH if locale.lower().startswith("zh") else Language.EN


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks one language."""

    language: Language = Language.EN

    def say(self, template: str, *values: object) -> str:
        """The sentence of ``template`` with its holes ``{}`` filled in order."""
        words = tuple(str(value) for value in values)
        return _fill(self._twin(template) or template, words)

    def translate(self, sentence: str) -> str:
        """A finished English sentence in this language, or as it is when nobody has translated it."""
        if self.language is Language.EN or not sentence or len(sentence) > _MAX_SENTENCE:
            return sentence
        twin = self._twin(sentence)
        if twin is not None:
            return _fill(twin, ())
        for key in _patterns():
            values = match(key, sentence)
            if values is not None:
                return _fill(_catalogue()[key], tuple(self.translate(value) for value in values))
        return sentence

    def error(self, error: LabelKitError) -> str:
        """``file: place: message (remedy)`` in this language."""
        where = ": ".join(part for part in (error.file, error.place) if part)
        message, remedy = self.translate(error.message), self.translate(error.remedy)
        return "".join((f"{where}: " if where else "", message, self.say(" ({})", remedy) if remedy else ""))

    def _twin(self, template: str) -> str | None:
        return _catalogue().get(template) if self.language is Language.ZH else None


def match(template: str, sentence: str) -> tuple[str, ...] | None:
    """What stands in ``sentence`` where ``template`` has its holes, or ``None`` when it is another sentence.

    Every fixed part is taken where it first occurs, the last one at the end: one pass, whatever the sentence holds.
    """
    head, *parts = _HOLE.split(template)[::2]
    if not parts or not sentence.startswith(head):
        return (() if sentence == head else None) if not parts else None
    values, at = [], len(head)
    for part in parts[:-1]:
        found = sentence.find(part, at + 1) if part else -1
        if found < 0:
            return None
        values.append(sentence[at:found])
        at = found + len(part)
    tail = parts[-1]
    stop = len(sentence) - len(tail)
    return (*values, sentence[at:stop]) if stop > at and sentence.endswith(tail) else None


def _fill(template: str, values: tuple[str, ...]) -> str:
    """Fill ``{}`` in order and ``{0}`` by number, without looking into the values."""
    if not values:
        return template
    order = iter(values)
    return _HOLE.sub(lambda hole: values[int(hole[1])] if hole[1] else next(order), template)


@cache
def _catalogue() -> Mapping[str, str]:
    from labelkit._zh import SENTENCES

    return SENTENCES


@cache
def _patterns() -> tuple[str, ...]:
    """Keys with holes and a word, those with most fixed text first, so that the most particular sentence wins."""
    fixed = {key: _HOLE.sub("", key) for key in _catalogue() if _HOLE.search(key)}
    worded = (key for key, text in fixed.items() if sum(c.isalpha() for c in text) >= _LETTERS)
    return tuple(sorted(worded, key=lambda key: -len(fixed[key])))
