"""What a method of the first order is asked."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.pooler import Pooler, pooler_of
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.token_map import Side
from exclip_desktop.models.model import Model
from exclip_desktop.models.towers.anatomy import Anatomy
from exclip_desktop.models.towers.tower_protocols import POOL, Cut, Layer


@dataclass(frozen=True, slots=True)
class Question:
    """What a method is asked.

    Attributes:
        model: a loaded model; ``side``: which of its towers.
        given: the tower's input: a picture (3, h, w), or token ids (T,), padded to the context.
        other: the other side's unit embedding, (D,).
        tell, cancel: told and polled while it works.
        each: given what there is so far, where a method has it: as its answer will be.

    """

    model: Model
    side: Side
    given: Tensor
    other: Tensor
    tell: Progress
    cancel: CancelToken
    each: Callable[[Tensor], None] | None = None

    @property
    def anatomy(self) -> Anatomy:
        """The way through the blocks; raises ``MethodError`` where they cannot be seen."""
        with torch.no_grad():
            tower = self.model.image if self.side == "image" else self.model.text
            return tower.anatomy(self.given)

    def cut(self, layer: Layer) -> Cut:
        """Return the tower cut at a layer for what is given."""
        if self.side == "image":
            return self.model.image.cut(layer, self.size)
        return self.model.text.cut(layer, self.given)

    @property
    def pooler(self) -> Pooler | None:
        """The attention that pools a picture; None where there is none, or it cannot be taken apart."""
        pools = self.side == "image" and self.model.image.pools
        return pooler_of(self.cut(POOL), self.given) if pools else None

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of a picture's input."""
        return self.given.shape[1], self.given.shape[2]

    def scores(self, inputs: Tensor) -> Tensor:
        """Return the model's own cosines of pictures' inputs (B, 3, h, w): (B,)."""
        cut = self.model.image.cut(0, self.size)
        embeddings = cut.head(torch.stack([cut.features(one) for one in inputs]))
        return functional.normalize(embeddings, dim=-1) @ self.other
