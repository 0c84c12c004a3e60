"""The error-correcting code of all invisible marks: payload + CRC, tail-biting convolutional code, soft list decoding.

Rate 1/4, constraint length 11, octal generators 2327 2353 2671 3175 (a maximum-free-distance code), tail-biting so that
no bits are spent on termination. Decoding is a Viterbi search over 1,024 states in numpy, wrapped around the circle,
with a list of runners-up that the CRC chooses from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

PAYLOAD_BITS = 64
Float = NDArray[np.float32]

GENERATORS = (0o2327, 0o2353, 0o2671, 0o3175)
MEMORY = 10
STATES = 1 << MEMORY
RATE = len(GENERATORS)
#: CRC polynomials without the leading term, by width: CRC-16/CCITT and CRC-24 (RFC 9580 6.1).
_CRC_POLYNOMIALS = {16: 0x1021, 24: 0x864CFB}
#: Steps re-walked at each end of the circle so that the survivor paths have merged (five constraint lengths and more).
_WRAP = 56


def crc(bits: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The ``width`` check bits (16 or 24) of a row of bits, most significant first; start value all ones."""
    polynomial, top, register = _CRC_POLYNOMIALS[width], 1 << (width - 1), (1 << width) - 1
    for bit in bits.tolist():
        feedback = bool(register & top) ^ bool(bit)
        register = ((register << 1) & ((1 << width) - 1)) ^ (polynomial if feedback else 0)
    return to_bits(register, width)


def to_bits(number: int, width: int) -> NDArray[np.uint8]:
    """A number as ``width`` bits, most significant first."""
    return np.frombuffer(format(number, f"0{width}b").encode(), np.uint8) - np.uint8(48)


def to_number(bits: NDArray[np.uint8]) -> int:
    """The inverse of :func:`to_bits`."""
    return int("".join(map(str, bits.tolist())), 2)


@dataclass(frozen=True, slots=True)
class Word:
    """A decoded word.

    Attributes:
        payload: 64-bit number.
        coded: the codeword it belongs to, -1 and +1, one per coded bit.
        rank: 0 for the best path, n for the n-th runner-up.
    """

    payload: int
    coded: NDArray[np.float32]
    rank: int


