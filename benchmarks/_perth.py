"""Perth without torchaudio, whose builds exist for few versions of torch: the transforms it uses, by torch itself."""

from __future__ import annotations

import sys
import types
from typing import Any


def watermarker() -> Any:
    """Resemble's Perth (presence only, weights in its wheel), or None where it or torch is not installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    try:
        import torchaudio  # noqa: F401
    except ImportError:
        _stand_in(torch)
    try:
        from perth import PerthImplicitWatermarker
    except ImportError:
        return None
    return PerthImplicitWatermarker() if PerthImplicitWatermarker else None


def _stand_in(torch: Any) -> None:
    """Modules ``torchaudio`` and ``torchaudio.transforms`` with what Perth imports."""

    class Transform(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, n_fft: int, hop_length: int, window_fn: Any = None, win_length: int = 0, **_: Any) -> None:
            super().__init__()
            self.sizes = {"n_fft": n_fft, "hop_length": hop_length, "win_length": win_length or n_fft}
            self.register_buffer("window", (window_fn or torch.hann_window)(win_length or n_fft))

    class Spectrogram(Transform):
        def forward(self, signal: Any) -> Any:
            flat = signal.reshape(-1, signal.shape[-1])
            made = torch.stft(flat, **self.sizes, window=self.window, return_complex=True)
            return made.reshape(*signal.shape[:-1], *made.shape[-2:])

    class InverseSpectrogram(Transform):
        def forward(self, spectrum: Any) -> Any:
            flat = spectrum.reshape(-1, *spectrum.shape[-2:])
            made = torch.istft(flat, **self.sizes, window=self.window)
            return made.reshape(*spectrum.shape[:-2], made.shape[-1])

    class TimeStretch(torch.nn.Module):  # type: ignore[misc]
        """Only used in its training; its constant lies in the checkpoint."""

        def __init__(self, n_freq: int, hop_length: int) -> None:
            super().__init__()
            self.register_buffer("phase_advance", torch.linspace(0, torch.pi * hop_length, n_freq)[..., None])

    package, transforms = types.ModuleType("torchaudio"), types.ModuleType("torchaudio.transforms")
    for kind in (Spectrogram, InverseSpectrogram, TimeStretch):
        setattr(transforms, kind.__name__, kind)
    package.transforms = transforms  # type: ignore[attr-defined]
    sys.modules |= {"torchaudio": package, "torchaudio.transforms": transforms}
