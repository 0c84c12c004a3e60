"""The whole detection: as it plays first, then under other tempos and pitches, and what is sure enough to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelkit.formats.audio._wm_detect import Heard, Listener, Scale, Sound, listen, pilot_chance, spans
from labelkit.formats.audio._wm_pattern import CORE_RATE, Float, plan
from labelkit.formats.audio._wm_resample import Resampler
from labelkit.formats.audio._wm_search import CLOSER, SECONDS, SLOPES, Excerpt, Guess, hypotheses, loudest, search
from labelkit.watermark.keys import Key

#: Bounds of the chance that a sound without a mark is said to carry one, all keys and the whole search together.
PRESENCE_CHANCE, PAYLOAD_CHANCE = 1e-6, 1e-9
#: A hypothesis below this score is not worth listening to; unmarked sound seldom reaches it.
_WORTH = 5.0
#: Shorter sounds are not searched.
_LEAST_SECONDS = 1.0
#: Seconds of which the loudest are searched at a time.
_SEARCHED = 60

#: Begins a stream of one channel at its own rate anew.
Source = Callable[[], Iterable[Float]]


@dataclass(frozen=True, slots=True)
class Found:
    """A mark.

    Attributes:
        key: whose.
        payload: None if only its presence is sure.
        p_value: bound of a false alarm.
        z: normalised correlation with the payload's codeword; with the pilot where there is no payload.
        spans: seconds from, to.
        scale: how the sound plays beside the one that was marked.
    """

    key: Key
    payload: int | None
    p_value: float
    z: float
    spans: tuple[tuple[float, float], ...]
    scale: Scale


def find(source: Source, rate: int, keys: Sequence[Key], far: bool) -> list[Found]:
    """All marks of these keys, surest first; ``far`` looks for changed tempo, speed and pitch, too."""
    sound = Sound(lambda: cores(source, rate, CORE_RATE), Scale())
    tries = 2 if far else 1
    found = told(sound, listen(sound, keys), tries * len(keys))
    if any(one.payload is not None for one in found) or not far:
        return found
    return best_of(found + _elsewhere(source, rate, keys))


def best_of(found: list[Found]) -> list[Found]:
    """Surest first, and of each key presence alone only if there is nothing better."""
    ordered = sorted(found, key=lambda one: (one.payload is None, one.p_value))
    return [
        one for n, one in enumerate(ordered) if one.payload is not None or one.key not in [o.key for o in ordered[:n]]
    ]


def cores(source: Source, rate: int, core_rate: int) -> Iterator[Float]:
    """The stream at the core rate, or near it to undo a pitch."""
    resampler = Resampler(rate, core_rate)
    for chunk in source():
        yield resampler.push(chunk)
    yield resampler.flush()


def told(sound: Sound, listeners: Sequence[Listener], tries: int) -> list[Found]:
    """What the bounds allow to be told."""
    found = []
    for listener in listeners:
        heard, many = listener.heard, tries * max(1, listener.heard.windows)
        payloads = [p for p, chance in heard.chances.items() if chance * many <= PAYLOAD_CHANCE]
        for payload in payloads:
            where = tuple(spans(sound, listener.plan, payload, len(payloads) == 1))
            p = min(1.0, heard.chances[payload] * many)
            scale = Scale(sound.scale.time * heard.tempos[payload], sound.scale.pitch)
            found.append(Found(listener.key, payload, p, heard.readings[payload].z, where, scale))
        presence = pilot_chance(heard.best) * many
        if not payloads and presence <= PRESENCE_CHANCE:
            found.append(Found(listener.key, None, presence, heard.best, _where(heard, sound), sound.scale))
    return sorted(found, key=lambda one: one.p_value)


def _where(heard: Heard, sound: Sound) -> tuple[tuple[float, float], ...]:
    """The windows in which the pilot stands out, joined."""
    joined: list[list[int]] = []
    for first, stop, _ in heard.present:
        if joined and first <= joined[-1][1]:
            joined[-1][1] = stop
        else:
            joined.append([first, stop])
    second = sound.seconds_per_slot
    return tuple((first * second, stop * second) for first, stop in joined)


def _elsewhere(source: Source, rate: int, keys: Sequence[Key]) -> list[Found]:
    """Marks under another tempo or pitch, found in the loudest seconds."""
    loud = _excerpt(source, rate)
    if len(loud) < _LEAST_SECONDS * CORE_RATE:
        return []
    excerpt = Excerpt(loud)
    guesses = search(excerpt, [plan(key) for key in keys])
    tries = 2 * len(keys) * len(hypotheses()) * len(SLOPES)
    found: list[Found] = []
    for key, of_key in zip(keys, guesses, strict=True):
        for guess in of_key[:CLOSER]:
            if guess.score < _WORTH:
                break
            closer = _closer(source, rate, key, guess, tries)
            found += closer
            if any(one.payload is not None for one in closer):
                break
    return found


def _closer(source: Source, rate: int, key: Key, guess: Guess, tries: int) -> list[Found]:
    core_rate = round(CORE_RATE * guess.scale.pitch)
    sound = Sound(lambda: cores(source, rate, core_rate), guess.scale)
    return told(sound, listen(sound, [key]), tries)


def _excerpt(source: Source, rate: int) -> Float:
    """The loudest seconds of the loudest minute."""
    best, power, held = np.zeros(0, np.float32), -1.0, np.zeros(0, np.float32)
    size, want = _SEARCHED * CORE_RATE, int(SECONDS * CORE_RATE)
    for chunk in cores(source, rate, CORE_RATE):
        held = np.concatenate([held, chunk])
        while len(held) >= size:
            best, power = _louder(best, power, loudest(held[:size], want))
            held = held[size:]
    return _louder(best, power, loudest(held, want))[0]


def _louder(best: Float, power: float, other: Float) -> tuple[Float, float]:
    energy = float(np.vdot(other, other))
    return (other, energy) if energy > power else (best, power)
