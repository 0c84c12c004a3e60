from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit.report.csv import cell, outcomes_writer, reports_writer
from tests.report.report_samples import BAD, GOOD, LABEL, OUTCOMES, REPORTS


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def table(reports: tuple = REPORTS, **options: bool) -> str:  # type: ignore[type-arg]
    stream = io.StringIO(newline="")
    writer = reports_writer(stream, **options)
    for report in reports:
        writer.add(report)
    writer.close(None)
    return stream.getvalue()


def test_one_row_a_file() -> None:
    found = rows(table())
    assert len(found) == len(REPORTS)
    good, bad, broken, *_ = found
    assert good["path"] == "图片/a.png"
    assert (good["verdict"], good["conforms"], good["labels"], good["label"]) == ("confirmed", "yes", "1", "1")
    assert (good["produce_id"], good["explicit_height_ratio"], good["explicit_contrast"]) == ("ID-1", "0.0550", "4.61")
    assert (good["watermark"], good["watermark_key"]) == (f"{LABEL.content_tag:016x}", "3dbc2a37")
    assert float(good["watermark_p_value"]) == 1.2e-30
    assert (bad["watermark"], bad["watermark_key"], bad["watermark_p_value"]) == ("", "", "")
    assert (bad["labels"], bad["deviations"]) == ("2", "label-not-string | key-case | key-case")
    assert bad["findings"].startswith("metadata.single (found but wrong) | ")
    assert (broken["verdict"], broken["conforms"], broken["format"]) == ("unreadable", "unknown", "")


def test_rows_end_as_rfc_4180_says_and_hold_no_other_line_ends() -> None:
    text = table()
    assert text.count("\r\n") == len(REPORTS) + 1
    assert text.replace("\r\n", "").isprintable()


def test_no_cell_is_a_formula_or_moves_others() -> None:
    bad = rows(table((BAD,)))[0]
    assert bad["path"] == "'-rm \\n\\x1b[2J\\u202egnp.exe\\udcff.jpg"
    first_evil = rows(table((replace(BAD, labels=BAD.labels[1:]),)))[0]
    assert first_evil["content_producer"].startswith("'=HYPERLINK")
    assert first_evil["produce_id"] == "'+1"
    assert first_evil["content_propagator"] == "'@SUM(A1)"
    assert first_evil["propagate_id"] == "'-2+3"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", " =", "　="])
def test_every_start_of_a_formula(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("start", ["\t", "\r", "\n", "\0", "\u200b", "\ufeff"])
def test_starts_that_cannot_be_seen(start: str) -> None:
    assert cell(f"{start}=1+1")[0] in "'\\"


@pytest.mark.parametrize("text", ["a.png", "图片.png", "a=b", "1-2", "", "'quoted'", "ｆｕｌｌ"])
def test_plain_text_stays_plain(text: str) -> None:
    assert cell(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_every_text_fits_a_table(text: str) -> None:
    shown = cell(text)
    shown.encode("utf-8")
    assert not shown.lstrip().startswith(("=", "+", "-", "@"))
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow([shown])
    assert next(csv.reader(io.StringIO(stream.getvalue(), newline=""))) == [shown]
    assert len(stream.getvalue().splitlines()) == 1


def test_a_cell_too_long_for_spreadsheets_says_so() -> None:
    assert cell("x" * 100_000).endswith("... (100000 characters)")
    assert len(cell("\x1b" * 30_000)) < 32_767


def test_byte_order_mark_only_when_wanted() -> None:
    assert table(byte_order_mark=True).encode("utf-8").startswith(b"\xef\xbb\xbfpath,")
    assert table().startswith("path,")


def test_nothing_but_the_head() -> None:
    assert table(()).count("\r\n") == 1
    assert rows(table((GOOD,)))[0].keys() == rows(table())[0].keys()


def test_outcomes() -> None:
    stream = io.StringIO(newline="")
    writer = outcomes_writer(stream)
    for outcome in OUTCOMES:
        writer.add(outcome)
    labelled, before, aside, unknown, full = rows(stream.getvalue())
    assert (labelled["ok"], labelled["path"], labelled["produce_id"]) == ("yes", "out/a.png", "ID-1")
    assert before["skipped"] == "file: done before"
    assert (aside["ok"], aside["path"], aside["content_producer"]) == ("yes", "", "")
    assert (unknown["source"], unknown["error"], unknown["remedy"]) == ("'=in/c.png", "UnknownFormat", "look")
    assert (full["ok"], full["message"]) == ("no", "the disk is full")
