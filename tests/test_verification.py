"""The verdict and the four answers: not found, found but wrong, unreadable, not looked at."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

import labelkit
from labelkit.config import ExplicitConfig
from labelkit.record import Answer, Severity
from labelkit.rules import checks

PICTURES = Path(__file__).parent / "data" / "pictures"
QUICK = labelkit.Config(sync=False)
PRODUCER = "001191000000MA0000007C10001"


def labelled(**more: object) -> bytes:
    data = labelkit.label(PICTURES / "coffee.jpg", producer=PRODUCER, config=QUICK, **more).data  # type: ignore[arg-type]
    assert data
    return data


def answers(report: labelkit.Report) -> dict[str, Answer]:
    return {f.check: f.answer for f in report.findings}


def png(**texts: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, value in texts.items():
        info.add_text(key, value)
    stream = io.BytesIO()
    with Image.open(PICTURES / "astronaut.png") as image:
        image.convert("RGB").resize((256, 256)).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


def test_not_found() -> None:
    report = labelkit.verify(PICTURES / "coffee.jpg")
    assert report.verdict == "none"
    assert report.conforms is False
    assert answers(report) == {"metadata.present": Answer.NOT_FOUND, "explicit.present": Answer.NOT_FOUND}


def test_found_but_wrong_height() -> None:
    data = labelled()
    with Image.open(io.BytesIO(data)) as image:
        # The same label on a larger canvas is too small for it.
        wide = Image.new("RGB", (image.width, image.height), (90, 90, 90))
        small = image.resize((image.width * 7 // 10, image.height * 7 // 10), Image.Resampling.LANCZOS)
        box = labelkit.verify(data).explicit[0].box
        wide.paste(
            small,
            (
                0 if box[0] < image.width // 2 else wide.width - small.width,
                0 if box[1] < image.height // 2 else wide.height - small.height,
            ),
        )
        stream = io.BytesIO()
        wide.save(stream, "JPEG", quality=92)
    report = labelkit.verify(stream.getvalue())
    assert answers(report)["explicit.height"] is Answer.WRONG
    assert report.verdict == "suspected"
    assert report.explicit[0].ratio == pytest.approx(0.055 * 0.7, rel=0.06)


def test_unreadable_behind_a_defect() -> None:
    data = labelled()
    report = labelkit.verify(data[: len(data) // 2])
    assert report.verdict == "confirmed"  # the label stands before the damage
    assert answers(report)["file.readable"] is Answer.UNREADABLE
    plain = (PICTURES / "coffee.jpg").read_bytes()
    report = labelkit.verify(plain[: len(plain) // 2])
    assert report.verdict == "unreadable"
    assert report.conforms is None
    assert answers(report)["metadata.present"] is Answer.UNREADABLE


def test_not_looked_at() -> None:
    report = labelkit.verify(labelled(), look=["metadata"])
    assert report.conforms is None
    unseen = Answer.NOT_LOOKED_AT
    assert answers(report) == {"explicit.looked-at": unseen, "watermark.looked-at": unseen}
    assert any("explicit" in line for line in report.not_looked_at)


def test_two_labels_that_disagree() -> None:
    a = labelkit.AigcLabel.generated("one", "A").to_wrapped_json()
    b = labelkit.AigcLabel.generated("two", "B").to_wrapped_json()
    report = labelkit.verify(png(AIGC=a, Comment=b))
    assert {"metadata.single", "metadata.agree"} <= set(answers(report))
    assert len(report.labels) == 2


def test_three_attributes() -> None:
    for attribute, verdict in (("1", "confirmed"), ("2", "possible"), ("3", "suspected")):
        text = labelkit.AigcLabel.generated(PRODUCER, "X", attribute=attribute).to_wrapped_json()
        assert labelkit.verify(png(AIGC=text), look=["metadata", "traces"]).verdict == verdict


def test_traces_make_a_suspicion() -> None:
    report = labelkit.verify(png(parameters="a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"))
    assert report.verdict == "suspected"
    assert [t.detail for t in report.traces] == ["Stable Diffusion parameters"]
    assert labelkit.verify(png(parameters="a cat\nSteps: 20, Sampler: Euler a"), look=["metadata"]).verdict == "none"


def test_visible_label_alone_makes_a_suspicion() -> None:
    report = labelkit.verify(labelled(layers=["explicit"]))
    assert report.verdict == "suspected"
    assert answers(report) == {"metadata.present": Answer.NOT_FOUND}


def test_a_mark_without_metadata_is_evidence_of_stripping() -> None:
    report = labelkit.verify(labelled(layers=["explicit", "watermark"]))
    assert answers(report)["watermark.stripped"] is Answer.WRONG
    assert report.verdict == "suspected"


def test_a_mark_that_contradicts_the_metadata() -> None:
    marked = labelled(layers=["watermark"], content_id="A")
    other = labelkit.AigcLabel.generated(PRODUCER, "B")
    report = labelkit.verify(labelkit.label(marked, other, layers=["metadata"], config=QUICK).data or b"")
    assert answers(report)["watermark.agrees"] is Answer.WRONG
    assert report.verdict == "confirmed"


def test_english_wording_lacks_an_element() -> None:
    config = labelkit.Config(explicit=ExplicitConfig(text="AI", require_elements=False), sync=False)
    data = labelkit.label(PICTURES / "coffee.jpg", producer=PRODUCER, config=config).data
    assert data
    assert labelkit.verify(data).conforms is False


def test_catalogue_is_sound() -> None:
    ids = [(c.id, c.media) for c in checks.all_checks()]
    assert len(ids) == len(set(ids))
    for check in checks.all_checks():
        assert check.clause, check.id
        assert check.title_en, check.id
        assert check.title_zh, check.id
        assert check.severity in Severity


def test_report_is_json() -> None:
    import json

    text = json.dumps(labelkit.verify(labelled()).asdict())
    assert set(json.loads(text)) == {
        *("path", "format", "verdict", "conforms", "labels", "explicit", "watermarks", "traces"),
        *("findings", "not_looked_at"),
    }


def test_a_platform_s_label_needs_no_words_in_the_picture() -> None:
    """标识办法 art. 6: for 2 and 3 the notice stands around the published content."""
    data = labelkit.propagate(PICTURES / "coffee.jpg", PRODUCER, attribute="2").data
    report = labelkit.verify(data or b"")
    assert report.verdict == "possible"
    assert "explicit.present" not in answers(report)
    assert report.conforms is True


@pytest.mark.parametrize(("ending", "fits"), [(".mka", True), (".webm", True), (".mkv", True), (".mp4", False)])
def test_sound_alone_may_keep_the_ending_of_a_film(tmp_path, ending, fits) -> None:
    path = tmp_path / f"a{ending}"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "libopus", "-f", "webm", path]
    subprocess.run(command, check=True)
    found = {finding.check for finding in labelkit.verify(path, look=["metadata"]).findings}
    assert ("file.extension" not in found) == fits
