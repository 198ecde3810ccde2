"""A method's values on one pair: every chosen metric of its heats."""

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.places import Place
from exclip_desktop.core.study import Curve, StudySettings
from exclip_desktop.evaluate import metrics
from exclip_desktop.evaluate.deletion import curve, faithfulness
from exclip_desktop.evaluate.heats import Heats
from exclip_desktop.evaluate.subject import Subject

Floats = NDArray[np.float64]
Values = dict[str, tuple[float, ...]]


def values_of(heats: Heats, subject: Subject, settings: StudySettings) -> tuple[Values, dict[str, Curve]]:
    """Return values (one for every place, or one for the pair) and curves by metric, as far as there is heat."""
    each = [_finding(heat, place, subject, settings) for heat, place in zip(heats.places, subject.places, strict=True)]
    curves = _curves(heats, subject, settings)
    values: Values = {key: tuple(one[key] for one in each) for key in (each[0] if each else ())}
    values |= {key: (found.area,) for key, found in curves.items()}
    values["seconds"] = (heats.seconds,)
    if heats.whole is not None and "faithfulness" in settings.metrics:
        values["faithfulness"] = (faithfulness(heats.whole, *subject.masked),)
    return {key: values[key] for key in settings.metrics if key in values}, curves


def _finding(heat: Floats, place: Place, subject: Subject, settings: StudySettings) -> dict[str, float]:
    """Return how well a heat finds a place, by metric."""
    painted = metrics.paint(heat, subject.geometry, place.truth, settings.smooth)
    return {
        "pointing": metrics.pointing(heat, subject.geometry, place.truth, settings.tolerance_px),
        "energy": metrics.energy(painted),
        "accuracy": metrics.accuracy(painted, settings.threshold),
        "average-precision": metrics.average_precision(painted),
        "iou": metrics.iou(painted, settings.threshold),
    }


def _curves(heats: Heats, subject: Subject, settings: StudySettings) -> dict[str, Curve]:
    """Return the chosen curves of removal; words go one at a time."""
    steps, words = settings.steps, len(subject.words)
    asked = {
        "deletion": (subject.without_patches, heats.whole, steps, False),
        "insertion": (subject.without_patches, heats.whole, steps, True),
        "text-deletion": (subject.without_words, heats.words, words, False),
        "text-insertion": (subject.without_words, heats.words, words, True),
    }
    return {
        key: curve(game, heat, count, inserted)
        for key, (game, heat, count, inserted) in asked.items()
        if key in settings.metrics and heat is not None and heat.size
    }
