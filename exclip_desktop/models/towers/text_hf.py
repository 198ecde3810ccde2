"""The tower of Hugging Face's text encoders in open_clip's ``HFTextEncoder``: BERT, RoBERTa, mT5, M2M-100 (NLLB)."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
from open_clip.hf_model import ClsPooler, HFTextEncoder, MeanPooler
from torch import Tensor

from exclip_desktop.core.values.settings import Layer
from exclip_desktop.models.towers.blocks import Anatomy, raise_no_anatomy
from exclip_desktop.models.towers.tower_protocols import Cut


@dataclass(frozen=True, slots=True)
class _Family:
    """The parts of one kind of encoder, as functions.

    Attributes:
        blocks: encoder → its layers.
        embed: encoder, ids (1, T) and the caption's ids (1, T), which decide the positions → (1, T, W).
        run: layer, features (B, T, W) and additive mask → (B, T, W).
        finish: encoder and the last layer's output → last hidden states.
        bias: encoder and T → additive bias of positions, (1, heads, T, T), or zero.

    """

    blocks: Callable[[Any], Any]
    embed: Callable[[Any, Tensor, Tensor], Tensor]
    run: Callable[[Any, Tensor, Tensor], Any] = lambda block, x, added: block(x, added)
    finish: Callable[[Any, Tensor], Tensor] = lambda _, x: x
    bias: Callable[[Any, int], Tensor | float] = lambda _, __: 0.0


def _roberta_positions(encoder: Any, caption: Tensor) -> Tensor:
    """Return RoBERTa's positions, which are counted from the padding's id, the position of padding."""
    padding = encoder.embeddings.padding_idx
    read = (caption != padding).long()
    positions: Tensor = read.cumsum(1) * read + padding
    return positions


_BERT = _Family(
    blocks=lambda encoder: encoder.encoder.layer,
    embed=lambda encoder, ids, _: encoder.embeddings(input_ids=ids),
)
_ROBERTA = _Family(
    blocks=_BERT.blocks,
    embed=lambda encoder, ids, caption: encoder.embeddings(
        input_ids=ids, position_ids=_roberta_positions(encoder, caption)
    ),
)
_MT5 = _Family(
    blocks=lambda encoder: encoder.block,
    embed=lambda encoder, ids, _: encoder.embed_tokens(ids),
    run=lambda block, x, added: block(x, position_bias=added),
    finish=lambda encoder, x: encoder.final_layer_norm(x),
    bias=lambda encoder, length: encoder.block[0].layer[0].SelfAttention.compute_bias(length, length),
)
_M2M_100 = _Family(
    blocks=lambda encoder: encoder.layers,
    embed=lambda encoder, ids, caption: encoder.embed_tokens(ids) + encoder.embed_positions(caption),
    finish=lambda encoder, x: encoder.layer_norm(x),
)
FAMILIES = {"bert": _BERT, "roberta": _ROBERTA, "xlm-roberta": _ROBERTA, "mt5": _MT5, "m2m_100": _M2M_100}
"""``model_type`` of the config → its parts, for all types that open_clip knows."""


class HFTower:
    """An open_clip ``HFTextEncoder``; it reads the padding, which is hidden from every attention."""

    pools = False
    padded = True
    class_token = False

    @staticmethod
    def fits(text: object) -> bool:
        """Return whether the tower wraps an encoder of this type."""
        return isinstance(text, HFTextEncoder)

    def __init__(self, text: HFTextEncoder) -> None:
        """Wrap ``text``, of a kind among ``FAMILIES``."""
        self._text: Any = text
        self._encoder: Any = text.transformer
        self._family = FAMILIES[text.config.model_type]
        self._blocks = self._family.blocks(self._encoder)
        self.layers = len(self._blocks)
        self.vocabulary = int(self._encoder.get_input_embeddings().num_embeddings)

    def anatomy(self, ids: Tensor) -> Anatomy:
        """Raise ``MethodError``: the blocks of Hugging Face's encoders cannot be read."""
        raise_no_anatomy("A text encoder of Hugging Face")

    def cut(self, layer: Layer, ids: Tensor) -> Cut:
        """Return the tower cut at layer ``layer`` for a caption with token ``ids`` (T,)."""
        depth, encoder, caption = int(layer), self._encoder, ids[None]
        read = caption != self._text.config.pad_token_id
        mask = torch.zeros(read.shape, dtype=encoder.dtype, device=ids.device).masked_fill(~read, float("-inf"))
        added = mask[:, None, None] + self._family.bias(encoder, len(ids))

        def run(x: Tensor, start: int, stop: int) -> Tensor:
            for block in self._blocks[start:stop]:
                output = self._family.run(block, x, added)
                x = output if isinstance(output, Tensor) else output[0]
            return x

        def features(ids: Tensor) -> Tensor:
            return run(self._family.embed(encoder, ids[None], caption), 0, depth)[0]

        def head(x: Tensor) -> Tensor:
            x = self._family.finish(encoder, run(x, depth, self.layers))
            embedding: Tensor = self._text.proj(self._pool(x, read.long()))
            return embedding

        pooled = () if isinstance(self._text.pooler, MeanPooler) else (0,)  # read, even where it is padding
        hidden = (column for column in (~read[0]).nonzero()[:, 0].tolist() if column not in pooled)
        return Cut(features, head, hidden=tuple(hidden))

    def _pool(self, x: Tensor, read: Tensor) -> Tensor:
        """Return open_clip's pooling of the last hidden states."""
        pooler, own = self._text.pooler, getattr(self._encoder, "pooler", None)
        if isinstance(pooler, ClsPooler) and pooler.use_pooler_output and own is not None:
            pooled: Tensor = own(x)
        else:
            pooled = pooler(SimpleNamespace(last_hidden_state=x), read)
        return pooled
