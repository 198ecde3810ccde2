"""Explains the sign of a word's value: which patches the value counts, and why it is negative."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from exclip_desktop.core.maths.word_values import WordsBy, find_strongest_region, has_strongest_regions
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import HeatSource, Preview, Selection, coverage

SIGNS_PAGE: Final = ("numbers", "signs-of-words")
"""The manual's section on signs: page and anchor."""
WHY_BLUE: Final = "Why is this blue?"
WHY_NEGATIVE: Final = "Why is the sum negative?"
VISIBLE_SHARE: Final = 0.1  # of the largest magnitude; a weaker patch does not look red


@dataclass(frozen=True, slots=True)
class WordSign:
    """The parts of a word's value.

    Attributes:
        value: what colours the word; ``whole``: its sum over the whole picture.
        red, blue: sums of its positive and of its negative patches, where ``value`` may look for them.
        has_red: whether a patch is visibly red.
        through: ``region``, ``boxes`` or ``picture``: the patches that ``value`` counts.

    """

    value: float
    whole: float
    red: float
    blue: float
    has_red: bool
    through: str

    @property
    def is_puzzling(self) -> bool:
        """Whether the word is blue although some of its patches are red."""
        return self.value < 0 and self.has_red


def sign_of_word(
    matrix: HeatSource, geometry: Geometry, selection: Selection, rows: Sequence[int], words_by: WordsBy
) -> WordSign:
    """Return the parts of the value of a word with these ``rows``, of a method that values words by patches."""
    heat, share = matrix.patch_heat(tuple(rows)), coverage(geometry, selection.regions)
    whole = float(heat.sum())
    if has_strongest_regions(matrix, selection, Preview(), words_by):
        through, value = "region", float(heat[find_strongest_region(heat).patches].sum())
    elif share is not None:
        through, heat = "boxes", heat * share
        value = float(heat.sum())
    else:
        through, value = "picture", whole
    largest = float(np.abs(heat).max(initial=0.0))
    red, blue = float(heat[heat > 0].sum()), float(heat[heat < 0].sum())
    return WordSign(value, whole, red, blue, float(heat.max(initial=0.0)) > VISIBLE_SHARE * largest, through)


def explain_blue(word: str, sign: WordSign) -> str:
    """Return a sentence on why a word is blue although some of its patches are red."""
    parts = _name_parts(word, sign)
    if sign.through == "region":
        return f"{parts} Its colour shows the region where it changes the score most: {format_signed(sign.value)}."
    where = "the selected boxes" if sign.through == "boxes" else "the whole picture"
    return f"{parts} Its colour shows the sum over {where}, {format_signed(sign.value)}, so the blue patches decide."


def explain_negative_sum(words: str, sign: WordSign) -> str:
    """Return a sentence on why the sum of words over the selection is negative although some patches are red."""
    return f"{_name_parts(words, sign)} The blue patches add up to more than the red ones."


def _name_parts(word: str, sign: WordSign) -> str:
    red, blue = format_signed(sign.red), format_signed(sign.blue)
    return f"“{word}” raises the score in its red patches ({red}) and lowers it in its blue patches ({blue})."


MARGINALS: Final = (
    "A sum counts every patch: it compares the word with a filler word, and the whole picture with a grey one, so "
    "other objects and the background count too."
)
"""The sentence on marginals, below either explanation."""
