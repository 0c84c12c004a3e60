"""Find and measure visible labels: every place, style, wording and size, and nothing where there is none."""

from functools import cache

import numpy as np
import pytest
from PIL import Image
from skimage import data

from labelkit.config import ExplicitConfig
from labelkit.formats.image import _finding, explicit, picture
from tests.formats.image.marks import CONDITIONS, PLACES, half, jpeg, marked, noise

WORDINGS = (
    "AI生成",
    "AI合成",
    "人工智能生成",
    "人工智能合成",
    "人工智能生成合成",
    "本图片由AI生成",
    "内容由AI生成，仅供参考",
    "AI生成 · AI-generated",
)


@cache
def photo(name="astronaut", size=(640, 560)):
    return Image.fromarray(getattr(data, name)()).convert("RGB").resize(size)


def labelled(image, **settings):
    opened = picture.from_image(image)
    return explicit.put(opened, ExplicitConfig(**settings)), opened


def only(image, **kwargs):
    (mark,) = _finding.find_in_image(image, **kwargs)
    return mark


@pytest.mark.parametrize("place", PLACES)
def test_finds_the_default_label_at_every_place(place):
    drawn, opened = labelled(photo(), position=place)
    found = only(opened.view())
    assert (found.text, found.position) == ("由AI生成", place)
    assert found.glyph_height == pytest.approx(drawn.glyph_height, abs=1)
    assert found.ratio == pytest.approx(found.glyph_height / 560, abs=1e-3)
    assert all(abs(a - b) <= 2 for a, b in zip(found.box, drawn.box, strict=True))
    assert found.contrast >= 4.5
    assert found.score > 0.8


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("style", ["corner", "plate", "strip"])
def test_finds_every_style_in_every_condition(style, condition):
    drawn, opened = labelled(photo("chelsea"), style=style)
    found = only(CONDITIONS[condition](opened.view().convert("RGB")))
    assert (found.text, found.position) == ("由AI生成", drawn.position)
    assert found.ratio == pytest.approx(drawn.ratio, rel=0.04)
    assert found.contrast >= 4.5


@pytest.mark.parametrize("text", WORDINGS)
def test_reads_the_wording(text):
    drawn, opened = labelled(photo("coffee"), text=text)
    found = only(jpeg(opened.view()))
    assert found.text == text
    assert found.position == drawn.position
    assert found.ratio == pytest.approx(drawn.ratio, rel=0.05)


@pytest.mark.parametrize("share", [0.03, 0.036, 0.042, 0.048])
def test_measures_labels_that_are_too_small(share):
    image, box = marked(photo("chelsea", (1000, 800)), "AI生成", share, "bottom-right", ground=20)
    found = only(jpeg(image))
    assert found.glyph_height == pytest.approx(round(share * 800), abs=1)
    assert found.ratio < 0.05
    assert all(abs(a - b) <= 2 for a, b in zip(found.box, box, strict=True))


@pytest.mark.parametrize("share", [0.09, 0.12, 0.15, 0.3])
def test_measures_large_labels(share):
    drawn, opened = labelled(photo(size=(640, 560)), height=share)
    found = only(opened.view())
    assert found.text.replace("\n", "") == "由AI生成"
    assert found.ratio == pytest.approx(drawn.ratio, rel=0.02)


@pytest.mark.parametrize(
    ("text", "lines"), [("人工智能生成合成", "人工智能\n生成合成"), ("人工智能合成", "人工智能\n合成")]
)
def test_reads_two_lines(text, lines):
    drawn, opened = labelled(photo("coffee", (512, 512)), text=text, height=0.14, style="plate")
    found = only(opened.view())
    assert found.text == lines
    assert all(abs(a - b) <= 3 for a, b in zip(found.box, drawn.box, strict=True))


