"""The benchmark's own instruments: attacks do what they say, rulers measure right, sets stay apart."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from benchmarks import _attack_geometry as geometry
from benchmarks import _attack_pixels as pixels
from benchmarks import _quality, _robustness_report, corpus_image, false_positives_image
from benchmarks._trials import Journal, Marking, Trial, key_of, payload_of
from benchmarks.attacks_image import ATTACKS, BY_ID, PEER_IDS, QUICK_IDS, ROWS, Attack
from labelkit.formats.image.watermark import detect, embed
from labelkit.watermark.keys import Key

ASTRONAUT = data.astronaut()
PORTRAIT = ASTRONAUT[:480, :400].copy()
#: Those that start a program are run once; what the project's own environment lacks is run by the benchmark only.
STARTS_PROGRAM = {
    "imagemagick jpeg 75",
    "imagemagick 85 % + jpeg 75",
    "ffmpeg mjpeg q 5",
    "chromium screenshot of a web page",
}
HERE = [a for a in ATTACKS if not a.needs]


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("attack", HERE, ids=lambda a: a.id)
def test_an_attack_gives_rgb_and_spares_its_input(attack: Attack) -> None:
    before = PORTRAIT.copy()
    attacked = attack.run(PORTRAIT, "portrait")
    assert attacked.dtype == np.uint8
    assert attacked.ndim == 3
    assert attacked.shape[2] == 3
    assert np.array_equal(PORTRAIT, before)
    if attack.id not in STARTS_PROGRAM:
        assert np.array_equal(attacked, attack.run(PORTRAIT, "portrait"))
    if attack.id != "identity":
        assert attacked.shape != PORTRAIT.shape or not np.array_equal(attacked, PORTRAIT)


@pytest.mark.parametrize(
    ("attack", "height", "width"),
    [
        ("resize 0.25", 120, 100), ("resize 2", 960, 800), ("resize 0.25 and back", 480, 400),
        ("aspect 0.85", 480, 340), ("crop 25 %", 240, 200), ("crop 10 %", 152, 126), ("turn 90", 400, 480),
        ("letterbox to square", 480, 480), ("black border 10 %", 576, 480), ("paste 25 %", 960, 800),
        ("drop 8 rows and columns", 472, 392), ("crop 25 % squeezed to 512 x 512", 512, 512),
        ("chromium screenshot of a web page", 1200, 1280), ("imagemagick 85 % + jpeg 75", 408, 340),
    ],
)  # fmt: skip
def test_sizes_after_attacks(attack: str, height: int, width: int) -> None:
    assert BY_ID[attack].run(PORTRAIT, "portrait").shape[:2] == (height, width)


def test_another_picture_gets_other_random_places() -> None:
    attack = BY_ID["crop 25 %"]
    assert not np.array_equal(attack.run(PORTRAIT, "one"), attack.run(PORTRAIT, "two"))


def test_a_crop_is_a_window_of_the_picture() -> None:
    ramp = np.arange(480 * 400, dtype=np.uint32).view(np.uint8).reshape(480, 400, 4)[..., :3].copy()
    window = geometry.crop(ramp, rng(), share=0.1)
    numbers = window.astype(int) @ (1, 256, 65536)
    top, left = divmod(int(numbers[0, 0]), 400)
    assert np.array_equal(window, ramp[top : top + 152, left : left + 126])


def test_a_turn_there_and_back_brings_the_middle_back() -> None:
    soft = cv2.GaussianBlur(ASTRONAUT, (0, 0), 3)
    back = geometry.rotate(geometry.rotate(soft, rng(), degrees=45), rng(), degrees=-45, keep="canvas")
    top, left = (back.shape[0] - 200) // 2, (back.shape[1] - 200) // 2
    assert _quality.psnr(back[top : top + 200, left : left + 200], soft[156:356, 156:356]) > 34


def test_nothing_black_is_left_inside_a_turned_and_cropped_picture() -> None:
    white = np.full((480, 400, 3), 255, np.uint8)
    assert geometry.rotate(white, rng(), degrees=5, keep="inside").min() > 250
    assert geometry.rotate(white, rng(), degrees=5).min() == 0


def test_elastic_moves_by_its_amplitude() -> None:
    down, across = np.mgrid[0:480, 0:400]
    marks = np.dstack([across // 2, down // 2, 0 * down]).astype(np.uint8)
    bent = geometry.elastic(marks, rng(), amplitude=0.02).astype(float)
    moved = 2 * (bent - marks)[60:-60, 60:-60, 0]
    assert 4 < np.sqrt(np.mean(moved**2)) < 12  # 2 % of 400 px is 8


def test_an_overlay_covers_the_share_it_names() -> None:
    grey = np.full((600, 800, 3), 200, np.uint8)
    changed = (pixels.overlay(grey, rng(), share=0.10) != 200).any(axis=2).mean()
    assert 0.05 < changed < 0.11  # boxes may reach over the edge


def test_the_pasted_picture_is_whole() -> None:
    pasted = pixels.paste(PORTRAIT, rng(), share=0.25)
    found = cv2.matchTemplate(pasted, PORTRAIT, cv2.TM_SQDIFF)
    assert found.min() < 1e4  # float rounding of a sum over 576,000 samples


@pytest.mark.parametrize("kind", ["protanopia", "deuteranopia", "tritanopia"])
def test_colour_blind_filters_leave_grey_alone_and_merge_colours(kind: str) -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.abs(pixels.colour_blind(grey, rng(), kind=kind).astype(int) - grey).max() <= 1
    pair = np.array([[[200, 60, 60], [90, 110, 60]]], np.uint8)
    seen = pixels.colour_blind(pair, rng(), kind=kind).astype(int)
    apart, distance = (float(np.abs(p[0, 0] - p[0, 1]).sum()) for p in (pair.astype(int), seen))
    assert (distance < apart) == (kind != "tritanopia")


def test_noise_has_the_deviation_it_names() -> None:
    grey = np.full((300, 300, 3), 128, np.uint8)
    assert pixels.noise(grey, rng(), sigma=10).std() == pytest.approx(10, rel=0.02)


def test_every_promise_of_the_table_has_attacks_and_numbers() -> None:
    promised = {row.id: [(p.rate, p.from_px, p.below_px < 1 << 29) for p in row.promises] for row in ROWS}
    assert promised == {
        "mild": [(0.99, 400, False)], "harsh": [(0.97, 400, False)], "geometry": [(0.99, 400, False)],
        "quarter": [(0.97, 640, False)], "crop25": [(0.97, 640, False), (0.95, 400, True)],
        "crop10": [(0.93, 640, False), (0.90, 400, True)], "chain": [(0.95, 640, False)],
        "paste25": [(0.85, 400, False)], "perspective8": [(0.90, 400, False)], "print": [(0.90, 400, False)],
        "extra": [],
    }  # fmt: skip
    assert {a.row for a in ATTACKS} == set(promised)
    assert len(BY_ID) == len(ATTACKS) >= 60
    assert {*QUICK_IDS, *PEER_IDS} <= set(BY_ID)


def test_tuning_and_reporting_share_no_package() -> None:
    tuning, reporting = corpus_image.TUNING, corpus_image.REPORTING
    assert not {p.source for p in tuning} & {p.source for p in reporting}
    assert len(reporting) >= 60
    assert sum(p.is_render for p in reporting) >= 18
    assert len({p.id for p in [*tuning, *reporting]}) == len(tuning) + len(reporting)
    assert {p.id for p in corpus_image.QUICK} == set(corpus_image.QUICK_IDS)


def test_the_text_page_is_drawn_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_image, "PICTURES", tmp_path)
    monkeypatch.setattr(corpus_image, "CACHE", tmp_path)
    page = next(p for p in corpus_image.REPORTING if p.id == "text-page")
    first = corpus_image.load(page)
    assert first.shape == (1754, 1240, 3)
    assert 0.02 < (first < 128).mean() < 0.4
    assert page.path.exists()


def test_wilson_intervals_are_those_of_the_textbook() -> None:
    assert _quality.wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)
    assert _quality.wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-3)
    assert _quality.wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-3)
    assert _quality.wilson(0, 0) == (0.0, 1.0)


def test_quality_of_a_known_change() -> None:
    flat = np.full((200, 200, 3), 100, np.uint8)
    changed = flat + np.uint8(2)
    assert _quality.psnr(flat, changed) == pytest.approx(20 * math.log10(255 / 2), abs=0.01)
    assert _quality.flat_rms(flat, changed) == pytest.approx((2, 0))
    checks = np.indices((200, 200)).sum(axis=0)[..., None] % 2
    woven = (99 + 2 * checks).repeat(3, axis=2).astype(np.uint8)
    assert _quality.flat_rms(flat, woven) == pytest.approx((1, 1), abs=0.01)
    assert _quality.ssim(ASTRONAUT, ASTRONAUT) == pytest.approx(1)
    assert all(map(math.isnan, _quality.flat_rms(pixels.noise(flat, rng(), sigma=20), flat)))


def test_ssim_is_that_of_scikit_image() -> None:
    from skimage.metrics import structural_similarity

    a, b = (cv2.cvtColor(x, cv2.COLOR_RGB2GRAY) for x in (PORTRAIT, pixels.noise(PORTRAIT, rng(), sigma=10)))
    theirs = structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    ours = _quality.ssim(*(cv2.cvtColor(x, cv2.COLOR_GRAY2RGB) for x in (a, b)))
    assert ours == pytest.approx(theirs, abs=0.002)


def _trial(attack: str, short: int, read: str) -> Trial:
    return Trial("labelkit", "text-page", attack, short, read, 100.0)


def _report(trials: list[Trial]) -> str:
    marking = Marking("labelkit", "text-page", 640, 1.0, 20.0, 20.0, 1000.0, False, 43.0, 0.98, 80.0, 0.9, 0.8)
    page = [p for p in corpus_image.REPORTING if p.id == "text-page"]
    return _robustness_report.document([*trials, marking], page, ATTACKS)


def test_a_missed_promise_is_said_and_sizes_count_apart() -> None:
    large = [_trial("crop 25 %", 640, "right")] * 97 + [_trial("crop 25 %", 640, "none")] * 3
    small = [_trial("crop 25 %", 400, "right")] * 94 + [_trial("crop 25 %", 639, "none")] * 6
    text = _report(large + small)
    assert "| crop keeping 25 % | from 640 px | 97/100 | 97.0 % | 91.5 to 99.0 | 97 % | yes |" in text
    assert "| crop keeping 25 % | 400 to 639 px | 94/100 | 94.0 % | 87.5 to 97.2 | 95 % | **no** |" in text
    assert "| RMS in flat areas, median, grey levels of 255 | 0.90 | 0.90 | <= 0.8 | **no** |" in text


def test_one_wrong_payload_fails_the_table() -> None:
    assert "| wrong payload reported | all | 0/2 |" in _report([_trial("identity", 400, "right")] * 2)
    row = next(r for r in _report([_trial("identity", 400, "wrong")]).splitlines() if r.startswith("| wrong payload"))
    assert row.endswith("| **no** |")


def test_results_come_back_as_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a" / "b.jsonl")
    assert list(journal.results()) == []
    results = [
        _trial("identity", 400, "right"), Marking("x", "p", 1, 1.0, 1.0, 1.0, 1.0, True, 40.0, 0.9, math.inf, 0.5, 0.4),
    ]  # fmt: skip
    for result in results:
        journal.add(result)
    assert list(journal.results()) == results


def test_every_key_is_searched_with_once() -> None:
    for full in (False, True):
        planned = list(false_positives_image.searches(1000, full))
        numbers = [n for _, _, group in planned for n in group]
        assert len(numbers) == len(set(numbers)) >= 1000
        assert {marked for _, marked, _ in planned} == {False, True}


def test_what_is_heard_is_what_the_detector_decides_by() -> None:
    picture = corpus_image.TUNING[0]
    marked = embed(ASTRONAUT, payload_of(picture), key_of(picture))
    with false_positives_image.listening() as heard:
        found = detect(marked, [key_of(picture)])
    assert found is not None
    assert max(heard) == pytest.approx(found.z, rel=1e-3)
    silence = false_positives_image.search(marked, picture, True, 1, full=False)
    assert not silence.found
    assert 0 < silence.best_z < 11


def test_a_tail_of_known_shape_is_extrapolated() -> None:
    values = np.random.default_rng(1).exponential(1.0, 20_000)
    assert false_positives_image.tail_rate(list(values), 10.0) == pytest.approx(math.exp(-10), rel=0.5)


#: The signal itself, through the same instruments: one picture of the tuning set, one attack of every kind.
@pytest.mark.parametrize(
    "attack",
    ["jpeg 30", "webp 50", "invert", "greyscale", "noise 20", "blur 2", "overlay 10 %", "resize 0.5", "crop 25 %",
     "rotate by any angle", "turn 270", "flip left-right", "aspect 0.85", "shear 5", "social chain",
     "ffmpeg mjpeg q 5"],
)  # fmt: skip
def test_the_mark_survives(attack: str, marked: np.ndarray) -> None:
    found = detect(BY_ID[attack].run(marked, "astronaut"), [KEY])
    assert found is not None
    assert found.payload == PAYLOAD


KEY, PAYLOAD = Key(b"\x07" * 32, "test"), 0x0123_4567_89AB_CDEF


@pytest.fixture(scope="module")
def marked() -> np.ndarray:
    return embed(ASTRONAUT, PAYLOAD, KEY)
