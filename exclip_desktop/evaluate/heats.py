"""What every method says of a pair: heat of patches for the caption and for words of it, and heat of the words."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.mapping import map_caption, map_picture
from exclip_desktop.attribution.matrix_methods import chosen_matrix, matrix_of
from exclip_desktop.attribution.methods import chosen
from exclip_desktop.attribution.second_order import explain_pair
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.interactions import InteractionMatrix
from exclip_desktop.core.method_facts import FACTS, OURS
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.study import RANDOM, StudySettings
from exclip_desktop.evaluate.subject import Subject
from exclip_desktop.models.model import Model

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heats:
    """A method's answers.

    Attributes:
        whole: of patches for the whole caption, (rows, columns); None where no metric needs it.
        places: the same for the words of each place.
        words: of the caption's words, (W,); None where no metric needs it, or the method maps no captions.
        seconds: how long one heat of patches took.
        reasons: by kind of metric (``core.metrics``), why there is no heat.

    """

    whole: Floats | None
    places: tuple[Floats, ...]
    words: Floats | None
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
    matrix = _matrix(asked, subject)
    seconds = time.perf_counter() - begun
    rows = [subject.caption.rows_of(place.words) if place.words else None for place in subject.places]
    return Heats(
        matrix.patch_heat(), tuple(matrix.patch_heat(some) for some in rows), _summed(matrix, subject), seconds
    )


def _matrix(asked: Asked, subject: Subject) -> InteractionMatrix:
    picture, caption, framing = subject.shown.pixels, subject.shown.caption, asked.settings.framing
    if asked.method == OURS:
        return explain_pair(asked.model, picture, caption, framing=framing, cancel=asked.cancel).interactions
    method, options = chosen_matrix(asked.method, asked.told)
    found = matrix_of(asked.model, picture, caption, method, options, framing=framing, cancel=asked.cancel)
    return found.interactions


def _summed(matrix: InteractionMatrix, subject: Subject) -> Floats:
    by_token = matrix.token_heat()
    return np.array([by_token[list(rows)].sum() for rows in subject.words])


def _by_maps(asked: Asked, subject: Subject) -> Heats:
    method, options = chosen(asked.method, asked.told)
    picture, caption, settings = subject.shown.pixels, subject.shown.caption, asked.settings
    found: dict[str, Floats] = {}
    begun = time.perf_counter()

    def heat(words: str) -> Floats:
        if words not in found:
            found[words] = map_picture(
                *(asked.model, picture, caption, method, options),
                target=words or None,
                framing=settings.framing,
                cancel=asked.cancel,
            ).values
        return found[words]

    places = tuple(heat(place.words) for place in subject.places) if settings.needs("place") else ()
    whole = heat("") if settings.needs("picture") or not found else None
    seconds = (time.perf_counter() - begun) / len(found)
    words, reasons = _told(lambda: _by_caption(asked, subject)) if settings.needs("caption") else (None, "")
    return Heats(whole, places, words, seconds, {"caption": reasons} if reasons else {})


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
    grid = subject.geometry.grid
    places = tuple(draw.random(grid) for _ in subject.places)
    return Heats(draw.random(grid), places, draw.random(len(subject.words)), 0.0)
