"""The tower of open_clip's own text transformer, pooled at one token: CLIP, SigLIP, CLIPA, MobileCLIP and CoCa."""

from typing import Any

import torch
from open_clip import CLIP
from open_clip.transformer import TextTransformer
from torch import Tensor, nn

from exclip_desktop.core.values.settings import Layer
from exclip_desktop.models.towers.blocks import Anatomy, find_block_query, run_block, take_apart_blocks
from exclip_desktop.models.towers.tower_protocols import Cut

AT_END = ("argmax", "eos")
"""Poolings at [EOT], which is the largest id, or a fixed one."""


class TextTransformerTower:
    """An open_clip ``TextTransformer``, or the one inside a ``CLIP``.

    Where it is causal and pools at [EOT], positions after [EOT] have no effect and are not computed.
    """

    pools = False

    @staticmethod
    def fits(text: object) -> bool:
        """Return whether the tower wraps an encoder of this type."""
        return isinstance(text, CLIP | TextTransformer)

    def __init__(self, text: Any) -> None:
        """Wrap ``text``, an open_clip ``CLIP`` or ``TextTransformer``."""
        self._text = text
        self._blocks = text.transformer.resblocks
        in_clip = hasattr(text, "text_pool_type")
        self._pool_type: str = text.text_pool_type if in_clip else text.pool_type
        self._end: int = text.text_eos_id if in_clip else text.eos_id
        self.layers = len(self._blocks)
        self.vocabulary = int(text.token_embedding.num_embeddings)
        self.class_token = getattr(text, "cls_emb", None) is not None
        self.padded = self.class_token or text.attn_mask is None or self._pool_type not in AT_END

    def cut(self, layer: Layer, ids: Tensor) -> Cut:
        """Return the tower cut at block ``layer`` for a caption with token ``ids`` (T,)."""
        depth, pooled, mask = int(layer), self._find_pooled(ids), self._make_mask(ids)
        row = mask[pooled] if mask is not None and bool(mask[pooled].any()) else None
        last = find_block_query(self._blocks[-1], pooled, self._finish, row)
        stop = self.layers - (last is not None)

        def features(ids: Tensor) -> Tensor:
            return self._run_blocks(self._embed(ids)[None], 0, depth, mask)[0]

        def head(x: Tensor) -> Tensor:
            x = self._run_blocks(x, depth, stop, mask)
            return last.embed(x) if last is not None else self._finish(x[:, pooled])

        return Cut(features, head, query=last if depth == stop else None, hidden=_find_hidden(mask, pooled))

    def anatomy(self, ids: Tensor) -> Anatomy:
        """Return the anatomy for a caption; raise ``MethodError`` where the blocks cannot be read."""
        pooled = self._find_pooled(ids)
        return Anatomy(
            start=self._embed(ids)[None],
            blocks=take_apart_blocks(self._blocks),
            finish=lambda x: self._finish(x[:, pooled]),
            project=self._finish,
            pooled=(pooled,),
            mask=self._make_mask(ids),
            mapped=slice(0, len(ids)),
        )

    def _embed(self, ids: Tensor) -> Tensor:
        text = self._text
        x: Tensor = text.token_embedding(ids)
        if self.class_token:
            x = torch.cat([x, text.cls_emb[None]])
        return torch.add(x, text.positional_embedding[: len(x)])

    def _find_pooled(self, ids: Tensor) -> int:
        """Return the position that open_clip pools at; the first one where [EOT] is missing."""
        if self.class_token:
            return len(ids)
        if self._pool_type in AT_END:
            return int((ids if self._pool_type == "argmax" else (ids == self._end).int()).argmax())
        return 0 if self._pool_type == "first" else len(ids) - 1

    def _make_mask(self, ids: Tensor) -> Tensor | None:
        """Return the additive attention mask (T, T), or None."""
        if self.class_token or getattr(self._text, "use_pad_mask", False):
            _, masks = self._text._embeds(ids[None])
            mask: Tensor = masks[0]  # all heads have the same
            return mask
        return None if self._text.attn_mask is None else self._text.attn_mask[: len(ids), : len(ids)]

    def _run_blocks(self, x: Tensor, start: int, stop: int, mask: Tensor | None) -> Tensor:
        for block in self._blocks[start:stop]:
            x = run_block(block, x, mask)
        return x

    def _finish(self, pooled: Tensor) -> Tensor:
        pooled, projection = self._text.ln_final(pooled), self._text.text_projection
        if projection is None:
            return pooled
        embedding: Tensor = projection(pooled) if isinstance(projection, nn.Linear) else pooled @ projection
        return embedding


def _find_hidden(mask: Tensor | None, pooled: int) -> tuple[int, ...]:
    """Return the tokens that no token attends to, except the pooled one."""
    if mask is None:
        return ()
    columns = torch.isinf(mask).all(0).nonzero()[:, 0].tolist()
    return tuple(column for column in columns if column != pooled)
