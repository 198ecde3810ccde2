"""The table of metrics: name, definition, and direction of each.

A new metric is a row here, which window, command line, tables and figures read, and a function of the same key in
``evaluate.metric_values``.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["place", "picture", "caption", "pair", "time"]

THRESHOLDS: Final = {
    "mean": "pixels whose heat is above the mean over all pixels that the model saw",
    "half": "pixels whose heat, from its minimum (0) to its maximum (1), is above 0.5",
    "zero": "pixels whose heat is positive",
}
"""The pixels that a heat marks, by the rule's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A column of the table of figures.

    Attributes:
        key: for the command line and Python.
        name: short, as a heading.
        kind: the heat it needs: of places, of the whole picture, of the caption's words, a matrix, or none (``time``).
        meaning: its definition in one sentence, without its full stop.
        lower: whether lower is better.
        thresholded: whether it depends on the threshold rule.
        inserted: whether its curve inserts players instead of deleting them.

    """

    key: str
    name: str
    kind: Kind
    meaning: str
    lower: bool = False
    thresholded: bool = False
    inserted: bool = False

    @property
    def heading(self) -> str:
        """The name with an arrow that points in the better direction."""
        return f"{self.name} {'↓' if self.lower else '↑'}"

    @property
    def along(self) -> str:
        """Label of the horizontal axis of its curve, where it has one."""
        players = "words" if self.kind == "caption" else "patches"
        return f"share of {players} {'inserted' if self.inserted else 'deleted'}"


_ROWS: Final = (
    Metric(
        key="pointing",
        name="pointing",
        kind="place",
        meaning="fraction of named objects whose box or mask contains the centre of the strongest patch",
    ),
    Metric(
        key="energy",
        name="energy",
        kind="place",
        meaning="fraction of the positive heat that lies in the box or mask",
    ),
    Metric(
        key="accuracy",
        name="pixel accuracy",
        kind="place",
        meaning="fraction of pixels classified correctly",
        thresholded=True,
    ),
    Metric(
        key="average-precision",
        name="AP",
        kind="place",
        meaning="precision averaged over recall, without a threshold; pixels are ranked by heat, and each patch "
        "has one value unless heat is interpolated",
    ),
    Metric(
        key="iou",
        name="mask IoU",
        kind="place",
        meaning="intersection of the marked pixels and the mask, divided by their union",
        thresholded=True,
    ),
    Metric(
        key="deletion",
        name="deletion",
        kind="picture",
        meaning="area under the score while patches are replaced by the fill "
        "(the mean colour by default), strongest first",
        lower=True,
    ),
    Metric(
        key="insertion",
        name="insertion",
        kind="picture",
        meaning="area under the score while patches are put back, strongest first",
        inserted=True,
    ),
    Metric(
        key="text-deletion",
        name="text deletion",
        kind="caption",
        meaning="area under the score while words are replaced by filler, one by one, strongest first",
        lower=True,
    ),
    Metric(
        key="text-insertion",
        name="text insertion",
        kind="caption",
        meaning="area under the score while words are put back, one by one, strongest first",
        inserted=True,
    ),
    Metric(
        key="faithfulness",
        name="p-faithfulness",
        kind="picture",
        meaning="correlation, over random masks of equal size, of the heat that is kept with the score",
    ),
    Metric(
        key="interaction-faithfulness",
        name="interaction faithfulness",
        kind="pair",
        meaning="correlation, over random masks of patches and of words, of the matrix's sum over the remaining part "
        "with ν(both) − ν(words) − ν(patches) + ν(none), measured",
    ),
    Metric(
        key="seconds",
        name="seconds",
        kind="time",
        meaning="time of one heat; for a matrix, the time of the whole matrix",
        lower=True,
    ),
)
METRICS: Final = {row.key: row for row in _ROWS}
"""Every metric by its key, in the order of the table."""
