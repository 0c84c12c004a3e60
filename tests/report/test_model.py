from __future__ import annotations

import json
from dataclasses import replace

from labelkit.errors import NotFound
from labelkit.record import Outcome, Verdict
from labelkit.report.model import MAX_NAMED, LabelTally, Tally, is_left_out, is_unreadable
from tests.report.report_samples import BAD, BROKEN, GOOD, HALF, LEFT_OUT, OUTCOMES, REPORTS, UNSEEN


def test_every_count_is_a_number_of_files() -> None:
    tally = Tally()
    for report in REPORTS:
        tally.add(report)
    assert tally.summary().asdict() == {
        "files": 6,
        "left_out": 1,
        "verdicts": {"confirmed": 2, "possible": 0, "suspected": 1, "none": 1, "unreadable": 1},
        "conforms": {"yes": 1, "no": 1, "unknown": 3},
        "formats": {"png": 3, "jpeg": 1, "unknown": 1},
        "watermarks": 1,
        "findings": {
            "explicit.present": 1,
            "explicit.readable": 1,
            "file.readable": 1,
            "metadata.key-case": 1,
            "metadata.single": 1,
        },
        "deviations": {"key-case": 1, "label-not-string": 1},
        "unreadable": {"count": 2, "files": ["broken.png", "half.png"]},
    }


def test_nothing_is_a_summary_too() -> None:
    summary = Tally().summary()
    assert (summary.files, summary.unreadable_files) == (0, ())
    assert set(summary.verdicts) == {str(v) for v in Verdict}
    assert set(summary.verdicts.values()) == {0}


def test_a_summary_stays_as_it_was_taken() -> None:
    tally = Tally()
    tally.add(BAD)
    early = tally.summary()
    tally.add(BAD)
    tally.add(BROKEN)
    assert early.files == 1
    assert early.verdicts["unreadable"] == 0
    assert early.findings["metadata.single"] == 1


def test_the_four_answers_are_told_apart() -> None:
    assert [is_left_out(r) for r in (GOOD, BAD, BROKEN, HALF, UNSEEN, LEFT_OUT)] == [False] * 5 + [True]
    assert [is_unreadable(r) for r in (GOOD, BAD, BROKEN, HALF, UNSEEN, LEFT_OUT)] == [
        False,
        False,
        True,
        True,
        False,
        False,
    ]


def test_names_are_bounded_and_counts_are_not() -> None:
    tally, labels = Tally(), LabelTally()
    for number in range(5 * MAX_NAMED):
        tally.add(replace(BROKEN, path=f"{number}.png"))
        labels.add(Outcome(f"{number}.png", error=NotFound("there is no such file")))
    assert (tally.summary().unreadable, len(tally.summary().unreadable_files)) == (5 * MAX_NAMED, MAX_NAMED)
    assert (labels.summary().failed, len(labels.summary().failed_files)) == (5 * MAX_NAMED, MAX_NAMED)


def test_outcomes() -> None:
    tally = LabelTally()
    for outcome in OUTCOMES:
        tally.add(outcome)
    summary = tally.summary().asdict()
    assert summary == {
        "files": 5,
        "labelled": 1,
        "done_before": 1,
        "left_out": 1,
        "failed": {"count": 2, "files": ["=in/c.png", "in/d.png"]},
        "formats": {"png": 2},
        "errors": {"UnknownFormat": 1, "WriteError": 1},
    }
    assert json.loads(json.dumps(summary)) == summary
