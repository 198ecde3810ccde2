"""The difference of two explanations of one picture by two captions, word by word."""

from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Floats, InteractionMatrix
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Geometry

Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DifferenceHeats:
    """Heats of ``now`` less those of ``before``, whose patches are the same.

    Attributes:
        partners: rows of ``now`` with the rows of ``before`` that they replace: a word with a word, a special with its
            kind; a new word has no partner and counts whole.

    """

    now: InteractionMatrix
    before: InteractionMatrix
    partners: tuple[tuple[Rows, Rows], ...]

    @property
    def content(self) -> NDArray[np.bool_]:
        """(rows of ``now``,): True for tokens of words."""
        return self.now.content

    @property
    def values_words(self) -> bool:
        """Always."""
        return True

    @property
    def fixed(self) -> bool:
        """Never."""
        return False

    def patch_heat(self, rows: Rows | None = None) -> Floats:
        """Return each patch's difference over ``rows`` and their partners; None: all rows, removed words included."""
        if rows is None:
            return self.now.patch_heat() - self.before.patch_heat()
        chosen = set(rows)
        others = [row for own, partner in self.partners if chosen & set(own) for row in partner]
        return self.now.patch_heat(rows) - self.before.patch_heat(tuple(others))

    def token_heat(self, coverage: Floats | None = None) -> Floats:
        """Return each row's difference; between words of different lengths, the partner's sum is distributed evenly."""
        return self._less(self.now.token_heat(coverage), self.before.token_heat(coverage))

    def heat_of_patch(self, patch: tuple[int, int]) -> Floats:
        """Return each row's difference for one patch (row, column)."""
        return self._less(self.now.heat_of_patch(patch), self.before.heat_of_patch(patch))

    def _less(self, now: Floats, before: Floats) -> Floats:
        less = now.copy()
        for own, partner in self.partners:
            values = before[list(partner)]
            less[list(own)] -= values if len(own) == len(partner) else values.sum() / len(own)
        return less


@dataclass(frozen=True, slots=True)
class Difference:
    """The explanation of a caption less that of another; ``score`` is the difference of the cosines.

    Attributes:
        before: the other caption.

    """

    interactions: DifferenceHeats
    caption: Caption
    geometry: Geometry
    score: float
    before: Caption


def subtract_explanation(now: Explanation, before: Explanation) -> Difference:
    """Return ``now`` less ``before``, two explanations of one picture by one model and method."""
    partners = find_partner_rows(now.caption, before.caption)
    heats = DifferenceHeats(now.interactions, before.interactions, partners)
    return Difference(heats, now.caption, now.geometry, now.score - before.score, before.caption)


def find_partner_rows(now: Caption, before: Caption) -> tuple[tuple[Rows, Rows], ...]:
    """Return the rows of each word of ``now`` with those of the word that it replaces in ``before``.

    Captions are aligned by their longest common runs of words. Between two runs, words are paired one by one where both
    sides have the same number, and are not paired otherwise. Special tokens are paired by kind.
    """
    words = [word for word in now.words if word.rows], [word for word in before.words if word.rows]
    texts = [[word.text.casefold() for word in side] for side in words]
    pairs: list[tuple[Rows, Rows]] = []
    for what, a, b, c, d in SequenceMatcher(a=texts[0], b=texts[1], autojunk=False).get_opcodes():
        if what == "equal" or (what == "replace" and b - a == d - c):
            pairs += [(own.rows, other.rows) for own, other in zip(words[0][a:b], words[1][c:d], strict=True)]
    kinds = dict.fromkeys(token.kind for token in now.tokens if token.kind != "content")
    specials = ((_of_kind(now, kind), _of_kind(before, kind)) for kind in kinds)
    return (*pairs, *(pair for pair in specials if pair[1]))


def _of_kind(caption: Caption, kind: str) -> Rows:
    return tuple(row for row, token in enumerate(caption.tokens) if token.kind == kind)
