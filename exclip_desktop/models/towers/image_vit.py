"""open_clip's own vision transformer: class token, average, or attentional pooling (CoCa)."""

from typing import Any, ClassVar

import torch
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional

from exclip_desktop.core.values.settings import POOL, Layer
from exclip_desktop.models.towers.attention import Query
from exclip_desktop.models.towers.blocks import (
    Anatomy,
    Step,
    find_block_query,
    raise_no_anatomy,
    run_block,
    take_apart_blocks,
    take_apart_multihead,
)
from exclip_desktop.models.towers.tower_protocols import Cut


class VisionTransformerTower:
    """An open_clip ``VisionTransformer``; its class token is a prefix token however it pools."""

    timm_modules: ClassVar[frozenset[str]] = frozenset()

    @staticmethod
    def fits(visual: object) -> bool:
        """Return whether the tower wraps an encoder of this type."""
        return isinstance(visual, VisionTransformer)

    def __init__(self, visual: VisionTransformer) -> None:
        """Wrap ``visual``."""
        self._visual: Any = visual
        self._blocks = visual.transformer.resblocks
        self.layers = len(self._blocks)
        self.pools = visual.attn_pool is not None
        self.input_size: tuple[int, int] = (int(visual.image_size[0]), int(visual.image_size[1]))
        self._patch_size = int(visual.patch_size[0]), int(visual.patch_size[1])
        self.unit: tuple[int, int] | None = self._patch_size
        self.embedding_size = int(visual.output_dim)

    def cut(self, layer: Layer, size: tuple[int, int] | None = None) -> Cut:
        """Return the tower cut at ``layer``; for inputs of another ``size``, with interpolated positions."""
        visual = self._visual
        height, width = size or self.input_size
        grid = height // self._patch_size[0], width // self._patch_size[1]
        depth = self.layers if layer == POOL else int(layer)
        last = self._find_query()
        stop = self.layers - (last is not None and not self.pools)

        def features(pixels: Tensor) -> Tensor:
            x = self._embed(pixels[None], grid)
            for block in self._blocks[:depth]:
                x = run_block(block, x)
            return x[0]

        def head(x: Tensor) -> Tensor:
            for block in self._blocks[depth:stop]:
                x = run_block(block, x)
            return last.embed(x) if last is not None else self._apply_projection(visual._pool(x)[0])

        return Cut(
            features,
            head,
            query=last if depth == stop else None,
            prefix=1,
            grid=grid,
            patch_size=self._patch_size,
        )

    def anatomy(self, pixels: Tensor) -> Anatomy:
        """Return the anatomy for a picture."""
        visual = self._visual
        grid = pixels.shape[1] // self._patch_size[0], pixels.shape[2] // self._patch_size[1]
        return Anatomy(
            start=self._embed(pixels[None], grid),
            blocks=take_apart_blocks(self._blocks),
            finish=lambda x: self._apply_projection(visual._pool(x)[0]),
            project=self._make_projection(),
            pooled=self._pooled_tokens(1 + grid[0] * grid[1]),
            mask=None,
            mapped=slice(1, None),
            grid=grid,
            pool=self._find_pooler_query() if self.pools else None,
        )

    def _make_projection(self) -> Step:
        if not self.pools:
            return self._finish
        query = self._find_pooler_query()
        if query is None:
            raise_no_anatomy("The pooling of this image encoder")
        return query.embed_alone

    def _pooled_tokens(self, tokens: int) -> tuple[int, ...]:
        """Return the tokens that are pooled by their mean."""
        if self.pools:
            return ()
        return (0,) if self._visual.pool_type == "tok" else tuple(range(1, tokens))

    def _embed(self, pixels: Tensor, grid: tuple[int, int]) -> Tensor:
        """Return the first block's input, (1, 1 + patches, W)."""
        visual = self._visual
        own: tuple[int, int] = (int(visual.grid_size[0]), int(visual.grid_size[1]))
        if grid == own:
            embedded: Tensor = visual._embeds(pixels)
            return embedded
        patches = visual.conv1(pixels).flatten(2).mT
        token = visual.class_embedding.to(patches.dtype).expand(1, 1, -1)
        positions = visual.positional_embedding.to(patches.dtype)
        positions = torch.cat([positions[:1], interpolate_positions(positions[1:], own, grid)])
        finished: Tensor = visual.ln_pre(torch.cat([token, patches], dim=1) + positions)
        return finished

    def _find_query(self) -> Query | None:
        """Return the attention with the one query that decides the embedding, where there is one."""
        visual = self._visual
        if self.pools:
            return self._find_pooler_query()
        return find_block_query(self._blocks[-1], 0, self._finish) if visual.pool_type == "tok" else None

    def _find_pooler_query(self) -> Query | None:
        """Return CoCa's pooler as open_clip runs it: its first query is the picture's embedding."""
        visual = self._visual
        pooler = visual.attn_pool
        maps = take_apart_multihead(pooler.attn)
        if maps is None or visual.attn_pool_contrastive is not None or visual.pool_type != "tok":
            return None
        return Query(pooler.ln_k, maps, pooler.ln_q(pooler.query)[0].detach(), nn.Identity(), self._finish)

    def _finish(self, pooled: Tensor) -> Tensor:
        return self._apply_projection(self._visual.ln_post(pooled))

    def _apply_projection(self, pooled: Tensor) -> Tensor:
        projection: Tensor | None = self._visual.proj
        return pooled if projection is None else pooled @ projection


def interpolate_positions(positions: Tensor, own: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """Return position embeddings of ``own`` (rows, columns), (own, W), interpolated to ``grid``: (grid, W).

    Bicubic with antialiasing, as open_clip and timm do where they load weights of another resolution. In float32
    at least: on the CPU, torch cannot interpolate bfloat16.
    """
    plane = positions.T.reshape(1, -1, *own).to(torch.promote_types(positions.dtype, torch.float32))
    moved = functional.interpolate(plane, size=grid, mode="bicubic", antialias=True, align_corners=False)
    return moved[0].flatten(1).T.to(positions.dtype)
