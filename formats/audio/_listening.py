"""Listen to a whole sound once: every audible label in it, with its place, rate of speech and loudness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from labelkit.formats.audio import _loudness, _prompt_find, _rhythm_find, _tones
from labelkit.formats.audio._pcm import Samples
from labelkit.formats.audio._prompt_find import Spoken, Template
from labelkit.formats.audio._rhythm_find import Pattern
from labelkit.record import AudibleMark

#: What begins this near the beginning is at the start, what ends this near the end is at the end: seconds, and a share
#: of the length for long sounds with a jingle in front.
_NEAR_SECONDS, _NEAR_SHARE = 3.0, 0.02
#: How much of the programme on either side the loudness of a label is compared with.
_AROUND_SECONDS = 30.0


def listen(
    pieces: Iterable[Samples], rate: int, channels: int, layout: str = "", templates: Sequence[Template] | None = None
) -> list[AudibleMark]:
    """Every label in a sound, in order of time.

    Args:
        pieces: frames x channels.
        rate: frames a second.
        channels, layout: of the sound.
        templates: spoken labels to look for; those that ship when None.
    """
    known = _prompt_find.shipped() if templates is None else templates
    meter = _loudness.Meter(rate, _loudness.channel_weights(layout, channels))
    patterns: list[Pattern] = []
    spoken: list[Spoken] = []
    for block in _tones.blocks(_metered(pieces, meter), rate):
        patterns += (p for p in _rhythm_find.best(block) if p.score >= _rhythm_find.FOUND)
        spoken += (s for s in _prompt_find.best(block, known) if s.score >= _prompt_find.FOUND)
    survey = meter.survey()
    marks = [_rhythm(p, survey) for p in _rhythm_find.merged(patterns)]
    marks += [_voice(s, survey) for s in _prompt_find.merged(spoken)]
    return sorted(marks, key=lambda mark: mark.start)


def _metered(pieces: Iterable[Samples], meter: _loudness.Meter) -> Iterator[Samples]:
    for piece in pieces:
        meter.take(piece)
        yield piece


def _rhythm(pattern: Pattern, survey: _loudness.Survey) -> AudibleMark:
    return AudibleMark(
        "rhythm", "", pattern.start, pattern.stop, _position(pattern.start, pattern.stop, survey),
        _over(pattern.start, pattern.stop, survey, tones=True), 0.0, pattern.tone, pattern.unit, pattern.score,
    )  # fmt: skip


def _voice(spoken: Spoken, survey: _loudness.Survey) -> AudibleMark:
    return AudibleMark(
        "voice", spoken.template.text, spoken.start, spoken.stop, _position(spoken.start, spoken.stop, survey),
        _over(spoken.start, spoken.stop, survey), spoken.template.speech * spoken.rate, 0.0, 0.0, spoken.score,
    )  # fmt: skip


def _position(start: float, stop: float, survey: _loudness.Survey) -> str:
    seconds = survey.frames / survey.rate
    near = max(_NEAR_SECONDS, _NEAR_SHARE * seconds)
    before, after = start, seconds - stop
    if min(before, after) > near:
        return "middle"
    return "start" if before <= after else "end"


def _over(start: float, stop: float, survey: _loudness.Survey, *, tones: bool = False) -> float:
    """LU of the label over what is around it; 0 when there is nothing around it.

    A rhythm is as loud as it is while it sounds: steps that hold half a tone, half a gap are left out.
    """
    first, last = (round(second / _loudness.STEP_SECONDS) for second in (start, stop))
    reach = round(_AROUND_SECONDS / _loudness.STEP_SECONDS)
    own = survey.energies[max(first, 0) : last + 1]
    before, after = survey.energies[max(0, first - reach) : max(first, 0)], survey.energies[last + 1 : last + reach]
    programme = _loudness.gated(np.concatenate([before, after]))
    label = _loudness.gated(own[own > 0.8 * own.max()] if tones and len(own) else own)
    return label - programme if min(label, programme) > _loudness.SILENT else 0.0
