"""The visible label: measured by somebody else's ruler, on every colour mode, style, size and orientation."""

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw
from skimage import data

from labelkit.config import ExplicitConfig
from labelkit.errors import ConfigError, ExplicitLabelError, MissingGlyph
from labelkit.formats.image import explicit, picture
from tests.formats.image.measure import measure

STYLES = ("corner", "plate", "strip")
PLACES = ("top-left", "top", "top-right", "left", "right", "bottom-left", "bottom", "bottom-right")


@cache
def photo(name="astronaut", size=(360, 300)):
    return Image.fromarray(getattr(data, name)()).convert("RGB").resize(size)


def labelled(image, **settings):
    """The picture as it is shown before and after, the mark, and the picture."""
    opened = picture.from_image(image)
    before = np.asarray(opened.view().convert("RGB")).copy()
    mark = explicit.put(opened, ExplicitConfig(**settings))
    return before, np.asarray(opened.view().convert("RGB")), mark, opened


def holds(before, after, mark):
    measured = measure(before, after, mark.text, mark.box)
    assert measured.ratio >= 0.05
    assert measured.contrast >= 4.5
    assert all(abs(a - b) <= 2 for a, b in zip(measured.box, mark.box, strict=True))
    assert abs(min(measured.heights) - mark.glyph_height) <= 2
    return measured


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["astronaut", "coffee", "page", "gravel", "hubble_deep_field", "colorwheel"])
def test_height_and_contrast_hold_on_pictures(name, style):
    before, after, mark, _ = labelled(photo(name), style=style)
    holds(before, after, mark)
    assert mark.ratio >= 0.055
    assert mark.frames == (1, 1)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_at_its_edge(place):
    before, after, mark, _ = labelled(photo(), position=place)
    holds(before, after, mark)
    left, top, right, bottom = mark.box
    width, height = photo().size
    near = 0.1 * height
    assert mark.position == place
    assert ("left" not in place) or left < near
    assert ("right" not in place) or width - right < near
    assert ("top" not in place) or top < near
    assert ("bottom" not in place) or height - bottom < near


@pytest.mark.parametrize("grey", [0, 40, 90, 110, 118, 119, 120, 128, 160, 200, 255])
def test_contrast_holds_on_every_grey(grey):
    image = Image.new("RGB", (300, 300), (grey, grey, grey))
    before, after, mark, _ = labelled(image)
    holds(before, after, mark)


@pytest.mark.parametrize("style", STYLES)
def test_contrast_holds_on_checks_and_noise(style):
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    checks = ((np.indices((300, 300)).sum(0) // 9 % 2) * 255).astype(np.uint8)
    for image in (Image.fromarray(noise), Image.fromarray(checks).convert("RGB")):
        before, after, mark, _ = labelled(image, style=style)
        assert mark.contrast >= 4.5
        holds(before, after, mark)


def test_the_quietest_corner_is_chosen():
    image = np.random.default_rng(2).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    image[:90, :220] = 30
    assert labelled(Image.fromarray(image))[2].position == "top-left"


def test_an_existing_text_is_avoided():
    image = Image.new("RGB", (600, 400), "white")
    draw = ImageDraw.Draw(image)
    for y in range(330, 396, 11):
        draw.text((300, y), "existing words " * 4, fill="black")
    assert "bottom-right" not in labelled(image)[2].position


@pytest.mark.parametrize("size", [(64, 64), (100, 2000), (2000, 100), (4000, 200), (256, 256), (80, 61), (40, 40)])
def test_small_and_long_pictures_hold_the_rule(size):
    before, after, mark, _ = labelled(photo(size=size))
    assert mark.ratio >= 0.05
    assert mark.glyph_height >= 10
    assert mark.contrast >= 4.5
    if "\n" not in mark.text and mark.box[3] - mark.box[1] < 1.5 * mark.glyph_height:
        holds(before, after, mark)
    assert 0 <= mark.box[0] < mark.box[2] <= size[0]
    assert 0 <= mark.box[1] < mark.box[3] <= size[1]


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (20, 20), (300, 11)])
def test_a_picture_too_small_for_legible_words_is_an_error_that_says_so(size):
    before = photo(size=size)
    opened = picture.from_image(before)
    with pytest.raises(ExplicitLabelError, match="does not fit"):
        explicit.put(opened, ExplicitConfig())
    assert opened.frames[0].pixels.tobytes() == before.tobytes()


