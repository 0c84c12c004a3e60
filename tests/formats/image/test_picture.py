"""Decoding and coding: nothing but the label changes, and damaged or huge files end in a clear error."""

import io
import subprocess
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageSequence, JpegImagePlugin
from skimage import data

from labelkit.config import ExplicitConfig
from labelkit.errors import BrokenFile, InputError, LabelKitError, LimitExceeded, UnsupportedOperation
from labelkit.formats import table
from labelkit.formats.base import apply
from labelkit.formats.image import _apng, _vp8, explicit, picture


@cache
def photo(size=(240, 200)):
    return Image.fromarray(data.astronaut()).resize(size)


def saved(image, kind, **more):
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def written(source, form):
    """The file with a label, as the pipeline writes it; and the decoded picture with its stamps."""
    opened = picture.open_picture(source, form)
    explicit.put(opened, ExplicitConfig())
    coded = picture.encode(opened, form)
    edits = table.by_id(form).container.graft(source, coded)
    return (coded if edits is None else b"".join(apply(source, edits))), opened


def raw(pixels):
    return np.asarray(pixels)


def outside(opened, index=0):
    """The pixels that no stamp covers."""
    mask = np.ones(opened.size_of(index)[::-1], bool)
    for made in opened.stamps:
        left, top, right, bottom = made.box
        if right <= mask.shape[1] and bottom <= mask.shape[0]:
            mask[top:bottom, left:right][made.cover > 0] = False
    return mask


def unchanged(source, result, form, opened):
    before, after = picture.open_picture(source, form), picture.open_picture(result, form)
    assert len(before.frames) == len(after.frames)
    for index, (old, new) in enumerate(zip(before.frames, after.frames, strict=True)):
        assert old.duration == new.duration
        a, b = raw(old.pixels), raw(new.pixels)
        if a.shape != b.shape:  # a palette that had no room left became true colour
            a, b = np.asarray(before.view(index).convert("RGBA")), np.asarray(after.view(index).convert("RGBA"))
        mask = outside(opened, index)
        assert np.array_equal(a[mask], b[mask])
        assert not np.array_equal(a, b)
    assert before.loop == after.loop
    return after


def with_alpha():
    image = photo().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


PNGS = {
    "1": (lambda: photo().convert("1"), {}),
    "1 key": (lambda: photo().convert("1"), {"transparency": 1}),
    "L": (lambda: photo().convert("L"), {}),
    "L key": (lambda: photo().convert("L"), {"transparency": 255}),
    "LA": (lambda: with_alpha().convert("LA"), {}),
    "P 16": (lambda: photo().quantize(16), {}),
    "P 256": (lambda: photo().quantize(256), {}),
    "P key": (lambda: photo().quantize(64), {"transparency": 5}),
    "P alpha": (lambda: photo().quantize(64), {"transparency": bytes(range(0, 256, 4))}),
    "RGB": (photo, {}),
    "RGB key": (photo, {"transparency": (255, 255, 255)}),
    "RGBA": (with_alpha, {}),
    "I;16": (lambda: Image.fromarray(np.asarray(photo().convert("L")).astype(np.uint16) * 251), {}),
}


@pytest.mark.parametrize("kind", PNGS)
def test_png_pixels_outside_the_label_are_identical(kind):
    make, more = PNGS[kind]
    source = saved(make(), "PNG", **more)
    result, opened = written(source, "png")
    unchanged(source, result, "png", opened)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_png_with_16_bits_and_colour_keeps_every_bit(channels, tmp_path):
    samples = np.random.default_rng(channels).integers(0, 65536, (90, 130, channels), dtype=np.uint16)
    if channels != 3:
        samples[..., -1] = 65535
    source = picture.encode(picture.from_array(samples), "png")
    assert np.array_equal(raw(picture.open_picture(source, "png").frames[0].pixels), samples)
    result, opened = written(source, "png")
    unchanged(source, result, "png", opened)
    path = tmp_path / "a.png"
    path.write_bytes(result)
    assert subprocess.run(["pngcheck", "-q", path], check=False).returncode == 0


