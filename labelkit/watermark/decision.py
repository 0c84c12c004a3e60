"""When a mark is reported, and how sure that is: a bound that holds whatever the picture or sound may be.

The statistic is the normalised correlation of the decoded codeword with the received soft values,

    z = sum(c_i v_i) / sqrt(sum(v_i^2)),

where every v_i was multiplied by a secret sign that is independent of the content. For a fixed codeword c and content
without this key's mark, Hoeffding's inequality gives P(z > x) <= exp(-x^2 / 2) with no assumption on the content. The
decoder may choose among all 2^64 CRC-valid words and several geometries, so the union bound multiplies by that many:

    p <= 2^64 * tries * exp(-z^2 / 2).
"""

from __future__ import annotations

import math
import sys

import numpy as np
from numpy.typing import NDArray

from labelkit.watermark.coding import PAYLOAD_BITS


def statistic(coded: NDArray[np.float32], soft: NDArray[np.float32], energy: float | None = None) -> float:
    """Normalised correlation of a codeword (-1/+1) with soft values.

    Args:
        coded: the decoded word.
        soft: what was received, per coded bit.
        energy: sum of squares of the *uncombined* values when each coded bit is a sum of several; the bound needs
            the finest independent signs. None takes the coded bits themselves.
    """
    total = float(np.dot(soft, soft)) if energy is None else energy
    return float(np.dot(coded, soft)) / math.sqrt(total) if total > 0 else 0.0


def p_value(z: float, tries: int) -> float:
    """Upper bound of the chance that unmarked content reaches ``z`` with any payload in ``tries`` decodings."""
    if z <= 0:
        return 1.0
    log = PAYLOAD_BITS * math.log(2) + math.log(max(1, tries)) - z * z / 2
    # a bound never becomes zero, only smaller than a float can say
    return max(math.exp(log), sys.float_info.min) if log < 0 else 1.0


def threshold(p: float, tries: int) -> float:
    """The smallest z whose :func:`p_value` is at most ``p``."""
    return math.sqrt(2 * (PAYLOAD_BITS * math.log(2) + math.log(max(1, tries)) - math.log(p)))
