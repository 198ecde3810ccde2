"""The tower of CLIP's own ResNet, pooled by attention."""

from typing import Any, ClassVar

import torch
from open_clip.modified_resnet import ModifiedResNet
from torch import Tensor, nn

from exclip_desktop.core.values.settings import POOL, Layer
from exclip_desktop.models.towers.attention import Projections, Query
from exclip_desktop.models.towers.blocks import Anatomy, raise_no_anatomy
from exclip_desktop.models.towers.tower_protocols import Cut


class ResNetTower:
    """An open_clip ``ModifiedResNet``: layer ℓ is the input of stage ℓ, a feature map whose cells are the patches."""

    timm_modules: ClassVar[frozenset[str]] = frozenset()
    pools = True
    unit: tuple[int, int] | None = None

    @staticmethod
    def fits(visual: object) -> bool:
        """Return whether the tower wraps an encoder of this type."""
        return isinstance(visual, ModifiedResNet)

    def __init__(self, visual: ModifiedResNet) -> None:
        """Wrap ``visual``."""
        self._visual: Any = visual
        self._stages = (visual.layer1, visual.layer2, visual.layer3, visual.layer4)
        self.layers = len(self._stages)
        self.input_size = (int(visual.image_size), int(visual.image_size))
        self.embedding_size = int(visual.output_dim)

    def anatomy(self, pixels: Tensor) -> Anatomy:
        """Raise ``MethodError``: networks of feature maps have no attention blocks."""
        raise_no_anatomy("This image encoder, a network of feature maps,")

    def cut(self, layer: Layer, size: tuple[int, int] | None = None) -> Cut:
        """Return the tower cut at ``layer``; it accepts its own input size only."""
        depth = self.layers if layer == POOL else int(layer)
        stride = 4 * 2 ** max(0, depth - 1)  # the stem's; every stage but the first halves the map
        grid = self.input_size[0] // stride, self.input_size[1] // stride
        pool = self._make_query()

        def features(pixels: Tensor) -> Tensor:
            x: Tensor = self._visual.stem(pixels[None])
            for stage in self._stages[:depth]:
                x = stage(x)
            return x[0].flatten(1).T

        def head(x: Tensor) -> Tensor:
            if depth == self.layers:
                return pool.embed(x)
            x = x.mT.reshape(len(x), -1, *grid)
            for stage in self._stages[depth:]:
                x = stage(x)
            return pool.embed(x.flatten(2).mT)

        query = pool if depth == self.layers else None
        return Cut(features, head, query, grid=grid, patch_size=(stride, stride))

    def _make_query(self) -> Query:
        pool = self._visual.attnpool
        maps = Projections(
            pool.q_proj.weight,
            pool.q_proj.bias,
            pool.k_proj.weight,
            pool.k_proj.bias,
            pool.v_proj.weight,
            pool.v_proj.bias,
            pool.c_proj.weight,
            pool.c_proj.bias,
            heads=pool.num_heads,
        )
        position: Tensor = pool.positional_embedding

        def norm(x: Tensor) -> Tensor:
            return torch.add(x, position[1:])

        return Query(norm, maps, "mean", nn.Identity(), nn.Identity(), mean_shift=position[0])
