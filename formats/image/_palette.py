"""Drawing with a limited set of colours: which entries of a palette the label uses, and which it adds.

Indices of pixels outside the label never change, so the picture around it stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit.formats.image._stamp import Stamp

#: Entries closer than this in every channel pass as the colour wanted.
CLOSE = 16
#: Greys that a label uses in a palette: ink, plate or outline, and three steps of anti-aliasing between them.
STEPS = 5

Colours = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A palette with the label's colours: ``colours`` n x 3, ``alphas`` n, and the index of each colour wanted."""

    colours: Colours
    alphas: Colours
    index: tuple[int, ...]


def hardened(stamp: Stamp) -> Stamp:
    """The stamp without half-covered pixels and with few colours, for palettes and two-colour pictures."""
    step = 255 / (STEPS - 1)
    colour = (np.rint(stamp.colour / step) * step).astype(np.uint8)
    return Stamp(stamp.left, stamp.top, colour, np.where(stamp.cover >= 128, 255, 0).astype(np.uint8))


def wanted(stamp: Stamp) -> Colours:
    """The different colours of a hardened stamp, k x 3, extremes first."""
    colour = stamp.colour if stamp.colour.ndim == 3 else np.repeat(stamp.colour[..., None], 3, axis=2)
    kinds = np.unique(colour[stamp.cover > 0].reshape(-1, 3), axis=0)
    return kinds[np.argsort(-np.abs(kinds.astype(int).sum(axis=1) - 382), kind="stable")]


def fit(colours: Colours, alphas: Colours, used: Sequence[bool], need: Colours, most: int = 256) -> Fitted:
    """Find a place in a palette for each colour needed.

    An entry that is close enough is shared; otherwise one is added while there is room, then one that no pixel uses is
    taken over, and at last the nearest opaque entry has to do.

    Args:
        colours: the palette, n x 3.
        alphas: opacity of each entry, n.
        used: whether any pixel has the entry, n.
        need: the colours, k x 3, most important first.
        most: how many entries the format allows.
    """
    entries, opacity, free = colours.astype(int), alphas.astype(int), [i for i, u in enumerate(used) if not u]
    index = []
    for colour in need.astype(int):
        distance = np.abs(entries - colour).max(axis=1) if len(entries) else np.zeros(0, int)
        distance = np.where(opacity == 255, distance, 999)
        best = int(distance.argmin()) if len(distance) else -1
        if best >= 0 and distance[best] <= CLOSE:
            index.append(best)
            free = [i for i in free if i != best]
        elif len(entries) < most:
            entries, opacity = np.vstack([entries, colour]), np.append(opacity, 255)
            index.append(len(entries) - 1)
        elif free:
            taken = free.pop()
            entries[taken], opacity[taken] = colour, 255
            index.append(taken)
        else:
            index.append(best)
    return Fitted(entries.astype(np.uint8), opacity.astype(np.uint8), tuple(index))


def index_stamp(stamp: Stamp, need: Colours, index: Sequence[int]) -> Colours:
    """The hardened stamp as palette indices; what lies outside its cover means nothing."""
    colour = stamp.colour if stamp.colour.ndim == 3 else np.repeat(stamp.colour[..., None], 3, axis=2)
    out = np.zeros(stamp.cover.shape, np.uint8)
    for kind, number in zip(need, index, strict=True):
        out[(colour == kind).all(axis=2)] = number
    return out


def fit_image(image: Image.Image, need: Colours) -> tuple[int, ...]:
    """Make room for the colours in the palette of an image of mode P, and say which indices they have."""
    flat = image.getpalette("RGB") or []
    colours = np.array(flat, np.uint8).reshape(-1, 3)
    histogram = image.histogram()
    highest = max((i for i, n in enumerate(histogram) if n), default=0)
    if len(colours) <= highest:
        colours = np.vstack([colours, np.zeros((highest + 1 - len(colours), 3), np.uint8)])
    clear = image.info.get("transparency")
    alphas = _alphas(clear, len(colours))
    fitted = fit(colours, alphas, [bool(n) for n in histogram[: len(colours)]], need)
    image.putpalette(fitted.colours.tobytes(), "RGB")
    if isinstance(clear, bytes):
        image.info["transparency"] = fitted.alphas[: _last_clear(fitted.alphas)].tobytes()
    return fitted.index


def _alphas(clear: object, count: int) -> Colours:
    alphas = np.full(count, 255, np.uint8)
    if isinstance(clear, bytes):
        known = np.frombuffer(clear[:count], np.uint8)
        alphas[: len(known)] = known
    elif isinstance(clear, int) and clear < count:
        alphas[clear] = 0
    return alphas


def _last_clear(alphas: Colours) -> int:
    below = np.flatnonzero(alphas < 255)
    return int(below[-1]) + 1 if len(below) else 1


def paint_indices(region: Image.Image, stamp: Stamp, indices: Colours, returns: Image.Transpose | None) -> Image.Image:
    """A part of a P image (file orientation) with the stamp (display orientation) over it."""
    over, cover = Image.fromarray(indices), Image.fromarray(stamp.cover)
    if returns is not None:
        over, cover = over.transpose(returns), cover.transpose(returns)
    mixed = np.where(np.asarray(cover) > 0, np.asarray(over), np.asarray(region))
    out = region.copy()
    out.frombytes(np.ascontiguousarray(mixed).tobytes())
    return out
