"""The invisible mark of text: it comes back whole and in pieces, and disturbs nothing but the bytes it adds."""

from __future__ import annotations

import random
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelkit.errors import InputError, LimitExceeded, UnsupportedOperation
from labelkit.formats.text import watermark
from labelkit.formats.text._wm_packet import PACKET_SYMBOLS, packet
from labelkit.formats.text.watermark import detect, detect_all, embed
from labelkit.watermark.keys import PUBLIC_KEY, Key

PAYLOAD = 0x0123456789ABCDEF
KEY, OTHER = Key(bytes(range(32))), Key(bytes(32))
ZH = (
    "人工智能正在改变世界，越来越多的文章由机器写成。它们看起来与人写的没有区别，读者很难分辨！这是为什么呢？"
    "因为模型学习了大量的文本；它知道词与词之间的关系。“所以，”他说，“我们需要标识。”大家都同意了。\n\n"
) * 12
EN = (
    "The quick brown fox jumps over the lazy dog. It does so every day, and nobody knows why! Is it because of the "
    "weather? Some people think that the fox likes it, while others (and there are many) disagree.\n\n"
) * 12
SYMBOLS = re.compile("[\ufe06-\ufe0d]+")


def bare(text: str) -> str:
    return SYMBOLS.sub("", text)


@pytest.mark.parametrize("text", [ZH, EN, "你好。", "Hello world", "Bonjour à tous. Ça va ?", "Привет, мир. Как дела?"])
def test_a_mark_comes_back_and_the_words_stay(text: str) -> None:
    marked = embed(text, PAYLOAD, KEY)
    found = detect(marked, [OTHER, KEY])
    assert found is not None
    assert (found.payload, found.key_id) == (PAYLOAD, KEY.id)
    assert found.p_value < 1e-9
    assert bare(marked) == text
    assert [len(marked[a:b]) for a, b in found.spans] == [PACKET_SYMBOLS] * len(found.spans)
    assert found.characters == len(text)


def test_nothing_is_found_without_a_mark_or_with_another_key() -> None:
    assert detect(ZH) is None
    assert detect(EN + "”") is None
    assert detect(embed(ZH, PAYLOAD, KEY), [OTHER, PUBLIC_KEY]) is None


@pytest.mark.parametrize(("text", "length"), [(ZH, 120), (EN, 240)])
def test_every_excerpt_of_that_many_visible_characters_carries_it(text: str, length: int) -> None:
    marked = embed(text, PAYLOAD, KEY)
    visible = [at for at, sign in enumerate(marked) if not SYMBOLS.match(sign)]
    for start in range(0, len(visible) - length, 7):
        piece = marked[visible[start] : visible[start + length]]
        assert detect(piece, KEY) is not None, start


def test_marking_anew_replaces_the_mark_exactly_also_one_that_was_cut() -> None:
    first, second = embed(ZH, 1, KEY), embed(ZH, 2, KEY)
    assert embed(first, 1, KEY) == first
    assert embed(first, 2, KEY) == second
    cut = first.replace(packet(1, KEY), packet(1, KEY)[:20], 1)
    assert embed(cut, 2, KEY) == second


def test_somebody_elses_mark_stays_unless_its_key_is_named() -> None:
    foreign = embed(ZH, 1, OTHER)
    with pytest.raises(UnsupportedOperation, match="another key"):
        embed(foreign, 2, KEY)
    assert embed(foreign, 2, KEY, replaced=OTHER) == embed(ZH, 2, KEY)


def test_pieces_of_two_texts_tell_both_numbers() -> None:
    found = detect(embed(ZH, 1, KEY) + embed(EN, 2, KEY) + embed(EN, 2, KEY), KEY)
    assert found is not None
    assert {found.payload, *found.others} == {1, 2}
    assert [one.key_id for one in detect_all(embed(ZH, 1, KEY) + embed(EN, 2, OTHER), [KEY, OTHER])] == [
        KEY.id,
        OTHER.id,
    ]


def test_symbols_that_came_apart_are_put_together() -> None:
    scattered = "\n".join(packet(PAYLOAD, KEY)[at : at + 6] + "字" for at in range(0, PACKET_SYMBOLS, 6))
    found = detect(scattered, KEY)
    assert found is not None
    assert (found.payload, found.spans) == (PAYLOAD, ())
    assert "separate" in found.words


def test_a_c2pa_wrapper_is_no_mark_of_ours_and_does_not_hide_one() -> None:
    wrapper = "\ufeff" + "".join(chr(0xFE00 + byte % 16) for byte in b"C2PATXT\0" + bytes(range(200)))
    assert detect(ZH + wrapper, KEY) is None
    assert detect(embed(ZH, PAYLOAD, KEY) + wrapper, KEY) is not None


NOT_PROSE = """\
---
title: Front matter. It is data.
AIGC: {"Label": "1"}
---

# A heading. With a sentence.

Some prose stands here. More follows, see https://example.com/a.b.c. And www.example.org/x. And me@example.org. Good.

```python
print("Code. In a fence.")  # A comment. With sentences.
```

    indented code. It is left alone.

| a. | b. |
|----|----|
| One sentence. | Two. Three. |

Inline `code. With a stop. ` and $x. y. z$ and [a link](https://example.com/a. "Title. More."). End of it.

<div title="An attribute. With a stop.">Text in an element. It is prose.</div>
<pre>Preformatted. It stays. </pre>
<script>// comment. More. </script>

1. First item. It has text.
2. Second item. It has more.

[ref]: https://example.com/ "Title. Here."
x = 1. + 2. ; call("A. B.");
"""


