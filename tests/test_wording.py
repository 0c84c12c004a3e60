"""The grammar of explicit labels: which texts have both elements, and which texts are labels."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit import wording
from labelkit.errors import ConfigError, ExplicitLabelError

# cn.md 4.1: texts the rule accepts and rejects.
VALID = ["AI生成", "AI合成", "人工智能生成", "人工智能合成", "人工智能生成合成", "由AI生成"]
INVALID = ["AI", "智能创作", "AI创作", "AI Generated", "生成", "Made with AI"]

LABELS = [
    "*（内容由AI生成，仅供参考）*",
    "以上内容由AI生成，请仔细甄别。",
    "本图片由豆包AI生成",
    "千问AI生成",
    "RunningHub AI生成",
    "元宝 | AI生成",
    "AI生成\nAI-generated",
    "AI生成 / 合成",
    "由人工智能技术生成的图片",
    "AIによって生成されました",
    "疑似AI生成",
    "【AI生成】",
]
FOREIGN_LABELS = [
    "AI-generated",
    "Made with AI",
    "✦ Contenuti generati dall'AI",
    "KI-generiert",
    "Généré par IA",
    "AI 생성",
]
NOT_LABELS = [
    "AI生成技术的发展",
    "AI生成内容标识办法",
    "关于AI生成",
    "什么是AI生成",
    "非AI生成",
    "本图片非AI生成",
    "我用AI生成了一张图",
    "人工智能合成生物学",
    "AI 的发展：合成与生成",
    "how AI-generated content works",
    "AI",
    "",
]


@pytest.mark.parametrize("text", VALID)
def test_valid_wordings_pass_the_check(text):
    assert wording.check(text) == text
    assert wording.elements(text).exact


@pytest.mark.parametrize("text", INVALID)
def test_wordings_without_an_element_are_refused_and_the_element_is_named(text):
    with pytest.raises(ExplicitLabelError, match="element"):
        wording.check(text)
    assert wording.check(text, required=False) == text


def test_a_denial_is_refused():
    with pytest.raises(ExplicitLabelError, match="not used"):
        wording.check("非AI生成")
    assert not wording.elements("本作品未使用AI生成")


def test_an_empty_text_is_refused_even_where_elements_are_not_required():
    with pytest.raises(ExplicitLabelError):
        wording.check("  ", required=False)


def test_small_and_full_width_letters_are_read_but_not_exact():
    for text in ("ai生成", "ＡＩ生成"):
        found = wording.elements(text)
        assert found.complete
    assert not wording.elements("ai生成").exact


def test_ai_inside_another_word_is_no_element():
    assert not wording.elements("PAIR生成").ai
    assert not wording.elements("AIR合成").ai
    assert wording.elements("KlingAI生成").ai == "AI"
    assert wording.elements("AIGC合成").ai == "AI"


@pytest.mark.parametrize("language", wording.WORDINGS)
def test_every_wording_satisfies_the_rule_and_is_recognised(language):
    for text in wording.WORDINGS[language]:
        assert wording.elements(text).exact, text
        assert wording.recognise(text), text


def test_languages_are_found_by_their_usual_tags():
    assert wording.wording("zh-CN") == "由AI生成"
    assert wording.wording("zh_TW") == wording.WORDINGS["zh-Hant"][0]
    assert wording.wording("en-GB").startswith("AI生成")
    with pytest.raises(ConfigError, match="tlh"):
        wording.wording("tlh")


@pytest.mark.parametrize("text", LABELS)
def test_labels_are_recognised_as_a_whole(text):
    found = wording.recognise(text)
    assert found is not None
    assert found.elements.complete


@pytest.mark.parametrize("text", FOREIGN_LABELS)
def test_foreign_labels_are_recognised_without_the_chinese_elements(text):
    found = wording.recognise(text)
    assert found is not None
    assert not found.elements.complete


@pytest.mark.parametrize("text", NOT_LABELS)
def test_texts_about_ai_are_not_labels(text):
    assert wording.recognise(text) is None


def test_an_article_that_mentions_the_words_is_not_a_label():
    assert wording.recognise("AI生成" + "的图片越来越多，平台需要核验。" * 20) is None


@given(st.text(alphabet="本图片由AI生成合内容，。 ·-()abcKI人工智能", max_size=120))
def test_recognition_is_quick_and_never_raises(text):
    start = time.process_time()
    found = wording.recognise(text)
    assert time.process_time() - start < 0.5
    assert found is None or found.text in wording.unicodedata.normalize("NFKC", text)