def test_finds_the_words_next_to_a_logo(tmp_path):
    photo("rocket", (90, 60)).save(tmp_path / "logo.png")
    drawn, opened = labelled(photo(), logo=str(tmp_path / "logo.png"), position="bottom-left")
    found = only(half(opened.view()))
    assert found.text == "由AI生成"
    assert found.ratio == pytest.approx(drawn.ratio, rel=0.06)


@pytest.mark.parametrize("opacity", [0.5, 0.65, 0.8, 1.0])
def test_finds_translucent_marks_as_services_draw_them(opacity):
    image, _ = marked(photo("rocket"), "豆包AI生成", 0.041, "bottom-right", opacity=opacity, shadow=True)
    found = only(image)
    assert found.text == "豆包AI生成"
    assert found.ratio == pytest.approx(23 / 560, rel=0.04)


def test_finds_dark_ink():
    image, _ = marked(photo(), "AI生成", 0.06, "top", ink=0, ground=235)
    found = only(image)
    assert (found.text, found.position) == ("AI生成", "top")


@pytest.mark.parametrize(("ground", "contrast"), [(0, 21.0), (60, 10.9), (118, 4.6), (150, 2.96)])
def test_measures_the_contrast_of_ink_and_ground(ground, contrast):
    image, _ = marked(photo("chelsea", (1000, 800)), "由AI生成", 0.06, "bottom", ground=ground)
    assert only(image).contrast == pytest.approx(contrast, rel=0.06)
    assert only(jpeg(image)).contrast == pytest.approx(contrast, rel=0.2)


def test_tells_the_height_of_another_font():
    bold = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
    image, _ = marked(photo("chelsea", (1000, 800)), "AI生成", 0.05, "bottom-right", ground=30, font=bold)
    assert only(image).ratio == pytest.approx(0.05, rel=0.04)


def test_gives_all_labels_when_none_of_them_satisfies():
    image, _ = marked(photo("chelsea", (1000, 800)), "AI生成", 0.035, "top-left", ground=20)
    image, _ = marked(image, "AI合成", 0.04, "bottom-right", ground=20)
    assert {(m.text, m.position) for m in _finding.find_in_image(image)} == {
        ("AI生成", "top-left"),
        ("AI合成", "bottom-right"),
    }


@pytest.mark.parametrize(
    "name", ["astronaut", "chelsea", "coffee", "rocket", "page", "text", "brick", "clock", "coins", "cell"]
)
def test_finds_nothing_in_unlabelled_pictures(name):
    shown = getattr(data, name)()
    assert _finding.find_in_array(shown) == []


@pytest.mark.parametrize(
    "text", ["人工智能", "图片合成", "AI", "智能生成", "AI辅助", "豆包", "本图片由", "自动生成", "仅供参考"]
)
def test_other_words_are_no_label(text):
    image, _ = marked(photo(), text, 0.06, "bottom-right", ground=20)
    assert _finding.find_in_image(image) == []


@pytest.mark.parametrize(
    "image",
    [
        noise((500, 400)),
        Image.new("RGB", (400, 300), "white"),
        Image.linear_gradient("L"),
        Image.new("RGB", (1, 1)),
        Image.new("L", (15, 900)),
        noise((16, 16)),
        noise((2000, 17)),
        noise((40, 1200)),
    ],
    ids=["noise", "white", "gradient", "one pixel", "narrow", "tiny", "wide", "tall"],
)
def test_finds_nothing_where_no_label_fits_or_is(image):
    assert _finding.find_in_image(image) == []


@pytest.mark.parametrize("text", ["公司合成", "用户生成", "合同生成"])
def test_what_looks_a_little_like_ai_is_not(text):
    noto = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
    image, _ = marked(photo(), text, 0.06, "bottom-right", ground=20, font=noto)
    assert _finding.find_in_image(image) == []
    assert _finding.find_in_image(jpeg(half(image))) == []


def test_words_of_unrelated_lines_are_no_label():
    image, _ = marked(Image.new("RGB", (640, 560), (20,) * 3), "豆包技术AI内容", 0.09, "top-left")
    image, box = marked(image, "生成", 0.09, "top-left", margin=0.16)
    assert box[1] - 560 * 0.03 > 56  # the next line
    assert _finding.find_in_image(image) == []