def test_long_texts_are_wrapped_and_elements_stay_whole():
    _, _, mark, _ = labelled(photo(size=(150, 400)), text="内容由AI生成，仅供参考", style="plate")
    width, height = mark.box[2] - mark.box[0], mark.box[3] - mark.box[1]
    assert width <= 150
    assert height > 2 * mark.glyph_height
    assert mark.text == "内容由AI生成，仅供参考"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_honoured_and_kept(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = photo(size=(300, 200))
    file = io.BytesIO()
    shown.save(file, "PNG", exif=exif)
    opened = picture.open_picture(file.getvalue(), "png")
    before = np.asarray(opened.view()).copy()
    mark = explicit.put(opened, ExplicitConfig(position="bottom-right"))
    again = picture.open_picture(picture.encode(opened, "png"), "png")
    again.orientation = orientation  # the container keeps the tag
    assert opened.size == ((200, 300) if orientation >= 5 else (300, 200))
    holds(before, np.asarray(again.view()), mark)


MODES = [
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "YCbCr",
    "HSV",
    "LAB",
    "I",
    "F",
    "I;16",
    "I;16B",
]


def in_mode(mode):
    base = photo(size=(300, 300))
    if mode.startswith("I;16"):
        wide = np.asarray(base.convert("L")).astype("<u2" if mode == "I;16" else ">u2") * 257
        return Image.frombytes(mode, base.size, wide.tobytes())
    if mode == "LAB":
        return Image.frombytes("LAB", base.size, np.asarray(base).tobytes())
    if mode == "PA":
        reduced = base.quantize(64)
        index = Image.frombytes("L", base.size, reduced.tobytes())
        made = Image.merge("PA", (index, Image.new("L", base.size, 255)))
        made.putpalette(reduced.getpalette())
        return made
    if mode == "1":  # dots of the picture and ink cannot be told apart by anybody
        return Image.linear_gradient("L").resize(base.size).convert("1", dither=Image.Dither.NONE)
    between = {"La": "LA", "RGBa": "RGBA"}.get(mode)
    return base.convert(between).convert(mode) if between else base.convert(mode)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_drawn_in_itself(mode, style):
    image = in_mode(mode)
    raw = image.tobytes()
    before, after, mark, opened = labelled(image, style=style)
    assert opened.frames[0].pixels.mode == mode
    assert image.tobytes() == raw
    assert mark.contrast >= 4.5
    holds(before, after, mark)


SHAPES = [(300, 300), (300, 300, 1), (300, 300, 2), (300, 300, 3), (300, 300, 4)]
ARRAYS = [(kind, shape) for kind in ("uint8", "uint16", "float32") for shape in SHAPES]


@pytest.mark.parametrize(("kind", "shape"), [*ARRAYS, ("bool", SHAPES[0]), ("bool", SHAPES[1])])
def test_arrays_are_labelled_and_not_changed(kind, shape):
    values = np.random.default_rng(3).random(shape)
    values[150:] = 0.2
    array = {"uint8": values * 255, "uint16": values * 65535, "bool": values > 0.5, "float32": values}[kind].astype(
        kind
    )
    if len(shape) == 3 and shape[2] in (2, 4):
        array[..., -1] = 1 if kind == "float32" else np.iinfo(kind).max
    copy = array.copy()
    opened = picture.from_array(array)
    before = np.asarray(opened.view().convert("RGB")).copy()
    mark = explicit.put(opened, ExplicitConfig())
    assert np.array_equal(array, copy)
    holds(before, np.asarray(opened.view().convert("RGB")), mark)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_on_transparency_the_label_is_opaque_and_holds_over_white_and_black(mode):
    image = photo().convert(mode)
    image.putalpha(0)
    opened = picture.from_image(image)
    mark = explicit.put(opened, ExplicitConfig())
    shown = opened.view().convert("RGBA")
    left, top, right, bottom = mark.box
    assert np.asarray(shown)[top:bottom, left:right, 3].min() == 255
    for backdrop in ("white", "black"):
        below = Image.new("RGBA", shown.size, backdrop)
        before = np.asarray(below.convert("RGB"))
        below.alpha_composite(shown)
        holds(before, np.asarray(below.convert("RGB")), mark)


def test_ink_never_takes_the_colour_that_is_declared_transparent():
    for key in ((255, 255, 255), (0, 0, 0)):
        image = photo()
        image = image.copy()
        image.info["transparency"] = key
        opened = picture.from_image(image)
        explicit.put(opened, ExplicitConfig(style="plate"))
        before, after = np.asarray(photo()), np.asarray(opened.frames[0].pixels)
        drawn = (before != after).any(axis=2)
        assert not (after[drawn] == np.array(key)).all(axis=1).any()


def test_the_logo_stands_left_of_the_words_at_their_height(tmp_path):
    logo = tmp_path / "logo.png"
    Image.new("RGBA", (90, 60), (255, 0, 0, 255)).save(logo)
    plain = labelled(photo(), position="bottom-right")[2]
    for style in STYLES:
        _, after, mark, _ = labelled(photo(), position="bottom-right", style=style, logo=str(logo))
        red = (after[..., 0] > 200) & (after[..., 1] < 40) & (after[..., 2] < 40)
        red[:, : mark.box[0] - 60] = False
        rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
        assert columns[-1] < mark.box[0]
        assert abs((rows[-1] - rows[0] + 1) - mark.glyph_height) <= 1
        assert mark.glyph_height == plain.glyph_height
    with pytest.raises(ConfigError, match="logo"):
        labelled(photo(), logo=str(tmp_path / "none.png"))


@pytest.mark.parametrize(
    "text", ["AI生成 · AI-generated", "AI生成 · Généré par IA", "AIで生成", "人工智能生成合成", "AI生成 · Создано ИИ"]
)
def test_other_wordings_and_languages(text):
    _, after, mark, _ = labelled(photo(size=(700, 400)), text=text)
    assert mark.text == text
    assert mark.ratio >= 0.05
    assert mark.contrast >= 4.5
    assert after.any()


def test_wording_outside_china_when_elements_are_not_required():
    _, _, mark, _ = labelled(photo(), text="AI-generated", require_elements=False)
    assert mark.glyph_height >= 0.05 * 300
    with pytest.raises(ExplicitLabelError, match="element"):
        labelled(photo(), text="AI-generated")


def test_settings_that_are_none_are_refused():
    for wrong in ({"style": "banner"}, {"position": "middle"}, {"height": 0.04}, {"height": 0.9}):
        with pytest.raises(ConfigError) as caught:
            labelled(photo(), **wrong)
        assert caught.value.place.startswith("explicit.")
    with pytest.raises(MissingGlyph):
        labelled(photo(), text="龘AI生成")


def test_the_height_asked_for_is_the_height_drawn():
    for height in (0.05, 0.08, 0.15):
        before, after, mark, _ = labelled(photo(), height=height)
        assert height <= mark.ratio <= height + 0.012
        assert holds(before, after, mark).ratio >= height - 0.004


def test_all_frames_of_an_animation_carry_the_same_label():
    frames = [photo().rotate(10 * i) for i in range(4)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=90, lossless=True)
    opened = picture.open_picture(file.getvalue(), "webp")
    before = [np.asarray(opened.view(i).convert("RGB")).copy() for i in range(4)]
    mark = explicit.put(opened, ExplicitConfig())
    assert mark.frames == (4, 4)
    for index in range(4):
        holds(before[index], np.asarray(opened.view(index).convert("RGB")), mark)


def test_confirm_tells_labelled_from_unlabelled_files():
    for form, kind, more in (("jpeg", "JPEG", {"quality": 60}), ("png", "PNG", {}), ("webp", "WEBP", {"quality": 60})):
        file = io.BytesIO()
        photo(size=(1200, 900)).save(file, kind, **more)
        opened = picture.open_picture(file.getvalue(), form)
        mark = explicit.put(opened, ExplicitConfig())
        assert explicit.confirm(picture.encode(opened, form), form, mark)
        assert not explicit.confirm(file.getvalue(), form, mark)


def test_confirm_follows_orientation_and_wrapped_lines():
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    photo(size=(900, 400)).save(file, "JPEG", exif=exif)
    opened = picture.open_picture(file.getvalue(), "jpeg")
    mark = explicit.put(opened, ExplicitConfig(text="内容由AI生成，仅供参考" * 2, position="top"))
    coded = picture.from_image(opened.frames[0].pixels)
    coded.carried = opened.carried
    assert mark.box[3] - mark.box[1] > 2 * mark.glyph_height
    assert explicit.confirm(picture.encode(coded, "jpeg", 90), "jpeg", mark)
