"""Both languages say everything, and a translation never loses what a sentence was about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit import doctor
from labelkit._zh import SENTENCES
from labelkit.cli.app import COMMANDS
from labelkit.cli.judgement import VERDICTS
from labelkit.config import CHOICES
from labelkit.errors import LabelKitError, NotFound
from labelkit.formats import table
from labelkit.formats.image.watermark import Geometry
from labelkit.messages import Language, Voice, choose, match
from labelkit.record import Answer, Severity, Verdict
from labelkit.rules.checks import all_checks
from tests.sentences import ROOT, modules, sentences

ZH = Voice(Language.ZH)
EN = Voice(Language.EN)
# Names and commands that are the same in both languages.
SAME = {"labelkit", "python", "opencv", "id", "Pillow {}"}


MODULES = [path for path in modules() if ROOT / "labelkit" / "formats" not in path.parents]
# What everybody meets: here every sentence has its twin. Elsewhere nearly all do.
SURFACE = [path for path in MODULES if path.parent.name in {"labelkit", "cli", "batch", "report"}]
NEARLY_ALL = 0.9


def untranslated(module: Path) -> set[str]:
    return {s for s in sentences(module) if s not in SENTENCES and s not in SAME and ZH.translate(s) == s}


@pytest.mark.parametrize("module", SURFACE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_of_the_surface_has_a_chinese_twin(module: Path) -> None:
    missing = sorted(untranslated(module))
    assert not missing, f"add to labelkit/_zh.py or labelkit/_zh_errors.py: {missing}"


def test_nearly_every_sentence_has_a_chinese_twin() -> None:
    missing = {s for module in MODULES for s in untranslated(module)}
    total = len({s for module in MODULES for s in sentences(module)})
    assert total > 200
    assert len(missing) <= (1 - NEARLY_ALL) * total, f"add to labelkit/_zh_formats.py: {sorted(missing)}"


def test_the_search_for_sentences_finds_some_everywhere_they_are_known_to_be() -> None:
    found = sentences(ROOT / "labelkit" / "sources.py")
    assert {"there is no such file", "more than {} bytes in a stream", "check the path"} <= found
    assert "did you mean {}?" in sentences(ROOT / "labelkit" / "config.py")


def test_words_that_come_from_tables_have_twins() -> None:
    words = [text for _, text in COMMANDS.values()]
    words += [str(word) for word in (*Severity, *Answer, *doctor.State)]
    words += [text for verdict, text in VERDICTS.items() if verdict is not Verdict.UNREADABLE]
    words += list(CHOICES["explicit.position"])[1:]
    assert [word for word in words if word not in SENTENCES] == []
    clauses = {check.clause for check in all_checks()} | {row.clause for row in table.formats()}
    assert [clause for clause in clauses if re.search("art[.]|choice|convert", ZH.translate(clause))] == []


@pytest.mark.parametrize("english", SENTENCES)
def test_a_twin_has_the_same_holes(english: str) -> None:
    holes = len(re.findall(r"\{\d*\}", english))
    numbered = re.findall(r"\{(\d+)\}", SENTENCES[english])
    assert holes == SENTENCES[english].count("{}") or (numbered and max(map(int, numbered)) < holes)
    assert SENTENCES[english].strip()


@pytest.mark.parametrize(
    ("wish", "env", "language"),
    [
        ("", {}, "en"),
        ("", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("", {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ("", {"LANG": "zh_CN.UTF-8", "LABELKIT_LANG": "en"}, "en"),
        ("zh", {"LABELKIT_LANG": "en"}, "zh"),
        ("zh-Hans", {}, "zh"),
        ("fr", {"LANG": "zh_TW"}, "zh"),
    ],
)
def test_the_language_comes_from_the_wish_then_the_variable_then_the_locale(wish, env, language) -> None:
    assert choose(wish, env) == language


def test_errors_are_translated_part_by_part() -> None:
    error = NotFound("there is no such file", file="a.png", remedy="check the path")
    assert ZH.error(error) == "a.png: 没有这个文件（请检查路径）"
    assert EN.error(error) == str(error)


def test_a_sentence_with_values_keeps_them_and_reorders_where_chinese_does() -> None:
    assert ZH.translate("3 of 5 frames looked at") == "所检查的 5 帧中有 3 帧"
    assert ZH.translate("it is '{}', not text") == "值是 '{}'，应为文字"
    assert ZH.translate("explicit: not asked for") == "显式标识：未要求检查"


@pytest.mark.parametrize(
    "geometry",
    [
        Geometry(1.0, 1.0, 0.0, 0.0, False, (0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))),
        Geometry(1.0, 1.1, 5.0, 2.0, True, (0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))),
        Geometry(1.0, 1.0, -5.0, 0.0, False, (0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))),
    ],
)
def test_every_part_of_a_geometry_has_a_chinese_twin(geometry: Geometry) -> None:
    for part in geometry.words.split(", "):
        assert not re.search("[a-z]", ZH.translate(part)), part


def test_notes_on_watermarks_are_translated_to_the_last_word() -> None:
    for note in (
        "a palette picture has no room for a watermark (convert the picture to true colours for one)",
        "OpenCV cannot be loaded: 找不到库 (install the library it names (Debian: libgl1 libglib2.0-0), "
        "or opencv-python-headless instead)",
        "it carries the mark 0123456789abcdef of another label, which stays",
        "watermark: not asked for",
        "content tag 0123456789abcdef, the label's is fedcba9876543210",
    ):
        words = re.findall("[A-Za-z]{2,}", ZH.translate(note))
        assert set(words) <= {
            "OpenCV",
            "Debian",
            "libgl",
            "libglib",
            "opencv",
            "python",
            "headless",
            "abcdef",
            "fedcba",
        }


def test_what_nobody_translated_is_shown_in_english() -> None:
    assert ZH.translate("a sentence of a third party") == "a sentence of a third party"
    assert ZH.error(LabelKitError("x" * 30_000)) == "x" * 30_000


def test_values_are_not_taken_for_templates() -> None:
    assert EN.say("{}: {} ({})", "{0}", "{}", "{1}") == "{0}: {} ({1})"


@given(st.text(max_size=40), st.text(max_size=40))
def test_matching_gives_back_what_was_filled_in(first: str, second: str) -> None:
    template = "before {} between {} after"
    values = match(template, template.replace("{}", "%s") % (first, second))
    if first and second:
        assert values is not None
        assert template.replace("{}", "%s") % values == f"before {first} between {second} after"
    else:
        assert values is None or all(values)


@pytest.mark.timeout(5)
def test_matching_a_hostile_sentence_takes_linear_time() -> None:
    for _ in range(20):
        ZH.translate("ab, " * 4_999)