def test_reads_on_where_the_first_line_ends_far_from_the_edge():
    drawn, opened = labelled(photo("coffee", (800, 640)), text="AI生成 · AI-generated", height=0.12, position="right")
    found = only(opened.view())
    assert found.text == "AI生成\nAI-generated"
    assert found.position == "right"
    assert all(abs(a - b) <= 3 for a, b in zip(found.box, drawn.box, strict=True))


@pytest.mark.parametrize("text", ["非AI生成", "无AI生成", "未使用AI生成", "非人工智能生成"])
def test_a_denial_is_no_label(text):
    image, _ = marked(photo(), text, 0.06, "bottom-right", ground=20)
    assert _finding.find_in_image(image) == []
    assert _finding.find_in_image(half(image)) == []


def test_words_in_the_middle_are_no_label():
    image, _ = marked(photo(size=(900, 900)), "AI生成", 0.05, "middle", ground=20)
    assert _finding.find_in_image(image) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", [(300, 2400), (2400, 300)])
def test_finds_labels_on_very_long_pictures(size, place):
    drawn, opened = labelled(photo("coffee", size), position=place)
    found = only(opened.view())
    assert (found.text, found.position) == ("由AI生成", place)
    assert found.ratio == pytest.approx(drawn.ratio, rel=0.07)


def test_finds_labels_on_transparent_pictures():
    clear = photo().convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    drawn, opened = labelled(clear)
    found = only(opened.view())
    assert found.text == "由AI生成"
    assert found.ratio == pytest.approx(drawn.ratio, rel=0.04)
    assert found.contrast >= 4.5


def test_bare_ink_on_transparency_has_no_contrast():
    clear = Image.new("RGBA", (500, 400))
    image, _ = marked(Image.new("L", (500, 400)), "AI生成", 0.06, "top-left")
    clear.paste((255, 255, 255, 255), (0, 0), image.convert("L"))
    assert only(clear).contrast < 1.5


def test_looks_in_display_orientation():
    shown = photo(size=(640, 480))
    drawn, opened = labelled(shown, position="bottom-right")
    turned = opened.view().convert("RGB").transpose(Image.Transpose.ROTATE_90)
    sideways = picture.Picture([picture.Frame(turned)], orientation=6)
    (found,) = _finding.find(sideways)
    assert found.position == "bottom-right"
    assert all(abs(a - b) <= 2 for a, b in zip(found.box, drawn.box, strict=True))


def test_says_how_many_frames_carry_the_label():
    drawn, opened = labelled(photo())
    with_label, without = opened.view().convert("RGB"), photo()
    frames = [picture.Frame(image, 100) for image in (with_label, with_label, without, without, with_label)]
    (found,) = _finding.find(picture.Picture(frames))
    assert found.frames == (2, 3)
    (found,) = _finding.find(picture.Picture(frames[:2]))
    assert found.frames == (2, 2)
    assert found.position == drawn.position


def test_finds_words_it_is_told_to_look_for():
    image, _ = marked(photo(), "KI-generiert", 0.06, "bottom-right", ground=20)
    assert _finding.find_in_image(image) == []
    assert only(image, texts=["KI-generiert"]).text == "KI-generiert"


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((5, 5, 200, 40), "top-left"),
        ((400, 5, 600, 40), "top"),
        ((795, 5, 990, 40), "top-right"),
        ((5, 380, 200, 420), "left"),
        ((795, 380, 990, 420), "right"),
        ((10, 760, 900, 790), "bottom-left"),
        ((50, 760, 940, 790), "bottom"),
    ],
)
def test_names_the_place(box, place):
    assert _finding.position(box, (1000, 800)) == place


def test_accepts_grey_arrays():
    _, opened = labelled(photo())
    assert len(_finding.find_in_array(np.asarray(opened.view().convert("L")))) == 1
