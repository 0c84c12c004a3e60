"""The watermark's signal in its canonical frame: a keyed payload tile and a keyed synchronisation template.

The canonical frame has the picture's short side at 512 units and is turned by a keyed angle near 27 degrees, away from
the axes on which JPEG grids, buildings and text lie. In it live

* a payload tile of period 128 x 128: every coefficient of a half plane of its DFT carries one coded bit times a keyed
  sign, weighted f^-0.8, between what low-pass filters and what small crops want;
* 22 sinusoids along u and 22 along v, with keyed frequencies and phases. Each family is collinear, and a line stays a
  line under any affine map, so a detector finds each with two numbers instead of four for both together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelkit.watermark.coding import Code
from labelkit.watermark.keys import Key, permutation, signs, uniform

#: Short side of the canonical frame.
CANONICAL = 512
#: Period of the payload tile and of the template, in canonical units.
TILE = 128
PERIOD = 512
#: Share of the signal's energy in the template.
TEMPLATE_SHARE = 0.3
#: Radial frequencies of the tile, cycles per unit.
MIN_FREQUENCY, MAX_FREQUENCY = 0.045, 0.3
#: Spectral slope of the tile and of the template.
SLOPE, LINE_SLOPE = 0.8, 0.1
#: Template lines: first and last index (cycles per PERIOD), and the growth of their spacing.
FIRST_LINE, LAST_LINE, LINE_STEP, LINE_GROWTH = 24, 172, 6.0, 0.06
#: Keyed rotation: centre and half range in degrees.
ANGLE, ANGLE_RANGE = 27.0, 4.0
CODE = Code(16)

#: Arrays of float32; OpenCV's own type hints do not say so.
Float = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a key decides.

    Attributes:
        angle: rotation of the canonical frame in degrees.
        rows, columns: DFT indices of the tile's coefficients, one per pair of dimensions.
        bit: the coded bit each dimension carries (real parts, then imaginary parts interleaved by pair).
        sign: the keyed sign of each dimension.
        frequency: radial frequency of each coefficient.
        lines: (2, n) indices of the template lines, along u and along v.
        phases: (2, n) their phases in radians.
    """

    angle: float
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    bit: NDArray[np.int64]
    sign: Float
    frequency: Float
    lines: tuple[NDArray[np.int64], NDArray[np.int64]]
    phases: tuple[NDArray[np.float64], NDArray[np.float64]]


@lru_cache(maxsize=64)
def plan(key: Key) -> Plan:
    """The plan of a key; cached, since making one costs about a millisecond."""
    rows, columns, frequency = half_plane()
    dimensions = 2 * len(rows)
    blocks = -(-dimensions // CODE.length)
    bit = np.concatenate([permutation(key, f"image bits {n}", CODE.length) for n in range(blocks)])[:dimensions]
    lines = (_lines(key, "u"), _lines(key, "v"))
    phases = tuple(uniform(key, f"image phase {axis}", len(n)) * 2 * np.pi for axis, n in zip("uv", lines, strict=True))
    angle = ANGLE + ANGLE_RANGE * (2 * float(uniform(key, "image angle", 1)[0]) - 1)
    return Plan(
        angle, rows, columns, bit, signs(key, "image signs", dimensions), frequency, lines, (phases[0], phases[1])
    )


def half_plane() -> tuple[NDArray[np.int64], NDArray[np.int64], Float]:
    """Coefficients in order of radial frequency; |row|, |column| >= 2 keeps the axes free for the template."""
    row, column = np.meshgrid(np.arange(-TILE // 2, TILE // 2), np.arange(2, TILE // 2), indexing="ij")
    frequency = np.hypot(row, column) / TILE
    keep = (np.abs(row) >= 2) & (frequency >= MIN_FREQUENCY) & (frequency <= MAX_FREQUENCY)
    row, column, frequency = row[keep], column[keep], frequency[keep]
    order = np.lexsort((column, row, frequency))
    return row[order] % TILE, column[order], frequency[order].astype(np.float32)


def _lines(key: Key, axis: str) -> NDArray[np.int64]:
    """Line indices with spacing growing with frequency, each moved by a keyed part of its step."""
    jitter = uniform(key, f"image lines {axis}", 64)
    lines: list[int] = []
    at = float(FIRST_LINE)
    while at <= LAST_LINE:
        step = max(LINE_STEP, LINE_GROWTH * at)
        lines.append(round(at + 0.55 * step * float(jitter[len(lines)])))
        at += step
    return np.array(lines)


def tile(plan_: Plan, payload: int) -> Float:
    """The payload tile, TILE x TILE, unit RMS."""
    values = CODE.encode(payload)[plan_.bit] * plan_.sign
    weight = plan_.frequency**-SLOPE
    spectrum = np.zeros((TILE, TILE // 2 + 1), np.complex128)
    spectrum[plan_.rows, plan_.columns] = (values[0::2] + 1j * values[1::2]) * weight
    pattern = np.fft.irfft2(spectrum, (TILE, TILE))
    return np.asarray(pattern / pattern.std(), np.float32)


@lru_cache(maxsize=16)
def template(key: Key) -> Float:
    """The synchronisation template, PERIOD x PERIOD (rows v, columns u), unit RMS."""
    chosen = plan(key)
    t = np.arange(PERIOD) * (2 * np.pi / PERIOD)
    u, v = (
        (np.cos(np.outer(t, n) + phase) * (n / PERIOD) ** -LINE_SLOPE).sum(axis=1)
        for n, phase in zip(chosen.lines, chosen.phases, strict=True)
    )
    pattern = u[None, :] + v[:, None]
    return np.asarray(pattern / pattern.std(), np.float32)


def torus(key: Key, payload: int) -> Float:
    """Tile and template together, PERIOD x PERIOD, unit RMS; it repeats in both directions."""
    repeated = np.tile(tile(plan(key), payload), (PERIOD // TILE, PERIOD // TILE))
    share = np.float32(TEMPLATE_SHARE)
    return np.asarray(np.sqrt(1 - share) * repeated + np.sqrt(share) * template(key), np.float32)
