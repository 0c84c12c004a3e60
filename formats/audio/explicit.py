"""The label people hear: put it into a sound, find it, confirm it (GB 45438-2025 5.3).

Either the rhythm short long, short short, or a spoken sentence, at the start, the end, in a pause in the middle, or at
each of them; inserted between parts of the programme or played over it; as loud as the programme (ITU-R BS.1770), with
fades, and below -1 dB of full scale. Everything works on pieces, so that hours of sound and streams need little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from labelkit.config import AudibleConfig
from labelkit.errors import ExplicitLabelError
from labelkit.formats.audio import _loudness, _prompt_find
from labelkit.formats.audio._listening import listen
from labelkit.formats.audio._loudness import Survey
from labelkit.formats.audio._pcm import Samples
from labelkit.formats.audio._prompts import Label, make
from labelkit.formats.audio.sound import Sound
from labelkit.record import AudibleMark

__all__ = ["Plan", "confirm", "find", "label_stream", "plan", "put", "survey"]

#: Highest sample of a label and of a sum with the programme: -3 and -1 dB of full scale.
_LABEL_PEAK, _SUM_PEAK = 10 ** (-3 / 20), 10 ** (-1 / 20)
#: A label in silence has EBU R 128's target; one in a very soft programme is not softer than this.
_TARGET_LUFS, _SOFTEST_LUFS = -23.0, -45.0
#: Silence before and after an inserted label, and the fade of a programme that it interrupts.
_LEAD_SECONDS, _TAIL_SECONDS, _FADE_SECONDS = 0.05, 0.25, 0.03
#: How far a programme is turned down under a label that is played over it, and how fast.
_DUCK, _DUCK_SECONDS = 10 ** (-12 / 20), 0.15
#: How far from the wanted place a pause is looked for: a share of the length, and at most so many seconds.
_PAUSE_SHARE, _PAUSE_SECONDS = 0.15, 15.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label goes: frame of the programme, and ``"start"``, ``"middle"`` or ``"end"``."""

    frame: int
    position: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A label and its places, all decided before the first frame is written.

    Attributes:
        label: what is heard.
        places: in order of time.
        gain: amplitude of the label's highest sample.
        insert: whether the programme waits, or is turned down.
        duck: gain of the programme under a label that is played over it.
        rate, channels: of the programme.
        loudness: of the label over the programme, in LU; 0 when there is no programme to compare with.
    """

    label: Label
    places: tuple[Place, ...]
    gain: float
    insert: bool
    duck: float
    rate: int
    channels: int
    loudness: float

    @property
    def marks(self) -> tuple[AudibleMark, ...]:
        """The labels as they will be heard, in seconds of the result."""
        return tuple(self._mark(number, place) for number, place in enumerate(self.places))

    def _mark(self, number: int, place: Place) -> AudibleMark:
        one = self.label
        start = place.frame / self.rate
        start += number * self.gap / self.rate + (_LEAD_SECONDS if self.insert else 0)
        return AudibleMark(
            one.kind, one.text, start, start + one.seconds, place.position, self.loudness, one.speech, one.tone,
            one.unit, 1.0,
        )  # fmt: skip

    @property
    def gap(self) -> int:
        """Frames that each label makes the sound longer."""
        if not self.insert:
            return 0
        return round(_LEAD_SECONDS * self.rate) + len(self.label.samples) + round(_TAIL_SECONDS * self.rate)

    def moved(self, second: float) -> float:
        """Where a second of the programme is in the result."""
        before = sum(place.frame <= second * self.rate for place in self.places)
        return second + before * self.gap / self.rate


def plan(survey: Survey, settings: AudibleConfig, channels: int, layout: str = "") -> Plan:
    """Decide loudness and places.

    Args:
        survey: the programme as :func:`labelkit.formats.audio._loudness.measure` found it.
        settings: style, position, level, mix, repeat.
        channels, layout: of the programme.

    Raises:
        ExplicitLabelError: the sound is shorter than a label that is to be played over it, or the recording is not as
            the rule asks.
        ConfigError: the recording cannot be used.
    """
    _check_room(survey, settings)
    label = make(settings, survey.rate)
    insert = settings.mix == "insert"
    if not insert and survey.frames < len(label.samples):
        raise ExplicitLabelError(
            f"the sound is shorter than the label of {label.seconds:.1f} s",
            place="audible.mix",
            remedy="use mix = insert",
        )
    gain, loudness = _fitted(label, survey, settings.level, channels)
    places = _places(survey, settings, label)
    duck = 1.0 if insert else _duck(survey, places, label, gain)
    return Plan(label, places, gain, insert, duck, survey.rate, channels, loudness)


#: A tone nearer to half the sampling rate is cut off by filters.
_HIGHEST_TONE = 0.4


def _check_room(survey: Survey, settings: AudibleConfig) -> None:
    if not survey.frames:
        raise ExplicitLabelError("there is no sound to label", remedy="write the metadata layer only")
    if settings.style == "rhythm" and settings.tone > _HIGHEST_TONE * survey.rate:
        raise ExplicitLabelError(
            f"a sampling rate of {survey.rate} Hz has no room for a tone of {settings.tone:.0f} Hz",
            place="audible.tone",
            remedy="use a lower tone, or a higher sampling rate",
        )


def _fitted(label: Label, survey: Survey, level: float, channels: int) -> tuple[float, float]:
    """Amplitude of the label, and its loudness over the programme."""
    programme = survey.loudness
    reference = max(programme, _SOFTEST_LUFS) if programme > _loudness.SILENT else _TARGET_LUFS
    at_one = _own_loudness(label, channels)
    gain = min(10 ** ((reference + level - at_one) / 20), _LABEL_PEAK)
    reached = at_one + 20 * np.log10(gain)
    return gain, float(reached - programme) if programme > _loudness.SILENT else 0.0


def _own_loudness(label: Label, channels: int) -> float:
    """LUFS of the label at full scale: of a rhythm while it sounds, of speech gated."""
    heard = min(channels, 2)
    if label.kind == "rhythm":
        return float(-3.701 + _loudness.weight_at(label.tone, label.rate) + 10 * np.log10(heard))
    alone = _loudness.measure([label.samples[:, None].repeat(heard, 1)], label.rate, "", heard)
    return alone.loudness


def _places(survey: Survey, settings: AudibleConfig, label: Label) -> tuple[Place, ...]:
    seconds = survey.frames / survey.rate
    asked = ("start", "middle", "end") if settings.position == "each" else (settings.position,)
    found = {}
    if "start" in asked:
        found[0.0] = "start"
    if "middle" in asked:
        found[survey.pause(seconds / 2, min(_PAUSE_SHARE * seconds, _PAUSE_SECONDS))] = "middle"
    if settings.repeat > 0:
        found |= dict.fromkeys(_repeats(survey, settings.repeat, label.seconds), "middle")
    if "end" in asked:
        found[seconds] = "end"
    if settings.mix == "over":
        found = {min(second, seconds - label.seconds): position for second, position in found.items()}
    return tuple(Place(round(second * survey.rate), found[second]) for second in sorted(found))


#: More labels than this in one file are a mistake.
_MAX_REPEATS = 2000


def _repeats(survey: Survey, every: float, label: float) -> Iterator[float]:
    """Pauses about ``every`` seconds apart; none so near the end that only silence would follow."""
    seconds, every = survey.frames / survey.rate, max(every, 4 * label)
    for number in range(1, min(_MAX_REPEATS, int(seconds / every)) + 1):
        if number * every < seconds - every / 2:
            yield survey.pause(number * every, min(every / 4, _PAUSE_SECONDS))


def _duck(survey: Survey, places: tuple[Place, ...], label: Label, gain: float) -> float:
    """Gain of the programme under the label: 12 dB down, or as far as the sum needs to stay below -1 dB."""
    step = survey.rate * _loudness.STEP_SECONDS
    peak = 0.0
    for place in places:
        under = survey.peaks[int(place.frame / step) : int((place.frame + len(label.samples)) / step) + 1]
        peak = max(peak, float(under.max()) if len(under) else 0.0)
    return min(_DUCK, (_SUM_PEAK - gain) / peak) if peak else _DUCK


def survey(opened: Sound) -> Survey:
    """Listen to a programme before it is labelled: its loudness and its pauses.

    Raises:
        BrokenFile: it does not decode.
    """
    return _loudness.measure(opened.chunks(), opened.rate, opened.layout, opened.channels)


# --- into the samples ------------------------------------------------------------------------------------------------


def put(pieces: Iterable[Samples], planned: Plan) -> Iterator[Samples]:
    """The programme with its labels.

    Args:
        pieces: frames x channels, the programme that was surveyed.
        planned: what :func:`plan` decided.
    """
    at, waiting = 0, list(planned.places)
    for piece in pieces:
        piece = _turned_down(piece, at, planned)
        start, stop = at, at + len(piece)
        while planned.insert and waiting and waiting[0].frame < stop:
            cut = waiting.pop(0).frame
            yield piece[start - at : cut - at]
            yield _gap(planned)
            start = cut
        yield piece[start - at :]
        at = stop
    for _ in waiting if planned.insert else ():
        yield _gap(planned)


def _gap(planned: Plan) -> Samples:
    lead, tail = round(_LEAD_SECONDS * planned.rate), round(_TAIL_SECONDS * planned.rate)
    padded = np.concatenate([np.zeros(lead), planned.label.samples * np.float32(planned.gain), np.zeros(tail)])
    return _spread(padded.astype(np.float32), planned.channels)


def _spread(mono: np.ndarray[tuple[int, ...], np.dtype[np.float32]], channels: int) -> Samples:
    """The label on both front channels; the others are silent meanwhile."""
    spread = np.zeros((len(mono), channels), np.float32)
    spread[:, : min(channels, 2)] = mono[:, None]
    return spread


def _turned_down(piece: Samples, at: int, planned: Plan) -> Samples:
    """Fades around what is inserted, or the programme turned down and the label added; other frames stay exact."""
    changed = piece
    for place in planned.places:
        reach = round((_FADE_SECONDS if planned.insert else _DUCK_SECONDS) * planned.rate)
        length = 0 if planned.insert else len(planned.label.samples)
        first, last = max(place.frame - reach, at), min(place.frame + length + reach, at + len(piece))
        if first >= last or (planned.insert and place.position != "middle"):
            continue
        if changed is piece:
            changed = piece.copy()
        frames = np.arange(first, last)
        changed[first - at : last - at] *= _gain(frames, place.frame, length, reach, planned)[:, None]
        if length:
            inside = (frames >= place.frame) & (frames < place.frame + length)
            mono = planned.label.samples[frames[inside] - place.frame] * np.float32(planned.gain)
            changed[first - at : last - at][inside] += _spread(mono, planned.channels)
    return changed


def _gain(
    frames: np.ndarray[tuple[int, ...], np.dtype[np.int64]], start: int, length: int, reach: int, planned: Plan
) -> Samples:
    """Gain of the programme: 1 far from the label, 0 at an insertion, ``duck`` under a label, raised cosine between."""
    distance = np.maximum(np.maximum(start - frames, frames - (start + length - 1)), 0) / reach
    floor = 0.0 if planned.insert else planned.duck
    shape: Samples = floor + (1 - floor) * (0.5 - 0.5 * np.cos(np.pi * np.clip(distance, 0, 1)))
    return shape.astype(np.float32)


def label_stream(
    pieces: Iterable[Samples], rate: int, settings: AudibleConfig | None = None, *, loudness: float = -20.0
) -> Iterator[Samples]:
    """Label speech while it is being made: the label comes before the first piece, or after the last.

    For the pieces of a text-to-speech service, which nobody can survey before they are sent. GB 45438-2025 5.3 note 3
    counts one turn of a conversation as a whole with its own start and end.

    Args:
        pieces: float32, frames or frames x channels.
        rate: frames a second.
        settings: position ``start``, ``end`` or ``each`` (both); the label is always inserted.
        loudness: of the speech in LUFS, for a label at the start; at the end it is measured.

    Raises:
        ExplicitLabelError: position ``middle``, or a recording that is not as the rule asks.
    """
    settings = replace(settings or AudibleConfig(), mix="insert")
    if settings.position == "middle" or settings.repeat:
        raise ExplicitLabelError(
            "a stream has a start and an end, its middle is not known", place="audible.position", remedy="use start"
        )
    meter: _loudness.Meter | None = None
    flat = False
    for piece in pieces:
        flat, shaped = piece.ndim == 1, piece if piece.ndim > 1 else piece[:, None]
        if meter is None:
            meter = _loudness.Meter(rate, np.ones(shaped.shape[1]))
            if settings.position in ("start", "each"):
                yield _as(_alone(settings, rate, shaped.shape[1], loudness), flat)
        meter.take(shaped)
        yield piece
    if meter is not None and settings.position in ("end", "each"):
        measured = meter.survey().loudness
        level = measured if measured > _loudness.SILENT else loudness
        yield _as(_alone(settings, rate, len(meter.weights), level), flat)


def _as(samples: Samples, flat: bool) -> Samples:
    return samples[:, 0] if flat else samples


def _alone(settings: AudibleConfig, rate: int, channels: int, loudness: float) -> Samples:
    label = make(settings, rate)
    gain = min(10 ** ((loudness + settings.level - _own_loudness(label, channels)) / 20), _LABEL_PEAK)
    return _gap(Plan(label, (), gain, True, 1.0, rate, channels, 0.0))


# --- out of the samples ----------------------------------------------------------------------------------------------


def find(opened: Sound) -> list[AudibleMark]:
    """Every audible label in a sound: rhythms of anybody, and the spoken labels that ship.

    Raises:
        BrokenFile: it does not decode.
    """
    return listen(opened.chunks(), opened.rate, opened.channels, opened.layout)


def confirm(opened: Sound, mark: AudibleMark) -> bool:
    """Whether a freshly written sound holds the label that was just put in, where it was put; decodes no further.

    A recording of the caller's is confirmed by its loudness, since nothing else about it is known here.

    Raises:
        BrokenFile: it does not decode.
    """
    first, last = max(0.0, mark.start - _SLACK_SECONDS), mark.stop + _SLACK_SECONDS
    piece = _cut(opened, first, last)
    known = [t for t in _prompt_find.shipped() if t.text == mark.text]
    if mark.kind == "voice" and not known:
        return _loudness.measure([piece], opened.rate, opened.layout, opened.channels).loudness > _loudness.SILENT
    heard = listen([piece], opened.rate, opened.channels, opened.layout, known)
    return any(
        one.kind == mark.kind and abs(one.start + first - mark.start) < _SHIFT_SECONDS + 0.05 * (mark.stop - mark.start)
        for one in heard
    )


#: What is looked at around a label when it is confirmed, and how far a codec that cannot say its delay may shift it.
_SLACK_SECONDS, _SHIFT_SECONDS = 2.0, 0.25


def _cut(opened: Sound, start: float, stop: float) -> Samples:
    first, last, at = round(start * opened.rate), round(stop * opened.rate), 0
    kept = [np.zeros((0, opened.channels), np.float32)]
    for piece in opened.chunks():
        kept.append(piece[max(first - at, 0) : max(last - at, 0)])
        at += len(piece)
        if at >= last:
            break
    return np.concatenate(kept)
