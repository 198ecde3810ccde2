"""The table of metrics: what each is called, how it is defined, and which way is better."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["place", "picture", "caption", "pair", "time"]

THRESHOLDS: Final = {
    "mean": "pixels whose heat is above the mean over all pixels that the model saw",
    "half": "pixels whose heat, from its least (0) to its most (1), is above 0.5",
    "zero": "pixels whose heat is positive",
}
"""Which pixels a heat marks, by the rule's name."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A column of the table of figures.

    Attributes:
        key: for the command line and Python.
        name: short, as a heading.
        kind: what it needs: a place to be found, heat of the picture, of the caption, a matrix of both, or nothing.
        lower: whether lower is better.
        thresholded: whether it depends on the threshold rule.
        meaning: its definition in one sentence.

    """

    key: str
    name: str
    kind: Kind
    meaning: str
    lower: bool = False
    thresholded: bool = False

    @property
    def heading(self) -> str:
        """The name with an arrow that says which way is better."""
        return f"{self.name} {'↓' if self.lower else '↑'}"

    @property
    def along(self) -> str:
        """What its curve runs along, where it has one."""
        what = "words" if self.kind == "caption" else "patches"
        return f"share of {what} {'put back' if 'insertion' in self.key else 'taken away'}"


METRICS: Final = {
    metric.key: metric
    for metric in (
        Metric("pointing", "pointing", "place", "how often the centre of the strongest patch lies in the mask"),
        Metric("energy", "energy", "place", "the share of the positive heat that lies in the mask"),
        Metric(
            *("accuracy", "pixel accuracy", "place", "the share of pixels that the marked ones tell rightly"),
            thresholded=True,
        ),
        Metric(
            *("average-precision", "AP", "place"),
            "precision averaged over recall, pixels ranked by heat, equal ones together",
        ),
        Metric(
            *("iou", "mask IoU", "place", "marked pixels and mask: what they share, by what they cover together"),
            thresholded=True,
        ),
        Metric(
            *("deletion", "deletion", "picture"),
            "area under the score while patches are taken away, strongest first",
            lower=True,
        ),
        Metric("insertion", "insertion", "picture", "area under the score while patches are put back, strongest first"),
        Metric(
            *("text-deletion", "text deletion", "caption"),
            "area under the score while words are taken away, strongest first",
            lower=True,
        ),
        Metric(
            *("text-insertion", "text insertion", "caption"),
            "area under the score while words are put back, strongest first",
        ),
        Metric(
            *("faithfulness", "p-faithfulness", "picture"),
            "correlation, over random masks of as many patches, of the heat taken away with the score's drop",
        ),
        Metric(
            *("interaction-faithfulness", "interaction faithfulness", "pair"),
            "over random masks of patches and of words, correlation of the matrix's sum over what is left with how "
            "much more both sides give together than either alone",
        ),
        Metric("seconds", "seconds", "time", "time of one heat, of a matrix the whole of it, by the clock", lower=True),
    )
}