def test_interlaced_16_bit_png_made_by_another_program(tmp_path):
    samples = np.random.default_rng(9).integers(0, 65536, (61, 67, 3), dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(picture.encode(picture.from_array(samples), "png"))
    subprocess.run(["convert", tmp_path / "a.png", "-interlace", "PNG", tmp_path / "b.png"], check=True)
    again = picture.open_picture((tmp_path / "b.png").read_bytes(), "png")
    assert np.array_equal(raw(again.frames[0].pixels), samples)


def test_apng_frames_times_and_poster_survive():
    frames = [photo().rotate(7 * i) for i in range(4)]
    for poster in (False, True):
        source = saved(
            frames[0],
            "PNG",
            save_all=True,
            append_images=frames[1:],
            duration=[50, 70, 90, 110][poster:],
            loop=2,
            default_image=poster,
        )
        result, opened = written(source, "png")
        unchanged(source, result, "png", opened)


def test_apng_with_equal_frames_and_odd_delays_stays_as_it_is(tmp_path):
    frames = [photo(), photo(), photo().rotate(9), photo().rotate(9)]
    for mode in ("RGB", "P", "L", "RGBA"):
        made = [frame.convert(mode) for frame in frames]
        source = _apng.encode(made, [(1, 30), (1, 30), (2, 25), (0, 100)], 5, False, {})
        result, opened = written(source, "png")
        assert _apng.delays(result) == ((1, 30), (1, 30), (2, 25), (0, 100))
        unchanged(source, result, "png", opened)
        path = tmp_path / "a.png"
        path.write_bytes(result)
        assert subprocess.run(["pngcheck", "-q", path], check=False).returncode == 0


JPEGS = {
    "grey": ("L", {}),
    "420": ("RGB", {"subsampling": 2, "quality": 83}),
    "422": ("RGB", {"subsampling": 1}),
    "444": ("RGB", {"subsampling": 0, "quality": 97}),
    "progressive": ("RGB", {"progressive": True}),
    "own tables": ("RGB", {"qtables": [list(range(1, 65)), list(range(65, 1, -1))], "subsampling": 0}),
    "rgb": ("RGB", {"keep_rgb": True}),
    "cmyk": ("CMYK", {}),
    "restart": ("RGB", {"restart_marker_blocks": 7}),
}


@pytest.mark.parametrize("kind", JPEGS)
def test_jpeg_keeps_its_own_parameters(kind):
    mode, more = JPEGS[kind]
    source = saved(photo().convert(mode), "JPEG", **more)
    result, opened = written(source, "jpeg")
    with Image.open(io.BytesIO(source)) as old, Image.open(io.BytesIO(result)) as new:
        assert isinstance(old, JpegImagePlugin.JpegImageFile)
        assert isinstance(new, JpegImagePlugin.JpegImageFile)
        assert new.mode == old.mode
        assert [layer[1:3] for layer in new.layer] == [layer[1:3] for layer in old.layer]
        assert [new.quantization[c[3]] for c in new.layer] == [old.quantization[c[3]] for c in old.layer]
        assert new.info.get("progressive") == old.info.get("progressive")
        difference = np.abs(np.asarray(new.convert("RGB"), int) - np.asarray(old.convert("RGB"), int)).max(axis=2)
    assert (
        picture.open_picture(result, "jpeg").coding.restart
        == opened.coding.restart
        == more.get("restart_marker_blocks", 0)
    )
    assert difference[outside(opened)].mean() < 4
    assert abs(len(result) - len(source)) < 0.1 * len(source) + 2000


def test_cmyk_jpeg_of_another_program_keeps_its_colours(tmp_path):
    (tmp_path / "a.png").write_bytes(saved(photo(), "PNG"))
    subprocess.run(
        ["convert", tmp_path / "a.png", "-colorspace", "CMYK", "-quality", "90", tmp_path / "b.jpg"], check=True
    )
    source = (tmp_path / "b.jpg").read_bytes()
    result, opened = written(source, "jpeg")
    a, b = (np.asarray(Image.open(io.BytesIO(d)), int) for d in (source, result))
    assert a.shape == b.shape
    assert np.abs(a - b)[outside(opened)].mean() < 3


TIFFS = {
    "raw": ("RGB", {}),
    "lzw": ("RGB", {"compression": "tiff_lzw"}),
    "lzw predictor": ("RGB", {"compression": "tiff_lzw", "tiffinfo": {317: 2}}),
    "deflate alpha": ("RGBA", {"compression": "tiff_adobe_deflate"}),
    "packbits": ("L", {"compression": "packbits"}),
    "group4": ("1", {"compression": "group4"}),
    "cmyk": ("CMYK", {"compression": "tiff_lzw"}),
    "palette": ("P", {}),
    "float": ("F", {}),
    "32 bit": ("I", {}),
}


@pytest.mark.parametrize("kind", TIFFS)
def test_tiff_pixels_and_compression_are_kept(kind):
    mode, more = TIFFS[kind]
    source = saved(photo().convert(mode), "TIFF", **more)
    result, opened = written(source, "tiff")
    after = unchanged(source, result, "tiff", opened)
    assert after.coding.pages[0].compression == opened.coding.pages[0].compression
    assert after.coding.pages[0].predictor == opened.coding.pages[0].predictor


@pytest.mark.parametrize(
    "layout", [["-c", "none"], ["-c", "lzw"], ["-c", "zip:2"], ["-B", "-c", "none"], ["-B", "-c", "lzw"], ["-8"]]
)
def test_tiff_with_16_bit_colour_keeps_every_bit(layout, tmp_path):
    samples = np.random.default_rng(4).integers(0, 65536, (90, 130, 3), dtype=np.uint16)
    (tmp_path / "a.tif").write_bytes(picture.encode(picture.from_array(samples), "tiff"))
    subprocess.run(["tiffcp", *layout, tmp_path / "a.tif", tmp_path / "b.tif"], check=True)
    source = (tmp_path / "b.tif").read_bytes()
    assert np.array_equal(raw(picture.open_picture(source, "tiff").frames[0].pixels), samples)
    result, opened = written(source, "tiff")
    unchanged(source, result, "tiff", opened)


@pytest.mark.parametrize("order", [["-L"], ["-B"]])
def test_tiff_with_16_bit_grey_keeps_every_bit_in_both_byte_orders(order, tmp_path):
    samples = np.random.default_rng(4).integers(0, 65536, (90, 130), dtype=np.uint16)
    (tmp_path / "a.tif").write_bytes(picture.encode(picture.from_array(samples), "tiff"))
    subprocess.run(["tiffcp", *order, "-c", "none", tmp_path / "a.tif", tmp_path / "b.tif"], check=True)
    source = (tmp_path / "b.tif").read_bytes()
    assert np.array_equal(raw(picture.open_picture(source, "tiff").frames[0].pixels), samples)
    result, opened = written(source, "tiff")
    unchanged(source, result, "tiff", opened)


def test_tiff_pages_tags_and_orientation_survive(tmp_path):
    tags = {270: "caption", 315: "somebody", 33432: "(c)", 274: 6, 65000: "private"}
    pages = [photo(), photo().convert("L"), photo((120, 260))]
    source = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw", tiffinfo=tags)
    result, opened = written(source, "tiff")
    unchanged_pages = picture.open_picture(result, "tiff")
    assert [f.size for f in unchanged_pages.frames] == [(240, 200), (240, 200), (120, 260)]
    assert unchanged_pages.orientation == opened.orientation == 6
    path = tmp_path / "a.tif"
    path.write_bytes(result)
    told = subprocess.run(["tiffinfo", path], capture_output=True, text=True, check=True)
    assert not told.stderr.replace(
        "TIFFReadDirectory: Warning, Unknown field with tag 65000 (0xfde8) encountered.", ""
    ).strip()
    assert told.stdout.count("LZW") == 3
    for word in ("caption", "somebody", "(c)"):
        assert word in told.stdout


def test_tiff_depths_that_cannot_be_kept_are_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(saved(photo(), "PNG"))
    subprocess.run(
        ["convert", tmp_path / "a.png", "-colorspace", "CMYK", "-depth", "16", tmp_path / "b.tif"], check=True
    )
    with pytest.raises(UnsupportedOperation, match="8 bits"):
        picture.open_picture((tmp_path / "b.tif").read_bytes(), "tiff")


def test_webp_lossless_is_exact_even_under_full_transparency():
    for image in (photo(), with_alpha()):
        source = saved(image, "WEBP", lossless=True, exact=True)
        result, opened = written(source, "webp")
        unchanged(source, result, "webp", opened)


def test_webp_animation_keeps_times():
    frames = [photo().rotate(7 * i) for i in range(4)]
    source = saved(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=[50, 70, 90, 110], loop=3, lossless=True
    )
    result, opened = written(source, "webp")
    unchanged(source, result, "webp", opened)


@pytest.mark.parametrize("quality", [20, 50, 75, 90, 98])
def test_webp_quality_is_estimated_on_the_better_side(quality):
    found = _vp8.quality(saved(photo((500, 400)), "WEBP", quality=quality))
    assert quality - 2 <= found <= quality + 8


@pytest.mark.parametrize("form", ["avif", "heif"])
def test_avif_and_heif_keep_profile_and_exif(form):
    kind = {"avif": "AVIF", "heif": "HEIF"}[form]
    if form == "heif":
        import pillow_heif

        pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x010E] = "caption"
    source = saved(photo(), kind, exif=exif, icc_profile=b"")
    result, opened = written(source, form)
    again = picture.open_picture(result, form)
    assert b"caption" in again.carried.exif
    assert again.size == opened.size
    difference = np.abs(raw(again.frames[0].pixels).astype(int) - raw(opened.frames[0].pixels)).mean()
    assert difference < 5


