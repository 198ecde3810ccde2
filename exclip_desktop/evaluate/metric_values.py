"""The metrics' values on one pair: one function for each row of ``core.metric_table``."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.core.values.places import Place
from exclip_desktop.core.values.study import Curve, StudySettings
from exclip_desktop.evaluate import heat_metrics as metrics
from exclip_desktop.evaluate.deletion import Game, compute_curve, correlate, sum_blocks, sum_heat
from exclip_desktop.evaluate.heats import Heats
from exclip_desktop.evaluate.subject import Subject

Floats = NDArray[np.float64]
Values = dict[str, tuple[float, ...]]


@dataclass(frozen=True)  # without slots: the painted heats are cached
class HeatedPair:
    """A method's heats of a pair, as metrics receive them.

    Attributes:
        heats: the method's heats; those that no chosen metric needs are None.
        subject: the pair, which scores the model on its parts.
        settings: the study's.

    """

    heats: Heats
    subject: Subject
    settings: StudySettings

    @cached_property
    def places(self) -> list[tuple[Floats, Place, metrics.Painted]]:
        """Heat of the words of each place, the place, and the heat painted on the picture."""
        if not self.heats.places:
            return []
        return [
            (heat, place, metrics.paint(heat, self.heats.geometry, place.truth, self.settings.smooth))
            for heat, place in zip(self.heats.places, self.subject.places, strict=True)
        ]


Result = tuple[float, ...] | Curve | None
"""Values, one for every place or one for the pair; a curve, whose value is its area; None without the heat it needs."""


def compute_metrics(heats: Heats, subject: Subject, settings: StudySettings) -> tuple[Values, dict[str, Curve]]:
    """Return values and curves of the chosen metrics, by key, as far as there is heat."""
    pair = HeatedPair(heats, subject, settings)
    values, curves = Values(), dict[str, Curve]()
    for key in settings.metrics:
        result = METRIC_FUNCTIONS[key](pair)
        if isinstance(result, Curve):
            curves[key], values[key] = result, (result.area,)
        elif result:
            values[key] = result
    return values, curves


def _pointing(pair: HeatedPair) -> Result:
    geometry, tolerance = pair.heats.geometry, pair.settings.tolerance_px
    return tuple(metrics.pointing(heat, geometry, place.truth, tolerance) for heat, place, _ in pair.places)


def _energy(pair: HeatedPair) -> Result:
    return tuple(metrics.energy(painted) for *_, painted in pair.places)


def _accuracy(pair: HeatedPair) -> Result:
    return tuple(metrics.accuracy(painted, pair.settings.threshold) for *_, painted in pair.places)


def _average_precision(pair: HeatedPair) -> Result:
    return tuple(metrics.average_precision(painted) for *_, painted in pair.places)


def _iou(pair: HeatedPair) -> Result:
    return tuple(metrics.iou(painted, pair.settings.threshold) for *_, painted in pair.places)


def _curve_of_patches(pair: HeatedPair, inserted: bool) -> Result:
    grid = pair.heats.geometry.grid

    def score_patches(left: Tensor) -> Tensor:
        return pair.subject.score_patches(left, grid)

    return _curve(score_patches, pair.heats.whole, pair.settings.steps, inserted)


def _curve_of_words(pair: HeatedPair, inserted: bool) -> Result:
    """Words are deleted, or inserted, one at a time."""
    return _curve(pair.subject.score_words, pair.heats.words, len(pair.subject.words), inserted)


def _curve(game: Game, heat: Floats | None, steps: int, inserted: bool) -> Result:
    return compute_curve(game, heat, steps, inserted) if heat is not None and heat.size else None


def _faithfulness(pair: HeatedPair) -> Result:
    if pair.heats.whole is None:
        return None
    masked = pair.subject.masked(pair.heats.geometry.grid)
    return (correlate(sum_heat(pair.heats.whole, masked.patches), masked.patch_scores),)


def _interaction_faithfulness(pair: HeatedPair) -> Result:
    if pair.heats.pairs is None:
        return None
    masked = pair.subject.masked(pair.heats.geometry.grid)
    assert masked.interactions is not None
    return (correlate(sum_blocks(pair.heats.pairs, masked.words, masked.patches), masked.interactions),)


METRIC_FUNCTIONS: Final[dict[str, Callable[[HeatedPair], Result]]] = {
    "pointing": _pointing,
    "energy": _energy,
    "accuracy": _accuracy,
    "average-precision": _average_precision,
    "iou": _iou,
    "deletion": lambda pair: _curve_of_patches(pair, inserted=False),
    "insertion": lambda pair: _curve_of_patches(pair, inserted=True),
    "text-deletion": lambda pair: _curve_of_words(pair, inserted=False),
    "text-insertion": lambda pair: _curve_of_words(pair, inserted=True),
    "faithfulness": _faithfulness,
    "interaction-faithfulness": _interaction_faithfulness,
    "seconds": lambda pair: (pair.heats.seconds,),
}
"""A function for every key of ``core.metric_table.METRICS``."""
