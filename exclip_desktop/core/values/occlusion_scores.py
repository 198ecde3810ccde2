"""What taking parts of a picture and a caption away does to the score, beside what was attributed to them."""

from dataclasses import dataclass
from typing import Final

FILLS: Final = {
    "mean": "the model's mean colour",
    "blur": "a blur of the picture",
    "mirror": "its surroundings, mirrored",
}


@dataclass(frozen=True, slots=True)
class OcclusionScores:
    """A selection of words and regions, taken away and left.

    Attributes:
        both: the score of the whole pair, ν(11).
        without_regions: that without the regions, ν(01): the words are there.
        without_words: that without the words, ν(10): the regions are there.
        neither: that without both, ν(00).
        attributed: the sum of the selected block of the interaction matrix.
        fill: what took the regions' place, a key of ``FILLS``.

    """

    both: float
    without_regions: float
    without_words: float
    neither: float
    attributed: float
    fill: str

    @property
    def interaction(self) -> float:
        """How much more words and regions give together than each alone: ν(11) − ν(10) − ν(01) + ν(00)."""
        return self.both - self.without_words - self.without_regions + self.neither
