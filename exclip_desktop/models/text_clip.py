"""CLIP's own text encoder: causal, pooled at [EOT]."""

from typing import Any

from torch import Tensor, nn

from exclip_desktop.models.blocks import block_query, run_block
from exclip_desktop.models.cuts import Cut, Layer


class CausalTower:
    """An open_clip causal text transformer pooled at [EOT]; positions after [EOT] cannot matter and are never run."""

    pools = False

    def __init__(self, text: Any) -> None:
        """Wrap ``text``, an open_clip ``CLIP`` or ``TextTransformer``."""
        self._text = text
        self._blocks = text.transformer.resblocks
        self.layers = len(self._blocks)
        self.context = int(text.context_length)

    def cut(self, layer: Layer, ids: Tensor) -> Cut:
        """Return the tower cut at block ``layer`` for a caption whose ``ids`` (T,) end with [EOT]."""
        depth = int(layer)
        last = block_query(self._blocks[-1], len(ids) - 1, self._finished)
        stop = self.layers - (last is not None)

        def features(ids: Tensor) -> Tensor:
            x = self._text.token_embedding(ids) + self._text.positional_embedding[: len(ids)]
            return self._run(x[None], 0, depth)[0]

        def head(x: Tensor) -> Tensor:
            x = self._run(x, depth, stop)
            return last.embed(x) if last is not None else self._finished(x[:, -1])

        return Cut(features, head, query=last if depth == stop else None)

    def _run(self, x: Tensor, start: int, stop: int) -> Tensor:
        length = x.shape[-2]
        mask = self._text.attn_mask[:length, :length]
        for block in self._blocks[start:stop]:
            x = run_block(block, x, mask)
        return x

    def _finished(self, pooled: Tensor) -> Tensor:
        pooled, projection = self._text.ln_final(pooled), self._text.text_projection
        if projection is None:
            return pooled
        found: Tensor = projection(pooled) if isinstance(projection, nn.Linear) else pooled @ projection
        return found
