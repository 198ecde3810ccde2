"""The two towers of a CLIP model, cut at a layer: features before it, and the head after it.

Layer ℓ means the input of transformer block ℓ, counted from 0; the head is everything from there to the
unnormalised embedding. Shapes: T tokens, W width, D embedding dimensions, B batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from open_clip.transformer import ResidualAttentionBlock, VisionTransformer
from torch import Tensor, nn

from exclip_desktop.core.errors import ModelError


@dataclass(frozen=True, slots=True)
class PooledBlock:
    """A last block of which only one query matters, taken apart.

    Attributes:
        norm: the layer norm before the attention.
        attention: the attention.
        scale: what the attention's output passes before the residual (LayerScale or identity).
        tail: the rest, from the residual stream at the pooled token (B, W) to the embedding (B, D).
        pooled: index of the pooled token.

    """

    norm: nn.Module
    attention: nn.MultiheadAttention
    scale: nn.Module
    tail: Callable[[Tensor], Tensor]
    pooled: int

    def embed(self, x: Tensor) -> Tensor:
        """Return the embeddings of the block's inputs, at the cost of one query: (B, T, W) → (B, D)."""
        y = self.norm(x)
        at = slice(self.pooled, self.pooled + 1)
        attended = self.attention(y[:, at], y, y, need_weights=False)[0]
        return self.tail((x[:, at] + self.scale(attended))[:, 0])


def _separable(block: nn.Module) -> bool:
    attention = getattr(block, "attn", None)
    return (
        type(block) is ResidualAttentionBlock
        and type(attention) is nn.MultiheadAttention
        and attention.in_proj_weight is not None
        and attention.in_proj_bias is not None
        and attention.bias_k is None
        and not attention.add_zero_attn
    )


class ImageTower:
    """An open_clip ``VisionTransformer`` with class-token or average pooling."""

    def __init__(self, visual: nn.Module) -> None:
        """Wrap ``visual``.

        Raises:
            ModelError: it is another kind of image encoder.

        """
        if not isinstance(visual, VisionTransformer):
            raise ModelError(
                f"This model's image encoder ({type(visual).__name__}) cannot be explained yet.",
                "Choose a model whose image encoder is an open_clip vision transformer, such as ViT-B-32.",
            )
        if visual.attn_pool is not None or visual.pool_type not in ("tok", "avg"):
            raise ModelError(
                "This model pools its image tokens by attention, which cannot be explained yet.",
                "Choose a model that pools by class token or average, such as ViT-B-32.",
            )
        self._visual: Any = visual
        self._blocks = visual.transformer.resblocks
        self.layers = len(self._blocks)
        self.prefix = 1
        self.grid: tuple[int, int] = (int(visual.grid_size[0]), int(visual.grid_size[1]))
        self.input_size: tuple[int, int] = (int(visual.image_size[0]), int(visual.image_size[1]))
        self.embedding_size = int(visual.output_dim)
        self.patch_size: tuple[int, int] = (int(visual.patch_size[0]), int(visual.patch_size[1]))

    def features(self, pixels: Tensor, layer: int) -> Tensor:
        """Return the input of block ``layer`` for one normalised picture (3, H, W): (T, W)."""
        x: Tensor = self._visual._embeds(pixels[None])
        for block in self._blocks[:layer]:
            x = block(x)
        return x[0]

    def head(self, features: Tensor, layer: int) -> Tensor:
        """Return the embeddings of a batch of features: (B, T, W) → (B, D)."""
        last = self.pooled_block(self.layers - 1)
        x = features
        for block in self._blocks[layer : self.layers - (last is not None)]:
            x = block(x)
        return last.embed(x) if last is not None else self._projected(self._visual._pool(x)[0])

    def pooled_block(self, layer: int) -> PooledBlock | None:
        """Return block ``layer`` taken apart where only the class token's query matters, else None."""
        block: Any = self._blocks[layer]
        if self._visual.pool_type != "tok" or layer != self.layers - 1 or not _separable(block):
            return None

        def tail(x: Tensor) -> Tensor:
            x = x + block.ls_2(block.mlp(block.ln_2(x)))
            return self._projected(self._visual.ln_post(x))

        return PooledBlock(block.ln_1, block.attn, block.ls_1, tail, pooled=0)

    def _projected(self, pooled: Tensor) -> Tensor:
        projection: Tensor | None = self._visual.proj
        return pooled if projection is None else pooled @ projection


class TextTower:
    """An open_clip causal text transformer pooled at [EOT]; positions after [EOT] cannot matter and are never run."""

    def __init__(self, network: nn.Module) -> None:
        """Wrap the text part of ``network``, an open_clip ``CLIP`` or ``CustomTextCLIP``.

        Raises:
            ModelError: it is another kind of text encoder.

        """
        text: Any = network if hasattr(network, "token_embedding") else getattr(network, "text", None)
        if not hasattr(text, "token_embedding") or getattr(text, "cls_emb", None) is not None:
            raise ModelError(
                f"This model's text encoder ({type(text).__name__}) cannot be explained yet.",
                "Choose a model with CLIP's own text encoder, such as ViT-B-32.",
            )
        pool = getattr(text, "text_pool_type", getattr(text, "pool_type", ""))
        if text.attn_mask is None or pool not in ("argmax", "eos"):
            raise ModelError(
                "This model's text encoder is not causal with [EOT] pooling, which cannot be explained yet.",
                "Choose a model with CLIP's own text encoder, such as ViT-B-32.",
            )
        self._text = text
        self._blocks = text.transformer.resblocks
        self.layers = len(self._blocks)
        self.context = int(text.context_length)

    def features(self, ids: Tensor, layer: int) -> Tensor:
        """Return the input of block ``layer`` for token ids (T,): (T, W)."""
        x = self._text.token_embedding(ids) + self._text.positional_embedding[: len(ids)]
        return self._run(x[None], 0, layer)[0]

    def head(self, features: Tensor, layer: int) -> Tensor:
        """Return the embeddings of a batch of features, pooled at the last position: (B, T, W) → (B, D)."""
        last = self.pooled_block(self.layers - 1, features.shape[1])
        x = self._run(features, layer, self.layers - (last is not None))
        return last.embed(x) if last is not None else self._projected(self._text.ln_final(x[:, -1]))

    def pooled_block(self, layer: int, length: int) -> PooledBlock | None:
        """Return block ``layer`` taken apart where only the last of ``length`` tokens is a query, else None."""
        block: Any = self._blocks[layer]
        if layer != self.layers - 1 or not _separable(block):
            return None

        def tail(x: Tensor) -> Tensor:
            x = x + block.ls_2(block.mlp(block.ln_2(x)))
            return self._projected(self._text.ln_final(x))

        return PooledBlock(block.ln_1, block.attn, block.ls_1, tail, pooled=length - 1)

    def _run(self, x: Tensor, start: int, stop: int) -> Tensor:
        length = x.shape[-2]
        mask = self._text.attn_mask[:length, :length]
        for block in self._blocks[start:stop]:
            x = block(x, attn_mask=mask)
        return x

    def _projected(self, pooled: Tensor) -> Tensor:
        projection = self._text.text_projection
        if projection is None:
            return pooled
        projected: Tensor = projection(pooled) if isinstance(projection, nn.Linear) else pooled @ projection
        return projected
