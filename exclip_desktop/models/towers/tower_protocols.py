"""The protocols of image and text towers: features before a layer, the head after it, and the query that pools.

Layer ℓ means the input of transformer block (or ResNet stage) ℓ, counted from 0; ``"pool"`` is the input of an
attention that pools. Shapes: T tokens, W width, D embedding dimensions, B batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from exclip_desktop.core.values.settings import Layer
from exclip_desktop.models.towers.attention import Query
from exclip_desktop.models.towers.blocks import Anatomy


@dataclass(frozen=True, slots=True)
class Cut:
    """A tower cut at a layer.

    Attributes:
        features: model input, a picture (3, h, w) or token ids (T,), → the layer's input (T, W).
        head: (B, T, W) → unnormalised embeddings (B, D).
        query: the pooling attention taken apart where it is all that the head is, else None.
        prefix: how many leading image tokens are class or register tokens.
        grid: rows and columns of the patches after them; (0, 0) of a caption.
        patch_size: rows and columns of the model's input that one patch covers.
        hidden: tokens of a caption that its padding mask hides from all others, and that are not pooled: rows of zeros.

    """

    features: Callable[[Tensor], Tensor]
    head: Callable[[Tensor], Tensor]
    query: Query | None = None
    prefix: int = 0
    grid: tuple[int, int] = (0, 0)
    patch_size: tuple[int, int] = (0, 0)
    hidden: tuple[int, ...] = ()


class ImageTower(Protocol):
    """An image encoder that can be cut.

    Attributes:
        layers: how many blocks (or stages) it has.
        pools: whether it has a layer ``"pool"``.
        input_size: height and width of its own input.
        unit: what height and width of any input must be multiples of; None where it takes its own size only.
        embedding_size: D.

    """

    layers: int
    pools: bool
    input_size: tuple[int, int]
    unit: tuple[int, int] | None
    embedding_size: int

    def cut(self, layer: Layer, size: tuple[int, int] | None = None) -> Cut:
        """Return the tower cut at ``layer``, for inputs of ``size`` (h, w) where that is not its own."""

    def anatomy(self, pixels: Tensor) -> Anatomy:
        """Return a picture's (3, h, w) way through the blocks; raises ``MethodError`` where they cannot be seen."""


class TextTower(Protocol):
    """A text encoder that can be cut.

    Attributes:
        layers: how many blocks it has.
        pools: whether it has a layer ``"pool"``.
        padded: whether a caption is given to it with its padding; else it ends with [EOT], after which nothing matters.
        class_token: whether it adds a learned token of its own after the caption.
        vocabulary: how many token ids it knows.

    """

    layers: int
    pools: bool
    padded: bool
    class_token: bool
    vocabulary: int

    def anatomy(self, ids: Tensor) -> Anatomy:
        """Return a caption's (T,) way through the blocks; raises ``MethodError`` where they cannot be seen."""

    def cut(self, layer: Layer, ids: Tensor) -> Cut:
        """Return the tower cut at ``layer`` for the caption with token ``ids`` (T,).

        They say where it pools and which tokens its padding mask hides, whatever ids it is then given.
        """


class ImageTowerClass(Protocol):
    """A class of image towers: what ``towers.build`` chooses from.

    Attributes:
        timm_modules: timm's modules all of whose networks it wraps; none for encoders of open_clip's own.

    """

    timm_modules: frozenset[str]

    def fits(self, visual: object) -> bool:
        """Return whether the tower wraps an encoder of this type."""

    def __call__(self, visual: Any) -> ImageTower:
        """Wrap ``visual``."""


class TextTowerClass(Protocol):
    """A class of text towers: what ``towers.build`` chooses from."""

    def fits(self, text: object) -> bool:
        """Return whether the tower wraps an encoder of this type."""

    def __call__(self, text: Any) -> TextTower:
        """Wrap ``text``."""
