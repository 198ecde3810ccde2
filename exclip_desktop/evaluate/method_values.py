"""A method's values on one pair: every chosen metric of its heats."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.places import Place
from exclip_desktop.core.values.study import Curve, StudySettings
from exclip_desktop.evaluate import heat_metrics as metrics
from exclip_desktop.evaluate.deletion import block_sums, correlation, curve, sums
from exclip_desktop.evaluate.heats import Heats
from exclip_desktop.evaluate.subject import Subject

Floats = NDArray[np.float64]
Values = dict[str, tuple[float, ...]]


def values_of(heats: Heats, subject: Subject, settings: StudySettings) -> tuple[Values, dict[str, Curve]]:
    """Return values (one for every place, or one for the pair) and curves by metric, as far as there is heat."""
    found = zip(heats.places, subject.places if heats.places else (), strict=True)
    each = [_finding(heat, heats.geometry, place, settings) for heat, place in found]
    curves = _curves(heats, subject, settings)
    values: Values = {key: tuple(one[key] for one in each) for key in (each[0] if each else ())}
    values |= {key: (found.area,) for key, found in curves.items()}
    values["seconds"] = (heats.seconds,)
    values |= _faithfulness(heats, subject, settings)
    return {key: values[key] for key in settings.metrics if key in values}, curves


def _faithfulness(heats: Heats, subject: Subject, settings: StudySettings) -> Values:
    """Return the chosen correlations over random masks: of patches, and of patches and words together."""
    values: Values = {}
    if heats.whole is not None and "faithfulness" in settings.metrics:
        masked = subject.masked(heats.geometry.grid)
        values["faithfulness"] = (correlation(sums(heats.whole, masked.patches), masked.of_patches),)
    if heats.pairs is not None and "interaction-faithfulness" in settings.metrics:
        masked = subject.masked(heats.geometry.grid)
        assert masked.of_pairs is not None
        values["interaction-faithfulness"] = (
            correlation(block_sums(heats.pairs, masked.words, masked.patches), masked.of_pairs),
        )
    return values


def _finding(heat: Floats, geometry: Geometry, place: Place, settings: StudySettings) -> dict[str, float]:
    """Return how well a heat finds a place, by metric."""
    painted = metrics.paint(heat, geometry, place.truth, settings.smooth)
    return {
        "pointing": metrics.pointing(heat, geometry, place.truth, settings.tolerance_px),
        "energy": metrics.energy(painted),
        "accuracy": metrics.accuracy(painted, settings.threshold),
        "average-precision": metrics.average_precision(painted),
        "iou": metrics.iou(painted, settings.threshold),
    }


def _curves(heats: Heats, subject: Subject, settings: StudySettings) -> dict[str, Curve]:
    """Return the chosen curves of removal; words go one at a time."""
    steps, words, grid = settings.steps, len(subject.words), heats.geometry.grid

    def without_patches(left: Tensor) -> Tensor:
        return subject.without_patches(left, grid)

    asked = {
        "deletion": (without_patches, heats.whole, steps, False),
        "insertion": (without_patches, heats.whole, steps, True),
        "text-deletion": (subject.without_words, heats.words, words, False),
        "text-insertion": (subject.without_words, heats.words, words, True),
    }
    return {
        key: curve(game, heat, count, inserted)
        for key, (game, heat, count, inserted) in asked.items()
        if key in settings.metrics and heat is not None and heat.size
    }
