"""timm's vision transformers in open_clip's ``TimmModel``.

The plain one (SigLIP, ViTamin, MobileCLIP-B), Eva, whose positions are rotations (EVA01, EVA02, PE-Core), and the one
with relative positions.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import torch
from open_clip.timm_model import TimmModel
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer_relpos import VisionTransformerRelPos
from torch import Tensor

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.settings import POOL, Layer
from exclip_desktop.models.towers.attention import Query
from exclip_desktop.models.towers.blocks import (
    Anatomy,
    find_block_query,
    find_latent_query,
    raise_no_anatomy,
    run_block,
    take_apart_blocks,
)
from exclip_desktop.models.towers.image_timm_maps import describe_size_misfit, embedding_size, input_size
from exclip_desktop.models.towers.tower_protocols import Cut

TRANSFORMERS = (VisionTransformer, Eva, VisionTransformerRelPos)

Step = Callable[[Tensor], Tensor]


class TimmTransformerTower:
    """A ``TimmModel`` whose trunk is one of ``TRANSFORMERS``; class and register tokens are its prefix tokens.

    Layer ``"pool"`` is the input of the attention that pools: tokens after the final norm, without the prefix tokens
    where the trunk leaves them out.
    """

    timm_modules: ClassVar[frozenset[str]] = frozenset(
        {"eva", "vision_transformer", "vision_transformer_hybrid", "vision_transformer_relpos", "vitamin"}
    )

    @staticmethod
    def fits(visual: object) -> bool:
        """Return whether the tower wraps an encoder of this type."""
        return isinstance(visual, TimmModel) and type(visual.trunk) in TRANSFORMERS

    def __init__(self, visual: TimmModel) -> None:
        """Wrap ``visual``; raise ``ModelError`` where the picture size of its config differs from its trunk's."""
        self._visual: Any = visual
        trunk: Any = visual.trunk
        self.layers = len(trunk.blocks)
        self.pools = getattr(trunk, "attn_pool", None) is not None
        self.input_size = input_size(visual)
        self.embedding_size = embedding_size(visual)
        self._patch_size: tuple[int, int] = tuple(trunk.patch_embed.feat_ratio(as_scalar=False))
        # Relative positions beyond the learned ones would have to be guessed.
        self.unit = None if isinstance(trunk, VisionTransformerRelPos) else self._patch_size
        wrong = describe_size_misfit(self.input_size, tuple(trunk.patch_embed.img_size))
        if wrong and not getattr(trunk, "dynamic_img_size", False):
            raise ModelError(f"{wrong.capitalize()}.", "Correct its image_size, or choose another model.")

    def cut(self, layer: Layer, size: tuple[int, int] | None = None) -> Cut:
        """Return the tower cut at ``layer``; for inputs of another ``size``, with interpolated positions."""
        size = size or self.input_size
        trunk = self._visual.trunk if size == self.input_size else _resize_trunk(self._visual.trunk, size)
        blocks = _bind_blocks(trunk, size)
        grid: tuple[int, int] = tuple(trunk.patch_embed.dynamic_feat_size(size))
        parts = self._cut_at_pool(trunk, blocks) if layer == POOL else self._cut_at_block(trunk, blocks, int(layer))
        return Cut(*parts, grid, self._patch_size)

    def anatomy(self, pixels: Tensor) -> Anatomy:
        """Return the anatomy for a picture; raise ``MethodError`` where the blocks cannot be read."""
        size = pixels.shape[1], pixels.shape[2]
        trunk = self._visual.trunk if size == self.input_size else _resize_trunk(self._visual.trunk, size)
        start = _embed(trunk, pixels[None])
        return Anatomy(
            start=start,
            blocks=take_apart_blocks(trunk.blocks),
            finish=lambda x: self._visual.head(trunk.forward_head(trunk.norm(x))),
            project=self._make_projection(trunk),
            pooled=_pooled_tokens(trunk, start.shape[1]),
            mask=None,
            mapped=slice(trunk.num_prefix_tokens, None),
            grid=tuple(trunk.patch_embed.dynamic_feat_size(size)),
            pool=self._find_pool_query(trunk),
        )

    def _find_pool_query(self, trunk: Any) -> Query | None:
        """Return the attention that pools, after the final norm; None where it leaves prefix tokens out."""
        if not self.pools or self._count_left_out(trunk):
            return None
        query = find_latent_query(trunk.attn_pool, self._finish)
        return query and replace(query, norm=lambda x: query.norm(trunk.norm(x)))

    def _count_left_out(self, trunk: Any) -> int:
        """Return the number of prefix tokens that the attention that pools does not read."""
        return 0 if getattr(trunk, "pool_include_prefix", True) else int(trunk.num_prefix_tokens)

    def _make_projection(self, trunk: Any) -> Step:
        if not self.pools:
            return self._finish_normed
        query = find_latent_query(trunk.attn_pool, self._finish)
        if query is None:
            raise_no_anatomy("The pooling of this image encoder")
        return lambda x: query.embed_alone(trunk.norm(x))

    def _cut_at_block(self, trunk: Any, blocks: list[Step], depth: int) -> tuple[Step, Step, Query | None, int]:
        """Return features, head, query and prefix of the cut at a block."""
        last = find_block_query(trunk.blocks[-1], 0, self._finish_normed) if trunk.global_pool == "token" else None
        stop = self.layers - (last is not None)

        def features(pixels: Tensor) -> Tensor:
            return _run_blocks(blocks[:depth], _embed(trunk, pixels[None]))[0]

        def head(x: Tensor) -> Tensor:
            x = _run_blocks(blocks[depth:stop], x)
            embedding: Tensor = self._visual.head(trunk.forward_head(trunk.norm(x))) if last is None else last.embed(x)
            return embedding

        return features, head, last if depth == stop else None, trunk.num_prefix_tokens

    def _cut_at_pool(self, trunk: Any, blocks: list[Step]) -> tuple[Step, Step, Query | None, int]:
        """Return features, head, query and prefix of the cut at the attention that pools."""
        query = find_latent_query(trunk.attn_pool, self._finish)
        left_out = self._count_left_out(trunk)

        def features(pixels: Tensor) -> Tensor:
            tokens: Tensor = trunk.norm(_run_blocks(blocks, _embed(trunk, pixels[None])))[0, left_out:]
            return tokens

        def head(x: Tensor) -> Tensor:
            return self._finish(trunk.attn_pool(x)) if query is None else query.embed(x)

        return features, head, query, trunk.num_prefix_tokens - left_out

    def _finish_normed(self, pooled: Tensor) -> Tensor:
        return self._finish(self._visual.trunk.norm(pooled))

    def _finish(self, pooled: Tensor) -> Tensor:
        """Return the embeddings of pooled tokens, (B, W) → (B, D); the dropout between does nothing here."""
        trunk = self._visual.trunk
        embedding: Tensor = self._visual.head(trunk.head(trunk.fc_norm(pooled)))
        return embedding


