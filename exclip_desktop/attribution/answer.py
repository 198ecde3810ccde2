"""Answers by any method: one map or matrix of a pair, or all that a canvas shows of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np

from exclip_desktop.attribution.compute_errors import is_out_of_memory
from exclip_desktop.attribution.pair import Pair
from exclip_desktop.core.errors import Cancelled, MethodError, UserError
from exclip_desktop.core.method_registry import installed_package, method_by_key, report_plugin_error
from exclip_desktop.core.methods import AttributionMethod
from exclip_desktop.core.values.answers import Answer, MapAnswer, Maps, TokenMap
from exclip_desktop.core.values.pair_matrix import PairMatrix

T = TypeVar("T")


class Remember(Protocol):
    """Remembers the parts of an answer."""

    def __call__(self, part: str, make: Callable[[], T]) -> T:
        """Return what was made under the name ``part`` before, or make it."""


def answer_by(pair: Pair, method: AttributionMethod, options: Any) -> TokenMap | PairMatrix:
    """Return a method's answer: the map of the pair's side, or the matrix of the whole caption.

    Args:
        pair: what is explained.
        method: any method, ours included.
        options: a value of its ``options_type``.

    Raises:
        MethodError: the method does not fit this model, or belongs to an installed package and failed.
        SettingsError: an option does not fit the model or the pair.
        ModelError: a value is not finite.
        Cancelled: the person cancelled.

    """
    pair.cancel.check()
    try:
        answer = method.answer(replace(pair, method=method.key), options)
        expected = PairMatrix if method.order == "second" else TokenMap
        if not isinstance(answer, expected):
            raise TypeError(f"the answer is {type(answer).__name__}, not {expected.__name__}")
    except (UserError, Cancelled):
        raise
    except Exception as error:
        package = installed_package(method.key)
        if package is None or is_out_of_memory(error):
            raise
        report_plugin_error(method.key, error)
        raise MethodError(
            f"{method.name}, a method of the package {package}, failed: {type(error).__name__}: {error}",
            "Choose another method, or report this to the authors of the package.",
        ) from error
    return answer


def compute_map(pair: Pair, method: AttributionMethod, options: Any) -> TokenMap:
    """Return the map by a first-order method; arguments and errors are those of ``answer_by``."""
    answer = answer_by(pair, method, options)
    assert isinstance(answer, TokenMap)
    return answer


def answer_for_canvas(pair: Pair, key: str, remember: Remember) -> Answer:
    """Return a method's answer by its default options: its matrix, or its maps of picture and caption.

    ``remember`` keeps the parts: a caption's map, and a matrix, do not depend on the pair's target. Errors are those
    of ``answer_by``.
    """
    method = method_by_key(key)
    (target,) = method.targets([pair.target])

    def explain_picture() -> TokenMap | PairMatrix:
        return answer_by(pair.for_target(target) if target else pair, method, method.make_options())

    def explain_caption() -> TokenMap:
        return compute_map(pair.for_side("text"), method, method.make_options(side="text"))

    picture = remember(f"picture: {target}", explain_picture)
    if isinstance(picture, PairMatrix):
        return picture
    words = remember("caption", explain_caption) if "text" in method.sides else None
    return _join_maps(picture, words)


def _join_maps(picture: TokenMap, words: TokenMap | None) -> MapAnswer:
    content = np.array([token.kind == "content" for token in picture.caption.tokens])
    maps = Maps(picture.values, None if words is None else words.values, content)
    settings = _settings(picture, words)
    return MapAnswer(maps, picture.caption, picture.geometry, picture.score, picture.target, settings)


def _settings(picture: TokenMap, words: TokenMap | None) -> Mapping[str, Any]:
    of_caption = {} if words is None else {"caption_options": dict(words.options)}
    return {
        "method": picture.method,
        "options": dict(picture.options),
        **of_caption,
        "model": picture.model,
        "weights_sha256": picture.weights_sha256,
        "framing": picture.framing,
        "device": picture.device,
        "versions": dict(picture.versions),
    }
