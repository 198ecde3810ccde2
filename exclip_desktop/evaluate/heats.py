"""What every method says of a pair: heat of patches for the caption and for words of it, and heat of the words."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.mapping import map_caption, map_picture
from exclip_desktop.attribution.matrix_methods import chosen_matrix, matrix_of
from exclip_desktop.attribution.methods import chosen
from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.method_facts import FACTS, OURS
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.matrix_answer import MethodMatrix
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.core.values.study import RANDOM, StudySettings
from exclip_desktop.core.values.token_map import TokenMap
from exclip_desktop.evaluate.subject import Subject
from exclip_desktop.models.model import Model

Floats = NDArray[np.float64]
NO_MATRIX: Final = "A method of the first order gives no matrix."


@dataclass(frozen=True, slots=True)
class Heats:
    """A method's answers.

    Attributes:
        geometry: where the method's patches lie; a layer of feature maps has a grid of its own.
        whole: of patches for the whole caption, (rows, columns), of a matrix over all its rows, as where nothing is
            selected; None where no metric needs it.
        places: the same for the words of each place.
        words: of the caption's words, (W,); None where no metric needs it, or the method maps no captions.
        pairs: of words × patches, (W, P); None where the method gives no matrix.
        seconds: how long one heat of patches took.
        reasons: by kind of metric (``core.metrics``), why there is no heat.

    """

    geometry: Geometry
    whole: Floats | None
    places: tuple[Floats, ...]
    words: Floats | None
    pairs: Floats | None
    seconds: float
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which method is asked, with options as text by name, and how; ``cancel`` is polled by the method."""

    model: Model
    method: str
    told: Mapping[str, str]
    settings: StudySettings
    cancel: CancelToken


def heats_of(asked: Asked, subject: Subject) -> Heats:
    """Return what a method says of a pair, as far as the chosen metrics need it.

    First-order methods compare the picture with a place's words alone; matrices are of the whole caption, and summed
    over the rows of the words. Raises ``Cancelled``, and ``UserError`` where the method does not fit the model.
    """
    if asked.method == RANDOM:
        return _random(asked, subject)
    return _by_maps(asked, subject) if FACTS[asked.method].order == "first" else _by_matrix(asked, subject)


def _by_matrix(asked: Asked, subject: Subject) -> Heats:
    begun = time.perf_counter()
    found = _matrix(asked, subject)
    seconds, matrix = time.perf_counter() - begun, found.interactions
    places = [subject.caption.rows_of(place.words) if place.words else None for place in subject.places]
    by_word = [matrix.patch_heat(rows).ravel() for rows in subject.words]
    pairs = np.array(by_word).reshape(len(by_word), matrix.grid[0].size)
    return Heats(
        geometry=found.geometry,
        whole=matrix.patch_heat(),
        places=tuple(matrix.patch_heat(rows) for rows in places),
        words=pairs.sum(axis=1),
        pairs=pairs,
        seconds=seconds,
    )


def _matrix(asked: Asked, subject: Subject) -> Explanation | MethodMatrix:
    picture, caption, framing = subject.shown.pixels, subject.shown.caption, asked.settings.framing
    if asked.method == OURS:
        return explain_pair(asked.model, picture, caption, ExplainSettings(framing=framing), cancel=asked.cancel)
    method, options = chosen_matrix(asked.method, asked.told)
    return matrix_of(asked.model, picture, caption, method, options, framing=framing, cancel=asked.cancel)


def _by_maps(asked: Asked, subject: Subject) -> Heats:
    settings, found = asked.settings, dict[str, TokenMap]()
    begun = time.perf_counter()
    wanted = [place.words for place in subject.places] if settings.needs("place") else []
    for target in dict.fromkeys([*wanted, ""] if settings.needs("picture") or not wanted else wanted):
        found[target] = _map(asked, subject, target)
    seconds = (time.perf_counter() - begun) / len(found)
    words, reason = _told(lambda: _by_caption(asked, subject)) if settings.needs("caption") else (None, "")
    reasons = {"caption": reason} if reason else {}
    return Heats(
        geometry=next(iter(found.values())).geometry,
        whole=found[""].values if "" in found else None,
        places=tuple(found[target].values for target in wanted),
        words=words,
        pairs=None,
        seconds=seconds,
        reasons={**reasons, "pair": NO_MATRIX},
    )


def _map(asked: Asked, subject: Subject, target: str) -> TokenMap:
    method, options = chosen(asked.method, asked.told)
    return map_picture(
        *(asked.model, subject.shown.pixels, subject.shown.caption, method, options),
        target=target or None,
        framing=asked.settings.framing,
        cancel=asked.cancel,
    )


def _by_caption(asked: Asked, subject: Subject) -> Floats:
    method, options = chosen(asked.method, asked.told, "text")
    found = map_caption(
        *(asked.model, subject.shown.pixels, subject.shown.caption, method, options),
        framing=asked.settings.framing,
        cancel=asked.cancel,
    )
    return np.array([found.values[list(rows)].sum() for rows in subject.words])


def _told(ask: Callable[[], Floats]) -> tuple[Floats | None, str]:
    """Return an answer, or None and why there is none."""
    try:
        return ask(), ""
    except UserError as error:
        return None, error.message


def _random(asked: Asked, subject: Subject) -> Heats:
    draw = np.random.default_rng((asked.settings.seed, 1, *subject.name.encode("utf-8")))
    grid, words = subject.geometry.grid, len(subject.words)
    return Heats(
        geometry=subject.geometry,
        whole=draw.random(grid),
        places=tuple(draw.random(grid) for _ in subject.places),
        words=draw.random(words),
        pairs=draw.random((words, grid[0] * grid[1])),
        seconds=0.0,
    )