def _pooled_tokens(trunk: Any, tokens: int) -> tuple[int, ...]:
    """Return the tokens that are pooled, by their mean; none where an attention or a maximum pools."""
    if trunk.global_pool == "token":
        return (0,)
    first = 0 if getattr(trunk, "pool_include_prefix", False) else trunk.num_prefix_tokens
    return tuple(range(first, tokens)) if trunk.global_pool == "avg" else ()


def _resize_trunk(trunk: Any, size: tuple[int, int]) -> Any:
    """Return a trunk for pictures of ``size`` that shares everything except positions with ``trunk``."""
    shared = {id(part): part for name, part in trunk.named_children() if name not in ("patch_embed", "rope")}
    copied = deepcopy(trunk, shared)
    copied.set_input_size(img_size=size)
    return copied


def _embed(trunk: Any, pixels: Tensor) -> Tensor:
    """Return the first block's input for pictures (B, 3, h, w): (B, T, W)."""
    x: Tensor = trunk.patch_embed(pixels)
    if isinstance(trunk, VisionTransformerRelPos):
        return x if trunk.cls_token is None else torch.cat([trunk.cls_token.expand(len(x), -1, -1), x], dim=1)
    x = trunk._pos_embed(x)[0] if isinstance(trunk, Eva) else trunk._pos_embed(x)
    normed: Tensor = trunk.norm_pre(x)
    return normed


def _bind_blocks(trunk: Any, size: tuple[int, int]) -> list[Step]:
    """Return the blocks with their positions for pictures of ``size``."""
    if isinstance(trunk, VisionTransformerRelPos):
        shared = None if trunk.shared_rel_pos is None else trunk.shared_rel_pos.get_bias()
        return [partial(block, shared_rel_pos=shared) for block in trunk.blocks]
    if isinstance(trunk, Eva):
        angles = _compute_angles(trunk, size)
        each = angles if trunk.rope_mixed else [angles] * len(trunk.blocks)
        return [partial(block, rope=its) for block, its in zip(trunk.blocks, each, strict=True)]
    return [partial(run_block, block) for block in trunk.blocks]


@torch.no_grad()
def _compute_angles(trunk: Any, size: tuple[int, int]) -> Any:
    """Return Eva's rotations, which depend only on the picture size; None where it has none."""
    blank = trunk.patch_embed.proj.weight.new_zeros(1, 3, *size)
    return trunk._pos_embed(trunk.patch_embed(blank))[1]


def _run_blocks(blocks: list[Step], x: Tensor) -> Tensor:
    for block in blocks:
        x = block(x)
    return x
