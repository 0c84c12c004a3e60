"""Reports and outcomes as verification and labelling make them, odd ones among them."""

from __future__ import annotations

from pathlib import Path

from labelkit.errors import UnknownFormat, WriteError
from labelkit.formats.image.watermark import Detection, Geometry
from labelkit.record import (
    AigcLabel,
    Answer,
    Deviation,
    ExplicitMark,
    Finding,
    Mark,
    Note,
    Outcome,
    Report,
    Severity,
    Trace,
    Verdict,
)

LABEL = AigcLabel.generated("001191000000MA0000007C10001", "ID-1")
UPRIGHT = Geometry(1.0, 1.0, 0.0, 0.0, False, (0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
MARK = Detection(LABEL.content_tag, 1.25e-30, "3dbc2a37", UPRIGHT, 15.5)
EVIL = AigcLabel("1", '=HYPERLINK("http://x","click")', "+1", "", "@SUM(A1)", "-2+3")


def finding(check: str, answer: Answer, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(check, severity, "clause", "place", "expected", "found", answer)


GOOD = Report(
    "图片/a.png",
    Verdict.CONFIRMED,
    True,
    "png",
    labels=(Mark("PNG iTXt", LABEL, main=True),),
    explicit=(ExplicitMark("由AI生成", (1, 2, 30, 40), 38.5, 0.055, 4.61, "bottom-right", 0.99),),
    watermarks=(MARK,),
    traces=(Trace("iptc-source-type", "XMP", "trainedAlgorithmicMedia"),),
    not_looked_at=("explicit: not asked for",),
)
BAD = Report(
    "-rm \n\x1b[2J‮gnp.exe\udcff.jpg",
    Verdict.SUSPECTED,
    False,
    "jpeg",
    labels=(
        Mark("APP1", LABEL, (Deviation("label-not-string", "E c", "a number"), Deviation("key-case", "E b", "aigc"))),
        Mark("COM", EVIL, (Deviation("key-case", "E b", "aigc"),)),
    ),
    findings=(
        finding("metadata.single", Answer.WRONG),
        finding("metadata.key-case", Answer.WRONG),
        finding("metadata.key-case", Answer.WRONG),
        finding("explicit.present", Answer.NOT_FOUND),
    ),
)
BROKEN = Report("broken.png", Verdict.UNREADABLE, None, findings=(finding("file.readable", Answer.UNREADABLE),))
HALF = Report(
    "half.png", Verdict.CONFIRMED, None, "png", findings=(finding("explicit.readable", Answer.UNREADABLE),)
)  # fmt: skip
UNSEEN = Report("unseen.png", Verdict.NONE, None, "png", not_looked_at=("explicit: not asked for",))
LEFT_OUT = Report("README.txt", Verdict.NONE, None, not_looked_at=("file: not a media file",))
REPORTS = (GOOD, BAD, BROKEN, HALF, UNSEEN, LEFT_OUT)

LABELLED = Outcome("in/a.png", Path("out/a.png"), label=LABEL, format="png", written=(Note("metadata", "iTXt"),))
BEFORE = Outcome(
    "in/b.png", Path("out/b.png"), label=LABEL, format="png", skipped=(Note("file", "done before"),)
)  # fmt: skip
ASIDE = Outcome("in/README.txt", skipped=(Note("file", "not a media file"),))
UNKNOWN = Outcome("=in/c.png", error=UnknownFormat("no format", file="=in/c.png", remedy="look"))
FULL = Outcome("in/d.png", error=WriteError("the disk is full", file="out/d.png", remedy="free some space"))
OUTCOMES = (LABELLED, BEFORE, ASIDE, UNKNOWN, FULL)
