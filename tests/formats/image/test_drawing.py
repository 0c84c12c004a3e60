"""Text masks: the height of the ink, the shipped font, characters it lacks."""

import glob
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from labelkit import wording
from labelkit.errors import ConfigError, MissingGlyph
from labelkit.formats.image import _cmap, _drawing

FONTS = Path(_drawing.SHIPPED_FONT).parent


def rows(mask):
    inked = np.flatnonzero((mask >= 128).any(axis=1))
    return int(inked[-1] - inked[0] + 1)


@pytest.mark.parametrize("ink", [10, 12, 17, 24, 31, 43, 57, 100, 165])
@pytest.mark.parametrize("text", ["由AI生成", "AI合成", "人工智能生成", "AI-generated"])
def test_the_lowest_full_width_glyph_has_the_rows_asked_for_and_not_many_more(text, ink):
    size, lowest = _drawing.sized(text, float(ink), _drawing.SHIPPED_FONT)
    heights = [rows(_drawing._line(c, _drawing.SHIPPED_FONT, size, False)) for c in _drawing.full_width(text)]
    assert lowest == min(heights)
    assert ink <= lowest <= ink + 2
    assert rows(_drawing.text_mask(text, ink)) >= (ink if _drawing.full_width(text) != "国" else ink * 0.7)


def test_masks_are_cropped_anti_aliased_shared_and_read_only():
    mask = _drawing.text_mask("由AI生成", 57)
    assert mask.dtype == np.uint8
    assert mask[0].any()
    assert mask[-1].any()
    assert mask[:, 0].any()
    assert mask[:, -1].any()
    assert len(np.unique(mask)) > 32
    assert _drawing.text_mask("由AI生成", 57.0) is mask
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = 1


def test_lines_stand_under_each_other():
    one, two = _drawing.text_mask("由AI生成", 40), _drawing.text_mask("由AI\n生成", 40)
    assert two.shape[0] > 2 * 40
    assert two.shape[1] < one.shape[1]


def test_a_missing_character_is_named_and_never_drawn_as_a_box():
    with pytest.raises(MissingGlyph, match=r"龘 \(U\+9F98\)") as caught:
        _drawing.text_mask("龘AI生成", 20)
    assert "labelkit-aigc[fonts]" in caught.value.remedy


def test_a_font_of_the_caller_is_used_where_the_shipped_one_lacks_characters():
    noto = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
    assert _drawing.text_mask("龘AI生成", 20, noto).any()
    assert _drawing.font_for("由AI生成", noto) == noto


@pytest.mark.parametrize("content", [b"", b"not a font at all", b"OTTO" + b"\xff" * 60, b"ttcf" + b"\0" * 40])
def test_a_file_that_is_no_font_is_a_setting_error(tmp_path, content):
    path = tmp_path / "font.ttf"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        _drawing.text_mask("由AI生成", 20, str(path))
    assert caught.value.place == "explicit.font"
    with pytest.raises(ConfigError):
        _drawing.text_mask("由AI生成", 20, str(tmp_path / "missing.ttf"))


def test_coverage_agrees_with_fonttools_on_every_font_of_the_machine():
    paths = [_drawing.SHIPPED_FONT, *sorted(glob.glob("/usr/share/fonts/**/*.[ot]t[fc]", recursive=True))[:24]]
    assert len(paths) > 3
    for path in paths:
        expected = TTFont(path, fontNumber=0, lazy=True).getBestCmap()
        if expected:
            assert _cmap.covered(path) == set(expected), path


def test_the_shipped_font_draws_every_wording_but_hangul():
    wanted = {ord(c) for c in wording.characters() if not 0xAC00 <= ord(c) <= 0xD7A3}
    wanted |= set(range(0x21, 0x7F)) | set(range(0xA1, 0x100))
    assert not wanted - _cmap.covered(_drawing.SHIPPED_FONT)


def test_the_shipped_font_is_small_renamed_and_licensed():
    assert Path(_drawing.SHIPPED_FONT).stat().st_size <= 60_000
    names = TTFont(_drawing.SHIPPED_FONT)["name"]
    for identifier in (1, 3, 4, 6):
        text = str(names.getName(identifier, 3, 1))
        assert "LabelKit" in text
        assert "Noto" not in text
        assert "Source" not in text
    licence = (FONTS / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "2014-2021 Adobe" in licence
