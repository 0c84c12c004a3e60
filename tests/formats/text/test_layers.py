"""Texts through the whole pipeline: labelled with notice, metadata and mark, verified clause by clause."""

from __future__ import annotations

import pytest

import labelkit
from labelkit.errors import BrokenFile, LabelKitError, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.media import Order
from labelkit.formats.text import layers
from labelkit.formats.text.watermark import detect
from labelkit.record import Verdict
from labelkit.settings import NoticeConfig

PRODUCER = "001191000000MA0000007C10001"
LABEL = labelkit.AigcLabel.generated(producer=PRODUCER, content_id="text-1")
MARKDOWN = "# 天气\n\n今天晴，最高气温二十度。明天多云，后天有雨！\n\n```py\nx = 1\n```\n".encode()
HTML = "<!doctype html>\n<html><head><title>天气</title></head><body><p>今天晴，有风。</p></body></html>\n".encode()


@pytest.mark.parametrize(("data", "name"), [(MARKDOWN, "a.md"), (HTML, "a.html")])
def test_a_text_is_labelled_and_verified(tmp_path, data: bytes, name: str) -> None:
    source, target = tmp_path / name, tmp_path / f"out-{name}"
    source.write_bytes(data)
    out = labelkit.label(source, LABEL, out=target)
    assert out.ok, out.error
    assert {note.layer for note in out.written} == {"explicit", "metadata"}
    assert any("only when layers names it" in note.text for note in out.skipped)
    report = labelkit.verify(target)
    assert (report.verdict, report.conforms, report.findings) == (Verdict.CONFIRMED, True, ())
    [mark] = report.explicit
    assert mark.text == "内容由AI生成，仅供参考"
    again = labelkit.label(target, LABEL, out=tmp_path / f"again-{name}")
    assert (tmp_path / f"again-{name}").read_bytes() == target.read_bytes()
    assert any("already" in note.text for note in again.skipped)


def test_the_mark_is_put_in_when_it_is_asked_for(tmp_path) -> None:
    source, target = tmp_path / "a.md", tmp_path / "b.md"
    source.write_bytes(MARKDOWN)
    out = labelkit.label(source, LABEL, out=target, layers=("explicit", "metadata", "watermark"))
    assert out.ok, out.error
    assert "watermark" in {note.layer for note in out.written}
    found = detect(target.read_text("utf-8"))
    assert found is not None
    assert found.payload == LABEL.content_tag
    report = labelkit.verify(target)
    assert [mark.payload for mark in report.watermarks] == [LABEL.content_tag]
    assert report.conforms is True
    text = target.read_text("utf-8")
    assert "```py\nx = 1\n```" in text
    stripped = tmp_path / "c.md"
    stripped.write_text(text[text.index("# 天气") :], "utf-8")
    assert "watermark.stripped" in {finding.check for finding in labelkit.verify(stripped).findings}


@pytest.mark.parametrize(
    ("body", "check"),
    [
        ("<p>今天晴。</p>", "explicit.present"),
        ("<p>今天晴。</p><p>AI-generated</p>", "explicit.elements"),
        ("<p>今天晴。</p><p style='display:none'>内容由AI生成</p>", "explicit.shown"),
        ("<p>今天晴。</p><p style='color:#ccc'>内容由AI生成</p>", "explicit.contrast"),
    ],
)
def test_what_is_wrong_with_a_notice_is_a_finding(body: str, check: str) -> None:
    page = f"<!doctype html><html><head><title>x</title></head><body>{body}</body></html>"
    labelled = labelkit.label(page.encode(), LABEL, layers=("metadata",)).data
    assert labelled is not None
    [finding] = [one for one in labelkit.verify(labelled).findings if one.check.startswith("explicit.")]
    assert finding.check == check
    assert "5.1" in finding.clause


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_other_encodings_stay_what_they_are(encoding: str) -> None:
    charset = "gb2312" if encoding == "gb18030" else "utf-8"
    data = f"<!doctype html><meta charset={charset}><p>今天晴。</p>".encode(encoding)
    row = table.by_id("html")
    drawn = layers.draw(data, row, Order(NoticeConfig()))
    assert bytes(drawn.data).startswith(data)
    assert drawn.mark is not None
    assert layers.confirm(drawn.data, row, drawn.mark)
    assert "内容由AI生成".encode(encoding.removesuffix("-sig")) in bytes(drawn.data)


def test_text_that_is_none_is_told_apart() -> None:
    with pytest.raises(BrokenFile, match="utf-8"):
        layers.open_media(b"# \xff\xfe\xfd", table.by_id("markdown"))
    with pytest.raises(UnsupportedOperation, match="only metadata"):
        layers.need_samples(table.by_id("docx"))
    latin = b"<!doctype html><meta charset=iso-8859-1><p>caf\xe9</p>"
    with pytest.raises(LabelKitError, match="cannot write"):
        layers.draw(latin, table.by_id("html"), Order(NoticeConfig()))
