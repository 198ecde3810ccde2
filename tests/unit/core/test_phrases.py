"""The phrase around a word."""

import re

import pytest

from exclip_desktop.core.values.caption import Word, phrase_around


def words_of(text: str) -> list[Word]:
    """Return the words as the tokenizer parts them: letters, digits, and signs apart."""
    actual = re.finditer(r"\w+(?:['’]\w+)?|[^\w\s]", text)
    return [Word(match.group(), match.start(), match.end(), (row,)) for row, match in enumerate(actual, start=1)]


def phrase(text: str, clicked: str) -> str:
    words = words_of(text)
    first, stop = phrase_around(words, [word.text for word in words].index(clicked))
    return text[words[first].start : words[stop - 1].end]


@pytest.mark.parametrize(
    ("text", "clicked", "expected"),
    [
        ("a red balloon and a dog", "balloon", "red balloon"),
        ("a red balloon and a dog", "red", "red balloon"),
        ("a red balloon and a dog", "dog", "dog"),
        ("A RED balloon AND a dog", "RED", "RED balloon"),
        ("the big dog is on its old red mat", "dog", "big dog"),
        ("the big dog is on its old red mat", "red", "old red mat"),
        ("cheese, a camel and a lion in the snow", "cheese", "cheese"),
        ("small black cat. big dog", "cat", "small black cat"),
        ("a red car in front of a house", "car", "red car"),
        ("a purple square to the right of a monkey", "square", "purple square"),
        ("two dogs next to a cat", "dogs", "two dogs"),
        ("the left shoe", "left", "left shoe"),
        ("a dog — black", "dog", "dog"),
    ],
)
def test_a_phrase_goes_up_to_the_next_function_word(text: str, clicked: str, expected: str) -> None:
    assert phrase(text, clicked) == expected


@pytest.mark.parametrize(
    ("text", "clicked", "expected"),
    [
        ("a red balloon and a dog", "and", "and"),
        ("a red balloon and a dog", "a", "a"),
        ("a dog, a cat", ",", ","),
        ("a red car in front of a house", "front", "in front of"),
        ("a square to the left of a cat", "left", "to the left of"),
        ("there’s a dog", "there’s", "there’s"),
    ],
)
def test_a_function_word_is_its_own_phrase(text: str, clicked: str, expected: str) -> None:
    assert phrase(text, clicked) == expected


def test_a_hyphen_inside_a_word_does_not_split_a_phrase() -> None:
    assert phrase("a red-haired girl", "girl") == "red-haired girl"
    assert phrase("a red - haired girl", "girl") == "haired girl"
    assert phrase("- girl", "girl") == "girl"


def test_pictographs_are_words() -> None:
    assert phrase("a red 🎈 and", "red") == "red 🎈"


def test_every_word_is_inside_its_phrase_and_phrases_agree() -> None:
    words = words_of("a picture of a red square on top of a car, is it at the beach?")
    for index in range(len(words)):
        first, stop = phrase_around(words, index)
        assert first <= index < stop
        assert {phrase_around(words, other) for other in range(first, stop)} == {(first, stop)}
