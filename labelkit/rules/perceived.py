"""What GB 45438-2025 5.1 to 5.3 ask of a label that people perceive, held against one that was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labelkit.record import Answer, AudibleMark, ExplicitMark, Finding, NoticeMark, Perceived
from labelkit.rules.checks import finding
from labelkit.wording import elements

#: GB 45438-2025 5.2: text height over the shortest side.
MIN_HEIGHT_RATIO = 0.05
#: WCAG 2 contrast for text; the standard says "legible" without a number, so this is our choice.
MIN_CONTRAST = 4.5
#: Measuring on pixels that were scaled and re-encoded is good to about this much of the height.
HEIGHT_TOLERANCE = 0.02
#: GB 45438-2025 5.3 note 4: normal speech has about 120 to 160 characters a minute.
SPEECH_RATE = (120.0, 160.0)
#: "About", and the ends of a recording are found to a tenth of a second.
RATE_TOLERANCE = 0.08
#: A label this many LU below the sound around it is easily missed; our choice.
MIN_LOUDNESS = -10.0


def findings(marks: Sequence[Perceived]) -> Iterator[Finding]:
    """What is wrong with the best of the labels; a small vendor's mark beside a good one of ours is no fault."""
    seen = [mark for mark in marks if isinstance(mark, ExplicitMark)]
    heard = [mark for mark in marks if isinstance(mark, AudibleMark)]
    if seen:
        yield from _seen(max(seen, key=lambda mark: (elements(mark.text).complete, mark.ratio)))
    written = [mark for mark in marks if isinstance(mark, NoticeMark)]
    if heard:
        yield from min((list(_heard(mark)) for mark in heard), key=len)
    if written:
        yield from min((list(_written(mark)) for mark in written), key=len)


def _seen(mark: ExplicitMark) -> Iterator[Finding]:
    place = f"{mark.position}, box {','.join(map(str, mark.box))}"
    if not elements(mark.text).complete:
        yield finding("explicit.elements", place, mark.text, Answer.WRONG)
    if mark.ratio < MIN_HEIGHT_RATIO * (1 - HEIGHT_TOLERANCE):
        yield finding("explicit.height", place, f"{mark.ratio:.1%} ({mark.glyph_height:.1f} px)", Answer.WRONG)
    if mark.contrast < MIN_CONTRAST:
        yield finding("explicit.contrast", place, f"{mark.contrast:.1f}:1", Answer.WRONG)
    if mark.frames[0] < mark.frames[1]:
        yield finding("explicit.frames", place, f"{mark.frames[0]} of {mark.frames[1]} frames looked at", Answer.WRONG)


def _heard(mark: AudibleMark) -> Iterator[Finding]:
    place = f"{mark.start:.1f} to {mark.stop:.1f} s"
    if mark.kind == "voice" and not elements(mark.text).complete:
        yield finding("explicit.elements", place, mark.text, Answer.WRONG, "audio")
    slowest, fastest = SPEECH_RATE[0] * (1 - RATE_TOLERANCE), SPEECH_RATE[1] * (1 + RATE_TOLERANCE)
    if mark.kind == "voice" and not slowest <= mark.rate <= fastest:
        yield finding("explicit.rate", place, f"{mark.rate:.0f} characters a minute", Answer.WRONG, "audio")
    if mark.loudness < MIN_LOUDNESS:
        yield finding("explicit.loudness", place, f"{mark.loudness:.0f} LU", Answer.WRONG, "audio")


def _written(mark: NoticeMark) -> Iterator[Finding]:
    if not mark.complete:
        yield finding("explicit.elements", mark.place, mark.text, Answer.WRONG, "text")
    if mark.hidden:
        yield finding("explicit.shown", mark.place, mark.hidden, Answer.WRONG, "text")
    if mark.contrast is not None and mark.contrast < MIN_CONTRAST:
        yield finding("explicit.contrast", mark.place, f"{mark.contrast:.1f}:1", Answer.WRONG, "text")