@dataclass(frozen=True)
class Code:
    """A code for 64 payload bits with 16 or 24 check bits.

    Attributes:
        check_bits: width of the CRC.
    """

    check_bits: int = 16

    @property
    def info_bits(self) -> int:
        """Payload and check bits."""
        return PAYLOAD_BITS + self.check_bits

    @property
    def length(self) -> int:
        """Coded bits per word."""
        return RATE * self.info_bits

    @cached_property
    def _outputs(self) -> NDArray[np.float32]:
        """(2 * STATES, RATE) of -1/+1: what the encoder emits for register value ``input << MEMORY | state``."""
        registers = np.arange(2 * STATES)
        taps = np.array([[bin(int(r) & g).count("1") & 1 for g in GENERATORS] for r in registers])
        return (taps * 2 - 1).astype(np.float32)

    @cached_property
    def _ways(self) -> NDArray[np.float32]:
        """The outputs by state reached: (2 * STATES, RATE), first over even predecessors, then over odd ones."""
        return np.concatenate([self._outputs[0::2], self._outputs[1::2]])

    def encode(self, payload: int) -> NDArray[np.float32]:
        """The codeword of a 64-bit payload: ``length`` numbers, each -1 or +1.

        Raises:
            ValueError: the payload does not fit in 64 bits.
        """
        if not 0 <= payload < 1 << PAYLOAD_BITS:
            raise ValueError(f"payload {payload} is not a 64-bit number")
        bits = to_bits(payload, PAYLOAD_BITS)
        return self._convolve(np.concatenate([bits, crc(bits, self.check_bits)]))

    def _convolve(self, info: NDArray[np.uint8]) -> NDArray[np.float32]:
        # Register bit MEMORY is the newest input; tail-biting means the delays wrap around the word.
        registers = np.zeros(len(info), np.int64)
        for delay in range(MEMORY + 1):
            registers |= np.roll(info, delay).astype(np.int64) << (MEMORY - delay)
        return self._outputs[registers].ravel()

    def decode(self, soft: Float, runners_up: int = 24, least: float = -np.inf) -> Word | None:
        """The most likely word whose CRC is right, among the best path and ``runners_up`` that leave it once.

        Args:
            soft: ``length`` numbers, positive for +1; the magnitude is the reliability (log-likelihood ratio).
            runners_up: how many deviating paths may be tried.
            least: words that correlate less than this with ``soft`` are not wanted.
        """
        found = self.decode_many(soft[None, :], runners_up, least)
        return found[0]

    def decode_many(self, soft: Float, runners_up: int = 24, least: float = -np.inf) -> list[Word | None]:
        """:meth:`decode` for each row of ``soft`` (rows x ``length``), sharing the trellis walk."""
        leads, end = self._walk(soft)
        return [self._pick(row, leads[:, n], int(end[n]), runners_up, least) for n, row in enumerate(soft)]

    def _walk(self, soft: Float) -> tuple[Float, NDArray[np.int64]]:
        """Viterbi around the circle: every state's lead of its odd over its even way in, and the best end states.

        State bit MEMORY-1 is the newest input. State s is reached from (s << 1) & mask and that plus one. The leads
        have shape steps x rows x STATES; their signs are the survivors, their magnitudes the margins.
        """
        rows = len(soft)
        # Register of a transition: input << MEMORY | predecessor; even and odd predecessors apart, states in order.
        branch = np.ascontiguousarray(soft.reshape(rows, self.info_bits, RATE).transpose(1, 0, 2)) @ self._ways.T
        even, odd = branch[..., :STATES], branch[..., STATES:]
        order = np.arange(-_WRAP, self.info_bits + _WRAP) % self.info_bits
        leads = np.empty((len(order), rows, STATES), np.float32)
        metric, half = np.zeros((rows, STATES), np.float32), STATES // 2
        via_even, via_odd = np.empty((2, rows, 2, half), np.float32)
        for lead, position in zip(leads, order, strict=True):
            pairs = metric.reshape(rows, 1, half, 2)
            np.add(pairs[..., 0], even[position].reshape(rows, 2, half), out=via_even)
            np.add(pairs[..., 1], odd[position].reshape(rows, 2, half), out=via_odd)
            np.subtract(via_odd.reshape(rows, STATES), via_even.reshape(rows, STATES), out=lead)
            np.maximum(via_even, via_odd, out=via_even)
            metric[:] = via_even.reshape(rows, STATES)
        return leads, metric.argmax(axis=1)

    def _pick(self, soft: Float, leads: Float, end: int, runners_up: int, least: float) -> Word | None:
        """The first word with a right CRC among the survivor and the paths that leave it where it leads least."""
        survivor, margins = self._trace(leads, end, np.array([-1]))
        if float(self._convolve(survivor[0]) @ soft) < least:
            return None  # and every runner-up correlates less
        if word := self._checked(survivor[0], 0):
            return word
        inside = np.arange(_WRAP // 2, len(margins) - _WRAP // 2)
        weakest = inside[np.argsort(margins[inside], kind="stable")[:runners_up]]
        paths, _ = self._trace(leads, end, weakest)
        words = (self._checked(path, rank) for rank, path in enumerate(paths, start=1))
        return next((word for word in words if word and float(word.coded @ soft) >= least), None)

    def _trace(self, leads: Float, end: int, deviate: NDArray[np.int64]) -> tuple[NDArray[np.uint8], Float]:
        """Walk back from ``end`` along one path per entry of ``deviate``, which turns the other way at that step.

        Returns:
            The paths' information bits (paths x info bits), and the first path's margin at each step.
        """
        steps, state = len(leads), np.full(len(deviate), end)
        bits, margins = np.empty((len(deviate), steps), np.uint8), np.empty(steps, np.float32)
        for step in range(steps - 1, -1, -1):
            bits[:, step] = state >> (MEMORY - 1)
            lead = leads[step, state]
            margins[step] = lead[0]
            state = (state << 1) & (STATES - 1) | ((lead > 0) ^ (deviate == step))
        return bits[:, _WRAP : _WRAP + self.info_bits], np.abs(margins)

    def _checked(self, bits: NDArray[np.uint8], rank: int) -> Word | None:
        payload, check = bits[:PAYLOAD_BITS], bits[PAYLOAD_BITS:]
        if not np.array_equal(crc(payload, self.check_bits), check):
            return None
        return Word(to_number(payload), self._convolve(bits), rank)