@pytest.mark.parametrize("density", ["dense", "normal", "light"])
def test_prose_only(density: watermark.Density) -> None:
    marked = embed(NOT_PROSE, PAYLOAD, KEY, density=density)
    for before, after in zip(NOT_PROSE.split("\n"), marked.split("\n"), strict=True):
        if before and not re.match("Some prose|Inline|<div|[12]\\. ", before):
            assert after == before
    assert bare(marked) == NOT_PROSE
    for kept in ("`code. With a stop. `", "$x. y. z$", '(https://example.com/a. "Title. More.")', "a.b.c. A", "/x. A"):
        assert kept in marked
    assert 'title="An attribute. With a stop."' in marked


@pytest.mark.parametrize(
    "text",
    ["", "```\nonly code. Really.\n```", '{"a": "Text. More text."}', "[1, 2]", "<p></p>", "กขค", "\u0301。"[:1]],
)
def test_what_holds_no_prose_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedOperation):
        embed(text, PAYLOAD, KEY)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(InputError, match="type bytes"):
        detect(b"text")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="64-bit"):
        embed(ZH, 1 << 64)
    with pytest.raises(ValueError, match="density"):
        embed(ZH, 1, density="thick")  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_normalisation_keeps_the_mark_and_the_mark_keeps_normal_forms(form) -> None:
    text = EN.replace("quick", "schnelle, überall gehörte") + ZH
    marked = embed(text, PAYLOAD, KEY)
    assert bare(unicodedata.normalize(form, marked)) == unicodedata.normalize(form, text)
    assert detect(unicodedata.normalize(form, marked), KEY) is not None


# What clusters are made of: marks, joiners, selectors, flags, keycaps, conjoining Jamo, Indic and Thai signs, emoji.
CLUSTERS = ["👨\u200d👩\u200d👧", "🇩🇪", "🇩", "1\ufe0f\u20e3", "👍🏽", "🏽", "\u1100", "\u1161", "\u11a8", "각"]
CLUSTERS += ["क\u094dष", "\u094d", "น้ำ", "\u0e33", "\u0301", "\u200d", "\u200b", "\ufe0f", "\ufe00", "\ufe07", "\u0600"]
PLAIN = ["。", "！", "……", ". ", "! ", "a", "Word", "中", "文字", "\n", "\r\n", " ", "\u3000", "”", "“", "，"]
OTHERS = ["<b>", "</b>", "`x`", "**", "\u00ad", "\ud800"]
PARTS = st.sampled_from([*CLUSTERS, *PLAIN, *OTHERS])


@given(st.lists(PARTS, min_size=1, max_size=60).map("".join))
def test_clusters_never_change(text: str) -> None:
    try:
        marked = embed(text, PAYLOAD, KEY, density="dense")
    except UnsupportedOperation:
        return
    assert marked.replace(packet(PAYLOAD, KEY), "") == text
    for match in SYMBOLS.finditer(marked):
        if len(match.group()) < PACKET_SYMBOLS:
            continue
        before, after = marked[match.start() - 1], marked[match.end() : match.end() + 1]
        assert unicodedata.category(before)[0] in "LP"
        assert not after or unicodedata.category(after)[0] in "LNPZ" or after in "<\n\r\t"


def test_a_wall_of_selectors_is_bounded_and_says_so() -> None:
    wall = "".join(chr(0xFE06 + digit) for digit in random.Random(1).choices(range(8), k=200_000))
    spent = time.process_time()
    assert detect(wall, KEY) is None
    assert time.process_time() - spent < 2


def test_too_many_windows_are_an_error_not_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watermark, "MAX_WINDOWS", 10)
    noise = "".join(chr(0xFE06 + digit) for digit in random.Random(1).choices(range(8), k=400))
    with pytest.raises(LimitExceeded, match="10 windows"):
        detect(noise, KEY)
    assert detect(embed(ZH, PAYLOAD, KEY) + noise, KEY) is not None


def test_the_packet_is_what_the_documentation_says() -> None:
    """Written out once more from docs/watermark-text.md, so that another program can read the marks for years."""
    import hashlib
    import hmac

    def derived(purpose: bytes) -> bytes:
        return hashlib.shake_256(len(purpose).to_bytes(2, "big") + purpose + KEY.secret).digest(32)

    tag = (
        int.from_bytes(
            hmac.new(derived(b"text mark tag"), b"\0" + PAYLOAD.to_bytes(8, "big"), "sha256").digest()[:8], "big"
        )
        >> 23
    )
    mask = hmac.new(derived(b"text mark mask"), b"\0" + tag.to_bytes(6, "big"), "sha256").digest()[:8]
    bits = f"{0:03b}{tag:041b}{PAYLOAD ^ int.from_bytes(mask, 'big'):064b}"
    assert packet(PAYLOAD, KEY) == "".join(chr(0xFE06 + int(bits[at : at + 3], 2)) for at in range(0, 108, 3))


def test_a_detection_is_json() -> None:
    found = detect(embed("你好。", PAYLOAD, KEY), KEY)
    assert found is not None
    assert found.asdict()["payload"] == "0123456789abcdef"
    assert found.asdict()["spans"] == [[3, 39]]
    assert found.words == "1 packets in 3 characters"
