"""Any method's answer beside ours, as a canvas shows it: its matrix, or its maps of picture and caption."""

from collections.abc import Callable
from typing import Any, Protocol, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.mapping import map_caption, map_picture
from exclip_desktop.attribution.matrix_methods import chosen_matrix, matrix_of
from exclip_desktop.attribution.methods import METHODS
from exclip_desktop.core.method_facts import facts_of
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.answers import Answer, MapAnswer, Maps
from exclip_desktop.core.values.settings import Framing
from exclip_desktop.core.values.token_map import TokenMap
from exclip_desktop.models.model import Model

T = TypeVar("T")


class Kept(Protocol):
    """Remembers the parts of an answer."""

    def __call__(self, part: str, make: Callable[[], T]) -> T:
        """Return what was made under the name ``part`` before, or make it."""


class _How(TypedDict):
    framing: Framing
    progress: Progress
    cancel: CancelToken


def answer_by(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    method: str,
    target: str,
    *,
    framing: Framing,
    kept: Kept,
    progress: Progress,
    cancel: CancelToken,
) -> Answer:
    """Return the answer of ``method``, a key of ``core.method_facts.FACTS`` but ours, by its usual options.

    Args:
        model: a loaded model.
        picture: upright RGB uint8 (H, W, 3).
        caption: the caption.
        method: see above.
        target: the words that a method of the first order compares the picture with; a matrix has them all.
        framing: how the picture is framed.
        kept: remembers parts: a caption's map does not depend on ``target``.
        progress, cancel: told and polled while it works.

    Raises:
        MethodError: the method cannot look into this model.
        CaptionError, SettingsError, Cancelled: as ``map_picture`` and ``matrix_of``.

    """
    pair = model, picture, caption
    how = _How(framing=framing, progress=progress, cancel=cancel)
    if facts_of(method).order == "second":
        return kept("matrix", lambda: matrix_of(*pair, *chosen_matrix(method), **how))
    one, sides = METHODS[method], facts_of(method).sides
    seen = kept(f"picture: {target}", lambda: map_picture(*pair, one, one.usual("image"), target=target, **how))
    words = kept("caption", lambda: map_caption(*pair, one, one.usual("text"), **how)) if "text" in sides else None
    return _maps(seen, words)


def _maps(picture: TokenMap, words: TokenMap | None) -> MapAnswer:
    content = np.array([token.kind == "content" for token in picture.caption.tokens])
    maps = Maps(picture.values, None if words is None else words.values, content)
    return MapAnswer(maps, picture.caption, picture.geometry, picture.score, picture.target, _settings(picture, words))


def _settings(picture: TokenMap, words: TokenMap | None) -> dict[str, Any]:
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