def test_heif_with_several_pictures_keeps_which_is_first_and_is_confirmed():
    import pillow_heif

    pillow_heif.register_heif_opener()
    images = [photo(), photo((160, 120)), photo((200, 240))]
    source = saved(images[0], "HEIF", save_all=True, append_images=images[1:], primary_index=2)
    opened = picture.open_picture(source, "heif")
    mark = explicit.put(opened, ExplicitConfig())
    result = picture.encode(opened, "heif")
    with Image.open(io.BytesIO(result)) as again:
        assert again.tell() == 2
        assert again.n_frames == 3
    assert explicit.confirm(result, "heif", mark)
    assert not explicit.confirm(source, "heif", mark)


# --- GIF -----------------------------------------------------------------------------------------------------------


def dot(step, mode="RGB"):
    image = Image.new(mode, (200, 150), (240, 240, 240) if mode == "RGB" else (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((10 + 10 * step, 20, 60 + 10 * step, 70), fill=(200, 30 + 10 * step, 30))
    return image


def noise(colours):
    indices = np.random.default_rng(5).integers(0, colours, (150, 200), dtype=np.uint8)
    image = Image.fromarray(indices).convert("L")
    made = Image.frombytes("P", image.size, indices.tobytes())
    made.putpalette([v for i in range(colours) for v in (i, (i * 7) % 256, (i * 13) % 256)])
    return made


GIFS = {
    "still": ([lambda: photo()], {}),
    "interlaced": ([lambda: photo()], {"interlace": 1}),
    "two colours": ([lambda: photo().convert("1")], {}),
    "all colours in use": ([lambda: noise(256)], {}),
    "moving": ([lambda i=i: dot(i) for i in range(6)], {"duration": [50, 100, 150, 200, 50, 60], "loop": 3}),
    "whole frames": ([lambda i=i: photo().rotate(5 * i) for i in range(4)], {"duration": 80, "loop": 0}),
    "cleared": ([lambda i=i: dot(i, "RGBA") for i in range(5)], {"duration": 60, "loop": 0, "disposal": 2}),
    "reverted": ([lambda i=i: dot(i, "RGBA") for i in range(5)], {"duration": 60, "loop": 0, "disposal": 3}),
    "mixed": ([lambda i=i: dot(i, "RGBA") for i in range(5)], {"duration": 60, "loop": 0, "disposal": [1, 2, 1, 3, 2]}),
}


def shown_frames(source):
    with Image.open(io.BytesIO(source)) as image:
        return [
            (np.asarray(frame.convert("RGBA")), frame.info.get("duration")) for frame in ImageSequence.Iterator(image)
        ]


@pytest.mark.parametrize("kind", GIFS)
def test_gif_frames_change_only_under_the_label(kind):
    makers, more = GIFS[kind]
    images = [make() for make in makers]
    several = {"save_all": True, "append_images": images[1:]} if len(images) > 1 else {}
    source = saved(images[0], "GIF", **several, **more)
    result, opened = written(source, "gif")
    (made,) = opened.stamps
    left, top, right, bottom = made.box
    old, new = shown_frames(source), shown_frames(result)
    assert [d for _, d in old] == [d for _, d in new]
    mask = outside(opened)
    for (a, _), (b, _) in zip(old, new, strict=True):
        seen = mask & ((a[..., 3] > 0) | (b[..., 3] > 0))
        changed = (a != b).any(axis=2) & seen
        assert changed.mean() <= (0.01 if kind == "all colours in use" else 0)
        label = b[top:bottom, left:right][made.cover > 0]
        assert label[:, 3].min() == 255
        wanted = made.colour[made.cover > 0].astype(int)
        assert np.abs(label[:, 0].astype(int) - wanted).mean() < (40 if kind == "all colours in use" else 12)


def test_gif_frames_beyond_the_logical_screen_are_cut_off():
    source = bytearray(saved(photo((200, 150)), "GIF"))
    source[6:10] = (150).to_bytes(2, "little") + (100).to_bytes(2, "little")
    opened = picture.open_picture(bytes(source), "gif")
    explicit.put(opened, ExplicitConfig())
    assert picture.open_picture(picture.encode(opened, "gif"), "gif").size == opened.size


def test_gif_frames_that_the_label_does_not_touch_keep_their_bytes():
    images = [dot(i) for i in range(6)]
    source = saved(images[0], "GIF", save_all=True, append_images=images[1:], duration=80)
    result, _ = written(source, "gif")
    assert result.endswith(source[-200:])


# --- images, arrays, errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif", "tiff", "heif", "avif", "bmp"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16"])
def test_every_mode_can_be_written_in_every_format(mode, form):
    base = photo((60, 50))
    if mode == "LAB":
        image = Image.frombytes("LAB", base.size, base.tobytes())
    elif mode == "I;16":
        image = Image.fromarray(np.asarray(base.convert("L")).astype(np.uint16) * 257)
    else:
        image = base.convert(mode)
    coded = picture.encode(picture.from_image(image), form, 80)
    assert table.find(coded).id == form
    assert picture.open_picture(coded, form).size == (60, 50)


def test_an_image_is_copied_with_profile_exif_and_all_frames():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = photo().copy()
    image.info |= {"icc_profile": b"profile", "exif": exif.tobytes(), "dpi": (300, 300)}
    opened = picture.from_image(image)
    assert (opened.carried.icc, opened.carried.dpi, opened.orientation) == (b"profile", (300.0, 300.0), 6)
    frames = [dot(i) for i in range(3)]
    with Image.open(
        io.BytesIO(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=70))
    ) as animated:
        assert len(picture.from_image(animated).frames) == 3


def test_arrays_that_are_no_pictures_are_refused_with_a_remedy():
    for wrong in (
        np.zeros(5),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4), np.int64),
    ):
        with pytest.raises(InputError) as caught:
            picture.from_array(wrong)
        assert caught.value.remedy
    for value in (np.full((4, 4, 3), 255.0), np.full((4, 4), np.nan), np.full((4, 4), -0.5)):
        with pytest.raises(InputError, match="0 to 1"):
            picture.from_array(value)


