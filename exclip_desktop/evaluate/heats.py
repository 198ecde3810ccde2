"""Heats of a pair by one method: of patches for the caption and for words of it, and of the caption's words."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.answer import answer_by, compute_map
from exclip_desktop.attribution.pair import Pair, make_pair
from exclip_desktop.attribution.second_order.stored_explain import ResultStore, make_stored_pair
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.method_registry import method_by_key
from exclip_desktop.core.methods import AttributionMethod
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.answers import TokenMap
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.core.values.study import RANDOM, StudySettings
from exclip_desktop.evaluate.subject import Subject
from exclip_desktop.models.model import Model

Floats = NDArray[np.float64]
NO_MATRIX: Final = "First-order methods have no matrix."


@dataclass(frozen=True, slots=True)
class Heats:
    """A method's heats of a pair.

    Attributes:
        geometry: where the method's patches lie; a layer of feature maps has a grid of its own.
        whole: of patches for the whole caption, (rows, columns), of a matrix over all its rows, as where nothing is
            selected; None where no metric needs it.
        places: the same for the words of each place.
        words: of the caption's words, (W,); None where no metric needs it, or the method maps no captions.
        pairs: of words × patches, (W, P); None where the method gives no matrix.
        seconds: duration of one heat of patches.
        reasons: by kind of metric (``core.metric_table``), why there is no heat.

    """

    geometry: Geometry
    whole: Floats | None
    places: tuple[Floats, ...]
    words: Floats | None
    pairs: Floats | None
    seconds: float
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MethodRun:
    """One method on a model: its options as text by name, the study's settings; ``cancel`` is polled by the method.

    ``store`` receives what our own method computes; it is never read, because the time of a heat is measured.
    """

    model: Model
    method: str
    options: Mapping[str, str]
    settings: StudySettings
    cancel: CancelToken
    store: ResultStore | None = None


def compute_heats(run: MethodRun, subject: Subject) -> Heats:
    """Return a method's heats of a pair, as far as the chosen metrics need them.

    First-order methods compare the picture with a place's words alone; matrices are of the whole caption, and summed
    over the rows of the words.

    Raises:
        UserError: the method does not fit the model.
        Cancelled: the person cancelled.

    """
    if run.method == RANDOM:
        return _draw_heats(run, subject)
    method, settings = method_by_key(run.method), run.settings
    pair = make_pair(
        run.model,
        subject.pair.pixels,
        subject.pair.caption,
        settings=ExplainSettings(framing=settings.framing),
        cancel=run.cancel,
    )
    options = method.make_options(run.options)
    places = [place.words for place in subject.places] if settings.needs("place") else []
    targets = method.targets([*places, ""] if settings.needs("picture") or not places else places)
    begun = time.perf_counter()
    answers = {words: answer_by(pair.for_target(words) if words else pair, method, options) for words in targets}
    seconds = (time.perf_counter() - begun) / len(answers)
    first = answers[targets[0]]
    if run.store is not None and isinstance(first, Explanation):
        stored = make_stored_pair(run.model, pair.picture, pair.caption.text, pair.settings)
        run.store.put_explanation(stored.keys.pair, first)
    if isinstance(first, PairMatrix):
        return _matrix_heats(first, subject, seconds)
    words, reason = None, ""
    if settings.needs("caption"):
        words, reason = _catch(lambda: _map_words(pair, method, run, subject))
    maps = {target: answer.values for target, answer in answers.items() if isinstance(answer, TokenMap)}
    return Heats(
        geometry=first.geometry,
        whole=maps.get(""),
        places=tuple(maps[words] for words in places),
        words=words,
        pairs=None,
        seconds=seconds,
        reasons={**({"caption": reason} if reason else {}), "pair": NO_MATRIX},
    )


def _matrix_heats(answer: PairMatrix, subject: Subject, seconds: float) -> Heats:
    matrix = answer.interactions
    places = [subject.caption.rows_of(place.words) if place.words else None for place in subject.places]
    by_word = [matrix.patch_heat(rows).ravel() for rows in subject.words]
    pairs = np.array(by_word).reshape(len(by_word), matrix.grid[0].size)
    return Heats(
        geometry=answer.geometry,
        whole=matrix.patch_heat(),
        places=tuple(matrix.patch_heat(rows) for rows in places),
        words=pairs.sum(axis=1),
        pairs=pairs,
        seconds=seconds,
    )


def _map_words(pair: Pair, method: AttributionMethod, run: MethodRun, subject: Subject) -> Floats:
    options = method.make_options(run.options, "text")
    values = compute_map(pair.for_side("text"), method, options).values
    return np.array([values[list(rows)].sum() for rows in subject.words])


def _catch(compute: Callable[[], Floats]) -> tuple[Floats | None, str]:
    """Return the values, or None and why there are none."""
    try:
        return compute(), ""
    except UserError as error:
        return None, error.message


def _draw_heats(run: MethodRun, subject: Subject) -> Heats:
    generator = np.random.default_rng((run.settings.seed, 1, *subject.name.encode("utf-8")))
    grid, words = subject.geometry.grid, len(subject.words)
    return Heats(
        geometry=subject.geometry,
        whole=generator.random(grid),
        places=tuple(generator.random(grid) for _ in subject.places),
        words=generator.random(words),
        pairs=generator.random((words, grid[0] * grid[1])),
        seconds=0.0,
    )
