"""The image watermark: what it survives, what nobody sees, and what it never reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from labelkit.errors import InputError, UnsupportedOperation
from labelkit.formats.image._wm_decode import framed, prefilter
from labelkit.formats.image._wm_detect import _WHOLE
from labelkit.formats.image._wm_pattern import CODE, plan, torus
from labelkit.formats.image._wm_search import Candidate, Search, refined
from labelkit.formats.image._wm_spectrum import spectrum
from labelkit.formats.image._wm_track import tracked
from labelkit.formats.image.watermark import Detection, detect, embed
from labelkit.watermark.decision import statistic
from labelkit.watermark.keys import PUBLIC_KEY, Key

PAYLOAD = 0x0123456789ABCDEF
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def photo() -> Picture:
    return np.asarray(data.astronaut())


@pytest.fixture(scope="module")
def marked(photo: Picture) -> Picture:
    return embed(photo, PAYLOAD)


def found(picture: Picture, **options: object) -> int | None:
    detection = detect(picture, **options)  # type: ignore[arg-type]
    return detection.payload if detection else None


def jpeg(picture: Picture, quality: int) -> Picture:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_UNCHANGED)


def resized(picture: Picture, factor: float) -> Picture:
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def decibel(picture: Picture, other: Picture) -> float:
    return float(10 * np.log10(255**2 / np.mean((picture.astype(float) - other) ** 2)))


def test_says_what_it_found(marked: Picture) -> None:
    detection = detect(marked)
    assert isinstance(detection, Detection)
    assert (detection.payload, detection.key_id) == (PAYLOAD, PUBLIC_KEY.id)
    assert detection.p_value < 1e-100
    assert detection.geometry.rotation == pytest.approx(0, abs=0.1)
    assert detection.geometry.words.startswith("upright")
    assert detection.asdict()["payload"] == "0123456789abcdef"


@pytest.mark.parametrize("payload", [0, 1, 2**64 - 1])
def test_any_payload(photo: Picture, payload: int) -> None:
    assert found(embed(photo, payload), search="fast") == payload


def test_payload_has_64_bits(photo: Picture) -> None:
    with pytest.raises(ValueError, match="64-bit"):
        embed(photo, 2**64)


@pytest.mark.parametrize("shape", [(512, 512), (512, 512, 3), (512, 512, 4)])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_colour_alpha_and_depth(photo: Picture, shape: tuple[int, ...], depth: type) -> None:
    picture = photo[..., 0] if len(shape) == 2 else photo
    if len(shape) == 3 and shape[2] == 4:
        picture = np.dstack([photo, np.full((512, 512), 200, np.uint8)])
    picture = picture.astype(depth) * (257 if depth is np.uint16 else 1)
    result = embed(picture, PAYLOAD)
    assert (result.shape, result.dtype) == (shape, depth)
    assert found(result, search="fast") == PAYLOAD


def test_transparent_areas_carry_nothing(photo: Picture) -> None:
    alpha = np.full((512, 512), 255, np.uint8)
    alpha[:, :200] = 0
    result = embed(np.dstack([photo, alpha]), PAYLOAD)
    assert np.array_equal(result[:, :200, :3], photo[:, :200])
    assert np.array_equal(result[..., 3], alpha)
    assert found(result, search="fast") == PAYLOAD
    apart = embed(photo, PAYLOAD, alpha=alpha)
    assert np.array_equal(apart[:, :200], photo[:, :200])
    assert found(apart, search="fast") == PAYLOAD


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (np.zeros((300, 300), np.float32), InputError),
        (np.zeros((300, 300, 2), np.uint8), InputError),
        (np.zeros((0, 300), np.uint8), InputError),
        (np.zeros((127, 300), np.uint8), UnsupportedOperation),
    ],
)
def test_refuses_what_is_no_picture(bad: Picture, error: type[Exception]) -> None:
    with pytest.raises(error):
        embed(bad, PAYLOAD)


def test_keys_are_apart(photo: Picture, marked: Picture) -> None:
    mine, other = Key(bytes(range(32)), "mine"), Key(bytes(32), "other")
    result = embed(photo, 77, mine)
    assert found(result) is None
    assert found(result, keys=bytes(32), search="fast") is None
    detection = detect(result, [PUBLIC_KEY, other, mine], search="fast")
    assert detection is not None
    assert (detection.payload, detection.key_id) == (77, mine.id)
    assert found(marked, keys=mine, search="fast") is None


def test_unmarked_pictures_have_no_mark(photo: Picture) -> None:
    assert detect(photo) is None
    assert detect(np.zeros((300, 400, 3), np.uint8)) is None
    assert detect(np.full((1, 1), 9, np.uint8)) is None
    assert detect(np.asarray(data.brick())) is None


@pytest.mark.parametrize("quality", [75, 30])
def test_survives_jpeg(marked: Picture, quality: int) -> None:
    assert found(jpeg(marked, quality), search="fast") == PAYLOAD


def test_survives_values(marked: Picture) -> None:
    noise = np.random.default_rng(1).normal(0, 20, marked.shape)
    grey = cv2.cvtColor(marked, cv2.COLOR_RGB2GRAY)
    for changed in (255 - marked, grey, cv2.equalizeHist(grey), np.clip(marked + noise, 0, 255).astype(np.uint8)):
        assert found(changed, search="fast") == PAYLOAD
    assert found(cv2.GaussianBlur(marked, (0, 0), 2), search="fast") == PAYLOAD


@pytest.mark.parametrize("factor", [0.5, 1.4, 2])
def test_survives_resizing(marked: Picture, factor: float) -> None:
    assert found(resized(marked, factor), search="fast") == PAYLOAD


def turned(picture: Picture, degrees: float) -> Picture:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    return cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_CUBIC)


def pasted(picture: Picture) -> Picture:
    page = cv2.resize(np.asarray(data.retina()), (1024, 1024))
    page[300:812, 200:712] = picture
    return page


def bent(picture: Picture) -> Picture:
    corners = np.array([[0, 0], [512, 0], [512, 512], [0, 512]], np.float32)
    moved = corners + np.array([[20, 10], [-15, 20], [-20, -10], [12, -16]], np.float32)
    return cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, moved), (512, 512))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[60:316, 100:356],
        lambda p: p[180:342, 100:262],
        lambda p: jpeg(resized(p[20:382, 100:462], 0.7), 60),
        lambda p: turned(p, 15),
        lambda p: jpeg(turned(p, -45), 75),
        lambda p: np.rot90(p),
        lambda p: 255 - p[:, ::-1],
        lambda p: cv2.resize(p, (512, 440), interpolation=cv2.INTER_AREA),
        lambda p: cv2.warpAffine(p, np.array([[1, 0.0875, 0], [0, 1, 0]]), (556, 512)),
        pasted,
        bent,
    ],
    ids=[
        "crop25",
        "crop10",
        "crop-scale-jpeg",
        "turn15",
        "turn45",
        "turn90",
        "mirror-invert",
        "aspect",
        "shear",
        "paste",
        "perspective",
    ],
)
def test_survives_geometry(marked: Picture, change: Callable[[Picture], Picture]) -> None:
    assert found(np.ascontiguousarray(change(marked))) == PAYLOAD


def test_tells_the_geometry(marked: Picture) -> None:
    leaning = detect(turned(resized(marked, 1.5)[:, ::-1], -20))
    assert leaning is not None
    geometry = leaning.geometry
    assert geometry.flipped
    assert geometry.rotation == pytest.approx(20, abs=0.4)
    assert (geometry.scale_x, geometry.scale_y) == pytest.approx((1.5, 1.5), rel=0.01)
    assert "mirrored, turned" in geometry.words
    cropped = detect(marked[100:400, 150:450])
    assert cropped is not None
    matrix = np.array(cropped.geometry.matrix)
    # Where the crop's pixels were in the marked picture, whose centre is the frame's origin.
    assert matrix[:, :2] == pytest.approx(np.eye(2), abs=0.01)


@pytest.mark.parametrize("colour", [(40, 120, 220), (128, 128, 128), (255, 255, 255), (0, 0, 0), (255, 0, 0)])
def test_nobody_sees_it_where_nothing_hides_it(colour: tuple[int, int, int]) -> None:
    flat = np.full((600, 700, 3), colour, np.uint8)
    result = embed(flat, PAYLOAD)
    assert np.sqrt(((result.astype(float) - flat) ** 2).mean()) <= 0.8
    assert found(result, search="fast") == PAYLOAD


def test_nobody_sees_it_on_flat_places_next_to_texture() -> None:
    """What hides the mark must be where the mark is, not a few pixels away."""
    drawing = np.full((512, 512, 3), (230, 200, 160), np.uint8)
    rng = np.random.default_rng(3)
    for y in range(0, 512, 64):
        drawing[y : y + 32, :256] = rng.integers(0, 256, (32, 256, 1))
    near = np.zeros((512, 512), bool)
    for y in range(0, 512, 64):
        near[y + 37 : y + 59, :250] = True
    change = embed(drawing, PAYLOAD).astype(float) - drawing
    assert np.sqrt((change[near] ** 2).mean()) <= 0.85
    assert np.sqrt((change[:32, :256] ** 2).mean()) > 3


def test_small_smooth_pictures_use_more_of_their_texture() -> None:
    smooth = cv2.GaussianBlur(np.asarray(data.coffee())[:400, :400], (0, 0), 2)
    large = cv2.resize(smooth, (800, 800), interpolation=cv2.INTER_CUBIC)
    assert 43 < decibel(smooth, embed(smooth, PAYLOAD)) < decibel(large, embed(large, PAYLOAD)) - 0.5


def test_strength_is_bounded(photo: Picture, marked: Picture) -> None:
    assert 38 <= decibel(photo, marked) <= 48
    gravel = np.asarray(data.gravel())
    assert decibel(gravel, embed(gravel, PAYLOAD)) >= 37.9


def test_strips_join_without_seams(photo: Picture) -> None:
    """Large pictures are marked strip by strip; the residual must be what enlarging it whole would give."""
    big = cv2.resize(photo, (1536, 1160), interpolation=cv2.INTER_CUBIC)
    residual = embed(big, PAYLOAD).astype(np.float32) - big
    rows = np.abs(np.diff(residual[..., 1], axis=0)).mean(axis=1)
    seams = rows[127::128]
    assert seams.mean() < 1.2 * rows.mean()


def test_one_family_alone_waits_for_the_round_that_looks_for_both_apart() -> None:
    """Changed proportions: one family far out of the noise says nothing about the other."""
    quick, thorough = _WHOLE[0], _WHOLE[-1]
    alone, both = Candidate(np.eye(2, 3), 300.0, 20.0), Candidate(np.eye(2, 3), 300.0, 120.0)
    assert [quick.likely(alone), quick.likely(both)] == [False, True]
    assert thorough.likely(alone)
    assert not thorough.likely(Candidate(np.eye(2, 3), 49.0, 20.0))


def test_the_pattern_never_changes() -> None:
    """Marks must be readable for years: these numbers are promised, whatever the platform or the library version."""
    key = Key(bytes(range(32)))
    chosen = plan(key)
    assert chosen.angle == pytest.approx(28.0888989355518, abs=1e-9)
    assert chosen.lines[0].tolist() == [
        25, 30, 37, 45, 49, 55, 63, 67, 74, 81, 86, 92, 97, 102, 109, 118, 122, 133, 137, 149, 155, 163,
    ]  # fmt: skip
    assert chosen.bit[:8].tolist() == [224, 158, 131, 39, 205, 60, 99, 309]
    assert chosen.sign[:8].tolist() == [-1, -1, -1, -1, -1, 1, 1, -1]
    assert len(chosen.sign) == len(chosen.bit) == 4140
    signal = torus(key, PAYLOAD)[::100, 7]
    assert signal == pytest.approx([0.1257, 0.0483, -1.2606, 0.2897, 0.3206, 0.7727], abs=2e-4)
    assert float(torus(key, PAYLOAD).std()) == pytest.approx(1, abs=0.01)


def test_nothing_but_the_last_step_looks_at_the_signs(photo: Picture) -> None:
    """The false-alarm bound needs geometry, samples and weights that do not depend on the payload's keyed signs."""
    chosen = plan(PUBLIC_KEY)
    other = replace(chosen, sign=-chosen.sign[::-1], bit=chosen.bit[::-1])
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    seen, filtered = spectrum(grey), prefilter(grey)
    outcomes = []
    for one in (chosen, other):
        search = Search(seen, one)
        candidates = refined(seen, one, [*search.similar(500), *search.deformed()])
        frame = framed(filtered, candidates[0].to_frame, one)
        followed = tracked(frame, filtered, candidates[0].to_frame, one)
        outcomes.append((np.array([c.to_frame for c in candidates]), frame.z, followed.values))
    for ours, theirs in zip(*outcomes, strict=True):
        assert np.array_equal(ours, theirs)


def test_the_statistic_stays_under_its_bound() -> None:
    """For a fixed codeword and any samples, random signs pass a level no more often than Hoeffding's bound says."""
    rng, chosen = np.random.default_rng(2), plan(PUBLIC_KEY)
    weighted = (rng.standard_t(2, 4140) * np.repeat(rng.uniform(0, 9, 414), 10)).astype(np.float32)
    energy, coded = float(weighted @ weighted), CODE.encode(PAYLOAD)
    z = [
        statistic(coded, np.bincount(chosen.bit, weighted * signs, CODE.length), energy)
        for signs in rng.choice(np.array([-1, 1], np.float32), (3000, 4140))
    ]
    for level in (1.0, 2.0, 3.0):
        assert np.mean(np.array(z) > level) <= np.exp(-(level**2) / 2)
    assert np.std(z) == pytest.approx(1, abs=0.05)
