"""Answers of methods: a map of patches or tokens, a matrix of a pair, and what a canvas shows of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.method_registry import method_name
from exclip_desktop.core.methods import Value
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import HeatSource
from exclip_desktop.core.values.settings import Framing, Side, framing_suffix


@dataclass(frozen=True, slots=True, repr=False)
class MatrixAnswer(PairMatrix):
    """A method's matrix for a picture and a caption; rows and columns that the method does not define are zero.

    Attributes:
        method: the method's key; ``options`` are all of its options, by name.
        model: the model's name; ``weights_sha256`` says which weights it has.
        framing: the framing of the picture.
        device: where it ran; ``versions`` of what it ran with.

    """

    method: str
    options: Mapping[str, Value]
    model: str
    weights_sha256: str
    framing: Framing
    device: str
    versions: Mapping[str, str]

    @property
    def made_by(self) -> str:
        """Model, method and options, in one line for a person."""
        chosen = ", ".join(f"{option} {value}" for option, value in self.options.items())
        options = f": {chosen}" if chosen else ""
        return f"{self.model}, {method_name(self.method)}{options}{framing_suffix(self.framing)}"

    def provenance(self) -> dict[str, Any]:
        """Return method, options, model, framing, versions and geometry as plain values for JSON."""
        return {
            "method": self.method,
            "options": dict(self.options),
            "model": self.model,
            "weights_sha256": self.weights_sha256,
            "framing": self.framing,
            "device": self.device,
            "versions": dict(self.versions),
            "geometry": self.geometry.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class TokenMap:
    """A method's answer for a picture and a caption.

    Attributes:
        method: the method's key; ``options`` are all of its options, by name.
        side: which tokens have values.
        values: float64, (rows, columns) of patches, or (tokens,) of the caption.
        target: the words whose embedding the picture is compared with; of a caption's map, the whole caption.
        score: the cosine of picture and target by the model itself.
        geometry: where the patches lie on the picture.
        caption: the caption, with its tokens.
        model: the model's name; ``weights_sha256`` says which weights it has.
        framing: of the picture.
        device: where it ran; ``versions`` of what it ran with.

    """

    method: str
    options: Mapping[str, object]
    side: Side
    values: NDArray[np.float64]
    target: str
    score: float
    geometry: Geometry
    caption: Caption
    model: str
    weights_sha256: str
    framing: Framing
    device: str
    versions: Mapping[str, str]


class Answer(Protocol):
    """One method's answer for a picture and a caption; ``score`` is the cosine by the model itself."""

    @property
    def interactions(self) -> HeatSource:
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
