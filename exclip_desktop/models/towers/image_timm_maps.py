"""timm's networks of feature maps in open_clip's ``TimmModel``: ConvNeXt, FastViT (MobileCLIP) and Swin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from open_clip.timm_model import TimmModel
from timm.models.convnext import ConvNeXt
from timm.models.fastvit import FastVit
from timm.models.swin_transformer import SwinTransformer
from torch import Tensor, nn

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.settings import Layer
from exclip_desktop.models.towers.blocks import Anatomy, raise_no_anatomy
from exclip_desktop.models.towers.tower_protocols import Cut


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of a trunk's parts, and whether its maps are (B, rows, columns, W) or (B, W, rows, columns)."""

    stem: str
    stages: str
    end: str
    width_last: bool = False


NAMES: dict[type[nn.Module], _Names] = {
    ConvNeXt: _Names("stem", "stages", "norm_pre"),
    FastVit: _Names("stem", "stages", "final_conv"),
    SwinTransformer: _Names("patch_embed", "layers", "norm", width_last=True),
}


class FeatureMapTower:
    """A ``TimmModel`` whose trunk is one of ``NAMES``: layer ℓ is the input of stage ℓ; its places are the patches."""

    timm_modules: ClassVar[frozenset[str]] = frozenset({"convnext", "fastvit", "swin_transformer"})
    pools = False

    @staticmethod
    def fits(visual: object) -> bool:
        """Return whether the tower wraps an encoder of this type."""
        return isinstance(visual, TimmModel) and type(visual.trunk) in NAMES

    def __init__(self, visual: TimmModel) -> None:
        """Wrap ``visual``; raise ``ModelError`` where a stage cannot halve its map exactly."""
        self._visual: Any = visual
        self._trunk: Any = visual.trunk
        names = NAMES[type(visual.trunk)]
        self._stem: Callable[[Tensor], Tensor] = getattr(visual.trunk, names.stem)
        self._stages: Any = getattr(visual.trunk, names.stages)
        self._end: Callable[[Tensor], Tensor] = getattr(visual.trunk, names.end)
        self._width_last = names.width_last
        self.layers = len(self._stages)
        self.input_size = input_size(visual)
        self.embedding_size = embedding_size(visual)
        whole = int(self._trunk.feature_info[-1]["reduction"])
        # Swin's windows are laid out for one size.
        self.unit = None if isinstance(visual.trunk, SwinTransformer) else (whole, whole)
        if any(side % whole for side in self.input_size):
            raise ModelError(
                f"Its pictures are {self.input_size[0]} × {self.input_size[1]} pixels, not a multiple of {whole}, so "
                "its patches differ in size.",
                "Choose another model, or another image_size in its config.",
            )

    def anatomy(self, pixels: Tensor) -> Anatomy:
        """Raise ``MethodError``: networks of feature maps have no attention blocks."""
        raise_no_anatomy("This image encoder, a network of feature maps,")

    def cut(self, layer: Layer, size: tuple[int, int] | None = None) -> Cut:
        """Return the tower cut at ``layer``, for inputs of any ``size`` that is a multiple of its unit."""
        depth = int(layer)
        height, width = size or self.input_size
        # A stage shrinks the map at its beginning; the first does not, so its input is as large as its output.
        stride = int(self._trunk.feature_info[max(0, depth - 1)]["reduction"])
        grid = height // stride, width // stride
        shape = (*grid, -1) if self._width_last else (-1, *grid)

        def features(pixels: Tensor) -> Tensor:
            x = self._stem(pixels[None])
            for stage in self._stages[:depth]:
                x = stage(x)
            return x[0].flatten(0, 1) if self._width_last else x[0].flatten(1).T

        def head(x: Tensor) -> Tensor:
            x = (x if self._width_last else x.mT).reshape(len(x), *shape)
            for stage in self._stages[depth:]:
                x = stage(x)
            # Pooling a map that lies in memory as (B, rows, columns, W) has no batching rule in torch.func.
            embedding: Tensor = self._visual.head(self._trunk.forward_head(self._end(x).contiguous()))
            return embedding

        return Cut(features, head, grid=grid, patch_size=(stride, stride))


def input_size(visual: Any) -> tuple[int, int]:
    """Return height and width of the pictures of open_clip's ``TimmModel``."""
    return int(visual.image_size[0]), int(visual.image_size[1])


def embedding_size(visual: Any) -> int:
    """Return D of a ``TimmModel``: the size of its projection, or its trunk's classifier, or the trunk's width."""
    projections = [module for module in visual.head.modules() if isinstance(module, nn.Linear)]
    return int(projections[-1].out_features if projections else visual.trunk.num_classes or visual.trunk.num_features)


def describe_size_misfit(config: tuple[int, ...], own: tuple[int, ...]) -> str:
    """Return why pictures of the size (h, w) in a config do not fit an encoder; empty where they fit."""
    if config == own:
        return ""
    return f"its pictures are {config[0]} × {config[1]} by its config, and its image encoder takes {own[0]} × {own[1]}"
