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
        features: maps the model input, a picture (3, h, w) or token ids (T,), to the layer's input (T, W).
        head: maps the layer's input (B, T, W) to unnormalised embeddings (B, D).
        query: the pooling attention where the head consists of nothing else; otherwise None.
        prefix: number of class and register tokens before the patches.
        grid: rows and columns of the patches after them; (0, 0) for a caption.
        patch_size: rows and columns of the model's input that one patch covers.
        hidden: tokens of a caption that its padding mask hides from all others and that are not pooled; their rows
            of the matrix are zero.

    """

    features: Callable[[Tensor], Tensor]
    head: Callable[[Tensor], Tensor]
    query: Query | None = None
    prefix: int = 0
    grid: tuple[int, int] = (0, 0)
    patch_size: tuple[int, int] = (0, 0)
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """Rows and columns of the patches, and of the model's input that one covers, as in ``Cut``."""

    grid: tuple[int, int]
    patch_size: tuple[int, int]


class ImageTower(Protocol):
    """An image encoder that can be cut.

    Attributes:
        layers: number of blocks (or stages).
        pools: whether it has a layer ``"pool"``.
        input_size: height and width of its own input, in pixels.
        unit: height and width of other inputs must be multiples of it; None where it accepts its own size only.
        embedding_size: number of dimensions of the embedding, D.

    """

    layers: int
    pools: bool
    input_size: tuple[int, int]
    unit: tuple[int, int] | None
    embedding_size: int

    def cut(self, layer: Layer, size: tuple[int, int] | None = None) -> Cut:
        """Return the tower cut at ``layer``; ``size`` (h, w) is the input size, None for its own."""

    def anatomy(self, pixels: Tensor) -> Anatomy:
        """Return the anatomy for a picture (3, h, w); raise ``MethodError`` where the blocks cannot be read."""


class TextTower(Protocol):
    """A text encoder that can be cut.

    Attributes:
        layers: number of blocks.
        pools: whether it has a layer ``"pool"``.
        padded: whether it reads a caption with its padding; otherwise the input ends with [EOT].
        class_token: whether it adds a learned token after the caption.
        vocabulary: number of token ids.

    """

    layers: int
    pools: bool
    padded: bool
    class_token: bool
    vocabulary: int

    def anatomy(self, ids: Tensor) -> Anatomy:
        """Return the anatomy for a caption (T,); raise ``MethodError`` where the blocks cannot be read."""

    def cut(self, layer: Layer, ids: Tensor) -> Cut:
        """Return the tower cut at ``layer`` for the caption with token ``ids`` (T,).

        The ids decide where it pools and which tokens its padding mask hides, whatever ids the cut is applied to.
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
