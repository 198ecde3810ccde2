"""Answers of methods by their keys, for tests: one call for a map of a picture, of a caption, or a matrix."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.answer import answer_by, compute_map
from exclip_desktop.attribution.pair import Pair, make_pair
from exclip_desktop.core.method_registry import method_by_key
from exclip_desktop.core.values.answers import TokenMap
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model

Texts = Mapping[str, str]


def _pair(model: Model, picture: NDArray[np.uint8], caption: str, framing: str = "model", **named: Any) -> Pair:
    return make_pair(model, picture, caption, settings=ExplainSettings(framing=framing), **named)


def map_picture(
    model: Model, picture: NDArray[np.uint8], caption: str, key: str, options: Texts | None = None, **named: Any
) -> TokenMap:
    """Return a picture's map; ``options`` are texts by name, ``named`` are a framing, or arguments of ``make_pair``."""
    method = method_by_key(key, "first")
    return compute_map(_pair(model, picture, caption, **named), method, method.make_options(options))


def map_caption(
    model: Model, picture: NDArray[np.uint8], caption: str, key: str, options: Texts | None = None, **named: Any
) -> TokenMap:
    """Return a caption's map; the arguments are those of ``map_picture``."""
    method = method_by_key(key, "first")
    pair = _pair(model, picture, caption, **named).for_side("text")
    return compute_map(pair, method, method.make_options(options, "text"))


def matrix_of(
    model: Model, picture: NDArray[np.uint8], caption: str, key: str, options: Any = None, **named: Any
) -> PairMatrix:
    """Return a matrix; ``options`` are a value of the method's options, None: the defaults."""
    method = method_by_key(key, "second")
    answer = answer_by(_pair(model, picture, caption, **named), method, options or method.make_options())
    assert isinstance(answer, PairMatrix)
    return answer
