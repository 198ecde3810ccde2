"""What an explanation adds to that of another caption for the same picture: one heat less the other, word by word."""

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
        partners: rows of ``now`` with the rows of ``before`` in their place: a word with a word, a special with its
            kind; a word that is new has none, and counts whole.

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
        """Words have values."""
        return True

    @property
    def fixed(self) -> bool:
        """Never, as of the matrices."""
        return False

    def patch_heat(self, rows: Rows | None = None) -> Floats:
        """Return each patch's difference through ``rows`` and their partners; None: of everything, words gone too."""
        if rows is None:
            return self.now.patch_heat() - self.before.patch_heat()
        chosen = set(rows)
        others = [row for own, partner in self.partners if chosen & set(own) for row in partner]
        return self.now.patch_heat(rows) - self.before.patch_heat(tuple(others))

    def token_heat(self, coverage: Floats | None = None) -> Floats:
        """Return each row's difference; of words of other lengths, the partner's sum is shared out evenly."""
        return self._less(self.now.token_heat(coverage), self.before.token_heat(coverage))

    def heat_of_patch(self, patch: tuple[int, int]) -> Floats:
        """Return each row's difference for one patch (row, column)."""
        return self._less(self.now.heat_of_patch(patch), self.before.heat_of_patch(patch))

    def _less(self, now: Floats, before: Floats) -> Floats:
        found = now.copy()
        for own, partner in self.partners:
            values = before[list(partner)]
            found[list(own)] -= values if len(own) == len(partner) else values.sum() / len(own)
        return found


@dataclass(frozen=True, slots=True)
class Difference:
    """What a caption's explanation adds to another's; ``score`` is the difference of the cosines.

    Attributes:
        before: the other caption.

    """

    interactions: DifferenceHeats
    caption: Caption
    geometry: Geometry
    score: float
    before: Caption


def subtract_explanation(now: Explanation, before: Explanation) -> Difference:
    """Return ``now`` less ``before``; both are of one picture, by one model and method."""
    partners = find_partner_rows(now.caption, before.caption)
    heats = DifferenceHeats(now.interactions, before.interactions, partners)
    return Difference(heats, now.caption, now.geometry, now.score - before.score, before.caption)


def find_partner_rows(now: Caption, before: Caption) -> tuple[tuple[Rows, Rows], ...]:
    """Return the rows of each word of ``now`` with those of the word in its place in ``before``.

    Captions are aligned by their longest common runs of words; between two of them, words stand for each other one by
    one where there are as many on both sides, and for none otherwise. Specials go with their own kind.
    """
    words = [word for word in now.words if word.rows], [word for word in before.words if word.rows]
    texts = [[word.text.casefold() for word in side] for side in words]
    pairs: list[tuple[Rows, Rows]] = []
    for what, a, b, c, d in SequenceMatcher(a=texts[0], b=texts[1], autojunk=False).get_opcodes():
        if what == "equal" or (what == "replace" and b - a == d - c):
            pairs += [(own.rows, other.rows) for own, other in zip(words[0][a:b], words[1][c:d], strict=True)]
    kinds = dict.fromkeys(token.kind for token in now.tokens if token.kind != "content")
    found = ((_of_kind(now, kind), _of_kind(before, kind)) for kind in kinds)
    return (*pairs, *(pair for pair in found if pair[1]))


def _of_kind(caption: Caption, kind: str) -> Rows:
    return tuple(row for row, token in enumerate(caption.tokens) if token.kind == kind)
