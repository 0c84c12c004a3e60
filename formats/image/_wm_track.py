"""Following the template from place to place, where a picture was bent: perspective, paper, lenses, small errors.

Around each place the lines of either family tell by how much the frame is off along that axis. A polynomial is fitted
to what they say, then the rest is smoothed, and the picture is sampled again. Only the template is looked at, so the
payload's signs stay independent of the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from labelkit.formats.image._wm_decode import Frame, heard
from labelkit.formats.image._wm_frame import Map, inverse
from labelkit.formats.image._wm_pattern import PERIOD, Float, Plan

#: Places are this far apart (frame units), and each listens to twice that far.
_STRIDE = 64
#: Displacements that are tried, frame units.
_REACH = np.arange(-10, 10.25, 0.5)
#: Strength (standard deviations) that noise reaches at some displacement; what is stronger counts.
_NOISE = 2.0
#: Orders of the polynomials that are fitted one after the other.
_ORDERS = (1, 2, 2)
#: Damping of a fit relative to the strength of all places together: constant, linear, quadratic terms.
_DAMPING = (0.0, 0.001, 0.01)
#: Spacing of the grid on which the displacement is evaluated, frame units.
_GRID = 16

#: Displacement at relative positions (rows y, columns x; -1 to 1) as an array of 2 x rows x columns.
Field = Callable[[Float, Float], Float]


def tracked(frame: Frame, filtered: Float, to_frame: Map, plan: Plan) -> Frame:
    """The frame sampled again where the template says it should be; the same frame if that makes it no clearer.

    Args:
        frame: the picture as the affine map puts it.
        filtered: the filtered picture.
        to_frame: the map from it.
        plan: the key's.
    """
    total: Field = _nowhere
    back, best, current = inverse(to_frame), frame, frame
    for order in _ORDERS:
        total = _sum(total, _fit(current, plan, order))
        current = _sampled(frame, filtered, back, total, plan)
        if abs(current.z) > abs(best.z):
            best = current
    local = _sampled(frame, filtered, back, _sum(total, _smooth(current, plan)), plan)
    return local if abs(local.z) > abs(best.z) else best


def _nowhere(y: Float, x: Float) -> Float:
    return np.zeros((2, *np.broadcast_shapes(y.shape, x.shape)))


def _sum(one: Field, other: Field) -> Field:
    return lambda y, x: one(y, x) + other(y, x)


def _fit(frame: Frame, plan: Plan, order: int) -> Field:
    """A polynomial through the displacements, each axis on its own."""
    strength, shift, y, x = _listen(frame, plan)
    terms = _terms(y, x, order)
    coefficients = [_solve(terms, shift[axis].ravel(), strength[axis].ravel(), order) for axis in (0, 1)]
    return lambda y, x: np.array([np.tensordot(c, _terms(y, x, order), 1) for c in coefficients])


def _terms(y: Float, x: Float, order: int) -> Float:
    one = np.ones(np.broadcast_shapes(y.shape, x.shape))
    terms = [one, x * one, y * one]
    if order > 1:
        terms += [x * x * one, x * y, y * y * one]
    return np.array(terms)


def _solve(terms: Float, shift: Float, strength: Float, order: int) -> Float:
    basis, weight = terms.reshape(len(terms), -1), np.maximum(strength - _NOISE, 0) ** 2
    degree = np.array([0, 1, 1, 2, 2, 2])[: len(basis)]
    normal = (basis * weight) @ basis.T + np.diag(np.take(_DAMPING, degree) * weight.sum() + 1e-9)
    return np.asarray(np.linalg.solve(normal, (basis * weight) @ shift))


def _smooth(frame: Frame, plan: Plan) -> Field:
    """What is left of the displacement, averaged over neighbouring places."""
    strength, shift, _, _ = _listen(frame, plan)
    weight = np.maximum(strength - _NOISE, 0) ** 2
    calm = weight.mean() * 0.1 + 1e-9
    blurred = [_blurred(w * s) for w, s in zip(weight, shift, strict=True)]
    sums = [_blurred(w) + calm for w in weight]
    rest = [np.clip(b / s, -3, 3).astype(np.float32) for b, s in zip(blurred, sums, strict=True)]
    return lambda y, x: np.array([cv2.resize(r, (x.size, y.size), interpolation=cv2.INTER_LINEAR) for r in rest])


def _blurred(values: Float) -> Float:
    return np.asarray(cv2.GaussianBlur(values.astype(np.float32), (0, 0), 1))


def _listen(frame: Frame, plan: Plan) -> tuple[Float, Float, Float, Float]:
    """How strongly each place says which displacement (2 x rows x columns), and where the places are (y, x)."""
    along_u = _curves(frame.values, frame.low[0], plan, 0)
    along_v = _curves(frame.values.T, frame.low[1], plan, 1).transpose(1, 0, 2)
    curves = np.stack([along_u, along_v]) * np.sign(frame.z)
    rows, columns = curves.shape[1:3]
    # Neighbours say nearly the same.
    smooth = [cv2.blur(family, (3, 3), borderType=cv2.BORDER_REFLECT_101) * np.float32(2) for family in curves]
    peaks = np.array(smooth).reshape(2, rows, columns, -1)
    y, x = (np.arange(n) + 1.0 for n in (rows, columns))
    y, x = 2 * y / (rows + 1) - 1, 2 * x / (columns + 1) - 1
    return peaks.max(axis=3), _REACH[peaks.argmax(axis=3)], y[:, None], x[None, :]


def _curves(values: Float, low: int, plan: Plan, axis: int) -> Float:
    """How well a family of lines agrees at each place and displacement, in about standard deviations of noise."""
    rows, columns = values.shape[0] // _STRIDE, values.shape[1] // _STRIDE
    lines = plan.lines[axis]
    marginal = values.reshape(rows, _STRIDE, columns, _STRIDE).sum(axis=1)
    turn = -2j * np.pi / PERIOD * lines
    local = marginal.astype(np.complex64) @ np.exp(np.outer(np.arange(_STRIDE), turn)).astype(np.complex64)
    start = np.outer(low + _STRIDE * np.arange(columns), turn) - 1j * plan.phases[axis]
    local = local * np.exp(start).astype(np.complex64)
    around = local[:-1, :-1] + local[1:, :-1] + local[:-1, 1:] + local[1:, 1:]
    noise = np.sqrt((np.abs(around) ** 2).mean(axis=(0, 1)) + 1e-12)
    around = around / np.maximum(noise, np.abs(around) / 3)
    curves = (around @ np.exp(np.outer(-turn, -_REACH)).astype(np.complex64)).real
    return np.asarray(curves / np.sqrt(len(lines) / 2), np.float32)


def _sampled(frame: Frame, filtered: Float, back: Map, field: Field, plan: Plan) -> Frame:
    rows, columns = frame.values.shape
    y = (np.arange(rows // _GRID) + 0.5) * _GRID
    x = (np.arange(columns // _GRID) + 0.5) * _GRID
    shift = field((2 * y / rows - 1)[:, None], (2 * x / columns - 1)[None, :])
    u, v = x[None, :] - 0.5 + frame.low[0] - shift[0], y[:, None] - 0.5 + frame.low[1] - shift[1]
    at = (back[:, :2, None, None] * np.array([u, v])[None]).sum(axis=1) + back[:, 2, None, None]
    maps = [cv2.resize(a.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR) for a in at]
    values = np.asarray(cv2.remap(filtered, maps[0], maps[1], cv2.INTER_CUBIC))
    return replace(frame, values=values, z=heard(values, frame.low, plan))
