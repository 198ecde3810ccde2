"""Phrases of a caption: the words around one word, up to the next function word on either side."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from exclip_desktop.core.values.caption import Word

ARTICLES: Final = "a an the this that these those his her its their my your our"
PREPOSITIONS: Final = (
    "about above across after against along alongside amid among around as at atop before behind below beneath beside "
    "besides between beyond by during for from in inside into like near of off on onto opposite out outside over past "
    "through to toward towards under underneath until upon via with within without"
)
CONJUNCTIONS: Final = "and but if nor or so than when where which while who whose yet because"
VERBS: Final = "is are was were be been being am isn't aren't it's there's there"
FUNCTION_WORDS: Final = frozenset(f"{ARTICLES} {PREPOSITIONS} {CONJUNCTIONS} {VERBS}".split())

LONG_FUNCTION_WORDS: Final = tuple(
    tuple(words.split())
    for words in (
        "to the left of", "to the right of", "on the left of", "on the right of", "on the left side of",
        "on the right side of", "left of", "right of", "in front of", "in the middle of", "in the front of",
        "in the back of", "in the background of", "in the foreground of", "at the back of", "at the front of",
        "on the side of", "on top of", "on the top of", "at the top of", "at the bottom of", "next to", "close to",
        "adjacent to", "because of", "instead of", "far from", "away from", "along with", "together with", "as well as",
    )
)  # fmt: skip
"""Function words of several words."""

JOINERS: Final = frozenset("-‐‑'’/&")  # between two touching words they make one


def phrase_around(words: Sequence[Word], index: int) -> tuple[int, int]:
    """Return the phrase that holds word ``index`` as (first, stop), half-open word numbers.

    A phrase is a run of words without articles, prepositions, conjunctions, forms of "to be" and punctuation. A
    function word is its own phrase; one of several words ("in front of") is taken whole.
    """
    units = _function_units(words)
    if index in units:
        return units[index]
    first, stop = index, index + 1
    while first > 0 and first - 1 not in units:
        first -= 1
    while stop < len(words) and stop not in units:
        stop += 1
    return first, stop


def _function_units(words: Sequence[Word]) -> dict[int, tuple[int, int]]:
    """Return, for each word that belongs to a function word, where that begins and stops."""
    texts = [word.text.lower().replace("’", "'") for word in words]
    units: dict[int, tuple[int, int]] = {}
    at = 0
    while at < len(words):
        length = _long_function_word(texts, at)
        if length == 0 and (texts[at] in FUNCTION_WORDS or _is_punctuation(words, at)):
            length = 1
        units |= dict.fromkeys(range(at, at + length), (at, at + length))
        at += max(length, 1)
    return units


def _long_function_word(texts: list[str], at: int) -> int:
    """Return how many words the function word of several words at ``at`` has, or 0."""
    lengths = (len(long) for long in LONG_FUNCTION_WORDS if tuple(texts[at : at + len(long)]) == long)
    return max(lengths, default=0)


def _is_punctuation(words: Sequence[Word], at: int) -> bool:
    text = words[at].text
    if not all(unicodedata.category(character).startswith("P") for character in text):
        return False
    inside = 0 < at < len(words) - 1
    joins = inside and words[at - 1].end == words[at].start and words[at].end == words[at + 1].start
    return not (joins and set(text) <= JOINERS)
