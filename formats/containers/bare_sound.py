"""AMR and AC-3: recognised, so that the answer is clear; their frames have no place for metadata.

TC260-PG-202510A is silent about them (RFC 4867 section 5, ETSI TS 102 366). Convert, or keep the label with the file's
record elsewhere.
"""

from __future__ import annotations

from labelkit.formats.containers._bare import Bare

_INSTEAD = "M4A, MP3 or WAV"
_AMR = (b"#!AMR\n", b"#!AMR-WB\n", b"#!AMR_MC1.0\n", b"#!AMR-WB_MC1.0\n")
_AC3_SYNC = b"\x0b\x77"
# kbit/s by half the frame size code (ETSI TS 102 366 table 4.13); a frame lasts 1536 samples.
_AC3_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)


class Amr(Bare):
    """AMR and AMR-WB files."""

    name = "AMR"
    instead = _INSTEAD

    def score(self, head: bytes) -> int:
        return 100 if head.startswith(_AMR) else 0


class Ac3(Bare):
    """AC-3 and E-AC-3 streams."""

    name = "AC-3"
    instead = _INSTEAD

    def score(self, head: bytes) -> int:
        size = _frame_bytes(head)
        if not size:
            return 0
        return 90 if head[size : size + 2] == _AC3_SYNC else (40 if size >= len(head) else 0)


def _frame_bytes(head: bytes) -> int:
    """Length of the frame that starts here, 0 if none does."""
    if head[:2] != _AC3_SYNC or len(head) < 6:
        return 0
    if head[5] >> 3 > 10:  # E-AC-3 states its length (Annex E 1.2.2)
        return ((head[2] & 7) << 8 | head[3]) * 2 + 2
    code = head[4] & 0x3F
    if head[4] >> 6 == 3 or code >= 2 * len(_AC3_RATES):
        return 0
    rate = _AC3_RATES[code >> 1]
    return (rate * 4, (rate * 96000 // 44100 + (code & 1)) * 2, rate * 6)[head[4] >> 6]
