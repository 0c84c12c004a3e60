"""Other invisible watermarks that pip can install, behind one interface.

They are told nothing about the attack, as LabelKit is told nothing. rivaGan carries 32 bits; the others carry 64.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


class Peer(Protocol):
    """A watermark to compare with."""

    name: str
    bits: int

    def embed(self, x: Pixels, payload: int) -> Pixels:
        """The marked picture."""

    def extract(self, x: Pixels) -> int | None:
        """What is read back; None if it cannot work on this picture."""


def peers() -> tuple[Peer, ...]:
    """All of them."""
    return (
        DwtDct("dwtDct", "maxDct", "EmbedMaxDct"),
        DwtDct("dwtDctSvd", "dwtDctSvd", "EmbedDwtDctSvd"),
        RivaGan(),
        Blind(),
    )


def to_bits(payload: int, count: int) -> list[int]:
    """Most significant first; the lowest ``count`` bits of the payload."""
    return [payload >> n & 1 for n in reversed(range(count))]


def to_number(bits: Any) -> int:
    """The inverse."""
    return int("".join("1" if b else "0" for b in bits), 2)


@contextlib.contextmanager
def _without_torch() -> Iterator[None]:
    """invisible-watermark imports PyTorch on loading, but these two methods never call it."""
    missing = "torch" not in sys.modules
    if missing:
        sys.modules["torch"] = types.ModuleType("torch")
    try:
        yield
    finally:
        if missing:
            del sys.modules["torch"]


class DwtDct:
    """invisible-watermark's methods in the DCT of a wavelet band."""

    bits = 64

    def __init__(self, name: str, module: str, cls: str) -> None:
        self.name = f"invisible-watermark {name}"
        with _without_torch():
            self._cls = getattr(importlib.import_module(f"imwatermark.{module}"), cls)

    def embed(self, x: Pixels, payload: int) -> Pixels:
        marked = self._cls(to_bits(payload, 64), wmLen=64).encode(cv2.cvtColor(x, cv2.COLOR_RGB2BGR))
        return cv2.cvtColor(np.clip(marked, 0, 255).astype(np.uint8), cv2.COLOR_BGR2RGB)

    def extract(self, x: Pixels) -> int | None:
        if x.shape[0] * x.shape[1] < 256 * 256:
            return None  # its own limit
        return to_number(self._cls([], wmLen=64).decode(cv2.cvtColor(x, cv2.COLOR_RGB2BGR)))


class RivaGan:
    """invisible-watermark's neural network, run through onnxruntime with the package's own models."""

    name, bits = "invisible-watermark rivaGan (32 bits)", 32
    #: The package's threshold between 0 and 1.
    _THRESHOLD = 0.52

    def __init__(self) -> None:
        import onnxruntime

        spec = importlib.util.find_spec("imwatermark")
        assert spec is not None
        assert spec.origin is not None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(str(Path(spec.origin).with_name(f"rivagan_{part}.onnx")), options)
            for part in ("encoder", "decoder")
        )

    def embed(self, x: Pixels, payload: int) -> Pixels:
        data = np.array([to_bits(payload, 32)], np.float32)
        (marked, *_) = self._encoder.run(None, {"frame": _frame(x), "data": data})
        return ((np.clip(marked[0, :, 0], -1, 1).transpose(1, 2, 0) + 1) * 127.5).astype(np.uint8)[..., ::-1].copy()

    def extract(self, x: Pixels) -> int | None:
        return to_number(self._decoder.run(None, {"frame": _frame(x)})[0][0] > self._THRESHOLD)


def _frame(x: Pixels) -> NDArray[np.float32]:
    bgr = x[..., ::-1].astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(bgr.transpose(2, 0, 1)[None, :, None])


class Blind:
    """blind-watermark: singular values of DCT blocks, single process."""

    name, bits = "blind-watermark", 64

    def __init__(self) -> None:
        # On loading it chooses how processes start, which must not be chosen twice; and it greets.
        with mock.patch("multiprocessing.set_start_method"), contextlib.redirect_stdout(None):
            self._module = importlib.import_module("blind_watermark")
        self._module.bw_notes.close()

    def embed(self, x: Pixels, payload: int) -> Pixels:
        marker = self._marker()
        marker.read_img(img=cv2.cvtColor(x, cv2.COLOR_RGB2BGR))
        marker.read_wm(np.array(to_bits(payload, 64), bool), mode="bit")
        marked = np.clip(np.rint(marker.embed()), 0, 255).astype(np.uint8)
        return cv2.cvtColor(marked, cv2.COLOR_BGR2RGB)

    def extract(self, x: Pixels) -> int | None:
        bgr = cv2.cvtColor(x, cv2.COLOR_RGB2BGR)
        try:
            return to_number(self._marker().extract(embed_img=bgr, wm_shape=64, mode="bit") >= 0.5)
        except (ValueError, IndexError, AssertionError):  # too few blocks for 64 bits
            return None

    def _marker(self) -> Any:
        return self._module.WaterMark(password_wm=1, password_img=1)
