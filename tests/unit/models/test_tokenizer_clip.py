"""Tokens are open_clip's own, and each has the range of its characters."""

from copy import copy

import open_clip
import pytest

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.models.tokenizers.clip import ClipReader

TOKENIZER = open_clip.SimpleTokenizer(context_length=77)
CAPTIONS = [
    "a red balloon and a dog",
    "A  fire   hydrant,\twith\nnewlines ",
    "don't stop at 2026!",
    "hydrant hydrangea antidisestablishmentarianism",
    "naïve café – “quoted” … ßtraße",
    "fish &amp; chips &lt;b&gt;",
    "a 🐕 dog and 日本語",
    "İstanbul’s ﬁsh",
    "x" * 60,
    "!!! ??? ...",
]


def read(text: str, context: int = 77) -> Caption:
    tokenizer = copy(TOKENIZER)
    tokenizer.context_length = context
    return ClipReader(tokenizer).read(text)


@pytest.mark.parametrize("text", CAPTIONS)
def test_ids_are_open_clips_own(text: str) -> None:
    expected = TOKENIZER([text])[0].tolist()
    actual = [token.id for token in read(text).tokens]
    assert actual == expected[: len(actual)]
    assert not any(expected[len(actual) :])


@pytest.mark.parametrize("text", CAPTIONS)
def test_ranges_lie_in_order_inside_the_caption(text: str) -> None:
    caption = read(text)
    content = [caption.tokens[row] for row in caption.content_rows]
    assert all(0 <= token.start < token.end <= len(text) for token in content)
    assert all(a.start <= b.start for a, b in zip(content, content[1:], strict=False))
    assert [row for word in caption.words for row in word.rows] == list(caption.content_rows)
    assert all(text[word.start : word.end] == word.text for word in caption.words)


def test_words_are_those_that_a_person_reads() -> None:
    assert [w.text for w in read("A  red-hot hydrangea, isn't it? 2026").words] == [
        *("A", "red", "-", "hot", "hydrangea", ",", "isn't", "it", "?", "2026")
    ]
    word = read("one hydrangea").words[1]
    assert len(word.rows) > 1


def test_entities_are_traced_to_what_was_typed() -> None:
    assert [w.text for w in read("fish &amp; chips").words] == ["fish", "&amp;", "chips"]


def test_a_long_caption_is_read_up_to_the_context_and_the_rest_is_reported() -> None:
    text = "one two three four five six seven"
    caption = read(text, context=6)
    assert len(caption.tokens) == 6
    assert caption.tokens[-1].kind == "end"
    assert caption.unseen is not None
    assert text[slice(*caption.unseen)] == "five six seven"
    assert [token.id for token in caption.tokens] == TOKENIZER([text], context_length=6)[0].tolist()
    with pytest.raises(CaptionError, match="did not read"):
        caption.rows_of("seven")


def test_a_typed_end_token_ends_the_caption() -> None:
    caption = read("a dog <end_of_text> a cat")
    assert [word.text for word in caption.words] == ["a", "dog"]
    assert caption.unseen is not None
    assert caption.text[slice(*caption.unseen)] == "<end_of_text> a cat"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "<end_of_text> dog", "a" * 6000])
def test_empty_captions_are_refused(text: str) -> None:
    with pytest.raises(CaptionError) as caught:
        read(text)
    assert caught.value.hint


def test_spans_select_the_tokens_they_touch() -> None:
    caption = read("a red balloon, a Red car and hundred hydrangeas")
    assert caption.rows_of("red") == (2, 6)
    assert caption.rows_of("RED  balloon") == (2, 3)
    assert len(caption.rows_of("hydrangeas")) > 1
    assert caption.rows_of("hundred") == (9,)
    assert caption.rows_of((2, 13)) == (2, 3)
    assert caption.rows_of((3, 4)) == (2,)


@pytest.mark.parametrize(
    ("text", "span", "rows"),
    [
        ("a bored man in red", "red", (5,)),
        ("a man, bored", "red", None),
        ("red-hot, redder", "red", (1,)),
        ("a dog's tail", "dog", (2,)),
        ("the 2nd dog", "nd", (3,)),
        ("ha a a", "a a", (2, 3)),
        ("naïve naive", "naive", (4,)),
        ("na\u0308ive", "na", None),
        ("शहर में", "शह", None),
    ],
)
def test_words_are_matched_whole(text: str, span: str, rows: tuple[int, ...] | None) -> None:
    if rows is not None:
        assert read(text).rows_of(span) == rows
        return
    with pytest.raises(CaptionError, match="as whole words") as caught:
        read(text).rows_of(span)
    assert text in caught.value.hint
    assert "characters (start, end)" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "span"), [("红气球和狗", "气球"), ("赤い風船と犬", "風船"), ("หมาสีแดง", "แดง"), ("ein红狗", "红")]
)
def test_in_scripts_without_spaces_a_part_of_a_word_selects(text: str, span: str) -> None:
    caption = read(text)
    start = text.index(span)
    assert caption.rows_of(span) == caption.rows_of((start, start + len(span)))
    assert set(caption.rows_of(span)) < set(caption.content_rows)


@pytest.mark.parametrize("span", ["cat", "", " ", (0, 0), (5, 2), (-1, 3), (0, 999), (1, 2)])
def test_spans_that_select_nothing_are_refused(span: str | tuple[int, int]) -> None:
    with pytest.raises(CaptionError):
        read("a dog").rows_of(span)


@pytest.mark.parametrize(
    ("caption", "span"),
    [
        ("a red cafe\u0301 ball", "café"),
        ("a red café ball", "cafe\u0301"),
        ("a re\u200bd ball", "red"),
        ("a red ball", "re\u200bd"),
        ("\ufeffred ball", "red"),
        ("a zoe\u0308\u00ad ball", "Zoë"),
    ],
)
def test_invisible_characters_and_separate_accents_do_not_hide_a_span(caption: str, span: str) -> None:
    found = read(caption)
    ends = [(found.tokens[row].start, found.tokens[row].end) for row in found.rows_of(span)]
    assert 0 < max(end for _, end in ends) - min(start for start, _ in ends) <= 5
    with pytest.raises(CaptionError):
        found.rows_of("x" + span)