def test_sizes_are_bounded_before_anything_is_decoded():
    huge = Image.new("1", (20_000, 12_000))
    source = saved(huge, "PNG")
    with pytest.raises(LimitExceeded, match="pixels"):
        picture.open_picture(source, "png")
    with pytest.raises(LimitExceeded):
        picture.from_array(np.broadcast_to(np.uint8(0), (20_000, 12_000)))


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif", "tiff", "avif", "bmp"])
def test_truncated_files_end_in_a_clear_error(form):
    source = picture.encode(picture.from_image(photo((80, 70))), form)
    for share in (0.05, 0.3, 0.6, 0.9):
        with pytest.raises(LabelKitError):
            picture.open_picture(source[: int(len(source) * share)], form)


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif", "tiff", "avif", "bmp"])
def test_damaged_files_give_a_picture_or_a_clear_error(form):
    source = picture.encode(picture.from_image(photo((60, 50))), form)
    random = np.random.default_rng(6)
    for _ in range(60):
        damaged = bytearray(source)
        for at in random.integers(0, len(source), 4):
            damaged[at] = random.integers(0, 256)
        try:
            opened = picture.open_picture(bytes(damaged), form)
            explicit.put(opened, ExplicitConfig())
            picture.encode(opened, form)
        except LabelKitError:
            continue


def test_a_format_without_pixels_or_a_codec_is_refused():
    with pytest.raises(UnsupportedOperation):
        picture.encode(picture.from_image(photo((60, 50))), "svg")
    with pytest.raises(BrokenFile):
        picture.open_picture(b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "png")
