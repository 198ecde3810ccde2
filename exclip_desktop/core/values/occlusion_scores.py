"""Scores of a pair with selected words and regions occluded, and the attribution of the selection."""

from dataclasses import dataclass
from typing import Final

FILLS: Final = {
    "mean": "the model's mean colour",
    "blur": "a blur of the picture",
    "mirror": "its surroundings, mirrored",
}


@dataclass(frozen=True, slots=True)
class OcclusionScores:
    """The four scores of a selection of words and regions, with each side present or occluded.

    Attributes:
        both: the score of the whole pair, ν(11).
        without_regions: the score with the regions occluded, ν(01).
        without_words: the score with the words occluded, ν(10).
        neither: the score with both occluded, ν(00).
        attributed: the sum of the selected block of the interaction matrix.
        fill: the fill of the regions, a key of ``FILLS``.

    """

    both: float
    without_regions: float
    without_words: float
    neither: float
    attributed: float
    fill: str

    @property
    def interaction(self) -> float:
        """The interaction of words and regions: ν(11) − ν(10) − ν(01) + ν(00)."""
        return self.both - self.without_words - self.without_regions + self.neither
