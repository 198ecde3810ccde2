"""The answer of any method: heat of patches and tokens, caption and geometry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.geometry import Geometry


class Heats(Protocol):
    """Values of patches and tokens under a selection."""

    @property
    def content(self) -> NDArray[np.bool_]:
        """(rows,): True for tokens of words, False for specials."""

    @property
    def values_words(self) -> bool:
        """Whether the method values tokens."""

    @property
    def fixed(self) -> bool:
        """Whether the values are the same for every selection."""

    def patch_heat(self, rows: tuple[int, ...] | None = None) -> Floats:
        """Return each patch's value for ``rows`` (None: all): (grid_h, grid_w)."""

    def token_heat(self, coverage: Floats | None = None) -> Floats:
        """Return each row's value for the patches, each by its ``coverage`` (grid_h, grid_w; None: all): (rows,)."""

    def heat_of_patch(self, patch: tuple[int, int]) -> Floats:
        """Return each row's value for one patch (row, column): (rows,)."""


class Answer(Protocol):
    """One method's answer for a picture and a caption; ``score`` is the cosine by the model itself."""

    @property
    def interactions(self) -> Heats:
        """Its values."""

    @property
    def caption(self) -> Caption:
        """The caption with its tokens, one row each."""

    @property
    def geometry(self) -> Geometry:
        """Where the patches lie on the picture."""

    @property
    def score(self) -> float:
        """The cosine of the pair, or of the picture and the target words."""

    def provenance(self) -> dict[str, Any]:
        """Return everything that decides the values, and the geometry, as plain values for JSON."""


@dataclass(frozen=True, slots=True)
class Maps:
    """Maps of a method of the first order: no selection changes them.

    Attributes:
        patches: float64 (grid_h, grid_w).
        tokens: float64 (rows,); None where the method maps pictures only.
        content: bool (rows,): True for tokens of words.

    """

    patches: Floats
    tokens: Floats | None
    content: NDArray[np.bool_]

    @property
    def values_words(self) -> bool:
        """Whether the method maps captions as well."""
        return self.tokens is not None

    @property
    def fixed(self) -> bool:
        """Always."""
        return True

    def patch_heat(self, rows: tuple[int, ...] | None = None) -> Floats:
        """Return the picture's map."""
        return self.patches

    def token_heat(self, coverage: Floats | None = None) -> Floats:
        """Return the caption's map; zeros where there is none."""
        return np.zeros(len(self.content)) if self.tokens is None else self.tokens

    def heat_of_patch(self, patch: tuple[int, int]) -> Floats:
        """Return the caption's map, whichever the patch."""
        return self.token_heat()


@dataclass(frozen=True, slots=True)
class MapAnswer:
    """A method's maps of a picture, for ``target``, and of the caption.

    ``settings`` are everything else that decides them, by name, as plain values: method, options, model …
    """

    interactions: Maps
    caption: Caption
    geometry: Geometry
    score: float
    target: str
    settings: Mapping[str, Any]

    def provenance(self) -> dict[str, Any]:
        """Return settings, target with its cosine, and geometry as plain values for JSON."""
        target = {"target": self.target, "target_score": self.score, "geometry": self.geometry.as_dict()}
        return {**self.settings, **target}
